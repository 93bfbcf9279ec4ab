//! Commands of petitioner and front office: submit, correct, modify, withdraw.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Application, ApplicationRejection as Rejection, ApplicationState as State,
    ApplicationStatus as Status, DeemedWithdrawn, Outage, PetitionApplication, Stage,
    rule::{
        Decision, at, check_applicant, check_attachments, check_texts, happened, refuse_in_review,
        unchanged,
    },
};
use crate::{
    attachment::Attachment,
    category::{Category, PetitionKind, ServiceType},
    channel::Channel,
    chapter::{Happening, Rule},
    flow::Next,
    notice::{NoticeContent, NoticeField, NoticeKind},
    text::{Agency, ApplicantId, PetitionType, Text},
    time_order::Cause,
};

/// Files a petition (신청).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Submit {
    /// The category, which has to be that of the stream.
    pub category: Category,
    /// How the petition will be served.
    pub service: ServiceType,
    /// Its kind, as declared.
    pub kind: PetitionKind,
    /// How it was filed.
    pub channel: Channel,
    /// The petition type.
    pub petition_type: PetitionType,
    /// Who petitions.
    pub applicant: ApplicantId,
    /// The agency addressed.
    pub agency: Agency,
    /// When it reached the agency's window; the time to receive it runs from here (D6⑧).
    pub submitted_at: Timestamp,
    /// Forms and files, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
}

/// A petition was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
    /// How the petition will be served.
    pub service: ServiceType,
    /// Its kind, as declared.
    pub kind: PetitionKind,
    /// How it was filed.
    pub channel: Channel,
    /// The petition type.
    pub petition_type: PetitionType,
    /// Who petitions.
    pub applicant: ApplicantId,
    /// The agency addressed.
    pub agency: Agency,
    /// When it reached the agency's window.
    pub submitted_at: Timestamp,
    /// Forms and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The outage in which it was taken on paper, to be registered later (D6-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage: Option<Outage>,
}

/// How a petition was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withdrawal {
    /// By the petitioner.
    Declared(Withdrawn),
    /// By nobody: the petitioner could not be reached (D25②).
    Deemed(DeemedWithdrawn),
}

/// A petition is submitted in writing; only other petitions may be spoken (A8).
impl Rule<PetitionApplication> for Submit {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        happened(submitted(decider.petition_category, state, self, None)?)
    }
}

/// Returns the petition that is submitted; in an outage, if it was taken on paper.
pub(super) fn submitted(
    own: Category,
    state: &State,
    command: &Submit,
    outage: Option<Outage>,
) -> Result<Submitted, Rejection> {
    if let Some(status) = state.status() {
        return Err(Rejection::AlreadySubmitted { status });
    }
    check_submission(own, command)?;
    Ok(Submitted {
        service: command.service,
        kind: command.kind,
        channel: command.channel.clone(),
        petition_type: command.petition_type.clone(),
        applicant: command.applicant.clone(),
        agency: command.agency.clone(),
        submitted_at: command.submitted_at,
        attachments: command.attachments.clone(),
        outage,
    })
}

fn check_submission(own: Category, command: &Submit) -> Result<(), Rejection> {
    if command.category != own {
        return Err(Rejection::ForeignCategory {
            asked: command.category,
            own,
        });
    }
    if command.channel.is_spoken() && command.kind != PetitionKind::Other {
        return Err(Rejection::MustBeWritten {
            kind: command.kind,
            channel: command.channel.clone(),
        });
    }
    check_attachments(&command.attachments)
}

impl Happening<State> for Submitted {
    fn apply(&self, state: &mut State) -> bool {
        state.file(Application::from(self))
    }
}

impl Application {
    /// The filing, which the petitioner may change at once.
    fn filed_at(&self) -> Cause {
        ("the filing", self.filing.submitted_at)
    }
}

/// Corrects an obvious clerical error ex officio (D6⑤).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CorrectClericalError {
    /// The corrections, each with its old and new text: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub corrections: Vec<Text>,
    /// Who agreed: only the petitioner can, and without that nothing is corrected.
    pub consent_of: Option<ApplicantId>,
    /// Who corrects it.
    pub officer: ActorId,
    /// When.
    pub corrected_at: Timestamp,
}

/// An obvious clerical error was corrected ex officio, with the petitioner's consent (D6⑤).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClericalErrorCorrected {
    /// The corrections, each with its old and new text.
    pub corrections: Vec<Text>,
    /// The petitioner, who agreed.
    pub consent_of: ApplicantId,
    /// Who corrected it.
    pub officer: ActorId,
    /// When.
    pub corrected_at: Timestamp,
}

/// What the petitioner alone can do, beside the commands.
pub(crate) const AGREE_TO_CORRECT: &str = "agree to correct";

/// An obvious clerical error is corrected ex officio before the petition is examined, and not
/// without the petitioner's consent (D6⑤).
impl Rule<PetitionApplication> for CorrectClericalError {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let Some(filed) = state.at(BEFORE_REVIEW) else {
            return Err(refuse_in_review(
                state,
                Self::WORDS,
                "submitted or received",
            ));
        };
        let Some(consent_of) = &self.consent_of else {
            return Err(Rejection::NoConsent {
                command: Self::WORDS,
                article: "D6⑤",
            });
        };
        check_applicant(&filed.filing.applicant, consent_of, AGREE_TO_CORRECT)?;
        if self.corrections.is_empty() {
            return Err(Rejection::NothingToCorrect);
        }
        check_texts("corrections", &self.corrections)?;
        let corrected = ClericalErrorCorrected {
            corrections: self.corrections.clone(),
            consent_of: consent_of.clone(),
            officer: self.officer.clone(),
            corrected_at: self.corrected_at,
        };
        if filed.filing.correction.as_deref() == Some(&corrected) {
            return unchanged();
        }
        happened(corrected)
    }
}

/// Nobody examines it yet.
pub(super) const BEFORE_REVIEW: &[Status] = &[Status::Submitted, Status::Received];

impl Happening<State> for ClericalErrorCorrected {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(BEFORE_REVIEW) else {
            return false;
        };
        filed.filing.correction = Some(Box::new(self.clone()));
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.filed().map(Application::filed_at)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::Corrected.with(NoticeField::Corrections, &self.corrections))
    }
}

/// Changes what is petitioned for (변경), which the petitioner may until processing is concluded
/// (A22②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Modify {
    /// Who changes it; only the petitioner may.
    pub by: ApplicantId,
    /// The changes.
    pub changes: Text,
    /// Forms and files, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// When.
    pub modified_at: Timestamp,
}

/// The petitioner changed what is petitioned for (변경, A22②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modified {
    /// Who changed it.
    pub by: ApplicantId,
    /// The changes.
    pub changes: Text,
    /// Forms and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When.
    pub modified_at: Timestamp,
}

/// The petitioner may modify a petition until processing is concluded (A22②).
impl Rule<PetitionApplication> for Modify {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let filing = &at(state, Status::UNCONCLUDED, Self::WORDS)?.filing;
        check_applicant(&filing.applicant, &self.by, Self::WORDS)?;
        check_attachments(&self.attachments)?;
        let modified = Modified {
            by: self.by.clone(),
            changes: self.changes.clone(),
            attachments: self.attachments.clone(),
            modified_at: self.modified_at,
        };
        if filing.modification.as_deref() == Some(&modified) {
            return unchanged();
        }
        happened(modified)
    }
}

impl Happening<State> for Modified {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(Status::UNCONCLUDED) else {
            return false;
        };
        filed.filing.modification = Some(Box::new(self.clone()));
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.filed().map(Application::filed_at)
    }
}

/// Takes a petition back (취하, A22②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Withdraw {
    /// Who withdraws; only the petitioner may.
    pub by: ApplicantId,
    /// Why, if the petitioner says so.
    pub reason: Option<Text>,
}

/// The petitioner took the petition back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// Who withdrew.
    pub by: ApplicantId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

/// The petitioner, and nobody else, may withdraw until processing is concluded (A22②).
impl Rule<PetitionApplication> for Withdraw {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        // Withdrawn is withdrawn: another reason adds nothing.
        if let Some(Stage::Withdrawn(end)) = state.stage()
            && let Withdrawal::Declared(withdrawn) = &**end
        {
            check_applicant(&withdrawn.by, &self.by, Self::WORDS)?;
            return unchanged();
        }
        let filed = at(state, Status::UNCONCLUDED, Self::WORDS)?;
        check_applicant(&filed.filing.applicant, &self.by, Self::WORDS)?;
        happened(Withdrawn {
            by: self.by.clone(),
            reason: self.reason.clone(),
        })
    }
}

impl Happening<State> for Withdrawn {
    fn apply(&self, state: &mut State) -> bool {
        let withdrawal = Box::new(Withdrawal::Declared(self.clone()));
        state.go(Status::UNCONCLUDED, Stage::Withdrawn(withdrawal))
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::Withdrawn.into())
    }

    fn next(&self) -> Option<Next> {
        Some(Next::CallOff)
    }
}
