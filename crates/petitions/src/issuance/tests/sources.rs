//! Asking a linked register for what a document is made of.

use super::*;

fn requested(attempt: u32) -> Event {
    SourceDataRequested {
        attempt,
        requested_at: retrieve(attempt).requested_at,
    }
    .into()
}

fn failed(attempt: u32) -> Event {
    let NoteSourceFailure {
        reason,
        retry_at,
        failed_at,
        ..
    } = note_failure(attempt);
    SourceDataFailed {
        attempt,
        reason,
        retry_at,
        failed_at,
    }
    .into()
}

#[test]
fn a_document_is_being_made_while_the_register_is_asked() {
    for service in [ServiceType::InstantIssuance, ServiceType::DeadlineBound] {
        given(&issuance(), at_with(Status::Authorized, service))
            .when(retrieve(1))
            .then([requested(1)]);
        given(&issuance(), at_with(Status::Generating, service))
            .then_state(|state| state.status() == Some(Status::Generating));
    }
}

#[test]
fn no_register_is_asked_where_none_is_linked() {
    given(
        &issuance(),
        at_with(Status::Authorized, ServiceType::Unlinked),
    )
    .when(retrieve(1))
    .then_rejected(Rejection::Unlinked);
}

#[test]
fn attempts_are_counted_from_one_and_none_is_left_out() {
    for attempt in [0, 2, u32::MAX] {
        given(&issuance(), at(Status::Authorized))
            .when(retrieve(attempt))
            .then_rejected(Rejection::WrongAttempt {
                attempt,
                expected: 1,
            });
    }
    given(&issuance(), failed_once())
        .when(retrieve(2))
        .then([requested(2)]);
    // The first step sent again, after its failure was noted.
    given(&issuance(), failed_once())
        .when(retrieve(1))
        .then_rejected(Rejection::WrongAttempt {
            attempt: 1,
            expected: 2,
        });
}

#[test]
fn one_answer_is_awaited_at_a_time() {
    let later = RetrieveSourceData {
        requested_at: read("2026-03-10T00:00:00+09:00"),
        ..retrieve(1)
    };
    for again in [retrieve(1), later] {
        given(&issuance(), at(Status::Generating))
            .when(again)
            .then([]);
    }
    given(&issuance(), at(Status::Generating))
        .when(retrieve(2))
        .then_rejected(Rejection::BeingGenerated {
            command: "fetch source data for",
        });
}

#[test]
fn a_failure_leads_back_and_is_remembered() {
    given(&issuance(), at(Status::Generating))
        .when(note_failure(1))
        .then([failed(1)]);
    given(&issuance(), failed_once())
        .then_state(|state| state.status() == Some(Status::Authorized));
    given(&issuance(), failed_once())
        .when(note_failure(1))
        .then([]);
}

#[test]
fn a_failure_is_of_the_attempt_that_was_made() {
    given(&issuance(), at(Status::Generating))
        .when(note_failure(2))
        .then_rejected(Rejection::WrongAttempt {
            attempt: 2,
            expected: 1,
        });
    let other = NoteSourceFailure {
        retry_at: None,
        ..note_failure(1)
    };
    for (before, late) in [
        (at(Status::Authorized), note_failure(1)),
        (failed_once(), other),
    ] {
        given(&issuance(), before)
            .when(late)
            .then_rejected(Rejection::NotGenerating {
                command: "note a failed fetch of",
            });
    }
}

#[test]
fn a_document_that_is_being_made_is_neither_cancelled_nor_revoked() {
    for command in [Command::from(cancel()), revoke().into()] {
        let words = command.words();
        given(&issuance(), at(Status::Generating))
            .when(command)
            .then_rejected(Rejection::BeingGenerated { command: words });
    }
    given(&issuance(), failed_once()).when(cancel()).then([
        Cancelled {
            reason: cancel().reason,
        }
        .into(),
        refunded(),
    ]);
}

#[test]
fn an_attempt_can_be_given_up_while_the_document_is_being_made() {
    given(&issuance(), at(Status::Generating))
        .when(fail())
        .then([
            Failed {
                reason: fail().reason,
            }
            .into(),
            refunded(),
        ]);
}

#[test]
fn a_document_comes_of_an_answer_also_of_one_that_was_not_noted_as_asked() {
    for before in [
        at(Status::Generating),
        at(Status::Authorized),
        failed_once(),
    ] {
        let issued = history_after(&before, issue_document().into());
        given(&issuance(), before)
            .when(issue_document())
            .then(issued.clone());
        assert!(matches!(issued[..], [Event::DocumentIssued(_)]));
    }
}

#[test]
fn what_was_settled_stays_settled_while_the_document_is_being_made() {
    given(&issuance(), at(Status::Generating))
        .when(authorize(paid(500)))
        .then([]);
    given(&issuance(), at(Status::Generating))
        .when(authorize(waived()))
        .then_rejected(Rejection::AlreadyAuthorized);
    given(&issuance(), at(Status::Generating))
        .when(enter_result())
        .then_rejected(Rejection::Linked {
            service: ServiceType::InstantIssuance,
        });
}

#[test]
fn rejections_say_what_to_do() {
    let being_made = Rejection::BeingGenerated { command: "cancel" };
    assert_eq!(
        being_made.to_string(),
        "cannot cancel an issuance while its document is being made; wait for the register"
    );
}

fn retrieved(attempt: u32) -> Event {
    let NoteSourceData {
        source,
        retrieved_at,
        ..
    } = note_data(attempt);
    SourceDataRetrieved {
        attempt,
        source,
        retrieved_at,
    }
    .into()
}

#[test]
fn an_answer_of_the_register_is_noted_once() {
    given(&issuance(), at(Status::Generating))
        .when(note_data(1))
        .then([retrieved(1)]);
    let answered = then(at(Status::Generating), note_data(1));
    given(&issuance(), answered.clone())
        .then_state(|state| state.status() == Some(Status::Generating));
    given(&issuance(), answered.clone())
        .when(note_data(1))
        .then([]);
    let other = NoteSourceData {
        source: None,
        ..note_data(1)
    };
    given(&issuance(), answered)
        .when(other)
        .then_rejected(Rejection::AlreadyRetrieved);
}

#[test]
fn an_answer_is_that_of_the_attempt_that_was_made() {
    given(&issuance(), at(Status::Generating))
        .when(note_data(2))
        .then_rejected(Rejection::WrongAttempt {
            attempt: 2,
            expected: 1,
        });
    given(&issuance(), at(Status::Authorized))
        .when(note_data(1))
        .then_rejected(Rejection::NotGenerating {
            command: "note the source data of",
        });
}

#[test]
fn a_document_comes_of_an_answer_that_was_noted_or_the_answer_was_of_no_use() {
    let answered = then(at(Status::Generating), note_data(1));
    assert_eq!(history_after(&answered, issue_document().into()).len(), 1);
    given(&issuance(), answered)
        .when(note_failure(1))
        .then([failed(1)]);
    // The next answer is another one.
    let again = then(failed_once(), retrieve(2));
    given(&issuance(), again)
        .when(note_data(2))
        .then([retrieved(2)]);
}
