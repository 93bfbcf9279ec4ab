//! One session of a projection: from where its slices are in the store, until something ends it.
//!
//! The loop moves the [machines](SliceMachine) of the slices: pages of the log come in, commits go out
//! and end, and from time to time something is due.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use minwon_core::{Clock as _, GlobalPosition, Projection, ReadModelAdmin as _};
use tokio::sync::mpsc;

use super::{
    Backends, SettingsOn,
    answers::Answers,
    commit::Committer,
    opening::Opener,
    pace::Pace,
    slices::{Slices, Which},
    source::Reading,
    status::StatusLine,
    ticks::{Tick, Ticks},
};
use crate::{
    end::{SessionEnd, StopReason},
    slice::{letters::Letters, page::Page},
    supervise::OwnedTask,
};

/// Slices looked at at a time where nothing happens. A flush or a restored copy shows in any of
/// them; one that was lost alone is found when its turn comes.
const SLICES_LOOKED_AT: usize = 2;

/// One session of a projection.
pub(super) struct Session<'o, P: Projection, B: Backends> {
    opener: &'o mut Opener<P, B>,
    settings: Arc<SettingsOn<B>>,
    answers: Arc<Answers<P, B>>,
    committer: Arc<Committer<B>>,
    slices: Slices<P>,
    pace: Pace,
    ticks: Ticks<B::Timer>,
    /// The commit under way.
    commit: Option<BoxFuture<'static, Result<(), SessionEnd>>>,
    sweeping: Option<OwnedTask<()>>,
    status: &'o mut StatusLine,
    /// Which slice is looked at next, where nothing happens.
    looked_at: usize,
    /// How many changes the store had counted when all slices were looked at.
    slices_seen: Option<u64>,
    /// The same for the catalogue, and whether the slices were complete.
    catalogue_seen: Option<(u64, bool)>,
}

impl<'o, P: Projection, B: Backends> Session<'o, P, B> {
    /// Finds out where the slices are, and lets letters and documents agree.
    pub(super) async fn open(
        opener: &'o mut Opener<P, B>,
        status: &'o mut StatusLine,
        committer: &Arc<Committer<B>>,
    ) -> Result<Self, SessionEnd> {
        let settings = Arc::clone(&opener.settings);
        let mut slices = opener.open().await?;
        let answers = Arc::new(opener.answers(slices.from()).await?);
        if opener.is_answering() {
            let count = slices.count;
            let reconciled = answers.reconcile(count, &mut slices.machines).await;
            opener.note_damage(reconciled)?;
            let machines = &slices.machines;
            let is_ours = |key: &str| machines[usize::from(count.slice_of(key).get())].is_some();
            answers.ask_after_upgrade(is_ours).await?;
        }
        let timer = Arc::clone(&settings.timer);
        let session = Self {
            committer: Arc::clone(committer),
            pace: Pace::new(settings.options.clone(), &*timer),
            opener,
            settings,
            answers,
            slices,
            ticks: Ticks::new(timer),
            commit: None,
            sweeping: None,
            status,
            looked_at: 0,
            slices_seen: None,
            catalogue_seen: None,
        };
        session.status.behind_since = None;
        session.publish();
        Ok(session)
    }

    /// Where the log has to be read from; none where there is no slice to work on.
    pub(super) fn from(&self) -> Option<GlobalPosition> {
        self.slices.from()
    }

    /// Reads the log for it.
    pub(super) fn reading(&self) -> Reading<P, B::Log, B::Timer> {
        Reading {
            definition: Arc::clone(&self.slices.definition),
            letters: self.settings.letters.clone(),
            count: self.slices.count,
            from: self.slices.wants(),
        }
    }

    /// Folds and commits until no more pages come, or something ends the session.
    pub(super) async fn run(mut self, mut pages: mpsc::Receiver<Page>) -> SessionEnd {
        let ended = self.run_on(&mut pages).await;
        match self.opener.note_damage(ended) {
            Ok(end) | Err(end) => end,
        }
    }

    async fn run_on(&mut self, pages: &mut mpsc::Receiver<Page>) -> Result<SessionEnd, SessionEnd> {
        self.start_ticks();
        loop {
            self.start_idle_wait();
            let has_room = self.commit.is_none() || self.pace.has_room(self.slices.changed());
            let admits = self.admitted();
            tokio::select! {
                // Ticks before pages, or there would be no time while the log is busy.
                biased;
                outcome = or_never(&mut self.commit) => self.committed(outcome)?,
                tick = self.ticks.next(admits) => {
                    if let Some(end) = self.tick(tick).await? {
                        self.flush().await?;
                        return Ok(end);
                    }
                }
                page = pages.recv(), if has_room => match page {
                    Some(page) => self.fold(page).await?,
                    None => break,
                },
            }
            self.commit_if_due().await?;
        }
        self.flush().await?;
        Ok(SessionEnd::Drained)
    }

    fn start_ticks(&mut self) {
        let options = &self.settings.options;
        self.ticks.start(Tick::Slices, options.look_wait);
        // Of its own: while commits follow each other, the other look does not come.
        self.ticks.start(Tick::Catalogue, options.look_wait);
        if let Some(wait) = self.opener.heartbeat_wait() {
            self.ticks.start(Tick::Heartbeat, wait);
        }
        // A life that this session began again has left something; what an earlier process left is
        // not known, so it is looked for once.
        if self.slices.has_begun_anew() {
            self.ticks.start(Tick::Sweep, Duration::ZERO);
        } else if !self.opener.has_swept {
            self.ticks.start(Tick::Sweep, options.sweep_wait);
        }
    }

    /// Slices without news wait for the others, from when the log is read on.
    fn start_idle_wait(&mut self) {
        if !self.slices.are_behind() {
            self.ticks.stop(Tick::IdleSlices);
        } else if !self.ticks.is_started(Tick::IdleSlices) {
            let wait = self.settings.options.idle_slices_wait;
            self.ticks.start(Tick::IdleSlices, wait);
        }
    }

    /// Returns which ticks may come now.
    fn admitted(&self) -> impl Fn(Tick) -> bool + use<P, B> {
        let is_free = self.commit.is_none();
        let is_resting = self.ticks.is_started(Tick::Commit);
        let may_sweep = is_free && self.ticks.is_started(Tick::Sweep) && self.is_at_leisure();
        move |tick| match tick {
            Tick::Commit | Tick::Heartbeat | Tick::Catalogue => true,
            Tick::Sweep => may_sweep,
            Tick::IdleSlices => is_free && !is_resting,
            Tick::Slices => is_free,
        }
    }

    /// Does what is due. Returns why the session ends, where it does.
    async fn tick(&mut self, tick: Tick) -> Result<Option<SessionEnd>, SessionEnd> {
        let look_wait = self.settings.options.look_wait;
        match tick {
            Tick::Commit => {}
            Tick::Heartbeat => {
                if self.opener.have_slices_changed().await {
                    return Ok(Some(SessionEnd::Reassigned));
                }
                if let Some(wait) = self.opener.heartbeat_wait() {
                    self.ticks.start(Tick::Heartbeat, wait);
                }
            }
            Tick::Sweep => self.sweep(),
            Tick::IdleSlices => self.begin_commit(Which::All).await?,
            Tick::Catalogue => {
                if self.has_changed_roles().await? {
                    return Ok(Some(SessionEnd::Reassigned));
                }
                self.publish();
                self.ticks.start(Tick::Catalogue, look_wait);
                // Nobody else would go on under a clock on which nobody waits.
                tokio::task::yield_now().await;
            }
            Tick::Slices => {
                if self.has_lost_something().await? {
                    return Err(SessionEnd::Refused);
                }
                self.ticks.start(Tick::Slices, look_wait);
                // As above.
                tokio::task::yield_now().await;
            }
        }
        Ok(None)
    }

    /// Returns whether it has to be opened again for the sake of the catalogue. Where the store
    /// counts its changes, it is asked after a change only.
    async fn has_changed_roles(&mut self) -> Result<bool, SessionEnd> {
        let is_ready = self.slices.from().is_some() && self.slices.are_ready();
        let seen = self.opener.changes().map(|changes| (changes, is_ready));
        if seen.is_some() && seen == self.catalogue_seen {
            return Ok(false);
        }
        let have_changed = self.opener.has_changed_roles(is_ready).await?;
        self.catalogue_seen = seen;
        Ok(have_changed)
    }

    /// Returns whether slices are not where they were committed. Where the store counts its
    /// changes, all are looked at, after a change only; elsewhere a few in turn.
    async fn has_lost_something(&mut self) -> Result<bool, SessionEnd> {
        let changes = self.opener.changes();
        if changes.is_some() && changes == self.slices_seen {
            return Ok(false);
        }
        let owned = self.slices.iter().count();
        let first = self.looked_at.checked_rem(owned).unwrap_or(0);
        self.looked_at = first + SLICES_LOOKED_AT;
        let most = changes.map_or(SLICES_LOOKED_AT.min(owned), |_| owned);
        let slices = self.slices.iter().cycle().skip(first).take(most);
        let has_lost = self.opener.has_lost_something(slices).await?;
        self.slices_seen = changes;
        Ok(has_lost)
    }

    /// Returns whether the slices are where the log is, and none of them is of an earlier life.
    fn is_at_leisure(&self) -> bool {
        self.slices.caught_up && self.slices.are_ready() && !self.slices.has_begun_anew()
    }

    /// Sweeps. Where that fails, the next process will: nothing is lost but room.
    fn sweep(&mut self) {
        self.opener.has_swept = true;
        let Some(generation) = self.opener.generation_name().cloned() else {
            return;
        };
        let read_models = Arc::clone(&self.settings.read_models);
        self.sweeping = Some(OwnedTask::spawn(async move {
            match read_models.sweep(&generation).await {
                Ok(0) => {}
                Ok(things) => {
                    tracing::info!(%generation, things, "what earlier lives of slices left is removed")
                }
                Err(error) => {
                    tracing::info!(%generation, %error, "what earlier lives of slices left could not be removed")
                }
            }
        }));
    }

    async fn fold(&mut self, page: Page) -> Result<(), SessionEnd> {
        self.pace.folded(page.events.len());
        let folded = self.slices.fold(page, &self.answers).await?;
        self.status.folded_events += folded;
        self.committer.count_folded(folded);
        if self.status.behind_since.is_none() && self.slices.changed() > 0 {
            self.status.behind_since = Some(self.settings.timer.now());
            self.publish();
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        let changed = self.slices.changed();
        self.pace.is_full(changed, &*self.settings.timer)
    }

    async fn commit_if_due(&mut self) -> Result<(), SessionEnd> {
        if self.commit.is_some() {
            return Ok(());
        }
        let (is_full, caught_up) = (self.is_full(), self.slices.caught_up);
        let is_due =
            is_full || self.slices.becomes_ready() || caught_up && self.slices.changed() > 0;
        if !is_due || self.ticks.is_started(Tick::Commit) && !is_full {
            return Ok(());
        }
        // Where commits wait for each other, the slices without news had waited long enough.
        let which = if caught_up && self.settings.options.commits_wait.is_zero() {
            Which::Changed
        } else {
            Which::All
        };
        self.begin_commit(which).await
    }

    /// Begins to commit what has news, if anything has.
    async fn begin_commit(&mut self, which: Which) -> Result<(), SessionEnd> {
        let changed = self.slices.changed();
        let mut commits = self.slices.commits(which, &self.answers).await?;
        if which == Which::All || self.slices.changed() == 0 {
            self.pace.committing(changed, &*self.settings.timer);
        }
        if commits.is_empty() {
            return Ok(());
        }
        let mut letters = Letters::default();
        for commit in &mut commits {
            letters.append(std::mem::take(&mut commit.letters));
        }
        let (committer, answers) = (Arc::clone(&self.committer), Arc::clone(&self.answers));
        // A task of its own, so that it goes on while the next page is folded.
        let task = OwnedTask::spawn(async move {
            answers
                .write_before(letters.before, &letters.traces)
                .await?;
            committer.commit(commits).await?;
            answers.write(letters.after, &letters.traces).await
        });
        let ended = task.map(|joined| {
            joined.unwrap_or_else(|error| Err(SessionEnd::Stop(StopReason::Task(error))))
        });
        self.commit = Some(ended.boxed());
        Ok(())
    }

    /// The commit under way has ended.
    fn committed(&mut self, outcome: Result<(), SessionEnd>) -> Result<(), SessionEnd> {
        self.commit = None;
        outcome?;
        let options = &self.settings.options;
        self.slices.committed(options.cached_views_max);
        self.ticks.start(Tick::Slices, options.look_wait);
        if !options.commits_wait.is_zero() {
            self.ticks.start(Tick::Commit, options.commits_wait);
        }
        if let Some(committed) = self.slices.position() {
            self.answers.given_up.has_committed(committed);
        }
        let is_behind = self.slices.changed() > 0;
        self.status.behind_since = is_behind.then(|| self.settings.timer.now());
        self.publish();
        Ok(())
    }

    /// Commits everything.
    async fn flush(&mut self) -> Result<(), SessionEnd> {
        self.end_commit().await?;
        self.begin_commit(Which::All).await?;
        self.end_commit().await
    }

    async fn end_commit(&mut self) -> Result<(), SessionEnd> {
        if let Some(commit) = self.commit.take() {
            self.committed(commit.await)?;
        }
        Ok(())
    }

    fn publish(&self) {
        self.status.publish(self.opener, &self.slices);
    }
}

/// The outcome of a future; never, where there is none.
async fn or_never<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
