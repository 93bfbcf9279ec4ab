//! The console as a browser meets it, request by request.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

mod api;
mod browser;
mod doors;
mod looking;
mod mending;
mod tending;
mod world;
