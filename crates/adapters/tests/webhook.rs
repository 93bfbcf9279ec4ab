//! Webhooks over real connections on loopback, with time moved by hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[path = "webhook/deliveries.rs"]
mod deliveries;
#[path = "webhook/receiver.rs"]
mod receiver;
#[path = "webhook/support.rs"]
mod support;
