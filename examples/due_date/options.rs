//! The command line.

use std::{str::FromStr, time::Duration};

use clap::{Parser, ValueEnum};
use minwon::{
    Timestamp,
    petitions::{Date, Due, FormatError, Period},
};

/// Counts until when something is due, and shows the count.
#[derive(Debug, Parser)]
#[command(name = "due_date")]
pub(crate) struct Options {
    /// When the petition was received, the supplement requested, the refusal notified or the
    /// objection received: 2026-03-09T10:00:00+09:00, or a date where the time does not count
    #[arg(long, value_name = "INSTANT")]
    pub(crate) received: Received,
    /// The period: immediate, "8 hours", "7 days", "2 weeks", "1 month", "1 year"; objections have
    /// theirs by law
    #[arg(long)]
    pub(crate) period: Option<Period>,
    /// Days that are not counted, both ends among them; may be repeated
    #[arg(long, value_name = "FROM..TO")]
    pub(crate) excluded: Vec<Interval>,
    /// A day that was designated a holiday; may be repeated
    #[arg(long, value_name = "DATE")]
    pub(crate) holiday: Vec<Date>,
    /// The rule that sets the due
    #[arg(long, value_enum, default_value_t = Rule::Processing)]
    pub(crate) rule: Rule,
    /// Prints one JSON object as the last line
    #[arg(long)]
    pub(crate) json: bool,
}

/// The rule that a due date follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rule {
    /// The petition is to be completed
    Processing,
    /// The missing items are to be supplied
    Supplement,
    /// A refusal may be objected to
    Objection,
    /// An objection is to be decided
    ObjectionDecision,
}

/// An instant, or a day whose time of day is not known.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Received {
    At(Timestamp),
    On(Date),
}

impl Received {
    pub(crate) fn day(self) -> Date {
        match self {
            Self::At(instant) => Date::in_seoul(instant),
            Self::On(day) => day,
        }
    }

    /// When it was received, for a period that is counted in days.
    pub(crate) fn first_instant(self) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::On(day) => day.start_in_seoul(),
        }
    }

    /// The last microsecond at which it may have been received.
    pub(crate) fn last_instant(self) -> Timestamp {
        match self {
            Self::At(instant) => instant,
            Self::On(day) => {
                let next = day.plus_days(1).start_in_seoul();
                next.saturating_sub(Duration::from_micros(1))
            }
        }
    }
}

impl FromStr for Received {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        // Written as a due is: a date or an instant.
        Ok(match text.parse()? {
            Due::At(instant) => Self::At(instant),
            Due::On(day) => Self::On(day),
        })
    }
}

/// Days from one to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Interval {
    pub(crate) first: Date,
    pub(crate) last: Date,
}

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text
            .split_once("..")
            .ok_or("write two dates, as in 2026-03-11..2026-03-16")?;
        let date = |text: &str| {
            let date = text.parse();
            date.map_err(|error: FormatError| error.to_string())
        };
        Ok(Self {
            first: date(first)?,
            last: date(last)?,
        })
    }
}
