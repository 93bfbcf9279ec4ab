//! Where an issuance stands.

use serde::{Deserialize, Serialize};

use super::event::{
    Cancelled, DocumentIssued, DocumentRevoked, Failed, FeePaid, FeeWaived, IdentityVerified,
    Requested, ResultEnteredManually, SourceDataFailed,
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
    },
    /// Issued.
    Issued {
        /// What was asked for.
        request: Requested,
        /// What was issued.
        result: IssuanceResult,
        /// What became of the fee.
        settlement: Settlement,
    },
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
}

/// What became of the fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settlement {
    /// It was paid.
    Paid(FeePaid),
    /// It need not be paid.
    Waived(FeeWaived),
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
    ///
    /// `ReadyForPickup`, `Expired` and `Discarded` have no state yet: no command leads there.
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
            Self::Cancelled(_) => IssuanceStatus::Cancelled,
            Self::Failed(_) => IssuanceStatus::Failed,
            Self::Revoked { .. } => IssuanceStatus::Revoked,
        })
    }
}
