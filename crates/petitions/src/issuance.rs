//! One attempt to issue a document: requested, authorised, issued or ended.
//!
//! Here stand the lists of its commands and events; as with petitions, each belongs to a chapter.

mod delivery;
mod document;
mod ending;
mod fee;
mod id;
mod pickup;
mod rejection;
mod request;
mod rule;
mod source;
mod state;
mod verification;

#[cfg(test)]
pub(crate) mod laws;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use minwon_core::{
    Aggregate, CategoryName, Decider, EventCodec, NameError, NamespaceName, StateSchema, StreamName,
};

pub use self::{
    delivery::*,
    document::*,
    ending::*,
    fee::*,
    id::IssuanceId,
    pickup::*,
    rejection::IssuanceRejection,
    request::*,
    source::*,
    state::{
        Attempt, AttemptStage, IssuanceResult, IssuanceState, IssuanceStatus, Pickup, Settlement,
        SourceAnswer, Usage,
    },
    verification::*,
};
use crate::{
    calendar::Calendar,
    catalogue,
    category::Category,
    chapter::{commands, events},
    time_order::check_follows,
};

commands! {
    /// The commands to an issuance. Times and looked-up facts arrive inside.
    pub enum IssuanceCommand of Issuance {
        Request = "request",
        VerifyIdentity = "verify the identity for",
        AssessFee = "assess the fee of",
        PayFee = "pay the fee of",
        WaiveFee = "waive the fee of",
        Authorize = "authorize",
        RetrieveSourceData = "fetch source data for",
        NoteSourceData = "note the source data of",
        NoteSourceFailure = "note a failed fetch of",
        IssueDocument = "issue a document for",
        EnterResultManually = "enter a result for",
        View = "view the document of",
        Print = "print the document of",
        Deliver = "deliver the document of",
        MakeReadyForPickup = "make ready for pick-up",
        Collect = "collect the document of",
        Discard = "discard the document of",
        VerifyDocument = "verify the document of",
        ExpireVerification = "end the verification of",
        Fail = "fail",
        Cancel = "cancel",
        Revoke = "revoke",
    }
}

events! {
    /// The events on the way to a document, and of the document.
    pub enum IssuanceEvent of IssuanceState {
        Requested = "IssuanceRequested", 1, "request", DocumentRequested,
        IdentityVerified = "IssuanceIdentityVerified", 1, "identity", IdentityVerified,
        FeeAssessed = "IssuanceFeeAssessed", 1, "fee", FeeAssessed,
        FeePaid = "IssuanceFeePaid", 1, "fee", FeePaid,
        FeeWaived = "IssuanceFeeWaived", 1, "fee", FeeWaived,
        FeeRefunded = "IssuanceFeeRefunded", 1, "fee", FeeRefunded,
        SourceDataRequested = "IssuanceSourceDataRequested", 1, "source", SourceRequested at requested_at,
        SourceDataRetrieved = "IssuanceSourceDataRetrieved", 1, "source", SourceRetrieved at retrieved_at,
        SourceDataFailed = "IssuanceSourceDataFailed", 1, "source", SourceFailed at failed_at,
        DocumentIssued = "IssuanceDocumentIssued", 1, "issuance", DocumentIssued at issued_at,
        ResultEnteredManually = "IssuanceResultEnteredManually", 1, "issuance", ResultEntered,
        DocumentViewed = "IssuanceDocumentViewed", 1, "delivery", DocumentViewed at viewed_at,
        DocumentPrinted = "IssuanceDocumentPrinted", 1, "delivery", DocumentPrinted at printed_at,
        DocumentDelivered = "IssuanceDocumentDelivered", 1, "delivery", DocumentDelivered at delivered_at,
        DocumentReadyForPickup = "IssuanceDocumentReadyForPickup", 1, "delivery", DocumentReady at ready_at,
        DocumentCollected = "IssuanceDocumentCollected", 1, "delivery", DocumentCollected at collected_at,
        DocumentDiscarded = "IssuanceDocumentDiscarded", 1, "delivery", DocumentDiscarded at discarded_at,
        DocumentVerified = "IssuanceDocumentVerified", 1, "verification", DocumentVerified at verified_at,
        VerificationExpired = "IssuanceVerificationExpired", 1, "verification", VerificationExpired at noted_at,
        Cancelled = "IssuanceCancelled", 1, "issuance", IssuanceCancelled,
        Failed = "IssuanceFailed", 1, "issuance", IssuanceFailed,
        DocumentRevoked = "IssuanceDocumentRevoked", 1, "revocation", DocumentRevoked,
    }
}

/// Decides about issuances of one category.
///
/// ```
/// use minwon_petitions::{Category, Issuance, IssuanceId};
/// # use minwon_core::{NamespaceName,};
/// # use minwon_petitions::PetitionId;
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

    // `tests/golden/views.rs` says when to raise it.
    const STATE_SCHEMA: StateSchema = StateSchema::new(5);

    fn initial(&self) -> IssuanceState {
        IssuanceState::default()
    }

    fn decide(
        &self,
        state: &IssuanceState,
        command: &IssuanceCommand,
    ) -> Result<Vec<IssuanceEvent>, IssuanceRejection> {
        let events = command.rule().decide(self, state)?;
        // Of several events none but the first has a time of its own.
        if let Some(event) = events.first()
            && let (_, Some(at)) = event.step()
            && let Some(cause) = event.happening().cause(state)
        {
            check_follows(at, cause)?;
        }
        Ok(events)
    }

    fn evolve(&self, mut state: IssuanceState, event: &IssuanceEvent) -> IssuanceState {
        event.happening().apply(&mut state);
        state
    }

    fn kind(&self, command: &IssuanceCommand) -> &'static str {
        command.kind()
    }
}

impl Aggregate for Issuance {
    fn category(&self) -> &CategoryName {
        &self.streams
    }

    fn codec(&self) -> &EventCodec {
        &self.codec
    }
}
