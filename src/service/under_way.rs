//! Petitions whose document somebody waits for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use minwon_petitions::PetitionId;
use tokio::sync::watch;

/// Petitions that somebody waits for in this process.
#[derive(Debug, Clone, Default)]
pub(super) struct UnderWay {
    calls: Arc<Mutex<Calls>>,
}

#[derive(Debug, Default)]
struct Calls {
    by_petition: HashMap<PetitionId, Vec<(u64, watch::Receiver<()>)>>,
    begun: u64,
}

/// A call under way; it is over when this is dropped, however it ended.
#[derive(Debug)]
pub(super) struct Call {
    under_way: UnderWay,
    petition: PetitionId,
    number: u64,
    _over: watch::Sender<()>,
}

impl UnderWay {
    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self, petition: &PetitionId) -> Call {
        let (over, is_over) = watch::channel(());
        let mut calls = self.lock();
        calls.begun += 1;
        let number = calls.begun;
        let of_petition = calls.by_petition.entry(petition.clone()).or_default();
        of_petition.push((number, is_over));
        Call {
            under_way: self.clone(),
            petition: petition.clone(),
            number,
            _over: over,
        }
    }

    /// Waits until nobody here works on the petition while a caller waits.
    pub(super) async fn over(&self, petition: &PetitionId) {
        loop {
            let call = {
                let calls = self.lock();
                let of_petition = calls.by_petition.get(petition);
                of_petition.and_then(|calls| calls.first().map(|(_, is_over)| is_over.clone()))
            };
            let Some(mut is_over) = call else { return };
            // Nothing is ever sent: this ends when the call does.
            let _ = is_over.changed().await;
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let mut calls = self.under_way.lock();
        if let Some(of_petition) = calls.by_petition.get_mut(&self.petition) {
            of_petition.retain(|(number, _)| *number != self.number);
            if of_petition.is_empty() {
                calls.by_petition.remove(&self.petition);
            }
        }
    }
}
