//! Why a petition does not take a command.

use minwon_core::Timestamp;

use super::state::ApplicationStatus;
use crate::{
    category::{Category, PetitionKind},
    channel::Channel,
    due::Due,
    text::ReceiptNumber,
};

/// Why a petition does not take a command. `command` is in the words of
/// [`ApplicationCommand::words`](super::ApplicationCommand::words).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplicationRejection {
    /// Nothing was submitted on this stream.
    #[error("cannot {command} a petition that was never submitted; check the petition id")]
    NotSubmitted {
        /// What was wanted.
        command: &'static str,
    },
    /// The stream has its petition.
    #[error("this petition was submitted already and is {status}; submit a new one under a new id")]
    AlreadySubmitted {
        /// Where it stands.
        status: ApplicationStatus,
    },
    /// The petition belongs on another category's stream.
    #[error("a petition of category {asked} cannot be submitted on a stream of category {own}")]
    ForeignCategory {
        /// The petition's.
        asked: Category,
        /// The stream's.
        own: Category,
    },
    /// A spoken petition of a kind that has to be written (A8).
    #[error(
        "a petition of kind {kind} must be written, and {channel} is not; only `other` may be spoken (A8)"
    )]
    MustBeWritten {
        /// Its kind.
        kind: PetitionKind,
        /// How it was filed.
        channel: Channel,
    },
    /// A list is longer than an event holds.
    #[error(
        "{count} {what} are more than the {count_max} an event holds; put the rest into an attachment"
    )]
    TooMany {
        /// What is listed.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// The limit.
        count_max: usize,
    },
    /// Another receipt is on record.
    #[error("this petition was received already, under number {receipt_number}")]
    AlreadyReceived {
        /// The number on record.
        receipt_number: ReceiptNumber,
    },
    /// The petition lies unreceived.
    #[error("cannot {command} a petition that was not received; receive it first")]
    NotReceived {
        /// What was wanted.
        command: &'static str,
    },
    /// Nobody has begun to examine it.
    #[error("cannot {command} a petition that is not in review; record progress first")]
    NotInReview {
        /// What was wanted.
        command: &'static str,
    },
    /// The kind ends in a decision, and there is none.
    #[error("cannot {command} a {kind} petition that is undecided; approve or reject it first")]
    Undecided {
        /// What was wanted.
        command: &'static str,
        /// Its kind.
        kind: PetitionKind,
    },
    /// The petitioner's supplement is awaited.
    #[error("cannot {command} a petition while a supplement is awaited (due {due})")]
    SupplementAwaited {
        /// What was wanted.
        command: &'static str,
        /// Until when the petitioner has time.
        due: Due,
    },
    /// Nobody asked for a supplement.
    #[error("no supplement to this petition is awaited; it is {status}")]
    NoSupplementAwaited {
        /// Where it stands.
        status: ApplicationStatus,
    },
    /// A request for a supplement that does not say what is missing.
    #[error("a request for a supplement must say what is missing")]
    NothingMissing,
    /// A request for a supplement that leaves no time.
    #[error(
        "the supplement would be due {due}, which leaves no time after the request at {requested_at}"
    )]
    SupplementDueTooEarly {
        /// The due.
        due: Due,
        /// When it was requested.
        requested_at: Timestamp,
    },
    /// A due that is not the petition's.
    #[error("the petition is due {present}, not {due}; look its due up again")]
    OtherDue {
        /// The due that was asked about.
        due: Due,
        /// The petition's present due.
        present: Due,
    },
    /// There is time left.
    #[error("at {at} what is due {due} is not overdue; wait until the due has passed")]
    NotOverdue {
        /// The due.
        due: Due,
        /// The instant that was asked about.
        at: Timestamp,
    },
    /// A notice of the progress out of turn.
    #[error("the progress notice to be sent next is number {next}, not {number}")]
    WrongNotice {
        /// The number that was given.
        number: u32,
        /// The number that comes next.
        next: u32,
    },
    /// A notice of the progress before its time (D23).
    #[error(
        "progress notice {number} is to be sent from {earliest} on, not at {notified_at} (D23)"
    )]
    NoticeTooEarly {
        /// The number of the notice.
        number: u32,
        /// When it was to be sent.
        notified_at: Timestamp,
        /// The first instant at which it is to be sent.
        earliest: Timestamp,
    },
    /// A refusal without reasons (A27③).
    #[error("a rejection must give at least one reason (A27)")]
    NoReasons,
    /// A refusal that does not say what can be done against it (A27③).
    #[error("a rejection must name at least one remedy (A27)")]
    NoRemedies,
    /// Somebody else's petition.
    #[error("only the petitioner may {command} this petition")]
    NotTheApplicant {
        /// What was wanted.
        command: &'static str,
    },
    /// The decision has been made.
    #[error("cannot {command} a petition that is {status}")]
    Decided {
        /// What was wanted.
        command: &'static str,
        /// The decision.
        status: ApplicationStatus,
    },
    /// Nothing happens to it any more.
    #[error("cannot {command} a petition that is {status}; its stream has ended")]
    Ended {
        /// What was wanted.
        command: &'static str,
        /// How it ended.
        status: ApplicationStatus,
    },
}
