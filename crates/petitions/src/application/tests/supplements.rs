//! Asking for what is missing, and what follows (A22, D24, D25, R9).
//!
//! Received on Monday 2026-03-09 at 10:00 for 7 days, asked for on 03-10, due on Friday 03-20.

use super::*;

fn awaiting(more: impl IntoIterator<Item = Command>) -> Vec<Event> {
    let path = path(
        Status::AwaitingSupplement,
        ServiceType::DeadlineBound,
        PetitionKind::Statutory,
    );
    history(path.unwrap().into_iter().chain(more))
}

fn extended(command: ExtendSupplementPeriod, due: &str) -> Event {
    SupplementPeriodExtended {
        asked_by: command.asked_by,
        by: command.by,
        deadline: counted(due),
        officer: command.officer,
        extended_at: command.extended_at,
    }
    .into()
}

fn requested_again(command: RerequestSupplement, due: &str) -> Event {
    SupplementRerequested {
        period: command.period,
        deadline: counted(due),
        officer: command.officer,
        requested_at: command.requested_at,
    }
    .into()
}

/// General Act on Public Administration 6①, Civil Act 161.
#[test]
fn a_due_on_a_day_off_runs_to_the_end_of_the_next_working_day() {
    let on_saturday = RequestSupplement {
        due: read("2026-03-14"),
        requested_at: read("2026-03-09T11:00:00+09:00"),
        lack: LackSeen::OnReceipt,
        ..request_supplement()
    };
    let requested = |due: &str| SupplementRequested {
        items: on_saturday.items.clone(),
        due: read(due),
        officer: on_saturday.officer.clone(),
        requested_at: on_saturday.requested_at,
        lack: Some(on_saturday.lack),
    };
    given(&application(), at(Status::Received))
        .when(on_saturday.clone())
        .then([requested("2026-03-16").into()]);
    let asked = after(Status::Received, [on_saturday.clone().into()]);
    given(&application(), asked.clone())
        .when(on_saturday.clone())
        .then([]);
    let at_time = |returned_at: &str| Return {
        returned_at: read(returned_at),
        ..return_documents()
    };
    for early in ["2026-03-15T12:00:00+09:00", "2026-03-16T23:59:59+09:00"] {
        given(&application(), asked.clone())
            .when(at_time(early))
            .then_rejected(Rejection::NotOverdue {
                due: read("2026-03-16"),
                at: read(early),
            });
    }
    let with = |command: Command| {
        let commands = [on_saturday.clone().into(), command];
        folded(after(Status::Received, commands))
    };
    let over = with(at_time("2026-03-17T00:00:00+09:00").into());
    assert_eq!(over.status(), Some(Status::Returned));
    let extend = ExtendSupplementPeriod {
        extended_at: read("2026-03-16T10:00:00+09:00"),
        ..extend_supplement_period()
    };
    let extended = with(extend.into());
    let due = extended.filed().unwrap().supplement().unwrap().due;
    assert_eq!(due, read("2026-03-19"), "3 days from 03-17 on");
}

/// A22①.
#[test]
fn a_supplement_has_a_reasonable_period() {
    use minwon_core::Decider;
    let state = folded(at(Status::InReview));
    let ask = |days_min: Option<u32>, due: &str| {
        let office = application();
        let office = match days_min {
            Some(days) => office.with_supplement_days_min(days),
            None => office,
        };
        let due = read(due);
        office.decide(
            &state,
            &RequestSupplement {
                due,
                ..request_supplement()
            }
            .into(),
        )
    };
    let short = |due: &str, days_min| {
        Err(Rejection::SupplementPeriodTooShort {
            due: read(due),
            requested_at: request_supplement().requested_at,
            days_min,
        })
    };
    // Asked on Tuesday 03-10 at 11:00.
    let within_the_day = "2026-03-10T11:00:01+09:00";
    assert_eq!(ask(None, within_the_day), short(within_the_day, 1));
    assert!(ask(Some(0), within_the_day).is_ok());
    for due in ["2026-03-11T00:00:00+09:00", "2026-03-11"] {
        assert!(ask(None, due).is_ok(), "{due}");
    }
    assert_eq!(ask(Some(3), "2026-03-12"), short("2026-03-12", 3));
    assert!(ask(Some(3), "2026-03-13").is_ok());
    // Put off from Saturday to Monday, and so the fourth working day.
    assert!(ask(Some(4), "2026-03-14").is_ok());
}

#[test]
fn what_was_seen_on_receipt_is_asked_for_within_8_working_hours() {
    // R9: 03-09 10:00 and 8 working hours are 03-10 10:00.
    let seen = |lack, requested_at| RequestSupplement {
        lack,
        requested_at: read(requested_at),
        ..request_supplement()
    };
    let too_late = "2026-03-10T10:00:00.000001+09:00";
    given(&application(), at(Status::Received))
        .when(seen(LackSeen::OnReceipt, too_late))
        .then_rejected(Rejection::SupplementRequestedLate {
            due: read("2026-03-10T10:00:00+09:00"),
            at: read(too_late),
        });
    for (lack, requested_at) in [
        (LackSeen::OnReceipt, "2026-03-10T10:00:00+09:00"),
        (LackSeen::Later, too_late),
    ] {
        let request = seen(lack, requested_at);
        given(&application(), at(Status::Received))
            .when(request.clone())
            .then([SupplementRequested {
                items: request.items,
                due: request.due,
                officer: request.officer,
                requested_at: request.requested_at,
                lack: Some(lack),
            }
            .into()]);
    }
}

#[test]
fn the_petitioner_gets_longer_twice_and_not_a_third_time() {
    // D24②: counted from the day after the due, which is put off to Monday 03-23.
    let first = extend_supplement_period();
    let second = ExtendSupplementPeriod {
        extended_at: read("2026-03-23T10:00:00+09:00"),
        ..first.clone()
    };
    let third = ExtendSupplementPeriod {
        extended_at: read("2026-03-24T10:00:00+09:00"),
        ..first.clone()
    };
    given(&application(), awaiting([]))
        .when(first.clone())
        .then([extended(first.clone(), "2026-03-23")]);
    given(&application(), awaiting([first.clone().into()]))
        .when(second.clone())
        .then([extended(second.clone(), "2026-03-26")]);
    given(&application(), awaiting([first.into(), second.into()]))
        .when(third)
        .then_rejected(Rejection::SupplementExtendedTwice);
}

#[test]
fn the_same_extension_again_is_none() {
    let first = extend_supplement_period();
    given(&application(), awaiting([first.clone().into()]))
        .when(first)
        .then([]);
}

#[test]
fn the_petitioner_asks_for_longer_before_the_time_is_over() {
    // D24②.
    let late = ExtendSupplementPeriod {
        extended_at: read("2026-03-21T00:00:00+09:00"),
        ..extend_supplement_period()
    };
    given(&application(), awaiting([]))
        .when(late.clone())
        .then_rejected(Rejection::PeriodOver {
            due: read("2026-03-20"),
            at: late.extended_at,
        });
    let stranger = ExtendSupplementPeriod {
        asked_by: read("applicant-2"),
        ..extend_supplement_period()
    };
    given(&application(), awaiting([]))
        .when(stranger)
        .then_rejected(Rejection::NotTheApplicant {
            command: "extend the supplement period of",
        });
}

#[test]
fn what_is_overdue_is_asked_for_once_more_within_10_days() {
    // D24③: 10 days after 03-21 are 03-31.
    given(&application(), awaiting([]))
        .when(request_again())
        .then([requested_again(request_again(), "2026-03-31")]);
    let early = RerequestSupplement {
        requested_at: read("2026-03-20T23:59:59+09:00"),
        ..request_again()
    };
    given(&application(), awaiting([]))
        .when(early.clone())
        .then_rejected(Rejection::NotOverdue {
            due: read("2026-03-20"),
            at: early.requested_at,
        });
    let long = RerequestSupplement {
        period: read("11 days"),
        ..request_again()
    };
    given(&application(), awaiting([]))
        .when(long)
        .then_rejected(Rejection::Period(
            crate::statute::FixedPeriodError::TooLong {
                period: read("11 days"),
                max_days: 10,
            },
        ));
}

#[test]
fn nothing_is_asked_for_a_third_time() {
    // D24③: once.
    let second = RerequestSupplement {
        requested_at: read("2026-04-01T10:00:00+09:00"),
        ..request_again()
    };
    let again = awaiting([request_again().into()]);
    given(&application(), again.clone())
        .when(request_again())
        .then([]);
    given(&application(), again)
        .when(second)
        .then_rejected(Rejection::SupplementRerequested);
}

#[test]
fn what_was_asked_for_again_is_reminded_of_again() {
    let reminded = awaiting([issue_reminder().into(), request_again().into()]);
    let later = IssueReminder {
        issued_at: read("2026-04-01T00:00:00+09:00"),
        ..issue_reminder()
    };
    given(&application(), reminded.clone())
        .when(issue_reminder())
        .then_rejected(Rejection::NotOverdue {
            due: read("2026-03-31"),
            at: issue_reminder().issued_at,
        });
    given(&application(), reminded)
        .when(later.clone())
        .then([ReminderIssued {
            about: later.about,
            issued_at: later.issued_at,
        }
        .into()]);
}

#[test]
fn documents_are_returned_when_the_period_is_over_and_with_reasons() {
    // D25①.
    let Return {
        officer,
        reasons,
        returned_at,
    } = return_documents();
    given(&application(), awaiting([]))
        .when(return_documents())
        .then([Returned {
            officer,
            reasons,
            returned_at,
        }
        .into()]);
    let early = Return {
        returned_at: read("2026-03-20T23:59:59+09:00"),
        ..return_documents()
    };
    given(&application(), awaiting([]))
        .when(early.clone())
        .then_rejected(Rejection::NotOverdue {
            due: read("2026-03-20"),
            at: early.returned_at,
        });
    given(&application(), awaiting([]))
        .when(Return {
            reasons: Vec::new(),
            ..return_documents()
        })
        .then_rejected(Rejection::ReasonsMissing { command: "return" });
}

#[test]
fn documents_are_not_returned_before_the_extended_period_is_over() {
    // D24②, D25①.
    for (due, longer) in [
        (read("2026-03-23"), extend_supplement_period().into()),
        (read("2026-03-31"), Command::from(request_again())),
    ] {
        let before = awaiting([longer]);
        given(&application(), before)
            .when(Return {
                returned_at: read("2026-03-22T00:00:00+09:00"),
                ..return_documents()
            })
            .then_rejected(Rejection::NotOverdue {
                due,
                at: read("2026-03-22T00:00:00+09:00"),
            });
    }
}

#[test]
fn nothing_is_returned_out_of_review() {
    for status in [Status::Received, Status::InReview] {
        given(&application(), at(status))
            .when(return_documents())
            .then_rejected(Rejection::NoSupplementAwaited { status });
    }
}

#[test]
fn who_is_out_of_reach_twice_has_withdrawn() {
    // D25②.
    for (attempts, undelivered) in [(vec![], 0), (vec![1], 1)] {
        let before = awaiting(attempts.into_iter().map(|n| mark_undeliverable(n).into()));
        given(&application(), before)
            .when(deem_withdrawn())
            .then_rejected(Rejection::MayBeReached { undelivered });
    }
    let DeemWithdrawn { officer, deemed_at } = deem_withdrawn();
    let twice = awaiting([mark_undeliverable(1).into(), mark_undeliverable(2).into()]);
    let deemed = Event::from(DeemedWithdrawn { officer, deemed_at });
    given(&application(), twice.clone())
        .when(deem_withdrawn())
        .then([deemed.clone()]);
    given(&application(), [twice, vec![deemed]].concat())
        .then_state(|state| state.status() == Some(Status::Withdrawn));
}

#[test]
fn each_failed_attempt_is_noted_once_and_in_turn() {
    let once = awaiting([mark_undeliverable(1).into()]);
    given(&application(), once.clone())
        .when(mark_undeliverable(1))
        .then([]);
    for number in [0, 3] {
        given(&application(), once.clone())
            .when(mark_undeliverable(number))
            .then_rejected(Rejection::WrongAttempt { number, next: 2 });
    }
}

#[test]
fn a_supplement_cannot_arrive_before_the_day_on_which_it_was_asked_for() {
    let early = Supplement {
        supplemented_at: read("2026-03-09T23:00:00+09:00"),
        ..supplement()
    };
    given(&application(), awaiting([]))
        .when(early.clone())
        .then_rejected(Rejection::BeforeCause(crate::BeforeCause {
            at: early.supplemented_at,
            cause: "the request for the supplement",
            cause_at: request_supplement().requested_at,
        }));
}

#[test]
fn the_due_of_an_imported_case_never_moves() {
    let imported = Receive {
        due: ReceiptDue::Imported {
            due: read("2026-03-17"),
            calendar_version: read("imported"),
        },
        ..receive(PetitionKind::Statutory)
    };
    let events = history([
        submit(ServiceType::DeadlineBound, PetitionKind::Statutory).into(),
        imported.into(),
        request_supplement().into(),
        supplement().into(),
    ]);
    let last = events.last().cloned();
    assert!(
        matches!(&last, Some(Event::Supplemented(e)) if e.deadline.is_none()),
        "{last:?}"
    );
    given(&application(), events)
        .when(extend_period())
        .then_rejected(Rejection::DueNotCounted {
            command: "extend the period of",
        });
}

#[test]
fn what_is_asked_for_after_the_due_does_not_bring_the_period_back() {
    // Found by the simulation. 3 days from 03-09 10:00 are over on 03-12 10:00; the whole day of
    // the request does not count (D20, item 1), but on that day the due was missed before.
    let receive = Receive {
        period: read("3 days"),
        ..receive(PetitionKind::Statutory)
    };
    let asked = |requested_at: &str| {
        history([
            submit(ServiceType::DeadlineBound, PetitionKind::Statutory).into(),
            receive.clone().into(),
            RequestSupplement {
                requested_at: read(requested_at),
                ..request_supplement()
            }
            .into(),
            Supplement {
                supplemented_at: read("2026-03-12T17:00:00+09:00"),
                ..supplement()
            }
            .into(),
        ])
    };
    for (requested_at, due) in [
        ("2026-03-12T10:00:00+09:00", "2026-03-13T10:00:00+09:00"),
        ("2026-03-12T10:00:01+09:00", "2026-03-12T10:00:00+09:00"),
    ] {
        let events = asked(requested_at);
        let last = events.last().cloned();
        assert!(
            matches!(&last, Some(Event::Supplemented(e)) if e.deadline == Some(counted(due))),
            "{last:?}"
        );
    }
}
