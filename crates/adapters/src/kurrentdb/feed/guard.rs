//! Polling the client's subscriptions so that neither a panic nor an endless loop takes the feed
//! along.
//!
//! When the server ends a subscription in an orderly way, the client (1.2.0) asks the ended stream
//! for its next message again and again, within a single poll: it never gives way, so no time-out
//! and no abort reaches it, and a thread of the runtime is lost. In each round it logs one warning,
//! and that is the only place in the loop where control leaves it. So while the client is polled,
//! that warning goes to a subscriber of ours, which unwinds out of the loop.
//!
//! This needs what everything here needs that survives a panic, unwinding; and `tracing` must not
//! have been compiled without warnings (its features `max_level_off` and `max_level_error`).

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::LazyLock,
};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};

use crate::kurrentdb::error::Fault;

/// Runs `poll`; an endless loop is an answer that ended early. Messages that the client logs meanwhile are dropped: the caller reports the end in
/// words of its own.
pub(super) fn guarded<T>(poll: impl FnOnce() -> T) -> Result<T, Fault> {
    let poll = || catch_unwind(AssertUnwindSafe(poll));
    tracing::dispatcher::with_default(&ALARM, poll).map_err(unwound)
}

static ALARM: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Alarm));

/// The payload of the unwinding that ends the loop.
struct EndOfStream;

fn unwound(payload: Box<dyn Any + Send>) -> Fault {
    if payload.is::<EndOfStream>() {
        Fault::CutOff
    } else {
        Fault::of_panic(payload)
    }
}

/// Hears the one warning, and nothing else.
struct Alarm;

/// The module of the client that reads subscriptions has exactly one warning.
fn is_the_warning(metadata: &Metadata<'_>) -> bool {
    metadata.is_event()
        && *metadata.level() == Level::WARN
        && metadata.target() == "kurrentdb::commands"
}

impl Subscriber for Alarm {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if is_the_warning(metadata) {
            Interest::always()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_the_warning(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, _: &Event<'_>) {
        // Not a panic: no hook is called and nothing is printed.
        resume_unwind(Box::new(EndOfStream));
    }

    // There are no spans where none is enabled.

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_warning_ends_its_loop() {
        let poll = || -> () {
            loop {
                tracing::warn!(target: "kurrentdb::commands", "once more");
            }
        };
        assert!(matches!(guarded(poll), Err(Fault::CutOff)));
    }

    #[test]
    fn nothing_else_is_heard() {
        let poll = || {
            tracing::error!(target: "kurrentdb::commands", "louder");
            tracing::warn!(target: "kurrentdb::grpc", "elsewhere");
            7
        };
        assert!(matches!(guarded(poll), Ok(7)));
    }

    #[test]
    fn a_panic_is_caught_with_its_text() {
        let poll = || -> () { panic!("at {}", 3) };
        assert!(matches!(guarded(poll), Err(Fault::Panicked(text)) if text == "at 3"));
    }
}
