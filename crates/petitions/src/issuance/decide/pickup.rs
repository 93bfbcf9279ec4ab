//! Documents on paper that wait at the agency: made ready, collected, discarded (A27④, D25④).

use super::{
    Decision, Rejection, State, delivery::check_verifiable, happened, refuse, refuse_use, unchanged,
};
use crate::{
    calendar::Calendar,
    date::Date,
    issuance::{
        command::{Collect, Discard, MakeReadyForPickup},
        event::{DocumentCollected, DocumentDiscarded, DocumentReadyForPickup},
        state::Usage,
    },
    statute,
};

/// A document on paper waits at the agency for whoever shows who they are (A27④).
pub(super) fn make_ready(
    calendar: &Calendar,
    state: &State,
    command: &MakeReadyForPickup,
) -> Decision {
    match state {
        State::Issued { usage, .. } if usage.collected.is_some() => {
            Err(Rejection::AlreadyCollected {
                command: MakeReadyForPickup::WORDS,
            })
        }
        State::Issued { result, .. } => {
            check_verifiable(result, command.ready_at)?;
            happened(ready(calendar, command)?)
        }
        State::ReadyForPickup { pickup, .. } if *pickup == ready(calendar, command)? => unchanged(),
        State::None
        | State::Requested { .. }
        | State::Authorized { .. }
        | State::Generating { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse_use(state, MakeReadyForPickup::WORDS)),
    }
}

/// The 15 days run from the expected completion. Our reading: a document that is ready later than
/// that is kept 15 days as well.
fn ready(
    calendar: &Calendar,
    command: &MakeReadyForPickup,
) -> Result<DocumentReadyForPickup, Rejection> {
    let from = command.expected_on.max(Date::in_seoul(command.ready_at));
    Ok(DocumentReadyForPickup {
        place: command.place.clone(),
        expected_on: command.expected_on,
        collect_until: statute::collection_due(from, calendar)?,
        calendar_version: calendar.version().clone(),
        ready_at: command.ready_at,
    })
}

/// The document goes to whoever has shown who they are (A27④), and goes once.
pub(super) fn collect(state: &State, command: &Collect) -> Decision {
    let collected = DocumentCollected {
        identity: command.identity,
        evidence: command.evidence.clone(),
        officer: command.officer.clone(),
        collected_at: command.collected_at,
    };
    match state {
        State::ReadyForPickup { .. } => happened(collected),
        State::Issued {
            usage: Usage {
                collected: Some(before),
                ..
            },
            ..
        } if *before == collected => unchanged(),
        State::None
        | State::Requested { .. }
        | State::Authorized { .. }
        | State::Generating { .. }
        | State::Issued { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse_pickup(state, Collect::WORDS)),
    }
}

/// A document that was not collected may be discarded when its days are over (D25④).
pub(super) fn discard(state: &State, command: &Discard) -> Decision {
    let discarded = DocumentDiscarded {
        officer: command.officer.clone(),
        discarded_at: command.discarded_at,
    };
    match state {
        State::ReadyForPickup { pickup, .. } => {
            if pickup.collect_until.is_overdue_at(command.discarded_at) {
                return happened(discarded);
            }
            Err(Rejection::KeptForPetitioner {
                until: pickup.collect_until,
            })
        }
        State::Discarded(before) if *before == discarded => unchanged(),
        State::None
        | State::Requested { .. }
        | State::Authorized { .. }
        | State::Generating { .. }
        | State::Issued { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse_pickup(state, Discard::WORDS)),
    }
}

/// Why nobody is handed a document in `state`.
fn refuse_pickup(state: &State, command: &'static str) -> Rejection {
    match state {
        State::Issued { usage, .. } if usage.collected.is_some() => {
            Rejection::AlreadyCollected { command }
        }
        State::Issued { .. }
        | State::Requested { .. }
        | State::Authorized { .. }
        | State::Generating { .. } => Rejection::NotReadyForPickup { command },
        State::None
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => refuse(state, command),
    }
}
