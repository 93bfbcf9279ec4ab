//! What a petition as it is shown is made of.

use minwon_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{super::micros, is_zero};
use crate::{
    application::{
        Clock, ClockSuspended, Completed, CompletionOutcome, DueBasis, ObjectionFiled,
        PeriodExtended, PeriodExtendedAgain, Received, ResultNotified, SupplementRequested,
    },
    catalogue::ApplicationEvent,
    due::Due,
    period::Period,
    statute::{ExtensionGround, SuspensionGround},
    text::{Department, ReceiptNumber, Text},
    words::words,
};

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
    /// The processing period.
    pub period: Period,
    /// Until when it has to be completed.
    #[serde(with = "micros::due")]
    pub due: Due,
    /// What that follows from.
    #[serde(default = "by_statute", skip_serializing_if = "is_by_statute")]
    pub basis: DueBasis,
    /// What moved the due, and what holds it up.
    #[serde(default, skip_serializing_if = "Clock::is_untouched")]
    pub(super) clock: Clock,
}

const fn by_statute() -> DueBasis {
    DueBasis::Statute
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_by_statute(basis: &DueBasis) -> bool {
    *basis == DueBasis::Statute
}

/// An extension of the processing period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ExtensionView {
    /// By how much.
    pub by: Period,
    /// Until when the petition had to be completed then; a clock that stood since moved it on.
    #[serde(with = "micros::due")]
    pub until: Due,
    /// Why.
    pub ground: ExtensionGround,
    /// When.
    #[serde(rename = "at", with = "micros")]
    pub extended_at: Timestamp,
}

/// What a petitioner was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SupplementView {
    /// What is missing.
    pub items: Vec<Text>,
    /// When the request was sent.
    #[serde(rename = "at", with = "micros")]
    pub requested_at: Timestamp,
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

/// An objection, and how it was decided.
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
    /// How it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<ObjectionDecisionView>,
}

/// How an objection was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ObjectionDecisionView {
    /// How.
    pub outcome: ObjectionOutcome,
    /// When.
    #[serde(with = "micros")]
    pub at: Timestamp,
}

words! {
    /// How an objection was decided.
    pub enum ObjectionOutcome("outcome of an objection") {
        /// It was right: the petition is examined anew.
        Upheld = "upheld",
        /// It was wrong: the refusal stands.
        Dismissed = "dismissed",
    }
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

impl From<&Received> for ReceiptView {
    fn from(received: &Received) -> Self {
        Self {
            number: received.receipt_number.clone(),
            department: received.department.clone(),
            received_at: received.received_at,
            period: received.period,
            due: received.due,
            basis: received.basis,
            clock: Clock::default(),
        }
    }
}

impl ReceiptView {
    /// What moved the due, and what holds it up.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }
}

impl From<&PeriodExtended> for ExtensionView {
    fn from(extended: &PeriodExtended) -> Self {
        Self {
            by: extended.by,
            until: extended.deadline.due,
            ground: extended.ground,
            extended_at: extended.extended_at,
        }
    }
}

impl From<&PeriodExtendedAgain> for ExtensionView {
    fn from(extended: &PeriodExtendedAgain) -> Self {
        Self {
            by: extended.by,
            until: extended.deadline.due,
            ground: extended.ground,
            extended_at: extended.extended_at,
        }
    }
}

impl From<&SupplementRequested> for SupplementView {
    fn from(request: &SupplementRequested) -> Self {
        Self {
            items: request.items.clone(),
            requested_at: request.requested_at,
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
    pub(super) fn follow(&mut self, event: &ApplicationEvent) {
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
            decision: None,
        }
    }
}

impl ObjectionView {
    pub(super) fn decide(&mut self, outcome: ObjectionOutcome, at: Timestamp) {
        self.decision = Some(ObjectionDecisionView { outcome, at });
    }
}

impl EndView {
    /// Taken back, sent back, closed, or as if.
    pub(super) const fn without_outcome(at: Timestamp) -> Self {
        Self {
            at,
            outcome: None,
            answer: None,
        }
    }

    pub(super) const fn dismissed(at: Timestamp) -> Self {
        Self {
            at,
            outcome: Some(CompletionOutcome::Refused),
            answer: None,
        }
    }

    pub(super) fn completed(completed: &Completed, at: Timestamp) -> Self {
        Self {
            at,
            outcome: Some(completed.outcome),
            answer: completed.answer.clone(),
        }
    }
}
