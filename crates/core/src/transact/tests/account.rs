//! A small aggregate: an account, on which every effect that happens twice shows.

use futures_executor::block_on;
use serde::{Deserialize, Serialize};

use super::super::{CommandHandler, Outcome, TransactError};
use crate::{
    ActorId, Aggregate, CategoryName, Command, CommandContext, CommandId, Decider, EventCodec,
    EventStore, ExpectedVersion, NewEvent, NoSnapshots, RecordedEvent, ServiceName, SnapshotStore,
    StateSchema, StreamName, StreamVersion, Subject, Timestamp, Upcasters, stored_events,
    testing::{ManualClock, MemoryStore},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PaidIn {
    amount: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct PaidOut {
    amount: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Closed;

stored_events! {
    /// The events of an account.
    #[derive(Debug, Clone, PartialEq)]
    pub(super) enum AccountEvent {
        PaidIn(PaidIn) = "PaidIn", 1, "use",
        PaidOut(PaidOut) = "PaidOut", 1, "use",
        Closed(Closed) = "Closed", 1, "end",
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) enum AccountCommand {
    /// Each amount in an event of its own.
    PayIn(Vec<i64>),
    PayOut(i64),
    Close,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AccountRejection {
    #[error("only {balance} is left")]
    TooLittle { balance: i64 },
    #[error("the account is closed")]
    IsClosed,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct AccountState {
    pub(super) balance: i64,
    pub(super) events: u64,
    is_closed: bool,
}

#[derive(Debug)]
pub(super) struct Account {
    category: CategoryName,
    codec: EventCodec,
}

impl Account {
    pub(super) fn new() -> Self {
        Self {
            category: CategoryName::new("Account").unwrap(),
            codec: EventCodec::new("General", Upcasters::default()).unwrap(),
        }
    }
}

impl Decider for Account {
    type Command = AccountCommand;
    type Event = AccountEvent;
    type State = AccountState;
    type Rejection = AccountRejection;

    const STATE_SCHEMA: StateSchema = StateSchema::new(1);

    fn initial(&self) -> AccountState {
        AccountState::default()
    }

    fn decide(
        &self,
        state: &AccountState,
        command: &AccountCommand,
    ) -> Result<Vec<AccountEvent>, AccountRejection> {
        let balance = state.balance;
        match *command {
            AccountCommand::Close if state.is_closed => Ok(Vec::new()),
            _ if state.is_closed => Err(AccountRejection::IsClosed),
            AccountCommand::Close => Ok(vec![Closed.into()]),
            AccountCommand::PayIn(ref amounts) => {
                Ok(amounts.iter().map(|&amount| paid_in(amount)).collect())
            }
            AccountCommand::PayOut(amount) if amount > balance => {
                Err(AccountRejection::TooLittle { balance })
            }
            AccountCommand::PayOut(amount) => Ok(vec![PaidOut { amount }.into()]),
        }
    }

    fn evolve(&self, mut state: AccountState, event: &AccountEvent) -> AccountState {
        match event {
            AccountEvent::PaidIn(paid) => state.balance += paid.amount,
            AccountEvent::PaidOut(paid) => state.balance -= paid.amount,
            AccountEvent::Closed(_) => state.is_closed = true,
        }
        state.events += 1;
        state
    }
}

impl Aggregate for Account {
    fn category(&self) -> &CategoryName {
        &self.category
    }

    fn codec(&self) -> &EventCodec {
        &self.codec
    }
}

pub(super) type Handler<S, N = NoSnapshots> = CommandHandler<S, Account, ManualClock, N>;
pub(super) type Answer = Result<Outcome<AccountEvent>, TransactError<AccountRejection>>;

/// A handler with nothing cached, whose pauses are over at once.
pub(super) fn handler<S: EventStore + Clone>(store: &S) -> Handler<S> {
    let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
    CommandHandler::new(store.clone(), Account::new(), clock)
}

pub(super) fn stream() -> StreamName {
    "general_Account-1".parse().unwrap()
}

pub(super) fn id(label: &str) -> CommandId {
    CommandId::derive(&[0; 16], label)
}

pub(super) fn command(label: &str, body: AccountCommand) -> Command<AccountCommand> {
    let context = CommandContext::new(
        Subject::new("2026-000123").unwrap(),
        ActorId::new("officer-17").unwrap(),
        ServiceName::new("portal").unwrap(),
        Timestamp::UNIX_EPOCH,
    );
    Command::new(id(label), context, body)
}

pub(super) fn pay_in(label: &str, amount: i64) -> Command<AccountCommand> {
    command(label, AccountCommand::PayIn(vec![amount]))
}

pub(super) fn pay_out(label: &str, amount: i64) -> Command<AccountCommand> {
    command(label, AccountCommand::PayOut(amount))
}

pub(super) fn close(label: &str) -> Command<AccountCommand> {
    command(label, AccountCommand::Close)
}

pub(super) fn paid_in(amount: i64) -> AccountEvent {
    PaidIn { amount }.into()
}

/// Carries out one command on the account.
pub(super) fn give<S: EventStore, N: SnapshotStore>(
    handler: &Handler<S, N>,
    command: &Command<AccountCommand>,
) -> Answer {
    block_on(handler.transact(&stream(), command))
}

pub(super) fn balance<S: EventStore, N: SnapshotStore>(handler: &Handler<S, N>) -> i64 {
    block_on(handler.state(&stream())).unwrap().0.balance
}

/// Returns the events in the account's stream.
pub(super) fn recorded(store: &MemoryStore) -> Vec<RecordedEvent> {
    let stream = stream();
    let read = store.read_stream(&stream, StreamVersion::FIRST, std::num::NonZeroU32::MAX);
    block_on(read).unwrap().events
}

/// Returns the events that a command has written, as they can be read.
pub(super) fn recorded_of(store: &MemoryStore, command: CommandId) -> Vec<AccountEvent> {
    let account = Account::new();
    let decode = |event: &RecordedEvent| {
        let name = event.event_type.as_str();
        account
            .codec
            .decode(name, event.schema_version, &event.payload)
    };
    let of_command = recorded(store);
    let of_command = of_command
        .iter()
        .filter(|e| e.metadata.command_id() == command);
    of_command.map(|event| decode(event).unwrap()).collect()
}

/// Appends behind the handlers' back.
pub(super) fn append(store: &MemoryStore, events: &[NewEvent]) {
    block_on(store.append(&stream(), ExpectedVersion::Any, events)).unwrap();
}
