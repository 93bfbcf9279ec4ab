//! Reads: of a stream or of `$all`, forwards or backwards.

use std::sync::{Arc, atomic::Ordering};

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
                reports_ends: compatibility > 0,
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
    /// Whether this reader asks for the first revision and the last.
    reports_ends: bool,
}

/// Most events that a server reads at once of a stream.
const PAGE: u64 = 32;

/// The result of a read: events, and the messages before and after them.
#[derive(Default)]
struct Found {
    before: Vec<Frame>,
    records: Vec<Arc<Record>>,
    after: Vec<Frame>,
}

impl Found {
    fn only(frame: Frame) -> Self {
        Self {
            after: vec![frame],
            ..Self::default()
        }
    }
}

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
        let Found {
            before,
            records,
            after,
        } = self.find();
        sink.send(before).await?;
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
        sink.send(after).await
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
            return Found::only(Frame::Fail(refusal::stream_deleted(name)));
        }
        let last = known.and_then(|stream| stream.last());
        let Some(last) = last.filter(|_| !log.metadata(name).is_soft_deleted()) else {
            let not_found = StreamNotFound {
                stream_identifier: Some(wire::identifier(name)),
            };
            return Found::only(message(Content::StreamNotFound(not_found)));
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
        let records: Vec<_> = if self.backwards {
            let found = found.rev().skip_while(|record| record.revision > up_to);
            found.take(self.count).cloned().collect()
        } else {
            found.take(self.count).cloned().collect()
        };
        if !self.reports_ends {
            return Found {
                records,
                ..Found::default()
            };
        }
        let before = if self.backwards {
            Vec::new()
        } else {
            let bound = log.metadata(name).first_revision(last);
            let shown = records.first().map(|record| record.revision);
            self.beginnings(first, bound, shown, last)
        };
        Found {
            before: before
                .into_iter()
                .map(|revision| message(Content::FirstStreamPosition(revision)))
                .collect(),
            records,
            after: vec![message(Content::LastStreamPosition(last))],
        }
    }

    /// Where the server says that the stream begins: whenever it has looked at a page without finding
    /// an event before it has sent one, and goes on elsewhere. A stream whose beginning is cut off within
    /// the first page is read without a word.
    fn beginnings(&self, from: u64, bound: u64, shown: Option<u64>, last: u64) -> Vec<u64> {
        let page = PAGE.min(self.count as u64);
        let is_below = |first: u64| from.saturating_add(page) <= first;
        let mut beginnings = Vec::new();
        let mut next = from;
        if let Some(first) = shown
            .or((bound > last).then_some(bound))
            .filter(|first| is_below(*first))
        {
            beginnings.push(first);
            next = first;
        }
        if shown.is_none() && next != last + 1 {
            beginnings.push(last + 1);
        }
        beginnings
    }

    fn find_in_all(&self, log: &Log, start: Start<Position>, filter: Option<&Filter>) -> Found {
        if let Start::At(position) = start
            && !log.is_valid(position)
        {
            let refused = refusal::invalid_position(self.service.shared.config.version);
            return Found::only(Frame::Fail(refused));
        }
        let index = match start {
            Start::First => 0,
            Start::Last => log.records().len(),
            // Inclusive forwards; backwards the server reads what lies before.
            Start::At(position) => log.index_at(position),
        };
        let considered = &self.service.shared.tally.considered;
        let admitted = |index: &usize| {
            let record = &log.records()[*index];
            if filter.is_some() {
                considered.fetch_add(1, Ordering::Relaxed);
            }
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
        Found {
            records,
            ..Found::default()
        }
    }
}

fn message(content: Content) -> Frame {
    Frame::Message(wire::message(content))
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
