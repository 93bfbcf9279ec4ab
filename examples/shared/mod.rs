//! What the examples share: errors told with their causes, a place for the store, output.

use std::{
    error::Error,
    fmt::Display,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use tempfile::TempDir;

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

/// Where the store is: a directory that stays, or one that goes with the process.
pub(crate) enum Place {
    Kept(PathBuf),
    Temporary(TempDir),
}

impl Place {
    pub(crate) fn new(data: Option<&Path>) -> Result<Self, While> {
        match data {
            Some(path) => {
                let doing = format!("the directory {} could not be made", path.display());
                fs::create_dir_all(path).map_err(while_doing(doing))?;
                Ok(Self::Kept(path.to_owned()))
            }
            None => {
                let doing = "no temporary directory could be made; choose one with --data";
                TempDir::new()
                    .map(Self::Temporary)
                    .map_err(while_doing(doing))
            }
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

/// Writes to standard output, where a closed pipe is an error and no panic.
pub(crate) fn say(text: impl Display) -> Result<(), While> {
    writeln!(io::stdout(), "{text}").map_err(while_doing("standard output could not be written"))
}
