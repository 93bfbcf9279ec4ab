//! What is away for one key alone, and what is away for all.

use minwon_core::{FailureClass, HeldState};

use super::*;

/// One petition that is answered "unavailable" for ever, among others that are not.
#[test]
fn what_is_away_for_one_key_alone_becomes_a_letter() {
    run(async {
        let office = Office::new();
        let bad = office.file("p-0");
        office.moods().away.insert(bad.commit());
        let reactor = office.builder().start();
        let mut last = bad;
        for _ in 0..60 {
            last = office.file("p-1");
            office.clock.sleep(Duration::from_secs(5)).await;
        }
        let behind = office.file("p-0");
        reactor.reached(behind).await.unwrap();
        let held = office.held("p-0").await;
        let HeldState::Letter { failure, .. } = &held[0].state else {
            panic!("{held:?}");
        };
        assert_eq!(failure.class, FailureClass::Unavailable);
        assert_eq!(failure.error, "the registry is away");
        assert_eq!(
            office.held_at("p-0").await,
            [(bad.commit(), true), (behind.commit(), false)]
        );
        office.settle(&reactor).await;
        assert!(
            office.checkpoint(slice_of("p-0")).await >= bad,
            "its slice moves"
        );
        assert!(office.checkpoint(slice_of("p-1")).await >= last);
        // A letter like any other: tried again once somebody asks for it.
        office.moods().away.clear();
        office.retry("p-0", bad).await;
        office.settle(&reactor).await;
        assert_eq!(office.held_at("p-0").await, []);
        assert_eq!(office.effects("p-0").await, all_met(&[bad, behind]));
    });
}

/// However long it lasts, and however often each is tried: nothing succeeds in between.
#[test]
fn what_is_away_for_all_makes_no_letters() {
    run(async {
        let office = Office::new();
        let filed: Vec<_> = (0..8).map(|n| office.file(&format!("p-{n}"))).collect();
        for at in &filed {
            office.moods().away.insert(at.commit());
        }
        let reactor = office.builder().start();
        office.clock.sleep(Duration::from_secs(1_800)).await;
        assert!(office.moods().tries[&filed[0].commit()] > 300);
        // Not all come back at the same moment, and some fail once more.
        for (n, at) in filed.iter().enumerate() {
            office.moods().away.remove(&at.commit());
            office.clock.sleep(Duration::from_secs(n as u64)).await;
        }
        reactor.reached(office.log.head()).await.unwrap();
        for (n, at) in filed.iter().enumerate() {
            let petition = format!("p-{n}");
            assert_eq!(office.held_at(&petition).await, []);
            assert_eq!(office.effects(&petition).await, met(*at));
        }
        assert_eq!(reactor.status().borrow().state, crate::PartState::Running);
    });
}
