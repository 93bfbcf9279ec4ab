//! Decisions about letters.

use super::*;

/// A petition with a letter and two events behind it, and a reactor that follows.
async fn with_letter(office: &Office) -> ([GlobalPosition; 3], RunningReactor) {
    let filed = [(); 3].map(|()| office.file("p-0"));
    office.moods().broken.insert(filed[0].commit());
    let reactor = office.builder().start();
    office.settle(&reactor).await;
    assert_eq!(
        office.held_at("p-0").await,
        [(1, true), (2, false), (3, false)]
    );
    (filed, reactor)
}

#[test]
fn a_retry_that_succeeds_lets_go_all_behind_it_in_order() {
    run(async {
        let office = Office::new();
        let (filed, reactor) = with_letter(&office).await;
        office.moods().broken.clear();
        office.retry("p-0", filed[0]).await;
        office.settle(&reactor).await;
        assert_eq!(office.held_at("p-0").await, []);
        let next = office.file("p-0");
        reactor.reached(next).await.unwrap();
        let all = [filed[0], filed[1], filed[2], next];
        assert_eq!(office.effects("p-0").await, all_met(&all));
    });
}

#[test]
fn a_retry_in_vain_adds_to_the_attempts_and_holds_all() {
    run(async {
        let office = Office::new();
        let (filed, reactor) = with_letter(&office).await;
        office.retry("p-0", filed[0]).await;
        office.settle(&reactor).await;
        let held = office.held("p-0").await;
        assert_eq!(held.len(), 3);
        let minwon_core::HeldState::Letter { attempts, .. } = held[0].state else {
            panic!("a letter");
        };
        assert_eq!(attempts, 8);
        assert!(office.effects("p-0").await.is_empty());
        let tries = office.moods().tries[&1];
        reactor.stop().await;
        // Nor is it tried again where it is read again.
        for from in [office.log.head(), GlobalPosition::START] {
            office.set_checkpoint(slice_of("p-0"), from).await;
            office.builder().catch_up().await.unwrap();
            assert_eq!(office.moods().tries[&1], tries, "once is enough");
        }
    });
}

#[test]
fn what_fails_behind_a_letter_is_a_letter_then_and_the_rest_stays_parked() {
    run(async {
        let office = Office::new();
        let (filed, reactor) = with_letter(&office).await;
        office.moods().broken = [filed[1].commit()].into();
        office.retry("p-0", filed[0]).await;
        office.settle(&reactor).await;
        assert_eq!(office.held_at("p-0").await, [(2, true), (3, false)]);
        assert_eq!(office.effects("p-0").await, met(filed[0]));
        office.skip("p-0", filed[1]).await;
        office.settle(&reactor).await;
        assert_eq!(office.held_at("p-0").await, []);
        assert_eq!(office.effects("p-0").await, all_met(&[filed[0], filed[2]]));
    });
}

#[test]
fn what_is_skipped_has_no_effect_for_ever() {
    run(async {
        let office = Office::new();
        let (filed, reactor) = with_letter(&office).await;
        office.moods().broken.clear();
        office.skip("p-0", filed[0]).await;
        office.settle(&reactor).await;
        assert_eq!(office.effects("p-0").await, all_met(&filed[1..]));
        reactor.stop().await;
        // Its checkpoint is lost, and all is read again.
        let all = GlobalPosition::START;
        office.set_checkpoint(slice_of("p-0"), all).await;
        office.builder().catch_up().await.unwrap();
        assert_eq!(office.effects("p-0").await, all_met(&filed[1..]));
    });
}

#[test]
fn what_is_made_up_for_is_so_once_and_before_what_follows() {
    run(async {
        let office = Office::new();
        let (filed, reactor) = with_letter(&office).await;
        office.compensate("p-0", filed[0]).await;
        office.settle(&reactor).await;
        let mut expected = vec![(1, 0, true)];
        expected.extend(all_met(&filed[1..]));
        assert_eq!(office.effects("p-0").await, expected);
        reactor.stop().await;
        office.builder().catch_up().await.unwrap();
        assert_eq!(office.effects("p-0").await, expected);
        assert_eq!(office.held_at("p-0").await, []);
    });
}

#[test]
fn what_cannot_be_made_up_for_is_a_letter_again() {
    run(async {
        let office = Office::new();
        let (filed, reactor) = with_letter(&office).await;
        office.moods().grudges.insert(1);
        office.compensate("p-0", filed[0]).await;
        office.settle(&reactor).await;
        assert_eq!(
            office.held_at("p-0").await,
            [(1, true), (2, false), (3, false)]
        );
        assert!(office.effects("p-0").await.is_empty());
        office.moods().grudges.clear();
        office.compensate("p-0", filed[0]).await;
        office.settle(&reactor).await;
        assert_eq!(office.effects("p-0").await[0], (1, 0, true));
        assert_eq!(office.held_at("p-0").await, []);
    });
}

#[test]
fn what_cannot_be_read_has_nothing_to_make_up_for() {
    run(async {
        let office = Office::new();
        let bad = office.file_nonsense("p-0");
        let behind = office.file("p-0");
        let reactor = office.builder().start();
        office.settle(&reactor).await;
        office.compensate("p-0", bad).await;
        office.settle(&reactor).await;
        assert_eq!(office.effects("p-0").await, met(behind));
    });
}

/// A decision is carried out wherever the log is read on from, and in the right order.
#[test]
fn a_decision_that_was_taken_while_nobody_ran_is_carried_out_at_the_start() {
    for reset in [false, true] {
        run(async {
            let office = Office::new();
            let (filed, reactor) = with_letter(&office).await;
            reactor.stop().await;
            office.compensate("p-0", filed[0]).await;
            // The checkpoint has passed the decision, as if it had been seen.
            let to = if reset {
                GlobalPosition::START
            } else {
                office.log.head()
            };
            office.set_checkpoint(slice_of("p-0"), to).await;
            office.builder().catch_up().await.unwrap();
            let mut expected = vec![(1, 0, true)];
            expected.extend(all_met(&filed[1..]));
            assert_eq!(office.effects("p-0").await, expected);
        });
    }
}

/// The queues are read one after the other, so that an event can be known to be parked before the
/// letter that it waits behind.
#[test]
fn what_is_parked_is_not_handled_while_its_letter_is_only_not_known_yet() {
    run(async {
        let office = Office::new();
        let (first, second) = (office.file("p-0"), office.file("p-0"));
        office.moods().broken.insert(first.commit());
        office.builder().catch_up().await.unwrap();
        // A reactor that knows the queue of the second event alone.
        let letters = DeadLetters::new(
            crate::testing::namespace(),
            office.log.store.clone(),
            office.clock,
        );
        let queue = office
            .log
            .events()
            .into_iter()
            .find(|event| event.stream.as_str().ends_with("Checked.DLQ"));
        letters.observe(&queue.unwrap()).await.unwrap();
        let (records, mut requests) = Records::channel();
        let handler = office.handler(letters, records);
        let mut counts = turn::Counts::default();
        tokio::select! {
            released = handler.release_held("p-0", &mut counts) => released.unwrap(),
            _ = recorder::keep_records(&handler.letters, &handler.waits, &mut requests) => {
                panic!("it ended")
            }
        }
        assert_eq!(office.held_at("p-0").await, [(1, true), (2, false)]);
        assert!(!office.moods().begun.contains(&second.commit()));
    });
}
