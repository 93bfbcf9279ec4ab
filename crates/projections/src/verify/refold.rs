//! The fold of the log, in memory and slice by slice, up to where each slice is.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    num::NonZeroU32,
    sync::Arc,
};

use minwon_core::{
    DeadLetterEvent, EventCodec, EventFilter, EventId, EventStore, Feed, GenerationName,
    GlobalPosition, Incarnation, Projection, RecordedEvent, Slice, SliceCount, ViewKey,
    dead_letter_category, dead_letter_codec, is_dead_letter, read_dead_letter,
};

use super::{VerifyError, VerifyProgress, compare::Items};
use crate::{
    end::SessionEnd,
    held::Held,
    slice::{
        Definition, SliceMachine, Want,
        key_fold::{Folding, PAGE_EVENTS, Until, read_key, read_log},
        page::{Content, Page},
        views::{Refold as KeyToFold, entries},
    },
    truncated::what_is_there,
};

/// Events read at a time.
const BATCH_EVENTS: NonZeroU32 = NonZeroU32::new(4096).expect("not 0");

/// The machines of all slices, as a projector has them that never commits.
pub(super) struct Refold<'a, P: Projection, S> {
    store: &'a S,
    definition: Arc<Definition<P>>,
    generation: GenerationName,
    filter: EventFilter,
    letters: EventCodec,
    count: SliceCount,
    machines: Vec<SliceMachine<P>>,
    /// Events that were given up, and where in the log that stands.
    given_up: HashMap<EventId, GlobalPosition>,
    /// Keys of each slice that are held back because the store holds them back.
    agreed: Vec<BTreeSet<ViewKey>>,
    folded_events: u64,
}

impl<'a, P: Projection, S: EventStore> Refold<'a, P, S> {
    pub(super) fn new(
        store: &'a S,
        definition: Arc<Definition<P>>,
        filter: EventFilter,
        generation: &GenerationName,
        count: SliceCount,
    ) -> Self {
        let machine = |slice| {
            let (name, life) = (generation.slice(slice), Incarnation::new(0));
            SliceMachine::begin(name, &definition, None, life)
        };
        Self {
            store,
            generation: generation.clone(),
            filter: filter.and_category(dead_letter_category()),
            letters: dead_letter_codec(),
            count,
            machines: count.slices().map(machine).collect(),
            given_up: HashMap::new(),
            agreed: count.slices().map(|_| BTreeSet::new()).collect(),
            folded_events: 0,
            definition,
        }
    }

    /// Returns up to where each slice is folded.
    pub(super) fn reached(&self) -> Vec<GlobalPosition> {
        self.machines.iter().map(SliceMachine::folded).collect()
    }

    /// Folds each slice on to its target; one that is beyond it already stays.
    pub(super) async fn advance(
        &mut self,
        targets: &[GlobalPosition],
        watch: &mut impl FnMut(VerifyProgress),
    ) -> Result<(), VerifyError> {
        let behind = self.machines.iter().zip(targets);
        let behind = behind.map(|(machine, target)| (machine.folded(), *target));
        let behind = behind.filter(|(reached, target)| reached < target);
        let Some(from) = behind.map(|(reached, _)| reached).min() else {
            return Ok(());
        };
        let target = targets.iter().copied().max().unwrap_or(from);
        let mut feed = self.store.feed(from, self.filter.clone(), BATCH_EVENTS);
        let mut position = from;
        // A log that was restored may end before the target; then what is there is compared.
        let head = self.store.head().await?;
        while position < target.min(head) {
            let batch = feed.next().await?;
            position = batch.position;
            let contents = batch.events.iter().map(|event| self.content_of(event));
            let page = Page {
                contents: contents.collect::<Result<_, _>>()?,
                events: batch.events,
                position,
                caught_up: batch.caught_up,
            };
            self.fold(page, targets).await?;
            watch(VerifyProgress {
                folded_events: self.folded_events,
                position: position.min(target),
                target,
            });
        }
        Ok(())
    }

    fn content_of(&self, event: &RecordedEvent) -> Result<Content, VerifyError> {
        if self.definition.projection.folds_records() || !is_dead_letter(event) {
            return Ok(self.definition.content_of(event, |_| true));
        }
        if event.stream.namespace() != self.generation.model.namespace.as_str() {
            return Ok(Content::Unwanted);
        }
        match read_dead_letter(&self.letters, event) {
            Ok(letter) => Ok(self.definition.content_of_letter(letter)),
            Err(source) if source.is_newer() => Err(VerifyError::Undecodable {
                position: event.position,
                source: Box::new(source),
            }),
            // It is no letter, and projectors pass it over as well.
            Err(_) => Ok(Content::Unwanted),
        }
    }

    /// Folds a page into each slice, up to its target.
    async fn fold(
        &mut self,
        mut page: Page,
        targets: &[GlobalPosition],
    ) -> Result<(), VerifyError> {
        for (at, (event, content)) in (0..).zip(page.events.iter().zip(&page.contents)) {
            let Some(route) = self.definition.route(event, content) else {
                continue;
            };
            if let (true, Content::Letter(_, letter)) = (route.is_decision, content)
                && let DeadLetterEvent::Skipped(_) | DeadLetterEvent::Compensated(_) = &**letter
            {
                let given_up = letter.event().expect("a decision is of an event").id;
                self.given_up.entry(given_up).or_insert(event.position);
            }
            let slice = usize::from(self.count.slice_of_hash(route.hash).get());
            if event.position <= targets[slice] {
                self.machines[slice].take(route, at, event);
            }
        }
        let position = page.position;
        for (slice, target) in targets.iter().enumerate() {
            page.position = position.min(*target);
            self.folded_events += self.machines[slice].events_taken() as u64;
            while let Some(want) = self.machines[slice]
                .fold(&page, false)
                .map_err(|error| self.restless(slice, &error))?
            {
                self.answer(slice, want).await?;
            }
        }
        Ok(())
    }

    async fn answer(&mut self, slice: usize, want: Want) -> Result<(), VerifyError> {
        match want {
            Want::Stored(..) => unreachable!("nothing was ever committed"),
            Want::Stream(stream, from) => {
                let page = self.store.read_stream(&stream, from, PAGE_EVENTS).await;
                let events = what_is_there(page)?;
                let read = self.machines[slice].read(&events);
                read.map_err(|error| self.restless(slice, &error))
            }
            Want::Refolds(keys, up_to) => {
                for key in keys {
                    self.fold_again(slice, &key, up_to, None).await?;
                }
                Ok(())
            }
        }
    }

    /// A reader that passes over what the log has.
    fn restless(&self, slice: usize, error: &SessionEnd) -> VerifyError {
        tracing::warn!(generation = %self.generation, ?error, "the log cannot be folded again");
        VerifyError::Restless {
            generation: self.generation.clone(),
            slice: self.machines[slice].name.slice,
        }
    }

    /// Folds a key again by itself: up to where the store holds it back, if it does.
    async fn fold_again(
        &mut self,
        slice: usize,
        key: &KeyToFold,
        up_to: GlobalPosition,
        held: Option<&Held>,
    ) -> Result<(), VerifyError> {
        let given_up = self.given_up.iter().filter(|(_, at)| **at <= up_to);
        let given_up: HashSet<_> = given_up.map(|(id, _)| *id).collect();
        let machine = &mut self.machines[slice];
        let mut folding = match held {
            Some(held) => Folding::of(&key.key, Until::Held(held)),
            None => key.folding(),
        };
        if let Some(streams) = &key.streams {
            for event in read_key(self.store, streams).await?.iter().flatten() {
                machine.add(&mut folding, event, &given_up);
            }
        } else {
            let after = GlobalPosition::START;
            let read = read_log(self.store, &self.filter, after, up_to, |event| {
                machine.add(&mut folding, event, &given_up);
            });
            read.await?;
        }
        machine.refolded(key, folding, &[]);
        Ok(())
    }

    /// Holds back what the store holds back of a slice, and only that or what has to be: an event
    /// that failed there may well be folded here. How often it failed is not in the log either.
    pub(super) async fn agree(
        &mut self,
        slice: Slice,
        held: &BTreeMap<ViewKey, Held>,
    ) -> Result<(), VerifyError> {
        let at = usize::from(slice.get());
        let up_to = self.machines[at].folded();
        let before = std::mem::take(&mut self.agreed[at]);
        for key in before.iter().filter(|key| !held.contains_key(*key)) {
            if let Some(key) = self.machines[at].refold_of(key) {
                self.fold_again(at, &key, up_to, None).await?;
            }
        }
        for (key, held) in held {
            // A decision stands in the log up to here: nothing excuses the store.
            let given_up = self.given_up.get(&held.event.id);
            let document = self.machines[at].document_mut(key);
            let (None, Some(document)) = (given_up.filter(|it| **it <= up_to), document) else {
                continue;
            };
            let found = document.held.as_ref();
            if found.is_none_or(|found| found.event != held.event) {
                self.agreed[at].insert(key.clone());
                if let Some(key) = self.machines[at].refold_of(key) {
                    self.fold_again(at, &key, up_to, Some(held)).await?;
                }
            }
            let document = self.machines[at].document_mut(key);
            if let Some(found) = document.and_then(|document| document.held.as_mut())
                && found.event == held.event
            {
                found.failure = held.failure.clone();
                found.attempts = held.attempts;
            }
        }
        Ok(())
    }

    /// All that a slice should hold.
    pub(super) fn items(&self, slice: Slice) -> Items {
        let mut items = Items::default();
        let documents = self.machines[usize::from(slice.get())].all_documents();
        for (key, document) in documents.filter(|(_, it)| !it.is_empty()) {
            let mut kept = Vec::new();
            document.write(key, &mut kept);
            items.add_document::<P::View>(key.clone(), &kept);
            // A view whose entries cannot be computed shows as a difference.
            let entries = entries(&*self.definition.projection, key, document);
            for entry in entries.unwrap_or_default() {
                items.add_entry(key, entry);
            }
        }
        items
    }
}
