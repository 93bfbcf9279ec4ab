//! The events that stand in a stream: read back where the server's answer leaves room for doubt.

use std::{ops::ControlFlow, time::Duration};

use kurrentdb::RecordedEvent;
use minwon_core::{GlobalPosition, StreamVersion};

use super::Append;
use crate::kurrentdb::{
    codec::position_of,
    error::Fault,
    read::{Span, last_version, read_forward},
};

/// The state of the place where an append would put its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
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
    pub(super) async fn standing(&self, first: StreamVersion) -> Result<Standing, Fault> {
        let (limit, count) = (self.limit(), self.events.len());
        let read = self.store.link.read(|client| async move {
            let mut comparison = Comparison::new(self, first);
            let stream = &self.stream;
            let span = Span {
                stream,
                from: first,
                count,
            };
            read_forward(&client, limit, span, |event| {
                comparison.add(&event);
                ControlFlow::Continue(())
            })
            .await?;
            Ok(comparison.finish())
        });
        or_no_stream(read.await, Standing::Nothing)
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

    fn limit(&self) -> Duration {
        self.store.link.options().call_timeout
    }
}

fn or_no_stream<T>(answer: Result<T, Fault>, none: T) -> Result<T, Fault> {
    match answer {
        Err(fault) if fault.is_no_stream() => Ok(none),
        answer => answer,
    }
}

/// Compares what is read with what was to be appended.
struct Comparison<'a> {
    append: &'a Append,
    next: StreamVersion,
    matched: usize,
    is_same: bool,
    others: Option<StreamVersion>,
    position: GlobalPosition,
}

impl<'a> Comparison<'a> {
    fn new(append: &'a Append, first: StreamVersion) -> Self {
        Self {
            append,
            next: first,
            matched: 0,
            is_same: true,
            others: None,
            position: GlobalPosition::START,
        }
    }

    fn add(&mut self, event: &RecordedEvent) {
        let version = StreamVersion::new(event.revision);
        match self.append.events.get(self.matched) {
            Some(ours) if version == self.next && self.others.is_none() && ours.has_id(event) => {
                self.matched += 1;
                self.next = version.next();
                self.is_same &= ours.says_the_same(event);
                self.position = position_of(event.position);
            }
            _ => self.others = Some(version),
        }
    }

    fn finish(self) -> Standing {
        match self.others {
            Some(last) => Standing::Others { last },
            None if self.matched == self.append.events.len() => Standing::Ours {
                position: self.position,
                is_same: self.is_same,
            },
            None if self.matched == 0 => Standing::Nothing,
            // A part of them, and then the stream ends: an append of fewer events.
            None => Standing::Others {
                last: StreamVersion::new(self.next.get() - 1),
            },
        }
    }
}
