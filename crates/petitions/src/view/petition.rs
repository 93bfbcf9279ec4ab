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
        ApplicationStatus, ClockSuspended, Completed, CompletionOutcome, ObjectionFiled, Received,
        ResultNotified, Submitted, SupplementRequested, moved_due,
    },
    catalogue::ApplicationEvent,
    category::{Category, PetitionKind, ServiceType},
    date::Date,
    due::Due,
    statute::SuspensionGround,
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
    /// How often its period was extended.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub extensions: u32,
    /// Why and since when its clock stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension: Option<SuspensionView>,
    /// How the petitioner was told of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<ResultNoticeView>,
    /// The objection that is not decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<ObjectionView>,
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
    /// How often the petitioner was given longer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub extensions: u32,
    /// Whether the petitioner was asked once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// How often a request did not reach the petitioner.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undelivered: u32,
}

/// Why the clock of a petition stands still.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SuspensionView {
    /// Why.
    pub ground: SuspensionGround,
    /// Since when.
    #[serde(rename = "at", with = "micros")]
    pub suspended_at: Timestamp,
}

/// How the petitioner was told of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ResultNoticeView {
    /// When.
    #[serde(rename = "at", with = "micros")]
    pub notified_at: Timestamp,
    /// Until when the petitioner may object; none where there is no objection.
    #[serde(
        rename = "object",
        with = "micros::due_option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub objection_due: Option<Due>,
}

/// An objection that is not decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ObjectionView {
    /// When it was received.
    #[serde(rename = "at", with = "micros")]
    pub filed_at: Timestamp,
    /// Until when it has to be decided.
    #[serde(with = "micros::due")]
    pub due: Due,
    /// Whether that was extended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub extended: bool,
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
            extensions: 0,
            suspension: None,
            notice: None,
            objection: None,
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
        if let Some(moved) = moved_due(event) {
            self.move_due(moved.due);
        }
        match event {
            Event::Submitted(_)
            | Event::ProgressRecorded(_)
            | Event::ReceiptSlipIssued(_)
            | Event::ClericalErrorCorrected(_)
            | Event::Assigned(_)
            | Event::Reassigned(_)
            | Event::ConsultationRequested(_)
            | Event::ConsultationReplied(_)
            | Event::ConsultationExtended(_)
            | Event::Modified(_)
            | Event::DeadlineRecalculated(_) => {}
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
            Event::SupplementPeriodExtended(_)
            | Event::SupplementRerequested(_)
            | Event::SupplementUndeliverable(_) => {
                if let Some(supplement) = &mut self.supplement {
                    supplement.follow(event);
                }
            }
            Event::Returned(returned) => self.end(EndView::without_outcome(returned.returned_at)),
            Event::DeemedWithdrawn(deemed) => self.end(EndView::without_outcome(deemed.deemed_at)),
            Event::ClockSuspended(suspended) => self.suspension = Some(suspended.into()),
            Event::ClockResumed(_) => self.suspension = None,
            Event::PeriodExtended(_) | Event::PeriodExtendedAgain(_) => self.extensions += 1,
            Event::ResultNotified(told) => self.notice = Some(told.into()),
            Event::ObjectionFiled(filed) => self.objection = Some(filed.into()),
            Event::ObjectionDecisionExtended(extended) => {
                if let Some(objection) = &mut self.objection {
                    objection.due = extended.deadline.due;
                    objection.extended = true;
                }
            }
            Event::ObjectionUpheld(_) => {
                self.objection = None;
                self.notice = None;
                self.decision = None;
            }
            Event::ObjectionDismissed(dismissed) => {
                self.end(EndView::dismissed(dismissed.dismissed_at));
            }
        }
    }

    /// Whether its period can be extended: the work on it is not done.
    pub(super) const fn is_extendable(&self) -> bool {
        use ApplicationStatus::{AwaitingSupplement, InReview, Received, Suspended};
        matches!(
            self.status,
            Received | InReview | AwaitingSupplement | Suspended
        )
    }

    /// What was missed was the due before.
    fn move_due(&mut self, due: Due) {
        if let Some(receipt) = &mut self.receipt
            && receipt.due != due
        {
            receipt.due = due;
            self.missed_at = None;
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
        self.suspension = None;
        self.objection = None;
        self.end = Some(end);
    }
}

impl From<&SupplementRequested> for SupplementView {
    fn from(request: &SupplementRequested) -> Self {
        Self {
            items: request.items.clone(),
            due: request.due,
            reminded_at: None,
            extensions: 0,
            again: false,
            undelivered: 0,
        }
    }
}

impl SupplementView {
    /// Follows an event that happened to the request.
    fn follow(&mut self, event: &ApplicationEvent) {
        match event {
            ApplicationEvent::SupplementPeriodExtended(extended) => {
                self.due = extended.deadline.due;
                self.extensions += 1;
            }
            ApplicationEvent::SupplementRerequested(again) => {
                self.due = again.deadline.due;
                self.again = true;
                self.reminded_at = None;
            }
            ApplicationEvent::SupplementUndeliverable(failed) => self.undelivered = failed.attempt,
            _ => {}
        }
    }
}

impl From<&ClockSuspended> for SuspensionView {
    fn from(suspended: &ClockSuspended) -> Self {
        Self {
            ground: suspended.ground,
            suspended_at: suspended.suspended_at,
        }
    }
}

impl From<&ResultNotified> for ResultNoticeView {
    fn from(told: &ResultNotified) -> Self {
        Self {
            notified_at: told.notified_at,
            objection_due: told.objection.as_ref().map(|objection| objection.due),
        }
    }
}

impl From<&ObjectionFiled> for ObjectionView {
    fn from(filed: &ObjectionFiled) -> Self {
        Self {
            filed_at: filed.filed_at,
            due: filed.deadline.due,
            extended: false,
        }
    }
}

impl EndView {
    /// Taken back, sent back, closed, or as if.
    const fn without_outcome(at: Timestamp) -> Self {
        Self {
            at,
            outcome: None,
            answer: None,
        }
    }

    const fn dismissed(at: Timestamp) -> Self {
        Self {
            at,
            outcome: Some(CompletionOutcome::Refused),
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
