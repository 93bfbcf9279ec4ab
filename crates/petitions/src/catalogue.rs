//! Every stored event name, in one place.
//!
//! A file format: the prefix of the category ([`Category::prefix`]) stands in front of each name.
//! No name changes, and a changed payload needs a new version and a step in the upcasters below;
//! `tests/golden.rs` holds the frozen forms.

use minwon_core::{
    EventCodec, EventShape, EventType, SchemaVersion, StoredEvent, Upcasters, stored_events,
};

use crate::{application::event as application, category::Category, issuance::event as issuance};

stored_events! {
    /// What happens to a petition.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum ApplicationEvent {
        Submitted(application::Submitted) = "ApplicationSubmitted", 2, "submission",
        Received(application::Received) = "ApplicationReceived", 2, "receipt",
        ProgressRecorded(application::ProgressRecorded) = "ApplicationProgressRecorded", 1, "review",
        SupplementRequested(application::SupplementRequested) = "ApplicationSupplementRequested", 2, "supplement",
        Supplemented(application::Supplemented) = "ApplicationSupplemented", 2, "supplement",
        DeadlineMissed(application::DeadlineMissed) = "ApplicationDeadlineMissed", 1, "deadline",
        ProgressNotified(application::ProgressNotified) = "ApplicationProgressNotified", 1, "notice",
        ReminderIssued(application::ReminderIssued) = "ApplicationReminderIssued", 1, "notice",
        Approved(application::Approved) = "ApplicationApproved", 1, "decision",
        Rejected(application::Rejected) = "ApplicationRejected", 1, "decision",
        Withdrawn(application::Withdrawn) = "ApplicationWithdrawn", 1, "withdrawal",
        Completed(application::Completed) = "ApplicationCompleted", 1, "completion",
        SupplementPeriodExtended(application::SupplementPeriodExtended) = "ApplicationSupplementPeriodExtended", 1, "supplement",
        SupplementRerequested(application::SupplementRerequested) = "ApplicationSupplementRerequested", 1, "supplement",
        SupplementUndeliverable(application::SupplementUndeliverable) = "ApplicationSupplementUndeliverable", 1, "supplement",
        Returned(application::Returned) = "ApplicationReturned", 1, "return",
        DeemedWithdrawn(application::DeemedWithdrawn) = "ApplicationDeemedWithdrawn", 1, "withdrawal",
        ClockSuspended(application::ClockSuspended) = "ApplicationClockSuspended", 1, "clock",
        ClockResumed(application::ClockResumed) = "ApplicationClockResumed", 1, "clock",
        PeriodExtended(application::PeriodExtended) = "ApplicationPeriodExtended", 1, "deadline",
        PeriodExtendedAgain(application::PeriodExtendedAgain) = "ApplicationPeriodExtendedAgain", 1, "deadline",
        DeadlineRecalculated(application::DeadlineRecalculated) = "ApplicationDeadlineRecalculated", 1, "deadline",
        ResultNotified(application::ResultNotified) = "ApplicationResultNotified", 1, "notice",
        ObjectionFiled(application::ObjectionFiled) = "ApplicationObjectionFiled", 1, "objection",
        ObjectionDecisionExtended(application::ObjectionDecisionExtended) = "ApplicationObjectionDecisionExtended", 1, "objection",
        ObjectionUpheld(application::ObjectionUpheld) = "ApplicationObjectionUpheld", 1, "objection",
        ObjectionDismissed(application::ObjectionDismissed) = "ApplicationObjectionDismissed", 1, "objection",
        ReceiptSlipIssued(application::ReceiptSlipIssued) = "ApplicationReceiptSlipIssued", 1, "receipt",
        ClericalErrorCorrected(application::ClericalErrorCorrected) = "ApplicationClericalErrorCorrected", 1, "submission",
        Assigned(application::Assigned) = "ApplicationAssigned", 1, "assignment",
        Reassigned(application::Reassigned) = "ApplicationReassigned", 1, "assignment",
        TransferredToDepartment(application::TransferredToDepartment) = "ApplicationTransferredToDepartment", 1, "transfer",
        TransferredToAgency(application::TransferredToAgency) = "ApplicationTransferredToAgency", 1, "transfer",
        ConsultationRequested(application::ConsultationRequested) = "ApplicationConsultationRequested", 1, "consultation",
        ConsultationReplied(application::ConsultationReplied) = "ApplicationConsultationReplied", 1, "consultation",
        ConsultationExtended(application::ConsultationExtended) = "ApplicationConsultationExtended", 1, "consultation",
        Modified(application::Modified) = "ApplicationModified", 1, "modification",
        MergedInto(application::MergedInto) = "ApplicationMergedInto", 1, "closing",
        ClosedAsRepeated(application::ClosedAsRepeated) = "ApplicationClosedAsRepeated", 1, "closing",
        ClosedAsExempt(application::ClosedAsExempt) = "ApplicationClosedAsExempt", 1, "closing",
        ClosedUncollected(application::ClosedUncollected) = "ApplicationClosedUncollected", 1, "closing",
    }
}

stored_events! {
    /// What happens on the way to a document, and to the document.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum IssuanceEvent {
        Requested(issuance::Requested) = "IssuanceRequested", 1, "request",
        IdentityVerified(issuance::IdentityVerified) = "IssuanceIdentityVerified", 1, "identity",
        FeeAssessed(issuance::FeeAssessed) = "IssuanceFeeAssessed", 1, "fee",
        FeePaid(issuance::FeePaid) = "IssuanceFeePaid", 1, "fee",
        FeeWaived(issuance::FeeWaived) = "IssuanceFeeWaived", 1, "fee",
        FeeRefunded(issuance::FeeRefunded) = "IssuanceFeeRefunded", 1, "fee",
        SourceDataRequested(issuance::SourceDataRequested) = "IssuanceSourceDataRequested", 1, "source",
        SourceDataRetrieved(issuance::SourceDataRetrieved) = "IssuanceSourceDataRetrieved", 1, "source",
        SourceDataFailed(issuance::SourceDataFailed) = "IssuanceSourceDataFailed", 1, "source",
        DocumentIssued(issuance::DocumentIssued) = "IssuanceDocumentIssued", 1, "issuance",
        ResultEnteredManually(issuance::ResultEnteredManually) = "IssuanceResultEnteredManually", 1, "issuance",
        DocumentViewed(issuance::DocumentViewed) = "IssuanceDocumentViewed", 1, "delivery",
        DocumentPrinted(issuance::DocumentPrinted) = "IssuanceDocumentPrinted", 1, "delivery",
        DocumentDelivered(issuance::DocumentDelivered) = "IssuanceDocumentDelivered", 1, "delivery",
        DocumentReadyForPickup(issuance::DocumentReadyForPickup) = "IssuanceDocumentReadyForPickup", 1, "delivery",
        DocumentCollected(issuance::DocumentCollected) = "IssuanceDocumentCollected", 1, "delivery",
        DocumentDiscarded(issuance::DocumentDiscarded) = "IssuanceDocumentDiscarded", 1, "delivery",
        DocumentVerified(issuance::DocumentVerified) = "IssuanceDocumentVerified", 1, "verification",
        VerificationExpired(issuance::VerificationExpired) = "IssuanceVerificationExpired", 1, "verification",
        Cancelled(issuance::Cancelled) = "IssuanceCancelled", 1, "issuance",
        Failed(issuance::Failed) = "IssuanceFailed", 1, "issuance",
        DocumentRevoked(issuance::DocumentRevoked) = "IssuanceDocumentRevoked", 1, "revocation",
    }
}

/// From every form of an application's events that was ever written to today's.
fn application_upcasters() -> Upcasters {
    let version = SchemaVersion::new;
    // What version 2 of these adds may be left out; without it, it is version 1 to the letter.
    let (request, supplement) = ("ApplicationSupplementRequested", "ApplicationSupplemented");
    let submission = "ApplicationSubmitted";
    Upcasters::default()
        // An outage may be left out, too.
        .rename((submission, version(1)), (submission, version(2)))
        .step(
            "ApplicationReceived",
            version(1),
            application::received_since_2,
        )
        .rename((request, version(1)), (request, version(2)))
        .rename((supplement, version(1)), (supplement, version(2)))
}

/// From every form of an issuance's events that was ever written to today's.
fn issuance_upcasters() -> Upcasters {
    Upcasters::default()
}

/// How an application's events are written and read.
pub(crate) fn application_codec(category: Category) -> EventCodec {
    codec(category, application_upcasters())
}

/// How an issuance's events are written and read.
pub(crate) fn issuance_codec(category: Category) -> EventCodec {
    codec(category, issuance_upcasters())
}

fn codec(category: Category, upcasters: Upcasters) -> EventCodec {
    EventCodec::new(category.prefix(), upcasters).expect("a prefix is a word")
}

/// Every stored event name with the version in which it is written today, for subscriptions and
/// dead-letter streams.
#[must_use]
pub fn event_types() -> Vec<(EventType, SchemaVersion)> {
    let shapes = || ApplicationEvent::SHAPES.iter().chain(IssuanceEvent::SHAPES);
    let named = |category: &Category| {
        let codec = codec(*category, Upcasters::default());
        shapes().map(move |shape| (codec.event_type(*shape), shape.version))
    };
    Category::ALL.iter().flat_map(named).collect()
}

/// The stage of processing that events of this stored name belong to; none where no event has it.
#[must_use]
pub fn stage_of(event_type: &EventType) -> Option<&'static str> {
    let shapes = ApplicationEvent::SHAPES.iter().chain(IssuanceEvent::SHAPES);
    let name = event_type.as_str();
    let names = |shape: &&EventShape| {
        let of_category = |category: &Category| name.strip_prefix(category.prefix());
        let mut unprefixed = Category::ALL.iter().filter_map(of_category);
        unprefixed.any(|name| name == shape.name)
    };
    shapes.clone().find(names).map(|shape| shape.stage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use minwon_core::CodecError;

    #[test]
    fn upcasters_lead_to_todays_forms() {
        assert_eq!(
            application_upcasters().check(ApplicationEvent::SHAPES),
            Ok(())
        );
        assert_eq!(issuance_upcasters().check(IssuanceEvent::SHAPES), Ok(()));
    }

    #[test]
    fn a_stored_name_tells_its_stage() {
        let stage = |name: &str| stage_of(&name.parse().unwrap());
        assert_eq!(stage("CarIssuanceFeePaid"), Some("fee"));
        assert_eq!(stage("GeneralApplicationReceived"), Some("receipt"));
        assert_eq!(stage("ApplicationReceived"), None);
        assert_eq!(stage("CarInvoiceSent"), None);
    }

    fn check_is_foreign<E: StoredEvent>(codec: fn(Category) -> EventCodec, shape: EventShape) {
        for own in Category::ALL.iter().copied() {
            for other in Category::ALL.iter().copied().filter(|other| *other != own) {
                let name = codec(other).event_type(shape);
                let read = codec(own).decode::<E>(name.as_str(), shape.version, b"{}");
                assert!(
                    matches!(read, Err(CodecError::ForeignPrefix { .. })),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn no_category_reads_the_events_of_another() {
        for shape in ApplicationEvent::SHAPES {
            check_is_foreign::<ApplicationEvent>(application_codec, *shape);
        }
        for shape in IssuanceEvent::SHAPES {
            check_is_foreign::<IssuanceEvent>(issuance_codec, *shape);
        }
    }

    #[test]
    fn an_event_with_an_unknown_field_is_not_guessed_at() {
        let json = br#"{"reason":"The register is down","blame":"officer-1"}"#;
        let codec = issuance_codec(Category::Car);
        let read = codec.decode::<IssuanceEvent>("CarIssuanceFailed", SchemaVersion::FIRST, json);
        assert!(matches!(read, Err(CodecError::Payload { .. })), "{read:?}");
    }
}
