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
    keys,
    scripts::{COUNTS, Form, LIST, LOAD, write_parts},
};

/// Most bytes that are read of a lookup: room for all the keys that are reported. Unit: bytes.
const CLAIMS_BYTES_MAX: usize = CLAIMANTS_MAX * (KEY_BYTES_MAX + 1);

/// The longest key of a view. Unit: bytes.
const KEY_BYTES_MAX: usize = 128;

/// A slice and one life of it, as the names of keys begin.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) checkpoint: &'a str,
    pub(super) life: &'a str,
}

/// The data that is wanted of a slice, in the order in which it is asked for.
pub(super) struct Load<'a> {
    wanted: &'a Wanted<'a>,
    /// Where in `wanted` they stand; sorted, so that those of a list or group stand together.
    lists: Vec<usize>,
    counts: Vec<usize>,
}

impl<'a> Load<'a> {
    pub(super) fn new(wanted: &'a Wanted<'a>) -> Self {
        let mut lists: Vec<usize> = (0..wanted.lists.len()).collect();
        lists.sort_by_key(|&at| &wanted.lists[at].0);
        let mut counts: Vec<usize> = (0..wanted.counts.len()).collect();
        counts.sort_by_key(|&at| group(&wanted.counts[at]));
        Self {
            wanted,
            lists,
            counts,
        }
    }

    pub(super) fn call(&self, place: Place<'_>, form: Form) -> Cmd {
        let strings = 1 + self.wanted.documents.len() + self.wanted.lookups.len();
        let bytes = strings * (place.life.len() + 32);
        if self.wanted.lookups.is_empty() && self.lists.is_empty() && self.counts.is_empty() {
            // One command is one moment, and cheaper than a script.
            let mut cmd = Cmd::with_capacity(1 + strings, bytes);
            cmd.write_arg(b"MGET");
            self.write_strings(&mut cmd, place);
            return cmd;
        }
        let lists = self.list_runs();
        let groups = self.group_runs();
        let others = self.lists.len() + self.counts.len();
        let keys = strings + lists.clone().count() + groups.clone().count();
        let mut cmd = LOAD.call(form, keys, 5 + 2 * others, bytes + 96 * others);
        self.write_strings(&mut cmd, place);
        for run in lists.clone() {
            write_list(&mut cmd, place, &self.wanted.lists[run[0]].0);
        }
        for run in groups.clone() {
            let (index, group) = group(&self.wanted.counts[run[0]]);
            write_parts(&mut cmd, &[place.life, "c:", index.as_str(), ":", group]);
        }
        for number in [
            strings,
            lists.clone().count(),
            groups.clone().count(),
            self.wanted.lookups.len(),
            CLAIMS_BYTES_MAX,
        ] {
            cmd.write_arg_fmt(number);
        }
        for run in lists {
            cmd.write_arg_fmt(run.len());
            for &at in run {
                cmd.write_arg_fmt(keys::Member(&self.wanted.lists[at].1));
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
        self.lists.chunk_by(|&a, &b| lists[a].0 == lists[b].0)
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
        for lookup in self.wanted.lookups {
            let index = lookup.index.as_str();
            write_parts(cmd, &[place.life, "l:", index, ":", &lookup.value]);
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

fn write_list(cmd: &mut Cmd, place: Place<'_>, list: &ListName) {
    let index = list.index.as_str();
    write_parts(cmd, &[place.life, "o:", index, ":", &list.partition]);
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
        let mut bytes: Vec<u8> = self.bytes()?.unwrap_or_default().into();
        if bytes.len() == CLAIMS_BYTES_MAX {
            // The last one may be cut; those before it are as many as are reported.
            let end = bytes.iter().rposition(|&byte| byte == b'\n');
            bytes.truncate(end.unwrap_or_default());
        }
        let mut keys = claimants(bytes)?;
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

/// The keys that claim a value, as they stand in its lookup: one a line.
pub(super) fn claimants(lookup: Vec<u8>) -> Result<Vec<ViewKey>, StoreError> {
    let unusable = |error| unreadable("a lookup in Redis leads to no key", error);
    let lookup = text(lookup, "a lookup in Redis")?;
    let keys = lookup.split_terminator('\n');
    keys.map(|key| ViewKey::new(key).map_err(unusable))
        .collect()
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
    write_list(&mut cmd, place, &query.list);
    let (start, end) = match query.direction {
        Direction::Ascending => ("-", "+"),
        Direction::Descending => ("+", "-"),
    };
    match &query.after {
        Some(place) => cmd.write_arg_fmt(format_args!("({}", keys::Member(place))),
        None => cmd.write_arg(start.as_bytes()),
    }
    cmd.write_arg(end.as_bytes());
    cmd.write_arg(b"BYLEX");
    if query.direction == Direction::Descending {
        cmd.write_arg(b"REV");
    }
    cmd.write_arg(b"LIMIT");
    cmd.write_arg(b"0");
    cmd.write_arg_fmt(query.limit);
    cmd
}

pub(super) fn list_page(checkpoint: SliceCheckpoint, found: Value) -> Result<ListPage, StoreError> {
    let members: Vec<String> = redis::from_redis_value(found)
        .map_err(|error| unreadable("a list in Redis holds something else than texts", error))?;
    let places = members.iter().map(|member| place(member));
    Ok(ListPage {
        checkpoint: Some(checkpoint),
        places: places.collect::<Result<_, _>>()?,
    })
}

pub(super) fn place(member: &str) -> Result<ListPlace, StoreError> {
    let place = keys::parse_member(member);
    place.ok_or_else(|| corrupt(format!("{member:?} in Redis is no place in a list")))
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
