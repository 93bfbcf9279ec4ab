//! Whole read models: their catalogue, their content and their removal.

use std::collections::BTreeMap;

use bytes::Bytes;
use minwon_core::{
    Catalogue, CatalogueError, GenerationName, Incarnation, ModelName, ReadModelAdmin, ScanCursor,
    ScanPage, Slice, StoreError, StoreErrorKind, StoredItem, ViewKey,
};
use redis::{Cmd, RedisWrite, Value};

use super::{
    RedisReadModels,
    error::{corrupt, unreadable},
    keys::{self, Part, Thing},
    link::To,
    read,
    scan::Walk,
    scripts::{CONTENTS, Form, LIST, REPLACE, SWEEP},
    split_pair,
};

/// How often somebody else may write junk in place of a catalogue while it is replaced.
const REPLACED_TIMES_MAX: u32 = 8;

/// Members of an index that are read at once. Unit: members.
const MEMBERS_PER_CALL: usize = 5_000;

impl ReadModelAdmin for RedisReadModels {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        match self.fetch(&keys::catalogue(self.prefix(), model)).await? {
            Value::Nil => Ok(None),
            Value::BulkString(text) => Catalogue::from_text(&text),
            _ => Err(corrupt("Redis answered another question")),
        }
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let store = |source| CatalogueError::Store {
            model: model.clone(),
            source,
        };
        let next = next.to_text();
        let mut text = expected.map_or_else(Vec::new, |it| it.to_text().into_bytes());
        for _ in 0..REPLACED_TIMES_MAX {
            let found = self.replace_catalogue(model, &text, &next);
            let Some(found) = found.await.map_err(store)? else {
                return Ok(());
            };
            let actual = match &*found {
                [] => None,
                found => Catalogue::from_text(found).map_err(store)?,
            };
            if actual.as_ref() != expected {
                let (model, actual) = (model.clone(), actual.map(Box::new));
                return Err(CatalogueError::Changed { model, actual });
            }
            // It says what was expected in other words, or nothing that anybody could expect.
            if actual.is_none() {
                tracing::warn!(%model, "what stands for its catalogue is none, and is replaced");
            }
            text = found;
        }
        let what = "what stands for a catalogue in Redis changes all the time";
        Err(store(StoreError::new(StoreErrorKind::Unavailable, what)))
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        let mut walk = match cursor {
            Some(cursor) => Walk::resume(&cursor)?,
            None => self.start_walk().await?,
        };
        let mut items = Vec::new();
        if let Some((index, after)) = walk.indexes.pop() {
            let last = self.members(generation, &index, &after, &mut items).await?;
            walk.indexes.extend(last.map(|last| (index, last)));
        } else {
            let names = self.walk(generation, &mut walk).await?;
            for (slice, found) in self.by_slice(generation, &names) {
                let indexes = found.indexes.iter();
                let indexes = indexes.map(|named| (named.name.to_owned(), String::new()));
                walk.indexes.extend(indexes);
                self.contents(generation, slice, found, &mut items).await?;
            }
        }
        let next = (!walk.is_over()).then(|| walk.cursor());
        Ok(ScanPage { items, next })
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        let leases = keys::leases(self.prefix(), generation);
        for are_checkpoints in [true, false] {
            let mut walk = self.start_walk().await?;
            while !walk.is_over() {
                let names = self.walk(generation, &mut walk).await?;
                for (_, found) in self.by_slice(generation, &names) {
                    let keys = if are_checkpoints {
                        found.checkpoint.into_iter().collect()
                    } else {
                        found.names()
                    };
                    self.unlink(&keys).await?;
                }
            }
        }
        self.unlink(&[&*leases]).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        let mut removed = 0;
        let mut walk = self.start_walk().await?;
        while !walk.is_over() {
            let names = self.walk(generation, &mut walk).await?;
            for (slice, found) in self.by_slice(generation, &names) {
                removed += self.sweep_slice(generation, slice, found).await?;
            }
        }
        Ok(removed)
    }
}

/// Keys of one slice.
#[derive(Default)]
struct Found<'a> {
    checkpoint: Option<&'a str>,
    documents: Vec<Named<'a>>,
    indexes: Vec<Named<'a>>,
    counts: Vec<Named<'a>>,
}

struct Named<'a> {
    name: &'a str,
    incarnation: Incarnation,
    thing: Thing<'a>,
}

impl<'a> Found<'a> {
    fn things(&self) -> impl Iterator<Item = &Named<'a>> {
        let documents = self.documents.iter();
        documents.chain(&self.indexes).chain(&self.counts)
    }

    fn names(&self) -> Vec<&'a str> {
        self.things().map(|named| named.name).collect()
    }

    fn keep(&mut self, is_wanted: impl Fn(Incarnation) -> bool) {
        for kind in [&mut self.documents, &mut self.indexes, &mut self.counts] {
            kind.retain(|named| is_wanted(named.incarnation));
        }
    }
}

impl RedisReadModels {
    /// Replaces the text of a catalogue where it is `expected`; else answers what it is.
    async fn replace_catalogue(
        &self,
        model: &ModelName,
        expected: &[u8],
        next: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let key = keys::catalogue(self.prefix(), model);
        let replace = |form| {
            let mut cmd = REPLACE.call(form, 1, 2, expected.len() + next.len() + key.len());
            cmd.write_arg(key.as_bytes());
            cmd.write_arg(expected);
            cmd.write_arg(next.as_bytes());
            cmd
        };
        match self.link().call(To::Key(&key), replace).await?.value {
            Value::Int(_) => Ok(None),
            Value::BulkString(found) => Ok(Some(found)),
            _ => Err(corrupt("Redis answered another question")),
        }
    }

    fn by_slice<'a>(
        &self,
        generation: &GenerationName,
        names: &'a [String],
    ) -> BTreeMap<Slice, Found<'a>> {
        let mut slices: BTreeMap<Slice, Found<'a>> = BTreeMap::new();
        for name in names {
            let Some((slice, part)) = keys::parse(self.prefix(), generation, name) else {
                continue;
            };
            let found = slices.entry(slice).or_default();
            let Part::Thing(incarnation, thing) = part else {
                found.checkpoint = Some(name);
                continue;
            };
            let kind = match thing {
                Thing::Document { .. } => &mut found.documents,
                Thing::Lookups { .. } | Thing::Lists { .. } => &mut found.indexes,
                Thing::Counts { .. } => &mut found.counts,
            };
            kind.push(Named {
                name,
                incarnation,
                thing,
            });
        }
        slices
    }

    async fn unlink(&self, keys: &[&str]) -> Result<(), StoreError> {
        let Some(first) = keys.first() else {
            return Ok(());
        };
        let unlink = |_: Form| redis::cmd("UNLINK").arg(keys).to_owned();
        self.link().call(To::Key(first), unlink).await?;
        Ok(())
    }

    async fn sweep_slice(
        &self,
        generation: &GenerationName,
        slice: Slice,
        mut found: Found<'_>,
    ) -> Result<u64, StoreError> {
        let key = keys::checkpoint(self.prefix(), &generation.slice(slice));
        let kept = read::checkpoint(&self.fetch(&key).await?)?.found();
        let life = kept.as_ref().map(|checkpoint| checkpoint.incarnation);
        let text = kept.map(|checkpoint| checkpoint.to_text());
        found.keep(|incarnation| Some(incarnation) != life);
        let names = found.names();
        if names.is_empty() {
            return Ok(0);
        }
        // In one step with another look at the checkpoint: meanwhile a failover may have brought
        // back the very life that was gone when we looked.
        let sweep = |form| {
            let bytes = names.iter().map(|name| name.len() + 16).sum();
            let mut cmd = SWEEP.call(form, 1 + names.len(), 1, bytes);
            cmd.write_arg(key.as_bytes());
            for name in &names {
                cmd.write_arg(name.as_bytes());
            }
            cmd.write_arg(text.as_deref().unwrap_or_default().as_bytes());
            cmd
        };
        let answer = self.link().call(To::Key(&key), sweep).await?;
        redis::from_redis_value(answer.value)
            .map_err(|error| unreadable("Redis answered another question", error))
    }

    /// Reads the documents and counts that were found of a slice, less what earlier lives of it left.
    async fn contents(
        &self,
        generation: &GenerationName,
        slice: Slice,
        found: Found<'_>,
        items: &mut Vec<(Slice, StoredItem)>,
    ) -> Result<(), StoreError> {
        if found.documents.is_empty() && found.counts.is_empty() {
            return Ok(());
        }
        let key = keys::checkpoint(self.prefix(), &generation.slice(slice));
        let call = |form| contents_call(&key, &found, form);
        let answer = self.link().call(To::Key(&key), call).await?.value;
        let (checkpoint, documents, counts): Contents = redis::from_redis_value(answer)
            .map_err(|error| unreadable(format!("part of {generation} is unreadable"), error))?;
        let Some(checkpoint) = read::checkpoint(&checkpoint)?.found() else {
            return Ok(());
        };
        let is_read = |named: &&Named<'_>| named.incarnation == checkpoint.incarnation;
        for (named, value) in found.documents.iter().zip(documents) {
            if let (true, Thing::Document { key }, Some(value)) =
                (is_read(&named), &named.thing, value)
            {
                let key = ViewKey::new(*key)
                    .map_err(|error| unreadable("a key in Redis is none", error))?;
                let document = Bytes::from(value);
                items.push((slice, StoredItem::Document { key, document }));
            }
        }
        for (named, cells) in found.counts.iter().zip(counts) {
            let Thing::Counts { index, group } = named.thing else {
                continue;
            };
            for (member, count) in cells.into_iter().filter(|_| is_read(&named)) {
                let count = StoredItem::Count {
                    index: index.into(),
                    group: group.into(),
                    member: member.into(),
                    count: read::count(&count)?,
                };
                items.push((slice, count));
            }
        }
        Ok(())
    }

    /// Reads the members of an index behind one of them, where the slice has it; answers the last
    /// one, where there may be more.
    async fn members(
        &self,
        generation: &GenerationName,
        name: &str,
        after: &str,
        items: &mut Vec<(Slice, StoredItem)>,
    ) -> Result<Option<String>, StoreError> {
        let parsed = keys::parse(self.prefix(), generation, name);
        let Some((slice, Part::Thing(incarnation, thing))) = parsed else {
            return Err(corrupt("this cursor of a scan is from another store"));
        };
        let key = keys::checkpoint(self.prefix(), &generation.slice(slice));
        let range = |form| {
            let mut cmd = LIST.call(form, 2, 6, 2 * name.len() + after.len() + 64);
            cmd.write_arg(key.as_bytes());
            cmd.write_arg(name.as_bytes());
            cmd.write_arg_fmt(format_args!("({after}"));
            cmd.arg("+").arg("BYLEX").arg("LIMIT").arg(0);
            cmd.arg(MEMBERS_PER_CALL);
            cmd
        };
        let answer = self.link().call(To::Key(&key), range).await?.value;
        let (checkpoint, found) =
            split_pair(answer).ok_or_else(|| corrupt("Redis answered another question"))?;
        let checkpoint = read::checkpoint(&checkpoint)?.found();
        if checkpoint.is_none_or(|checkpoint| checkpoint.incarnation != incarnation) {
            return Ok(None);
        }
        let mut members = read::texts(found)?;
        for member in &members {
            items.push((slice, member_item(&thing, member)?));
        }
        let may_be_more = members.len() == MEMBERS_PER_CALL;
        Ok(members.pop().filter(|_| may_be_more))
    }
}

/// The checkpoint, documents, counts of groups.
type Contents = (Value, Vec<Option<Vec<u8>>>, Vec<Vec<(String, String)>>);

fn contents_call(checkpoint: &str, found: &Found<'_>, form: Form) -> Cmd {
    let read = || found.documents.iter().chain(&found.counts);
    let bytes = read().map(|named| named.name.len() + 16).sum();
    let mut cmd = CONTENTS.call(form, 1 + read().count(), 1, bytes);
    cmd.write_arg(checkpoint.as_bytes());
    for named in read() {
        cmd.write_arg(named.name.as_bytes());
    }
    cmd.write_arg_fmt(found.documents.len());
    cmd
}

fn member_item(thing: &Thing<'_>, member: &str) -> Result<StoredItem, StoreError> {
    Ok(match thing {
        Thing::Lookups { index } => {
            let (value, key) = read::claim(member)?;
            StoredItem::Lookup {
                index: (*index).into(),
                value: value.into(),
                key,
            }
        }
        Thing::Lists { index } => {
            let (partition, place) = read::place(member)?;
            StoredItem::Listed {
                index: (*index).into(),
                partition: partition.into(),
                place,
            }
        }
        Thing::Document { .. } | Thing::Counts { .. } => {
            return Err(corrupt("this cursor of a scan names no index"));
        }
    })
}
