//! The testing kit: for this library's own tests, and for the teams that build on it.
//!
//! - [`given`] states the rules of a decider as examples.
//! - [`ProjectionFold`] shows what a projection makes of recorded events.
//! - [`conformance`] holds what every store must do; a backend runs it whole.
//! - [`Hooked`] is a store whose calls go through a hook: to count, delay, fail or bend them.
//!   [`Faulty`] is one to which the failures of production happen, repeatable by a seed.
//! - [`sample_event`] makes an event of which it does not matter what it says.
//! - [`MemoryStore`] and [`MemoryReadModels`] keep events and read models in memory;
//!   [`ManualClock`] is time that moves by hand.
//! - `KeptMetrics`, with the feature `metrics`, keeps [metrics](crate::metrics) to be looked at.

mod clock;
pub mod conformance;
mod faults;
mod given;
mod hooked;
#[cfg(feature = "metrics")]
mod kept_metrics;
mod projected;
mod sample;
mod seed;
#[cfg(test)]
mod wrong;
mod yielding;

pub use clock::ManualClock;
pub use faults::{FaultCounts, Faults, FaultsBuilder, Faulty};
pub use given::{Given, When, given};
pub use hooked::{Call, CallError, Hook, Hooked, HookedFeed};
#[cfg(feature = "metrics")]
pub use kept_metrics::KeptMetrics;
pub use projected::{ProjectionFold, recorded_event};
pub use sample::{sample_event, sample_event_of};
pub use seed::SeededRng;
pub(crate) use yielding::{yield_now, yield_times};

pub use crate::memory::{MemoryFeed, MemoryReadModels, MemoryStore, SliceSnapshot};
