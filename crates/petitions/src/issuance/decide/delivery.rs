//! How an issued document reaches the petitioner: looked at, printed, delivered.

use minwon_core::Timestamp;

use super::{Decision, Rejection, State, happened, refuse_use, unchanged};
use crate::{
    date::Date,
    issuance::{
        command::{Deliver, Delivery, Print, View},
        event::{DeliveryWay, DocumentDelivered, DocumentPrinted, DocumentViewed, Requested},
        state::{IssuanceResult, Usage},
    },
};

/// Looking at a document uses nothing up.
pub(super) fn view(state: &State, command: &View) -> Decision {
    let viewed = DocumentViewed {
        viewed_at: command.viewed_at,
    };
    let (_, usage) = in_use(state, View::WORDS, command.viewed_at)?;
    if usage.viewed.as_ref() == Some(&viewed) {
        return unchanged();
    }
    happened(viewed)
}

/// All prints together are no more than the copies that were asked and paid for.
pub(super) fn print(state: &State, command: &Print) -> Decision {
    let &Print { copies, printed_at } = command;
    let printed = DocumentPrinted { copies, printed_at };
    let (request, usage) = in_use(state, Print::WORDS, printed_at)?;
    if usage.printed.as_ref() == Some(&printed) {
        return unchanged();
    }
    let left = request.copies.saturating_sub(usage.copies_printed);
    if !(1..=left).contains(&copies) {
        return Err(Rejection::PrintsBeyondCopies {
            asked: copies,
            left,
        });
    }
    happened(printed)
}

/// As an electronic certificate, or through an agency (A14, A28-2).
pub(super) fn deliver(state: &State, command: &Deliver) -> Decision {
    let (way, agency) = match &command.to {
        Delivery::Wallet => (DeliveryWay::Wallet, None),
        Delivery::Email => (DeliveryWay::Email, None),
        Delivery::Agency(agency) => (DeliveryWay::Agency, Some(agency.clone())),
    };
    let delivered = DocumentDelivered {
        way,
        agency,
        receipt: command.receipt.clone(),
        delivered_at: command.delivered_at,
    };
    let (_, usage) = in_use(state, Deliver::WORDS, command.delivered_at)?;
    if usage.delivered.as_ref() == Some(&delivered) {
        return unchanged();
    }
    happened(delivered)
}

/// What was asked for and what was done with it, where the document may be used at `now`.
fn in_use<'s>(
    state: &'s State,
    command: &'static str,
    now: Timestamp,
) -> Result<(&'s Requested, &'s Usage), Rejection> {
    match state {
        State::Issued {
            request,
            result,
            usage,
            ..
        } => {
            check_verifiable(result, now)?;
            Ok((request, usage))
        }
        State::None
        | State::Requested { .. }
        | State::Authorized { .. }
        | State::Generating { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse_use(state, command)),
    }
}

/// Our reading: nobody is served with a document that can no longer be verified, whether that was
/// noted yet or not. Of a result entered by hand the agency knows how long it is good for.
pub(super) fn check_verifiable(result: &IssuanceResult, now: Timestamp) -> Result<(), Rejection> {
    match result {
        IssuanceResult::Document(document) if Date::in_seoul(now) > document.verifiable_until => {
            Err(Rejection::VerificationOver {
                until: document.verifiable_until,
            })
        }
        IssuanceResult::Document(_) | IssuanceResult::Manual(_) => Ok(()),
    }
}
