//! An event store and read models that live and die with the process: for tests and first steps.
//!
//! ```
//! use minwon_adapters::{SystemClock, memory::{MemoryReadModels, MemoryStore}};
//!
//! let store = MemoryStore::with_clock(SystemClock);
//! let read_models = MemoryReadModels::with_clock(SystemClock);
//! ```

pub use minwon_core::memory::{MemoryFeed, MemoryReadModels, MemoryStore, SliceSnapshot};
