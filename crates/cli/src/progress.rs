//! How far something is that takes long, for whoever watches a terminal.

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

/// A line on standard error that is written anew; nothing where that is no terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    is_watched: bool,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let is_watched = io::stderr().is_terminal();
        Self { is_watched }
    }

    /// Shows this in place of what it showed before.
    pub(crate) fn show(&self, text: impl Display) {
        if self.is_watched {
            // Where it cannot be shown, nothing is lost.
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_watched {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
