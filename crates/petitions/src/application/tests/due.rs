//! The due as a function of what happened and of a calendar.

use minwon_core::Decider;

use super::*;
use crate::{Calendar, application::due_of};

fn later() -> Calendar {
    Calendar::published()
        .with_holiday(read("2026-03-13"))
        .unwrap()
}

fn under(calendar: Calendar) -> PetitionApplication {
    application().with_calendar(calendar)
}

#[test]
fn a_holiday_that_is_designated_later_moves_the_due() {
    // Convention 8 of the count: 03-13 is not worked on, so 03-17 becomes 03-18.
    let calendar = later();
    let deadline = CountedDue {
        due: read("2026-03-18"),
        calendar_version: calendar.version().clone(),
    };
    let recalculated = Event::from(DeadlineRecalculated {
        deadline,
        recalculated_at: recalculate().recalculated_at,
    });
    for status in [
        Status::Received,
        Status::InReview,
        Status::AwaitingSupplement,
        Status::Suspended,
        Status::Approved,
    ] {
        let before = at(status);
        given(&under(calendar.clone()), before.clone())
            .when(recalculate())
            .then([recalculated.clone()]);
        // Where the due stays, nothing happens.
        given(&application(), before.clone())
            .when(recalculate())
            .then([]);
        given(
            &under(calendar.clone()),
            [before, vec![recalculated.clone()]].concat(),
        )
        .when(recalculate())
        .then([]);
    }
}

#[test]
fn the_due_that_has_moved_is_the_one_that_is_missed() {
    let calendar = later();
    let application = under(calendar);
    let state = at(Status::InReview)
        .iter()
        .fold(application.initial(), |s, e| application.evolve(s, e));
    let moved = application.decide(&state, &recalculate().into()).unwrap();
    let before = [at(Status::InReview), moved].concat();
    given(&application, before)
        .when(mark_missed())
        .then_rejected(Rejection::OtherDue {
            due: read("2026-03-17"),
            present: read("2026-03-18"),
        });
}

#[test]
fn the_events_hold_the_due() {
    let calendar = Calendar::published();
    let histories = [
        (at(Status::Submitted), None),
        (at(Status::Received), Some("2026-03-17")),
        (at(Status::AwaitingSupplement), Some("2026-03-17")),
        (at(Status::Suspended), Some("2026-03-17")),
    ];
    for (history, due) in histories {
        assert_eq!(due_of(&history, calendar), Ok(due.map(read)));
    }
    let review = path(
        Status::InReview,
        ServiceType::DeadlineBound,
        PetitionKind::Statutory,
    );
    let all = history(review.unwrap().into_iter().chain([
        request_supplement().into(),
        supplement().into(),
        extend_period().into(),
        extend_period_again().into(),
    ]));
    // 03-10 to 03-12 do not count, so 7 days are over on 03-20, 7 more on 03-31, 3 more on 04-03.
    assert_eq!(due_of(&all, calendar), Ok(Some(read("2026-04-03"))));
    assert_eq!(due_of(&all, &later()), Ok(Some(read("2026-04-06"))));
}
