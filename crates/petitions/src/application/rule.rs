//! The parts that the rules of all chapters have in common.

use minwon_core::Timestamp;

use super::{
    Application, ApplicationEvent as Event, ApplicationRejection as Rejection,
    ApplicationState as State, ApplicationStatus as Status, Case, CountedDue, DueBasis, Stage,
};
use crate::{
    attachment::{ATTACHMENTS_MAX, Attachment},
    calendar::Calendar,
    due::Due,
    text::{ApplicantId, TEXTS_MAX, Text},
    time_order::{Cause, check_follows, later},
};

pub(super) use crate::chapter::{happened, unchanged};

/// Where a petition has to stand, in the words of [`Rejection::OutOfTurn`].
pub(crate) const TAKES: &[&str] = &["received", "submitted or received"];

/// The lists of an event, in the words of [`Rejection::TooMany`].
pub(crate) const COUNTED: &[&str] = &[
    "reasons",
    "remedies",
    "conditions",
    "corrections",
    "missing items",
    "attachments",
];

/// The articles that some rejections name, as the rule that was broken is one of several.
pub(crate) const ARTICLES: &[&str] = &["D6⑤", "A21", "A23"];

pub(super) type Decision = Result<Vec<Event>, Rejection>;

/// The petition, where it stands at one of `statuses`; else why it does not take `command`.
pub(super) fn at<'s>(
    state: &'s State,
    statuses: &[Status],
    command: &'static str,
) -> Result<&'s Application, Rejection> {
    let filed = state.at(statuses);
    filed.ok_or_else(|| refuse(state, command))
}

/// The same for a petition that was received.
pub(super) fn case_at<'s>(
    state: &'s State,
    statuses: &[Status],
    command: &'static str,
) -> Result<(&'s Application, &'s Case), Rejection> {
    let filed = at(state, statuses, command)?;
    let case = filed.case.as_ref();
    Ok((filed, case.ok_or_else(|| refuse(state, command))?))
}

/// Returns why `state` takes no `command`, where there is no nearer reason.
pub(super) fn refuse(state: &State, command: &'static str) -> Rejection {
    let Some(filed) = state.filed() else {
        return Rejection::NotSubmitted { command };
    };
    let status = filed.status();
    match &filed.stage {
        Stage::Submitted => Rejection::NotReceived { command },
        Stage::Received => Rejection::NotInReview { command },
        Stage::InReview => Rejection::Undecided {
            command,
            kind: filed.filing.kind,
        },
        Stage::AwaitingSupplement(supplement) => Rejection::SupplementAwaited {
            command,
            due: supplement.due,
        },
        Stage::Suspended(suspension) => Rejection::ClockStopped {
            command,
            ground: suspension.ground,
        },
        Stage::Approved | Stage::Rejected => Rejection::Decided { command, status },
        Stage::UnderObjection(objection) => Rejection::ObjectionOpen {
            command,
            due: objection.due,
        },
        Stage::Completed(_) | Stage::Returned(_) | Stage::Withdrawn(_) | Stage::Closed(_) => {
            Rejection::Ended { command, status }
        }
    }
}

/// Returns why a petition that is in review already takes no `command`; else why `state` does not.
pub(super) fn refuse_in_review(
    state: &State,
    command: &'static str,
    takes: &'static str,
) -> Rejection {
    debug_assert!(TAKES.contains(&takes), "{takes} has no form");
    match state.status() {
        Some(status @ Status::InReview) => Rejection::OutOfTurn {
            command,
            status,
            takes,
        },
        _ => refuse(state, command),
    }
}

/// Checks that events that are to happen in `state`, one after the other, are not before what they
/// depend on.
pub(super) fn check_times(state: &State, events: &[Event]) -> Result<(), Rejection> {
    let Some((event, rest)) = events.split_first() else {
        return Ok(());
    };
    if let Some(filed) = state.filed()
        && !is_imported(event)
        && let (_, Some(at)) = event.step()
    {
        let happening = event.happening();
        let cause = happening.cause(state);
        filed.check_follows(at, cause.unwrap_or_else(|| filed.begun()))?;
    }
    if rest.is_empty() {
        return Ok(());
    }
    let mut state = state.clone();
    event.happening().apply(&mut state);
    check_times(&state, rest)
}

fn is_imported(event: &Event) -> bool {
    matches!(event, Event::Received(receipt) if receipt.basis == DueBasis::Imported)
}

impl Application {
    /// Checks that `at` is not before its cause. Of what was imported, it may be: that is how it was
    /// recorded elsewhere.
    pub(super) fn check_follows(&self, at: Timestamp, cause: Cause) -> Result<(), Rejection> {
        match &self.case {
            Some(case) if !case.is_counted() => Ok(()),
            _ => Ok(check_follows(at, cause)?),
        }
    }

    /// Since when the agency that has it can do anything about it.
    pub(super) fn begun(&self) -> Cause {
        match &self.case {
            Some(case) => ("the receipt", case.receipt.received_at),
            None => ("the filing at the agency", self.filing.reached_at()),
        }
    }
}

/// Since when the clock of a petition runs, for the first time or again.
pub(super) fn running_since(state: &State) -> Option<Cause> {
    let filed = state.filed()?;
    let case = filed.case.as_ref()?;
    let again = case.clock.ran_on_at();
    Some(later(
        filed.begun(),
        again.map(|at| ("the end of the last stop of the clock", at)),
    ))
}

/// A due with the calendar that it was counted with.
pub(super) fn counted(due: Due, calendar: &Calendar) -> CountedDue {
    CountedDue {
        due,
        calendar_version: calendar.version().clone(),
    }
}

/// Returns the due of a petition whose clock stood until `until` and runs on; none where it came
/// from another system.
pub(super) fn run_on(
    calendar: &Calendar,
    case: &Case,
    until: Timestamp,
) -> Result<Option<CountedDue>, Rejection> {
    if !case.is_counted() {
        return Ok(None);
    }
    let mut clock = case.clock.clone();
    clock.run_on(until);
    let due = clock.term(calendar, &case.receipt)?.due(calendar)?;
    Ok(Some(counted(due, calendar)))
}

pub(super) fn check_reasons(command: &'static str, reasons: &[Text]) -> Result<(), Rejection> {
    if reasons.is_empty() {
        return Err(Rejection::ReasonsMissing { command });
    }
    check_texts("reasons", reasons)
}

pub(super) fn check_applicant(
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

pub(super) fn check_attachments(attachments: &[Attachment]) -> Result<(), Rejection> {
    check_count("attachments", attachments.len(), ATTACHMENTS_MAX)
}

pub(super) fn check_texts(what: &'static str, texts: &[Text]) -> Result<(), Rejection> {
    check_count(what, texts.len(), TEXTS_MAX)
}

fn check_count(what: &'static str, count: usize, count_max: usize) -> Result<(), Rejection> {
    debug_assert!(COUNTED.contains(&what), "{what} have no form");
    if count <= count_max {
        return Ok(());
    }
    Err(Rejection::TooMany {
        what,
        count,
        count_max,
    })
}
