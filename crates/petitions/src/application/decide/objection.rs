//! The refusal told to the petitioner, and the objection to it (이의신청, A35, D40).

use minwon_core::Timestamp;

use super::{
    Decision, Rejection, State, check_applicant, check_attachments, check_reasons, counted,
    happened, refuse, run_on, unchanged,
};
use crate::{
    application::{
        command::{
            DismissObjection, ExtendObjectionDecision, FileObjection, NotifyResult, UpholdObjection,
        },
        event::{
            ObjectionDecisionExtended, ObjectionDismissed, ObjectionFiled, ObjectionUpheld,
            ResultNotified,
        },
        state::{ApplicationStatus as Status, Case, Completion, OpenObjection},
    },
    calendar::{Calendar, CalendarError},
    category::PetitionKind,
    date::Date,
    due::Due,
    statute::{extended_objection_decision_due, objection_decision_due, objection_due},
};

/// Of a refused statutory petition, the 60 days to object begin (A35①).
pub(super) fn notify_result(
    calendar: &Calendar,
    state: &State,
    command: &NotifyResult,
) -> Decision {
    let State::Rejected { case, notice, .. } = state else {
        return Err(refuse(state, NotifyResult::WORDS));
    };
    if let Some(notice) = notice {
        if notice.notified_at == command.notified_at {
            return unchanged();
        }
        let notified_at = notice.notified_at;
        return Err(Rejection::ResultTold { notified_at });
    }
    let objection = if may_be_objected_to(case) {
        let due = objection_due(Date::in_seoul(command.notified_at), calendar)?;
        Some(counted(due, calendar))
    } else {
        None
    };
    happened(ResultNotified {
        officer: command.officer.clone(),
        notified_at: command.notified_at,
        objection,
    })
}

/// Only the refusal of a statutory petition is objected to (A35①).
fn may_be_objected_to(case: &Case) -> bool {
    case.receipt.kind == PetitionKind::Statutory
}

/// Within 60 days of the notice (A35①). Before the refusal was told they have not begun, so it
/// cannot be too late: our reading.
pub(super) fn file(calendar: &Calendar, state: &State, command: &FileObjection) -> Decision {
    let (case, notice) = match state {
        State::Rejected { case, notice, .. } => (case, notice),
        State::UnderObjection { objection, .. } if is_on_record(objection, command) => {
            return unchanged();
        }
        State::None
        | State::Submitted(_)
        | State::Received(_)
        | State::InReview(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Approved { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => return Err(refuse(state, FileObjection::WORDS)),
    };
    if !may_be_objected_to(case) {
        let kind = case.receipt.kind;
        return Err(Rejection::NotStatutory { kind });
    }
    check_applicant(&case.filing.applicant, &command.by, FileObjection::WORDS)?;
    let due = match notice {
        Some(notice) => time_to_object(calendar, notice)?,
        None => None,
    };
    if let Some(due) = due
        && due.is_overdue_at(command.filed_at)
    {
        let at = command.filed_at;
        return Err(Rejection::ObjectionTooLate { due, at });
    }
    check_attachments(&command.attachments)?;
    let due = objection_decision_due(Date::in_seoul(command.filed_at), calendar)?;
    happened(ObjectionFiled {
        by: command.by.clone(),
        grounds: command.grounds.clone(),
        attachments: command.attachments.clone(),
        filed_at: command.filed_at,
        deadline: counted(due, calendar),
    })
}

/// Until when the petitioner may object: as was told, or longer where the last day was designated
/// a holiday since (Civil Act 161). Nobody loses a day that was told.
fn time_to_object(
    calendar: &Calendar,
    notice: &ResultNotified,
) -> Result<Option<Due>, CalendarError> {
    let Some(told) = &notice.objection else {
        return Ok(None);
    };
    let now = objection_due(Date::in_seoul(notice.notified_at), calendar)?;
    let is_longer = now.last_instant() > told.due.last_instant();
    Ok(Some(if is_longer { now } else { told.due }))
}

fn is_on_record(objection: &OpenObjection, command: &FileObjection) -> bool {
    let filed = &objection.filed;
    filed.by == command.by
        && filed.grounds == command.grounds
        && filed.attachments == command.attachments
        && filed.filed_at == command.filed_at
}

/// Once, by at most 10 days, while the time to decide runs (A35②).
pub(super) fn extend(
    calendar: &Calendar,
    state: &State,
    command: &ExtendObjectionDecision,
) -> Decision {
    let (_, objection) = open(state, ExtendObjectionDecision::WORDS)?;
    let &ExtendObjectionDecision {
        by, extended_at, ..
    } = command;
    if let Some(extension) = &objection.extension {
        if extension.by == by && extension.extended_at == extended_at {
            return unchanged();
        }
        return Err(Rejection::ObjectionDecisionExtended);
    }
    let due = objection.due;
    if due.is_overdue_at(extended_at) {
        return Err(Rejection::PeriodOver {
            due,
            at: extended_at,
        });
    }
    let extended = extended_objection_decision_due(due.day(), by, calendar)?;
    happened(ObjectionDecisionExtended {
        by,
        reason: command.reason.clone(),
        deadline: counted(extended, calendar),
        officer: command.officer.clone(),
        extended_at,
    })
}

/// The refusal falls, and the petition is examined anew. Also after the time to decide is over: no
/// article lets an objection lapse.
pub(super) fn uphold(calendar: &Calendar, state: &State, command: &UpholdObjection) -> Decision {
    let (case, _) = open(state, UpholdObjection::WORDS)?;
    check_reasons(UpholdObjection::WORDS, &command.reasons)?;
    happened(ObjectionUpheld {
        officer: command.officer.clone(),
        reasons: command.reasons.clone(),
        upheld_at: command.upheld_at,
        deadline: run_on(calendar, case, command.upheld_at)?,
    })
}

/// The refusal stands, and the petition is completed. Appeal and lawsuit remain open (A35③).
pub(super) fn dismiss(state: &State, command: &DismissObjection) -> Decision {
    let dismissed = ObjectionDismissed {
        officer: command.officer.clone(),
        reasons: command.reasons.clone(),
        dismissed_at: command.dismissed_at,
    };
    if matches!(state, State::Completed(Completion::ObjectionDismissed(before)) if *before == dismissed)
    {
        return unchanged();
    }
    open(state, DismissObjection::WORDS)?;
    check_reasons(DismissObjection::WORDS, &command.reasons)?;
    happened(dismissed)
}

/// The objection that is not decided.
fn open<'s>(
    state: &'s State,
    command: &'static str,
) -> Result<(&'s Case, &'s OpenObjection), Rejection> {
    match state {
        State::UnderObjection { case, objection } => Ok((case, objection)),
        State::Received(_) => Err(no_objection(Status::Received)),
        State::InReview(_) => Err(no_objection(Status::InReview)),
        State::AwaitingSupplement { .. } => Err(no_objection(Status::AwaitingSupplement)),
        State::Suspended { .. } => Err(no_objection(Status::Suspended)),
        State::Approved { .. } => Err(no_objection(Status::Approved)),
        State::Rejected { .. } => Err(no_objection(Status::Rejected)),
        State::None
        | State::Submitted(_)
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, command)),
    }
}

fn no_objection(status: Status) -> Rejection {
    Rejection::NoObjection { status }
}

/// A refused statutory petition is completed once 60 days have passed in which nobody objected
/// (A35①). Of one that was imported as refused we do not know how that was told, and refuse
/// nothing.
pub(super) fn check_time_to_object_is_over(
    calendar: &Calendar,
    case: &Case,
    notice: Option<&ResultNotified>,
    at: Timestamp,
) -> Result<(), Rejection> {
    let Some(notice) = notice else {
        if may_be_objected_to(case) && case.is_counted() {
            return Err(Rejection::ResultNotTold);
        }
        return Ok(());
    };
    match time_to_object(calendar, notice)? {
        Some(due) if !due.is_overdue_at(at) => Err(Rejection::MayStillObject { due, at }),
        _ => Ok(()),
    }
}
