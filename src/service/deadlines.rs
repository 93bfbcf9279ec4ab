//! What falls due: commands that are given when their time has come, by whoever is there.
//!
//! Which deadlines are pending is a read model like any other, folded from the log; so they
//! survive everything that the log survives. Giving a command twice has the effect of once, for
//! its id follows from the deadline: several keepers need not know of each other, and a view that
//! lags behind costs a repeat.

use std::{collections::HashMap, num::NonZeroU32, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream};
use minwon_core::{
    ActorId, Cause, Command, CommandContext, CommandExecutor, CommandId, EventId, EventStore,
    ExecuteError, GlobalPosition, PetitionId, Reaction, ReadModelAdmin, ReadModelStore,
    ServiceName, SnapshotStore, Timer, Timestamp, TransactError,
};
use minwon_petitions::{Category, Deadline, DeadlineViews, Firing, flow::Step};
use minwon_projections::{ListPart, ModelReader, QueryError};
use tokio::sync::watch;

use super::{RegisterLink, failure::failure, office::Office, order::IssuancePolicy};

/// How often a keeper looks, and how much it does at once.
#[derive(Debug, Clone)]
pub struct KeeperOptions {
    look_wait: Duration,
    again_wait: Duration,
    at_once_max: usize,
    fired_max: usize,
}

impl Default for KeeperOptions {
    fn default() -> Self {
        Self {
            look_wait: Duration::from_secs(1),
            again_wait: Duration::from_secs(60),
            at_once_max: 16,
            fired_max: 100_000,
        }
    }
}

impl KeeperOptions {
    /// It looks for what is due this long after the last look at the latest, so a deadline is
    /// late by that much at most. Default: 1 s.
    #[must_use]
    pub fn look_wait(mut self, wait: Duration) -> Self {
        self.look_wait = wait.max(Duration::from_millis(1));
        self
    }

    /// A deadline whose command failed, or whose effect the read model does not show, is tried
    /// again after this. Default: 1 min.
    #[must_use]
    pub fn again_wait(mut self, wait: Duration) -> Self {
        self.again_wait = wait;
        self
    }

    /// Commands given at once. Default: 16.
    #[must_use]
    pub fn at_once_max(mut self, commands: NonZeroU32) -> Self {
        self.at_once_max = commands.get() as usize;
        self
    }
}

/// Pending petitions asked for at a time.
const PAGE: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// In whose name a keeper acts.
const KEEPER: &str = "deadlines";

pub(super) struct Keeper<S, R, T, P, L> {
    pub(super) office: Arc<Office<S, T, P, L>>,
    pub(super) reader: ModelReader<DeadlineViews, R, T>,
    pub(super) options: KeeperOptions,
    /// When to look again at deadlines whose command was given. It only saves work.
    pub(super) fired: HashMap<CommandId, Timestamp>,
}

/// A deadline whose time has come.
#[derive(Debug, Clone)]
struct Due {
    id: CommandId,
    category: Category,
    petition: PetitionId,
    deadline: Deadline,
}

/// A keeper while it runs. Dropping it aborts it, which is safe at any moment.
#[derive(Debug)]
pub(super) struct RunningKeeper {
    task: tokio::task::JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl RunningKeeper {
    pub(super) async fn stop(mut self) {
        // A keeper that is gone needs not be told.
        let _ = self.stop.send(true);
        if let Err(error) = (&mut self.task).await {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

impl Drop for RunningKeeper {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<S, R, T, P, L> Keeper<S, R, T, P, L>
where
    S: EventStore + SnapshotStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    T: Timer + Clone + 'static,
    P: IssuancePolicy,
    L: RegisterLink,
{
    pub(super) fn start(self) -> RunningKeeper {
        let (stop, stopped) = watch::channel(false);
        RunningKeeper {
            task: tokio::spawn(self.keep(stopped)),
            stop,
        }
    }

    async fn keep(mut self, mut stop: watch::Receiver<bool>) {
        let timer = self.office.namespace.timer().clone();
        loop {
            let wait = match self.look().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::debug!(%error, "what is due cannot be told for now");
                    self.options.look_wait
                }
            };
            tokio::select! {
                () = timer.sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// Gives the commands of everything that is due. Answers when to look again.
    async fn look(&mut self) -> Result<Duration, QueryError> {
        let now = self.office.namespace.timer().now();
        let mut wait = self.options.look_wait;
        let mut part = ListPart::first(PAGE);
        loop {
            let answer = self.reader.list(&DeadlineViews::pending(), &part).await?;
            let mut due = Vec::new();
            let mut is_over = false;
            for (key, view) in &answer.value.views {
                let Ok(petition) = PetitionId::new(key.as_str()) else {
                    continue;
                };
                let pending = view.pending();
                is_over |= pending.iter().all(|deadline| deadline.at > now);
                for deadline in pending {
                    if deadline.at > now {
                        wait = wait.min(until(now, deadline.at));
                        continue;
                    }
                    let id = deadline.command_id(self.office.namespace.name(), &petition);
                    if self.fired.get(&id).is_none_or(|again| *again <= now) {
                        due.push(Due {
                            id,
                            category: view.category,
                            petition: petition.clone(),
                            deadline,
                        });
                    }
                }
            }
            self.fire(due, now).await;
            match answer.value.next {
                // In order of what comes first: beyond the first that is not due nothing is.
                Some(next) if !is_over => part = ListPart::first(PAGE).after(next),
                _ => return Ok(wait.max(Duration::from_millis(1))),
            }
        }
    }

    async fn fire(&mut self, due: Vec<Due>, now: Timestamp) {
        if self.fired.len() > self.options.fired_max {
            self.fired.clear();
        }
        let again = now.saturating_add(self.options.again_wait);
        let office = &self.office;
        let fire = |due: Due| async move {
            if let Err(error) = office.fire(&due, now).await {
                tracing::warn!(petition = %due.petition, kind = %due.deadline.kind, %error,
                    "what is due was not done; it is tried again");
            }
            due.id
        };
        let fired = stream::iter(due.into_iter().map(fire));
        let mut fired = fired.buffer_unordered(self.options.at_once_max);
        while let Some(id) = fired.next().await {
            self.fired.insert(id, again);
        }
    }
}

impl<S, T, P, L> Office<S, T, P, L>
where
    S: EventStore + SnapshotStore + Clone + 'static,
    T: Timer + Clone + 'static,
    P: IssuancePolicy,
    L: RegisterLink,
{
    /// Gives the command of a deadline.
    async fn fire(&self, due: &Due, now: Timestamp) -> Result<(), ExecuteError> {
        let body = match due.deadline.fire(due.category, now) {
            Firing::Command(command) => command,
            // The event that this writes has the register asked: a keeper waits for nobody, and
            // may die at any moment.
            Firing::Step(Step::FetchSource {
                category,
                issuance,
                attempt,
            }) => {
                let cause = due.cause(now);
                return self
                    .begin_try(category, &issuance, attempt, due.id, &cause)
                    .await;
            }
            Firing::Issuance(issuance, body) => {
                let command = Command::new(due.id, due.context(now), body);
                return self
                    .issue(due.category, &issuance, &[command])
                    .await
                    .map(drop);
            }
            Firing::Step(step) => return self.execute(&due.reaction(step, now)).await,
        };
        let command = Command::new(due.id, due.context(now), body);
        let stream = self
            .namespace
            .application_stream(due.category, &due.petition);
        let handler = self.namespace.applications(due.category);
        match handler.transact(&stream, &command).await {
            // Things have moved on, and the read model will show it.
            Ok(_) | Err(TransactError::Rejected { .. }) => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }
}

impl Due {
    /// In whose name its command is given.
    fn context(&self, now: Timestamp) -> CommandContext {
        let keeper = ActorId::new(KEEPER).expect("a word");
        let source = ServiceName::new(KEEPER).expect("a word");
        CommandContext::new(self.petition.clone(), keeper, source, now)
    }

    /// A step of the choreography that time brings about, and no event.
    fn reaction(&self, step: Step, now: Timestamp) -> Reaction<Step> {
        Reaction {
            id: self.id,
            cause: self.cause(now),
            body: step,
        }
    }

    fn cause(&self, now: Timestamp) -> Cause {
        Cause {
            event_id: EventId::from_bytes(*self.id.as_bytes()),
            position: GlobalPosition::START,
            correlation_id: self.id.into(),
            petition_id: self.petition.clone(),
            occurred_at: now,
        }
    }
}

fn until(now: Timestamp, then: Timestamp) -> Duration {
    let micros = then.unix_micros().saturating_sub(now.unix_micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
