//! Values written in the language of a phrasebook.

use fluent_bundle::{FluentArgs, FluentValue};
use minwon_core::Timestamp;
use minwon_petitions::{Date, Due, Message, Period, PeriodUnit, Value};

use crate::{Phrasebook, forms::key};

const SECOND_MICROS: i64 = 1_000_000;
const DAY_SECONDS: i64 = 24 * 60 * 60;

/// Writes one value, and whatever stands in it.
pub(crate) struct Writer<'b> {
    book: &'b Phrasebook,
    /// What could not be written, for tests: where our own texts are, nothing is.
    pub(crate) faults: Vec<String>,
}

impl<'b> Writer<'b> {
    pub(crate) const fn new(book: &'b Phrasebook) -> Self {
        Self {
            book,
            faults: Vec::new(),
        }
    }

    /// `name` is that of the value in its message, which a phrase is looked up under.
    pub(crate) fn value(&mut self, name: &str, value: &Value<'_>) -> String {
        match value {
            Value::Message(message) => self.message(message),
            Value::Phrase(phrase) => self.named(&key(name, phrase), [], phrase),
            Value::Text(text) => (*text).to_owned(),
            Value::Count(count) => count.to_string(),
            Value::Won(won) => self.own("won", [("amount", grouped(won.get()).into())]),
            Value::Instant(instant) | Value::Due(Due::At(instant)) => self.instant(*instant),
            Value::Day(day) | Value::Due(Due::On(day)) => self.day(*day),
            Value::Period(period) => self.period(*period),
            Value::WorkingTime(time) => {
                let minutes = time.as_secs() / 60;
                let parts = [
                    ("hours", (minutes / 60).into()),
                    ("minutes", (minutes % 60).into()),
                ];
                self.own("working-time", parts)
            }
            Value::Holiday(name) => self.holiday(name),
            Value::List(values) => {
                let texts = values.iter().map(|value| self.value(name, value));
                texts.collect::<Vec<_>>().join(", ")
            }
        }
    }

    pub(crate) fn message(&mut self, message: &Message<'_>) -> String {
        let values = message.values.iter().map(|(name, value)| {
            let written = match value {
                // A text may choose its words by a number.
                Value::Count(count) => FluentValue::from(*count),
                value => self.value(name, value).into(),
            };
            (*name, written)
        });
        let values: Vec<_> = values.collect();
        self.named(&key(message.of, message.name), values, message.name)
    }

    fn period(&mut self, period: Period) -> String {
        let (key, count) = match period {
            Period::Immediate => return self.own("period-immediate", []),
            Period::Of { count, unit } => match unit {
                PeriodUnit::WorkingHours => ("period-working-hours", count),
                PeriodUnit::Days => ("period-days", count),
                PeriodUnit::Weeks => ("period-weeks", count),
                PeriodUnit::Months => ("period-months", count),
                PeriodUnit::Years => ("period-years", count),
            },
        };
        self.own(key, [("count", count.get().into())])
    }

    fn day(&mut self, day: Date) -> String {
        let parts = [
            ("year", day.year().into()),
            ("month", day.month().into()),
            ("day", day.day().into()),
        ];
        self.own("date", parts)
    }

    /// By the clocks of Seoul, to the minute; to the second where it is not a full minute, so that what is
    /// late by seconds reads so.
    fn instant(&mut self, instant: Timestamp) -> String {
        let day = Date::in_seoul(instant);
        let micros = instant.unix_micros() - day.start_in_seoul().unix_micros();
        let seconds = (micros / SECOND_MICROS).min(DAY_SECONDS - 1);
        let (minutes, second) = (seconds / 60, seconds % 60);
        let mut time = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        if second != 0 {
            time += &format!(":{second:02}");
        }
        let parts = [("date", self.day(day).into()), ("time", time.into())];
        self.own("instant", parts)
    }

    /// A name as `Chuseok+Substitute(HangulDay)`: several are joined, and what is in brackets is the
    /// occasion.
    fn holiday(&mut self, name: &str) -> String {
        if let Some((first, second)) = name.split_once('+') {
            let (first, second) = (self.holiday(first), self.holiday(second));
            let both = [("first", first.into()), ("second", second.into())];
            return self.own("holiday-joined", both);
        }
        let form = name.strip_suffix("(computed)").map_or_else(
            || {
                let (form, occasion) = name.strip_suffix(')')?.split_once('(')?;
                match form {
                    "Substitute" => Some(("holiday-substitute", occasion)),
                    "Temporary" => Some(("holiday-temporary-for", occasion)),
                    _ => None,
                }
            },
            |name| Some(("holiday-computed", name)),
        );
        match form {
            Some((form, occasion)) => {
                let holiday = self.holiday(occasion);
                self.own(form, [("holiday", holiday.into())])
            }
            None => self.named(&key("holiday", name), [], name),
        }
    }

    fn own<'v>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = (&'v str, FluentValue<'v>)>,
    ) -> String {
        self.named(key, values, key)
    }

    /// The text with this key, or `stored` where there is none.
    fn named<'v>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = (&'v str, FluentValue<'v>)>,
        stored: &str,
    ) -> String {
        let values: FluentArgs<'_> = values.into_iter().collect();
        let text = self.book.text(key, &values, &mut self.faults);
        text.unwrap_or_else(|| {
            self.faults.push(format!("{key}: there is no such text"));
            stored.to_owned()
        })
    }
}

/// A number with a comma before every three digits.
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
