//! Everything that is read from stores, servers, files and people, read from any bytes.
//!
//! A [`Target`] is one decoder and the law that it keeps whatever it is given: it answers or refuses, what
//! it answers is written and read again as the same, and what it refuses it names. [`hunt`] changes the
//! inputs of its corpus by chance, from a seed; `fuzz/` runs the same functions guided by coverage.

#![allow(clippy::unwrap_used, reason = "a target fails as a test does")]

mod corpus;
mod hunt;
mod mutate;
mod targets;

pub use hunt::{Finding, Hunt, Report, hunt};

/// A decoder and the law that it keeps.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, which is that of its folder in `corpus/`.
    pub name: &'static str,
    run: fn(&[u8]),
    /// Inputs that are made of the golden files.
    golden: fn() -> Vec<Vec<u8>>,
}

impl Target {
    /// All of them.
    pub const ALL: &[Self] = targets::ALL;

    /// The target with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|target| target.name == name)
    }

    /// Gives the decoder an input.
    ///
    /// # Panics
    /// Where the law is broken.
    pub fn run(&self, input: &[u8]) {
        (self.run)(input);
    }

    /// The inputs to begin with: those of the golden files, and those that are kept in `corpus/`.
    ///
    /// # Panics
    /// Where the files cannot be read.
    #[must_use]
    pub fn corpus(&self) -> Vec<Vec<u8>> {
        let mut inputs = (self.golden)();
        inputs.extend(corpus::kept(self.name));
        inputs
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Target({})", self.name)
    }
}
