//! The unit tests of `replay_permits`, a test target of its own: cargo builds an example either as
//! a program or as tests, and `tests/replay_permits.rs` needs the program.
#![allow(dead_code, reason = "what only `main` uses")]

mod cases;
mod figures;
mod fit;
mod migrate;
mod permits;
mod petition;
#[path = "../shared/place.rs"]
mod place;
#[path = "../shared/mod.rs"]
mod shared;
mod tally;
