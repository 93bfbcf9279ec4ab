//! Events before and after they are appended.

mod fault;

pub use self::fault::{EventFault, FaultKind, Unreadable};

use bytes::Bytes;

use crate::{
    id::EventId,
    metadata::{EncodedMetadata, EventMetadata, TraceParent},
    stream::{GlobalPosition, StreamName, StreamVersion},
    text::{EventType, Subject},
    time::Timestamp,
};

crate::text::number_newtype! {
    /// Which form of its payload an event was written in, from 1.
    SchemaVersion(u16)
}

impl SchemaVersion {
    /// The first form.
    pub const FIRST: Self = Self(1);

    /// The form after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// An event before it is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its stored name.
    pub event_type: EventType,
    /// The form of its payload.
    pub schema_version: SchemaVersion,
    /// Who, when and why.
    pub metadata: EventMetadata,
    /// The payload, as JSON.
    pub payload: Bytes,
}

impl NewEvent {
    /// Its identity.
    #[must_use]
    pub fn id(&self) -> EventId {
        self.metadata.event_id
    }
}

/// An event that is in the log.
///
/// A clone is cheap, but keeps the page alive that the event was read in: copy what you keep for
/// long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its place in the whole log.
    pub position: GlobalPosition,
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Its place in that stream.
    pub version: StreamVersion,
    /// Its stored name.
    pub event_type: EventType,
    /// The form of its payload.
    pub schema_version: SchemaVersion,
    /// When the store took it.
    pub recorded_at: Timestamp,
    /// Who, when and why.
    pub metadata: EncodedMetadata,
    /// The payload, as JSON.
    pub payload: Bytes,
    /// Why the store could not read it, where it could not. Then nothing but its place is to be
    /// trusted: what cannot be read is made up.
    pub fault: Option<Box<EventFault>>,
}

impl RecordedEvent {
    /// Its identity.
    #[must_use]
    pub fn id(&self) -> EventId {
        self.metadata.event_id()
    }

    /// Returns the subject of the event. Where its metadata does not say, that is the id of its
    /// stream.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let named = Subject::new(self.metadata.subject());
        named.unwrap_or_else(|_| Subject::of_stream(&self.stream))
    }

    /// Where in a trace it was written; none where it was in none, or its metadata says nothing that is
    /// one.
    #[must_use]
    pub fn traceparent(&self) -> Option<TraceParent> {
        TraceParent::new(self.metadata.traceparent()?).ok()
    }
}
