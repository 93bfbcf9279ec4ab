//! How the work went in the last minutes, for a picture of it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use minwon::{Timestamp, engine::ModelStatus};
use tokio::task::JoinHandle;

use crate::desk::Desk;

/// Between two looks.
pub(crate) const PERIOD: Duration = Duration::from_secs(5);

/// Looks that are remembered: those of ten minutes.
const LOOKS: usize = 120;

/// The last looks at a service, taken for as long as this is there.
pub(crate) struct Samples {
    looks: Arc<Mutex<VecDeque<Sample>>>,
    task: JoinHandle<()>,
}

/// A look at a service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Events that the read models folded since the look before.
    pub(crate) folded: u64,
    /// Events that the reactors handled since then.
    pub(crate) handled: u64,
    /// How long something has waited to be committed to a read model. Unit: seconds.
    pub(crate) behind: u64,
}

impl Samples {
    pub(crate) fn of(desk: Arc<dyn Desk>) -> Self {
        let looks = Arc::new(Mutex::new(VecDeque::new()));
        let task = tokio::spawn(look(desk, Arc::clone(&looks)));
        Self { looks, task }
    }

    /// The oldest first.
    pub(crate) fn all(&self) -> Vec<Sample> {
        let looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        looks.iter().copied().collect()
    }
}

impl Drop for Samples {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn look(desk: Arc<dyn Desk>, looks: Arc<Mutex<VecDeque<Sample>>>) {
    let mut before = counts(&*desk);
    loop {
        desk.sleep(PERIOD).await;
        let now = counts(&*desk);
        let sample = Sample {
            // A part that was started again counts from nothing.
            folded: now.0.saturating_sub(before.0),
            handled: now.1.saturating_sub(before.1),
            behind: behind(&*desk),
        };
        before = now;
        let mut looks = looks.lock().unwrap_or_else(PoisonError::into_inner);
        if looks.len() == LOOKS {
            looks.pop_front();
        }
        looks.push_back(sample);
    }
}

fn counts(desk: &dyn Desk) -> (u64, u64) {
    let status = desk.status();
    let folded = status.projector.models.iter().map(|it| it.folded_events);
    let handled = status.reactors.iter().map(|it| it.handled_events);
    (folded.sum(), handled.sum())
}

fn behind(desk: &dyn Desk) -> u64 {
    let (status, now) = (desk.status(), desk.now());
    let models = status.projector.models.iter();
    let since = models
        .filter_map(|model: &ModelStatus| model.behind_since)
        .min();
    since.map_or(0, |since: Timestamp| {
        let micros = now.unix_micros().saturating_sub(since.unix_micros());
        u64::try_from(micros / 1_000_000).unwrap_or(0)
    })
}
