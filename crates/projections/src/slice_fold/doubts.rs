//! Views that are held back, and views that have to be folded again from the log.

use minwon_core::{Failure, Projection, RecordedEvent, ViewKey};

use super::SliceFold;
use crate::{
    document::{Document, Folded, OutOfTurn},
    key_fold::{Folding, Tried, Until},
};

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is folded in.
    Folded,
    /// Its key is held back, by itself now.
    Held,
    /// It waits, since its key was held back before.
    Waits,
    /// Its key has to be folded again from the log.
    InDoubt,
}

/// A key that has to be folded again from the log.
pub(super) struct Doubt {
    at: u32,
    tried: Option<Tried>,
}

/// What to fold again: the place and name of a key, and how far its streams were seen, if they are
/// listed.
pub(crate) struct Doubted {
    pub(crate) at: u32,
    pub(crate) key: ViewKey,
    pub(crate) streams: Option<Vec<Folded>>,
    pub(crate) tried: Option<Tried>,
}

impl Doubted {
    /// What folds it again.
    pub(crate) fn folding<V>(&self) -> Folding<'_, V> {
        Folding::of(&self.key, self.tried.map_or(Until::Failed, Until::Tried))
    }
}

impl<P: Projection> SliceFold<P> {
    /// Holds the key at a place back, since `event` cannot be read.
    pub(crate) fn hold(
        &mut self,
        at: u32,
        failure: &Failure,
        event: &RecordedEvent,
    ) -> Result<Fate, OutOfTurn> {
        let kept = &mut self.kept[at as usize];
        if kept.is_doubtful {
            kept.document.advance(event)?;
            return Ok(Fate::InDoubt);
        }
        let is_first = kept.document.hold(event, failure, 1)?;
        self.mark_changed(at);
        Ok(if is_first { Fate::Held } else { Fate::Waits })
    }

    /// Notes of the key at a place that what stands before `event` in its stream is of other keys.
    pub(crate) fn pass_over(&mut self, at: u32, event: &RecordedEvent) {
        self.kept[at as usize].document.pass_over(event);
    }

    /// What is in memory of the key at a place.
    pub(crate) fn document(&self, at: u32) -> &Document<P::View> {
        &self.kept[at as usize].document
    }

    /// The key at a place.
    pub(crate) fn key(&self, at: u32) -> &ViewKey {
        &self.kept[at as usize].key
    }

    /// Notes that the view at a place is not to be trusted.
    pub(crate) fn doubt(&mut self, at: u32, tried: Option<Tried>) {
        let kept = &mut self.kept[at as usize];
        if !kept.is_doubtful {
            kept.is_doubtful = true;
            self.doubts.push(Doubt { at, tried });
        }
    }

    pub(crate) fn has_doubts(&self) -> bool {
        !self.doubts.is_empty()
    }

    /// The keys to fold again; each wants a [`mend`](Self::mend).
    pub(crate) fn take_doubts(&mut self) -> Vec<Doubted> {
        let doubts = std::mem::take(&mut self.doubts);
        let doubted = doubts.into_iter().map(|Doubt { at, tried }| {
            let kept = &self.kept[at as usize];
            Doubted {
                at,
                key: kept.key.clone(),
                streams: kept.document.seen(),
                tried,
            }
        });
        doubted.collect()
    }

    /// Takes over what was folded again.
    pub(crate) fn mend(&mut self, at: u32, document: Document<P::View>) {
        let kept = &mut self.kept[at as usize];
        kept.document = document;
        kept.is_doubtful = false;
        self.mark_changed(at);
    }

    pub(super) fn mark_changed(&mut self, at: u32) {
        let kept = &mut self.kept[at as usize];
        if !kept.is_changed {
            kept.is_changed = true;
            self.changed.push(at);
        }
    }
}
