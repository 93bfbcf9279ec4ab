//! The target of reads and subscriptions.

use std::sync::Arc;
use std::time::SystemTime;

use tonic::Status;

use crate::filter::Filter;
use crate::log::{Log, Record};
use crate::positions::Position;
use crate::wire::{self, Ids};
use minwon_kurrentdb_protocol::streams::read_req::Options;
use minwon_kurrentdb_protocol::streams::read_req::options::all_options::AllOption;
use minwon_kurrentdb_protocol::streams::read_req::options::stream_options::RevisionOption;
use minwon_kurrentdb_protocol::streams::read_req::options::uuid_option;
use minwon_kurrentdb_protocol::streams::read_req::options::{FilterOption, StreamOption};

/// Events that are made ready at once.
pub(crate) const BATCH: usize = 32;

/// Where a reader starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start<P> {
    First,
    Last,
    At(P),
}

/// The target of a read.
pub(crate) enum Target {
    Stream {
        name: String,
        start: Start<u64>,
    },
    All {
        start: Start<Position>,
        filter: Option<Filter>,
    },
}

impl Target {
    /// The name for access and faults.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Stream { name, .. } => name,
            Self::All { .. } => "$all",
        }
    }
}

pub(crate) fn ids(options: &Options) -> Result<Ids, Status> {
    match options.uuid_option.and_then(|option| option.content) {
        Some(uuid_option::Content::Structured(_)) => Ok(Ids::Structured),
        Some(uuid_option::Content::String(_)) => Ok(Ids::Text),
        None => Err(Status::invalid_argument("the form of ids must be set")),
    }
}

pub(crate) fn target(options: Options) -> Result<Target, Status> {
    let filter = match options.filter_option {
        Some(FilterOption::Filter(filter)) => Some(Filter::parse(filter)?),
        Some(FilterOption::NoFilter(_)) => None,
        None => return Err(Status::invalid_argument("a filter or none must be set")),
    };
    let no_start = || Status::invalid_argument("a start must be set");
    match options.stream_option {
        Some(StreamOption::Stream(_)) if filter.is_some() => {
            Err(Status::invalid_argument("streams are not filtered"))
        }
        Some(StreamOption::Stream(stream)) => Ok(Target::Stream {
            name: wire::stream_name(stream.stream_identifier)?,
            start: match stream.revision_option.ok_or_else(no_start)? {
                RevisionOption::Revision(revision) => Start::At(revision),
                RevisionOption::Start(_) => Start::First,
                RevisionOption::End(_) => Start::Last,
            },
        }),
        Some(StreamOption::All(all)) => Ok(Target::All {
            filter,
            start: match all.all_option.ok_or_else(no_start)? {
                AllOption::Position(position) => Start::At(Position {
                    commit: position.commit_position,
                    prepare: position.prepare_position,
                }),
                AllOption::Start(_) => Start::First,
                AllOption::End(_) => Start::Last,
            },
        }),
        None => Err(Status::invalid_argument("a stream or $all must be set")),
    }
}

/// The events of `stream` that are not hidden, from revision `from` on.
pub(crate) fn visible<'a>(
    log: &'a Log,
    stream: &str,
    from: u64,
    now: SystemTime,
) -> impl DoubleEndedIterator<Item = &'a Arc<Record>> {
    let metadata = log.metadata(stream);
    let known = log.stream(stream);
    let last = known.and_then(|stream| stream.last()).unwrap_or(0);
    let first = usize::try_from(metadata.first_revision(last).max(from)).unwrap_or(usize::MAX);
    let events = known
        .and_then(|stream| stream.events.get(first..))
        .unwrap_or_default();
    let records = events.iter().map(|&index| &log.records()[index]);
    records.filter(move |record| !metadata.has_expired(record.created, now))
}
