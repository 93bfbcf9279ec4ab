//! The notice of a refusal, and the objection to it (A35, D40).
//!
//! Received on Monday 2026-03-09 for 7 days, refused, with the notice on 03-16.

use super::*;

fn rejected(kind: PetitionKind, more: impl IntoIterator<Item = Command>) -> Vec<Event> {
    let path = path(Status::Rejected, ServiceType::DeadlineBound, kind);
    history(path.unwrap().into_iter().chain(more))
}

fn after_notice(more: impl IntoIterator<Item = Command>) -> Vec<Event> {
    let notice = std::iter::once(notify_result().into());
    rejected(PetitionKind::Statutory, notice.chain(more))
}

fn filed(command: FileObjection, due: &str) -> Event {
    ObjectionFiled {
        by: command.by,
        grounds: command.grounds,
        attachments: command.attachments,
        filed_at: command.filed_at,
        deadline: counted(due),
    }
    .into()
}

#[test]
fn the_notice_of_a_refusal_starts_the_60_days() {
    // A35①; Civil Act 157: the day of the notice is not counted.
    let NotifyResult {
        officer,
        notified_at,
        ..
    } = notify_result();
    let notice = |objection| ResultNotified {
        officer: officer.clone(),
        notified_at,
        objection,
    };
    given(&application(), rejected(PetitionKind::Statutory, []))
        .when(notify_result())
        .then([notice(Some(counted("2026-05-15"))).into()]);
    given(&application(), rejected(PetitionKind::Grievance, []))
        .when(notify_result())
        .then([notice(None).into()]);
}

#[test]
fn a_refusal_is_notified_once() {
    given(&application(), after_notice([]))
        .when(notify_result())
        .then([]);
    given(&application(), after_notice([]))
        .when(NotifyResult {
            notified_at: read("2026-03-17T10:00:00+09:00"),
            ..notify_result()
        })
        .then_rejected(Rejection::ResultTold {
            notified_at: notify_result().notified_at,
        });
}

#[test]
fn an_objection_is_in_time_on_day_60_and_too_late_on_day_61() {
    // A35①. Its decision is due 10 days later (A35②): 05-25, the substitute holiday of Buddha's
    // Birthday, is put off to 05-26.
    let on = |filed_at: &str| FileObjection {
        filed_at: read(filed_at),
        ..file_objection()
    };
    let day_60 = on("2026-05-15T23:59:59.999999+09:00");
    given(&application(), after_notice([]))
        .when(day_60.clone())
        .then([filed(day_60, "2026-05-26")]);
    let day_61 = on("2026-05-16T00:00:00+09:00");
    given(&application(), after_notice([]))
        .when(day_61.clone())
        .then_rejected(Rejection::ObjectionTooLate {
            due: read("2026-05-15"),
            at: day_61.filed_at,
        });
}

#[test]
fn a_holiday_that_is_designated_later_gives_longer_to_object() {
    // Civil Act 161: the 60th day is Friday 2026-05-15; designated a holiday, it is Monday 05-18.
    let later = crate::Calendar::published().with_holiday(read("2026-05-15"));
    let application = application().with_calendar(later.unwrap());
    let object = |filed_at: &str| FileObjection {
        filed_at: read(filed_at),
        ..file_objection()
    };
    let in_time = object("2026-05-18T23:59:59.999999+09:00");
    let deadline = CountedDue {
        due: read("2026-05-28"),
        calendar_version: application.calendar().version().clone(),
    };
    given(&application, after_notice([]))
        .when(in_time.clone())
        .then([ObjectionFiled {
            by: in_time.by,
            grounds: in_time.grounds,
            attachments: in_time.attachments,
            filed_at: in_time.filed_at,
            deadline,
        }
        .into()]);
    let due = read("2026-05-18");
    let too_late = object("2026-05-19T00:00:00+09:00");
    given(&application, after_notice([]))
        .when(too_late.clone())
        .then_rejected(Rejection::ObjectionTooLate {
            due,
            at: too_late.filed_at,
        });
    let early = Complete {
        completed_at: read("2026-05-16T00:00:00+09:00"),
        ..complete()
    };
    given(&application, after_notice([]))
        .when(early.clone())
        .then_rejected(Rejection::MayStillObject {
            due,
            at: early.completed_at,
        });
}

#[test]
fn whoever_was_not_notified_can_object() {
    let late = FileObjection {
        filed_at: read("2026-11-02T10:00:00+09:00"),
        ..file_objection()
    };
    given(&application(), rejected(PetitionKind::Statutory, []))
        .when(late.clone())
        .then([filed(late, "2026-11-12")]);
}

#[test]
fn only_the_refusal_of_a_statutory_petition_is_objected_to() {
    // A35①.
    let kind = PetitionKind::Grievance;
    given(&application(), rejected(kind, [notify_result().into()]))
        .when(file_objection())
        .then_rejected(Rejection::NotStatutory { kind });
    given(&application(), at(Status::Approved))
        .when(file_objection())
        .then_rejected(Rejection::Decided {
            command: "object to",
            status: Status::Approved,
        });
}

#[test]
fn only_the_petitioner_objects() {
    given(&application(), after_notice([]))
        .when(FileObjection {
            by: read("applicant-2"),
            ..file_objection()
        })
        .then_rejected(Rejection::NotTheApplicant {
            command: "object to",
        });
}

#[test]
fn a_refusal_is_objected_to_once() {
    // A35①.
    let objected = after_notice([file_objection().into()]);
    given(&application(), objected.clone())
        .when(file_objection())
        .then([]);
    given(&application(), objected)
        .when(FileObjection {
            grounds: read("Another ground"),
            ..file_objection()
        })
        .then_rejected(Rejection::ObjectionOpen {
            command: "object to",
            due: read("2026-04-16"),
        });
    let dismissed = after_notice([file_objection().into(), dismiss_objection().into()]);
    given(&application(), dismissed)
        .when(file_objection())
        .then_rejected(Rejection::Ended {
            command: "object to",
            status: Status::Completed,
        });
}

#[test]
fn the_time_to_decide_is_extended_once_by_10_days_at_most() {
    // A35②: from the day after 04-16; 04-26 is a Sunday.
    let objected = after_notice([file_objection().into()]);
    let extend = extend_objection_decision;
    let ExtendObjectionDecision {
        by,
        reason,
        officer,
        extended_at,
    } = extend();
    given(&application(), objected.clone())
        .when(extend())
        .then([ObjectionDecisionExtended {
            by,
            reason,
            deadline: counted("2026-04-27"),
            officer,
            extended_at,
        }
        .into()]);
    given(&application(), objected.clone())
        .when(ExtendObjectionDecision {
            by: read("11 days"),
            ..extend()
        })
        .then_rejected(Rejection::Period(
            crate::statute::FixedPeriodError::TooLong {
                period: read("11 days"),
                max_days: 10,
            },
        ));
    let late = read("2026-04-17T00:00:00+09:00");
    given(&application(), objected)
        .when(ExtendObjectionDecision {
            extended_at: late,
            ..extend()
        })
        .then_rejected(Rejection::PeriodOver {
            due: read("2026-04-16"),
            at: late,
        });
    let extended = after_notice([file_objection().into(), extend().into()]);
    given(&application(), extended.clone())
        .when(extend())
        .then([]);
    given(&application(), extended)
        .when(ExtendObjectionDecision {
            by: read("1 day"),
            ..extend()
        })
        .then_rejected(Rejection::ObjectionDecisionExtended);
}

#[test]
fn an_objection_that_is_right_leads_back_into_review() {
    // Our reading: the time that was left at the notice of the refusal runs on. 03-16 and 03-17
    // were left.
    let UpholdObjection {
        officer,
        reasons,
        upheld_at,
    } = uphold_objection();
    let upheld = Event::from(ObjectionUpheld {
        officer,
        reasons,
        upheld_at,
        deadline: Some(counted("2026-04-14")),
    });
    let objected = after_notice([file_objection().into()]);
    given(&application(), objected.clone())
        .when(uphold_objection())
        .then([upheld.clone()]);
    given(&application(), [objected, vec![upheld]].concat())
        .then_state(|state| state.status() == Some(Status::InReview));
}

#[test]
fn an_objection_that_is_wrong_ends_the_petition_as_refused() {
    let DismissObjection {
        officer,
        reasons,
        dismissed_at,
    } = dismiss_objection();
    let objected = after_notice([file_objection().into()]);
    given(&application(), objected.clone())
        .when(dismiss_objection())
        .then([ObjectionDismissed {
            officer,
            reasons,
            dismissed_at,
        }
        .into()]);
    let dismissed = after_notice([file_objection().into(), dismiss_objection().into()]);
    given(&application(), dismissed.clone())
        .when(dismiss_objection())
        .then([]);
    given(&application(), dismissed).then_state(|state| state.status() == Some(Status::Completed));
    for command in [
        Command::from(UpholdObjection {
            reasons: Vec::new(),
            ..uphold_objection()
        }),
        DismissObjection {
            reasons: Vec::new(),
            ..dismiss_objection()
        }
        .into(),
    ] {
        let words = command.words();
        given(&application(), objected.clone())
            .when(command)
            .then_rejected(Rejection::ReasonsMissing { command: words });
    }
}

#[test]
fn nothing_is_decided_that_nobody_objects_to() {
    for status in [Status::InReview, Status::Approved, Status::Rejected] {
        for command in [
            Command::from(extend_objection_decision()),
            uphold_objection().into(),
            dismiss_objection().into(),
        ] {
            given(&application(), at(status))
                .when(command)
                .then_rejected(Rejection::NoObjection { status });
        }
    }
}

#[test]
fn a_refused_petition_is_completed_when_60_days_have_passed_without_objection() {
    // A35①.
    let on = |completed_at: &str| Complete {
        completed_at: read(completed_at),
        ..complete()
    };
    let day_60 = on("2026-05-15T23:59:59+09:00");
    given(&application(), after_notice([]))
        .when(day_60.clone())
        .then_rejected(Rejection::MayStillObject {
            due: read("2026-05-15"),
            at: day_60.completed_at,
        });
    let Complete {
        officer,
        answer,
        attachments,
        ..
    } = complete();
    given(&application(), after_notice([]))
        .when(on("2026-05-16T00:00:00+09:00"))
        .then([Completed {
            outcome: CompletionOutcome::Refused,
            officer,
            answer,
            attachments,
        }
        .into()]);
    given(&application(), rejected(PetitionKind::Statutory, []))
        .when(complete())
        .then_rejected(Rejection::ResultNotTold);
    given(&application(), after_notice([file_objection().into()]))
        .when(complete())
        .then_rejected(Rejection::ObjectionOpen {
            command: "complete",
            due: read("2026-04-16"),
        });
}

#[test]
fn what_was_imported_as_refused_is_completed_as_it_was_there() {
    let imported = Receive {
        due: ReceiptDue::Imported {
            due: read("2026-03-17"),
            calendar_version: read("imported"),
        },
        ..receive(PetitionKind::Statutory)
    };
    let before = history([
        submit(ServiceType::DeadlineBound, PetitionKind::Statutory).into(),
        imported.into(),
        record_progress("Examine").into(),
        reject().into(),
    ]);
    let notice = notify_result();
    let at_once = Complete {
        completed_at: notice.notified_at,
        ..complete()
    };
    let Complete {
        officer,
        answer,
        attachments,
        ..
    } = complete();
    given(&application(), before.clone())
        .when(at_once.clone())
        .then([Completed {
            outcome: CompletionOutcome::Refused,
            officer,
            answer,
            attachments,
        }
        .into()]);
    // Notified here, it is handled here.
    let notice = ResultNotified {
        officer: notice.officer,
        notified_at: notice.notified_at,
        objection: Some(counted("2026-05-15")),
    };
    given(&application(), [before, vec![notice.into()]].concat())
        .when(at_once.clone())
        .then_rejected(Rejection::MayStillObject {
            due: read("2026-05-15"),
            at: at_once.completed_at,
        });
}
