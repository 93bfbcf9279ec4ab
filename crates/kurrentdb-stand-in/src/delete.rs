//! Deletions: soft ones hide what is there, tombstones end the stream for ever.

use tonic::{Request, Status};
use uuid::Uuid;

use crate::access::Act;
use crate::caller::Service;
use crate::commit::{self, Answer};
use crate::connection::Cutter;
use crate::idempotency::{self, Decision, Expected};
use crate::log::Log;
use crate::metadata::SOFT_DELETED;
use crate::node::Shared;
use crate::positions::Position;
use crate::tally::Call;
use crate::{refusal, wire};
use minwon_kurrentdb_protocol::StreamIdentifier;
use minwon_kurrentdb_protocol::streams::{
    DeleteReq, DeleteResp, TombstoneReq, TombstoneResp, delete_resp, tombstone_resp,
};

impl Answer for Option<Position> {
    fn without_position(self) -> Self {
        None
    }
}

fn missing_options() -> Status {
    Status::invalid_argument("options and an expected revision must be set")
}

pub(crate) async fn delete(
    service: &Service,
    request: Request<DeleteReq>,
) -> Result<DeleteResp, Status> {
    let options = request
        .get_ref()
        .options
        .clone()
        .ok_or_else(missing_options)?;
    let expected = options
        .expected_stream_revision
        .ok_or_else(missing_options)?;
    let position = remove(
        service,
        request,
        options.stream_identifier,
        expected.into(),
        false,
    )
    .await?;
    Ok(DeleteResp {
        position_option: position.map(|Position { commit, prepare }| {
            delete_resp::PositionOption::Position(delete_resp::Position {
                commit_position: commit,
                prepare_position: prepare,
            })
        }),
    })
}

pub(crate) async fn tombstone(
    service: &Service,
    request: Request<TombstoneReq>,
) -> Result<TombstoneResp, Status> {
    let options = request
        .get_ref()
        .options
        .clone()
        .ok_or_else(missing_options)?;
    let expected = options
        .expected_stream_revision
        .ok_or_else(missing_options)?;
    let position = remove(
        service,
        request,
        options.stream_identifier,
        expected.into(),
        true,
    )
    .await?;
    Ok(TombstoneResp {
        position_option: position.map(|Position { commit, prepare }| {
            tombstone_resp::PositionOption::Position(tombstone_resp::Position {
                commit_position: commit,
                prepare_position: prepare,
            })
        }),
    })
}

async fn remove<T>(
    service: &Service,
    request: Request<T>,
    identifier: Option<StreamIdentifier>,
    expected: Expected,
    for_ever: bool,
) -> Result<Option<Position>, Status> {
    service.shared.tally.count(Call::Delete);
    let stream = wire::stream_name(identifier)?;
    let cutter = request.extensions().get::<Cutter>().cloned();
    if stream == "$all" || stream.starts_with("$$") {
        return Err(refusal::access_denied());
    }
    service.admit(request.metadata(), Act::Delete, &stream)?;
    let name = stream.clone();
    let end = move |shared: &Shared| end(shared, &name, expected, for_ever).map(Some);
    commit::run(service, &stream, cutter, end).await?
}

fn end(
    shared: &Shared,
    stream: &str,
    expected: Expected,
    for_ever: bool,
) -> Result<Position, Status> {
    let now = (shared.config.clock)();
    let mut log = shared.log();
    let id = Uuid::from_u128(0x6465_6c65_7465 << 64 | log.records().len() as u128);
    match idempotency::check(&log, stream, expected, &[id]) {
        Decision::Deleted => return Err(refusal::stream_deleted(stream)),
        Decision::WrongVersion | Decision::Repeated(..) => {
            return Err(wrong_version(&log, stream, expected));
        }
        Decision::Write if for_ever => {
            log.tombstone(stream, now);
        }
        Decision::Write => log.truncate(stream, SOFT_DELETED, id, now),
    }
    let position = log.records().last().map(|record| record.position);
    drop(log);
    shared.notify_change();
    position.ok_or_else(|| Status::internal("nothing was written"))
}

fn wrong_version(log: &Log, stream: &str, expected: Expected) -> Status {
    let actual = log.stream(stream).and_then(|stream| stream.last());
    let number = |revision: Option<u64>| {
        revision
            .and_then(|revision| i64::try_from(revision).ok())
            .unwrap_or(-1)
    };
    let expected = match expected {
        Expected::Revision(revision) => number(Some(revision)),
        Expected::NoStream => -1,
        Expected::Any => -2,
        Expected::StreamExists => -4,
    };
    refusal::wrong_version(stream, expected, number(actual))
}
