//! Whole read models: their catalogue, their content and their removal.

use std::collections::BTreeMap;

use bytes::Bytes;
use minwon_core::{
    Catalogue, CatalogueError, GenerationName, Incarnation, ListPlace, ModelName, ReadModelAdmin,
    ScanCursor, ScanPage, Slice, StoreError, StoreErrorKind, StoredItem, ViewKey,
};
use redis::{Cmd, RedisWrite, Value};

use super::{
    RedisReadModels,
    error::{corrupt, unreadable},
    keys::{self, Part, Thing},
    link::To,
    read,
    scan::Walk,
    scripts::{CONTENTS, Form, REPLACE, SWEEP},
};

/// How often somebody else may write junk in place of a catalogue while it is replaced.
const REPLACED_TIMES_MAX: u32 = 8;

/// Places of a list that are read at once. Unit: places.
const PLACES_PER_CALL: usize = 5_000;

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
        let walk = match cursor {
            Some(cursor) => Walk::resume(&cursor)?,
            None => self.start_walk().await?,
        };
        let step = self.walk(generation, walk).await?;
        let mut items = Vec::new();
        for (slice, found) in self.by_slice(generation, &step.keys) {
            self.contents(generation, slice, found, &mut items).await?;
        }
        let next = step.next.map(|walk| walk.cursor());
        Ok(ScanPage { items, next })
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        let leases = keys::leases(self.prefix(), generation);
        for are_checkpoints in [true, false] {
            let mut walk = Some(self.start_walk().await?);
            while let Some(at) = walk {
                let step = self.walk(generation, at).await?;
                for (_, found) in self.by_slice(generation, &step.keys) {
                    let keys = if are_checkpoints {
                        found.checkpoint.into_iter().collect()
                    } else {
                        found.names()
                    };
                    self.unlink(&keys).await?;
                }
                walk = step.next;
            }
        }
        self.unlink(&[&*leases]).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        let mut removed = 0;
        let mut walk = Some(self.start_walk().await?);
        while let Some(at) = walk {
            let step = self.walk(generation, at).await?;
            for (slice, found) in self.by_slice(generation, &step.keys) {
                removed += self.sweep_slice(generation, slice, found).await?;
            }
            walk = step.next;
        }
        Ok(removed)
    }
}

/// Keys of one slice.
#[derive(Default)]
struct Found<'a> {
    checkpoint: Option<&'a str>,
    strings: Vec<Named<'a>>,
    lists: Vec<Named<'a>>,
    counts: Vec<Named<'a>>,
}

struct Named<'a> {
    name: &'a str,
    incarnation: Incarnation,
    thing: Thing<'a>,
}

impl<'a> Found<'a> {
    fn things(&self) -> impl Iterator<Item = &Named<'a>> {
        self.strings.iter().chain(&self.lists).chain(&self.counts)
    }

    fn names(&self) -> Vec<&'a str> {
        self.things().map(|named| named.name).collect()
    }

    fn keep(&mut self, is_wanted: impl Fn(Incarnation) -> bool) {
        for kind in [&mut self.strings, &mut self.lists, &mut self.counts] {
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
                Thing::Document { .. } | Thing::Lookup { .. } => &mut found.strings,
                Thing::List { .. } => &mut found.lists,
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

    /// Reads what was found of a slice, less what earlier lives of it left.
    async fn contents(
        &self,
        generation: &GenerationName,
        slice: Slice,
        found: Found<'_>,
        items: &mut Vec<(Slice, StoredItem)>,
    ) -> Result<(), StoreError> {
        if found.things().next().is_none() {
            return Ok(());
        }
        let key = keys::checkpoint(self.prefix(), &generation.slice(slice));
        let call = |form| contents_call(&key, &found, form);
        let answer = self.link().call(To::Key(&key), call).await?.value;
        let (checkpoint, strings, lists, counts): Contents = redis::from_redis_value(answer)
            .map_err(|error| unreadable(format!("part of {generation} is unreadable"), error))?;
        let Some(checkpoint) = read::checkpoint(&checkpoint)?.found() else {
            return Ok(());
        };
        let is_read = |named: &&Named<'_>| named.incarnation == checkpoint.incarnation;
        for (named, value) in found.strings.iter().zip(strings) {
            if let (true, Some(value)) = (is_read(&named), value) {
                let read = string_items(&named.thing, value)?;
                items.extend(read.into_iter().map(|item| (slice, item)));
            }
        }
        for (named, mut members) in found.lists.iter().zip(lists) {
            if is_read(&named) {
                self.rest_of_list(named.name, &mut members).await?;
                for member in &members {
                    items.push((slice, list_item(&named.thing, read::place(member)?)));
                }
            }
        }
        for (named, cells) in found.counts.iter().zip(counts) {
            for (member, count) in cells.into_iter().filter(|_| is_read(&named)) {
                items.push((
                    slice,
                    count_item(&named.thing, member, read::count(&count)?),
                ));
            }
        }
        Ok(())
    }

    /// Reads on where a list is longer than one call may be.
    async fn rest_of_list(&self, name: &str, members: &mut Vec<String>) -> Result<(), StoreError> {
        let mut read = members.len();
        while read == PLACES_PER_CALL {
            let after = format!("({}", members.last().map_or("", String::as_str));
            let range = |_: Form| {
                let mut cmd = redis::cmd("ZRANGE");
                cmd.arg(name).arg(&after).arg("+").arg("BYLEX");
                cmd.arg("LIMIT").arg(0).arg(PLACES_PER_CALL).to_owned()
            };
            let answer = self.link().call(To::Key(name), range).await?.value;
            let more: Vec<String> = redis::from_redis_value(answer)
                .map_err(|error| unreadable(format!("the list {name} is unreadable"), error))?;
            read = more.len();
            members.extend(more);
        }
        Ok(())
    }
}

/// The checkpoint, strings, places of lists, counts of groups.
type Contents = (
    Value,
    Vec<Option<Vec<u8>>>,
    Vec<Vec<String>>,
    Vec<Vec<(String, String)>>,
);

fn contents_call(checkpoint: &str, found: &Found<'_>, form: Form) -> Cmd {
    let names = found.names();
    let bytes = names.iter().map(|name| name.len() + 16).sum();
    let mut cmd = CONTENTS.call(form, 1 + names.len(), 3, bytes);
    cmd.write_arg(checkpoint.as_bytes());
    for name in &names {
        cmd.write_arg(name.as_bytes());
    }
    for number in [found.strings.len(), found.lists.len(), PLACES_PER_CALL] {
        cmd.write_arg_fmt(number);
    }
    cmd
}

/// A document, or one lookup for each key that claims it.
fn string_items(thing: &Thing<'_>, value: Vec<u8>) -> Result<Vec<StoredItem>, StoreError> {
    let bad_key = |error| unreadable("a key in Redis is none", error);
    let (index, name) = thing.names();
    if matches!(thing, Thing::Document { .. }) {
        let key = ViewKey::new(name).map_err(bad_key)?;
        let document = Bytes::from(value);
        return Ok(vec![StoredItem::Document { key, document }]);
    }
    let item = |key| StoredItem::Lookup {
        index: index.into(),
        value: name.into(),
        key,
    };
    Ok(read::claimants(value)?.into_iter().map(item).collect())
}

fn list_item(thing: &Thing<'_>, place: ListPlace) -> StoredItem {
    let (index, partition) = thing.names();
    StoredItem::Listed {
        index: index.into(),
        partition: partition.into(),
        place,
    }
}

fn count_item(thing: &Thing<'_>, member: String, count: u64) -> StoredItem {
    let (index, group) = thing.names();
    StoredItem::Count {
        index: index.into(),
        group: group.into(),
        member: member.into(),
        count,
    }
}
