//! The console in a real browser, for what only that does: scripts, cookies, the keyboard, the policy of a
//! page, and how it looks.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

mod browser;
mod every_page;
mod looking;
mod mending;
#[path = "../pages/world.rs"]
#[allow(dead_code, reason = "the other tests need more of it")]
mod world;
