//! The flow of a petition through the services: which event asks for what.
//!
//! Application and issuance do not know each other. The reactors here read the events of both and
//! say what is to be done next, as a [`Step`]; a service looks up the facts that the step needs and
//! gives the command. So a step says only what its event tells for sure, and asks for it on every
//! event after which it *may* be due. Who carries it out looks where things stand, and does nothing
//! where nothing is due.
//!
//! | reactor | on | step |
//! |---|---|---|
//! | [`IssuanceReactor`] | received, approved | [`Step::OpenIssuance`] |
//! | | fee paid or waived | [`Step::FetchSource`], attempt 1 |
//! | | source data requested again | [`Step::FetchSource`], that attempt |
//! | [`CompletionReactor`] | document issued, result entered | [`Step::CloseApplication`] |
//! | [`CompensationReactor`] | withdrawn, rejected, closed | [`Step::CallOffIssuance`] |
//! | | source data failed for good | [`Step::FailIssuance`] |
//! | [`NotificationReactor`] | what concerns the petitioner | a [`Notice`] |
//!
//! Later attempts at the register are begun by time, as reminders and missed dues are: see
//! [`Deadline`](crate::Deadline).

mod compensation;
mod completion;
mod issuance;
mod notification;

#[cfg(test)]
mod tests;

use minwon_core::{ConsumerName, PetitionId, RecordedEvent};

pub use self::{
    compensation::CompensationReactor,
    completion::CompletionReactor,
    issuance::IssuanceReactor,
    notification::{Notice, NotificationReactor},
};
use crate::{category::Category, issuance::IssuanceId};

/// After what a document may be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The petition was received.
    Receipt,
    /// It was approved.
    Approval,
}

/// What a service is asked to do. Each may be asked for again, at any time: its effect comes once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Request a document for a petition, if one is due and none is under way: an instant issuance
    /// when it was received, any when it was approved.
    OpenIssuance {
        /// After what.
        occasion: Occasion,
        /// The petition's category.
        category: Category,
        /// The petition.
        petition: PetitionId,
    },
    /// Ask the linked register for what the document is made of, and issue it; nothing where the
    /// service is not linked.
    FetchSource {
        /// The petition's category.
        category: Category,
        /// The attempt to issue.
        issuance: IssuanceId,
        /// Which time the register is asked, from 1.
        attempt: u32,
    },
    /// The document or the result is out: approve the petition if that is still to be done, and
    /// complete it.
    CloseApplication {
        /// The petition's category.
        category: Category,
        /// The attempt that came to a result.
        issuance: IssuanceId,
    },
    /// The petition was withdrawn, refused or closed without a decision: call off what may be under
    /// way to a document. A document that is being made cannot be called off any more; what becomes of it is decided when it is out.
    CallOffIssuance {
        /// The petition's category.
        category: Category,
        /// The petition.
        petition: PetitionId,
    },
    /// This attempt to issue came to nothing: fail it, which gives back what was paid.
    FailIssuance {
        /// The petition's category.
        category: Category,
        /// The attempt to issue.
        issuance: IssuanceId,
    },
    /// The event that should have opened an issuance was given up: fail whichever attempt is
    /// under way, which gives back what was paid.
    GiveUpIssuance {
        /// The petition's category.
        category: Category,
        /// The petition.
        petition: PetitionId,
    },
}

/// The petition that an event belongs to.
///
/// Only an id that breaks a rule made after it was written is none; nothing is asked for then.
fn petition_of(recorded: &RecordedEvent) -> Option<PetitionId> {
    PetitionId::new(recorded.metadata.petition_id()).ok()
}

/// The attempt to issue whose stream an event stands in.
fn issuance_of(recorded: &RecordedEvent) -> Option<IssuanceId> {
    recorded.stream.id().parse().ok()
}

fn consumer(name: &'static str) -> ConsumerName {
    ConsumerName::new(name).expect("a word")
}
