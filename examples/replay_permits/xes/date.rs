//! Dates as event logs write them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta};

/// The date itself, or `None` when it stands for "no date".
///
/// A date before the Unix epoch, or at most one day after it, counts as none. Tools without an
/// empty date write zero in its place, and zero comes out as the epoch in local time: in the
/// Netherlands `1970-01-01T00:00:00+01:00`, which is 1969-12-31T23:00Z. The same value stands in
/// the `global` section of such logs, and readers that fill globals in pass it on as if a clerk
/// had entered it. One day covers every zone; no permit of ours is older than the epoch.
pub(crate) fn real_date(date: DateTime<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    let after_epoch = date.signed_duration_since(DateTime::UNIX_EPOCH);
    (after_epoch > TimeDelta::days(1)).then_some(date)
}

/// Reads an ISO 8601 date, or `None` if it is not one.
///
/// The standard form is `2011-10-11T13:42:22.688+02:00`. Also taken, since exporters write them:
/// no fraction or no seconds; a space for the `T`; a comma for the point; `Z`, `+0200` or `+02`
/// for the offset, with a space before it; no offset (then it is UTC); the date alone (then it is
/// midnight). Fractions are kept to the nanosecond.
pub(super) fn parse_date(text: &str) -> Option<DateTime<FixedOffset>> {
    let mut scan = Scan(text.trim().as_bytes());
    let day = scan.day()?;
    let time = match scan.eat(b"Tt ") {
        Some(_) => scan.time()?,
        None => NaiveTime::MIN,
    };
    let offset = scan.offset()?;
    let local = day.and_time(time).and_local_timezone(offset).single();
    local.filter(|_| scan.0.is_empty())
}

/// What is left to read of a date.
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

    fn time(&mut self) -> Option<NaiveTime> {
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
        NaiveTime::from_hms_nano_opt(hour, minute, second, nanosecond)
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
