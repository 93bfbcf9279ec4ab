//! Subscriptions: what was there, `caught_up`, then what comes, as fast as the reader takes it.

use std::sync::{Arc, atomic::Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tonic::Status;

use crate::caller::Service;
use crate::fault::SubscribeFault;
use crate::filter::Filter;
use crate::log::{Log, Record};
use crate::node::Shared;
use crate::outgoing::{Frame, Gone, Sink};
use crate::positions::Position;
use crate::refusal;
use crate::tally::{Call, Ongoing};
use crate::target::{BATCH, Start, Target, visible};
use crate::wire::{self, Ids};
use minwon_kurrentdb_protocol::streams::ReadResp;
use minwon_kurrentdb_protocol::streams::read_resp::{
    CaughtUp, Checkpoint, Content, SubscriptionConfirmation,
};

/// Where a subscription has got to.
enum Place {
    Stream {
        name: String,
        /// The next revision.
        next: u64,
    },
    All {
        /// Index of the next record.
        next: usize,
        filter: Option<Filter>,
        /// Records considered since the last checkpoint.
        considered: u64,
        /// The last record considered.
        last: Option<Position>,
        /// Nothing up to here is sent, even if the log has yet to get there.
        beyond: Option<Position>,
    },
}

/// The next step.
struct Page {
    records: Vec<Arc<Record>>,
    checkpoint: Option<Position>,
    /// Whether nothing is left behind it.
    is_last: bool,
}

struct Subscription {
    service: Service,
    place: Place,
    ids: Ids,
    /// Whether it ends when its node no longer leads.
    leader_only: bool,
    fault: Option<SubscribeFault>,
    /// How many events may go before the fault has its turn.
    until_fault: u64,
    pause: Option<Duration>,
}

/// Begins a subscription that answers to `sink`.
pub(crate) fn subscribe(
    service: &Service,
    target: Target,
    ids: Ids,
    leader_only: bool,
    sink: Sink,
) -> Result<(), Status> {
    service.shared.tally.count(Call::Subscribe);
    let faults = &service.shared.faults;
    let fault = faults.next::<SubscribeFault>(target.name());
    let refused = match fault {
        Some(SubscribeFault::Unavailable) => Some(Status::unavailable("Server Is Not Ready")),
        Some(SubscribeFault::NotLeader) => Some(refusal::not_leader(service.other_leader())),
        Some(SubscribeFault::NoLeader) => Some(refusal::not_leader(None)),
        _ => None,
    };
    if let (Some(fault), Some(refused)) = (fault, refused) {
        faults.note(fault);
        return Err(refused);
    }
    let changes = service.shared.changed.subscribe();
    let service = service.clone();
    tokio::spawn(async move {
        let shared = Arc::clone(&service.shared);
        let _open = Ongoing::new(&shared.tally.subscriptions);
        // An error means that the reader has gone, and then nothing is left to be done.
        let _ = begin(service, target, ids, leader_only, fault, changes, sink).await;
    });
    Ok(())
}

async fn begin(
    service: Service,
    target: Target,
    ids: Ids,
    leader_only: bool,
    fault: Option<SubscribeFault>,
    mut changes: watch::Receiver<u64>,
    sink: Sink,
) -> Result<(), Gone> {
    let faults = &service.shared.faults;
    if fault == Some(SubscribeFault::Hang) {
        faults.note(SubscribeFault::Hang);
        sink.unless_gone(faults.hang()).await?;
    }
    let confirmation = SubscriptionConfirmation {
        subscription_id: "stand-in".into(),
    };
    sink.send(vec![message(Content::Confirmation(confirmation))])
        .await?;
    let place = Place::at(&service.shared, target);
    let place = match place {
        Ok(place) => place,
        Err(refused) => return sink.send(vec![Frame::Fail(refused)]).await,
    };
    let (until_fault, pause) = match fault {
        Some(
            SubscribeFault::SilentAfter(events)
            | SubscribeFault::CutAfter(events)
            | SubscribeFault::FailAfter(events, _)
            | SubscribeFault::EndAfter(events)
            | SubscribeFault::MissingContentAfter(events),
        ) => (events, None),
        Some(SubscribeFault::Slow(time)) => (u64::MAX, Some(time)),
        _ => (u64::MAX, None),
    };
    let mut subscription = Subscription {
        service,
        place,
        ids,
        leader_only,
        fault,
        until_fault,
        pause,
    };
    subscription.apply_standing_fault();
    subscription.follow(&mut changes, &sink).await
}

fn message(content: Content) -> Frame {
    Frame::Message(wire::message(content))
}

impl Place {
    fn at(shared: &Shared, target: Target) -> Result<Self, Status> {
        let log = shared.log();
        match target {
            Target::Stream { name, start } => {
                let next = match start {
                    Start::First => 0,
                    Start::At(revision) => revision + 1,
                    Start::Last => log
                        .stream(&name)
                        .and_then(|stream| stream.last())
                        .map_or(0, |last| last + 1),
                };
                Ok(Self::Stream { name, next })
            }
            Target::All { start, filter } => {
                let (next, beyond) = match start {
                    Start::First => (0, None),
                    Start::Last => {
                        let last = log.records().last().map(|record| record.position);
                        (log.records().len(), last)
                    }
                    Start::At(position) if !log.is_valid(position) => {
                        return Err(refusal::invalid_position(shared.config.version));
                    }
                    Start::At(position) => (after(&log, position), Some(position)),
                };
                Ok(Self::All {
                    next,
                    filter,
                    considered: 0,
                    last: beyond,
                    beyond,
                })
            }
        }
    }

    fn step_back(&mut self, events: u64) {
        match self {
            Self::Stream { next, .. } => *next = next.saturating_sub(events),
            Self::All { next, beyond, .. } => {
                *beyond = None;
                *next = next.saturating_sub(usize::try_from(events).unwrap_or(usize::MAX));
            }
        }
    }

    fn page(&mut self, shared: &Shared) -> Result<Page, Status> {
        let log = shared.log();
        match self {
            Self::Stream { name, next } => {
                if log.stream(name).is_some_and(|stream| stream.is_tombstoned) {
                    return Err(refusal::stream_deleted(name));
                }
                let found = visible(&log, name, *next, (shared.config.clock)());
                let mut records: Vec<_> = found.take(BATCH + 1).cloned().collect();
                let is_last = records.len() <= BATCH;
                records.truncate(BATCH);
                if let Some(record) = records.last() {
                    *next = record.revision + 1;
                }
                Ok(Page {
                    records,
                    checkpoint: None,
                    is_last,
                })
            }
            Self::All {
                next,
                filter,
                considered,
                last,
                beyond,
            } => {
                let filter = filter.as_ref();
                let interval = filter.map_or(u64::MAX, |filter| filter.interval);
                let mut page = Page {
                    records: Vec::new(),
                    checkpoint: None,
                    is_last: false,
                };
                let end = next.saturating_add(BATCH).min(log.records().len());
                while *next < end && *considered < interval {
                    let record = &log.records()[*next];
                    if log.shows(*next) && beyond.is_none_or(|beyond| record.position > beyond) {
                        *considered += 1;
                        *last = Some(record.position);
                        if filter.is_some() {
                            shared.tally.considered.fetch_add(1, Ordering::Relaxed);
                        }
                        if filter.is_none_or(|filter| filter.admits(record)) {
                            page.records.push(Arc::clone(record));
                        }
                    }
                    *next += 1;
                }
                if *considered >= interval {
                    *considered = 0;
                    page.checkpoint = *last;
                }
                page.is_last = *next >= log.records().len();
                Ok(page)
            }
        }
    }

    fn is_at_end(&self, shared: &Shared) -> bool {
        let log = shared.log();
        match self {
            Self::Stream { name, next } => {
                let last = log.stream(name).and_then(|stream| stream.last());
                last.is_none_or(|last| *next > last)
            }
            Self::All { next, .. } => *next >= log.records().len(),
        }
    }

    /// The message of a subscription that has caught up.
    fn caught_up(&mut self, shared: &Shared) -> Vec<Frame> {
        let now = (shared.config.clock)();
        let version = shared.config.version;
        let mut caught_up = CaughtUp {
            timestamp: None,
            stream_revision: None,
            position: None,
        };
        let mut frames = Vec::new();
        match self {
            Self::Stream { next, .. } => {
                caught_up.stream_revision =
                    next.checked_sub(1).and_then(|last| last.try_into().ok());
            }
            Self::All {
                filter,
                considered,
                last,
                ..
            } => {
                caught_up.position = last.map(Into::into);
                if let (Some(_), Some(last)) = (filter, *last) {
                    *considered = 0;
                    frames.push(checkpoint(last, shared));
                }
            }
        }
        if version.reports_caught_up_position() {
            caught_up.timestamp = Some(wire::timestamp(now));
        } else {
            caught_up = CaughtUp {
                timestamp: None,
                stream_revision: None,
                position: None,
            };
        }
        if version.reports_caught_up() {
            frames.push(message(Content::CaughtUp(caught_up)));
        }
        frames
    }
}

/// Index of the first record behind `position`.
fn after(log: &Log, position: Position) -> usize {
    let index = log.index_at(position);
    let is_there = log
        .records()
        .get(index)
        .is_some_and(|record| record.position == position);
    index + usize::from(is_there)
}

fn checkpoint(position: Position, shared: &Shared) -> Frame {
    shared.tally.checkpoints.fetch_add(1, Ordering::Relaxed);
    message(Content::Checkpoint(Checkpoint {
        commit_position: position.commit,
        prepare_position: position.prepare,
        timestamp: Some(wire::timestamp((shared.config.clock)())),
    }))
}

/// Whether a subscription goes on.
enum Next {
    GoOn,
    Ends,
}

impl Subscription {
    /// Faults that hold from the first event on.
    fn apply_standing_fault(&mut self) {
        let Some(fault) = self.fault else { return };
        match fault {
            SubscribeFault::Repeat(events) => self.place.step_back(events),
            SubscribeFault::WrongIds => self.ids = Ids::Wrong,
            SubscribeFault::Slow(_) => {}
            _ => return,
        }
        self.service.shared.faults.note(fault);
    }

    async fn follow(
        &mut self,
        changes: &mut watch::Receiver<u64>,
        sink: &Sink,
    ) -> Result<(), Gone> {
        let shared = Arc::clone(&self.service.shared);
        let mut is_live = false;
        loop {
            changes.mark_unchanged();
            if self.leader_only && !shared.leads(self.service.node) {
                let refused = refusal::not_leader(shared.leader());
                return sink.send(vec![Frame::Fail(refused)]).await;
            }
            let page = match self.place.page(&shared) {
                Ok(page) => page,
                Err(refused) => return sink.send(vec![Frame::Fail(refused)]).await,
            };
            let Page {
                records,
                checkpoint: reached,
                is_last,
            } = page;
            if let Next::Ends = self.send(&records, sink).await? {
                return Ok(());
            }
            if let Some(position) = reached {
                sink.send(vec![checkpoint(position, &shared)]).await?;
            }
            if !is_last {
                // Too far behind to be live, if it was.
                is_live = false;
                continue;
            }
            if !is_live {
                if !self.place.is_at_end(&shared) {
                    // Sending took its time, and the log has moved on.
                    continue;
                }
                is_live = true;
                sink.send(self.place.caught_up(&shared)).await?;
            }
            // The sender is in `shared`, which we hold.
            let _ = sink.unless_gone(changes.changed()).await?;
        }
    }

    async fn send(&mut self, records: &[Arc<Record>], sink: &Sink) -> Result<Next, Gone> {
        if let Some(pause) = self.pause {
            sink.unless_gone(tokio::time::sleep(pause)).await?;
        }
        let before = usize::try_from(self.until_fault)
            .unwrap_or(usize::MAX)
            .min(records.len());
        let (before, behind) = records.split_at(before);
        let frames = |records: &[Arc<Record>], ids| {
            records
                .iter()
                .map(|record| Frame::Message(wire::event(record, ids)))
                .collect()
        };
        sink.send(frames(before, self.ids)).await?;
        if self.until_fault != u64::MAX {
            self.until_fault -= before.len() as u64;
            if self.until_fault == 0 {
                self.until_fault = u64::MAX;
                if let Next::Ends = self.inject_fault(sink).await? {
                    return Ok(Next::Ends);
                }
            }
        }
        sink.send(frames(behind, self.ids)).await?;
        Ok(Next::GoOn)
    }

    /// The fault has its turn.
    async fn inject_fault(&mut self, sink: &Sink) -> Result<Next, Gone> {
        let faults = &self.service.shared.faults;
        let Some(fault) = self.fault.take() else {
            return Ok(Next::GoOn);
        };
        faults.note(fault);
        match fault {
            SubscribeFault::SilentAfter(_) => {
                sink.unless_gone(faults.hang()).await?;
                Ok(Next::GoOn)
            }
            SubscribeFault::MissingContentAfter(_) => {
                sink.send(vec![Frame::Message(ReadResp { content: None })])
                    .await?;
                Ok(Next::GoOn)
            }
            SubscribeFault::CutAfter(_) => {
                sink.send(vec![Frame::Cut]).await?;
                Ok(Next::Ends)
            }
            SubscribeFault::FailAfter(_, code) => {
                let status = Status::new(code, "the subscription failed on demand");
                sink.send(vec![Frame::Fail(status)]).await?;
                Ok(Next::Ends)
            }
            _ => Ok(Next::Ends),
        }
    }
}
