//! A connection to one node, and the calls on it.
//!
//! The official client (1.2.0) opens its connections without `TCP_NODELAY`, so that each of its calls
//! waits for a delayed acknowledgement, 40 ms; it dies of one failed connect, spins where a
//! subscription ends in an orderly way, and does not say why a connection did not come about. This
//! one makes the calls that a store needs, and no other.

mod connect;
mod lines;
mod messages;
mod tls;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use minwon_core::GlobalPosition;
use minwon_kurrentdb_protocol::{
    Empty, StreamIdentifier,
    streams::{
        AppendReq, AppendResp, DeleteReq, ReadReq,
        append_req::{
            self, Content as AppendContent, ProposedMessage,
            options::ExpectedStreamRevision as InAppend,
        },
        append_resp::{
            self, Result as AppendResult, success::PositionOption,
            wrong_expected_version::CurrentRevisionOption,
        },
        delete_req::{self, options::ExpectedStreamRevision as InDelete},
        read_req::{
            Options,
            options::{
                AllOptions, ControlOption, CountOption, FilterOption, FilterOptions, ReadDirection,
                StreamOption, StreamOptions, SubscriptionOptions, UuidOption,
                all_options::AllOption, stream_options::RevisionOption, uuid_option,
            },
        },
        streams_client::StreamsClient,
    },
};
use tonic::{Request, metadata::MetadataMap, transport::Channel};

use self::{connect::Opener, lines::Lines};
pub(super) use self::{
    connect::{ConnectError, Members, check, connect},
    messages::{Message, Messages, Sent},
};
use super::{
    codec::protocol_position,
    error::{Fault, within},
};

/// Largest message taken: a record of a server's log has at most 16 MiB.
const MESSAGE_BYTES_MAX: usize = 17 * 1024 * 1024;

/// A connection to one node. Clones share it; it is closed when the last one is dropped.
#[derive(Clone)]
pub(super) struct Client {
    streams: StreamsClient<Channel>,
    headers: MetadataMap,
    lines: Arc<Lines>,
}

/// The outcome of an append that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The events are there.
    Written {
        /// Of the last one, in its stream.
        revision: u64,
        /// Of the last one, in the log; a server may leave it out.
        position: Option<GlobalPosition>,
    },
    /// The stream does not end where it was expected to, but here; none where there is no stream.
    Elsewhere(Option<u64>),
}

/// Where a read of the log begins, and its direction.
#[derive(Debug, Clone, Copy)]
pub(super) enum Begin {
    /// Forwards, with the event there, if there is one.
    At(GlobalPosition),
    /// Backwards, with the event before the one there.
    Before(GlobalPosition),
    /// Backwards, with the last event.
    End,
}

impl Client {
    fn new(channel: Channel, opener: Opener) -> Self {
        Self {
            streams: streams(channel.clone()),
            headers: opener.headers.clone(),
            lines: Arc::new(Lines::new(channel, opener)),
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        *request.metadata_mut() = self.headers.clone();
        request
    }

    /// Appends behind the event with revision `last`; none where there is to be no stream yet.
    pub(super) async fn append(
        &self,
        limit: Duration,
        stream: &str,
        last: Option<u64>,
        events: Vec<ProposedMessage>,
    ) -> Result<Answer, Fault> {
        let options = append_req::Options {
            stream_identifier: Some(identifier(stream)),
            expected_stream_revision: Some(match last {
                None => InAppend::NoStream(Empty {}),
                Some(revision) => InAppend::Revision(revision),
            }),
        };
        let contents = events.into_iter().map(AppendContent::ProposedMessage);
        let contents = [AppendContent::Options(options)]
            .into_iter()
            .chain(contents);
        let messages = contents.map(|content| AppendReq {
            content: Some(content),
        });
        let mut request = self.request(stream::iter(messages.collect::<Vec<_>>()));
        request.set_timeout(deadline(limit));
        let mut streams = self.streams.clone();
        let response = within(limit, streams.append(request)).await?;
        answer_of(response.into_inner())
    }

    /// Reads at most `count` events of a stream: forwards from a revision, or backwards from its end.
    pub(super) async fn read_stream(
        &self,
        limit: Duration,
        stream: &str,
        from: Option<u64>,
        count: usize,
    ) -> Result<Messages, Fault> {
        let (revision, direction) = match from {
            Some(revision) => (RevisionOption::Revision(revision), ReadDirection::Forwards),
            None => (RevisionOption::End(Empty {}), ReadDirection::Backwards),
        };
        let place = StreamOption::Stream(StreamOptions {
            stream_identifier: Some(identifier(stream)),
            revision_option: Some(revision),
        });
        self.read(limit, place, direction, None, count).await
    }

    /// Reads at most `count` events of the log that pass `filter`.
    pub(super) async fn read_all(
        &self,
        limit: Duration,
        begin: Begin,
        filter: Option<FilterOptions>,
        count: usize,
    ) -> Result<Messages, Fault> {
        let (place, direction) = match begin {
            Begin::At(position) => (all_from(position), ReadDirection::Forwards),
            Begin::Before(position) => (all_from(position), ReadDirection::Backwards),
            Begin::End => (AllOption::End(Empty {}), ReadDirection::Backwards),
        };
        let place = StreamOption::All(AllOptions {
            all_option: Some(place),
        });
        self.read(limit, place, direction, filter, count).await
    }

    /// Follows the log after `after`: never from its end, which is another place each time.
    pub(super) async fn subscribe(
        &self,
        limit: Duration,
        after: GlobalPosition,
        filter: FilterOptions,
    ) -> Result<Messages, Fault> {
        let from = StreamOption::All(AllOptions {
            all_option: Some(all_from(after)),
        });
        let (channel, place) = self
            .lines
            .take()
            .await
            .map_err(|error| Fault::Connect(Arc::new(error)))?;
        let request = self.read_request(from, ReadDirection::Forwards, Some(filter), None);
        let response = within(limit, streams(channel).read(request)).await?;
        Ok(Messages::new(response.into_inner(), Some(place)))
    }

    async fn read(
        &self,
        limit: Duration,
        from: StreamOption,
        direction: ReadDirection,
        filter: Option<FilterOptions>,
        count: usize,
    ) -> Result<Messages, Fault> {
        let request = self.read_request(from, direction, filter, Some(count));
        let mut streams = self.streams.clone();
        let response = within(limit, streams.read(request)).await?;
        Ok(Messages::new(response.into_inner(), None))
    }

    /// A read of `count` events, or a subscription.
    fn read_request(
        &self,
        from: StreamOption,
        direction: ReadDirection,
        filter: Option<FilterOptions>,
        count: Option<usize>,
    ) -> Request<ReadReq> {
        let options = Options {
            read_direction: direction.into(),
            resolve_links: false,
            uuid_option: Some(UuidOption {
                content: Some(uuid_option::Content::Structured(Empty {})),
            }),
            // The last revision of a stream is told at the end of a read.
            control_option: Some(ControlOption { compatibility: 1 }),
            stream_option: Some(from),
            count_option: Some(match count {
                Some(count) => CountOption::Count(count as u64),
                None => CountOption::Subscription(SubscriptionOptions {}),
            }),
            filter_option: Some(match filter {
                Some(filter) => FilterOption::Filter(filter),
                None => FilterOption::NoFilter(Empty {}),
            }),
        };
        self.request(ReadReq {
            options: Some(options),
        })
    }

    /// Deletes a stream, so that it may begin anew behind what was. With `last`, only if that is the
    /// revision of its last event.
    pub(super) async fn delete(
        &self,
        limit: Duration,
        stream: &str,
        last: Option<u64>,
    ) -> Result<(), Fault> {
        let options = delete_req::Options {
            stream_identifier: Some(identifier(stream)),
            expected_stream_revision: Some(match last {
                None => InDelete::Any(Empty {}),
                Some(revision) => InDelete::Revision(revision),
            }),
        };
        let mut request = self.request(DeleteReq {
            options: Some(options),
        });
        request.set_timeout(deadline(limit));
        let mut streams = self.streams.clone();
        within(limit, streams.delete(request)).await.map(drop)
    }
}

/// When the server is to give up a call that is given up here after `limit`: a moment later, for tonic
/// watches this as well, and where it were first, the connection would seem broken.
fn deadline(limit: Duration) -> Duration {
    limit.saturating_add(limit / 8)
}

fn streams(channel: Channel) -> StreamsClient<Channel> {
    StreamsClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX)
}

fn identifier(stream: &str) -> StreamIdentifier {
    StreamIdentifier {
        stream_name: Bytes::copy_from_slice(stream.as_bytes()),
    }
}

fn all_from(position: GlobalPosition) -> AllOption {
    protocol_position(position).map_or(AllOption::Start(Empty {}), AllOption::Position)
}

fn answer_of(response: AppendResp) -> Result<Answer, Fault> {
    let malformed = Fault::Malformed("an append was answered without its outcome");
    match response.result {
        Some(AppendResult::Success(append_resp::Success {
            current_revision_option: Some(revision),
            position_option,
        })) => {
            use append_resp::success::CurrentRevisionOption as Current;
            let Current::CurrentRevision(revision) = revision else {
                return Err(malformed);
            };
            let position = match position_option {
                Some(PositionOption::Position(at)) => Some(GlobalPosition::from_parts(
                    at.commit_position,
                    at.prepare_position,
                )),
                Some(PositionOption::NoPosition(_)) | None => None,
            };
            Ok(Answer::Written { revision, position })
        }
        Some(AppendResult::WrongExpectedVersion(wrong)) => match wrong.current_revision_option {
            Some(CurrentRevisionOption::CurrentRevision(revision)) => {
                Ok(Answer::Elsewhere(Some(revision)))
            }
            Some(CurrentRevisionOption::CurrentNoStream(_)) => Ok(Answer::Elsewhere(None)),
            None => Err(malformed),
        },
        _ => Err(malformed),
    }
}
