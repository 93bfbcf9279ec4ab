//! What can be wanted of a petition that is to end without a decision, or with a document that
//! nobody collects.

use minwon_core::{ActorId, PetitionId, Timestamp};

use crate::{
    application::event::{ExemptionGround, Petitioners},
    text::{Reference, Text},
};

/// How many petitioners with the same purpose are handled as one (D6⑦).
pub const MERGED_PETITIONERS_MIN: u32 = 5;
/// From which petition of the same content on one may be closed as repeated (A23).
pub const REPEATED_TIMES_MIN: u32 = 3;
/// How many results have to be notified before one may be closed as repeated (A23).
pub const REPEATED_RESULTS_MIN: u32 = 2;

/// Handles a petition together with others of the same purpose (D6⑦): it goes on under another
/// petition and ends here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The petition that is merged: its own id, which the stream keeps to itself.
    pub petition: PetitionId,
    /// The petition that it is handled under from now on; another than `petition`.
    pub into: PetitionId,
    /// The purpose that all of them have.
    pub purpose: Text,
    /// How many petitioners have it: at least [`MERGED_PETITIONERS_MIN`]. A fact that is looked
    /// up.
    pub petitioners: u32,
    /// Who merges them.
    pub officer: ActorId,
    /// When.
    pub merged_at: Timestamp,
}

/// Closes a petition that repeats what was answered before (A23); never a statutory one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseAsRepeated {
    /// The how-manieth petition of the same content it is: at least [`REPEATED_TIMES_MIN`]. A
    /// fact that is looked up.
    pub times: u32,
    /// How many results were notified: at least [`REPEATED_RESULTS_MIN`]. A fact that is looked
    /// up.
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

/// Closes a petition that the law exempts from being handled (A21); never a statutory one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseAsExempt {
    /// On which ground.
    pub ground: ExemptionGround,
    /// Why it applies, as the petitioner is told.
    pub reason: Text,
    /// Who closes it.
    pub officer: ActorId,
    /// When.
    pub closed_at: Timestamp,
}

/// Closes a petition whose document nobody collected (D25④): a paper document, more than 15 days
/// after the day on which it was expected to be completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseUncollected {
    /// What the document is: a fact that is looked up.
    pub form: DocumentForm,
    /// Who closes it.
    pub officer: ActorId,
    /// When.
    pub closed_at: Timestamp,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentForm {
    /// A sheet of paper that lies at the agency.
    Paper,
    /// A file: it needs no collecting.
    Electronic,
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
