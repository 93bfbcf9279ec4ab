//! What follows from a petition is in the trace that it was filed in.

use std::time::Duration;

use minwon_core::{
    RecordedEvent, Timer, Timestamp, TraceParent, dead_letter_codec, read_dead_letter,
    testing::sample_event,
};
use minwon_petitions::{Category, PetitionId, ServiceType};

use super::world::{Service, World, run};
use crate::{Petition, service::InstantAnswer};

const DAY: Duration = Duration::from_secs(86_400);

fn now() -> Timestamp {
    "2026-03-09T09:00:00+09:00".parse().unwrap()
}

fn trace() -> TraceParent {
    TraceParent::new("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap()
}

/// The petition `p-1` in the hands of a citizen whose request is part of a trace.
fn citizens(service: &Service) -> Petition<Service> {
    let citizen = service.as_actor("citizen-1".parse().unwrap(), "portal".parse().unwrap());
    let petition = PetitionId::new("p-1").unwrap();
    citizen
        .traced(trace())
        .petition(Category::General, petition)
}

async fn file(service: &Service, kind: ServiceType) {
    let filing = World::filing("p-1", kind, now());
    let receive = World::receive("p-1", now());
    let petition = citizens(service);
    let filed = petition.file(filing.id(), filing.submit, Some(&receive));
    filed.await.unwrap();
}

/// All that stands in the log, that was asked and that was told is in the one trace; returns the types
/// of the events.
#[track_caller]
fn assert_one_trace(world: &World) -> Vec<String> {
    let trace = Some(trace());
    let mut events = world.events();
    // The list of queues is of no event.
    events.retain(|event| event.event_type.as_str() != "DeadLetterQueueOpened");
    for event in &events {
        assert_eq!(event.traceparent(), trace, "{}", event.event_type);
    }
    for notice in world.sent("p-1") {
        assert_eq!(notice.traceparent, trace, "{}", notice.kind);
    }
    for asked in world.register.asked() {
        assert_eq!(asked.traceparent, trace, "{asked:?}");
    }
    let types = events.iter().map(|event| event.event_type.to_string());
    types.collect()
}

#[test]
fn from_filing_to_notice_all_is_in_one_trace() {
    run(async {
        let world = World::new();
        let service = world.start();
        file(&service, ServiceType::InstantIssuance).await;
        service.settled().await.unwrap();
        let types = assert_one_trace(&world);
        for event_type in [
            "GeneralIssuanceDocumentIssued",
            "GeneralApplicationCompleted",
        ] {
            assert!(types.iter().any(|it| it == event_type), "{types:?}");
        }
        assert!(world.notified("p-1").contains(&"completed"));
        assert_eq!(world.register.asked().len(), 1);
        service.stop().await;
    });
}

#[test]
fn what_is_issued_while_the_citizen_waits_is_in_the_trace_of_the_call() {
    run(async {
        let world = World::new();
        let service = world.start();
        let filing = World::filing("p-1", ServiceType::InstantIssuance, now());
        let receive = World::receive("p-1", now());
        let petition = citizens(&service);
        let issued = petition.issue_now(filing.id(), filing.submit, &receive);
        let issued = issued.await.unwrap();
        assert!(matches!(issued, InstantAnswer::Issued(_)), "{issued:?}");
        service.settled().await.unwrap();
        assert_one_trace(&world);
        assert_eq!(world.register.asked().len(), 1);
        service.stop().await;
    });
}

#[test]
fn the_letter_of_a_step_is_in_the_trace_of_its_event() {
    run(async {
        let world = World::new();
        world.refuse_notices();
        let service = world.start();
        file(&service, ServiceType::InstantIssuance).await;
        service.settled().await.unwrap();
        let types = assert_one_trace(&world);
        let letters = types.iter().filter(|it| *it == "DeadLetterAdded");
        assert_eq!(letters.count(), 1, "{types:?}");
        assert!(types.iter().any(|it| it == "DeadLetterParked"), "{types:?}");
        service.stop().await;
    });
}

#[test]
fn the_letters_of_projections_are_in_the_traces_of_their_events() {
    run(async {
        let world = World::new();
        let service = world.start();
        file(&service, ServiceType::DeadlineBound).await;
        // Two events that say they are of another petition.
        for name in ["one", "other"] {
            let mut stray = sample_event(name);
            stray.metadata.subject = PetitionId::new("p-2").unwrap();
            stray.metadata.traceparent = Some(trace());
            world.write("p-1", stray).await;
        }
        service.settled().await.unwrap();
        assert_one_trace(&world);
        let of_projection = |event: &RecordedEvent| {
            let letter = read_dead_letter(&dead_letter_codec(), event).ok()?;
            let (consumer, _) = letter.consumer_and_key()?;
            (consumer.as_str() == "petitions").then(|| event.event_type.to_string())
        };
        let mut letters: Vec<_> = world.events().iter().filter_map(of_projection).collect();
        letters.sort();
        assert_eq!(letters, ["DeadLetterAdded", "DeadLetterParked"]);
        service.stop().await;
    });
}

/// Each deadline goes on with the trace of the event that it follows from, though others happened since
/// in other traces, or in none.
#[test]
fn a_deadline_goes_on_with_the_trace_of_the_event_that_it_follows_from() {
    run(async {
        let mut world = World::new();
        world.look_wait = Duration::from_secs(3_600);
        world.register.go_away();
        let service = world.start();
        file(&service, ServiceType::InstantIssuance).await;
        service.settled().await.unwrap();
        world.clock.sleep(DAY).await;
        service.settled().await.unwrap();
        assert!(world.register.asked().len() > 1, "it was asked again");
        // An officer's own work, which is in no trace.
        let progress = super::progress();
        let noted = world.application_command(&service, "p-1", "examine", progress);
        let noted = noted.await.unwrap().events.len();
        world.clock.sleep(60 * DAY).await;
        service.settled().await.unwrap();
        let mut events = world.events();
        let untraced = |event: &RecordedEvent| event.metadata.traceparent().is_none();
        let others = events.iter().filter(|event| untraced(event));
        let others: Vec<_> = others.map(|event| event.event_type.as_str()).collect();
        assert_eq!(others.len(), noted, "{others:?}");
        events.retain(|event| !untraced(event));
        assert!(
            events
                .iter()
                .all(|event| event.traceparent() == Some(trace()))
        );
        let types: Vec<_> = events
            .iter()
            .map(|event| event.event_type.as_str())
            .collect();
        for event_type in [
            "GeneralApplicationDeadlineMissed",
            "GeneralApplicationProgressNotified",
        ] {
            assert!(types.contains(&event_type), "{types:?}");
        }
        service.stop().await;
    });
}
