//! The fold of the log, in memory and slice by slice, up to where each slice is.

use std::{collections::HashMap, num::NonZeroU32};

use minwon_core::{
    CountCell, EventDecoder, EventFilter, EventStore, Feed, GlobalPosition, IndexEntry, Projection,
    RecordedEvent, Slice, SliceCount, StoredItem, ViewKey,
};

use super::{VerifyError, VerifyProgress, compare::Items};
use crate::document::Document;

/// Events read at a time.
const BATCH_EVENTS: NonZeroU32 = NonZeroU32::new(4096).expect("not 0");

pub(super) struct Refold<'a, P: Projection, D> {
    projection: &'a P,
    decoder: &'a D,
    filter: EventFilter,
    slices: SliceCount,
    documents: Vec<HashMap<ViewKey, Document<P::View>>>,
    reached: Vec<GlobalPosition>,
    folded_events: u64,
}

impl<'a, P, D> Refold<'a, P, D>
where
    P: Projection<Event = D::Event>,
    D: EventDecoder,
{
    pub(super) fn new(
        projection: &'a P,
        decoder: &'a D,
        filter: EventFilter,
        slices: SliceCount,
    ) -> Self {
        let count = usize::from(slices.get());
        Self {
            projection,
            decoder,
            filter,
            slices,
            documents: (0..count).map(|_| HashMap::new()).collect(),
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
        Ok(())
    }

    fn fold(
        &mut self,
        event: &RecordedEvent,
        targets: &[GlobalPosition],
    ) -> Result<(), VerifyError> {
        let Some(key) = self.projection.key(event) else {
            return Ok(());
        };
        let at = usize::from(self.slices.slice_of(key).get());
        if event.position <= self.reached[at] || event.position > targets[at] {
            return Ok(());
        }
        let undecodable = |source| VerifyError::Undecodable {
            position: event.position,
            source,
        };
        let decoded = self
            .decoder
            .decode(event)
            .map_err(|e| undecodable(Box::new(e)))?;
        let key = ViewKey::new(key).map_err(|error| undecodable(Box::new(error)))?;
        let document = self.documents[at].entry(key).or_default();
        // Holes are the projector's to notice; here they would only show as differences.
        let _ = document.advance(event);
        self.projection.apply(&mut document.view, &decoded, event);
        self.folded_events += 1;
        Ok(())
    }

    /// All that a slice should hold.
    pub(super) fn items(&self, slice: Slice) -> Items {
        let (mut items, mut counts) = (Items::default(), HashMap::<CountCell, u64>::new());
        for (key, document) in &self.documents[usize::from(slice.get())] {
            items.add(StoredItem::Document {
                key: key.clone(),
                document: document.to_json().into(),
            });
            for entry in crate::slice_fold::entries(self.projection, key, document) {
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
