//! What each event changes.
//!
//! An event that no decision could have written in a state leaves that state as it is: it has
//! happened, so it cannot be refused, and nothing sensible follows from it.

mod clock;
mod objection;
mod supplement;

use super::{
    event::{ClericalErrorCorrected, Modified, ReminderSubject, Withdrawn},
    state::{
        ApplicationState as State, ApplicationStatus as Status, Case, Closing, Completion, Filing,
        Withdrawal,
    },
};
use crate::catalogue::ApplicationEvent as Event;

pub(super) fn evolve(state: State, event: &Event) -> State {
    match event {
        Event::Submitted(submitted) => match state {
            State::None => State::Submitted(Filing::from(submitted)),
            state => state,
        },
        Event::Received(receipt) => match state {
            State::Submitted(filing) => State::Received(Case::received(filing, receipt)),
            state => state,
        },
        Event::ProgressRecorded(_) => match state {
            State::Received(case) => State::InReview(case),
            state => state,
        },
        Event::SupplementRequested(request) => supplement::request(state, request, event),
        Event::SupplementPeriodExtended(extended) => supplement::extend(state, extended),
        Event::SupplementRerequested(again) => supplement::request_again(state, again),
        Event::SupplementUndeliverable(failed) => supplement::miss_petitioner(state, failed),
        Event::Supplemented(_) => supplement::supply(state, event),
        Event::ReminderIssued(reminder) => match reminder.about {
            ReminderSubject::SupplementOverdue => supplement::remind(state),
            ReminderSubject::PetitionOverdue => clock::remind(state),
        },
        Event::Returned(returned) => supplement::return_documents(state, returned),
        Event::DeemedWithdrawn(deemed) => supplement::deem_withdrawn(state, deemed),
        Event::ClockSuspended(suspension) => clock::suspend(state, suspension, event),
        Event::ClockResumed(_) => clock::resume(state, event),
        Event::PeriodExtended(_) => clock::extend(state, 0, event),
        Event::PeriodExtendedAgain(_) => clock::extend(state, 1, event),
        Event::DeadlineRecalculated(_) => clock::recalculate(state, event),
        Event::DeadlineMissed(missed) => clock::miss(state, missed),
        Event::ProgressNotified(notice) => clock::notify(state, notice),
        Event::Approved(approval) => match state {
            State::Received(case) | State::InReview(case) => State::Approved {
                case,
                approval: approval.clone(),
                notice: None,
            },
            state => state,
        },
        Event::Rejected(refusal) => match state {
            State::InReview(case) => State::Rejected {
                case,
                refusal: refusal.clone(),
                notice: None,
            },
            state => state,
        },
        Event::ResultNotified(told) => objection::notify_result(state, told, event),
        Event::ObjectionFiled(filed) => objection::file(state, filed, event),
        Event::ObjectionDecisionExtended(extended) => objection::extend(state, extended),
        Event::ObjectionUpheld(_) => objection::uphold(state, event),
        Event::ObjectionDismissed(dismissed) => objection::dismiss(state, dismissed),
        Event::Withdrawn(withdrawn) => withdraw(state, withdrawn),
        Event::Completed(completed) => match state {
            State::InReview(_) | State::Approved { .. } | State::Rejected { .. } => {
                State::Completed(Completion::Completed(completed.clone()))
            }
            state => state,
        },
        Event::ReceiptSlipIssued(slip) => of_case(state, |case| {
            case.slip_issued_at = Some(slip.issued_at);
        }),
        Event::ClericalErrorCorrected(correction) => correct(state, correction),
        Event::Assigned(assigned) => in_review(state, |case| {
            case.officer = Some(assigned.officer.clone());
        }),
        Event::Reassigned(reassigned) => in_review(state, |case| {
            case.officer = Some(reassigned.to.clone());
        }),
        Event::TransferredToDepartment(transfer) => in_review(state, |case| {
            case.department = transfer.to.clone();
            case.officer = None;
        }),
        Event::TransferredToAgency(transfer) => match state {
            State::Submitted(filing) | State::Received(Case { filing, .. }) => {
                State::Submitted(filing.transferred(transfer))
            }
            state => state,
        },
        Event::ConsultationRequested(request) => match state {
            State::InReview(_) => of_case(state, |case| case.consult(request)),
            state => state,
        },
        Event::ConsultationExtended(extended) => {
            of_case(state, |case| case.extend_consultation(extended))
        }
        Event::ConsultationReplied(reply) => of_case(state, |case| case.reply(reply)),
        Event::Modified(modified) => modify(state, modified),
        Event::MergedInto(merged) => match state {
            State::Received(_) => State::Closed(Closing::Merged(merged.clone())),
            state => state,
        },
        Event::ClosedAsRepeated(closed) => close_early(state, || Closing::Repeated(closed.clone())),
        Event::ClosedAsExempt(closed) => close_early(state, || Closing::Exempt(closed.clone())),
        Event::ClosedUncollected(closed) => match state {
            State::Approved { .. } => State::Closed(Closing::Uncollected(closed.clone())),
            state => state,
        },
    }
}

/// Changes what is kept of a petition on which work can still be done.
fn of_case(mut state: State, change: impl FnOnce(&mut Case)) -> State {
    match &mut state {
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. } => change(case),
        _ => {}
    }
    state
}

/// Takes a petition into review, or keeps it there, changed.
fn in_review(state: State, change: impl FnOnce(&mut Case)) -> State {
    match state {
        State::Received(mut case) | State::InReview(mut case) => {
            change(&mut case);
            State::InReview(case)
        }
        state => state,
    }
}

fn correct(mut state: State, correction: &ClericalErrorCorrected) -> State {
    match &mut state {
        State::Submitted(filing) | State::Received(Case { filing, .. }) => {
            filing.correction = Some(correction.clone());
        }
        _ => {}
    }
    state
}

fn modify(mut state: State, modified: &Modified) -> State {
    match &mut state {
        State::Submitted(filing)
        | State::Received(Case { filing, .. })
        | State::InReview(Case { filing, .. })
        | State::AwaitingSupplement {
            case: Case { filing, .. },
            ..
        }
        | State::Suspended {
            case: Case { filing, .. },
            ..
        } => filing.modification = Some(modified.clone()),
        _ => {}
    }
    state
}

fn close_early(state: State, closing: impl FnOnce() -> Closing) -> State {
    match state {
        State::Received(_) | State::InReview(_) => State::Closed(closing()),
        state => state,
    }
}

fn withdraw(state: State, withdrawn: &Withdrawn) -> State {
    match state {
        State::Submitted(_)
        | State::Received(_)
        | State::InReview(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. } => State::Withdrawn(Withdrawal::Declared(withdrawn.clone())),
        state => state,
    }
}

impl Status {
    /// Where a petition stands after `event`, told from where it stood before alone: for read
    /// models, which keep no state. `laws.rs` holds it against the fold above.
    #[must_use]
    pub const fn after(before: Option<Self>, event: &Event) -> Option<Self> {
        let after = match (event, before) {
            (Event::Submitted(_), None) => Self::Submitted,
            (Event::Received(_), Some(Self::Submitted)) => Self::Received,
            (Event::ProgressRecorded(_), Some(Self::Received)) => Self::InReview,
            (Event::SupplementRequested(_), Some(Self::Received | Self::InReview)) => {
                Self::AwaitingSupplement
            }
            (Event::Supplemented(_), Some(Self::AwaitingSupplement)) => Self::InReview,
            (Event::Approved(_), Some(Self::Received | Self::InReview)) => Self::Approved,
            (Event::Rejected(_), Some(Self::InReview)) => Self::Rejected,
            (
                Event::Withdrawn(_),
                Some(
                    Self::Submitted
                    | Self::Received
                    | Self::InReview
                    | Self::AwaitingSupplement
                    | Self::Suspended,
                ),
            )
            | (Event::DeemedWithdrawn(_), Some(Self::AwaitingSupplement)) => Self::Withdrawn,
            (Event::Returned(_), Some(Self::AwaitingSupplement)) => Self::Returned,
            (Event::ClockSuspended(_), Some(Self::Received | Self::InReview)) => Self::Suspended,
            (Event::ClockResumed(_), Some(Self::Suspended)) => Self::InReview,
            (Event::ObjectionFiled(_), Some(Self::Rejected)) => Self::UnderObjection,
            (Event::ObjectionUpheld(_), Some(Self::UnderObjection)) => Self::InReview,
            (Event::ObjectionDismissed(_), Some(Self::UnderObjection)) => Self::Completed,
            (Event::Completed(_), Some(Self::InReview | Self::Approved | Self::Rejected)) => {
                Self::Completed
            }
            (
                Event::Assigned(_) | Event::Reassigned(_) | Event::TransferredToDepartment(_),
                Some(Self::Received),
            ) => Self::InReview,
            (Event::TransferredToAgency(_), Some(Self::Received)) => Self::Submitted,
            (Event::MergedInto(_), Some(Self::Received))
            | (
                Event::ClosedAsRepeated(_) | Event::ClosedAsExempt(_),
                Some(Self::Received | Self::InReview),
            )
            | (Event::ClosedUncollected(_), Some(Self::Approved)) => Self::Closed,
            _ => return before,
        };
        Some(after)
    }
}
