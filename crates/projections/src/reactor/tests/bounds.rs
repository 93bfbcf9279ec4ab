//! Order within a key, and how much happens at once.

use std::num::{NonZeroU32, NonZeroU64};

use minwon_core::Slice;

use super::*;

#[test]
fn events_of_a_key_come_in_order_and_once() {
    run(async {
        let office = Office::new();
        let mut filed = Vec::new();
        for round in 0..6 {
            for petition in 0..10 {
                let at = office.file(&format!("p-{petition}"));
                if petition == 3 {
                    filed.push(at);
                }
            }
            if round == 2 {
                office.builder().catch_up().await.unwrap();
            }
        }
        let status = office.builder().catch_up().await.unwrap();
        assert_eq!(office.effects("p-3").await, all_met(&filed));
        assert_eq!(
            status.handled_events, 30,
            "the first thirty were not handled again"
        );
    });
}

#[test]
fn a_key_that_waits_does_not_stop_others_but_its_own_events_wait() {
    run(async {
        let office = Office::new();
        let slow = office.file("p-0");
        let behind = office.file("p-0");
        let others: Vec<_> = (1..40).map(|p| office.file(&format!("p-{p}"))).collect();
        office.slow.send_replace([slow.commit()].into());
        let reactor = office.builder().start();
        office.clock.sleep(Duration::from_secs(60)).await;
        for (petition, at) in (1..40).zip(&others) {
            assert_eq!(office.effects(&format!("p-{petition}")).await, met(*at));
        }
        assert!(office.effects("p-0").await.is_empty());
        assert!(!office.moods().begun.contains(&behind.commit()));
        let checkpoint = office.checkpoint(slice_of("p-0")).await;
        assert!(checkpoint < slow, "{checkpoint}");
        let mut finished = reactor.status();
        assert_eq!(
            finished.borrow_and_update().position(),
            Some(GlobalPosition::START)
        );
        office.slow.send_replace([].into());
        reactor.reached(behind).await.unwrap();
        assert_eq!(office.effects("p-0").await, all_met(&[slow, behind]));
    });
}

#[test]
fn no_more_keys_are_worked_on_at_once_than_allowed() {
    run(async {
        let office = Office::new();
        for petition in 0..40 {
            office.file(&format!("p-{petition}"));
        }
        let all: std::collections::BTreeSet<u64> = (1..=40).collect();
        office.slow.send_replace(all);
        let options = ReactorOptions::default().in_flight_max(NonZeroU32::new(7).unwrap());
        let reactor = office.builder().options(options).start();
        office.clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(office.moods().in_flight, 7);
        office.slow.send_replace([].into());
        reactor.reached(office.log.head()).await.unwrap();
        assert_eq!(office.moods().in_flight_most, 7);
    });
}

/// One that waits for its next try leaves its place to others.
#[test]
fn keys_whose_events_are_away_do_not_take_all_places() {
    run(async {
        let office = Office::new();
        for petition in 0..20 {
            let at = office.file(&format!("p-{petition}"));
            office.moods().away.insert(at.commit());
        }
        let last = office.file("p-20");
        let options = ReactorOptions::default().in_flight_max(NonZeroU32::new(2).unwrap());
        let reactor = office.builder().options(options).start();
        office.clock.sleep(Duration::from_secs(20)).await;
        assert_eq!(office.effects("p-20").await, met(last));
        assert!(reactor.status().borrow().paused.is_some());
    });
}

#[test]
fn the_log_is_read_no_further_than_what_may_wait() {
    run(async {
        let office = Office::new();
        let slow = office.file("p-0");
        office.slow.send_replace([slow.commit()].into());
        for _ in 0..30 {
            office.file("p-0");
        }
        let late = office.file("p-1");
        let options = ReactorOptions::default()
            .batch_events_max(NonZeroU32::new(2).unwrap())
            .waiting_events_max(NonZeroU32::new(10).unwrap());
        let reactor = office.builder().options(options).start();
        office.clock.sleep(Duration::from_secs(60)).await;
        assert!(office.effects("p-1").await.is_empty());
        office.slow.send_replace([].into());
        reactor.reached(late).await.unwrap();
        assert_eq!(office.effects("p-1").await, met(late));
    });
}

#[test]
fn checkpoints_move_with_news_and_otherwise_only_over_much() {
    run(async {
        let office = Office::new();
        let at = office.file("p-0");
        let options = ReactorOptions::default().idle_checkpoint_events(NonZeroU64::new(5).unwrap());
        let reactor = office.builder().options(options).start();
        reactor.reached(at).await.unwrap();
        office.clock.sleep(Duration::from_secs(60)).await;
        let own = slice_of("p-0");
        assert!(office.checkpoint(own).await >= at);
        let others = (0..4).map(Slice::new).filter(|slice| *slice != own);
        let others: Vec<_> = others.collect();
        for slice in &others {
            assert_eq!(office.checkpoint(*slice).await, GlobalPosition::START);
        }
        for _ in 0..10 {
            let at = office.file("p-0");
            reactor.reached(at).await.unwrap();
            office.clock.sleep(Duration::from_secs(60)).await;
        }
        let head = office.log.head().commit();
        for slice in others {
            let behind = head - office.checkpoint(slice).await.commit();
            assert!((1..=5).contains(&behind), "{behind}");
        }
    });
}
