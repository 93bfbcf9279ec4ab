//! Processing periods as the Handling Standards Table publishes them.

use std::{fmt, num::NonZeroU16, str::FromStr};

use crate::text::{FormatError, stored_as_text};

/// How long an agency may take (처리기간); how it is counted follows from the unit (A19).
///
/// Stored as readable text:
///
/// ```
/// use minwon_petitions::Period;
/// for text in ["immediate", "8 hours", "7 days", "2 weeks", "1 month", "1 year"] {
///     assert_eq!(text.parse::<Period>()?.to_string(), text);
/// }
/// # Ok::<(), minwon_petitions::FormatError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// Within 3 working hours (A19①).
    Immediate,
    /// So many of a unit.
    Of {
        /// How many.
        count: NonZeroU16,
        /// Of what.
        unit: PeriodUnit,
    },
}

/// The unit of a [`Period`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PeriodUnit {
    /// Hours within office hours.
    WorkingHours,
    /// Days; up to five count as 8 working hours each.
    Days,
    /// Calendar weeks.
    Weeks,
    /// Calendar months.
    Months,
    /// Calendar years.
    Years,
}

impl Period {
    /// A period of `count` units.
    ///
    /// # Errors
    /// [`FormatError`] where `count` is 0.
    pub fn new(count: u16, unit: PeriodUnit) -> Result<Self, FormatError> {
        let count = NonZeroU16::new(count)
            .ok_or_else(|| FormatError::new(WHAT, "it must be at least one of its unit"))?;
        Ok(Self::Of { count, unit })
    }
}

const WHAT: &str = "period";

impl PeriodUnit {
    const fn singular(self) -> &'static str {
        match self {
            Self::WorkingHours => "hour",
            Self::Days => "day",
            Self::Weeks => "week",
            Self::Months => "month",
            Self::Years => "year",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('s').unwrap_or(text) {
            "hour" => Some(Self::WorkingHours),
            "day" => Some(Self::Days),
            "week" => Some(Self::Weeks),
            "month" => Some(Self::Months),
            "year" => Some(Self::Years),
            _ => None,
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Immediate => f.write_str("immediate"),
            Self::Of { count, unit } => {
                let plural = if count.get() == 1 { "" } else { "s" };
                write!(f, "{count} {}{plural}", unit.singular())
            }
        }
    }
}

impl FromStr for Period {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        if text == "immediate" {
            return Ok(Self::Immediate);
        }
        let shape = || {
            let rule = "it must be `immediate` or a number and a unit, as in `7 days` or `8 hours`";
            FormatError::new(WHAT, rule)
        };
        let (count, unit) = text.split_once(' ').ok_or_else(shape)?;
        if !count.bytes().all(|b| b.is_ascii_digit()) {
            return Err(shape());
        }
        let unit = PeriodUnit::parse(unit).ok_or_else(shape)?;
        Self::new(count.parse().map_err(|_| shape())?, unit)
    }
}

stored_as_text!(Period);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_period_is_refused() {
        for bad in [
            "",
            "7",
            "days",
            "0 days",
            "-1 days",
            "+7 days",
            "7  days",
            "7 dayss",
            "65536 days",
            "Immediate",
            "1 fortnight",
        ] {
            assert!(bad.parse::<Period>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_plural_is_not_held_against_anyone() {
        assert_eq!("1 days".parse::<Period>(), "1 day".parse());
        assert_eq!("7 day".parse::<Period>().unwrap().to_string(), "7 days");
    }

    fn units() -> impl Strategy<Value = PeriodUnit> {
        use PeriodUnit::{Days, Months, Weeks, WorkingHours, Years};
        prop::sample::select(vec![WorkingHours, Days, Weeks, Months, Years])
    }

    proptest! {
        #[test]
        fn every_period_reads_back(count in 1_u16.., unit in units()) {
            let period = Period::new(count, unit).unwrap();
            prop_assert_eq!(period.to_string().parse(), Ok(period));
        }

        #[test]
        fn no_text_makes_parsing_panic(text: String) {
            let _ = text.parse::<Period>();
        }
    }
}
