//! One good command of each kind. Filing, handling and closing are in `samples.rs`.

use super::*;

pub(in crate::application) fn submit(service: ServiceType, kind: PetitionKind) -> Submit {
    Submit {
        category: Category::Car,
        service,
        kind,
        channel: Channel::Online,
        petition_type: read("Transfer of a vehicle"),
        applicant: read("applicant-1"),
        agency: read("Seoul"),
        submitted_at: read("2026-03-09T09:00:00+09:00"),
        attachments: vec![attachment()],
    }
}

pub(in crate::application) fn receive(kind: PetitionKind) -> Receive {
    Receive {
        receipt_number: read("2026-000123"),
        kind,
        period: read("7 days"),
        due: ReceiptDue::ByStatute,
        department: read("Vehicles"),
        received_at: read("2026-03-09T10:00:00+09:00"),
    }
}

pub(in crate::application) fn record_progress(activity: &str) -> RecordProgress {
    RecordProgress {
        activity: read(activity),
        officer: read("officer-1"),
        department: None,
        noted_at: read("2026-03-10T10:00:00+09:00"),
    }
}

pub(in crate::application) fn request_supplement() -> RequestSupplement {
    RequestSupplement {
        items: vec![read("The contract of sale")],
        due: read("2026-03-20"),
        officer: read("officer-1"),
        requested_at: read("2026-03-10T11:00:00+09:00"),
        lack: LackSeen::Later,
    }
}

pub(in crate::application) fn supplement() -> Supplement {
    Supplement {
        by: read("applicant-1"),
        supplemented_at: read("2026-03-12T09:00:00+09:00"),
        attachments: vec![attachment()],
        note: Some(read("Here it is")),
    }
}

pub(in crate::application) fn mark_missed() -> MarkDeadlineMissed {
    MarkDeadlineMissed {
        due: read("2026-03-17"),
        noted_at: read("2026-03-18T00:00:00+09:00"),
    }
}

pub(in crate::application) fn notify_progress(number: u32) -> NotifyProgress {
    NotifyProgress {
        number,
        notified_at: progress_notice_at(receive(PetitionKind::Other).received_at, number),
    }
}

pub(in crate::application) fn issue_reminder() -> IssueReminder {
    IssueReminder {
        about: ReminderSubject::SupplementOverdue,
        issued_at: read("2026-03-21T00:00:00+09:00"),
    }
}

pub(in crate::application) fn approve() -> Approve {
    Approve {
        officer: read("officer-2"),
        conditions: Vec::new(),
    }
}

pub(in crate::application) fn reject() -> Reject {
    Reject {
        officer: read("officer-2"),
        reasons: vec![read("The seller does not own the vehicle")],
        remedies: vec![read("Objection within 60 days")],
    }
}

pub(in crate::application) fn withdraw() -> Withdraw {
    Withdraw {
        by: read("applicant-1"),
        reason: None,
    }
}

pub(in crate::application) fn complete() -> Complete {
    Complete {
        officer: read("officer-3"),
        answer: Some(read("See the attached document")),
        attachments: Vec::new(),
        document: DueDocument::NotDue,
        completed_at: read("2026-07-01T09:00:00+09:00"),
    }
}

/// Three days more for the supplement: 2026-03-23 instead of 2026-03-20.
pub(in crate::application) fn extend_supplement_period() -> ExtendSupplementPeriod {
    ExtendSupplementPeriod {
        asked_by: read("applicant-1"),
        by: read("3 days"),
        officer: read("officer-1"),
        extended_at: read("2026-03-19T10:00:00+09:00"),
    }
}

pub(in crate::application) fn request_again() -> RerequestSupplement {
    RerequestSupplement {
        period: read("10 days"),
        officer: read("officer-1"),
        requested_at: read("2026-03-21T10:00:00+09:00"),
    }
}

pub(in crate::application) fn mark_undeliverable(attempt: u32) -> MarkSupplementUndeliverable {
    MarkSupplementUndeliverable {
        attempt,
        reason: read("Moved, address unknown"),
        noted_at: read("2026-03-16T10:00:00+09:00"),
    }
}

pub(in crate::application) fn return_documents() -> Return {
    Return {
        officer: read("officer-1"),
        reasons: vec![read("The contract of sale was not supplied")],
        returned_at: read("2026-03-21T00:00:00+09:00"),
    }
}

pub(in crate::application) fn deem_withdrawn() -> DeemWithdrawn {
    DeemWithdrawn {
        officer: read("officer-1"),
        deemed_at: read("2026-03-16T11:00:00+09:00"),
    }
}

pub(in crate::application) fn suspend() -> Suspend {
    Suspend {
        ground: crate::statute::SuspensionGround::Examination,
        note: Some(read("Emission test")),
        officer: read("officer-1"),
        suspended_at: read("2026-03-11T10:00:00+09:00"),
    }
}

pub(in crate::application) fn resume() -> Resume {
    Resume {
        officer: read("officer-1"),
        resumed_at: read("2026-03-13T15:00:00+09:00"),
    }
}

pub(in crate::application) fn extend_period() -> ExtendPeriod {
    ExtendPeriod {
        by: read("7 days"),
        ground: crate::statute::ExtensionGround::SiteCheck,
        reason: read("The vehicle has to be inspected"),
        officer: read("officer-1"),
        extended_at: read("2026-03-16T10:00:00+09:00"),
    }
}

pub(in crate::application) fn extend_period_again() -> ExtendPeriodAgain {
    ExtendPeriodAgain {
        by: read("3 days"),
        ground: crate::statute::ExtensionGround::Cooperation,
        reason: read("Another agency has to answer"),
        consent_of: read("applicant-1"),
        officer: read("officer-1"),
        extended_at: read("2026-03-17T10:00:00+09:00"),
    }
}

pub(in crate::application) fn recalculate() -> RecalculateDeadline {
    RecalculateDeadline {
        recalculated_at: read("2026-03-12T10:00:00+09:00"),
    }
}

/// Notified on 2026-03-16: to be objected to until 2026-05-15.
pub(in crate::application) fn notify_result() -> NotifyResult {
    NotifyResult {
        document: DueDocument::NotDue,
        officer: read("officer-2"),
        notified_at: read("2026-03-16T15:00:00+09:00"),
    }
}

/// Filed on 2026-04-06: to be decided until 2026-04-16.
pub(in crate::application) fn file_objection() -> FileObjection {
    FileObjection {
        by: read("applicant-1"),
        grounds: read("The seller does own the vehicle"),
        attachments: Vec::new(),
        filed_at: read("2026-04-06T15:00:00+09:00"),
    }
}

pub(in crate::application) fn extend_objection_decision() -> ExtendObjectionDecision {
    ExtendObjectionDecision {
        by: read("10 days"),
        reason: read("The committee meets later"),
        officer: read("officer-2"),
        extended_at: read("2026-04-16T10:00:00+09:00"),
    }
}

pub(in crate::application) fn uphold_objection() -> UpholdObjection {
    UpholdObjection {
        officer: read("officer-2"),
        reasons: vec![read("The register was wrong")],
        upheld_at: read("2026-04-10T10:00:00+09:00"),
    }
}

pub(in crate::application) fn dismiss_objection() -> DismissObjection {
    DismissObjection {
        officer: read("officer-2"),
        reasons: vec![read("The register was right")],
        dismissed_at: read("2026-04-10T10:00:00+09:00"),
    }
}
