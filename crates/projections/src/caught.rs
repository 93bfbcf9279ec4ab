//! Panics of what others wrote, as failures.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use minwon_core::{EventDecoder, Failure, FailureClass, RecordedEvent};

/// What `work` answers, or what it said when it panicked. What it changed until then is not to be
/// trusted.
pub(crate) fn caught<A>(work: impl FnOnce() -> A) -> Result<A, Failure> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| failure_of(&*panic))
}

fn failure_of(panic: &(dyn Any + Send)) -> Failure {
    let said = if let Some(said) = panic.downcast_ref::<&str>() {
        said
    } else if let Some(said) = panic.downcast_ref::<String>() {
        said
    } else {
        "a panic without words"
    };
    Failure::of_text(FailureClass::Handler, said)
}

/// What an event means, or why that cannot be told.
pub(crate) fn decode<D: EventDecoder>(
    decoder: &D,
    event: &RecordedEvent,
) -> Result<D::Event, Failure> {
    match caught(|| decoder.decode(event)) {
        Ok(Ok(decoded)) => Ok(decoded),
        Ok(Err(error)) => Err(Failure::new(FailureClass::Undecodable, &error)),
        Err(panic) => Err(Failure {
            class: FailureClass::Undecodable,
            ..panic
        }),
    }
}
