//! The laws for all commands, all faults and all interleavings.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};

use futures_executor::block_on;
use futures_util::future::join_all;
use proptest::{collection::vec, prelude::*};

use super::account::{
    Account, AccountCommand, AccountEvent, AccountRejection, AccountState, Handler, command,
    handler, recorded, recorded_of, stream,
};
use crate::{
    Command, Decider, EventStore, NoSnapshots, Outcome, SnapshotPolicy, SnapshotStore,
    testing::{Faulty, MemoryStore},
};

/// The final outcome of a command: its events, or the domain's refusal.
type Settled = Result<Outcome<AccountEvent>, AccountRejection>;

fn bodies(commands_max: usize) -> impl Strategy<Value = Vec<AccountCommand>> {
    let body = prop_oneof![
        6 => vec(1..10_i64, 0..4).prop_map(AccountCommand::PayIn),
        6 => (1..15_i64).prop_map(AccountCommand::PayOut),
        1 => Just(AccountCommand::Close),
    ];
    vec(body, 1..commands_max)
}

fn faulty(seed: u64) -> Faulty<MemoryStore> {
    let five = NonZeroU32::new(5).unwrap();
    Faulty::builder(MemoryStore::new(), seed)
        .conflicts_per_mille(100)
        .lost_acknowledgements_per_mille(200)
        .lost_requests_per_mille(150)
        .unavailable_per_mille(100)
        .slow_per_mille(200, five)
        .build()
}

/// A client that sends a command until it gets an answer.
async fn settle<S: EventStore, N: SnapshotStore>(
    handlers: &[&Handler<S, N>],
    command: &Command<AccountCommand>,
) -> Settled {
    for attempt in 0..1000 {
        let handler = handlers[attempt % handlers.len()];
        match handler.transact(&stream(), command).await {
            Ok(outcome) => return Ok(outcome),
            Err(error) => {
                if let Some(rejection) = error.rejection() {
                    return Err(rejection.clone());
                }
            }
        }
    }
    panic!("{:?} is never answered", command.id);
}

type Decision = Result<Vec<AccountEvent>, AccountRejection>;

/// Returns the expected outcome: every command in turn, once, with nothing going wrong.
fn expected(bodies: &[AccountCommand]) -> (Vec<Decision>, AccountState) {
    let account = Account::new();
    let mut state = account.initial();
    let decisions = bodies.iter().map(|body| {
        let events = account.decide(&state, body)?;
        let before = std::mem::take(&mut state);
        state = events
            .iter()
            .fold(before, |state, event| account.evolve(state, event));
        Ok(events)
    });
    (decisions.collect(), state)
}

fn numbered(bodies: &[AccountCommand]) -> Vec<Command<AccountCommand>> {
    let numbered = bodies.iter().enumerate();
    numbered
        .map(|(n, body)| command(&n.to_string(), body.clone()))
        .collect()
}

/// The answer is what is recorded.
fn is_as_recorded(store: &MemoryStore, command: &Command<AccountCommand>, settled: &Settled) {
    let of_command = recorded_of(store, command.id);
    let Ok(outcome) = settled else {
        assert_eq!(of_command, [], "a rejected command left something");
        return;
    };
    assert_eq!(outcome.events, of_command);
    let events = recorded(store);
    let last = events
        .iter()
        .rfind(|e| e.metadata.command_id() == command.id);
    if let Some(last) = last {
        assert_eq!(outcome.version, Some(last.version));
        assert_eq!(outcome.token.as_ref().unwrap().position, last.position);
    }
}

fn state<S: EventStore, N: SnapshotStore>(handler: &Handler<S, N>) -> AccountState {
    block_on(handler.state(&stream())).unwrap().0
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_fails_each_command_takes_effect_once(
        bodies in bodies(25), seed: u64, clients in 1..4_usize
    ) {
        let store = faulty(seed);
        // Sent on to another handler, whose cache is older, after every error.
        let handlers: Vec<_> = (0..clients).map(|_| handler(&store)).collect();
        let handlers: Vec<_> = handlers.iter().collect();
        let commands = numbered(&bodies);
        let settled: Vec<_> = commands.iter().map(|c| block_on(settle(&handlers, c))).collect();
        store.heal();
        let (decisions, last) = expected(&bodies);
        for ((command, settled), decision) in commands.iter().zip(&settled).zip(decisions) {
            prop_assert_eq!(settled.as_ref().map(|outcome| &outcome.events), decision.as_ref());
            is_as_recorded(store.inner(), command, settled);
        }
        for handler in handlers {
            prop_assert_eq!(&state(handler), &last);
        }
    }

    #[test]
    fn clients_at_once_agree_on_one_history(
        bodies in vec(bodies(10), 2..4), seed: u64
    ) {
        let store = faulty(seed);
        let handlers: Vec<_> = bodies.iter().map(|_| handler(&store)).collect();
        let clients = bodies.iter().zip(&handlers).enumerate().map(|(client, (bodies, handler))| async move {
            let mut settled = Vec::new();
            for (number, body) in bodies.iter().enumerate() {
                let command = command(&format!("{client}/{number}"), body.clone());
                let answer = settle(&[handler], &command).await;
                settled.push((command, answer));
            }
            settled
        });
        let settled: Vec<_> = block_on(join_all(clients)).into_iter().flatten().collect();
        store.heal();
        for (command, answer) in &settled {
            is_as_recorded(store.inner(), command, answer);
        }
        // Every command in the stream was possible where it stands.
        let mut in_order: Vec<_> = recorded(store.inner()).iter().map(|e| e.metadata.command_id()).collect();
        in_order.dedup();
        let carried_out: Vec<_> = in_order
            .iter()
            .map(|id| settled.iter().find(|(c, _)| c.id == *id).unwrap().0.body.clone())
            .collect();
        let (decisions, last) = expected(&carried_out);
        for (id, decision) in in_order.iter().zip(decisions) {
            prop_assert_eq!(decision.unwrap(), recorded_of(store.inner(), *id));
        }
        for handler in &handlers {
            prop_assert_eq!(&state(handler), &last);
        }
    }

    #[test]
    fn a_command_sent_again_later_changes_nothing(
        bodies in bodies(15), again in vec((0..15_usize, 0..2_usize), 0..15), seed: u64
    ) {
        let store = faulty(seed);
        let (one, two) = (handler(&store), handler(&store));
        let commands = numbered(&bodies);
        let settled: Vec<_> = commands.iter().map(|c| block_on(settle(&[&one], c))).collect();
        let before = recorded(store.inner());
        for (number, which) in again {
            let (Some(command), Some(first)) = (commands.get(number), settled.get(number)) else {
                continue;
            };
            // Without events there is nothing to know a command by: it is decided again.
            let Some(Ok(first)) = Some(first).filter(|s| s.as_ref().is_ok_and(|o| !o.events.is_empty())) else {
                continue;
            };
            let answer = block_on(settle(&[[&one, &two][which]], command)).unwrap();
            prop_assert!(answer.repeated);
            prop_assert_eq!((&answer.events, &answer.version, &answer.token), (&first.events, &first.version, &first.token));
        }
        prop_assert_eq!(recorded(store.inner()), before);
    }

    #[test]
    fn a_fold_from_any_snapshot_is_the_fold_from_the_start(bodies in bodies(25), every in 1..6_u64) {
        let store = MemoryStore::new();
        let policy = SnapshotPolicy::every(NonZeroU64::new(every).unwrap());
        let commands = numbered(&bodies);
        let (decisions, last) = expected(&bodies);
        for (command, decision) in commands.iter().zip(decisions) {
            // A new handler for every command loads the newest snapshot.
            let kept = handler(&store).snapshots(store.clone(), policy);
            let settled = block_on(settle(&[&kept], command));
            prop_assert_eq!(settled.map(|outcome| outcome.events), decision);
            prop_assert_eq!(state(&kept), state(&handler(&store)));
        }
        prop_assert_eq!(state(&handler(&store)), last);
    }

    #[test]
    fn a_handler_that_caches_answers_as_one_that_does_not(bodies in bodies(25)) {
        let stores = [MemoryStore::new(), MemoryStore::new()];
        let cached = handler(&stores[0]);
        for command in numbered(&bodies) {
            let uncached: Handler<_, NoSnapshots> = handler(&stores[1])
                .cached_states_max(NonZeroUsize::MIN);
            let warm = block_on(settle(&[&cached], &command));
            prop_assert_eq!(warm, block_on(settle(&[&uncached], &command)));
        }
        prop_assert_eq!(recorded(&stores[0]), recorded(&stores[1]));
    }
}

/// The laws above prove nothing unless there were faults to survive.
#[test]
fn the_faults_do_happen() {
    let store = faulty(1);
    let handler = handler(&store);
    for number in 0..50 {
        let pay = command(&number.to_string(), AccountCommand::PayIn(vec![1]));
        block_on(settle(&[&handler], &pay)).unwrap();
    }
    let counts = store.faults();
    assert!(
        counts.conflicts > 0 && counts.lost_acknowledgements > 0,
        "{counts:?}"
    );
    assert!(
        counts.lost_requests > 0 && counts.unavailable > 0 && counts.slow > 0,
        "{counts:?}"
    );
}
