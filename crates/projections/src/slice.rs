//! One slice of a read model while it is worked on: a machine that does no I/O.
//!
//! It takes [pages](Page) of the log and folds them into the [views](Views) of its keys, holds back
//! keys of which an event cannot be handled, and gives [commits](SliceCommit). Where it has to know
//! something first it returns what it [wants](Want), is given the answer and is called again. It
//! awaits nothing and knows no clock: the content of a slice follows from the log alone, however
//! pages, answers and commits follow each other. The [loop](crate::projector) around it does the
//! rest.

pub(crate) mod kept_key;
pub(crate) mod key_fold;
pub(crate) mod letters;
pub(crate) mod page;
pub(crate) mod views;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::HashSet, sync::Arc};

use minwon_core::{
    ConsumerName, CountCell, DeadLetterEvent, EventId, EventRef, Failure, FailureClass,
    GlobalPosition, Incarnation, LastEvent, Loaded, Phase, Projection, RecordedEvent,
    SliceCheckpoint, SliceName, SliceWrites, StreamName, StreamVersion, Timestamp, ViewKey,
    key_hash,
};

use self::{
    kept_key::KeptKey,
    key_fold::{Folding, Tried},
    letters::{Letters, PendingLetters},
    page::{Content, Decode, Page},
    views::{Fate, Refold, Views},
};
use crate::{
    SliceProgress,
    document::{Document, OutOfTurn},
    end::{SessionEnd, StopReason},
    held::Held,
};

/// How often keys are folded again before one commit, where their index entries can be computed at
/// one time and not at another.
const REFOLDS_MAX: u32 = 4;

/// A projection as all of its slices use it.
pub(crate) struct Definition<P: Projection> {
    pub(crate) projection: Arc<P>,
    pub(crate) decode: Arc<Decode<P::Event>>,
    /// Whose its dead letters are.
    pub(crate) consumer: ConsumerName,
}

/// One slice while it is worked on: where the store has it, and what is folded beyond that.
pub(crate) struct SliceMachine<P: Projection> {
    definition: Arc<Definition<P>>,
    pub(crate) name: SliceName,
    /// The checkpoint that the next commit expects.
    committed: Option<SliceCheckpoint>,
    /// The checkpoint that a commit under way will leave.
    pending: Option<SliceCheckpoint>,
    incarnation: Incarnation,
    phase: Phase,
    /// Everything up to here is in the views.
    folded: GlobalPosition,
    views: Views<P>,
    /// None where another generation answers: only that one's letters are written.
    letters: Option<PendingLetters>,
    /// Places and events of the page at hand, of which `next` is not folded yet.
    events: Vec<(u32, u32)>,
    next: usize,
    /// Places, and events of the page at hand about dead letters of these keys; those of
    /// `followed` have been followed.
    decisions: Vec<(u32, u32)>,
    followed: Vec<(u32, u32)>,
    gap: Option<Gap>,
    commit: Option<Gathering>,
    /// The event at which an earlier life of the slice did not fit the log: where that happens again,
    /// it is the reader's fault.
    pub(crate) complaint: Option<GlobalPosition>,
}

/// Something that a machine has to know before it can go on.
pub(crate) enum Want {
    /// Documents of keys or counts, beside the checkpoint: [`SliceMachine::loaded`].
    Stored(Vec<ViewKey>, Vec<CountCell>),
    /// The events of a stream from a version on, any number of them: [`SliceMachine::read`].
    Stream(StreamName, StreamVersion),
    /// All events of some keys up to a place in the log, without those that were given up by then:
    /// [`SliceMachine::add`] and [`SliceMachine::refolded`].
    Refolds(Vec<Refold>, GlobalPosition),
}

/// A commit, or what is wanted before it.
pub(crate) enum CommitStep {
    Wants(Want),
    Ready(Box<SliceCommit>),
}

/// The next commit of one slice.
pub(crate) struct SliceCommit {
    pub(crate) slice: SliceName,
    pub(crate) expected: Option<SliceCheckpoint>,
    pub(crate) next: SliceCheckpoint,
    pub(crate) writes: SliceWrites,
    pub(crate) letters: Letters,
}

/// A slice in the store is not the fold of the log: it starts again from nothing.
#[derive(Debug)]
pub(crate) struct Damaged {
    pub(crate) slice: SliceName,
    pub(crate) incarnation: Incarnation,
    pub(crate) why: String,
    /// The event that does not fit, where one shows it.
    pub(crate) at: Option<GlobalPosition>,
}

/// Events of a stream are not in the log any more.
#[derive(Debug, thiserror::Error)]
#[error(
    "{stream} has no event from version {first} up to {found}: they were taken out of the store, or the stream was written again; try again to go on without them"
)]
struct Missing {
    stream: StreamName,
    first: StreamVersion,
    found: StreamVersion,
}

/// An event that does not follow what is folded of its stream, while what stands before it is read.
struct Gap {
    place: u32,
    event: Box<RecordedEvent>,
    /// All events from the gap up to here are of other keys.
    next: StreamVersion,
}

/// A commit that is not complete.
#[derive(Default)]
struct Gathering {
    writes: SliceWrites,
    /// Counts that have to be known.
    unknown: Option<Vec<CountCell>>,
    counts: Option<Vec<u64>>,
    refolds: u32,
}

/// The last event that the reader of the log has seen.
#[derive(Debug, Clone)]
pub(crate) struct LastRead {
    pub(crate) event: Option<LastEvent>,
    pub(crate) recorded_at: Timestamp,
}

/// An event that a letter says is held back, and whether somebody asked to try it again.
pub(crate) type OpenLetter = (EventRef, bool);

/// The key that an event of a page concerns.
#[derive(Clone)]
pub(crate) struct Route<'e> {
    pub(crate) key: Cow<'e, str>,
    /// Of the key.
    pub(crate) hash: u64,
    /// Whether it is a decision about a dead letter of that key.
    pub(crate) is_decision: bool,
}

/// Documents with their keys.
pub(crate) type Documents<V> = Vec<(ViewKey, Document<V>)>;

impl<P: Projection> Definition<P> {
    pub(crate) fn new(projection: Arc<P>, decode: Arc<Decode<P::Event>>) -> Arc<Self> {
        let consumer = ConsumerName::new(projection.name().as_str());
        Arc::new(Self {
            consumer: consumer.expect("a projection's name is a word, which any name may be"),
            projection,
            decode,
        })
    }

    /// The meaning of an event, where slices with such keys want it.
    pub(crate) fn content_of(
        &self,
        event: &RecordedEvent,
        is_wanted: impl Fn(u64) -> bool,
    ) -> Content {
        let kept = KeptKey::of(&*self.projection, event);
        let hash = kept.map(|kept| key_hash(&kept.key));
        match hash.filter(|hash| is_wanted(*hash)) {
            Some(hash) => Content::Event(hash),
            None => Content::Unwanted,
        }
    }

    /// The meaning of what happened to a dead letter.
    pub(crate) fn content_of_letter(&self, letter: DeadLetterEvent) -> Content {
        match self.route_of_letter(&letter) {
            Some((key, _)) => Content::Letter(key_hash(key), Box::new(letter)),
            None => Content::Unwanted,
        }
    }

    /// The key that an event concerns, and whether it is a decision about a dead letter of that key.
    pub(crate) fn route<'e>(
        &'e self,
        event: &'e RecordedEvent,
        content: &'e Content,
    ) -> Option<Route<'e>> {
        let (key, hash, is_decision) = match content {
            Content::Unwanted => return None,
            Content::Letter(hash, letter) => {
                let (key, is_decision) = self.route_of_letter(letter)?;
                (Cow::Borrowed(key), *hash, is_decision)
            }
            Content::Event(hash) => (KeptKey::of(&*self.projection, event)?.key, *hash, false),
        };
        Some(Route {
            key,
            hash,
            is_decision,
        })
    }

    fn route_of_letter<'e>(&self, letter: &'e DeadLetterEvent) -> Option<(&'e str, bool)> {
        if let Some(key) = self.projection.letter_key(letter) {
            return Some((key, false));
        }
        let (consumer, key) = letter.consumer_and_key()?;
        (*consumer == self.consumer).then_some((key, true))
    }

    /// Returns where the stretch of its stream begins that is of the key of `event`.
    fn begins(&self, event: &RecordedEvent) -> StreamVersion {
        match self.projection.folds_records() {
            true => self.projection.record_key(event).first,
            false => StreamVersion::FIRST,
        }
    }

    /// Decodes an event that is folded; none where it is folded as it is recorded.
    fn read(&self, event: &RecordedEvent) -> Result<Option<P::Event>, Failure> {
        if self.projection.folds_records() {
            return Ok(None);
        }
        let kept = KeptKey::of(&*self.projection, event);
        match kept.and_then(|kept| kept.failure(event)) {
            Some(failure) => Err(failure),
            None => self.decode.read(event).map(Some),
        }
    }
}

impl<P: Projection> SliceMachine<P> {
    /// Goes on from a checkpoint.
    pub(crate) fn resume(
        name: SliceName,
        definition: &Arc<Definition<P>>,
        checkpoint: SliceCheckpoint,
    ) -> Self {
        let views = Views::resuming(Arc::clone(&definition.projection));
        let incarnation = checkpoint.incarnation;
        Self {
            phase: checkpoint.phase,
            folded: checkpoint.position,
            ..Self::new(name, definition, Some(checkpoint), incarnation, views)
        }
    }

    /// Begins a new life of the slice, in place of what stands there.
    pub(crate) fn begin(
        name: SliceName,
        definition: &Arc<Definition<P>>,
        instead_of: Option<SliceCheckpoint>,
        incarnation: Incarnation,
    ) -> Self {
        let views = Views::beginning(Arc::clone(&definition.projection));
        Self::new(name, definition, instead_of, incarnation, views)
    }

    fn new(
        name: SliceName,
        definition: &Arc<Definition<P>>,
        committed: Option<SliceCheckpoint>,
        incarnation: Incarnation,
        views: Views<P>,
    ) -> Self {
        Self {
            definition: Arc::clone(definition),
            name,
            committed,
            pending: None,
            incarnation,
            phase: Phase::Building,
            folded: GlobalPosition::START,
            views,
            letters: None,
            events: Vec::new(),
            next: 0,
            decisions: Vec::new(),
            followed: Vec::new(),
            gap: None,
            commit: None,
            complaint: None,
        }
    }

    /// Writes letters about what it holds back: it is of the generation that answers.
    pub(crate) fn with_letters(mut self) -> Self {
        self.letters = Some(PendingLetters::new(self.definition.consumer.clone()));
        self
    }

    /// Takes event `at` of the page at hand, which [concerns](Definition::route) a key of the slice.
    pub(crate) fn take(&mut self, route: Route<'_>, at: u32, event: &RecordedEvent) {
        if event.position <= self.folded {
            return;
        }
        // Only a letter names a key that no view can have; nothing of such a key is held.
        if let Ok(place) = self.views.place(route.hash, &route.key) {
            let taken = if route.is_decision {
                &mut self.decisions
            } else {
                &mut self.events
            };
            taken.push((place, at));
        }
    }

    /// Folds what was taken of a page; `is_complete` says whether the page is the last one before
    /// the slice can be asked. Returns what it wants first, and is then called again.
    pub(crate) fn fold(
        &mut self,
        page: &Page,
        is_complete: bool,
    ) -> Result<Option<Want>, SessionEnd> {
        if self.views.has_missing() {
            if self.may_have_documents() {
                return Ok(Some(Want::Stored(self.views.missing(), Vec::new())));
            }
            self.views.fill_with_nothing();
        }
        while let Some(&(place, at)) = self.events.get(self.next) {
            if self.gap.is_none() {
                self.fold_event(place, page, at)?;
            }
            if let Some(gap) = &self.gap {
                let stream = gap.event.stream.clone();
                return Ok(Some(Want::Stream(stream, gap.next)));
            }
        }
        self.follow_decisions(page);
        if self.views.wants_refolds() {
            let up_to = self.folded.max(page.position);
            return Ok(Some(Want::Refolds(self.views.take_refolds(), up_to)));
        }
        self.release_folded(page);
        self.events.clear();
        self.next = 0;
        self.folded = self.folded.max(page.position);
        if is_complete {
            self.phase = Phase::Ready;
        }
        Ok(None)
    }

    /// Folds the next event, unless it does not follow what is folded: then there is a gap.
    fn fold_event(&mut self, place: u32, page: &Page, at: u32) -> Result<(), SessionEnd> {
        let (event, content) = (&page.events[at as usize], &page.contents[at as usize]);
        let fate = match content {
            // Decoded only now, and dropped at once, while all of it is at hand for the processor.
            Content::Event(_) => match self.definition.read(event) {
                Ok(decoded) => self.views.apply(place, decoded.as_ref(), event),
                Err(failure) => self.views.hold(place, &failure, event),
            },
            Content::Letter(_, letter) => {
                self.views.apply_letter(place, letter, event);
                Ok(Fate::Folded)
            }
            Content::Unwanted => unreachable!("what is not wanted concerns no key"),
        };
        match fate {
            Ok(fate) => {
                self.note(place, fate, event);
                self.next += 1;
                Ok(())
            }
            Err(OutOfTurn { expected }) if expected < event.version => {
                let next = expected.max(self.definition.begins(event));
                if next >= event.version {
                    self.views.pass_over(place, event);
                    return self.fold_event(place, page, at);
                }
                self.gap = Some(Gap {
                    place,
                    event: Box::new(event.clone()),
                    next,
                });
                Ok(())
            }
            Err(OutOfTurn { expected }) => Err(self.misfit(place, expected, event)),
        }
    }

    /// Takes events of a stream, from the wanted version on. Where all that stands before the event
    /// at hand is of other keys, it is the next; where something is missing, its key is held back.
    pub(crate) fn read(&mut self, events: &[RecordedEvent]) -> Result<(), SessionEnd> {
        let Some(mut gap) = self.gap.take() else {
            return Ok(());
        };
        let from = gap.next;
        for event in events {
            if gap.next == gap.event.version || event.version != gap.next {
                break;
            }
            let kept = KeptKey::of(&*self.definition.projection, event);
            if kept.is_some_and(|kept| kept.key == self.views.key(gap.place).as_str()) {
                if event.position > self.committed_position() {
                    return Err(passed_over(gap.next, &gap.event));
                }
                return Err(self.misfit(gap.place, gap.next, &gap.event));
            }
            gap.next = gap.next.next();
        }
        let is_over = gap.next == gap.event.version;
        if !is_over && gap.next > from {
            self.gap = Some(gap);
        } else if is_over || self.definition.projection.folds_records() {
            self.views.pass_over(gap.place, &gap.event);
        } else {
            let missing = Missing {
                stream: gap.event.stream.clone(),
                first: gap.next,
                found: gap.event.version,
            };
            let failure = Failure::new(FailureClass::Damaged, &missing);
            self.views.pass_over(gap.place, &gap.event);
            let held = self.views.hold(gap.place, &failure, &gap.event);
            let fate = held.expect("it is the next, for what is missing was passed over");
            self.note(gap.place, fate, &gap.event);
            self.next += 1;
        }
        Ok(())
    }

    /// The slice lost or gained something behind the projector's back; or, where it was folded
    /// again since and still does not fit, the reader passed over an event.
    fn misfit(&self, place: u32, expected: StreamVersion, event: &RecordedEvent) -> SessionEnd {
        if self.complaint == Some(event.position) {
            return passed_over(expected, event);
        }
        let key = self.views.key(place);
        let why = format!("the view of {key} is not the fold of its events");
        self.damaged(why, Some(event.position))
    }

    fn damaged(&self, why: String, at: Option<GlobalPosition>) -> SessionEnd {
        SessionEnd::Damaged(Damaged {
            slice: self.name.clone(),
            incarnation: self.incarnation,
            why,
            at,
        })
    }

    /// Takes what the store has of what was wanted, beside the checkpoint.
    pub(crate) fn loaded(&mut self, loaded: Loaded) -> Result<(), SessionEnd> {
        let is_ours = self.is_of_this_life(&loaded)?;
        if let Some(commit) = &mut self.commit {
            let none = || vec![0; commit.unknown.as_ref().map_or(0, Vec::len)];
            commit.counts = Some(if is_ours { loaded.counts } else { none() });
        } else if is_ours {
            let filled = self.views.fill(loaded.documents);
            filled.map_err(|damage| self.damaged(damage.to_string(), None))?;
        } else {
            self.views.fill_with_nothing();
        }
        Ok(())
    }

    /// Returns whether what was loaded is this life's, where the slice is where it is believed to
    /// be. A document of another moment must not be folded upon, even if the commit would be
    /// refused later: the slice might have been rolled back to just the expected place until then.
    fn is_of_this_life(&self, loaded: &Loaded) -> Result<bool, SessionEnd> {
        let found = loaded.checkpoint.as_ref();
        let is_where_it_was =
            found == self.committed.as_ref() || found.is_some() && found == self.pending.as_ref();
        if !is_where_it_was {
            return Err(SessionEnd::Refused);
        }
        Ok(found.is_some_and(|found| found.incarnation == self.incarnation))
    }

    /// Reads documents of some keys that were loaded to compare them with letters.
    pub(crate) fn documents(
        &self,
        keys: &[ViewKey],
        loaded: Loaded,
    ) -> Result<Documents<P::View>, SessionEnd> {
        self.is_of_this_life(&loaded)?;
        let documents = keys.iter().zip(loaded.documents).map(|(key, kept)| {
            let document = kept.map_or(Ok(Document::default()), |kept| Document::read(key, &kept));
            let document = document.map_err(|source| {
                let why = format!("the document of {key} cannot be read: {source}");
                self.damaged(why, None)
            })?;
            Ok((key.clone(), document))
        });
        documents.collect()
    }
}

/// Dead letters: what is held back of a slice, and what is decided about it.
impl<P: Projection> SliceMachine<P> {
    /// Notes that an event could not be folded in.
    fn note(&mut self, place: u32, fate: Fate, event: &RecordedEvent) {
        let (Fate::Held | Fate::Waits, Some(letters)) = (fate, &mut self.letters) else {
            return;
        };
        let key = self.views.key(place).as_str();
        let Some(held) = &self.views.document(place).held else {
            return;
        };
        letters.note_trace(event);
        if fate == Fate::Held {
            log_held(key, held);
            letters.add(key, held);
        } else {
            letters.park(key, EventRef::from(event), held);
        }
    }

    /// Has keys folded again as somebody decided about their dead letters.
    fn follow_decisions(&mut self, page: &Page) {
        for (place, at) in self.decisions.drain(..) {
            self.followed.push((place, at));
            let document = self.views.document(place);
            match letter_of(page, at) {
                // Also where nothing is held: what was folded in has to go.
                DeadLetterEvent::Skipped(_) | DeadLetterEvent::Compensated(_)
                    if document.has_seen() =>
                {
                    self.views.request_refold(place, None);
                }
                DeadLetterEvent::RetryRequested(_) => {
                    if let Some(held) = &document.held {
                        let tried = Tried {
                            event: held.event.id,
                            attempts: held.attempts,
                        };
                        self.views.request_refold(place, Some(tried));
                    }
                }
                _ => {}
            }
        }
    }

    /// Releases events that a letter says are held, and are not: somebody wrote it and could not
    /// commit.
    fn release_folded(&mut self, page: &Page) {
        for (place, at) in self.followed.drain(..) {
            let letter = letter_of(page, at);
            let (DeadLetterEvent::Added(_) | DeadLetterEvent::Parked(_), Some(letters)) =
                (letter, &mut self.letters)
            else {
                continue;
            };
            let about = letter.consumer_and_key().zip(letter.event());
            let ((_, key), event) = about.expect("a letter is of an event");
            if !is_held(self.views.document(place), event) {
                letters.release(key, event.clone());
            }
        }
    }

    /// Adds the next event of the log to a key that is folded again.
    pub(crate) fn add(
        &mut self,
        folding: &mut Folding<'_, P::View>,
        event: &RecordedEvent,
        given_up: &HashSet<EventId>,
    ) {
        self.definition.add(folding, event, given_up);
        if folding.last != Some(event.position) {
            return;
        }
        match &mut self.letters {
            Some(letters) if folding.document.held.is_none() => letters.forget(event.position),
            Some(letters) => letters.note_trace(event),
            None => {}
        }
    }

    /// Takes over a key that was folded again; `open` is what letters say is held back of it.
    pub(crate) fn refolded(
        &mut self,
        refold: &Refold,
        folding: Folding<'_, P::View>,
        open: &[OpenLetter],
    ) {
        let Folding {
            document,
            last,
            waiting,
            ..
        } = folding;
        if let Some(letters) = &mut self.letters {
            let key = refold.key.as_str();
            for (event, _) in open {
                if Some(event.position) <= last && !is_held(&document, event) {
                    letters.release(key, event.clone());
                }
            }
            if let Some(held) = &document.held {
                for event in waiting {
                    letters.park(key, event, held);
                }
                if open
                    .iter()
                    .any(|(event, asked)| *asked && *event == held.event)
                {
                    let before = refold.tried.filter(|tried| tried.event == held.event.id);
                    let before = before.map_or(0, |tried| tried.attempts);
                    letters.fail_again(key, held, held.attempts.saturating_sub(before));
                } else {
                    letters.add(key, held);
                }
            }
        }
        self.views.refolded(refold.at, document);
    }

    /// The log does not hold the events that a document says were folded.
    pub(crate) fn lost(&self, key: &ViewKey) -> SessionEnd {
        let why = format!("the log does not hold what was folded of {key}");
        self.damaged(why, None)
    }

    /// Releases events that are folded into a document, though letters say they are held back.
    pub(crate) fn release_stale(
        &mut self,
        key: &ViewKey,
        document: &Document<P::View>,
        open: Vec<OpenLetter>,
    ) {
        let Some(letters) = &mut self.letters else {
            return;
        };
        for (event, _) in open {
            if event.position <= self.folded && !is_held(document, &event) {
                letters.release(key.as_str(), event);
            }
        }
    }

    /// Writes letters for a key that is held back, and for the events that wait.
    pub(crate) fn add_missing(&mut self, key: &ViewKey, held: &Held, waiting: Vec<EventRef>) {
        let Some(letters) = &mut self.letters else {
            return;
        };
        for event in waiting {
            letters.park(key.as_str(), event, held);
        }
        letters.add(key.as_str(), held);
    }

    /// The letters that have gathered since the last commit.
    pub(crate) fn take_letters(&mut self) -> Letters {
        let letters = self.letters.as_mut();
        letters.map(PendingLetters::take).unwrap_or_default()
    }
}

/// Commits.
impl<P: Projection> SliceMachine<P> {
    /// The next commit. Returns what it wants first, and is then called again.
    pub(crate) fn commit(&mut self, last_read: &LastRead) -> Result<CommitStep, SessionEnd> {
        let mut commit = self.commit.take().unwrap_or_default();
        let unknown = match commit.unknown.take() {
            Some(unknown) => unknown,
            None => self.views.prepare(&mut commit.writes),
        };
        if self.views.wants_refolds() {
            if commit.refolds == REFOLDS_MAX {
                return Err(SessionEnd::Refused);
            }
            commit.refolds += 1;
            self.commit = Some(commit);
            let refolds = self.views.take_refolds();
            return Ok(CommitStep::Wants(Want::Refolds(refolds, self.folded)));
        }
        let counts = match commit.counts.take() {
            Some(counts) => counts,
            None if unknown.is_empty() || !self.may_have_documents() => vec![0; unknown.len()],
            None => {
                commit.unknown = Some(unknown.clone());
                self.commit = Some(commit);
                return Ok(CommitStep::Wants(Want::Stored(Vec::new(), unknown)));
            }
        };
        let mut writes = commit.writes;
        let finished = self
            .views
            .finish(unknown.into_iter().zip(counts), &mut writes);
        finished.map_err(|damage| self.damaged(damage.to_string(), None))?;
        let next = self.next_checkpoint(last_read);
        self.pending = Some(next.clone());
        Ok(CommitStep::Ready(Box::new(SliceCommit {
            slice: self.name.clone(),
            expected: self.committed.clone(),
            next,
            writes,
            letters: self.take_letters(),
        })))
    }

    /// The commit under way was accepted. Keeps about `views_max` views in memory.
    pub(crate) fn committed(&mut self, views_max: usize) {
        if let Some(committed) = self.pending.take() {
            self.committed = Some(committed);
        }
        self.views.forget_old(views_max);
    }

    fn next_checkpoint(&self, last_read: &LastRead) -> SliceCheckpoint {
        // A reader that has seen nothing yet knows no better than the last checkpoint.
        let (last_event, recorded_at) = match (self.latest(), &last_read.event) {
            (Some(latest), None) => (latest.last_event.clone(), latest.recorded_at),
            (_, event) => (event.clone(), last_read.recorded_at),
        };
        SliceCheckpoint {
            incarnation: self.incarnation,
            schema: self.definition.projection.schema(),
            phase: self.phase,
            position: self.folded,
            last_event,
            recorded_at,
        }
    }
}

/// For whoever compares the fold with a store.
impl<P: Projection> SliceMachine<P> {
    /// All documents in memory.
    pub(crate) fn all_documents(&self) -> impl Iterator<Item = (&ViewKey, &Document<P::View>)> {
        self.views.iter()
    }

    /// The document of a key; none where nothing is folded of it.
    pub(crate) fn document_mut(&mut self, key: &ViewKey) -> Option<&mut Document<P::View>> {
        let at = self.views.find(key_hash(key.as_str()), key.as_str())?;
        Some(self.views.document_mut(at))
    }

    /// A key to fold again; none where nothing is folded of it.
    pub(crate) fn refold_of(&mut self, key: &ViewKey) -> Option<Refold> {
        let at = self.views.find(key_hash(key.as_str()), key.as_str())?;
        self.views.request_refold(at, None);
        self.views.take_refolds().pop()
    }
}

/// How it is.
impl<P: Projection> SliceMachine<P> {
    /// Everything up to here is folded, committed or not.
    pub(crate) fn folded(&self) -> GlobalPosition {
        self.folded
    }

    /// Returns how many of the events it was given by the page at hand are to be folded.
    pub(crate) fn events_taken(&self) -> usize {
        self.events.len()
    }

    /// Returns how many views have changed since the last commit.
    pub(crate) fn changed(&self) -> usize {
        self.views.changed()
    }

    /// Returns whether the store still has an earlier life in its place.
    pub(crate) fn is_begun_anew(&self) -> bool {
        self.committed.is_some() && !self.is_born()
    }

    /// Returns whether the store has this life of the slice.
    pub(crate) fn is_born(&self) -> bool {
        let committed = self.committed.as_ref();
        committed.is_some_and(|committed| committed.incarnation == self.incarnation)
    }

    /// Returns whether the store has it where this machine committed it last.
    pub(crate) fn is_at(&self, found: Option<&SliceCheckpoint>) -> bool {
        found == self.committed.as_ref()
    }

    /// The checkpoint that stands in the store once all commits are done.
    fn latest(&self) -> Option<&SliceCheckpoint> {
        let committed = self.committed.as_ref().filter(|_| self.is_born());
        self.pending.as_ref().or(committed)
    }

    /// Returns up to where the store has it, commits under way left out.
    pub(crate) fn committed_position(&self) -> GlobalPosition {
        match &self.committed {
            Some(committed) if self.is_born() => committed.position,
            _ => GlobalPosition::START,
        }
    }

    pub(crate) fn progress(&self) -> SliceProgress {
        SliceProgress {
            slice: self.name.slice,
            position: self.committed_position(),
        }
    }

    /// When the last event before its checkpoint was recorded.
    pub(crate) fn recorded_at(&self) -> Timestamp {
        self.latest()
            .map_or(Timestamp::UNIX_EPOCH, |c| c.recorded_at)
    }

    /// Returns whether the store says that it can be asked.
    pub(crate) fn is_ready(&self) -> bool {
        let committed = self.committed.as_ref();
        self.is_born() && committed.is_some_and(|c| c.phase == Phase::Ready)
    }

    /// Returns whether it has reached the head of the log, and the store does not say so yet.
    pub(crate) fn becomes_ready(&self) -> bool {
        self.phase == Phase::Ready && self.latest().is_none_or(|c| c.phase != Phase::Ready)
    }

    /// Returns whether the store may have documents of this life.
    fn may_have_documents(&self) -> bool {
        self.is_born() || self.pending.is_some()
    }

    /// Returns whether a commit would change anything.
    pub(crate) fn has_news(&self) -> bool {
        match self.latest() {
            Some(latest) => self.folded > latest.position || self.phase != latest.phase,
            None => true,
        }
    }
}

/// The reader of the log passed over an event that the log has.
fn passed_over(expected: StreamVersion, found: &RecordedEvent) -> SessionEnd {
    SessionEnd::Stop(StopReason::PassedOver {
        stream: found.stream.clone(),
        expected,
        found: found.version,
        position: found.position,
    })
}

fn letter_of(page: &Page, at: u32) -> &DeadLetterEvent {
    match &page.contents[at as usize] {
        Content::Letter(_, letter) => letter,
        _ => unreachable!("only letters are taken as decisions"),
    }
}

fn log_held(key: &str, held: &Held) {
    let (position, failure) = (held.event.position, &held.failure);
    if failure.class == FailureClass::Newer {
        tracing::info!(%position, key, "a newer program wrote an event; its key waits for one");
    } else {
        let error = &failure.error;
        tracing::warn!(%position, key, %error, "an event cannot be handled; its key is held back");
    }
}

/// Returns whether `event` is held back.
fn is_held<V>(document: &Document<V>, event: &EventRef) -> bool {
    let held = document.held.as_ref();
    held.is_some_and(|held| event.position >= held.event.position)
}
