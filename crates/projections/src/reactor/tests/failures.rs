//! The handling of events that fail.

use minwon_core::{FailureClass, HeldState};

use super::*;

fn failure(held: &minwon_core::HeldEvent) -> (FailureClass, String, u32) {
    match &held.state {
        HeldState::Letter {
            failure, attempts, ..
        } => (failure.class, failure.group.clone(), *attempts),
        HeldState::Parked => panic!("it is parked"),
    }
}

#[test]
fn what_cannot_be_read_is_a_letter_at_once_and_what_follows_is_parked() {
    run(async {
        let office = Office::new();
        let bad = office.file_nonsense("p-0");
        let behind = [office.file("p-0"), office.file("p-0")];
        let other = office.file("p-1");
        let status = office.builder().catch_up().await.unwrap();
        let held = office.held("p-0").await;
        let expected = (FailureClass::Undecodable, "no number".to_owned(), 1);
        assert_eq!(failure(&held[0]), expected);
        let at: Vec<_> = held.iter().map(|held| held.event.position).collect();
        assert_eq!(at, [bad, behind[0], behind[1]]);
        assert_eq!(office.effects("p-1").await, met(other));
        assert!(office.effects("p-0").await.is_empty());
        assert_eq!((status.dead_letters, status.parked_events), (1, 2));
        assert_eq!(status.handled_events, 1);
    });
}

#[test]
fn what_fails_is_tried_four_times_with_growing_pauses() {
    run(async {
        let office = Office::new();
        let bad = office.file("p-0");
        office.moods().broken.insert(bad.commit());
        office.builder().catch_up().await.unwrap();
        let held = office.held("p-0").await;
        let expected = (FailureClass::Handler, "the form has no stamp".to_owned(), 4);
        assert_eq!(failure(&held[0]), expected);
        assert_eq!(office.moods().tries[&bad.commit()], 4);
        // 100, 200 and 400 ms.
        let took = minwon_core::Clock::now(&office.clock);
        let least = minwon_core::Timestamp::UNIX_EPOCH.saturating_add(Duration::from_millis(700));
        assert!(took >= least, "{took}");
    });
}

#[test]
fn what_fails_three_times_is_no_letter() {
    run(async {
        let office = Office::new();
        let flaky = office.file("p-0");
        office.moods().flaky.insert(flaky.commit(), 3);
        office.builder().catch_up().await.unwrap();
        assert_eq!(office.held_at("p-0").await, []);
        assert_eq!(office.effects("p-0").await, met(flaky));
    });
}

#[test]
fn a_panic_is_a_failure_and_others_go_on() {
    run(async {
        let office = Office::new();
        let bad = office.file("p-0");
        let other = office.file("p-1");
        office.moods().panicking.insert(bad.commit());
        office.builder().catch_up().await.unwrap();
        let held = office.held("p-0").await;
        let expected = "panicked: clerk # panicked, on purpose".to_owned();
        assert_eq!(failure(&held[0]), (FailureClass::Handler, expected, 4));
        assert_eq!(office.effects("p-1").await, met(other));
    });
}

#[test]
fn what_is_away_is_waited_for_and_never_a_letter() {
    run(async {
        let office = Office::new();
        let at = office.file("p-0");
        office.moods().away.insert(at.commit());
        // One failure more and it would be a letter.
        office.moods().flaky.insert(at.commit(), 3);
        let reactor = office.builder().start();
        let mut status = reactor.status();
        let shown = status.wait_for(|status| status.paused.is_some()).await;
        let why = shown.unwrap().paused.clone().unwrap();
        assert_eq!(&*why, "the registry is away");
        office.clock.sleep(Duration::from_secs(600)).await;
        let tries = office.moods().tries[&at.commit()];
        assert!((100..200).contains(&tries), "{tries}");
        office.moods().away.clear();
        reactor.reached(at).await.unwrap();
        assert_eq!(status.borrow().paused, None);
        assert_eq!(office.held_at("p-0").await, []);
        assert_eq!(office.effects("p-0").await, met(at));
    });
}

#[test]
fn an_outage_of_the_store_makes_no_letters() {
    run(async {
        let office = Office::new();
        let filed: Vec<_> = (0..9).map(|_| office.file("p-0")).collect();
        let store = minwon_core::testing::Faulty::builder(office.log.store.clone(), 1).build();
        store.go_down();
        let reactor = office.faulty_builder(&store).start();
        let mut status = reactor.status();
        office.clock.sleep(Duration::from_secs(300)).await;
        assert!(status.borrow_and_update().paused.is_some());
        store.heal();
        reactor.reached(office.log.head()).await.unwrap();
        store.go_down();
        let more: Vec<_> = (0..9).map(|_| office.file("p-0")).collect();
        office.clock.sleep(Duration::from_secs(300)).await;
        assert!(status.borrow_and_update().paused.is_some());
        store.heal();
        reactor.reached(*more.last().unwrap()).await.unwrap();
        assert_eq!(office.held_at("p-0").await, []);
        // Checkpoints are saved a little later.
        office.settle(&reactor).await;
        assert_eq!(status.borrow().paused, None);
        let all = [filed, more].concat();
        assert_eq!(office.effects("p-0").await, all_met(&all));
    });
}

#[test]
fn a_letter_is_durable_before_the_checkpoint_passes_it() {
    run(async {
        let office = Office::new();
        let bad = office.file_nonsense("p-0");
        office.file("p-0");
        let reactor = office.builder().start();
        reactor.reached(bad).await.unwrap();
        drop(reactor);
        office.builder().catch_up().await.unwrap();
        office.check_checkpoints(1).await;
        assert_eq!(office.held_at("p-0").await, [(1, true), (2, false)]);
    });
}
