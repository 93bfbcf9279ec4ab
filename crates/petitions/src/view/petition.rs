//! A petition as it is shown.

use minwon_core::{PetitionId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    document::{DocumentVerdict, DocumentView},
    micros,
    timeline::{Step, Timeline},
};
use crate::{
    application::{
        ApplicationStatus, Completed, CompletionOutcome, Received, Submitted, SupplementRequested,
    },
    catalogue::ApplicationEvent,
    category::{Category, PetitionKind, ServiceType},
    date::Date,
    due::Due,
    text::{Agency, ApplicantId, Department, PetitionType, ReceiptNumber, Text},
    verification_number::VerificationNumber,
};

/// All that is shown of a petition: where it stands, what happened to it, and its documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PetitionView {
    /// Its id.
    pub id: PetitionId,
    /// What it is about.
    pub category: Category,
    /// The petition itself; none where only events of its documents were folded.
    #[serde(rename = "filed", default, skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationView>,
    /// The attempts to issue a document for it, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<DocumentView>,
    /// What happened and when.
    #[serde(rename = "log")]
    pub timeline: Timeline,
}

/// What was filed, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ApplicationView {
    /// Where it stands.
    pub status: ApplicationStatus,
    /// How it is served.
    pub service: ServiceType,
    /// Its kind: as declared, then as the agency found it.
    pub kind: PetitionKind,
    /// What is petitioned for.
    #[serde(rename = "type")]
    pub petition_type: PetitionType,
    /// Who petitions.
    #[serde(rename = "by")]
    pub applicant: ApplicantId,
    /// The agency addressed.
    pub agency: Agency,
    /// When it reached the agency's window.
    #[serde(rename = "at", with = "micros")]
    pub submitted_at: Timestamp,
    /// What it was received as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptView>,
    /// What the petitioner was asked for and has not supplied yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement: Option<SupplementView>,
    /// When it was noted that the due was missed.
    #[serde(
        rename = "missed",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub missed_at: Option<Timestamp>,
    /// How many notices of the progress the petitioner was sent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub notices: u32,
    /// How it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionView>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<EndView>,
}

/// How a petition was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ReceiptView {
    /// The number it was received under.
    pub number: ReceiptNumber,
    /// The responsible department.
    #[serde(rename = "dept")]
    pub department: Department,
    /// When.
    #[serde(rename = "at", with = "micros")]
    pub received_at: Timestamp,
    /// Until when it has to be completed.
    #[serde(with = "micros::due")]
    pub due: Due,
}

/// What a petitioner was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SupplementView {
    /// What is missing.
    pub items: Vec<Text>,
    /// Until when it has to be supplied.
    #[serde(with = "micros::due")]
    pub due: Due,
    /// When the petitioner was reminded of it.
    #[serde(
        rename = "reminded",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub reminded_at: Option<Timestamp>,
}

/// How a petition was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
#[non_exhaustive]
pub enum DecisionView {
    /// Granted.
    Approved {
        /// Conditions it was granted under.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        conditions: Vec<Text>,
    },
    /// Refused.
    Rejected {
        /// Why.
        reasons: Vec<Text>,
        /// What the petitioner can do against it.
        remedies: Vec<Text>,
    },
}

/// How a petition ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EndView {
    /// When.
    #[serde(with = "micros")]
    pub at: Timestamp,
    /// With what outcome; none where the petitioner took it back, or it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CompletionOutcome>,
    /// What the petitioner was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Text>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
pub(super) fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl PetitionView {
    pub(super) fn new(id: PetitionId, category: Category) -> Self {
        Self {
            id,
            category,
            application: None,
            documents: Vec::new(),
            timeline: Timeline::default(),
        }
    }

    /// Where the petition stands; none where nothing is known but its documents.
    #[must_use]
    pub fn status(&self) -> Option<ApplicationStatus> {
        self.application.as_ref().map(|filed| filed.status)
    }

    /// What happened last.
    #[must_use]
    pub fn last_step(&self) -> Option<&Step> {
        self.timeline.steps().last()
    }

    /// The document with this verification number.
    #[must_use]
    pub fn document(&self, number: VerificationNumber) -> Option<&DocumentView> {
        let has_number =
            |document: &&DocumentView| document.proof.is_some_and(|proof| proof.number == number);
        self.documents.iter().find(has_number)
    }

    /// What is said about the document with this number to whoever asks on a day in Seoul.
    ///
    /// Two documents should never share a number. Where they do, the worse is said.
    #[must_use]
    pub fn verify(&self, number: VerificationNumber, on: Date) -> DocumentVerdict {
        self.documents
            .iter()
            .filter_map(|document| document.verdict(number, on))
            .max()
            .unwrap_or(DocumentVerdict::Unknown)
    }
}

impl ApplicationView {
    pub(super) fn submitted(submitted: &Submitted) -> Self {
        Self {
            status: ApplicationStatus::Submitted,
            service: submitted.service,
            kind: submitted.kind,
            petition_type: submitted.petition_type.clone(),
            applicant: submitted.applicant.clone(),
            agency: submitted.agency.clone(),
            submitted_at: submitted.submitted_at,
            receipt: None,
            supplement: None,
            missed_at: None,
            notices: 0,
            decision: None,
            end: None,
        }
    }

    /// Until when it has to be completed; none before it was received.
    #[must_use]
    pub fn due(&self) -> Option<Due> {
        self.receipt.as_ref().map(|receipt| receipt.due)
    }

    /// Follows an event that led to `status`.
    pub(super) fn follow(
        &mut self,
        event: &ApplicationEvent,
        status: ApplicationStatus,
        occurred_at: Timestamp,
    ) {
        use ApplicationEvent as Event;
        self.status = status;
        match event {
            Event::Submitted(_)
            | Event::ProgressRecorded(_)
            | Event::ReceiptSlipIssued(_)
            | Event::ClericalErrorCorrected(_)
            | Event::Assigned(_)
            | Event::Reassigned(_)
            | Event::ConsultationRequested(_)
            | Event::ConsultationReplied(_)
            | Event::Modified(_) => {}
            Event::TransferredToDepartment(transfer) => {
                if let Some(receipt) = &mut self.receipt {
                    receipt.department = transfer.to.clone();
                }
            }
            // It will be received anew, under another number.
            Event::TransferredToAgency(transfer) => {
                self.agency = transfer.to.clone();
                self.receipt = None;
                self.missed_at = None;
                self.notices = 0;
            }
            Event::Received(received) => self.receive(received),
            Event::SupplementRequested(request) => self.supplement = Some(request.into()),
            Event::Supplemented(_) => self.supplement = None,
            Event::DeadlineMissed(missed) => self.missed_at = Some(missed.noted_at),
            Event::ProgressNotified(notice) => self.notices = notice.number,
            Event::ReminderIssued(reminder) => {
                if let Some(supplement) = &mut self.supplement {
                    supplement.reminded_at = Some(reminder.issued_at);
                }
            }
            Event::Approved(approved) => {
                self.decision = Some(DecisionView::Approved {
                    conditions: approved.conditions.clone(),
                });
            }
            Event::Rejected(rejected) => {
                self.decision = Some(DecisionView::Rejected {
                    reasons: rejected.reasons.clone(),
                    remedies: rejected.remedies.clone(),
                });
            }
            Event::Withdrawn(_)
            | Event::MergedInto(_)
            | Event::ClosedAsRepeated(_)
            | Event::ClosedAsExempt(_)
            | Event::ClosedUncollected(_) => self.end(EndView::without_outcome(occurred_at)),
            Event::Completed(completed) => self.end(EndView::completed(completed, occurred_at)),
        }
    }

    fn receive(&mut self, received: &Received) {
        self.kind = received.kind;
        self.receipt = Some(ReceiptView {
            number: received.receipt_number.clone(),
            department: received.department.clone(),
            received_at: received.received_at,
            due: received.due,
        });
    }

    fn end(&mut self, end: EndView) {
        self.supplement = None;
        self.end = Some(end);
    }
}

impl From<&SupplementRequested> for SupplementView {
    fn from(request: &SupplementRequested) -> Self {
        Self {
            items: request.items.clone(),
            due: request.due,
            reminded_at: None,
        }
    }
}

impl EndView {
    const fn without_outcome(at: Timestamp) -> Self {
        Self {
            at,
            outcome: None,
            answer: None,
        }
    }

    fn completed(completed: &Completed, at: Timestamp) -> Self {
        Self {
            at,
            outcome: Some(completed.outcome),
            answer: completed.answer.clone(),
        }
    }
}
