//! Appends: what is refused, what is written, and how the writer is answered.

use tonic::{Request, Status, Streaming};
use uuid::Uuid;

use crate::access::Act;
use crate::caller::Service;
use crate::commit::{self, Answer};
use crate::connection::Cutter;
use crate::idempotency::{self, Decision, Expected};
use crate::log::{Log, Proposed};
use crate::node::Shared;
use crate::positions::Position;
use crate::refusal;
use crate::tally::Call;
use crate::wire::{self, EMPTY};
use minwon_kurrentdb_protocol::streams::append_req::Content;
use minwon_kurrentdb_protocol::streams::append_resp::success::{
    CurrentRevisionOption, PositionOption,
};
use minwon_kurrentdb_protocol::streams::append_resp::wrong_expected_version::{
    CurrentRevisionOption as Current, CurrentRevisionOption2060 as OldCurrent,
    ExpectedRevisionOption as WasExpected, ExpectedRevisionOption2060 as OldWasExpected,
};
use minwon_kurrentdb_protocol::streams::append_resp::{
    Result as Outcome, Success, WrongExpectedVersion,
};
use minwon_kurrentdb_protocol::streams::{AppendReq, AppendResp};

struct Append {
    stream: String,
    expected: Expected,
    events: Vec<Proposed>,
}

pub(crate) async fn append(
    service: &Service,
    request: Request<Streaming<AppendReq>>,
) -> Result<AppendResp, Status> {
    let headers = request.metadata().clone();
    let cutter = request.extensions().get::<Cutter>().cloned();
    service.shared.tally.count(Call::Append);
    let append = receive(request.into_inner()).await?;
    refuse_reserved(&append)?;
    service.admit(&headers, Act::Write, &append.stream)?;
    refuse_large(&service.shared, &append.events)?;
    let stream = append.stream.clone();
    let write = move |shared: &Shared| decide(shared, append);
    let outcome = commit::run(service, &stream, cutter, write).await??;
    Ok(AppendResp { result: outcome })
}

impl Answer for Option<Outcome> {
    fn without_position(mut self) -> Self {
        if let Some(Outcome::Success(success)) = &mut self {
            success.position_option = Some(PositionOption::NoPosition(EMPTY));
        }
        self
    }
}

async fn receive(mut messages: Streaming<AppendReq>) -> Result<Append, Status> {
    let first = messages
        .message()
        .await?
        .and_then(|message| message.content);
    let Some(Content::Options(options)) = first else {
        return Err(Status::invalid_argument("options come first"));
    };
    let expected = options
        .expected_stream_revision
        .ok_or_else(|| Status::invalid_argument("an expected revision must be set"))?;
    let mut append = Append {
        stream: wire::stream_name(options.stream_identifier)?,
        expected: expected.into(),
        events: Vec::new(),
    };
    while let Some(message) = messages.message().await? {
        let Some(Content::ProposedMessage(message)) = message.content else {
            return Err(Status::invalid_argument("events come after the options"));
        };
        append.events.push(wire::proposed(message)?);
    }
    Ok(append)
}

/// Nobody writes there.
fn refuse_reserved(append: &Append) -> Result<(), Status> {
    match &*append.stream {
        "$all" | "$$" => Err(refusal::access_denied()),
        _ => Ok(()),
    }
}

fn refuse_large(shared: &Shared, events: &[Proposed]) -> Result<(), Status> {
    let config = &shared.config;
    let event_bytes_max = config.version.event_bytes_max();
    if let Some(event) = events.iter().find(|event| event.bytes() > event_bytes_max) {
        return Err(refusal::event_too_large(event.bytes(), event_bytes_max));
    }
    let bytes_max = config
        .append_bytes_max
        .unwrap_or(config.version.append_bytes_max());
    let bytes: usize = events.iter().map(Proposed::bytes).sum();
    if bytes > bytes_max {
        return Err(refusal::append_too_large(bytes_max));
    }
    Ok(())
}

fn decide(shared: &Shared, append: Append) -> Result<Option<Outcome>, Status> {
    let Append {
        stream,
        expected,
        events,
    } = append;
    let now = (shared.config.clock)();
    let mut log = shared.log();
    let ids: Vec<Uuid> = events.iter().map(|event| event.id).collect();
    let outcome = match idempotency::check(&log, &stream, expected, &ids) {
        Decision::Deleted => return Err(refusal::stream_deleted(&stream)),
        Decision::WrongVersion => wrong_version(&log, &stream, expected),
        Decision::Repeated(revision, position) => success(Some(revision), Some(position)),
        Decision::Write if events.is_empty() => success(last(&log, &stream), None),
        Decision::Write => {
            let record = write(&mut log, &stream, events, now);
            drop(log);
            shared.notify_change();
            success(Some(record.0), Some(record.1))
        }
    };
    Ok(Some(outcome))
}

/// Writes `events`, at least one, unchecked; answers the last one's place.
pub(crate) fn write(
    log: &mut Log,
    stream: &str,
    events: Vec<Proposed>,
    now: std::time::SystemTime,
) -> (u64, Position) {
    let was_soft_deleted = log.metadata(stream).is_soft_deleted();
    let before = log
        .stream(stream)
        .map_or(0, |stream| stream.events.len() as u64);
    let first_id = events[0].id;
    let record = log
        .write(stream, events, now)
        .expect("there was at least one event");
    if was_soft_deleted {
        // A deleted stream is begun again: what was before stays hidden.
        let id = Uuid::from_u128(first_id.as_u128() ^ 1);
        log.truncate(stream, before, id, now);
    }
    (record.revision, record.position)
}

fn last(log: &Log, stream: &str) -> Option<u64> {
    log.stream(stream).and_then(|stream| stream.last())
}

fn success(revision: Option<u64>, position: Option<Position>) -> Outcome {
    Outcome::Success(Success {
        current_revision_option: Some(match revision {
            Some(revision) => CurrentRevisionOption::CurrentRevision(revision),
            None => CurrentRevisionOption::NoStream(EMPTY),
        }),
        position_option: Some(match position {
            Some(position) => PositionOption::Position(position.into()),
            None => PositionOption::NoPosition(EMPTY),
        }),
    })
}

/// The client unwraps all four, old and new.
fn wrong_version(log: &Log, stream: &str, expected: Expected) -> Outcome {
    let (current, old_current) = match last(log, stream) {
        Some(last) => (
            Current::CurrentRevision(last),
            OldCurrent::CurrentRevision2060(last),
        ),
        None => (
            Current::CurrentNoStream(EMPTY),
            OldCurrent::NoStream2060(EMPTY),
        ),
    };
    let (was_expected, old_was_expected) = match expected {
        Expected::Revision(revision) => (
            WasExpected::ExpectedRevision(revision),
            OldWasExpected::ExpectedRevision2060(revision),
        ),
        Expected::Any => (
            WasExpected::ExpectedAny(EMPTY),
            OldWasExpected::Any2060(EMPTY),
        ),
        Expected::StreamExists => (
            WasExpected::ExpectedStreamExists(EMPTY),
            OldWasExpected::StreamExists2060(EMPTY),
        ),
        // The old field has no word for it.
        Expected::NoStream => (
            WasExpected::ExpectedNoStream(EMPTY),
            OldWasExpected::Any2060(EMPTY),
        ),
    };
    Outcome::WrongExpectedVersion(WrongExpectedVersion {
        current_revision_option_20_6_0: Some(old_current),
        expected_revision_option_20_6_0: Some(old_was_expected),
        current_revision_option: Some(current),
        expected_revision_option: Some(was_expected),
    })
}
