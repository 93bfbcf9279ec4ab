mod exclusions;
mod explained;
mod extensions;
mod fixed;
mod laws;
mod terms;
mod vectors;

use minwon_core::Timestamp;

use super::*;
use crate::{calendar::Calendar, date::Date, period::Period};

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An instant of a day in Seoul: `"2026-03-09 10:00"`.
fn seoul(text: &str) -> Timestamp {
    at(&format!("{}:00+09:00", text.replace(' ', "T")))
}

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

fn term(received_at: &str, of: &str) -> ProcessingTerm {
    ProcessingTerm::new(seoul(received_at), period(of))
}

/// A due in Seoul, as the examples write it.
fn due(text: &str) -> crate::Due {
    if text.contains(' ') {
        crate::Due::At(seoul(text))
    } else {
        text.parse().unwrap()
    }
}

fn check(received_at: &str, of: &str, expected: &str) {
    let counted = term(received_at, of).due(Calendar::published());
    assert_eq!(counted, Ok(due(expected)), "{of} from {received_at}");
}

fn excluding(days: &[(&str, &str)]) -> Exclusions {
    days.iter().fold(Exclusions::none(), |all, (first, last)| {
        all.with_days(date(first), date(last)).unwrap()
    })
}
