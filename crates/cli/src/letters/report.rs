//! The output: tables for people, JSON for programs.

use std::collections::BTreeMap;

use minwon::{
    engine::{Letter, LetterDetail, LetterGroup, QueueEntry, RetryPlan},
    foreign_text,
    operator::{Decided, Retried, RetriedLine, RetriedTo},
};
use serde_json::{Value, json};

use crate::{
    failure::Failure,
    output::Out,
    table::{Table, cut},
};

/// What was asked for, in the form that was asked for.
pub(super) struct Report(pub(super) Out);

impl Report {
    fn print(
        &self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        Ok(self.0.print(json, text)?)
    }

    pub(super) fn letters(&self, letters: &[Letter]) -> Result<(), Failure> {
        let json = || json!({ "letters": letters });
        self.print(json, || table(letters))
    }

    pub(super) fn groups(&self, groups: &BTreeMap<LetterGroup, u64>) -> Result<(), Failure> {
        let json = || {
            let group = |(group, letters): (&LetterGroup, &u64)| {
                let mut group = json!(group);
                group["letters"] = json!(letters);
                group
            };
            json!({ "groups": groups.iter().map(group).collect::<Vec<_>>() })
        };
        let text = || {
            let mut table = Table::new(["LETTERS", "CONSUMER", "EVENT TYPE", "CAUSE"]);
            for (group, letters) in groups {
                let (consumer, event_type) = (&group.consumer, &group.event_type);
                let cause = group.cause.clone();
                let letters = letters.to_string();
                table.row([letters, consumer.to_string(), event_type.to_string(), cause]);
            }
            table.or("No letters.")
        };
        self.print(json, text)
    }

    pub(super) fn detail(&self, detail: &LetterDetail) -> Result<(), Failure> {
        let json = || {
            let payload = &detail.event.payload;
            // A payload that cannot be read as JSON may be the very reason of the letter.
            let payload = serde_json::from_slice::<Value>(payload)
                .unwrap_or_else(|_| String::from_utf8_lossy(payload).into());
            let trace = detail.event.metadata.traceparent();
            let mut shown =
                json!({ "letter": detail.letter, "payload": payload, "history": detail.history });
            if let Some(trace) = trace {
                shown["traceparent"] = trace.into();
            }
            shown
        };
        self.print(json, || self::detail(detail))
    }

    pub(super) fn plan(&self, plan: &RetryPlan) -> Result<(), Failure> {
        let json = || json!({ "portions": plan.portions });
        let text = || {
            let mut text = String::new();
            for (number, letters) in plan.portions.iter().enumerate() {
                let what = if number == 0 { "The probe" } else { "Then" };
                text += &format!("{what}:\n{}\n", table(letters));
            }
            text + "Nothing was asked for."
        };
        self.print(json, text)
    }

    pub(super) fn retried(&self, retried: &Retried) -> Result<(), Failure> {
        let text = || {
            let mut table = Table::new(["POSITION", "CONSUMER", "KEY", "OUTCOME"]);
            for RetriedLine { letter, outcome } in &retried.results {
                let (place, key) = (letter.event.position.to_string(), letter.key.clone());
                table.row([place, letter.consumer.to_string(), key, fate(outcome)]);
            }
            let left = retried.not_requested.len() as u64 + retried.left;
            let table = table.or("No letters.");
            match left {
                0 => table,
                left => format!("{table}\n{left} more were not asked for."),
            }
        };
        let json = || {
            let mut json = json!(retried);
            json["complete"] = json!(retried.is_complete());
            json
        };
        self.print(json, text)
    }

    pub(super) fn decided(&self, what: &str, decided: &Decided) -> Result<(), Failure> {
        let json = || {
            let (consumer, event) = (&decided.consumer, &decided.event);
            let repeated = decided.repeated;
            json!({ "decided": what, "consumer": consumer, "event": event, "repeated": repeated })
        };
        let text = || {
            let (event_type, place) = (&decided.event.event_type, &decided.event.position);
            let before = if decided.repeated { " before" } else { "" };
            let consumer = &decided.consumer;
            format!("{event_type} at {place}: {what}{before}; {consumer} goes on without it.")
        };
        self.print(json, text)
    }

    pub(super) fn decisions(&self, decisions: &[QueueEntry]) -> Result<(), Failure> {
        let json = || json!({ "decisions": decisions });
        self.print(json, || entries(decisions))
    }
}

/// A letter with its event and its history.
pub(super) fn detail(detail: &LetterDetail) -> String {
    let letter = &detail.letter;
    let payload = String::from_utf8_lossy(&detail.event.payload);
    let head = format!(
        "{} of {} could not be handled by {}.\n  event    {} (position {}, {} at {})\n  \
         payload  {}\n  error    {}\n  tried    {} times, since {}\n",
        letter.event.event_type,
        letter.event.subject,
        letter.consumer,
        letter.event.id,
        letter.event.position,
        letter.event.stream,
        letter.event.version,
        cut(&payload, 200),
        foreign_text::shown(&letter.failure.error),
        letter.attempts,
        letter.since.in_seoul(),
    );
    let waits = |event: &minwon::engine::EventRef| {
        format!(
            "  behind   {} (position {})\n",
            event.event_type, event.position
        )
    };
    let behind: String = letter.parked.iter().map(waits).collect();
    let trace = detail.event.traceparent();
    let trace = trace.map_or_else(String::new, |trace| format!("  trace    {trace}\n"));
    format!("{head}{trace}{behind}\n{}", entries(&detail.history))
}

pub(super) fn table(letters: &[Letter]) -> String {
    let columns = [
        "POSITION",
        "CONSUMER",
        "KEY",
        "EVENT TYPE",
        "TRIES",
        "BEHIND",
        "ERROR",
    ];
    let mut table = Table::new(columns);
    for letter in letters {
        let error = cut(&letter.failure.error, 60);
        let asked = if letter.retry_requested {
            " (asked for)"
        } else {
            ""
        };
        table.row([
            letter.event.position.to_string(),
            letter.consumer.to_string(),
            letter.key.clone(),
            letter.event.event_type.to_string(),
            letter.attempts.to_string(),
            letter.parked.len().to_string(),
            format!("{error}{asked}"),
        ]);
    }
    table.or("No letters.")
}

fn entries(entries: &[QueueEntry]) -> String {
    let mut table = Table::new(["WHEN", "WHO", "WHAT", "POSITION", "WHY"]);
    for entry in entries {
        let place = entry.event.event().map(|event| event.position.to_string());
        table.row([
            entry.at.in_seoul().to_string(),
            entry.by.to_string(),
            entry.what().to_owned(),
            place.unwrap_or_default(),
            entry.why().map_or_else(String::new, |why| cut(why, 80)),
        ]);
    }
    table.or("Nothing was decided.")
}

fn fate(outcome: &RetriedTo) -> String {
    match outcome {
        RetriedTo::Released => "released".to_owned(),
        RetriedTo::GivenUp => "given up meanwhile".to_owned(),
        RetriedTo::FailedAgain(failure) => format!("failed again: {}", cut(&failure.error, 60)),
        RetriedTo::NoAnswer => "no answer in time; it stays asked for".to_owned(),
        _ => "an outcome that this program does not know".to_owned(),
    }
}
