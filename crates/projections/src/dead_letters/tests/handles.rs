//! Several that write to the same queues.

use std::collections::HashSet;

use futures_util::{FutureExt as _, future::join_all};
use minwon_core::testing::ManualClock;

use super::*;
use crate::testing::Gate;

/// A clock that stands: all that happens, happens at the same instant.
fn standing() -> ManualClock {
    ManualClock::auto_advancing(Timestamp::UNIX_EPOCH)
}

/// 1,300 letters of one type are more than KurrentDB takes at once.
#[test]
fn what_is_too_large_for_one_append_is_written_in_parts() {
    run(async {
        let store = MemoryStore::new().append_bytes_max(20_000);
        let letters = letters(&store, &standing());
        let all: Vec<_> = (0..1_300)
            .map(|n| added(NOTIFIER, &event_ref(&format!("p-{n}"), 0)))
            .collect();
        letters.record(all.clone()).await.unwrap();
        assert_eq!(queue_events(&store).await, all);
    });
}

#[test]
fn what_is_true_already_is_not_written_again() {
    run(async {
        let (store, event) = (MemoryStore::new(), event_ref("p-1", 0));
        let letters = letters(&store, &standing());
        for _ in 0..3 {
            letters.record(vec![added(NOTIFIER, &event)]).await.unwrap();
        }
        let of_other = added(AGENCY, &event);
        letters.record(vec![of_other.clone()]).await.unwrap();
        letters.record(Vec::new()).await.unwrap();
        assert_eq!(
            queue_events(&store).await,
            [added(NOTIFIER, &event), of_other]
        );
        assert_eq!(written(&store).await.len(), 3, "one queue was opened, once");
    });
}

#[test]
fn of_several_that_speak_of_one_event_the_first_counts() {
    run(async {
        let (store, event) = (MemoryStore::new(), event_ref("p-1", 0));
        let letters = letters(&store, &standing());
        let both = vec![parked(NOTIFIER, &event), added(NOTIFIER, &event)];
        letters.record(both).await.unwrap();
        assert_eq!(queue_events(&store).await, [parked(NOTIFIER, &event)]);
    });
}

/// A handle that has read nothing, or not lately, must not take its memory for the queue.
#[test]
fn an_old_view_loses_nothing() {
    run(async {
        let (store, event) = (MemoryStore::new(), event_ref("p-1", 0));
        let (one, other) = (letters(&store, &standing()), letters(&store, &standing()));
        one.record(vec![added(NOTIFIER, &event)]).await.unwrap();
        let release = vec![released(NOTIFIER, &event)];
        other.record(release.clone()).await.unwrap();
        one.record(vec![added(NOTIFIER, &event)]).await.unwrap();
        other.record(release).await.unwrap();
        let (add, release) = (added(NOTIFIER, &event), released(NOTIFIER, &event));
        let expected = [add.clone(), release.clone(), add, release];
        assert_eq!(queue_events(&store).await, expected);
    });
}

/// The ids of events stay apart where clocks do not.
#[test]
fn twins_at_one_instant_do_not_take_the_words_of_the_other_for_their_own() {
    run(async {
        let (store, event) = (MemoryStore::new(), event_ref("p-1", 0));
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let (one, other) = (letters(&store, &clock), letters(&store, &clock));
        one.record(vec![added(NOTIFIER, &event)]).await.unwrap();
        let request = retry_requested(NOTIFIER, &event);
        one.record(vec![request.clone()]).await.unwrap();
        other.refresh().await.unwrap();
        let failed = |text| vec![retry_failed(NOTIFIER, &event, text)];
        one.record(failed("first")).await.unwrap();
        other.record(failed("second")).await.unwrap();
        one.record(vec![request]).await.unwrap();
        other.record(failed("third")).await.unwrap();
        let ids: HashSet<_> = written(&store).await.iter().map(|(e, _)| e.id()).collect();
        let events = queue_events(&store).await;
        assert_eq!((events.len(), ids.len()), (5, 6), "{events:?}");
        one.refresh().await.unwrap();
        other.refresh().await.unwrap();
        let books = [one.look(Clone::clone), other.look(Clone::clone)];
        assert_eq!(books[0], books[1], "also the times are the same");
    });
}

#[test]
fn whoever_wrote_and_whoever_reads_know_the_same() {
    run(async {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let store = MemoryStore::with_clock(standing());
        let (writer, reader) = (letters(&store, &clock), letters(&store, &clock));
        for version in 0..5 {
            let event = event_ref("p-1", version);
            clock.advance(Duration::from_secs(1));
            writer.record(vec![added(NOTIFIER, &event)]).await.unwrap();
        }
        reader.refresh().await.unwrap();
        let book = writer.look(Clone::clone);
        assert_eq!(reader.look(Clone::clone), book);
        assert_eq!(book.letters().count(), 5);
    });
}

/// Every order and every repeat of what a feed brings leads to what a refresh leads to.
#[test]
fn what_is_observed_is_what_the_queues_hold() {
    run(async {
        // Its clock is not the writer's.
        let elsewhere = standing();
        elsewhere.advance(Duration::from_secs(99));
        let store = MemoryStore::with_clock(elsewhere);
        let writer = letters(&store, &standing());
        for version in 0..6 {
            let event = event_ref("p-1", version);
            let event = of_type(&event, ["Received", "Submitted"][version as usize % 2]);
            writer.record(vec![added(NOTIFIER, &event)]).await.unwrap();
            if version % 3 == 0 {
                writer
                    .record(vec![released(NOTIFIER, &event)])
                    .await
                    .unwrap();
            }
        }
        let expected = writer.look(Clone::clone);
        let in_order: Vec<_> = written(&store).await.into_iter().map(|(e, _)| e).collect();
        let backwards = in_order.iter().rev().cloned().collect();
        let twice = in_order
            .iter()
            .flat_map(|e| [e.clone(), e.clone()])
            .collect();
        let last: Vec<_> = in_order.iter().skip(4).cloned().collect();
        let (first, end) = (in_order.iter().take(2), in_order.iter().rev().take(2));
        let with_a_gap = first.chain(end).cloned().collect();
        for seen in [in_order, backwards, twice, last, with_a_gap] {
            let reader = letters(&store, &standing());
            for event in seen {
                reader.observe(&event).await.unwrap();
            }
            reader.refresh().await.unwrap();
            assert_eq!(reader.look(Clone::clone), expected);
        }
    });
}

#[test]
fn a_feed_alone_is_enough() {
    run(async {
        let (store, event) = (MemoryStore::new(), event_ref("p-1", 0));
        let (writer, reader) = (letters(&store, &standing()), letters(&store, &standing()));
        writer.record(vec![added(NOTIFIER, &event)]).await.unwrap();
        for (recorded, event) in written(&store).await {
            assert_eq!(reader.observe(&recorded).await.unwrap(), Some(event));
        }
        let count = reader.look(|book| book.letters().count());
        assert_eq!(count, 1);
    });
}

#[test]
fn a_queue_that_cannot_be_read_is_an_error() {
    run(async {
        let log = Log::new();
        let writer = letters(&log.store, &standing());
        writer
            .record(vec![added(NOTIFIER, &event_ref("p-1", 0))])
            .await
            .unwrap();
        let (event, _) = written(&log.store).await.pop().unwrap();
        let mut unread = crate::testing::numbered("p-1", 9, 9);
        unread.event_type = event.event_type.clone();
        unread.schema_version = minwon_core::SchemaVersion::new(2);
        let end = ExpectedVersion::Exactly(event.version);
        log.store
            .append(&event.stream, end, &[unread])
            .await
            .unwrap();
        let reader = letters(&log.store, &standing());
        let error = reader.refresh().await.unwrap_err();
        assert!(
            matches!(error, DeadLetterError::Unreadable { .. }),
            "{error}"
        );
        assert!(error.to_string().contains("update this program"), "{error}");
        let known = reader.look(|book| book.letters().count());
        assert_eq!(known, 1, "what stands before it is known");
    });
}

#[test]
fn whoever_looks_does_not_wait_for_a_store_that_does_not_answer() {
    run(async {
        let store = MemoryStore::new();
        let event = event_ref("p-1", 0);
        let writer = letters(&store, &standing());
        writer.record(vec![added(NOTIFIER, &event)]).await.unwrap();
        // The directory and the queue once, and not again.
        let reader = letters(&Gate::before(&store, 2), &standing());
        reader.refresh().await.unwrap();
        let mut hanging = std::pin::pin!(reader.refresh());
        assert!(hanging.as_mut().now_or_never().is_none());
        let looked = reader.look(|book| book.letters().count());
        assert_eq!(looked, 1);
        // Nor does whoever follows a feed, as to what is known.
        for (recorded, event) in written(&store).await {
            let observed = reader.observe(&recorded).now_or_never();
            assert_eq!(observed.unwrap().unwrap(), Some(event));
        }
    });
}

#[test]
fn those_who_read_at_once_share_a_read_that_began_after_they_asked() {
    run(async {
        let store = MemoryStore::new();
        let writer = letters(&store, &standing());
        let add = async |version| {
            let event = event_ref("p-1", version);
            writer.record(vec![added(NOTIFIER, &event)]).await.unwrap();
        };
        add(0).await;
        let gated = Gate::before(&store, 0);
        let reader = letters(&gated, &standing());
        let known = async || {
            reader.refresh().await.unwrap();
            reader.look(|book| book.letters().count())
        };
        let mut first = Box::pin(known());
        assert!(first.as_mut().now_or_never().is_none());
        // It has read the directory, and then the queue is read before this is in it.
        gated.hook().permits.add_permits(1);
        assert!(first.as_mut().now_or_never().is_none());
        let mut others = Box::pin(join_all((0..16).map(|_| known())));
        assert!(others.as_mut().now_or_never().is_none());
        add(1).await;
        gated.hook().permits.add_permits(100);
        assert_eq!(first.await, 2);
        assert_eq!(others.await, [2; 16]);
        assert_eq!(gated.hook().reads(), 4, "two times two streams");
    });
}
