//! What is kept beside the log: snapshots and checkpoints.

use minwon_core::{
    CheckpointName, EventId, GlobalPosition, Snapshot, StateSchema, StreamName, StreamVersion,
};
use rusqlite::Connection;

use super::sql::{execute, find};

pub(super) fn load_snapshot(
    connection: &Connection,
    stream: &StreamName,
    schema: StateSchema,
) -> rusqlite::Result<Option<Snapshot>> {
    let sql = "SELECT version, event_id, position, state FROM snapshots
               WHERE stream = ?1 AND schema = ?2";
    let key = (stream.as_str(), schema.get().cast_signed());
    find(connection, sql, key, |row| {
        Ok(Snapshot {
            stream: stream.clone(),
            schema,
            version: StreamVersion::new(row.get(0)?),
            event_id: EventId::from_bytes(row.get(1)?),
            position: GlobalPosition::from_bytes(row.get(2)?),
            state: row.get(3)?,
        })
    })
}

pub(super) fn save_snapshot(connection: &Connection, snapshot: &Snapshot) -> rusqlite::Result<()> {
    let sql = "INSERT INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5, ?6)
               ON CONFLICT DO UPDATE SET version = excluded.version,
                   event_id = excluded.event_id, position = excluded.position,
                   state = excluded.state
               WHERE excluded.version >= version";
    let row = (
        snapshot.stream.as_str(),
        // SQLite counts signed; the bits are what matters.
        snapshot.schema.get().cast_signed(),
        snapshot.version.get(),
        snapshot.event_id.as_bytes(),
        snapshot.position.to_bytes(),
        &snapshot.state,
    );
    execute(connection, sql, row).map(drop)
}

pub(super) fn delete_snapshots(
    connection: &Connection,
    stream: &StreamName,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM snapshots WHERE stream = ?1";
    execute(connection, sql, [stream.as_str()]).map(drop)
}

pub(super) fn load_checkpoint(
    connection: &Connection,
    name: &CheckpointName,
) -> rusqlite::Result<GlobalPosition> {
    let sql = "SELECT position FROM consumer_checkpoints
               WHERE namespace = ?1 AND consumer = ?2 AND slice = ?3";
    let kept = find(connection, sql, key_of(name), |row| {
        Ok(checkpoint_from(name, row.get_ref(0)?.as_blob()?))
    })?;
    Ok(kept.unwrap_or(GlobalPosition::START))
}

/// The stored form of a checkpoint: the position, and a checksum over whose it is and where it stands.
fn checkpoint_bytes(name: &CheckpointName, position: GlobalPosition) -> [u8; 20] {
    let position = position.to_bytes();
    let mut hasher = crc32fast::Hasher::new();
    let (namespace, consumer, slice) = key_of(name);
    // No name has a blank.
    hasher.update(format!("{namespace} {consumer} {slice} ").as_bytes());
    hasher.update(&position);
    let mut bytes = [0; 20];
    bytes[..16].copy_from_slice(&position);
    bytes[16..].copy_from_slice(&hasher.finalize().to_be_bytes());
    bytes
}

/// Reads a checkpoint. Where it is damaged, its consumer begins at the start: what is handled again has
/// no effect, and what is passed over is lost.
fn checkpoint_from(name: &CheckpointName, bytes: &[u8]) -> GlobalPosition {
    let position = bytes
        .first_chunk::<16>()
        .map(|position| GlobalPosition::from_bytes(*position));
    match position {
        // Earlier programs wrote none.
        Some(position) if bytes.len() == 16 => position,
        Some(position) if bytes == checkpoint_bytes(name, position) => position,
        _ => {
            tracing::warn!(%name, "the checkpoint is damaged, so its consumer begins at the start of the log");
            GlobalPosition::START
        }
    }
}

/// Moves a checkpoint. Returns where it was found, if that is neither `expected` nor `position`.
pub(super) fn save_checkpoint(
    connection: &Connection,
    name: &CheckpointName,
    expected: GlobalPosition,
    position: GlobalPosition,
) -> rusqlite::Result<Option<GlobalPosition>> {
    let kept = load_checkpoint(connection, name)?;
    if kept != expected && kept != position {
        return Ok(Some(kept));
    }
    let sql = "INSERT INTO consumer_checkpoints VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT DO UPDATE SET position = excluded.position";
    let (namespace, consumer, slice) = key_of(name);
    let row = (namespace, consumer, slice, checkpoint_bytes(name, position));
    execute(connection, sql, row).map(|_| None)
}

fn key_of(name: &CheckpointName) -> (&str, &str, u16) {
    let (namespace, consumer) = (name.namespace.as_str(), name.consumer.as_str());
    (namespace, consumer, name.slice.get())
}
