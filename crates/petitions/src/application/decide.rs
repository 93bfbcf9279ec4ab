//! The table of transitions: one function per command, one arm per group of states.
//!
//! No function has a catch-all arm, so a new state does not compile before every command has been
//! thought through for it.
//! A command that would write the very event on record changes nothing; one that would write
//! another in its place is rejected. A step of work is the exception: it is always written.

mod closing;
mod consultation;
mod deadline;
mod filing;
mod outage;
mod review;
mod ruling;
mod transfer;

use super::{
    command::ApplicationCommand as Command,
    rejection::ApplicationRejection as Rejection,
    state::{ApplicationState as State, ApplicationStatus as Status},
};
use crate::{
    attachment::{ATTACHMENTS_MAX, Attachment},
    catalogue::ApplicationEvent as Event,
    category::Category,
    text::{ApplicantId, TEXTS_MAX, Text},
};

type Decision = Result<Vec<Event>, Rejection>;

pub(super) fn decide(category: Category, state: &State, command: &Command) -> Decision {
    match command {
        Command::Submit(command) => filing::submit(category, state, command),
        Command::Receive(command) => filing::receive(state, command),
        Command::Withdraw(command) => filing::withdraw(state, command),
        Command::RecordProgress(command) => review::record_progress(state, command),
        Command::RequestSupplement(command) => review::request_supplement(state, command),
        Command::Supplement(command) => review::supplement(state, command),
        Command::MarkDeadlineMissed(command) => deadline::mark_missed(state, command),
        Command::NotifyProgress(command) => deadline::notify_progress(state, command),
        Command::IssueReminder(command) => deadline::issue_reminder(state, command),
        Command::Approve(command) => ruling::approve(state, command),
        Command::Reject(command) => ruling::reject(state, command),
        Command::Complete(command) => ruling::complete(state, command),
        Command::RegisterBackdated(command) => outage::register(category, state, command),
        Command::IssueReceiptSlip(command) => filing::issue_slip(state, command),
        Command::CorrectClericalError(command) => filing::correct(state, command),
        Command::Modify(command) => filing::modify(state, command),
        Command::Assign(command) => transfer::assign(state, command),
        Command::Reassign(command) => transfer::reassign(state, command),
        Command::TransferToDepartment(command) => transfer::to_department(state, command),
        Command::TransferToAgency(command) => transfer::to_agency(state, command),
        Command::RequestConsultation(command) => consultation::request(state, command),
        Command::ReplyConsultation(command) => consultation::reply(state, command),
        Command::Merge(command) => closing::merge(state, command),
        Command::CloseAsRepeated(command) => closing::as_repeated(state, command),
        Command::CloseAsExempt(command) => closing::as_exempt(state, command),
        Command::CloseUncollected(command) => closing::uncollected(state, command),
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
        State::AwaitingSupplement { request, .. } => Rejection::SupplementAwaited {
            command,
            due: request.due,
        },
        State::Approved { .. } => decided(command, Status::Approved),
        State::Rejected { .. } => decided(command, Status::Rejected),
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
