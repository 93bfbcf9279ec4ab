//! Who folds doubtful keys again, and keeps the dead letters of one projection.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::try_join_all;
use minwon_core::{
    ConsumerName, DeadLetterBook, DeadLetterEvent, Direction, EventFilter, EventId, EventRef,
    EventStore, GlobalPosition, ListName, ListQuery, Projection, ReadModelStore, RecordedEvent,
    RetryFailed, SliceCount, StreamName, StreamVersion, Timer, ViewKey, Wanted,
};

use super::{
    batch::{Batch, Decode, Decoded},
    end::SessionEnd,
    notes::Letters,
    reach::Reach,
    slice_run::SliceRun,
};
use crate::{
    DeadLetters,
    document::Document,
    held::{ALL, HELD, Held},
    kept_key::KeptKey,
    key_fold::{Folding, KeyFold, Tried, is_of_others, read_key, read_log, read_versions},
    slice_fold::Doubted,
};

/// So many keys are read from the log at once.
const READ_AT_ONCE: usize = 16;

/// Held keys that are looked at at a time. Unit: keys.
const PAGE_KEYS: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// Folds doubtful keys again, and keeps the dead letters of one projection.
pub(crate) struct Clerk<P: Projection, S, T> {
    pub(crate) projection: Arc<P>,
    pub(crate) store: Arc<S>,
    pub(crate) decode: Decode<P::Event>,
    pub(crate) letters: DeadLetters<S, T>,
    pub(crate) consumer: ConsumerName,
    /// What the projector follows.
    pub(crate) filter: EventFilter,
    /// What was given up, as far back as is needed; none before the first session.
    pub(crate) reach: Mutex<Option<Arc<Reach<S, T>>>>,
}

impl<P, S, T> Clerk<P, S, T>
where
    P: Projection,
    S: EventStore,
    T: Timer,
{
    /// Reads what others have written of dead letters, and what was given up behind where the slices
    /// stand. A decision counts from where it stands in the log, so that what a slice holds follows
    /// from the log up to its checkpoint alone: twins write the same.
    pub(crate) async fn look_up(&self, runs: &[Option<SliceRun<P>>]) -> Result<(), SessionEnd> {
        self.refresh().await?;
        let from = runs.iter().flatten().map(|run| run.folded).min();
        let window = match from {
            Some(from) => self.letters.window(from).await,
            None => Ok(self.letters.window_here()),
        };
        let window = window.map_err(SessionEnd::of_dead_letters)?;
        *self.reach() = Some(Arc::new(Reach::new(window, from)));
        Ok(())
    }

    fn reach(&self) -> MutexGuard<'_, Option<Arc<Reach<S, T>>>> {
        self.reach.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything up to here is committed: what was given up before is nothing to anybody who does
    /// not fold a key again.
    pub(crate) fn has_committed(&self, up_to: GlobalPosition) {
        let reach = self.reach().clone();
        if let Some(reach) = reach {
            reach.advance(up_to);
        }
    }

    /// Sees to it that all is known that was given up of events from `first` on.
    async fn reach_back(&self, first: GlobalPosition) -> Result<(), SessionEnd> {
        let reach = self.reach().clone();
        if let Some(reach) = reach {
            let reached = reach.reach_back(first).await;
            reached.map_err(SessionEnd::of_dead_letters)?;
        }
        Ok(())
    }

    /// Of some events, with their places, those that are left out at a place in the log.
    async fn left_out(
        &self,
        events: impl Iterator<Item = (GlobalPosition, EventId)> + Clone,
        at: GlobalPosition,
    ) -> Result<HashSet<EventId>, SessionEnd> {
        let Some(first) = events.clone().map(|(position, _)| position).min() else {
            return Ok(HashSet::new());
        };
        self.reach_back(first).await?;
        let events = events.map(|(_, id)| id);
        Ok(self.letters.given_up_at(&self.consumer, events, at))
    }

    async fn refresh(&self) -> Result<(), SessionEnd> {
        let refreshed = self.letters.refresh().await;
        refreshed.map_err(SessionEnd::of_dead_letters)
    }

    /// The key that a letter speaks of, where it is one of this projection.
    pub(crate) fn key_of<'l>(&self, letter: &'l DeadLetterEvent) -> Option<&'l str> {
        let (consumer, key) = letter.consumer_and_key()?;
        (*consumer == self.consumer).then_some(key)
    }

    /// Follows what is told of held events of a slice. Answers the places of the keys that it
    /// speaks of.
    pub(crate) fn follow(&self, run: &mut SliceRun<P>, batch: &Batch<P::Event>) -> Vec<(u32, u32)> {
        let told = std::mem::take(&mut run.told);
        for &(place, at) in &told {
            let Decoded::Letter(letter) = &batch.decoded[at as usize] else {
                unreachable!("placed because it is one");
            };
            let document = run.fold.document(place);
            match &**letter {
                // Also where nothing is held: what was folded in has to go.
                DeadLetterEvent::Skipped(_) | DeadLetterEvent::Compensated(_)
                    if document.has_seen() =>
                {
                    run.fold.doubt(place, None);
                }
                DeadLetterEvent::RetryRequested(_) => {
                    let tried = document.held.as_ref().map(|held| Tried {
                        event: held.event.id,
                        attempts: held.attempts,
                    });
                    if tried.is_some() {
                        run.fold.doubt(place, tried);
                    }
                }
                _ => {}
            }
        }
        told
    }

    /// Releases what letters say is held, and is not: somebody wrote them and could not commit.
    pub(crate) fn release_folded(
        &self,
        run: &mut SliceRun<P>,
        batch: &Batch<P::Event>,
        told: &[(u32, u32)],
    ) {
        for &(place, at) in told {
            let Decoded::Letter(letter) = &batch.decoded[at as usize] else {
                continue;
            };
            let (DeadLetterEvent::Added(_) | DeadLetterEvent::Parked(_)) = &**letter else {
                continue;
            };
            let about = letter.consumer_and_key().zip(letter.event());
            let ((_, key), event) = about.expect("a letter is of an event");
            if !is_held(run.fold.document(place), event) {
                run.notes.release(&self.consumer, key, event.clone());
            }
        }
    }

    /// Folds again what is doubtful of a slice, of which everything up to `up_to` was seen.
    pub(crate) async fn mend(
        &self,
        run: &mut SliceRun<P>,
        up_to: GlobalPosition,
        is_answering: bool,
    ) -> Result<(), SessionEnd> {
        let doubted = run.fold.take_doubts();
        let is_listed = |doubted: &Doubted| doubted.streams.is_some();
        let (listed, coarse): (Vec<_>, Vec<_>) = doubted.into_iter().partition(is_listed);
        for some in listed.chunks(READ_AT_ONCE) {
            let reads = some.iter().map(|doubted| {
                let streams = doubted.streams.as_deref().unwrap_or_default();
                read_key(&*self.store, streams)
            });
            let read = try_join_all(reads).await;
            let read = read.map_err(SessionEnd::of_event_store)?;
            for (doubted, events) in some.iter().zip(read) {
                let events = events.ok_or_else(|| lost(run, doubted))?;
                let places = events.iter().map(|event| (event.position, event.id()));
                let given_up = self.left_out(places, up_to).await?;
                let mut folding = doubted.folding();
                for event in &events {
                    self.fold(run, &mut folding, event, &given_up);
                }
                self.mended(run, doubted, folding, is_answering).await;
            }
        }
        self.mend_coarse(run, &coarse, up_to, is_answering).await
    }

    /// Folds keys again whose streams are not listed, all with one pass through the log.
    async fn mend_coarse(
        &self,
        run: &mut SliceRun<P>,
        doubted: &[Doubted],
        up_to: GlobalPosition,
        is_answering: bool,
    ) -> Result<(), SessionEnd> {
        if doubted.is_empty() {
            return Ok(());
        }
        let foldings = doubted
            .iter()
            .map(|doubted| (doubted.key.as_str(), doubted.folding()));
        let mut foldings: HashMap<_, _> = foldings.collect();
        let (store, after) = (&*self.store, GlobalPosition::START);
        self.reach_back(after).await?;
        let given_up = self.letters.all_given_up_at(&self.consumer, up_to);
        let read = read_log(store, &self.filter, after, up_to, |event| {
            let kept = KeptKey::of(&*self.projection, event);
            if let Some(folding) = kept.and_then(|kept| foldings.get_mut(kept.key)) {
                self.fold(run, folding, event, &given_up);
            }
        });
        read.await.map_err(SessionEnd::of_event_store)?;
        for doubted in doubted {
            if let Some(folding) = foldings.remove(doubted.key.as_str()) {
                self.mended(run, doubted, folding, is_answering).await;
            }
        }
        Ok(())
    }

    /// Whether all that a stream holds from `first` on, and before `event`, is of other keys.
    pub(crate) async fn is_of_others(
        &self,
        key: &ViewKey,
        event: &RecordedEvent,
        first: StreamVersion,
    ) -> Result<bool, SessionEnd> {
        let (projection, store) = (&*self.projection, &*self.store);
        let answer = is_of_others(projection, store, key, event, first).await;
        answer.map_err(SessionEnd::of_event_store)
    }

    fn fold(
        &self,
        run: &mut SliceRun<P>,
        folding: &mut Folding<'_, P::View>,
        event: &RecordedEvent,
        given_up: &HashSet<EventId>,
    ) {
        let fold = KeyFold {
            projection: &*self.projection,
            decode: |event: &RecordedEvent| self.decode.read(event),
            given_up,
        };
        fold.add(folding, event);
        if folding.document.held.is_none() {
            // Whatever was to be told of it.
            run.notes.forget(event.position);
        }
    }

    /// Takes over what was folded again, and notes what has become of its events.
    async fn mended(
        &self,
        run: &mut SliceRun<P>,
        doubted: &Doubted,
        mut folding: Folding<'_, P::View>,
        is_answering: bool,
    ) {
        if is_answering {
            self.note(run, doubted, &mut folding).await;
        }
        run.fold.mend(doubted.at, folding.document);
    }

    /// Notes what has become of the events of a key that was folded again.
    async fn note(
        &self,
        run: &mut SliceRun<P>,
        doubted: &Doubted,
        folding: &mut Folding<'_, P::View>,
    ) {
        let (key, document) = (doubted.key.as_str(), &folding.document);
        let open = self.open_letters(key).await;
        for (event, _) in &open {
            if Some(event.position) <= folding.last && !is_held(document, event) {
                run.notes.release(&self.consumer, key, event.clone());
            }
        }
        let Some(held) = &document.held else { return };
        for event in folding.waiting.drain(..) {
            run.notes.park(&self.consumer, key, event, held);
        }
        let is_asked = |(event, is_asked): &(EventRef, bool)| *event == held.event && *is_asked;
        if open.iter().any(is_asked) {
            let before = doubted.tried.filter(|tried| tried.event == held.event.id);
            let before = before.map_or(0, |tried| tried.attempts);
            let failed = RetryFailed {
                consumer: self.consumer.clone(),
                key: key.into(),
                event: held.event.clone(),
                failure: held.failure.clone(),
                attempts: held.attempts.saturating_sub(before),
                kind: None,
            };
            run.notes.tell(held.event.position, failed.into(), None);
        } else {
            run.notes.add(&self.consumer, key, held);
        }
    }

    /// What is said to be held back of a key, and whether somebody asked to try it again.
    async fn open_letters(&self, key: &str) -> Vec<(EventRef, bool)> {
        let look = |book: &DeadLetterBook| {
            let letters = book.of(&self.consumer);
            let held = letters.into_iter().flat_map(|letters| letters.held(key));
            held.map(|held| (held.event.clone(), held.is_retry_requested()))
                .collect()
        };
        self.letters.look(look).await
    }

    /// Writes what has to be durable before a commit.
    pub(crate) async fn write_before(
        &self,
        notes: Vec<(DeadLetterEvent, Option<EventId>)>,
    ) -> Result<(), SessionEnd> {
        if notes.is_empty() {
            return Ok(());
        }
        let letters = self.letters.look(|book| {
            let given_up = |event| {
                book.of(&self.consumer)
                    .is_some_and(|letters| letters.is_given_up(event))
            };
            // What waits for an event that is given up further on in the log waits in passing.
            let notes = notes.into_iter();
            let letters = notes.filter(|(_, waits_for)| !waits_for.is_some_and(given_up));
            letters.map(|(letter, _)| letter).collect()
        });
        let letters = letters.await;
        self.write(letters).await
    }

    /// Writes down what is so.
    pub(crate) async fn write(&self, letters: Vec<DeadLetterEvent>) -> Result<(), SessionEnd> {
        if letters.is_empty() {
            return Ok(());
        }
        let written = self.letters.record(letters).await;
        written.map_err(SessionEnd::of_dead_letters)
    }

    /// Lets letters and documents agree again, after a crash, a flush or a promotion.
    pub(crate) async fn reconcile(
        &self,
        read_models: &impl ReadModelStore,
        slices: SliceCount,
        runs: &mut [Option<SliceRun<P>>],
    ) -> Result<(), SessionEnd> {
        let mut letters = Letters::default();
        let keys = self.letters.look(|book| {
            let of = book.of(&self.consumer);
            let keys = of.into_iter().flat_map(|letters| letters.keys());
            keys.map(str::to_owned).collect::<BTreeSet<_>>()
        });
        let keys = keys.await;
        for run in runs.iter_mut().flatten().filter(|run| run.is_born()) {
            let is_here = |key: &&String| slices.slice_of(key) == run.name.slice;
            let here = keys.iter().filter(is_here);
            let here: Vec<_> = here.filter_map(|key| ViewKey::new(key).ok()).collect();
            for keys in here.chunks(PAGE_KEYS.get() as usize) {
                self.release_stale(read_models, run, keys).await?;
            }
            self.add_missing(read_models, run).await?;
            run.notes.take(&mut letters);
        }
        let before = letters.before.into_iter().map(|(letter, _)| letter);
        self.write(before.chain(letters.after).collect()).await
    }

    /// Has tried again what another decoder could not read. The requests are read with the log, as
    /// anybody's: what a slice holds follows from the log alone.
    pub(crate) async fn ask_after_upgrade(
        &self,
        slices: SliceCount,
        runs: &[Option<SliceRun<P>>],
    ) -> Result<(), SessionEnd> {
        let is_ours = |key: &str| runs[usize::from(slices.slice_of(key).get())].is_some();
        let requests = self.letters.look(|book| {
            let letters = book.of(&self.consumer);
            let requests = letters.map(|it| {
                it.requests_after_upgrade(&self.consumer, self.decode.fingerprint, is_ours)
            });
            requests.unwrap_or_default()
        });
        let requests = requests.await;
        self.write(requests).await
    }

    /// Notes of some keys what is folded in though a letter says that it is held back.
    async fn release_stale(
        &self,
        read_models: &impl ReadModelStore,
        run: &mut SliceRun<P>,
        keys: &[ViewKey],
    ) -> Result<(), SessionEnd> {
        for (key, document) in self.documents(read_models, run, keys).await? {
            for (event, _) in self.open_letters(key.as_str()).await {
                if event.position <= run.folded && !is_held(&document, &event) {
                    run.notes.release(&self.consumer, key.as_str(), event);
                }
            }
        }
        Ok(())
    }

    /// Notes what is held back in a slice, letter or none: what is known is not written again.
    async fn add_missing(
        &self,
        read_models: &impl ReadModelStore,
        run: &mut SliceRun<P>,
    ) -> Result<(), SessionEnd> {
        let mut query = ListQuery {
            list: ListName {
                index: HELD,
                partition: ALL.into(),
            },
            after: None,
            direction: Direction::Ascending,
            limit: PAGE_KEYS,
        };
        loop {
            let page = read_models.list(&run.name, &query).await;
            let page = page.map_err(SessionEnd::of_read_models)?;
            let keys: Vec<_> = page.places.iter().map(|place| place.key.clone()).collect();
            for (key, document) in self.documents(read_models, run, &keys).await? {
                self.add(run, &key, &document).await?;
            }
            if page.places.len() < PAGE_KEYS.get() as usize {
                return Ok(());
            }
            query.after = page.places.last().cloned();
        }
    }

    async fn add(
        &self,
        run: &mut SliceRun<P>,
        key: &ViewKey,
        document: &Document<P::View>,
    ) -> Result<(), SessionEnd> {
        let Some(held) = &document.held else {
            return Ok(());
        };
        let mut waiting = match document.waiting() {
            // Without what was given up there is one for each event, and nothing is missing.
            _ if self.is_told(key, held, run.folded).await => Vec::new(),
            Some(streams) => self.read_waiting(&streams).await?,
            None => self.find_waiting(key, held, run.folded).await?,
        };
        waiting.retain(|event| event.id != held.event.id);
        self.keep_unknown(key, &mut waiting).await;
        let places = waiting.iter().map(|event| (event.position, event.id));
        let given_up = self.left_out(places, run.folded).await?;
        for event in waiting {
            if !given_up.contains(&event.id) {
                run.notes.park(&self.consumer, key.as_str(), event, held);
            }
        }
        run.notes.add(&self.consumer, key.as_str(), held);
        Ok(())
    }

    /// Leaves out what the queues say is held back.
    async fn keep_unknown(&self, key: &ViewKey, events: &mut Vec<EventRef>) {
        let keep = |book: &DeadLetterBook| {
            if let Some(letters) = book.of(&self.consumer) {
                events.retain(|event| !letters.is_held(key.as_str(), event));
            }
        };
        self.letters.look(keep).await;
    }

    /// Whether there is a letter for every event of a key that is held back.
    async fn is_told(&self, key: &ViewKey, held: &Held, up_to: GlobalPosition) -> bool {
        let open = self.open_letters(key.as_str()).await;
        let place = |(event, _): &(EventRef, bool)| event.position;
        let held_back = open.iter().map(place);
        let held_back = held_back.filter(|at| (held.event.position..=up_to).contains(at));
        held_back.count() as u64 > held.parked
    }

    /// What waits of listed streams.
    async fn read_waiting(
        &self,
        streams: &[(StreamName, StreamVersion, StreamVersion)],
    ) -> Result<Vec<EventRef>, SessionEnd> {
        let mut waiting = Vec::new();
        for (stream, first, last) in streams {
            let read = read_versions(&*self.store, stream, *first, *last).await;
            let read = read.map_err(SessionEnd::of_event_store)?;
            waiting.extend(read.iter().flatten().map(EventRef::from));
        }
        Ok(waiting)
    }

    /// What waits of a key whose streams are not listed.
    async fn find_waiting(
        &self,
        key: &ViewKey,
        held: &Held,
        up_to: GlobalPosition,
    ) -> Result<Vec<EventRef>, SessionEnd> {
        let (mut waiting, after) = (Vec::new(), held.event.position);
        let read = read_log(&*self.store, &self.filter, after, up_to, |event| {
            let kept = KeptKey::of(&*self.projection, event);
            if kept.is_some_and(|kept| kept.key == key.as_str()) {
                waiting.push(EventRef::from(event));
            }
        });
        read.await.map_err(SessionEnd::of_event_store)?;
        Ok(waiting)
    }

    /// Documents of a slice, as of where this session found it.
    async fn documents(
        &self,
        read_models: &impl ReadModelStore,
        run: &SliceRun<P>,
        keys: &[ViewKey],
    ) -> Result<Vec<(ViewKey, Document<P::View>)>, SessionEnd> {
        let wanted = Wanted {
            documents: keys,
            ..Wanted::default()
        };
        let loaded = read_models.load(&run.name, &wanted).await;
        let loaded = loaded.map_err(SessionEnd::of_read_models)?;
        if !run.is_where_it_was(loaded.checkpoint.as_ref()) {
            return Err(SessionEnd::Refused);
        }
        let mut documents = Vec::with_capacity(keys.len());
        for (key, json) in keys.iter().zip(loaded.documents) {
            let document = json.map_or(Ok(Document::default()), |json| Document::from_json(&json));
            let document = document.map_err(|source| SessionEnd::Damaged {
                slice: run.name.clone(),
                why: format!("the document of {key} cannot be read: {source}"),
            })?;
            documents.push((key.clone(), document));
        }
        Ok(documents)
    }
}

/// The log does not hold what a document says was folded.
fn lost<P: Projection>(run: &SliceRun<P>, doubted: &Doubted) -> SessionEnd {
    SessionEnd::Damaged {
        slice: run.name.clone(),
        why: format!("the log does not hold what was folded of {}", doubted.key),
    }
}

/// Whether `event` is held back.
fn is_held<V>(document: &Document<V>, event: &EventRef) -> bool {
    let held = document.held.as_ref();
    held.is_some_and(|held| event.position >= held.event.position)
}
