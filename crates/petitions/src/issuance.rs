//! One attempt to issue a document: requested, authorised, issued or ended.

mod command;
mod decide;
pub(crate) mod event;
mod evolve;
mod id;
mod rejection;
mod state;

#[cfg(test)]
pub(crate) mod laws;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use minwon_core::{
    Aggregate, CategoryName, Decider, EventCodec, NameError, NamespaceName, StateSchema, StreamName,
};

pub use self::{
    command::{
        AssessFee, Authorize, Basis, COPIES_MAX, Cancel, Collect, Deliver, Delivery, Discard,
        EnterResultManually, ExpireVerification, Fail, FeeConsequence, FeeSettlement,
        IssuanceCommand, IssueDocument, MakeReadyForPickup, NoteSourceData, NoteSourceFailure,
        PayFee, Print, Request, RetrieveSourceData, Revoke, VerifyDocument, VerifyIdentity, View,
        WaiveFee,
    },
    event::{
        Cancelled, DeliveryWay, DocumentCollected, DocumentDelivered, DocumentDiscarded,
        DocumentIssued, DocumentPrinted, DocumentReadyForPickup, DocumentRevoked, DocumentVerified,
        DocumentViewed, Failed, FeeAssessed, FeePaid, FeeRefunded, FeeWaived, IdentityMethod,
        IdentityVerified, Requested, ResultEnteredManually, SourceDataFailed, SourceDataRequested,
        SourceDataRetrieved, VERIFIABLE_DAYS, VerificationExpired, VerificationVerdict, Won,
    },
    id::IssuanceId,
    rejection::IssuanceRejection,
    state::{IssuanceResult, IssuanceState, IssuanceStatus, Settlement, Usage},
};
use crate::{
    calendar::Calendar,
    catalogue::{self, IssuanceEvent},
    category::Category,
};

/// Decides about issuances of one category.
///
/// ```
/// use minwon_petitions::{Category, Issuance, IssuanceId};
/// # use minwon_core::{NamespaceName, PetitionId};
/// let issuance = Issuance::new(Category::Car);
/// let first = IssuanceId::first(&PetitionId::new("2026-000123")?);
/// let stream = issuance.stream(&NamespaceName::new("car")?, &first)?;
/// assert_eq!(stream.as_str(), "car_CarIssuance-2026-000123.1");
/// # Ok::<(), minwon_core::NameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Issuance {
    petition_category: Category,
    streams: CategoryName,
    codec: EventCodec,
    calendar: Cow<'static, Calendar>,
}

impl Issuance {
    /// The decider for issuances of this category, by the [published](Calendar::published)
    /// calendar.
    #[must_use]
    pub fn new(category: Category) -> Self {
        Self {
            petition_category: category,
            streams: category.streams("Issuance"),
            codec: catalogue::issuance_codec(category),
            calendar: Cow::Borrowed(Calendar::published()),
        }
    }

    /// The same by another calendar.
    #[must_use]
    pub fn with_calendar(self, calendar: Calendar) -> Self {
        Self {
            calendar: Cow::Owned(calendar),
            ..self
        }
    }

    /// The category of its petitions.
    #[must_use]
    pub const fn petition_category(&self) -> Category {
        self.petition_category
    }

    /// The stream of one attempt.
    ///
    /// # Errors
    /// [`NameError`] where the petition's id leaves no room for the number of the attempt; up to
    /// 117 bytes it always does.
    pub fn stream(
        &self,
        namespace: &NamespaceName,
        issuance: &IssuanceId,
    ) -> Result<StreamName, NameError> {
        StreamName::new(namespace, &self.streams, &issuance.to_string())
    }
}

impl Decider for Issuance {
    type Command = IssuanceCommand;
    type Event = IssuanceEvent;
    type State = IssuanceState;
    type Rejection = IssuanceRejection;

    fn initial(&self) -> IssuanceState {
        IssuanceState::None
    }

    fn decide(
        &self,
        state: &IssuanceState,
        command: &IssuanceCommand,
    ) -> Result<Vec<IssuanceEvent>, IssuanceRejection> {
        decide::decide(self, state, command)
    }

    fn evolve(&self, state: IssuanceState, event: &IssuanceEvent) -> IssuanceState {
        evolve::evolve(state, event)
    }
}

impl Aggregate for Issuance {
    // `tests/golden.rs` tells when to raise it.
    const STATE_SCHEMA: StateSchema = StateSchema::new(3);

    fn category(&self) -> &CategoryName {
        &self.streams
    }

    fn codec(&self) -> &EventCodec {
        &self.codec
    }
}
