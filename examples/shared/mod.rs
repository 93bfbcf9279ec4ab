//! What the examples share: errors told with their causes, output.

use std::{
    error::Error,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

/// Any error; its causes tell the rest.
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

/// The end of a program: an error is told with all its causes.
pub(crate) fn exit(done: Result<(), Failure>) -> ExitCode {
    let Err(error) = done else {
        return ExitCode::SUCCESS;
    };
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  caused by: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

/// Writes to standard output, where a closed pipe is an error and no panic.
pub(crate) fn say(text: impl Display) -> Result<(), While> {
    writeln!(io::stdout(), "{text}").map_err(while_doing("standard output could not be written"))
}
