//! What happens on the way to a document, and to it, in the form it is stored in.
//!
//! Unknown fields are refused, as in an application's events.

mod document;

use std::fmt;

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    attachment::Attachment,
    category::ServiceType,
    date::Date,
    text::{Agency, ApplicantId, DocumentType, Reference, Text},
    verification_number::VerificationNumber,
    words::words,
};

pub use self::document::{
    DeliveryWay, DocumentCollected, DocumentDelivered, DocumentDiscarded, DocumentPrinted,
    DocumentReadyForPickup, DocumentVerified, DocumentViewed, VerificationExpired,
    VerificationVerdict,
};

/// How long a document can be verified. Unit: days after the day of issue.
///
/// Source: domain notes, section 1 (documents of Government24 say so of themselves).
pub const VERIFIABLE_DAYS: u32 = 90;

/// An amount of money in Korean won.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Won(u32);

impl Won {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many won.
    #[must_use]
    pub const fn new(won: u32) -> Self {
        Self(won)
    }

    /// How many won.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Won {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} won", self.0)
    }
}

/// A document was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Requested {
    /// How its petition is served.
    pub service: ServiceType,
    /// Who gets the document.
    pub applicant: ApplicantId,
    /// The kind of document.
    pub document_type: DocumentType,
    /// How many.
    pub copies: u16,
    /// The assessed fee. Unit: won.
    pub fee: Won,
}

/// The petitioner proved who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityVerified {
    /// How.
    pub method: IdentityMethod,
    /// Under which id the proof is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Reference>,
}

words! {
    /// How a petitioner proves who they are.
    pub enum IdentityMethod("identity method") {
        /// 공동인증서.
        JointCertificate = "joint-certificate",
        /// 간편인증, through a private provider.
        SimpleAuthentication = "simple-authentication",
        /// 모바일 신분증.
        MobileIdentityCard = "mobile-identity-card",
        /// An identity card, shown to an officer.
        IdentityCard = "identity-card",
        /// A fingerprint, at a kiosk.
        Fingerprint = "fingerprint",
    }
}

/// The fee was assessed anew: the amount that a payment has to be.
///
/// A request tells the fee of the catalogue. This is written where another one is found to be
/// right before it is paid, for example a reduced one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeAssessed {
    /// How much. Unit: won.
    pub amount: Won,
    /// Why this much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Text>,
}

/// The assessed fee was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeePaid {
    /// How much. Unit: won.
    pub amount: Won,
    /// Under which id the payment is kept.
    pub payment: Reference,
}

/// The assessed fee need not be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeWaived {
    /// How much was assessed. Unit: won.
    pub amount: Won,
    /// Why it need not be paid.
    pub ground: Text,
}

/// A fee paid has to be given back, since no document will be issued or the document was taken
/// back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRefunded {
    /// How much. Unit: won.
    pub amount: Won,
    /// Under which id the payment is kept.
    pub payment: Reference,
}

/// The register was asked for what the document is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDataRequested {
    /// Which time, from 1.
    pub attempt: u32,
    /// When.
    pub requested_at: Timestamp,
}

/// The register gave what the document is made of.
///
/// Where the document is issued right after the answer, its own event tells that there was one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDataRetrieved {
    /// Which time it was asked, from 1.
    pub attempt: u32,
    /// Under which id the register keeps what it gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Reference>,
    /// When it answered.
    pub retrieved_at: Timestamp,
}

/// The register did not give what the document is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDataFailed {
    /// Which time it was asked, from 1.
    pub attempt: u32,
    /// Why it gave nothing.
    pub reason: Text,
    /// When it will be asked again; none where the attempt to issue is to be given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// When that was clear.
    pub failed_at: Timestamp,
}

/// The document was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentIssued {
    /// The number by which it can be verified.
    pub verification_number: VerificationNumber,
    /// Its kind.
    pub document_type: DocumentType,
    /// How many.
    pub copies: u16,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The last day in Seoul on which it can be verified.
    pub verifiable_until: Date,
    /// The document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Attachment>,
}

/// An officer entered what an agency without a link did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultEnteredManually {
    /// Who entered it.
    pub officer: ActorId,
    /// What the agency did.
    pub result: Text,
    /// The agency's document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Attachment>,
}

/// The attempt was called off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancelled {
    /// Why.
    pub reason: Text,
}

/// The attempt was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// Why.
    pub reason: Text,
}

/// The document was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentRevoked {
    /// Who had the power to.
    pub authority: Agency,
    /// Why.
    pub reason: Text,
}
