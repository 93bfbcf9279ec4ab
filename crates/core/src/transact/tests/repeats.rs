//! Once, however often it is sent, and from whatever cache it is decided.

use futures_executor::block_on;
use futures_util::FutureExt;

use super::{
    account::{
        AccountCommand, AccountRejection, Answer, Handler, append, balance, close, command, give,
        handler, paid_in, pay_in, pay_out, recorded, recorded_of, stream,
    },
    probe::{Fault, Probe},
};
use crate::{
    Command, CommandId, CommandIdError, GlobalPosition, Outcome, TransactError,
    testing::sample_event,
};

/// The same outcome, but marked as a repeat.
fn as_repeat<E: Clone>(outcome: &Outcome<E>) -> Outcome<E> {
    Outcome {
        repeated: true,
        ..outcome.clone()
    }
}

#[test]
fn a_command_that_begins_a_stream_only_appends_and_so_does_a_warm_one() {
    let store = Probe::default();
    let handler = handler(&store);
    give(&handler, &pay_in("a", 10)).unwrap();
    assert_eq!(store.calls(), (1, 0), "appends and reads of the first");
    give(&handler, &pay_in("b", 10)).unwrap();
    give(&handler, &pay_out("c", 15)).unwrap();
    assert_eq!(
        store.calls(),
        (2, 0),
        "appends and reads of two warm commands"
    );
    assert_eq!(balance(&handler), 5);
}

#[test]
fn a_stream_that_is_not_new_is_read_before_a_cold_command_takes_effect() {
    let store = Probe::default();
    give(&handler(&store), &pay_in("a", 10)).unwrap();
    store.calls();
    // On an empty stream it is refused, so that nothing is appended in vain.
    give(&handler(&store), &pay_out("b", 4)).unwrap();
    assert_eq!(store.calls(), (1, 1), "appends and reads");
    let refused = give(&handler(&store), &pay_out("c", 7)).unwrap_err();
    let balance = AccountRejection::TooLittle { balance: 6 };
    assert_eq!(refused.rejection(), Some(&balance));
    assert_eq!(store.calls(), (0, 1), "appends and reads");
    // On an empty stream it is not refused: the store says that it is none.
    let cold = handler(&store).conflict_retries_max(0);
    give(&cold, &pay_in("d", 1)).unwrap();
    assert_eq!(store.calls(), (2, 1), "appends and reads");
    give(&cold, &pay_out("e", 7)).unwrap();
    assert_eq!(store.calls(), (1, 0), "appends and reads");
}

#[test]
fn a_state_is_read_on_only_where_it_ends_before_what_is_asked_for() {
    let store = Probe::default();
    let (one, other) = (handler(&store), handler(&store));
    let position = |answer: Answer| answer.unwrap().token.unwrap().position;
    let up_to = |handler: &Handler<Probe>, position| {
        let state = block_on(handler.state_up_to(&stream(), position));
        (state.unwrap().0.balance, store.calls().1)
    };
    let first = position(give(&one, &pay_in("a", 10)));
    let second = position(give(&other, &pay_in("b", 5)));
    store.calls();
    assert_eq!(up_to(&one, first), (10, 0), "balance and reads");
    assert_eq!(up_to(&one, second), (15, 1), "balance and reads");
    assert_eq!(up_to(&one, second), (15, 0), "balance and reads");
    let cold = handler(&store);
    assert_eq!(up_to(&cold, GlobalPosition::START), (15, 1));
    let nobody = handler(&Probe::default());
    let nothing = block_on(nobody.state_up_to(&stream(), GlobalPosition::START));
    assert_eq!(nothing.unwrap().1, None);
}

#[test]
fn the_answer_has_the_events_and_their_place() {
    let store = Probe::default();
    let handler = handler(&store);
    give(&handler, &pay_in("a", 10)).unwrap();
    let two = command("b", AccountCommand::PayIn(vec![1, 2]));
    let outcome = give(&handler, &two).unwrap();
    assert_eq!(outcome.events, [paid_in(1), paid_in(2)]);
    let last = recorded(store.inner()).pop().unwrap();
    assert_eq!(outcome.version, Some(last.version));
    let token = outcome.token.unwrap();
    assert_eq!(
        (token.namespace.as_str(), token.position),
        ("general", last.position)
    );
    assert!(!outcome.repeated);
}

#[test]
fn a_repeated_command_is_answered_as_the_first_time() {
    let store = Probe::default();
    let (first, second, old) = (handler(&store), handler(&store), handler(&store));
    let pay = command("a", AccountCommand::PayIn(vec![3, 4]));
    // The third handler has a cached state from before the command.
    give(&old, &pay_in("before", 10)).unwrap();
    let outcome = give(&first, &pay).unwrap();
    give(&first, &pay_in("after", 10)).unwrap();
    for handler in [&first, &second, &old] {
        for _ in 0..2 {
            assert_eq!(give(handler, &pay).unwrap(), as_repeat(&outcome));
        }
        assert_eq!(balance(handler), 27);
    }
    assert_eq!(recorded(store.inner()).len(), 4);
}

#[test]
fn a_repeat_that_meets_its_first_try_is_answered_by_the_record() {
    let store = Probe::default();
    let (first, old) = (handler(&store), handler(&store));
    give(&old, &pay_in("before", 10)).unwrap();
    // The same command, with facts that were looked up again: the store sees the same ids at the
    // same place and calls it a repeat.
    let outcome = give(&first, &pay_in("a", 5)).unwrap();
    assert_eq!(give(&old, &pay_in("a", 7)).unwrap(), as_repeat(&outcome));
    // Nor may the other facts live on in the cached state.
    let rest = give(&old, &pay_out("b", 16)).unwrap_err();
    assert_eq!(
        rest.rejection(),
        Some(&AccountRejection::TooLittle { balance: 15 })
    );
    give(&old, &pay_out("c", 15)).unwrap();
    assert_eq!(balance(&first), 0);
}

#[test]
fn a_command_whose_answer_was_lost_is_not_carried_out_twice() {
    let store = Probe::default();
    let handler = handler(&store);
    store.will([
        Fault::LostAcknowledgement,
        Fault::LostRequest,
        Fault::LostRequest,
        Fault::LostRequest,
    ]);
    let answer = give(&handler, &pay_in("a", 10));
    assert!(
        matches!(answer, Err(TransactError::OutcomeUnknown { .. })),
        "{answer:?}"
    );
    let again = give(&handler, &pay_in("a", 10)).unwrap();
    assert!(again.repeated);
    assert_eq!(again.events, [paid_in(10)]);
    assert_eq!(recorded(store.inner()).len(), 1);
}

#[test]
fn a_dropped_command_may_be_sent_again() {
    for polls in 0..3 {
        let store = Probe::default();
        let handler = handler(&store);
        store.will([Fault::Slow]);
        let (stream, pay) = (stream(), pay_in("a", 10));
        let mut transact = Box::pin(handler.transact(&stream, &pay));
        for _ in 0..polls {
            let _ = transact.as_mut().now_or_never();
        }
        drop(transact);
        give(&handler, &pay_in("a", 10)).unwrap();
        assert_eq!(balance(&handler), 10);
        assert_eq!(recorded_of(store.inner(), pay.id).len(), 1);
    }
}

#[test]
fn a_decision_for_nothing_appends_nothing() {
    let store = Probe::default();
    let handler = handler(&store);
    let outcome = give(&handler, &command("nothing", AccountCommand::PayIn(vec![]))).unwrap();
    assert_eq!(
        (outcome.version, outcome.token),
        (None, None),
        "the stream is empty"
    );
    let closed = give(&handler, &close("a")).unwrap();
    store.calls();
    let outcome = give(&handler, &close("b")).unwrap();
    assert_eq!(store.calls().0, 0, "appends");
    let wanted = Outcome {
        events: vec![],
        ..closed
    };
    assert_eq!(
        outcome, wanted,
        "the version and token are those of the stream as it is"
    );
}

#[test]
fn an_old_cache_rejects_nothing_that_the_stream_admits() {
    let store = Probe::default();
    let (old, other) = (handler(&store), handler(&store));
    give(&old, &pay_in("a", 10)).unwrap();
    give(&other, &pay_in("b", 10)).unwrap();
    // On the cached state there is too little.
    give(&old, &pay_out("c", 20)).unwrap();
    give(&other, &close("d")).unwrap();
    let rejected = give(&old, &pay_in("e", 1)).unwrap_err();
    assert_eq!(rejected.rejection(), Some(&AccountRejection::IsClosed));
}

#[test]
fn an_old_cache_calls_nothing_done_that_is_not() {
    let store = Probe::default();
    let (old, other) = (handler(&store), handler(&store));
    let first = give(&old, &close("a")).unwrap();
    append_reopening(&store);
    give(&other, &pay_in("b", 1)).unwrap_err();
    let outcome = give(&old, &close("c")).unwrap();
    assert!(outcome.events.is_empty());
    assert!(
        outcome.version > first.version,
        "answered on the stream as it stands"
    );
}

/// Something that this aggregate can read happens behind the handlers' back.
fn append_reopening(store: &Probe) {
    let mut event = sample_event("elsewhere");
    event.event_type = crate::EventType::new("GeneralPaidIn").unwrap();
    event.payload = r#"{"amount":1}"#.into();
    append(store.inner(), &[event]);
}

#[test]
fn commands_with_one_fingerprint_are_not_taken_for_each_other() {
    let twins = [
        [&[1, 0, 0, 0][..], &[0; 12]].concat(),
        [&[0, 0, 0, 0, 0, 1, 0, 0][..], &[0; 8]].concat(),
    ];
    let ids = twins.map(|bytes| CommandId::from_bytes(bytes.try_into().unwrap()));
    assert_eq!(ids[0].fingerprint(), ids[1].fingerprint());
    let store = Probe::default();
    let handler = handler(&store);
    for id in ids {
        let pay = Command {
            id,
            ..pay_in("", 10)
        };
        assert!(!give(&handler, &pay).unwrap().repeated);
        assert!(give(&handler, &pay).unwrap().repeated);
    }
    assert_eq!(balance(&handler), 20);
}

#[test]
fn an_id_that_is_given_with_another_command_is_refused_wherever_it_comes_back() {
    let store = Probe::default();
    let handler_1 = handler(&store);
    let pay = pay_in("a", 10).fingerprinted();
    let other = pay_in("a", 11).fingerprinted();
    let outcome = give(&handler_1, &pay).unwrap();
    for handler in [&handler_1, &handler(&store)] {
        assert_eq!(give(handler, &pay).unwrap(), as_repeat(&outcome));
        let refused = give(handler, &other).unwrap_err();
        let TransactError::Id(CommandIdError::Reused { id, recorded, .. }) = &refused else {
            panic!("{refused}");
        };
        assert_eq!((*id, recorded.len()), (pay.id, 1), "{refused}");
        assert_eq!(balance(handler), 10);
        // Reactors give no fingerprint: their ids follow from a cause.
        assert!(give(handler, &pay_in("a", 11)).unwrap().repeated);
    }
    let both = [
        pay_in("b", 1).fingerprinted(),
        pay_in("b", 2).fingerprinted(),
    ];
    let refused = block_on(handler_1.transact_all(&stream(), &both)).unwrap_err();
    assert!(
        matches!(refused, TransactError::Id(CommandIdError::Reused { .. })),
        "{refused}"
    );
    assert_eq!(balance(&handler_1), 10);
}

#[test]
fn what_was_written_before_there_were_fingerprints_is_a_repeat_of_whatever_comes() {
    let store = Probe::default();
    give(&handler(&store), &pay_in("a", 10)).unwrap();
    let again = give(&handler(&store), &pay_in("a", 10).fingerprinted()).unwrap();
    assert!(again.repeated);
}

#[test]
fn the_nil_id_is_refused() {
    let store = Probe::default();
    let pay = Command {
        id: CommandId::from_bytes([0; 16]),
        ..pay_in("a", 10)
    };
    let refused = give(&handler(&store), &pay).unwrap_err();
    assert!(
        matches!(refused, TransactError::Id(CommandIdError::Nil { .. })),
        "{refused}"
    );
    assert_eq!(recorded(store.inner()), []);
}

#[test]
fn one_command_sent_to_two_handlers_at_once_is_carried_out_once() {
    let store = Probe::default();
    let (one, two) = (handler(&store), handler(&store));
    store.will([Fault::Slow, Fault::Slow]);
    let (stream, pay) = (stream(), pay_in("a", 10));
    let both = async {
        futures_util::future::join(one.transact(&stream, &pay), two.transact(&stream, &pay)).await
    };
    let (a, b) = block_on(both);
    let (a, b) = (a.unwrap(), b.unwrap());
    assert_eq!(as_repeat(&a), as_repeat(&b));
    assert_eq!([a.repeated, b.repeated].iter().filter(|r| **r).count(), 1);
    assert_eq!(recorded(store.inner()).len(), 1);
}

#[test]
fn a_stream_of_many_pages_is_folded_and_searched_whole() {
    let store = Probe::default();
    let (one, old) = (handler(&store), handler(&store));
    give(&old, &pay_in("before", 1)).unwrap();
    let long = command("long", AccountCommand::PayIn(vec![1; 3000]));
    let outcome = give(&one, &long).unwrap();
    give(&one, &pay_in("after", 1)).unwrap();
    assert_eq!(balance(&handler(&store)), 3002);
    // From an old cache as well: there is too little unless all pages are read.
    give(&old, &pay_out("much", 3002)).unwrap();
    for handler in [&one, &old, &handler(&store)] {
        assert_eq!(give(handler, &long).unwrap(), as_repeat(&outcome));
    }
}
