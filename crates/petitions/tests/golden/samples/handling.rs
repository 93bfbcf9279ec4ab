//! Filing, handling and closing.

use minwon_petitions::PetitionId;
use minwon_petitions::{
    ApplicationEvent,
    application::{
        Assigned, ClericalErrorCorrected, ClosedAsExempt, ClosedAsRepeated, ClosedUncollected,
        ConsultationExtended, ConsultationReplied, ConsultationRequested, ExemptionGround,
        MergedInto, Modified, Outage, Petitioners, Reassigned, ReceiptSlipIssued, Submitted,
        TransferredToAgency, TransferredToDepartment,
    },
};

use super::{Sample, approved, attachment, both, one, progress, read, received, submitted};

fn submitted_in_outage() -> Submitted {
    Submitted {
        outage: Some(Outage {
            began_at: read("2026-03-09T08:00:00+09:00"),
            ended_at: read("2026-03-09T17:00:00+09:00"),
        }),
        ..submitted()
    }
}

fn receipt_slip_issued() -> ReceiptSlipIssued {
    ReceiptSlipIssued {
        issued_at: read("2026-03-09T10:01:00+09:00"),
    }
}

fn clerical_error_corrected() -> ClericalErrorCorrected {
    ClericalErrorCorrected {
        corrections: vec![read("Plate 12가3456 instead of 12가3465")],
        consent_of: read("applicant-7f3a"),
        officer: read("officer-17"),
        corrected_at: read("2026-03-09T10:30:00+09:00"),
    }
}

fn assigned() -> Assigned {
    Assigned {
        officer: read("officer-17"),
        by: read("head-2"),
        assigned_at: read("2026-03-09T11:00:00+09:00"),
    }
}

fn reassigned() -> Reassigned {
    Reassigned {
        from: read("officer-17"),
        to: read("officer-3"),
        reason: read("Another district"),
        by: read("head-2"),
        reassigned_at: read("2026-03-10T09:00:00+09:00"),
    }
}

fn transferred_to_department() -> TransferredToDepartment {
    TransferredToDepartment {
        from: read("교통행정과"),
        to: read("세무과"),
        by: read("officer-17"),
        transferred_at: read("2026-03-09T13:00:00+09:00"),
    }
}

fn transferred_to_agency() -> TransferredToAgency {
    TransferredToAgency {
        from: read("서울특별시 종로구"),
        to: read("인천광역시 중구"),
        reason: read("The vehicle is registered there"),
        by: read("officer-17"),
        due: Some(read("2026-03-09T08:59:00+09:00")),
        transferred_at: read("2026-03-09T09:30:00+09:00"),
    }
}

fn consultation_requested() -> ConsultationRequested {
    ConsultationRequested {
        agency: read("경찰청"),
        question: read("Is the vehicle wanted?"),
        answer_due: read("2026-03-16"),
        officer: read("officer-3"),
        requested_at: read("2026-03-10T10:30:00+09:00"),
    }
}

fn consultation_extended() -> ConsultationExtended {
    ConsultationExtended {
        agency: read("경찰청"),
        answer_due: read("2026-03-18"),
        reason: read("The file is in another office"),
        extended_at: read("2026-03-13T10:00:00+09:00"),
    }
}

fn consultation_replied() -> ConsultationReplied {
    ConsultationReplied {
        agency: read("경찰청"),
        answer: read("It is not"),
        attachments: vec![attachment()],
        replied_at: read("2026-03-12T10:00:00+09:00"),
    }
}

fn modified() -> Modified {
    Modified {
        by: read("applicant-7f3a"),
        changes: read("Two owners instead of one"),
        attachments: vec![attachment()],
        modified_at: read("2026-03-11T09:00:00+09:00"),
    }
}

fn merged_into() -> MergedInto {
    MergedInto {
        into: PetitionId::new("2026-000100").unwrap(),
        purpose: read("A crossing at the school"),
        petitioners: 23,
        officer: read("officer-17"),
        merged_at: read("2026-03-09T16:00:00+09:00"),
    }
}

fn closed_as_repeated() -> ClosedAsRepeated {
    ClosedAsRepeated {
        times: 4,
        results_notified: 3,
        petitioners: Petitioners::Many,
        committee: Some(read("committee-2026-7")),
        officer: read("officer-17"),
        closed_at: read("2026-03-11T16:00:00+09:00"),
    }
}

fn closed_as_exempt() -> ClosedAsExempt {
    ClosedAsExempt {
        ground: ExemptionGround::RemedyUnderWay,
        reason: read("A lawsuit about it is under way"),
        officer: read("officer-17"),
        closed_at: read("2026-03-11T16:00:00+09:00"),
    }
}

fn closed_uncollected() -> ClosedUncollected {
    ClosedUncollected {
        expected_on: read("2026-03-17"),
        officer: read("officer-17"),
        closed_at: read("2026-04-02T09:00:00+09:00"),
    }
}

pub(super) fn events() -> Vec<Sample<ApplicationEvent>> {
    [
        both(submitted_in_outage(), |e| {
            e.attachments.clear();
            e.outage = None;
        }),
        one(receipt_slip_issued()),
        one(clerical_error_corrected()),
        one(assigned()),
        one(reassigned()),
        one(transferred_to_department()),
        both(transferred_to_agency(), |e| e.due = None),
        one(consultation_requested()),
        one(consultation_extended()),
        both(consultation_replied(), |e| e.attachments.clear()),
        both(modified(), |e| e.attachments.clear()),
        one(merged_into()),
        both(closed_as_repeated(), |e| e.committee = None),
        one(closed_as_exempt()),
        one(closed_uncollected()),
    ]
    .concat()
}

pub(super) fn histories() -> Vec<(&'static str, Vec<ApplicationEvent>)> {
    let opened = || vec![submitted().into(), received().into(), progress().into()];
    let with = |rest: Vec<ApplicationEvent>| [opened(), rest].concat();
    vec![
        (
            "handled",
            vec![
                submitted().into(),
                clerical_error_corrected().into(),
                transferred_to_agency().into(),
                received().into(),
                receipt_slip_issued().into(),
                assigned().into(),
                transferred_to_department().into(),
                assigned().into(),
                reassigned().into(),
                consultation_requested().into(),
                consultation_replied().into(),
                modified().into(),
                approved().into(),
                closed_uncollected().into(),
            ],
        ),
        (
            "merged",
            vec![submitted().into(), received().into(), merged_into().into()],
        ),
        ("repeated", with(vec![closed_as_repeated().into()])),
        ("exempt", with(vec![closed_as_exempt().into()])),
    ]
}
