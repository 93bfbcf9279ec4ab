//! Real servers for tests: on free ports of the loopback interface, with their files in a
//! directory of their own. A server ends with its value.
//!
//! Everything here panics where something goes wrong, for then a test has failed.

// A test that cannot have its server has failed.
#![allow(clippy::unwrap_used)]

mod chromedriver;
mod cluster;
mod process;
mod prometheus;
mod redis;
mod sentinel;

pub use self::{
    chromedriver::ChromeDriver,
    cluster::{RedisCluster, SlotMove},
    prometheus::PrometheusServer,
    redis::{AppendOnly, RedisServer, RedisServerBuilder},
    sentinel::RedisSentinel,
};
