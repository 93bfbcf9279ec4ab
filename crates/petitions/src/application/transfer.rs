//! Who works on a petition: the officer in charge, the responsible department, the agency.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Application, ApplicationRejection as Rejection, ApplicationState as State,
    ApplicationStatus as Status, Case, FORMER_NUMBERS_MAX, Filing, PetitionApplication, Stage,
    rule::{Decision, at, case_at, happened, unchanged},
};
use crate::{
    calendar::Calendar,
    chapter::{Happening, Rule},
    due::Due,
    notice::{NoticeContent, NoticeField, NoticeKind},
    statute,
    text::{Agency, Department, Text},
    time_order::Cause,
};

/// Gives a petition to an officer in charge (담당자), which takes it into review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assign {
    /// The officer in charge from now on.
    pub officer: ActorId,
    /// Who assigns it.
    pub by: ActorId,
    /// When.
    pub assigned_at: Timestamp,
}

/// The petition was given to an officer in charge (담당자).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// The officer in charge from now on.
    pub officer: ActorId,
    /// Who assigned it.
    pub by: ActorId,
    /// When.
    pub assigned_at: Timestamp,
}

/// One officer is in charge of a petition at a time.
impl Rule<PetitionApplication> for Assign {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let (_, case) = case_at(state, Status::UNDECIDED, Self::WORDS)?;
        match &case.officer {
            None => happened(Assigned {
                officer: self.officer.clone(),
                by: self.by.clone(),
                assigned_at: self.assigned_at,
            }),
            // Whoever is in charge is in charge.
            Some(officer) if *officer == self.officer => unchanged(),
            Some(officer) => Err(Rejection::AlreadyAssigned {
                officer: officer.clone(),
            }),
        }
    }
}

impl Happening<State> for Assigned {
    fn apply(&self, state: &mut State) -> bool {
        hand_over(state, self.assigned_at, |case| {
            case.officer = Some(self.officer.clone());
        })
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        handed(state)
    }
}

/// Takes a received petition into review, or keeps it there, in other hands; whether it did.
fn hand_over(state: &mut State, at: Timestamp, change: impl FnOnce(&mut Case)) -> bool {
    let Some(filed) = state.at_mut(Status::UNDECIDED) else {
        return false;
    };
    filed.stage = Stage::InReview;
    let Some(case) = &mut filed.case else {
        return false;
    };
    case.handed_at = Some(at);
    change(case);
    true
}

/// Returns when it was last given to somebody.
fn handed(state: &State) -> Option<Cause> {
    let handed_at = state.filed()?.case.as_ref()?.handed_at?;
    Some(("the last assignment or transfer", handed_at))
}

/// Gives a petition to another officer than the one in charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reassign {
    /// The officer in charge from now on.
    pub officer: ActorId,
    /// Why.
    pub reason: Text,
    /// Who reassigns it.
    pub by: ActorId,
    /// When.
    pub reassigned_at: Timestamp,
}

/// The petition was given to another officer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reassigned {
    /// The officer in charge until now.
    pub from: ActorId,
    /// The officer in charge from now on.
    pub to: ActorId,
    /// Why.
    pub reason: Text,
    /// Who reassigned it.
    pub by: ActorId,
    /// When.
    pub reassigned_at: Timestamp,
}

/// Another officer takes over from the one in charge.
impl Rule<PetitionApplication> for Reassign {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let (_, case) = case_at(state, Status::UNDECIDED, Self::WORDS)?;
        match &case.officer {
            None => Err(Rejection::NotAssigned),
            Some(officer) if *officer == self.officer => unchanged(),
            Some(officer) => happened(Reassigned {
                from: officer.clone(),
                to: self.officer.clone(),
                reason: self.reason.clone(),
                by: self.by.clone(),
                reassigned_at: self.reassigned_at,
            }),
        }
    }
}

impl Happening<State> for Reassigned {
    fn apply(&self, state: &mut State) -> bool {
        hand_over(state, self.reassigned_at, |case| {
            case.officer = Some(self.to.clone());
        })
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        handed(state)
    }
}

/// Passes a petition to another department of the agency, which takes it into review there. The
/// law gives 1 to 3 working hours for that (D13①, ②), of which nobody keeps count here: the
/// petition's own period runs on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransferToDepartment {
    /// The department responsible from now on.
    pub department: Department,
    /// Who transfers it.
    pub by: ActorId,
    /// When.
    pub transferred_at: Timestamp,
}

/// The petition went to another department of the agency (D13). Nobody is in charge of it there
/// before it is assigned again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferredToDepartment {
    /// The department responsible until now.
    pub from: Department,
    /// The department responsible from now on (처리주무부서).
    pub to: Department,
    /// Who transferred it.
    pub by: ActorId,
    /// When.
    pub transferred_at: Timestamp,
}

/// Inside an agency a petition moves freely (D13): each department may find that another is
/// responsible.
impl Rule<PetitionApplication> for TransferToDepartment {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let (_, case) = case_at(state, Status::UNDECIDED, Self::WORDS)?;
        if *case.department() == self.department {
            return unchanged();
        }
        happened(TransferredToDepartment {
            from: case.department().clone(),
            to: self.department.clone(),
            by: self.by.clone(),
            transferred_at: self.transferred_at,
        })
    }
}

impl Happening<State> for TransferredToDepartment {
    fn apply(&self, state: &mut State) -> bool {
        hand_over(state, self.transferred_at, |case| {
            case.moved_to = Some(self.to.clone());
            case.officer = None;
        })
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        handed(state)
    }
}

/// Passes a petition to the agency that is competent (이송, A16): within 8 working hours, an
/// electronic one without delay (D13). A late transfer is recorded as such.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TransferToAgency {
    /// The competent agency; another than the one that has it.
    pub agency: Agency,
    /// Why that agency is competent, in the words given to the petitioner.
    pub reason: Text,
    /// Who transfers it.
    pub by: ActorId,
    /// When; from now on it lies at the window of the competent agency.
    pub transferred_at: Timestamp,
}

/// The petition went to the agency that is competent (이송, A16, D13). It is submitted there, and its
/// period starts again with the receipt there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferredToAgency {
    /// The agency that had it until now.
    pub from: Agency,
    /// The competent agency.
    pub to: Agency,
    /// Why that one is competent.
    pub reason: Text,
    /// Who transferred it.
    pub by: ActorId,
    /// Until when it had to go on (D13); none where the calendar does not cover it. Late is
    /// recorded rather than refused: a petition is not kept by an agency that is not competent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// When.
    pub transferred_at: Timestamp,
}

/// Where an agency has a petition that another one is competent for. Often that is seen by the officer
/// who examines it, so it may be assigned, or with any department (A16, D13③).
const HAD_BY_AN_AGENCY: &[Status] = &[Status::Submitted, Status::Received, Status::InReview];

/// An agency that is not competent passes a petition on to the one that is (A16). There it is submitted,
/// and the receipt there begins its period again.
impl Rule<PetitionApplication> for TransferToAgency {
    fn decide(&self, decider: &PetitionApplication, state: &State) -> Decision {
        let filed = at(state, HAD_BY_AN_AGENCY, Self::WORDS)?;
        if filed.stage == Stage::Submitted && self.is_on_record(&filed.filing) {
            return unchanged();
        }
        let from = &filed.filing.agency;
        if *from == self.agency {
            return Err(Rejection::SameAgency {
                agency: self.agency.clone(),
            });
        }
        happened(TransferredToAgency {
            from: from.clone(),
            to: self.agency.clone(),
            reason: self.reason.clone(),
            by: self.by.clone(),
            due: transfer_due(filed, &decider.calendar),
            transferred_at: self.transferred_at,
        })
    }
}

impl TransferToAgency {
    fn is_on_record(&self, filing: &Filing) -> bool {
        filing.transfer.as_ref().is_some_and(|transfer| {
            transfer.to == self.agency
                && transfer.reason == self.reason
                && transfer.by == self.by
                && transfer.transferred_at == self.transferred_at
        })
    }
}

/// Returns until when it has to go on: an electronic petition at once, one on paper within 8
/// working hours (D13). Where the calendar does not reach, nothing is said: that is no reason to
/// keep it.
fn transfer_due(filed: &Application, calendar: &Calendar) -> Option<Due> {
    let received_at = filed.case.as_ref().map(|case| case.receipt.received_at);
    let since = received_at.unwrap_or(filed.filing.reached_at());
    if filed.filing.channel.is_electronic() {
        return Some(Due::At(since));
    }
    statute::transfer_due(since, calendar).ok()
}

/// It will be received again, under another number; under the old one it is found all the same. Whoever is competent goes on with the document
/// that is under way.
impl Happening<State> for TransferredToAgency {
    fn apply(&self, state: &mut State) -> bool {
        let Some(filed) = state.at_mut(HAD_BY_AN_AGENCY) else {
            return false;
        };
        filed.stage = Stage::Submitted;
        if let Some(case) = filed.case.take() {
            let former = &mut filed.former_numbers;
            former.truncate(FORMER_NUMBERS_MAX);
            if former.len() == FORMER_NUMBERS_MAX {
                former.remove(0);
            }
            former.push(case.receipt.receipt_number);
        }
        filed.filing.agency = self.to.clone();
        filed.filing.transfer = Some(Box::new(self.clone()));
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        handed(state)
    }

    /// The petitioner is notified where the petition is now (D13).
    fn notice(&self) -> Option<NoticeContent> {
        let notice = NoticeKind::Transferred.with(NoticeField::To, &self.to);
        Some(notice.with(NoticeField::Reason, &self.reason))
    }
}
