//! The decisions of an operator.

use minwon_core::{Skipped, testing::ManualClock};

use super::*;
use crate::dead_letters::Traces;

fn clock() -> ManualClock {
    ManualClock::auto_advancing(Timestamp::UNIX_EPOCH)
}

/// A letter with one that waits behind it.
async fn one_letter(store: &MemoryStore) -> Letter {
    let letters = letters(store, &clock());
    let (event, behind) = (event_ref("p-1", 0), event_ref("p-1", 1));
    let events = vec![added(NOTIFIER, &event), parked(NOTIFIER, &behind)];
    letters.record(events).await.unwrap();
    let mut listed = letters
        .operator(operator())
        .list(&Selection::All)
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    listed.remove(0)
}

#[test]
fn a_skipped_event_is_given_up_and_what_waits_stays() {
    run(async {
        let store = MemoryStore::new();
        let letter = one_letter(&store).await;
        let letters = letters(&store, &clock());
        let skip = letters.operator(operator());
        let _known = letters.window(letter.event.position).await.unwrap();
        skip.skip(std::slice::from_ref(&letter), "  a duplicate ")
            .await
            .unwrap();
        let expected = Skipped {
            consumer: consumer(NOTIFIER),
            key: "p-1".to_owned(),
            event: letter.event.clone(),
            by: operator(),
            reason: "a duplicate".to_owned(),
        };
        assert_eq!(
            queue_events(&store).await.last(),
            Some(&expected.clone().into())
        );
        let (of_notifier, name) = (letters.look(Clone::clone), consumer(NOTIFIER));
        let of_notifier = of_notifier.of(&name).unwrap();
        assert!(of_notifier.is_given_up(letter.event.id));
        assert!(
            of_notifier.is_blocked("p-1"),
            "the consumer lets go of the rest"
        );
        let decisions = skip.decisions(Timestamp::UNIX_EPOCH).await.unwrap();
        let [decision] = &decisions[..] else {
            panic!("{decisions:?}")
        };
        assert_eq!(
            (&decision.by, &decision.event),
            (&operator(), &expected.into())
        );
    });
}

#[test]
fn only_letters_are_given_up_and_only_once() {
    run(async {
        let store = MemoryStore::new();
        let letter = one_letter(&store).await;
        let operator = letters(&store, &clock()).operator(operator());
        let waits = Letter {
            event: letter.parked[0].clone(),
            ..letter.clone()
        };
        let both = [letter.clone(), waits.clone()];
        let before = written(&store).await;
        for error in [
            operator.skip(&both, "tidying").await.unwrap_err(),
            operator.compensate(&waits, "tidying").await.unwrap_err(),
        ] {
            assert!(
                matches!(error, OperatorError::NotALetter { event, .. } if event == waits.event.id)
            );
        }
        assert_eq!(written(&store).await, before, "nothing was decided");
        operator.compensate(&letter, "sent by post").await.unwrap();
        let last = queue_events(&store).await.pop().unwrap();
        assert!(matches!(&last, DeadLetterEvent::Compensated(it) if it.reason == "sent by post"));
        for error in [
            operator
                .skip(std::slice::from_ref(&letter), "tidying")
                .await
                .unwrap_err(),
            operator.compensate(&letter, "tidying").await.unwrap_err(),
        ] {
            assert!(
                matches!(error, OperatorError::AlreadyGivenUp { .. }),
                "{error}"
            );
        }
        assert_eq!(queue_events(&store).await.len(), 3);
    });
}

#[test]
fn a_decision_has_a_reason_of_some_length() {
    run(async {
        let store = MemoryStore::new();
        let letter = one_letter(&store).await;
        let operator = letters(&store, &clock()).operator(operator());
        for reason in ["", " \n\t"] {
            let error = operator
                .skip(std::slice::from_ref(&letter), reason)
                .await
                .unwrap_err();
            assert!(matches!(error, OperatorError::NoReason), "{error}");
        }
        // 1,500 bytes are 500 syllables of Hangul.
        let long = "가".repeat(501);
        let error = operator.compensate(&letter, &long).await.unwrap_err();
        assert!(matches!(
            error,
            OperatorError::ReasonTooLong { bytes: 1_503 }
        ));
        operator
            .compensate(&letter, &"가".repeat(500))
            .await
            .unwrap();
    });
}

/// Both have seen the letter. Only one decision is written, and the other operator gets an error
/// that says so.
#[test]
fn of_two_operators_one_decides() {
    run(async {
        let store = MemoryStore::new();
        let letter = one_letter(&store).await;
        let other = ActorId::new("operator-2").unwrap();
        let slow = minwon_core::testing::Faulty::builder(store.clone(), 3)
            .slow_per_mille(1000, NonZeroU32::new(5).unwrap())
            .build();
        let one = letters(&slow, &clock()).operator(operator());
        let two = letters(&slow, &clock()).operator(other);
        let of_one = [letter.clone()];
        let (a, b) = futures_util::future::join(
            one.skip(&of_one, "a duplicate"),
            two.compensate(&letter, "sent by post"),
        )
        .await;
        assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
        let lost = a.and(b).unwrap_err();
        assert!(
            matches!(lost, OperatorError::AlreadyGivenUp { .. }),
            "{lost}"
        );
        assert_eq!(queue_events(&store).await.len(), 3);
    });
}

/// A handled event must not become one that a rebuild leaves out.
#[test]
fn what_is_handled_at_the_same_moment_is_not_given_up() {
    run(async {
        let store = MemoryStore::new();
        let letter = one_letter(&store).await;
        let stale = letters(&store, &clock());
        stale.refresh().await.unwrap();
        let consumer = letters(&store, &clock());
        let release = vec![released(NOTIFIER, &letter.event)];
        consumer.record(release.clone()).await.unwrap();
        let decision = Skipped {
            consumer: letter.consumer.clone(),
            key: letter.key.clone(),
            event: letter.event.clone(),
            by: operator(),
            reason: "a duplicate".to_owned(),
        };
        // As `skip` does once its check has gone through.
        let is_of_letter = operator::is_of_letter;
        let written = stale
            .write(vec![decision.into()], &Traces::default(), is_of_letter)
            .await
            .unwrap();
        assert_eq!(written, []);
        assert_eq!(queue_events(&store).await.last(), release.last());
        let late = stale
            .operator(operator())
            .skip(&[letter], "a duplicate")
            .await;
        assert!(
            matches!(late, Err(OperatorError::NotALetter { .. })),
            "{late:?}"
        );
    });
}

#[test]
fn decisions_are_listed_from_a_time_on_in_the_order_of_the_log() {
    run(async {
        let (store, clock) = (MemoryStore::new(), ManualClock::new(Timestamp::UNIX_EPOCH));
        let letters = letters(&store, &clock);
        for (number, event_type) in [(0, "Received"), (1, "Submitted"), (2, "Received")] {
            let event = of_type(&event_ref(&format!("p-{number}"), number), event_type);
            letters.record(vec![added(NOTIFIER, &event)]).await.unwrap();
        }
        let operator = letters.operator(operator());
        for letter in operator.list(&Selection::All).await.unwrap() {
            clock.advance(Duration::from_secs(10));
            operator.skip(&[letter], "a duplicate").await.unwrap();
        }
        let since = Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(20));
        let decisions = operator.decisions(since).await.unwrap();
        let versions = decisions
            .iter()
            .map(|it| it.event.event().unwrap().version.get());
        assert_eq!(versions.collect::<Vec<_>>(), [1, 2]);
        assert!(decisions.is_sorted_by_key(|decision| decision.position));
    });
}
