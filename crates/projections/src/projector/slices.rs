//! The machines of all slices that one projection works on, and how far the log is read for them.

use std::sync::Arc;

use futures_util::future::try_join_all;
use minwon_core::{GlobalPosition, LastEvent, Projection, SliceCount, Timestamp, key_hash};

use super::{Backends, answers::Answers};
use crate::{
    end::SessionEnd,
    slice::{Definition, LastRead, SliceCommit, SliceMachine, page::Page},
};

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

    /// Folds a page into the slices that it concerns. Returns how many events were folded.
    pub(super) async fn fold<B: Backends>(
        &mut self,
        page: &Page<P::Event>,
        answers: &Answers<P, B>,
    ) -> Result<u64, SessionEnd> {
        self.take(page);
        self.read = self.read.max(page.position);
        self.caught_up = page.caught_up;
        let is_complete = page.caught_up || self.read >= self.head;
        let (mut folded, mut waiting) = (0, Vec::new());
        for machine in self.machines.iter_mut().flatten() {
            folded += machine.events_taken() as u64;
            if let Some(want) = machine.fold(page, is_complete)? {
                waiting.push(answers.fold_on(machine, want, page, is_complete));
            }
        }
        try_join_all(waiting).await?;
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

    /// Gives every event of the page to the slice that it concerns.
    fn take(&mut self, page: &Page<P::Event>) {
        let mut previous = GlobalPosition::START;
        for (at, (event, decoded)) in (0..).zip(page.events.iter().zip(&page.decoded)) {
            let Some(route) = self.definition.route(event, decoded) else {
                continue;
            };
            // A feed that brings something again brings nothing new.
            if event.position <= previous {
                continue;
            }
            previous = event.position;
            let hash = key_hash(route.0);
            let slice = self.count.slice_of_hash(hash);
            if let Some(machine) = &mut self.machines[usize::from(slice.get())] {
                machine.take(route, hash, at, event);
            }
        }
    }

    /// The commits of slices with news.
    pub(super) async fn commits<B: Backends>(
        &mut self,
        which: Which,
        answers: &Answers<P, B>,
    ) -> Result<Vec<SliceCommit>, SessionEnd> {
        let (read, last_read) = (self.read, &self.last_read);
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

/// Returns whether the reader has seen all that is folded, and there is news. It may have begun
/// again further back, for the sake of another slice.
fn can_move<P: Projection>(machine: &SliceMachine<P>, read: GlobalPosition) -> bool {
    machine.folded() <= read && machine.has_news()
}
