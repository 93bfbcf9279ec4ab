//! Where a petition stands.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::{
    Approved, ClericalErrorCorrected, ClosedAsExempt, ClosedAsRepeated, ClosedUncollected,
    Completed, ConsultationReplied, ConsultationRequested, MergedInto, Modified, Received,
    Rejected, Submitted, SupplementRequested, TransferredToAgency, Withdrawn,
};
use crate::{
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
        /// What was asked.
        request: SupplementRequested,
        /// Whether the petitioner was reminded of it.
        reminded: bool,
    },
    /// Granted.
    Approved {
        /// The petition.
        case: Case,
        /// The decision.
        approval: Approved,
    },
    /// Refused.
    Rejected {
        /// The petition.
        case: Case,
        /// The decision.
        refusal: Rejected,
    },
    /// The end, after a decision or an answer.
    Completed(Completed),
    /// The end, at the petitioner's wish.
    Withdrawn(Withdrawn),
    /// The end without a decision, or with a document that nobody collected.
    Closed(Closing),
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
    /// When it reached the window of that agency.
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
    /// The due that was noted as missed.
    pub missed: Option<Due>,
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
    /// What was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ConsultationReplied>,
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
            missed: None,
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
            reply: None,
        });
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

words! {
    /// Where a petition stands, in one word: for read models, and for facts that are looked up.
    ///
    /// `Suspended`, `UnderObjection` and `Returned` have no state yet: no command leads there.
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
            Self::Approved { .. } => ApplicationStatus::Approved,
            Self::Rejected { .. } => ApplicationStatus::Rejected,
            Self::Completed(_) => ApplicationStatus::Completed,
            Self::Withdrawn(_) => ApplicationStatus::Withdrawn,
            Self::Closed(_) => ApplicationStatus::Closed,
        })
    }
}
