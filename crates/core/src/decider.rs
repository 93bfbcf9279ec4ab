//! The pure heart: what a command decides, and what an event changes.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    codec::{EventCodec, StoredEvent},
    text::CategoryName,
};

/// A pure state machine. Both functions are synchronous and total; time, ids and looked-up facts
/// arrive inside the command.
pub trait Decider {
    /// The commands.
    type Command;
    /// The event.
    type Event;
    /// The state that the events fold to.
    type State;
    /// Why the domain says no.
    type Rejection;

    /// The state before the first event.
    fn initial(&self) -> Self::State;

    /// Decides on `command`. No events means that nothing needs to change: a repeated
    /// command is not a rejection.
    ///
    /// # Errors
    /// The domain's rejection.
    fn decide(
        &self,
        state: &Self::State,
        command: &Self::Command,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after `event`. It cannot fail, for the event has happened.
    fn evolve(&self, state: Self::State, event: &Self::Event) -> Self::State;
}

/// A decider whose events are stored in streams of one category.
pub trait Aggregate:
    Decider<
        Command: Sync,
        Event: StoredEvent + Clone + Send + Sync,
        State: Clone + Send + Sync + Serialize + DeserializeOwned,
        Rejection: std::error::Error + Send + Sync + 'static,
    > + Send
    + Sync
{
    /// The fingerprint of the fold: change it whenever the shape of the state or the meaning of
    /// `evolve` changes, and snapshots taken before are ignored.
    const STATE_SCHEMA: StateSchema;

    /// The category of its streams.
    fn category(&self) -> &CategoryName;

    /// How its events are written and read.
    fn codec(&self) -> &EventCodec;
}

/// The fingerprint of a fold: two folds with the same one give the same state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StateSchema(u64);

impl StateSchema {
    /// The fingerprint with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}
