//! Keepers of deadlines: they give commands that fall due, and any of them may do so.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    num::NonZeroU32,
    time::Duration,
};

use futures_util::{StreamExt, stream};
use minwon_core::{
    CommandId, ExecuteError, FailureClass, ListName, Projection, Subject, Timestamp,
};
use minwon_projections::{
    Again, AskAgain, Classified as _, Ending, ErrorClass, ListPart, ModelReader, Part, PartHealth,
    PartState, PartTask, QueryError, RestartPolicy, TaskError,
};
use tokio::sync::watch;

use crate::namespace::{ServiceClock, ServiceReadModels};

/// How often a keeper looks.
///
/// ```
/// use std::time::Duration;
/// use minwon::engine::KeeperOptions;
/// let options = KeeperOptions::default().look_wait(Duration::from_secs(5));
/// # drop(options);
/// ```
#[derive(Debug, Clone)]
pub struct KeeperOptions {
    look_wait: Duration,
}

impl Default for KeeperOptions {
    fn default() -> Self {
        Self {
            look_wait: Duration::from_secs(1),
        }
    }
}

impl KeeperOptions {
    /// It looks for what is due this long after the last look at the latest, so a deadline is
    /// late by that much at most. Where the store
    /// [counts its changes](minwon_core::ReadModelStore::changes) it is only asked when it has
    /// counted one, or a deadline has come. Default: 1 s.
    #[must_use]
    pub fn look_wait(mut self, wait: Duration) -> Self {
        self.look_wait = wait.max(Duration::from_millis(1));
        self
    }
}

/// When a deadline is tried again whose command failed, or whose effect the read model does not show:
/// first, and at last, for it is later each time where no store was away.
const AGAIN_WAIT: Duration = Duration::from_secs(60);
const AGAIN_WAIT_MAX: Duration = Duration::from_secs(3_600);

/// The time that the work on one deadline may take; then it is tried again later.
const TIME_MAX: Duration = Duration::from_secs(30);

/// Commands given at once.
const AT_ONCE_MAX: usize = 16;

/// Deadlines that are remembered. Unit: deadlines.
const FIRED_MAX: usize = 100_000;

/// Returns how long after a command was given this often for one deadline it is given again.
fn again_after(times: u32) -> Duration {
    RestartPolicy::new(AGAIN_WAIT, AGAIN_WAIT_MAX).pause(times)
}

/// Pending petitions asked for at a time.
const PAGE: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// The commands that fall due for the subjects of a namespace.
///
/// The pending deadlines are a function of views, so they survive everything that the log survives.
/// The id of a command follows from its deadline: any number of keepers give it once, and a view
/// that lags behind costs a repeat.
pub trait Agenda: Send + Sync + 'static {
    /// The views that say what is pending; the key of each is a subject.
    type Views: Projection;
    /// A deadline, as a log may show it.
    type Due: fmt::Display + Send + Sync + 'static;

    /// The list of the views in which something is pending, ordered by when the first of it falls due.
    fn list(&self) -> ListName;

    /// Returns the pending deadlines of a view, and the first instant at which each is due.
    fn pending(&self, view: &<Self::Views as Projection>::View) -> Vec<(Timestamp, Self::Due)>;

    /// Under which id its command is given: always the same for the same due of a subject, and for no
    /// other.
    fn id(&self, subject: &Subject, due: &Self::Due) -> CommandId;

    /// Gives its command, at `now`. The future may be dropped at any point; it is given again then.
    ///
    /// # Errors
    /// [`ExecuteError`].
    fn give(
        &self,
        id: CommandId,
        subject: &Subject,
        due: &Self::Due,
        now: Timestamp,
    ) -> impl Future<Output = Result<Given, ExecuteError>> + Send;
}

/// The outcome of a command that was given as it fell due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// It had an effect, or had it before.
    Done,
    /// The command was refused: things have moved on, and the read model will show it, or the
    /// command has no effect. The text says why.
    Refused(String),
}

/// Gives the commands of an agenda when their time has come.
pub(crate) struct Keeper<A: Agenda, R, T> {
    agenda: A,
    views: ModelReader<A::Views, R, T>,
    timer: T,
    options: KeeperOptions,
    /// Deadlines whose command was given. It only saves work.
    fired: HashMap<CommandId, Fired>,
    /// When the next deadline is due, as the last look showed; none where it showed nothing.
    rest: Option<Rest>,
}

/// Why there is nothing to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rest {
    /// How many changes the store had counted.
    changes: u64,
    /// The first deadline that is to come, or to be tried again.
    until: Timestamp,
}

/// A deadline whose command was given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fired {
    /// When to give it again, where the read model still shows the deadline.
    again: Timestamp,
    /// How often it was given.
    times: u32,
}

/// A deadline whose time has come.
struct Due<D> {
    id: CommandId,
    subject: Subject,
    due: D,
}

/// Why a keeper ended.
#[derive(Debug, thiserror::Error)]
enum KeeperEnd {
    #[error("it was asked to stop")]
    Requested,
    #[error("the read model of what falls due cannot be asked")]
    Query(#[source] QueryError),
    #[error("its task panicked or was aborted")]
    Task(#[from] TaskError),
}

impl Ending for KeeperEnd {
    fn class(&self) -> Option<ErrorClass> {
        match self {
            Self::Requested => None,
            Self::Query(error) => Some(error.class()),
            Self::Task(_) => Some(ErrorClass::Bug),
        }
    }
}

/// The status of a keeper. Serialises as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct KeeperStatus {
    /// How it is.
    #[serde(flatten)]
    pub state: PartState,
    /// Deadlines whose command was given more than once, as it had no effect. The log names them.
    pub without_effect: usize,
}

/// The name of its part.
const PART: &str = "the keeper of deadlines";

/// A keeper while it runs. Dropping it aborts it, which is safe at any moment.
#[derive(Debug)]
pub struct RunningKeeper {
    _task: PartTask<KeeperEnd>,
    status: watch::Receiver<KeeperStatus>,
    stop: watch::Sender<bool>,
    again: AskAgain,
}

impl RunningKeeper {
    /// Returns how it is.
    #[must_use]
    pub fn status(&self) -> KeeperStatus {
        self.status.borrow().clone()
    }

    /// As [`Running::start_again`](crate::engine::Running::start_again).
    pub(crate) fn start_again(&self) {
        self.again.ask();
    }

    pub(crate) fn health(&self) -> PartHealth {
        health(&self.status)
    }

    pub(crate) async fn stop(&self) -> PartHealth {
        // A keeper that is gone has stopped already.
        let _ = self.stop.send(true);
        let mut status = self.status.clone();
        while status.changed().await.is_ok() {}
        health(&self.status)
    }
}

fn health(status: &watch::Receiver<KeeperStatus>) -> PartHealth {
    PartHealth {
        part: PART.into(),
        state: status.borrow().state.clone(),
        is_ready: true,
        was_ready: true,
        stuck_since: None,
    }
}

impl<A: Agenda, R: ServiceReadModels, T: ServiceClock> Keeper<A, R, T> {
    pub(crate) fn new(
        agenda: A,
        views: ModelReader<A::Views, R, T>,
        timer: T,
        options: KeeperOptions,
    ) -> Self {
        Self {
            agenda,
            views,
            timer,
            options,
            fired: HashMap::new(),
            rest: None,
        }
    }

    pub(crate) fn start(self) -> RunningKeeper {
        let (stop, stopped) = watch::channel(false);
        let (again, asked) = AskAgain::new();
        let (shown, status) = watch::channel(KeeperStatus::default());
        let show = shown.clone();
        let timer = self.timer.clone();
        let part = Part::new(PART, timer, move |state| {
            show.send_modify(|status| status.state = state.clone());
        });
        RunningKeeper {
            _task: PartTask::spawn(part.clone(), self.keep_again(part, shown, stopped, asked)),
            status,
            stop,
            again,
        }
    }

    async fn keep_again(
        mut self,
        part: Part,
        shown: watch::Sender<KeeperStatus>,
        stop: watch::Receiver<bool>,
        mut again: Again,
    ) -> KeeperEnd {
        loop {
            let end = self.keep(&part, &shown, stop.clone()).await;
            if !again.is_wanted(&part, &end, &stop).await {
                return end;
            }
        }
    }

    async fn keep(
        &mut self,
        part: &Part,
        shown: &watch::Sender<KeeperStatus>,
        mut stop: watch::Receiver<bool>,
    ) -> KeeperEnd {
        let timer = self.timer.clone();
        let mut failures = 0_u32;
        loop {
            // Work in hand is given again, with the same ids.
            let looked = tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => return KeeperEnd::Requested,
                looked = self.look(part) => looked,
            };
            let wait = match looked {
                Ok(wait) => {
                    failures = 0;
                    wait
                }
                // Its projector says so itself.
                Err(QueryError::Rebuilding { .. }) => self.options.look_wait,
                Err(error) => {
                    failures = failures.saturating_add(1);
                    let class = error.class();
                    let Some(pause) = RestartPolicy::default().next(class, failures) else {
                        return KeeperEnd::Query(error);
                    };
                    let wait = pause.max(self.options.look_wait);
                    part.pause(class, &error, wait);
                    wait
                }
            };
            let without_effect = self.fired.values().filter(|fired| fired.times > 1);
            let without_effect = without_effect.count();
            shown.send_if_modified(|status| {
                let before = std::mem::replace(&mut status.without_effect, without_effect);
                before != without_effect
            });
            tokio::select! {
                () = timer.sleep(wait) => {}
                _ = stop.wait_for(|stop| *stop) => return KeeperEnd::Requested,
            }
        }
    }

    /// Gives the commands of everything that is due, unless it is known that nothing is. Returns
    /// when to look again.
    async fn look(&mut self, part: &Part) -> Result<Duration, QueryError> {
        let now = self.timer.now();
        let changes = self.views.changes();
        let until = match self.rest {
            Some(rest) if changes == Some(rest.changes) && now < rest.until => rest.until,
            _ => {
                self.rest = None;
                let until = self.give_what_is_due(part, now).await?;
                self.rest = changes.map(|changes| Rest { changes, until });
                until
            }
        };
        let wait = left(now, until).min(self.options.look_wait);
        Ok(wait.max(Duration::from_millis(1)))
    }

    /// Gives the commands of everything that is due. Returns when something is to be done again, if
    /// nothing changes.
    async fn give_what_is_due(
        &mut self,
        part: &Part,
        now: Timestamp,
    ) -> Result<Timestamp, QueryError> {
        let mut until = Timestamp::MAX;
        let mut page = ListPart::first(PAGE);
        let mut away = None;
        let mut seen = HashSet::new();
        loop {
            let answer = self.views.list(&self.agenda.list(), &page).await?;
            let mut due = Vec::new();
            let mut is_over = false;
            for (key, view) in &answer.value.views {
                let Ok(subject) = Subject::new(key.as_str()) else {
                    continue;
                };
                let pending = self.agenda.pending(view);
                is_over |= pending.iter().all(|(at, _)| *at > now);
                for (at, it) in pending {
                    if at > now {
                        until = until.min(at);
                        continue;
                    }
                    let id = self.agenda.id(&subject, &it);
                    seen.insert(id);
                    if self.fired.get(&id).is_none_or(|fired| fired.again <= now) {
                        let subject = subject.clone();
                        due.push(Due {
                            id,
                            subject,
                            due: it,
                        });
                    }
                }
            }
            away = self.fire(due, now).await.or(away);
            match answer.value.next {
                // In order of what comes first: beyond the first that is not due nothing is.
                Some(next) if !is_over => page = ListPart::first(PAGE).after(next),
                _ => break,
            }
        }
        self.fired.retain(|id, _| seen.contains(id));
        match away {
            Some(error) => part.pause(ErrorClass::Passing, &error, AGAIN_WAIT),
            None => part.progressed(),
        }
        // One that is not remembered is given again at the next look.
        let again = seen
            .iter()
            .map(|id| self.fired.get(id).map_or(now, |it| it.again));
        Ok(again.fold(until, Timestamp::min))
    }

    /// Gives commands. Returns what was away, where none could be given for that.
    async fn fire(&mut self, due: Vec<Due<A::Due>>, now: Timestamp) -> Option<ExecuteError> {
        if self.fired.len() > FIRED_MAX {
            self.fired.clear();
        }
        let (agenda, timer, limit) = (&self.agenda, &self.timer, TIME_MAX);
        let fire = |due: Due<A::Due>| async move {
            let given = tokio::select! {
                biased;
                given = agenda.give(due.id, &due.subject, &due.due, now) => given,
                () = timer.sleep(limit) => {
                    Err(ExecuteError::Transient(Box::new(TimedOut { limit })))
                }
            };
            (due, given)
        };
        let fired = stream::iter(due.into_iter().map(fire));
        let mut fired = fired.buffer_unordered(AT_ONCE_MAX);
        let (mut away, mut is_any_given) = (None, false);
        while let Some((due, given)) = fired.next().await {
            let before = self.fired.get(&due.id).map_or(0, |fired| fired.times);
            let times = match given {
                // It was not given: the next time is as the first.
                Err(error @ (ExecuteError::Transient(_) | ExecuteError::Misconfigured(_))) => {
                    away = Some(error);
                    before
                }
                given => {
                    is_any_given = true;
                    log(&due, &given, before);
                    before.saturating_add(1)
                }
            };
            let again = now.saturating_add(again_after(times));
            self.fired.insert(due.id, Fired { again, times });
        }
        away.filter(|_| !is_any_given)
    }
}

/// Logs the outcome of a command that was given after `before` others for the same deadline. One
/// that took effect is given again only while a read model lags behind.
fn log<D: fmt::Display>(due: &Due<D>, given: &Result<Given, ExecuteError>, before: u32) {
    let Due { subject, due, .. } = due;
    let times = before.saturating_add(1);
    match given {
        Err(error) => {
            let why = minwon_core::Failure::new(FailureClass::Handler, error).error;
            tracing::warn!(%subject, %due, times, why,
                "what is due was not done; it is tried again");
        }
        Ok(Given::Refused(why)) if before > 0 => {
            tracing::warn!(%subject, %due, times, why,
                "what is due is refused, and still due; it is tried again ever more rarely");
        }
        Ok(Given::Done) if before > 0 => {
            tracing::warn!(%subject, %due, times,
                "what is due was done before, and is still due; see whether its projection \
                 runs");
        }
        Ok(_) => {}
    }
}

/// A command that was given did not come to an end.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {limit:?}")]
struct TimedOut {
    limit: Duration,
}

pub(super) fn left(now: Timestamp, then: Timestamp) -> Duration {
    let micros = then.unix_micros().saturating_sub(now.unix_micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}
