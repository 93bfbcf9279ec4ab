//! What time brings about: a due that passes, and what the petitioner is told then.

use super::{Decision, Rejection, State, happened, none_awaited, refuse, unchanged};
use crate::application::{
    command::{IssueReminder, MarkDeadlineMissed, NotifyProgress},
    event::{
        DeadlineMissed, ProgressNotified, ReminderIssued, ReminderSubject, progress_notice_at,
    },
    state::ApplicationStatus as Status,
};

pub(super) fn mark_missed(state: &State, command: &MarkDeadlineMissed) -> Decision {
    let &MarkDeadlineMissed { due, noted_at } = command;
    let case = match state {
        State::Received(case) | State::InReview(case) | State::Approved { case, .. } => case,
        State::None
        | State::Submitted(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => return Err(refuse(state, MarkDeadlineMissed::WORDS)),
    };
    let present = case.due;
    if due != present {
        return Err(Rejection::OtherDue { due, present });
    }
    // Missed is missed: that it was noted at another time adds nothing.
    if case.missed == Some(due) {
        return unchanged();
    }
    if !due.is_overdue_at(noted_at) {
        return Err(Rejection::NotOverdue { due, at: noted_at });
    }
    happened(DeadlineMissed { due, noted_at })
}

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

pub(super) fn issue_reminder(state: &State, command: &IssueReminder) -> Decision {
    let &IssueReminder { about, issued_at } = command;
    let due = match (state, about) {
        (State::AwaitingSupplement { supplement, .. }, ReminderSubject::SupplementOverdue) => {
            if supplement.reminded {
                return unchanged();
            }
            supplement.due
        }
        (State::Received(_), ReminderSubject::SupplementOverdue) => {
            return Err(none_awaited(Status::Received));
        }
        (State::InReview(_), ReminderSubject::SupplementOverdue) => {
            return Err(none_awaited(Status::InReview));
        }
        (State::Suspended { .. }, ReminderSubject::SupplementOverdue) => {
            return Err(none_awaited(Status::Suspended));
        }
        (
            State::None
            | State::Submitted(_)
            | State::Approved { .. }
            | State::Rejected { .. }
            | State::UnderObjection { .. }
            | State::Completed(_)
            | State::Returned(_)
            | State::Withdrawn(_)
            | State::Closed(_),
            _,
        ) => return Err(refuse(state, IssueReminder::WORDS)),
    };
    if !due.is_overdue_at(issued_at) {
        return Err(Rejection::NotOverdue { due, at: issued_at });
    }
    happened(ReminderIssued { about, issued_at })
}
