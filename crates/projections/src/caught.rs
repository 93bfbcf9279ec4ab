//! Panics of what others wrote, as failures.

use std::panic::{AssertUnwindSafe, catch_unwind};

use minwon_core::{EventDecoder, Failure, FailureClass, FaultKind, RecordedEvent};

use crate::supervise::said;

/// The result of `work`, or the text of its panic. Data that it changed until then cannot be
/// trusted.
pub(crate) fn caught<A>(work: impl FnOnce() -> A) -> Result<A, Failure> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| Failure::of_text(FailureClass::Handler, said(&*panic)))
}

/// Decodes an event. The one way in which events are decoded here.
pub(crate) fn decode<D: EventDecoder>(
    decoder: &D,
    event: &RecordedEvent,
) -> Result<D::Event, Failure> {
    let failure = match &event.fault {
        Some(fault) if fault.kind == FaultKind::Newer => {
            Failure::new(FailureClass::Newer, &**fault)
        }
        Some(fault) => return Err(Failure::new(FailureClass::Damaged, &**fault)),
        None => match caught(|| decoder.decode(event)) {
            Ok(Ok(decoded)) => return Ok(decoded),
            Ok(Err(error)) if decoder.is_newer(&error) => Failure::new(FailureClass::Newer, &error),
            Ok(Err(error)) => Failure::new(FailureClass::Undecodable, &error),
            Err(panic) => Failure {
                class: FailureClass::Undecodable,
                ..panic
            },
        },
    };
    Err(failure.by(decoder.fingerprint()))
}
