//! Where an issuance stands.

use serde::{Deserialize, Serialize};

use super::event::{
    Cancelled, DocumentCollected, DocumentDelivered, DocumentDiscarded, DocumentIssued,
    DocumentPrinted, DocumentReadyForPickup, DocumentRevoked, DocumentVerified, DocumentViewed,
    Failed, FeeAssessed, FeePaid, FeeWaived, IdentityVerified, Requested, ResultEnteredManually,
    SourceDataFailed, SourceDataRetrieved, VerificationExpired, Won,
};
use crate::words::words;

/// Where an issuance stands, with all that a decision needs to know about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum IssuanceState {
    /// Nothing has happened.
    None,
    /// Asked for.
    Requested {
        /// What was asked for.
        request: Requested,
        /// The proof of identity, once there is one.
        identity: Option<IdentityVerified>,
        /// The fee, where it was assessed anew since.
        assessed: Option<FeeAssessed>,
    },
    /// Identity and fee are settled.
    Authorized {
        /// What was asked for.
        request: Requested,
        /// The proof of identity.
        identity: IdentityVerified,
        /// What became of the fee.
        settlement: Settlement,
        /// How the register was asked in vain the last time, if it was.
        failure: Option<SourceDataFailed>,
    },
    /// The document is being made out of a register.
    Generating {
        /// What was asked for.
        request: Requested,
        /// The proof of identity.
        identity: IdentityVerified,
        /// What became of the fee.
        settlement: Settlement,
        /// Which time the register is asked, from 1.
        attempt: u32,
        /// What the register gave, where that was noted.
        retrieved: Option<SourceDataRetrieved>,
    },
    /// Issued.
    Issued {
        /// What was asked for.
        request: Requested,
        /// What was issued.
        result: IssuanceResult,
        /// What became of the fee.
        settlement: Settlement,
        /// What was done with it since.
        usage: Usage,
    },
    /// Issued on paper, which waits for the petitioner.
    ReadyForPickup {
        /// What was asked for.
        request: Requested,
        /// What was issued.
        result: IssuanceResult,
        /// What became of the fee.
        settlement: Settlement,
        /// What was done with it before.
        usage: Usage,
        /// Where and until when it waits.
        pickup: DocumentReadyForPickup,
    },
    /// The end: issued, and the days are over on which it can be verified.
    Expired(VerificationExpired),
    /// The end: called off before the document was made.
    Cancelled(Cancelled),
    /// The end: given up before the document was made.
    Failed(Failed),
    /// The end: issued and taken back.
    Revoked {
        /// How it was taken back.
        revocation: DocumentRevoked,
        /// What had become of the fee.
        settlement: Settlement,
        /// Whether a fee was given back then.
        refunded: bool,
    },
    /// The end: issued on paper that nobody collected.
    Discarded(DocumentDiscarded),
}

/// What was done with an issued document: how many copies are used up, and the last use of each
/// kind, which changes nothing when it is told again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Copies printed, all in all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub copies_printed: u16,
    /// How it was looked at last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub viewed: Option<DocumentViewed>,
    /// How it was printed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed: Option<DocumentPrinted>,
    /// How it was delivered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered: Option<DocumentDelivered>,
    /// How it was verified last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<DocumentVerified>,
    /// How the paper was handed over, once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected: Option<DocumentCollected>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
const fn is_zero(copies: &u16) -> bool {
    *copies == 0
}

/// What became of the fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settlement {
    /// It was paid.
    Paid(FeePaid),
    /// It need not be paid.
    Waived(FeeWaived),
}

impl Settlement {
    /// The fee that was settled.
    #[must_use]
    pub const fn amount(&self) -> Won {
        match self {
            Self::Paid(paid) => paid.amount,
            Self::Waived(waived) => waived.amount,
        }
    }
}

/// What was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum IssuanceResult {
    /// A document out of a linked register.
    Document(DocumentIssued),
    /// What an agency without a link did.
    Manual(ResultEnteredManually),
}

words! {
    /// Where an issuance stands, in one word: for read models.
    pub enum IssuanceStatus("status") {
        /// Asked for.
        Requested = "requested",
        /// Identity and fee are settled.
        Authorized = "authorized",
        /// The document is being made out of a register.
        Generating = "generating",
        /// Issued.
        Issued = "issued",
        /// A paper document waits at the agency.
        ReadyForPickup = "ready-for-pickup",
        /// The end: it can no longer be verified.
        Expired = "expired",
        /// The end: called off before the document was made.
        Cancelled = "cancelled",
        /// The end: given up before the document was made.
        Failed = "failed",
        /// The end: issued and taken back.
        Revoked = "revoked",
        /// The end: a paper document that nobody collected.
        Discarded = "discarded",
    }
}

impl IssuanceStatus {
    /// Whether nothing can happen to the issuance any more.
    #[must_use]
    pub const fn is_end(self) -> bool {
        match self {
            Self::Expired | Self::Cancelled | Self::Failed | Self::Revoked | Self::Discarded => {
                true
            }
            Self::Requested
            | Self::Authorized
            | Self::Generating
            | Self::Issued
            | Self::ReadyForPickup => false,
        }
    }
}

impl IssuanceState {
    /// Where the issuance stands, in one word; none before it was requested.
    #[must_use]
    pub const fn status(&self) -> Option<IssuanceStatus> {
        Some(match self {
            Self::None => return None,
            Self::Requested { .. } => IssuanceStatus::Requested,
            Self::Authorized { .. } => IssuanceStatus::Authorized,
            Self::Generating { .. } => IssuanceStatus::Generating,
            Self::Issued { .. } => IssuanceStatus::Issued,
            Self::ReadyForPickup { .. } => IssuanceStatus::ReadyForPickup,
            Self::Expired(_) => IssuanceStatus::Expired,
            Self::Cancelled(_) => IssuanceStatus::Cancelled,
            Self::Failed(_) => IssuanceStatus::Failed,
            Self::Revoked { .. } => IssuanceStatus::Revoked,
            Self::Discarded(_) => IssuanceStatus::Discarded,
        })
    }

    /// The document that is out and stands: issued, neither taken back, expired nor discarded.
    #[must_use]
    pub const fn document(&self) -> Option<&DocumentIssued> {
        match self {
            Self::Issued {
                result: IssuanceResult::Document(document),
                ..
            }
            | Self::ReadyForPickup {
                result: IssuanceResult::Document(document),
                ..
            } => Some(document),
            _ => None,
        }
    }
}
