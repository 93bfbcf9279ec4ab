//! When is this petition due, and why? The count, day by day, with the articles of the law.
//!
//! ```sh
//! cargo run --example due_date -- --received 2026-03-09T10:00 --period "7 days"
//! cargo run --example due_date -- --received 2026-03-09T10:00 --period "7 days" --extension "3 days" --lang ko
//! cargo run --example due_date -- --rule objection --received 2026-03-20
//! ```
//!
//! A temporary holiday makes another calendar, and the same petition may have another due. Times without an
//! offset are those of Seoul.

mod count;
mod options;
#[path = "../shared/mod.rs"]
mod shared;

use std::process::ExitCode;

use clap::Parser;
use minwon::{
    language::Phrasebook,
    petitions::{AsValue as _, Calendar, Date, Message, Value},
};
use serde_json::json;

use crate::{
    count::Answer,
    options::Options,
    shared::{Failure, say, say_json},
};

fn main() -> ExitCode {
    shared::exit(run(&Options::parse()))
}

fn run(options: &Options) -> Result<(), Failure> {
    let mut calendar = Calendar::published().clone();
    for &holiday in &options.holiday {
        calendar = calendar.with_holiday(holiday)?;
    }
    let answer = count::answer(options, &calendar)?;
    let book = Phrasebook::of(options.lang);
    for line in lines(&answer, &calendar, &book) {
        say(line)?;
    }
    if options.json {
        let law: Vec<_> = answer.law.iter().map(|basis| basis.as_str()).collect();
        say_json(&json!({ "due": count::in_seoul(answer.due), "law": law }))?;
    }
    Ok(())
}

/// The answer in the words of a language.
fn lines(answer: &Answer, calendar: &Calendar, book: &Phrasebook) -> Vec<String> {
    let labelled = |name, of, value| {
        let values = vec![(of, value)];
        book.message(&Message {
            of: "Count",
            name,
            values,
        })
    };
    let mut lines: Vec<_> = answer
        .days
        .iter()
        .map(|day| format!("  {}", book.say(day)))
        .collect();
    lines.push(labelled("due", "due", answer.due.as_value()));
    let law = answer.law.iter();
    lines.extend(law.map(|basis| labelled("basis", "basis", basis.as_value())));
    let is_provisional = calendar.is_provisional(Date::in_seoul(answer.due.last_instant()));
    let name = if is_provisional {
        "provisional-calendar"
    } else {
        "calendar"
    };
    let version = Value::Text(calendar.version().as_str());
    lines.push(labelled(name, "version", version));
    lines
}
