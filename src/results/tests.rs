//! The read side as a service asks it, on stores in memory.

mod lists;
mod office;
mod schema;

use std::num::NonZeroU32;

use minwon_core::{
    EventStore, ExpectedVersion, GenerationInfo, GenerationName, Incarnation, Phase, Projection,
    SliceCheckpoint, SliceName, SliceWrites, StreamName,
};
use minwon_petitions::{EventReader, Group, PetitionKind, ServiceType};
use minwon_projections::verify;

use self::office::{Office, at, id};
use super::*;

const MORNING: &str = "2026-03-09T08:00:00+09:00";

fn part(limit: u32) -> ListPart {
    ListPart::first(NonZeroU32::new(limit).unwrap())
}

fn ids(list: &ListAnswer<PetitionView>) -> Vec<&str> {
    list.views.iter().map(|(key, _)| key.as_str()).collect()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[tokio::test]
async fn whoever_waits_for_a_token_sees_its_effect() {
    let office = Office::new();
    let projector = office.namespace.projector(office.read_models.clone());
    let projector = projector.start();
    office.submit("p-1", "applicant-1", MORNING).await;
    let token = office.receive("p-1", "2026-03-10").await;
    let second = Duration::from_secs(60);
    let results = &office.results;
    let waited = results.wait_for_petition(&token, &id("p-1"), second).await;
    assert!(waited.unwrap().position >= token.position);
    let by_id = results.petition(&id("p-1")).await.unwrap();
    assert!(by_id.as_of.position >= token.position);
    let view = by_id.value.unwrap();
    assert_eq!(view.status(), Some(ApplicationStatus::Received));
    results.wait_for(&token, second).await.unwrap();
    let by_receipt = results.by_receipt(&"R-p-1".parse().unwrap()).await.unwrap();
    assert!(by_receipt.as_of.position >= token.position);
    assert_eq!(by_receipt.value, Some(view));
    projector.stop().await;
}

#[tokio::test]
async fn a_wait_ends_after_its_time() {
    let office = Office::new();
    office.catch_up().await;
    let token = office.submit("p-1", "applicant-1", MORNING).await;
    let results = &office.results;
    let all = results.wait_for(&token, Duration::ZERO).await;
    assert!(matches!(all, Err(QueryError::NotYet { .. })), "{all:?}");
    let petition = id("p-1");
    let one = results.wait_for_petition(&token, &petition, Duration::ZERO);
    let one = one.await;
    assert!(matches!(one, Err(QueryError::NotYet { .. })), "{one:?}");
}

#[tokio::test]
async fn an_applicant_sees_the_newest_petition_first() {
    let office = Office::new();
    for (petition, hour) in [("p-1", 8), ("p-2", 10), ("p-3", 9)] {
        let when = format!("2026-03-09T{hour:02}:00:00+09:00");
        office.submit(petition, "applicant-1", &when).await;
    }
    office.submit("p-4", "applicant-2", MORNING).await;
    office.catch_up().await;
    let applicant = "applicant-1".parse().unwrap();
    let of = async |part: &ListPart| {
        let list = office.results.of_applicant(&applicant, part).await;
        list.unwrap().value
    };
    let first = of(&part(2)).await;
    assert_eq!(ids(&first), ["p-2", "p-3"]);
    let rest = of(&part(2).after(first.next.unwrap())).await;
    assert_eq!((ids(&rest), &rest.next), (vec!["p-1"], &None));
}

/// An import may bring twins: each applicant gets an answer about their own, whatever slice it is
/// in.
#[tokio::test]
async fn of_petitions_with_one_receipt_number_each_applicant_sees_their_own() {
    let office = Office::new();
    let petitions: Vec<_> = (1..=20).map(|number| format!("p-{number}")).collect();
    let number = "R-1".parse().unwrap();
    for petition in &petitions {
        let applicant = format!("applicant-of-{petition}");
        office.submit(petition, &applicant, MORNING).await;
        office.receive_as(petition, "R-1", "2026-03-10").await;
    }
    office.catch_up().await;
    let (results, now) = (&office.results, at("2026-03-09T12:00:00+09:00"));
    for petition in &petitions {
        let applicant = format!("applicant-of-{petition}").parse().unwrap();
        let own = results.result(&number, &applicant, now).await.unwrap();
        assert_eq!(own.value.unwrap().id, id(petition));
    }
    let stranger = "applicant-of-none".parse().unwrap();
    let none = results.result(&number, &stranger, now).await.unwrap();
    assert!(none.value.is_none());
    let which = results.by_receipt(&number).await;
    assert!(
        matches!(which, Err(QueryError::Ambiguous { .. })),
        "{which:?}"
    );
}

#[tokio::test]
async fn the_number_of_a_receipt_that_a_transfer_ended_points_to_the_one_it_goes_on_under() {
    let office = Office::new();
    office.submit("p-1", "applicant-1", MORNING).await;
    office.receive_as("p-1", "R-1", "2026-03-10").await;
    office.transfer("p-1").await;
    office.receive_as("p-1", "B-7", "2026-03-10").await;
    office.catch_up().await;
    let (old, applicant) = ("R-1".parse().unwrap(), "applicant-1".parse().unwrap());
    let now = at("2026-03-09T12:00:00+09:00");
    let found = office.results.result(&old, &applicant, now).await.unwrap();
    let found = found.value.unwrap();
    assert_eq!(found.receipt.unwrap().number.as_str(), "B-7");
    assert_eq!(found.former_numbers, std::slice::from_ref(&old));
    let found = office.results.by_receipt(&old).await.unwrap();
    assert_eq!(found.value.unwrap().id, id("p-1"));
}

/// Three received petitions with dues, and one without.
async fn work() -> Office {
    let office = Office::new();
    for petition in ["p-1", "p-2", "p-3", "p-4"] {
        office.submit(petition, "applicant-1", MORNING).await;
    }
    office.receive("p-1", "2026-03-12").await;
    office.receive("p-2", "2026-03-10T12:00:00+09:00").await;
    office.receive("p-3", "2026-03-11").await;
    office.catch_up().await;
    office
}

#[tokio::test]
async fn an_officer_sees_the_most_urgent_petition_first() {
    let office = work().await;
    let status = ApplicationStatus::Received;
    let list = office.results.work_list(status, &part(2)).await.unwrap();
    assert_eq!(ids(&list.value), ["p-2", "p-3"]);
    let rest = part(2).after(list.value.next.unwrap());
    let rest = office.results.work_list(status, &rest).await.unwrap();
    assert_eq!(ids(&rest.value), ["p-1"]);
    let submitted = ApplicationStatus::Submitted;
    let submitted = office.results.work_list(submitted, &part(9)).await;
    assert_eq!(ids(&submitted.unwrap().value), ["p-4"]);
}

#[tokio::test]
async fn due_is_up_to_the_instant_and_late_is_after_it() {
    let office = work().await;
    let (results, received) = (&office.results, ApplicationStatus::Received);
    let check = async |instant: &str, due: &[&str], late: &[&str]| {
        let until = results.due_until(received, at(instant), &part(9)).await;
        assert_eq!(ids(&until.unwrap().value), due, "due until {instant}");
        let overdue = results.overdue(received, at(instant), &part(9)).await;
        assert_eq!(ids(&overdue.unwrap().value), late, "late at {instant}");
    };
    check("2026-03-10T11:59:59+09:00", &[], &[]).await;
    check("2026-03-10T12:00:00+09:00", &["p-2"], &[]).await;
    check("2026-03-10T12:00:01+09:00", &["p-2"], &["p-2"]).await;
    let end = "2026-03-11T23:59:59.999999+09:00";
    check(end, &["p-2", "p-3"], &["p-2"]).await;
    let all = ["p-2", "p-3", "p-1"];
    check("2026-03-13T00:00:00+09:00", &all, &all).await;
    let (submitted, all) = (ApplicationStatus::Submitted, part(9));
    let nothing = results.due_until(submitted, Timestamp::MAX, &all).await;
    let nothing = nothing.unwrap().value;
    assert_eq!(ids(&nothing), [] as [&str; 0], "what has no due is not due");
}

#[tokio::test]
async fn what_is_due_comes_in_parts_and_ends() {
    let office = work().await;
    let (received, instant) = (ApplicationStatus::Received, at("2026-03-12T00:00:00+09:00"));
    let of = async |part: &ListPart| {
        let list = office.results.due_until(received, instant, part).await;
        list.unwrap().value
    };
    let first = of(&part(1)).await;
    assert_eq!(ids(&first), ["p-2"]);
    let second = of(&part(1).after(first.next.unwrap())).await;
    assert_eq!(ids(&second), ["p-3"]);
    let third = of(&part(1).after(second.next.unwrap())).await;
    assert_eq!((ids(&third), &third.next), (vec![], &None));
}

#[tokio::test]
async fn a_day_is_counted_by_service_and_status() {
    let office = work().await;
    let count = |status| DayCount {
        service: ServiceType::InstantIssuance,
        status,
    };
    let counts = office.results.day_counts(day("2026-03-09")).await.unwrap();
    let expected = [
        (count(ApplicationStatus::Submitted), 1),
        (count(ApplicationStatus::Received), 3),
    ];
    assert_eq!(counts.value, DayCounts::from(expected));
    let other = office.results.day_counts(day("2026-03-10")).await.unwrap();
    assert!(other.value.is_empty());
}

pub(super) fn asker() -> minwon_core::ActorId {
    "employer-1".parse().unwrap()
}

#[tokio::test]
async fn a_document_is_genuine_until_it_expires_or_is_revoked() {
    let office = Office::new();
    office.submit("p-1", "applicant-1", MORNING).await;
    let number = office.issue("p-1", "2026-03-09T23:30:00+09:00").await;
    office.catch_up().await;
    let ask = async |number, on| {
        office
            .results
            .document(&asker(), &number, on)
            .await
            .unwrap()
            .value
    };
    let genuine = ask(number, day("2026-03-10")).await;
    assert_eq!(genuine.verdict, DocumentVerdict::Genuine);
    let issued = genuine.issued.unwrap();
    assert_eq!(issued.issued_on, day("2026-03-09"));
    assert_eq!(issued.document_type.as_str(), "abstract");
    assert_eq!(issued.masked_number, number.masked());
    assert_eq!((issued.copies, issued.printed), (1, 0));
    assert_eq!(issued.pickup, None);
    let last = issued.verifiable_until;
    assert_eq!(ask(number, last).await.verdict, DocumentVerdict::Genuine);
    let expired = ask(number, last.plus_days(1)).await;
    assert_eq!(expired.verdict, DocumentVerdict::Expired);
    let never = VerificationNumber::from_random(1);
    let unknown = DocumentResult {
        verdict: DocumentVerdict::Unknown,
        issued: None,
    };
    assert_eq!(ask(never, last).await, unknown);
    office.revoke("p-1").await;
    office.catch_up().await;
    let revoked = ask(number, last).await;
    assert_eq!(revoked.verdict, DocumentVerdict::Revoked);
    assert_eq!(revoked.issued, Some(issued));
}

/// Every question that could be answered with "there is none".
async fn check_rebuilding(office: &Office) {
    let results = &office.results;
    let check = |what: &str, error: Option<QueryError>| {
        let is_rebuilding = matches!(error, Some(QueryError::Rebuilding { .. }));
        assert!(is_rebuilding, "{what}: {error:?}");
    };
    let number = VerificationNumber::from_random(1);
    let (status, now) = (ApplicationStatus::Received, Timestamp::MAX);
    let (one, all) = (&"R-p-1".parse().unwrap(), &part(9));
    let applicant = &"applicant-1".parse().unwrap();
    check("petition", results.petition(&id("p-1")).await.err());
    check("receipt", results.by_receipt(one).await.err());
    check(
        "applicant",
        results.of_applicant(applicant, all).await.err(),
    );
    check("work", results.work_list(status, all).await.err());
    check("due", results.due_until(status, now, all).await.err());
    check("overdue", results.overdue(status, now, all).await.err());
    let now = at(MORNING);
    check("result", results.result(one, applicant, now).await.err());
    check("running", results.running(all).await.err());
    let today = day("2026-03-09");
    check("due on a day", results.due_on(today, all).await.err());
    check("late", results.late_at(now, all).await.err());
    check("supplements", results.awaiting_supplement(all).await.err());
    let group = Group::Kind(PetitionKind::Statutory);
    check("open", results.open(&group, all).await.err());
    let counts = results.open_counts(group.grouping()).await;
    check("counts", counts.err());
    check("day", results.day_counts(day("2026-03-09")).await.err());
    let document = results.document(&asker(), &number, day("2026-03-09")).await;
    let document = document.err().and_then(|error| match error {
        VerificationError::Query(error) => Some(error),
        _ => None,
    });
    check("document", document);
}

#[tokio::test]
async fn rebuilding_is_never_not_found() {
    let office = Office::new();
    office.submit("p-1", "applicant-1", MORNING).await;
    check_rebuilding(&office).await;

    let views = PetitionViews::default();
    let info = GenerationInfo {
        generation: minwon_core::Generation::FIRST,
        schema: views.schema(),
        slices: views.slices(),
    };
    let (model, slices) = (office.namespace.model(), info.slices);
    let catalogue = minwon_core::Catalogue {
        active: info.generation,
        previous: None,
        newest: info.generation,
        generations: vec![info],
    };
    let saved = office.read_models.save_catalogue(&model, None, &catalogue);
    saved.await.unwrap();
    check_rebuilding(&office).await;

    let generation = GenerationName {
        model,
        generation: catalogue.active,
    };
    // All slices but that of the petition are complete.
    let own = slices.slice_of("p-1");
    for slice in slices.slices() {
        let phase = if slice == own {
            Phase::Building
        } else {
            Phase::Ready
        };
        begin(&office, &generation.slice(slice), phase).await;
    }
    check_rebuilding(&office).await;
}

async fn begin(office: &Office, slice: &SliceName, phase: Phase) {
    let checkpoint = SliceCheckpoint {
        incarnation: Incarnation::new(1),
        schema: PetitionViews::SCHEMA,
        phase,
        position: minwon_core::GlobalPosition::START,
        last_event: None,
        recorded_at: Timestamp::UNIX_EPOCH,
    };
    let writes = SliceWrites::default();
    let begun = office.read_models.commit(slice, None, &checkpoint, &writes);
    begun.await.unwrap();
}

#[tokio::test]
async fn events_of_other_categories_do_not_stop_the_projector() {
    let office = Office::new();
    office.submit("p-1", "applicant-1", MORNING).await;
    let store = office.namespace.store();
    let stream: StreamName = "general_Invoice-1".parse().unwrap();
    let foreign = [office::foreign_event()];
    let appended = store.append(&stream, ExpectedVersion::NoStream, &foreign);
    appended.await.unwrap();
    office.receive("p-1", "2026-03-10").await;
    office.catch_up().await;
    let view = office.results.petition(&id("p-1")).await.unwrap().value;
    assert_eq!(view.unwrap().status(), Some(ApplicationStatus::Received));

    let generation = GenerationName {
        model: office.namespace.model(),
        generation: minwon_core::Generation::FIRST,
    };
    let filter = office.namespace.petition_events();
    let (reader, views) = (EventReader::default(), PetitionViews::default());
    let verified = verify(
        store,
        &office.read_models,
        reader,
        views,
        &filter,
        &generation,
        |_| {},
    );
    assert!(verified.await.unwrap().is_sound());
}

#[tokio::test]
async fn a_document_shows_how_far_it_was_handed_out() {
    let office = Office::new();
    office.submit("p-1", "applicant-1", MORNING).await;
    let number = office.issue("p-1", "2026-03-09T10:00:00+09:00").await;
    office.print("p-1", "2026-03-09T10:01:00+09:00").await;
    office.make_ready("p-1", "2026-03-10").await;
    office.catch_up().await;
    let ask = async || {
        let on = day("2026-03-10");
        let answer = office
            .results
            .document(&asker(), &number, on)
            .await
            .unwrap();
        assert_eq!(answer.value.verdict, DocumentVerdict::Genuine);
        answer.value.issued.unwrap()
    };
    let waiting = ask().await;
    assert_eq!((waiting.copies, waiting.printed), (1, 1));
    let pickup = waiting.pickup.unwrap();
    assert_eq!(pickup.collect_until, "2026-03-25".parse().unwrap());
    assert_eq!(pickup.collected_at, None);
    office.collect("p-1", "2026-03-11T09:00:00+09:00").await;
    office.catch_up().await;
    let collected = ask().await.pickup.unwrap();
    assert_eq!(
        collected.collected_at,
        Some("2026-03-11T09:00:00+09:00".parse().unwrap())
    );
}
