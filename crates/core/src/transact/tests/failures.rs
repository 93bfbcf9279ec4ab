//! Failures: which are tried again, and which the caller sees.

use std::error::Error;

use super::{
    account::{
        Account, AccountCommand, AccountRejection, Answer, append, balance, close, command, give,
        handler, id, pay_in, pay_out, recorded, stream,
    },
    probe::{Fault, Probe},
};
use crate::{
    AppendError, Clock, CodecError, CommandHandler, EventFault, EventType, FaultKind, Timestamp,
    TransactError,
    testing::{ManualClock, sample_event},
};
use futures_executor::block_on;

#[test]
fn a_conflict_is_decided_anew() {
    let store = Probe::default();
    let (one, two) = (handler(&store), handler(&store));
    for round in 0..5 {
        give(&one, &pay_in(&format!("one {round}"), 1)).unwrap();
        give(&two, &pay_in(&format!("two {round}"), 10)).unwrap();
    }
    assert_eq!((balance(&one), balance(&two)), (55, 55));
}

#[test]
fn conflicts_are_retried_so_often_and_no_more() {
    for (retries, conflicts, succeeds) in
        [(10, 10, true), (10, 11, false), (0, 1, false), (3, 3, true)]
    {
        let store = Probe::default();
        let handler = handler(&store).conflict_retries_max(retries);
        give(&handler, &pay_in("before", 1)).unwrap();
        store.calls();
        store.will(vec![Fault::Conflict; conflicts]);
        match give(&handler, &pay_in("a", 10)) {
            Ok(_) => assert!(succeeds, "{conflicts} conflicts, {retries} retries"),
            Err(TransactError::Contended { attempts, .. }) => {
                assert!(!succeeds, "{conflicts} conflicts, {retries} retries");
                assert_eq!(attempts, retries + 1);
            }
            Err(error) => panic!("{error}"),
        }
        let (appends, _) = store.calls();
        assert_eq!(appends, 1 + retries.min(conflicts as u32));
    }
}

#[test]
fn retries_pause_by_the_timer_but_not_the_first_time() {
    for fault in [Fault::Conflict, Fault::LostRequest] {
        for (times, pauses) in [(1, 0), (2, 1), (3, 2)] {
            let store = Probe::default();
            let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
            let handler = CommandHandler::new(store.clone(), Account::new(), clock.clone());
            give(&handler, &pay_in("before", 1)).unwrap();
            store.will(vec![fault; times]);
            give(&handler, &pay_in("a", 10)).unwrap();
            assert_eq!(clock.sleeps(), pauses, "{times} times {fault:?}");
            assert_eq!(clock.now() > Timestamp::UNIX_EPOCH, pauses > 0);
        }
    }
}

#[test]
fn an_unknown_outcome_is_asked_for_again() {
    use Fault::{LostAcknowledgement, LostRequest};
    for faults in [
        vec![LostAcknowledgement],
        vec![LostRequest],
        vec![LostRequest, LostAcknowledgement],
        vec![LostAcknowledgement; 3],
        vec![LostRequest; 3],
    ] {
        let store = Probe::default();
        let handler = handler(&store);
        store.will(faults.clone());
        let outcome = give(&handler, &pay_in("a", 10)).unwrap();
        assert_eq!(recorded(store.inner()).len(), 1, "{faults:?}");
        assert_eq!(outcome.version, Some(recorded(store.inner())[0].version));
        give(&handler, &pay_in("b", 10)).unwrap();
        assert_eq!(balance(&handler), 20, "{faults:?}");
    }
}

#[test]
fn an_outcome_unknown_for_good_is_reported() {
    let store = Probe::default();
    let handler = handler(&store);
    store.will([Fault::LostRequest; 4]);
    let error = give(&handler, &pay_in("a", 10)).unwrap_err();
    assert!(
        matches!(error, TransactError::OutcomeUnknown { .. }),
        "{error}"
    );
    assert_eq!(store.calls().0, 4, "appends");
    advises(&error, "send it again with the same id", true);
    give(&handler, &pay_in("a", 10)).unwrap();
    assert_eq!(balance(&handler), 10);
}

/// Says what to do, and keeps the cause if there is one.
fn advises(error: &(dyn Error + 'static), advice: &str, has_source: bool) {
    let text = error.to_string();
    assert!(text.contains(advice), "{text}");
    assert_eq!(error.source().is_some(), has_source, "{text}");
    if let Some(source) = error.source() {
        assert!(
            !text.contains(&source.to_string()),
            "the cause stands there once: {text}"
        );
    }
}

fn failing(answer: Answer) -> TransactError<AccountRejection> {
    answer.expect_err("this should fail")
}

#[test]
fn a_stream_of_another_category_is_refused() {
    let handler = handler(&Probe::default());
    let other = "general_Petition-1".parse().unwrap();
    let error = failing(block_on(handler.transact(&other, &pay_in("a", 1))));
    assert!(matches!(error, TransactError::WrongCategory { .. }));
    advises(&error, "send the command to the aggregate it is for", false);
    let state = block_on(handler.state(&other));
    assert!(matches!(state, Err(TransactError::WrongCategory { .. })));
}

#[test]
fn a_rejection_keeps_the_words_of_the_domain() {
    let handler = handler(&Probe::default());
    give(&handler, &close("a")).unwrap();
    let error = failing(give(&handler, &pay_in("b", 1)));
    assert!(matches!(error, TransactError::Rejected { index: 0, .. }));
    advises(&error, "the account is closed", false);
}

#[test]
fn contention_is_reported() {
    let store = Probe::default();
    let handler = handler(&store).conflict_retries_max(0);
    give(&handler, &pay_in("before", 1)).unwrap();
    store.will([Fault::Conflict]);
    let error = failing(give(&handler, &pay_in("a", 1)));
    advises(&error, "send the command again later", false);
    assert!(error.rejection().is_none());
}

#[test]
fn a_stream_that_cannot_be_read_is_reported() {
    let store = Probe::default();
    let handler = handler(&store);
    store.go_down();
    let error = failing(give(&handler, &pay_out("a", 1)));
    assert!(matches!(error, TransactError::Load { .. }));
    advises(&error, "send the command again with the same id", true);
    let cause = error.source().unwrap().source().expect("the cause's cause");
    assert_eq!(cause.to_string(), "no route to host");
}

#[test]
fn a_failed_append_is_reported_and_leaves_the_handler_usable() {
    let store = Probe::default();
    let handler = handler(&store);
    give(&handler, &pay_in("a", 1)).unwrap();
    store.will([Fault::Unavailable]);
    let error = failing(give(&handler, &pay_in("b", 1)));
    let TransactError::Append(cause) = &error else {
        panic!("{error}");
    };
    assert!(matches!(**cause, AppendError::Store { .. }));
    advises(&error, "nothing has changed", true);
    give(&handler, &pay_in("b", 1)).unwrap();
    assert_eq!(balance(&handler), 2);
}

#[test]
fn an_append_that_is_too_large_is_reported() {
    let handler = handler(&Probe::default());
    let error = failing(give(
        &handler,
        &command("a", AccountCommand::PayIn(vec![1; 5000])),
    ));
    let cause = error.source().expect("what the store says").to_string();
    assert!(cause.contains("split it"), "{cause}");
}

#[test]
fn an_event_that_cannot_be_written_is_reported() {
    // No event of an account is like that, so the error is made by hand.
    let name = "GeneralPaidIn".to_owned();
    let error = TransactError::<AccountRejection>::Unencodable {
        stream: stream(),
        source: Box::new(CodecError::UnknownType { name }),
    };
    advises(&error, "correct its type", true);
}

#[test]
fn an_event_that_cannot_be_read_stops_the_stream() {
    for (event_type, payload) in [
        ("GeneralPaidIn", r#"{"amount":"#),
        ("GeneralPaidSideways", "{}"),
        ("CarPaidIn", r#"{"amount":1}"#),
    ] {
        let store = Probe::default();
        let handler = handler(&store);
        give(&handler, &pay_in("a", 1)).unwrap();
        let mut event = sample_event("bad");
        event.event_type = EventType::new(event_type).unwrap();
        event.payload = payload.into();
        append(store.inner(), &[event]);
        let error = failing(give(&handler, &pay_in("b", 1)));
        assert!(
            matches!(&error, TransactError::Unreadable { version, .. } if version.get() == 1),
            "{error:?}"
        );
        advises(&error, "add the upcaster, update the program", true);
        assert!(
            recorded(store.inner())
                .iter()
                .all(|e| e.metadata.command_id() != id("b"))
        );
    }
}

#[test]
fn nobody_decides_on_a_stream_with_an_event_that_the_store_cannot_read() {
    for kind in [FaultKind::Foreign, FaultKind::Damaged, FaultKind::Newer] {
        let store = Probe::default();
        let handler = handler(&store);
        give(&handler, &pay_in("a", 1)).unwrap();
        let fault = EventFault::new(kind, "it is bad");
        store.inner().plant(&stream(), fault);
        for payment in ["b", "a"] {
            let error = failing(give(&handler, &pay_in(payment, 1)));
            let TransactError::Unreadable { version, .. } = &error else {
                panic!("{error:?}");
            };
            assert_eq!(version.get(), 1);
            advises(&error, stream().as_str(), true);
        }
        assert_eq!(recorded(store.inner()).len(), 2, "nothing is written");
    }
}

#[test]
fn a_hole_in_a_stream_stops_it() {
    let store = Probe::default();
    let first = handler(&store);
    (0..4).for_each(|n| drop(give(&first, &pay_in(&n.to_string(), 1)).unwrap()));
    store.hide(2);
    let error = failing(give(&handler(&store), &pay_in("a", 1)));
    let TransactError::Hole {
        expected, found, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!((expected.get(), found.get()), (2, 3));
    advises(&error, "check the store and restore it", false);
}
