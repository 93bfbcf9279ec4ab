//! Where a file is: one meaning of a path, and none of SQLite's own.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use minwon_core::{StoreError, StoreErrorKind};

use super::error::io_error;

/// Symbolic links that may follow one another, as in Linux. Unit: links.
const LINKS_MAX: u32 = 40;

/// Returns the path without a symbolic link and from the root on, also where the last link leads to a
/// file that is not there yet.
///
/// # Errors
/// `NotFound` where the directory is missing, `Misconfigured` for what SQLite would take for something
/// else than a path.
pub(super) fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    let refused = |what| {
        let doing = format!("{} {what}", path.display());
        Err(StoreError::new(StoreErrorKind::Misconfigured, doing))
    };
    let text = path.as_os_str().as_encoded_bytes();
    if text == b":memory:" {
        return refused("keeps nothing; name a file, or use the store in memory");
    }
    if text.starts_with(b"file:") {
        return refused("is a URI, which is not read; write the path alone");
    }
    let mut found = path.to_owned();
    for _ in 0..LINKS_MAX {
        let (directory, name) = split(&found);
        let directory = directory
            .canonicalize()
            .map_err(|error| io_error(path, "looking for", error))?;
        let Some(name) = name else {
            return Ok(directory);
        };
        let whole = directory.join(name);
        match fs::read_link(&whole) {
            Ok(target) => found = directory.join(target),
            Err(_) => return Ok(whole),
        }
    }
    refused("is a circle of symbolic links")
}

/// The directory of a path and what it is called there; `..` and the root have no name.
pub(super) fn split(path: &Path) -> (&Path, Option<&OsStr>) {
    match (path.file_name(), path.parent()) {
        (None, _) => (path, None),
        (name, Some(directory)) if !directory.as_os_str().is_empty() => (directory, name),
        (name, _) => (Path::new("."), name),
    }
}

/// Returns whether the file stands on a read-only disk and has no write-ahead log that anything
/// was left in.
pub(super) fn never_changes(path: &Path) -> bool {
    #[cfg(unix)]
    let is_read_only = rustix::fs::statvfs(path)
        .is_ok_and(|disk| disk.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
    #[cfg(not(unix))]
    let is_read_only = false;
    is_read_only && !has_wal(path)
}

fn has_wal(path: &Path) -> bool {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    match fs::symlink_metadata(name) {
        Ok(found) => !found.is_file() || found.len() > 0,
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// The URI of a file that nobody changes, which SQLite then reads without locks and a log.
pub(super) fn immutable_uri(path: &Path) -> PathBuf {
    let mut uri = OsString::from("file://");
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte).to_string());
        } else {
            uri.push(format!("%{byte:02X}"));
        }
    }
    uri.push("?immutable=1");
    uri.into()
}
