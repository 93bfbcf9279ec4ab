//! The parts that the examples share: errors with their causes, output.

use std::{
    error::Error,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use minwon::foreign_text;

/// Any error; its causes say the rest.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Something failed, with what was being done.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub(crate) struct While {
    doing: String,
    source: Failure,
}

pub(crate) fn while_doing<E: Into<Failure>>(doing: impl Into<String>) -> impl FnOnce(E) -> While {
    let doing = doing.into();
    |source| While {
        doing,
        source: source.into(),
    }
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

/// The end of a program: an error is printed with all its causes. It is no error that nobody reads
/// the output any more.
pub(crate) fn exit(done: Result<(), Failure>) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    let mut causes = vec![];
    let mut next: Option<&(dyn Error + 'static)> = Some(&*error);
    while let Some(cause) = next {
        if let Some(OutputError::Closed) = cause.downcast_ref() {
            return ExitCode::SUCCESS;
        }
        causes.extend(foreign_text::causes(cause).next());
        next = cause.source();
    }
    complain("error", &causes.join("\n  caused by: "));
    ExitCode::FAILURE
}

/// Writes to standard error, if anybody reads it.
pub(crate) fn complain(what: &str, text: &str) {
    let _ = writeln!(io::stderr(), "{what}: {}", foreign_text::shown_lines(text));
}

/// Writes JSON to standard output.
///
/// # Errors
/// As [`say`].
#[allow(dead_code, reason = "not every example has an output for programs")]
pub(crate) fn say_json(json: &serde_json::Value) -> Result<(), OutputError> {
    write_line(&foreign_text::shown_json(&json.to_string()))
}

/// Writes to standard output.
///
/// # Errors
/// [`OutputError::Closed`] where nobody reads it any more, which ends a program quietly.
pub(crate) fn say(text: impl Display) -> Result<(), OutputError> {
    write_line(&foreign_text::shown_lines(&text.to_string()))
}

fn write_line(text: &str) -> Result<(), OutputError> {
    writeln!(io::stdout(), "{text}").map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => OutputError::Closed,
        _ => OutputError::Failed(error),
    })
}
