//! The guard around links to outside registers, with time moved by hand.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[path = "agency/any_order.rs"]
mod any_order;
#[path = "agency/layers.rs"]
mod layers;
#[path = "agency/support.rs"]
mod support;
