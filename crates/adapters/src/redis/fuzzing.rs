//! What a Redis answers, read from any bytes: a door for the fuzz targets.

use minwon_core::{
    Catalogue, CountCell, Counts, GenerationName, IndexName, ListPage, ListPlace, Loaded, Lookup,
    Phase, ScanCursor, SliceCheckpoint, StoreError, ViewKey, ViewSchema, Wanted,
};
use redis::Value;

use super::{
    RedisOptions, guard, keys,
    read::{self, Kept, Load},
    scan::Walk,
    split_first, split_pair,
};

/// All that may be made of one answer, whatever it answers.
#[derive(Debug)]
pub struct Read {
    /// As the text of a checkpoint; none where it stands for nothing, or for a damaged one.
    pub checkpoint: Result<Option<SliceCheckpoint>, StoreError>,
    /// As what was wanted of a slice: two documents, a lookup, a list and two counts.
    pub loaded: Option<Result<Loaded, StoreError>>,
    /// As a page of a list.
    pub page: Option<Result<ListPage, StoreError>>,
    /// As the counts of a group.
    pub counts: Option<Result<Counts, StoreError>>,
    /// As a catalogue.
    pub catalogue: Result<Option<Catalogue>, StoreError>,
    /// As what a server tells of itself.
    pub server: Result<(), StoreError>,
}

/// Reads an answer; none where the bytes are none.
#[must_use]
pub fn read(answer: &[u8]) -> Option<Read> {
    let answer = redis::parse_redis_value(answer).ok()?;
    let found = |kept: Kept<SliceCheckpoint>| kept.found();
    let text = match &answer {
        Value::BulkString(text) => &text[..],
        _ => b"",
    };
    Some(Read {
        checkpoint: read::checkpoint(&answer).map(found),
        loaded: split_first(answer.clone()).map(|(_, found)| loaded(found)),
        page: split_pair(answer.clone()).map(|(_, found)| read::list_page(nowhere(), found)),
        counts: split_pair(answer.clone()).map(|(_, found)| read::counts(nowhere(), found)),
        catalogue: Catalogue::from_text(text),
        server: guard::check_answer("", answer).map(drop),
    })
}

fn nowhere() -> SliceCheckpoint {
    SliceCheckpoint {
        incarnation: minwon_core::Incarnation::new(7),
        schema: ViewSchema::new(1),
        phase: Phase::Ready,
        position: minwon_core::GlobalPosition::START,
        last_event: None,
        recorded_at: minwon_core::Timestamp::UNIX_EPOCH,
    }
}

fn loaded(found: impl Iterator<Item = Value>) -> Result<Loaded, StoreError> {
    const INDEX: IndexName = IndexName::new("index");
    let key = |text| ViewKey::new(text).expect("a name");
    let documents = [key("p-1"), key("p-2")];
    let cell = |member: &str| CountCell {
        index: INDEX,
        group: "group".into(),
        member: member.into(),
    };
    let place = ListPlace {
        order: minwon_core::Order::new(1),
        key: key("p-1"),
    };
    let wanted = Wanted {
        documents: &documents,
        lookups: &[Lookup {
            index: INDEX,
            value: "value".into(),
        }],
        lists: &[(INDEX.list("all"), place)],
        counts: &[cell("one"), cell("two")],
    };
    Load::new(&wanted).read(nowhere(), found)
}

/// The members of indexes that stand for what `member` stands for.
#[must_use]
pub fn members(member: &str) -> Vec<String> {
    let place = keys::parse_member(member);
    let place = place.map(|(partition, place)| keys::Member(partition, &place).to_string());
    let claim = keys::parse_claim(member);
    let claim = claim.map(|(value, key)| keys::Claim(value, &key).to_string());
    place.into_iter().chain(claim).collect()
}

/// Returns whether a key of this name is part of the generation.
#[must_use]
pub fn is_part_of(generation: &GenerationName, name: &str) -> bool {
    keys::parse("minwon:3", generation, name).is_some()
}

/// The cursor of the walk that `cursor` describes.
///
/// # Errors
/// Where it describes none.
pub fn resumed(cursor: &str) -> Result<ScanCursor, StoreError> {
    Walk::resume(&ScanCursor::new(cursor)).map(|walk| walk.cursor())
}

/// Reads a URL as [`RedisOptions::connect`] does before it connects.
///
/// # Errors
/// Those of a URL that is of no use.
pub fn url(url: &str) -> Result<(), StoreError> {
    RedisOptions::default().target(url).map(drop)
}
