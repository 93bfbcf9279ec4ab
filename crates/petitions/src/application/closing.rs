//! How a petition ends without a decision, or with a document that nobody collects.

use crate::PetitionId;
use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Application, ApplicationRejection as Rejection, ApplicationState as State,
    ApplicationStatus as Status, PetitionApplication, Stage,
    rule::{Decision, at, case_at, happened, refuse_in_review, unchanged},
};
use crate::{
    category::PetitionKind,
    chapter::{Happening, Rule},
    date::Date,
    flow::Next,
    notice::{NoticeContent, NoticeField, NoticeKind},
    statute::collection_due,
    text::{Reference, Text},
    words::words,
};

/// On what a petition was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Closing {
    /// It is handled under another petition (D6⑦).
    Merged(MergedInto),
    /// It repeats what was answered before (A23).
    Repeated(ClosedAsRepeated),
    /// The law exempts it from being handled (A21).
    Exempt(ClosedAsExempt),
    /// Nobody collected its document (D25④).
    Uncollected(ClosedUncollected),
}

impl Closing {
    /// Returns why it gets no document any more, if it does not.
    pub(super) const fn decided_against(&self) -> Option<&'static str> {
        match self {
            Self::Merged(_) => Some("The petition was merged into another"),
            Self::Repeated(_) => Some("The petition was closed as repeated"),
            Self::Exempt(_) => Some("The petition was closed as exempt"),
            // The document is good: it was for the petitioner to come for it.
            Self::Uncollected(_) => None,
        }
    }
}

/// Returns whether the petition was closed like this.
fn is_closed(state: &State, is_it: impl FnOnce(&Closing) -> bool) -> bool {
    matches!(state.stage(), Some(Stage::Closed(closing)) if is_it(closing))
}

/// Closes a petition that stands at one of `from`; whether it did.
fn close(state: &mut State, from: &[Status], closing: Closing) -> bool {
    state.go(from, Stage::Closed(Box::new(closing)))
}

/// The kind as the agency found it counts, not as the petitioner declared it.
fn check_is_not_statutory(
    filed: &Application,
    command: &'static str,
    article: &'static str,
) -> Result<(), Rejection> {
    match filed.filing.kind {
        PetitionKind::Statutory => Err(Rejection::Statutory { command, article }),
        _ => Ok(()),
    }
}

/// How many petitioners with the same purpose are handled as one (D6⑦).
pub const MERGED_PETITIONERS_MIN: u32 = 5;

/// Handles a petition together with others of the same purpose (D6⑦): it goes on under another
/// petition and ends here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Merge {
    /// The petition that is merged: its own id, which the stream keeps to itself.
    pub petition: PetitionId,
    /// The petition that it is handled under from now on; another than `petition`.
    pub into: PetitionId,
    /// The purpose that all of them have.
    pub purpose: Text,
    /// How many petitioners have it: at least [`MERGED_PETITIONERS_MIN`]. A fact that is looked
    /// up.
    #[serde(skip)]
    pub petitioners: u32,
    /// Who merges them.
    pub officer: ActorId,
    /// When.
    pub merged_at: Timestamp,
}

/// The petition was merged into another of the same purpose, under which it is handled (D6⑦).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergedInto {
    /// The petition that it is handled under.
    pub into: PetitionId,
    /// The purpose that all of them have.
    pub purpose: Text,
    /// How many petitioners have it.
    pub petitioners: u32,
    /// Who merged them.
    pub officer: ActorId,
    /// When.
    pub merged_at: Timestamp,
}

/// Five petitioners or more with the same purpose are handled as one (D6⑦).
impl Rule<PetitionApplication> for Merge {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let merged = MergedInto {
            into: self.into.clone(),
            purpose: self.purpose.clone(),
            petitioners: self.petitioners,
            officer: self.officer.clone(),
            merged_at: self.merged_at,
        };
        if is_closed(
            state,
            |it| matches!(it, Closing::Merged(before) if *before == merged),
        ) {
            return unchanged();
        }
        if state.at(&[Status::Received]).is_none() {
            return Err(refuse_in_review(state, Self::WORDS, "received"));
        }
        if self.into == self.petition {
            return Err(Rejection::MergedIntoItself);
        }
        if self.petitioners < MERGED_PETITIONERS_MIN {
            return Err(Rejection::TooFewPetitioners {
                petitioners: self.petitioners,
                petitioners_min: MERGED_PETITIONERS_MIN,
            });
        }
        happened(merged)
    }
}

impl Happening<State> for MergedInto {
    fn apply(&self, state: &mut State) -> bool {
        close(state, &[Status::Received], Closing::Merged(self.clone()))
    }

    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::Merged.with(NoticeField::Into, &self.into);
        Some(notice.with(NoticeField::Purpose, &self.purpose))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::CallOff)
    }
}

/// From which petition of the same content on one may be closed as repeated (A23).
pub const REPEATED_TIMES_MIN: u32 = 3;

/// How many results have to be notified before one may be closed as repeated (A23).
pub const REPEATED_RESULTS_MIN: u32 = 2;

/// Closes a petition that repeats what was answered before (A23); never a statutory one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CloseAsRepeated {
    /// Its number among the petitions of the same content, counted from 1: at least [`REPEATED_TIMES_MIN`]. A
    /// fact that is looked up.
    #[serde(skip)]
    pub times: u32,
    /// How many results were notified: at least [`REPEATED_RESULTS_MIN`]. A fact that is looked
    /// up.
    #[serde(skip)]
    pub results_notified: u32,
    /// Who petitions.
    pub petitioners: Petitioners,
    /// Under what the petition mediation committee keeps that it dealt with it, which it must
    /// have where [many](Petitioners::Many) petition (D26).
    pub committee: Option<Reference>,
    /// Who closes it.
    pub officer: ActorId,
    /// When.
    pub closed_at: Timestamp,
}

/// The petition was closed as a repetition of what was answered before (반복민원, A23).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedAsRepeated {
    /// Its number among the petitions of the same content, counted from 1.
    pub times: u32,
    /// How many results had been notified.
    pub results_notified: u32,
    /// Who petitioned.
    pub petitioners: Petitioners,
    /// Under what the petition mediation committee (민원조정위원회) keeps that it dealt with it
    /// (D26).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committee: Option<Reference>,
    /// Who closed it.
    pub officer: ActorId,
    /// When.
    pub closed_at: Timestamp,
}

words! {
    /// Whether a petition is the concern of many (A2).
    pub enum Petitioners("sort of petitioners") {
        /// Of one, or of a few.
        Few = "few",
        /// Of five households or more, and of five persons or more jointly (다수인관련민원).
        Many = "many",
    }
}

/// The same content for the third time or more, answered twice or more, need not be answered again
/// (A23). Where many petition, the mediation committee has dealt with it before (D26).
impl Rule<PetitionApplication> for CloseAsRepeated {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let closed = ClosedAsRepeated {
            times: self.times,
            results_notified: self.results_notified,
            petitioners: self.petitioners,
            committee: self.committee.clone(),
            officer: self.officer.clone(),
            closed_at: self.closed_at,
        };
        if is_closed(
            state,
            |it| matches!(it, Closing::Repeated(before) if *before == closed),
        ) {
            return unchanged();
        }
        let filed = at(state, Status::UNDECIDED, Self::WORDS)?;
        check_is_not_statutory(filed, Self::WORDS, "A23")?;
        self.check_repetition()?;
        happened(closed)
    }
}

impl CloseAsRepeated {
    fn check_repetition(&self) -> Result<(), Rejection> {
        if self.times < REPEATED_TIMES_MIN {
            return Err(Rejection::TooFewTimes {
                times: self.times,
                times_min: REPEATED_TIMES_MIN,
            });
        }
        if self.results_notified < REPEATED_RESULTS_MIN {
            return Err(Rejection::TooFewResults {
                notified: self.results_notified,
                notified_min: REPEATED_RESULTS_MIN,
            });
        }
        match (self.petitioners, &self.committee) {
            (Petitioners::Many, None) => Err(Rejection::NoCommittee),
            (Petitioners::Many, Some(_)) | (Petitioners::Few, _) => Ok(()),
        }
    }
}

impl Happening<State> for ClosedAsRepeated {
    fn apply(&self, state: &mut State) -> bool {
        close(state, Status::UNDECIDED, Closing::Repeated(self.clone()))
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::ClosedAsRepeated.into())
    }

    fn next(&self) -> Option<Next> {
        Some(Next::CallOff)
    }
}

/// Closes a petition that the law exempts from being handled (A21); never a statutory one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CloseAsExempt {
    /// On which ground.
    pub ground: ExemptionGround,
    /// Why it applies, in the words given to the petitioner.
    pub reason: Text,
    /// Who closes it.
    pub officer: ActorId,
    /// When.
    pub closed_at: Timestamp,
}

/// The petition was closed since the law exempts it from being handled (민원 처리의 예외, A21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedAsExempt {
    /// On which ground.
    pub ground: ExemptionGround,
    /// Why it applies, in the words given to the petitioner.
    pub reason: Text,
    /// Who closed it.
    pub officer: ActorId,
    /// When.
    pub closed_at: Timestamp,
}

words! {
    /// Why a petition need not be handled: the nine grounds of A21, in its order. Each is worded
    /// shorter than in the law (text in force since 2022-07-12).
    pub enum ExemptionGround("ground for an exemption") {
        /// 1. It takes a highly political judgement, or concerns a secret of the state or of office.
        PoliticsOrSecrets = "politics-or-secrets",
        /// 2. It concerns a criminal investigation, a trial or the execution of a sentence, or an
        /// audit that the Board of Audit and Inspection (감사원) has begun.
        InvestigationTrialOrAudit = "investigation-trial-or-audit",
        /// 3. A remedy that a law gives is under way: an administrative appeal or lawsuit, a
        /// constitutional complaint, a request for review by the Board of Audit and Inspection.
        RemedyUnderWay = "remedy-under-way",
        /// 4. A conciliation, mediation or arbitration between the parties is under way by law.
        MediationUnderWay = "mediation-under-way",
        /// 5. It concerns rights that a judgement, a ruling, a settlement, a mediation or an
        /// arbitration has fixed.
        SettledRights = "settled-rights",
        /// 6. The Board of Audit and Inspection does it by decision of its council (감사위원회의).
        AuditBoardResolution = "audit-board-resolution",
        /// 7. An election commission, at whatever level, does it by resolution.
        ElectionCommissionResolution = "election-commission-resolution",
        /// 8. It concerns rights between private persons, or somebody's private life.
        PrivateAffairs = "private-affairs",
        /// 9. It concerns what an agency does as the employer of its staff.
        PersonnelMatters = "personnel-matters",
    }
}

/// Nine grounds exempt a petition from being handled (A21); the type of the ground knows no tenth.
impl Rule<PetitionApplication> for CloseAsExempt {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let closed = ClosedAsExempt {
            ground: self.ground,
            reason: self.reason.clone(),
            officer: self.officer.clone(),
            closed_at: self.closed_at,
        };
        if is_closed(
            state,
            |it| matches!(it, Closing::Exempt(before) if *before == closed),
        ) {
            return unchanged();
        }
        let filed = at(state, Status::UNDECIDED, Self::WORDS)?;
        check_is_not_statutory(filed, Self::WORDS, "A21")?;
        happened(closed)
    }
}

impl Happening<State> for ClosedAsExempt {
    fn apply(&self, state: &mut State) -> bool {
        close(state, Status::UNDECIDED, Closing::Exempt(self.clone()))
    }

    /// The petitioner is notified of the reason (A21).
    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::ClosedAsExempt.with(NoticeField::Ground, self.ground.as_str());
        Some(notice.with(NoticeField::Reason, &self.reason))
    }

    fn next(&self) -> Option<Next> {
        Some(Next::CallOff)
    }
}

/// Closes a petition whose document nobody collected (D25④): a paper document, more than 15 days
/// after the day on which it was expected to be completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CloseUncollected {
    /// The form of the document: a fact that is looked up.
    #[serde(skip)]
    pub form: DocumentForm,
    /// Who closes it.
    pub officer: ActorId,
    /// When.
    pub closed_at: Timestamp,
}

/// The form that a document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentForm {
    /// A sheet of paper that lies at the agency.
    Paper,
    /// A file: it needs no collecting.
    Electronic,
}

/// The petition was closed since nobody collected its document, which was on paper (D25④).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedUncollected {
    /// The day on which it was expected to be completed (처리완료 예정일).
    pub expected_on: Date,
    /// Who closed it.
    pub officer: ActorId,
    /// When.
    pub closed_at: Timestamp,
}

/// A paper document that is not collected within 15 days after the day on which the petition was
/// expected to be completed may be discarded, and the petition closed (D25④). Our reading: that day
/// is the petition's due.
impl Rule<PetitionApplication> for CloseUncollected {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let is_on_record = |closing: &Closing| {
            matches!(closing, Closing::Uncollected(before)
                if before.officer == self.officer && before.closed_at == self.closed_at)
        };
        if is_closed(state, is_on_record) {
            return unchanged();
        }
        let (_, case) = case_at(state, &[Status::Approved], Self::WORDS)?;
        match self.form {
            DocumentForm::Paper => {}
            DocumentForm::Electronic => return Err(Rejection::NotOnPaper),
        }
        let expected_on = case.due.day();
        let (until, at) = (
            collection_due(expected_on, &decider.calendar)?,
            self.closed_at,
        );
        if !until.is_overdue_at(at) {
            return Err(Rejection::StillKept { until, at });
        }
        happened(ClosedUncollected {
            expected_on,
            officer: self.officer.clone(),
            closed_at: self.closed_at,
        })
    }
}

impl Happening<State> for ClosedUncollected {
    fn apply(&self, state: &mut State) -> bool {
        let closing = Closing::Uncollected(self.clone());
        close(state, &[Status::Approved], closing)
    }

    fn notice(&self) -> Option<NoticeContent> {
        Some(NoticeKind::ClosedUncollected.into())
    }
}
