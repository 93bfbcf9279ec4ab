//! The table of transitions: one function per command, one arm per group of states.
//!
//! No function has a catch-all arm, so a new state does not compile before every command has been
//! thought through for it.
//! A command that would write the very event on record changes nothing; one that would write
//! another in its place is rejected. A step of work is the exception: it is always written.

mod clock;
mod closing;
mod consultation;
mod deadline;
mod filing;
mod objection;
mod outage;
mod receipt;
mod result;
mod review;
mod ruling;
mod supplement;
mod transfer;

use minwon_core::Timestamp;

use super::{
    command::ApplicationCommand as Command,
    event::CountedDue,
    rejection::ApplicationRejection as Rejection,
    state::{ApplicationState as State, ApplicationStatus as Status, Case},
};
use crate::{
    attachment::{ATTACHMENTS_MAX, Attachment},
    calendar::Calendar,
    catalogue::ApplicationEvent as Event,
    category::Category,
    due::Due,
    text::{ApplicantId, TEXTS_MAX, Text},
};

type Decision = Result<Vec<Event>, Rejection>;

pub(super) fn decide(
    category: Category,
    calendar: &Calendar,
    state: &State,
    command: &Command,
) -> Decision {
    match command {
        Command::Submit(command) => filing::submit(category, state, command),
        Command::Receive(command) => receipt::receive(calendar, state, command),
        Command::Withdraw(command) => filing::withdraw(state, command),
        Command::RecordProgress(command) => review::record_progress(state, command),
        Command::RequestSupplement(command) => supplement::request(calendar, state, command),
        Command::Supplement(command) => supplement::supply(calendar, state, command),
        Command::MarkDeadlineMissed(command) => deadline::mark_missed(state, command),
        Command::NotifyProgress(command) => deadline::notify_progress(state, command),
        Command::IssueReminder(command) => deadline::issue_reminder(state, command),
        Command::Approve(command) => ruling::approve(state, command),
        Command::Reject(command) => ruling::reject(state, command),
        Command::Complete(command) => ruling::complete(calendar, state, command),
        Command::ExtendSupplementPeriod(command) => supplement::extend(calendar, state, command),
        Command::RerequestSupplement(command) => {
            supplement::request_again(calendar, state, command)
        }
        Command::MarkSupplementUndeliverable(command) => {
            supplement::mark_undeliverable(state, command)
        }
        Command::Return(command) => supplement::return_documents(state, command),
        Command::DeemWithdrawn(command) => supplement::deem_withdrawn(state, command),
        Command::Suspend(command) => clock::suspend(state, command),
        Command::Resume(command) => clock::resume(calendar, state, command),
        Command::ExtendPeriod(command) => clock::extend(calendar, state, command),
        Command::ExtendPeriodAgain(command) => clock::extend_again(calendar, state, command),
        Command::RecalculateDeadline(command) => clock::recalculate(calendar, state, command),
        Command::NotifyResult(command) => result::notify(calendar, state, command),
        Command::FileObjection(command) => objection::file(calendar, state, command),
        Command::ExtendObjectionDecision(command) => objection::extend(calendar, state, command),
        Command::UpholdObjection(command) => objection::uphold(calendar, state, command),
        Command::DismissObjection(command) => objection::dismiss(state, command),
        Command::RegisterBackdated(command) => outage::register(category, calendar, state, command),
        Command::IssueReceiptSlip(command) => filing::issue_slip(state, command),
        Command::CorrectClericalError(command) => filing::correct(state, command),
        Command::ExtendConsultation(command) => consultation::extend(state, command),
        Command::Modify(command) => filing::modify(state, command),
        Command::Assign(command) => transfer::assign(state, command),
        Command::Reassign(command) => transfer::reassign(state, command),
        Command::TransferToDepartment(command) => transfer::to_department(state, command),
        Command::TransferToAgency(command) => transfer::to_agency(calendar, state, command),
        Command::RequestConsultation(command) => consultation::request(state, command),
        Command::ReplyConsultation(command) => consultation::reply(state, command),
        Command::Merge(command) => closing::merge(state, command),
        Command::CloseAsRepeated(command) => closing::as_repeated(state, command),
        Command::CloseAsExempt(command) => closing::as_exempt(state, command),
        Command::CloseUncollected(command) => closing::uncollected(calendar, state, command),
    }
}

fn happened(event: impl Into<Event>) -> Decision {
    Ok(vec![event.into()])
}

fn unchanged() -> Decision {
    Ok(Vec::new())
}

/// Why `state` takes no `command`, where there is no nearer reason.
fn refuse(state: &State, command: &'static str) -> Rejection {
    match state {
        State::None => Rejection::NotSubmitted { command },
        State::Submitted(_) => Rejection::NotReceived { command },
        State::Received(_) => Rejection::NotInReview { command },
        State::InReview(case) => Rejection::Undecided {
            command,
            kind: case.receipt.kind,
        },
        State::AwaitingSupplement { supplement, .. } => Rejection::SupplementAwaited {
            command,
            due: supplement.due,
        },
        State::Suspended { suspension, .. } => Rejection::ClockStopped {
            command,
            ground: suspension.ground,
        },
        State::Approved { .. } => decided(command, Status::Approved),
        State::Rejected { .. } => decided(command, Status::Rejected),
        State::UnderObjection { objection, .. } => Rejection::ObjectionOpen {
            command,
            due: objection.due,
        },
        State::Returned(_) => ended(command, Status::Returned),
        State::Completed(_) => ended(command, Status::Completed),
        State::Withdrawn(_) => ended(command, Status::Withdrawn),
        State::Closed(_) => ended(command, Status::Closed),
    }
}

fn decided(command: &'static str, status: Status) -> Rejection {
    Rejection::Decided { command, status }
}

fn ended(command: &'static str, status: Status) -> Rejection {
    Rejection::Ended { command, status }
}

fn out_of_turn(command: &'static str, status: Status, takes: &'static str) -> Rejection {
    Rejection::OutOfTurn {
        command,
        status,
        takes,
    }
}

fn none_awaited(status: Status) -> Rejection {
    Rejection::NoSupplementAwaited { status }
}

/// A due with the calendar that it was counted with.
fn counted(due: Due, calendar: &Calendar) -> CountedDue {
    CountedDue {
        due,
        calendar_version: calendar.version().clone(),
    }
}

/// The due of a petition whose clock stood until `until` and runs on; none where it was only told.
fn run_on(
    calendar: &Calendar,
    case: &Case,
    until: Timestamp,
) -> Result<Option<CountedDue>, Rejection> {
    if !case.is_counted() {
        return Ok(None);
    }
    let clock = case.clock.clone().running_from(until);
    let clock = clock.map_err(|since| Rejection::EndsBeforeItBegan { since, until })?;
    let due = clock.term(calendar, &case.receipt)?.due(calendar)?;
    Ok(Some(counted(due, calendar)))
}

fn check_reasons(command: &'static str, reasons: &[Text]) -> Result<(), Rejection> {
    if reasons.is_empty() {
        return Err(Rejection::ReasonsMissing { command });
    }
    check_texts("reasons", reasons)
}

fn check_applicant(
    applicant: &ApplicantId,
    by: &ApplicantId,
    command: &'static str,
) -> Result<(), Rejection> {
    if applicant == by {
        Ok(())
    } else {
        Err(Rejection::NotTheApplicant { command })
    }
}

fn check_attachments(attachments: &[Attachment]) -> Result<(), Rejection> {
    check_count("attachments", attachments.len(), ATTACHMENTS_MAX)
}

fn check_texts(what: &'static str, texts: &[Text]) -> Result<(), Rejection> {
    check_count(what, texts.len(), TEXTS_MAX)
}

fn check_count(what: &'static str, count: usize, count_max: usize) -> Result<(), Rejection> {
    if count <= count_max {
        return Ok(());
    }
    Err(Rejection::TooMany {
        what,
        count,
        count_max,
    })
}
