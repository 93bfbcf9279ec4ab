//! Petitions that end without a decision, or with a document that nobody collects.

use super::*;

/// A received petition of this kind.
fn received(kind: PetitionKind) -> Vec<Event> {
    at_with(Status::Received, ServiceType::DeadlineBound, kind)
}

/// Kinds of which the law says "not a statutory petition".
fn not_statutory() -> impl Iterator<Item = PetitionKind> {
    let kinds = PetitionKind::ALL.iter().copied();
    kinds.filter(|kind| *kind != PetitionKind::Statutory)
}

#[test]
fn five_petitioners_with_the_same_purpose_are_handled_as_one() {
    // D6⑦.
    let Merge {
        into,
        purpose,
        petitioners,
        officer,
        merged_at,
        ..
    } = merge();
    assert_eq!(petitioners, 5);
    given(&application(), at(Status::Received))
        .when(merge())
        .then([MergedInto {
            into,
            purpose,
            petitioners,
            officer,
            merged_at,
        }
        .into()]);
    given(&application(), at(Status::Received))
        .when(Merge {
            petitioners: 4,
            ..merge()
        })
        .then_rejected(Rejection::TooFewPetitioners {
            petitioners: 4,
            petitioners_min: 5,
        });
}

#[test]
fn a_petition_is_not_merged_into_itself() {
    // D6⑦: it would end, and nothing would be left to handle.
    given(&application(), at(Status::Received))
        .when(Merge {
            into: merge().petition,
            ..merge()
        })
        .then_rejected(Rejection::MergedIntoItself);
}

#[test]
fn what_is_being_examined_is_not_merged_any_more() {
    given(&application(), at(Status::InReview))
        .when(merge())
        .then_rejected(Rejection::OutOfTurn {
            command: "merge",
            status: Status::InReview,
            takes: "received",
        });
}

#[test]
fn the_third_petition_of_the_same_content_is_closed_after_two_results() {
    // A23①.
    for kind in not_statutory() {
        let events = history([
            submit(ServiceType::DeadlineBound, kind).into(),
            receive(kind).into(),
            close_as_repeated().into(),
        ]);
        assert!(matches!(events[2], Event::ClosedAsRepeated(_)));
    }
    given(&application(), received(PetitionKind::Inquiry))
        .when(CloseAsRepeated {
            times: 2,
            ..close_as_repeated()
        })
        .then_rejected(Rejection::TooFewTimes {
            times: 2,
            times_min: 3,
        });
    given(&application(), received(PetitionKind::Inquiry))
        .when(CloseAsRepeated {
            results_notified: 1,
            ..close_as_repeated()
        })
        .then_rejected(Rejection::TooFewResults {
            notified: 1,
            notified_min: 2,
        });
}

#[test]
fn what_many_repeat_is_closed_by_the_committee_only() {
    // D26.
    let many = |committee: Option<&str>| CloseAsRepeated {
        petitioners: Petitioners::Many,
        committee: committee.map(read),
        ..close_as_repeated()
    };
    given(&application(), received(PetitionKind::Suggestion))
        .when(many(None))
        .then_rejected(Rejection::NoCommittee);
    let closed = ClosedAsRepeated {
        times: 3,
        results_notified: 2,
        petitioners: Petitioners::Many,
        committee: Some(read("committee-7")),
        officer: read("officer-1"),
        closed_at: close_as_repeated().closed_at,
    };
    given(&application(), received(PetitionKind::Suggestion))
        .when(many(Some("committee-7")))
        .then([closed.into()]);
}

#[test]
fn nine_grounds_exempt_a_petition_from_being_handled() {
    // A21.
    assert_eq!(ExemptionGround::ALL.len(), 9);
    for ground in ExemptionGround::ALL.iter().copied() {
        let CloseAsExempt {
            reason,
            officer,
            closed_at,
            ..
        } = close_as_exempt();
        given(&application(), received(PetitionKind::Grievance))
            .when(CloseAsExempt {
                ground,
                ..close_as_exempt()
            })
            .then([ClosedAsExempt {
                ground,
                reason,
                officer,
                closed_at,
            }
            .into()]);
    }
}

#[test]
fn a_statutory_petition_is_neither_repeated_nor_exempt() {
    // A21, A23: whatever it was declared to be, the kind that the agency found counts.
    let found_statutory = || {
        let declared = submit(ServiceType::DeadlineBound, PetitionKind::Inquiry);
        history([declared.into(), receive(PetitionKind::Statutory).into()])
    };
    for before in [
        at(Status::Received),
        at(Status::InReview),
        found_statutory(),
    ] {
        given(&application(), before.clone())
            .when(close_as_repeated())
            .then_rejected(Rejection::Statutory {
                command: "close as repeated",
                article: "A23",
            });
        given(&application(), before)
            .when(close_as_exempt())
            .then_rejected(Rejection::Statutory {
                command: "close as exempt",
                article: "A21",
            });
    }
}

#[test]
fn a_paper_document_is_kept_for_fifteen_days() {
    // D25④: expected on 2026-03-17, kept until 2026-04-01.
    let closing = |closed_at: &str| CloseUncollected {
        closed_at: read(closed_at),
        ..close_uncollected()
    };
    given(&application(), at(Status::Approved))
        .when(closing("2026-04-01T23:59:59+09:00"))
        .then_rejected(Rejection::StillKept {
            until: read("2026-04-01"),
            at: read("2026-04-01T23:59:59+09:00"),
        });
    given(&application(), at(Status::Approved))
        .when(closing("2026-04-02T00:00:00+09:00"))
        .then([ClosedUncollected {
            expected_on: read("2026-03-17"),
            officer: read("officer-1"),
            closed_at: read("2026-04-02T00:00:00+09:00"),
        }
        .into()]);
}

#[test]
fn an_electronic_document_needs_no_collecting() {
    // D25④.
    given(&application(), at(Status::Approved))
        .when(CloseUncollected {
            form: DocumentForm::Electronic,
            ..close_uncollected()
        })
        .then_rejected(Rejection::NotOnPaper);
}

#[test]
fn only_what_was_granted_can_lie_uncollected() {
    given(&application(), at(Status::InReview))
        .when(close_uncollected())
        .then_rejected(Rejection::Undecided {
            command: "close as uncollected",
            kind: PetitionKind::Statutory,
        });
    given(&application(), at(Status::Rejected))
        .when(close_uncollected())
        .then_rejected(Rejection::Decided {
            command: "close as uncollected",
            status: Status::Rejected,
        });
}

#[test]
fn closed_again_in_the_same_way_changes_nothing() {
    let inquiry = || {
        let kind = PetitionKind::Inquiry;
        let submit = submit(ServiceType::DeadlineBound, kind);
        vec![submit.into(), receive(kind).into()]
    };
    let approved = || -> Vec<Command> {
        [
            inquiry(),
            vec![record_progress("Print").into(), approve().into()],
        ]
        .concat()
    };
    let ends: [(Vec<Command>, Command); 4] = [
        (inquiry(), merge().into()),
        (inquiry(), close_as_repeated().into()),
        (inquiry(), close_as_exempt().into()),
        (approved(), close_uncollected().into()),
    ];
    for (before, end) in ends {
        let closed = history(before.into_iter().chain([end.clone()]));
        given(&application(), closed.clone()).when(end).then([]);
        // Another way is not taken in its place.
        given(&application(), closed)
            .when(CloseAsExempt {
                ground: ExemptionGround::PrivateAffairs,
                ..close_as_exempt()
            })
            .then_rejected(Rejection::Ended {
                command: "close as exempt",
                status: Status::Closed,
            });
    }
}
