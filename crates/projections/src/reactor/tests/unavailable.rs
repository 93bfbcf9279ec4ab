//! Systems that are away for one key alone, and for all.

use minwon_core::{FailureClass, HeldState};

use super::*;

/// One petition that is always answered "unavailable", among others that are not.
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

/// Others succeed once, and then nobody comes for a long time.
#[test]
fn what_is_away_for_one_key_alone_becomes_a_letter_on_a_quiet_day_too() {
    run(async {
        let office = Office::new();
        // Two, of which neither is a sign of an outage to the other.
        let bad = ["p-0", "p-1"].map(|petition| office.file(petition));
        for at in bad {
            office.moods().away.insert(at.commit());
        }
        let reactor = office.builder().start();
        office.clock.sleep(Duration::from_secs(5)).await;
        let good = office.file("p-2");
        office.clock.sleep(Duration::from_secs(1_800)).await;
        reactor.reached(good).await.unwrap();
        for (petition, at) in ["p-0", "p-1"].iter().zip(bad) {
            assert_eq!(office.held_at(petition).await, [(at.commit(), true)]);
        }
    });
}

/// A key that stood alone waits with all others once all are met, as long as others come.
#[test]
fn who_stood_alone_waits_out_an_outage_with_the_others() {
    run(async {
        let office = Office::new();
        let first = office.file("p-0");
        office.moods().away.insert(first.commit());
        let reactor = office.builder().start();
        office.clock.sleep(Duration::from_secs(5)).await;
        office.file("p-1");
        office.clock.sleep(Duration::from_secs(5)).await;
        for n in 2..8 {
            let at = office.file(&format!("p-{n}"));
            office.moods().away.insert(at.commit());
        }
        office.clock.sleep(Duration::from_secs(1_800)).await;
        office.moods().away.clear();
        reactor.reached(office.log.head()).await.unwrap();
        for n in 0..8 {
            assert_eq!(office.held_at(&format!("p-{n}")).await, []);
        }
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
