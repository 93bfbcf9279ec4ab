#![doc = include_str!("../README.md")]

#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
mod backends;
#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
mod login;
mod namespace;
pub mod operator;
#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
mod read_models;
mod results;
pub mod service;
mod session;
#[cfg(any(feature = "memory", feature = "sqlite"))]
mod store;

pub use minwon_core::*;

/// Civil petitions: the domain.
pub use minwon_petitions as petitions;
/// The running side: projectors, questions to read models, rebuilding, verifying.
pub use minwon_projections as projections;

/// Backends, one module and one feature each.
pub use minwon_adapters as adapters;

#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
pub use backends::ServerUrl;
pub use minwon_adapters::SystemClock;
pub use namespace::{Applications, Issuances, Namespace};
#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
pub use read_models::{Leases, OpenReadModelsError, ReadModels, ReadModelsUrl, ReadModelsUrlError};
pub use results::{DayCounts, DocumentResult, IssuedDocument, OpenCounts, ResultQuery};
pub use session::{Attempt, CommandError, Door, Petition, Session};
#[cfg(any(feature = "memory", feature = "sqlite"))]
pub use store::{Namespaces, OpenError, Store, StoreFeed, StoreUrl, StoreUrlError};
