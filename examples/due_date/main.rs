//! When is this petition due, and why? The count, day by day.
//!
//! ```sh
//! cargo run --example due_date -- --received 2026-03-09T10:00:00+09:00 --period "7 days"
//! cargo run --example due_date -- --rule objection --received 2026-03-20
//! ```
//!
//! A temporary holiday makes another calendar, and the same petition may have another due.

mod count;
mod options;
#[path = "../shared/mod.rs"]
mod shared;

use std::process::ExitCode;

use clap::Parser;
use minwon::petitions::Calendar;
use serde_json::json;

use crate::{
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
    for line in &answer.count {
        say(format_args!("  {line}"))?;
    }
    let due = count::in_seoul(answer.due);
    say(format_args!("Due: {due}"))?;
    say(format_args!("Why: {}", answer.why))?;
    let provisional = answer.is_provisional(&calendar);
    let provisional = if provisional { ", provisional" } else { "" };
    say(format_args!(
        "Calendar: {}{provisional}",
        calendar.version()
    ))?;
    if options.json {
        say_json(&json!({ "due": due }))?;
    }
    Ok(())
}
