//! What the rules of read models share: names, checkpoints, and a hand that writes a slice.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::{
    Violation,
    case::{Case, Verdict, ensure, ensure_eq},
};
use crate::{
    CommandId, CommitError, CountCell, Direction, Generation, GenerationName, GlobalPosition,
    Incarnation, IndexName, LastEvent,
    ListChange::{Leave, Take},
    ListName, ListPlace, ListQuery, Loaded, Lookup, ModelName, Order, Phase, ProjectionName,
    ReadModelStore, Slice, SliceCheckpoint, SliceName, SliceWrites, StreamVersion, Timestamp,
    ViewKey, ViewSchema, Wanted,
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
        Hand {
            store: self.store,
            slice,
            at: None,
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

/// Writes one slice and knows where it is.
pub(super) struct Hand<'a, S> {
    pub(super) store: &'a S,
    pub(super) slice: SliceName,
    pub(super) at: Option<SliceCheckpoint>,
}

impl<S: ReadModelStore> Hand<'_, S> {
    /// Commits, which must succeed, and goes on by one position.
    pub(super) async fn commit(&mut self, writes: &SliceWrites) -> Verdict {
        let next = self.at.as_ref().map_or_else(
            || checkpoint(1),
            |at| checkpoint_of(at.incarnation.get(), at.position.commit() + 1),
        );
        self.commit_to(next, writes).await
    }

    /// Commits, which must succeed, and goes on at `next`.
    pub(super) async fn commit_to(
        &mut self,
        next: SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Verdict {
        self.commit_from(self.at.as_ref(), &next, writes).await?;
        self.at = Some(next);
        Ok(())
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

    /// Commits `writes`, which must then show.
    pub(super) async fn puts(&mut self, writes: &SliceWrites) -> Verdict {
        self.commit(writes).await?;
        self.shows(writes).await
    }

    pub(super) async fn load(&self, wanted: &Wanted<'_>) -> Verdict<Loaded> {
        let loaded = self.store.load(&self.slice, wanted).await?;
        ensure_eq("the checkpoint", &loaded.checkpoint, &self.at)?;
        Ok(loaded)
    }

    pub(super) async fn is_where_it_was(&self) -> Verdict {
        self.load(&Wanted::default()).await.map(drop)
    }

    /// The slice is where the hand left it, and shows what `writes` say.
    pub(super) async fn shows(&self, writes: &SliceWrites) -> Verdict {
        let documents: Vec<_> = writes.documents.iter().map(|(k, _)| k.clone()).collect();
        let lookups: Vec<_> = writes.lookups.iter().map(|(l, ..)| l.clone()).collect();
        let lists = writes.lists.iter().map(|(l, p, _)| (l.clone(), p.clone()));
        let counts: Vec<_> = writes.counts.iter().map(|(cell, _)| cell.clone()).collect();
        let wanted = Wanted {
            documents: &documents,
            lookups: &lookups,
            lists: &lists.collect::<Vec<_>>(),
            counts: &counts,
        };
        let loaded = self.load(&wanted).await?;
        ensure_eq("documents", &loaded.documents.len(), &documents.len())?;
        for ((key, wanted), found) in writes.documents.iter().zip(&loaded.documents) {
            // A large document would make a message that nobody reads.
            ensure(wanted == found, || {
                let length = |d: &Option<Bytes>| d.as_ref().map(Bytes::len);
                let (wanted, found) = (length(wanted), length(found));
                format!("document {key:?}: wanted {wanted:?} bytes, found {found:?}, or others")
            })?;
        }
        ensure_eq("lookups", &loaded.lookups.len(), &lookups.len())?;
        for ((lookup, key, change), found) in writes.lookups.iter().zip(&loaded.lookups) {
            let what = format!("whether {lookup:?} leads to {key:?}");
            ensure_eq(&what, &found.contains(key), &(*change == Take))?;
        }
        let taken = writes.lists.iter().map(|(.., change)| *change == Take);
        ensure_eq("places taken", &loaded.lists, &taken.collect())?;
        let counts = writes.counts.iter().map(|(_, count)| *count);
        ensure_eq("counts", &loaded.counts, &counts.collect())
    }

    /// The list `p` and the group `g` hold nothing.
    pub(super) async fn lists_nothing(&self) -> Verdict {
        let listed = self.page(Direction::Descending, None, 9).await?;
        ensure_eq("a list", &listed, &vec![])?;
        ensure_eq("counts", &self.counts(INDEX, "g").await?, &vec![])
    }

    /// A page of the list `p`.
    pub(super) async fn page(
        &self,
        direction: Direction,
        after: Option<&ListPlace>,
        limit: u32,
    ) -> Verdict<Vec<ListPlace>> {
        self.page_of(list("p"), direction, after, limit).await
    }

    pub(super) async fn page_of(
        &self,
        list: ListName,
        direction: Direction,
        after: Option<&ListPlace>,
        limit: u32,
    ) -> Verdict<Vec<ListPlace>> {
        let query = ListQuery {
            list,
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

    /// The whole list `p`, in pages of `limit` places.
    pub(super) async fn pages(&self, direction: Direction, limit: u32) -> Verdict<Vec<ListPlace>> {
        let mut all: Vec<ListPlace> = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.page(direction, all.last(), limit).await?;
            let is_end = page.len() < limit as usize;
            all.extend(page);
            if is_end {
                return Ok(all);
            }
        }
        Err(Violation::new("reading a list comes to no end"))
    }

    /// The counts of a group.
    pub(super) async fn counts(
        &self,
        index: IndexName,
        group: &str,
    ) -> Verdict<Vec<(String, u64)>> {
        let counts = self.store.counts(&self.slice, index, group).await?;
        ensure_eq("the checkpoint of counts", &counts.checkpoint, &self.at)?;
        let counts = counts.counts.into_iter();
        Ok(counts.map(|(member, n)| (member.into(), n)).collect())
    }
}
