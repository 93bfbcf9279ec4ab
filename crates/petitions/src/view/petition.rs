//! A petition as it is shown.

mod parts;

use minwon_core::{ActorId, PetitionId, Timestamp};
use serde::{Deserialize, Serialize};

pub use self::parts::{
    DecisionView, EndView, ExtensionView, ObjectionDecisionView, ObjectionOutcome, ObjectionView,
    ReceiptView, ResultNoticeView, SupplementView, SuspensionView,
};

use super::{
    document::{DocumentVerdict, DocumentView},
    micros,
    timeline::{Step, Timeline},
};
use crate::{
    application::{ApplicationStatus, Received, Submitted, moved_due},
    catalogue::ApplicationEvent,
    category::{Category, PetitionKind, ServiceType},
    date::Date,
    due::Due,
    text::{Agency, ApplicantId, PetitionType},
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
    /// The agency that has it.
    pub agency: Agency,
    /// The officer in charge (담당자); none before it was assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<ActorId>,
    /// When it reached the agency's window.
    #[serde(rename = "at", with = "micros")]
    pub submitted_at: Timestamp,
    /// What it was received as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptView>,
    /// What the petitioner was asked for and has not supplied yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplement: Option<SupplementView>,
    /// The extensions of its period, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<ExtensionView>,
    /// Why and since when its clock stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspension: Option<SuspensionView>,
    /// How the petitioner was told of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<ResultNoticeView>,
    /// The petitioner's last objection.
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
    /// When the last of them was sent.
    #[serde(
        rename = "noticed",
        with = "micros::option",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub noticed_at: Option<Timestamp>,
    /// How it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionView>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<EndView>,
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
            officer: None,
            submitted_at: submitted.submitted_at,
            receipt: None,
            supplement: None,
            extensions: Vec::new(),
            suspension: None,
            notice: None,
            objection: None,
            missed_at: None,
            notices: 0,
            noticed_at: None,
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
        // Of an approval that was told the period runs on until the work is done.
        let is_told_approval =
            matches!(event, Event::ResultNotified(_)) && self.status == ApplicationStatus::Approved;
        if let Some(receipt) = &mut self.receipt
            && !is_told_approval
        {
            receipt.clock.follow(event);
        }
        self.status = status;
        if let Some(moved) = moved_due(event) {
            self.move_due(moved.due);
        }
        match event {
            Event::Submitted(_)
            | Event::ProgressRecorded(_)
            | Event::ReceiptSlipIssued(_)
            | Event::ClericalErrorCorrected(_)
            | Event::ConsultationRequested(_)
            | Event::ConsultationReplied(_)
            | Event::ConsultationExtended(_)
            | Event::Modified(_)
            | Event::DeadlineRecalculated(_) => {}
            Event::Assigned(assigned) => self.officer = Some(assigned.officer.clone()),
            Event::Reassigned(reassigned) => self.officer = Some(reassigned.to.clone()),
            Event::TransferredToDepartment(transfer) => {
                self.officer = None;
                if let Some(receipt) = &mut self.receipt {
                    receipt.department = transfer.to.clone();
                }
            }
            // It will be received anew, under another number.
            Event::TransferredToAgency(transfer) => {
                self.agency = transfer.to.clone();
                self.receipt = None;
                self.officer = None;
                self.extensions.clear();
                self.missed_at = None;
                (self.notices, self.noticed_at) = (0, None);
            }
            Event::Received(received) => self.receive(received),
            Event::SupplementRequested(request) => self.supplement = Some(request.into()),
            Event::Supplemented(_) => self.supplement = None,
            Event::DeadlineMissed(missed) => self.missed_at = Some(missed.noted_at),
            Event::ProgressNotified(notice) => {
                self.notices = notice.number;
                self.noticed_at = Some(notice.notified_at);
            }
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
            Event::PeriodExtended(extended) => self.extensions.push(extended.into()),
            Event::PeriodExtendedAgain(extended) => self.extensions.push(extended.into()),
            Event::ResultNotified(told) => self.notice = Some(told.into()),
            Event::ObjectionFiled(filed) => self.objection = Some(filed.into()),
            Event::ObjectionDecisionExtended(extended) => {
                if let Some(objection) = &mut self.objection {
                    objection.due = extended.deadline.due;
                    objection.extended = true;
                }
            }
            Event::ObjectionUpheld(upheld) => {
                self.decide_objection(ObjectionOutcome::Upheld, upheld.upheld_at);
                self.notice = None;
                self.decision = None;
            }
            Event::ObjectionDismissed(dismissed) => {
                self.decide_objection(ObjectionOutcome::Dismissed, dismissed.dismissed_at);
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
        self.receipt = Some(received.into());
    }

    fn end(&mut self, end: EndView) {
        self.supplement = None;
        self.suspension = None;
        self.end = Some(end);
    }

    fn decide_objection(&mut self, outcome: ObjectionOutcome, at: Timestamp) {
        if let Some(objection) = &mut self.objection {
            objection.decide(outcome, at);
        }
    }
}
