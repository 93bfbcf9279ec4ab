//! Keys that are held back, and keys that have to be folded again from the log.

use minwon_core::{Failure, Projection, RecordedEvent, ViewKey};

use super::Views;
use crate::{
    document::{Document, Folded, OutOfTurn},
    slice::key_fold::{Folding, Tried, Until},
};

/// The outcome of folding one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is folded in.
    Folded,
    /// Its key is held back, by itself now.
    Held,
    /// It waits, since its key was held back before.
    Waits,
    /// Its key has to be folded again from the log.
    Refold,
}

/// A key to fold again from the log.
pub(crate) struct Refold {
    pub(in crate::slice) at: u32,
    pub(crate) key: ViewKey,
    /// How far each of its streams was seen; none where they are not listed.
    pub(crate) streams: Option<Vec<Folded>>,
    /// The event that failed before.
    pub(crate) tried: Option<Tried>,
}

impl Refold {
    /// An empty fold of the key, to which its events are added.
    pub(crate) fn folding<V>(&self) -> Folding<'_, V> {
        Folding::of(&self.key, self.tried.map_or(Until::Failed, Until::Tried))
    }
}

impl<P: Projection> Views<P> {
    /// Holds the key at a place back, since `event` cannot be read.
    pub(crate) fn hold(
        &mut self,
        at: u32,
        failure: &Failure,
        event: &RecordedEvent,
    ) -> Result<Fate, OutOfTurn> {
        let kept = &mut self.kept[at as usize];
        if kept.awaits_refold {
            kept.document.advance(event)?;
            return Ok(Fate::Refold);
        }
        let is_first = kept.document.hold(event, failure, 1)?;
        self.mark_changed(at);
        Ok(if is_first { Fate::Held } else { Fate::Waits })
    }

    /// Notes of the key at a place that what stands before `event` in its stream is of other keys.
    pub(crate) fn pass_over(&mut self, at: u32, event: &RecordedEvent) {
        self.kept[at as usize].document.pass_over(event);
    }

    /// The document of the key at a place.
    pub(crate) fn document(&self, at: u32) -> &Document<P::View> {
        &self.kept[at as usize].document
    }

    pub(in crate::slice) fn document_mut(&mut self, at: u32) -> &mut Document<P::View> {
        &mut self.kept[at as usize].document
    }

    /// The key at a place.
    pub(crate) fn key(&self, at: u32) -> &ViewKey {
        &self.kept[at as usize].key
    }

    /// Has the key at a place folded again from the log.
    pub(crate) fn request_refold(&mut self, at: u32, tried: Option<Tried>) {
        let kept = &mut self.kept[at as usize];
        if !kept.awaits_refold {
            kept.awaits_refold = true;
            self.refolds.push((at, tried));
        }
    }

    pub(crate) fn wants_refolds(&self) -> bool {
        !self.refolds.is_empty()
    }

    /// The keys to fold again; [`refolded`](Self::refolded) takes each outcome.
    pub(crate) fn take_refolds(&mut self) -> Vec<Refold> {
        let refolds = std::mem::take(&mut self.refolds).into_iter();
        let refolds = refolds.map(|(at, tried)| {
            let kept = &self.kept[at as usize];
            Refold {
                at,
                key: kept.key.clone(),
                streams: kept.document.seen(),
                tried,
            }
        });
        refolds.collect()
    }

    /// Takes over the document of a key that was folded again.
    pub(crate) fn refolded(&mut self, at: u32, document: Document<P::View>) {
        let kept = &mut self.kept[at as usize];
        kept.document = document;
        kept.awaits_refold = false;
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
