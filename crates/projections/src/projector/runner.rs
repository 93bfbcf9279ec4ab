//! One projection on the log: fold, commit, next.

use std::{sync::Arc, time::Duration};

use futures_util::{
    FutureExt,
    future::{BoxFuture, try_join_all},
};
use minwon_core::{
    EventFilter, EventStore, Failure, GlobalPosition, LastEvent, Projection, ReadModelAdmin,
    ReadModelStore, RecordedEvent, SliceCount, StreamVersion, Timer, Timestamp, key_hash,
};
use tokio::sync::{mpsc, watch};

use super::{
    batch::{Batch, Decoded},
    clerk::Clerk,
    commit::Committer,
    end::{Misfit, SessionEnd, StopReason},
    notes::Letters,
    opening::Opener,
    options::ProjectorOptions,
    slice_io::{load, prepare},
    slice_run::{Seen, SliceRun},
    source::Interest,
    status::{ModelStatus, ProjectorStatus},
};
use crate::{
    document::OutOfTurn,
    kept_key::KeptKey,
    slice_fold::Fate,
    supervise::{OwnedTask, PartState},
};

/// One projection of a projector, whatever its view.
#[async_trait::async_trait]
pub(crate) trait Run<E>: Send {
    /// Finds out where its slices are, following what `filter` admits. Answers where the log has
    /// to be read from; none where it has no slice to work on.
    async fn open(&mut self, filter: &EventFilter) -> Result<Option<GlobalPosition>, SessionEnd>;

    /// Which events have to be decoded for it. After `open`.
    fn interest(&self) -> Interest;

    /// Folds and commits until there is nothing more.
    async fn run(&mut self, batches: mpsc::Receiver<Arc<Batch<E>>>) -> SessionEnd;

    /// Gives up what it has a right to.
    async fn leave(&mut self);
}

/// Slices looked at at a time where nothing happens. A flush or a restored copy shows in any of
/// them; one that was lost alone is found when its turn comes.
const SLICES_LOOKED_AT: usize = 2;

/// What a commit under way comes to.
type Underway = BoxFuture<'static, Result<(), SessionEnd>>;

pub(crate) struct Runner<P: Projection, S, R, T> {
    pub(crate) projection: Arc<P>,
    pub(crate) clerk: Arc<Clerk<P, S, T>>,
    pub(crate) opener: Opener<P, S, R, T>,
    pub(crate) committer: Arc<Committer<R, T>>,
    pub(crate) options: ProjectorOptions,
    pub(crate) status: watch::Sender<ProjectorStatus>,
    /// Which of the projector's projections it is.
    pub(crate) number: usize,
    pub(crate) slices: SliceCount,
    /// The slices worked on; none for the others.
    pub(crate) runs: Vec<Option<SliceRun<P>>>,
    pub(crate) seen: Seen,
    /// The reader has read up to here.
    pub(crate) reached: GlobalPosition,
    /// The head of the log when the session began.
    pub(crate) head: GlobalPosition,
    pub(crate) caught_up: bool,
    pub(crate) uncommitted_events: u64,
    /// So many changed views are committed.
    pub(crate) window: usize,
    /// What was folded by then is committed even if more could be.
    pub(crate) commit_at: Timestamp,
    pub(crate) folded_events: u64,
    /// Since when something that is folded has not been committed.
    pub(crate) behind_since: Option<Timestamp>,
    /// Whether earlier lives of slices were swept away.
    pub(crate) has_swept: bool,
    /// Which slice is looked at next, where nothing happens.
    pub(crate) looked_at: usize,
    /// How many changes the store had counted when all slices were looked at.
    pub(crate) slices_seen: Option<u64>,
    /// The same for the catalogue, and whether the slices were complete.
    pub(crate) roles_seen: Option<(u64, bool)>,
}

#[async_trait::async_trait]
impl<P, S, R, T> Run<P::Event> for Runner<P, S, R, T>
where
    P: Projection,
    S: EventStore + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    T: Timer + 'static,
{
    async fn open(&mut self, filter: &EventFilter) -> Result<Option<GlobalPosition>, SessionEnd> {
        let opened = self.opener.open(&self.projection, filter).await?;
        self.slices = opened.slices;
        self.runs = opened.runs;
        self.clerk.look_up(&self.runs).await?;
        if self.opener.is_answering {
            let read_models = &*self.committer.read_models;
            let reconciled = self
                .clerk
                .reconcile(read_models, self.slices, &mut self.runs);
            let reconciled = reconciled.await;
            self.note_damage(reconciled)?;
            self.clerk
                .ask_after_upgrade(self.slices, &self.runs)
                .await?;
        }
        self.head = opened.head;
        let folded = self.runs.iter().flatten().map(|run| run.folded);
        let from = folded.min();
        self.reached = from.unwrap_or(GlobalPosition::START);
        let recorded_at = self.runs.iter().flatten().map(SliceRun::recorded_at).max();
        self.seen = Seen {
            last_event: None,
            recorded_at: recorded_at.unwrap_or(Timestamp::UNIX_EPOCH),
        };
        (self.slices_seen, self.roles_seen) = (None, None);
        self.caught_up = false;
        self.behind_since = None;
        self.uncommitted_events = 0;
        let now = self.opener.timer.now();
        self.commit_at = now.saturating_add(self.options.uncommitted_time_max);
        self.tell();
        Ok(from)
    }

    fn interest(&self) -> Interest {
        let (projection, slices) = (Arc::clone(&self.projection), self.slices);
        let from = |run: &Option<SliceRun<P>>| run.as_ref().map(|run| run.folded);
        let from: Vec<_> = self.runs.iter().map(from).collect();
        // Dead letters are never asked for: their streams are of no view.
        Box::new(move |event: &RecordedEvent| {
            let kept = KeptKey::of(&*projection, event)?;
            let slice = slices.slice_of(kept.key);
            let from = from[usize::from(slice.get())];
            from.filter(|from| event.position > *from)
                .map(|_| kept.failure(event).map_or(Ok(()), Err))
        })
    }

    async fn run(&mut self, mut batches: mpsc::Receiver<Arc<Batch<P::Event>>>) -> SessionEnd {
        let ended = self.run_on(&mut batches).await;
        match self.note_damage(ended) {
            Ok(end) | Err(end) => end,
        }
    }

    async fn leave(&mut self) {
        self.opener.leave().await;
    }
}

impl<P, S, R, T> Runner<P, S, R, T>
where
    P: Projection,
    S: EventStore + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    T: Timer + 'static,
{
    /// Sees to it that a slice that was found damaged begins anew.
    fn note_damage<A>(&mut self, outcome: Result<A, SessionEnd>) -> Result<A, SessionEnd> {
        if let Err(SessionEnd::Damaged { slice, why }) = &outcome {
            tracing::warn!(%slice, why, "a slice is damaged");
            let run = self.runs[usize::from(slice.slice.get())].as_ref();
            let incarnation = run.expect("its damage was found in it").incarnation();
            self.opener.condemn(slice.clone(), incarnation);
        }
        outcome
    }

    async fn run_on(
        &mut self,
        batches: &mut mpsc::Receiver<Arc<Batch<P::Event>>>,
    ) -> Result<SessionEnd, SessionEnd> {
        let mut underway: Option<Underway> = None;
        let mut rest: Option<BoxFuture<'static, ()>> = None;
        let timer = Arc::clone(&self.opener.timer);
        let mut heartbeat = self.opener.next_heartbeat();
        // Until when slices without news wait for the others; none where all are where they are.
        let mut patience: Option<BoxFuture<'static, ()>> = None;
        let mut look = sleep(&timer, self.options.look_wait);
        let mut leisure = self.leisure();
        let mut sweeping: Option<BoxFuture<'static, ()>> = None;
        // Of its own: while commits follow each other, the other look does not come.
        let mut look_at_roles = sleep(&timer, self.options.look_wait);
        loop {
            let is_full = underway.is_some() && self.is_full();
            if !self.lags() {
                patience = None;
            } else if patience.is_none() {
                patience = Some(sleep(&timer, self.options.idle_slices_wait));
            }
            tokio::select! {
                // Timers before batches, or there would be no time while the log is busy.
                biased;
                done = over(&mut underway) => {
                    underway = None;
                    done?;
                    self.settle();
                    look = sleep(&timer, self.options.look_wait);
                    rest = self.rest();
                }
                () = over(&mut rest) => rest = None,
                () = &mut heartbeat => {
                    if self.opener.have_slices_changed().await {
                        self.flush(underway).await?;
                        return Ok(SessionEnd::Reassigned);
                    }
                    heartbeat = self.opener.next_heartbeat();
                }
                () = over(&mut leisure), if underway.is_none() && self.is_at_leisure() => {
                    leisure = None;
                    sweeping = Some(self.sweep());
                }
                () = over(&mut sweeping) => sweeping = None,
                () = over(&mut patience), if underway.is_none() && rest.is_none() => {
                    patience = None;
                    underway = self.begin_commit(Slices::All).await?;
                }
                () = &mut look_at_roles => {
                    if self.has_changed_roles().await? {
                        self.flush(underway).await?;
                        return Ok(SessionEnd::Reassigned);
                    }
                    self.tell();
                    look_at_roles = sleep(&timer, self.options.look_wait);
                    // Nobody else would go on under a clock on which nobody waits.
                    tokio::task::yield_now().await;
                }
                () = &mut look, if underway.is_none() => {
                    if self.has_lost_something().await? {
                        return Ok(SessionEnd::Refused);
                    }
                    look = sleep(&timer, self.options.look_wait);
                    // Nobody else would go on under a clock on which nobody waits.
                    tokio::task::yield_now().await;
                }
                batch = batches.recv(), if !is_full => match batch {
                    Some(batch) => self.fold(&batch).await?,
                    None => break,
                },
            }
            let may_wait = rest.is_some() && !self.is_full();
            if underway.is_none() && self.is_due() && !may_wait {
                // Where commits wait for each other, the slices without news had waited long enough.
                let slices = if self.caught_up && self.options.commits_wait.is_zero() {
                    Slices::Changed
                } else {
                    Slices::All
                };
                underway = self.begin_commit(slices).await?;
            }
        }
        self.flush(underway).await?;
        Ok(SessionEnd::Drained)
    }

    /// Whether it has to be opened anew for the sake of the catalogue. Where the store counts its
    /// changes, it is asked after a change only.
    async fn has_changed_roles(&mut self) -> Result<bool, SessionEnd> {
        let is_ready = self.is_ready();
        let seen = self.opener.changes().map(|changes| (changes, is_ready));
        if seen.is_some() && seen == self.roles_seen {
            return Ok(false);
        }
        let opener = &mut self.opener;
        let have_changed = opener.has_changed_roles(&self.projection, is_ready).await?;
        self.roles_seen = seen;
        Ok(have_changed)
    }

    /// Whether slices are not where they were committed. Where the store counts its changes, all
    /// are looked at, after a change only; elsewhere a few in turn.
    async fn has_lost_something(&mut self) -> Result<bool, SessionEnd> {
        let changes = self.opener.changes();
        if changes.is_some() && changes == self.slices_seen {
            return Ok(false);
        }
        let owned = self.runs.iter().flatten().count();
        let first = self.looked_at.checked_rem(owned).unwrap_or(0);
        self.looked_at = first + SLICES_LOOKED_AT;
        let most = changes.map_or(SLICES_LOOKED_AT.min(owned), |_| owned);
        let slices = self.runs.iter().flatten().cycle().skip(first).take(most);
        let has_lost = self.opener.has_lost_something(slices).await?;
        self.slices_seen = changes;
        Ok(has_lost)
    }

    /// How long nothing has to happen before earlier lives of slices are swept away; none where
    /// there is no reason to. One that this session began anew has left something; what an earlier
    /// process left is not known, so it is looked for once.
    fn leisure(&self) -> Option<BoxFuture<'static, ()>> {
        let is_anew = |run: &SliceRun<P>| run.is_begun_anew();
        let wait = if self.runs.iter().flatten().any(is_anew) {
            Duration::ZERO
        } else if self.has_swept {
            return None;
        } else {
            self.options.sweep_wait
        };
        Some(sleep(&self.opener.timer, wait))
    }

    /// Whether the slices are where the log is, and none of them is of an earlier life.
    fn is_at_leisure(&self) -> bool {
        let mut runs = self.runs.iter().flatten();
        self.caught_up && runs.all(|run| run.is_ready() && !run.is_begun_anew())
    }

    /// Sweeps. Where that fails, the next process will: nothing is lost but room.
    fn sweep(&mut self) -> BoxFuture<'static, ()> {
        self.has_swept = true;
        let read_models = Arc::clone(&self.committer.read_models);
        let generation = self
            .opener
            .generation
            .as_ref()
            .map(|(name, _)| name.clone());
        async move {
            let Some(generation) = generation else { return };
            match read_models.sweep(&generation).await {
                Ok(0) => {}
                Ok(things) => tracing::info!(%generation, things, "earlier lives were swept away"),
                Err(error) => tracing::info!(%generation, %error, "sweeping failed"),
            }
        }
        .boxed()
    }

    /// The time that passes between two commits; none where none has to.
    fn rest(&self) -> Option<BoxFuture<'static, ()>> {
        let wait = self.options.commits_wait;
        (wait > Duration::ZERO).then(|| sleep(&self.opener.timer, wait))
    }

    /// Commits everything.
    async fn flush(&mut self, underway: Option<Underway>) -> Result<(), SessionEnd> {
        if let Some(underway) = underway {
            underway.await?;
            self.settle();
        }
        if let Some(underway) = self.begin_commit(Slices::All).await? {
            underway.await?;
            self.settle();
        }
        Ok(())
    }

    fn changed(&self) -> usize {
        let changed = self.runs.iter().flatten().map(|run| run.fold.changed());
        changed.sum()
    }

    fn is_full(&self) -> bool {
        self.changed() >= self.window
            || self.uncommitted_events >= self.options.uncommitted_events_max
            || (self.uncommitted_events > 0 && self.opener.timer.now() >= self.commit_at)
    }

    fn is_due(&self) -> bool {
        self.is_full() || self.becomes_ready() || (self.caught_up && self.changed() > 0)
    }

    fn lags(&self) -> bool {
        self.caught_up && self.runs.iter().flatten().any(|run| self.can_move(run))
    }

    /// Whether the first complete fold of a slice waits to be told.
    fn becomes_ready(&self) -> bool {
        let mut runs = self.runs.iter().flatten();
        runs.any(|run| run.becomes_ready() && self.can_move(run))
    }

    /// Whether the reader has seen all that is folded into `run`, and there is news. It may have
    /// begun again further back, for the sake of another slice.
    fn can_move(&self, run: &SliceRun<P>) -> bool {
        run.folded <= self.reached && run.has_news()
    }

    /// Folds a batch into the slices it concerns.
    async fn fold(&mut self, batch: &Batch<P::Event>) -> Result<(), SessionEnd> {
        self.place(batch);
        self.load_missing().await?;
        self.apply(batch).await?;
        self.see_to_letters(batch).await?;
        if let Some(event) = batch.events.last() {
            self.seen = Seen {
                last_event: Some(LastEvent {
                    stream: event.stream.clone(),
                    version: event.version,
                    id: event.id(),
                }),
                recorded_at: event.recorded_at,
            };
        }
        self.reached = self.reached.max(batch.position);
        self.caught_up = batch.caught_up;
        let is_complete = batch.caught_up || self.reached >= self.head;
        for run in self.runs.iter_mut().flatten() {
            run.folded = run.folded.max(batch.position);
            if is_complete {
                run.mark_ready();
            }
        }
        self.uncommitted_events += batch.events.len() as u64;
        if self.behind_since.is_none() && self.changed() > 0 {
            self.behind_since = Some(self.opener.timer.now());
            self.tell();
        }
        Ok(())
    }

    /// Finds the place of every event of the batch that is not folded yet.
    fn place(&mut self, batch: &Batch<P::Event>) {
        let mut previous = GlobalPosition::START;
        for (at, (recorded, decoded)) in (0..).zip(batch.events.iter().zip(&batch.decoded)) {
            if matches!(decoded, Decoded::Unwanted) || recorded.position <= previous {
                continue;
            }
            previous = recorded.position;
            let letter = match decoded {
                Decoded::Letter(letter) => Some(letter),
                _ => None,
            };
            if let Some(letter) = letter
                && let Some(key) = self.projection.letter_key(letter)
            {
                self.place_letter(key, recorded.position, at);
                continue;
            }
            let key = match letter {
                None => KeptKey::of(&*self.projection, recorded).map(|kept| kept.key),
                Some(letter) => self.clerk.key_of(letter),
            };
            let Some(key) = key else { continue };
            let hash = key_hash(key);
            let slice = self.slices.slice_of_hash(hash);
            let Some(run) = &mut self.runs[usize::from(slice.get())] else {
                continue;
            };
            if recorded.position <= run.folded {
                continue;
            }
            match (run.fold.place(hash, key), letter) {
                (Ok(place), None) => run.todo.push((place, at)),
                (Ok(place), Some(_)) => run.told.push((place, at)),
                (Err(error), None) => unreachable!("a view can have the key: {error}"),
                // No view can have this key, so nothing of it is held.
                (Err(_), Some(_)) => {}
            }
        }
    }

    /// Finds the place of what happened to a dead letter, for a projection of these.
    fn place_letter(&mut self, key: &str, position: GlobalPosition, at: u32) {
        let hash = key_hash(key);
        let slice = self.slices.slice_of_hash(hash);
        let run = self.runs[usize::from(slice.get())].as_mut();
        if let Some(run) = run.filter(|run| position > run.folded)
            // What no view can be of is told by nobody.
            && let Ok(place) = run.fold.place(hash, key)
        {
            run.todo.push((place, at));
        }
    }

    async fn load_missing(&mut self) -> Result<(), SessionEnd> {
        let read_models = &*self.committer.read_models;
        let missing = self
            .runs
            .iter_mut()
            .flatten()
            .filter(|run| run.fold.has_missing());
        try_join_all(missing.map(|run| load(read_models, run))).await?;
        Ok(())
    }

    async fn apply(&mut self, batch: &Batch<P::Event>) -> Result<(), SessionEnd> {
        let clerk = Arc::clone(&self.clerk);
        let consumer = self.opener.is_answering.then_some(&clerk.consumer);
        for number in 0..self.runs.len() {
            let Some(run) = &mut self.runs[number] else {
                continue;
            };
            self.folded_events += run.todo.len() as u64;
            let mut todo = std::mem::take(&mut run.todo);
            for (place, at) in todo.drain(..) {
                let Some(run) = &mut self.runs[number] else {
                    break;
                };
                let (recorded, decoded) = (&batch.events[at as usize], &batch.decoded[at as usize]);
                let mut fate = run.fold_in(place, recorded, decoded);
                if let Err(OutOfTurn { expected }) = fate
                    && clerk
                        .is_of_others(run.fold.key(place), recorded, expected)
                        .await?
                {
                    run.fold.pass_over(place, recorded);
                    fate = run.fold_in(place, recorded, decoded);
                }
                let fate = match fate {
                    Ok(fate) => fate,
                    Err(OutOfTurn { expected }) => {
                        let failure = self.explain(number, recorded, expected).await?;
                        self.hold_over(number, place, recorded, &failure)
                    }
                };
                if let (Fate::Held | Fate::Waits, Some(consumer)) = (fate, consumer)
                    && let Some(run) = &mut self.runs[number]
                {
                    run.note(consumer, place, fate, recorded);
                }
            }
            if let Some(run) = &mut self.runs[number] {
                run.todo = todo;
            }
        }
        Ok(())
    }

    /// Follows what was decided of dead letters, and folds again what has come into doubt.
    async fn see_to_letters(&mut self, batch: &Batch<P::Event>) -> Result<(), SessionEnd> {
        let is_answering = self.opener.is_answering;
        for run in self.runs.iter_mut().flatten() {
            if run.told.is_empty() && !run.fold.has_doubts() {
                continue;
            }
            let told = self.clerk.follow(run, batch);
            let up_to = run.folded.max(batch.position);
            self.clerk.mend(run, up_to, is_answering).await?;
            if is_answering {
                self.clerk.release_folded(run, batch, &told);
            }
        }
        Ok(())
    }

    /// Holds a key back at an event that stands behind a hole in its stream.
    fn hold_over(
        &mut self,
        slice: usize,
        place: u32,
        event: &RecordedEvent,
        failure: &Failure,
    ) -> Fate {
        let run = self.runs[slice].as_mut().expect("it holds the event");
        run.fold.pass_over(place, event);
        let held = run.fold.hold(place, failure, event);
        held.expect("it is the next, for what is missing was passed over")
    }

    /// Why an event does not follow what is folded, where its key waits for somebody to see to it.
    async fn explain(
        &mut self,
        slice: usize,
        found: &RecordedEvent,
        expected: StreamVersion,
    ) -> Result<Failure, SessionEnd> {
        let run = self.runs[slice].as_ref().expect("it holds the event");
        let kept = KeptKey::of(&*self.projection, found);
        let key = kept.map_or_else(String::new, |kept| kept.key.to_owned());
        let misfit = Misfit { key, expected };
        let opener = &mut self.opener;
        opener
            .explain(&run.name, run.committed_position(), found, &misfit)
            .await
    }

    /// Begins to commit what has news; none where nothing has.
    async fn begin_commit(&mut self, slices: Slices) -> Result<Option<Underway>, SessionEnd> {
        let reached = self.reached;
        let is_meant = |run: &&mut SliceRun<P>| {
            let is_meant = match slices {
                Slices::All => true,
                Slices::Changed => run.fold.changed() > 0 || !run.is_ready(),
            };
            is_meant && run.folded <= reached && run.has_news()
        };
        let changed = self.changed();
        let (read_models, seen) = (&*self.committer.read_models, &self.seen);
        let (clerk, is_answering) = (&*self.clerk, self.opener.is_answering);
        let runs = self.runs.iter_mut().flatten().filter(is_meant);
        let prepared = runs.map(|run| prepare(read_models, clerk, run, seen, is_answering));
        let prepared = try_join_all(prepared).await?;
        let mut letters = Letters::default();
        let mut commits = Vec::with_capacity(prepared.len());
        for (commit, mut of_slice) in prepared {
            letters.before.append(&mut of_slice.before);
            letters.after.append(&mut of_slice.after);
            commits.push(commit);
        }
        if slices == Slices::All || self.changed() == 0 {
            let most = self.options.changed_views_max;
            self.window = next_window(self.window, most, changed, self.uncommitted_events);
            self.uncommitted_events = 0;
            let now = self.opener.timer.now();
            self.commit_at = now.saturating_add(self.options.uncommitted_time_max);
        }
        if commits.is_empty() {
            return Ok(None);
        }
        let (committer, clerk) = (Arc::clone(&self.committer), Arc::clone(&self.clerk));
        // A task of its own, so that it goes on while the next batch is folded.
        let task = OwnedTask::spawn(async move {
            clerk.write_before(letters.before).await?;
            committer.commit(commits).await?;
            clerk.write(letters.after).await
        });
        let ended = task.map(|joined| {
            joined.unwrap_or_else(|error| Err(SessionEnd::Stop(StopReason::Task(error))))
        });
        Ok(Some(ended.boxed()))
    }

    /// The commit under way has happened.
    fn settle(&mut self) {
        let owned = self.runs.iter().flatten().count().max(1);
        for run in self.runs.iter_mut().flatten() {
            if let Some(committed) = run.pending.take() {
                run.committed = Some(committed);
            }
            run.fold.forget_old(self.options.cached_views_max / owned);
        }
        let committed = self.runs.iter().flatten().map(SliceRun::committed_position);
        if let Some(committed) = committed.min() {
            self.clerk.has_committed(committed);
        }
        let is_behind = self.changed() > 0;
        self.behind_since = is_behind.then(|| self.opener.timer.now());
        self.tell();
    }

    /// Whether there are slices to work on, and all of them can be asked.
    fn is_ready(&self) -> bool {
        let mut runs = self.runs.iter().flatten().peekable();
        runs.peek().is_some() && runs.all(SliceRun::is_ready)
    }

    fn tell(&self) {
        let runs = || self.runs.iter().flatten();
        let generation = self.opener.generation();
        let model = ModelStatus {
            model: self.opener.model().clone(),
            schema: self.projection.schema(),
            generation,
            slices: runs().map(|run| run.name.slice).collect(),
            position: runs().map(SliceRun::committed_position).min(),
            is_ready: generation.is_some() && runs().all(SliceRun::is_ready),
            is_earlier: self.opener.entries.is_earlier(),
            is_asked: self.opener.entries.is_asked(generation),
            not_promoted: self.opener.not_promoted.clone(),
            folded_events: self.folded_events,
            recorded_at: self.seen.recorded_at,
            behind_since: self.behind_since,
            state: PartState::Running,
        };
        self.status.send_if_modified(|status| {
            let told = &mut status.models[self.number];
            // Its state is told by its part.
            let model = ModelStatus {
                state: told.state.clone(),
                ..model
            };
            let is_news = *told != model;
            *told = model;
            is_news
        });
    }
}

/// Smallest window while catching up. Unit: views over all slices.
pub(crate) const WINDOW_VIEWS_MIN: usize = 8_192;

/// With so many events a view, a window is large enough.
const EVENTS_PER_VIEW: usize = 5;

/// How many changed views to wait for next, where a commit of `changed` views was for so many
/// events. Where the events of a key lie far apart, a larger window saves writes; where they lie
/// close together, a small one is as good, and keeps the store of the read models busy for a
/// shorter time with each slice.
fn next_window(window: usize, most: usize, changed: usize, events: u64) -> usize {
    if changed < window {
        return window;
    }
    match events as usize / changed.max(1) {
        0..EVENTS_PER_VIEW => (window * 2).min(most),
        EVENTS_PER_VIEW => window,
        _ => (window / 2).max(WINDOW_VIEWS_MIN.min(most)),
    }
}

/// Which slices a commit is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slices {
    All,
    Changed,
}

/// What a future comes to; never, where there is none.
async fn over<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

fn sleep<T: Timer + 'static>(timer: &Arc<T>, wait: Duration) -> BoxFuture<'static, ()> {
    let timer = Arc::clone(timer);
    async move { timer.sleep(wait).await }.boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_grows_where_events_lie_far_apart_and_shrinks_where_they_do_not() {
        let most = 4 * WINDOW_VIEWS_MIN;
        let next = |window: usize, per_view: u64| {
            next_window(window, most, window, window as u64 * per_view)
        };
        assert_eq!(next(WINDOW_VIEWS_MIN, 1), 2 * WINDOW_VIEWS_MIN);
        assert_eq!(next(most, 1), most);
        assert_eq!(next(most, 5), most);
        assert_eq!(next(most, 8), most / 2);
        assert_eq!(next(WINDOW_VIEWS_MIN, 8), WINDOW_VIEWS_MIN);
        assert_eq!(next(3, 8), 3.max(WINDOW_VIEWS_MIN), "never below the least");
    }

    #[test]
    fn a_bound_below_the_least_window_holds() {
        assert_eq!(next_window(3, 3, 3, 30), 3);
        assert_eq!(next_window(3, 3, 3, 3), 3);
    }

    #[test]
    fn a_commit_that_was_due_for_another_reason_says_nothing_of_the_window() {
        let window = WINDOW_VIEWS_MIN;
        assert_eq!(next_window(window, 4 * window, window - 1, 1), window);
    }
}
