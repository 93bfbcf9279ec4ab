//! Event stores and other backends, one module and one feature each.
//!
//! | module | keeps | where |
//! |---|---|---|
//! | [`kurrentdb`] | events, snapshots, checkpoints | in a KurrentDB cluster |
//! | [`memory`] | events, snapshots, checkpoints, read models | in this process, for tests and first steps |
//! | [`redis`] | read models | in Redis: one server, Sentinel or Cluster |
//! | [`sqlite`] | events, snapshots, checkpoints, read models | in one file, durably; other processes may read it |
//!
//! | module | reaches | how |
//! |---|---|---|
//! | [`agency`] | outside registers | around any link: bulkhead, retries, circuit breaker, time-out |
//! | [`notifiers`] | petitioners | in the log (feature `notifiers`), or by HTTP (feature `webhook`) |

#[cfg(test)]
use minwon_test_panics as _;

#[cfg(any(feature = "kurrentdb", feature = "redis-tls", feature = "webhook"))]
mod cryptography;
#[cfg(any(feature = "kurrentdb", feature = "redis"))]
mod exposure;
#[cfg(any(feature = "agency", feature = "webhook"))]
mod retries;
mod system;

#[cfg(feature = "agency")]
pub mod agency;
#[cfg(feature = "kurrentdb")]
pub mod kurrentdb;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "notifiers")]
pub mod notifiers;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(any(feature = "agency", feature = "webhook"))]
pub use retries::{OptionError, Retries};
pub use system::SystemClock;
