//! Where a socket is.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, File, Permissions, TryLockError},
    io,
    os::{
        fd::AsRawFd,
        unix::{
            ffi::OsStrExt,
            fs::{DirBuilderExt, FileTypeExt, PermissionsExt},
        },
    },
    path::{Path, PathBuf},
};

use super::ListenError;

/// Longest path that a socket may have on every Unix. Unit: bytes.
const PATH_BYTES_MAX: usize = 100;

/// A path to a socket that is short enough for the system, as long as this value lives.
#[derive(Debug)]
pub(super) struct ShortPath {
    path: PathBuf,
    _directory: Option<File>,
}

impl ShortPath {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let is_short = path.as_os_str().as_bytes().len() <= PATH_BYTES_MAX;
        if is_short || !cfg!(target_os = "linux") {
            let (path, _directory) = (path.to_owned(), None);
            return Ok(Self { path, _directory });
        }
        let directory = File::open(parent(path))?;
        let name = path.file_name().unwrap_or(OsStr::new(""));
        let opened = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
        Ok(Self {
            path: opened.join(name),
            _directory: Some(directory),
        })
    }

    pub(super) fn as_path(&self) -> &Path {
        &self.path
    }
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The right to listen at a place; it lasts as long as the file is open.
///
/// Whoever holds it may remove the socket that is there: the process that made it has ended.
pub(super) fn take(socket: &Path) -> Result<File, ListenError> {
    let directory = parent(socket);
    let failed = |doing| ListenError::io(doing, socket);
    own_directory(directory).map_err(failed("making the directory of"))?;
    let is_own = is_own_directory(directory).map_err(failed("looking at the directory of"))?;
    if !is_own {
        let path = directory.to_owned();
        return Err(ListenError::NotOurDirectory { path });
    }
    let mut lock = socket.as_os_str().to_owned();
    lock.push(".lock");
    let lock = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(PathBuf::from(lock));
    let lock = lock.map_err(failed("locking"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let path = socket.to_owned();
            return Err(ListenError::Taken { path });
        }
        Err(TryLockError::Error(source)) => return Err(failed("locking")(source)),
    }
    match fs::symlink_metadata(socket) {
        Ok(found) if found.file_type().is_socket() => {
            fs::remove_file(socket).map_err(failed("removing what a service left at"))?;
        }
        Ok(_) => {
            let path = socket.to_owned();
            return Err(ListenError::NotASocket { path });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(failed("looking at")(source)),
    }
    Ok(lock)
}

/// A directory that no other user may look into; one that is there stays as it is.
fn own_directory(directory: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Returns whether it is a directory, and no link to one, that other users have no right to.
fn is_own_directory(directory: &Path) -> io::Result<bool> {
    let found = fs::symlink_metadata(directory)?;
    Ok(found.is_dir() && found.permissions().mode() & 0o077 == 0)
}

/// Lets nobody but its owner use a socket.
pub(super) fn close_to_others(socket: &Path) -> io::Result<()> {
    fs::set_permissions(socket, Permissions::from_mode(0o600))
}
