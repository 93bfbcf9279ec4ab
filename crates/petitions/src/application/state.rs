//! Where a petition stands.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    clock::{Clock, moved_due},
    event::{
        Approved, ClericalErrorCorrected, ClockSuspended, ClosedAsExempt, ClosedAsRepeated,
        ClosedUncollected, Completed, CompletionOutcome, ConsultationExtended, ConsultationReplied,
        ConsultationRequested, DeemedWithdrawn, DueBasis, MergedInto, Modified,
        ObjectionDecisionExtended, ObjectionDismissed, ObjectionFiled, Received, Rejected,
        ResultNotified, Returned, Submitted, SupplementPeriodExtended, SupplementRequested,
        SupplementRerequested, TransferredToAgency, Withdrawn,
    },
};
use crate::{
    catalogue::ApplicationEvent as Event,
    category::{PetitionKind, ServiceType},
    channel::Channel,
    due::Due,
    text::{Agency, ApplicantId, Department},
    words::words,
};

/// Where a petition stands, with all that a decision needs to know about it.
///
/// The event that led to a state is kept where a repeated command is recognised by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApplicationState {
    /// Nothing has happened.
    None,
    /// Filed.
    Submitted(Filing),
    /// Taken in.
    Received(Case),
    /// Being examined.
    InReview(Case),
    /// The petitioner was asked for what is missing.
    AwaitingSupplement {
        /// The petition.
        case: Case,
        /// What was asked, and what became of it.
        supplement: OpenSupplement,
    },
    /// The clock stands still on a ground that the law lists.
    Suspended {
        /// The petition.
        case: Case,
        /// Why and since when.
        suspension: ClockSuspended,
    },
    /// Granted.
    Approved {
        /// The petition.
        case: Case,
        /// The decision.
        approval: Approved,
        /// How the petitioner was told of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        notice: Option<ResultNotified>,
    },
    /// Refused.
    Rejected {
        /// The petition.
        case: Case,
        /// The decision.
        refusal: Rejected,
        /// How the petitioner was told of it.
        notice: Option<ResultNotified>,
    },
    /// The petitioner objects to the refusal.
    UnderObjection {
        /// The petition.
        case: Case,
        /// The objection, and what became of it.
        objection: OpenObjection,
    },
    /// The end, after a decision or an answer.
    Completed(Completion),
    /// The end: sent back, since what was missing was not supplied.
    Returned(Returned),
    /// The end, at the petitioner's wish or as if.
    Withdrawn(Withdrawal),
    /// The end without a decision, or with a document that nobody collected.
    Closed(Closing),
}

/// How a petition was completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Completion {
    /// After a decision or an answer.
    Completed(Completed),
    /// The refusal stands.
    ObjectionDismissed(ObjectionDismissed),
}

/// On what a petition was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closing {
    /// It is handled under another petition (D6⑦).
    Merged(MergedInto),
    /// It repeats what was answered before (A23).
    Repeated(ClosedAsRepeated),
    /// The law exempts it from being handled (A21).
    Exempt(ClosedAsExempt),
    /// Nobody collected its document (D25④).
    Uncollected(ClosedUncollected),
}

/// How a petition was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Withdrawal {
    /// By the petitioner.
    Declared(Withdrawn),
    /// By nobody: the petitioner could not be reached (D25②).
    Deemed(DeemedWithdrawn),
}

/// A supplement that is awaited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSupplement {
    /// What was asked.
    pub request: SupplementRequested,
    /// Until when it has to be supplied now.
    pub due: Due,
    /// The extensions that the petitioner got.
    pub extensions: Vec<SupplementPeriodExtended>,
    /// What was asked once more.
    pub again: Option<SupplementRerequested>,
    /// How often a request did not reach the petitioner.
    pub undelivered: u32,
    /// Whether the petitioner was reminded of the latest request.
    pub reminded: bool,
}

/// An objection that is not decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenObjection {
    /// What was filed.
    pub filed: ObjectionFiled,
    /// Until when it has to be decided now.
    pub due: Due,
    /// The extension of that.
    pub extension: Option<ObjectionDecisionExtended>,
}

/// What matters about a filed petition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// Who petitions.
    pub applicant: ApplicantId,
    /// How it is served.
    pub service: ServiceType,
    /// How it was filed.
    pub channel: Channel,
    /// The agency that has it.
    pub agency: Agency,
    /// When it reached the window of the agency that is addressed now.
    pub submitted_at: Timestamp,
    /// The transfer that brought it there, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfer: Option<TransferredToAgency>,
    /// The last correction of a clerical error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction: Option<ClericalErrorCorrected>,
    /// The petitioner's last modification.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modification: Option<Modified>,
}

/// A received petition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// What was filed.
    pub filing: Filing,
    /// What was received.
    pub receipt: Received,
    /// Until when it has to be completed now.
    pub due: Due,
    /// What moves that.
    pub clock: Clock,
    /// The due that was noted as missed.
    pub missed: Option<Due>,
    /// The due of which the responsible department was reminded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<Due>,
    /// How many notices of the progress were sent.
    pub notices: u32,
    /// The responsible department (처리주무부서): that of the receipt, or the last one that the
    /// petition was transferred to.
    pub department: Department,
    /// The officer in charge (담당자); none before it was assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<ActorId>,
    /// When the petitioner was given a receipt slip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slip_issued_at: Option<Timestamp>,
    /// What other agencies were asked, the last question to each; at most
    /// [`CONSULTATIONS_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consultations: Vec<Consultation>,
}

/// Most agencies that are consulted about one petition.
pub const CONSULTATIONS_MAX: usize = 20;

/// A question to another agency (A20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consultation {
    /// What was asked.
    pub request: ConsultationRequested,
    /// How it was given longer to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<ConsultationExtended>,
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ConsultationReplied>,
}

impl Consultation {
    /// Until when the answer is wanted now.
    #[must_use]
    pub fn answer_due(&self) -> Due {
        let extended = self.extension.as_ref();
        extended.map_or(self.request.answer_due, |extension| extension.answer_due)
    }
}

impl From<&Submitted> for Filing {
    fn from(submitted: &Submitted) -> Self {
        Self {
            applicant: submitted.applicant.clone(),
            service: submitted.service,
            channel: submitted.channel.clone(),
            agency: submitted.agency.clone(),
            submitted_at: submitted.submitted_at,
            transfer: None,
            correction: None,
            modification: None,
        }
    }
}

impl Filing {
    /// What lies at the window of the agency that `transfer` leads to.
    pub(super) fn transferred(self, transfer: &TransferredToAgency) -> Self {
        Self {
            agency: transfer.to.clone(),
            submitted_at: transfer.transferred_at,
            transfer: Some(transfer.clone()),
            ..self
        }
    }
}

impl Case {
    pub(super) fn received(filing: Filing, receipt: &Received) -> Self {
        Self {
            filing,
            receipt: receipt.clone(),
            due: receipt.due,
            clock: Clock::default(),
            missed: None,
            reminded: None,
            notices: 0,
            department: receipt.department.clone(),
            officer: None,
            slip_issued_at: None,
            consultations: Vec::new(),
        }
    }

    /// The last question to this agency.
    pub(super) fn consultation(&self, agency: &Agency) -> Option<&Consultation> {
        let is_with = |consultation: &&Consultation| consultation.request.agency == *agency;
        self.consultations.iter().find(is_with)
    }

    /// Keeps a question to an agency in place of the one before.
    pub(super) fn consult(&mut self, request: &ConsultationRequested) {
        self.consultations
            .retain(|consultation| consultation.request.agency != request.agency);
        self.consultations.push(Consultation {
            request: request.clone(),
            extension: None,
            reply: None,
        });
    }

    /// Keeps that an agency has longer to answer; the first time counts.
    pub(super) fn extend_consultation(&mut self, extended: &ConsultationExtended) {
        let asked = self
            .consultations
            .iter_mut()
            .find(|consultation| consultation.request.agency == extended.agency);
        if let Some(consultation) = asked {
            consultation
                .extension
                .get_or_insert_with(|| extended.clone());
        }
    }

    /// Keeps an agency's answer beside the question.
    pub(super) fn reply(&mut self, reply: &ConsultationReplied) {
        let asked = self
            .consultations
            .iter_mut()
            .find(|consultation| consultation.request.agency == reply.agency);
        if let Some(consultation) = asked {
            consultation.reply = Some(reply.clone());
        }
    }

    /// Follows an event that happened to it.
    pub(super) fn follow(&mut self, event: &Event) {
        self.clock.follow(event);
        if let Some(moved) = moved_due(event) {
            self.due = moved.due;
        }
    }

    /// The same petition after an event.
    pub(super) fn after(mut self, event: &Event) -> Self {
        self.follow(event);
        self
    }

    /// Whether its due follows from the statute; of what was imported it does not.
    pub(super) fn is_counted(&self) -> bool {
        self.receipt.basis == DueBasis::Statute
    }

    /// The number of the progress notice that comes next.
    pub(super) const fn next_notice(&self) -> u32 {
        self.notices.saturating_add(1)
    }

    /// Whether it may be approved without a recorded step of review: what is issued at once, and
    /// what is dealt with at once (D16).
    pub(super) fn is_decided_at_once(&self) -> bool {
        self.filing.service == ServiceType::InstantIssuance
            || self.receipt.kind == PetitionKind::Other
    }
}

impl Completion {
    /// How it ended.
    #[must_use]
    pub const fn outcome(&self) -> CompletionOutcome {
        match self {
            Self::Completed(completed) => completed.outcome,
            Self::ObjectionDismissed(_) => CompletionOutcome::Refused,
        }
    }
}

impl OpenSupplement {
    pub(super) fn requested(request: &SupplementRequested) -> Self {
        Self {
            request: request.clone(),
            due: request.due,
            extensions: Vec::new(),
            again: None,
            undelivered: 0,
            reminded: false,
        }
    }

    /// The number of the attempt to reach the petitioner that may fail next.
    pub(super) const fn next_attempt(&self) -> u32 {
        self.undelivered.saturating_add(1)
    }
}

impl OpenObjection {
    pub(super) fn filed(filed: &ObjectionFiled) -> Self {
        Self {
            filed: filed.clone(),
            due: filed.deadline.due,
            extension: None,
        }
    }
}

words! {
    /// Where a petition stands, in one word: for read models, and for facts that are looked up.
    ///
    pub enum ApplicationStatus("status") {
        /// Filed, and not yet taken in.
        Submitted = "submitted",
        /// Taken in (접수).
        Received = "received",
        /// Being examined (처리중).
        InReview = "in-review",
        /// The petitioner was asked for what is missing (보완요청).
        AwaitingSupplement = "awaiting-supplement",
        /// The clock stands still on a ground that the law lists.
        Suspended = "suspended",
        /// Granted.
        Approved = "approved",
        /// Refused.
        Rejected = "rejected",
        /// The petitioner objects to the refusal (이의신청).
        UnderObjection = "under-objection",
        /// The end, after a decision or an answer (완료).
        Completed = "completed",
        /// The end: sent back, since what was missing was not supplied (반려).
        Returned = "returned",
        /// The end, at the petitioner's wish (취하).
        Withdrawn = "withdrawn",
        /// The end without a decision, on a ground that the law lists.
        Closed = "closed",
    }
}

impl ApplicationStatus {
    /// Whether nothing can happen to the petition any more.
    #[must_use]
    pub const fn is_end(self) -> bool {
        match self {
            Self::Completed | Self::Returned | Self::Withdrawn | Self::Closed => true,
            Self::Submitted
            | Self::Received
            | Self::InReview
            | Self::AwaitingSupplement
            | Self::Suspended
            | Self::Approved
            | Self::Rejected
            | Self::UnderObjection => false,
        }
    }
}

impl ApplicationState {
    /// Where the petition stands, in one word; none before it was submitted.
    #[must_use]
    pub const fn status(&self) -> Option<ApplicationStatus> {
        Some(match self {
            Self::None => return None,
            Self::Submitted(_) => ApplicationStatus::Submitted,
            Self::Received(_) => ApplicationStatus::Received,
            Self::InReview(_) => ApplicationStatus::InReview,
            Self::AwaitingSupplement { .. } => ApplicationStatus::AwaitingSupplement,
            Self::Suspended { .. } => ApplicationStatus::Suspended,
            Self::Approved { .. } => ApplicationStatus::Approved,
            Self::Rejected { .. } => ApplicationStatus::Rejected,
            Self::UnderObjection { .. } => ApplicationStatus::UnderObjection,
            Self::Returned(_) => ApplicationStatus::Returned,
            Self::Completed(_) => ApplicationStatus::Completed,
            Self::Withdrawn(_) => ApplicationStatus::Withdrawn,
            Self::Closed(_) => ApplicationStatus::Closed,
        })
    }
}
