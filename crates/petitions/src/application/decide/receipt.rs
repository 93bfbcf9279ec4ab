//! Receiving a petition (접수): an agency has to (A9①), and from then on its period runs (A19).

use super::{Decision, Rejection, State, happened, refuse, unchanged};
use crate::{
    application::{
        command::{ReceiptDue, Receive},
        event::{DueBasis, Received},
        state::Filing,
    },
    calendar::Calendar,
    statute::{ProcessingTerm, receipt_due},
};

/// A submitted petition is received whatever the command says: an agency cannot refuse (A9①). Only
/// a due that the calendar does not reach cannot be counted.
pub(super) fn receive(calendar: &Calendar, state: &State, command: &Receive) -> Decision {
    match state {
        State::Submitted(filing) => happened(received(calendar, filing, command)?),
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. }
        | State::Approved { case, .. }
        | State::Rejected { case, .. }
        | State::UnderObjection { case, .. } => {
            if is_on_record(&case.receipt, command) {
                return unchanged();
            }
            Err(Rejection::AlreadyReceived {
                receipt_number: case.receipt.receipt_number.clone(),
            })
        }
        State::None
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, Receive::WORDS)),
    }
}

/// The receipt of a petition that was filed like this.
pub(super) fn received(
    calendar: &Calendar,
    filing: &Filing,
    command: &Receive,
) -> Result<Received, Rejection> {
    let (due, calendar_version, basis, late) = match &command.due {
        ReceiptDue::ByStatute => {
            let term = ProcessingTerm::new(command.received_at, command.period);
            let version = calendar.version().clone();
            let late = is_late(calendar, filing, command)?;
            (term.due(calendar)?, version, DueBasis::Statute, late)
        }
        ReceiptDue::Told {
            due,
            calendar_version,
        } => (*due, calendar_version.clone(), DueBasis::Told, false),
    };
    Ok(Received {
        receipt_number: command.receipt_number.clone(),
        kind: command.kind,
        period: command.period,
        due,
        department: command.department.clone(),
        calendar_version,
        basis,
        received_at: command.received_at,
        late,
    })
}

/// Whether an electronic petition was received later than 8 working hours after it reached the
/// agency's window (D6⑧; no article says it of others). That is recorded, and no reason to refuse
/// it.
fn is_late(calendar: &Calendar, filing: &Filing, command: &Receive) -> Result<bool, Rejection> {
    if !filing.channel.is_electronic() {
        return Ok(false);
    }
    let due = receipt_due(filing.submitted_at, calendar)?;
    Ok(due.is_overdue_at(command.received_at))
}

/// Whether the command tells what was received; a due that is counted follows from that.
fn is_on_record(receipt: &Received, command: &Receive) -> bool {
    let has_due = match &command.due {
        ReceiptDue::ByStatute => receipt.basis == DueBasis::Statute,
        ReceiptDue::Told {
            due,
            calendar_version,
        } => {
            receipt.basis == DueBasis::Told
                && receipt.due == *due
                && receipt.calendar_version == *calendar_version
        }
    };
    has_due
        && receipt.receipt_number == command.receipt_number
        && receipt.kind == command.kind
        && receipt.period == command.period
        && receipt.department == command.department
        && receipt.received_at == command.received_at
}
