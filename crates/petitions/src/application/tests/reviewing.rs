//! Examining a petition.

use super::*;

#[test]
fn progress_takes_a_petition_into_review() {
    given(
        &application(),
        history([
            submit(ServiceType::DeadlineBound, PetitionKind::Statutory).into(),
            receive(PetitionKind::Statutory).into(),
            record_progress("Examine").into(),
        ]),
    )
    .then_state(|state| state.status() == Some(Status::InReview));
}

#[test]
fn a_step_done_again_is_recorded_again_also_at_the_same_time() {
    let before = at(Status::InReview);
    let RecordProgress {
        activity,
        officer,
        department,
        noted_at,
    } = record_progress("Register");
    let registered = ProgressRecorded {
        activity,
        officer,
        department,
        noted_at,
    };
    assert_eq!(before.last(), Some(&registered.clone().into()));
    given(&application(), before)
        .when(record_progress("Register"))
        .then([registered.into()]);
}

#[test]
fn progress_does_not_end_the_wait_for_a_supplement() {
    let before = at(Status::AwaitingSupplement);
    let noted = ProgressRecorded {
        activity: read("Inspect"),
        officer: read("officer-1"),
        department: None,
        noted_at: read("2026-03-10T10:00:00+09:00"),
    };
    given(&application(), before.clone())
        .when(record_progress("Inspect"))
        .then([noted.clone().into()]);
    given(&application(), [before, vec![noted.into()]].concat())
        .then_state(|state| state.status() == Some(Status::AwaitingSupplement));
}

#[test]
fn a_supplement_request_says_what_is_missing_and_leaves_time() {
    let asking =
        |request: RequestSupplement| given(&application(), at(Status::Received)).when(request);
    let RequestSupplement {
        items,
        due,
        officer,
        requested_at,
        lack,
    } = request_supplement();
    asking(request_supplement()).then([SupplementRequested {
        items,
        due,
        officer,
        requested_at,
        lack: Some(lack),
    }
    .into()]);
    asking(RequestSupplement {
        items: Vec::new(),
        ..request_supplement()
    })
    .then_rejected(Rejection::NothingMissing);
    asking(RequestSupplement {
        items: texts(TEXTS_MAX + 1),
        ..request_supplement()
    })
    .then_rejected(Rejection::TooMany {
        what: "missing items",
        count: 11,
        count_max: 10,
    });
    for due in [
        Due::At(requested_at),
        read("2026-03-10"),
        read("2026-03-09"),
    ] {
        asking(RequestSupplement {
            due,
            ..request_supplement()
        })
        .then_rejected(Rejection::SupplementDueTooEarly { due, requested_at });
    }
}

#[test]
fn a_second_supplement_request_waits_for_the_first() {
    let other = RequestSupplement {
        items: texts(2),
        ..request_supplement()
    };
    given(&application(), at(Status::AwaitingSupplement))
        .when(other)
        .then_rejected(Rejection::SupplementAwaited {
            command: "request a supplement to",
            due: read("2026-03-20"),
        });
}

#[test]
fn a_supplement_leads_back_into_review_also_when_late() {
    let late = Supplement {
        supplemented_at: read("2026-03-21T00:00:00+09:00"),
        ..supplement()
    };
    let Supplement {
        by,
        supplemented_at,
        attachments,
        note,
    } = late.clone();
    let supplemented = Event::from(Supplemented {
        by,
        supplemented_at,
        attachments,
        note,
        // Received on 03-09 for 7 days, which were due on 03-17; 03-10 to 03-21 do not count.
        deadline: Some(counted("2026-03-30")),
    });
    let before = at(Status::AwaitingSupplement);
    given(&application(), before.clone())
        .when(late)
        .then([supplemented.clone()]);
    given(&application(), [before, vec![supplemented]].concat())
        .then_state(|state| state.status() == Some(Status::InReview));
}

#[test]
fn a_supplement_nobody_asked_for_is_refused() {
    for status in [Status::Received, Status::InReview] {
        given(&application(), at(status))
            .when(supplement())
            .then_rejected(Rejection::NoSupplementAwaited { status });
    }
}

#[test]
fn a_supplement_is_the_petitioners_and_bounded() {
    let supplementing = |supplement: Supplement| {
        given(&application(), at(Status::AwaitingSupplement)).when(supplement)
    };
    supplementing(Supplement {
        by: read("applicant-2"),
        ..supplement()
    })
    .then_rejected(Rejection::NotTheApplicant {
        command: "supplement",
    });
    supplementing(Supplement {
        attachments: vec![attachment(); 101],
        ..supplement()
    })
    .then_rejected(Rejection::TooMany {
        what: "attachments",
        count: 101,
        count_max: 100,
    });
}
