//! What a reactor tells of itself while it runs.

use std::{error::Error, sync::Arc, time::Duration};

use minwon_core::{Clock, ConsumerName, GlobalPosition, Slice};
use tokio::sync::watch;

use crate::supervise::{ErrorClass, Part, PartState};

/// What a reactor tells of itself.
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
    waiting: u64,
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

/// Tells why a reactor waits, wholly or with one key, from the first time until it is dropped.
#[derive(Debug)]
pub(super) struct Pause {
    part: Part,
    status: watch::Sender<ReactorStatus>,
    is_told: bool,
}

impl Pause {
    pub(super) fn new(part: &Part, status: &watch::Sender<ReactorStatus>) -> Self {
        Self {
            part: part.clone(),
            status: status.clone(),
            is_told: false,
        }
    }

    /// Tells why, and that it tries again after `wait`.
    pub(super) fn tell(
        &mut self,
        class: ErrorClass,
        why: &(dyn Error + Send + Sync + 'static),
        wait: Duration,
    ) {
        let is_new = !std::mem::replace(&mut self.is_told, true);
        self.part.pause(class, why, wait);
        self.status.send_modify(|status| {
            status.waiting += u64::from(is_new);
            status.paused = status.state.why_paused().cloned();
        });
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if !self.is_told {
            return;
        }
        let mut is_over = false;
        self.status.send_modify(|status| {
            status.waiting -= 1;
            is_over = status.waiting == 0;
            if is_over {
                status.paused = None;
            }
        });
        if is_over {
            self.part.go_on();
        }
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
