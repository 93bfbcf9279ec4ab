//! One event of every kind: full, and with all that may be left out left out.

#[path = "samples/handling.rs"]
mod handling;

use std::{fmt::Debug, str::FromStr};

use minwon_petitions::{
    ATTACHMENTS_MAX, ApplicationEvent, Attachment, IssuanceEvent, PetitionKind, ServiceType,
    Sha256, TEXTS_MAX, Won,
    application::{
        Approved, ClockResumed, ClockSuspended, Completed, CompletionOutcome, CountedDue,
        DeadlineMissed, DeadlineRecalculated, DeemedWithdrawn, DueBasis, LackSeen,
        ObjectionDecisionExtended, ObjectionDismissed, ObjectionFiled, ObjectionUpheld,
        PeriodExtended, PeriodExtendedAgain, ProgressNotified, ProgressRecorded, Received,
        Rejected, ReminderIssued, ReminderSubject, ResultNotified, Returned, Submitted,
        SupplementPeriodExtended, SupplementRequested, SupplementRerequested,
        SupplementUndeliverable, Supplemented, Withdrawn,
    },
    issuance::{
        Cancelled, DeliveryWay, DocumentCollected, DocumentDelivered, DocumentDiscarded,
        DocumentIssued, DocumentPrinted, DocumentReadyForPickup, DocumentRevoked, DocumentVerified,
        DocumentViewed, Failed, FeeAssessed, FeePaid, FeeRefunded, FeeWaived, IdentityMethod,
        IdentityVerified, Requested, ResultEnteredManually, SourceDataFailed, SourceDataRequested,
        SourceDataRetrieved, VerificationExpired, VerificationVerdict,
    },
    statute::{ExtensionGround, SuspensionGround},
};

fn read<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn attachment() -> Attachment {
    Attachment {
        uri: read("s3://forms/2026/000123/1.pdf"),
        media_type: read("application/pdf"),
        bytes: 48_213,
        sha256: Sha256::from_bytes([0xab; 32]),
    }
}

type Sample<E> = (&'static str, E);

/// An event of which nothing may be left out.
fn one<E: From<P>, P>(payload: P) -> Vec<Sample<E>> {
    vec![("full", payload.into())]
}

/// The same event in full, and with all left out that may be.
fn both<E: From<P>, P: Clone>(payload: P, leave_out: impl FnOnce(&mut P)) -> Vec<Sample<E>> {
    let mut minimal = payload.clone();
    leave_out(&mut minimal);
    vec![("full", payload.into()), ("minimal", minimal.into())]
}

fn submitted() -> Submitted {
    Submitted {
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: read("online"),
        petition_type: read("자동차 이전등록"),
        applicant: read("applicant-7f3a"),
        agency: read("서울특별시 종로구"),
        submitted_at: read("2026-03-09T08:59:00+09:00"),
        attachments: vec![attachment()],
        outage: None,
    }
}

fn received() -> Received {
    Received {
        receipt_number: read("2026-000123"),
        kind: PetitionKind::Statutory,
        period: read("7 days"),
        due: read("2026-03-17"),
        department: read("교통행정과"),
        calendar_version: read("kr-2026.1"),
        basis: DueBasis::Statute,
        received_at: read("2026-03-09T10:00:00+09:00"),
        late: true,
    }
}

fn progress() -> ProgressRecorded {
    ProgressRecorded {
        activity: read("Examine documents"),
        officer: read("officer-17"),
        department: Some(read("교통행정과")),
        noted_at: read("2026-03-10T09:30:00.25+09:00"),
    }
}

fn supplement_requested() -> SupplementRequested {
    SupplementRequested {
        items: vec![read("Contract of sale"), read("Certificate of insurance")],
        due: read("2026-03-20T18:00:00+09:00"),
        officer: read("officer-17"),
        requested_at: read("2026-03-10T11:00:00+09:00"),
        lack: Some(LackSeen::Later),
    }
}

fn supplemented() -> Supplemented {
    Supplemented {
        by: read("applicant-7f3a"),
        supplemented_at: read("2026-03-12T09:00:00+09:00"),
        attachments: vec![attachment()],
        note: Some(read("Both are in one file.\nThank you.")),
        deadline: Some(counted("2026-03-20")),
    }
}

fn deadline_missed() -> DeadlineMissed {
    DeadlineMissed {
        due: read("2026-03-17"),
        noted_at: read("2026-03-18T00:00:00+09:00"),
    }
}

fn progress_notified() -> ProgressNotified {
    ProgressNotified {
        number: 1,
        notified_at: read("2026-04-08T10:00:00+09:00"),
    }
}

fn reminder_issued() -> ReminderIssued {
    ReminderIssued {
        about: ReminderSubject::SupplementOverdue,
        issued_at: read("2026-03-20T18:00:00.000001+09:00"),
    }
}

/// D28②.
fn department_reminded() -> ReminderIssued {
    ReminderIssued {
        about: ReminderSubject::PetitionOverdue,
        issued_at: read("2026-03-18T09:30:00+09:00"),
    }
}

fn approved() -> Approved {
    Approved {
        officer: read("officer-3"),
        conditions: vec![read("The tax is paid within 30 days")],
    }
}

fn rejected() -> Rejected {
    Rejected {
        officer: read("officer-3"),
        reasons: vec![read("The seller does not own the vehicle")],
        remedies: vec![
            read("Objection within 60 days"),
            read("Administrative appeal"),
        ],
    }
}

fn withdrawn() -> Withdrawn {
    Withdrawn {
        by: read("applicant-7f3a"),
        reason: Some(read("The sale was called off")),
    }
}

fn completed() -> Completed {
    Completed {
        outcome: CompletionOutcome::Granted,
        officer: read("officer-3"),
        answer: Some(read("The vehicle is registered")),
        attachments: vec![attachment()],
    }
}

fn counted(due: &str) -> CountedDue {
    CountedDue {
        due: read(due),
        calendar_version: read("kr-2020-2030.1+2026-03-13"),
    }
}

fn supplement_period_extended() -> SupplementPeriodExtended {
    SupplementPeriodExtended {
        asked_by: read("applicant-7f3a"),
        by: read("3 days"),
        deadline: counted("2026-03-23"),
        officer: read("officer-17"),
        extended_at: read("2026-03-19T10:00:00+09:00"),
    }
}

fn supplement_rerequested() -> SupplementRerequested {
    SupplementRerequested {
        period: read("10 days"),
        deadline: counted("2026-04-03"),
        officer: read("officer-17"),
        requested_at: read("2026-03-24T10:00:00+09:00"),
    }
}

fn supplement_undeliverable(attempt: u32) -> SupplementUndeliverable {
    SupplementUndeliverable {
        attempt,
        reason: read("Moved, address unknown"),
        noted_at: read("2026-03-16T10:00:00+09:00"),
    }
}

fn returned() -> Returned {
    Returned {
        officer: read("officer-17"),
        reasons: vec![read("The contract of sale was not supplied")],
        returned_at: read("2026-04-04T09:00:00+09:00"),
    }
}

fn deemed_withdrawn() -> DeemedWithdrawn {
    DeemedWithdrawn {
        officer: read("officer-17"),
        deemed_at: read("2026-03-18T09:00:00+09:00"),
    }
}

fn clock_suspended() -> ClockSuspended {
    ClockSuspended {
        ground: SuspensionGround::Examination,
        note: Some(read("Emission test")),
        officer: read("officer-17"),
        suspended_at: read("2026-03-11T10:00:00+09:00"),
    }
}

fn clock_resumed() -> ClockResumed {
    ClockResumed {
        officer: read("officer-17"),
        resumed_at: read("2026-03-13T15:00:00+09:00"),
        deadline: Some(counted("2026-03-20")),
    }
}

fn period_extended() -> PeriodExtended {
    PeriodExtended {
        by: read("7 days"),
        ground: ExtensionGround::SiteCheck,
        reason: read("The vehicle has to be inspected"),
        deadline: counted("2026-03-31"),
        officer: read("officer-17"),
        extended_at: read("2026-03-16T10:00:00+09:00"),
    }
}

fn period_extended_again() -> PeriodExtendedAgain {
    PeriodExtendedAgain {
        by: read("3 days"),
        ground: ExtensionGround::Cooperation,
        reason: read("Another agency has to answer"),
        consent_of: read("applicant-7f3a"),
        deadline: counted("2026-04-03"),
        officer: read("officer-17"),
        extended_at: read("2026-03-30T10:00:00+09:00"),
    }
}

fn deadline_recalculated() -> DeadlineRecalculated {
    DeadlineRecalculated {
        deadline: counted("2026-04-06"),
        recalculated_at: read("2026-03-31T10:00:00+09:00"),
    }
}

fn result_notified() -> ResultNotified {
    ResultNotified {
        officer: read("officer-3"),
        notified_at: read("2026-03-16T15:00:00+09:00"),
        objection: Some(counted("2026-05-15")),
    }
}

fn objection_filed() -> ObjectionFiled {
    ObjectionFiled {
        by: read("applicant-7f3a"),
        grounds: read("The seller does own the vehicle"),
        attachments: vec![attachment()],
        filed_at: read("2026-04-06T15:00:00+09:00"),
        deadline: counted("2026-04-16"),
    }
}

fn objection_decision_extended() -> ObjectionDecisionExtended {
    ObjectionDecisionExtended {
        by: read("10 days"),
        reason: read("The committee meets later"),
        deadline: counted("2026-04-27"),
        officer: read("officer-3"),
        extended_at: read("2026-04-16T10:00:00+09:00"),
    }
}

fn objection_upheld() -> ObjectionUpheld {
    ObjectionUpheld {
        officer: read("officer-3"),
        reasons: vec![read("The register was wrong")],
        upheld_at: read("2026-04-20T10:00:00+09:00"),
        deadline: Some(counted("2026-04-22")),
    }
}

fn objection_dismissed() -> ObjectionDismissed {
    ObjectionDismissed {
        officer: read("officer-3"),
        reasons: vec![read("The register was right")],
        dismissed_at: read("2026-04-20T10:00:00+09:00"),
    }
}

pub(crate) fn application_events() -> Vec<Sample<ApplicationEvent>> {
    [
        both(received(), |e| e.late = false),
        both(progress(), |e| e.department = None),
        both(supplement_requested(), |e| e.lack = None),
        both(supplemented(), |e| {
            e.attachments.clear();
            e.note = None;
            e.deadline = None;
        }),
        one(deadline_missed()),
        one(progress_notified()),
        one(reminder_issued()),
        vec![("department", department_reminded().into())],
        both(approved(), |e| e.conditions.clear()),
        one(rejected()),
        both(withdrawn(), |e| e.reason = None),
        both(completed(), |e| {
            e.answer = None;
            e.attachments.clear();
        }),
        one(supplement_period_extended()),
        one(supplement_rerequested()),
        one(supplement_undeliverable(1)),
        one(returned()),
        one(deemed_withdrawn()),
        both(clock_suspended(), |e| e.note = None),
        both(clock_resumed(), |e| e.deadline = None),
        one(period_extended()),
        one(period_extended_again()),
        one(deadline_recalculated()),
        both(result_notified(), |e| e.objection = None),
        both(objection_filed(), |e| e.attachments.clear()),
        one(objection_decision_extended()),
        both(objection_upheld(), |e| e.deadline = None),
        one(objection_dismissed()),
        handling::events(),
    ]
    .concat()
}

fn requested() -> Requested {
    Requested {
        service: ServiceType::InstantIssuance,
        applicant: read("applicant-7f3a"),
        document_type: read("자동차등록원부"),
        copies: 2,
        fee: Won::new(300),
    }
}

fn identity_verified() -> IdentityVerified {
    IdentityVerified {
        method: IdentityMethod::MobileIdentityCard,
        evidence: Some(read("proof-5521")),
    }
}

fn fee_assessed() -> FeeAssessed {
    FeeAssessed {
        amount: Won::new(300),
        ground: Some(read("Reduced for a person of merit")),
    }
}

fn fee_paid() -> FeePaid {
    FeePaid {
        amount: Won::new(300),
        payment: read("payment-88"),
    }
}

fn fee_waived() -> FeeWaived {
    FeeWaived {
        amount: Won::new(300),
        ground: read("Free of charge online"),
    }
}

fn fee_refunded() -> FeeRefunded {
    FeeRefunded {
        amount: Won::new(300),
        payment: read("payment-88"),
    }
}

fn source_requested(attempt: u32) -> SourceDataRequested {
    SourceDataRequested {
        attempt,
        requested_at: read("2026-03-09T10:00:01+09:00"),
    }
}

fn source_retrieved(attempt: u32) -> SourceDataRetrieved {
    SourceDataRetrieved {
        attempt,
        source: Some(read("register-4711")),
        retrieved_at: read("2026-03-09T10:00:02.5+09:00"),
    }
}

fn source_failed() -> SourceDataFailed {
    SourceDataFailed {
        attempt: 1,
        reason: read("The register did not answer"),
        retry_at: Some(read("2026-03-09T10:10:00.5+09:00")),
        failed_at: read("2026-03-09T10:00:02+09:00"),
    }
}

fn document_issued() -> DocumentIssued {
    DocumentIssued {
        verification_number: read("1710-2306-8611-4233"),
        document_type: read("자동차등록원부"),
        copies: 2,
        issued_at: read("2026-03-09T10:00:03+09:00"),
        verifiable_until: read("2026-06-07"),
        document: Some(attachment()),
    }
}

fn result_entered() -> ResultEnteredManually {
    ResultEnteredManually {
        officer: read("officer-17"),
        result: read("Handed out at the counter"),
        document: Some(attachment()),
    }
}

fn document_viewed() -> DocumentViewed {
    DocumentViewed {
        viewed_at: read("2026-03-09T10:01:00+09:00"),
    }
}

fn document_printed() -> DocumentPrinted {
    DocumentPrinted {
        copies: 2,
        printed_at: read("2026-03-09T10:02:00+09:00"),
    }
}

fn document_delivered() -> DocumentDelivered {
    DocumentDelivered {
        way: DeliveryWay::Agency,
        agency: Some(read("서울특별시 종로구")),
        receipt: Some(read("delivery-31")),
        delivered_at: read("2026-03-09T10:03:00+09:00"),
    }
}

fn document_ready() -> DocumentReadyForPickup {
    DocumentReadyForPickup {
        place: read("서울특별시 종로구"),
        expected_on: read("2026-03-10"),
        collect_until: read("2026-03-25"),
        calendar_version: read("kr-2026.1"),
        ready_at: read("2026-03-10T09:00:00+09:00"),
    }
}

fn document_collected() -> DocumentCollected {
    DocumentCollected {
        identity: IdentityMethod::IdentityCard,
        evidence: Some(read("proof-5522")),
        officer: read("officer-17"),
        collected_at: read("2026-03-25T17:00:00+09:00"),
    }
}

fn document_discarded() -> DocumentDiscarded {
    DocumentDiscarded {
        officer: read("officer-17"),
        discarded_at: read("2026-03-26T09:00:00+09:00"),
    }
}

fn document_verified() -> DocumentVerified {
    DocumentVerified {
        verdict: VerificationVerdict::Genuine,
        verified_at: read("2026-03-09T11:00:00+09:00"),
    }
}

fn verification_expired() -> VerificationExpired {
    VerificationExpired {
        verifiable_until: read("2026-06-07"),
        noted_at: read("2026-06-08T00:00:00+09:00"),
    }
}

fn cancelled() -> Cancelled {
    Cancelled {
        reason: read("Asked for by mistake"),
    }
}

fn failed() -> Failed {
    Failed {
        reason: read("The register did not answer"),
    }
}

fn document_revoked() -> DocumentRevoked {
    DocumentRevoked {
        authority: read("서울특별시 종로구"),
        reason: read("The register was wrong"),
    }
}

pub(crate) fn issuance_events() -> Vec<Sample<IssuanceEvent>> {
    [
        one(requested()),
        both(identity_verified(), |e| e.evidence = None),
        both(fee_assessed(), |e| e.ground = None),
        one(fee_paid()),
        one(fee_waived()),
        one(fee_refunded()),
        one(source_requested(1)),
        both(source_retrieved(1), |e| e.source = None),
        both(source_failed(), |e| e.retry_at = None),
        both(document_issued(), |e| e.document = None),
        both(result_entered(), |e| e.document = None),
        one(document_viewed()),
        one(document_printed()),
        both(document_delivered(), |e| {
            e.way = DeliveryWay::Wallet;
            e.agency = None;
            e.receipt = None;
        }),
        one(document_ready()),
        both(document_collected(), |e| e.evidence = None),
        one(document_discarded()),
        one(document_verified()),
        one(verification_expired()),
        one(cancelled()),
        one(failed()),
        one(document_revoked()),
    ]
    .concat()
}

/// Histories that together lead through every state and every event.
pub(crate) fn application_histories() -> Vec<(&'static str, Vec<ApplicationEvent>)> {
    [clock_histories(), handling::histories()].concat()
}

fn clock_histories() -> Vec<(&'static str, Vec<ApplicationEvent>)> {
    let opened = || vec![submitted().into(), received().into(), progress().into()];
    let with = |rest: Vec<ApplicationEvent>| [opened(), rest].concat();
    let supplement = [
        supplement_requested().into(),
        progress().into(),
        supplemented().into(),
    ];
    vec![
        (
            "granted",
            with(
                [
                    supplement.to_vec(),
                    vec![approved().into(), completed().into()],
                ]
                .concat(),
            ),
        ),
        ("refused", with(vec![rejected().into(), completed().into()])),
        ("withdrawn", with(vec![withdrawn().into()])),
        (
            "overdue",
            with(vec![
                supplement_requested().into(),
                reminder_issued().into(),
                progress_notified().into(),
                supplemented().into(),
                deadline_missed().into(),
                approved().into(),
            ]),
        ),
        (
            "extended",
            with(vec![
                supplement_requested().into(),
                supplement_period_extended().into(),
                reminder_issued().into(),
                supplement_rerequested().into(),
                supplemented().into(),
                clock_suspended().into(),
                progress().into(),
                clock_resumed().into(),
                period_extended().into(),
                period_extended_again().into(),
                deadline_recalculated().into(),
                approved().into(),
            ]),
        ),
        (
            "returned",
            with(vec![supplement_requested().into(), returned().into()]),
        ),
        (
            "unreachable",
            with(vec![
                supplement_requested().into(),
                supplement_undeliverable(1).into(),
                supplement_undeliverable(2).into(),
                deemed_withdrawn().into(),
            ]),
        ),
        (
            "objection-upheld",
            with(vec![
                rejected().into(),
                result_notified().into(),
                objection_filed().into(),
                objection_decision_extended().into(),
                objection_upheld().into(),
                approved().into(),
            ]),
        ),
        (
            "objection-dismissed",
            with(vec![
                rejected().into(),
                result_notified().into(),
                objection_filed().into(),
                objection_dismissed().into(),
            ]),
        ),
    ]
}

/// Histories that together lead through every state and every event.
pub(crate) fn issuance_histories() -> Vec<(&'static str, Vec<IssuanceEvent>)> {
    let opened = || vec![requested().into(), identity_verified().into()];
    let with = |rest: Vec<IssuanceEvent>| [opened(), rest].concat();
    vec![
        (
            "revoked",
            with(vec![
                fee_paid().into(),
                document_issued().into(),
                document_revoked().into(),
            ]),
        ),
        (
            "failed",
            with(vec![
                fee_paid().into(),
                failed().into(),
                fee_refunded().into(),
            ]),
        ),
        (
            "cancelled",
            with(vec![fee_waived().into(), cancelled().into()]),
        ),
        (
            "manual",
            with(vec![fee_waived().into(), result_entered().into()]),
        ),
        (
            "fetched",
            with(vec![
                fee_paid().into(),
                source_requested(1).into(),
                source_failed().into(),
                source_requested(2).into(),
                document_issued().into(),
                document_revoked().into(),
                fee_refunded().into(),
            ]),
        ),
        (
            "collected",
            with(vec![
                fee_assessed().into(),
                fee_paid().into(),
                source_requested(1).into(),
                source_retrieved(1).into(),
                document_issued().into(),
                document_viewed().into(),
                document_printed().into(),
                document_delivered().into(),
                document_verified().into(),
                document_ready().into(),
                document_collected().into(),
                verification_expired().into(),
            ]),
        ),
        (
            "discarded",
            with(vec![
                fee_waived().into(),
                document_issued().into(),
                document_ready().into(),
                document_discarded().into(),
            ]),
        ),
    ]
}

/// Every list full, every text as long as it may be and of characters that JSON escapes.
pub(crate) fn largest_application_events() -> Vec<ApplicationEvent> {
    let text = || read(&"\"".repeat(1_500));
    let texts = || vec![text(); TEXTS_MAX];
    let title = "\"".repeat(200);
    let id = "\"".repeat(128);
    let attachments = vec![
        Attachment {
            uri: read(&format!("s3:{}", "x".repeat(252))),
            media_type: read(&format!("a/{}", "b".repeat(125))),
            bytes: u64::MAX,
            sha256: Sha256::from_bytes([0xff; 32]),
        };
        ATTACHMENTS_MAX
    ];
    vec![
        Submitted {
            petition_type: read(&title),
            applicant: read(&id),
            agency: read(&title),
            channel: read(&title),
            attachments: attachments.clone(),
            ..submitted()
        }
        .into(),
        SupplementRequested {
            items: texts(),
            officer: read(&id),
            ..supplement_requested()
        }
        .into(),
        Supplemented {
            by: read(&id),
            attachments: attachments.clone(),
            note: Some(text()),
            ..supplemented()
        }
        .into(),
        ObjectionFiled {
            by: read(&id),
            grounds: text(),
            attachments: attachments.clone(),
            ..objection_filed()
        }
        .into(),
        Rejected {
            officer: read(&id),
            reasons: texts(),
            remedies: texts(),
        }
        .into(),
        Completed {
            officer: read(&id),
            answer: Some(text()),
            attachments,
            ..completed()
        }
        .into(),
    ]
}
