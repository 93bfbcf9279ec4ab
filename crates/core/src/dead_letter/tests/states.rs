use super::*;
use Step::{Add, Compensate, Fail, Park, Release, Request, Skip};

/// How an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    Free,
    Waits,
    Letter,
    Asked,
    GivenUp,
}

use Stands::{Asked, Free, GivenUp, Letter, Waits};

/// How an event comes to stand so.
fn reach(stands: Stands) -> DeadLetterBook {
    let steps: &[Step] = match stands {
        Free => &[],
        Waits => &[Park],
        Letter => &[Add],
        Asked => &[Add, Request],
        GivenUp => &[Skip],
    };
    let mut book = DeadLetterBook::default();
    for step in steps {
        book.apply(&step.of(consumer(0), 0), at(1));
    }
    book
}

fn stands(book: &DeadLetterBook) -> Stands {
    let Some(letters) = book.of(&consumer(0)) else {
        return Free;
    };
    let held = letters.find("p-0", &event_ref(0));
    match (letters.is_given_up(event_ref(0).id), held) {
        (true, held) => {
            assert_eq!(held, None);
            GivenUp
        }
        (false, None) => Free,
        (false, Some(held)) if held.is_retry_requested() => Asked,
        (false, Some(held)) if held.is_letter() => Letter,
        (false, Some(_)) => Waits,
    }
}

#[test]
fn every_step_leads_where_it_should() {
    let table = [
        (Free, [Letter, Waits, Free, Free, Free, GivenUp, GivenUp]),
        (Waits, [Letter, Waits, Waits, Waits, Free, GivenUp, GivenUp]),
        (
            Letter,
            [Letter, Letter, Asked, Letter, Free, GivenUp, GivenUp],
        ),
        (Asked, [Asked, Asked, Asked, Letter, Free, GivenUp, GivenUp]),
        (GivenUp, [GivenUp; 7]),
    ];
    assert_eq!(STEPS, [Add, Park, Request, Fail, Release, Skip, Compensate]);
    for (from, expected) in table {
        for (step, expected) in STEPS.into_iter().zip(expected) {
            let mut book = reach(from);
            assert_eq!(stands(&book), from);
            book.apply(&step.of(consumer(0), 0), at(2));
            assert_eq!(stands(&book), expected, "{from:?}, {step:?}");
            assert_eq!(
                book.is_news(&step.of(consumer(1), 0)),
                matches!(step, Add | Park | Skip | Compensate),
                "another consumer's"
            );
        }
    }
}

#[test]
fn a_letter_keeps_its_last_failure_and_counts_all_tries() {
    let mut book = reach(Asked);
    book.apply(&Fail.of(consumer(0), 0), at(9));
    let answered_by_a_twin = Fail.of(consumer(0), 0);
    assert!(
        !book.is_news(&answered_by_a_twin),
        "one request, one answer"
    );
    let letters: Vec<_> = book.letters().collect();
    let [(of, key, held)] = letters[..] else {
        panic!("{letters:?}")
    };
    assert_eq!((of, key, held.since), (&consumer(0), "p-0", at(1)));
    let expected = HeldState::Letter {
        failure: failure("port 2 is shut"),
        attempts: 6,
        retry_requested: false,
    };
    assert_eq!(held.state, expected);
    for _ in 0..2 {
        let mut failed = Fail.of(consumer(0), 0);
        if let DeadLetterEvent::RetryFailed(failed) = &mut failed {
            failed.attempts = u32::MAX;
        }
        book.apply(&Request.of(consumer(0), 0), at(10));
        book.apply(&failed, at(10));
    }
}

#[test]
fn letters_of_one_cause_are_counted_together() {
    let mut book = DeadLetterBook::default();
    for number in [0, 2, 4, 1] {
        book.apply(&Add.of(consumer(0), number), at(1));
    }
    book.apply(&Park.of(consumer(0), 3), at(1));
    let groups: Vec<_> = book.groups().into_iter().collect();
    let group = |event_type| LetterGroup {
        consumer: consumer(0),
        event_type: EventType::new(event_type).unwrap(),
        cause: "port # is shut".to_owned(),
    };
    let expected = [
        (group("GeneralApplicationSubmitted"), 3),
        (group("GeneralReceived"), 1),
    ];
    assert_eq!(groups, expected);
}

#[test]
fn what_is_held_back_of_a_key_is_in_the_order_of_the_log() {
    let mut book = DeadLetterBook::default();
    for (step, number) in [(Park, 4), (Add, 0), (Park, 2)] {
        book.apply(&step.of(consumer(0), number), at(1));
    }
    let letters = book.of(&consumer(0)).unwrap();
    let versions: Vec<_> = letters
        .held("p-0")
        .map(|held| held.event.version.get())
        .collect();
    assert_eq!(versions, [0, 2, 4]);
    assert!(!letters.is_blocked("p-1"));
    book.apply(&Release.of(consumer(0), 0), at(2));
    assert!(
        book.of(&consumer(0)).unwrap().is_blocked("p-0"),
        "two wait still"
    );
}
