//! The events of a stream, read back where the server's answer leaves room for doubt.

use std::{ops::ControlFlow, time::Duration};

use minwon_core::{GlobalPosition, StreamVersion};

use super::Append;
use crate::kurrentdb::{
    client::Sent,
    codec::EncodedEvent,
    error::Fault,
    read::{Span, last_version, read_forward},
};

/// The state of the place where an append would put its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadBack {
    /// Events with the same ids in the same order.
    Ours {
        /// The position of the last one.
        position: GlobalPosition,
        /// Whether they say the same, too.
        is_same: bool,
    },
    /// At least one other event.
    Others {
        /// The last version that was looked at.
        last: StreamVersion,
    },
    /// No event.
    Nothing,
}

/// Where the first event of an append was found, and the last event of the stream.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    pub(super) first: Option<StreamVersion>,
    pub(super) last: Option<StreamVersion>,
}

impl Append {
    /// Reads what stands at `first` and on.
    pub(super) async fn read_back(&self, first: StreamVersion) -> Result<ReadBack, Fault> {
        let (limit, count) = (self.limit(), self.events.len());
        let read = self.store.link.read(|client| async move {
            let mut found = Vec::with_capacity(count);
            let span = Span {
                stream: &self.stream,
                from: first,
                count,
            };
            read_forward(&client, limit, span, |event| {
                found.push(event);
                ControlFlow::Continue(())
            })
            .await?;
            Ok(self.compare(first, &found))
        });
        or_no_stream(read.await, ReadBack::Nothing)
    }

    fn compare(&self, first: StreamVersion, found: &[Sent]) -> ReadBack {
        let Some(last) = found.last() else {
            return ReadBack::Nothing;
        };
        let mut pairs = found.iter().zip(&*self.events).zip(first.get()..);
        let is_ours = |((event, ours), version): ((&Sent, &EncodedEvent), u64)| {
            event.revision == version && ours.has_id(event)
        };
        // Where there are fewer, the stream ends: an append of fewer events.
        if found.len() != self.events.len() || !pairs.all(is_ours) {
            let last = StreamVersion::new(last.revision);
            return ReadBack::Others { last };
        }
        let mut pairs = found.iter().zip(&*self.events);
        ReadBack::Ours {
            position: last.position,
            is_same: pairs.all(|(event, ours)| ours.says_the_same(event)),
        }
    }

    /// Looks through the whole stream for the first event.
    pub(super) async fn find_first(&self) -> Result<Found, Fault> {
        let limit = self.limit();
        let read = self.store.link.read(|client| async move {
            let mut found = Found::default();
            let span = Span {
                stream: &self.stream,
                from: StreamVersion::FIRST,
                count: usize::MAX,
            };
            read_forward(&client, limit, span, |event| {
                let version = StreamVersion::new(event.revision);
                if self.events[0].has_id(&event) {
                    found.first = Some(version);
                }
                found.last = Some(version);
                ControlFlow::Continue(())
            })
            .await?;
            Ok(found)
        });
        or_no_stream(read.await, Found::default())
    }

    /// The version of the last event in the stream.
    pub(super) async fn last(&self) -> Result<Option<StreamVersion>, Fault> {
        let limit = self.limit();
        let read = self
            .store
            .link
            .read(|client| async move { last_version(&client, limit, &self.stream).await });
        or_no_stream(read.await, None)
    }

    pub(super) fn limit(&self) -> Duration {
        self.store.link.options().call_timeout
    }
}

fn or_no_stream<T>(answer: Result<T, Fault>, none: T) -> Result<T, Fault> {
    match answer {
        Err(fault) if fault.is_no_stream() => Ok(none),
        answer => answer,
    }
}
