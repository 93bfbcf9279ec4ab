//! Reads: of a stream or of `$all`, forwards or backwards.

use std::sync::Arc;

use tonic::{Request, Status};

use crate::access::Act;
use crate::caller::{Service, requires_leader};
use crate::connection::Cutter;
use crate::fault::ReadFault;
use crate::filter::Filter;
use crate::log::{Log, Record};
use crate::outgoing::{Frame, Gone, Outgoing, Sink, outgoing};
use crate::positions::Position;
use crate::tally::Call;
use crate::target::{BATCH, Start, Target, ids, target, visible};
use crate::wire::{self, Ids};
use crate::{refusal, subscribe};
use minwon_kurrentdb_protocol::streams::read_req::options::{CountOption, ReadDirection};
use minwon_kurrentdb_protocol::streams::read_resp::{Content, StreamNotFound};
use minwon_kurrentdb_protocol::streams::{ReadReq, ReadResp};

pub(crate) async fn read(service: &Service, request: Request<ReadReq>) -> Result<Outgoing, Status> {
    let headers = request.metadata().clone();
    let cutter = request.extensions().get::<Cutter>().cloned();
    let options = request.into_inner().options;
    let options = options.ok_or_else(|| Status::invalid_argument("options must be set"))?;
    let ids = ids(&options)?;
    let backwards = options.read_direction() == ReadDirection::Backwards;
    let compatibility = options
        .control_option
        .map_or(0, |control| control.compatibility);
    let count = options.count_option;
    let target = target(options)?;
    service.admit(&headers, Act::Read, target.name())?;
    let (sink, answer) = outgoing(cutter, Arc::clone(&service.shared.events_sent));
    match count {
        Some(CountOption::Count(count)) => {
            service.shared.tally.count(Call::Read);
            let read = Read {
                service: service.clone(),
                target,
                backwards,
                count: usize::try_from(count).unwrap_or(usize::MAX),
                ids,
                reports_last: compatibility > 0,
            };
            let fault = service.shared.faults.next::<ReadFault>(read.target.name());
            read.refuse(fault)?;
            tokio::spawn(read.run(fault, sink));
        }
        Some(CountOption::Subscription(_)) if backwards => {
            return Err(Status::invalid_argument("subscriptions go forwards"));
        }
        Some(CountOption::Subscription(_)) => {
            let leader_only = requires_leader(&headers);
            subscribe::subscribe(service, target, ids, leader_only, sink)?;
        }
        None => {
            return Err(Status::invalid_argument(
                "a count or a subscription must be set",
            ));
        }
    }
    Ok(answer)
}

struct Read {
    service: Service,
    target: Target,
    backwards: bool,
    count: usize,
    ids: Ids,
    /// Whether this reader asks for the last revision.
    reports_last: bool,
}

/// The result of a read: events, and the messages after them.
type Found = (Vec<Arc<Record>>, Vec<Frame>);

impl Read {
    /// Faults that come before any answer.
    fn refuse(&self, fault: Option<ReadFault>) -> Result<(), Status> {
        let refused = match fault {
            Some(ReadFault::Unavailable) => Status::unavailable("Server Is Not Ready"),
            Some(ReadFault::NotLeader) => refusal::not_leader(self.service.other_leader()),
            Some(ReadFault::NoLeader) => refusal::not_leader(None),
            _ => return Ok(()),
        };
        fault
            .into_iter()
            .for_each(|fault| self.service.shared.faults.note(fault));
        Err(refused)
    }

    async fn run(mut self, fault: Option<ReadFault>, sink: Sink) {
        // An error means that the reader has gone, and then nothing is left to be done.
        let _ = self.answer(fault, &sink).await;
    }

    async fn answer(&mut self, fault: Option<ReadFault>, sink: &Sink) -> Result<(), Gone> {
        let faults = &self.service.shared.faults;
        if fault == Some(ReadFault::WrongIds) {
            faults.note(ReadFault::WrongIds);
            self.ids = Ids::Wrong;
        }
        let (records, end) = self.find();
        let turn = turn_of(fault).unwrap_or(u64::MAX);
        let until_turn = usize::try_from(turn)
            .unwrap_or(usize::MAX)
            .min(records.len());
        let is_slow = matches!(fault, Some(ReadFault::Slow(_)));
        for batch in records[..until_turn].chunks(BATCH) {
            if let Some(ReadFault::Slow(time)) = fault {
                sink.unless_gone(tokio::time::sleep(time)).await?;
            }
            sink.send(self.frames(batch)).await?;
        }
        if let Some(fault) = fault.filter(|_| is_slow || turn != u64::MAX) {
            faults.note(fault);
            match fault {
                ReadFault::HangAfter(_) => sink.unless_gone(faults.hang()).await?,
                ReadFault::CutAfter(_) => return sink.send(vec![Frame::Cut]).await,
                ReadFault::FailAfter(_, code) => {
                    let status = Status::new(code, "the read failed on demand");
                    return sink.send(vec![Frame::Fail(status)]).await;
                }
                ReadFault::EndAfter(_) => return Ok(()),
                ReadFault::MissingContentAfter(_) => {
                    sink.send(vec![Frame::Message(ReadResp { content: None })])
                        .await?;
                }
                _ => {}
            }
        }
        for batch in records[until_turn..].chunks(BATCH) {
            sink.send(self.frames(batch)).await?;
        }
        sink.send(end).await
    }

    fn frames(&self, batch: &[Arc<Record>]) -> Vec<Frame> {
        batch
            .iter()
            .map(|record| Frame::Message(wire::event(record, self.ids)))
            .collect()
    }

    fn find(&self) -> Found {
        let log = self.service.shared.log();
        match &self.target {
            Target::Stream { name, start } => self.find_in_stream(&log, name, *start),
            Target::All { start, filter } => self.find_in_all(&log, *start, filter.as_ref()),
        }
    }

    fn find_in_stream(&self, log: &Log, name: &str, start: Start<u64>) -> Found {
        let known = log.stream(name);
        if known.is_some_and(|stream| stream.is_tombstoned) {
            return (Vec::new(), vec![Frame::Fail(refusal::stream_deleted(name))]);
        }
        let last = known.and_then(|stream| stream.last());
        let Some(last) = last.filter(|_| !log.metadata(name).is_soft_deleted()) else {
            let not_found = StreamNotFound {
                stream_identifier: Some(wire::identifier(name)),
            };
            let not_found = wire::message(Content::StreamNotFound(not_found));
            return (Vec::new(), vec![Frame::Message(not_found)]);
        };
        let now = (self.service.shared.config.clock)();
        let (first, up_to) = match (start, self.backwards) {
            (Start::At(revision), false) => (revision, last),
            (Start::At(revision), true) => (0, revision),
            (Start::First, false) | (Start::Last, true) => (0, last),
            (Start::First, true) => (0, 0),
            (Start::Last, false) => (last + 1, last),
        };
        let found = visible(log, name, first, now);
        if self.backwards {
            let found = found.rev().skip_while(|record| record.revision > up_to);
            return (found.take(self.count).cloned().collect(), Vec::new());
        }
        let records: Vec<_> = found.take(self.count).cloned().collect();
        let mut end = Vec::new();
        if self.reports_last && records.len() < self.count {
            end.push(Frame::Message(wire::message(Content::LastStreamPosition(
                last,
            ))));
        }
        (records, end)
    }

    fn find_in_all(&self, log: &Log, start: Start<Position>, filter: Option<&Filter>) -> Found {
        if let Start::At(position) = start
            && !log.is_valid(position)
        {
            let refused = refusal::invalid_position(self.service.shared.config.version);
            return (Vec::new(), vec![Frame::Fail(refused)]);
        }
        let index = match start {
            Start::First => 0,
            Start::Last => log.records().len(),
            // Inclusive forwards; backwards the server reads what lies before.
            Start::At(position) => log.index_at(position),
        };
        let admitted = |index: &usize| {
            let record = &log.records()[*index];
            log.shows(*index) && filter.is_none_or(|filter| filter.admits(record))
        };
        let record = |index: usize| Arc::clone(&log.records()[index]);
        let records = if self.backwards {
            (0..index)
                .rev()
                .filter(admitted)
                .take(self.count)
                .map(record)
                .collect()
        } else {
            (index..log.records().len())
                .filter(admitted)
                .take(self.count)
                .map(record)
                .collect()
        };
        (records, Vec::new())
    }
}

/// After how many events a fault has its turn, if it has to do with that.
fn turn_of(fault: Option<ReadFault>) -> Option<u64> {
    match fault? {
        ReadFault::HangAfter(events)
        | ReadFault::CutAfter(events)
        | ReadFault::FailAfter(events, _)
        | ReadFault::EndAfter(events)
        | ReadFault::MissingContentAfter(events) => Some(events),
        _ => None,
    }
}
