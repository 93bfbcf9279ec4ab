//! Parts of a service that are kept going: what each error means for one, when it tries again, and
//! how it is.
//!
//! A part is a projection of a projector, a reactor, or the keeper of deadlines. The meaning of
//! each error is looked up in one table ([`ErrorClass`]): errors that pass are waited for, longer
//! each time ([`RestartPolicy`]); an error that somebody has to repair ends the part, and no other.
//! Each part reports its state ([`PartState`]), and [`Health`] sums up.

mod again;
mod class;
mod health;
mod part;
mod policy;
mod task;

pub(crate) use self::part::option_as_text;
pub(crate) use self::task::{Until, out_of_time, passes, said, sleep_unless_stopped};
pub use self::{
    again::{Again, AskAgain},
    class::{Classified, ErrorClass},
    health::{Health, PartHealth},
    part::{Ended, Part, PartState, Paused, Stopped},
    policy::RestartPolicy,
    task::{Ending, OwnedTask, PartTask, TaskError, joined},
};

#[cfg(test)]
mod tests;
