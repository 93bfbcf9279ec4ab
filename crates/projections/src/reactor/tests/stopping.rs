//! How a reactor ends.

use minwon_core::testing::Faulty;

use super::*;

#[test]
fn a_stop_finishes_what_is_being_carried_out_and_saves_it() {
    run(async {
        let office = Office::new();
        let slow = office.file("p-0");
        let behind = office.file("p-0");
        office.slow.send_replace([slow.commit()].into());
        let reactor = office.builder().start();
        office.clock.sleep(Duration::from_secs(1)).await;
        let slow_sender = office.slow.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            slow_sender.send_replace([].into());
        });
        let reason = reactor.stop().await;
        assert!(matches!(reason, StopReason::Requested), "{reason}");
        assert_eq!(office.effects("p-0").await, met(slow));
        assert_eq!(office.checkpoint(slice_of("p-0")).await, slow);
        let status = office.builder().catch_up().await.unwrap();
        assert_eq!(status.handled_events, 1);
        assert_eq!(office.effects("p-0").await, all_met(&[slow, behind]));
    });
}

#[test]
fn a_stop_waits_neither_for_what_is_away_nor_for_another_try() {
    run(async {
        let office = Office::new();
        let (away, broken) = (office.file("p-0"), office.file("p-1"));
        office.moods().away.insert(away.commit());
        office.moods().broken.insert(broken.commit());
        let hour = Duration::from_secs(3_600);
        let options = ReactorOptions::default()
            .pauses(hour, hour)
            .retry_pauses(hour, hour);
        let store = Faulty::builder(office.log.store.clone(), 1).build();
        let reactor = office.faulty_builder(&store).options(options).start();
        office.clock.sleep(Duration::from_secs(1)).await;
        store.go_down();
        let stopped = tokio::time::timeout(Duration::from_secs(1), reactor.stop()).await;
        assert!(matches!(stopped, Ok(StopReason::Requested)));
        office.check_checkpoints(2).await;
        assert_eq!(office.held_at("p-1").await, []);
    });
}

#[test]
fn a_log_that_ends_before_a_checkpoint_stops_the_reactor() {
    run(async {
        let office = Office::new();
        let at = office.file("p-0");
        let (slice, ahead) = (slice_of("p-0"), GlobalPosition::new(7));
        office.set_checkpoint(slice, ahead).await;
        let reason = office.builder().catch_up().await.unwrap_err();
        let StopReason::AheadOfLog {
            slice: of,
            checkpoint,
            head,
        } = reason
        else {
            panic!("{reason}");
        };
        assert_eq!((of, checkpoint, head), (slice, ahead, at));
        assert!(office.effects("p-0").await.is_empty());
    });
}

#[test]
fn a_reactor_that_has_stopped_cannot_be_waited_for() {
    run(async {
        let office = Office::new();
        office.file("p-0");
        let reactor = office.builder().start();
        reactor.reached(office.log.head()).await.unwrap();
        let _ = reactor.stop.send(true);
        let later = GlobalPosition::new(1_000);
        let stopped = reactor.reached(later).await.unwrap_err().to_string();
        assert!(
            stopped.starts_with("reactor noting-1 has stopped: "),
            "{stopped}"
        );
    });
}

#[test]
fn catching_up_ends_with_the_head_as_it_was_and_leaves_it_saved() {
    run(async {
        let office = Office::new();
        for petition in 0..20 {
            office.file(&format!("p-{petition}"));
        }
        let head = office.log.head();
        office.builder().catch_up().await.unwrap();
        for slice in 0..4 {
            assert!(office.checkpoint(minwon_core::Slice::new(slice)).await >= head);
        }
    });
}
