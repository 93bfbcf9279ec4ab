//! What comes before a document: request and authorisation.

use super::{Decision, Event, Rejection, State, Status, happened, refuse, unchanged};
use crate::{
    application::ApplicationStatus,
    category::Category,
    issuance::{
        command::{
            AssessFee, Authorize, COPIES_MAX, FeeSettlement, PayFee, Request, VerifyIdentity,
            WaiveFee,
        },
        event::{FeeAssessed, FeePaid, FeeWaived, IdentityVerified, Requested, Won},
        state::Settlement,
    },
};

/// One attempt, for one request. What is bound to a deadline is issued for an approved petition
/// only.
pub(super) fn request(own: Category, state: &State, command: &Request) -> Decision {
    let requested = Requested {
        service: command.basis.service(),
        applicant: command.applicant.clone(),
        document_type: command.document_type.clone(),
        copies: command.copies,
        fee: command.fee,
    };
    let (request, status) = match state {
        State::None => {
            check_request(own, command)?;
            return happened(requested);
        }
        State::Requested { request, .. } => (request, Status::Requested),
        State::Authorized { request, .. } => (request, Status::Authorized),
        State::Generating { request, .. } => (request, Status::Generating),
        State::Issued { request, .. } => (request, Status::Issued),
        State::ReadyForPickup { request, .. } => (request, Status::ReadyForPickup),
        State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => return Err(refuse(state, Request::WORDS)),
    };
    if *request == requested {
        return unchanged();
    }
    Err(Rejection::AlreadyRequested { status })
}

fn check_request(own: Category, command: &Request) -> Result<(), Rejection> {
    if command.category != own {
        return Err(Rejection::ForeignCategory {
            asked: command.category,
            own,
        });
    }
    if !(1..=COPIES_MAX).contains(&command.copies) {
        return Err(Rejection::Copies {
            copies: command.copies,
        });
    }
    match command.basis.application() {
        None | Some(ApplicationStatus::Approved) => Ok(()),
        Some(status) => Err(Rejection::ApplicationNotApproved { status }),
    }
}

/// The petitioner may prove who they are until the fee is settled; the newest proof counts.
pub(super) fn verify_identity(state: &State, command: &VerifyIdentity) -> Decision {
    let verified = IdentityVerified {
        method: command.identity,
        evidence: command.evidence.clone(),
    };
    match state {
        State::Requested {
            identity: Some(before),
            ..
        } if *before == verified => unchanged(),
        State::Requested { .. } => happened(verified),
        State::Authorized { identity, .. } | State::Generating { identity, .. } => {
            unchanged_if(*identity == verified)
        }
        State::None
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, VerifyIdentity::WORDS)),
    }
}

/// A fee is assessed anew until it is settled, and not after.
pub(super) fn assess_fee(state: &State, command: &AssessFee) -> Decision {
    let fee = FeeAssessed {
        amount: command.amount,
        ground: command.ground.clone(),
    };
    match state {
        State::Requested {
            assessed: Some(before),
            ..
        } if *before == fee => unchanged(),
        State::Requested { .. } => happened(fee),
        State::Authorized { .. } | State::Generating { .. } => Err(Rejection::AlreadyAuthorized),
        State::None
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, AssessFee::WORDS)),
    }
}

/// The amount is the assessed one (A29), and is paid once.
pub(super) fn pay_fee(state: &State, command: &PayFee) -> Decision {
    let paid = FeeSettlement::Paid {
        amount: command.amount,
        payment: command.payment.clone(),
    };
    settle_fee(state, PayFee::WORDS, &paid)
}

/// Waived are fees of those whom the law favours, for example (A11②, A12-2⑤).
pub(super) fn waive_fee(state: &State, command: &WaiveFee) -> Decision {
    let waived = FeeSettlement::Waived {
        ground: command.ground.clone(),
    };
    settle_fee(state, WaiveFee::WORDS, &waived)
}

/// The fee is settled once, by whoever has proved who they are.
fn settle_fee(state: &State, command: &'static str, fee: &FeeSettlement) -> Decision {
    match state {
        State::Requested { identity: None, .. } => Err(Rejection::IdentityNotVerified { command }),
        State::Requested {
            request, assessed, ..
        } => settle(assessed_fee(request, assessed.as_ref()), fee).map(|it| vec![it.into()]),
        State::Authorized { settlement, .. } | State::Generating { settlement, .. } => {
            unchanged_if(settle(settlement.amount(), fee).as_ref() == Ok(settlement))
        }
        State::None
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, command)),
    }
}

/// Identity and fee in one step; each has its event.
pub(super) fn authorize(state: &State, command: &Authorize) -> Decision {
    let verified = IdentityVerified {
        method: command.identity,
        evidence: command.evidence.clone(),
    };
    match state {
        State::Requested {
            request,
            identity,
            assessed,
        } => {
            let fee = assessed_fee(request, assessed.as_ref());
            let settled = Event::from(settle(fee, &command.fee)?);
            // Who has proved it in just this way need not do it again.
            let is_new = identity.as_ref() != Some(&verified);
            let identity = is_new.then(|| verified.into());
            Ok(identity.into_iter().chain([settled]).collect())
        }
        State::Authorized {
            identity,
            settlement,
            ..
        }
        | State::Generating {
            identity,
            settlement,
            ..
        } => unchanged_if(
            *identity == verified
                && settle(settlement.amount(), &command.fee).as_ref() == Ok(settlement),
        ),
        State::None
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, Authorize::WORDS)),
    }
}

fn unchanged_if(is_same: bool) -> Decision {
    if is_same {
        unchanged()
    } else {
        Err(Rejection::AlreadyAuthorized)
    }
}

/// The fee of the last assessment, else that of the request.
fn assessed_fee(request: &Requested, assessed: Option<&FeeAssessed>) -> Won {
    assessed.map_or(request.fee, |assessed| assessed.amount)
}

impl From<Settlement> for Event {
    fn from(settlement: Settlement) -> Self {
        match settlement {
            Settlement::Paid(paid) => paid.into(),
            Settlement::Waived(waived) => waived.into(),
        }
    }
}

fn settle(assessed: Won, fee: &FeeSettlement) -> Result<Settlement, Rejection> {
    match fee {
        FeeSettlement::Waived { ground } => Ok(Settlement::Waived(FeeWaived {
            amount: assessed,
            ground: ground.clone(),
        })),
        FeeSettlement::Paid { amount, .. } if *amount != assessed => Err(Rejection::WrongAmount {
            assessed,
            paid: *amount,
        }),
        // A payment of 0 would have to be refunded as 0 one day.
        FeeSettlement::Paid { .. } if assessed == Won::ZERO => Err(Rejection::NothingToPay),
        FeeSettlement::Paid { amount, payment } => Ok(Settlement::Paid(FeePaid {
            amount: *amount,
            payment: payment.clone(),
        })),
    }
}
