//! Waiting for one's own writes, in time that a test moves.

use futures_util::FutureExt as _;
use minwon_core::{Clock as _, Timestamp, testing::ManualClock};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn token(position: GlobalPosition) -> Token {
    Token {
        namespace: namespace(),
        position,
    }
}

#[test]
fn what_is_there_is_not_waited_for() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 5]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let reader = reader(&read_models, clock.clone());
        let token = token(log.head());
        let as_of = reader.wait_for(&token, SECOND).now_or_never().unwrap();
        assert_eq!(as_of.unwrap().position, log.head());
        let none = Duration::ZERO;
        let of_key = key("p-0");
        let as_of = reader.wait_for_key(&token, &of_key, none).now_or_never();
        assert_eq!(as_of.unwrap().unwrap().position, log.head());
        assert_eq!(clock.sleeps(), 0);
    });
}

#[test]
fn what_comes_in_time_is_waited_for() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 5]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let reader = reader(&read_models, clock.clone());
        let token = token(log.append("p-0"));
        let mut wait = Box::pin(reader.wait_for(&token, SECOND));
        for _ in 0..10 {
            assert!((&mut wait).now_or_never().is_none(), "it is not there yet");
            assert!(clock.advance_to_next_sleeper());
        }
        assert!((&mut wait).now_or_never().is_none());
        catch_up(&log, &read_models).await;
        assert!(clock.advance_to_next_sleeper());
        let as_of = wait.now_or_never().expect("it is there").unwrap();
        assert_eq!(as_of.position, token.position);
    });
}

#[test]
fn what_does_not_come_in_time_is_not_yet_there() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 5]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let before = log.head();
        let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
        let reader = reader(&read_models, clock.clone());
        let token = token(log.append("p-0"));
        let error = reader.wait_for(&token, SECOND).await.unwrap_err();
        let QueryError::NotYet {
            wanted, reached, ..
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!((wanted, reached), (token.position, before));
        let waited = clock.now().unix_micros();
        assert!((1_000_000..1_050_000).contains(&waited), "{waited}");
        let once = reader.wait_for(&token, Duration::ZERO).await;
        assert!(matches!(once, Err(QueryError::NotYet { .. })));
        assert_eq!(clock.now().unix_micros(), waited, "it looked once");
    });
}

#[test]
fn a_read_model_that_is_rebuilt_is_waited_for() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 5]), MemoryReadModels::new());
        let token = token(log.head());
        let impatient = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
        let hasty = reader(&read_models, impatient);
        let error = hasty.wait_for(&token, SECOND).await.unwrap_err();
        assert!(matches!(error, QueryError::Rebuilding { .. }), "{error}");
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let reader = reader(&read_models, clock.clone());
        let mut wait = Box::pin(reader.wait_for(&token, SECOND));
        assert!((&mut wait).now_or_never().is_none());
        catch_up(&log, &read_models).await;
        assert!(clock.advance_to_next_sleeper());
        assert!(wait.now_or_never().expect("it is there").is_ok());
    });
}

/// The slice of the key has it; another one has not.
#[test]
fn one_key_is_there_sooner_than_all() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 20]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let copy = read_models.snapshot(&slice_of(&generation(1), "p-0"));
        let token = token(log.append("p-7"));
        catch_up(&log, &read_models).await;
        read_models.restore(&copy);
        let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
        let reader = reader(&read_models, clock);
        assert!(
            reader
                .wait_for_key(&token, &key("p-7"), SECOND)
                .await
                .is_ok()
        );
        let other = reader.wait_for_key(&token, &key("p-0"), SECOND).await;
        assert!(matches!(other, Err(QueryError::NotYet { .. })));
        let all = reader.wait_for(&token, SECOND).await;
        assert!(matches!(all, Err(QueryError::NotYet { .. })));
    });
}

#[test]
fn a_token_of_another_namespace_is_refused() {
    run(async {
        let (log, read_models) = (Log::of(&[3]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let foreign = Token {
            namespace: NamespaceName::new("car").unwrap(),
            position: GlobalPosition::START,
        };
        let reader = reader(&read_models, SystemClock);
        let error = reader.wait_for(&foreign, SECOND).await.unwrap_err();
        assert!(matches!(error, QueryError::ForeignToken { .. }), "{error}");
    });
}

/// With a projector at work, every write can be waited for and is seen then.
#[test]
fn ones_own_writes_are_read() {
    run(async {
        let (log, read_models) = (Log::of(&[1; 20]), MemoryReadModels::new());
        let _running = projector(&log, &read_models).project(Sums::new()).start();
        let reader = reader(&read_models, SystemClock);
        for events in 2..12 {
            let token = token(log.append("p-3"));
            let as_of = reader.wait_for_key(&token, &key("p-3"), SECOND).await;
            assert!(as_of.unwrap().position >= token.position);
            let sum = reader.get(&key("p-3")).await.unwrap().value.unwrap();
            assert_eq!(sum.events, events);
        }
        let token = token(log.head());
        assert!(reader.wait_for(&token, SECOND).await.is_ok());
    });
}

/// As many polls as it takes: tokio would have a task take turns.
fn poll<F: Future + Unpin>(wait: &mut F) -> Option<F::Output> {
    tokio::task::unconstrained(wait).now_or_never()
}

/// Polls every wait once; whether all of them still wait.
fn all_wait<F: Future>(waits: &mut [std::pin::Pin<Box<F>>]) -> bool {
    let polled = waits.iter_mut().map(|wait| poll(wait).is_none());
    // Counted, so that none is left out.
    polled.filter(|waits| !waits).count() == 0
}

#[test]
fn all_who_wait_share_one_look() {
    run(async {
        let log = Log::of(&[3; 5]);
        let read_models = Flaky::sound(&log);
        catch_up(&log, &read_models).await;
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let reader = reader(&read_models, clock.clone());
        let token = token(log.append("p-0"));
        let mut waits: Vec<_> = (0..50)
            .map(|_| Box::pin(reader.wait_for(&token, SECOND)))
            .collect();
        let alone = {
            let before = read_models.happened("loads");
            let mut one = Box::pin(reader.wait_for(&token, SECOND));
            assert!(poll(&mut one).is_none());
            read_models.happened("loads") - before
        };
        let before = read_models.happened("loads");
        assert!(all_wait(&mut waits));
        // Who came later must not believe what was looked at before: each looks once at first.
        assert!(read_models.happened("loads") - before <= 50 * alone);
        for round in 0..20 {
            let before = read_models.happened("loads");
            assert!(clock.advance_to_next_sleeper());
            assert!(all_wait(&mut waits));
            assert!(all_wait(&mut waits));
            let looks = (read_models.happened("loads") - before) / alone;
            assert!(
                looks <= 1,
                "{looks} looks for 50 who wait, in round {round}"
            );
        }
        catch_up(&log, &read_models).await;
        assert!(clock.advance_to_next_sleeper());
        let mut there = 0;
        for _ in 0..3 {
            waits.retain_mut(|wait| match poll(wait) {
                Some(as_of) => {
                    there += usize::from(as_of.is_ok());
                    false
                }
                None => true,
            });
        }
        assert_eq!(there, 50, "one look was enough for all");
    });
}

/// By a clock that stands still: only the projector reports.
#[test]
fn a_projector_beside_wakes_who_waits() {
    run(async {
        let (log, read_models) = (Log::of(&[1; 20]), MemoryReadModels::new());
        let running = projector(&log, &read_models).project(Sums::new()).start();
        let still = ManualClock::new(Timestamp::UNIX_EPOCH);
        let reader = reader(&read_models, still).woken_by(running.status());
        for _ in 0..20 {
            let token = token(log.append("p-3"));
            let key = key("p-3");
            let as_of = reader.wait_for_key(&token, &key, SECOND).await.unwrap();
            assert!(as_of.position >= token.position);
        }
        let token = token(log.head());
        assert!(reader.wait_for(&token, SECOND).await.is_ok());
        running.stop().await;
    });
}

#[test]
fn a_projector_that_was_aborted_wakes_nobody_and_costs_no_rush() {
    run(async {
        let log = Log::of(&[3; 5]);
        let read_models = Flaky::sound(&log);
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        let status = running.status();
        drop(running);
        let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
        let reader = reader(&read_models, clock).woken_by(status);
        let token = token(log.append("p-0"));
        let before = read_models.happened("loads");
        let error = reader.wait_for_key(&token, &key("p-0"), SECOND).await;
        assert!(matches!(error, Err(QueryError::NotYet { .. })));
        let looks = read_models.happened("loads") - before;
        assert!(looks < 60, "{looks} looks in a second");
    });
}

/// By a clock that stands still: who waits, or begins to, is told that it is not there.
#[test]
fn nobody_waits_for_a_projector_that_was_asked_to_stop() {
    run(async {
        let (log, read_models) = (Log::of(&[1; 5]), MemoryReadModels::new());
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        let still = ManualClock::new(Timestamp::UNIX_EPOCH);
        let reader = reader(&read_models, still).woken_by(running.status());
        let token = token(GlobalPosition::new(999_999));
        let (waited, _) = tokio::join!(reader.wait_for(&token, SECOND), running.stop());
        assert!(
            matches!(waited, Err(QueryError::NotYet { .. })),
            "{waited:?}"
        );
        let waited = reader.wait_for_key(&token, &key("p-0"), SECOND).await;
        assert!(
            matches!(waited, Err(QueryError::NotYet { .. })),
            "{waited:?}"
        );
    });
}
