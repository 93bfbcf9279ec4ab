//! The effect of each event of an issuance, and the answers about documents.

use super::*;
use crate::{
    DocumentVerdict as Verdict, IssuanceStatus as Status, VerificationNumber, view::DocumentView,
};

fn first(view: &PetitionView) -> DocumentView {
    view.documents().next().unwrap()
}

fn number() -> VerificationNumber {
    document_issued().verification_number
}

#[test]
fn a_document_is_asked_for_authorised_and_issued() {
    let events = document(1, document_issued());
    let asked = shown(events[..1].to_vec());
    assert_eq!(
        (first(&asked).attempt, first(&asked).status),
        (1, Status::Requested)
    );
    assert_eq!(first(&asked).copies, 2);
    assert_eq!(first(&asked).document_type, requested().document_type);
    assert_eq!(
        first(&shown(events[..2].to_vec())).status,
        Status::Requested
    );
    assert_eq!(
        first(&shown(events[..3].to_vec())).status,
        Status::Authorized
    );

    let view = shown(events);
    assert_eq!(first(&view).status, Status::Issued);
    assert_eq!(first(&view).issued_at, Some(document_issued().issued_at));
    let proof = first(&view).proof.unwrap();
    assert_eq!(proof.number, number());
    assert_eq!(proof.verifiable_until, read("2026-06-07"));
    assert_eq!(view.document(number()), Some(first(&view)));
    assert_eq!(view.status(), None);
}

#[test]
fn attempts_at_the_register_are_counted_and_the_last_failure_shown() {
    let before: Vec<_> = document(1, document_issued()).drain(..3).collect();
    let after = |more: &[RecordedEvent]| first(&shown([&before, more].concat()));
    let asked = issued(1, source_requested(1));
    let in_vain = issued(1, source_failed(1));
    let again = issued(1, source_requested(2));

    let document = after(std::slice::from_ref(&asked));
    assert_eq!(
        (document.status, document.attempts),
        (Status::Generating, 1)
    );

    let document = after(&[asked.clone(), in_vain.clone()]);
    assert_eq!(
        (document.status, document.attempts),
        (Status::Authorized, 1)
    );
    let failure = document.failure.unwrap();
    assert_eq!(failure.reason, source_failed(1).reason);
    assert_eq!(failure.retry_at, source_failed(1).retry_at);

    let document = after(&[asked.clone(), in_vain.clone(), again.clone()]);
    assert_eq!((document.attempts, document.failure), (2, None));

    let issued = issued(1, document_issued());
    for more in [
        vec![asked.clone(), in_vain.clone(), again, issued.clone()],
        vec![asked, in_vain, issued],
    ] {
        let document = after(&more);
        assert_eq!((document.status, document.failure), (Status::Issued, None));
    }
}

#[test]
fn a_fee_given_back_with_the_document_is_shown() {
    let mut events = document(1, document_issued());
    events.push(issued(1, document_revoked()));
    events.push(issued(1, fee_refunded()));
    let last = shown(events).last_step().copied().unwrap();
    assert_eq!(last.what, crate::view::StepKind::FeeRefunded);
}

#[test]
fn a_result_entered_by_hand_cannot_be_verified() {
    let mut events = document(1, document_issued());
    events[3] = issued(1, result_entered());
    let view = shown(events);
    assert_eq!(first(&view).status, Status::Issued);
    assert_eq!(first(&view).issued_at, Some(read(OCCURRED)));
    assert_eq!(first(&view).proof, None);
    assert_eq!(view.verify(number(), read("2026-03-09")), Verdict::Unknown);
}

#[test]
fn each_attempt_stands_for_itself_whatever_came_first() {
    let second = document(2, document_issued());
    let failed = [
        issued(1, requested()),
        issued(1, identity_verified()),
        issued(1, fee_paid()),
        issued(1, failed()),
        issued(1, fee_refunded()),
    ];
    let view = shown(second.into_iter().chain(failed));
    let stands: Vec<_> = view.documents().map(|d| (d.attempt, d.status)).collect();
    assert_eq!(stands, [(1, Status::Failed), (2, Status::Issued)]);
    assert_eq!(view.timeline.steps().len(), 9);
}

#[test]
fn documents_may_stand_before_their_petition() {
    let events = document(1, document_issued());
    let view = shown(
        events
            .into_iter()
            .chain([filed(submitted()), filed(received())]),
    );
    assert_eq!(view.status(), Some(crate::ApplicationStatus::Received));
    assert_eq!(view.documents().count(), 1);
}

#[test]
fn what_makes_no_sense_is_not_shown() {
    for event in [issued(1, fee_paid()), issued(1, document_issued())] {
        assert_eq!(view_of([event]), None);
    }
    let events = document(1, document_issued());
    let before = shown(events.clone());
    for event in [
        issued(1, requested()),
        issued(1, identity_verified()),
        issued(1, fee_paid()),
        issued(1, fee_refunded()),
        issued(1, document_issued()),
        issued(1, failed()),
        issued(1, source_requested(1)),
        issued(1, source_failed(1)),
        issued(2, document_revoked()),
    ] {
        assert_eq!(shown(events.iter().cloned().chain([event])), before);
    }
}

#[test]
fn the_stream_of_no_attempt_shows_nothing() {
    let mut event = issued(1, requested());
    event.stream = "car_CarIssuance-2026-000123".parse().unwrap();
    assert_eq!(view_of([event]), None);
}

#[test]
fn a_document_is_genuine_up_to_its_last_day_and_never_after() {
    let view = shown(document(1, document_issued()));
    let verdict = |day| view.verify(number(), read(day));
    assert_eq!(verdict("2026-03-09"), Verdict::Genuine);
    assert_eq!(verdict("2026-06-07"), Verdict::Genuine);
    assert_eq!(verdict("2026-06-08"), Verdict::Expired);
    assert_eq!(verdict("9999-12-31"), Verdict::Expired);
}

#[test]
fn a_revoked_document_is_revoked_on_every_day() {
    let mut events = document(1, document_issued());
    events.push(issued(1, document_revoked()));
    let view = shown(events);
    assert_eq!(first(&view).revoked_at, Some(read(OCCURRED)));
    for day in ["2026-03-09", "2026-06-08"] {
        assert_eq!(view.verify(number(), read(day)), Verdict::Revoked);
    }
}

#[test]
fn of_another_number_nothing_is_known() {
    let view = shown(document(1, document_issued()));
    let other = read("0000-0000-0000-0001");
    assert_eq!(view.verify(other, read("2026-03-09")), Verdict::Unknown);
    assert_eq!(view.document(other), None);
}

#[test]
fn of_two_documents_with_one_number_the_worse_is_said() {
    let mut events = [
        document(1, document_issued()),
        document(2, document_issued()),
    ]
    .concat();
    events.push(issued(1, document_revoked()));
    let view = shown(events);
    assert_eq!(view.verify(number(), read("2026-03-09")), Verdict::Revoked);
}

fn out(more: impl IntoIterator<Item = RecordedEvent>) -> PetitionView {
    shown(document(1, document_issued()).into_iter().chain(more))
}

#[test]
fn copies_that_were_printed_are_counted() {
    let view = out([
        issued(1, document_printed(1)),
        issued(1, document_viewed()),
        issued(1, document_printed(1)),
    ]);
    assert_eq!((first(&view).copies, first(&view).printed), (2, 2));
    assert_eq!(first(&view).status, Status::Issued);
    assert_eq!(view.timeline.steps().len(), 4 + 3);
}

#[test]
fn a_document_on_paper_waits_and_is_collected_or_discarded() {
    let waiting = out([issued(1, document_ready())]);
    assert_eq!(first(&waiting).status, Status::ReadyForPickup);
    let pickup = first(&waiting).pickup.unwrap();
    assert_eq!(pickup.place.as_str(), "Seoul");
    assert_eq!(pickup.collect_until, read("2026-03-25"));
    assert_eq!((pickup.collected_at, pickup.discarded_at), (None, None));

    let collected = out([issued(1, document_ready()), issued(1, document_collected())]);
    assert_eq!(first(&collected).status, Status::Issued);
    let pickup = first(&collected).pickup.unwrap();
    let at = document_collected().collected_at;
    assert_eq!((pickup.collected_at, pickup.discarded_at), (Some(at), None));

    let discarded = out([issued(1, document_ready()), issued(1, document_discarded())]);
    assert_eq!(first(&discarded).status, Status::Discarded);
    let pickup = first(&discarded).pickup.unwrap();
    let at = document_discarded().discarded_at;
    assert_eq!((pickup.collected_at, pickup.discarded_at), (None, Some(at)));
    // Nobody can hold it.
    let verdict = discarded.verify(number(), read("2026-03-26"));
    assert_eq!(verdict, Verdict::Revoked);
}

#[test]
fn an_expired_document_is_expired_whatever_day_is_asked_about() {
    let view = out([issued(1, verification_expired())]);
    assert_eq!(first(&view).status, Status::Expired);
    for day in ["2026-03-10", "2026-06-08"] {
        assert_eq!(view.verify(number(), read(day)), Verdict::Expired);
    }
}

#[test]
fn what_is_done_with_a_document_makes_no_sense_before_it_is_out() {
    let before: Vec<_> = document(1, document_issued()).drain(..3).collect();
    for event in [
        issued(1, document_viewed()),
        issued(1, document_printed(1)),
        issued(1, document_verified()),
        issued(1, document_ready()),
        issued(1, document_collected()),
        issued(1, document_discarded()),
        issued(1, verification_expired()),
    ] {
        let after = before.iter().cloned().chain([event]);
        assert_eq!(shown(after), shown(before.clone()));
    }
}

#[test]
fn lists_show_a_number_that_nobody_can_verify_with() {
    let view = out([]);
    assert_eq!(
        first(&view).masked_number().as_deref(),
        Some("1710-****-****-4233")
    );
    let by_hand = shown(document(1, document_issued())[..3].to_vec());
    assert_eq!(first(&by_hand).masked_number(), None);
}
