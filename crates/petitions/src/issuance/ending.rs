//! How an issuance ends: failed, cancelled, revoked.

use serde::{Deserialize, Serialize};

use super::{
    Attempt, AttemptStage as Stage, FeeRefunded, Issuance, IssuanceEvent as Event,
    IssuanceRejection as Rejection, IssuanceState as State, IssuanceStatus as Status, Settlement,
    rule::{Decision, at, happened, refuse, unchanged},
};
use crate::{
    chapter::{Happening, Rule},
    notice::{NoticeContent, NoticeField, NoticeKind},
    text::{Agency, Text},
    words::words,
};

/// The end, and what was paid given back.
fn ended(end: impl Into<Event>, attempt: &Attempt) -> Decision {
    // The end first: no later decision can then refund a second time, even on a history cut short.
    let end = std::iter::once(end.into());
    Ok(end.chain(refund(attempt).map(Event::from)).collect())
}

fn refund(attempt: &Attempt) -> Option<FeeRefunded> {
    match &attempt.settlement {
        Some(Settlement::Paid(paid)) => Some(FeeRefunded {
            amount: paid.amount,
            payment: paid.payment.clone(),
        }),
        _ => None,
    }
}

/// Gives up an attempt, for example since the register does not answer. A fee paid is refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fail {
    /// Why.
    pub reason: Text,
}

/// The attempt was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    /// Why.
    pub reason: Text,
}

/// Given up before there is a document, and what was paid given back. Our addition to the table:
/// also before identity and fee are settled, so that none is left open for good.
impl Rule<Issuance> for Fail {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let failed = Failed {
            reason: self.reason.clone(),
        };
        if matches!(state.stage(), Some(Stage::Failed(before)) if **before == failed) {
            return unchanged();
        }
        ended(failed, at(state, Status::UNDER_WAY, Self::WORDS)?)
    }
}

impl Happening<State> for Failed {
    fn apply(&self, state: &mut State) -> bool {
        let end = Stage::Failed(Box::new(self.clone()));
        state.go(Status::UNDER_WAY, end)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::IssuanceFailed.with(NoticeField::Reason, &self.reason))
    }
}

/// Calls an attempt off before the document is being made. A fee paid is refunded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cancel {
    /// Why.
    pub reason: Text,
}

/// The attempt was called off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancelled {
    /// Why.
    pub reason: Text,
}

/// Called off before the document is being made, and what was paid given back. Where the register
/// has been asked, whoever makes the document does not look back.
impl Rule<Issuance> for Cancel {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let cancelled = Cancelled {
            reason: self.reason.clone(),
        };
        if matches!(state.stage(), Some(Stage::Cancelled(before)) if **before == cancelled) {
            return unchanged();
        }
        ended(cancelled, at(state, Status::BEFORE_MAKING, Self::WORDS)?)
    }
}

impl Happening<State> for Cancelled {
    fn apply(&self, state: &mut State) -> bool {
        let end = Stage::Cancelled(Box::new(self.clone()));
        state.go(Status::BEFORE_MAKING, end)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::IssuanceCancelled.with(NoticeField::Reason, &self.reason))
    }
}

/// Takes an issued document back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revoke {
    /// Who has the power to.
    pub authority: Agency,
    /// Why.
    pub reason: Text,
    /// The consequence for a fee that was paid.
    pub fee: FeeConsequence,
}

words! {
    /// The consequence for a paid fee when the document is taken back.
    pub enum FeeConsequence("consequence for the fee") {
        /// The agency keeps it.
        Kept = "kept",
        /// It is given back.
        Refunded = "refunded",
    }
}

/// The document was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentRevoked {
    /// Who had the power to.
    pub authority: Agency,
    /// Why.
    pub reason: Text,
}

/// An authority takes an issued document back, says why, and what becomes of the fee.
impl Rule<Issuance> for Revoke {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let revoked = DocumentRevoked {
            authority: self.authority.clone(),
            reason: self.reason.clone(),
        };
        if let Some(attempt) = state.at(Status::OUT) {
            return match self.fee {
                FeeConsequence::Kept => happened(revoked),
                FeeConsequence::Refunded => ended(revoked, attempt),
            };
        }
        if let Some(attempt) = state.attempt()
            && matches!(&attempt.stage, Stage::Revoked(before) if **before == revoked)
            && attempt.refunded == self.gives_back(attempt)
        {
            return unchanged();
        }
        if state.at(Status::BEFORE_MAKING).is_some() {
            return Err(Rejection::NotIssued {
                command: Self::WORDS,
            });
        }
        Err(refuse(state, Self::WORDS))
    }
}

impl Revoke {
    /// Returns whether there is anything to give back, and it is given back.
    fn gives_back(&self, attempt: &Attempt) -> bool {
        self.fee == FeeConsequence::Refunded && refund(attempt).is_some()
    }
}

impl Happening<State> for DocumentRevoked {
    fn apply(&self, state: &mut State) -> bool {
        let end = Stage::Revoked(Box::new(self.clone()));
        state.go(Status::OUT, end)
    }

    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::DocumentRevoked.with(NoticeField::Authority, &self.authority);
        Some(notice.with(NoticeField::Reason, &self.reason))
    }
}
