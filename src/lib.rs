#![doc = include_str!("../README.md")]

mod namespace;
#[cfg(any(feature = "memory", feature = "sqlite"))]
mod store;

pub use minwon_core::*;

/// Civil petitions: the domain.
pub use minwon_petitions as petitions;
/// Folding the log into answers.
pub use minwon_projections as projections;

/// Backends, one module and one feature each.
pub use minwon_adapters as adapters;

pub use minwon_adapters::SystemClock;
pub use namespace::{Applications, Issuances, Namespace};
#[cfg(any(feature = "memory", feature = "sqlite"))]
pub use store::{OpenError, Store, StoreFeed, StoreUrl, StoreUrlError};
