//! How a petition is decided, how the petitioner learns of it (A27), and how it is completed.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ApplicationRejection as Rejection, ApplicationState as State, ApplicationStatus as Status,
    Completion, CountedDue, Decision as Decided, PetitionApplication, Ruling, Stage,
    objection::{check_time_to_object_is_over, notified_of_refusal},
    rule::{
        Decision, at, case_at, check_attachments, check_texts, happened, refuse, running_since,
        unchanged,
    },
};
use crate::{
    attachment::Attachment,
    chapter::{Happening, Rule},
    flow::{Next, Occasion},
    notice::{NoticeContent, NoticeField, NoticeKind},
    text::Text,
    time_order::Cause,
    words::words,
};

/// Grants what was petitioned for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Approve {
    /// Who decides.
    pub officer: ActorId,
    /// Conditions it is granted under, at most [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub conditions: Vec<Text>,
}

/// The petition was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// Who decided.
    pub officer: ActorId,
    /// Conditions it was granted under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Text>,
}

/// An officer grants a petition after its examination. One that is issued instantly, or dealt with
/// at once (D16), may be granted as soon as it is received.
impl Rule<PetitionApplication> for Approve {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let approved = Approved {
            officer: self.officer.clone(),
            conditions: self.conditions.clone(),
        };
        let filed = at(state, Status::AT_WORK, Self::WORDS)?;
        match filed.stage {
            Stage::InReview => {}
            Stage::Received if filed.is_decided_at_once() => {}
            Stage::Approved if filed.decision() == Some(&Decided::Approved(approved)) => {
                return unchanged();
            }
            _ => return Err(refuse(state, Self::WORDS)),
        }
        check_texts("conditions", &self.conditions)?;
        happened(approved)
    }
}

impl Happening<State> for Approved {
    fn apply(&self, state: &mut State) -> bool {
        let decision = Decided::Approved(self.clone());
        state.rule(Status::UNDECIDED, Stage::Approved, decision)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::Approved.with(NoticeField::Conditions, &self.conditions))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::OpenIssuance(Occasion::Approval))
    }
}

impl State {
    /// Decides a petition that stands at one of `from`; whether it did.
    fn rule(&mut self, from: &[Status], stage: Stage, decision: Decided) -> bool {
        let Some(filed) = self.at_mut(from) else {
            return false;
        };
        filed.stage = stage;
        filed.ruling = Some(Box::new(Ruling {
            decision,
            notice: None,
        }));
        true
    }
}

impl super::Application {
    /// Returns how it was decided.
    #[must_use]
    pub fn decision(&self) -> Option<&Decided> {
        self.ruling.as_ref().map(|ruling| &ruling.decision)
    }
}

/// Refuses what was petitioned for (거부처분).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// Who decides.
    pub officer: ActorId,
    /// Why: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX) (A27③).
    pub reasons: Vec<Text>,
    /// The remedies that the petitioner has against it: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX)
    /// (A27③).
    pub remedies: Vec<Text>,
}

/// The petition was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejected {
    /// Who decided.
    pub officer: ActorId,
    /// Why.
    pub reasons: Vec<Text>,
    /// The remedies that the petitioner has against it.
    pub remedies: Vec<Text>,
}

/// A refusal names its reasons, and what the petitioner can do against it (A27③).
impl Rule<PetitionApplication> for Reject {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let rejected = Rejected {
            officer: self.officer.clone(),
            reasons: self.reasons.clone(),
            remedies: self.remedies.clone(),
        };
        let filed = at(state, &[Status::InReview, Status::Rejected], Self::WORDS)?;
        if filed.stage == Stage::Rejected {
            if filed.decision() == Some(&Decided::Rejected(rejected)) {
                return unchanged();
            }
            return Err(refuse(state, Self::WORDS));
        }
        if self.reasons.is_empty() {
            return Err(Rejection::NoReasons);
        }
        if self.remedies.is_empty() {
            return Err(Rejection::NoRemedies);
        }
        check_texts("reasons", &self.reasons)?;
        check_texts("remedies", &self.remedies)?;
        happened(rejected)
    }
}

impl Happening<State> for Rejected {
    fn apply(&self, state: &mut State) -> bool {
        let decision = Decided::Rejected(self.clone());
        state.rule(&[Status::InReview], Stage::Rejected, decision)
    }

    /// Reasons and remedies are the petitioner's right (A27③).
    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::Rejected.with(NoticeField::Reasons, &self.reasons);
        Some(notice.with(NoticeField::Remedies, &self.remedies))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::CallOff)
    }
}

/// Whether a document is due to the petitioner, and how far it is: a fact that is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueDocument {
    /// None is due.
    NotDue,
    /// One is due, and the petitioner does not have it: it is not issued, or lies at the agency to
    /// be collected.
    UnderWay,
    /// The issuance is finished: the petitioner has it, or can have it at any time.
    Finished,
}

impl DueDocument {
    /// Work on a granted petition is not done before the petitioner can have its document.
    fn check(self, command: &'static str) -> Result<(), Rejection> {
        match self {
            Self::NotDue | Self::Finished => Ok(()),
            Self::UnderWay => Err(Rejection::DocumentUnderWay { command }),
        }
    }
}

/// Notifies the petitioner of the result (A27). An approval is done with it; of a refused statutory
/// petition it starts the [60 days](crate::statute::OBJECTION_DAYS) to object in (A35①).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotifyResult {
    /// The officer who gives the notice.
    pub officer: ActorId,
    /// Whether the document that an approval leads to is out, without which no notice of the result
    /// is given.
    #[serde(skip)]
    pub document: DueDocument,
    /// When the petitioner received it.
    pub notified_at: Timestamp,
}

/// The petitioner was notified of the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultNotified {
    /// The officer who gave the notice.
    pub officer: ActorId,
    /// When the petitioner received it.
    pub notified_at: Timestamp,
    /// Until when the petitioner may object; none where there is no objection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<CountedDue>,
}

/// The notice of a result is given without delay (A27①). With the result of an approval, and the
/// document if one is due, the work is done; after a refusal the petitioner has time to object
/// (A35①).
impl Rule<PetitionApplication> for NotifyResult {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        match state.stage() {
            Some(Stage::Approved) => {
                self.document.check(Self::WORDS)?;
                Ok(vec![self.of_approval().into(), self.completed().into()])
            }
            Some(Stage::Rejected) => notified_of_refusal(decider, state, self),
            // Once the notice is given, a second one at another time adds nothing after the work is
            // done.
            Some(Stage::Completed(end)) if **end == Completion::Completed(self.completed()) => {
                unchanged()
            }
            _ => Err(refuse(state, Self::WORDS)),
        }
    }
}

impl NotifyResult {
    fn of_approval(&self) -> ResultNotified {
        ResultNotified {
            officer: self.officer.clone(),
            notified_at: self.notified_at,
            objection: None,
        }
    }

    fn completed(&self) -> Completed {
        Completed {
            outcome: CompletionOutcome::Granted,
            officer: self.officer.clone(),
            answer: None,
            attachments: Vec::new(),
        }
    }
}

/// Our reading: a refusal that falls took no time. The law sets none to examine the petition again,
/// so the time that was left at the notice of the refusal runs on. After the notice of an approval
/// the period runs on until the work is done. The event is a notice itself, so no other notice
/// reports it.
impl Happening<State> for ResultNotified {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(&[Status::Approved, Status::Rejected]) else {
            return false;
        };
        match &mut filed.ruling {
            Some(ruling) if ruling.notice.is_none() => ruling.notice = Some(self.clone()),
            _ => return false,
        }
        if filed.stage == Stage::Rejected {
            filed.stop_clock(self.notified_at);
        }
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        running_since(state)
    }
}

/// Ends the work on a petition (처리완료).
///
/// The outcome follows from the decision. Our reading: a kind that
/// [ends in an answer](crate::PetitionKind::ends_in_answer) is completed out of review by answering it.
/// A refused statutory petition is completed once the time to object to it is over (A35①).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Complete {
    /// Who completes it.
    pub officer: ActorId,
    /// The answer to the petitioner.
    pub answer: Option<Text>,
    /// Documents that go with the answer, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// Whether the document that an approval leads to is out, without which a granted petition is
    /// not completed.
    #[serde(skip)]
    pub document: DueDocument,
    /// When. The event does not repeat it: it is when the command occurred.
    pub completed_at: Timestamp,
}

/// The work on a petition ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Completed {
    /// How it ended.
    pub outcome: CompletionOutcome,
    /// Who completed it.
    pub officer: ActorId,
    /// The answer to the petitioner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Text>,
    /// Documents that went with the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

words! {
    /// How a completed petition ended.
    pub enum CompletionOutcome("outcome") {
        /// It was approved.
        Granted = "granted",
        /// It was rejected.
        Refused = "refused",
        /// It was answered; its kind is neither granted nor refused.
        Answered = "answered",
    }
}

/// A granted petition is completed with its document (A27); a refused one, once the time to object
/// has passed (A35①); one that is only answered, by the answer (D14-D16).
impl Rule<PetitionApplication> for Complete {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let outcome = match state.stage() {
            Some(Stage::Approved) => {
                self.document.check(Self::WORDS)?;
                CompletionOutcome::Granted
            }
            Some(Stage::Rejected) => {
                let (filed, case) = case_at(state, &[Status::Rejected], Self::WORDS)?;
                let (calendar, at) = (&decider.calendar, self.completed_at);
                check_time_to_object_is_over(calendar, filed, case, at)?;
                CompletionOutcome::Refused
            }
            Some(Stage::InReview) if ends_in_answer(state) => CompletionOutcome::Answered,
            // Whoever closes it again, the petitioner was given the same answer.
            Some(Stage::Completed(end)) if self.is_on_record(end) => return unchanged(),
            _ => return Err(refuse(state, Self::WORDS)),
        };
        check_attachments(&self.attachments)?;
        if let (Some(filed), Some(cause)) = (state.filed(), running_since(state)) {
            filed.check_follows(self.completed_at, cause)?;
        }
        happened(Completed {
            outcome,
            officer: self.officer.clone(),
            answer: self.answer.clone(),
            attachments: self.attachments.clone(),
        })
    }
}

fn ends_in_answer(state: &State) -> bool {
    let filed = state.filed();
    filed.is_some_and(|filed| filed.filing.kind.ends_in_answer())
}

impl Complete {
    fn is_on_record(&self, end: &Completion) -> bool {
        matches!(end, Completion::Completed(completed)
            if completed.answer == self.answer && completed.attachments == self.attachments)
    }
}

impl Happening<State> for Completed {
    fn apply(&self, state: &mut State) -> bool {
        let end = Completion::Completed(self.clone());
        state.go(
            &[Status::InReview, Status::Approved, Status::Rejected],
            Stage::Completed(Box::new(end)),
        )
    }

    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::Completed.with(NoticeField::Outcome, self.outcome.as_str());
        Some(notice.with_some(NoticeField::Answer, self.answer.as_ref()))
    }
}
