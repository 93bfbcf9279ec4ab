//! The testing kit: for this library's own tests, and for the teams that build on it.

mod given;

pub use given::{Given, When, given};
