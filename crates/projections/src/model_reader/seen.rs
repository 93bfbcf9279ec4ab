//! How far a reader has seen each slice: it notices when one goes backwards.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use minwon_core::{GlobalPosition, Incarnation, SliceCheckpoint, SliceName};

/// How far each slice was when it was seen last.
#[derive(Debug, Default)]
pub(super) struct Seen {
    slices: Mutex<HashMap<SliceName, (Incarnation, GlobalPosition)>>,
    times: AtomicU64,
}

/// Where a slice was seen: in which life, and how far.
pub(super) type Place = (Incarnation, GlobalPosition);

impl Seen {
    /// Where slices have been seen until now.
    pub(super) fn places(&self, slices: &[SliceName]) -> Vec<Option<Place>> {
        let seen = self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        slices
            .iter()
            .map(|slice| seen.get(slice).copied())
            .collect()
    }

    /// Notes where a slice is; whether it stood further on `before`, when the question was asked.
    /// A question that was overtaken by another is no step backwards.
    pub(super) fn note(
        &self,
        slice: &SliceName,
        before: Option<Place>,
        checkpoint: Option<&SliceCheckpoint>,
    ) -> bool {
        let now = checkpoint.map(|checkpoint| (checkpoint.incarnation, checkpoint.position));
        let went_backwards = match (before, now) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some((life, position)), Some((life_now, position_now))) => {
                life != life_now || position_now < position
            }
        };
        let mut seen = self.slices.lock().unwrap_or_else(PoisonError::into_inner);
        match now {
            Some(now) => {
                let kept = seen.entry(slice.clone()).or_insert(now);
                // Behind what another question has seen meanwhile, this one is no news.
                if went_backwards || now.1 > kept.1 {
                    *kept = now;
                }
            }
            None => {
                seen.remove(slice);
            }
        }
        drop(seen);
        if went_backwards {
            self.times.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%slice, "the read model went backwards");
        }
        went_backwards
    }

    pub(super) fn times_gone_backwards(&self) -> u64 {
        self.times.load(Ordering::Relaxed)
    }
}
