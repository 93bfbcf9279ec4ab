use proptest::prelude::*;

use super::*;

/// Some steps of some events of two consumers, each with when it happened.
fn steps() -> impl Strategy<Value = Vec<(DeadLetterEvent, Timestamp)>> {
    let step = (proptest::sample::select(&STEPS[..]), 0..2_u64, 0..7_u64);
    prop::collection::vec(step, 0..60).prop_map(|steps| {
        let timed = steps.into_iter().zip(0..);
        timed
            .map(|((step, of, number), seconds)| (step.of(consumer(of), number), at(seconds)))
            .collect()
    })
}

fn book<'a>(steps: impl IntoIterator<Item = &'a (DeadLetterEvent, Timestamp)>) -> DeadLetterBook {
    let mut book = DeadLetterBook::default();
    for (event, at) in steps {
        book.apply(event, *at);
    }
    book
}

proptest! {
    #[test]
    fn what_is_news_changes_the_book_and_nothing_else_does(steps in steps()) {
        let mut book = DeadLetterBook::default();
        for (event, at) in &steps {
            let (before, is_news) = (book.clone(), book.is_news(event));
            book.apply(event, *at);
            prop_assert_eq!(is_news, book != before, "{:?}", event);
        }
    }

    #[test]
    fn the_order_in_which_queues_are_read_does_not_matter(steps in steps()) {
        let is_first = |step: &&(DeadLetterEvent, Timestamp)| {
            step.0.event_type().as_str() == "GeneralReceived"
        };
        let (first, second): (Vec<_>, Vec<_>) = steps.iter().partition(is_first);
        let as_written = book(&steps);
        prop_assert_eq!(&book(first.iter().chain(&second).copied()), &as_written);
        prop_assert_eq!(&book(second.iter().chain(&first).copied()), &as_written);
    }

    #[test]
    fn a_key_is_blocked_while_something_of_it_is_held_back(steps in steps()) {
        let book = book(&steps);
        let mut letters_of_all = 0;
        for (_, letters) in book.consumers() {
            for key in ["p-0", "p-1"] {
                let held: Vec<_> = letters.held(key).collect();
                prop_assert_eq!(letters.is_blocked(key), !held.is_empty());
                prop_assert_eq!(letters.keys().any(|blocked| blocked == key), !held.is_empty());
                prop_assert!(held.is_sorted_by_key(|held| held.event.position));
                prop_assert!(held.iter().all(|held| !letters.is_given_up(held.event.id)));
                letters_of_all += held.iter().filter(|held| held.is_letter()).count();
            }
        }
        prop_assert_eq!(book.letters().count(), letters_of_all);
        prop_assert_eq!(book.groups().values().sum::<u64>(), letters_of_all as u64);
    }

    #[test]
    fn what_was_skipped_stays_so(steps in steps()) {
        let mut book = DeadLetterBook::default();
        let mut given_up = std::collections::BTreeSet::new();
        for (event, at) in &steps {
            let is_news = book.is_news(event);
            book.apply(event, *at);
            let (consumer, _) = event.consumer_and_key().unwrap();
            let id = event.event().unwrap().id;
            // An event whose compensation failed is a letter again.
            if is_news && matches!(event, DeadLetterEvent::Skipped(_)) {
                given_up.insert((consumer.clone(), id));
            }
            for (consumer, id) in &given_up {
                prop_assert!(book.of(consumer).unwrap().is_given_up(*id));
            }
        }
    }
}
