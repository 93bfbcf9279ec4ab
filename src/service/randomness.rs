//! Where numbers come from that nobody can guess.

use std::io;

/// A source of numbers that nobody can guess: the verification numbers of documents are made of them.
///
/// A function that returns a number is one, as seeded numbers in tests are.
pub trait Randomness: Send + Sync + 'static {
    /// Draws 64 bits, each of which is as likely to be 0 as 1, whatever was drawn before.
    ///
    /// # Errors
    /// Where the source gives none: then the document is issued later.
    fn draw(&self) -> io::Result<u64>;
}

impl<F: Fn() -> u64 + Send + Sync + 'static> Randomness for F {
    fn draw(&self) -> io::Result<u64> {
        Ok(self())
    }
}

/// The random numbers of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn draw(&self) -> io::Result<u64> {
        getrandom::u64().map_err(io::Error::from)
    }
}
