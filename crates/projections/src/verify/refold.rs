//! The fold of the log, in memory and slice by slice, up to where each slice is.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    num::NonZeroU32,
};

use minwon_core::{
    CountCell, DeadLetterEvent, EventCodec, EventDecoder, EventFilter, EventId, EventStore, Feed,
    GlobalPosition, IndexEntry, NamespaceName, Projection, RecordedEvent, Slice, SliceCount,
    StoredItem, ViewKey, dead_letter_category, dead_letter_codec, is_dead_letter, read_dead_letter,
};

use super::{VerifyError, VerifyProgress, compare::Items};
use crate::{
    caught::{caught, decode},
    document::Document,
    held::Held,
    slice::{
        kept_key::KeptKey,
        key_fold::{Folding, KeyFold, Until, read_key, read_log},
    },
};

/// Events read at a time.
const BATCH_EVENTS: NonZeroU32 = NonZeroU32::new(4096).expect("not 0");

pub(super) struct Refold<'a, P: Projection, D> {
    projection: &'a P,
    decoder: &'a D,
    namespace: NamespaceName,
    filter: EventFilter,
    letters: EventCodec,
    slices: SliceCount,
    folds: Vec<SliceRefold<P>>,
    reached: Vec<GlobalPosition>,
    folded_events: u64,
}

struct SliceRefold<P: Projection> {
    documents: HashMap<ViewKey, Document<P::View>>,
    /// Events that are left out.
    given_up: HashSet<EventId>,
    /// Keys that have to be folded again by themselves.
    doubtful: BTreeSet<ViewKey>,
    /// Keys that are held back because the store holds them back.
    agreed: BTreeSet<ViewKey>,
}

impl<P: Projection> Default for SliceRefold<P> {
    fn default() -> Self {
        Self {
            documents: HashMap::new(),
            given_up: HashSet::new(),
            doubtful: BTreeSet::new(),
            agreed: BTreeSet::new(),
        }
    }
}

impl<'a, P, D> Refold<'a, P, D>
where
    P: Projection<Event = D::Event>,
    D: EventDecoder,
{
    pub(super) fn new(
        projection: &'a P,
        decoder: &'a D,
        namespace: NamespaceName,
        filter: EventFilter,
        slices: SliceCount,
    ) -> Self {
        let count = usize::from(slices.get());
        Self {
            projection,
            decoder,
            namespace,
            filter: filter.and_category(dead_letter_category()),
            letters: dead_letter_codec(),
            slices,
            folds: (0..count).map(|_| SliceRefold::default()).collect(),
            reached: vec![GlobalPosition::START; count],
            folded_events: 0,
        }
    }

    /// Up to where each slice is folded.
    pub(super) fn reached(&self) -> &[GlobalPosition] {
        &self.reached
    }

    /// Folds each slice on to its target; one that is beyond it already stays.
    pub(super) async fn advance(
        &mut self,
        store: &impl EventStore,
        targets: &[GlobalPosition],
        watch: &mut impl FnMut(VerifyProgress),
    ) -> Result<(), VerifyError> {
        let behind = self.reached.iter().zip(targets);
        let behind = behind.filter(|(reached, target)| reached < target);
        let Some(from) = behind.map(|(reached, _)| *reached).min() else {
            return Ok(());
        };
        let target = targets.iter().copied().max().unwrap_or(from);
        let mut feed = store.feed(from, self.filter.clone(), BATCH_EVENTS);
        let mut position = from;
        // A log that was restored may end before the target; then what is there is compared.
        let head = store.head().await.map_err(VerifyError::EventStore)?;
        while position < target.min(head) {
            let batch = feed.next().await.map_err(VerifyError::EventStore)?;
            for event in &batch.events {
                self.fold(event, targets)?;
            }
            position = batch.position;
            watch(VerifyProgress {
                folded_events: self.folded_events,
                position: position.min(target),
                target,
            });
        }
        for (reached, target) in self.reached.iter_mut().zip(targets) {
            *reached = (*reached).max(*target);
        }
        for at in 0..self.folds.len() {
            let doubtful = std::mem::take(&mut self.folds[at].doubtful);
            for key in doubtful {
                self.fold_again(store, at, &key, None).await?;
            }
        }
        Ok(())
    }

    /// Folds a key again by itself: up to where the store holds it back, if it does.
    async fn fold_again(
        &mut self,
        store: &impl EventStore,
        at: usize,
        key: &ViewKey,
        held: Option<&Held>,
    ) -> Result<(), VerifyError> {
        let slice = &mut self.folds[at];
        let Some(document) = slice.documents.get_mut(key) else {
            return Ok(());
        };
        let fold = KeyFold {
            projection: self.projection,
            decode: |event: &RecordedEvent| decode(self.decoder, event),
            given_up: &slice.given_up,
        };
        let mut folding = Folding::of(key, held.map_or(Until::Failed, Until::Held));
        let add = |event: &RecordedEvent| fold.add(&mut folding, event);
        if let Some(streams) = document.seen() {
            let events = read_key(store, &streams).await;
            let events = events.map_err(VerifyError::EventStore)?;
            events.iter().flatten().for_each(add);
        } else {
            let (after, up_to) = (GlobalPosition::START, self.reached[at]);
            let read = read_log(store, &self.filter, after, up_to, add).await;
            read.map_err(VerifyError::EventStore)?;
        }
        *document = folding.document;
        Ok(())
    }

    /// Holds back what the store holds back of a slice, and only that or what has to be: an event
    /// that failed there may well be folded here. How often it failed is not in the log either.
    pub(super) async fn agree(
        &mut self,
        store: &impl EventStore,
        slice: Slice,
        held: &BTreeMap<ViewKey, Held>,
    ) -> Result<(), VerifyError> {
        let at = usize::from(slice.get());
        let before = std::mem::take(&mut self.folds[at].agreed);
        for key in before.iter().filter(|key| !held.contains_key(*key)) {
            self.fold_again(store, at, key, None).await?;
        }
        for (key, held) in held {
            let slice = &mut self.folds[at];
            // A decision stands in the log up to here: nothing excuses the store.
            if slice.given_up.contains(&held.event.id) {
                continue;
            }
            let found = slice
                .documents
                .get(key)
                .and_then(|found| found.held.as_ref());
            if found.is_none_or(|found| found.event != held.event) {
                slice.agreed.insert(key.clone());
                self.fold_again(store, at, key, Some(held)).await?;
            }
            let document = self.folds[at].documents.get_mut(key);
            if let Some(found) = document.and_then(|document| document.held.as_mut())
                && found.event == held.event
            {
                found.failure = held.failure.clone();
                found.attempts = held.attempts;
            }
        }
        Ok(())
    }

    /// Follows what was decided of dead letters.
    fn follow(
        &mut self,
        event: &RecordedEvent,
        targets: &[GlobalPosition],
    ) -> Result<(), VerifyError> {
        if event.stream.namespace() != self.namespace.as_str() {
            return Ok(());
        }
        let letter = match read_dead_letter(&self.letters, event) {
            Ok(letter) => letter,
            Err(source) if source.is_newer() => return Err(undecodable(event, source)),
            // It is no letter, and projectors pass it over as well.
            Err(_) => return Ok(()),
        };
        if let Some(key) = self.projection.letter_key(&letter) {
            return self.fold_letter(key, &letter, event, targets);
        }
        let (DeadLetterEvent::Skipped(_) | DeadLetterEvent::Compensated(_)) = &letter else {
            return Ok(());
        };
        let about = letter.consumer_and_key().zip(letter.event());
        let ((consumer, key), given_up) = about.expect("a decision is of an event");
        let at = usize::from(self.slices.slice_of(key).get());
        let is_ours = consumer.as_str() == self.projection.name().as_str();
        if is_ours && event.position > self.reached[at] && event.position <= targets[at] {
            self.folds[at].given_up.insert(given_up.id);
            self.folds[at].doubtful.extend(ViewKey::new(key));
        }
        Ok(())
    }

    /// Folds what happened to a dead letter, for a projection of these.
    fn fold_letter(
        &mut self,
        key: &str,
        letter: &DeadLetterEvent,
        event: &RecordedEvent,
        targets: &[GlobalPosition],
    ) -> Result<(), VerifyError> {
        let at = usize::from(self.slices.slice_of(key).get());
        if event.position <= self.reached[at] || event.position > targets[at] {
            return Ok(());
        }
        let key = ViewKey::new(key).map_err(|source| undecodable(event, source))?;
        self.folded_events += 1;
        let document = self.folds[at].documents.entry(key).or_default();
        let mut view = document.view.clone();
        if caught(|| self.projection.apply_letter(&mut view, letter, event)).is_ok() {
            document.view = view;
        }
        Ok(())
    }

    fn fold(
        &mut self,
        event: &RecordedEvent,
        targets: &[GlobalPosition],
    ) -> Result<(), VerifyError> {
        if is_dead_letter(event) {
            return self.follow(event, targets);
        }
        let Some(kept) = KeptKey::of(self.projection, event) else {
            return Ok(());
        };
        let at = usize::from(self.slices.slice_of(kept.key).get());
        if event.position <= self.reached[at] || event.position > targets[at] {
            return Ok(());
        }
        let key = ViewKey::new(kept.key).map_err(|source| undecodable(event, source))?;
        let slice = &mut self.folds[at];
        self.folded_events += 1;
        if !slice.documents.contains_key(&key) {
            slice.documents.insert(key.clone(), Document::default());
        }
        let document = slice.documents.get_mut(&key).expect("just inserted");
        // Holes are the projector's to notice; here they would only show as differences.
        let decoded = kept
            .failure(event)
            .map_or_else(|| decode(self.decoder, event), Err);
        match decoded {
            Err(failure) => document.hold_over(event, &failure, 1),
            Ok(decoded) => {
                document.advance_over(event);
                let view = &mut document.view;
                if document.held.is_none()
                    && caught(|| self.projection.apply(view, &decoded, event)).is_err()
                {
                    slice.doubtful.insert(key);
                }
            }
        }
        Ok(())
    }

    /// All that a slice should hold.
    pub(super) fn items(&self, slice: Slice) -> Items {
        let (mut items, mut counts) = (Items::default(), HashMap::<CountCell, u64>::new());
        let documents = &self.folds[usize::from(slice.get())].documents;
        for (key, document) in documents.iter().filter(|(_, it)| !it.is_empty()) {
            items.add(StoredItem::Document {
                key: key.clone(),
                document: document.to_json().into(),
            });
            // Where a view is found cannot be told: that shows as a difference.
            let entries = crate::slice::views::entries(self.projection, key, document);
            for entry in entries.unwrap_or_default() {
                items.name(&entry);
                match entry {
                    IndexEntry::Lookup(lookup) => items.add(StoredItem::Lookup {
                        index: lookup.index.as_str().into(),
                        value: lookup.value,
                        key: key.clone(),
                    }),
                    IndexEntry::Listed { list, order } => items.add(StoredItem::Listed {
                        index: list.index.as_str().into(),
                        partition: list.partition,
                        place: minwon_core::ListPlace {
                            order,
                            key: key.clone(),
                        },
                    }),
                    IndexEntry::Counted(cell) => *counts.entry(cell).or_default() += 1,
                }
            }
        }
        for (cell, count) in counts {
            items.add(StoredItem::Count {
                index: cell.index.as_str().into(),
                group: cell.group,
                member: cell.member,
                count,
            });
        }
        items
    }
}

fn undecodable(
    event: &RecordedEvent,
    source: impl std::error::Error + Send + Sync + 'static,
) -> VerifyError {
    VerifyError::Undecodable {
        position: event.position,
        source: Box::new(source),
    }
}
