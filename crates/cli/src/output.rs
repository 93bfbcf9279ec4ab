//! Standard output and standard error: tables for people, JSON for programs.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

use minwon::foreign_text;
use serde_json::Value;

/// The form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Out {
    Text,
    Json,
}

/// Standard output takes no more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    /// Whoever read it has seen enough, as `head` has.
    #[error("nobody reads standard output any more")]
    Closed,
    #[error("standard output could not be written")]
    Failed(#[source] io::Error),
}

impl OutputError {
    fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}

impl Out {
    /// Says either of both.
    pub(crate) fn print(
        self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce() -> String,
    ) -> Result<(), OutputError> {
        match self {
            Self::Json => write_line(&foreign_text::shown_json(&json().to_string())),
            Self::Text => say(text().trim_end()),
        }
    }
}

/// Writes to standard output what this program itself has made, as it is.
pub(crate) fn write(text: &[u8]) -> Result<(), OutputError> {
    io::stdout().write_all(text).map_err(OutputError::of)
}

/// Writes text to standard output. Nothing in it steers the terminal, whoever wrote it.
fn say(text: impl Display) -> Result<(), OutputError> {
    write_line(&foreign_text::shown_lines(&text.to_string()))
}

/// Writes to standard error, if anybody reads it.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{}", foreign_text::shown_lines(text));
}

fn write_line(text: &str) -> Result<(), OutputError> {
    writeln!(io::stdout(), "{text}").map_err(OutputError::of)
}
