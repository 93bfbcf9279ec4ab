//! Events that this version of the program cannot read, and steps that it cannot take.

use minwon_core::{EventFault, FailureClass, FaultKind, HeldState};

use super::{office::Notes, *};
use crate::testing::{Versioned, namespace};

use minwon_core::testing::MemoryStore;

type Builder = ReactorBuilder<
    MemoryStore,
    Versioned,
    office::Noting,
    Notes<MemoryStore>,
    crate::testing::VirtualClock,
>;

fn builder(office: &Office, version: u16) -> Builder {
    let (store, executor) = (office.log.store.clone(), office.executor());
    let reactor = office::Noting::new();
    ReactorBuilder::new(
        namespace(),
        store,
        Versioned(version),
        reactor,
        executor,
        office.clock,
    )
}

/// Goes on until nothing more is written.
async fn settle(office: &Office, version: u16) {
    loop {
        let head = office.log.head();
        let reactor = builder(office, version).start();
        office.settle(&reactor).await;
        reactor.stop().await;
        if office.log.head() == head {
            return;
        }
    }
}

fn class(held: &minwon_core::HeldEvent) -> Option<FailureClass> {
    match &held.state {
        HeldState::Letter { failure, .. } => Some(failure.class),
        HeldState::Parked => None,
    }
}

#[test]
fn what_a_newer_program_wrote_waits_without_a_letter_and_goes_on_with_that_program() {
    run(async {
        let office = Office::new();
        let first = office.file("p-0");
        let newer = office.log.append_newer("p-0", 2);
        let behind = office.file("p-0");
        let other = office.file("p-1");
        settle(&office, 1).await;
        assert_eq!(office.effects("p-0").await, met(first));
        assert_eq!(office.effects("p-1").await, met(other));
        let held = office.held("p-0").await;
        let classes: Vec<_> = held.iter().map(class).collect();
        assert_eq!(classes, [Some(FailureClass::Newer), None]);
        assert_eq!(office.operator.look(|book| book.letters().count()), 0);
        let head = office.log.head();
        settle(&office, 1).await;
        assert_eq!(office.log.head(), head, "the old program asks for nothing");
        settle(&office, 2).await;
        let newer = [(newer.commit(), 0, false)];
        let all = [met(first), newer.to_vec(), met(behind)].concat();
        assert_eq!(office.effects("p-0").await, all, "once each and in order");
        assert_eq!(office.held_at("p-0").await, []);
        let head = office.log.head();
        settle(&office, 2).await;
        assert_eq!(office.log.head(), head);
    });
}

#[test]
fn a_step_that_meets_what_a_newer_program_wrote_waits_for_it_as_well() {
    run(async {
        let office = Office::new();
        let filed = office.file("p-0");
        office.moods().newer.insert(filed.commit());
        settle(&office, 1).await;
        let held = office.held("p-0").await;
        assert_eq!(
            held.iter().map(class).collect::<Vec<_>>(),
            [Some(FailureClass::Newer)]
        );
        assert_eq!(
            office.moods().tries[&filed.commit()],
            1,
            "to repeat it helps nobody"
        );
        office.moods().newer.clear();
        settle(&office, 2).await;
        assert_eq!(office.effects("p-0").await, met(filed));
        assert_eq!(office.held_at("p-0").await, []);
    });
}

#[test]
fn a_decoder_that_has_changed_tries_again_what_could_not_be_read() {
    run(async {
        let office = Office::new();
        let bad = office.log.append_saying("p-0", "x8");
        let behind = office.log.append_saying("p-0", "10");
        for _ in 0..2 {
            settle(&office, 1).await;
            let held = office.held("p-0").await;
            let classes: Vec<_> = held.iter().map(class).collect();
            assert_eq!(classes, [Some(FailureClass::Undecodable), None]);
        }
        settle(&office, 2).await;
        assert_eq!(office.held_at("p-0").await, []);
        let all = [(bad.commit(), 0, false), (behind.commit(), 0, false)];
        assert_eq!(office.effects("p-0").await, all);
    });
}

#[test]
fn what_the_store_cannot_read_holds_the_key_of_its_stream_and_no_other() {
    for kind in [FaultKind::Foreign, FaultKind::Malformed, FaultKind::Damaged] {
        run(async {
            let office = Office::new();
            let bad = office.plant("p-0", kind);
            let behind = office.file("p-0");
            let other = office.file("p-1");
            settle(&office, 1).await;
            assert_eq!(office.effects("p-1").await, met(other));
            let held = office.held("p-0").await;
            let classes: Vec<_> = held.iter().map(class).collect();
            assert_eq!(classes, [Some(FailureClass::Damaged), None]);
            office.retry("p-0", bad).await;
            settle(&office, 1).await;
            assert_eq!(office.effects("p-0").await, []);
            office.skip("p-0", bad).await;
            settle(&office, 1).await;
            assert_eq!(office.effects("p-0").await, met(behind));
            assert_eq!(office.held_at("p-0").await, []);
        });
    }
}

#[test]
fn what_is_no_letter_among_letters_stops_no_reactor() {
    run(async {
        let office = Office::new();
        office.file_nonsense("p-0");
        settle(&office, 1).await;
        let held = office.held("p-0").await;
        let queue = minwon_core::dead_letter_queue(&namespace(), &held[0].event.event_type);
        let fault = EventFault::new(FaultKind::Foreign, "by hand");
        office.log.store.plant(&queue, fault);
        office.file("p-0");
        let other = office.file("p-1");
        settle(&office, 1).await;
        assert_eq!(office.effects("p-1").await, met(other));
        assert_eq!(office.held_at("p-0").await.len(), 2);
        office.skip("p-0", held[0].event.position).await;
        settle(&office, 1).await;
        assert_eq!(office.held_at("p-0").await, []);
    });
}
