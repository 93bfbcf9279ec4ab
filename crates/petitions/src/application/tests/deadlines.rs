//! The events that time brings about.

use super::*;
use minwon_core::Timestamp;

fn missed() -> Event {
    let MarkDeadlineMissed { due, noted_at } = mark_missed();
    DeadlineMissed { due, noted_at }.into()
}

fn notified(number: u32) -> Event {
    let NotifyProgress { notified_at, .. } = notify_progress(number);
    ProgressNotified {
        number,
        notified_at,
    }
    .into()
}

fn reminded() -> Event {
    let IssueReminder { about, issued_at } = issue_reminder();
    ReminderIssued { about, issued_at }.into()
}

fn after(status: Status, more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    at(status).into_iter().chain(more).collect()
}

#[test]
fn a_due_is_missed_once_it_has_passed_and_not_before() {
    for status in [Status::Received, Status::InReview, Status::Approved] {
        given(&application(), at(status))
            .when(mark_missed())
            .then([missed()]);
    }
    let noted_at: Timestamp = read("2026-03-17T23:59:59.999999+09:00");
    given(&application(), at(Status::InReview))
        .when(MarkDeadlineMissed {
            noted_at,
            ..mark_missed()
        })
        .then_rejected(Rejection::NotOverdue {
            due: read("2026-03-17"),
            at: noted_at,
        });
}

#[test]
fn a_due_is_missed_once_whenever_it_is_noted() {
    let later = MarkDeadlineMissed {
        noted_at: read("2026-05-01T00:00:00+09:00"),
        ..mark_missed()
    };
    // That it was noted earlier than it was missed does not undo it.
    let early = MarkDeadlineMissed {
        noted_at: read("2026-03-10T00:00:00+09:00"),
        ..mark_missed()
    };
    for again in [mark_missed(), later, early] {
        given(&application(), after(Status::InReview, [missed()]))
            .when(again)
            .then([]);
    }
}

#[test]
fn only_the_present_due_is_missed() {
    for due in [read("2026-03-16"), read("2026-03-17T23:59:59.999999+09:00")] {
        given(&application(), at(Status::InReview))
            .when(MarkDeadlineMissed {
                due,
                ..mark_missed()
            })
            .then_rejected(Rejection::OtherDue {
                due,
                present: read("2026-03-17"),
            });
    }
}

#[test]
fn time_does_not_count_while_a_supplement_is_awaited_or_after_a_refusal() {
    let command = "note the missed due of";
    given(&application(), at(Status::AwaitingSupplement))
        .when(mark_missed())
        .then_rejected(Rejection::SupplementAwaited {
            command,
            due: read("2026-03-20"),
        });
    given(&application(), at(Status::Rejected))
        .when(mark_missed())
        .then_rejected(Rejection::Decided {
            command,
            status: Status::Rejected,
        });
}

#[test]
fn a_missed_due_leaves_the_petition_where_it_is() {
    for status in [Status::Received, Status::InReview, Status::Approved] {
        given(&application(), after(status, [missed()]))
            .then_state(|state| state.status() == Some(status));
    }
    // It is remembered across a wait for a supplement that came too late to move it.
    let waited = [
        path(
            Status::InReview,
            ServiceType::DeadlineBound,
            PetitionKind::Statutory,
        )
        .unwrap(),
        vec![
            mark_missed().into(),
            RequestSupplement {
                requested_at: read("2026-03-18T11:00:00+09:00"),
                ..request_supplement()
            }
            .into(),
            Supplement {
                supplemented_at: read("2026-03-19T11:00:00+09:00"),
                ..supplement()
            }
            .into(),
        ],
    ];
    given(&application(), history(waited.concat()))
        .when(mark_missed())
        .then([]);
}

/// A due that passed before the request was missed; nothing is missed while the clock stands.
#[test]
fn what_was_late_before_a_supplement_was_asked_for_is_noted_while_it_is_awaited() {
    let asked = |requested_at: &str| {
        let request = RequestSupplement {
            due: read("2026-03-27"),
            requested_at: read(requested_at),
            ..request_supplement()
        };
        let path = path(
            Status::InReview,
            ServiceType::DeadlineBound,
            PetitionKind::Statutory,
        );
        history(path.unwrap().into_iter().chain([request.into()]))
    };
    // Due on 03-17.
    let late = asked("2026-03-18T09:00:00+09:00");
    given(&application(), late.clone())
        .when(mark_missed())
        .then([missed()]);
    let noted = folded([late, vec![missed()]].concat());
    assert!(
        noted
            .filed()
            .unwrap()
            .case
            .as_ref()
            .unwrap()
            .missed
            .is_some()
    );
    given(&application(), asked("2026-03-17T17:00:00+09:00"))
        .when(mark_missed())
        .then_rejected(Rejection::SupplementAwaited {
            command: "note the missed due of",
            due: read("2026-03-27"),
        });
}

#[test]
fn progress_is_notified_after_thirty_days_and_every_thirty_days_again() {
    // 30 and 60 days are over that began after 2026-03-09 (D23; Civil Act 157, 159).
    for (number, at_earliest) in [
        (1, "2026-04-09T00:00:00+09:00"),
        (2, "2026-05-09T00:00:00+09:00"),
    ] {
        let before: Vec<_> = (1..number).map(notified).collect();
        let earliest: Timestamp = read(at_earliest);
        given(&application(), after(Status::InReview, before.clone()))
            .when(NotifyProgress {
                number,
                notified_at: earliest,
            })
            .then([notified(number)]);
        let notified_at = earliest.saturating_sub(std::time::Duration::from_micros(1));
        given(&application(), after(Status::InReview, before))
            .when(NotifyProgress {
                number,
                notified_at,
            })
            .then_rejected(Rejection::NoticeTooEarly {
                number,
                notified_at,
                earliest,
            });
    }
}

#[test]
fn after_a_standstill_the_latest_notice_is_sent_and_the_others_are_counted() {
    // 200 days: six periods have passed, and the notice of the first was sent in time.
    let notified_at: Timestamp = read("2026-09-25T10:00:00+09:00");
    let sixth = || {
        Event::from(ProgressNotified {
            number: 6,
            notified_at,
        })
    };
    for number in [2, 3, 6] {
        given(&application(), after(Status::InReview, [notified(1)]))
            .when(NotifyProgress {
                number,
                notified_at,
            })
            .then([sixth()]);
    }
    let history = || after(Status::InReview, [notified(1), sixth()]);
    given(&application(), history()).then_state(|state| {
        let case = state.filed().and_then(|filed| filed.case.as_ref());
        case.is_some_and(|case| (case.notices(), case.notices_missed) == (2, 4))
    });
    // The keeper looked before: no notice is sent twice.
    for number in 0..=6 {
        given(&application(), history())
            .when(NotifyProgress {
                number,
                notified_at,
            })
            .then([]);
    }
}

#[test]
fn a_case_that_is_imported_open_is_notified_once() {
    let imported = Receive {
        due: ReceiptDue::Imported {
            due: read("9999-12-31"),
            calendar_version: read("imported"),
        },
        received_at: read("2023-01-02T10:00:00+09:00"),
        ..receive(PetitionKind::Statutory)
    };
    let imported = history([
        submit(ServiceType::DeadlineBound, PetitionKind::Statutory).into(),
        imported.into(),
    ]);
    let notified_at = read("2026-01-02T10:00:00+09:00");
    // Three years are 1,096 days, of which 1,080 are 36 periods.
    given(&application(), imported)
        .when(NotifyProgress {
            number: 1,
            notified_at,
        })
        .then([ProgressNotified {
            number: 36,
            notified_at,
        }
        .into()]);
}

#[test]
fn after_a_standstill_one_reminder_is_sent_of_what_is_awaited_now() {
    let long_after = IssueReminder {
        issued_at: read("2026-12-01T00:00:00+09:00"),
        ..issue_reminder()
    };
    let reminded = ReminderIssued {
        about: long_after.about,
        issued_at: long_after.issued_at,
    };
    given(&application(), at(Status::AwaitingSupplement))
        .when(long_after.clone())
        .then([reminded.clone().into()]);
    given(
        &application(),
        after(Status::AwaitingSupplement, [reminded.into()]),
    )
    .when(long_after)
    .then([]);
}

#[test]
fn no_notice_is_sent_twice_or_before_its_time() {
    for (sent, number) in [(0, 2), (1, 3)] {
        let NotifyProgress { notified_at, .. } = notify_progress(number - 1);
        given(
            &application(),
            after(Status::InReview, (1..=sent).map(notified)),
        )
        .when(NotifyProgress {
            number,
            notified_at,
        })
        .then_rejected(Rejection::NoticeTooEarly {
            number,
            notified_at,
            earliest: notify_progress(number).notified_at,
        });
    }
    for number in [1, 2] {
        given(
            &application(),
            after(Status::InReview, [notified(1), notified(2)]),
        )
        .when(notify_progress(number))
        .then([]);
    }
}

#[test]
fn progress_is_notified_also_while_a_supplement_is_awaited_and_not_after_a_refusal() {
    for status in [
        Status::Received,
        Status::AwaitingSupplement,
        Status::Approved,
    ] {
        given(&application(), at(status))
            .when(notify_progress(1))
            .then([notified(1)]);
        given(&application(), after(status, [notified(1)]))
            .when(notify_progress(2))
            .then([notified(2)]);
    }
    given(&application(), at(Status::Rejected))
        .when(notify_progress(1))
        .then_rejected(Rejection::Decided {
            command: "notify the progress of",
            status: Status::Rejected,
        });
}

#[test]
fn a_petitioner_is_reminded_once_what_is_missing_is_overdue() {
    given(&application(), at(Status::AwaitingSupplement))
        .when(issue_reminder())
        .then([reminded()]);
    let issued_at: Timestamp = read("2026-03-20T23:59:59.999999+09:00");
    given(&application(), at(Status::AwaitingSupplement))
        .when(IssueReminder {
            issued_at,
            ..issue_reminder()
        })
        .then_rejected(Rejection::NotOverdue {
            due: read("2026-03-20"),
            at: issued_at,
        });
}

#[test]
fn each_request_is_reminded_of_once() {
    let later = IssueReminder {
        issued_at: read("2026-04-01T00:00:00+09:00"),
        ..issue_reminder()
    };
    let once = after(Status::AwaitingSupplement, [reminded()]);
    for again in [issue_reminder(), later.clone()] {
        given(&application(), once.clone()).when(again).then([]);
    }
    let second = RequestSupplement {
        due: read("2026-03-30"),
        requested_at: read("2026-03-22T00:00:00+09:00"),
        ..request_supplement()
    };
    let waiting = path(
        Status::AwaitingSupplement,
        ServiceType::DeadlineBound,
        PetitionKind::Statutory,
    )
    .unwrap();
    let more = vec![issue_reminder().into(), supplement().into(), second.into()];
    given(&application(), history([waiting, more].concat()))
        .when(later.clone())
        .then([ReminderIssued {
            about: later.about,
            issued_at: later.issued_at,
        }
        .into()]);
}

fn remind_department(issued_at: &str) -> IssueReminder {
    IssueReminder {
        about: ReminderSubject::PetitionOverdue,
        issued_at: read(issued_at),
    }
}

#[test]
fn the_department_is_reminded_once_of_a_due_that_has_passed() {
    // D28②: the petition is due on 2026-03-17.
    let remind = remind_department("2026-03-18T00:00:00+09:00");
    let IssueReminder { about, issued_at } = remind;
    let reminded: Event = ReminderIssued { about, issued_at }.into();
    for status in [Status::Received, Status::InReview, Status::Approved] {
        given(&application(), at(status))
            .when(remind.clone())
            .then([reminded.clone()]);
        given(&application(), after(status, [reminded.clone()]))
            .when(remind_department("2026-04-20T10:00:00+09:00"))
            .then([]);
        let early = remind_department("2026-03-17T23:59:59.999999+09:00");
        given(&application(), at(status))
            .when(early.clone())
            .then_rejected(Rejection::NotOverdue {
                due: read("2026-03-17"),
                at: early.issued_at,
            });
    }
    // While time does not count (D20) nobody is late.
    for status in [
        Status::AwaitingSupplement,
        Status::Suspended,
        Status::Rejected,
    ] {
        let decided = {
            use minwon_core::Decider;
            let apply = |state, event: &Event| application().evolve(state, event);
            let state = at(status).iter().fold(application().initial(), apply);
            application().decide(&state, &remind.clone().into())
        };
        assert!(decided.is_err(), "{status}: {decided:?}");
    }
}

#[test]
fn nobody_is_reminded_of_what_nobody_awaits() {
    for status in [Status::Received, Status::InReview] {
        given(&application(), at(status))
            .when(issue_reminder())
            .then_rejected(Rejection::NoSupplementAwaited { status });
    }
}

#[test]
fn events_that_no_decision_could_have_written_leave_all_as_it_is() {
    use minwon_core::Decider;
    let application = application();
    let fold = |events: Vec<Event>| {
        events.iter().fold(application.initial(), |state, event| {
            application.evolve(state, event)
        })
    };
    let other_due = DeadlineMissed {
        due: read("2026-03-16"),
        noted_at: mark_missed().noted_at,
    };
    let none = ProgressNotified {
        number: 0,
        notified_at: mark_missed().noted_at,
    };
    let stray = [other_due.into(), none.into(), reminded()];
    for event in stray {
        for status in [Status::Submitted, Status::InReview, Status::Withdrawn] {
            assert_eq!(fold(after(status, [event.clone()])), fold(at(status)));
        }
    }
    for event in [missed(), notified(1)] {
        for status in [Status::Submitted, Status::Rejected, Status::Completed] {
            assert_eq!(fold(after(status, [event.clone()])), fold(at(status)));
        }
    }
    let waiting = after(Status::AwaitingSupplement, [missed()]);
    assert_eq!(fold(waiting), fold(at(Status::AwaitingSupplement)));
}

#[test]
fn rejections_say_what_to_do() {
    let early = Rejection::NoticeTooEarly {
        number: 1,
        notified_at: read("2026-04-08T10:00:00+09:00"),
        earliest: read("2026-04-08T11:00:00+09:00"),
    };
    assert_eq!(
        early.to_string(),
        "progress notice 1 is to be sent from 2026-04-08T02:00:00Z on, \
         not at 2026-04-08T01:00:00Z (D23)"
    );
}
