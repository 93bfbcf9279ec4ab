//! From the checkpoints on, until something changes: who works on what, and what is finished.

use std::{
    collections::{HashMap, VecDeque},
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
};

use futures_util::{FutureExt as _, StreamExt as _, future::join_all, stream::FuturesUnordered};
use minwon_core::{
    CheckpointError, CheckpointStore as _, Clock as _, EventStore as _, GlobalPosition,
    Reactor as _, Timer as _, Timestamp, trace,
};
use tokio::sync::mpsc;
use tracing::Instrument as _;

use super::{
    Setup,
    handler::Handler,
    reader::{Batch, Item},
    slices::{Move, Slices},
    turn::{Counts, Job, Turn, Work},
    waits::Pause,
};
use crate::{
    dead_letters::Window,
    end::{SessionEnd, StopReason},
    supervise::ErrorClass,
};

/// The work of one session: jobs by key, at most one turn of each key at a time.
pub(super) struct Session<'h, U: Setup> {
    handler: &'h Handler<U>,
    slices: Slices,
    /// The events that were given up, as far back as anything is unfinished.
    given_up: Window<U::Store, U::Timer>,
    /// Keys that have a turn, each with what came meanwhile.
    busy: HashMap<Arc<str>, VecDeque<Job>>,
    /// Jobs in memory.
    waiting: usize,
    /// Since when none of them has come to an end; none where there is none.
    unfinished_since: Option<Timestamp>,
    /// Keys that have not been looked at since the session began.
    looks: usize,
    turns: FuturesUnordered<Pin<Box<dyn Future<Output = Turn> + Send + 'h>>>,
    chore: Option<Pin<Box<dyn Future<Output = Chore> + Send + 'h>>>,
    failed_saves: u32,
    /// Shows why checkpoints do not move.
    pause: Option<Pause>,
}

/// Work beside the turns.
enum Chore {
    /// It is time to move checkpoints.
    Save,
    Saved(Vec<(Move, Result<(), CheckpointError>)>),
}

impl<'h, U: Setup> Session<'h, U> {
    /// A session that first looks at some keys of which something is held back.
    pub(super) fn new(
        handler: &'h Handler<U>,
        slices: Slices,
        looks: Vec<Arc<str>>,
        given_up: Window<U::Store, U::Timer>,
    ) -> Self {
        let mut session = Self {
            handler,
            slices,
            given_up,
            busy: HashMap::new(),
            waiting: 0,
            unfinished_since: None,
            looks: looks.len(),
            turns: FuturesUnordered::new(),
            chore: None,
            failed_saves: 0,
            pause: None,
        };
        for key in looks {
            let job = Job {
                position: None,
                work: Work::Look,
            };
            session.add(key, job);
        }
        session
    }

    /// Works until it is to stop, `until` is reached or nothing works any more.
    pub(super) async fn work(
        &mut self,
        mut batches: mpsc::Receiver<Batch>,
        until: Option<GlobalPosition>,
    ) -> SessionEnd {
        self.publish();
        loop {
            if self.is_beyond(until) {
                let left = self.leave_for_good().await;
                return left.map_or_else(|end| end, |()| SessionEnd::Stop(StopReason::CaughtUp));
            }
            self.wait_to_save();
            let mut stop = self.handler.waits.stop.clone();
            let has_room = self.has_room();
            let done = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => Err(SessionEnd::Stopping),
                Some(turn) = self.turns.next() => self.end_turns(turn),
                chore = due(&mut self.chore) => {
                    self.chore = None;
                    self.end_chore(chore)
                }
                batch = batches.recv(), if has_room => match batch {
                    Some(batch) => {
                        self.take_up(batch);
                        Ok(())
                    }
                    // The reader was asked to stop, and so is this.
                    None => Err(SessionEnd::Stopping),
                },
            };
            match done {
                Ok(()) => {}
                Err(SessionEnd::Stopping) => return self.finish_turns().await,
                Err(end) => return end,
            }
            self.publish();
        }
    }

    /// Returns whether another batch fits into memory.
    fn has_room(&self) -> bool {
        let options = &self.handler.options;
        let batch_events_max = options.batch().get() as usize;
        self.waiting + batch_events_max <= options.waiting_events_max.get() as usize
    }

    fn is_beyond(&self, until: Option<GlobalPosition>) -> bool {
        let Some(until) = until else {
            return false;
        };
        self.looks == 0 && self.slices.position().is_some_and(|at| at >= until)
    }

    fn take_up(&mut self, batch: Batch) {
        let mut handled = 0;
        for item in batch.items {
            let Item {
                position,
                before,
                slice,
                key,
                job,
            } = item;
            if !self.busy.contains_key(&key) && self.handler.is_nothing(&key, &job.work) {
                self.slices.pass(slice, position);
                handled += 1;
                continue;
            }
            self.slices.begin(slice, position, before);
            self.add(key, job);
        }
        self.slices.read_up_to(batch.position);
        self.note(Counts {
            handled,
            ..Counts::default()
        });
    }

    /// Shown together with the positions.
    fn note(&self, counts: Counts) {
        self.handler.waits.status.send_if_modified(|status| {
            status.handled_events += counts.handled;
            status.dead_letters += counts.dead_letters;
            status.parked_events += counts.parked;
            false
        });
    }

    fn add(&mut self, key: Arc<str>, job: Job) {
        self.waiting += 1;
        match self.busy.get_mut(&key) {
            Some(jobs) => jobs.push_back(job),
            None => {
                self.busy.insert(Arc::clone(&key), VecDeque::new());
                self.begin_turn(key, VecDeque::from([job]));
            }
        }
    }

    fn begin_turn(&mut self, key: Arc<str>, jobs: VecDeque<Job>) {
        self.turns.push(Box::pin(self.handler.turn(key, jobs)));
    }

    /// Ends a turn, and all others that are ready: they are shown together.
    fn end_turns(&mut self, turn: Turn) -> Result<(), SessionEnd> {
        self.end_turn(turn)?;
        while let Some(turn) = self.turns.next().now_or_never().flatten() {
            self.end_turn(turn)?;
        }
        Ok(())
    }

    fn end_turn(&mut self, turn: Turn) -> Result<(), SessionEnd> {
        let slice = self.handler.reactor.slices().slice_of(&turn.key);
        self.waiting -= turn.finished.len();
        for position in &turn.finished {
            match position {
                Some(position) => self.slices.finish(slice, *position),
                None => self.looks -= 1,
            }
        }
        self.note(turn.counts);
        if turn.counts.handled > 0 {
            // What asked for nothing took no turn, and says of nothing that it is there.
            self.handler.waits.part.progressed();
        }
        if !turn.finished.is_empty() {
            self.unfinished_since = None;
        }
        if let Some(end) = turn.end {
            return Err(end);
        }
        let mut jobs = turn.jobs;
        if let Some(came_meanwhile) = self.busy.get_mut(&turn.key) {
            jobs.append(came_meanwhile);
        }
        if jobs.is_empty() {
            self.busy.remove(&turn.key);
        } else {
            self.begin_turn(turn.key, jobs);
        }
        Ok(())
    }

    /// Lets end what has begun, for some time; nothing new begins. Work that is not done by then is
    /// dropped.
    async fn finish_turns(&mut self) -> SessionEnd {
        let timer = Arc::clone(&self.handler.waits.timer);
        let limit = self.handler.options.stop_time_max;
        let mut out_of_time = pin!(timer.sleep(limit));
        loop {
            let turn = tokio::select! {
                biased;
                turn = self.turns.next() => turn,
                () = &mut out_of_time => {
                    let left = self.turns.len();
                    tracing::warn!(reactor = %self.handler.name(), left, ?limit,
                        "commands in flight take too long; they are left to the next run");
                    None
                }
            };
            let Some(mut turn) = turn else { break };
            turn.jobs.clear();
            self.busy.remove(&turn.key);
            if let Err(end @ SessionEnd::Stop(_)) = self.end_turn(turn) {
                return end;
            }
        }
        self.publish();
        SessionEnd::Stopping
    }

    fn publish(&mut self) {
        let now = || self.handler.waits.timer.now();
        self.unfinished_since = match self.waiting {
            0 => None,
            _ => self.unfinished_since.or_else(|| Some(now())),
        };
        self.handler.waits.status.send_modify(|status| {
            status.unfinished_since = self.unfinished_since;
            status.slices.clear();
            status.slices.extend(self.slices.progress());
            status.queued_events = self.waiting;
        });
    }

    /// Sees that checkpoints are moved some time after they can be.
    fn wait_to_save(&mut self) {
        if self.chore.is_some() || self.due().next().is_none() {
            return;
        }
        let options = &self.handler.options;
        let wait = match self.failed_saves {
            0 => options.checkpoint_wait,
            failures => options
                .checkpoint_wait
                .max(options.restarts.pause(failures)),
        };
        let timer = &self.handler.waits.timer;
        self.chore = Some(Box::pin(timer.sleep(wait).map(|()| Chore::Save)));
    }

    /// Checkpoints that should move.
    fn due(&self) -> impl Iterator<Item = Move> {
        let events_max = self.handler.options.idle_checkpoint_events.get();
        let positions_max = self.handler.store.positions_per_event();
        self.slices.due(events_max.saturating_mul(positions_max))
    }

    fn end_chore(&mut self, chore: Chore) -> Result<(), SessionEnd> {
        match chore {
            Chore::Saved(saved) => return self.end_save(saved),
            Chore::Save => {
                let moves: Vec<_> = self.due().collect();
                if !moves.is_empty() {
                    let saves = save_all(self.handler, moves);
                    self.chore = Some(Box::pin(saves.map(Chore::Saved)));
                }
            }
        }
        Ok(())
    }

    fn end_save(
        &mut self,
        saved: Vec<(Move, Result<(), CheckpointError>)>,
    ) -> Result<(), SessionEnd> {
        // Events that were being compensated or tried again when the session began are further
        // back.
        if self.looks == 0 {
            self.given_up.advance(self.slices.taken_up());
        }
        let mut away = None;
        for (wanted, saved) in saved {
            match saved {
                Ok(()) => self.slices.saved(wanted.slice, wanted.to),
                // A twin was here: what it moved past is finished too.
                Err(CheckpointError::Moved { actual, .. }) => {
                    self.slices.saved(wanted.slice, actual);
                }
                Err(CheckpointError::Store { source, .. }) => match SessionEnd::from(source) {
                    SessionEnd::Away(reason) => away = Some(reason.into()),
                    end => return Err(end),
                },
                Err(error) => away = Some(Box::from(error)),
            }
        }
        match away {
            Some(why) => self.pause_saves(why),
            None => {
                self.pause = None;
                self.failed_saves = 0;
            }
        }
        Ok(())
    }

    fn pause_saves(&mut self, why: Box<dyn std::error::Error + Send + Sync>) {
        let handler = self.handler;
        self.failed_saves = self.failed_saves.saturating_add(1);
        let wait = handler.options.restarts.pause(self.failed_saves);
        let pause = self.pause.get_or_insert_with(|| handler.waits.pause());
        pause.show(ErrorClass::Passing, &*why, wait);
    }

    /// Moves all checkpoints that can be moved, as the last step; tried once. Events behind a
    /// checkpoint that did not move are handled again, without effect.
    pub(super) async fn leave(&mut self) -> Result<(), SessionEnd> {
        // Nobody works on them any more: what they hold on to is free for others.
        self.turns.clear();
        let saved = save_all(self.handler, self.slices.moves().collect()).await;
        self.end_save(saved)
    }

    /// Moves all checkpoints that can be moved, as the last thing, however long it takes.
    async fn leave_for_good(&mut self) -> Result<(), SessionEnd> {
        let mut tries = self.handler.waits.tries();
        loop {
            self.leave().await?;
            if self.failed_saves == 0 {
                return Ok(());
            }
            let why = "a checkpoint could not be moved";
            tries.wait(SessionEnd::Unavailable(why.into())).await?;
        }
    }
}

/// The outcome of the work beside the turns; never, where there is none.
async fn due<F: Future + Unpin>(chore: &mut Option<F>) -> F::Output {
    match chore {
        Some(chore) => chore.await,
        None => std::future::pending().await,
    }
}

async fn save_all<U: Setup>(
    handler: &Handler<U>,
    moves: Vec<Move>,
) -> Vec<(Move, Result<(), CheckpointError>)> {
    let saves = moves.into_iter().map(async |wanted| {
        let name = handler.checkpoint(wanted.slice);
        let span = trace::settling(name.consumer.as_str(), name.namespace.as_str());
        let saved = handler.store.save_checkpoint(&name, wanted.from, wanted.to);
        let saved = saved.instrument(span.clone()).await;
        if saved.is_err() {
            trace::note_error(&span, "checkpoint");
        }
        (wanted, saved)
    });
    join_all(saves).await
}
