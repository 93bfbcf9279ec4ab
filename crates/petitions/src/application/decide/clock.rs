//! The time that an agency may take: stopped (D20), extended (D21), counted again.

use super::{Decision, Rejection, State, counted, happened, refuse, run_on, unchanged};
use crate::{
    application::{
        clock::INVESTIGATIONS_MAX,
        command::{ExtendPeriod, ExtendPeriodAgain, RecalculateDeadline, Resume, Suspend},
        event::{
            ClockResumed, ClockSuspended, CountedDue, DeadlineRecalculated, PeriodExtended,
            PeriodExtendedAgain,
        },
        state::{ApplicationStatus as Status, Case},
    },
    calendar::Calendar,
    statute::{Consent, Extension, SuspensionGround},
};

/// On a ground that the law lists, and that is one for this kind of petition (D20). An investigation
/// on the spot is extended once, by stopping the clock for it once more (D17④).
pub(super) fn suspend(state: &State, command: &Suspend) -> Decision {
    let suspended = ClockSuspended {
        ground: command.ground,
        note: command.note.clone(),
        officer: command.officer.clone(),
        suspended_at: command.suspended_at,
    };
    match state {
        State::Received(case) | State::InReview(case) => {
            let kind = case.receipt.kind;
            if !command.ground.applies_to(kind) {
                let ground = command.ground;
                return Err(Rejection::ForeignGround { ground, kind });
            }
            if command.ground == SuspensionGround::Investigation
                && case.is_counted()
                && case.clock.investigations() >= INVESTIGATIONS_MAX
            {
                return Err(Rejection::InvestigatedTwice);
            }
            happened(suspended)
        }
        State::Suspended { suspension, .. } if *suspension == suspended => unchanged(),
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
        | State::Closed(_) => Err(refuse(state, Suspend::WORDS)),
    }
}

/// The time in between is not counted (D20); what is left of the period runs on.
pub(super) fn resume(calendar: &Calendar, state: &State, command: &Resume) -> Decision {
    match state {
        State::Suspended { case, .. } => happened(ClockResumed {
            officer: command.officer.clone(),
            resumed_at: command.resumed_at,
            deadline: run_on(calendar, case, command.resumed_at)?,
        }),
        State::Received(_) => Err(not_suspended(Status::Received)),
        State::InReview(_) => Err(not_suspended(Status::InReview)),
        State::None
        | State::Submitted(_)
        | State::AwaitingSupplement { .. }
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, Resume::WORDS)),
    }
}

fn not_suspended(status: Status) -> Rejection {
    Rejection::NotSuspended { status }
}

/// Once, before the due, by no more than the original period, on an allowed ground (D21①).
pub(super) fn extend(calendar: &Calendar, state: &State, command: &ExtendPeriod) -> Decision {
    let case = extendable(state, ExtendPeriod::WORDS)?;
    let extension = Extension {
        by: command.by,
        ground: command.ground,
        extended_at: command.extended_at,
        consent: Consent::NotGiven,
    };
    if is_on_record(case, 0, &extension) {
        return unchanged();
    }
    happened(PeriodExtended {
        by: command.by,
        ground: command.ground,
        reason: command.reason.clone(),
        deadline: extended(calendar, case, &extension, ExtendPeriod::WORDS)?,
        officer: command.officer.clone(),
        extended_at: command.extended_at,
    })
}

/// A second and last time, if the petitioner agrees (D21②).
pub(super) fn extend_again(
    calendar: &Calendar,
    state: &State,
    command: &ExtendPeriodAgain,
) -> Decision {
    let case = extendable(state, ExtendPeriodAgain::WORDS)?;
    let extension = Extension {
        by: command.by,
        ground: command.ground,
        extended_at: command.extended_at,
        consent: Consent::Given,
    };
    if is_on_record(case, 1, &extension) {
        return unchanged();
    }
    if case.clock.extensions().is_empty() {
        return Err(Rejection::NotExtendedYet);
    }
    if command.consent_of != case.filing.applicant {
        return Err(Rejection::ConsentOfAnother);
    }
    happened(PeriodExtendedAgain {
        by: command.by,
        ground: command.ground,
        reason: command.reason.clone(),
        consent_of: command.consent_of.clone(),
        deadline: extended(calendar, case, &extension, ExtendPeriodAgain::WORDS)?,
        officer: command.officer.clone(),
        extended_at: command.extended_at,
    })
}

/// The petition whose period can be extended: the work on it is not done.
fn extendable<'s>(state: &'s State, command: &'static str) -> Result<&'s Case, Rejection> {
    match state {
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. } => Ok(case),
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

/// Whether the extension with this number, from 0, is the one that was granted under it.
fn is_on_record(case: &Case, number: usize, extension: &Extension) -> bool {
    let granted = case.clock.extensions().get(number);
    granted.is_some_and(|granted| {
        (granted.by, granted.ground, granted.extended_at)
            == (extension.by, extension.ground, extension.extended_at)
    })
}

/// The due after an extension that the law allows.
fn extended(
    calendar: &Calendar,
    case: &Case,
    extension: &Extension,
    command: &'static str,
) -> Result<CountedDue, Rejection> {
    if !case.is_counted() {
        return Err(Rejection::DueNotCounted { command });
    }
    let &Extension {
        by,
        ground,
        extended_at,
        ..
    } = extension;
    // A clock that stands has not run out, so what it stood for up to now does not count.
    let running = case.clock.term_at(extended_at, calendar, &case.receipt)?;
    running.extended(extension, calendar)?;
    let clock = case.clock.clone().extended(by, ground, extended_at);
    let term = clock.term(calendar, &case.receipt)?;
    Ok(counted(term.due(calendar)?, calendar))
}

/// Nothing where the due stays, as one that was only told always does.
pub(super) fn recalculate(
    calendar: &Calendar,
    state: &State,
    command: &RecalculateDeadline,
) -> Decision {
    let case = match state {
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. }
        | State::Approved { case, .. } => case,
        State::None
        | State::Submitted(_)
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => return Err(refuse(state, RecalculateDeadline::WORDS)),
    };
    if !case.is_counted() {
        return unchanged();
    }
    let due = case.clock.term(calendar, &case.receipt)?.due(calendar)?;
    if due == case.due {
        return unchanged();
    }
    happened(DeadlineRecalculated {
        deadline: counted(due, calendar),
        recalculated_at: command.recalculated_at,
    })
}
