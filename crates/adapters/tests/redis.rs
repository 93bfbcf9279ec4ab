//! Read models in Redis, against real servers: what the ports promise, and the faults of Redis.

// Allowed in tests; clippy sees that only inside `#[test]` functions.
#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

#[path = "redis/admin.rs"]
mod admin;
#[path = "redis/cluster.rs"]
mod cluster;
#[path = "redis/conformance.rs"]
mod conformance;
#[path = "redis/contract.rs"]
mod contract;
#[path = "redis/failover.rs"]
mod failover;
#[path = "redis/failures.rs"]
mod failures;
#[path = "redis/hostile.rs"]
mod hostile;
#[path = "redis/leases.rs"]
mod leases;
#[path = "redis/servers.rs"]
mod servers;
#[path = "redis/support.rs"]
mod support;
