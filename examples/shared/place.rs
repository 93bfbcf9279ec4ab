//! Where an example keeps its store.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::shared::{While, while_doing};

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
