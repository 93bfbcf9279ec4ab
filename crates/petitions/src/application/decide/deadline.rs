//! What time brings about: a due that passes, and who is told then.

use super::{Decision, Rejection, State, happened, none_awaited, refuse, unchanged};
use crate::{
    application::{
        command::{IssueReminder, MarkDeadlineMissed, NotifyProgress},
        event::{
            DeadlineMissed, ProgressNotified, ReminderIssued, ReminderSubject, progress_notice_at,
        },
        state::{ApplicationStatus as Status, Case},
    },
    due::Due,
};

/// Only once the due has passed (A19), and once for each due.
pub(super) fn mark_missed(state: &State, command: &MarkDeadlineMissed) -> Decision {
    let &MarkDeadlineMissed { due, noted_at } = command;
    let case = at_work(state, MarkDeadlineMissed::WORDS)?;
    let present = case.due;
    if due != present {
        return Err(Rejection::OtherDue { due, present });
    }
    // Missed is missed: that it was noted at another time adds nothing.
    if due.is_noted_by(case.missed) {
        return unchanged();
    }
    if !due.is_overdue_at(noted_at) {
        return Err(Rejection::NotOverdue { due, at: noted_at });
    }
    happened(DeadlineMissed { due, noted_at })
}

/// When 30 days have passed since the receipt, and after every 30 days more (D23①, ②).
pub(super) fn notify_progress(state: &State, command: &NotifyProgress) -> Decision {
    let &NotifyProgress {
        number,
        notified_at,
    } = command;
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
        | State::Closed(_) => return Err(refuse(state, NotifyProgress::WORDS)),
    };
    // The petitioner has been told.
    if (1..=case.notices).contains(&number) {
        return unchanged();
    }
    let next = case.next_notice();
    if number != next {
        return Err(Rejection::WrongNotice { number, next });
    }
    let earliest = progress_notice_at(case.receipt.received_at, number);
    if notified_at < earliest {
        return Err(Rejection::NoticeTooEarly {
            number,
            notified_at,
            earliest,
        });
    }
    happened(ProgressNotified {
        number,
        notified_at,
    })
}

/// Of each request for a supplement the petitioner is reminded once; of each due of the petition
/// the responsible department is (D28②).
pub(super) fn issue_reminder(state: &State, command: &IssueReminder) -> Decision {
    let &IssueReminder { about, issued_at } = command;
    let (due, is_reminded) = match about {
        ReminderSubject::SupplementOverdue => supplement_due(state)?,
        ReminderSubject::PetitionOverdue => {
            let case = at_work(state, IssueReminder::WORDS)?;
            (case.due, case.reminded == Some(case.due))
        }
    };
    if is_reminded {
        return unchanged();
    }
    if !due.is_overdue_at(issued_at) {
        return Err(Rejection::NotOverdue { due, at: issued_at });
    }
    happened(ReminderIssued { about, issued_at })
}

/// Until when the petitioner has to supply what is missing, and whether they were reminded of that.
fn supplement_due(state: &State) -> Result<(Due, bool), Rejection> {
    match state {
        State::AwaitingSupplement { supplement, .. } => Ok((supplement.due, supplement.reminded)),
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
        | State::Closed(_) => Err(refuse(state, IssueReminder::WORDS)),
    }
}

/// The petition that an agency can be late with: it is received, neither refused nor completed, and
/// its clock runs (D20).
fn at_work<'s>(state: &'s State, command: &'static str) -> Result<&'s Case, Rejection> {
    match state {
        State::Received(case) | State::InReview(case) | State::Approved { case, .. } => Ok(case),
        State::None
        | State::Submitted(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, command)),
    }
}
