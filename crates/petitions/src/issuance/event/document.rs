//! What happens to a document after it was issued, in the form it is stored in.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::IdentityMethod;
use crate::{
    date::Date,
    due::Due,
    text::{Agency, CalendarVersion, Reference},
    words::words,
};

/// The document was looked at (열람).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentViewed {
    /// When.
    pub viewed_at: Timestamp,
}

/// Copies of the document were printed, all in all no more than were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentPrinted {
    /// How many this time.
    pub copies: u16,
    /// When.
    pub printed_at: Timestamp,
}

/// The document was delivered (교부) as an electronic certificate (전자증명서).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentDelivered {
    /// How.
    pub way: DeliveryWay,
    /// To which agency, where it went to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// Under which id whoever took it keeps the delivery. Never an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Reference>,
    /// When.
    pub delivered_at: Timestamp,
}

words! {
    /// How an electronic certificate reaches whoever is to have it.
    pub enum DeliveryWay("delivery way") {
        /// Into the petitioner's electronic document wallet (전자문서지갑).
        Wallet = "wallet",
        /// To the petitioner by e-mail.
        Email = "e-mail",
        /// To an agency that the petitioner named.
        Agency = "agency",
    }
}

/// The paper document waits for the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentReadyForPickup {
    /// Where.
    pub place: Agency,
    /// When the petition was to be completed (처리완료 예정일).
    pub expected_on: Date,
    /// Until when it is kept for the petitioner (D25④); after that it may be discarded.
    pub collect_until: Due,
    /// The calendar that this was counted with.
    pub calendar_version: CalendarVersion,
    /// Since when it waits.
    pub ready_at: Timestamp,
}

/// The paper document was handed over, after the identity was checked (A27④).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentCollected {
    /// How whoever came proved who they are.
    pub identity: IdentityMethod,
    /// Under which id the proof is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Reference>,
    /// Who handed it over.
    pub officer: ActorId,
    /// When.
    pub collected_at: Timestamp,
}

/// The paper document was discarded, since nobody collected it in time (D25④).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentDiscarded {
    /// Who discarded it.
    pub officer: ActorId,
    /// When.
    pub discarded_at: Timestamp,
}

/// Somebody who held the document asked whether it is genuine (진위확인), and was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentVerified {
    /// What was said.
    pub verdict: VerificationVerdict,
    /// When.
    pub verified_at: Timestamp,
}

words! {
    /// What is said about a document whose number and key were right.
    pub enum VerificationVerdict("verification verdict") {
        /// It was issued, and can be relied on.
        Genuine = "genuine",
        /// It was issued, and the days on which it can be verified are over.
        Expired = "expired",
    }
}

/// The days on which the document can be verified are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerificationExpired {
    /// The last of them.
    pub verifiable_until: Date,
    /// When that was noted.
    pub noted_at: Timestamp,
}
