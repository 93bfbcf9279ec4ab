//! Where an issuance stands.

use minwon_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Cancelled, DocumentCollected, DocumentDelivered, DocumentDiscarded, DocumentIssued,
    DocumentPrinted, DocumentReadyForPickup, DocumentRevoked, DocumentVerified, DocumentViewed,
    Failed, FeeAssessed, FeePaid, FeeWaived, IdentityVerified, Requested, ResultEnteredManually,
    SourceDataFailed, SourceDataRetrieved, VerificationExpired, Won,
};
use crate::{
    time_order::Cause,
    view::{is_zero, micros},
    words::words,
};

/// Where an issuance stands, with all that a decision, a deadline or a view needs to know about it.
/// It keeps that after its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssuanceState(Option<Box<Attempt>>);

/// An attempt to issue a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Attempt {
    /// Where it stands.
    pub stage: AttemptStage,
    /// The request.
    pub request: Requested,
    /// The proof of identity, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityVerified>,
    /// The fee, where it was assessed again since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessed: Option<Box<FeeAssessed>>,
    /// How the fee was settled, once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settlement: Option<Settlement>,
    /// Whether a fee that was paid was given back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refunded: bool,
    /// How often the register was asked for what the document is made of.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked: u32,
    /// When it was asked last.
    #[serde(
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub asked_at: Option<Timestamp>,
    /// The register's last answer, where that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Box<SourceAnswer>>,
    /// The result, once it is issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Box<IssuanceResult>>,
    /// The uses of the result since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// How it waited on paper, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pickup: Option<Box<Pickup>>,
}

/// A stage of an attempt. The way it ended is kept, as a repeated command is recognised by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptStage {
    /// Asked for.
    Requested,
    /// Identity and fee are settled.
    Authorized,
    /// The document is being made out of a register.
    Generating,
    /// Issued.
    Issued,
    /// Issued on paper, which waits for the petitioner.
    ReadyForPickup,
    /// The end: issued, and the days are over on which it can be verified.
    Expired(Box<VerificationExpired>),
    /// The end: called off before the document was made.
    Cancelled(Box<Cancelled>),
    /// The end: given up before the document was made.
    Failed(Box<Failed>),
    /// The end: issued and taken back.
    Revoked(Box<DocumentRevoked>),
    /// The end: issued on paper that nobody collected.
    Discarded(Box<DocumentDiscarded>),
}

/// The answer of a register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceAnswer {
    /// The data that the document is made from.
    Data(SourceDataRetrieved),
    /// Nothing.
    Failure(SourceDataFailed),
}

/// How a document waits on paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Pickup {
    /// Where and until when.
    pub ready: DocumentReadyForPickup,
    /// How it was handed over, once it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected: Option<DocumentCollected>,
}

/// The uses of an issued document: how many copies are used up, and the last use of each kind,
/// which changes nothing when it is reported again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Usage {
    /// Copies printed, all in all.
    #[serde(default, skip_serializing_if = "is_no_copy")]
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
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
const fn is_no_copy(copies: &u16) -> bool {
    *copies == 0
}

/// How a fee was settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

/// The result of an issuance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssuanceResult {
    /// A document out of a linked register.
    Document(DocumentIssued),
    /// The result of an agency without a link, entered by hand.
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
    /// It can still be called off.
    pub(super) const BEFORE_MAKING: &[Self] = &[Self::Requested, Self::Authorized];
    /// Identity and fee are settled, and the document is not out.
    pub(super) const IN_THE_MAKING: &[Self] = &[Self::Authorized, Self::Generating];
    /// The document is not out, and may come.
    pub(super) const UNDER_WAY: &[Self] = &[Self::Requested, Self::Authorized, Self::Generating];
    /// A document or a result is out, and stands.
    pub(super) const OUT: &[Self] = &[Self::Issued, Self::ReadyForPickup];

    /// Returns whether nothing can happen to the issuance any more.
    #[must_use]
    pub const fn is_end(self) -> bool {
        matches!(
            self,
            Self::Expired | Self::Cancelled | Self::Failed | Self::Revoked | Self::Discarded
        )
    }

    /// Returns whether it can still be called off: the document is not being made.
    #[must_use]
    pub fn can_be_cancelled(self) -> bool {
        Self::BEFORE_MAKING.contains(&self)
    }

    /// Returns whether the document is not out, and may come.
    #[must_use]
    pub fn is_under_way(self) -> bool {
        Self::UNDER_WAY.contains(&self)
    }

    /// Returns whether a document or a result is out, and stands.
    #[must_use]
    pub fn is_out(self) -> bool {
        Self::OUT.contains(&self)
    }
}

impl IssuanceState {
    /// The attempt; none before it was requested.
    #[must_use]
    pub fn attempt(&self) -> Option<&Attempt> {
        self.0.as_deref()
    }

    /// Where the issuance stands, in one word; none before it was requested.
    #[must_use]
    pub fn status(&self) -> Option<IssuanceStatus> {
        self.attempt().map(Attempt::status)
    }

    /// The document that is out and stands: issued, neither taken back, expired nor discarded.
    #[must_use]
    pub fn document(&self) -> Option<&DocumentIssued> {
        self.at(IssuanceStatus::OUT)?.document()
    }

    pub(super) fn stage(&self) -> Option<&AttemptStage> {
        self.attempt().map(|attempt| &attempt.stage)
    }

    pub(super) fn request(&mut self, request: &Requested) -> bool {
        let is_first = self.0.is_none();
        if is_first {
            self.0 = Some(Box::new(Attempt {
                stage: AttemptStage::Requested,
                request: request.clone(),
                identity: None,
                assessed: None,
                settlement: None,
                refunded: false,
                asked: 0,
                asked_at: None,
                answer: None,
                result: None,
                usage: None,
                pickup: None,
            }));
        }
        is_first
    }

    /// The attempt where it stands at one of `statuses`.
    pub(super) fn at(&self, statuses: &[IssuanceStatus]) -> Option<&Attempt> {
        let is_there = |attempt: &&Attempt| statuses.contains(&attempt.status());
        self.attempt().filter(is_there)
    }

    /// The same, to change it.
    pub(super) fn at_mut(&mut self, statuses: &[IssuanceStatus]) -> Option<&mut Attempt> {
        let is_there = |attempt: &&mut Attempt| statuses.contains(&attempt.status());
        self.0.as_deref_mut().filter(is_there)
    }

    /// Takes an attempt that stands at one of `from` to a stage; whether it did.
    pub(super) fn go(&mut self, from: &[IssuanceStatus], to: AttemptStage) -> bool {
        let attempt = self.at_mut(from);
        attempt.map(|attempt| attempt.stage = to).is_some()
    }
}

impl Attempt {
    /// Where it stands, in one word.
    #[must_use]
    pub const fn status(&self) -> IssuanceStatus {
        use IssuanceStatus as Status;
        match self.stage {
            AttemptStage::Requested => Status::Requested,
            AttemptStage::Authorized => Status::Authorized,
            AttemptStage::Generating => Status::Generating,
            AttemptStage::Issued => Status::Issued,
            AttemptStage::ReadyForPickup => Status::ReadyForPickup,
            AttemptStage::Expired(_) => Status::Expired,
            AttemptStage::Cancelled(_) => Status::Cancelled,
            AttemptStage::Failed(_) => Status::Failed,
            AttemptStage::Revoked(_) => Status::Revoked,
            AttemptStage::Discarded(_) => Status::Discarded,
        }
    }

    /// The document that was issued, whatever became of it; none where none was, or where the
    /// result was entered by hand.
    #[must_use]
    pub fn document(&self) -> Option<&DocumentIssued> {
        match self.result.as_deref()? {
            IssuanceResult::Document(document) => Some(document),
            IssuanceResult::Manual(_) => None,
        }
    }

    /// Returns when its document was issued, as what is done with that depends on.
    pub(super) fn issued(&self) -> Option<Cause> {
        let issued_at = self.document()?.issued_at;
        Some(("the issue of the document", issued_at))
    }

    /// Returns when its register was asked, or answered.
    pub(super) fn asked_or_answered(&self) -> Option<Cause> {
        match self.answer.as_deref() {
            Some(SourceAnswer::Data(data)) => {
                Some(("the answer of the register", data.retrieved_at))
            }
            Some(SourceAnswer::Failure(failed)) => {
                Some(("the failure of the register", failed.failed_at))
            }
            None => Some(("the question to the register", self.asked_at?)),
        }
    }

    /// Returns why the register gave nothing the last time, until it is asked again or the document
    /// is issued.
    #[must_use]
    pub fn failure(&self) -> Option<&SourceDataFailed> {
        match self.answer.as_deref()? {
            SourceAnswer::Failure(failed) => Some(failed),
            SourceAnswer::Data(_) => None,
        }
    }

    /// The fee of the last assessment, else that of the request.
    pub(super) fn assessed_fee(&self) -> Won {
        let assessed = self.assessed.as_ref();
        assessed.map_or(self.request.fee, |assessed| assessed.amount)
    }

    /// Returns how the paper was handed over, once it was.
    pub(super) fn collected(&self) -> Option<&DocumentCollected> {
        self.pickup.as_ref()?.collected.as_ref()
    }
}
