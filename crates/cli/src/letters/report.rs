//! The output: tables for people, JSON for programs.

use minwon::{
    engine::Letter,
    foreign_text,
    operator::{
        Decided, Retried, RetriedLine, RetriedTo,
        api::{AskList, AskShown, AskStep, EntryLine, GroupLine, Groups, LetterShown},
    },
};
use serde_json::{Value, json};

use crate::{
    events,
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

    pub(super) fn groups(&self, groups: &Groups) -> Result<(), Failure> {
        let json = || json!(groups);
        let text = || {
            let mut table = Table::new(["LETTERS", "CONSUMER", "EVENT TYPE", "CAUSE"]);
            for GroupLine { group, letters } in &groups.groups {
                let (consumer, event_type) = (&group.consumer, &group.event_type);
                let cause = group.cause.clone();
                let letters = letters.to_string();
                table.row([letters, consumer.to_string(), event_type.to_string(), cause]);
            }
            table.or("No letters.")
        };
        self.print(json, text)
    }

    pub(super) fn detail(&self, shown: &LetterShown) -> Result<(), Failure> {
        self.print(|| json!(shown), || self::detail(shown))
    }

    pub(super) fn plan(&self, portions: &[Vec<Letter>], left: usize) -> Result<(), Failure> {
        let json = || match left {
            0 => json!({ "portions": portions }),
            left => json!({ "portions": portions, "left": left }),
        };
        let text = || {
            let mut text = String::new();
            for (number, letters) in portions.iter().enumerate() {
                let what = if number == 0 { "The probe" } else { "Then" };
                text += &format!("{what}:\n{}\n", table(letters));
            }
            if left > 0 {
                text += &format!("And {left} more.\n\n");
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

    pub(super) fn decisions(&self, decisions: &[EntryLine]) -> Result<(), Failure> {
        let json = || json!({ "decisions": decisions });
        self.print(json, || entries(decisions))
    }

    pub(super) fn ask(&self, ask: &AskShown) -> Result<(), Failure> {
        self.print(|| json!(ask), || asks(std::slice::from_ref(ask)))
    }

    pub(super) fn asks(&self, list: &AskList) -> Result<(), Failure> {
        self.print(|| json!(list), || asks(&list.asks))
    }
}

/// What was asked for, and how far it is.
pub(super) fn asks(asks: &[AskShown]) -> String {
    let mut table = Table::new(["ASK", "WHAT", "LETTERS", "BY", "STATE", "GONE", "OF", "WHY"]);
    for ask in asks {
        let state = match (ask.state, &ask.turned_down_by) {
            (AskStep::Waits, _) if ask.needs_approval => "waits for approval".to_owned(),
            (AskStep::Waits, _) => "begins soon".to_owned(),
            (AskStep::Runs, _) => "runs".to_owned(),
            (AskStep::Done, _) => "done".to_owned(),
            (AskStep::Stopped, _) => "stopped".to_owned(),
            (AskStep::Failed, _) => "ended, as one failed".to_owned(),
            (AskStep::TurnedDown, Some(by)) => format!("turned down by {by}"),
            _ => "a state that this program does not know".to_owned(),
        };
        let (gone, count) = (ask.gone.to_string(), ask.count.to_string());
        let why = cut(ask.error.as_ref().unwrap_or(&ask.reason), 60);
        let (number, of) = (ask.ask.to_string(), cut(&ask.of, 60));
        table.row([
            number,
            ask.act.clone(),
            of,
            ask.by.to_string(),
            state,
            gone,
            count,
            why,
        ]);
    }
    table.or("Nothing was asked for since the service was started.")
}

/// A letter with its event and its history.
pub(super) fn detail(shown: &LetterShown) -> String {
    let letter = &shown.letter;
    let payload = shown.payload.as_ref();
    let payload = payload.map_or_else(|| "left out".to_owned(), events::payload);
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
    let trace = shown.traceparent.as_ref();
    let trace = trace.map_or_else(String::new, |trace| format!("  trace    {trace}\n"));
    format!("{head}{trace}{behind}\n{}", entries(&shown.history))
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

fn entries(entries: &[EntryLine]) -> String {
    let mut table = Table::new(["WHEN", "WHO", "WHAT", "POSITION", "WHY"]);
    for entry in entries {
        let place = entry.event.as_ref().map(|event| event.position.to_string());
        table.row([
            entry.at.in_seoul().to_string(),
            entry.by.to_string(),
            entry.what.clone(),
            place.unwrap_or_default(),
            entry
                .why
                .as_ref()
                .map_or_else(String::new, |why| cut(why, 80)),
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
