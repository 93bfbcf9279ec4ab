//! One step in the work on a key. Of each key there is one at a time.

use std::{collections::VecDeque, sync::Arc};

use minwon_core::{
    ConsumerLetters, DeadLetterEvent, FailureClass, GlobalPosition, Parked, ReactionKind,
    RecordedEvent,
};

use super::{
    Setup,
    handler::{Handler, Outcome},
};
use crate::{dead_letters::Traces, end::SessionEnd};

/// Something to do for a key.
pub(super) struct Job {
    /// Where it stands in the log; none where it does not come from there.
    pub(super) position: Option<GlobalPosition>,
    pub(super) work: Work,
}

pub(super) enum Work {
    /// An event to be handled.
    Event(Box<RecordedEvent>),
    /// See whether something that is held back can be worked on.
    Look,
}

/// The outcome of a turn.
pub(super) struct Turn {
    pub(super) key: Arc<str>,
    /// The jobs that are left.
    pub(super) jobs: VecDeque<Job>,
    /// The jobs that were finished.
    pub(super) finished: Vec<Option<GlobalPosition>>,
    pub(super) counts: Counts,
    /// Why it ended before it had finished anything.
    pub(super) end: Option<SessionEnd>,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) handled: u64,
    pub(super) dead_letters: u64,
    pub(super) parked: u64,
}

/// Whether an event can be handled, by what is held back of its key.
enum Obstacle {
    /// Nothing is in its way.
    None,
    /// It is held back already, or given up.
    Settled,
    /// Something before it is held back.
    Blocked,
}

impl<U: Setup> Handler<U> {
    /// Does the first job of a key; or the first few, where they are done at once.
    pub(super) async fn turn(&self, key: Arc<str>, mut jobs: VecDeque<Job>) -> Turn {
        let mut counts = Counts::default();
        let done = self.work(&key, &jobs, &mut counts).await;
        let (done, end) = match done {
            Ok(done) => (done, None),
            Err(end) => (0, Some(end)),
        };
        let finished = jobs.drain(..done).map(|job| job.position).collect();
        Turn {
            key,
            jobs,
            finished,
            counts,
            end,
        }
    }

    /// Returns how many jobs are done.
    async fn work(
        &self,
        key: &str,
        jobs: &VecDeque<Job>,
        counts: &mut Counts,
    ) -> Result<usize, SessionEnd> {
        let Some(job) = jobs.front() else {
            return Ok(0);
        };
        let recorded = match &job.work {
            Work::Look => {
                self.release_held(key, counts).await?;
                return Ok(1);
            }
            Work::Event(recorded) => &**recorded,
        };
        match self.obstacle(key, recorded) {
            Obstacle::Settled => {}
            Obstacle::None => self.handle(key, recorded, counts).await?,
            Obstacle::Blocked => return self.park(key, recorded, jobs, counts).await,
        }
        Ok(1)
    }

    /// Returns whether an event of a key that nobody works on asks for nothing: then it takes no turn.
    pub(super) fn is_nothing(&self, key: &str, work: &Work) -> bool {
        let Work::Event(recorded) = work else {
            return false;
        };
        matches!(self.obstacle(key, recorded), Obstacle::None) && self.asks_for_nothing(recorded)
    }

    fn obstacle(&self, key: &str, recorded: &RecordedEvent) -> Obstacle {
        let obstacle = |letters: &ConsumerLetters| {
            if letters.is_given_up(recorded.id()) {
                return Obstacle::Settled;
            }
            if letters.is_blocked(key) && letters.is_held(key, &recorded.into()) {
                return Obstacle::Settled;
            }
            let held = letters.held(key).next().map(|held| &held.event);
            let mut first = held.into_iter().chain(letters.owed(key).next());
            // An earlier event may have been held back since this one came here for the first time.
            if first.any(|first| first.position < recorded.position) {
                return Obstacle::Blocked;
            }
            Obstacle::None
        };
        self.look(obstacle).unwrap_or(Obstacle::None)
    }

    async fn handle(
        &self,
        key: &str,
        recorded: &RecordedEvent,
        counts: &mut Counts,
    ) -> Result<(), SessionEnd> {
        match self.carry_out(ReactionKind::Handled, recorded).await? {
            Outcome::Done => counts.handled += 1,
            Outcome::Failed { failure, attempts } => {
                let is_letter = failure.class != FailureClass::Newer;
                let added = self.added(key, &recorded.into(), failure, attempts);
                self.records
                    .write(vec![added], Traces::of(recorded))
                    .await?;
                counts.dead_letters += u64::from(is_letter);
                counts.parked += u64::from(!is_letter);
            }
        }
        Ok(())
    }

    /// Parks the first job's event and those that follow it in the same queue. Those that are held
    /// back or given up already are not written again.
    async fn park(
        &self,
        key: &str,
        first: &RecordedEvent,
        jobs: &VecDeque<Job>,
        counts: &mut Counts,
    ) -> Result<usize, SessionEnd> {
        let mut traces = Traces::default();
        let parked = jobs.iter().map_while(|job| match &job.work {
            Work::Event(event) if event.event_type == first.event_type => {
                traces.note(event);
                Some(DeadLetterEvent::from(Parked {
                    consumer: self.name().clone(),
                    key: key.to_owned(),
                    event: (&**event).into(),
                }))
            }
            _ => None,
        });
        let parked: Vec<_> = parked.collect();
        let done = parked.len();
        self.records.write(parked, traces).await?;
        counts.parked += done as u64;
        Ok(done)
    }
}
