//! Identity check and fee: what is completed before a document is made.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    AttemptStage as Stage, Issuance, IssuanceEvent as Event, IssuanceRejection as Rejection,
    IssuanceState as State, IssuanceStatus as Status, Settlement,
    rule::{Decision, at, happened, unchanged},
};
use crate::{
    chapter::{Happening, Rule},
    flow::Next,
    notice::{NoticeContent, NoticeField, NoticeKind},
    text::{Reference, Text},
    words::words,
};

/// An amount of money in Korean won.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Won(u32);

impl Won {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many won.
    #[must_use]
    pub const fn new(won: u32) -> Self {
        Self(won)
    }

    /// Returns the amount in won.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Won {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} won", self.0)
    }
}

words! {
    /// How a petitioner proves who they are.
    pub enum IdentityMethod("identity method") {
        /// 공동인증서.
        JointCertificate = "joint-certificate",
        /// 간편인증, through a private provider.
        SimpleAuthentication = "simple-authentication",
        /// 모바일 신분증.
        MobileIdentityCard = "mobile-identity-card",
        /// An identity card, shown to an officer.
        IdentityCard = "identity-card",
        /// A fingerprint, at a kiosk.
        Fingerprint = "fingerprint",
    }
}

/// Shows who the petitioner is. The newest proof counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyIdentity {
    /// How the petitioner proved who they are.
    pub identity: IdentityMethod,
    /// Under which id the proof is kept, if it is.
    pub evidence: Option<Reference>,
}

/// The petitioner proved who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityVerified {
    /// How.
    pub method: IdentityMethod,
    /// Under which id the proof is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Reference>,
}

/// The petitioner may prove who they are until the fee is settled; the newest proof counts.
impl Rule<Issuance> for VerifyIdentity {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let verified = IdentityVerified {
            method: self.identity,
            evidence: self.evidence.clone(),
        };
        let attempt = at(state, Status::UNDER_WAY, Self::WORDS)?;
        let is_on_record = attempt.identity.as_ref() == Some(&verified);
        match attempt.stage {
            Stage::Requested if !is_on_record => happened(verified),
            _ => unchanged_if(is_on_record),
        }
    }
}

fn unchanged_if(is_same: bool) -> Decision {
    if is_same {
        unchanged()
    } else {
        Err(Rejection::AlreadyAuthorized)
    }
}

impl Happening<State> for IdentityVerified {
    fn apply(&self, state: &mut State) -> bool {
        let Some(attempt) = state.at_mut(&[Status::Requested]) else {
            return false;
        };
        attempt.identity = Some(self.clone());
        true
    }
}

/// Assesses a fee other than the one in the request, before it is settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssessFee {
    /// How much; it may be 0.
    pub amount: Won,
    /// Why this much, for example a reduction.
    pub ground: Option<Text>,
}

/// The fee was assessed again: the amount that a payment has to be.
///
/// A request states the fee of the catalogue. This is written where another one is found to be
/// right before it is paid, for example a reduced one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeAssessed {
    /// How much. Unit: won.
    pub amount: Won,
    /// Why this much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Text>,
}

/// A fee is assessed again until it is settled, and not after.
impl Rule<Issuance> for AssessFee {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let fee = FeeAssessed {
            amount: self.amount,
            ground: self.ground.clone(),
        };
        let attempt = at(state, Status::UNDER_WAY, Self::WORDS)?;
        match attempt.stage {
            Stage::Requested if attempt.assessed.as_deref() == Some(&fee) => unchanged(),
            Stage::Requested => happened(fee),
            _ => Err(Rejection::AlreadyAuthorized),
        }
    }
}

impl Happening<State> for FeeAssessed {
    fn apply(&self, state: &mut State) -> bool {
        let Some(attempt) = state.at_mut(&[Status::Requested]) else {
            return false;
        };
        attempt.assessed = Some(Box::new(self.clone()));
        true
    }

    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::FeeAssessed.with(NoticeField::Amount, self.amount);
        Some(notice.with_some(NoticeField::Reason, self.ground.as_ref()))
    }
}

/// How the assessed fee was settled, as a command gives it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum FeeSettlement {
    /// It was paid.
    Paid {
        /// How much; it must be the assessed fee.
        amount: Won,
        /// Under which id the payment is kept.
        payment: Reference,
    },
    /// It need not be paid; also where it was assessed at 0.
    Waived {
        /// Why.
        ground: Text,
    },
}

impl FeeSettlement {
    /// Settles the assessed fee. A payment has to be of exactly this amount (A29).
    fn settle(&self, assessed: Won) -> Result<Settlement, Rejection> {
        match self {
            Self::Waived { ground } => Ok(Settlement::Waived(FeeWaived {
                amount: assessed,
                ground: ground.clone(),
            })),
            Self::Paid { amount, .. } if *amount != assessed => Err(Rejection::WrongAmount {
                assessed,
                paid: *amount,
            }),
            // A payment of 0 would later have to be refunded as 0.
            Self::Paid { .. } if assessed == Won::ZERO => Err(Rejection::NothingToPay),
            Self::Paid { amount, payment } => Ok(Settlement::Paid(FeePaid {
                amount: *amount,
                payment: payment.clone(),
            })),
        }
    }

    /// Returns whether a fee was settled just so.
    fn is_on_record(&self, settled: Option<&Settlement>) -> bool {
        settled.is_some_and(|settled| self.settle(settled.amount()).as_ref() == Ok(settled))
    }

    /// The fee is settled once, by whoever has proved who they are.
    fn decide(&self, state: &State, command: &'static str) -> Decision {
        let attempt = at(state, Status::UNDER_WAY, command)?;
        match attempt.stage {
            Stage::Requested if attempt.identity.is_none() => {
                Err(Rejection::IdentityNotVerified { command })
            }
            Stage::Requested => {
                let settled = self.settle(attempt.assessed_fee())?;
                Ok(vec![settled.into()])
            }
            _ => unchanged_if(self.is_on_record(attempt.settlement.as_ref())),
        }
    }
}

impl From<Settlement> for Event {
    fn from(settlement: Settlement) -> Self {
        match settlement {
            Settlement::Paid(paid) => paid.into(),
            Settlement::Waived(waived) => waived.into(),
        }
    }
}

impl State {
    /// Settles the fee of whoever has proved who they are; whether it did.
    fn settle(&mut self, settlement: Settlement) -> bool {
        match self.at_mut(&[Status::Requested]) {
            Some(attempt) if attempt.identity.is_some() => {
                attempt.stage = Stage::Authorized;
                attempt.settlement = Some(settlement);
                true
            }
            _ => false,
        }
    }
}

/// Pays the assessed fee, once the petitioner has proved who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PayFee {
    /// How much; it must be the assessed fee.
    pub amount: Won,
    /// Under which id the payment is kept.
    pub payment: Reference,
}

/// The assessed fee was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeePaid {
    /// How much. Unit: won.
    pub amount: Won,
    /// Under which id the payment is kept.
    pub payment: Reference,
}

/// The amount is the assessed one (A29), and is paid once.
impl Rule<Issuance> for PayFee {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let paid = FeeSettlement::Paid {
            amount: self.amount,
            payment: self.payment.clone(),
        };
        paid.decide(state, Self::WORDS)
    }
}

impl Happening<State> for FeePaid {
    fn apply(&self, state: &mut State) -> bool {
        state.settle(Settlement::Paid(self.clone()))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::FetchSource { attempt: 1 })
    }
}

/// Says that the assessed fee need not be paid; also where it is 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaiveFee {
    /// Why.
    pub ground: Text,
}

/// The assessed fee need not be paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeWaived {
    /// How much was assessed. Unit: won.
    pub amount: Won,
    /// Why it need not be paid.
    pub ground: Text,
}

/// Waived are fees of those whom the law favours, for example (A11②, A12-2⑤).
impl Rule<Issuance> for WaiveFee {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let waived = FeeSettlement::Waived {
            ground: self.ground.clone(),
        };
        waived.decide(state, Self::WORDS)
    }
}

impl Happening<State> for FeeWaived {
    fn apply(&self, state: &mut State) -> bool {
        state.settle(Settlement::Waived(self.clone()))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::FetchSource { attempt: 1 })
    }
}

/// Settles identity and fee in one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authorize {
    /// How the petitioner proved who they are.
    pub identity: IdentityMethod,
    /// Under which id the proof is kept, if it is.
    pub evidence: Option<Reference>,
    /// How the fee was settled.
    pub fee: FeeSettlement,
}

/// Identity and fee in one step; each has its event.
impl Rule<Issuance> for Authorize {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let verified = IdentityVerified {
            method: self.identity,
            evidence: self.evidence.clone(),
        };
        let attempt = at(state, Status::UNDER_WAY, Self::WORDS)?;
        let is_same = attempt.identity.as_ref() == Some(&verified);
        if attempt.stage != Stage::Requested {
            let is_settled = self.fee.is_on_record(attempt.settlement.as_ref());
            return unchanged_if(is_same && is_settled);
        }
        let settled = Event::from(self.fee.settle(attempt.assessed_fee())?);
        // Who has proved it in just this way need not do it again.
        let identity = (!is_same).then(|| verified.into());
        Ok(identity.into_iter().chain([settled]).collect())
    }
}

/// A fee paid has to be given back, since no document will be issued or the document was taken
/// back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeRefunded {
    /// How much. Unit: won.
    pub amount: Won,
    /// Under which id the payment is kept.
    pub payment: Reference,
}

/// A refund follows an end in the same append.
impl Happening<State> for FeeRefunded {
    fn apply(&self, state: &mut State) -> bool {
        let ends = &[Status::Cancelled, Status::Failed, Status::Revoked];
        let Some(attempt) = state.at_mut(ends) else {
            return false;
        };
        let is_it = matches!(&attempt.settlement, Some(Settlement::Paid(paid))
            if paid.amount == self.amount && paid.payment == self.payment);
        let is_first = is_it && !attempt.refunded;
        attempt.refunded |= is_it;
        is_first
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::FeeRefunded.with(NoticeField::Amount, self.amount))
    }
}
