//! What can be wanted of an issuance. Times and looked-up facts arrive inside.

mod document;

use minwon_core::{ActorId, Timestamp};

pub use self::document::{
    Collect, Deliver, Delivery, Discard, ExpireVerification, MakeReadyForPickup, Print,
    VerifyDocument, View,
};
use super::event::{IdentityMethod, Won};
use crate::{
    application::ApplicationStatus,
    attachment::Attachment,
    category::{Category, ServiceType},
    command::commands,
    text::{Agency, ApplicantId, DocumentType, Reference, Text},
    verification_number::VerificationNumber,
    words::words,
};

commands! {
    /// What can be wanted of an issuance.
    pub enum IssuanceCommand {
        Request = "request",
        VerifyIdentity = "verify the identity for",
        AssessFee = "assess the fee of",
        PayFee = "pay the fee of",
        WaiveFee = "waive the fee of",
        Authorize = "authorize",
        RetrieveSourceData = "fetch source data for",
        NoteSourceData = "note the source data of",
        NoteSourceFailure = "note a failed fetch of",
        IssueDocument = "issue a document for",
        EnterResultManually = "enter a result for",
        View = "view the document of",
        Print = "print the document of",
        Deliver = "deliver the document of",
        MakeReadyForPickup = "make ready for pick-up",
        Collect = "collect the document of",
        Discard = "discard the document of",
        VerifyDocument = "verify the document of",
        ExpireVerification = "end the verification of",
        Fail = "fail",
        Cancel = "cancel",
        Revoke = "revoke",
    }
}

/// Most copies of one document. Unit: copies.
///
/// A bound of ours, far above the 20 copies from which on the law allows more time (D12⑤).
pub const COPIES_MAX: u16 = 1_000;

/// Asks for a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The category, which has to be that of the stream.
    pub category: Category,
    /// What the request rests on.
    pub basis: Basis,
    /// Who gets the document.
    pub applicant: ApplicantId,
    /// The kind of document.
    pub document_type: DocumentType,
    /// How many: 1 to [`COPIES_MAX`].
    pub copies: u16,
    /// The assessed fee; online it may be 0.
    pub fee: Won,
}

/// How the document's petition is served, with what has to be known for that. A standing is looked
/// up just before the command is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Anybody entitled may ask at once; nothing has to be approved.
    Instant,
    /// The petition has to be approved.
    DeadlineBound {
        /// Where it stands.
        application: ApplicationStatus,
    },
    /// The petition has to be approved.
    Unlinked {
        /// Where it stands.
        application: ApplicationStatus,
    },
}

impl Basis {
    /// How the petition is served.
    #[must_use]
    pub const fn service(self) -> ServiceType {
        match self {
            Self::Instant => ServiceType::InstantIssuance,
            Self::DeadlineBound { .. } => ServiceType::DeadlineBound,
            Self::Unlinked { .. } => ServiceType::Unlinked,
        }
    }

    /// Where the petition has to be approved: where it stands.
    #[must_use]
    pub const fn application(self) -> Option<ApplicationStatus> {
        match self {
            Self::Instant => None,
            Self::DeadlineBound { application } | Self::Unlinked { application } => {
                Some(application)
            }
        }
    }
}

/// Shows who the petitioner is. The newest proof counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyIdentity {
    /// How the petitioner proved who they are.
    pub identity: IdentityMethod,
    /// Under which id the proof is kept, if it is.
    pub evidence: Option<Reference>,
}

/// Assesses another fee than the request told, before it is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssessFee {
    /// How much; it may be 0.
    pub amount: Won,
    /// Why this much, for example a reduction.
    pub ground: Option<Text>,
}

/// Pays the assessed fee, once the petitioner has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayFee {
    /// How much; it must be the assessed fee.
    pub amount: Won,
    /// Under which id the payment is kept.
    pub payment: Reference,
}

/// Says that the assessed fee need not be paid; also where it is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiveFee {
    /// Why.
    pub ground: Text,
}

/// Settles identity and fee in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorize {
    /// How the petitioner proved who they are.
    pub identity: IdentityMethod,
    /// Under which id the proof is kept, if it is.
    pub evidence: Option<Reference>,
    /// What became of the fee.
    pub fee: FeeSettlement,
}

/// What became of the assessed fee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeeSettlement {
    /// It was paid.
    Paid {
        /// How much; it must be the assessed fee.
        amount: Won,
        /// Under which id the payment is kept.
        payment: Reference,
    },
    /// It need not be paid; also where it was assessed at 0.
    Waived {
        /// Why.
        ground: Text,
    },
}

/// Asks the linked register for what the document is made of. From then on the document is being
/// made, and the issuance can no longer be cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrieveSourceData {
    /// Which time the register is asked, from 1; it must be the next one.
    pub attempt: u32,
    /// When.
    pub requested_at: Timestamp,
}

/// Notes that the register gave what the document is made of, where the document is not issued
/// right away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSourceData {
    /// Which time the register was asked; it must be the present one.
    pub attempt: u32,
    /// Under which id the register keeps what it gave, if it does.
    pub source: Option<Reference>,
    /// When it answered.
    pub retrieved_at: Timestamp,
}

/// Notes that the register did not give what the document is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSourceFailure {
    /// Which time the register was asked; it must be the present one.
    pub attempt: u32,
    /// Why it gave nothing.
    pub reason: Text,
    /// When it will be asked again, if it will.
    pub retry_at: Option<Timestamp>,
    /// When that was clear.
    pub failed_at: Timestamp,
}

/// Issues the document out of a linked register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueDocument {
    /// Its number, assigned by [`VerificationNumber::assign`].
    pub verification_number: VerificationNumber,
    /// When it is issued; the time in which it can be verified runs from here.
    pub issued_at: Timestamp,
    /// The document, if it is kept.
    pub document: Option<Attachment>,
}

/// Enters what an agency without a link did. Such an agency hands out documents of its own, so
/// none of our verification numbers is assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnterResultManually {
    /// Who enters it.
    pub officer: ActorId,
    /// What the agency did.
    pub result: Text,
    /// The agency's document, if it is kept.
    pub document: Option<Attachment>,
}

/// Gives up an attempt, for example since the register does not answer. A fee paid is refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fail {
    /// Why.
    pub reason: Text,
}

/// Calls an attempt off before the document is being made. A fee paid is refunded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// Why.
    pub reason: Text,
}

/// Takes an issued document back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoke {
    /// Who has the power to.
    pub authority: Agency,
    /// Why.
    pub reason: Text,
    /// What becomes of a fee that was paid.
    pub fee: FeeConsequence,
}

words! {
    /// What becomes of a paid fee when the document is taken back.
    pub enum FeeConsequence("consequence for the fee") {
        /// The agency keeps it.
        Kept = "kept",
        /// It is given back.
        Refunded = "refunded",
    }
}
