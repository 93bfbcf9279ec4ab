//! The answer as it is serialised: names and codes, instants with Seoul's offset, no numbers by
//! which a document can be verified. `docs/schema/answers.json` is its schema.

use std::fmt::Display;

use minwon_core::{InSeoul, Timestamp};
use serde::{Serialize, Serializer};

use super::{
    ClockStop, DocumentSummary, ExtensionView, PetitionResult, PickupView, ReceiptResult,
    Remaining, SupplementView,
};
use crate::{
    due::Due,
    view::petition::{DecisionView, EndView, ObjectionView},
};

/// Whatever is written as it is displayed.
struct AsText<T>(T);

impl<T: Display> Serialize for AsText<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An instant, or a day.
#[derive(Serialize)]
#[serde(untagged)]
enum Until {
    At(InSeoul),
    On(AsText<crate::date::Date>),
}

impl From<Due> for Until {
    fn from(due: Due) -> Self {
        match due {
            Due::At(instant) => Self::At(instant.in_seoul()),
            Due::On(day) => Self::On(AsText(day)),
        }
    }
}

fn in_seoul(instant: Option<Timestamp>) -> Option<InSeoul> {
    instant.map(Timestamp::in_seoul)
}

#[derive(Serialize)]
struct Answer<'a> {
    id: AsText<&'a minwon_core::PetitionId>,
    category: &'a str,
    petition_type: &'a str,
    kind: &'a str,
    status: &'a str,
    agency: &'a str,
    officer: Option<&'a str>,
    submitted_at: InSeoul,
    receipt: Option<Receipt<'a>>,
    remaining: Option<Left>,
    stop: Option<Stop>,
    extensions: Vec<Extension<'a>>,
    supplement: Option<Supplement<'a>>,
    notices: u32,
    noticed_at: Option<InSeoul>,
    decision: Option<Decision<'a>>,
    notified_at: Option<InSeoul>,
    may_object_until: Option<Until>,
    objection: Option<Objection<'a>>,
    end: Option<End<'a>>,
    documents: Vec<Document<'a>>,
}

impl Serialize for PetitionResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let answer = Answer {
            id: AsText(&self.id),
            category: self.category.as_str(),
            petition_type: self.petition_type.as_str(),
            kind: self.kind.as_str(),
            status: self.status.as_str(),
            agency: self.agency.as_str(),
            officer: self.officer.as_ref().map(|officer| officer.as_str()),
            submitted_at: self.submitted_at.in_seoul(),
            receipt: self.receipt.as_ref().map(Receipt::of),
            remaining: match &self.remaining {
                Ok(remaining) => remaining.as_ref().map(Left::of),
                Err(_) => Some(Left::Unknown),
            },
            stop: self.stop.map(Stop::of),
            extensions: self.extensions.iter().map(Extension::of).collect(),
            supplement: self.supplement.as_ref().map(Supplement::of),
            notices: self.notices,
            noticed_at: in_seoul(self.noticed_at),
            decision: self.decision.as_ref().map(Decision::of),
            notified_at: in_seoul(self.told_at),
            may_object_until: self.may_object_until.map(Until::from),
            objection: self.objection.as_ref().map(Objection::of),
            end: self.end.as_ref().map(End::of),
            documents: self.documents.iter().map(Document::of).collect(),
        };
        answer.serialize(serializer)
    }
}

#[derive(Serialize)]
struct Receipt<'a> {
    number: &'a str,
    department: &'a str,
    received_at: InSeoul,
    period: AsText<crate::period::Period>,
    due: Until,
    missed_at: Option<InSeoul>,
}

impl<'a> Receipt<'a> {
    fn of(receipt: &'a ReceiptResult) -> Self {
        Self {
            number: receipt.number.as_str(),
            department: receipt.department.as_str(),
            received_at: receipt.received_at.in_seoul(),
            period: AsText(receipt.period),
            due: receipt.due.into(),
            missed_at: in_seoul(receipt.missed_at),
        }
    }
}

/// Working time, in seconds.
#[derive(Serialize)]
#[serde(tag = "clock", rename_all = "kebab-case")]
enum Left {
    Running {
        left_seconds: u64,
    },
    Standing {
        left_seconds: u64,
    },
    Overdue {
        by_seconds: u64,
    },
    /// The calendar does not cover it.
    Unknown,
}

impl Left {
    fn of(remaining: &Remaining) -> Self {
        match remaining {
            Remaining::Running { left } => Self::Running {
                left_seconds: left.as_secs(),
            },
            Remaining::Standing { left, .. } => Self::Standing {
                left_seconds: left.as_secs(),
            },
            Remaining::Overdue { by } => Self::Overdue {
                by_seconds: by.as_secs(),
            },
        }
    }
}

#[derive(Serialize)]
struct Stop {
    cause: AsText<crate::view::StopCause>,
    since: InSeoul,
}

impl Stop {
    const fn of(stop: ClockStop) -> Self {
        Self {
            cause: AsText(stop.cause),
            since: stop.since.in_seoul(),
        }
    }
}

#[derive(Serialize)]
struct Extension<'a> {
    by: AsText<crate::period::Period>,
    until: Until,
    ground: &'a str,
    extended_at: InSeoul,
}

impl Extension<'_> {
    fn of(extension: &ExtensionView) -> Self {
        Self {
            by: AsText(extension.by),
            until: extension.until.into(),
            ground: extension.ground.as_str(),
            extended_at: extension.extended_at.in_seoul(),
        }
    }
}

#[derive(Serialize)]
struct Supplement<'a> {
    items: &'a [crate::text::Text],
    requested_at: InSeoul,
    due: Until,
    reminded_at: Option<InSeoul>,
    extensions: u32,
    again: bool,
    undelivered: u32,
}

impl<'a> Supplement<'a> {
    fn of(supplement: &'a SupplementView) -> Self {
        Self {
            items: &supplement.items,
            requested_at: supplement.requested_at.in_seoul(),
            due: supplement.due.into(),
            reminded_at: in_seoul(supplement.reminded_at),
            extensions: supplement.extensions,
            again: supplement.again,
            undelivered: supplement.undelivered,
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
enum Decision<'a> {
    Approved {
        conditions: &'a [crate::text::Text],
    },
    Rejected {
        reasons: &'a [crate::text::Text],
        remedies: &'a [crate::text::Text],
    },
}

impl<'a> Decision<'a> {
    fn of(decision: &'a DecisionView) -> Self {
        match decision {
            DecisionView::Approved { conditions } => Self::Approved { conditions },
            DecisionView::Rejected { reasons, remedies } => Self::Rejected { reasons, remedies },
        }
    }
}

#[derive(Serialize)]
struct Objection<'a> {
    filed_at: InSeoul,
    due: Until,
    extended: bool,
    decision: Option<ObjectionDecision<'a>>,
}

#[derive(Serialize)]
struct ObjectionDecision<'a> {
    outcome: &'a str,
    at: InSeoul,
}

impl Objection<'_> {
    fn of(objection: &ObjectionView) -> Self {
        Self {
            filed_at: objection.filed_at.in_seoul(),
            due: objection.due.into(),
            extended: objection.extended,
            decision: objection.decision.map(|decision| ObjectionDecision {
                outcome: decision.outcome.as_str(),
                at: decision.at.in_seoul(),
            }),
        }
    }
}

#[derive(Serialize)]
struct End<'a> {
    at: InSeoul,
    outcome: Option<&'a str>,
    answer: Option<&'a crate::text::Text>,
}

impl<'a> End<'a> {
    fn of(end: &'a EndView) -> Self {
        Self {
            at: end.at.in_seoul(),
            outcome: end.outcome.map(|outcome| outcome.as_str()),
            answer: end.answer.as_ref(),
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    document_type: &'a str,
    status: &'a str,
    issued_at: Option<InSeoul>,
    masked_number: Option<&'a str>,
    verifiable_until: Option<AsText<crate::date::Date>>,
    pickup: Option<PickupAnswer<'a>>,
}

impl<'a> Document<'a> {
    fn of(document: &'a DocumentSummary) -> Self {
        Self {
            document_type: document.document_type.as_str(),
            status: document.status.as_str(),
            issued_at: in_seoul(document.issued_at),
            masked_number: document.masked_number.as_deref(),
            verifiable_until: document.verifiable_until.map(AsText),
            pickup: document.pickup.as_ref().map(PickupAnswer::of),
        }
    }
}

#[derive(Serialize)]
struct PickupAnswer<'a> {
    place: &'a str,
    collect_until: Until,
    collected_at: Option<InSeoul>,
    discarded_at: Option<InSeoul>,
}

impl<'a> PickupAnswer<'a> {
    fn of(pickup: &'a PickupView) -> Self {
        Self {
            place: pickup.place.as_str(),
            collect_until: pickup.collect_until.into(),
            collected_at: in_seoul(pickup.collected_at),
            discarded_at: in_seoul(pickup.discarded_at),
        }
    }
}

/// A document on paper, where something else than a [`PetitionResult`] has it: where it waits, and
/// what became of it. For `#[serde(serialize_with = …)]`.
///
/// # Errors
/// What the serializer says.
pub fn serialize_pickup<S: Serializer>(
    pickup: &Option<PickupView>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    pickup.as_ref().map(PickupAnswer::of).serialize(serializer)
}
