//! The same for programs.

use minwon::{
    DeadLetterEvent, EventRef, LetterGroup,
    projections::{Letter, LetterDetail, QueueEntry, RetryOutcome, RetryReport},
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

pub(super) fn retried(report: &RetryReport) -> Value {
    let results = report.results.iter().map(
        |result| json!({ "letter": letter(&result.letter), "outcome": outcome(&result.outcome) }),
    );
    json!({
        "results": results.collect::<Vec<_>>(),
        "not_requested": report.not_requested.iter().map(letter).collect::<Vec<_>>(),
        "complete": report.is_complete(),
    })
}

const fn outcome(outcome: &RetryOutcome) -> &'static str {
    match outcome {
        RetryOutcome::Released => "released",
        RetryOutcome::FailedAgain { .. } => "failed-again",
        RetryOutcome::GivenUp => "given-up",
        RetryOutcome::NoAnswer => "no-answer",
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
