//! Times as views keep them: numbers, which cost a tenth of what text does.

use std::fmt;

use minwon_core::Timestamp;
use serde::{Deserialize, Deserializer, Serializer, de};

use crate::due::Due;

/// Microseconds since the Unix epoch.
pub(crate) fn serialize<S: Serializer>(instant: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_i64(instant.unix_micros())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
    Timestamp::from_unix_micros(i64::deserialize(from)?).map_err(de::Error::custom)
}

/// An instant that there need not be.
pub(crate) mod option {
    use super::{Deserializer, Serializer, Timestamp, serialize as serialize_instant};

    pub(crate) fn serialize<S: Serializer>(
        instant: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match instant {
            Some(instant) => serialize_instant(instant, to),
            None => to.serialize_none(),
        }
    }

    /// Without a time the field is left out.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        super::deserialize(from).map(Some)
    }
}

/// A due: an instant as a number, a day as its text.
pub(crate) mod due {
    use super::{Deserializer, Due, DueVisitor, Serializer, serialize as serialize_instant};

    pub(crate) fn serialize<S: Serializer>(due: &Due, to: S) -> Result<S::Ok, S::Error> {
        match due {
            Due::At(instant) => serialize_instant(instant, to),
            Due::On(day) => to.collect_str(day),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Due, D::Error> {
        from.deserialize_any(DueVisitor)
    }
}

/// A due that there need not be.
pub(crate) mod due_option {
    use super::{Deserializer, Due, Serializer, due};

    pub(crate) fn serialize<S: Serializer>(of: &Option<Due>, to: S) -> Result<S::Ok, S::Error> {
        match of {
            Some(of) => due::serialize(of, to),
            None => to.serialize_none(),
        }
    }

    /// Without a time the field is left out.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Due>, D::Error> {
        due::deserialize(from).map(Some)
    }
}

struct DueVisitor;

impl de::Visitor<'_> for DueVisitor {
    type Value = Due;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("microseconds, or a day as YYYY-MM-DD")
    }

    fn visit_i64<E: de::Error>(self, micros: i64) -> Result<Due, E> {
        Timestamp::from_unix_micros(micros)
            .map(Due::At)
            .map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, micros: u64) -> Result<Due, E> {
        self.visit_i64(i64::try_from(micros).map_err(E::custom)?)
    }

    fn visit_str<E: de::Error>(self, day: &str) -> Result<Due, E> {
        day.parse().map(Due::On).map_err(E::custom)
    }
}
