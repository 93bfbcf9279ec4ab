//! How far a reader has seen each slice: it notices when one goes backwards.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use minwon_core::{
    Catalogue, GenerationInfo, GenerationName, GlobalPosition, Incarnation, ModelName,
    SliceCheckpoint, SliceName, Timer, Timestamp,
};

use crate::lock::lock;

/// How long a reader is silent after a warning. A flush sets every slice back, and questions meet
/// them one by one.
const SILENCE: Duration = Duration::from_secs(60);

/// How far each slice was when it was seen last.
#[derive(Debug, Default)]
pub(super) struct Seen {
    slices: Mutex<HashMap<SliceName, (Incarnation, GlobalPosition)>>,
    /// The same for going over to another generation; also of slices that are gone.
    shown: Mutex<HashMap<SliceName, GlobalPosition>>,
    times: AtomicU64,
    /// Until when nothing is said, and how many slices went backwards in that silence.
    silence: Mutex<Option<(Timestamp, u64)>>,
}

/// Where a slice was seen: in which life, and how far.
pub(super) type Place = (Incarnation, GlobalPosition);

impl Seen {
    /// Where slices have been seen until now.
    pub(super) fn places(&self, slices: &[SliceName]) -> Vec<Option<Place>> {
        let seen = lock(&self.slices);
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
        if let Some((_, position)) = now {
            let mut shown = lock(&self.shown);
            shown.insert(slice.clone(), position);
        }
        let went_backwards = match (before, now) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some((life, position)), Some((life_now, position_now))) => {
                life != life_now || position_now < position
            }
        };
        let mut seen = lock(&self.slices);
        let kept = seen.get(slice).copied();
        // Where another question has noted something meanwhile, it reports the step back, if there
        // was one; and only what is further on in the same life is news.
        let is_first = kept == before;
        match (now, kept) {
            (Some(now), _) if is_first => {
                seen.insert(slice.clone(), now);
            }
            (None, _) if is_first => {
                seen.remove(slice);
            }
            (Some(now), Some(kept)) if now.0 == kept.0 && now.1 > kept.1 => {
                seen.insert(slice.clone(), now);
            }
            _ => {}
        }
        drop(seen);
        if went_backwards && is_first {
            self.times.fetch_add(1, Ordering::Relaxed);
        }
        went_backwards
    }

    /// Warns that `slices` of a read model went backwards, once for all that do so within a minute.
    pub(super) fn warn(&self, model: &ModelName, slices: u64, timer: &impl Timer) {
        let now = timer.now();
        let mut silence = lock(&self.silence);
        let unsaid = match &mut *silence {
            Some((until, unsaid)) if now < *until => {
                *unsaid += slices;
                return;
            }
            silence => silence.map_or(0, |(_, unsaid)| unsaid),
        };
        *silence = Some((now.saturating_add(SILENCE), 0));
        drop(silence);
        tracing::warn!(
            %model,
            slices,
            slices_unsaid = unsaid,
            "the read model went backwards, as after a flush, a failover or a restored backup; \
             answers are older than before until the projector has caught up"
        );
    }

    /// Returns how far each slice of a generation was shown from others, by what this reader has
    /// seen of them. Empty where it has seen none.
    pub(super) fn shown_elsewhere(
        &self,
        catalogue: &Catalogue,
        info: &GenerationInfo,
    ) -> Vec<GlobalPosition> {
        let seen = lock(&self.shown);
        let others = seen.iter().filter(|(name, _)| {
            let generation = name.generation.generation;
            generation != info.generation
        });
        let mut shown = Vec::new();
        for (name, position) in others {
            shown.resize(usize::from(info.slices.get()), GlobalPosition::START);
            let other = catalogue.info(name.generation.generation);
            let at = usize::from(name.slice.get());
            // Where keys are spread otherwise, any slice may show what this one did.
            let shown = match other {
                Some(other) if other.slices == info.slices => &mut shown[at..=at],
                _ => &mut shown[..],
            };
            for shown in shown {
                *shown = (*shown).max(*position);
            }
        }
        shown
    }

    /// Forgets all that was seen of other generations.
    pub(super) fn forget_others(&self, generation: &GenerationName) {
        let mut shown = lock(&self.shown);
        shown.retain(|slice, _| slice.generation == *generation);
    }

    pub(super) fn times_gone_backwards(&self) -> u64 {
        self.times.load(Ordering::Relaxed)
    }
}
