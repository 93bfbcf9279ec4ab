//! Why an issuance does not take a command.

use super::{COPIES_MAX, IssuanceStatus, Won};
use crate::{
    application::ApplicationStatus,
    calendar::CalendarError,
    category::{Category, ServiceType},
    date::Date,
    due::Due,
    message::messages,
    time_order::BeforeCause,
};

messages! {
    /// Why an issuance does not take a command. `command` is in the words of
    /// [`IssuanceCommand::words`](super::IssuanceCommand::words).
    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum IssuanceRejection {
        /// Nothing was requested on this stream.
        #[error("cannot {command} an issuance that was never requested; check the issuance id")]
        NotRequested {
            /// The command that was given.
            command: &'static str,
        },
        /// The attempt was requested with other words.
        #[error(
            "this attempt was requested already, for something else, and is {status}; use the next attempt's id"
        )]
        AlreadyRequested {
            /// Where it stands.
            status: IssuanceStatus,
        },
        /// The issuance belongs on another category's stream.
        #[error("an issuance of category {asked} cannot be requested on a stream of category {own}")]
        ForeignCategory {
            /// The request's.
            asked: Category,
            /// The stream's.
            own: Category,
        },
        /// No copies, or more than [`COPIES_MAX`].
        #[error("{copies} copies were asked for; ask for 1 to {COPIES_MAX}")]
        Copies {
            /// How many.
            copies: u16,
        },
        /// The petition is not approved, so nothing is issued for it.
        #[error("the application is {status}; a document is issued for an approved one only")]
        ApplicationNotApproved {
            /// Where the application stands.
            status: ApplicationStatus,
        },
        /// Identity and fee are not settled.
        #[error("cannot {command} an issuance before identity and fee are settled; authorize it first")]
        NotAuthorized {
            /// The command that was given.
            command: &'static str,
        },
        /// Nobody settles a fee who has not proved who they are.
        #[error(
            "cannot {command} an issuance before the petitioner's identity is verified; verify it first"
        )]
        IdentityNotVerified {
            /// The command that was given.
            command: &'static str,
        },
        /// Identity and fee are settled, in another way: nobody pays twice.
        #[error("identity and fee of this issuance are settled already, in another way")]
        AlreadyAuthorized,
        /// Too much or too little was paid.
        #[error("{paid} were paid, but the assessed fee is {assessed}")]
        WrongAmount {
            /// The assessed fee.
            assessed: Won,
            /// The amount that was paid.
            paid: Won,
        },
        /// A payment of nothing.
        #[error("the assessed fee is 0 won, so there is nothing to pay; waive it")]
        NothingToPay,
        /// The service is linked, so its results come out of the register.
        #[error("the service is {service}, which is linked; issue the document out of the register")]
        Linked {
            /// How the petition is served.
            service: ServiceType,
        },
        /// The service is not linked, so there is no register to issue from.
        #[error("the service is unlinked; enter the result manually")]
        Unlinked,
        /// The register has been asked, and its answer decides what comes next.
        #[error("cannot {command} an issuance while its document is being made; wait for the register")]
        BeingGenerated {
            /// The command that was given.
            command: &'static str,
        },
        /// The register was not asked.
        #[error("cannot {command} an issuance whose register is not being asked; fetch its data first")]
        NotGenerating {
            /// The command that was given.
            command: &'static str,
        },
        /// The register is asked once at a time, and its attempts are counted.
        #[error("the attempt to fetch source data that counts is number {expected}, not {attempt}")]
        WrongAttempt {
            /// The number that was given.
            attempt: u32,
            /// The number that was due.
            expected: u32,
        },
        /// The register has answered.
        #[error("the register has given its data already; issue the document, or note that it failed")]
        AlreadyRetrieved,
        /// The document is out.
        #[error("cannot {command} an issuance whose result is out; it can only be revoked")]
        AlreadyIssued {
            /// The command that was given.
            command: &'static str,
        },
        /// There is no document yet.
        #[error("cannot {command} an issuance without a result; cancel it instead")]
        NotIssued {
            /// The command that was given.
            command: &'static str,
        },
        /// There is nothing yet to look at, to hand over or to verify.
        #[error("cannot {command} an issuance whose document is not out; wait until it is issued")]
        NotOut {
            /// The command that was given.
            command: &'static str,
        },
        /// No more copies are printed than were asked for.
        #[error(
            "{asked} copies cannot be printed, since {left} are left of those that were requested; \
             print 1 to as many as are left, or request another document"
        )]
        PrintsBeyondCopies {
            /// How many were to be printed.
            asked: u16,
            /// How many are left.
            left: u16,
        },
        /// The document can no longer be verified, so nobody is served with it.
        #[error("the document could be verified until {until}; request another document")]
        VerificationOver {
            /// The last day on which it could be verified.
            until: Date,
        },
        /// The document waits at the agency.
        #[error("cannot {command} an issuance whose document waits at the agency; have it collected")]
        WaitsForPickup {
            /// The command that was given.
            command: &'static str,
        },
        /// The document does not wait at the agency.
        #[error(
            "cannot {command} an issuance whose document does not wait at the agency; make it ready \
             for pick-up first"
        )]
        NotReadyForPickup {
            /// The command that was given.
            command: &'static str,
        },
        /// The document was handed over.
        #[error("cannot {command} an issuance whose document was collected; request another document")]
        AlreadyCollected {
            /// The command that was given.
            command: &'static str,
        },
        /// The petitioner still has time to collect the document (D25④).
        #[error("the document is kept for the petitioner until {until} (D25④); discard it after that")]
        KeptForPetitioner {
            /// Until when.
            until: Due,
        },
        /// The number or the key is wrong. Which of them is not said, so that nobody can try keys.
        #[error("no document was issued with this number and this key; check both")]
        NoSuchDocument,
        /// A result entered by hand is the agency's own, which we vouch for in no way.
        #[error(
            "cannot {command} an issuance whose result was entered by hand, for it has no \
             verification number; ask the agency"
        )]
        NotVerifiable {
            /// The command that was given.
            command: &'static str,
        },
        /// The days on which the document can be verified are not over.
        #[error("the document can be verified until the end of {until}; wait for the day after")]
        StillVerifiable {
            /// The last of them.
            until: Date,
        },
        /// Nothing happens before what it depends on.
        #[error(transparent)]
        BeforeCause(#[from] BeforeCause),
        /// The calendar does not reach that far.
        #[error("until when the document is kept cannot be counted")]
        Calendar(#[from] CalendarError),
        /// Nothing happens to it any more.
        #[error("cannot {command} an issuance that is {status}; request the next attempt")]
        Ended {
            /// The command that was given.
            command: &'static str,
            /// How it ended.
            status: IssuanceStatus,
        },
    }
}
