//! One writer per file: an advisory lock that the system releases however the process ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use minwon_core::{StoreError, StoreErrorKind};

use super::error::io_error;

/// The lock file beside the store's file.
pub(super) fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".writer");
    name.into()
}

/// Takes the right to write; it lasts as long as the file is open.
///
/// # Errors
/// `NotFound` where no file can be there; `Locked` where somebody has it, with the process id of that somebody if it can be read.
pub(super) fn lock_for_writing(path: &Path) -> Result<File, StoreError> {
    if path.is_dir() {
        let doing = format!("{} is a directory, not a file for a store", path.display());
        return Err(StoreError::new(StoreErrorKind::NotFound, doing));
    }
    let lock = lock_path(path);
    let doing = "locking";
    let open = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&lock);
    let mut file = open.map_err(|error| io_error(&lock, doing, error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(locked(path, &mut file)),
        Err(TryLockError::Error(error)) => return Err(io_error(&lock, doing, error)),
    }
    let note_pid = |file: &mut File| {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        writeln!(file, "{}", std::process::id())
    };
    note_pid(&mut file).map_err(|error| io_error(&lock, doing, error))?;
    Ok(file)
}

fn locked(path: &Path, file: &mut File) -> StoreError {
    let mut note = String::new();
    // Only a help for people; the lock itself is what counts.
    let _ = file.take(32).read_to_string(&mut note);
    let pid = note
        .lines()
        .next()
        .filter(|pid| !pid.is_empty())
        .unwrap_or("unknown");
    let doing = format!("{} is open for writing in process {pid}", path.display());
    StoreError::new(StoreErrorKind::Locked, doing)
}
