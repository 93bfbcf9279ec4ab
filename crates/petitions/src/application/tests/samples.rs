//! One good command of filing, handling and closing each.

use super::*;

pub(in crate::application) fn outage() -> Outage {
    Outage {
        began_at: read("2026-03-09T08:00:00+09:00"),
        ended_at: read("2026-03-09T17:00:00+09:00"),
    }
}

pub(in crate::application) fn register_backdated(
    service: ServiceType,
    kind: PetitionKind,
) -> RegisterBackdated {
    RegisterBackdated {
        submit: submit(service, kind),
        receive: receive(kind),
        outage: outage(),
        registered_at: read("2026-03-10T09:00:00+09:00"),
    }
}

pub(in crate::application) fn issue_slip() -> IssueReceiptSlip {
    IssueReceiptSlip {
        issued_at: read("2026-03-09T10:01:00+09:00"),
    }
}

pub(in crate::application) fn correct_error() -> CorrectClericalError {
    CorrectClericalError {
        corrections: vec![read("Plate 12GA3456 instead of 12GA3465")],
        consent_of: Some(read("applicant-1")),
        officer: read("officer-1"),
        corrected_at: read("2026-03-09T10:30:00+09:00"),
    }
}

pub(in crate::application) fn assign() -> Assign {
    Assign {
        officer: read("officer-1"),
        by: read("head-1"),
        assigned_at: read("2026-03-09T11:00:00+09:00"),
    }
}

pub(in crate::application) fn reassign() -> Reassign {
    Reassign {
        officer: read("officer-2"),
        reason: read("Another district"),
        by: read("head-1"),
        reassigned_at: read("2026-03-10T09:30:00+09:00"),
    }
}

pub(in crate::application) fn to_department() -> TransferToDepartment {
    TransferToDepartment {
        department: read("Vehicle taxes"),
        by: read("officer-1"),
        transferred_at: read("2026-03-09T12:00:00+09:00"),
    }
}

pub(in crate::application) fn to_agency() -> TransferToAgency {
    TransferToAgency {
        agency: read("Incheon"),
        reason: read("The vehicle is registered there"),
        by: read("officer-1"),
        transferred_at: read("2026-03-09T15:00:00+09:00"),
    }
}

pub(in crate::application) fn consult() -> RequestConsultation {
    RequestConsultation {
        agency: read("Police"),
        question: read("Is the vehicle wanted?"),
        answer_due: read("2026-03-16"),
        officer: read("officer-1"),
        requested_at: read("2026-03-10T10:30:00+09:00"),
    }
}

pub(in crate::application) fn reply() -> ReplyConsultation {
    ReplyConsultation {
        agency: read("Police"),
        answer: read("It is not"),
        attachments: Vec::new(),
        replied_at: read("2026-03-12T10:00:00+09:00"),
    }
}

/// It had until 2026-03-16, and gets a week more.
pub(in crate::application) fn extend_consultation() -> ExtendConsultation {
    ExtendConsultation {
        agency: read("Police"),
        answer_due: read("2026-03-20"),
        reason: read("The file is in another office"),
        extended_at: read("2026-03-16T10:00:00+09:00"),
    }
}

pub(in crate::application) fn modify() -> Modify {
    Modify {
        by: read("applicant-1"),
        changes: read("Two owners instead of one"),
        attachments: vec![attachment()],
        modified_at: read("2026-03-11T09:00:00+09:00"),
    }
}

pub(in crate::application) fn merge() -> Merge {
    Merge {
        petition: PetitionId::new("2026-000123").unwrap(),
        into: PetitionId::new("2026-000100").unwrap(),
        purpose: read("A crossing at the school"),
        petitioners: 5,
        officer: read("officer-1"),
        merged_at: read("2026-03-09T16:00:00+09:00"),
    }
}

pub(in crate::application) fn close_as_repeated() -> CloseAsRepeated {
    CloseAsRepeated {
        times: 3,
        results_notified: 2,
        petitioners: Petitioners::Few,
        committee: None,
        officer: read("officer-1"),
        closed_at: read("2026-03-11T16:00:00+09:00"),
    }
}

pub(in crate::application) fn close_as_exempt() -> CloseAsExempt {
    CloseAsExempt {
        ground: ExemptionGround::RemedyUnderWay,
        reason: read("A lawsuit about it is under way"),
        officer: read("officer-1"),
        closed_at: read("2026-03-11T16:00:00+09:00"),
    }
}

/// More than 15 days after the due of the petitions here, which is 2026-03-17.
pub(in crate::application) fn close_uncollected() -> CloseUncollected {
    CloseUncollected {
        form: DocumentForm::Paper,
        officer: read("officer-1"),
        closed_at: read("2026-04-02T09:00:00+09:00"),
    }
}
