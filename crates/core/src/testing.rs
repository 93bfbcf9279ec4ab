//! The testing kit: for this library's own tests, and for the teams that build on it.
//!
//! - [`given`] tells the rules of a decider as examples.
//! - [`ProjectionFold`] tells what a projection makes of recorded events.
//! - [`conformance`] holds what every store must do; a backend runs it whole.
//! - [`wrong`] holds stores that break one rule each, to see that a suite notices.
//! - [`FaultyStore`] and [`FaultyReadModels`] bring the failures of production into a test,
//!   repeatable by a seed.
//! - [`sample_event`] makes an event of which it does not matter what it says.
//! - [`ModelStore`] is the plainest right store, [`ModelReadModels`] the plainest place for read
//!   models; [`ManualClock`] is time that moves by hand.

mod clock;
pub mod conformance;
mod faults;
mod given;
mod model;
mod projected;
mod read_models;
mod sample;
mod seed;
pub mod wrong;
mod yielding;

pub use clock::ManualClock;
pub use faults::{
    FaultCounts, FaultyFeed, FaultyReadModels, FaultyReadModelsBuilder, FaultyStore,
    FaultyStoreBuilder, ReadModelFaults,
};
pub use given::{Given, When, given};
pub use model::{ModelFeed, ModelStore};
pub use projected::{ProjectionFold, recorded_event};
pub use read_models::{ModelReadModels, SliceSnapshot};
pub use sample::{sample_event, sample_event_of};
pub use seed::SeededRng;
pub(crate) use yielding::{yield_now, yield_times};
