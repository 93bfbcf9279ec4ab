//! The answers to a read or a subscription, one after the other.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{FutureExt as _, Stream};
use minwon_core::{EventId, GlobalPosition};
use minwon_kurrentdb_protocol::{
    Uuid,
    streams::{
        ReadResp,
        read_resp::{Content, ReadEvent, read_event::RecordedEvent},
    },
    uuid::Value,
};
use tonic::Streaming;

use super::lines::Place;
use crate::kurrentdb::error::{Fault, within};

/// One of them.
#[derive(Debug)]
pub(in crate::kurrentdb) enum Message {
    Event(Sent),
    /// Everything up to here was considered.
    Checkpoint(GlobalPosition),
    /// The subscription has come to what is new; servers before 24.10.5 do not say where that is.
    CaughtUp(Option<GlobalPosition>),
    FellBehind,
    /// Where the stream that is read goes on, as it has nothing where it was looked for.
    FirstRevision(u64),
    /// Where the stream that is read ends.
    LastRevision(u64),
    /// One that says nothing to us.
    Other,
}

/// An event as the server sent it.
#[derive(Debug, Clone)]
pub(in crate::kurrentdb) struct Sent {
    pub(in crate::kurrentdb) id: EventId,
    pub(in crate::kurrentdb) stream: Bytes,
    pub(in crate::kurrentdb) revision: u64,
    pub(in crate::kurrentdb) position: GlobalPosition,
    pub(in crate::kurrentdb) event_type: Bytes,
    /// When it was recorded. Unit: 100 ns since 1970, as text.
    pub(in crate::kurrentdb) created: Bytes,
    pub(in crate::kurrentdb) data: Bytes,
    pub(in crate::kurrentdb) custom_metadata: Bytes,
}

/// The answers that are yet to come.
#[derive(Debug)]
pub(in crate::kurrentdb) struct Messages {
    /// Of a subscription, on its connection. Goes before the server hears of the end.
    _place: Option<Place>,
    answers: Streaming<ReadResp>,
}

impl Messages {
    pub(super) fn new(answers: Streaming<ReadResp>, place: Option<Place>) -> Self {
        Self {
            _place: place,
            answers,
        }
    }

    /// The next one, which may take up to `limit`; none at the end.
    pub(in crate::kurrentdb) async fn next(
        &mut self,
        limit: Duration,
    ) -> Result<Option<Message>, Fault> {
        let mut next = poll_fn(|context| self.poll_next(context));
        // Most have come by then, and need no timer.
        if let Some(next) = (&mut next).now_or_never() {
            return next.transpose();
        }
        within(limit, async { next.await.transpose() }).await
    }

    /// The next event; what else is said is passed over.
    pub(in crate::kurrentdb) async fn next_event(
        &mut self,
        limit: Duration,
    ) -> Result<Option<Sent>, Fault> {
        loop {
            match self.next(limit).await? {
                Some(Message::Event(event)) => return Ok(Some(event)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }

    pub(in crate::kurrentdb) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Message, Fault>>> {
        let answer = ready!(Pin::new(&mut self.answers).poll_next(context));
        Poll::Ready(answer.map(|answer| message_of(answer?)))
    }
}

fn message_of(answer: ReadResp) -> Result<Message, Fault> {
    Ok(match answer.content {
        Some(Content::Event(event)) => Message::Event(sent(event)?),
        Some(Content::Checkpoint(at)) => {
            let (commit, prepare) = (at.commit_position, at.prepare_position);
            Message::Checkpoint(GlobalPosition::from_parts(commit, prepare))
        }
        Some(Content::CaughtUp(caught_up)) => {
            let at = caught_up.position;
            Message::CaughtUp(
                at.map(|at| GlobalPosition::from_parts(at.commit_position, at.prepare_position)),
            )
        }
        Some(Content::FellBehind(_)) => Message::FellBehind,
        Some(Content::FirstStreamPosition(revision)) => Message::FirstRevision(revision),
        Some(Content::LastStreamPosition(revision)) => Message::LastRevision(revision),
        Some(Content::StreamNotFound(_)) => return Err(Fault::NoStream),
        _ => Message::Other,
    })
}

/// Links are not resolved, so an event is all there is to an answer.
fn sent(event: ReadEvent) -> Result<Sent, Fault> {
    let event = event.event.ok_or(Fault::Malformed("an event is empty"))?;
    let id = id_of(&event).ok_or(Fault::Malformed("an event has no id"))?;
    let stream = event.stream_identifier.map(|stream| stream.stream_name);
    let (mut event_type, mut created) = (Bytes::new(), Bytes::new());
    for entry in event.metadata {
        match &*entry.key {
            b"type" => event_type = entry.value,
            b"created" => created = entry.value,
            _ => {}
        }
    }
    Ok(Sent {
        id,
        stream: stream.ok_or(Fault::Malformed("an event has no stream"))?,
        revision: event.stream_revision,
        position: GlobalPosition::from_parts(event.commit_position, event.prepare_position),
        event_type,
        created,
        data: event.data,
        custom_metadata: event.custom_metadata,
    })
}

fn id_of(event: &RecordedEvent) -> Option<EventId> {
    match event.id.as_ref()? {
        Uuid {
            value: Some(Value::Structured(id)),
        } => {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&id.most_significant_bits.to_be_bytes());
            bytes[8..].copy_from_slice(&id.least_significant_bits.to_be_bytes());
            Some(EventId::from_bytes(bytes))
        }
        Uuid {
            value: Some(Value::String(text)),
        } => text.parse().ok(),
        Uuid { value: None } => None,
    }
}
