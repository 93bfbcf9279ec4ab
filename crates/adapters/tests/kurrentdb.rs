//! The adapter for KurrentDB against a stand-in, over a real socket; and
//! against a real server, where `MINWON_KURRENTDB_URL` names one.

// Allowed in tests; clippy sees that only inside `#[test]` functions.
#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

#[path = "kurrentdb/appends.rs"]
mod appends;
#[path = "kurrentdb/checkpoints.rs"]
mod checkpoints;
#[path = "kurrentdb/conformance.rs"]
mod conformance;
#[path = "kurrentdb/connections.rs"]
mod connections;
#[path = "kurrentdb/crash.rs"]
mod crash;
#[path = "kurrentdb/feeds.rs"]
mod feeds;
#[path = "kurrentdb/following.rs"]
mod following;
#[path = "kurrentdb/hostile.rs"]
mod hostile;
#[path = "kurrentdb/reads.rs"]
mod reads;
#[path = "kurrentdb/rights.rs"]
mod rights;
#[path = "kurrentdb/scene.rs"]
mod scene;
#[path = "kurrentdb/snapshots.rs"]
mod snapshots;
#[path = "kurrentdb/storm.rs"]
mod storm;
#[path = "kurrentdb/tls.rs"]
mod tls;
