//! The pure heart: what a command decides, and what an event changes.

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    codec::{EventCodec, StoredEvent},
    text::{CategoryName, NameError},
    upcast::Upcasters,
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

    /// The fingerprint of the fold: change it whenever the shape of the state or the meaning of
    /// [`evolve`](Self::evolve) changes, and snapshots taken before are ignored. Default: the first.
    const STATE_SCHEMA: StateSchema = StateSchema::new(1);

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

    /// Returns the state after `event`. It cannot fail, as the event has happened.
    fn evolve(&self, state: Self::State, event: &Self::Event) -> Self::State;

    /// Returns a word for the kind of a command, of which there are few: commands are counted by it.
    /// Default: one word for all.
    fn kind(&self, command: &Self::Command) -> &'static str {
        let _ = command;
        "command"
    }
}

/// The answer of a decider to a command: the events that follow, or the reason for refusing it.
pub type Decision<D> = Result<Vec<<D as Decider>::Event>, <D as Decider>::Rejection>;

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
    /// The category of its streams.
    fn category(&self) -> &CategoryName;

    /// Returns how its events are written and read.
    fn codec(&self) -> &EventCodec;
}

/// A decider as an aggregate by one name: that of the category of its streams, and the beginning of the
/// stored names of its events.
///
/// ```
/// use minwon_core::{Aggregate, Decider, EventCodec, Named, PlainEvent};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// enum DoorEvent { Opened {} }
/// impl PlainEvent for DoorEvent {}
///
/// struct Doors;
/// impl Decider for Doors {
///     type Command = ();
///     type Event = DoorEvent;
///     type State = bool;
///     type Rejection = std::convert::Infallible;
///
///     fn initial(&self) -> bool { false }
///     fn decide(&self, is_open: &bool, _: &()) -> Result<Vec<DoorEvent>, Self::Rejection> {
///         Ok(if *is_open { vec![] } else { vec![DoorEvent::Opened {}] })
///     }
///     fn evolve(&self, _: bool, _: &DoorEvent) -> bool { true }
/// }
///
/// # fn main() -> Result<(), minwon_core::NameError> {
/// let doors = Named::new("Door", Doors)?;
/// assert_eq!(doors.category().as_str(), "Door");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Named<D> {
    decider: D,
    category: CategoryName,
    codec: EventCodec,
}

impl<D> Named<D> {
    /// Gives a decider its name: ASCII letters and digits, a letter first.
    ///
    /// # Errors
    /// [`NameError`] where the name has anything else.
    pub fn new(name: &str, decider: D) -> Result<Self, NameError> {
        Ok(Self {
            decider,
            category: CategoryName::new(name)?,
            codec: EventCodec::new(name, Upcasters::default())?,
        })
    }

    /// How old forms of its events become the new ones. Default: there are no old forms.
    #[must_use]
    pub fn with_upcasters(mut self, upcasters: Upcasters) -> Self {
        self.codec = self.codec.with_upcasters(upcasters);
        self
    }
}

impl<D: Decider> Decider for Named<D> {
    type Command = D::Command;
    type Event = D::Event;
    type State = D::State;
    type Rejection = D::Rejection;

    const STATE_SCHEMA: StateSchema = D::STATE_SCHEMA;

    fn initial(&self) -> D::State {
        self.decider.initial()
    }

    fn decide(
        &self,
        state: &D::State,
        command: &D::Command,
    ) -> Result<Vec<D::Event>, D::Rejection> {
        self.decider.decide(state, command)
    }

    fn evolve(&self, state: D::State, event: &D::Event) -> D::State {
        self.decider.evolve(state, event)
    }

    fn kind(&self, command: &D::Command) -> &'static str {
        self.decider.kind(command)
    }
}

impl<D> Aggregate for Named<D>
where
    D: Decider<
            Command: Sync,
            Event: StoredEvent + Clone + Send + Sync,
            State: Clone + Send + Sync + Serialize + DeserializeOwned,
            Rejection: std::error::Error + Send + Sync + 'static,
        > + Send
        + Sync,
{
    fn category(&self) -> &CategoryName {
        &self.category
    }

    fn codec(&self) -> &EventCodec {
        &self.codec
    }
}

crate::text::number_newtype! {
    /// The fingerprint of a fold: two folds with the same one give the same state.
    StateSchema(u64)
}
