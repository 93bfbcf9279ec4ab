//! The command as operators and their scripts meet it: run on a store file beside a service, or alone.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

mod keeping;
mod kurrentdb;
mod letters;
mod looking;
mod pages;
mod service;
mod settings;
mod world;
