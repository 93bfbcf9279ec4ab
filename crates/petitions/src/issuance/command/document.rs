//! What can be wanted of a document that was issued.

use minwon_core::{ActorId, Timestamp};

use crate::{
    date::Date,
    issuance::event::IdentityMethod,
    text::{Agency, ApplicantId, Reference},
    verification_number::VerificationNumber,
};

/// Looks at the document (열람).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// When.
    pub viewed_at: Timestamp,
}

/// Prints copies of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Print {
    /// How many: from 1 to as many as are left of those that were asked for.
    pub copies: u16,
    /// When.
    pub printed_at: Timestamp,
}

/// Delivers the document as an electronic certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    /// To whom.
    pub to: Delivery,
    /// Under which id whoever takes it keeps the delivery, if it does. Never an address.
    pub receipt: Option<Reference>,
    /// When.
    pub delivered_at: Timestamp,
}

/// To whom an electronic certificate goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// Into the petitioner's electronic document wallet.
    Wallet,
    /// To the petitioner by e-mail.
    Email,
    /// To an agency that the petitioner named.
    Agency(Agency),
}

/// Has the document on paper wait for the petitioner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeReadyForPickup {
    /// Where.
    pub place: Agency,
    /// When the petition was to be completed: from that day on it is kept for 15 days (D25④).
    pub expected_on: Date,
    /// Since when it waits.
    pub ready_at: Timestamp,
}

/// Hands the document over that waits for the petitioner. Nobody gets it without a proof of who
/// they are (A27④).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collect {
    /// How whoever came proved who they are.
    pub identity: IdentityMethod,
    /// Under which id the proof is kept, if it is.
    pub evidence: Option<Reference>,
    /// Who hands it over.
    pub officer: ActorId,
    /// When.
    pub collected_at: Timestamp,
}

/// Discards the document that nobody collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discard {
    /// Who discards it.
    pub officer: ActorId,
    /// When.
    pub discarded_at: Timestamp,
}

/// Asks whether a document is genuine that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyDocument {
    /// The number that stands on it.
    pub number: VerificationNumber,
    /// The petitioner's key: to whom it was issued.
    pub key: ApplicantId,
    /// When.
    pub verified_at: Timestamp,
}

/// Notes that the days are over on which the document can be verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpireVerification {
    /// When.
    pub noted_at: Timestamp,
}
