//! Ids of sixteen bytes, random at the edge and derived everywhere else.

use std::{fmt, str::FromStr};

use sha1::{Digest as _, Sha1};
use uuid::{Builder, Uuid};

use crate::text::NameError;

macro_rules! id_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// The id with these bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Uuid::from_bytes(self.0).fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        $crate::stored_as_text!($name);

        impl FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                let uuid = Uuid::try_parse(text).map_err(|_| {
                    NameError::new("UUID", text, "write one as 8-4-4-4-12 hexadecimal digits")
                })?;
                Ok(Self(uuid.into_bytes()))
            }
        }
    };
}

id_newtype! {
    /// The identity of one command. The sender chooses it once and repeats it with every retry.
    CommandId
}
id_newtype! {
    /// The identity of one event, derived from its command.
    EventId
}
id_newtype! {
    /// Ties together all events of one request.
    CorrelationId
}
id_newtype! {
    /// The command or event that caused this one.
    CausationId
}

impl CommandId {
    /// An id that no other command has. Whoever may have to send a command again keeps its id.
    ///
    /// # Panics
    /// Where the operating system gives no random bytes.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().into_bytes())
    }

    /// Returns whether it is the nil UUID, which no command may have.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0 == [0; 16]
    }

    /// A command id that `name` always gives within `scope`: for reactors, imports and tests.
    #[must_use]
    pub fn derive(scope: &[u8; 16], name: impl AsRef<[u8]>) -> Self {
        Self(derived(scope, name.as_ref()))
    }

    /// The id of the event with this index among the events of this command.
    ///
    /// A retried command derives the ids of the first try, which is how it is recognised.
    #[must_use]
    pub fn event_id(&self, index: u32) -> EventId {
        EventId(derived(&self.0, &index.to_be_bytes()))
    }

    /// Four bytes by which [`transact`](crate::transact) guesses that a command may be a repeat.
    pub(crate) fn fingerprint(&self) -> u32 {
        // All words count: time-ordered ids share their first ones.
        let word = |at: usize| {
            u32::from_be_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
        };
        word(0) ^ word(4).rotate_left(8) ^ word(8).rotate_left(16) ^ word(12).rotate_left(24)
    }
}

/// The UUID of version 5 of `name` within `scope` (RFC 9562, 5.5).
fn derived(scope: &[u8; 16], name: &[u8]) -> [u8; 16] {
    let hash = Sha1::new_with_prefix(scope).chain_update(name).finalize();
    let first = *hash.first_chunk().expect("a hash has twenty bytes");
    Builder::from_sha1_bytes(first).into_uuid().into_bytes()
}

impl From<CommandId> for CorrelationId {
    fn from(id: CommandId) -> Self {
        Self(id.0)
    }
}

impl From<CommandId> for CausationId {
    fn from(id: CommandId) -> Self {
        Self(id.0)
    }
}

impl From<EventId> for CausationId {
    fn from(id: EventId) -> Self {
        Self(id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_ids_are_frozen() {
        // Stored in every log: changing the derivation makes old commands unrecognisable.
        let command: CommandId = "6ba7b810-9dad-11d1-80b4-00c04fd430c8".parse().unwrap();
        assert_eq!(
            command.event_id(0).to_string(),
            "9ff2c80d-0d05-5aee-936e-99c96c83ad21"
        );
        assert_ne!(command.event_id(0), command.event_id(1));
    }

    /// The example of RFC 9562, appendix A.4: others can derive the same ids.
    #[test]
    fn a_derived_id_is_a_uuid_of_version_5() {
        let dns: CommandId = "6ba7b810-9dad-11d1-80b4-00c04fd430c8".parse().unwrap();
        assert_eq!(
            CommandId::derive(dns.as_bytes(), "www.example.com").to_string(),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2"
        );
    }

    #[test]
    fn a_bad_id_says_what_it_should_look_like() {
        let error = "petition-1".parse::<CommandId>().unwrap_err().to_string();
        assert!(error.contains("8-4-4-4-12"), "{error}");
    }
}
