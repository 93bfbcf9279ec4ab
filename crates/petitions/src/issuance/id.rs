//! Which attempt to issue a document for which petition.

use std::{fmt, num::NonZeroU32, str::FromStr};

use crate::PetitionId;

use crate::text::{FormatError, stored_as_text};

/// One attempt to issue a document for a petition; written `2026-000123.1`.
///
/// Everybody who wants the first document of a petition arrives at the same id, so it is issued
/// once. After a failure the next attempt has a stream of its own.
///
/// ```
/// use minwon_petitions::IssuanceId;
/// # use minwon_petitions::PetitionId;
/// let first = IssuanceId::first(&PetitionId::new("2026-000123")?);
/// assert_eq!(first.to_string(), "2026-000123.1");
/// assert_eq!("2026-000123.2".parse(), Ok(first.next()));
/// # Ok::<(), minwon_core::NameError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IssuanceId {
    petition: PetitionId,
    attempt: NonZeroU32,
}

impl IssuanceId {
    /// The first attempt.
    #[must_use]
    pub fn first(petition: &PetitionId) -> Self {
        Self {
            petition: petition.clone(),
            attempt: NonZeroU32::MIN,
        }
    }

    /// The attempt after this one. After attempt 4,294,967,295 it is the same again, and then its
    /// stream is taken.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            petition: self.petition.clone(),
            attempt: self.attempt.saturating_add(1),
        }
    }

    /// The attempt with this number, from 1; none for 0.
    #[must_use]
    pub fn of_attempt(petition: &PetitionId, attempt: u32) -> Option<Self> {
        Some(Self {
            petition: petition.clone(),
            attempt: NonZeroU32::new(attempt)?,
        })
    }

    /// The petition.
    #[must_use]
    pub const fn petition(&self) -> &PetitionId {
        &self.petition
    }

    /// The number of the attempt that this text is the id of, without reading the petition's id.
    pub(crate) fn attempt_in(text: &str) -> Option<u32> {
        split(text).map(|(_, attempt)| attempt.get())
    }

    /// The petition's id in the text of an attempt's.
    pub(crate) fn petition_in(text: &str) -> Option<&str> {
        let (petition, _) = split(text)?;
        (!petition.is_empty()).then_some(petition)
    }

    /// The number of the attempt, from 1.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        self.attempt.get()
    }
}

/// The number stands behind the last dot; petition ids may have dots of their own. Each id has one
/// text, so signs and leading zeros are refused.
fn split(text: &str) -> Option<(&str, NonZeroU32)> {
    let (petition, attempt) = text.rsplit_once('.')?;
    let starts_well = attempt.starts_with(|c: char| c.is_ascii_digit() && c != '0');
    let attempt = attempt.parse().ok().filter(|_| starts_well)?;
    Some((petition, attempt))
}

impl fmt::Display for IssuanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.petition, self.attempt)
    }
}

impl FromStr for IssuanceId {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let shape = || {
            let rule = "it must be a petition id, a dot and a number from 1, as in 2026-000123.1";
            FormatError::new("issuance id", rule)
        };
        let (petition, attempt) = split(text).ok_or_else(shape)?;
        Ok(Self {
            petition: PetitionId::new(petition).map_err(|_| shape())?,
            attempt,
        })
    }
}

stored_as_text!(IssuanceId);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_id_has_one_text() {
        for bad in [
            "",
            "p",
            "p.",
            ".1",
            "p.0",
            "p.01",
            "p.+1",
            "p.-1",
            "p.4294967296",
            "p 1.1",
            "p.1.x",
        ] {
            assert!(bad.parse::<IssuanceId>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn attempts_are_counted_from_one() {
        let petition = PetitionId::new("p").unwrap();
        let first = IssuanceId::first(&petition);
        assert_eq!(IssuanceId::of_attempt(&petition, 0), None);
        assert_eq!(IssuanceId::of_attempt(&petition, 2), Some(first.next()));
    }

    #[test]
    fn a_petition_id_may_end_like_an_attempt() {
        let id: IssuanceId = "p.1.2".parse().unwrap();
        assert_eq!((id.petition().as_str(), id.attempt()), ("p.1", 2));
    }

    proptest! {
        #[test]
        fn every_id_reads_back(petition in "[^\\s\\p{C}]{1,30}", attempt in 1_u32..) {
            let text = format!("{petition}.{attempt}");
            let id: IssuanceId = text.parse().unwrap();
            prop_assert_eq!(id.to_string(), text);
            prop_assert_eq!(id.petition().as_str(), petition);
        }

        #[test]
        fn no_text_makes_parsing_panic(text in ".*|[a-z.0-9]*") {
            let _ = text.parse::<IssuanceId>();
        }
    }
}
