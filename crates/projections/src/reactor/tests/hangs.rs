//! Commands that never come to an end.

use minwon_core::Clock as _;

use super::*;
use crate::PartState;

/// One that hangs has its place for a time, and no longer.
#[test]
fn what_hangs_does_not_keep_others_from_being_handled() {
    run(async {
        let office = Office::new();
        let hangs = office.file("p-0");
        office.slow.send_replace([hangs.commit()].into());
        let others: Vec<_> = (1..10).map(|n| office.file(&format!("p-{n}"))).collect();
        let options = ReactorOptions::default()
            .in_flight_max(std::num::NonZeroU32::MIN)
            .execution_time_max(Duration::from_secs(1));
        let reactor = office.builder().options(options).start();
        office.clock.sleep(Duration::from_secs(60)).await;
        for (n, at) in (1..10).zip(&others) {
            assert_eq!(office.effects(&format!("p-{n}")).await, met(*at));
        }
        let why = reactor.status().borrow().paused.clone().unwrap();
        assert!(why.contains("no answer within"), "{why}");
        office.slow.send_replace([].into());
        reactor.reached(office.log.head()).await.unwrap();
        assert_eq!(office.effects("p-0").await, met(hangs));
    });
}

/// Events that ask for nothing go by meanwhile, and say of nothing that it is there again.
#[test]
fn what_hangs_shows_for_as_long_as_nothing_comes_to_an_end() {
    run(async {
        let office = Office::new();
        let hangs = office.file("p-0");
        office.slow.send_replace([hangs.commit()].into());
        let options = ReactorOptions::default().execution_time_max(Duration::from_secs(30));
        let reactor = office.builder().options(options).start();
        let began = office.clock.now();
        let mut paused = 0;
        for second in (5..200).step_by(5) {
            office.mention("p-1");
            office.clock.sleep(Duration::from_secs(5)).await;
            let health = reactor.health();
            let since = match &health.state {
                PartState::Paused(why) => {
                    paused += 1;
                    Some(why.since)
                }
                _ => health.stuck_since,
            };
            let since = since.unwrap_or_else(|| panic!("all is well after {second} s: {health}"));
            assert!(since <= began.saturating_add(Duration::from_secs(31)));
        }
        assert!(paused > 30, "{paused}");
        office.slow.send_replace([].into());
        reactor.reached(office.log.head()).await.unwrap();
        let health = reactor.health();
        assert_eq!(
            (health.state, health.stuck_since),
            (PartState::Running, None)
        );
    });
}

#[test]
fn a_stop_waits_for_what_hangs_no_longer_than_it_may() {
    run(async {
        let office = Office::new();
        let (hangs, done) = (office.file("p-0"), office.file("p-1"));
        office.slow.send_replace([hangs.commit()].into());
        let options = ReactorOptions::default()
            .execution_time_max(Duration::from_secs(3_600))
            .stop_time_max(Duration::from_secs(5));
        let reactor = office.builder().options(options).start();
        office.clock.sleep(Duration::from_secs(1)).await;
        let stopped = tokio::time::timeout(Duration::from_secs(11), reactor.stop()).await;
        assert!(matches!(stopped, Ok(StopReason::Requested)));
        assert_eq!(office.effects("p-1").await, met(done));
        office.slow.send_replace([].into());
        office.builder().catch_up().await.unwrap();
        assert_eq!(office.effects("p-0").await, met(hangs));
        office.check_checkpoints(2).await;
    });
}
