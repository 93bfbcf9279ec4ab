//! Where a petition stands.

use serde::{Deserialize, Serialize};

use minwon_core::Timestamp;

use super::{
    clock::{Clock, moved_due},
    event::{
        Approved, ClockSuspended, Completed, CompletionOutcome, DeemedWithdrawn, DueBasis,
        ObjectionDecisionExtended, ObjectionDismissed, ObjectionFiled, Received, Rejected,
        ResultNotified, Returned, Submitted, SupplementPeriodExtended, SupplementRequested,
        SupplementRerequested, Withdrawn,
    },
};
use crate::{
    catalogue::ApplicationEvent as Event,
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
}

/// How a petition was completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Completion {
    /// After a decision or an answer.
    Completed(Completed),
    /// The refusal stands.
    ObjectionDismissed(ObjectionDismissed),
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
    /// When it reached the window of the agency that is addressed now.
    pub submitted_at: Timestamp,
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
    /// How many notices of the progress were sent.
    pub notices: u32,
}

impl From<&Submitted> for Filing {
    fn from(submitted: &Submitted) -> Self {
        Self {
            applicant: submitted.applicant.clone(),
            service: submitted.service,
            submitted_at: submitted.submitted_at,
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
            notices: 0,
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
    /// `Closed` has no state yet: no command leads there.
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
        })
    }
}
