//! Telling the petitioner the result of an approval.

use super::*;

fn tell(document: DueDocument) -> NotifyResult {
    NotifyResult {
        document,
        officer: read("officer-3"),
        notified_at: read("2026-03-16T09:00:00+09:00"),
    }
}

#[test]
fn an_approval_is_done_when_its_result_is_told() {
    // A27①.
    for document in [DueDocument::NotDue, DueDocument::Finished] {
        let told = ResultNotified {
            officer: read("officer-3"),
            notified_at: read("2026-03-16T09:00:00+09:00"),
            objection: None,
        };
        let completed = Completed {
            outcome: CompletionOutcome::Granted,
            officer: read("officer-3"),
            answer: None,
            attachments: Vec::new(),
        };
        given(&application(), at(Status::Approved))
            .when(tell(document))
            .then([told.into(), completed.into()]);
    }
}

#[test]
fn what_was_told_is_not_told_again() {
    let path = path(
        Status::Approved,
        ServiceType::DeadlineBound,
        PetitionKind::Statutory,
    );
    let told = || {
        path.clone()
            .unwrap()
            .into_iter()
            .chain([tell(DueDocument::NotDue).into()])
    };
    given(&application(), history(told()))
        .when(tell(DueDocument::NotDue))
        .then([]);
    let by_another = NotifyResult {
        officer: read("officer-9"),
        ..tell(DueDocument::NotDue)
    };
    given(&application(), history(told()))
        .when(by_another)
        .then_rejected(Rejection::Ended {
            command: "tell the result of",
            status: Status::Completed,
        });
}

#[test]
fn a_petition_is_not_done_before_its_document_is_out() {
    let early: [(Command, _); 2] = [
        (tell(DueDocument::UnderWay).into(), "tell the result of"),
        (
            Complete {
                document: DueDocument::UnderWay,
                ..complete()
            }
            .into(),
            "complete",
        ),
    ];
    for (early, command) in early {
        given(&application(), at(Status::Approved))
            .when(early)
            .then_rejected(Rejection::DocumentUnderWay { command });
    }
    let finished = Complete {
        document: DueDocument::Finished,
        ..complete()
    };
    let path = path(
        Status::Approved,
        ServiceType::DeadlineBound,
        PetitionKind::Statutory,
    );
    let events = history(path.unwrap().into_iter().chain([finished.into()]));
    assert!(matches!(events.last(), Some(Event::Completed(_))));
}

#[test]
fn there_is_no_result_before_the_decision() {
    let telling = |status| given(&application(), at(status)).when(tell(DueDocument::NotDue));
    let command = "tell the result of";
    telling(Status::Submitted).then_rejected(Rejection::NotReceived { command });
    telling(Status::Received).then_rejected(Rejection::NotInReview { command });
    telling(Status::InReview).then_rejected(Rejection::Undecided {
        command,
        kind: PetitionKind::Statutory,
    });
}
