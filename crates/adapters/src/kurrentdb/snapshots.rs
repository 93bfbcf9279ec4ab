//! Snapshots: one stream for those of each stream, which keeps its newest events only.
//!
//! A snapshot may be larger than what a server takes in one append, so it is a run of events, its
//! parts. One that lacks a part is passed over.

use std::time::Duration;

use bytes::Bytes;
use minwon_core::{
    EventId, GlobalPosition, Snapshot, SnapshotStore, StateSchema, StoreError, StoreErrorKind,
    StreamName, StreamVersion,
};
use minwon_kurrentdb_protocol::streams::append_req::ProposedMessage;
use serde::{Deserialize, Serialize};

use super::{
    KurrentStore,
    bookkeeping::{self, Backwards, Written},
    client::Client,
    codec,
    error::Fault,
};

const EVENT_TYPE: &str = "SnapshotSaved";

/// Events that a stream of snapshots keeps: room for some schemas side by side.
const EVENTS_KEPT: u64 = 32;

/// Most parts of one snapshot.
const PARTS_MAX: usize = 16;

/// Largest part. Unit: bytes.
const PART_BYTES_MAX: usize = 960 * 1024;

/// Of an append, kept free for the names and metadata of a part. Unit: bytes.
const PART_BYTES_ASIDE: usize = 4096;

/// How often others may save a snapshot of the same stream while one is saved.
const TRIES_MAX: u32 = 16;

/// The metadata of a part; its data is its share of the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    schema: u64,
    version: StreamVersion,
    event_id: EventId,
    position: GlobalPosition,
    /// From 0.
    part: usize,
    parts: usize,
}

/// The end of a stream of snapshots.
struct Tail {
    /// Of the last event; none where there is no stream.
    revision: Option<u64>,
    /// The newest whole snapshot of the schema.
    snapshot: Option<Snapshot>,
}

fn stream_of(stream: &StreamName) -> String {
    format!("minwon-snapshot-{stream}")
}

impl KurrentStore {
    async fn read_snapshots(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Tail, StoreError> {
        let name = stream_of(stream);
        let name = name.as_str();
        let limit = self.link.options().call_timeout;
        let read = |client| read_tail(client, limit, name, stream, schema);
        let tail = self.link.read(read).await;
        tail.map_err(|fault| fault.into_store_error(format_args!("reading {name}")))
    }

    /// Returns whether all parts could be put after the event with revision `after`.
    async fn put_snapshot(
        &self,
        stream: &str,
        mut after: Option<u64>,
        snapshot: &Snapshot,
        part_bytes: usize,
    ) -> Result<bool, Fault> {
        if after.is_none() {
            bookkeeping::keep_newest(&self.link, stream, EVENTS_KEPT).await?;
        }
        for event in events(stream, after, snapshot, part_bytes) {
            match bookkeeping::append(&self.link, stream, after, &event).await? {
                Written::At(revision) => after = Some(revision),
                Written::Conflict => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Largest part that an append holds.
    fn part_bytes(&self, snapshot: &Snapshot) -> Result<usize, StoreError> {
        let append_bytes_max = self.link.options().append_bytes_max.get();
        let part_bytes = append_bytes_max
            .saturating_sub(PART_BYTES_ASIDE)
            .clamp(1, PART_BYTES_MAX);
        if snapshot.state.len() <= part_bytes * PARTS_MAX {
            return Ok(part_bytes);
        }
        let what = format!(
            "the snapshot of {} has {} bytes, and more than {} are not kept in KurrentDB",
            snapshot.stream,
            snapshot.state.len(),
            part_bytes * PARTS_MAX
        );
        Err(StoreError::new(StoreErrorKind::Misconfigured, what))
    }
}

/// The parts of a snapshot, to be appended one by one.
fn events(
    stream: &str,
    after: Option<u64>,
    snapshot: &Snapshot,
    part_bytes: usize,
) -> Vec<ProposedMessage> {
    let parts = snapshot.state.len().div_ceil(part_bytes).max(1);
    let place = after.unwrap_or(u64::MAX).to_be_bytes();
    let event = |part: usize| {
        let from = part * part_bytes;
        let share = &snapshot.state[from..snapshot.state.len().min(from + part_bytes)];
        let metadata = Part {
            schema: snapshot.schema.get(),
            version: snapshot.version,
            event_id: snapshot.event_id,
            position: snapshot.position,
            part,
            parts,
        };
        let metadata = serde_json::to_vec(&metadata).expect("numbers and texts are JSON");
        // Also of what it holds: two savers at the same place must not take each other's parts for
        // their own.
        let id = bookkeeping::id_of(&[stream.as_bytes(), &place, &metadata, &snapshot.state]);
        let share = Bytes::copy_from_slice(share);
        codec::message(id, EVENT_TYPE, false, metadata.into(), share)
    };
    (0..parts).map(event).collect()
}

async fn read_tail(
    client: Client,
    limit: Duration,
    name: &str,
    stream: &StreamName,
    schema: StateSchema,
) -> Result<Tail, Fault> {
    let mut events = Backwards::open(&client, limit, name, EVENTS_KEPT as usize).await?;
    let mut revision = None;
    let mut run = Run::default();
    while let Some(event) = events.next().await? {
        revision = revision.or(Some(event.revision));
        if let Some(first) = run.take(&event.custom_metadata, event.data, schema) {
            let snapshot = Some(run.into_snapshot(stream, first));
            return Ok(Tail { revision, snapshot });
        }
    }
    Ok(Tail {
        revision,
        snapshot: None,
    })
}

/// The parts of one snapshot, from its last one on.
#[derive(Default)]
struct Run {
    /// The one that was found last.
    found: Option<Part>,
    shares: Vec<Bytes>,
}

impl Run {
    /// Takes the event before; answers the first part when all are found.
    fn take(&mut self, metadata: &[u8], share: Bytes, schema: StateSchema) -> Option<Part> {
        // A snapshot that cannot be read was not written by this program, and no snapshot is
        // missed.
        let part: Option<Part> = serde_json::from_slice(metadata).ok();
        let part = part.filter(|part| part.schema == schema.get())?;
        let is_next = self.found.as_ref().is_some_and(|found| {
            let before = found.part.checked_sub(1);
            before.is_some_and(|before| {
                part == Part {
                    part: before,
                    ..found.clone()
                }
            })
        });
        if !is_next {
            self.shares.clear();
            self.found = None;
            if part.part.checked_add(1) != Some(part.parts) {
                return None;
            }
        }
        self.shares.push(share);
        self.found = Some(part.clone());
        (part.part == 0).then_some(part)
    }

    fn into_snapshot(self, stream: &StreamName, part: Part) -> Snapshot {
        let shares: Vec<_> = self.shares.into_iter().rev().collect();
        Snapshot {
            stream: stream.clone(),
            schema: StateSchema::new(part.schema),
            version: part.version,
            event_id: part.event_id,
            position: part.position,
            state: shares.concat(),
        }
    }
}

impl SnapshotStore for KurrentStore {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.read_snapshots(stream, schema).await?.snapshot)
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let part_bytes = self.part_bytes(snapshot)?;
        let name = stream_of(&snapshot.stream);
        for _ in 0..TRIES_MAX {
            let tail = self
                .read_snapshots(&snapshot.stream, snapshot.schema)
                .await?;
            if tail
                .snapshot
                .is_some_and(|kept| kept.version > snapshot.version)
            {
                return Ok(());
            }
            let put = self.put_snapshot(&name, tail.revision, snapshot, part_bytes);
            let failed = |fault: Fault| fault.into_store_error(format_args!("appending to {name}"));
            if put.await.map_err(failed)? {
                return Ok(());
            }
        }
        let what = format!("others save to {name} so often that it could not be done");
        Err(StoreError::new(StoreErrorKind::Unavailable, what))
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        let name = stream_of(stream);
        let name = name.as_str();
        let limit = self.link.options().call_timeout;
        let delete = |client: Client| async move {
            // Deleting what is not there is an error of the server.
            let mut events = Backwards::open(&client, limit, name, 1).await?;
            if events.next().await?.is_some() {
                client.delete(limit, name, None).await?;
            }
            Ok(())
        };
        let deleted = self.link.read(delete).await;
        deleted.map_err(|fault| fault.into_store_error(format_args!("deleting {name}")))
    }
}

/// The newest snapshot among these parts, each its metadata and its share, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn newest(
    parts: impl IntoIterator<Item = (Bytes, Bytes)>,
    stream: &StreamName,
    schema: StateSchema,
) -> Option<Snapshot> {
    let mut run = Run::default();
    let mut parts = parts.into_iter();
    let first = parts.find_map(|(metadata, share)| run.take(&metadata, share, schema))?;
    Some(run.into_snapshot(stream, first))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by the fuzz targets: the number after the last one there is.
    #[test]
    fn a_part_of_any_number_is_passed_over() {
        let mut run = Run::default();
        let id = minwon_core::CommandId::derive(&[7; 16], "x").event_id(0);
        let part = format!(
            r#"{{"schema":1,"version":3,"eventId":"{id}","position":"4","part":{},"parts":0}}"#,
            usize::MAX
        );
        assert!(
            run.take(part.as_bytes(), Bytes::new(), StateSchema::new(1))
                .is_none()
        );
    }
}
