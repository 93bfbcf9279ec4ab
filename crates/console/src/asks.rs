//! What operators asked to be done about letters, and how far it is.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use minwon::{
    ActorId, Timestamp,
    engine::{Letter, OperatorError, RetryOutcome, Selection},
    foreign_text,
    operator::{RetriedLine, RetriedTo},
};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{App, failure::Failure};

/// Asks that are remembered; beyond that the oldest that is over is forgotten.
const ASKS_MAX: usize = 256;

/// How many letters are tried again at a time, as long as all goes well.
const PORTIONS: [usize; 5] = [1, 2, 5, 20, 50];

/// How long the letters of a portion are waited for.
const ANSWER_MAX: Duration = Duration::from_secs(30);

/// Shortest time between two portions, so that what failed is not flooded.
const PAUSE: Duration = Duration::from_millis(500);

/// What is done about a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Act {
    Retry,
    Skip,
    Compensate,
}

impl Act {
    /// Its name in an address, and on record.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Skip => "skip",
            Self::Compensate => "compensate",
        }
    }

    /// Its key in the words.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Retry => "act-retry",
            Self::Skip => "act-skip",
            Self::Compensate => "act-compensate",
        }
    }

    /// Returns whether an event is given up by it, for ever.
    pub(crate) const fn gives_up(self) -> bool {
        !matches!(self, Self::Retry)
    }
}

/// Something that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) number: u64,
    pub(crate) act: Act,
    pub(crate) selection: Selection,
    /// The letters as they were shown to whoever asked: it is done to no others.
    pub(crate) letters: Arc<[Letter]>,
    pub(crate) by: ActorId,
    pub(crate) at: Timestamp,
    pub(crate) reason: String,
    pub(crate) state: AskState,
    stop: Arc<AtomicBool>,
    /// What became of each letter, in their order; shorter for as long as it runs.
    outcomes: Arc<Mutex<Vec<Option<RetriedTo>>>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AskState {
    /// Somebody else has to approve of it first.
    Waits,
    /// It is being done.
    Runs(Progress),
    /// It was done, as far as it went.
    Over(Progress, End),
    /// It was not approved of, or taken back.
    TurnedDown(ActorId),
}

/// How many letters are gone, and how many were tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) gone: usize,
    pub(crate) failed: usize,
    /// What the last failure said.
    pub(crate) error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// All of it was done.
    Done,
    /// Somebody stopped it.
    Stopped,
    /// One failed, and nothing more was tried.
    Failed,
}

#[derive(Default)]
pub(crate) struct Asks {
    book: Mutex<Book>,
    /// Told of each change.
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct Book {
    last: u64,
    asks: BTreeMap<u64, Ask>,
}

/// Something to be done about some letters, as it is asked for.
pub(crate) struct NewAsk {
    pub(crate) act: Act,
    pub(crate) selection: Selection,
    pub(crate) letters: Vec<Letter>,
    pub(crate) by: ActorId,
    pub(crate) at: Timestamp,
    pub(crate) reason: String,
}

impl Asks {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits for a change from here on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// The number that the next will have: it stands on record before there is anything to approve of.
    pub(crate) fn number(&self) -> u64 {
        let mut book = self.book();
        book.last += 1;
        book.last
    }

    /// # Errors
    /// Where too many wait or run.
    pub(crate) fn put(&self, number: u64, ask: NewAsk, state: AskState) -> Result<(), Failure> {
        let mut book = self.book();
        while book.asks.len() >= ASKS_MAX {
            let over = book.asks.values().find(|ask| !ask.is_open());
            let over = over
                .map(|ask| ask.number)
                .ok_or(Failure::TooMany("too-many-asks"))?;
            book.asks.remove(&over);
        }
        let ask = Ask {
            number,
            act: ask.act,
            selection: ask.selection,
            letters: ask.letters.into(),
            by: ask.by,
            at: ask.at,
            reason: ask.reason,
            state,
            stop: Arc::default(),
            outcomes: Arc::default(),
        };
        book.asks.insert(number, ask);
        Ok(())
    }

    pub(crate) fn get(&self, number: u64) -> Option<Ask> {
        self.book().asks.get(&number).cloned()
    }

    /// The newest first.
    pub(crate) fn all(&self) -> Vec<Ask> {
        self.book().asks.values().rev().cloned().collect()
    }

    /// Those that wait or run.
    pub(crate) fn open(&self) -> usize {
        self.book()
            .asks
            .values()
            .filter(|ask| ask.is_open())
            .count()
    }

    /// Goes on from [`AskState::Waits`], once.
    pub(crate) fn decide(&self, number: u64, to: AskState) -> Option<Ask> {
        let mut book = self.book();
        let ask = book.asks.get_mut(&number)?;
        if ask.state != AskState::Waits {
            return None;
        }
        ask.state = to;
        self.changed.send_replace(());
        Some(ask.clone())
    }

    fn set(&self, number: u64, state: AskState) {
        if let Some(ask) = self.book().asks.get_mut(&number) {
            ask.state = state;
        }
        self.changed.send_replace(());
    }
}

impl Ask {
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, AskState::Waits | AskState::Runs(_))
    }

    /// Nothing more is begun of it.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// What became of the letter that stands at this place of them.
    pub(crate) fn outcome(&self, at: usize) -> Option<RetriedTo> {
        let outcomes = self.outcomes.lock();
        let outcomes = outcomes.unwrap_or_else(PoisonError::into_inner);
        outcomes.get(at).cloned().flatten()
    }

    /// Notes what became of a letter.
    fn note(&self, letter: &Letter, outcome: RetriedTo) {
        let is_it = |it: &Letter| it.event.id == letter.event.id && it.consumer == letter.consumer;
        let Some(at) = self.letters.iter().position(is_it) else {
            return;
        };
        let outcomes = self.outcomes.lock();
        let mut outcomes = outcomes.unwrap_or_else(PoisonError::into_inner);
        let length = outcomes.len().max(at + 1);
        outcomes.resize(length, None);
        outcomes[at] = Some(outcome);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// The portions in which letters are tried again.
pub(crate) fn portions(mut letters: &[Letter]) -> Vec<&[Letter]> {
    let (mut sizes, mut most, mut portions) = (PORTIONS.into_iter(), 1, Vec::new());
    while !letters.is_empty() {
        most = sizes.next().unwrap_or(most);
        let (portion, after) = letters.split_at(most.min(letters.len()));
        portions.push(portion);
        letters = after;
    }
    portions
}

/// Does what was asked for, behind the pages.
pub(crate) fn carry_out(app: &Arc<App>, ask: Ask) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let (progress, end) = match ask.act {
            Act::Retry => retry(&app, &ask).await,
            Act::Skip | Act::Compensate => give_up(&app, &ask).await,
        };
        app.asks.set(ask.number, AskState::Over(progress, end));
    });
}

/// Has letters tried again in growing portions, on while all of one are gone.
async fn retry(app: &App, ask: &Ask) -> (Progress, End) {
    let mut progress = Progress::default();
    let portions = portions(&ask.letters);
    for (number, portion) in portions.into_iter().enumerate() {
        if number > 0 {
            app.desk.sleep(PAUSE).await;
        }
        if ask.is_stopped() {
            return (progress, End::Stopped);
        }
        match app.desk.retry(&ask.by, portion.to_vec(), ANSWER_MAX).await {
            Ok(report) => {
                for result in &report.results {
                    ask.note(&result.letter, RetriedLine::from(result).outcome);
                    match &result.outcome {
                        outcome if outcome.is_gone() => progress.gone += 1,
                        RetryOutcome::FailedAgain { failure, .. } => {
                            progress.failed += 1;
                            progress.error = Some(failure.error.clone());
                        }
                        _ => progress.failed += 1,
                    }
                }
                if !report.is_complete() {
                    return (progress, End::Failed);
                }
            }
            Err(error) => {
                progress.error = Some(told(&error));
                return (progress, End::Failed);
            }
        }
        app.asks.set(ask.number, AskState::Runs(progress.clone()));
    }
    (progress, End::Done)
}

/// Gives up the events of letters one by one: what is no letter any more needs nothing.
async fn give_up(app: &App, ask: &Ask) -> (Progress, End) {
    let mut progress = Progress::default();
    for letter in &*ask.letters {
        if ask.is_stopped() {
            return (progress, End::Stopped);
        }
        let done = match ask.act {
            Act::Compensate => app.desk.compensate(&ask.by, letter, &ask.reason).await,
            _ => app.desk.skip(&ask.by, letter, &ask.reason).await,
        };
        match done {
            Ok(())
            | Err(OperatorError::NotALetter { .. } | OperatorError::AlreadyGivenUp { .. }) => {
                ask.note(letter, RetriedTo::GivenUp);
                progress.gone += 1;
            }
            Err(error) => {
                progress.failed += 1;
                progress.error = Some(told(&error));
                return (progress, End::Failed);
            }
        }
        app.asks.set(ask.number, AskState::Runs(progress.clone()));
    }
    (progress, End::Done)
}

fn told(error: &OperatorError) -> String {
    foreign_text::causes(error).collect::<Vec<_>>().join(": ")
}
