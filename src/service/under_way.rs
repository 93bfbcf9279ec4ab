//! Petitions whose document somebody waits for.

use std::collections::HashMap;

use minwon_petitions::PetitionId;
use tokio::sync::watch;

/// How many calls of this process are under way for each petition.
#[derive(Debug, Default)]
pub(super) struct UnderWay(watch::Sender<HashMap<PetitionId, u32>>);

/// A call under way; it is over when this is dropped, however it ended.
#[derive(Debug)]
pub(super) struct Call<'a> {
    under_way: &'a UnderWay,
    petition: PetitionId,
}

impl UnderWay {
    pub(super) fn begin(&self, petition: &PetitionId) -> Call<'_> {
        self.0
            .send_modify(|calls| *calls.entry(petition.clone()).or_default() += 1);
        Call {
            under_way: self,
            petition: petition.clone(),
        }
    }

    /// Waits until nobody here works on the petition while a caller waits.
    pub(super) async fn over(&self, petition: &PetitionId) {
        let mut calls = self.0.subscribe();
        // The sender is here.
        let _ = calls.wait_for(|calls| !calls.contains_key(petition)).await;
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.under_way.0.send_modify(|calls| {
            if let Some(count) = calls.get_mut(&self.petition) {
                *count -= 1;
                if *count == 0 {
                    calls.remove(&self.petition);
                }
            }
        });
    }
}
