//! Petitions whose document somebody waits for.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use minwon_petitions::PetitionId;
use tokio::sync::watch;

/// The calls of this process that are under way for each petition.
#[derive(Debug, Default)]
pub(super) struct UnderWay(Mutex<HashMap<PetitionId, Calls>>);

/// The calls for one petition: who waits for their end is not woken by that of others.
#[derive(Debug)]
struct Calls {
    count: u32,
    /// Dropped with the last one.
    over: watch::Sender<()>,
}

/// A call under way; it is over when this is dropped, however it ended.
#[derive(Debug)]
pub(super) struct Call<'a> {
    under_way: &'a UnderWay,
    petition: PetitionId,
}

impl UnderWay {
    pub(super) fn begin(&self, petition: &PetitionId) -> Call<'_> {
        let new = || Calls {
            count: 0,
            over: watch::Sender::new(()),
        };
        let mut calls = self.calls();
        calls.entry(petition.clone()).or_insert_with(new).count += 1;
        Call {
            under_way: self,
            petition: petition.clone(),
        }
    }

    /// Waits until nobody here works on the petition while a caller waits.
    pub(super) async fn over(&self, petition: &PetitionId) {
        let calls = self.calls().get(petition).map(|it| it.over.subscribe());
        if let Some(mut calls) = calls {
            // Nothing is sent: it ends with the sender.
            let _ = calls.changed().await;
        }
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<PetitionId, Calls>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let mut calls = self.under_way.calls();
        if let Some(of_petition) = calls.get_mut(&self.petition) {
            of_petition.count -= 1;
            if of_petition.count == 0 {
                calls.remove(&self.petition);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering},
        },
        task::{Context, Poll, Wake, Waker},
    };

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicU32);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn who_waits_for_a_petition_is_woken_by_the_last_of_its_calls_alone() {
        let under_way = UnderWay::default();
        let [one, two] = ["p-1", "p-2"].map(|id| id.parse::<PetitionId>().unwrap());
        let (first, second) = (under_way.begin(&one), under_way.begin(&one));
        let other = under_way.begin(&two);
        let wakes = Arc::<Wakes>::default();
        let waker = Waker::from(Arc::clone(&wakes));
        let mut context = Context::from_waker(&waker);
        let mut over = pin!(under_way.over(&one));
        assert_eq!(over.as_mut().poll(&mut context), Poll::Pending);
        drop((other, first));
        assert_eq!(over.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
        drop(second);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert_eq!(over.as_mut().poll(&mut context), Poll::Ready(()));
        let mut nobody = pin!(under_way.over(&two));
        assert_eq!(nobody.as_mut().poll(&mut context), Poll::Ready(()));
    }
}
