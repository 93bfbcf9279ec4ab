//! Commands take effect once, whatever happens on the way.

// Clippy allows it in tests, but does not see that `cfg(all(test, ...))` means a test.
#![allow(clippy::unwrap_used)]

mod account;
mod batches;
#[cfg(feature = "metrics")]
mod counted;
mod failures;
mod laws;
mod probe;
mod repeats;
mod snapshots;
mod traces;
