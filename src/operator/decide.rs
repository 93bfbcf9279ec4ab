//! Carrying out what an operator asks, wherever it came in.

use std::{slice, time::Duration};

use minwon_core::{DeadLetterEvent, EventStore, Timer, Timestamp};
use minwon_projections::{
    DeadLetters, EventAt, Letter, Operator, OperatorError, QueueEntry, Selection,
};

use super::{
    Answer, Asked, Decided, LETTERS_MAX, OneLetter, Refusal, RefusalKind, Reply, Request, Retried,
    remember::Remembered,
};

/// Longest that one portion of a retry is waited for.
const WAIT_MAX: Duration = Duration::from_secs(600);

/// Where an operator's requests to one namespace are carried out. A clone is the same desk: both
/// remember what either was asked.
pub struct OperatorDesk<S, T> {
    letters: DeadLetters<S, T>,
    remembered: Remembered,
}

impl<S, T> Clone for OperatorDesk<S, T> {
    fn clone(&self) -> Self {
        Self {
            letters: self.letters.clone(),
            remembered: self.remembered.clone(),
        }
    }
}

impl<S, T> std::fmt::Debug for OperatorDesk<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letters = &self.letters;
        f.debug_struct("OperatorDesk")
            .field("letters", letters)
            .finish_non_exhaustive()
    }
}

impl<S, T> OperatorDesk<S, T>
where
    S: EventStore,
    T: Timer,
{
    /// A desk for these letters.
    #[must_use]
    pub fn new(letters: DeadLetters<S, T>) -> Self {
        Self {
            letters,
            remembered: Remembered::default(),
        }
    }

    /// Carries out a request. A repeat of one that was carried out is answered as that was.
    ///
    /// A dropped future may have decided; the same request may be given again.
    pub async fn answer(&self, request: &Request) -> Reply {
        let answer = if request.namespace == *self.letters.namespace() {
            let carry_out = || self.carry_out(request);
            self.remembered.once(request, carry_out).await
        } else {
            let namespace = self.letters.namespace();
            let message = format!("this is the service of {namespace}; ask that of the namespace");
            Err(Refusal::of_text(RefusalKind::OtherNamespace, message))
        };
        Reply::new(Some(request.id), answer)
    }

    async fn carry_out(&self, request: &Request) -> Result<Answer, Refusal> {
        let operator = self.letters.operator(request.by.clone());
        match &request.asked {
            Asked::Retry {
                letters,
                wait_seconds,
            } => {
                let wait = Duration::from_secs(u64::from(*wait_seconds)).min(WAIT_MAX);
                retry(&operator, letters, wait).await
            }
            Asked::Skip { letter, reason } | Asked::Compensate { letter, reason } => {
                let Some(found) = find(&operator, letter).await? else {
                    return decided_before(&operator, request, letter, reason).await;
                };
                let decided = match &request.asked {
                    Asked::Compensate { .. } => operator.compensate(&found, reason).await.map(drop),
                    _ => operator
                        .skip(slice::from_ref(&found), reason)
                        .await
                        .map(drop),
                };
                decided.map_err(refusal)?;
                Ok(Answer::Decided((&found).into()))
            }
        }
    }
}

async fn retry<S: EventStore, T: Timer>(
    operator: &Operator<S, T>,
    selection: &Selection,
    wait: Duration,
) -> Result<Answer, Refusal> {
    let mut letters = operator.list(selection).await.map_err(refusal)?;
    let left = letters.len().saturating_sub(LETTERS_MAX) as u64;
    letters.truncate(LETTERS_MAX);
    let report = operator.retry_listed(letters, wait).await;
    let report = report.map_err(refusal)?;
    let retried = Retried::from(&report);
    Ok(Answer::Retried(Retried { left, ..retried }))
}

async fn find<S: EventStore, T: Timer>(
    operator: &Operator<S, T>,
    letter: &OneLetter,
) -> Result<Option<Letter>, Refusal> {
    let selection = Selection::Event {
        consumer: Some(letter.consumer.clone()),
        event: letter.event,
    };
    let mut letters = operator.list(&selection).await.map_err(refusal)?;
    Ok(letters.pop())
}

/// Returns the answer about an event that is no longer a letter: that it was decided so, where the
/// same operator decided it for the same reason, as happens after a lost answer.
async fn decided_before<S: EventStore, T: Timer>(
    operator: &Operator<S, T>,
    request: &Request,
    letter: &OneLetter,
    reason: &str,
) -> Result<Answer, Refusal> {
    let decisions = operator.decisions(Timestamp::UNIX_EPOCH).await;
    let decisions = decisions.map_err(refusal)?;
    let is_it = |decision: &&QueueEntry| {
        let event = &decision.event;
        let consumer = event.consumer_and_key().map(|(consumer, _)| consumer);
        consumer == Some(&letter.consumer)
            && event.event().is_some_and(|it| letter.event.is(it))
            && matches!(
                event,
                DeadLetterEvent::Skipped(_) | DeadLetterEvent::Compensated(_)
            )
    };
    let decision = decisions.iter().find(is_it);
    let Some((decision, event)) = decision.and_then(|it| Some((it, it.event.event()?))) else {
        return Err(not_a_letter(letter));
    };
    let is_same_deed = matches!(
        (&request.asked, &decision.event),
        (Asked::Skip { .. }, DeadLetterEvent::Skipped(_))
            | (Asked::Compensate { .. }, DeadLetterEvent::Compensated(_))
    );
    let why = decision.why().unwrap_or_default();
    if is_same_deed && decision.by == request.by && why == reason.trim() {
        return Ok(Answer::Decided(Decided {
            consumer: letter.consumer.clone(),
            event: event.clone(),
            repeated: true,
        }));
    }
    let message = format!(
        "{} has been going on without the event since {}: {} decided so ({why})",
        letter.consumer, decision.at, decision.by,
    );
    Err(Refusal::of_text(RefusalKind::AlreadyGivenUp, message))
}

fn not_a_letter(letter: &OneLetter) -> Refusal {
    let event = match letter.event {
        EventAt::Id(id) => format!("event {id}"),
        EventAt::Position(position) => format!("the event at {position}"),
    };
    let message = format!(
        "{event} is no letter of {}; list the letters again: what has been handled meanwhile is \
         gone, and what waits behind a letter follows by itself",
        letter.consumer
    );
    Refusal::of_text(RefusalKind::NotALetter, message)
}

fn refusal(error: OperatorError) -> Refusal {
    let kind = match &error {
        OperatorError::NotALetter { .. } => RefusalKind::NotALetter,
        OperatorError::AlreadyGivenUp { .. } => RefusalKind::AlreadyGivenUp,
        OperatorError::NoReason | OperatorError::ReasonTooLong { .. } => RefusalKind::BadReason,
        _ => RefusalKind::Failed,
    };
    Refusal::new(kind, &error)
}
