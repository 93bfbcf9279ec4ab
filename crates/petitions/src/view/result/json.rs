//! Parts of answers that are serialised otherwise than they are stored: with Seoul's offset, and as
//! numbers and codes. `docs/schema/answers.json` is the schema.

use minwon_core::InSeoul;
use serde::{Serialize, Serializer};

use crate::{
    application::GrantedExtension,
    calendar::CalendarError,
    date::Date,
    due::Due,
    period::Period,
    statute::ExtensionGround,
    view::{Remaining, StopCause},
};

/// An instant, or a day.
#[derive(Serialize)]
#[serde(untagged)]
enum Until {
    At(InSeoul),
    On(Date),
}

impl From<Due> for Until {
    fn from(due: Due) -> Self {
        match due {
            Due::At(instant) => Self::At(instant.in_seoul()),
            Due::On(day) => Self::On(day),
        }
    }
}

pub(in crate::view) fn until<S: Serializer>(due: &Due, to: S) -> Result<S::Ok, S::Error> {
    Until::from(*due).serialize(to)
}

pub(super) fn until_option<S: Serializer>(due: &Option<Due>, to: S) -> Result<S::Ok, S::Error> {
    due.map(Until::from).serialize(to)
}

/// Working time, in seconds.
#[derive(Serialize)]
#[serde(tag = "clock", rename_all = "kebab-case")]
enum Left {
    Running {
        left_seconds: u64,
    },
    Standing {
        left_seconds: u64,
    },
    Overdue {
        by_seconds: u64,
    },
    /// No calendar covers it.
    Unknown,
}

pub(super) fn left<S: Serializer>(
    remaining: &Result<Option<Remaining>, CalendarError>,
    to: S,
) -> Result<S::Ok, S::Error> {
    let left = match remaining {
        Ok(None) => None,
        Ok(Some(Remaining::Running { left })) => Some(Left::Running {
            left_seconds: left.as_secs(),
        }),
        Ok(Some(Remaining::Standing { left, .. })) => Some(Left::Standing {
            left_seconds: left.as_secs(),
        }),
        Ok(Some(Remaining::Overdue { by })) => Some(Left::Overdue {
            by_seconds: by.as_secs(),
        }),
        Err(_) => Some(Left::Unknown),
    };
    left.serialize(to)
}

#[derive(Serialize)]
struct Extension {
    by: Period,
    until: Until,
    ground: ExtensionGround,
    extended_at: InSeoul,
}

pub(super) fn extensions<S: Serializer>(
    extensions: &[GrantedExtension],
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_seq(extensions.iter().map(|extension| Extension {
        by: extension.by,
        until: extension.until.into(),
        ground: extension.ground,
        extended_at: extension.extended_at.in_seoul(),
    }))
}

impl Serialize for StopCause {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}
