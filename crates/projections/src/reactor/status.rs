//! The status of a reactor while it runs.

use std::sync::Arc;

use minwon_core::{Clock, ConsumerName, GlobalPosition, Slice, Timestamp, in_seoul};
use serde::Serialize;
use tokio::sync::watch;

use crate::{
    running::sealed::Progress,
    supervise::{Part, PartState, Stopped, option_as_text},
};

/// The status of a reactor. Serialises as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReactorStatus {
    /// Which reactor.
    pub reactor: ConsumerName,
    /// The slices that it works on.
    pub slices: Vec<SliceProgress>,
    /// Events that it has in memory and has not finished.
    pub queued_events: usize,
    /// Since when none of these has come to an end; none where it has none.
    #[serde(serialize_with = "in_seoul::option")]
    pub unfinished_since: Option<Timestamp>,
    /// Events whose commands took effect since it was started, repeats after a restart and those
    /// that had been held back included.
    pub handled_events: u64,
    /// Dead letters written since it was started.
    pub dead_letters: u64,
    /// Events parked behind dead letters since it was started.
    pub parked_events: u64,
    /// Why it waits, wholly or with some keys, where a store or what a command needs is away.
    #[serde(serialize_with = "option_as_text")]
    pub paused: Option<Arc<str>>,
    /// How often it has begun again, because a store came back or slices changed hands.
    pub restarts: u64,
    /// How it is. One that gets on with some keys is running, though others wait.
    #[serde(flatten)]
    pub state: PartState,
    /// How many wait.
    #[serde(skip)]
    pub(super) waiting: u64,
}

/// How far one slice has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SliceProgress {
    /// The slice.
    pub slice: Slice,
    /// Everything up to here is committed, or in a reactor handled or held back durably, whose checkpoint
    /// follows.
    pub position: GlobalPosition,
}

impl ReactorStatus {
    /// The status of one that has not begun.
    pub(super) fn new(reactor: ConsumerName) -> Self {
        Self {
            reactor,
            slices: Vec::new(),
            queued_events: 0,
            unfinished_since: None,
            handled_events: 0,
            dead_letters: 0,
            parked_events: 0,
            paused: None,
            restarts: 0,
            state: PartState::default(),
            waiting: 0,
        }
    }

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
pub(super) fn part(status: &watch::Sender<ReactorStatus>, clock: impl Clock + 'static) -> Part {
    let status = status.clone();
    let reactor = status.borrow().reactor.clone();
    Part::new(format!("reactor {reactor}"), clock, move |state| {
        status.send_modify(|status| status.state = state.clone());
    })
}
