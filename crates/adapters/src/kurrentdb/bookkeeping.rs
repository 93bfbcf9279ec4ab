//! Streams of our own, beside those of the events: read from their end, written by
//! compare-and-set.
//!
//! Their names begin with `minwon-`, and so never look like `namespace_Category-id`: no namespace
//! holds a hyphen.

use std::time::Duration;

use bytes::Bytes;
use minwon_core::EventId;
use minwon_kurrentdb_protocol::streams::append_req::ProposedMessage;

use super::{
    client::{Answer, Client, Messages, Sent},
    codec,
    error::Fault,
    link::{Link, Tries},
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
    event: &ProposedMessage,
) -> Result<Written, Fault> {
    let limit = link.options().call_timeout;
    let mut tries = Tries::new(link.options());
    loop {
        let events = vec![event.clone()];
        let append =
            |client: Client| async move { client.append(limit, stream, after, events).await };
        match link.call(append).await {
            Ok(Answer::Written { revision, .. }) => return Ok(Written::At(revision)),
            Ok(Answer::Elsewhere(_)) => return Ok(Written::Conflict),
            Err(fault) if fault.is_transient() && tries.again().await => {}
            Err(fault) => return Err(fault),
        }
    }
}

/// Lets a stream that is to be begun keep its newest `count` events only.
pub(super) async fn keep_newest(link: &Link, stream: &str, count: u64) -> Result<(), Fault> {
    let id = id_of(&[stream.as_bytes(), b"$metadata"]);
    let event = json_event(id, "$metadata", &serde_json::json!({ "$maxCount": count }));
    // A conflict means that it was begun before: then it is set, or somebody set it otherwise.
    append(link, &format!("$${stream}"), None, &event).await?;
    Ok(())
}

/// An event of ours whose content is JSON.
pub(super) fn json_event(
    id: EventId,
    event_type: &str,
    content: &impl serde::Serialize,
) -> ProposedMessage {
    let content = serde_json::to_vec(content).expect("texts and numbers can be written as JSON");
    codec::message(id, event_type, true, Bytes::new(), content.into())
}

/// An id that belongs to these texts alone.
pub(super) fn id_of(parts: &[&[u8]]) -> EventId {
    let mut name = Vec::new();
    for part in parts {
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part);
    }
    let scope = *b"minwon kurrentdb";
    EventId::from_bytes(*minwon_core::CommandId::derive(&scope, name).as_bytes())
}

/// The last event of `stream`, or `None` where there is no such stream.
pub(super) async fn last(link: &Link, stream: &str) -> Result<Option<Sent>, Fault> {
    let limit = link.options().call_timeout;
    let last = |client| async move {
        let mut events = Backwards::open(&client, limit, stream, 1).await?;
        events.next().await
    };
    link.read(last).await
}

/// A stream, from its end on.
pub(super) struct Backwards {
    events: Messages,
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
        Ok(Self {
            events: client.read_stream(limit, stream, None, events_max).await?,
            limit,
            is_empty: true,
        })
    }

    /// The event before.
    pub(super) async fn next(&mut self) -> Result<Option<Sent>, Fault> {
        match self.events.next_event(self.limit).await {
            Ok(Some(event)) => {
                self.is_empty = false;
                Ok(Some(event))
            }
            // A stream that is there has an event, as what is kept is never truncated to nothing.
            Ok(None) if self.is_empty => Err(Fault::CutOff),
            Ok(None) => Ok(None),
            Err(fault) if fault.is_no_stream() => Ok(None),
            Err(fault) => Err(fault),
        }
    }
}
