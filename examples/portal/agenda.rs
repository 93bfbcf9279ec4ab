//! Who does something next: people wait here until the clock of the day has come to their turn.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use minwon::Timestamp;
use tokio::sync::oneshot;

use crate::clock::DayClock;

/// How far the clock runs ahead of somebody who is still at work. Less than that apart, people
/// work side by side.
const AHEAD_MAX: Duration = Duration::from_secs(10 * 60);

/// A time, and the number of the petition that it is planned for.
type Entry = (Timestamp, u64);

/// The plan of the day, in its order.
pub(crate) struct Agenda {
    clock: DayClock,
    /// How many are at work at once.
    at_work_max: usize,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    waiting: BTreeMap<Entry, oneshot::Sender<()>>,
    at_work: BTreeSet<Entry>,
}

/// A turn at work. Dropping it ends it.
pub(crate) struct Turn {
    agenda: Arc<Agenda>,
    entry: Entry,
}

impl Agenda {
    pub(crate) fn new(clock: DayClock, at_work_max: u16) -> Arc<Self> {
        Arc::new(Self {
            clock,
            at_work_max: at_work_max.into(),
            plan: Mutex::default(),
        })
    }

    /// Plans something for a petition. The future is over when its turn has come.
    pub(crate) fn enter(
        self: &Arc<Self>,
        time: Timestamp,
        petition: u64,
    ) -> impl Future<Output = Turn> + use<> {
        let (call, called) = oneshot::channel();
        let entry = (time, petition);
        self.change(|plan| {
            plan.waiting.insert(entry, call);
        });
        let agenda = Arc::clone(self);
        async move {
            // It ends without a call only where the agenda is gone, and with it the day.
            let _ = called.await;
            Turn { agenda, entry }
        }
    }

    /// Changes the plan, and calls whoever comes next.
    fn change(&self, change: impl FnOnce(&mut Plan)) {
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut plan);
        while plan.at_work.len() < self.at_work_max {
            let slowest = plan.at_work.first().map(|(time, _)| *time);
            let Some(next) = plan.waiting.first_entry() else {
                return;
            };
            let time = next.key().0;
            if slowest.is_some_and(|slowest| time > slowest.saturating_add(AHEAD_MAX)) {
                return;
            }
            let (entry, call) = next.remove_entry();
            self.clock.reach(time);
            // Nobody listens any more where the day was broken off.
            if call.send(()).is_ok() {
                plan.at_work.insert(entry);
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.agenda.change(|plan| {
            plan.at_work.remove(&self.entry);
        });
    }
}
