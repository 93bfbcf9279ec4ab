//! How a petition ends without a decision, or with a document that nobody collects.

use minwon_core::{ActorId, PetitionId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    date::Date,
    text::{Reference, Text},
    words::words,
};

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

/// The petition was closed as a repetition of what was answered before (반복민원, A23).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedAsRepeated {
    /// The how-manieth petition of the same content it was.
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

/// The petition was closed since the law exempts it from being handled (민원 처리의 예외, A21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClosedAsExempt {
    /// On which ground.
    pub ground: ExemptionGround,
    /// Why it applies, as the petitioner is told.
    pub reason: Text,
    /// Who closed it.
    pub officer: ActorId,
    /// When.
    pub closed_at: Timestamp,
}

words! {
    /// Why a petition need not be handled: the nine grounds of A21, in its order. Each is told
    /// shorter than the law has it (text in force since 2022-07-12).
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
