//! Event stores and other backends, one module and one feature each.
//!
//! | module | keeps | where |
//! |---|---|---|
//! | [`memory`] | events, snapshots, checkpoints, read models | in this process, for tests and first steps |
//! | [`redis`] | read models | in Redis: one server, Sentinel or Cluster |
//! | [`sqlite`] | events, snapshots, checkpoints, read models | in one file, durably; other processes may read it |

#[cfg(any(feature = "memory", feature = "sqlite"))]
mod follow;
mod system;

#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sqlite")]
pub mod sqlite;

pub use system::SystemClock;
