mod deadlines;
mod documents;
mod periods;
mod petitions;
mod places;
mod standing;
mod timelines;

use crate::PetitionId;
use minwon_core::{
    Aggregate, IndexEntry, NamespaceName, RecordedEvent, StreamName, Timestamp,
    testing::{ProjectionFold, recorded_event, sample_event},
};

use super::{PetitionResult, PetitionView, PetitionViews};
use crate::{
    ApplicationEvent, Calendar, Category, EventReader, Issuance, IssuanceEvent, IssuanceId,
    PetitionApplication, PetitionKind, ServiceType, Won,
    application::{
        Approved, Completed, CompletionOutcome, DeadlineMissed, DueBasis, ProgressNotified,
        ProgressRecorded, Received, Rejected, ReminderIssued, ReminderSubject, Submitted,
        SupplementRequested, Supplemented, Withdrawn,
    },
    issuance::{
        DocumentCollected, DocumentDiscarded, DocumentIssued, DocumentPrinted,
        DocumentReadyForPickup, DocumentRevoked, DocumentVerified, DocumentViewed, Failed, FeePaid,
        FeeRefunded, IdentityMethod, IdentityVerified, Requested, ResultEnteredManually,
        SourceDataFailed, SourceDataRequested, VerificationExpired, VerificationVerdict,
    },
};

/// Reads any text.
pub(super) fn read<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn petition() -> PetitionId {
    PetitionId::new("2026-000123").unwrap()
}

fn namespace() -> NamespaceName {
    NamespaceName::new("car").unwrap()
}

/// An event of `category`'s aggregate, as a store hands it out.
fn recorded<A: Aggregate>(
    aggregate: &A,
    stream: &StreamName,
    event: &A::Event,
    occurred_at: Timestamp,
) -> RecordedEvent {
    let encoded = aggregate.codec().encode(event).unwrap();
    let mut new = sample_event("view");
    new.event_type = encoded.event_type;
    new.schema_version = encoded.shape.version;
    new.payload = encoded.json.into();
    new.metadata.subject = petition();
    new.metadata.occurred_at = occurred_at;
    recorded_event(stream, 0, new)
}

pub(super) fn filed_in(
    category: Category,
    event: &ApplicationEvent,
    at: Timestamp,
) -> RecordedEvent {
    let application = PetitionApplication::new(category);
    let stream = application.stream(&namespace(), &petition());
    recorded(&application, &stream, event, at)
}

pub(super) fn issued_in(
    category: Category,
    attempt: u32,
    event: &IssuanceEvent,
    at: Timestamp,
) -> RecordedEvent {
    let issuance = Issuance::new(category);
    let first = IssuanceId::first(&petition());
    let id = (1..attempt).fold(first, |id, _| id.next());
    let stream = issuance.stream(&namespace(), &id).unwrap();
    recorded(&issuance, &stream, event, at)
}

/// When an event occurred of which it does not matter.
const OCCURRED: &str = "2026-03-20T15:00:00+09:00";

/// An event of the petition.
fn filed(event: impl Into<ApplicationEvent>) -> RecordedEvent {
    filed_in(Category::Car, &event.into(), read(OCCURRED))
}

/// An event of an attempt to issue a document for it.
fn issued(attempt: u32, event: impl Into<IssuanceEvent>) -> RecordedEvent {
    issued_in(Category::Car, attempt, &event.into(), read(OCCURRED))
}

fn folded(
    views: &PetitionViews,
    events: impl IntoIterator<Item = RecordedEvent>,
) -> (Option<PetitionView>, Vec<IndexEntry>) {
    let reader = EventReader::default();
    let fold = events
        .into_iter()
        .fold(ProjectionFold::new(views, &reader), |fold, event| {
            fold.on(&event)
        });
    (fold.view().cloned(), fold.entries())
}

/// Returns the view after these events, if there is one.
fn view_of(events: impl IntoIterator<Item = RecordedEvent>) -> Option<PetitionView> {
    folded(&PetitionViews::default(), events).0
}

/// Returns the view after these events.
fn shown(events: impl IntoIterator<Item = RecordedEvent>) -> PetitionView {
    view_of(events).unwrap()
}

/// Under what is found what is shown after these events, but for what waits for its time.
fn places(events: impl IntoIterator<Item = RecordedEvent>) -> Vec<IndexEntry> {
    let mut places = folded(&PetitionViews::default(), events).1;
    places.retain(|entry| !is_pending(entry));
    places
}

/// Whether it says that something waits for its time.
fn is_pending(entry: &IndexEntry) -> bool {
    matches!(entry, IndexEntry::Listed { list, .. } if *list == PetitionViews::pending())
}

/// Returns the answer to the petitioner.
fn answer(view: &PetitionView) -> PetitionResult {
    view.result(Calendar::published(), read(OCCURRED)).unwrap()
}

fn submitted() -> Submitted {
    Submitted {
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Other,
        channel: read("online"),
        petition_type: read("Transfer of a vehicle"),
        applicant: read("applicant-1"),
        agency: read("Seoul"),
        submitted_at: read("2026-03-09T09:00:00.000001+09:00"),
        attachments: Vec::new(),
        outage: None,
    }
}

fn received() -> Received {
    Received {
        receipt_number: read("R-77"),
        kind: PetitionKind::Statutory,
        period: read("7 days"),
        due: read("2026-03-17"),
        department: read("Vehicles"),
        calendar_version: read("kr-2026.1"),
        basis: DueBasis::Statute,
        received_at: read("2026-03-09T10:00:00+09:00"),
        late: false,
    }
}

fn progress() -> ProgressRecorded {
    ProgressRecorded {
        activity: read("Examine documents"),
        officer: read("officer-1"),
        department: None,
        noted_at: read("2026-03-10T10:00:00+09:00"),
    }
}

fn supplement_requested() -> SupplementRequested {
    SupplementRequested {
        items: vec![read("Contract")],
        due: read("2026-03-20"),
        officer: read("officer-1"),
        requested_at: read("2026-03-10T11:00:00+09:00"),
        lack: None,
    }
}

fn supplemented() -> Supplemented {
    Supplemented {
        by: read("applicant-1"),
        supplemented_at: read("2026-03-12T09:00:00+09:00"),
        attachments: Vec::new(),
        note: None,
        deadline: None,
    }
}

fn deadline_missed() -> DeadlineMissed {
    DeadlineMissed {
        due: read("2026-03-17"),
        noted_at: read("2026-03-18T09:00:00+09:00"),
    }
}

fn progress_notified(number: u32) -> ProgressNotified {
    ProgressNotified {
        number,
        notified_at: read("2026-04-08T10:00:00+09:00"),
    }
}

fn reminder_issued() -> ReminderIssued {
    ReminderIssued {
        about: ReminderSubject::SupplementOverdue,
        issued_at: read("2026-03-21T09:00:00+09:00"),
    }
}

fn source_requested(attempt: u32) -> SourceDataRequested {
    SourceDataRequested {
        attempt,
        requested_at: read("2026-03-09T10:00:01+09:00"),
    }
}

fn source_failed(attempt: u32) -> SourceDataFailed {
    SourceDataFailed {
        attempt,
        reason: read("The register does not answer"),
        retry_at: Some(read("2026-03-09T10:10:00+09:00")),
        failed_at: read("2026-03-09T10:00:02+09:00"),
    }
}

fn approved() -> Approved {
    Approved {
        officer: read("officer-2"),
        conditions: vec![read("The tax is paid")],
    }
}

fn rejected() -> Rejected {
    Rejected {
        officer: read("officer-2"),
        reasons: vec![read("The seller does not own the vehicle")],
        remedies: vec![read("Objection within 60 days")],
    }
}

fn withdrawn() -> Withdrawn {
    Withdrawn {
        by: read("applicant-1"),
        reason: None,
    }
}

fn completed() -> Completed {
    Completed {
        outcome: CompletionOutcome::Granted,
        officer: read("officer-2"),
        answer: Some(read("The vehicle is registered")),
        attachments: Vec::new(),
    }
}

fn requested() -> Requested {
    Requested {
        service: ServiceType::InstantIssuance,
        applicant: read("applicant-1"),
        document_type: read("자동차등록원부"),
        copies: 2,
        fee: Won::new(300),
    }
}

fn identity_verified() -> IdentityVerified {
    IdentityVerified {
        method: IdentityMethod::SimpleAuthentication,
        evidence: None,
    }
}

fn fee_paid() -> FeePaid {
    FeePaid {
        amount: Won::new(300),
        payment: read("payment-1"),
    }
}

fn fee_refunded() -> FeeRefunded {
    FeeRefunded {
        amount: Won::new(300),
        payment: read("payment-1"),
    }
}

fn document_issued() -> DocumentIssued {
    DocumentIssued {
        verification_number: read("1710-2306-8611-4233"),
        document_type: read("자동차등록원부"),
        copies: 2,
        issued_at: read("2026-03-09T10:00:03+09:00"),
        verifiable_until: read("2026-06-07"),
        document: None,
    }
}

fn result_entered() -> ResultEnteredManually {
    ResultEnteredManually {
        officer: read("officer-1"),
        result: read("Handed out at the counter"),
        document: None,
    }
}

fn failed() -> Failed {
    Failed {
        reason: read("The register does not answer"),
    }
}

fn document_revoked() -> DocumentRevoked {
    DocumentRevoked {
        authority: read("Seoul"),
        reason: read("The register was wrong"),
    }
}

fn document_viewed() -> DocumentViewed {
    DocumentViewed {
        viewed_at: read("2026-03-10T09:00:00+09:00"),
    }
}

fn document_printed(copies: u16) -> DocumentPrinted {
    DocumentPrinted {
        copies,
        printed_at: read("2026-03-10T09:01:00+09:00"),
    }
}

fn document_verified() -> DocumentVerified {
    DocumentVerified {
        verdict: VerificationVerdict::Genuine,
        verified_at: read("2026-03-10T09:02:00+09:00"),
    }
}

fn document_ready() -> DocumentReadyForPickup {
    DocumentReadyForPickup {
        place: read("Seoul"),
        expected_on: read("2026-03-10"),
        collect_until: read("2026-03-25"),
        calendar_version: read("kr-2026.1"),
        ready_at: read("2026-03-10T09:03:00+09:00"),
    }
}

fn document_collected() -> DocumentCollected {
    DocumentCollected {
        identity: IdentityMethod::IdentityCard,
        evidence: None,
        officer: read("officer-1"),
        collected_at: read("2026-03-25T09:00:00+09:00"),
    }
}

fn document_discarded() -> DocumentDiscarded {
    DocumentDiscarded {
        officer: read("officer-1"),
        discarded_at: read("2026-03-26T09:00:00+09:00"),
    }
}

fn verification_expired() -> VerificationExpired {
    VerificationExpired {
        verifiable_until: read("2026-06-07"),
        noted_at: read("2026-06-08T00:00:00+09:00"),
    }
}

/// The events of an attempt up to its document.
fn document(attempt: u32, document: DocumentIssued) -> Vec<RecordedEvent> {
    vec![
        issued(attempt, requested()),
        issued(attempt, identity_verified()),
        issued(attempt, fee_paid()),
        issued(attempt, document),
    ]
}
