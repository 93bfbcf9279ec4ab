//! Attempts to issue a document as a view shows them, and the answer to the holder of a document.

use minwon_core::{Timestamp, in_seoul};
use serde::Serialize;

use super::petition::IssuanceView;
use super::result::json::until;
use crate::{
    date::Date,
    due::Due,
    issuance::{AttemptStage, IssuanceStatus},
    text::{Agency, DocumentType, Text},
    verification_number::VerificationNumber,
    words::words,
};

/// One attempt to issue a document, and the document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentView {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// Where it stands.
    pub status: IssuanceStatus,
    /// The kind of document.
    pub document_type: DocumentType,
    /// How many.
    pub copies: u16,
    /// How often the register was asked for what it is made of.
    pub attempts: u32,
    /// Why the register gave nothing the last time, until it is asked again or the document is
    /// issued.
    pub failure: Option<SourceFailureView>,
    /// When it was issued, or its result entered by hand.
    pub issued_at: Option<Timestamp>,
    /// How it can be verified; a result entered by hand cannot.
    pub proof: Option<ProofView>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// How many copies were printed, of those that were asked for.
    pub printed: u16,
    /// Where it waits on paper and what became of it there, where it did.
    pub pickup: Option<PickupView>,
}

/// How a document on paper waits for the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PickupView {
    /// Where.
    pub place: Agency,
    /// Until when; after that it may be discarded.
    #[serde(serialize_with = "until")]
    pub collect_until: Due,
    /// When it was collected.
    #[serde(serialize_with = "in_seoul::option")]
    pub collected_at: Option<Timestamp>,
    /// When it was discarded.
    #[serde(serialize_with = "in_seoul::option")]
    pub discarded_at: Option<Timestamp>,
}

/// Why a register gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceFailureView {
    /// Why.
    pub reason: Text,
    /// When it will be asked again, if it will.
    pub retry_at: Option<Timestamp>,
}

/// How a document can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProofView {
    /// By this number.
    pub number: VerificationNumber,
    /// Up to the end of this day in Seoul.
    pub verifiable_until: Date,
}

words! {
    /// The answer to somebody who asks about a document.
    pub enum DocumentVerdict("verdict") {
        /// It was issued, and can be relied on.
        Genuine = "genuine",
        /// It was issued, and the days on which it can be verified are over.
        Expired = "expired",
        /// It was issued, and taken back.
        Revoked = "revoked",
        /// No such document was issued.
        Unknown = "unknown",
    }
}

impl DocumentView {
    /// The verification number as lists show it: nobody can verify with it.
    #[must_use]
    pub fn masked_number(&self) -> Option<String> {
        self.proof.map(|proof| proof.number.masked())
    }
}

impl IssuanceView {
    /// Returns how it is shown; none before it was requested.
    #[must_use]
    pub fn shown(&self) -> Option<DocumentView> {
        let attempt = self.attempt()?;
        let is_revoked = attempt.status() == IssuanceStatus::Revoked;
        Some(DocumentView {
            attempt: self.attempt,
            status: attempt.status(),
            document_type: attempt.request.document_type.clone(),
            copies: attempt.request.copies,
            attempts: attempt.asked,
            failure: attempt.failure().map(|failed| SourceFailureView {
                reason: failed.reason.clone(),
                retry_at: failed.retry_at,
            }),
            issued_at: self.issued_at,
            proof: self.proof(),
            revoked_at: self.ended_at.filter(|_| is_revoked),
            printed: attempt
                .usage
                .as_ref()
                .map_or(0, |usage| usage.copies_printed),
            pickup: self.pickup(),
        })
    }

    /// Returns how its document can be verified; none where it has none.
    pub(super) fn proof(&self) -> Option<ProofView> {
        let document = self.attempt()?.document()?;
        Some(ProofView {
            number: document.verification_number,
            verifiable_until: document.verifiable_until,
        })
    }

    fn pickup(&self) -> Option<PickupView> {
        let attempt = self.attempt()?;
        let pickup = attempt.pickup.as_ref()?;
        Some(PickupView {
            place: pickup.ready.place.clone(),
            collect_until: pickup.ready.collect_until,
            collected_at: pickup.collected.as_ref().map(|it| it.collected_at),
            discarded_at: match &attempt.stage {
                AttemptStage::Discarded(discarded) => Some(discarded.discarded_at),
                _ => None,
            },
        })
    }

    pub(super) fn has_number(&self, number: VerificationNumber) -> bool {
        self.proof().is_some_and(|proof| proof.number == number)
    }

    /// Returns the answer, on a day in Seoul, about the document with this number.
    pub(super) fn verdict(&self, number: VerificationNumber, on: Date) -> Option<DocumentVerdict> {
        use IssuanceStatus as Status;
        let proof = self.proof().filter(|proof| proof.number == number)?;
        Some(match self.state.status()? {
            // Nobody holds a paper that was discarded: whoever shows one shows a copy.
            Status::Revoked | Status::Discarded => DocumentVerdict::Revoked,
            Status::Issued | Status::ReadyForPickup if on <= proof.verifiable_until => {
                DocumentVerdict::Genuine
            }
            Status::Issued | Status::ReadyForPickup | Status::Expired => DocumentVerdict::Expired,
            Status::Requested
            | Status::Authorized
            | Status::Generating
            | Status::Cancelled
            | Status::Failed => DocumentVerdict::Unknown,
        })
    }
}
