//! Which faults are due, and how often each occurred.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::fault::{AppendFault, Fault, HandshakeFault, ReadFault, SubscribeFault};
use crate::plan::{Dice, FaultPlan};
use crate::tally::Ongoing;

/// Kinds of calls, each with faults of its own.
pub(crate) trait Kind: Copy + Into<Fault> {
    fn of(fault: Fault) -> Option<Self>;
    fn dice(dice: &mut Dice) -> Option<Self>;
}

macro_rules! kinds {
    ($($kind:ident: $type:ident, $field:ident;)*) => {$(
        impl From<$type> for Fault {
            fn from(fault: $type) -> Self {
                Self::$kind(fault)
            }
        }

        impl Kind for $type {
            fn of(fault: Fault) -> Option<Self> {
                match fault {
                    Fault::$kind(fault) => Some(fault),
                    _ => None,
                }
            }

            fn dice(dice: &mut Dice) -> Option<Self> {
                let Dice { random, plan } = dice;
                FaultPlan::draw(random, &plan.$field)
            }
        }
    )*};
}

kinds! {
    Append: AppendFault, append;
    Read: ReadFault, read;
    Subscribe: SubscribeFault, subscribe;
    Handshake: HandshakeFault, handshake;
}

/// One fault that is due.
struct Due {
    /// Only on streams whose names begin so; `$all` is one of them.
    prefix: String,
    fault: Fault,
}

#[derive(Default)]
struct State {
    due: VecDeque<Due>,
    dice: Option<Dice>,
    counts: HashMap<Fault, u64>,
}

/// Faults that are due and have occurred, of all nodes together.
pub(crate) struct Faults {
    state: Mutex<State>,
    /// Counts releases; whoever hangs waits for the next one.
    releases: watch::Sender<u64>,
    /// How many hang now.
    hanging: watch::Sender<usize>,
    /// Changes with every fault that occurs.
    pub(crate) occurred: watch::Sender<u64>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::default(),
            releases: watch::Sender::new(0),
            hanging: watch::Sender::new(0),
            occurred: watch::Sender::new(0),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, prefix: &str, fault: Fault) {
        self.state().due.push_back(Due {
            prefix: prefix.into(),
            fault,
        });
    }

    pub(crate) fn plan(&self, plan: FaultPlan) {
        self.state().dice = Some(plan.into_dice());
    }

    /// No more faults, neither those that are due nor those of a plan.
    pub(crate) fn clear(&self) {
        let mut state = self.state();
        state.due.clear();
        state.dice = None;
    }

    pub(crate) fn due(&self) -> usize {
        self.state().due.len()
    }

    pub(crate) fn count(&self, fault: Fault) -> u64 {
        self.state().counts.get(&fault).copied().unwrap_or(0)
    }

    pub(crate) fn counts(&self) -> HashMap<Fault, u64> {
        self.state().counts.clone()
    }

    /// The fault that a call on `stream` meets: the first one due, else what the plan draws.
    pub(crate) fn next<K: Kind>(&self, stream: &str) -> Option<K> {
        let mut state = self.state();
        let is_due =
            |due: &Due| K::of(due.fault).is_some() && stream.starts_with(due.prefix.as_str());
        if let Some(index) = state.due.iter().position(is_due) {
            return state.due.remove(index).and_then(|due| K::of(due.fault));
        }
        state.dice.as_mut().and_then(K::dice)
    }

    /// Counts `fault`, which takes effect now.
    pub(crate) fn note(&self, fault: impl Into<Fault>) {
        *self.state().counts.entry(fault.into()).or_default() += 1;
        self.occurred.send_modify(|count| *count += 1);
    }

    /// Waits for the next release.
    pub(crate) async fn hang(&self) {
        let mut releases = self.releases.subscribe();
        releases.mark_unchanged();
        let _hanging = Ongoing::new(&self.hanging);
        // The sender is ours, so this ends with a release only.
        let _ = releases.changed().await;
    }

    pub(crate) fn release(&self) {
        self.releases.send_modify(|count| *count += 1);
    }

    pub(crate) fn hanging(&self) -> watch::Receiver<usize> {
        self.hanging.subscribe()
    }
}
