//! Carrying out what an operator asks, wherever it came in.

use std::{num::NonZeroU32, time::Duration};

use minwon_core::{DeadLetterEvent, EventStore, LetterGroup, StoredEvent, Timer, Timestamp};
use minwon_projections::{
    DeadLetters, EventAt, Letter, Operator, OperatorError, QueueEntry, Selection,
};

use super::{
    Answer, Asked, Decided, DecisionLine, GroupLine, LETTERS_MAX, LetterLine, LetterPlace,
    OneLetter, Refusal, RefusalKind, Reply, Request, Retried, remember::Remembered,
};

/// Most letters in one answer.
const PART_LETTERS: NonZeroU32 =
    NonZeroU32::new(LETTERS_MAX as u32).expect("an answer has room for some");

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
            match &request.asked {
                Asked::Retry { .. } | Asked::Skip { .. } | Asked::Compensate { .. } => {
                    let carry_out = || self.carry_out(request);
                    self.remembered.once(request, carry_out).await
                }
                _ => self.carry_out(request).await,
            }
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
            Asked::List { letters, after } => list(&operator, letters, after.as_ref()).await,
            Asked::Groups => groups(&operator).await,
            Asked::Show(letter) => show(&operator, letter).await,
            Asked::Plan { letters } => {
                let letters = operator.list(letters).await.map_err(refusal)?;
                Ok(Answer::Plan {
                    letters: letters.len() as u64,
                    probe: letters.first().map(|letter| Box::new(letter.into())),
                })
            }
            Asked::Retry {
                letters,
                wait_seconds,
            } => {
                let wait = Duration::from_secs(u64::from(*wait_seconds)).min(WAIT_MAX);
                retry(&operator, letters, wait).await
            }
            Asked::Skip { letter, reason } => {
                let Some(found) = find(&operator, letter).await? else {
                    return decided_before(&operator, request, letter, reason).await;
                };
                let letters = std::slice::from_ref(&found);
                let skipped = operator.skip(letters, reason).await;
                skipped.map_err(refusal)?;
                Ok(decided(&found))
            }
            Asked::Compensate { letter, reason } => {
                let Some(found) = find(&operator, letter).await? else {
                    return decided_before(&operator, request, letter, reason).await;
                };
                let compensated = operator.compensate(&found, reason).await;
                compensated.map_err(refusal)?;
                Ok(decided(&found))
            }
        }
    }
}

async fn list<S: EventStore, T: Timer>(
    operator: &Operator<S, T>,
    selection: &Selection,
    after: Option<&LetterPlace>,
) -> Result<Answer, Refusal> {
    let after = after.map(|after| (after.position, &after.consumer));
    let part = operator.list_part(selection, after, PART_LETTERS).await;
    let (letters, has_more) = part.map_err(refusal)?;
    Ok(Answer::Letters {
        next: letters.last().filter(|_| has_more).map(place),
        letters: letters.iter().map(LetterLine::from).collect(),
    })
}

fn place(letter: &Letter) -> LetterPlace {
    LetterPlace {
        position: letter.event.position,
        consumer: letter.consumer.clone(),
    }
}

async fn groups<S: EventStore, T: Timer>(operator: &Operator<S, T>) -> Result<Answer, Refusal> {
    let groups = operator.groups().await.map_err(refusal)?;
    let line = |(group, letters): (LetterGroup, u64)| GroupLine {
        consumer: group.consumer,
        event_type: group.event_type,
        cause: group.cause,
        letters,
    };
    let mut groups: Vec<_> = groups.into_iter().map(line).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.letters));
    groups.truncate(LETTERS_MAX);
    Ok(Answer::Groups { groups })
}

async fn show<S: EventStore, T: Timer>(
    operator: &Operator<S, T>,
    letter: &OneLetter,
) -> Result<Answer, Refusal> {
    let found = find(operator, letter).await?;
    let found = found.ok_or_else(|| not_a_letter(letter))?;
    let detail = operator.show(&found).await.map_err(refusal)?;
    let older = detail.history.len().saturating_sub(LETTERS_MAX);
    Ok(Answer::Letter {
        letter: Box::new((&detail.letter).into()),
        payload: String::from_utf8_lossy(&detail.event.payload).into_owned(),
        history: detail.history[older..].iter().map(line).collect(),
    })
}

fn line(entry: &QueueEntry) -> DecisionLine {
    DecisionLine {
        at: entry.at,
        by: entry.by.clone(),
        what: entry.event.shape().name.to_owned(),
        why: why(&entry.event).map(str::to_owned),
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

fn decided(letter: &Letter) -> Answer {
    Answer::Decided(letter.into())
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
        let of = decision
            .event
            .consumer_and_key()
            .zip(decision.event.event());
        let is_about = of.is_some_and(|((consumer, _), event)| {
            let is_event = match letter.event {
                EventAt::Id(id) => event.id == id,
                EventAt::Position(position) => event.position == position,
            };
            *consumer == letter.consumer && is_event
        });
        is_about && gives_up(&decision.event)
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
    let why = why(&decision.event).unwrap_or_default();
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

const fn gives_up(event: &DeadLetterEvent) -> bool {
    matches!(
        event,
        DeadLetterEvent::Skipped(_) | DeadLetterEvent::Compensated(_)
    )
}

/// The error, or the reason that was given.
fn why(event: &DeadLetterEvent) -> Option<&str> {
    match event {
        DeadLetterEvent::Added(it) => Some(&it.failure.error),
        DeadLetterEvent::RetryFailed(it) => Some(&it.failure.error),
        DeadLetterEvent::Skipped(it) => Some(&it.reason),
        DeadLetterEvent::Compensated(it) => Some(&it.reason),
        _ => None,
    }
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
