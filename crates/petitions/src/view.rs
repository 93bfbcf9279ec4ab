//! Read models: what is shown of petitions, and under which names it is found.
//!
//! One projection, [`PetitionViews`], folds all events of a petition into one [`PetitionView`]: the
//! states of its aggregates and a timeline. Its index entries make these read models of it:
//!
//! | read model | asked by |
//! |---|---|
//! | status and timeline of a petition | [`PetitionViews::by_receipt`] |
//! | petitions of an applicant | [`PetitionViews::of_applicant`] |
//! | open petitions by status, the most urgent first | [`PetitionViews::work`] |
//! | what is due today, and what is overdue | [`PetitionViews::due_on`], [`PetitionViews::running`] |
//! | what waits for a supplement | [`PetitionViews::awaiting_supplement`] |
//! | open petitions of an officer, a department, a kind, an agency, a category | [`PetitionViews::open`] |
//! | how many of each are open | [`PetitionViews::open_counts`] |
//! | how many, by service and status, of each day | [`PetitionViews::day_counts`] |
//! | issued documents | [`PetitionViews::by_document`], [`PetitionView::verify`] |
//! | what waits for its time, the earliest first | [`PetitionViews::pending`], [`PetitionView::pending`] |
//!
//! The time that is left of a petition's period changes without an event, so it is in no view: it
//! is [asked with a time](PetitionView::remaining) and a calendar. [`PetitionView::result`] is the
//! whole answer to a petitioner.

mod deadlines;
mod document;
mod groups;
pub(crate) mod micros;
mod parts;
mod petition;
mod places;
mod remaining;
mod result;
mod timeline;

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;

use minwon_core::{
    IndexEntry, Projection, ProjectionName, RecordedEvent, StreamName, ViewKey, ViewSchema,
};

pub(crate) use self::result::RESULT_FORMS;
pub use self::{
    deadlines::OfficerTask,
    document::{DocumentVerdict, DocumentView, PickupView, ProofView, SourceFailureView},
    groups::{Group, Grouping},
    parts::{DecisionView, EndView, ObjectionDecisionView, ObjectionView, SupplementView},
    petition::{IssuanceView, PetitionView},
    places::DayCount,
    remaining::{ClockStop, Remaining, StopCause},
    result::{DocumentSummary, PetitionResult, ReceiptResult},
    timeline::{NEWEST_STEPS_MAX, Step, StepKind, Timeline},
};
use crate::{
    category::Category,
    reader::{PetitionEvent, petition_of_stream},
};

/// Folds the events of a petition and of its documents into what is shown of it.
///
/// A view is shown in the log's order, whatever the events' own times say. An event that no decision
/// could have written changes nothing, as in the aggregates.
#[derive(Debug, Clone)]
pub struct PetitionViews {
    name: ProjectionName,
}

impl PetitionViews {
    /// The fingerprint of views and places.
    ///
    /// `tests/golden/views.rs` says when to raise it.
    pub const SCHEMA: ViewSchema = ViewSchema::new(7);
}

impl Default for PetitionViews {
    fn default() -> Self {
        Self {
            name: ProjectionName::new("petitions").expect("a word"),
        }
    }
}

impl Projection for PetitionViews {
    type Event = (Category, PetitionEvent);
    type View = PetitionView;

    fn name(&self) -> &ProjectionName {
        &self.name
    }

    fn schema(&self) -> ViewSchema {
        Self::SCHEMA
    }

    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        self.key_of_stream(&event.stream)
    }

    fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
        Some(petition_of_stream(stream))
    }

    fn apply(
        &self,
        view: &mut Option<PetitionView>,
        event: &Self::Event,
        recorded: &RecordedEvent,
    ) {
        petition::apply(view, event, recorded);
    }

    fn index(&self, _: &ViewKey, view: &PetitionView, entries: &mut Vec<IndexEntry>) {
        places::index(view, entries);
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
pub(crate) fn is_zero(count: &u32) -> bool {
    *count == 0
}
