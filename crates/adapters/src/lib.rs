//! Event stores and other backends, one module and one feature each.
//!
//! | module | keeps | where |
//! |---|---|---|
//! | [`memory`] | events, snapshots, checkpoints, read models | in this process, for tests and first steps |
//! | [`sqlite`] | events, snapshots, checkpoints, read models | in one file, durably; other processes may read it |

#[cfg(any(feature = "memory", feature = "sqlite"))]
mod follow;
mod system;

#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use system::SystemClock;
