//! The problems of a catalogue's file, and where they are.

use std::fmt;

use crate::{
    category::{PetitionKind, ServiceType},
    channel::Channel,
    issuance::COPIES_MAX,
    period::Period,
    text::FormatError,
};

/// Most problems that the message of an error lists.
const LISTED_MAX: usize = 20;

/// Why a file is no petition catalogue: everything that is wrong with it, in the order of the file.
///
/// Where the file is not even TOML, that alone is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PetitionCatalogueError {
    problems: Vec<CatalogueProblem>,
}

impl PetitionCatalogueError {
    pub(super) fn new(mut problems: Vec<CatalogueProblem>) -> Self {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        Self { problems }
    }

    /// Returns the problems; at least one.
    #[must_use]
    pub fn problems(&self) -> &[CatalogueProblem] {
        &self.problems
    }
}

impl fmt::Display for PetitionCatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        let plural = if count == 1 { "" } else { "s" };
        write!(f, "{count} problem{plural} in the petition catalogue")?;
        for problem in self.problems.iter().take(LISTED_MAX) {
            write!(f, "\n  {problem}")?;
        }
        if count > LISTED_MAX {
            write!(f, "\n  and {} more", count - LISTED_MAX)?;
        }
        Ok(())
    }
}

impl std::error::Error for PetitionCatalogueError {}

/// One thing that is wrong with the file of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatalogueProblem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1. Unit: characters.
    pub column: usize,
    /// The name of the petition type that it is about, as the file has it; none outside of any,
    /// and where it has no name.
    pub petition_type: Option<String>,
    /// The field, for example `period` or `fees.online`; empty where it is about no field.
    pub field: String,
    /// The fault.
    pub fault: CatalogueFault,
}

impl fmt::Display for CatalogueProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if let Some(name) = &self.petition_type {
            write!(f, ", {name:?}")?;
        }
        if !self.field.is_empty() {
            write!(f, ", field `{}`", self.field)?;
        }
        write!(f, ": {}", self.fault)
    }
}

/// The faults that a field of a catalogue can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueFault {
    /// The file is not TOML.
    #[error("this is no TOML: {0}")]
    Syntax(String),
    /// The file lists nothing.
    #[error("no petition type is listed; write `[[petition_type]]`, and its fields below")]
    Empty,
    /// A field that nobody reads, perhaps a slip of the pen.
    #[error("there is no such field here, only {known}")]
    UnknownField {
        /// The fields there are.
        known: String,
    },
    /// A field that has to be there is not.
    #[error("it is missing")]
    Missing,
    /// A value of another sort.
    #[error("it must be {expected}, and this is {found}")]
    WrongSort {
        /// The expected type of value.
        expected: &'static str,
        /// The type of value that is there.
        found: &'static str,
    },
    /// A text that is not what it should be.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Another petition type has that name.
    #[error("the petition type in line {first} has the same name; give each a name of its own")]
    DuplicateName {
        /// The line of the first.
        first: usize,
    },
    /// The same document stands twice among those of a petition type.
    #[error("this document is listed twice; keep one")]
    DuplicateDocument,
    /// A document is demanded that the office looks up by itself.
    #[error(
        "it is among the `shared_documents`, so it must not be demanded (A10); keep it in one list"
    )]
    DemandedThoughShared,
    /// A fee below nothing.
    #[error("a fee is never negative; write 0 where it is free")]
    NegativeFee,
    /// A number that is too large.
    #[error("it must be at most {max}")]
    TooLarge {
        /// The most it may be.
        max: u32,
    },
    /// No copies, or too many.
    #[error("it must be 1 to {COPIES_MAX} copies")]
    Copies,
    /// No channel is offered.
    #[error("nobody could file it; name a channel, as in `{{ online = 0 }}`")]
    NoChannel,
    /// A channel of speech for what has to be written.
    #[error("it cannot be filed by {channel}, since only the kind other may be spoken (A8)")]
    MustBeWritten {
        /// The channel.
        channel: Channel,
    },
    /// The field speaks of a document, and none follows.
    #[error("it is about a document, and no `document` is named; name it, or leave this out")]
    WithoutDocument,
    /// A document, for a kind that ends in an answer.
    #[error("no document follows from the kind {kind}, which ends in an answer; leave it out")]
    EndsInAnswer {
        /// The kind.
        kind: PetitionKind,
    },
    /// Only statutory petitions are served at once from a register.
    #[error("{service} is for the kind statutory, and this is {kind}")]
    ServiceOfOtherKind {
        /// How it should be served.
        service: ServiceType,
        /// Its kind.
        kind: PetitionKind,
    },
    /// A petition that is dealt with at once has another period.
    #[error("it must be immediate, since {because}")]
    NotImmediate {
        /// Why.
        because: &'static str,
    },
    /// The period is counted in a unit that the law does not use for its kind.
    #[error("for the kind {kind} it is counted in days or hours ({article})")]
    WrongUnit {
        /// The kind.
        kind: PetitionKind,
        /// The rule.
        article: &'static str,
    },
    /// The period is longer than the law allows for its kind.
    #[error("the kind {kind} has at most {longest} ({article})")]
    PeriodTooLong {
        /// The kind.
        kind: PetitionKind,
        /// The longest there is.
        longest: Period,
        /// The rule.
        article: &'static str,
    },
}
