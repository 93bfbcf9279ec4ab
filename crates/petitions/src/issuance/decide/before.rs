//! What comes before a document: request and authorisation.

use super::{Decision, Event, Rejection, State, Status, happened, refuse, unchanged};
use crate::{
    application::ApplicationStatus,
    category::Category,
    issuance::{
        command::{Authorize, COPIES_MAX, FeeSettlement, Request},
        event::{FeePaid, FeeWaived, IdentityVerified, Requested, Won},
        state::Settlement,
    },
};

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
        State::Cancelled(_) | State::Failed(_) | State::Revoked { .. } => {
            return Err(refuse(state, Request::WORDS));
        }
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

/// Identity and fee in one step; each has its event.
pub(super) fn authorize(state: &State, command: &Authorize) -> Decision {
    let verified = IdentityVerified {
        method: command.identity,
        evidence: command.evidence.clone(),
    };
    match state {
        State::Requested { request, .. } => {
            let settled = match settle(request.fee, &command.fee)? {
                Settlement::Paid(paid) => Event::from(paid),
                Settlement::Waived(waived) => Event::from(waived),
            };
            Ok(vec![verified.into(), settled])
        }
        State::Authorized {
            request,
            identity,
            settlement,
            ..
        }
        | State::Generating {
            request,
            identity,
            settlement,
            ..
        } => {
            if *identity == verified && settle(request.fee, &command.fee).as_ref() == Ok(settlement)
            {
                return unchanged();
            }
            Err(Rejection::AlreadyAuthorized)
        }
        State::None
        | State::Issued { .. }
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. } => Err(refuse(state, Authorize::WORDS)),
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
