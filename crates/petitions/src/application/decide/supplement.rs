//! What is missing (보완): asked for, asked for again, supplied, or not (A22, D24, D25, R9).

use super::{
    Decision, Rejection, State, check_applicant, check_attachments, check_reasons, check_texts,
    counted, happened, none_awaited, refuse, run_on, unchanged,
};
use crate::{
    application::{
        UNDELIVERED_MIN,
        command::{
            DeemWithdrawn, ExtendSupplementPeriod, MarkSupplementUndeliverable, RequestSupplement,
            RerequestSupplement, Return, Supplement,
        },
        event::{
            DeemedWithdrawn, LackSeen, Returned, SupplementPeriodExtended, SupplementRequested,
            SupplementRerequested, SupplementUndeliverable, Supplemented,
        },
        state::{ApplicationStatus as Status, Case, OpenSupplement, Withdrawal},
    },
    calendar::Calendar,
    date::Date,
    statute::{
        SUPPLEMENT_EXTENSIONS_MAX, extended_supplement_due, supplement_request_due,
        supplement_rerequest_due,
    },
};

/// What is missing is asked for once it is seen (A22①), and one request at a time.
pub(super) fn request(calendar: &Calendar, state: &State, command: &RequestSupplement) -> Decision {
    let requested = SupplementRequested {
        items: command.items.clone(),
        due: command.due,
        officer: command.officer.clone(),
        requested_at: command.requested_at,
        lack: Some(command.lack),
    };
    match state {
        State::Received(case) | State::InReview(case) => {
            check_request(command)?;
            check_is_asked_in_time(calendar, case, command)?;
            happened(requested)
        }
        State::AwaitingSupplement { supplement, .. } if supplement.request == requested => {
            unchanged()
        }
        State::None
        | State::Submitted(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, RequestSupplement::WORDS)),
    }
}

fn check_request(command: &RequestSupplement) -> Result<(), Rejection> {
    if command.items.is_empty() {
        return Err(Rejection::NothingMissing);
    }
    if !command.due.is_after(command.requested_at) {
        return Err(Rejection::SupplementDueTooEarly {
            due: command.due,
            requested_at: command.requested_at,
        });
    }
    check_texts("missing items", &command.items)
}

/// Within 8 working hours of receipt, unless the lack was seen only later (R9). How it was done
/// elsewhere is not for us to refuse.
fn check_is_asked_in_time(
    calendar: &Calendar,
    case: &Case,
    command: &RequestSupplement,
) -> Result<(), Rejection> {
    if command.lack == LackSeen::Later || !case.is_counted() {
        return Ok(());
    }
    let due = supplement_request_due(case.receipt.received_at, calendar)?;
    if due.is_overdue_at(command.requested_at) {
        let at = command.requested_at;
        return Err(Rejection::SupplementRequestedLate { due, at });
    }
    Ok(())
}

/// Before the time is over, and at most twice (D24②).
pub(super) fn extend(
    calendar: &Calendar,
    state: &State,
    command: &ExtendSupplementPeriod,
) -> Decision {
    let (case, supplement) = awaited(state, ExtendSupplementPeriod::WORDS)?;
    let &ExtendSupplementPeriod {
        by, extended_at, ..
    } = command;
    let is_on_record = |extended: &SupplementPeriodExtended| {
        extended.by == by && extended.extended_at == extended_at
    };
    if supplement.extensions.iter().any(is_on_record) {
        return unchanged();
    }
    check_applicant(
        &case.filing.applicant,
        &command.asked_by,
        ExtendSupplementPeriod::WORDS,
    )?;
    if supplement.extensions.len() >= SUPPLEMENT_EXTENSIONS_MAX as usize {
        return Err(Rejection::SupplementExtendedTwice);
    }
    let due = supplement.due;
    if due.is_overdue_at(extended_at) {
        return Err(Rejection::PeriodOver {
            due,
            at: extended_at,
        });
    }
    let extended = extended_supplement_due(due.day(), by, calendar)?;
    happened(SupplementPeriodExtended {
        asked_by: command.asked_by.clone(),
        by,
        deadline: counted(extended, calendar),
        officer: command.officer.clone(),
        extended_at,
    })
}

/// When the first period is over, once, within at most 10 days (D24③).
pub(super) fn request_again(
    calendar: &Calendar,
    state: &State,
    command: &RerequestSupplement,
) -> Decision {
    let (_, supplement) = awaited(state, RerequestSupplement::WORDS)?;
    let &RerequestSupplement {
        period,
        requested_at,
        ..
    } = command;
    if let Some(again) = &supplement.again {
        if again.period == period && again.requested_at == requested_at {
            return unchanged();
        }
        return Err(Rejection::SupplementRerequested);
    }
    if !supplement.due.is_overdue_at(requested_at) {
        return Err(Rejection::NotOverdue {
            due: supplement.due,
            at: requested_at,
        });
    }
    let due = supplement_rerequest_due(Date::in_seoul(requested_at), period, calendar)?;
    happened(SupplementRerequested {
        period,
        deadline: counted(due, calendar),
        officer: command.officer.clone(),
        requested_at,
    })
}

/// The clock runs on from the day after the supplement arrived (D20①). Late is not too late
/// (A22②).
pub(super) fn supply(calendar: &Calendar, state: &State, command: &Supplement) -> Decision {
    let (case, _) = awaited(state, Supplement::WORDS)?;
    check_applicant(&case.filing.applicant, &command.by, Supplement::WORDS)?;
    check_attachments(&command.attachments)?;
    happened(Supplemented {
        by: command.by.clone(),
        supplemented_at: command.supplemented_at,
        attachments: command.attachments.clone(),
        note: command.note.clone(),
        deadline: run_on(calendar, case, command.supplemented_at)?,
    })
}

/// Each request that comes back is noted, in turn (D25②).
pub(super) fn mark_undeliverable(state: &State, command: &MarkSupplementUndeliverable) -> Decision {
    let (_, supplement) = awaited(state, MarkSupplementUndeliverable::WORDS)?;
    let number = command.attempt;
    // That it failed is known.
    if (1..=supplement.undelivered).contains(&number) {
        return unchanged();
    }
    let next = supplement.next_attempt();
    if number != next {
        return Err(Rejection::WrongAttempt { number, next });
    }
    happened(SupplementUndeliverable {
        attempt: number,
        reason: command.reason.clone(),
        noted_at: command.noted_at,
    })
}

/// Only when the period is over, with all that it was extended by, and with reasons (D25①).
pub(super) fn return_documents(state: &State, command: &Return) -> Decision {
    let returned = Returned {
        officer: command.officer.clone(),
        reasons: command.reasons.clone(),
        returned_at: command.returned_at,
    };
    if matches!(state, State::Returned(before) if *before == returned) {
        return unchanged();
    }
    let (_, supplement) = awaited(state, Return::WORDS)?;
    check_reasons(Return::WORDS, &command.reasons)?;
    if !supplement.due.is_overdue_at(command.returned_at) {
        return Err(Rejection::NotOverdue {
            due: supplement.due,
            at: command.returned_at,
        });
    }
    happened(returned)
}

/// Only when two requests did not reach the petitioner (D25②).
pub(super) fn deem_withdrawn(state: &State, command: &DeemWithdrawn) -> Decision {
    if matches!(state, State::Withdrawn(Withdrawal::Deemed(_))) {
        return unchanged();
    }
    let (_, supplement) = awaited(state, DeemWithdrawn::WORDS)?;
    if supplement.undelivered < UNDELIVERED_MIN {
        return Err(Rejection::MayBeReached {
            undelivered: supplement.undelivered,
        });
    }
    happened(DeemedWithdrawn {
        officer: command.officer.clone(),
        deemed_at: command.deemed_at,
    })
}

/// The supplement that is awaited.
fn awaited<'s>(
    state: &'s State,
    command: &'static str,
) -> Result<(&'s Case, &'s OpenSupplement), Rejection> {
    match state {
        State::AwaitingSupplement { case, supplement } => Ok((case, supplement)),
        State::Received(_) => Err(none_awaited(Status::Received)),
        State::InReview(_) => Err(none_awaited(Status::InReview)),
        State::Suspended { .. } => Err(none_awaited(Status::Suspended)),
        State::None
        | State::Submitted(_)
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, command)),
    }
}
