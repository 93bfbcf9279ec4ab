//! The vocabulary, the pure traits and the ports of minwon.
//!
//! Core never awaits a timer of its own, opens a file or asks for the time: all of that comes
//! through the ports [`EventStore`], [`SnapshotStore`], [`CheckpointStore`] and [`Timer`].
//! [`CommandHandler::transact`] is the one place that loads, folds, decides, appends and retries.

#[cfg(test)]
use minwon_test_panics as _;

mod checkpoint;
mod codec;
mod command;
mod dead_letter;
mod decider;
mod event;
mod fingerprint;
pub mod foreign_text;
mod id;
mod log_digest;
#[cfg(feature = "memory")]
pub mod memory;
mod metadata;
pub mod metrics;
mod projection;
mod reactor;
mod read_model;
mod snapshot;
mod store;
mod stream;
mod text;
mod time;
pub mod trace;
mod transact;
mod upcast;

#[cfg(feature = "testing")]
pub mod testing;

pub use checkpoint::{CheckpointError, CheckpointName, CheckpointStore, Slice};
pub use codec::{
    CodecDecoder, CodecError, EncodedEvent, EventCodec, EventShape, PlainEvent, StoredEvent,
};
pub use command::{Command, CommandContext};
pub use dead_letter::{
    Added, Compensated, ConsumerLetters, DEAD_LETTERS, DeadLetterBook, DeadLetterEvent, EventRef,
    Failure, FailureClass, HeldEvent, HeldState, LetterChange, LetterGroup, LetterState, OpenQueue,
    Parked, QueueOpened, RETRIES_MAX, Released, RetryFailed, RetryRequested, Skipped,
    dead_letter_category, dead_letter_codec, dead_letter_directory, dead_letter_queue,
    is_dead_letter, read_dead_letter,
};
pub use decider::{Aggregate, Decider, Decision, Named, StateSchema};
pub use event::{EventFault, FaultKind, NewEvent, RecordedEvent, SchemaVersion, Unreadable};
pub use fingerprint::CommandFingerprint;
pub use id::{CausationId, CommandId, CorrelationId, EventId};
pub use log_digest::{LogAltered, LogCheck, LogDigest, LoggedEvent, check_log};
pub use metadata::{
    EncodedMetadata, EventMetadata, MetadataError, MetadataFields, TraceId, TraceParent,
};
pub use projection::{
    CountCell, DecoderFingerprint, EventDecoder, IndexEntry, IndexName, ListName, Lookup, Order,
    Projection, RecordKey, SliceCount, Stored, StoredView, ViewSchema, key_hash, projection_key,
};
pub use reactor::{
    Cause, CommandExecutor, ExecuteError, Reaction, ReactionKind, Reactor, reaction_id, reactor_key,
};
pub use read_model::{
    CLAIMANTS_MAX, Catalogue, CatalogueError, CheckpointTextError, CommitError, Counts, Direction,
    Epoch, Generation, GenerationInfo, GenerationName, Incarnation, LastEvent, Lease, ListChange,
    ListPage, ListPlace, ListQuery, Loaded, MemberName, ModelName, Phase, ReadModelAdmin,
    ReadModelStore, ScanCursor, ScanPage, SliceCheckpoint, SliceLeases, SliceName, SliceWrites,
    StoredItem, Wanted,
};
pub use snapshot::{NoSnapshots, Snapshot, SnapshotKey, SnapshotPolicy, SnapshotStore};
pub use store::{
    APPEND_EVENTS_MAX, AppendError, Appended, EVENT_BYTES_MAX, EventFilter, EventStore, Feed,
    FeedBatch, LogPage, StoreError, StoreErrorKind, StreamPage,
};
pub use stream::{ExpectedVersion, GlobalPosition, StreamName, StreamVersion, Token};
#[doc(hidden)]
pub use text::read_text;
pub use text::{
    ActorId, CategoryName, ConsumerName, EventType, NameError, NamespaceName, ProjectionName,
    ServiceName, Stage, Subject, ViewKey,
};
pub use time::{Clock, InSeoul, Timer, Timestamp, TimestampError, in_seoul};
pub use transact::{CommandHandler, CommandIdError, Outcome, TransactError};
pub use upcast::{IncompleteUpcasters, Upcasters};

/// The JSON functions that [`stored_events!`] calls.
#[doc(hidden)]
pub mod json {
    pub use serde_json::{Error, to_vec};

    /// As `serde_json` does, but looks once whether the whole is UTF-8, and not at each text.
    ///
    /// # Errors
    /// Those of `serde_json`.
    pub fn from_slice<'a, T: serde::Deserialize<'a>>(json: &'a [u8]) -> Result<T, Error> {
        match std::str::from_utf8(json) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(json),
        }
    }
}
