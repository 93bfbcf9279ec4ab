//! The status of a reactor while it runs.

use std::sync::Arc;

use minwon_core::{Clock, ConsumerName, GlobalPosition, Slice};
use tokio::sync::watch;

use crate::{
    running::sealed::Progress,
    supervise::{Part, PartState, Stopped},
};

/// The status of a reactor.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReactorStatus {
    /// The slices that it works on.
    pub slices: Vec<SliceProgress>,
    /// Events whose commands took effect since it was started, repeats after a restart and those
    /// that had been held back included.
    pub handled_events: u64,
    /// Dead letters written since it was started.
    pub dead_letters: u64,
    /// Events parked behind dead letters since it was started.
    pub parked_events: u64,
    /// Why it waits, wholly or with some keys, where a store or what a command needs is away.
    pub paused: Option<Arc<str>>,
    /// How often it has begun again, because a store came back or slices changed hands.
    pub restarts: u64,
    /// How it is. One that gets on with some keys is running, though others wait.
    pub state: PartState,
    /// How many wait.
    pub(super) waiting: u64,
}

/// How far one slice has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SliceProgress {
    /// The slice.
    pub slice: Slice,
    /// Everything up to here is handled or held back durably. The checkpoint follows.
    pub position: GlobalPosition,
}

impl ReactorStatus {
    /// Everything up to here is handled or held back durably, in all of its slices; none where it
    /// works on none.
    #[must_use]
    pub fn position(&self) -> Option<GlobalPosition> {
        self.slices.iter().map(|slice| slice.position).min()
    }
}

impl Progress for ReactorStatus {
    fn has_reached(&self, position: GlobalPosition) -> bool {
        self.position().is_some_and(|at| at >= position)
    }

    fn stopped(&self, name: &str) -> Option<Stopped> {
        self.state.stopped(name)
    }
}

/// The part of a reactor, whose state `status` shows.
pub(super) fn part(
    reactor: &ConsumerName,
    status: &watch::Sender<ReactorStatus>,
    clock: impl Clock + 'static,
) -> Part {
    let status = status.clone();
    Part::new(format!("reactor {reactor}"), clock, move |state| {
        status.send_modify(|status| status.state = state.clone());
    })
}
