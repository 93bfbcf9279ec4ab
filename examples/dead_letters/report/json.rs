//! The same for programs.

use minwon::{
    engine::{DeadLetterEvent, EventRef, Letter, LetterDetail, LetterGroup, QueueEntry},
    operator::{Retried, RetriedTo},
};
use serde_json::{Value, json};

pub(super) fn letter(letter: &Letter) -> Value {
    json!({
        "consumer": letter.consumer,
        "key": letter.key,
        "event": letter.event,
        "failure": letter.failure,
        "attempts": letter.attempts,
        "since": letter.since.to_string(),
        "retry_requested": letter.retry_requested,
        "parked": letter.parked,
    })
}

pub(super) fn group(group: &LetterGroup, letters: u64) -> Value {
    json!({
        "consumer": group.consumer,
        "event_type": group.event_type,
        "cause": group.cause,
        "letters": letters,
    })
}

pub(super) fn detail(detail: &LetterDetail) -> Value {
    let payload = &detail.event.payload;
    // What cannot be read as JSON may be the very reason of the letter.
    let payload = serde_json::from_slice::<Value>(payload)
        .unwrap_or_else(|_| String::from_utf8_lossy(payload).into());
    json!({
        "letter": letter(&detail.letter),
        "payload": payload,
        "history": detail.history.iter().map(entry).collect::<Vec<_>>(),
    })
}

pub(super) fn entry(entry: &QueueEntry) -> Value {
    let (consumer, key) = entry.event.consumer_and_key().unzip();
    json!({
        "at": entry.at.to_string(),
        "by": entry.by,
        "what": what(&entry.event),
        "consumer": consumer,
        "key": key,
        "event": entry.event.event().map(|event: &EventRef| json!(event)),
        "why": why(&entry.event),
    })
}

pub(super) fn retried(retried: &Retried) -> Value {
    let results = retried.results.iter();
    let results = results.map(|it| json!({ "letter": it.letter, "outcome": outcome(&it.outcome) }));
    json!({
        "results": results.collect::<Vec<_>>(),
        "not_requested": retried.not_requested,
        "left": retried.left,
        "complete": retried.is_complete(),
    })
}

const fn outcome(outcome: &RetriedTo) -> &'static str {
    match outcome {
        RetriedTo::Released => "released",
        RetriedTo::FailedAgain(_) => "failed-again",
        RetriedTo::GivenUp => "given-up",
        RetriedTo::NoAnswer => "no-answer",
        _ => "other",
    }
}

/// What happened, in a word.
pub(super) const fn what(event: &DeadLetterEvent) -> &'static str {
    match event {
        DeadLetterEvent::QueueOpened(_) => "queue-opened",
        DeadLetterEvent::Added(_) => "added",
        DeadLetterEvent::Parked(_) => "parked",
        DeadLetterEvent::RetryRequested(_) => "retry-requested",
        DeadLetterEvent::RetryFailed(_) => "retry-failed",
        DeadLetterEvent::Released(_) => "released",
        DeadLetterEvent::Skipped(_) => "skipped",
        DeadLetterEvent::Compensated(_) => "compensated",
    }
}

/// The error, or the reason that was given.
pub(super) fn why(event: &DeadLetterEvent) -> Option<&str> {
    match event {
        DeadLetterEvent::Added(it) => Some(&it.failure.error),
        DeadLetterEvent::RetryFailed(it) => Some(&it.failure.error),
        DeadLetterEvent::Skipped(it) => Some(&it.reason),
        DeadLetterEvent::Compensated(it) => Some(&it.reason),
        DeadLetterEvent::QueueOpened(_)
        | DeadLetterEvent::Parked(_)
        | DeadLetterEvent::RetryRequested(_)
        | DeadLetterEvent::Released(_) => None,
    }
}
