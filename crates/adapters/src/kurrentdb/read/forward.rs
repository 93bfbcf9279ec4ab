//! Reading a stream forwards, knowing its end from a read that was cut off.

use std::{ops::ControlFlow, time::Duration};

use kurrentdb::{Client, ReadEvent, ReadStreamOptions, RecordedEvent, StreamPosition};
use minwon_core::{StreamName, StreamVersion};

use crate::kurrentdb::{error::Fault, link::guarded};

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
    mut see: impl FnMut(RecordedEvent) -> ControlFlow<()>,
) -> Result<bool, Fault> {
    let options = ReadStreamOptions::default()
        .forwards()
        .position(StreamPosition::Position(span.from.get()))
        .max_count(span.count);
    let opening = client.read_stream(span.stream.as_str(), &options);
    let mut events = guarded(limit, opening).await?;
    let (mut seen, mut next, mut reported) = (0, span.from, None);
    while let Some(event) = guarded(limit, events.next_read_event()).await? {
        match event {
            ReadEvent::Event(resolved) => {
                let Some(event) = resolved.event else {
                    continue;
                };
                seen += 1;
                next = StreamVersion::new(event.revision).next();
                if see(event).is_break() {
                    return Ok(false);
                }
            }
            ReadEvent::LastStreamPosition(revision) => {
                reported = Some(StreamVersion::new(revision))
            }
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
        return Err(Fault::CutOff);
    }
    Ok(true)
}

/// The version of the last event in `stream`.
pub(in crate::kurrentdb) async fn last_version(
    client: &Client,
    limit: Duration,
    stream: &StreamName,
) -> Result<Option<StreamVersion>, Fault> {
    let options = ReadStreamOptions::default()
        .position(StreamPosition::End)
        .backwards()
        .max_count(1);
    let opening = client.read_stream(stream.as_str(), &options);
    let mut events = guarded(limit, opening).await?;
    let last = guarded(limit, events.next()).await?;
    Ok(last
        .and_then(|resolved| resolved.event)
        .map(|event| StreamVersion::new(event.revision)))
}
