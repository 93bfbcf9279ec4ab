//! The effect of each event of a petition.

use super::*;
use crate::{ApplicationStatus as Status, view::DecisionView};

fn in_review() -> Vec<RecordedEvent> {
    vec![filed(submitted()), filed(received()), filed(progress())]
}

fn after(more: impl IntoIterator<Item = RecordedEvent>) -> PetitionView {
    shown(in_review().into_iter().chain(more))
}

#[test]
fn a_submission_is_shown() {
    let view = shown([filed(submitted())]);
    assert_eq!((&view.id, view.category), (&petition(), Category::Car));
    assert_eq!(view.status(), Some(Status::Submitted));
    let application = view.filed().unwrap();
    assert_eq!(application.due(), None);
    let filing = &application.filing;
    assert_eq!(filing.service, ServiceType::DeadlineBound);
    assert_eq!(filing.kind, PetitionKind::Other);
    assert_eq!(filing.petition_type, submitted().petition_type);
    assert_eq!(filing.applicant, submitted().applicant);
    assert_eq!(filing.agency, submitted().agency);
    assert_eq!(filing.submitted_at, submitted().submitted_at);
}

#[test]
fn a_receipt_shows_number_department_due_and_the_kind_as_found() {
    let view = shown([filed(submitted()), filed(received())]);
    assert_eq!(view.status(), Some(Status::Received));
    let application = answer(&view);
    assert_eq!(application.kind, PetitionKind::Statutory);
    assert_eq!(view.filed().unwrap().due(), Some(read("2026-03-17")));
    let receipt = application.receipt.unwrap();
    assert_eq!(receipt.number, read("R-77"));
    assert_eq!(receipt.department, read("Vehicles"));
    assert_eq!(receipt.received_at, received().received_at);
}

#[test]
fn work_brings_a_petition_into_review_and_notes_leave_it_where_it_is() {
    assert_eq!(after([]).status(), Some(Status::InReview));
    let noted = after([filed(progress()), filed(supplement_requested())]);
    assert_eq!(noted.timeline.steps().len(), 5);
    let waiting = after([filed(supplement_requested()), filed(progress())]);
    assert_eq!(waiting.status(), Some(Status::AwaitingSupplement));
    assert_eq!(waiting.timeline.steps().len(), 5);
}

#[test]
fn a_supplement_is_open_until_it_is_supplied() {
    let asked = after([filed(supplement_requested())]);
    assert_eq!(asked.status(), Some(Status::AwaitingSupplement));
    let supplement = answer(&asked).supplement.unwrap();
    assert_eq!(supplement.items, supplement_requested().items);
    assert_eq!(supplement.due, read("2026-03-20"));

    let supplied = after([filed(supplement_requested()), filed(supplemented())]);
    assert_eq!(supplied.status(), Some(Status::InReview));
    assert_eq!(answer(&supplied).supplement, None);
}

#[test]
fn a_missed_due_notices_and_a_reminder_are_shown_and_lead_nowhere() {
    let view = after([filed(deadline_missed()), filed(progress_notified(1))]);
    assert_eq!(view.status(), Some(Status::InReview));
    let application = answer(&view);
    let missed_at = application.receipt.unwrap().missed_at;
    assert_eq!(missed_at, Some(deadline_missed().noted_at));
    assert_eq!(application.notices, 1);
    assert_eq!(view.timeline.steps().len(), 5);

    let reminded = after([filed(supplement_requested()), filed(reminder_issued())]);
    assert_eq!(reminded.status(), Some(Status::AwaitingSupplement));
    let supplement = answer(&reminded).supplement.unwrap();
    assert_eq!(supplement.reminded_at, Some(reminder_issued().issued_at));
}

#[test]
fn what_time_did_not_bring_about_is_not_shown() {
    let other_due = DeadlineMissed {
        due: read("2026-03-16"),
        ..deadline_missed()
    };
    let early = [
        filed(other_due),
        filed(progress_notified(0)),
        filed(reminder_issued()),
    ];
    for event in early {
        assert_eq!(after([event]), after([]));
    }
    let all = [
        filed(deadline_missed()),
        filed(progress_notified(1)),
        filed(supplement_requested()),
        filed(reminder_issued()),
    ];
    for again in [0, 1, 3] {
        let twice = all.iter().chain([&all[again]]).cloned();
        assert_eq!(after(twice), after(all.clone()));
    }
    let repeated: [crate::ApplicationEvent; 2] =
        [deadline_missed().into(), progress_notified(1).into()];
    for event in repeated {
        let event = || filed(event.clone());
        assert_eq!(after([event(), event()]), after([event()]), "once");
    }
    // Neither does time count while a supplement is awaited, nor after a refusal.
    let asked = filed(supplement_requested());
    let missed = filed(deadline_missed());
    assert_eq!(after([asked.clone(), missed.clone()]), after([asked]));
    let refused = filed(rejected());
    for event in [missed, filed(progress_notified(1))] {
        assert_eq!(after([refused.clone(), event]), after([refused.clone()]));
    }
}

#[test]
fn a_grant_shows_its_conditions_and_completion_its_outcome() {
    let view = after([filed(approved()), filed(completed())]);
    assert_eq!(view.status(), Some(Status::Completed));
    let application = answer(&view);
    let conditions = approved().conditions;
    assert_eq!(
        application.decision,
        Some(DecisionView::Approved { conditions })
    );
    let end = application.end.unwrap();
    assert_eq!(end.outcome, Some(CompletionOutcome::Granted));
    assert_eq!(end.answer, completed().answer);
    assert_eq!(end.at, read(OCCURRED));
}

#[test]
fn a_refusal_shows_reasons_and_remedies() {
    let view = after([filed(rejected())]);
    assert_eq!(view.status(), Some(Status::Rejected));
    let application = answer(&view);
    let Rejected {
        reasons, remedies, ..
    } = rejected();
    assert_eq!(
        application.decision,
        Some(DecisionView::Rejected { reasons, remedies })
    );
    assert_eq!(application.end, None);
}

#[test]
fn a_withdrawal_ends_all_that_was_open() {
    let view = after([filed(supplement_requested()), filed(withdrawn())]);
    assert_eq!(view.status(), Some(Status::Withdrawn));
    let application = answer(&view);
    assert_eq!(application.supplement, None);
    let end = application.end.unwrap();
    assert_eq!(
        (end.at, end.outcome, end.answer),
        (read(OCCURRED), None, None)
    );
}

#[test]
fn what_makes_no_sense_is_not_shown() {
    // No beginning, no view.
    for event in [filed(received()), filed(progress()), filed(completed())] {
        assert_eq!(view_of([event]), None);
    }
    // Neither the same again nor what cannot follow.
    let before = after([filed(approved()), filed(completed())]);
    for event in [
        filed(submitted()),
        filed(received()),
        filed(progress()),
        filed(supplemented()),
        filed(rejected()),
        filed(withdrawn()),
        filed(completed()),
    ] {
        let view = after([filed(approved()), filed(completed()), event]);
        assert_eq!(view, before);
    }
}

#[test]
fn a_petition_keeps_its_category() {
    let before = shown([filed(submitted())]);
    let foreign = filed_in(Category::General, &received().into(), read(OCCURRED));
    assert_eq!(shown([filed(submitted()), foreign]), before);
    let foreign = issued_in(Category::General, 1, &requested().into(), read(OCCURRED));
    assert_eq!(shown([filed(submitted()), foreign]), before);
}
