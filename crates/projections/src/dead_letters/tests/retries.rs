//! Retries, with a consumer that follows the queues as a running one does.

use std::{collections::BTreeSet, sync::Mutex as StdMutex};

use minwon_core::{Clock as _, Feed as _, RetryRequested};

use super::*;

const TIME_OUT: Duration = Duration::from_secs(30);

/// A simulated consumer: what it was asked for, and what it cannot handle still.
#[derive(Clone, Default)]
struct Simulated {
    asked: Arc<StdMutex<Vec<u64>>>,
    fails: Arc<BTreeSet<u64>>,
}

impl Simulated {
    fn failing_at(versions: &[u64]) -> Self {
        Self {
            fails: Arc::new(versions.iter().copied().collect()),
            ..Self::default()
        }
    }

    /// Answers every request, until it is dropped.
    async fn run(self, store: MemoryStore, clock: VirtualClock) {
        let letters = letters(&store, &clock);
        let filter = EventFilter::categories(namespace(), [dead_letter_category()]);
        let mut feed = store.feed(GlobalPosition::START, filter, NonZeroU32::MIN);
        loop {
            for recorded in feed.next().await.unwrap().events {
                let event = letters.observe(&recorded).await.unwrap().unwrap();
                if let DeadLetterEvent::RetryRequested(requested) = event {
                    clock.sleep(Duration::from_secs(1)).await;
                    letters.record(vec![self.answer(requested)]).await.unwrap();
                }
            }
        }
    }

    fn answer(&self, requested: RetryRequested) -> DeadLetterEvent {
        let version = requested.event.version.get();
        self.asked.lock().unwrap().push(version);
        if self.fails.contains(&version) {
            retry_failed(NOTIFIER, &requested.event, "still shut")
        } else {
            released(NOTIFIER, &requested.event)
        }
    }

    fn asked(&self) -> Vec<u64> {
        self.asked.lock().unwrap().clone()
    }
}

/// As many letters, each of a petition and in two queues by turns.
async fn with_letters(count: u64) -> (MemoryStore, VirtualClock) {
    with_letters_of(count, |version| format!("p-{version}")).await
}

async fn with_letters_of(
    count: u64,
    petition: impl Fn(u64) -> String,
) -> (MemoryStore, VirtualClock) {
    let (store, clock) = (MemoryStore::new(), VirtualClock::new());
    let event = |version: u64| {
        let event = event_ref(&petition(version), version);
        of_type(&event, ["Submitted", "Received"][version as usize % 2])
    };
    let events = (0..count).map(|version| added(NOTIFIER, &event(version)));
    letters(&store, &clock)
        .record(events.collect())
        .await
        .unwrap();
    (store, clock)
}

fn operator_of(store: &MemoryStore, clock: &VirtualClock) -> Operator<MemoryStore, VirtualClock> {
    letters(store, clock).operator(operator())
}

/// The versions of letters.
fn versions<'a>(letters: impl IntoIterator<Item = &'a Letter>) -> Vec<u64> {
    let version = |letter: &Letter| letter.event.version.get();
    letters.into_iter().map(version).collect()
}

/// Returns the retry's outcome while a consumer runs.
async fn retried(
    consumer: &Simulated,
    (store, clock): &(MemoryStore, VirtualClock),
    selection: &Selection,
) -> RetryReport {
    let running = tokio::spawn(consumer.clone().run(store.clone(), *clock));
    let retry = operator_of(store, clock);
    let report = retry.retry(selection, TIME_OUT).await.unwrap();
    running.abort();
    report
}

#[test]
fn where_the_probe_fails_nothing_else_is_asked_for() {
    run(async {
        let stores = with_letters(5).await;
        let consumer = Simulated::failing_at(&[0]);
        let report = retried(&consumer, &stores, &Selection::All).await;
        assert_eq!(consumer.asked(), [0]);
        let [probe] = &report.results[..] else {
            panic!("{report:?}")
        };
        let expected = RetryOutcome::FailedAgain {
            failure: failure("still shut"),
            attempts: 5,
        };
        assert_eq!(probe.outcome, expected);
        assert_eq!(versions(&report.not_requested), [1, 2, 3, 4]);
        assert!(!report.is_complete());
    });
}

#[test]
fn where_the_probe_goes_through_all_follow() {
    run(async {
        let stores = with_letters(150).await;
        let consumer = Simulated::default();
        // A portion of 64 takes this consumer 64 seconds.
        let running = tokio::spawn(consumer.clone().run(stores.0.clone(), stores.1));
        let operator = operator_of(&stores.0, &stores.1);
        let time_out = Duration::from_secs(100);
        let report = operator.retry(&Selection::All, time_out).await.unwrap();
        running.abort();
        assert!(report.is_complete(), "{report:?}");
        let released = report
            .results
            .iter()
            .all(|it| it.outcome == RetryOutcome::Released);
        assert!(released && report.results.len() == 150);
        assert_eq!(operator.list(&Selection::All).await.unwrap(), []);
        // No letter is asked for before all of the portion before it are answered.
        let asked = consumer.asked();
        let portions = [&asked[..1], &asked[1..65], &asked[65..129], &asked[129..]];
        for (portion, first) in portions.into_iter().zip([0, 1, 65, 129]) {
            assert_eq!(portion.iter().min(), Some(&first));
            assert!(portion.iter().all(|version| *version < first + 64));
        }
    });
}

#[test]
fn letters_of_one_key_are_asked_for_in_the_order_of_the_log() {
    run(async {
        let stores = with_letters_of(6, |_| "p-1".to_owned()).await;
        let consumer = Simulated::failing_at(&[4]);
        let report = retried(&consumer, &stores, &Selection::All).await;
        assert_eq!(consumer.asked(), [0, 1, 2, 3, 4]);
        assert_eq!(versions(&report.not_requested), [5]);
    });
}

#[test]
fn a_failure_stops_after_its_portion() {
    run(async {
        let stores = with_letters_of(8, |version| format!("p-{}", version % 4)).await;
        let consumer = Simulated::failing_at(&[2]);
        let report = retried(&consumer, &stores, &Selection::All).await;
        // The probe is 0; then each key has its turn: 1, 2, 3 and, of the probe's key, 4.
        assert_eq!(report.results.len(), 5);
        let failed = report.results.iter().filter(|it| !it.outcome.is_gone());
        assert_eq!(versions(failed.map(|result| &result.letter)), [2]);
        assert_eq!(versions(&report.not_requested), [5, 6, 7]);
    });
}

#[test]
fn a_plan_has_the_portions_and_writes_nothing() {
    run(async {
        let (store, clock) = with_letters_of(140, |v| format!("p-{}", v.min(137))).await;
        let before = written(&store).await.len();
        let operator = operator_of(&store, &clock);
        let plan = operator.plan(&Selection::All).await.unwrap();
        let sizes: Vec<_> = plan.portions.iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 64, 64, 9, 1, 1], "three are of one key");
        assert_eq!(written(&store).await.len(), before);
        let none = Selection::Key("p-999".to_owned());
        assert_eq!(operator.plan(&none).await.unwrap(), RetryPlan::default());
        let report = operator.retry(&none, TIME_OUT).await.unwrap();
        assert!(report.is_complete() && report.results.is_empty());
    });
}

#[test]
fn a_consumer_that_does_not_run_is_noticed() {
    run(async {
        let (store, clock) = with_letters(3).await;
        let (operator, began) = (operator_of(&store, &clock), clock.now());
        let report = operator.retry(&Selection::All, TIME_OUT).await.unwrap();
        assert_eq!(report.results[0].outcome, RetryOutcome::NoAnswer);
        assert_eq!(versions(&report.not_requested), [1, 2]);
        assert!(clock.now() >= began.saturating_add(TIME_OUT));
        assert!(clock.now() < began.saturating_add(TIME_OUT + Duration::from_secs(1)));
        let listed = operator.list(&Selection::All).await.unwrap();
        let requested: Vec<_> = listed.iter().map(|letter| letter.retry_requested).collect();
        assert_eq!(requested, [true, false, false]);
        // Asked for once more, it is still one request: whoever starts the consumer gets all done.
        let consumer = Simulated::default();
        let report = retried(&consumer, &(store.clone(), clock), &Selection::All).await;
        assert!(report.is_complete(), "{report:?}");
        let is_request =
            |event: &DeadLetterEvent| matches!(event, DeadLetterEvent::RetryRequested(_));
        let requests = queue_events(&store)
            .await
            .iter()
            .filter(|event| is_request(event))
            .count();
        assert_eq!(requests, 3);
    });
}

#[test]
fn two_operators_who_retry_at_once_both_get_their_answers() {
    run(async {
        let (store, clock) = with_letters(20).await;
        let consumer = Simulated::default();
        let running = tokio::spawn(consumer.clone().run(store.clone(), clock));
        let (one, two) = (operator_of(&store, &clock), operator_of(&store, &clock));
        let (a, b) = futures_util::future::join(
            one.retry(&Selection::All, TIME_OUT),
            two.retry(&Selection::All, TIME_OUT),
        )
        .await;
        running.abort();
        assert!(a.unwrap().is_complete() && b.unwrap().is_complete());
        let asked = consumer.asked();
        let once: BTreeSet<_> = asked.iter().collect();
        assert_eq!(
            (asked.len(), once.len()),
            (20, 20),
            "each was asked for once"
        );
    });
}

/// A letter that was handled before anybody asked is no probe for the others.
#[test]
fn what_is_released_meanwhile_is_released_and_the_next_is_the_probe() {
    run(async {
        let (store, clock) = with_letters(4).await;
        let letters = letters(&store, &clock);
        let operator = letters.operator(operator());
        let listed = operator.list(&Selection::All).await.unwrap();
        let consumer = self::letters(&store, &clock);
        consumer
            .record(vec![released(NOTIFIER, &listed[0].event)])
            .await
            .unwrap();
        // As `retry` goes on once it has listed.
        let simulated = Simulated::failing_at(&[1]);
        let running = tokio::spawn(simulated.clone().run(store.clone(), clock));
        let report = operator.retry_listed(listed, TIME_OUT).await.unwrap();
        running.abort();
        assert_eq!(simulated.asked(), [1]);
        assert_eq!(report.results[0].outcome, RetryOutcome::Released);
        assert!(matches!(
            report.results[1].outcome,
            RetryOutcome::FailedAgain { .. }
        ));
        assert_eq!(versions(&report.not_requested), [2, 3]);
    });
}

#[test]
fn what_is_skipped_while_one_waits_is_given_up() {
    run(async {
        let (store, clock) = with_letters(1).await;
        let operator = operator_of(&store, &clock);
        let listed = operator.list(&Selection::All).await.unwrap();
        let skip = async {
            clock.sleep(Duration::from_secs(2)).await;
            operator_of(&store, &clock)
                .skip(&listed, "a duplicate")
                .await
        };
        let retry = operator.retry(&Selection::All, TIME_OUT);
        let (report, skipped) = futures_util::future::join(retry, skip).await;
        skipped.unwrap();
        assert_eq!(report.unwrap().results[0].outcome, RetryOutcome::GivenUp);
        assert!(clock.now() < Timestamp::UNIX_EPOCH.saturating_add(TIME_OUT));
    });
}
