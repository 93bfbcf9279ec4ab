//! What a reactor tells of itself while it runs.

use std::{error::Error, sync::Arc};

use minwon_core::{GlobalPosition, Slice};
use tokio::sync::watch;

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

/// Tells why one part of a reactor waits, from the first time until it is dropped.
#[derive(Debug)]
pub(super) struct Pause {
    status: watch::Sender<ReactorStatus>,
    is_told: bool,
}

impl Pause {
    pub(super) fn new(status: &watch::Sender<ReactorStatus>) -> Self {
        Self {
            status: status.clone(),
            is_told: false,
        }
    }

    pub(super) fn tell(&mut self, why: &(dyn Error + Send + Sync + 'static)) {
        let mut text = why.to_string();
        let mut cause: &(dyn Error + 'static) = why;
        while let Some(source) = cause.source() {
            text = format!("{text}: {source}");
            cause = source;
        }
        tracing::warn!(why = %text, "a reactor waits for what is away");
        let is_new = !std::mem::replace(&mut self.is_told, true);
        self.status.send_modify(|status| {
            status.waiting += u64::from(is_new);
            status.paused = Some(text.into());
        });
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if !self.is_told {
            return;
        }
        self.status.send_modify(|status| {
            status.waiting -= 1;
            if status.waiting == 0 {
                status.paused = None;
            }
        });
    }
}
