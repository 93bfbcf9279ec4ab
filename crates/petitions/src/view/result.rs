//! The answer to whoever asks where a petition stands.

pub(super) mod json;
mod lines;

pub(crate) use lines::RESULT_FORMS;

use crate::PetitionId;
use minwon_core::{ActorId, Timestamp, in_seoul};
use serde::Serialize;

use super::{
    document::{DocumentView, PickupView},
    parts::{DecisionView, EndView, ObjectionView, SupplementView},
    petition::PetitionView,
    remaining::{ClockStop, Remaining},
};
use crate::{
    application::{ApplicationStatus, Case, GrantedExtension},
    calendar::{Calendar, CalendarError},
    category::{Category, PetitionKind},
    date::Date,
    due::Due,
    issuance::IssuanceStatus,
    period::Period,
    text::{Agency, Department, DocumentType, PetitionType, ReceiptNumber},
};

/// The answer to a petitioner about a petition: its status, who works on it, how much time that may
/// take, and the outcome. It names only the officer, by an id; a number by which a document can be
/// verified is masked. It serialises as it is; `docs/schema/answers.json` in the repository is the
/// schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PetitionResult {
    /// Its id.
    pub id: PetitionId,
    /// The category of the petition.
    pub category: Category,
    /// The petition type.
    pub petition_type: PetitionType,
    /// Its kind.
    pub kind: PetitionKind,
    /// Where it stands.
    pub status: ApplicationStatus,
    /// The agency that has it.
    pub agency: Agency,
    /// The officer in charge; none before it was assigned.
    pub officer: Option<ActorId>,
    /// When it reached the agency's window.
    #[serde(serialize_with = "in_seoul::instant")]
    pub submitted_at: Timestamp,
    /// The consequences of its receipt; none before that.
    pub receipt: Option<ReceiptResult>,
    /// The numbers of earlier receipts, which transfers to other agencies ended, the oldest first. It
    /// goes on under the number of `receipt`, or waits for one from `agency`.
    pub former_numbers: Vec<ReceiptNumber>,
    /// The time that is left of its period at the time of the question; none before it was
    /// received, and after it was refused or has ended.
    ///
    /// An error where the calendar does not cover it; the rest of the answer does not depend on it.
    #[serde(serialize_with = "json::left")]
    pub remaining: Result<Option<Remaining>, CalendarError>,
    /// The stop of its clock.
    pub stop: Option<ClockStop>,
    /// The extensions of its period, in their order.
    #[serde(serialize_with = "json::extensions")]
    pub extensions: Vec<GrantedExtension>,
    /// The request for a supplement that the petitioner has not answered yet.
    pub supplement: Option<SupplementView>,
    /// How many notices of the progress were sent.
    pub notices: u32,
    /// When the last of them was sent.
    #[serde(serialize_with = "in_seoul::option")]
    pub noticed_at: Option<Timestamp>,
    /// How it was decided.
    pub decision: Option<DecisionView>,
    /// When the petitioner was notified of that.
    #[serde(serialize_with = "in_seoul::option")]
    pub notified_at: Option<Timestamp>,
    /// Until when an objection may be filed; none where there is nothing to object to.
    #[serde(serialize_with = "json::until_option")]
    pub may_object_until: Option<Due>,
    /// The petitioner's last objection.
    pub objection: Option<ObjectionView>,
    /// How it ended.
    pub end: Option<EndView>,
    /// The attempts to issue a document for it, in their order.
    pub documents: Vec<DocumentSummary>,
}

/// The consequences of a petition's receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReceiptResult {
    /// The number it was received under.
    pub number: ReceiptNumber,
    /// The responsible department.
    pub department: Department,
    /// When.
    #[serde(serialize_with = "in_seoul::instant")]
    pub received_at: Timestamp,
    /// The processing period.
    pub period: Period,
    /// Until when it has to be completed, as far as is known now.
    #[serde(serialize_with = "json::until")]
    pub due: Due,
    /// Since when it is on record that an earlier due, or this one, was missed.
    #[serde(serialize_with = "in_seoul::option")]
    pub missed_at: Option<Timestamp>,
}

/// A document of a petition, without what only its holder may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DocumentSummary {
    /// The kind of document.
    pub document_type: DocumentType,
    /// Where its issuance stands.
    pub status: IssuanceStatus,
    /// When it was issued, or its result entered by hand.
    #[serde(serialize_with = "in_seoul::option")]
    pub issued_at: Option<Timestamp>,
    /// Its verification number, masked.
    pub masked_number: Option<String>,
    /// Up to the end of this day in Seoul it can be verified.
    pub verifiable_until: Option<Date>,
    /// Where it waits on paper, and what became of it there; none where it does not.
    pub pickup: Option<PickupView>,
}

impl PetitionView {
    /// Returns the answer to the petitioner at `now`; none where only documents are known.
    #[must_use]
    pub fn result(&self, calendar: &Calendar, now: Timestamp) -> Option<PetitionResult> {
        let filed = self.filed()?;
        let (filing, case) = (&filed.filing, filed.case.as_ref());
        let progress = case.and_then(|case| case.progress.as_ref());
        Some(PetitionResult {
            id: self.id.clone(),
            category: self.category,
            petition_type: filing.petition_type.clone(),
            kind: filing.kind,
            status: filed.status(),
            agency: filing.agency.clone(),
            officer: filed.officer().cloned(),
            submitted_at: filing.submitted_at,
            receipt: case.map(ReceiptResult::from),
            former_numbers: filed.former_numbers.clone(),
            remaining: filed.remaining(calendar, now),
            stop: filed.clock_stop(),
            extensions: case.map_or(Vec::new(), |case| case.clock.extensions().to_vec()),
            supplement: filed.supplement().map(SupplementView::from),
            notices: case.map_or(0, Case::notices),
            noticed_at: progress.map(|notice| notice.notified_at),
            decision: filed.decision().map(DecisionView::from),
            notified_at: filed.result_notice().map(|notice| notice.notified_at),
            may_object_until: filed.may_object_until(),
            objection: ObjectionView::last(filed),
            end: self.ended_at.map(|at| EndView::of(filed, at)),
            documents: self.documents().map(DocumentSummary::from).collect(),
        })
    }
}

impl From<&Case> for ReceiptResult {
    fn from(case: &Case) -> Self {
        Self {
            number: case.receipt.receipt_number.clone(),
            department: case.department().clone(),
            received_at: case.receipt.received_at,
            period: case.receipt.period,
            due: case.due,
            missed_at: case.missed_at(),
        }
    }
}

impl From<DocumentView> for DocumentSummary {
    fn from(document: DocumentView) -> Self {
        Self {
            masked_number: document.masked_number(),
            document_type: document.document_type,
            status: document.status,
            issued_at: document.issued_at,
            verifiable_until: document.proof.map(|proof| proof.verifiable_until),
            pickup: document.pickup,
        }
    }
}
