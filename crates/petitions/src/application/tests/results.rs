//! Notifying the petitioner of the result of an approval.

use super::*;

fn notify(document: DueDocument) -> NotifyResult {
    NotifyResult {
        document,
        officer: read("officer-3"),
        notified_at: read("2026-03-16T09:00:00+09:00"),
    }
}

#[test]
fn an_approval_is_done_when_its_result_is_notified() {
    // A27①.
    for document in [DueDocument::NotDue, DueDocument::Finished] {
        let notified = ResultNotified {
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
            .when(notify(document))
            .then([notified.into(), completed.into()]);
    }
}

#[test]
fn a_result_is_notified_once() {
    let path = path(
        Status::Approved,
        ServiceType::DeadlineBound,
        PetitionKind::Statutory,
    );
    let notified = || {
        path.clone()
            .unwrap()
            .into_iter()
            .chain([notify(DueDocument::NotDue).into()])
    };
    given(&application(), history(notified()))
        .when(notify(DueDocument::NotDue))
        .then([]);
    let by_another = NotifyResult {
        officer: read("officer-9"),
        ..notify(DueDocument::NotDue)
    };
    given(&application(), history(notified()))
        .when(by_another)
        .then_rejected(Rejection::Ended {
            command: "notify the result of",
            status: Status::Completed,
        });
}

#[test]
fn a_petition_is_not_done_before_its_document_is_out() {
    let early: [(Command, _); 2] = [
        (notify(DueDocument::UnderWay).into(), "notify the result of"),
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
    let notifying = |status| given(&application(), at(status)).when(notify(DueDocument::NotDue));
    let command = "notify the result of";
    notifying(Status::Submitted).then_rejected(Rejection::NotReceived { command });
    notifying(Status::Received).then_rejected(Rejection::NotInReview { command });
    notifying(Status::InReview).then_rejected(Rejection::Undecided {
        command,
        kind: PetitionKind::Statutory,
    });
}
