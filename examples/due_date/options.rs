//! The command line.

use std::{str::FromStr, time::Duration};

use clap::{Parser, ValueEnum};
use minwon::{
    Timestamp,
    language::Language,
    petitions::{
        Date, FormatError, Period,
        statute::{ExtensionGround, SUPPLEMENT_EXTENSIONS_MAX},
    },
};

use crate::shared::Failure;

/// Counts until when something is due, and shows the count with the law that it follows.
#[derive(Debug, Parser)]
#[command(name = "due_date")]
pub(crate) struct Options {
    /// When the petition was received or submitted, the supplement requested, the refusal notified, the
    /// objection received, or the completion expected: 2026-03-09T10:00 (of Seoul, where no offset
    /// is written), or a date where the time does not count
    #[arg(long, value_name = "INSTANT")]
    pub(crate) received: Received,
    /// The period: immediate, "8 hours", "7 days", "2 weeks", "1 month", "1 year"; what the law sets
    /// need not be given
    #[arg(long)]
    pub(crate) period: Option<Period>,
    /// Days that are not counted, both ends among them; may be repeated
    #[arg(long, value_name = "FROM..TO")]
    pub(crate) excluded: Vec<Interval>,
    /// An outage of the system, from one time until another; may be repeated
    #[arg(long, value_name = "FROM..UNTIL")]
    pub(crate) outage: Vec<Outage>,
    /// An extension of the period; may be repeated, as often as the law allows
    #[arg(long, value_name = "PERIOD")]
    pub(crate) extension: Vec<Period>,
    /// The ground of the extensions of a processing period
    #[arg(long, default_value = "cooperation")]
    pub(crate) ground: ExtensionGround,
    /// A day that was designated a holiday; may be repeated
    #[arg(long, value_name = "DATE")]
    pub(crate) holiday: Vec<Date>,
    /// The rule that sets the due
    #[arg(long, value_enum, default_value_t = Rule::Processing)]
    pub(crate) rule: Rule,
    /// The language of the answer: en or ko
    #[arg(long, default_value = "en")]
    pub(crate) lang: Language,
    /// Prints one JSON object as the last line
    #[arg(long)]
    pub(crate) json: bool,
}

/// The rule that a due date follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rule {
    /// The petition is to be completed
    Processing,
    /// The petition, submitted electronically, is to be received
    Receipt,
    /// The petition, received, is to go on to the competent agency
    Transfer,
    /// A supplement is to be requested
    SupplementRequest,
    /// The missing items are to be supplied
    Supplement,
    /// They are to be supplied, requested a second time
    Rerequest,
    /// A refusal may be objected to
    Objection,
    /// An objection is to be decided
    ObjectionDecision,
    /// A document on paper may be collected
    Collection,
}

impl Options {
    /// Checks that no option is passed over.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let is_processing = self.rule == Rule::Processing;
        if !is_processing && !self.excluded.is_empty() {
            return Err("only processing periods have excluded days; leave --excluded out".into());
        }
        if !is_processing && !self.outage.is_empty() {
            return Err("only processing periods have outages; leave --outage out".into());
        }
        let extensions_max = match self.rule {
            // The term itself counts them.
            Rule::Processing => return Ok(()),
            Rule::Supplement | Rule::Rerequest => SUPPLEMENT_EXTENSIONS_MAX,
            // Once (A35②).
            Rule::ObjectionDecision => 1,
            _ => 0,
        };
        if self.extension.len() > extensions_max as usize {
            return Err(format!(
                "the law extends this at most {extensions_max} times; leave --extension out"
            )
            .into());
        }
        Ok(())
    }
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
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(day) = text.parse() {
            return Ok(Self::On(day));
        }
        in_seoul(text).map(Self::At)
    }
}

/// Reads a time; one without an offset is of Seoul.
fn in_seoul(text: &str) -> Result<Timestamp, String> {
    let forms = [
        text.to_owned(),
        format!("{text}+09:00"),
        format!("{text}:00+09:00"),
    ];
    let read = forms.iter().find_map(|form| form.parse().ok());
    read.ok_or_else(|| {
        format!(
            "{text:?} is no time; write 2026-03-09T10:00, which is of Seoul, or as RFC 3339 has it"
        )
    })
}

/// An outage of the system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

impl FromStr for Outage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, until) = text
            .split_once("..")
            .ok_or("write two times, as in 2026-06-09T13:00..2026-06-10T18:00")?;
        Ok(Self {
            from: in_seoul(from)?,
            until: in_seoul(until)?,
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
