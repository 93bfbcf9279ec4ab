//! One event of every kind: full, and with all that may be left out left out.

#[path = "samples/handling.rs"]
mod handling;
#[path = "samples/issuance.rs"]
mod issuance;

pub(crate) use issuance::{issuance_events, issuance_histories};

use std::{fmt::Debug, str::FromStr};

use minwon_petitions::{
    ATTACHMENTS_MAX, ApplicationEvent, Attachment, PetitionKind, ServiceType, Sha256, TEXTS_MAX,
    application::{
        Approved, ClockResumed, ClockSuspended, Completed, CompletionOutcome, CountedDue,
        DeadlineMissed, DeadlineRecalculated, DeemedWithdrawn, DueBasis, LackSeen,
        ObjectionDecisionExtended, ObjectionDismissed, ObjectionFiled, ObjectionUpheld,
        PeriodExtended, PeriodExtendedAgain, ProgressNotified, ProgressRecorded, Received,
        Rejected, ReminderIssued, ReminderSubject, ResultNotified, Returned, Submitted,
        SupplementPeriodExtended, SupplementRequested, SupplementRerequested,
        SupplementUndeliverable, Supplemented, Withdrawn,
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
