//! The content of one slice.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
    ops::Bound,
};

use bytes::Bytes;

use crate::{
    CLAIMANTS_MAX, CountCell, Counts, Direction, IndexName, ListChange, ListName, ListPage,
    ListPlace, ListQuery, Loaded, Lookup, SliceCheckpoint, SliceName, SliceWrites, StoredItem,
    ViewKey, Wanted,
};

/// Values, lists and groups that hold nothing are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SliceData {
    checkpoint: Option<SliceCheckpoint>,
    /// Something else stands in place of the checkpoint.
    is_damaged: bool,
    documents: HashMap<ViewKey, Bytes>,
    /// Who claims a value, in order; hardly ever more than one.
    lookups: HashMap<Lookup, BTreeSet<ViewKey>>,
    lists: HashMap<ListName, BTreeSet<ListPlace>>,
    /// By index and group.
    counts: HashMap<(IndexName, Box<str>), BTreeMap<Box<str>, u64>>,
}

/// The content of a slice at some moment; see
/// [`MemoryReadModels::snapshot`](super::MemoryReadModels::snapshot).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceSnapshot {
    pub(super) slice: SliceName,
    pub(super) data: SliceData,
}

impl SliceData {
    pub(super) fn damaged() -> Self {
        Self {
            is_damaged: true,
            ..Self::default()
        }
    }

    pub(super) fn load(&self, wanted: &Wanted<'_>) -> Loaded {
        let documents = wanted.documents.iter();
        let lookups = wanted.lookups.iter();
        let lists = wanted.lists.iter();
        let counts = wanted.counts.iter();
        Loaded {
            checkpoint: self.checkpoint.clone(),
            is_damaged: self.is_damaged,
            documents: documents
                .map(|key| self.documents.get(key).cloned())
                .collect(),
            lookups: lookups
                .map(|lookup| {
                    let claimants = self.lookups.get(lookup).into_iter().flatten();
                    claimants.take(CLAIMANTS_MAX).cloned().collect()
                })
                .collect(),
            lists: lists
                .map(|(list, place)| self.lists.get(list).is_some_and(|it| it.contains(place)))
                .collect(),
            counts: counts.map(|cell| self.count(cell)).collect(),
        }
    }

    fn count(&self, cell: &CountCell) -> u64 {
        let group = self.counts.get(&(cell.index, cell.group.clone()));
        let count = group.and_then(|group| group.get(&cell.member));
        count.copied().unwrap_or(0)
    }

    /// Where it is refused, the error is where the slice is.
    pub(super) fn commit(
        &mut self,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), Option<SliceCheckpoint>> {
        let actual = self.checkpoint.as_ref();
        if actual == Some(next) {
            return Ok(());
        }
        if actual != expected {
            return Err(actual.cloned());
        }
        if actual.is_none_or(|actual| actual.incarnation != next.incarnation) {
            *self = Self::default();
        }
        self.checkpoint = Some(next.clone());
        self.write(writes);
        Ok(())
    }

    fn write(&mut self, writes: &SliceWrites) {
        for (key, document) in &writes.documents {
            match document {
                Some(document) => self.documents.insert(key.clone(), document.clone()),
                None => self.documents.remove(key),
            };
        }
        for (lookup, key, change) in &writes.lookups {
            change_row(&mut self.lookups, lookup, key, *change);
        }
        for (list, place, change) in &writes.lists {
            change_row(&mut self.lists, list, place, *change);
        }
        for (cell, count) in &writes.counts {
            let name = (cell.index, cell.group.clone());
            if *count > 0 {
                let group = self.counts.entry(name).or_default();
                group.insert(cell.member.clone(), *count);
            } else if let Some(group) = self.counts.get_mut(&name) {
                group.remove(&cell.member);
                if group.is_empty() {
                    self.counts.remove(&name);
                }
            }
        }
    }

    pub(super) fn list(&self, query: &ListQuery) -> ListPage {
        let limit = query.limit.get() as usize;
        let after = query.after.as_ref();
        let after = after.map_or(Bound::Unbounded, Bound::Excluded);
        let list = self.lists.get(&query.list).into_iter();
        let places = match query.direction {
            Direction::Ascending => {
                let rest = list.flat_map(|places| places.range((after, Bound::Unbounded)));
                rest.take(limit).cloned().collect()
            }
            Direction::Descending => {
                let rest = list.flat_map(|places| places.range((Bound::Unbounded, after)).rev());
                rest.take(limit).cloned().collect()
            }
        };
        ListPage {
            checkpoint: self.checkpoint.clone(),
            places,
        }
    }

    pub(super) fn counts(&self, index: IndexName, group: &str) -> Counts {
        let group = self.counts.get(&(index, group.into())).into_iter();
        let counts = group.flatten();
        Counts {
            checkpoint: self.checkpoint.clone(),
            counts: counts.map(|(member, n)| (member.clone(), *n)).collect(),
        }
    }

    pub(super) fn items(&self) -> impl Iterator<Item = StoredItem> {
        let documents = self.documents.iter();
        let documents = documents.map(|(key, document)| StoredItem::Document {
            key: key.clone(),
            document: document.clone(),
        });
        let lookups = self.lookups.iter().flat_map(|(lookup, keys)| {
            keys.iter().map(|key| StoredItem::Lookup {
                index: lookup.index.as_str().into(),
                value: lookup.value.clone(),
                key: key.clone(),
            })
        });
        let listed = self.lists.iter().flat_map(|(list, places)| {
            places.iter().map(|place| StoredItem::Listed {
                index: list.index.as_str().into(),
                partition: list.partition.clone(),
                place: place.clone(),
            })
        });
        let counts = self.counts.iter().flat_map(|((index, group), counts)| {
            counts.iter().map(|(member, count)| StoredItem::Count {
                index: index.as_str().into(),
                group: group.clone(),
                member: member.clone(),
                count: *count,
            })
        });
        documents.chain(lookups).chain(listed).chain(counts)
    }
}

/// Takes or leaves a place in one of `rows`.
fn change_row<N: Clone + Eq + Hash, P: Clone + Ord>(
    rows: &mut HashMap<N, BTreeSet<P>>,
    name: &N,
    place: &P,
    change: ListChange,
) {
    match change {
        ListChange::Take => {
            rows.entry(name.clone()).or_default().insert(place.clone());
        }
        ListChange::Leave => {
            if let Some(row) = rows.get_mut(name) {
                row.remove(place);
                if row.is_empty() {
                    rows.remove(name);
                }
            }
        }
    }
}
