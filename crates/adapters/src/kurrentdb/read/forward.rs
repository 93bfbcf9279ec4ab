//! Reading a stream forwards, knowing its end from a read that was cut off.

use std::{ops::ControlFlow, time::Duration};

use minwon_core::{StreamName, StreamVersion};

use crate::kurrentdb::{
    client::{Client, Message, Sent},
    error::Fault,
};

/// A part of a stream.
#[derive(Clone, Copy)]
pub(in crate::kurrentdb) struct Span<'a> {
    pub(in crate::kurrentdb) stream: &'a StreamName,
    /// The first version (inclusive).
    pub(in crate::kurrentdb) from: StreamVersion,
    /// Most events.
    pub(in crate::kurrentdb) count: usize,
}

/// Shows `see` one event after the other, until it breaks. Whether the stream ended there.
pub(in crate::kurrentdb) async fn read_forward(
    client: &Client,
    limit: Duration,
    span: Span<'_>,
    mut see: impl FnMut(Sent) -> ControlFlow<()>,
) -> Result<bool, Fault> {
    let from = Some(span.from.get());
    let stream = span.stream.as_str();
    let mut events = client.read_stream(limit, stream, from, span.count).await?;
    let (mut seen, mut next, mut reported) = (0, span.from, None);
    let mut begins = None;
    while let Some(message) = events.next(limit).await? {
        match message {
            Message::Event(event) => {
                seen += 1;
                next = StreamVersion::new(event.revision).next();
                if see(event).is_break() {
                    return Ok(false);
                }
            }
            Message::FirstRevision(revision) => begins = Some(revision),
            Message::LastRevision(revision) => reported = Some(StreamVersion::new(revision)),
            _ => {}
        }
    }
    if seen >= span.count {
        return Ok(reported.is_some_and(|last| last < next));
    }
    // Servers report the last version where a read reaches it; one that does not is asked.
    let last = match reported {
        Some(last) => Some(last),
        None => last_version(client, limit, span.stream).await?,
    };
    if last.is_some_and(|last| last >= next) {
        // Nothing is left of it, or the read ended early.
        return Err(match begins {
            Some(first) if seen == 0 => Fault::BeginsAt(first),
            _ => Fault::CutOff,
        });
    }
    Ok(true)
}

/// The version of the last event in `stream`.
pub(in crate::kurrentdb) async fn last_version(
    client: &Client,
    limit: Duration,
    stream: &StreamName,
) -> Result<Option<StreamVersion>, Fault> {
    let mut events = client.read_stream(limit, stream.as_str(), None, 1).await?;
    let last = events.next_event(limit).await?;
    Ok(last.map(|event| StreamVersion::new(event.revision)))
}
