//! Instants, and the port through which they arrive.

use std::{fmt, future::Future, str::FromStr, time::Duration};

use chrono::{DateTime, Datelike, FixedOffset, SecondsFormat};
use serde::{Serialize, Serializer};

/// An instant in microseconds since 1970-01-01T00:00:00Z; written in RFC 3339, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A number or text that is no instant between the years 0 and 9999.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no instant; write one in RFC 3339, as in 2026-03-09T10:00:00+09:00")]
#[non_exhaustive]
pub struct TimestampError {
    /// The given text.
    pub text: String,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);
    /// 0000-01-01T00:00:00Z, the first instant RFC 3339 can write.
    pub const MIN: Self = Self(-62_167_219_200_000_000);
    /// The last microsecond of the year 9999.
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// The instant this many microseconds after the Unix epoch.
    ///
    /// # Errors
    /// [`TimestampError`] outside the years 0 to 9999, which RFC 3339 cannot write.
    pub fn from_unix_micros(micros: i64) -> Result<Self, TimestampError> {
        if (Self::MIN.0..=Self::MAX.0).contains(&micros) {
            Ok(Self(micros))
        } else {
            Err(TimestampError {
                text: micros.to_string(),
            })
        }
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_micros(self) -> i64 {
        self.0
    }

    /// The same instant as it is written in answers: with Seoul's offset, as in
    /// `2026-03-09T10:00:00+09:00`.
    #[must_use]
    pub const fn in_seoul(self) -> InSeoul {
        InSeoul(self)
    }

    /// The instant `duration` later, at most [`MAX`](Self::MAX).
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros).min(Self::MAX.0))
    }

    /// The instant `duration` earlier, at least [`MIN`](Self::MIN).
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros).max(Self::MIN.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp_micros(self.0) {
            Some(instant) => f.write_str(&instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => unreachable!("a Timestamp lies between MIN and MAX"),
        }
    }
}

/// An instant in RFC 3339 with Seoul's offset, as answers have it; stored times are in UTC.
///
/// In the last nine hours of the year 9999, which RFC 3339 cannot write there, it is in UTC as well.
///
/// ```
/// use minwon_core::Timestamp;
/// let instant: Timestamp = "2026-03-09T01:00:00Z".parse()?;
/// assert_eq!(instant.in_seoul().to_string(), "2026-03-09T10:00:00+09:00");
/// # Ok::<(), minwon_core::TimestampError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InSeoul(Timestamp);

/// Seoul's offset from UTC, which has no summer time. Unit: seconds.
const SEOUL_OFFSET: i32 = 9 * 60 * 60;

impl fmt::Display for InSeoul {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = FixedOffset::east_opt(SEOUL_OFFSET);
        let local = DateTime::from_timestamp_micros(self.0.0).zip(offset);
        match local.map(|(instant, offset)| instant.with_timezone(&offset)) {
            Some(local) if local.year() <= 9999 => {
                f.write_str(&local.to_rfc3339_opts(SecondsFormat::AutoSi, false))
            }
            _ => self.0.fmt(f),
        }
    }
}

impl Serialize for InSeoul {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Instants in answers, for `#[serde(serialize_with = …)]`.
pub mod in_seoul {
    use serde::{Serialize as _, Serializer};

    use super::Timestamp;

    /// An instant.
    ///
    /// # Errors
    /// The error of the serializer.
    pub fn instant<S: Serializer>(instant: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        instant.in_seoul().serialize(to)
    }

    /// An instant that there need not be.
    ///
    /// # Errors
    /// The error of the serializer.
    pub fn option<S: Serializer>(instant: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        instant.map(Timestamp::in_seoul).serialize(to)
    }
}

crate::stored_as_text!(Timestamp);

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let error = || TimestampError {
            text: text.chars().take(80).collect(),
        };
        let instant = DateTime::parse_from_rfc3339(text).map_err(|_| error())?;
        Self::from_unix_micros(instant.timestamp_micros()).map_err(|_| error())
    }
}

/// Where time comes from. Tests move it by hand.
#[auto_impl::auto_impl(Arc)]
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// A clock that can also be waited for.
#[auto_impl::auto_impl(Arc)]
pub trait Timer: Clock {
    /// Waits for `duration`. Dropping the future ends the wait and leaves nothing behind.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_offset_is_turned_into_utc() {
        let seoul: Timestamp = "2026-03-09T10:00:00+09:00".parse().unwrap();
        assert_eq!(seoul.to_string(), "2026-03-09T01:00:00Z");
    }

    #[test]
    fn in_seoul_the_same_instant_is_read_back() {
        for instant in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            let text = instant.in_seoul().to_string();
            assert_eq!(text.parse(), Ok(instant), "{text}");
        }
        let zero = Timestamp::UNIX_EPOCH.in_seoul().to_string();
        assert_eq!(zero, "1970-01-01T09:00:00+09:00");
    }

    #[test]
    fn what_rfc_3339_cannot_write_is_refused() {
        assert!(Timestamp::from_unix_micros(i64::MAX).is_err());
        assert!("2026-03-09".parse::<Timestamp>().is_err());
        let error = "yesterday".parse::<Timestamp>().unwrap_err().to_string();
        assert!(error.contains("2026-03-09T10:00:00+09:00"), "{error}");
    }

    proptest! {
        #[test]
        fn every_instant_reads_back(micros in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let instant = Timestamp::from_unix_micros(micros).unwrap();
            prop_assert_eq!(instant.to_string().parse::<Timestamp>().unwrap(), instant);
        }
    }
}
