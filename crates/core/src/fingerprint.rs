//! The body of a command, in eight bytes: so that an id that is used again for another command is
//! noticed.

use std::{
    fmt,
    io::{self, Write},
    num::ParseIntError,
    str::FromStr,
};

use serde::Serialize;
use serde_json::ser::Formatter;
use xxhash_rust::xxh3::Xxh3;

/// Distinguishes commands by what they say, whenever they say it: a field whose name ends in `_at`
/// does not count, as a sender that tries again may write a later time.
///
/// XXH3 of the command as JSON. Part of the stored format: an optional field that a command gets
/// later changes nothing where it is skipped while it is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CommandFingerprint(u64);

impl CommandFingerprint {
    /// The fingerprint of a command; none where it cannot be written as JSON.
    #[must_use]
    pub fn of(command: &impl Serialize) -> Option<Self> {
        let timeless = Timeless::default();
        let mut json = serde_json::Serializer::with_formatter(Hashed(Xxh3::new()), timeless);
        command.serialize(&mut json).ok()?;
        Some(Self(json.into_inner().0.digest()))
    }

    pub(crate) const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }

    pub(crate) const fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for CommandFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for CommandFingerprint {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

crate::stored_as_text!(CommandFingerprint);

struct Hashed(Xxh3);

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes JSON in which every time is an empty text.
#[derive(Default)]
struct Timeless {
    is_in_key: bool,
    is_time: bool,
}

impl Formatter for Timeless {
    fn begin_object_key<W: Write + ?Sized>(
        &mut self,
        to: &mut W,
        is_first: bool,
    ) -> io::Result<()> {
        self.is_in_key = true;
        if is_first { Ok(()) } else { to.write_all(b",") }
    }

    fn end_object_key<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_in_key = false;
        Ok(())
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, _: &mut W) -> io::Result<()> {
        self.is_time = false;
        Ok(())
    }

    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if self.is_in_key {
            self.is_time = fragment.ends_with("_at");
        } else if self.is_time {
            return Ok(());
        }
        to.write_all(fragment.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Said {
        Approve(Decision),
        Reject(Decision),
    }

    #[derive(Clone, Serialize)]
    struct Decision {
        officer: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<&'static str>,
        decided_at: &'static str,
        sealed: bool,
    }

    #[test]
    fn all_counts_that_a_command_says_but_the_time() {
        let decision = Decision {
            officer: "officer-3",
            note: None,
            decided_at: "2026-03-09T10:00:00Z",
            sealed: false,
        };
        let of = |command: &Said| CommandFingerprint::of(command).unwrap();
        let approved = of(&Said::Approve(decision.clone()));
        // Stored with the events: another number would make repeats look like other commands.
        assert_eq!(approved.to_string(), "7d6d818c93350ae4");
        let later = Decision {
            decided_at: "2026-03-09T10:00:07Z",
            ..decision
        };
        assert_eq!(of(&Said::Approve(later)), approved);
        assert_ne!(of(&Said::Reject(decision.clone())), approved);
        for other in [
            Decision {
                officer: "officer-4",
                ..decision.clone()
            },
            Decision {
                note: Some("looks_at"),
                ..decision.clone()
            },
            Decision {
                sealed: true,
                ..decision
            },
        ] {
            assert_ne!(of(&Said::Approve(other)), approved);
        }
        let text = approved.to_string();
        assert_eq!(text.parse(), Ok(approved));
        assert_eq!(
            CommandFingerprint::from_bytes(approved.to_bytes()),
            approved
        );
    }

    #[test]
    fn a_text_that_ends_as_a_time_is_named_counts() {
        let of = |text: &str| CommandFingerprint::of(&[("word", text)]).unwrap();
        assert_ne!(of("decided_at"), of("received_at"));
    }
}
