//! Compares the contents of a slice with the expected ones.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use minwon_core::{
    CLAIMANTS_MAX, CountCell, GenerationName, GlobalPosition, Incarnation, IndexEntry, IndexName,
    ListName, ListPlace, Lookup, ReadModelAdmin, ReadModelStore, Slice, SliceCheckpoint,
    SliceCount, SliceName, StoredItem, StoredView, ViewKey, Wanted, key_hash,
};

use super::{SliceReport, VerifyError};
use crate::{
    document::{Document, held_in},
    held::Held,
};

/// One thing that a slice holds, without its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Item {
    /// A document.
    Document {
        /// Its key.
        key: ViewKey,
    },
    /// That a value leads to a key.
    Lookup {
        /// The index.
        index: Box<str>,
        /// The value.
        value: Box<str>,
        /// The key.
        key: ViewKey,
    },
    /// A place in a list.
    Listed {
        /// The index.
        index: Box<str>,
        /// Which list of it.
        partition: Box<str>,
        /// The place.
        place: ListPlace,
    },
    /// A count.
    Count {
        /// The index.
        index: Box<str>,
        /// Its group.
        group: Box<str>,
        /// Its member.
        member: Box<str>,
    },
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The thing.
    pub item: Item,
    /// How it differs.
    pub kind: DifferenceKind,
}

/// How a thing differs from the fold of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DifferenceKind {
    /// It should be there.
    Missing,
    /// It should not be there.
    Unexpected,
    /// It should be otherwise.
    Different,
}

/// Things by name, with the hash of their value.
#[derive(Debug, Default)]
pub(super) struct Items {
    values: HashMap<Item, u64>,
    names: BTreeMap<Box<str>, IndexName>,
    /// Keys whose documents say that they are held back.
    held: BTreeMap<ViewKey, Held>,
}

impl Items {
    pub(super) fn add<V: StoredView>(&mut self, item: StoredItem) {
        let (item, value) = match item {
            StoredItem::Document { key, document } => {
                return self.add_document::<V>(key, &document);
            }
            StoredItem::Lookup { index, value, key } => (Item::Lookup { index, value, key }, 1),
            StoredItem::Listed {
                index,
                partition,
                place,
            } => {
                let listed = Item::Listed {
                    index,
                    partition,
                    place,
                };
                (listed, 1)
            }
            StoredItem::Count {
                index,
                group,
                member,
                count,
            } => {
                let cell = Item::Count {
                    index,
                    group,
                    member,
                };
                (cell, count)
            }
        };
        self.values.insert(item, value);
    }

    pub(super) fn add_document<V: StoredView>(&mut self, key: ViewKey, kept: &[u8]) {
        match held_in(kept) {
            Some(held) => drop(self.held.insert(key.clone(), held)),
            None => drop(self.held.remove(&key)),
        }
        let renewed = Document::<V>::renewed(&key, kept);
        // A character for each byte: the hash is one of texts.
        let bytes = renewed.as_deref().unwrap_or(kept).iter().copied();
        let text: String = bytes.map(char::from).collect();
        self.values.insert(Item::Document { key }, key_hash(&text));
    }

    /// Adds an entry of the view of `key`, and the name of its index, so that what that holds can be
    /// asked for.
    pub(super) fn add_entry(&mut self, key: &ViewKey, entry: IndexEntry) {
        let key = key.clone();
        let (name, item) = match entry {
            IndexEntry::Lookup(Lookup { index: name, value }) => {
                let index = name.as_str().into();
                (name, Item::Lookup { index, value, key })
            }
            IndexEntry::Listed { list, order } => {
                let listed = Item::Listed {
                    index: list.index.as_str().into(),
                    partition: list.partition,
                    place: ListPlace { order, key },
                };
                (list.index, listed)
            }
            IndexEntry::Counted(cell) => {
                let count = Item::Count {
                    index: cell.index.as_str().into(),
                    group: cell.group,
                    member: cell.member,
                };
                (cell.index, count)
            }
        };
        if !self.names.contains_key(name.as_str()) {
            self.names.insert(name.as_str().into(), name);
        }
        *self.values.entry(item).or_default() += 1;
    }

    /// Takes over the values of some things, and all names.
    pub(super) fn replace(&mut self, items: &[Item], mut from: Self) {
        self.names.append(&mut from.names);
        for item in items {
            match from.values.remove(item) {
                Some(value) => self.values.insert(item.clone(), value),
                None => self.values.remove(item),
            };
        }
    }

    fn digest(&self) -> u64 {
        // A sum, so that the order of the items does not matter.
        let hash = |(item, value): (&Item, &u64)| key_hash(&format!("{item:?}={value}"));
        self.values.iter().map(hash).fold(0, u64::wrapping_add)
    }
}

/// The contents of a slice, and where it was when they were read.
#[derive(Debug)]
pub(super) struct Holdings {
    checkpoint: Option<SliceCheckpoint>,
    items: Items,
}

/// Reads all that a generation holds.
pub(super) async fn scan<V: StoredView>(
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    generation: &GenerationName,
    slices: SliceCount,
) -> Result<Vec<Holdings>, VerifyError> {
    let mut holdings = Vec::with_capacity(usize::from(slices.get()));
    for slice in slices.slices() {
        let name = generation.slice(slice);
        let loaded = read_models.load(&name, &Wanted::default()).await;
        let checkpoint = loaded.map_err(VerifyError::ReadModels)?.checkpoint;
        holdings.push(Holdings {
            checkpoint,
            items: Items::default(),
        });
    }
    let mut cursor = None;
    loop {
        let page = read_models.scan(generation, cursor).await;
        let page = page.map_err(VerifyError::ReadModels)?;
        for (slice, item) in page.items {
            if let Some(held) = holdings.get_mut(usize::from(slice.get())) {
                held.items.add::<V>(item);
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(holdings);
        }
    }
}

impl Holdings {
    pub(super) fn position(&self) -> GlobalPosition {
        let checkpoint = self.checkpoint.as_ref();
        checkpoint.map_or(GlobalPosition::START, |checkpoint| checkpoint.position)
    }

    /// Returns which keys it holds back.
    pub(super) fn held(&self) -> &BTreeMap<ViewKey, Held> {
        &self.items.held
    }

    fn incarnation(&self) -> Option<Incarnation> {
        self.checkpoint
            .as_ref()
            .map(|checkpoint| checkpoint.incarnation)
    }

    /// The items that are not as expected, in order.
    pub(super) fn differing(&self, expected: &Items) -> Vec<Item> {
        let differs = |item: &&Item| self.items.values.get(*item) != expected.values.get(*item);
        let mut items: Vec<_> = expected.values.keys().filter(differs).cloned().collect();
        let unexpected = |item: &&Item| !expected.values.contains_key(*item);
        items.extend(self.items.values.keys().filter(unexpected).cloned());
        items.sort_unstable();
        items
    }

    /// Reads some things again, beside the checkpoint.
    pub(super) async fn read_again<V: StoredView>(
        &mut self,
        read_models: &impl ReadModelStore,
        slice: &SliceName,
        expected: &Items,
        items: &[Item],
    ) -> Result<(), VerifyError> {
        let mut asked = Asked::default();
        for item in items {
            // Values of an index that no view has stay as they were found.
            let _ = asked.ask(item, &expected.names);
        }
        let wanted = Wanted {
            documents: &asked.documents,
            lookups: &asked.lookups,
            lists: &asked.lists,
            counts: &asked.counts,
        };
        let loaded = read_models.load(slice, &wanted).await;
        let loaded = loaded.map_err(VerifyError::ReadModels)?;
        let before = (self.incarnation(), self.position());
        self.checkpoint = loaded.checkpoint;
        if self.incarnation() != before.0 || self.position() < before.1 {
            return Err(VerifyError::Restless {
                generation: slice.generation.clone(),
                slice: slice.slice,
            });
        }
        for (key, document) in asked.documents.into_iter().zip(loaded.documents) {
            match document {
                Some(document) => self.items.add_document::<V>(key, &document),
                None => {
                    self.items.held.remove(&key);
                    self.items.values.remove(&Item::Document { key });
                }
            }
        }
        let lookups = asked.claimants.iter().zip(&loaded.lookups);
        let lookups = lookups
            .map(|(key, found)| u64::from(found.contains(key) || found.len() == CLAIMANTS_MAX));
        let lists = loaded.lists.into_iter().map(u64::from);
        let values = lookups.chain(lists).chain(loaded.counts);
        for (item, value) in asked.entries.into_iter().zip(values) {
            match value {
                0 => self.items.values.remove(&item),
                _ => self.items.values.insert(item, value),
            };
        }
        Ok(())
    }

    pub(super) fn report(&self, slice: Slice, expected: &Items, named_max: usize) -> SliceReport {
        let differing = self.differing(expected);
        let kind = |item: &Item| match (
            self.items.values.contains_key(item),
            expected.values.contains_key(item),
        ) {
            (false, _) => DifferenceKind::Missing,
            (true, false) => DifferenceKind::Unexpected,
            (true, true) => DifferenceKind::Different,
        };
        SliceReport {
            slice,
            position: self.position(),
            items: expected.values.len() as u64,
            expected: expected.digest(),
            found: self.items.digest(),
            different: differing.len() as u64,
            differences: differing
                .into_iter()
                .take(named_max)
                .map(|item| Difference {
                    kind: kind(&item),
                    item,
                })
                .collect(),
        }
    }
}

/// Things to ask a store for.
#[derive(Default)]
struct Asked {
    documents: Vec<ViewKey>,
    lookups: Vec<Lookup>,
    /// The key that each of the values should lead to, or led to.
    claimants: Vec<ViewKey>,
    lists: Vec<(ListName, ListPlace)>,
    counts: Vec<CountCell>,
    /// Lookups, places in lists and counts, in this order.
    entries: Vec<Item>,
}

impl Asked {
    /// Asks for the next of some things in their order; none where its index has no known name.
    fn ask(&mut self, item: &Item, names: &BTreeMap<Box<str>, IndexName>) -> Option<()> {
        match item.clone() {
            Item::Document { key } => {
                self.documents.push(key);
                return Some(());
            }
            Item::Lookup { index, value, key } => {
                let index = *names.get(&index)?;
                self.lookups.push(Lookup { index, value });
                self.claimants.push(key);
            }
            Item::Listed {
                index,
                partition,
                place,
            } => {
                let index = *names.get(&index)?;
                self.lists.push((ListName { index, partition }, place));
            }
            Item::Count {
                index,
                group,
                member,
            } => {
                let index = *names.get(&index)?;
                self.counts.push(CountCell {
                    index,
                    group,
                    member,
                });
            }
        }
        self.entries.push(item.clone());
        Some(())
    }
}
