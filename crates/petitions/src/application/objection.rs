//! The notice of a refusal to the petitioner, and the objection to it (이의신청, A35, D40).

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Application, ApplicationRejection as Rejection, ApplicationState as State,
    ApplicationStatus as Status, Case, Completion, CountedDue, NotifyResult, Objection,
    ObjectionOutcome, PetitionApplication, ResultNotified, Stage,
    rule::{
        Decision, case_at, check_applicant, check_attachments, check_reasons, counted, happened,
        refuse, run_on, running_since, unchanged,
    },
};
use crate::{
    attachment::Attachment,
    calendar::{Calendar, CalendarError},
    category::PetitionKind,
    chapter::{Happening, Rule},
    date::Date,
    due::Due,
    notice::{NoticeContent, NoticeField, NoticeKind},
    period::Period,
    statute::{extended_objection_decision_due, objection_decision_due, objection_due},
    text::{ApplicantId, Text},
    time_order::{Cause, later},
    view::micros,
};

/// An objection that is not decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OpenObjection {
    /// The objection as it was filed.
    pub filed: ObjectionFiled,
    /// Until when it has to be decided now.
    #[serde(with = "micros::due")]
    pub due: Due,
    /// The extension of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<ObjectionDecisionExtended>,
}

/// Of a refused statutory petition, the 60 days to object begin (A35①).
pub(super) fn notified_of_refusal(
    decider: &PetitionApplication,
    state: &State,
    command: &NotifyResult,
) -> Decision {
    let (filed, _) = case_at(state, &[Status::Rejected], NotifyResult::WORDS)?;
    if let Some(notice) = filed.result_notice() {
        if notice.notified_at == command.notified_at {
            return unchanged();
        }
        let notified_at = notice.notified_at;
        return Err(Rejection::ResultTold { notified_at });
    }
    let objection = if may_be_objected_to(filed) {
        let due = objection_due(Date::in_seoul(command.notified_at), &decider.calendar)?;
        Some(counted(due, &decider.calendar))
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
fn may_be_objected_to(filed: &Application) -> bool {
    filed.filing.kind == PetitionKind::Statutory
}

/// A refused statutory petition is completed once 60 days have passed in which nobody objected
/// (A35①). For one that was imported as refused the date of the notice is unknown, so nothing is
/// refused.
pub(super) fn check_time_to_object_is_over(
    calendar: &Calendar,
    filed: &Application,
    case: &Case,
    at: Timestamp,
) -> Result<(), Rejection> {
    let Some(notice) = filed.result_notice() else {
        if may_be_objected_to(filed) && case.is_counted() {
            return Err(Rejection::ResultNotTold);
        }
        return Ok(());
    };
    match time_to_object(calendar, notice)? {
        Some(due) if !due.is_overdue_at(at) => Err(Rejection::MayStillObject { due, at }),
        _ => Ok(()),
    }
}

/// Returns until when the petitioner may object: as the notice says, or longer where the last day
/// was designated a holiday since (Civil Act 161). No day that the notice gave is lost.
fn time_to_object(
    calendar: &Calendar,
    notice: &ResultNotified,
) -> Result<Option<Due>, CalendarError> {
    let Some(announced) = &notice.objection else {
        return Ok(None);
    };
    let now = objection_due(Date::in_seoul(notice.notified_at), calendar)?;
    let is_longer = now.last_instant() > announced.due.last_instant();
    Ok(Some(if is_longer { now } else { announced.due }))
}

/// The objection that is not decided.
fn open<'s>(
    state: &'s State,
    command: &'static str,
) -> Result<(&'s Application, &'s OpenObjection), Rejection> {
    let filed = state.filed().ok_or_else(|| refuse(state, command))?;
    let status = filed.status();
    match &filed.stage {
        Stage::UnderObjection(objection) => Ok((filed, objection)),
        Stage::Submitted => Err(refuse(state, command)),
        _ if status.is_end() => Err(refuse(state, command)),
        _ => Err(Rejection::NoObjection { status }),
    }
}

/// Returns the objection that is decided, or the notice of the refusal where that came later.
fn objected(state: &State) -> Option<Cause> {
    let filed = state.filed()?;
    let Stage::UnderObjection(objection) = &filed.stage else {
        return None;
    };
    let notice = filed.result_notice();
    let notice = notice.map(|notice| ("the notice of the refusal", notice.notified_at));
    Some(later(("the objection", objection.filed.filed_at), notice))
}

impl State {
    /// Takes a petition under objection to a stage, and keeps the objection as decided; whether
    /// there was one.
    fn decide_objection(
        &mut self,
        outcome: ObjectionOutcome,
        decided_at: Timestamp,
        to: Stage,
    ) -> bool {
        let Some(filed) = self.at_mut(&[Status::UnderObjection]) else {
            return false;
        };
        if let Stage::UnderObjection(open) = std::mem::replace(&mut filed.stage, to) {
            filed.decided_objection = Some(Box::new(Objection {
                filed: open.filed,
                due: open.due,
                extended: open.extension.is_some(),
                outcome,
                decided_at,
            }));
        }
        true
    }
}

/// Objects to the refusal of a statutory petition (이의신청), within
/// [60 days](crate::statute::OBJECTION_DAYS) of its notice (A35①).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileObjection {
    /// Who objects; only the petitioner may.
    pub by: ApplicantId,
    /// The reason; a longer one goes into an attachment.
    pub grounds: Text,
    /// Forms and files, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// When the objection is received; the time to decide it runs from here (A35②).
    pub filed_at: Timestamp,
}

/// The petitioner objected to the refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionFiled {
    /// Who objected.
    pub by: ApplicantId,
    /// Why.
    pub grounds: Text,
    /// Forms and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When the objection was received.
    pub filed_at: Timestamp,
    /// Until when it has to be decided.
    pub deadline: CountedDue,
}

/// Within 60 days of the notice (A35①). Before the notice of the refusal they have not begun, so it
/// cannot be too late: our reading.
impl Rule<PetitionApplication> for FileObjection {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        if let Some(Stage::UnderObjection(objection)) = state.stage()
            && self.is_on_record(&objection.filed)
        {
            return unchanged();
        }
        let calendar = &decider.calendar;
        let (filed, _) = case_at(state, &[Status::Rejected], Self::WORDS)?;
        if !may_be_objected_to(filed) {
            let kind = filed.filing.kind;
            return Err(Rejection::NotStatutory { kind });
        }
        check_applicant(&filed.filing.applicant, &self.by, Self::WORDS)?;
        let due = match filed.result_notice() {
            Some(notice) => time_to_object(calendar, notice)?,
            None => None,
        };
        if let Some(due) = due
            && due.is_overdue_at(self.filed_at)
        {
            let at = self.filed_at;
            return Err(Rejection::ObjectionTooLate { due, at });
        }
        check_attachments(&self.attachments)?;
        let due = objection_decision_due(Date::in_seoul(self.filed_at), calendar)?;
        happened(ObjectionFiled {
            by: self.by.clone(),
            grounds: self.grounds.clone(),
            attachments: self.attachments.clone(),
            filed_at: self.filed_at,
            deadline: counted(due, calendar),
        })
    }
}

impl FileObjection {
    fn is_on_record(&self, filed: &ObjectionFiled) -> bool {
        filed.by == self.by
            && filed.grounds == self.grounds
            && filed.attachments == self.attachments
            && filed.filed_at == self.filed_at
    }
}

impl Happening<State> for ObjectionFiled {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(&[Status::Rejected]) else {
            return false;
        };
        filed.stop_clock(self.filed_at);
        filed.stage = Stage::UnderObjection(Box::new(OpenObjection {
            filed: self.clone(),
            due: self.deadline.due,
            extension: None,
        }));
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        running_since(state)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::ObjectionReceived.with(NoticeField::ObjectionDue, self.deadline.due))
    }
}

/// Extends the time to decide an objection, once (A35②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtendObjectionDecision {
    /// By how much: at most by [10 days](crate::statute::OBJECTION_DECISION_DAYS), counted from
    /// the day after the due.
    pub by: Period,
    /// The reason given to the petitioner.
    pub reason: Text,
    /// Who extends it.
    pub officer: ActorId,
    /// When; the due must not have passed by then.
    pub extended_at: Timestamp,
}

/// The time to decide the objection was extended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionDecisionExtended {
    /// By how much.
    pub by: Period,
    /// The reason given to the petitioner.
    pub reason: Text,
    /// Until when it has to be decided now.
    pub deadline: CountedDue,
    /// Who extended it.
    pub officer: ActorId,
    /// When.
    pub extended_at: Timestamp,
}

/// Once, by at most 10 days, while the time to decide runs (A35②).
impl Rule<PetitionApplication> for ExtendObjectionDecision {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let (_, objection) = open(state, Self::WORDS)?;
        let &Self {
            by, extended_at, ..
        } = self;
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
        let extended = extended_objection_decision_due(due.day(), by, &decider.calendar)?;
        happened(ObjectionDecisionExtended {
            by,
            reason: self.reason.clone(),
            deadline: counted(extended, &decider.calendar),
            officer: self.officer.clone(),
            extended_at,
        })
    }
}

impl Happening<State> for ObjectionDecisionExtended {
    fn apply(&self, state: &mut State) -> bool {
        let filed = state.at_mut(&[Status::UnderObjection]);
        match filed.map(|filed| &mut filed.stage) {
            Some(Stage::UnderObjection(objection)) if objection.extension.is_none() => {
                objection.due = self.deadline.due;
                objection.extension = Some(self.clone());
                true
            }
            _ => false,
        }
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        objected(state)
    }

    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::ObjectionExtended.with(NoticeField::Reason, &self.reason);
        Some(notice.with(NoticeField::ObjectionDue, self.deadline.due))
    }
}

/// Upholds an objection: the refusal falls, and the petition is examined again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UpholdObjection {
    /// Who decides.
    pub officer: ActorId,
    /// Why: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub reasons: Vec<Text>,
    /// When.
    pub upheld_at: Timestamp,
}

/// The objection was upheld: the petition is examined again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionUpheld {
    /// Who decided.
    pub officer: ActorId,
    /// Why.
    pub reasons: Vec<Text>,
    /// When.
    pub upheld_at: Timestamp,
    /// Until when the petition has to be completed now; none where its due came from another
    /// system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<CountedDue>,
}

/// The refusal falls, and the petition is examined again. Also after the time to decide is over: no
/// article lets an objection lapse.
impl Rule<PetitionApplication> for UpholdObjection {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        open(state, Self::WORDS)?;
        let (_, case) = case_at(state, &[Status::UnderObjection], Self::WORDS)?;
        check_reasons(Self::WORDS, &self.reasons)?;
        happened(ObjectionUpheld {
            officer: self.officer.clone(),
            reasons: self.reasons.clone(),
            upheld_at: self.upheld_at,
            deadline: run_on(&decider.calendar, case, self.upheld_at)?,
        })
    }
}

impl Happening<State> for ObjectionUpheld {
    fn apply(&self, state: &mut State) -> bool {
        let (outcome, at) = (ObjectionOutcome::Upheld, self.upheld_at);
        if !state.decide_objection(outcome, at, Stage::InReview) {
            return false;
        }
        let in_review = &[Status::InReview];
        if let Some(filed) = state.at_mut(in_review) {
            filed.ruling = None;
        }
        state.go_on(in_review, at, self.deadline.as_ref())
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        objected(state)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::ObjectionUpheld.with(NoticeField::Reasons, &self.reasons))
    }
}

/// Finds an objection wrong: the refusal stands, and the work on the petition ends. Appeal and
/// lawsuit remain open to the petitioner (A35③).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DismissObjection {
    /// Who decides.
    pub officer: ActorId,
    /// Why: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub reasons: Vec<Text>,
    /// When.
    pub dismissed_at: Timestamp,
}

/// The objection was found wrong: the refusal stands, and the work on the petition ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionDismissed {
    /// Who decided.
    pub officer: ActorId,
    /// Why.
    pub reasons: Vec<Text>,
    /// When.
    pub dismissed_at: Timestamp,
}

/// The refusal stands, and the petition is completed. Appeal and lawsuit remain open (A35③).
impl Rule<PetitionApplication> for DismissObjection {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let dismissed = ObjectionDismissed {
            officer: self.officer.clone(),
            reasons: self.reasons.clone(),
            dismissed_at: self.dismissed_at,
        };
        if let Some(Stage::Completed(end)) = state.stage()
            && matches!(&**end, Completion::ObjectionDismissed(before) if *before == dismissed)
        {
            return unchanged();
        }
        open(state, Self::WORDS)?;
        check_reasons(Self::WORDS, &self.reasons)?;
        happened(dismissed)
    }
}

impl Happening<State> for ObjectionDismissed {
    fn apply(&self, state: &mut State) -> bool {
        let end = Completion::ObjectionDismissed(self.clone());
        state.decide_objection(
            ObjectionOutcome::Dismissed,
            self.dismissed_at,
            Stage::Completed(Box::new(end)),
        )
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        objected(state)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::ObjectionDismissed.with(NoticeField::Reasons, &self.reasons))
    }
}
