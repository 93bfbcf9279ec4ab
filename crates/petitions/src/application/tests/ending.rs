//! Completing and withdrawing.

use super::*;

fn completed(outcome: CompletionOutcome) -> Event {
    let Complete {
        officer,
        answer,
        attachments,
        ..
    } = complete();
    Completed {
        outcome,
        officer,
        answer,
        attachments,
    }
    .into()
}

/// A refused petition whose petitioner was notified on 2026-03-16.
fn notified_of_refusal() -> Vec<Event> {
    let notified = ResultNotified {
        officer: read("officer-2"),
        notified_at: notify_result().notified_at,
        objection: Some(counted("2026-05-15")),
    };
    [at(Status::Rejected), vec![notified.into()]].concat()
}

#[test]
fn completion_says_how_it_ended() {
    let inquiry = at_with(
        Status::InReview,
        ServiceType::DeadlineBound,
        PetitionKind::Inquiry,
    );
    let cases = [
        (at(Status::Approved), CompletionOutcome::Granted),
        (notified_of_refusal(), CompletionOutcome::Refused),
        (inquiry, CompletionOutcome::Answered),
    ];
    for (before, outcome) in cases {
        given(&application(), before)
            .when(complete())
            .then([completed(outcome)]);
    }
}

#[test]
fn what_needs_a_decision_is_not_completed_without() {
    for kind in [PetitionKind::Statutory, PetitionKind::Grievance] {
        given(
            &application(),
            at_with(Status::InReview, ServiceType::DeadlineBound, kind),
        )
        .when(complete())
        .then_rejected(Rejection::Undecided {
            command: "complete",
            kind,
        });
    }
}

#[test]
fn completing_twice_changes_nothing_unless_the_answer_is_another() {
    let again = Complete {
        officer: read("officer-9"),
        ..complete()
    };
    given(&application(), at(Status::Completed))
        .when(again)
        .then([]);
    let another = Complete {
        answer: None,
        ..complete()
    };
    given(&application(), at(Status::Completed))
        .when(another)
        .then_rejected(Rejection::Ended {
            command: "complete",
            status: Status::Completed,
        });
}

#[test]
fn completion_is_bounded() {
    let large = Complete {
        attachments: vec![attachment(); 101],
        ..complete()
    };
    given(&application(), at(Status::Approved))
        .when(large)
        .then_rejected(Rejection::TooMany {
            what: "attachments",
            count: 101,
            count_max: 100,
        });
}

#[test]
fn only_the_petitioner_withdraws() {
    let stranger = Withdraw {
        by: read("applicant-2"),
        ..withdraw()
    };
    for status in [
        Status::Submitted,
        Status::Received,
        Status::InReview,
        Status::AwaitingSupplement,
        Status::Withdrawn,
    ] {
        given(&application(), at(status))
            .when(stranger.clone())
            .then_rejected(Rejection::NotTheApplicant {
                command: "withdraw",
            });
    }
    let Withdraw { by, reason } = withdraw();
    given(&application(), at(Status::AwaitingSupplement))
        .when(withdraw())
        .then([Withdrawn { by, reason }.into()]);
}

#[test]
fn withdrawing_twice_changes_nothing_whatever_the_reason() {
    let again = Withdraw {
        reason: Some(read("Sold elsewhere")),
        ..withdraw()
    };
    given(&application(), at(Status::Withdrawn))
        .when(again)
        .then([]);
}

#[test]
fn a_decided_petition_is_not_withdrawn() {
    for status in [Status::Approved, Status::Rejected] {
        given(&application(), at(status))
            .when(withdraw())
            .then_rejected(Rejection::Decided {
                command: "withdraw",
                status,
            });
    }
    given(&application(), at(Status::Completed))
        .when(withdraw())
        .then_rejected(Rejection::Ended {
            command: "withdraw",
            status: Status::Completed,
        });
}
