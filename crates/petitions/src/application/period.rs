//! The time that an agency may take: stopped (D20), extended (D21), counted again.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Application, ApplicationRejection as Rejection, ApplicationState as State,
    ApplicationStatus as Status, Case, CountedDue, GrantedExtension, PetitionApplication, Stage,
    clock::INVESTIGATIONS_MAX,
    rule::{Decision, case_at, counted, happened, run_on, running_since, unchanged},
};
use crate::{
    calendar::Calendar,
    chapter::{Happening, Rule},
    date::Date,
    notice::{NoticeContent, NoticeField, NoticeKind},
    period::Period,
    statute::{Consent, Extension, ExtensionGround, OUTAGES_NOT_COUNTED, SuspensionGround},
    text::{ApplicantId, Text},
    time_order::Cause,
};

/// Stops the clock on a ground that the law lists (D20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suspend {
    /// On which.
    pub ground: SuspensionGround,
    /// A note on the exact cause of the wait.
    pub note: Option<Text>,
    /// Who stops it.
    pub officer: ActorId,
    /// From when on time does not count: from this instant in an outage, else from this day on.
    pub suspended_at: Timestamp,
}

/// The clock was stopped on a ground that the law lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockSuspended {
    /// On which.
    pub ground: SuspensionGround,
    /// A note on the exact cause of the wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// Who stopped it.
    pub officer: ActorId,
    /// From when on time does not count.
    pub suspended_at: Timestamp,
}

/// On a ground that the law lists, and that is one for this kind of petition (D20). An investigation
/// on the spot is extended once, by stopping the clock for it once more (D17④).
impl Rule<PetitionApplication> for Suspend {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let suspended = ClockSuspended {
            ground: self.ground,
            note: self.note.clone(),
            officer: self.officer.clone(),
            suspended_at: self.suspended_at,
        };
        if matches!(state.stage(), Some(Stage::Suspended(before)) if **before == suspended) {
            return unchanged();
        }
        let (filed, case) = case_at(state, Status::UNDECIDED, Self::WORDS)?;
        let kind = filed.filing.kind;
        if !self.ground.applies_to(kind) {
            let ground = self.ground;
            return Err(Rejection::ForeignGround { ground, kind });
        }
        if self.ground == SuspensionGround::Investigation
            && case.is_counted()
            && case.clock.investigations() >= INVESTIGATIONS_MAX
        {
            return Err(Rejection::InvestigatedTwice);
        }
        if self.ground == SuspensionGround::Outage
            && case.is_counted()
            && !OUTAGES_NOT_COUNTED.is_in_force_for(Date::in_seoul(self.suspended_at))
        {
            let began_at = self.suspended_at;
            return Err(Rejection::OutageCounts { began_at });
        }
        happened(suspended)
    }
}

impl Happening<State> for ClockSuspended {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(Status::UNDECIDED) else {
            return false;
        };
        if let Some(case) = &mut filed.case {
            case.clock.suspend(self.ground, self.suspended_at);
        }
        filed.stage = Stage::Suspended(Box::new(self.clone()));
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        running_since(state)
    }
}

/// Sets a stopped clock going (D20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resume {
    /// Who sets it going.
    pub officer: ActorId,
    /// Up to when time does not count: until this instant in an outage, else until the end of this
    /// day.
    pub resumed_at: Timestamp,
}

/// The clock runs again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockResumed {
    /// Who set it going.
    pub officer: ActorId,
    /// Up to when time did not count.
    pub resumed_at: Timestamp,
    /// Until when the petition has to be completed now; none where its due came from another
    /// system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<CountedDue>,
}

/// The time in between is not counted (D20); the rest of the period runs on.
impl Rule<PetitionApplication> for Resume {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        if let Some(status @ (Status::Received | Status::InReview)) = state.status() {
            return Err(Rejection::NotSuspended { status });
        }
        let (_, case) = case_at(state, &[Status::Suspended], Self::WORDS)?;
        happened(ClockResumed {
            officer: self.officer.clone(),
            resumed_at: self.resumed_at,
            deadline: run_on(&decider.calendar, case, self.resumed_at)?,
        })
    }
}

impl Happening<State> for ClockResumed {
    fn apply(&self, state: &mut State) -> bool {
        let from = &[Status::Suspended];
        state.go_on(from, self.resumed_at, self.deadline.as_ref())
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        match state.stage()? {
            Stage::Suspended(stop) => Some(("the stop of the clock", stop.suspended_at)),
            _ => None,
        }
    }

    fn notice(&self) -> Option<NoticeContent> {
        let due = self.deadline.as_ref()?.due;
        Some(NoticeKind::DueMoved.with(NoticeField::Due, due))
    }
}

impl State {
    /// Takes a petition whose clock stood until `until` back into review, with its new due; whether
    /// it stood at one of `from`.
    pub(super) fn go_on(
        &mut self,
        from: &[Status],
        until: Timestamp,
        deadline: Option<&CountedDue>,
    ) -> bool {
        let go_on = |filed: &mut Application| {
            filed.stage = Stage::InReview;
            if let Some(case) = &mut filed.case {
                case.clock.run_on(until);
                case.due = deadline.map_or(case.due, |deadline| deadline.due);
            }
        };
        self.at_mut(from).map(go_on).is_some()
    }

    /// Grants the extension after so many others; whether it is the next one.
    fn extend(&mut self, granted_before: usize, extension: GrantedExtension) -> bool {
        match self.case_mut(Status::OPEN) {
            Some(case) if case.clock.extensions().len() == granted_before => {
                case.due = extension.until;
                case.clock.extend(extension);
                true
            }
            _ => false,
        }
    }
}

/// Extends the processing period, once (D21①).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtendPeriod {
    /// By how much: at most by the original period.
    pub by: Period,
    /// On which ground; it must be [allowed](ExtensionGround::is_allowed_for) for the petition.
    pub ground: ExtensionGround,
    /// The reason given to the petitioner.
    pub reason: Text,
    /// Who extends it.
    pub officer: ActorId,
    /// When; the due must not have passed by then.
    pub extended_at: Timestamp,
}

/// The processing period was extended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodExtended {
    /// By how much.
    pub by: Period,
    /// On which ground.
    pub ground: ExtensionGround,
    /// The reason given to the petitioner.
    pub reason: Text,
    /// Until when the petition has to be completed now.
    pub deadline: CountedDue,
    /// Who extended it.
    pub officer: ActorId,
    /// When.
    pub extended_at: Timestamp,
}

/// Once, before the due, by no more than the original period, on an allowed ground (D21①).
impl Rule<PetitionApplication> for ExtendPeriod {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let (_, case) = case_at(state, Status::OPEN, Self::WORDS)?;
        let extension = Extension {
            by: self.by,
            ground: self.ground,
            extended_at: self.extended_at,
            consent: Consent::NotGiven,
        };
        if is_on_record(case, 0, &extension) {
            return unchanged();
        }
        happened(PeriodExtended {
            by: self.by,
            ground: self.ground,
            reason: self.reason.clone(),
            deadline: extended(&decider.calendar, case, &extension, Self::WORDS)?,
            officer: self.officer.clone(),
            extended_at: self.extended_at,
        })
    }
}

/// Returns whether the extension with this number, from 0, is the one that was granted under it.
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
    let extended_at = extension.extended_at;
    // A clock that stands has not run out, so what it stood for up to now does not count.
    let running = case.clock.term_at(extended_at, calendar, &case.receipt)?;
    running.extended(extension, calendar)?;
    let mut clock = case.clock.clone();
    clock.extend(GrantedExtension {
        by: extension.by,
        until: case.due,
        ground: extension.ground,
        extended_at,
    });
    let term = clock.term(calendar, &case.receipt)?;
    Ok(counted(term.due(calendar)?, calendar))
}

impl Happening<State> for PeriodExtended {
    fn apply(&self, state: &mut State) -> bool {
        let extension = GrantedExtension {
            by: self.by,
            until: self.deadline.due,
            ground: self.ground,
            extended_at: self.extended_at,
        };
        state.extend(0, extension)
    }

    /// The petitioner is notified of the reason and the expected completion without delay (D21).
    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::Extended.with(NoticeField::Reason, &self.reason);
        Some(notice.with(NoticeField::Due, self.deadline.due))
    }
}

/// Extends the processing period a second and last time, to which the petitioner agreed (proviso of
/// D21①).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtendPeriodAgain {
    /// By how much: at most by the original period.
    pub by: Period,
    /// On which ground; it must be [allowed](ExtensionGround::is_allowed_for) for the petition.
    pub ground: ExtensionGround,
    /// The reason given to the petitioner.
    pub reason: Text,
    /// Who agreed; only the petitioner can.
    pub consent_of: ApplicantId,
    /// Who extends it.
    pub officer: ActorId,
    /// When; the due must not have passed by then.
    pub extended_at: Timestamp,
}

/// The processing period was extended a second and last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodExtendedAgain {
    /// By how much.
    pub by: Period,
    /// On which ground.
    pub ground: ExtensionGround,
    /// The reason given to the petitioner.
    pub reason: Text,
    /// The petitioner, who agreed.
    pub consent_of: ApplicantId,
    /// Until when the petition has to be completed now.
    pub deadline: CountedDue,
    /// Who extended it.
    pub officer: ActorId,
    /// When.
    pub extended_at: Timestamp,
}

/// A second and last time, if the petitioner agrees (proviso of D21①).
impl Rule<PetitionApplication> for ExtendPeriodAgain {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let (filed, case) = case_at(state, Status::OPEN, Self::WORDS)?;
        let extension = Extension {
            by: self.by,
            ground: self.ground,
            extended_at: self.extended_at,
            consent: Consent::Given,
        };
        if is_on_record(case, 1, &extension) {
            return unchanged();
        }
        if case.clock.extensions().is_empty() {
            return Err(Rejection::NotExtendedYet);
        }
        if self.consent_of != filed.filing.applicant {
            return Err(Rejection::ConsentOfAnother);
        }
        happened(PeriodExtendedAgain {
            by: self.by,
            ground: self.ground,
            reason: self.reason.clone(),
            consent_of: self.consent_of.clone(),
            deadline: extended(&decider.calendar, case, &extension, Self::WORDS)?,
            officer: self.officer.clone(),
            extended_at: self.extended_at,
        })
    }
}

impl Happening<State> for PeriodExtendedAgain {
    fn apply(&self, state: &mut State) -> bool {
        let extension = GrantedExtension {
            by: self.by,
            until: self.deadline.due,
            ground: self.ground,
            extended_at: self.extended_at,
        };
        state.extend(1, extension)
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        let first = state.filed()?.case.as_ref()?.clock.extensions().first()?;
        Some(("the first extension", first.extended_at))
    }

    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::ExtendedAgain.with(NoticeField::Reason, &self.reason);
        Some(notice.with(NoticeField::Due, self.deadline.due))
    }
}

/// Counts the due again with the calendar of [the decider](super::super::PetitionApplication): for
/// a holiday that was designated later. Where the due stays, nothing happens.
///
/// It is about the petition's due alone. The time to object is counted again when somebody does;
/// the time for a supplement was given to the petitioner as a day, and may be extended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecalculateDeadline {
    /// When.
    pub recalculated_at: Timestamp,
}

/// The due was counted again with another calendar, and is another day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlineRecalculated {
    /// Until when the petition has to be completed now.
    pub deadline: CountedDue,
    /// When that was counted.
    pub recalculated_at: Timestamp,
}

/// Writes nothing where the due stays the same, as one from another system always does.
impl Rule<PetitionApplication> for RecalculateDeadline {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let (_, case) = case_at(state, Status::IN_PROGRESS, Self::WORDS)?;
        if !case.is_counted() {
            return unchanged();
        }
        let calendar = &decider.calendar;
        let due = case.clock.term(calendar, &case.receipt)?.due(calendar)?;
        if due == case.due {
            return unchanged();
        }
        happened(DeadlineRecalculated {
            deadline: counted(due, calendar),
            recalculated_at: self.recalculated_at,
        })
    }
}

impl Happening<State> for DeadlineRecalculated {
    fn apply(&self, state: &mut State) -> bool {
        let Some(case) = state.case_mut(Status::IN_PROGRESS) else {
            return false;
        };
        case.due = self.deadline.due;
        true
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::DueMoved.with(NoticeField::Due, self.deadline.due))
    }
}
