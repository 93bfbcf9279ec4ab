//! Several commands in one append.

use futures_executor::block_on;

use super::{
    account::{
        AccountCommand, AccountEvent, AccountRejection, Handler, balance, close, command, give,
        handler, paid_in, pay_in, pay_out, recorded, stream,
    },
    probe::{Fault, Probe},
};
use crate::{Command, EventStore, Outcome, TransactError};

fn give_all<S: EventStore>(
    handler: &Handler<S>,
    commands: &[Command<AccountCommand>],
) -> Result<Vec<Outcome<AccountEvent>>, TransactError<AccountRejection>> {
    block_on(handler.transact_all(&stream(), commands))
}

#[test]
fn all_commands_of_a_batch_are_one_append() {
    let store = Probe::default();
    let handler = handler(&store);
    // The second is only possible after the first.
    let batch = [pay_in("a", 10), pay_out("b", 10), close("c"), close("d")];
    let outcomes = give_all(&handler, &batch).unwrap();
    assert_eq!(store.calls(), (1, 0), "appends and reads");
    let events: Vec<_> = outcomes.iter().map(|o| o.events.len()).collect();
    assert_eq!(events, [1, 1, 1, 0]);
    let last = recorded(store.inner()).pop().unwrap();
    for outcome in &outcomes {
        assert_eq!(outcome.version, Some(last.version));
        assert_eq!(outcome.token.as_ref().unwrap().position, last.position);
    }
}

#[test]
fn one_rejection_rejects_them_all() {
    let store = Probe::default();
    let handler = handler(&store);
    let batch = [
        pay_in("a", 10),
        pay_in("b", 10),
        pay_out("c", 21),
        pay_in("d", 1),
    ];
    let error = give_all(&handler, &batch).unwrap_err();
    assert!(
        matches!(error, TransactError::Rejected { index: 2, .. }),
        "{error:?}"
    );
    assert!(recorded(store.inner()).is_empty());
    assert_eq!(balance(&handler), 0);
}

#[test]
fn no_commands_have_no_outcomes() {
    let store = Probe::default();
    assert_eq!(give_all(&handler(&store), &[]).unwrap(), []);
    assert!(recorded(store.inner()).is_empty());
}

#[test]
fn a_command_twice_in_a_batch_is_carried_out_once() {
    let store = Probe::default();
    let handler = handler(&store);
    let outcomes = give_all(
        &handler,
        &[pay_in("a", 10), pay_in("b", 5), pay_in("a", 10)],
    )
    .unwrap();
    let repeated: Vec<_> = outcomes.iter().map(|o| o.repeated).collect();
    assert_eq!(repeated, [false, false, true]);
    assert_eq!(outcomes[2].events, [paid_in(10)]);
    assert_eq!(outcomes[2].token, outcomes[0].token);
    assert_eq!(balance(&handler), 15);
}

#[test]
fn a_batch_known_in_part_is_answered_in_part_from_the_record() {
    let store = Probe::default();
    let (one, two, old) = (handler(&store), handler(&store), handler(&store));
    give(&old, &pay_in("before", 1)).unwrap();
    let known = give(&one, &pay_in("a", 10)).unwrap();
    give(&one, &pay_in("later", 2)).unwrap();
    for (number, handler) in [&one, &two, &old].into_iter().enumerate() {
        let new = pay_in(&format!("new {number}"), 5);
        let outcomes = give_all(handler, &[pay_in("a", 10), new]).unwrap();
        assert_eq!((outcomes[0].repeated, outcomes[1].repeated), (true, false));
        assert_eq!(outcomes[0].token, known.token);
        assert_eq!(outcomes[0].version, known.version);
        assert!(outcomes[1].version > known.version);
    }
    assert_eq!(balance(&one), 28);
}

#[test]
fn a_batch_known_whole_is_looked_up_in_one_pass() {
    let store = Probe::default();
    let batch: Vec<_> = (0..1500)
        .map(|number| pay_in(&format!("pay {number}"), 1))
        .collect();
    give_all(&handler(&store), &batch).unwrap();
    store.calls();
    let outcomes = give_all(&handler(&store), &batch).unwrap();
    assert!(outcomes.iter().all(|outcome| outcome.repeated));
    assert_eq!(
        store.calls(),
        (1, 4),
        "appends and reads: a repeat, two pages to load, two to look up"
    );
}

#[test]
fn a_batch_whose_answer_was_lost_is_answered_from_the_record() {
    let store = Probe::default();
    let handler = handler(&store);
    let batch = [
        pay_in("a", 10),
        command("b", AccountCommand::PayIn(vec![1, 2])),
    ];
    store.will([Fault::LostAcknowledgement]);
    let outcomes = give_all(&handler, &batch).unwrap();
    assert_eq!(outcomes[1].events, [paid_in(1), paid_in(2)]);
    assert_eq!(give_all(&handler, &batch).unwrap(), outcomes);
    assert_eq!(recorded(store.inner()).len(), 3);
}
