//! Why a petition does not take a command.

use minwon_core::{ActorId, Timestamp};

use super::state::ApplicationStatus;
use crate::{
    category::{Category, PetitionKind},
    channel::Channel,
    date::Date,
    due::Due,
    text::{Agency, ReceiptNumber},
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
    #[error(
        "cannot {command} a petition that is not in review; assign it, or record progress, first"
    )]
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
    /// A petition said to have been received in an outage, and received outside it (D6-2).
    #[error(
        "{received_at} is not within the outage from {began_at} to {ended_at}; only what was received on paper in an outage is registered afterwards (D6-2)"
    )]
    OutsideOutage {
        /// When it was received.
        received_at: Timestamp,
        /// The first instant of the outage.
        began_at: Timestamp,
        /// The last instant of the outage.
        ended_at: Timestamp,
    },
    /// A petition that is registered as taken on paper while the system is still out of order.
    #[error(
        "{registered_at} is not after the end of the outage at {ended_at}; register once the system works again (D6-2)"
    )]
    OutageNotOver {
        /// When it was to be registered.
        registered_at: Timestamp,
        /// The last instant of the outage.
        ended_at: Timestamp,
    },
    /// The petition stands where this is not done.
    #[error("cannot {command} a petition that is {status}; only one that is {takes}")]
    OutOfTurn {
        /// What was wanted.
        command: &'static str,
        /// Where it stands.
        status: ApplicationStatus,
        /// Where it would have to stand.
        takes: &'static str,
    },
    /// The petitioner did not agree.
    #[error("cannot {command} this petition without the petitioner's consent ({article})")]
    NoConsent {
        /// What was wanted.
        command: &'static str,
        /// The rule that asks for consent.
        article: &'static str,
    },
    /// A correction that does not say what is corrected.
    #[error("a correction must say what is corrected, and into what")]
    NothingToCorrect,
    /// A transfer to the agency that has the petition.
    #[error("{agency} has this petition already; name the agency that is competent")]
    SameAgency {
        /// The agency.
        agency: Agency,
    },
    /// Another officer is in charge.
    #[error("{officer} is in charge of this petition; reassign it")]
    AlreadyAssigned {
        /// The officer in charge.
        officer: ActorId,
    },
    /// Nobody is in charge.
    #[error("nobody is in charge of this petition yet; assign it")]
    NotAssigned,
    /// A consultation that leaves no time.
    #[error(
        "the answer would be due {due}, which leaves no time after the question at {requested_at}"
    )]
    AnswerDueTooEarly {
        /// Until when the answer is wanted.
        due: Due,
        /// When it was asked for.
        requested_at: Timestamp,
    },
    /// A consultation that would take longer than the petition may (A20).
    #[error(
        "the answer would be due {answer_due}, and the petition is due {due}; ask for an answer inside its period (A20)"
    )]
    AnswerAfterDue {
        /// Until when the answer is wanted.
        answer_due: Due,
        /// Until when the petition has to be completed.
        due: Due,
    },
    /// The last question to the agency has no answer yet.
    #[error("{agency} was asked until {answer_due} and has not answered yet; wait for the answer")]
    AlreadyConsulted {
        /// The agency.
        agency: Agency,
        /// Until when its answer is wanted.
        answer_due: Due,
    },
    /// An answer that nobody waits for.
    #[error("{agency} was not asked about this petition; record its words as progress")]
    NotConsulted {
        /// The agency.
        agency: Agency,
    },
    /// The last question to the agency has another answer.
    #[error("{agency} has answered already; ask again if that was not enough")]
    AlreadyReplied {
        /// The agency.
        agency: Agency,
    },
    /// More agencies than a petition keeps.
    #[error("{count_max} agencies have been consulted, and no more can be about one petition")]
    TooManyConsulted {
        /// The limit.
        count_max: usize,
    },
    /// Too few to be handled as one (D6⑦).
    #[error(
        "{petitioners} petitioners with the same purpose are not merged; it takes {petitioners_min} (D6⑦)"
    )]
    TooFewPetitioners {
        /// How many there are.
        petitioners: u32,
        /// How many it takes.
        petitioners_min: u32,
    },
    /// A statutory petition is handled, whatever it says (A21, A23).
    #[error("cannot {command} a statutory petition; examine and decide it ({article})")]
    Statutory {
        /// What was wanted.
        command: &'static str,
        /// The rule that exempts statutory petitions.
        article: &'static str,
    },
    /// Not repeated often enough (A23).
    #[error(
        "the petition comes for time number {times}; from number {times_min} on it may be closed as repeated (A23)"
    )]
    TooFewTimes {
        /// The how-manieth petition of the same content it is.
        times: u32,
        /// From which on it may be closed.
        times_min: u32,
    },
    /// Not answered often enough (A23).
    #[error(
        "{notified} results were notified; a repeated petition is closed after {notified_min} (A23)"
    )]
    TooFewResults {
        /// How many results were notified.
        notified: u32,
        /// After how many it may be closed.
        notified_min: u32,
    },
    /// The concern of many, and no committee has dealt with it (D26).
    #[error(
        "a repeated petition of many persons is closed after the mediation committee dealt with it; name its file (D26)"
    )]
    NoCommittee,
    /// The document need not be collected.
    #[error("an electronic document is not collected; complete the petition instead (D25④)")]
    NotOnPaper,
    /// The document may still be collected (D25④).
    #[error(
        "the document is kept to be collected until the end of {until}; on {on} it is too early (D25④)"
    )]
    StillKept {
        /// The last day on which it is kept.
        until: Date,
        /// The day that was asked about.
        on: Date,
    },
    /// The document that an approval leads to is not out.
    #[error("cannot {command} a petition whose document is not out; issue the document first")]
    DocumentUnderWay {
        /// What was wanted.
        command: &'static str,
    },
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
