//! The content of one slice.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
};

use bytes::Bytes;

use crate::{
    CLAIMANTS_MAX, CountCell, Counts, Direction, IndexName, ListChange, ListName, ListPage,
    ListPlace, ListQuery, Loaded, Lookup, SliceCheckpoint, SliceName, SliceWrites, StoredItem,
    ViewKey, Wanted,
};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SliceData {
    checkpoint: Option<SliceCheckpoint>,
    /// Something else stands in place of the checkpoint.
    is_damaged: bool,
    contents: Contents,
}

/// The content of a slice at some moment; see
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceSnapshot {
    slice: SliceName,
    data: SliceData,
}

impl SliceSnapshot {
    pub(super) const fn slice(&self) -> &SliceName {
        &self.slice
    }
}

/// Values, lists and groups that hold nothing are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Contents {
    documents: HashMap<ViewKey, Bytes>,
    /// Who claims a value, in order; hardly ever more than one.
    lookups: HashMap<Lookup, Vec<ViewKey>>,
    lists: HashMap<ListName, BTreeSet<ListPlace>>,
    counts: HashMap<IndexName, Groups>,
}

/// Nested, so that a group is found by a borrowed text.
type Groups = HashMap<Box<str>, BTreeMap<Box<str>, u64>>;

impl SliceData {
    pub(super) fn damaged() -> Self {
        Self {
            is_damaged: true,
            ..Self::default()
        }
    }

    pub(super) fn snapshot(&self, slice: &SliceName) -> SliceSnapshot {
        SliceSnapshot {
            slice: slice.clone(),
            data: self.clone(),
        }
    }

    pub(super) fn restore(&mut self, snapshot: &SliceSnapshot) {
        self.clone_from(&snapshot.data);
    }

    pub(super) fn load(&self, wanted: &Wanted<'_>) -> Loaded {
        let Contents {
            documents,
            lookups,
            lists,
            ..
        } = &self.contents;
        let is_taken =
            |(list, place): &(_, _)| lists.get(list).is_some_and(|places| places.contains(place));
        Loaded {
            checkpoint: self.checkpoint.clone(),
            is_damaged: self.is_damaged,
            documents: wanted
                .documents
                .iter()
                .map(|key| documents.get(key).cloned())
                .collect(),
            lookups: wanted
                .lookups
                .iter()
                .map(|lookup| claimants(lookups.get(lookup)))
                .collect(),
            lists: wanted.lists.iter().map(is_taken).collect(),
            counts: wanted
                .counts
                .iter()
                .map(|cell| self.contents.count(cell))
                .collect(),
        }
    }

    /// Gives back what the commit ended of an earlier incarnation, or else where the slice is.
    pub(super) fn commit(
        &mut self,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<Option<Contents>, Option<SliceCheckpoint>> {
        let actual = self.checkpoint.as_ref();
        if actual == Some(next) {
            return Ok(None);
        }
        if actual != expected {
            return Err(actual.cloned());
        }
        let ended = actual
            .is_some_and(|actual| actual.incarnation != next.incarnation)
            .then(|| std::mem::take(&mut self.contents));
        self.checkpoint = Some(next.clone());
        self.is_damaged = false;
        self.contents.write(writes);
        Ok(ended)
    }

    pub(super) fn list(&self, query: &ListQuery) -> ListPage {
        let limit = query.limit.get() as usize;
        let after = query
            .after
            .as_ref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        let places = match self.contents.lists.get(&query.list) {
            None => Vec::new(),
            Some(places) => match query.direction {
                Direction::Ascending => {
                    let rest = places.range((after, Bound::Unbounded));
                    rest.take(limit).cloned().collect()
                }
                Direction::Descending => {
                    let rest = places.range((Bound::Unbounded, after)).rev();
                    rest.take(limit).cloned().collect()
                }
            },
        };
        ListPage {
            checkpoint: self.checkpoint.clone(),
            places,
        }
    }

    pub(super) fn counts(&self, index: IndexName, group: &str) -> Counts {
        let groups = self.contents.counts.get(&index);
        let counts = groups.and_then(|groups| groups.get(group));
        Counts {
            checkpoint: self.checkpoint.clone(),
            counts: counts.map_or_else(Vec::new, |counts| {
                counts
                    .iter()
                    .map(|(member, count)| (member.clone(), *count))
                    .collect()
            }),
        }
    }

    pub(super) fn items(&self) -> Vec<StoredItem> {
        let Contents {
            documents,
            lookups,
            lists,
            counts,
        } = &self.contents;
        let documents = documents
            .iter()
            .map(|(key, document)| StoredItem::Document {
                key: key.clone(),
                document: document.clone(),
            });
        let lookups = lookups.iter().flat_map(|(lookup, claimants)| {
            claimants.iter().map(|key| StoredItem::Lookup {
                index: lookup.index.as_str().into(),
                value: lookup.value.clone(),
                key: key.clone(),
            })
        });
        let listed = lists.iter().flat_map(|(list, places)| {
            places.iter().map(|place| StoredItem::Listed {
                index: list.index.as_str().into(),
                partition: list.partition.clone(),
                place: place.clone(),
            })
        });
        let counts = counts.iter().flat_map(|(index, groups)| {
            groups.iter().flat_map(|(group, counts)| {
                counts.iter().map(|(member, count)| StoredItem::Count {
                    index: index.as_str().into(),
                    group: group.clone(),
                    member: member.clone(),
                    count: *count,
                })
            })
        });
        documents
            .chain(lookups)
            .chain(listed)
            .chain(counts)
            .collect()
    }
}

impl Contents {
    fn count(&self, cell: &CountCell) -> u64 {
        let groups = self.counts.get(&cell.index);
        let counts = groups.and_then(|groups| groups.get(&cell.group));
        counts
            .and_then(|counts| counts.get(&cell.member))
            .copied()
            .unwrap_or(0)
    }

    fn write(&mut self, writes: &SliceWrites) {
        for (key, document) in &writes.documents {
            match document {
                Some(document) => self.documents.insert(key.clone(), document.clone()),
                None => self.documents.remove(key),
            };
        }
        for (lookup, key, change) in &writes.lookups {
            self.change_lookup(lookup, key, *change);
        }
        for (list, place, change) in &writes.lists {
            self.change_list(list, place, *change);
        }
        for (cell, count) in &writes.counts {
            self.set_count(cell, *count);
        }
    }

    fn change_lookup(&mut self, lookup: &Lookup, key: &ViewKey, change: ListChange) {
        let Some(claimants) = self.lookups.get_mut(lookup) else {
            if change == ListChange::Take {
                self.lookups.insert(lookup.clone(), vec![key.clone()]);
            }
            return;
        };
        match (claimants.binary_search(key), change) {
            (Err(at), ListChange::Take) => claimants.insert(at, key.clone()),
            (Ok(at), ListChange::Leave) => drop(claimants.remove(at)),
            _ => {}
        }
        if claimants.is_empty() {
            self.lookups.remove(lookup);
        }
    }

    fn change_list(&mut self, list: &ListName, place: &ListPlace, change: ListChange) {
        match (self.lists.get_mut(list), change) {
            (Some(places), ListChange::Take) => {
                places.insert(place.clone());
            }
            (None, ListChange::Take) => {
                let places = BTreeSet::from([place.clone()]);
                self.lists.insert(list.clone(), places);
            }
            (Some(places), ListChange::Leave) => {
                places.remove(place);
                if places.is_empty() {
                    self.lists.remove(list);
                }
            }
            (None, ListChange::Leave) => {}
        }
    }

    fn set_count(&mut self, cell: &CountCell, count: u64) {
        let groups = self.counts.entry(cell.index).or_default();
        if count > 0 {
            let counts = groups.entry(cell.group.clone()).or_default();
            counts.insert(cell.member.clone(), count);
        } else if let Some(counts) = groups.get_mut(&cell.group) {
            counts.remove(&cell.member);
            if counts.is_empty() {
                groups.remove(&cell.group);
            }
        }
    }
}

/// Returns those of the keys claiming a value that an answer holds.
fn claimants(all: Option<&Vec<ViewKey>>) -> Vec<ViewKey> {
    let all = all.map_or(&[][..], Vec::as_slice);
    all.iter().take(CLAIMANTS_MAX).cloned().collect()
}
