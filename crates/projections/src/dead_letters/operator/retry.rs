//! Having letters tried again: one first, then the others.

use std::{collections::BTreeSet, time::Duration};

use minwon_core::{
    DeadLetterBook, DeadLetterEvent, EventStore, EventType, Failure, HeldState, RetryRequested,
    Timer,
};

use super::{
    super::Traces, Letter, Operator, OperatorError, Selection, give_up::is_of_letter,
    portions::Portions,
};

/// Letters that are asked for at a time once the probe has gone through.
const PORTION_LETTERS: usize = 64;

/// First pause before the queue is read again. It doubles.
const PAUSE_FIRST: Duration = Duration::from_millis(5);

/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// The letters that a retry would ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetryPlan {
    /// Portion by portion, the probe alone in the first. No portion holds two letters of one key.
    pub portions: Vec<Vec<Letter>>,
}

/// The outcome of a retry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RetryReport {
    /// The outcome of each letter that was asked for, in the order in which it came.
    pub results: Vec<RetryResult>,
    /// Letters that were not asked for, since one before them failed again or nobody answered.
    pub not_requested: Vec<Letter>,
}

/// The outcome of one letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryResult {
    /// The letter as it was before.
    pub letter: Letter,
    /// Its outcome.
    pub outcome: RetryOutcome,
}

/// The outcome of a letter that was to be tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryOutcome {
    /// It has been handled, by this retry or already before it.
    Released,
    /// It failed again.
    FailedAgain {
        /// The failure of this try.
        failure: Failure,
        /// How often it has been tried, all tries counted.
        attempts: u32,
    },
    /// Somebody decided meanwhile to go on without it.
    GivenUp,
    /// The consumer did not answer in time. Is it running? The request stays: it answers once it
    /// runs.
    NoAnswer,
}

impl RetryReport {
    /// Returns whether all letters are gone.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.not_requested.is_empty() && self.results.iter().all(|it| it.outcome.is_gone())
    }
}

impl RetryOutcome {
    /// Returns whether the letter no longer is one.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(self, Self::Released | Self::GivenUp)
    }
}

impl<S: EventStore, T: Timer> Operator<S, T> {
    /// The letters that [`retry`](Self::retry) would ask for. Nothing is written.
    ///
    /// # Errors
    /// [`OperatorError::Queues`].
    pub async fn plan(&self, selection: &Selection) -> Result<RetryPlan, OperatorError> {
        let mut rest = Portions::of(self.list(selection).await?);
        let mut plan = RetryPlan::default();
        while !rest.is_empty() {
            let letters_max = if plan.portions.is_empty() {
                1
            } else {
                PORTION_LETTERS
            };
            plan.portions.push(rest.next(letters_max));
        }
        Ok(plan)
    }

    /// Has letters tried again by their consumers: the first as a probe, then the others portion
    /// by portion, each in the order of the log and one of a key at a time. After a portion in
    /// which one failed again, or of which one was not answered for within `time_out`, nothing
    /// more is asked for.
    ///
    /// Dropping the future does not take back what was asked for.
    ///
    /// # Errors
    /// [`OperatorError::Queues`]; letters that were asked for stay so.
    pub async fn retry(
        &self,
        selection: &Selection,
        time_out: Duration,
    ) -> Result<RetryReport, OperatorError> {
        let letters = self.list(selection).await?;
        self.retry_listed(letters, time_out).await
    }

    /// As [`retry`](Self::retry), for letters that were listed before.
    ///
    /// # Errors
    /// [`OperatorError::Queues`]; letters that were asked for stay so.
    pub async fn retry_listed(
        &self,
        letters: Vec<Letter>,
        time_out: Duration,
    ) -> Result<RetryReport, OperatorError> {
        self.letters.refresh().await?;
        // Events that are given up meanwhile are distinguished from handled ones.
        let window = self.letters.window_here();
        let gone = |book: &DeadLetterBook| {
            let gone = letters.iter().filter(|it| it.now_in(book).is_none());
            gone.map(|letter| letter.event.position).min()
        };
        if let Some(gone) = self.letters.look(gone) {
            window.reach_back(gone).await?;
        }
        let mut rest = Portions::of(letters);
        let mut report = RetryReport::default();
        let mut is_probed = false;
        while !rest.is_empty() {
            let letters_max = if is_probed { PORTION_LETTERS } else { 1 };
            let portion = rest.next(letters_max);
            // Letters that were handled before anybody asked say nothing about the others.
            is_probed |= self.request(&portion).await?;
            let results = self.outcomes(portion, time_out).await?;
            let is_stuck = results.iter().any(|result| !result.outcome.is_gone());
            report.results.extend(results);
            if is_stuck {
                break;
            }
        }
        report.not_requested = rest.into_letters();
        Ok(report)
    }

    /// Asks for letters; whether any of them waits for an answer now.
    async fn request(&self, letters: &[Letter]) -> Result<bool, OperatorError> {
        let requested = |letter: &Letter| -> DeadLetterEvent {
            let (consumer, key) = (letter.consumer.clone(), letter.key.clone());
            let (event, by) = (letter.event.clone(), self.by.clone());
            RetryRequested {
                consumer,
                key,
                event,
                by,
            }
            .into()
        };
        let requests = letters.iter().map(requested).collect();
        let written = self
            .letters
            .write(requests, &Traces::default(), is_of_letter)
            .await?;
        let is_pending = |book: &DeadLetterBook| {
            let mut now = letters.iter().filter_map(|letter| letter.now_in(book));
            now.any(|letter| letter.retry_requested)
        };
        Ok(!written.is_empty() || self.letters.look(is_pending))
    }

    /// Waits until the consumers have answered for all of a portion, or for `time_out`.
    async fn outcomes(
        &self,
        portion: Vec<Letter>,
        time_out: Duration,
    ) -> Result<Vec<RetryResult>, OperatorError> {
        let timer = &self.letters.inner.timer;
        let deadline = timer.now().saturating_add(time_out);
        let mut pause = PAUSE_FIRST;
        let queues: BTreeSet<_> = portion.iter().map(|it| &it.event.event_type).collect();
        loop {
            let now = timer.now();
            self.read_again(&queues).await?;
            let outcomes: Vec<_> = self
                .letters
                .look(|book| portion.iter().map(|it| it.outcome_in(book)).collect());
            if !outcomes.contains(&RetryOutcome::NoAnswer) || now >= deadline {
                let results = portion.into_iter().zip(outcomes);
                let result = |(letter, outcome)| RetryResult { letter, outcome };
                return Ok(results.map(result).collect());
            }
            let left = deadline.unix_micros().saturating_sub(now.unix_micros());
            let left = Duration::from_micros(left.unsigned_abs());
            timer.sleep(pause.min(left)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    async fn read_again(&self, queues: &BTreeSet<&EventType>) -> Result<(), OperatorError> {
        let turn = self.letters.turn().await;
        for queue in queues {
            self.letters.read_queue(&turn, queue).await?;
        }
        Ok(())
    }
}

impl Letter {
    /// Its outcome, once somebody had asked for it.
    fn outcome_in(&self, book: &DeadLetterBook) -> RetryOutcome {
        if self.is_given_up(book) {
            return RetryOutcome::GivenUp;
        }
        let letters = book.of(&self.consumer);
        match letters.and_then(|letters| letters.find(&self.key, &self.event)) {
            None => RetryOutcome::Released,
            Some(held) => match &held.state {
                HeldState::Letter {
                    failure,
                    attempts,
                    retry_requested: false,
                } => RetryOutcome::FailedAgain {
                    failure: failure.clone(),
                    attempts: *attempts,
                },
                _ => RetryOutcome::NoAnswer,
            },
        }
    }
}
