//! Dates as event logs write them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta};

/// A date as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadDate {
    pub(super) date: DateTime<FixedOffset>,
    /// Whether it was written as the end of what came before: as hour 24, or as second 60.
    pub(super) is_carried: bool,
}

/// Reads an ISO 8601 date, or `None` if it is not one.
///
/// The standard form is `2011-10-11T13:42:22.688+02:00`. Also taken, since exporters write them:
/// no fraction or no seconds; a space for the `T`; a comma for the point; `Z`, `+0200` or `+02`
/// for the offset, with a space before it; no offset (then it is UTC); the date alone (then it is
/// midnight). Fractions are kept to the nanosecond. `24:00:00` is the midnight that ends the day, and
/// second 60, which clocks show while a leap second passes, is second 0 of the next minute: the time
/// line of a store has no leap seconds.
pub(super) fn parse_date(text: &str) -> Option<ReadDate> {
    let mut scan = Scan(text.trim().as_bytes());
    let day = scan.day()?;
    let (time, carry) = match scan.eat(b"Tt ") {
        Some(_) => scan.time()?,
        None => (NaiveTime::MIN, TimeDelta::zero()),
    };
    let offset = scan.offset()?;
    let local = day.and_time(time).checked_add_signed(carry)?;
    let date = local.and_local_timezone(offset).single()?;
    scan.0.is_empty().then_some(ReadDate {
        date,
        is_carried: !carry.is_zero(),
    })
}

/// The unread rest of a date.
struct Scan<'t>(&'t [u8]);

impl Scan<'_> {
    /// Takes one byte if it is among `wanted`.
    fn eat(&mut self, wanted: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        wanted.contains(&first).then(|| {
            self.0 = rest;
            first
        })
    }

    fn digit(&mut self) -> Option<u32> {
        self.eat(b"0123456789").map(|byte| u32::from(byte - b'0'))
    }

    fn number(&mut self, digits: u32) -> Option<u32> {
        (0..digits).try_fold(0, |number, _| Some(number * 10 + self.digit()?))
    }

    fn day(&mut self) -> Option<NaiveDate> {
        let year = i32::try_from(self.number(4)?).ok()?;
        self.eat(b"-")?;
        let month = self.number(2)?;
        self.eat(b"-")?;
        NaiveDate::from_ymd_opt(year, month, self.number(2)?)
    }

    /// Takes a time of the day, and what has to be added to it.
    fn time(&mut self) -> Option<(NaiveTime, TimeDelta)> {
        let hour = self.number(2)?;
        self.eat(b":")?;
        let minute = self.number(2)?;
        let second = match self.eat(b":") {
            Some(_) => self.number(2)?,
            None => 0,
        };
        let nanosecond = match self.eat(b".,") {
            Some(_) => self.fraction()?,
            None => 0,
        };
        let (time, carry) = match (hour, minute, second, nanosecond) {
            (24, 0, 0, 0) => ((0, 0, 0), TimeDelta::days(1)),
            (_, _, 60, _) => ((hour, minute, 59), TimeDelta::seconds(1)),
            _ => ((hour, minute, second), TimeDelta::zero()),
        };
        let (hour, minute, second) = time;
        let time = NaiveTime::from_hms_nano_opt(hour, minute, second, nanosecond)?;
        Some((time, carry))
    }

    /// Takes one digit or more as a fraction of a second; those past the ninth are dropped.
    fn fraction(&mut self) -> Option<u32> {
        let mut scale = 100_000_000;
        let mut nanoseconds = self.digit()? * scale;
        while let Some(digit) = self.digit() {
            scale /= 10;
            nanoseconds += digit * scale;
        }
        Some(nanoseconds)
    }

    fn offset(&mut self) -> Option<FixedOffset> {
        if self.0.is_empty() {
            return FixedOffset::east_opt(0);
        }
        self.eat(b" ");
        let sign = match self.eat(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return FixedOffset::east_opt(0),
        };
        let hours = self.number(2)?;
        let minutes = match self.eat(b":") {
            None if self.0.is_empty() => 0,
            _ => self.number(2).filter(|minutes| *minutes < 60)?,
        };
        let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
        FixedOffset::east_opt(sign * seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, meant: &str) {
        let meant = DateTime::parse_from_rfc3339(meant).unwrap();
        let read = parse_date(text).unwrap_or_else(|| panic!("{text} is a date"));
        let (date, offset) = (read.date, read.date.offset());
        assert_eq!((date, offset), (meant, meant.offset()), "{text}");
    }

    #[test]
    fn dates_of_many_exporters_are_read() {
        let standard = "2011-10-11T13:42:22.688+02:00";
        check(standard, standard);
        check("\n 2011-10-11T13:42:22.688+02:00 ", standard);
        check("2011-10-11 13:42:22,688+0200", standard);
        check("2011-10-11t13:42:22.688 +02", standard);
        check("2011-10-11T13:42:22+02:00", "2011-10-11T13:42:22+02:00");
        check("2011-10-11T13:42:22Z", "2011-10-11T13:42:22Z");
        check("2011-10-11T13:42:22-03:30", "2011-10-11T13:42:22-03:30");
        check("2011-10-11T13:42:22", "2011-10-11T13:42:22Z");
        check("2011-10-11 13:42", "2011-10-11T13:42:00Z");
        check("2011-10-11", "2011-10-11T00:00:00Z");
        check("2011-10-11+09:00", "2011-10-11T00:00:00+09:00");
        check("2012-02-29", "2012-02-29T00:00:00Z");
        check("0001-01-01T00:00:00", "0001-01-01T00:00:00Z");
    }

    #[test]
    fn fractions_are_kept_to_the_nanosecond() {
        check("2011-10-11T13:42:22.6Z", "2011-10-11T13:42:22.600Z");
        check(
            "2011-10-11T13:42:22.1234567+02:00",
            "2011-10-11T13:42:22.1234567+02:00",
        );
        check(
            "2011-10-11T13:42:22.1234567899999Z",
            "2011-10-11T13:42:22.123456789Z",
        );
    }

    #[test]
    fn the_end_of_a_day_and_a_leap_second_are_the_instant_that_follows() {
        for (carried, meant) in [
            ("2011-10-11T24:00:00Z", "2011-10-12T00:00:00Z"),
            ("2011-12-31 24:00+0900", "2012-01-01T00:00:00+09:00"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2017-01-01T08:59:60.5+09:00", "2017-01-01T09:00:00.5+09:00"),
        ] {
            check(carried, meant);
            assert!(parse_date(carried).unwrap().is_carried, "{carried}");
            assert!(!parse_date(meant).unwrap().is_carried, "{meant}");
        }
        for none in [
            "2011-10-11T24:00:01Z",
            "2011-10-11T24:00:00.1Z",
            "2011-10-11T24:01:00Z",
            "2011-10-11T23:59:61Z",
            "2011-10-11T24:00:60Z",
        ] {
            assert_eq!(parse_date(none), None, "{none}");
        }
    }

    #[test]
    fn other_texts_are_no_dates() {
        for text in [
            "",
            "soon",
            "2011",
            "11-10-2011",
            "20111011",
            "2011-02-29",
            "2011-13-01",
            "2011-10-11T",
            "2011-10-11T25:00:00Z",
            "2011-10-11T13:60:00Z",
            "2011-10-11T13:42:22.Z",
            "2011-10-11T13:42:22+",
            "2011-10-11T13:42:22+2",
            "2011-10-11T13:42:22+02:",
            "2011-10-11T13:42:22+02:60",
            "2011-10-11T13:42:22+24:00",
            "2011-10-11T13:42:22Z[Europe/Amsterdam]",
            "+2011-10-11",
            "２０１１-10-11",
        ] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
