//! Where a petition stands.

use serde::{Deserialize, Serialize};

use super::event::{
    Approved, Completed, Received, Rejected, Submitted, SupplementRequested, Withdrawn,
};
use crate::{
    category::{PetitionKind, ServiceType},
    due::Due,
    text::ApplicantId,
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
}

/// What matters about a filed petition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filing {
    /// Who petitions.
    pub applicant: ApplicantId,
    /// How it is served.
    pub service: ServiceType,
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
}

impl From<&Submitted> for Filing {
    fn from(submitted: &Submitted) -> Self {
        Self {
            applicant: submitted.applicant.clone(),
            service: submitted.service,
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
    /// `Suspended`, `UnderObjection`, `Returned` and `Closed` have no state yet: no command leads
    /// there.
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
        })
    }
}
