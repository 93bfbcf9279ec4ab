//! How the program ends: well, with something wrong found, or without an answer.

use std::{error::Error, process::ExitCode};

use minwon::foreign_text;

use crate::output::{OutputError, complain};

/// Any error; its causes say the rest.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// What a command found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// All is well.
    Well,
    /// What was looked for is wrong or missing; the output says what.
    Wrong,
}

impl Found {
    pub(crate) const fn well_if(is_well: bool) -> Self {
        if is_well { Self::Well } else { Self::Wrong }
    }
}

/// The code where what was looked for is wrong or missing.
const WRONG: u8 = 1;
/// The code of a mistake on the command line or in the settings; clap uses it as well.
const USAGE: u8 = 2;
/// The code where there is no answer, or not all was done that was asked.
const FAILED: u8 = 3;

/// A mistake on the command line or in the settings.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Usage {
    what: String,
    source: Option<Failure>,
}

impl Usage {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        let (what, source) = (what.into(), None);
        Self { what, source }
    }

    /// The mistake that `doing` met.
    pub(crate) fn of<E: Into<Failure>>(doing: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = doing.into();
        |error| Self {
            what,
            source: Some(error.into()),
        }
    }
}

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

/// The end of the program: an error is printed with all its causes. It is no error that nobody reads the
/// output any more, as when `head` has seen enough.
pub(crate) fn exit(done: Result<Found, Failure>) -> ExitCode {
    let error = match done {
        Ok(Found::Well) => return ExitCode::SUCCESS,
        Ok(Found::Wrong) => return WRONG.into(),
        Err(error) => error,
    };
    let (mut causes, mut code) = (Vec::new(), FAILED);
    let mut next: Option<&(dyn Error + 'static)> = Some(&*error);
    while let Some(cause) = next {
        if let Some(OutputError::Closed) = cause.downcast_ref() {
            return ExitCode::SUCCESS;
        }
        if cause.is::<Usage>() {
            code = USAGE;
        }
        causes.extend(foreign_text::causes(cause).next());
        next = cause.source();
    }
    complain(&format!("error: {}", causes.join("\n  caused by: ")));
    code.into()
}
