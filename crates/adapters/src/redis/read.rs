//! Reads of a slice, in one call.

use bytes::Bytes;
use minwon_core::{
    CLAIMANTS_MAX, CheckpointTextError, CountCell, Counts, Direction, IndexName, ListName,
    ListPage, ListPlace, ListQuery, Loaded, SliceCheckpoint, StoreError, StoreErrorKind, ViewKey,
    Wanted,
};
use redis::{Cmd, RedisWrite, Value};

use super::{
    error::{corrupt, unreadable},
    keys::{self, LISTS, LOOKUPS},
    scripts::{COUNTS, Form, LIST, LOAD, write_parts, write_shown},
};

/// A slice and one life of it, as the names of keys begin.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) checkpoint: &'a str,
    pub(super) life: &'a str,
}

/// The data that is wanted of a slice, in the order in which it is asked for.
pub(super) struct Load<'a> {
    wanted: &'a Wanted<'a>,
    /// Where in `wanted` they stand; sorted, so that those of an index or group stand together.
    lists: Vec<usize>,
    counts: Vec<usize>,
}

impl<'a> Load<'a> {
    pub(super) fn new(wanted: &'a Wanted<'a>) -> Self {
        let mut lists: Vec<usize> = (0..wanted.lists.len()).collect();
        lists.sort_by_key(|&at| wanted.lists[at].0.index);
        let mut counts: Vec<usize> = (0..wanted.counts.len()).collect();
        counts.sort_by_key(|&at| group(&wanted.counts[at]));
        Self {
            wanted,
            lists,
            counts,
        }
    }

    pub(super) fn call(&self, place: Place<'_>, form: Form) -> Cmd {
        let lookups = self.wanted.lookups;
        let strings = 1 + self.wanted.documents.len();
        let bytes = (strings + lookups.len()) * (place.life.len() + 32);
        if lookups.is_empty() && self.lists.is_empty() && self.counts.is_empty() {
            // One command is one moment, and cheaper than a script.
            let mut cmd = Cmd::with_capacity(1 + strings, bytes);
            cmd.write_arg(b"MGET");
            self.write_strings(&mut cmd, place);
            return cmd;
        }
        let (lists, groups) = (self.list_runs(), self.group_runs());
        let (list_count, group_count) = (lists.clone().count(), groups.clone().count());
        let others = self.lists.len() + self.counts.len();
        let keys = strings + lookups.len() + list_count + group_count;
        let args = 5 + 2 * (lookups.len() + others);
        let mut cmd = LOAD.call(form, keys, args, bytes + 96 * others);
        self.write_strings(&mut cmd, place);
        for lookup in lookups {
            write_parts(&mut cmd, &[place.life, LOOKUPS, lookup.index.as_str()]);
        }
        for run in lists.clone() {
            write_lists(&mut cmd, place, self.wanted.lists[run[0]].0.index);
        }
        for run in groups.clone() {
            let (index, group) = group(&self.wanted.counts[run[0]]);
            write_parts(&mut cmd, &[place.life, "c:", index.as_str(), ":", group]);
        }
        for number in [strings, lookups.len(), list_count, group_count] {
            cmd.write_arg_fmt(number);
        }
        cmd.write_arg_fmt(CLAIMANTS_MAX);
        for lookup in lookups {
            write_start(&mut cmd, &lookup.value);
            write_end(&mut cmd, &lookup.value);
        }
        for run in lists {
            cmd.write_arg_fmt(run.len());
            for &at in run {
                let (list, place) = &self.wanted.lists[at];
                write_shown(&mut cmd, &keys::Member(&list.partition, place));
            }
        }
        for run in groups {
            cmd.write_arg_fmt(run.len());
            for &at in run {
                cmd.write_arg(self.wanted.counts[at].member.as_bytes());
            }
        }
        cmd
    }

    fn list_runs(&self) -> impl Iterator<Item = &[usize]> + Clone {
        let lists = self.wanted.lists;
        self.lists
            .chunk_by(|&a, &b| lists[a].0.index == lists[b].0.index)
    }

    fn group_runs(&self) -> impl Iterator<Item = &[usize]> + Clone {
        let counts = self.wanted.counts;
        self.counts
            .chunk_by(|&a, &b| group(&counts[a]) == group(&counts[b]))
    }

    fn write_strings(&self, cmd: &mut Cmd, place: Place<'_>) {
        cmd.write_arg(place.checkpoint.as_bytes());
        for key in self.wanted.documents {
            write_parts(cmd, &[place.life, "d:", key.as_str()]);
        }
    }

    /// Returns the data that was found beside the checkpoint.
    pub(super) fn read(
        &self,
        checkpoint: SliceCheckpoint,
        found: impl Iterator<Item = Value>,
    ) -> Result<Loaded, StoreError> {
        let mut found = Found(found);
        let documents = self.wanted.documents.iter().map(|_| found.bytes());
        let documents = documents.collect::<Result<_, _>>()?;
        let lookups = self.wanted.lookups.iter().map(|_| found.claimants());
        let lookups = lookups.collect::<Result<_, _>>()?;
        let mut lists = vec![false; self.lists.len()];
        for &at in &self.lists {
            lists[at] = found.next()? != Value::Nil;
        }
        let mut counts = vec![0; self.counts.len()];
        for &at in &self.counts {
            counts[at] = found.count()?;
        }
        Ok(Loaded {
            checkpoint: Some(checkpoint),
            is_damaged: false,
            documents,
            lookups,
            lists,
            counts,
        })
    }

    /// Returns the content of a slice that was never written, or is damaged.
    pub(super) fn nothing(&self, is_damaged: bool) -> Loaded {
        Loaded {
            checkpoint: None,
            is_damaged,
            documents: vec![None; self.wanted.documents.len()],
            lookups: vec![Vec::new(); self.wanted.lookups.len()],
            lists: vec![false; self.lists.len()],
            counts: vec![0; self.counts.len()],
        }
    }
}

fn group(cell: &CountCell) -> (IndexName, &str) {
    (cell.index, &cell.group)
}

fn write_lists(cmd: &mut Cmd, place: Place<'_>, index: IndexName) {
    write_parts(cmd, &[place.life, LISTS, index.as_str()]);
}

/// Where the members of an index begin that are under `name`.
fn write_start(cmd: &mut Cmd, name: &str) {
    write_shown(cmd, &format_args!("[{}", keys::Under(name)));
}

/// Where they end.
fn write_end(cmd: &mut Cmd, name: &str) {
    use std::io::Write;
    let mut end = cmd.writer_for_next_arg();
    // A command is built in memory, and cannot run out of room. No text has the last byte.
    let _ = write!(end, "({}", keys::Under(name)).and_then(|()| end.write_all(&[0xff]));
}

/// Answers, one after the other.
struct Found<I>(I);

impl<I: Iterator<Item = Value>> Found<I> {
    fn next(&mut self) -> Result<Value, StoreError> {
        self.0
            .next()
            .ok_or_else(|| corrupt("Redis answered less than it was asked for"))
    }

    fn bytes(&mut self) -> Result<Option<Bytes>, StoreError> {
        match self.next()? {
            Value::Nil => Ok(None),
            Value::BulkString(bytes) => Ok(Some(bytes.into())),
            _ => Err(corrupt("Redis answered with something else than a text")),
        }
    }

    fn claimants(&mut self) -> Result<Vec<ViewKey>, StoreError> {
        let members = texts(self.next()?)?;
        let keys = members.iter().map(|member| Ok(claim(member)?.1));
        let mut keys: Vec<ViewKey> = keys.collect::<Result<_, StoreError>>()?;
        keys.truncate(CLAIMANTS_MAX);
        keys.sort_unstable();
        Ok(keys)
    }

    fn count(&mut self) -> Result<u64, StoreError> {
        match self.bytes()? {
            None => Ok(0),
            Some(bytes) => count(&text(bytes.into(), "a count in Redis")?),
        }
    }
}

pub(super) fn count(text: &str) -> Result<u64, StoreError> {
    text.parse()
        .map_err(|error| unreadable("a count in Redis is no number", error))
}

pub(super) fn text(bytes: Vec<u8>, what: &str) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|error| unreadable(format!("{what} is no text"), error))
}

/// The state of the place where a slice's checkpoint should be.
pub(super) enum Kept<T> {
    Nothing,
    /// No checkpoint: what the slice holds is nobody's.
    Damaged,
    At(T),
}

impl<T> Kept<T> {
    /// Returns the value, if it could be read.
    pub(super) fn found(self) -> Option<T> {
        match self {
            Self::At(found) => Some(found),
            Self::Nothing | Self::Damaged => None,
        }
    }
}

/// Reads the text of a checkpoint.
pub(super) fn checkpoint(value: &Value) -> Result<Kept<SliceCheckpoint>, StoreError> {
    let bytes = match value {
        Value::Nil => return Ok(Kept::Nothing),
        Value::BulkString(bytes) if bytes.is_empty() => return Ok(Kept::Nothing),
        Value::BulkString(bytes) => bytes,
        _ => return Err(corrupt("Redis answered another question")),
    };
    let Ok(text) = str::from_utf8(bytes) else {
        return Ok(Kept::Damaged);
    };
    match SliceCheckpoint::from_text(text) {
        Ok(checkpoint) => Ok(Kept::At(checkpoint)),
        Err(error @ CheckpointTextError::Newer(_)) => {
            let what = "reading a slice's checkpoint in Redis failed";
            Err(StoreError::new(StoreErrorKind::NewerVersion, what).caused_by(error))
        }
        Err(_) => Ok(Kept::Damaged),
    }
}

pub(super) fn list_call(place: Place<'_>, query: &ListQuery, form: Form) -> Cmd {
    let mut cmd = LIST.call(form, 2, 7, 256);
    cmd.write_arg(place.checkpoint.as_bytes());
    let ListName { index, partition } = &query.list;
    write_lists(&mut cmd, place, *index);
    let is_descending = query.direction == Direction::Descending;
    match (&query.after, is_descending) {
        (Some(after), _) => {
            write_shown(
                &mut cmd,
                &format_args!("({}", keys::Member(partition, after)),
            );
        }
        (None, false) => write_start(&mut cmd, partition),
        (None, true) => write_end(&mut cmd, partition),
    }
    match is_descending {
        false => write_end(&mut cmd, partition),
        true => write_start(&mut cmd, partition),
    }
    cmd.write_arg(b"BYLEX");
    if is_descending {
        cmd.write_arg(b"REV");
    }
    cmd.write_arg(b"LIMIT");
    cmd.write_arg(b"0");
    cmd.write_arg_fmt(query.limit);
    cmd
}

pub(super) fn list_page(checkpoint: SliceCheckpoint, found: Value) -> Result<ListPage, StoreError> {
    let members = texts(found)?;
    let places = members.iter().map(|member| Ok(place(member)?.1));
    Ok(ListPage {
        checkpoint: Some(checkpoint),
        places: places.collect::<Result<_, StoreError>>()?,
    })
}

/// The members of an index.
pub(super) fn texts(found: Value) -> Result<Vec<String>, StoreError> {
    redis::from_redis_value(found)
        .map_err(|error| unreadable("an index in Redis holds something else than texts", error))
}

pub(super) fn place(member: &str) -> Result<(&str, ListPlace), StoreError> {
    let place = keys::parse_member(member);
    place.ok_or_else(|| corrupt(format!("{member:?} in Redis is no place in a list")))
}

pub(super) fn claim(member: &str) -> Result<(&str, ViewKey), StoreError> {
    let claim = keys::parse_claim(member);
    claim.ok_or_else(|| corrupt(format!("{member:?} in Redis leads to no key")))
}

pub(super) fn counts_call(place: Place<'_>, index: IndexName, group: &str, form: Form) -> Cmd {
    let mut cmd = COUNTS.call(form, 2, 0, 192);
    cmd.write_arg(place.checkpoint.as_bytes());
    write_parts(&mut cmd, &[place.life, "c:", index.as_str(), ":", group]);
    cmd
}

pub(super) fn counts(checkpoint: SliceCheckpoint, found: Value) -> Result<Counts, StoreError> {
    let cells: Vec<(String, String)> = redis::from_redis_value(found)
        .map_err(|error| unreadable("counts in Redis are something else than texts", error))?;
    let mut counts = Vec::with_capacity(cells.len());
    for (member, text) in cells {
        counts.push((member.into_boxed_str(), count(&text)?));
    }
    counts.sort();
    Ok(Counts {
        checkpoint: Some(checkpoint),
        counts,
    })
}
