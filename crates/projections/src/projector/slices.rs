//! The machines of all slices that one projection works on, and how far the log is read for them.

use std::sync::Arc;

use futures_util::future::try_join_all;
use minwon_core::{GlobalPosition, LastEvent, Projection, SliceCount, Timestamp};
use tokio::runtime::Handle;

use super::{Backends, answers::Answers};
use crate::{
    end::{SessionEnd, StopReason},
    slice::{Definition, LastRead, SliceCommit, SliceMachine, page::Page},
    supervise::OwnedTask,
};

/// A task of its own is given this much at least: events of a page, or changed views.
const THINGS_PER_TASK: usize = 256;

/// The machines of all slices that one projection works on.
pub(crate) struct Slices<P: Projection> {
    pub(super) definition: Arc<Definition<P>>,
    pub(super) count: SliceCount,
    /// None for slices that others work on.
    pub(super) machines: Vec<Option<SliceMachine<P>>>,
    pub(super) last_read: LastRead,
    /// The log is read up to here.
    read: GlobalPosition,
    /// The head of the log when the session began.
    head: GlobalPosition,
    /// Whether the log had no further event when it was last read.
    pub(super) caught_up: bool,
}

/// Which slices a commit is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    Changed,
}

impl<P: Projection> Slices<P> {
    pub(super) fn new(
        definition: Arc<Definition<P>>,
        count: SliceCount,
        machines: Vec<Option<SliceMachine<P>>>,
        head: GlobalPosition,
    ) -> Self {
        let mut slices = Self {
            definition,
            count,
            machines,
            last_read: LastRead {
                event: None,
                recorded_at: Timestamp::UNIX_EPOCH,
            },
            read: GlobalPosition::START,
            head,
            caught_up: false,
        };
        let recorded_at = slices.iter().map(SliceMachine::recorded_at).max();
        slices.last_read.recorded_at = recorded_at.unwrap_or(Timestamp::UNIX_EPOCH);
        slices.read = slices.from().unwrap_or(GlobalPosition::START);
        slices
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &SliceMachine<P>> + Clone {
        self.machines.iter().flatten()
    }

    /// Where the log has to be read from; none where no slice is worked on.
    pub(super) fn from(&self) -> Option<GlobalPosition> {
        self.iter().map(SliceMachine::folded).min()
    }

    /// Behind which place each slice wants events; none for slices that others work on.
    pub(super) fn wants(&self) -> Vec<Option<GlobalPosition>> {
        let machines = self.machines.iter();
        machines
            .map(|machine| machine.as_ref().map(SliceMachine::folded))
            .collect()
    }

    /// Folds a page into each slice; returns how many events were to be folded.
    pub(super) async fn fold<B: Backends>(
        &mut self,
        page: Page,
        answers: &Arc<Answers<P, B>>,
    ) -> Result<u64, SessionEnd> {
        self.read = self.read.max(page.position);
        self.caught_up = page.caught_up;
        let is_complete = page.caught_up || self.read >= self.head;
        let page = Arc::new(page);
        let folded = self.share_out(page.events.len(), |mut share| {
            let (page, answers) = (Arc::clone(&page), Arc::clone(answers));
            async move {
                let folded = share.fold(&page, &answers, is_complete).await;
                (share, folded)
            }
        });
        let folded = folded.await?.into_iter().sum();
        if let Some(event) = page.events.last() {
            self.last_read = LastRead {
                event: Some(LastEvent {
                    stream: event.stream.clone(),
                    version: event.version,
                    id: event.id(),
                }),
                recorded_at: event.recorded_at,
            };
        }
        Ok(folded)
    }

    /// The next commits of the slices that have news.
    pub(super) async fn commits<B: Backends>(
        &mut self,
        which: Which,
        answers: &Arc<Answers<P, B>>,
    ) -> Result<Vec<SliceCommit>, SessionEnd> {
        let (read, last_read) = (self.read, self.last_read.clone());
        let commits = self.share_out(self.changed(), |mut share| {
            let (answers, last_read) = (Arc::clone(answers), last_read.clone());
            async move {
                let commits = share.commits(which, read, &last_read, &answers).await;
                (share, commits)
            }
        });
        Ok(commits.await?.into_iter().flatten().collect())
    }

    /// Has the machines worked on, by several tasks at once where there is much to do. Answers the
    /// outcome of each task.
    async fn share_out<T, W>(
        &mut self,
        things: usize,
        work: impl Fn(Share<P>) -> W,
    ) -> Result<Vec<T>, SessionEnd>
    where
        T: Send + 'static,
        W: Future<Output = (Share<P>, Result<T, SessionEnd>)> + Send + 'static,
    {
        let threads = Handle::current().metrics().num_workers();
        let shares = threads.min(things / THINGS_PER_TASK).max(1);
        let mut done = Vec::with_capacity(shares);
        if shares == 1 {
            done.push(work(self.share(0, 1)).await);
        } else {
            let tasks = (0..shares).map(|first| OwnedTask::spawn(work(self.share(first, shares))));
            let tasks: Vec<_> = tasks.collect();
            for task in tasks {
                let joined = task.await;
                done.push(joined.map_err(|error| SessionEnd::Stop(StopReason::Task(error)))?);
            }
        }
        let mut outcomes = Vec::with_capacity(shares);
        for (first, (share, outcome)) in done.into_iter().enumerate() {
            let places = self.machines.iter_mut().skip(first).step_by(shares);
            for (place, machine) in places.zip(share.machines) {
                *place = machine;
            }
            outcomes.push(outcome);
        }
        outcomes.into_iter().collect()
    }

    /// Takes the machines of every `step`-th slice.
    fn share(&mut self, first: usize, step: usize) -> Share<P> {
        let machines = self.machines.iter_mut().skip(first).step_by(step);
        Share {
            definition: Arc::clone(&self.definition),
            count: self.count,
            first,
            step,
            machines: machines.map(Option::take).collect(),
        }
    }

    /// The commits under way were accepted. Keeps about `views_max` views in memory.
    pub(super) fn committed(&mut self, views_max: usize) {
        let owned = self.iter().count().max(1);
        for machine in self.machines.iter_mut().flatten() {
            machine.committed(views_max / owned);
        }
    }

    /// Everything up to here is committed in all slices; none where there is none.
    pub(super) fn position(&self) -> Option<GlobalPosition> {
        self.iter().map(SliceMachine::committed_position).min()
    }

    /// Returns how many views have changed since the last commit.
    pub(super) fn changed(&self) -> usize {
        self.iter().map(SliceMachine::changed).sum()
    }

    /// Returns whether all slices can be asked.
    pub(super) fn are_ready(&self) -> bool {
        self.iter().all(SliceMachine::is_ready)
    }

    /// Returns whether a slice has begun again and the store has its earlier life.
    pub(super) fn has_begun_anew(&self) -> bool {
        self.iter().any(SliceMachine::is_begun_anew)
    }

    /// Returns whether a slice has reached the head of the log for the first time, and a commit
    /// would say so.
    pub(super) fn becomes_ready(&self) -> bool {
        let mut machines = self.iter();
        machines.any(|machine| machine.becomes_ready() && can_move(machine, self.read))
    }

    /// Returns whether all of the log is read, and some slices are not committed up to there.
    pub(super) fn are_behind(&self) -> bool {
        self.caught_up && self.iter().any(|machine| can_move(machine, self.read))
    }
}

/// The machines of every `step`-th slice, which one task works on.
struct Share<P: Projection> {
    definition: Arc<Definition<P>>,
    count: SliceCount,
    first: usize,
    step: usize,
    /// None for slices that others work on.
    machines: Vec<Option<SliceMachine<P>>>,
}

impl<P: Projection> Share<P> {
    async fn fold<B: Backends>(
        &mut self,
        page: &Page,
        answers: &Answers<P, B>,
        is_complete: bool,
    ) -> Result<u64, SessionEnd> {
        self.take(page);
        let (mut folded, mut waiting) = (0, Vec::new());
        for machine in self.machines.iter_mut().flatten() {
            folded += machine.events_taken() as u64;
            if let Some(want) = machine.fold(page, is_complete)? {
                waiting.push(answers.fold_on(machine, want, page, is_complete));
            }
        }
        try_join_all(waiting).await?;
        Ok(folded)
    }

    /// Gives each event to the machine of its slice.
    fn take(&mut self, page: &Page) {
        for (at, (event, content)) in (0..).zip(page.events.iter().zip(&page.contents)) {
            let Some(hash) = content.hash() else {
                continue;
            };
            let slice = usize::from(self.count.slice_of_hash(hash).get());
            if slice % self.step != self.first {
                continue;
            }
            let machine = self.machines[slice / self.step].as_mut();
            if let Some((machine, route)) = machine.zip(self.definition.route(event, content)) {
                machine.take(route, at, event);
            }
        }
    }

    async fn commits<B: Backends>(
        &mut self,
        which: Which,
        read: GlobalPosition,
        last_read: &LastRead,
        answers: &Answers<P, B>,
    ) -> Result<Vec<SliceCommit>, SessionEnd> {
        let is_meant = |machine: &&mut SliceMachine<P>| {
            let is_meant = match which {
                Which::All => true,
                Which::Changed => machine.changed() > 0 || !machine.is_ready(),
            };
            is_meant && can_move(machine, read)
        };
        let machines = self.machines.iter_mut().flatten().filter(is_meant);
        try_join_all(machines.map(|machine| answers.commit(machine, last_read))).await
    }
}

/// Returns whether the reader has seen all that is folded, and there is news. It may have begun
/// again further back, for the sake of another slice.
fn can_move<P: Projection>(machine: &SliceMachine<P>, read: GlobalPosition) -> bool {
    machine.folded() <= read && machine.has_news()
}
