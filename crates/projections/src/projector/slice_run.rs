//! One slice while it is worked on.

use std::sync::Arc;

use minwon_core::{
    ConsumerName, EventRef, GlobalPosition, Incarnation, LastEvent, Phase, Projection,
    RecordedEvent, SliceCheckpoint, SliceName, Timestamp, ViewSchema,
};

use super::{batch::Decoded, notes::Notes};
use crate::{
    document::OutOfTurn,
    slice_fold::{Fate, SliceFold},
};

/// One slice while it is worked on: where the store has it, and what is folded beyond that.
pub(crate) struct SliceRun<P: Projection> {
    pub(crate) name: SliceName,
    /// What the next commit expects.
    pub(crate) committed: Option<SliceCheckpoint>,
    /// What a commit under way will leave.
    pub(crate) pending: Option<SliceCheckpoint>,
    incarnation: Incarnation,
    schema: ViewSchema,
    phase: Phase,
    /// Everything up to here is in the fold.
    pub(crate) folded: GlobalPosition,
    pub(crate) fold: SliceFold<P>,
    /// Places and events of the batch at hand.
    pub(crate) todo: Vec<(u32, u32)>,
    /// Places, and letters of the batch at hand that speak of them.
    pub(crate) told: Vec<(u32, u32)>,
    pub(crate) notes: Notes,
}

/// What the reader of the log has seen last.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) last_event: Option<LastEvent>,
    pub(crate) recorded_at: Timestamp,
}

impl<P: Projection> SliceRun<P> {
    /// Goes on from a checkpoint.
    pub(crate) fn resume(
        name: SliceName,
        projection: &Arc<P>,
        checkpoint: SliceCheckpoint,
    ) -> Self {
        Self {
            name,
            incarnation: checkpoint.incarnation,
            schema: checkpoint.schema,
            phase: checkpoint.phase,
            folded: checkpoint.position,
            committed: Some(checkpoint),
            pending: None,
            fold: SliceFold::resuming(Arc::clone(projection)),
            todo: Vec::new(),
            told: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// Begins a new life of the slice, in place of what stands there.
    pub(crate) fn begin(
        name: SliceName,
        projection: &Arc<P>,
        instead_of: Option<SliceCheckpoint>,
        incarnation: Incarnation,
    ) -> Self {
        Self {
            name,
            incarnation,
            schema: projection.schema(),
            phase: Phase::Building,
            folded: GlobalPosition::START,
            committed: instead_of,
            pending: None,
            fold: SliceFold::beginning(Arc::clone(projection)),
            todo: Vec::new(),
            told: Vec::new(),
            notes: Notes::default(),
        }
    }

    /// Folds an event, or what happened to a dead letter, into the view at a place.
    pub(crate) fn fold_in(
        &mut self,
        place: u32,
        recorded: &RecordedEvent,
        decoded: &Decoded<P::Event>,
    ) -> Result<Fate, OutOfTurn> {
        match decoded {
            Decoded::Event(event) => self.fold.apply(place, event, recorded),
            Decoded::Undecodable(failure) => self.fold.hold(place, failure, recorded),
            Decoded::Letter(letter) => {
                self.fold.apply_letter(place, letter, recorded);
                Ok(Fate::Folded)
            }
            Decoded::Unwanted => unreachable!("placed because it is an event to fold"),
        }
    }

    /// Notes that an event could not be folded in.
    pub(crate) fn note(
        &mut self,
        consumer: &ConsumerName,
        place: u32,
        fate: Fate,
        event: &RecordedEvent,
    ) {
        let (key, document) = (self.fold.key(place), self.fold.document(place));
        let Some(held) = &document.held else { return };
        if fate == Fate::Held {
            self.notes.add(consumer, key.as_str(), held);
        } else {
            let event = EventRef::from(event);
            self.notes.park(consumer, key.as_str(), event, held);
        }
    }

    /// Whether the store still has an earlier life in its place.
    pub(crate) fn is_begun_anew(&self) -> bool {
        let committed = self.committed.as_ref();
        committed.is_some_and(|committed| committed.incarnation != self.incarnation)
    }

    /// Which life of the slice it is.
    pub(crate) fn incarnation(&self) -> Incarnation {
        self.incarnation
    }

    /// Whether the store has this life of the slice.
    pub(crate) fn is_born(&self) -> bool {
        self.committed
            .as_ref()
            .is_some_and(|committed| committed.incarnation == self.incarnation)
    }

    /// What stands in the store once all commits are done.
    fn latest(&self) -> Option<&SliceCheckpoint> {
        self.pending
            .as_ref()
            .or(self.committed.as_ref().filter(|_| self.is_born()))
    }

    /// Up to where the store has it, commits under way left out.
    pub(crate) fn committed_position(&self) -> GlobalPosition {
        match &self.committed {
            Some(committed) if self.is_born() => committed.position,
            _ => GlobalPosition::START,
        }
    }

    /// When the last event before that place was recorded.
    pub(crate) fn recorded_at(&self) -> Timestamp {
        self.latest()
            .map_or(Timestamp::UNIX_EPOCH, |c| c.recorded_at)
    }

    /// Whether the store says that it can be asked.
    pub(crate) fn is_ready(&self) -> bool {
        self.is_born()
            && self
                .committed
                .as_ref()
                .is_some_and(|c| c.phase == Phase::Ready)
    }

    /// Whether it has reached the head of the log, and the store does not say so yet.
    pub(crate) fn becomes_ready(&self) -> bool {
        self.phase == Phase::Ready && self.latest().is_none_or(|c| c.phase != Phase::Ready)
    }

    /// Whether what a load found beside its documents is where this run believes the slice to be.
    /// A document of another moment must not be folded upon, even if the commit would be refused
    /// later: the slice might have been rolled back to just the expected place until then.
    pub(crate) fn is_where_it_was(&self, found: Option<&SliceCheckpoint>) -> bool {
        found == self.committed.as_ref() || (found.is_some() && found == self.pending.as_ref())
    }

    /// Whether documents found beside this checkpoint are this life's.
    pub(crate) fn owns(&self, found: Option<&SliceCheckpoint>) -> bool {
        found.is_some_and(|found| found.incarnation == self.incarnation)
    }

    /// Whether the store may have documents of this life.
    pub(crate) fn may_have_documents(&self) -> bool {
        self.is_born() || self.pending.is_some()
    }

    /// It has reached the head of the log.
    pub(crate) fn mark_ready(&mut self) {
        self.phase = Phase::Ready;
    }

    /// Whether a commit would change anything.
    pub(crate) fn has_news(&self) -> bool {
        match self.latest() {
            Some(latest) => self.folded > latest.position || self.phase != latest.phase,
            None => true,
        }
    }

    /// The checkpoint that the next commit writes.
    pub(crate) fn next(&self, seen: &Seen) -> SliceCheckpoint {
        // A reader that has seen nothing yet knows no better than the last checkpoint.
        let seen = match (self.latest(), &seen.last_event) {
            (Some(latest), None) => &Seen {
                last_event: latest.last_event.clone(),
                recorded_at: latest.recorded_at,
            },
            _ => seen,
        };
        SliceCheckpoint {
            incarnation: self.incarnation,
            schema: self.schema,
            phase: self.phase,
            position: self.folded,
            last_event: seen.last_event.clone(),
            recorded_at: seen.recorded_at,
        }
    }
}
