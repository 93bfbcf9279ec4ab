//! Streams of our own, beside those of the events: read from their end, written by
//! compare-and-set.
//!
//! Their names begin with `minwon-`, and so never look like `namespace_Category-id`: no namespace
//! holds a hyphen.

use std::time::Duration;

use kurrentdb::{
    AppendToStreamOptions, Client, Error as ClientError, EventData, ReadStream, ReadStreamOptions,
    RecordedEvent, StreamPosition, StreamState,
};
use uuid::Uuid;

use super::{
    error::Fault,
    link::{Link, Tries, guarded},
};

/// The outcome of a compare-and-set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// It is there, at this revision.
    At(u64),
    /// The stream is elsewhere than expected.
    Conflict,
}

/// Appends one event if the last one has revision `after`.
///
/// Where the outcome is unknown the very same append is sent again, which the server recognises
/// by the event's id: so that id must belong to this content and this place alone.
///
/// # Errors
/// When it may or may not have been written; read it back.
pub(super) async fn append(
    link: &Link,
    stream: &str,
    after: Option<u64>,
    event: &EventData,
) -> Result<Written, Fault> {
    let expected = after.map_or(StreamState::NoStream, StreamState::StreamRevision);
    let options = &AppendToStreamOptions::default().stream_state(expected);
    let mut tries = Tries::new(link.options());
    loop {
        let event = event.clone();
        let written = link
            .call(|client| async move { client.append_to_stream(stream, options, event).await });
        match written.await {
            Ok(written) => return Ok(Written::At(written.next_expected_version)),
            Err(Fault::Client(ClientError::WrongExpectedVersion { .. })) => {
                return Ok(Written::Conflict);
            }
            Err(fault) if fault.is_transient() && tries.again().await => {}
            Err(fault) => return Err(fault),
        }
    }
}

/// Lets a stream that is to be begun keep its newest `count` events only.
pub(super) async fn keep_newest(link: &Link, stream: &str, count: u64) -> Result<(), Fault> {
    // Not by the client, which does not write all of its metadata as the server reads them.
    let event = json_event("$metadata", &serde_json::json!({ "$maxCount": count }));
    let event = event.id(id_of(&[stream.as_bytes(), b"$metadata"]));
    // A conflict means that it was begun before: then it is set, or somebody set it otherwise.
    append(link, &format!("$${stream}"), None, &event).await?;
    Ok(())
}

/// An event of ours whose content is JSON.
pub(super) fn json_event(event_type: &str, content: &impl serde::Serialize) -> EventData {
    EventData::json(event_type, content).expect("texts and numbers can be written as JSON")
}

/// An id that belongs to these texts alone.
pub(super) fn id_of(parts: &[&[u8]]) -> Uuid {
    let mut name = Vec::new();
    for part in parts {
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part);
    }
    let scope = *b"minwon kurrentdb";
    Uuid::from_bytes(*minwon_core::CommandId::derive(&scope, name).as_bytes())
}

/// The last event of `stream`, or `None` where there is no such stream.
pub(super) async fn last(link: &Link, stream: &str) -> Result<Option<RecordedEvent>, Fault> {
    let limit = link.options().call_timeout;
    let last = |client| async move {
        let mut events = Backwards::open(&client, limit, stream, 1).await?;
        events.next().await
    };
    link.read(last).await
}

/// A stream, from its end on.
pub(super) struct Backwards {
    events: ReadStream,
    limit: Duration,
    is_empty: bool,
}

impl Backwards {
    /// The last `events_max` events of `stream`; `limit` is how long each of them may take.
    pub(super) async fn open(
        client: &Client,
        limit: Duration,
        stream: &str,
        events_max: usize,
    ) -> Result<Self, Fault> {
        let options = ReadStreamOptions::default()
            .position(StreamPosition::End)
            .max_count(events_max);
        Ok(Self {
            events: guarded(limit, client.read_stream(stream, &options)).await?,
            limit,
            is_empty: true,
        })
    }

    /// The event before.
    pub(super) async fn next(&mut self) -> Result<Option<RecordedEvent>, Fault> {
        match guarded(self.limit, self.events.next()).await {
            Ok(Some(read)) => {
                self.is_empty = false;
                read.event.map(Some).ok_or(Fault::CutOff)
            }
            // A stream that is there has an event, as what is kept is never truncated to nothing.
            Ok(None) if self.is_empty => Err(Fault::CutOff),
            Ok(None) => Ok(None),
            Err(fault) if fault.is_no_stream() => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}
