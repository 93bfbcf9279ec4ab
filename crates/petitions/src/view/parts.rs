//! Parts of the answer to a petitioner.

use minwon_core::{Timestamp, in_seoul};
use serde::Serialize;

use super::result::json::until;
use crate::{
    application::{
        Application, Completion, CompletionOutcome, Decision, ObjectionOutcome, OpenSupplement,
        Stage,
    },
    due::Due,
    text::Text,
};

/// A request for a supplement, as a view shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SupplementView {
    /// The missing items.
    pub items: Vec<Text>,
    /// When the request was sent.
    #[serde(serialize_with = "in_seoul::instant")]
    pub requested_at: Timestamp,
    /// Until when it has to be supplied.
    #[serde(serialize_with = "until")]
    pub due: Due,
    /// When the petitioner was reminded of it.
    #[serde(serialize_with = "in_seoul::option")]
    pub reminded_at: Option<Timestamp>,
    /// How often the petitioner was given longer.
    pub extensions: u32,
    /// Whether the petitioner was asked once more.
    pub again: bool,
    /// How often a request did not reach the petitioner.
    pub undelivered: u32,
}

/// An objection, and how it was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ObjectionView {
    /// When it was received.
    #[serde(serialize_with = "in_seoul::instant")]
    pub filed_at: Timestamp,
    /// Until when it has to be decided.
    #[serde(serialize_with = "until")]
    pub due: Due,
    /// Whether that was extended.
    pub extended: bool,
    /// How it was decided.
    pub decision: Option<ObjectionDecisionView>,
}

/// How an objection was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ObjectionDecisionView {
    /// How.
    pub outcome: ObjectionOutcome,
    /// When.
    #[serde(serialize_with = "in_seoul::instant")]
    pub at: Timestamp,
}

/// How a petition was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DecisionView {
    /// Granted.
    Approved {
        /// Conditions it was granted under.
        conditions: Vec<Text>,
    },
    /// Refused.
    Rejected {
        /// Why.
        reasons: Vec<Text>,
        /// The remedies that the petitioner has against it.
        remedies: Vec<Text>,
    },
}

/// How a petition ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EndView {
    /// When.
    #[serde(serialize_with = "in_seoul::instant")]
    pub at: Timestamp,
    /// With what outcome; none where the petitioner took it back, or it was closed.
    pub outcome: Option<CompletionOutcome>,
    /// The answer to the petitioner.
    pub answer: Option<Text>,
}

impl From<&OpenSupplement> for SupplementView {
    fn from(open: &OpenSupplement) -> Self {
        Self {
            items: open.request.items.clone(),
            requested_at: open.request.requested_at,
            due: open.due,
            reminded_at: open.reminded_at,
            extensions: u32::try_from(open.extensions.len()).unwrap_or(u32::MAX),
            again: open.again.is_some(),
            undelivered: open.undelivered,
        }
    }
}

impl From<&Decision> for DecisionView {
    fn from(decision: &Decision) -> Self {
        match decision {
            Decision::Approved(approved) => Self::Approved {
                conditions: approved.conditions.clone(),
            },
            Decision::Rejected(rejected) => Self::Rejected {
                reasons: rejected.reasons.clone(),
                remedies: rejected.remedies.clone(),
            },
        }
    }
}

impl ObjectionView {
    /// The petitioner's last objection.
    pub(super) fn last(filed: &Application) -> Option<Self> {
        if let Stage::UnderObjection(open) = &filed.stage {
            return Some(Self {
                filed_at: open.filed.filed_at,
                due: open.due,
                extended: open.extension.is_some(),
                decision: None,
            });
        }
        let decided = filed.decided_objection.as_ref()?;
        Some(Self {
            filed_at: decided.filed.filed_at,
            due: decided.due,
            extended: decided.extended,
            decision: Some(ObjectionDecisionView {
                outcome: decided.outcome,
                at: decided.decided_at,
            }),
        })
    }
}

impl EndView {
    pub(super) fn of(filed: &Application, at: Timestamp) -> Self {
        let (outcome, answer) = match &filed.stage {
            Stage::Completed(end) => match &**end {
                Completion::Completed(completed) => {
                    (Some(completed.outcome), completed.answer.clone())
                }
                Completion::ObjectionDismissed(_) => (Some(end.outcome()), None),
            },
            _ => (None, None),
        };
        Self {
            at,
            outcome,
            answer,
        }
    }
}
