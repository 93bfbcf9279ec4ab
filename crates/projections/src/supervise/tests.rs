//! The ends of parts, without a store.

use std::{sync::Mutex, time::Duration};

use minwon_core::{StoreError, StoreErrorKind, Timestamp, testing::ManualClock};

use super::*;

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error("it was asked to stop")]
    Requested,
    #[error("a task of it failed")]
    Task(#[source] TaskError),
}

impl From<TaskError> for Reason {
    fn from(error: TaskError) -> Self {
        Self::Task(error)
    }
}

impl Ending for Reason {
    fn class(&self) -> Option<ErrorClass> {
        match self {
            Self::Requested => None,
            Self::Task(_) => Some(ErrorClass::Bug),
        }
    }
}

fn part(clock: &ManualClock) -> (Part, std::sync::Arc<Mutex<PartState>>) {
    let state = std::sync::Arc::new(Mutex::new(PartState::Running));
    let shown = std::sync::Arc::clone(&state);
    let show = move |state: &PartState| *shown.lock().unwrap() = state.clone();
    (Part::new("reactor issuance", clock.clone(), show), state)
}

fn away() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the log is away")
        .caused_by(std::io::Error::other("no route"))
}

fn health(state: &Mutex<PartState>, now: Timestamp) -> Health {
    let part = PartHealth {
        part: "reactor issuance".into(),
        state: state.lock().unwrap().clone(),
        is_ready: true,
        was_ready: true,
        stuck_since: None,
    };
    Health::of(vec![part], now, MINUTE)
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_pause_that_lasts_is_not_ready_and_names_its_causes() {
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let (part, state) = part(&clock);
    let now = || minwon_core::Clock::now(&clock);
    part.pause(ErrorClass::Passing, &away(), Duration::from_secs(1));
    assert!(health(&state, now()).ready);
    clock.advance(MINUTE);
    part.pause(ErrorClass::Passing, &away(), Duration::from_secs(1));
    let health_then = health(&state, now());
    assert!(!health_then.ready && health_then.live);
    let said = health_then.to_string();
    assert!(
        said.contains("no route") && said.contains("paused (passing)"),
        "{said}"
    );
    part.progressed();
    assert!(health(&state, now()).ready);
    assert_eq!(health(&state, now()).parts[0].advice(), None);
}

/// Who opens and fails again, again and again, has not gone on.
#[test]
fn a_part_that_relapses_has_been_paused_all_the_time() {
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let (part, state) = part(&clock);
    for _ in 0..20 {
        part.pause(ErrorClass::Contended, &away(), Duration::from_secs(5));
        clock.advance(Duration::from_secs(5));
        part.go_on();
    }
    part.pause(ErrorClass::Contended, &away(), Duration::from_secs(5));
    assert!(!health(&state, minwon_core::Clock::now(&clock)).ready);
    part.progressed();
    part.pause(ErrorClass::Contended, &away(), Duration::from_secs(5));
    assert!(health(&state, minwon_core::Clock::now(&clock)).ready);
}

#[tokio::test]
async fn a_panic_ends_a_part_and_shows_at_once() {
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let (part, state) = part(&clock);
    let task = PartTask::<Reason>::spawn(part, async { panic!("no clerk 17, on purpose") });
    let ending = task.ended().await;
    assert!(
        matches!(ending, Reason::Task(TaskError::Panicked { .. })),
        "{ending}"
    );
    let health = health(&state, Timestamp::UNIX_EPOCH);
    assert!(!health.live && !health.ready);
    assert!(health.to_string().contains("no clerk 17"), "{health}");
}

#[tokio::test]
async fn an_end_on_request_is_no_failure() {
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let (part, state) = part(&clock);
    let task = PartTask::spawn(part, async { Reason::Requested });
    assert!(matches!(task.ended().await, Reason::Requested));
    let state = state.lock().unwrap();
    assert!(state.has_stopped() && !state.has_failed());
}

/// A task that a runtime leaves at its end is cancelled, and has not panicked.
#[test]
fn a_cancelled_task_is_no_panic() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let handle = runtime.spawn(std::future::pending::<()>());
    drop(runtime);
    let joined = futures_executor::block_on(joined(handle));
    assert_eq!(joined, Err(TaskError::Cancelled));
}

#[test]
fn only_where_somebody_has_to_act_a_part_ends() {
    let policy = RestartPolicy::default();
    let long = Duration::from_secs(5);
    for class in [
        ErrorClass::Passing,
        ErrorClass::Contended,
        ErrorClass::Newer,
    ] {
        assert_eq!(policy.next(class, 1_000), Some(long), "{class:?}");
    }
    for class in [ErrorClass::Damaged, ErrorClass::Bug] {
        assert_eq!(policy.next(class, 1), None, "{class:?}");
    }
    // Servers refuse for a moment while they start.
    assert!(policy.next(ErrorClass::Misconfigured, 1).is_some());
    assert_eq!(policy.next(ErrorClass::Misconfigured, 10), None);
}

#[test]
fn jitter_shortens_pauses_and_follows_from_its_seed() {
    let plain = RestartPolicy::default();
    let one = RestartPolicy::default().jitter(1);
    let other = RestartPolicy::default().jitter(2);
    let pauses = |policy: &RestartPolicy| (1..20).map(|n| policy.pause(n)).collect::<Vec<_>>();
    assert_eq!(pauses(&one), pauses(&RestartPolicy::default().jitter(1)));
    assert_ne!(pauses(&one), pauses(&other));
    for (jittered, full) in pauses(&one).into_iter().zip(pauses(&plain)) {
        assert!(
            jittered <= full && jittered >= full / 2,
            "{jittered:?} of {full:?}"
        );
    }
}

#[test]
fn each_kind_of_trouble_of_a_store_has_its_class() {
    let class = |kind| StoreError::new(kind, "x").class();
    assert_eq!(class(StoreErrorKind::Unavailable), ErrorClass::Passing);
    assert_eq!(class(StoreErrorKind::ReadOnly), ErrorClass::Passing);
    assert_eq!(class(StoreErrorKind::NewerVersion), ErrorClass::Newer);
    assert_eq!(class(StoreErrorKind::Corrupt), ErrorClass::Damaged);
    assert_eq!(
        class(StoreErrorKind::Misconfigured),
        ErrorClass::Misconfigured
    );
    assert_eq!(class(StoreErrorKind::Closed), ErrorClass::Bug);
}
