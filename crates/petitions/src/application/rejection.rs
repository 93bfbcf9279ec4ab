//! Why a petition does not take a command.

use minwon_core::{ActorId, Timestamp};

use super::ApplicationStatus;
use crate::{
    calendar::CalendarError,
    category::{Category, PetitionKind},
    channel::Channel,
    due::Due,
    message::messages,
    statute::{ExtensionError, FixedPeriodError, SuspensionGround},
    text::{Agency, ReceiptNumber},
    time_order::BeforeCause,
};

messages! {
    /// Why a petition does not take a command. `command` is in the words of
    /// [`ApplicationCommand::words`](super::ApplicationCommand::words).
    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ApplicationRejection {
        /// Nothing was submitted on this stream.
        #[error("cannot {command} a petition that was never submitted; check the petition id")]
        NotSubmitted {
            /// The command that was given.
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
            /// The kind of items in the list.
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
            /// The command that was given.
            command: &'static str,
        },
        /// Nobody has begun to examine it.
        #[error(
            "cannot {command} a petition that is not in review; assign it, or record progress, first"
        )]
        NotInReview {
            /// The command that was given.
            command: &'static str,
        },
        /// The kind ends in a decision, and none was made.
        #[error("cannot {command} a {kind} petition that is undecided; approve or reject it first")]
        Undecided {
            /// The command that was given.
            command: &'static str,
            /// Its kind.
            kind: PetitionKind,
        },
        /// The petitioner's supplement is awaited.
        #[error("cannot {command} a petition while a supplement is awaited (due {due})")]
        SupplementAwaited {
            /// The command that was given.
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
        /// Items missing at receipt were asked for too late (R9).
        #[error(
            "what was seen to be missing on receipt had to be asked for until {due}, not at {at}; say \
             when the lack was seen only later (R9)"
        )]
        SupplementRequestedLate {
            /// Until when it had to be asked for.
            due: Due,
            /// When it was asked for.
            at: Timestamp,
        },
        /// Less than the office's least period for a supplement (A22①).
        #[error(
            "due {due}, a supplement requested at {requested_at} leaves less than {days_min} working days, \
             which is no reasonable period here (A22①)"
        )]
        SupplementPeriodTooShort {
            /// Until when it had to be supplied.
            due: Due,
            /// When it was asked for.
            requested_at: Timestamp,
            /// The office's least period. Unit: working days.
            days_min: u32,
        },
        /// The petitioner got more time twice (D24②).
        #[error("the period of the supplement was extended twice already; there is no third (D24)")]
        SupplementExtendedTwice,
        /// The petitioner was asked once more already (D24③).
        #[error(
            "the supplement was requested again already; return the petition when it is overdue (D24, D25)"
        )]
        SupplementRerequested,
        /// A failed delivery out of turn.
        #[error("the attempt to be noted next is number {next}, not {number}")]
        WrongAttempt {
            /// The number that was given.
            number: u32,
            /// The number that comes next.
            next: u32,
        },
        /// The petitioner may still be reached (D25②).
        #[error(
            "{undelivered} requests did not reach the petitioner; only after two a petition is deemed \
             withdrawn (D25)"
        )]
        MayBeReached {
            /// How many requests did not.
            undelivered: u32,
        },
        /// Only a period that runs is extended.
        #[error("due {due}, which was over at {at}: only a period that runs is extended")]
        PeriodOver {
            /// Until when it ran.
            due: Due,
            /// When it was to be extended.
            at: Timestamp,
        },
        /// A period under the Civil Act that the law does not allow.
        #[error(transparent)]
        Period(#[from] FixedPeriodError),
        /// An extension that the law does not allow (D21).
        #[error(transparent)]
        Extension(#[from] ExtensionError),
        /// A second extension where there was no first.
        #[error(
            "the period was not extended yet; extend it a first time, which takes no consent (D21①)"
        )]
        NotExtendedYet,
        /// Somebody else agreed.
        #[error("only the petitioner can agree to a second extension (D21①)")]
        ConsentOfAnother,
        /// The due was given by another system, and it is unknown how it was counted.
        #[error("cannot {command} a petition whose due was imported and not counted by the statute")]
        DueNotCounted {
            /// The command that was given.
            command: &'static str,
        },
        /// The calendar does not reach that far.
        #[error("the due cannot be counted; take a release with a calendar that covers it")]
        Calendar(#[from] CalendarError),
        /// The clock stands still (D20).
        #[error("cannot {command} a petition whose clock stands still ({ground}); resume it first")]
        ClockStopped {
            /// The command that was given.
            command: &'static str,
            /// Why it stands.
            ground: SuspensionGround,
        },
        /// The clock runs.
        #[error("the clock of this petition was not stopped; it is {status}")]
        NotSuspended {
            /// Where it stands.
            status: ApplicationStatus,
        },
        /// A ground on which the clock of such a petition does not stand still (D20).
        #[error("{ground} is no ground to stop the clock of a {kind} petition (D17, D20)")]
        ForeignGround {
            /// The ground given.
            ground: SuspensionGround,
            /// The petition's kind.
            kind: PetitionKind,
        },
        /// An outage of a time in which the law counted outages (Decree 36296, addenda Art. 3).
        #[error(
            "the clock of a petition stands still in outages that began since 2026-05-06, not in one of \
             {began_at} (D20; Decree 36296, addenda Art. 3)"
        )]
        OutageCounts {
            /// When it began.
            began_at: Timestamp,
        },
        /// An investigation on the spot was extended already (D17④).
        #[error(
            "the grievance was investigated on the spot, and once more; there is no third time that is \
             not counted (D17)"
        )]
        InvestigatedTwice,
        /// Nothing happens before what it depends on.
        #[error(transparent)]
        BeforeCause(#[from] BeforeCause),
        /// The petitioner was already notified of the result.
        #[error("the petitioner was notified of the result already, at {notified_at}")]
        ResultTold {
            /// When.
            notified_at: Timestamp,
        },
        /// The petitioner was not notified of the refusal.
        #[error("the petitioner was not notified of the refusal; notify the result first (A27, A35)")]
        ResultNotTold,
        /// The time to object is not over (A35①).
        #[error(
            "at {at} the petitioner may still object, until {due}; complete the petition then (A35)"
        )]
        MayStillObject {
            /// Until when.
            due: Due,
            /// When it was to be completed.
            at: Timestamp,
        },
        /// Only statutory petitions are objected to (A35①).
        #[error(
            "the refusal of a {kind} petition cannot be objected to, only that of a statutory one (A35)"
        )]
        NotStatutory {
            /// Its kind.
            kind: PetitionKind,
        },
        /// The time to object is over (A35①).
        #[error("the time to object was over on {due}; at {at} only appeal and lawsuit are open (A35)")]
        ObjectionTooLate {
            /// Until when it could have been filed.
            due: Due,
            /// When it was.
            at: Timestamp,
        },
        /// There is nothing to decide.
        #[error("nobody objects to a decision on this petition; it is {status}")]
        NoObjection {
            /// Where it stands.
            status: ApplicationStatus,
        },
        /// The petitioner objects to the refusal.
        #[error("cannot {command} a petition under objection; decide the objection first, until {due}")]
        ObjectionOpen {
            /// The command that was given.
            command: &'static str,
            /// Until when it has to be decided.
            due: Due,
        },
        /// The time to decide was extended already (A35②).
        #[error("the time to decide the objection was extended already; it can be extended once (A35)")]
        ObjectionDecisionExtended,
        /// A decision without reasons.
        #[error("cannot {command} a petition without reasons; give at least one")]
        ReasonsMissing {
            /// The command that was given.
            command: &'static str,
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
            /// The command that was given.
            command: &'static str,
            /// Where it stands.
            status: ApplicationStatus,
            /// Where it would have to stand.
            takes: &'static str,
        },
        /// The petitioner did not agree.
        #[error("cannot {command} this petition without the petitioner's consent ({article})")]
        NoConsent {
            /// The command that was given.
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
        /// The agency was given longer already (A20②).
        #[error("{agency} was given longer to answer already; that can be done once (A20)")]
        ConsultationExtended {
            /// The agency.
            agency: Agency,
        },
        /// More time, or less, than the law gives an agency that was asked (A20②).
        #[error(
            "{answer_due} does not give the agency longer by as much as it had at most: its answer is \
             due {due}, and can be until {latest} (A20)"
        )]
        ConsultationExtendedTooFar {
            /// Until when the answer was to be wanted.
            answer_due: Due,
            /// Until when it is wanted.
            due: Due,
            /// The last instant of the longest extension.
            latest: Timestamp,
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
        /// Merged into itself, so that nothing would be left to handle.
        #[error("a petition is not merged into itself; name the one that it is handled under (D6⑦)")]
        MergedIntoItself,
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
            /// The command that was given.
            command: &'static str,
            /// The rule that exempts statutory petitions.
            article: &'static str,
        },
        /// Not repeated often enough (A23).
        #[error(
            "the petition comes for time number {times}; from number {times_min} on it may be closed as repeated (A23)"
        )]
        TooFewTimes {
            /// Its number among the petitions of the same content, counted from 1.
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
            "the document is kept to be collected until the end of {until}; at {at} it is too early (D25④)"
        )]
        StillKept {
            /// The last day on which it is kept.
            until: Due,
            /// The instant that was asked about.
            at: Timestamp,
        },
        /// The document that an approval leads to is not out.
        #[error("cannot {command} a petition whose document is not out; issue the document first")]
        DocumentUnderWay {
            /// The command that was given.
            command: &'static str,
        },
        /// Somebody else's petition.
        #[error("only the petitioner may {command} this petition")]
        NotTheApplicant {
            /// The command that was given.
            command: &'static str,
        },
        /// The decision has been made.
        #[error("cannot {command} a petition that is {status}")]
        Decided {
            /// The command that was given.
            command: &'static str,
            /// The decision.
            status: ApplicationStatus,
        },
        /// Nothing happens to it any more.
        #[error("cannot {command} a petition that is {status}; its stream has ended")]
        Ended {
            /// The command that was given.
            command: &'static str,
            /// How it ended.
            status: ApplicationStatus,
        },
    }
}
