//! Rules of a decider, as examples.

use std::fmt::Debug;

use crate::decider::Decider;

/// Starts an example: what happened before.
///
/// ```
/// # use minwon_core::{Decider, testing::given};
/// struct Door;
/// impl Decider for Door {
///     type Command = &'static str;
///     type Event = &'static str;
///     type State = bool;
///     type Rejection = &'static str;
///     fn initial(&self) -> bool { false }
///     fn decide(&self, open: &bool, command: &&'static str) -> Result<Vec<&'static str>, &'static str> {
///         match (*command, open) {
///             ("open", false) => Ok(vec!["opened"]),
///             ("open", true) => Ok(vec![]),
///             _ => Err("not for a door"),
///         }
///     }
///     fn evolve(&self, _: bool, event: &&'static str) -> bool { *event == "opened" }
/// }
///
/// given(&Door, []).when("open").then(["opened"]);
/// given(&Door, ["opened"]).when("open").then([]);
/// given(&Door, []).when("sing").then_rejected("not for a door");
/// ```
pub fn given<D: Decider>(decider: &D, events: impl IntoIterator<Item = D::Event>) -> Given<'_, D> {
    let state = events.into_iter().fold(decider.initial(), |state, event| {
        decider.evolve(state, &event)
    });
    Given { decider, state }
}

/// The state after earlier events.
#[derive(Debug)]
#[must_use = "an example without `when` and `then` proves nothing"]
pub struct Given<'a, D: Decider> {
    decider: &'a D,
    state: D::State,
}

impl<D: Decider> Given<'_, D> {
    /// Gives a command.
    pub fn when(self, command: impl Into<D::Command>) -> When<D> {
        When {
            decision: self.decider.decide(&self.state, &command.into()),
        }
    }

    /// Looks at the folded state.
    ///
    /// # Panics
    /// Where it is not `expected`.
    #[track_caller]
    pub fn then_state(self, expected: impl FnOnce(&D::State) -> bool)
    where
        D::State: Debug,
    {
        assert!(expected(&self.state), "the state is {:?}", self.state);
    }
}

/// The decision.
#[derive(Debug)]
#[must_use = "an example without `then` proves nothing"]
pub struct When<D: Decider> {
    decision: Result<Vec<D::Event>, D::Rejection>,
}

impl<D: Decider> When<D>
where
    D::Event: Debug + PartialEq,
    D::Rejection: Debug + PartialEq,
{
    /// These events, in this order, and no others.
    ///
    /// # Panics
    /// Where something else was decided.
    #[track_caller]
    pub fn then(self, events: impl IntoIterator<Item = D::Event>) {
        let events: Vec<_> = events.into_iter().collect();
        assert_eq!(self.decision, Ok(events));
    }

    /// This rejection.
    ///
    /// # Panics
    /// Where something else was decided.
    #[track_caller]
    pub fn then_rejected(self, rejection: impl Into<D::Rejection>) {
        assert_eq!(self.decision, Err(rejection.into()));
    }
}
