//! The rules and meanings of a chapter of a petition's life: each command and each event in one
//! place.
//!
//! A chapter is a file of `application/` or `issuance/`. It holds the commands with their [`Rule`]s
//! and the events with what each means as a [`Happening`]. Nothing else asks which command or event
//! it has before it: views, deadlines, reactors and services ask these two traits, or a state.

use minwon_core::Decider;

use crate::{flow::Next, notice::NoticeContent, time_order::Cause};

/// Under which rules a command is taken.
pub(crate) trait Rule<D: Decider> {
    /// Returns the events that the command leads to in `state`; none where it changes nothing.
    ///
    /// A command that would write the very event on record changes nothing; one that would write
    /// another in its place is rejected.
    fn decide(&self, decider: &D, state: &D::State) -> Result<Vec<D::Event>, D::Rejection>;
}

/// A decision that leads to one event.
pub(crate) fn happened<E, R>(event: impl Into<E>) -> Result<Vec<E>, R> {
    Ok(vec![event.into()])
}

/// A decision that changes nothing.
pub(crate) fn unchanged<E, R>() -> Result<Vec<E>, R> {
    Ok(Vec::new())
}

/// The meaning of an event.
pub(crate) trait Happening<S> {
    /// Changes `state`, and returns true. Where no decision could have written the event in that
    /// state, nothing changes and it returns false: the event has happened, so it cannot be
    /// refused, and nothing follows from it.
    fn apply(&self, state: &mut S) -> bool;

    /// Returns what it depends on in `state` before it: no decision lets it happen earlier. Default:
    /// what every event of the aggregate depends on.
    fn cause(&self, _state: &S) -> Option<Cause> {
        None
    }

    /// Returns the notice to the petitioner: of which kind, and what it speaks of. Its words are made
    /// elsewhere. Default: nothing.
    fn notice(&self) -> Option<NoticeContent> {
        None
    }

    /// Returns which step of the choreography may be due after it. Default: none.
    fn next(&self) -> Option<Next> {
        None
    }
}

/// Declares an enum of events: each with the name, version and stage it is stored under, its step in
/// a timeline, and the field that says when it happened, where the event itself does. The payload of
/// the same name is a [`Happening`].
macro_rules! events {
    (
        $(#[$meta:meta])*
        pub enum $events:ident of $state:ty {
            $( $event:ident = $name:literal, $version:literal, $stage:literal, $step:ident $(at $at:ident)?, )+
        }
    ) => {
        minwon_core::stored_events! {
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub enum $events {
                $( $event($event) = $name, $version, $stage, )+
            }
        }

        impl $events {
            /// Returns the event with its meaning.
            pub(crate) fn happening(&self) -> &dyn $crate::chapter::Happening<$state> {
                match self {
                    $( Self::$event(event) => event, )+
                }
            }

            /// Its step in a timeline; when it happened, where the event itself says so.
            #[allow(unused_variables, reason = "not every event says when it happened")]
            pub(crate) fn step(&self) -> ($crate::view::StepKind, Option<minwon_core::Timestamp>) {
                match self {
                    $( Self::$event(event) => {
                        let at: Option<minwon_core::Timestamp> = None;
                        $( let at = Some(event.$at); )?
                        ($crate::view::StepKind::$step, at)
                    } )+
                }
            }
        }
    };
}
pub(crate) use events;

/// Declares an enum of commands with the words that rejections use for each. A command serialises
/// as what its sender says: facts that are looked up when it is given are skipped, so that it has
/// the same [fingerprint](minwon_core::CommandFingerprint) whenever it is sent.
macro_rules! commands {
    (
        $(#[$meta:meta])*
        pub enum $commands:ident of $decider:ty {
            $( $command:ident = $words:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        pub enum $commands {
            $( #[doc = concat!("To ", $words, ".")] $command($command), )+
        }

        impl $commands {
            /// The words for every command, in order of declaration.
            pub const WORDS: &'static [&'static str] = &[$( $words, )+];

            /// The words for this command, as in "cannot … the petition".
            #[must_use]
            pub const fn words(&self) -> &'static str {
                match self {
                    $( Self::$command(_) => $command::WORDS, )+
                }
            }

            /// Its name in the program, by which it is counted.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $( Self::$command(_) => stringify!($command), )+
                }
            }

            /// Under which rules it is taken.
            pub(crate) fn rule(&self) -> &dyn $crate::chapter::Rule<$decider> {
                match self {
                    $( Self::$command(command) => command, )+
                }
            }
        }

        $(
            impl $command {
                pub(crate) const WORDS: &'static str = $words;
            }

            impl From<$command> for $commands {
                fn from(command: $command) -> Self {
                    Self::$command(command)
                }
            }
        )+
    };
}
pub(crate) use commands;
