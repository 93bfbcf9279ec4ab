//! The messages on the socket, as JSON. Fields are only added: an older side leaves out what it
//! does not know, and a request that it cannot read is refused and not guessed at.

use minwon_core::{
    ActorId, CommandId, ConsumerName, EventRef, Failure, NamespaceName, Timestamp, foreign_text,
};
use minwon_projections::{EventAt, Letter, RetryOutcome, RetryReport, RetryResult, Selection};
use serde::{Deserialize, Serialize};

/// The version of requests that this program writes and reads.
pub const REQUEST_VERSION: u32 = 1;

/// Longest request. Unit: bytes, the end of the line not counted.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// Something that an operator asks of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// [`REQUEST_VERSION`].
    pub version: u32,
    /// Made up once by whoever asks, and repeated with each repeat.
    pub id: CommandId,
    /// Of which namespace.
    pub namespace: NamespaceName,
    /// Who asks, as an opaque id: it stands in every decision.
    pub by: ActorId,
    /// The question.
    #[serde(flatten)]
    pub asked: Asked,
}

/// The question of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Asked {
    /// To have letters tried again: the first alone, and the others if that went well.
    Retry {
        /// Which are meant; at most [`LETTERS_MAX`](super::LETTERS_MAX) of them are tried.
        letters: Selection,
        /// How long to wait for the consumers, portion by portion. Unit: seconds, at most 600.
        wait_seconds: u32,
    },
    /// To go on without an event, permanently.
    Skip {
        /// Which letter.
        #[serde(flatten)]
        letter: OneLetter,
        /// Why.
        reason: String,
    },
    /// To have the consumer make up for an event, and go on without it.
    Compensate {
        /// Which letter.
        #[serde(flatten)]
        letter: OneLetter,
        /// Why.
        reason: String,
    },
}

/// One letter: an event and who could not handle it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneLetter {
    /// Who.
    pub consumer: ConsumerName,
    /// Which event.
    pub event: EventAt,
}

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The version of requests that whoever answers reads.
    pub version: u32,
    /// The id of the request; none where it could not be read.
    pub id: Option<CommandId>,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was carried out.
    Answer(Answer),
    /// It was not.
    Refused(Refusal),
}

/// The answer to a request that succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Answer {
    /// The outcome of a retry.
    Retried(Retried),
    /// A decision is in the log.
    Decided(Decided),
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterLine {
    /// Who could not handle the event.
    pub consumer: ConsumerName,
    /// The blocked key.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// The last failure.
    pub failure: Failure,
    /// How often it was tried, all tries counted.
    pub attempts: u32,
    /// Since when.
    pub since: Timestamp,
    /// Whether somebody wants it to be tried again, and that has not happened yet.
    pub retry_requested: bool,
    /// How many later events wait behind it.
    pub waiting: u64,
}

/// The outcome of a retry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Retried {
    /// The outcome of each letter that was asked for.
    pub results: Vec<RetriedLine>,
    /// The letters that were not asked for, since one before them failed again or nobody answered.
    pub not_requested: Vec<LetterLine>,
    /// How many letters of the selection were left for another request.
    pub left: u64,
}

/// The outcome of one letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetriedLine {
    /// The letter as it was before.
    pub letter: LetterLine,
    /// The outcome.
    pub outcome: RetriedTo,
}

/// The outcome of a letter that was to be tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RetriedTo {
    /// It has been handled.
    Released,
    /// It failed again.
    FailedAgain(Failure),
    /// Somebody decided meanwhile to go on without it.
    GivenUp,
    /// The consumer did not answer in time; the request stays.
    NoAnswer,
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Who goes on.
    pub consumer: ConsumerName,
    /// Without which event.
    pub event: EventRef,
    /// Whether it had been decided before, by the same operator and with the same reason.
    pub repeated: bool,
}

/// Why something was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Which sort of reason.
    pub kind: RefusalKind,
    /// For people: what is wrong and what to do.
    pub message: String,
    /// The causes of the failure, the nearest first.
    #[serde(default)]
    pub causes: Vec<String>,
}

/// Which sort of reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RefusalKind {
    /// It is no request that could be read.
    BadRequest,
    /// It has a version that is not understood.
    OtherVersion,
    /// Another service answers for that namespace.
    OtherNamespace,
    /// Its id was used for another request.
    IdReused,
    /// The event is no letter of that consumer.
    NotALetter,
    /// Somebody else gave the event up, or for another reason.
    AlreadyGivenUp,
    /// A reason is missing or too long.
    BadReason,
    /// Too many ask at once.
    Busy,
    /// The service is stopping.
    Stopping,
    /// The dead letters could not be read or written; part of it may have been decided.
    Failed,
    /// A value that only a newer service knows.
    #[serde(other)]
    Other,
}

impl From<&Letter> for LetterLine {
    fn from(letter: &Letter) -> Self {
        Self {
            consumer: letter.consumer.clone(),
            key: letter.key.clone(),
            event: letter.event.clone(),
            failure: letter.failure.clone(),
            attempts: letter.attempts,
            since: letter.since,
            retry_requested: letter.retry_requested,
            waiting: letter.parked.len() as u64,
        }
    }
}

impl From<&RetryResult> for RetriedLine {
    fn from(result: &RetryResult) -> Self {
        Self {
            letter: (&result.letter).into(),
            outcome: match &result.outcome {
                RetryOutcome::Released => RetriedTo::Released,
                RetryOutcome::FailedAgain { failure, .. } => {
                    RetriedTo::FailedAgain(failure.clone())
                }
                RetryOutcome::GivenUp => RetriedTo::GivenUp,
                RetryOutcome::NoAnswer => RetriedTo::NoAnswer,
            },
        }
    }
}

impl From<&RetryReport> for Retried {
    fn from(report: &RetryReport) -> Self {
        Self {
            results: report.results.iter().map(Into::into).collect(),
            not_requested: report.not_requested.iter().map(Into::into).collect(),
            left: 0,
        }
    }
}

impl Retried {
    /// Returns whether all letters of the selection are gone.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.left == 0 && self.not_requested.is_empty() && self.are_gone()
    }

    /// Returns whether all letters that were asked for are gone.
    #[must_use]
    pub fn are_gone(&self) -> bool {
        let is_gone =
            |it: &RetriedLine| matches!(it.outcome, RetriedTo::Released | RetriedTo::GivenUp);
        self.results.iter().all(is_gone)
    }
}

impl From<&Letter> for Decided {
    fn from(letter: &Letter) -> Self {
        Self {
            consumer: letter.consumer.clone(),
            event: letter.event.clone(),
            repeated: false,
        }
    }
}

/// The readable part of a request that cannot be read whole.
#[derive(Debug, Default, Deserialize)]
struct Head {
    #[serde(default)]
    version: Option<u32>,
    #[serde(default)]
    id: Option<CommandId>,
}

impl Request {
    /// Reads a request; returns the answer to send where the line is no request.
    pub(super) fn parse(line: &[u8]) -> Result<Self, Box<Reply>> {
        let head: Head = serde_json::from_slice(line).unwrap_or_default();
        let refuse = |kind, message: String| {
            let refusal = Refusal::of_text(kind, message);
            Box::new(Reply::new(head.id, Err(refusal)))
        };
        if let Some(version) = head.version
            && version != REQUEST_VERSION
        {
            let message = format!(
                "requests of version {version} are not understood, those of version \
                 {REQUEST_VERSION} are; use a program as old or new as the service"
            );
            return Err(refuse(RefusalKind::OtherVersion, message));
        }
        serde_json::from_slice(line).map_err(|error| {
            let message: String = foreign_text::causes(&error).collect();
            refuse(
                RefusalKind::BadRequest,
                format!("this is no request: {message}"),
            )
        })
    }
}

impl Reply {
    pub(super) fn new(id: Option<CommandId>, answer: Result<Answer, Refusal>) -> Self {
        Self {
            version: REQUEST_VERSION,
            id,
            outcome: match answer {
                Ok(answer) => Outcome::Answer(answer),
                Err(refusal) => Outcome::Refused(refusal),
            },
        }
    }

    /// The line to be sent, without its end.
    pub(super) fn line(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts and numbers can be written")
    }
}

impl Refusal {
    pub(super) fn new(kind: RefusalKind, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = foreign_text::causes(error);
        Self {
            kind,
            message: causes.next().unwrap_or_default(),
            causes: causes.collect(),
        }
    }

    pub(super) fn of_text(kind: RefusalKind, message: impl Into<String>) -> Self {
        let (message, causes) = (message.into(), Vec::new());
        Self {
            kind,
            message,
            causes,
        }
    }
}
