//! The log: every record ever written, in order, and the streams they make up.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use uuid::Uuid;

use crate::metadata::{METADATA_TYPE, StreamMetadata, metadata_stream};
use crate::positions::{Placement, Position, Positions};

/// The revision of the record that ends a tombstoned stream.
const TOMBSTONE_REVISION: u64 = i64::MAX as u64;

/// A stream that the server never shows in `$all`.
const EPOCH_STREAM: &str = "$epoch-information";

/// An event as it stands in the log.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its place in `$all`.
    pub position: Position,
    /// Its stream.
    pub stream: Arc<str>,
    /// Its number in the stream, from 0.
    pub revision: u64,
    /// The id that its writer gave it.
    pub id: Uuid,
    /// Its type.
    pub event_type: String,
    /// `application/json` or `application/octet-stream`.
    pub content_type: String,
    /// Its metadata, as its writer gave it.
    pub custom_metadata: Bytes,
    /// Its payload.
    pub data: Bytes,
    /// When it was written.
    pub created: SystemTime,
}

impl Record {
    /// Whether readers of `$all` see records like this one.
    pub(crate) fn is_shown_in_all(&self) -> bool {
        &*self.stream != EPOCH_STREAM
    }
}

/// An event that is to be written.
#[derive(Clone, Debug)]
pub(crate) struct Proposed {
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) content_type: String,
    pub(crate) custom_metadata: Bytes,
    pub(crate) data: Bytes,
}

impl Proposed {
    pub(crate) fn bytes(&self) -> usize {
        self.data.len() + self.custom_metadata.len() + self.event_type.len()
    }
}

/// One stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    /// Places of its events in the log; the index is the revision.
    pub(crate) events: Vec<usize>,
    pub(crate) metadata: StreamMetadata,
    pub(crate) is_tombstoned: bool,
}

impl Stream {
    /// The revision of its last event.
    pub(crate) fn last(&self) -> Option<u64> {
        (self.events.len() as u64).checked_sub(1)
    }
}

/// Every record ever written.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    records: Vec<Arc<Record>>,
    streams: HashMap<Arc<str>, Stream>,
    placement: Placement,
    /// Ascending places where a record begins; any other is an invalid position.
    boundaries: Vec<u64>,
    /// Indexes of records that are gone from the disk.
    scavenged: HashSet<usize>,
    /// Which event has an id, as far as the server remembers: lost when it restarts.
    recent_ids: HashMap<Uuid, (Arc<str>, u64)>,
}

impl Log {
    /// A log with the events that every new server begins with.
    pub(crate) fn new(positions: Positions, seed: u64, now: SystemTime) -> Self {
        let mut log = Self {
            records: Vec::new(),
            streams: HashMap::new(),
            placement: Placement::new(positions, seed),
            boundaries: Vec::new(),
            scavenged: HashSet::new(),
            recent_ids: HashMap::new(),
        };
        let system = |number: u128, event_type: &str, data: &'static str| Proposed {
            id: Uuid::from_u128(number),
            event_type: event_type.into(),
            content_type: "application/json".into(),
            custom_metadata: Bytes::new(),
            data: Bytes::from_static(data.as_bytes()),
        };
        let epoch = system(1, "$epoch-information", "{}");
        log.write(EPOCH_STREAM, vec![epoch], now);
        log.write(
            "$$$stats-127.0.0.1",
            vec![system(2, METADATA_TYPE, r#"{"$maxAge":86400}"#)],
            now,
        );
        log.write(
            "$user-admin",
            vec![system(3, "$UserCreated", r#"{"loginName":"admin"}"#)],
            now,
        );
        log.write("$users", vec![system(4, "$User", r#""admin""#)], now);
        log
    }

    pub(crate) fn records(&self) -> &[Arc<Record>] {
        &self.records
    }

    /// Changes a record where it stands, so that it is sent otherwise.
    pub(crate) fn spoil(&mut self, index: usize, change: impl FnOnce(&mut Record)) {
        change(Arc::make_mut(&mut self.records[index]));
    }

    pub(crate) fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.get(name)
    }

    pub(crate) fn metadata(&self, stream: &str) -> StreamMetadata {
        if stream.starts_with("$$") {
            // Of metadata only the last word counts.
            return StreamMetadata {
                max_count: Some(1),
                ..StreamMetadata::default()
            };
        }
        self.stream(stream)
            .map_or_else(StreamMetadata::default, |stream| stream.metadata.clone())
    }

    /// What was said of `stream`, if anything.
    pub(crate) fn own_metadata(&self, stream: &str) -> Option<&StreamMetadata> {
        self.stream(stream).map(|stream| &stream.metadata)
    }

    /// The last event of `stream`, hidden or not.
    pub(crate) fn last_event(&self, stream: &str) -> Option<&Arc<Record>> {
        let last = self.stream(stream)?.last()?;
        self.event(stream, last)
    }

    /// The event that has `revision` in `stream`, hidden or not.
    pub(crate) fn event(&self, stream: &str, revision: u64) -> Option<&Arc<Record>> {
        let index = *self
            .stream(stream)?
            .events
            .get(usize::try_from(revision).ok()?)?;
        self.records.get(index)
    }

    /// Which event of `stream` had `id`, if the server remembers.
    pub(crate) fn recent_revision(&self, id: Uuid, stream: &str) -> Option<u64> {
        let (written_to, revision) = self.recent_ids.get(&id)?;
        (&**written_to == stream).then_some(*revision)
    }

    /// Forgets which ids were written lately, as a restart does.
    pub(crate) fn forget_recent_ids(&mut self) {
        self.recent_ids.clear();
    }

    /// Whether the record at `index` is still there and shown in `$all`.
    pub(crate) fn shows(&self, index: usize) -> bool {
        self.records[index].is_shown_in_all() && !self.scavenged.contains(&index)
    }

    /// Index of the first record at or after `position`.
    pub(crate) fn index_at(&self, position: Position) -> usize {
        self.records
            .partition_point(|record| record.position < position)
    }

    /// Whether a reader may start at `position`: where a record begins, or beyond the end.
    pub(crate) fn is_valid(&self, position: Position) -> bool {
        position.commit == 0
            || position.commit >= self.placement.end()
            || self.boundaries.binary_search(&position.commit).is_ok()
    }

    /// Writes `events` at the end of `stream`, unchecked, and answers the last record.
    pub(crate) fn write(
        &mut self,
        stream: &str,
        events: Vec<Proposed>,
        now: SystemTime,
    ) -> Option<Arc<Record>> {
        let name: Arc<str> = match self.streams.get_key_value(stream) {
            Some((name, _)) => Arc::clone(name),
            None => stream.into(),
        };
        let sizes: Vec<usize> = events.iter().map(Proposed::bytes).collect();
        let boundary = self.boundaries.len();
        for (event, position) in events.into_iter().zip(self.placement.place(&sizes)) {
            let entry = self.streams.entry(Arc::clone(&name)).or_default();
            let revision = entry.events.len() as u64;
            entry.events.push(self.records.len());
            self.recent_ids
                .insert(event.id, (Arc::clone(&name), revision));
            self.push(&name, revision, position, event, now);
        }
        // One commit may follow several prepares, so the two do not come in order.
        self.boundaries[boundary..].sort_unstable();
        self.learn_metadata(stream);
        self.records.last().cloned()
    }

    /// Ends `stream` for ever.
    pub(crate) fn tombstone(&mut self, stream: &str, now: SystemTime) -> Position {
        let name: Arc<str> = stream.into();
        self.streams
            .entry(Arc::clone(&name))
            .or_default()
            .is_tombstoned = true;
        let event = Proposed {
            id: Uuid::from_u128(self.records.len() as u128),
            event_type: "$streamDeleted".into(),
            content_type: "application/octet-stream".into(),
            custom_metadata: Bytes::new(),
            data: Bytes::new(),
        };
        let position = self.placement.place(&[0])[0];
        self.push(&name, TOMBSTONE_REVISION, position, event, now);
        position
    }

    /// Removes from `$all` what is hidden in its stream, except each stream's last event.
    pub(crate) fn scavenge(&mut self, now: SystemTime) {
        for (name, stream) in &self.streams {
            let Some(last) = stream.last() else { continue };
            let metadata = self.metadata(name);
            let first = metadata.first_revision(last);
            for (revision, &index) in stream.events.iter().enumerate() {
                let revision = revision as u64;
                let expired = metadata.has_expired(self.records[index].created, now);
                if revision < last && (revision < first || expired || stream.is_tombstoned) {
                    self.scavenged.insert(index);
                }
            }
        }
    }

    /// From here on this copy is a database of its own.
    pub(crate) fn diverge(&mut self, salt: u64) {
        self.placement.diverge(salt);
        self.forget_recent_ids();
    }

    fn push(
        &mut self,
        stream: &Arc<str>,
        revision: u64,
        position: Position,
        event: Proposed,
        created: SystemTime,
    ) {
        self.boundaries.push(position.prepare);
        self.boundaries.push(position.commit);
        self.records.push(Arc::new(Record {
            position,
            stream: Arc::clone(stream),
            revision,
            id: event.id,
            event_type: event.event_type,
            content_type: event.content_type,
            // Not the whole message that they came in.
            custom_metadata: Bytes::copy_from_slice(&event.custom_metadata),
            data: Bytes::copy_from_slice(&event.data),
            created,
        }));
    }

    fn learn_metadata(&mut self, stream: &str) {
        let Some(about) = stream.strip_prefix("$$") else {
            return;
        };
        let last = self.stream(stream).and_then(Stream::last);
        let Some(record) = last.and_then(|last| self.event(stream, last)) else {
            return;
        };
        let metadata = StreamMetadata::parse(&record.data);
        self.streams.entry(about.into()).or_default().metadata = metadata;
    }

    /// Writes metadata with another `$tb` to `stream`.
    pub(crate) fn truncate(&mut self, stream: &str, before: u64, id: Uuid, now: SystemTime) {
        let data = self.metadata(stream).with_truncate_before(before);
        let event = Proposed {
            id,
            event_type: METADATA_TYPE.into(),
            content_type: "application/json".into(),
            custom_metadata: Bytes::new(),
            data: data.into(),
        };
        self.write(&metadata_stream(stream), vec![event], now);
    }
}
