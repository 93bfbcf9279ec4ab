//! What the rules of read models share: names, checkpoints, and a hand that writes a slice and
//! checks it after each commit.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

use bytes::Bytes;

use super::{
    Violation,
    case::{Case, Verdict, ensure, ensure_eq},
};
use crate::{
    CLAIMANTS_MAX, CommandId, CommitError, CountCell,
    Direction::{self, Ascending, Descending},
    Generation, GenerationName, GlobalPosition, Incarnation, IndexName, LastEvent,
    ListChange::{Leave, Take},
    ListName, ListPlace, ListQuery, Loaded, Lookup, ModelName, Order, Phase, ProjectionName,
    ReadModelStore, Slice, SliceCheckpoint, SliceName, SliceWrites, StoredItem, StreamVersion,
    Timestamp, ViewKey, ViewSchema, Wanted,
};

pub(super) const INDEX: IndexName = IndexName::new("by-receipt");

/// Pages after which reading a rule's few things is called endless.
const PAGES_MAX: usize = 10_000;

impl<S, Port> Case<'_, S, Port> {
    pub(super) fn model(&self) -> ModelName {
        self.model_called("petitions")
    }

    pub(super) fn model_called(&self, projection: &str) -> ModelName {
        ModelName {
            namespace: self.namespace(),
            projection: ProjectionName::new(projection).expect("rules use words"),
        }
    }

    /// Models of names that are alike, the last one in another namespace.
    pub(super) fn similar_models(&self) -> Vec<ModelName> {
        let mut models = ["p", "P", "p1", "p11"]
            .map(|name| self.model_called(name))
            .to_vec();
        models.push(ModelName {
            namespace: self.longer_namespace(),
            ..self.model_called("p")
        });
        models
    }

    /// Models of one name in two namespaces.
    pub(super) fn models_of_one_name(&self) -> Vec<ModelName> {
        let of = |namespace| ModelName {
            namespace,
            ..self.model()
        };
        vec![of(self.namespace()), of(self.longer_namespace())]
    }

    pub(super) fn generation(&self, number: u32) -> GenerationName {
        GenerationName {
            model: self.model(),
            generation: Generation::new(number),
        }
    }

    pub(super) fn slice(&self) -> SliceName {
        self.generation(1).slice(Slice::new(0))
    }

    /// Writes the rule's slice.
    pub(super) fn hand(&self) -> Hand<'_, S> {
        self.hand_on(self.slice())
    }

    pub(super) fn hand_on(&self, slice: SliceName) -> Hand<'_, S> {
        let mut holds = Holds::default();
        holds.write(&without(&all_kinds(99)));
        Hand {
            store: self.store,
            slice,
            at: None,
            holds,
        }
    }
}

/// A checkpoint in the first life of a slice.
pub(super) fn checkpoint(position: u64) -> SliceCheckpoint {
    checkpoint_of(1, position)
}

pub(super) fn checkpoint_of(incarnation: u64, position: u64) -> SliceCheckpoint {
    let command = CommandId::derive(&[5; 16], position.to_string());
    SliceCheckpoint {
        incarnation: Incarnation::new(incarnation),
        schema: ViewSchema::new(3),
        phase: Phase::Building,
        position: GlobalPosition::new(position),
        last_event: Some(LastEvent {
            stream: "general_Petition-1".parse().expect("a stream name"),
            version: StreamVersion::new(position),
            id: command.event_id(0),
        }),
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}

pub(super) fn key(text: &str) -> ViewKey {
    ViewKey::new(text).expect("rules use keys")
}

pub(super) fn lookup(value: &str) -> Lookup {
    Lookup {
        index: INDEX,
        value: value.into(),
    }
}

pub(super) fn list(partition: &str) -> ListName {
    ListName {
        index: INDEX,
        partition: partition.into(),
    }
}

pub(super) fn place(order: u64, text: &str) -> ListPlace {
    ListPlace {
        order: Order::new(order),
        key: key(text),
    }
}

pub(super) fn cell(group: &str, member: &str) -> CountCell {
    CountCell {
        index: INDEX,
        group: group.into(),
        member: member.into(),
    }
}

/// Puts documents, or removes those that are none.
pub(super) fn documents<'a>(
    documents: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
) -> SliceWrites {
    let put = |(k, text): (&str, Option<&str>)| (key(k), text.map(|text| text.to_owned().into()));
    SliceWrites {
        documents: documents.into_iter().map(put).collect(),
        ..SliceWrites::default()
    }
}

/// Takes places of the list `p`.
pub(super) fn places(taken: &[ListPlace]) -> SliceWrites {
    SliceWrites {
        lists: taken
            .iter()
            .map(|place| (list("p"), place.clone(), Take))
            .collect(),
        ..SliceWrites::default()
    }
}

/// Something of each kind, all saying `number`.
pub(super) fn all_kinds(number: u64) -> SliceWrites {
    SliceWrites {
        lookups: vec![(lookup("v"), key(&number.to_string()), Take)],
        lists: vec![(list("p"), place(number, "k"), Take)],
        counts: vec![(cell("g", "m"), number)],
        ..documents([("k", Some(&*number.to_string()))])
    }
}

/// The opposite of `writes`: what is left where they never were.
pub(super) fn without(writes: &SliceWrites) -> SliceWrites {
    let mut writes = writes.clone();
    writes.documents.iter_mut().for_each(|(_, d)| *d = None);
    writes.lookups.iter_mut().for_each(|(.., c)| *c = Leave);
    writes.lists.iter_mut().for_each(|(.., c)| *c = Leave);
    writes.counts.iter_mut().for_each(|(_, count)| *count = 0);
    writes
}

/// Writes one slice, and knows where it is and what it must hold.
pub(super) struct Hand<'a, S> {
    pub(super) store: &'a S,
    pub(super) slice: SliceName,
    pub(super) at: Option<SliceCheckpoint>,
    holds: Holds,
}

/// Everything of a slice that was ever named, as it must be: also what must not be there.
#[derive(Clone, Default)]
struct Holds {
    documents: BTreeMap<ViewKey, Option<Bytes>>,
    lookups: BTreeMap<Lookup, BTreeSet<ViewKey>>,
    /// Places, and whether they are taken.
    lists: BTreeMap<ListName, BTreeMap<ListPlace, bool>>,
    counts: BTreeMap<CountCell, u64>,
}

impl Holds {
    fn write(&mut self, writes: &SliceWrites) {
        self.documents.extend(writes.documents.iter().cloned());
        for (lookup, key, change) in &writes.lookups {
            let keys = self.lookups.entry(lookup.clone()).or_default();
            match change {
                Take => keys.insert(key.clone()),
                Leave => keys.remove(key),
            };
        }
        for (list, place, change) in &writes.lists {
            let places = self.lists.entry(list.clone()).or_default();
            places.insert(place.clone(), *change == Take);
        }
        self.counts.extend(writes.counts.iter().cloned());
    }

    fn lose_all(&mut self) {
        self.documents.values_mut().for_each(|d| *d = None);
        self.lookups.values_mut().for_each(BTreeSet::clear);
        let places = self.lists.values_mut().flat_map(BTreeMap::values_mut);
        places.for_each(|is_taken| *is_taken = false);
        self.counts.values_mut().for_each(|count| *count = 0);
    }

    fn places(&self, list: &ListName) -> Vec<ListPlace> {
        let places = self.lists.get(list).into_iter().flatten();
        let taken = places.filter(|(_, is_taken)| **is_taken);
        taken.map(|(place, _)| place.clone()).collect()
    }
}

impl<S: ReadModelStore> Hand<'_, S> {
    /// The checkpoint one position on.
    pub(super) fn next(&self) -> SliceCheckpoint {
        self.at.as_ref().map_or_else(
            || checkpoint(1),
            |at| checkpoint_of(at.incarnation.get(), at.position.commit() + 1),
        )
    }

    /// Commits, which must succeed and show, and goes on by one position.
    pub(super) async fn commit(&mut self, writes: &SliceWrites) -> Verdict {
        self.commit_to(self.next(), writes).await
    }

    /// Commits, which must succeed and show, and goes on at `next`.
    pub(super) async fn commit_to(
        &mut self,
        next: SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Verdict {
        self.commit_from(self.at.as_ref(), &next, writes).await?;
        self.committed(next, writes);
        self.check().await
    }

    /// Commits from where the slice is `expected` to be, as it may not be.
    pub(super) async fn commit_from(
        &self,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        self.store.commit(&self.slice, expected, next, writes).await
    }

    /// Notes a commit that was made.
    pub(super) fn committed(&mut self, next: SliceCheckpoint, writes: &SliceWrites) {
        let before = self.at.replace(next.clone());
        if before.is_some_and(|before| before.incarnation != next.incarnation) {
            self.holds.lose_all();
        }
        self.holds.write(writes);
    }

    /// Notes that somebody else made the slice as if it was never written.
    pub(super) fn lost(&mut self) {
        self.at = None;
        self.holds.lose_all();
    }

    pub(super) async fn load(&self, wanted: &Wanted<'_>) -> Verdict<Loaded> {
        let loaded = self.store.load(&self.slice, wanted).await?;
        ensure_eq("the checkpoint", &loaded.checkpoint, &self.at)?;
        Ok(loaded)
    }

    /// The slice is where it must be and holds what it must, however it is asked.
    pub(super) async fn check(&self) -> Verdict {
        let Holds {
            documents,
            lookups,
            lists,
            counts,
        } = &self.holds;
        let places = lists.iter().flat_map(|(list, places)| {
            let places = places.keys();
            places.map(|place| (list.clone(), place.clone()))
        });
        let wanted = Wanted {
            documents: &documents.keys().cloned().collect::<Vec<_>>(),
            lookups: &lookups.keys().cloned().collect::<Vec<_>>(),
            lists: &places.collect::<Vec<_>>(),
            counts: &counts.keys().cloned().collect::<Vec<_>>(),
        };
        let loaded = self.load(&wanted).await?;
        ensure_eq("documents", &loaded.documents.len(), &documents.len())?;
        for ((key, wanted), found) in documents.iter().zip(&loaded.documents) {
            // A large document would make a message that nobody reads.
            ensure(wanted == found, || {
                let length = |d: &Option<Bytes>| d.as_ref().map(Bytes::len);
                let (wanted, found) = (length(wanted), length(found));
                format!("document {key:?}: wanted {wanted:?} bytes, found {found:?}, or others")
            })?;
        }
        ensure_eq("lookups", &loaded.lookups.len(), &lookups.len())?;
        for ((lookup, wanted), found) in lookups.iter().zip(&loaded.lookups) {
            claim(lookup, wanted, found)?;
        }
        let taken = lists.values().flat_map(BTreeMap::values).copied();
        ensure_eq("places taken", &loaded.lists, &taken.collect())?;
        ensure_eq(
            "counts",
            &loaded.counts,
            &counts.values().copied().collect(),
        )?;
        for list in lists.keys() {
            self.list_is_whole(list, Ascending, 1000).await?;
            self.list_is_whole(list, Descending, 9).await?;
        }
        let groups: BTreeSet<_> = counts.keys().map(|it| (it.index, &*it.group)).collect();
        for (index, group) in groups {
            let found = self.store.counts(&self.slice, index, group).await?;
            ensure_eq("the checkpoint of counts", &found.checkpoint, &self.at)?;
            let wanted = counts.iter().filter(|(cell, count)| {
                cell.index == index && *cell.group == *group && **count > 0
            });
            let wanted = wanted.map(|(cell, count)| (cell.member.clone(), *count));
            let what = format!("counts of the group {group:?}");
            ensure_eq(&what, &found.counts, &wanted.collect())?;
        }
        Ok(())
    }

    /// A page of a list.
    pub(super) async fn page(
        &self,
        list: &ListName,
        direction: Direction,
        after: Option<&ListPlace>,
        limit: u32,
    ) -> Verdict<Vec<ListPlace>> {
        let query = ListQuery {
            list: list.clone(),
            after: after.cloned(),
            direction,
            limit: NonZeroU32::new(limit).expect("a page holds at least one place"),
        };
        let page = self.store.list(&self.slice, &query).await?;
        ensure_eq("the checkpoint of a list", &page.checkpoint, &self.at)?;
        let got = page.places.len();
        ensure(got <= limit as usize, || {
            format!("asked for at most {limit} places, got {got}")
        })?;
        Ok(page.places)
    }

    /// The list is what it must be, in pages of `limit` places.
    pub(super) async fn list_is_whole(
        &self,
        list: &ListName,
        direction: Direction,
        limit: u32,
    ) -> Verdict {
        let mut wanted = self.holds.places(list);
        if direction == Descending {
            wanted.reverse();
        }
        let mut all: Vec<ListPlace> = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.page(list, direction, all.last(), limit).await?;
            let is_end = page.len() < limit as usize;
            all.extend(page);
            if is_end {
                let what = format!("{list:?}, {direction:?}, {limit} at a time");
                return ensure_eq(&what, &all, &wanted);
            }
        }
        Err(Violation::new("reading a list comes to no end"))
    }

    /// All that the slice must hold.
    pub(super) fn items(&self) -> BTreeSet<(Slice, StoredItem)> {
        let documents = self.holds.documents.iter().filter_map(|(key, document)| {
            Some(StoredItem::Document {
                key: key.clone(),
                document: document.clone()?,
            })
        });
        let lookups = self.holds.lookups.iter().flat_map(|(lookup, keys)| {
            keys.iter().map(|key| StoredItem::Lookup {
                index: lookup.index.as_str().into(),
                value: lookup.value.clone(),
                key: key.clone(),
            })
        });
        let listed = self.holds.lists.keys().flat_map(|list| {
            let places = self.holds.places(list).into_iter();
            places.map(|place| StoredItem::Listed {
                index: list.index.as_str().into(),
                partition: list.partition.clone(),
                place,
            })
        });
        let counted = self.holds.counts.iter().filter(|(_, count)| **count > 0);
        let counts = counted.map(|(cell, count)| StoredItem::Count {
            index: cell.index.as_str().into(),
            group: cell.group.clone(),
            member: cell.member.clone(),
            count: *count,
        });
        let all = documents.chain(lookups).chain(listed).chain(counts);
        all.map(|item| (self.slice.slice, item)).collect()
    }
}

/// Those that claim a value are told, in order; of very many, some.
fn claim(lookup: &Lookup, wanted: &BTreeSet<ViewKey>, found: &[ViewKey]) -> Verdict {
    let told = wanted.len().min(CLAIMANTS_MAX);
    let is_right = found.len() == told
        && found.is_sorted_by(|one, next| one < next)
        && found.iter().all(|key| wanted.contains(key));
    ensure(is_right, || {
        format!("{lookup:?}: wanted {told} of {wanted:?}, found {found:?}")
    })
}
