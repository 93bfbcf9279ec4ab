//! The table from errors to what they mean for the part that meets them.

use std::error::Error;

use minwon_core::{AppendError, StoreError, StoreErrorKind};

use crate::{DeadLetterError, QueryError};

/// The meaning of an error for the part that met it: whether it goes on by itself, and who has to
/// act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorClass {
    /// Something is away and will come back: the part waits for it.
    Passing,
    /// Others were faster, again and again: the part gives way and tries again.
    Contended,
    /// It concerns one key: the key is held back, and the part goes on.
    Key,
    /// A newer program wrote it: the part waits until this one is updated.
    Newer,
    /// Settings or rights are not as they have to be: somebody has to change them.
    Misconfigured,
    /// A store is damaged: somebody has to see to it.
    Damaged,
    /// This program has a defect.
    Bug,
}

impl ErrorClass {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passing => "passing",
            Self::Contended => "contended",
            Self::Key => "key",
            Self::Newer => "newer",
            Self::Misconfigured => "misconfigured",
            Self::Damaged => "damaged",
            Self::Bug => "bug",
        }
    }

    /// The advice to an operator about a part that meets it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Passing => {
                "it goes on by itself; if it lasts, see whether what it names can be reached"
            }
            Self::Contended => {
                "it goes on by itself; if it lasts, see who else writes to the same place"
            }
            Self::Key => "see the dead letters of the namespace",
            Self::Newer => "update this program; the part goes on where it was",
            Self::Misconfigured => {
                "change the settings that the cause names, then start the service again"
            }
            Self::Damaged => {
                "copy the store as it is, see what the cause names, then start the service again"
            }
            Self::Bug => "start the service again, and report the cause",
        }
    }
}

/// An error that has a place in the table.
pub trait Classified: Error {
    /// Its class.
    fn class(&self) -> ErrorClass;
}

impl Classified for StoreError {
    fn class(&self) -> ErrorClass {
        match self.kind() {
            StoreErrorKind::Misconfigured | StoreErrorKind::NotFound => ErrorClass::Misconfigured,
            StoreErrorKind::Corrupt => ErrorClass::Damaged,
            // Of one stream.
            StoreErrorKind::Truncated => ErrorClass::Key,
            StoreErrorKind::NewerVersion => ErrorClass::Newer,
            // Nobody opens it again while this process runs.
            StoreErrorKind::Closed => ErrorClass::Bug,
            // Another writer goes, room is made, and a replica becomes a primary.
            _ => ErrorClass::Passing,
        }
    }
}

impl Classified for AppendError {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Conflict { .. } => ErrorClass::Contended,
            Self::OutcomeUnknown { source, .. } | Self::Store { source, .. } => source.class(),
            // Whoever appends has to know what a store takes.
            _ => ErrorClass::Bug,
        }
    }
}

impl Classified for DeadLetterError {
    fn class(&self) -> ErrorClass {
        match self {
            Self::Store(source) => source.class(),
            Self::Contended { .. } => ErrorClass::Contended,
            Self::Unreadable { .. } => ErrorClass::Newer,
            Self::Append(source) => source.class(),
        }
    }
}

impl Classified for QueryError {
    fn class(&self) -> ErrorClass {
        match self {
            // A damaged read model is rebuilt by its projector.
            Self::Rebuilding { .. } | Self::NotYet { .. } | Self::Damaged { .. } => {
                ErrorClass::Passing
            }
            // Another version was promoted; it may be rolled back.
            Self::OtherFold { .. } => ErrorClass::Newer,
            Self::Ambiguous { .. } => ErrorClass::Key,
            Self::ForeignToken { .. } => ErrorClass::Bug,
            Self::Store(source) => source.class(),
        }
    }
}
