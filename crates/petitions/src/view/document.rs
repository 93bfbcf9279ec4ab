//! Attempts to issue a document as a view tells them, and what the holder of a document is told.

use minwon_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{micros, petition::is_zero};
use crate::{
    catalogue::IssuanceEvent,
    date::Date,
    due::Due,
    issuance::{DocumentIssued, IssuanceStatus, Requested},
    text::{Agency, DocumentType, Text},
    verification_number::VerificationNumber,
};

/// One attempt to issue a document, and the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DocumentView {
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// Where it stands.
    pub status: IssuanceStatus,
    /// The kind of document.
    #[serde(rename = "type")]
    pub document_type: DocumentType,
    /// How many.
    pub copies: u16,
    /// How often the register was asked for what it is made of.
    #[serde(rename = "asked", default, skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// Why the register gave nothing the last time, until it is asked again or the document is
    /// issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<SourceFailureView>,
    /// When it was issued, or its result entered by hand.
    #[serde(
        rename = "issued",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub issued_at: Option<Timestamp>,
    /// How it can be verified; a result entered by hand cannot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<ProofView>,
    /// When it was taken back.
    #[serde(
        rename = "revoked",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub revoked_at: Option<Timestamp>,
    /// How many copies were printed, of those that were asked for.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub printed: u32,
    /// Where it waits on paper and what became of it there, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pickup: Option<PickupView>,
}

/// How a document on paper waits for the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PickupView {
    /// Where.
    #[serde(rename = "at")]
    pub place: Agency,
    /// Until when; after that it may be discarded.
    #[serde(rename = "until", with = "micros::due")]
    pub collect_until: Due,
    /// When it was collected.
    #[serde(
        rename = "collected",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub collected_at: Option<Timestamp>,
    /// When it was discarded.
    #[serde(
        rename = "discarded",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub discarded_at: Option<Timestamp>,
}

/// Why a register gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SourceFailureView {
    /// Why.
    pub reason: Text,
    /// When it will be asked again, if it will.
    #[serde(
        rename = "retry",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_at: Option<Timestamp>,
}

/// How a document can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ProofView {
    /// By this number.
    pub number: VerificationNumber,
    /// Up to the end of this day in Seoul.
    #[serde(rename = "until")]
    pub verifiable_until: Date,
}

/// What whoever asks about a document is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentVerdict {
    /// It was issued, and can be relied on.
    Genuine,
    /// It was issued, and the days on which it can be verified are over.
    Expired,
    /// It was issued, and taken back.
    Revoked,
    /// No such document was issued.
    Unknown,
}

impl DocumentView {
    pub(super) fn requested(attempt: u32, request: &Requested) -> Self {
        Self {
            attempt,
            status: IssuanceStatus::Requested,
            document_type: request.document_type.clone(),
            copies: request.copies,
            attempts: 0,
            failure: None,
            issued_at: None,
            proof: None,
            revoked_at: None,
            printed: 0,
            pickup: None,
        }
    }

    /// Follows an event that led to `status`.
    pub(super) fn follow(
        &mut self,
        event: &IssuanceEvent,
        status: IssuanceStatus,
        occurred_at: Timestamp,
    ) {
        use IssuanceEvent as Event;
        self.status = status;
        match event {
            Event::SourceDataRequested(source) => {
                self.attempts = source.attempt;
                self.failure = None;
            }
            Event::SourceDataFailed(failed) => {
                self.failure = Some(SourceFailureView {
                    reason: failed.reason.clone(),
                    retry_at: failed.retry_at,
                });
            }
            Event::DocumentIssued(document) => self.issue(document),
            Event::ResultEnteredManually(_) => self.issued_at = Some(occurred_at),
            Event::DocumentRevoked(_) => self.revoked_at = Some(occurred_at),
            Event::DocumentPrinted(printed) => {
                self.printed = self.printed.saturating_add(printed.copies.into());
            }
            Event::DocumentReadyForPickup(ready) => {
                self.pickup = Some(PickupView {
                    place: ready.place.clone(),
                    collect_until: ready.collect_until,
                    collected_at: None,
                    discarded_at: None,
                });
            }
            Event::DocumentCollected(collected) => {
                if let Some(pickup) = &mut self.pickup {
                    pickup.collected_at = Some(collected.collected_at);
                }
            }
            Event::DocumentDiscarded(discarded) => {
                if let Some(pickup) = &mut self.pickup {
                    pickup.discarded_at = Some(discarded.discarded_at);
                }
            }
            Event::Requested(_)
            | Event::IdentityVerified(_)
            | Event::FeeAssessed(_)
            | Event::FeePaid(_)
            | Event::FeeWaived(_)
            | Event::FeeRefunded(_)
            | Event::SourceDataRetrieved(_)
            | Event::DocumentViewed(_)
            | Event::DocumentDelivered(_)
            | Event::DocumentVerified(_)
            | Event::VerificationExpired(_)
            | Event::Cancelled(_)
            | Event::Failed(_) => {}
        }
    }

    fn issue(&mut self, document: &DocumentIssued) {
        self.document_type.clone_from(&document.document_type);
        self.copies = document.copies;
        self.failure = None;
        self.issued_at = Some(document.issued_at);
        self.proof = Some(ProofView {
            number: document.verification_number,
            verifiable_until: document.verifiable_until,
        });
    }

    /// The verification number as lists show it: nobody can verify with it.
    #[must_use]
    pub fn masked_number(&self) -> Option<String> {
        self.proof.map(|proof| proof.number.masked())
    }

    /// What is said on a day in Seoul about the document with this number.
    pub(super) fn verdict(&self, number: VerificationNumber, on: Date) -> Option<DocumentVerdict> {
        use IssuanceStatus as Status;
        let proof = self.proof.filter(|proof| proof.number == number)?;
        Some(match self.status {
            // Nobody holds a paper that was discarded: whoever shows one shows a copy.
            Status::Revoked | Status::Discarded => DocumentVerdict::Revoked,
            Status::Expired => DocumentVerdict::Expired,
            Status::Issued | Status::ReadyForPickup if on <= proof.verifiable_until => {
                DocumentVerdict::Genuine
            }
            Status::Issued | Status::ReadyForPickup => DocumentVerdict::Expired,
            Status::Requested
            | Status::Authorized
            | Status::Generating
            | Status::Cancelled
            | Status::Failed => DocumentVerdict::Unknown,
        })
    }
}
