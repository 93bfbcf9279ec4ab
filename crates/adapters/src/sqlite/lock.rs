//! One writer per file: advisory locks that the system releases however the process ends.
//!
//! The lock that counts is on the database itself, so that no second name of it, as a hard link or a
//! file that is mounted elsewhere, has a second writer. SQLite's own locks belong to the process and
//! the file: they are lost when the process closes any descriptor of the file. So a file is looked up
//! here by device and inode before it is opened, and our descriptor is closed when no
//! connection of ours is left.
//!
//! Beside the file's name stands the lock of earlier builds, `petitions.db.writer`, which notifies
//! feeds in other processes as well.

use std::{
    collections::BTreeMap,
    fs::{self, File, Metadata, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

#[cfg(unix)]
use std::{
    fs::Permissions,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
};

use minwon_core::{StoreError, StoreErrorKind};

use super::error::io_error;

/// Who may read and write the files that a store makes: the database, what SQLite keeps beside it,
/// the lock, and backups. Files that are there keep their mode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileAccess {
    /// Their owner alone: mode 0600.
    #[default]
    Owner,
    /// Their group reads as well: mode 0640.
    GroupReads,
    /// Their group reads and writes as well: mode 0660, whatever the process's umask.
    GroupWrites,
}

/// A file, whatever its names are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct FileId {
    #[cfg(unix)]
    device: u64,
    #[cfg(unix)]
    inode: u64,
    #[cfg(not(unix))]
    path: PathBuf,
}

/// The databases that this process has open.
static FILES: Mutex<BTreeMap<FileId, Open>> = Mutex::new(BTreeMap::new());

type Files = MutexGuard<'static, BTreeMap<FileId, Open>>;

#[derive(Debug, Default)]
struct Open {
    uses: usize,
    /// Our own descriptor, where one was ever opened: kept until the last use ends.
    descriptor: Option<File>,
    is_written: bool,
}

/// A use of a database by this process. It is noted before a connection is opened, and ends after it
/// is closed.
#[derive(Debug)]
pub(super) struct InUse {
    id: FileId,
    writes: bool,
}

impl InUse {
    /// Notes that `path`, which is resolved, is read.
    ///
    /// # Errors
    /// `NotFound` where no file is there.
    pub(super) fn to_read(path: &Path) -> Result<Self, StoreError> {
        let mut files = files();
        let missing = || io_error(path, "opening", ErrorKind::NotFound.into());
        let id = look_at(path)?.ok_or_else(missing)?;
        Ok(Self::note(&mut files, id).0)
    }

    /// Takes the right to write `path`, which is resolved, and makes the file where it is missing.
    ///
    /// # Errors
    /// `NotFound` where no file can be there, `ReadOnly`, `Locked` where somebody has the right.
    pub(super) fn to_write(path: &Path, access: FileAccess) -> Result<Self, StoreError> {
        let files = files();
        loop {
            if let Some(id) = look_at(path)? {
                return Self::lock(files, path, id, None);
            }
            match create(path, access) {
                Ok(made) => return Self::lock_made(files, path, made),
                // Somebody else was faster.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io_error(path, "making", error)),
            }
        }
    }

    /// Makes `path`, which is resolved, and takes the right to write it.
    ///
    /// # Errors
    /// As [`to_write`](Self::to_write); also where something is there.
    pub(super) fn to_make(path: &Path, access: FileAccess) -> Result<Self, StoreError> {
        let files = files();
        let made = create(path, access).map_err(|error| io_error(path, "making", error))?;
        Self::lock_made(files, path, made)
    }

    fn lock_made(files: Files, path: &Path, made: File) -> Result<Self, StoreError> {
        let found = made.metadata();
        let found = found.map_err(|error| io_error(path, "making", error))?;
        Self::lock(files, path, id_of(path, &found), Some(made))
    }

    fn lock(
        mut files: Files,
        path: &Path,
        id: FileId,
        made: Option<File>,
    ) -> Result<Self, StoreError> {
        let (mut in_use, open) = Self::note(&mut files, id);
        let locked = open.lock(path, &in_use.id, made);
        in_use.writes = locked.is_ok();
        // The end of a use waits for the same files.
        drop(files);
        locked.map(|()| in_use)
    }

    fn note(files: &mut BTreeMap<FileId, Open>, id: FileId) -> (Self, &mut Open) {
        let in_use = Self {
            id: id.clone(),
            writes: false,
        };
        let open = files.entry(id).or_default();
        open.uses += 1;
        (in_use, open)
    }

    /// Fails where `path` has become another file since.
    pub(super) fn check_name(&self, path: &Path) -> Result<(), StoreError> {
        if look_at(path)?.as_ref() == Some(&self.id) {
            return Ok(());
        }
        Err(replaced(path))
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut files = files();
        if let Some(open) = files.get_mut(&self.id) {
            if self.writes {
                open.unlock();
            }
            open.uses -= 1;
            if open.uses == 0 {
                files.remove(&self.id);
            }
        }
    }
}

impl Open {
    fn lock(&mut self, path: &Path, id: &FileId, made: Option<File>) -> Result<(), StoreError> {
        if self.is_written {
            return Err(locked(path, &std::process::id().to_string()));
        }
        let failed = |error| io_error(path, "locking", error);
        let descriptor = match (self.descriptor.take(), made) {
            (Some(kept), _) => kept,
            (None, Some(made)) => made,
            (None, None) => options().open(path).map_err(failed)?,
        };
        let descriptor = self.descriptor.insert(descriptor);
        let found = descriptor.metadata().map_err(failed)?;
        if id_of(path, &found) != *id {
            return Err(replaced(path));
        }
        warn_of_mode(path, &found);
        // Elsewhere such a lock stands in the way of SQLite's own.
        if cfg!(target_os = "linux") {
            match descriptor.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(locked(path, &noted_process(path))),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
        self.is_written = true;
        Ok(())
    }

    fn unlock(&mut self) {
        self.is_written = false;
        if let Some(descriptor) = &self.descriptor
            && let Err(error) = descriptor.unlock()
        {
            tracing::warn!(%error, "the right to write is given up when the process ends");
        }
    }
}

fn files() -> Files {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the file at `path`, without opening it or following a link; none where nothing is there.
fn look_at(path: &Path) -> Result<Option<FileId>, StoreError> {
    let refused = |kind, what| {
        let doing = format!("{} is {what}, not a file for a store", path.display());
        Err(StoreError::new(kind, doing))
    };
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(Some(id_of(path, &found))),
        Ok(found) if found.is_dir() => refused(StoreErrorKind::NotFound, "a directory"),
        Ok(_) => refused(StoreErrorKind::Misconfigured, "a link or a device"),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(path, "looking at", error)),
    }
}

#[cfg(unix)]
fn id_of(_: &Path, found: &Metadata) -> FileId {
    FileId {
        device: found.dev(),
        inode: found.ino(),
    }
}

#[cfg(not(unix))]
fn id_of(path: &Path, _: &Metadata) -> FileId {
    FileId {
        path: path.to_owned(),
    }
}

/// For reading and writing; a link is not followed.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    options
        .mode(0o600)
        .custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    options
}

/// Makes a file, which nobody else could open meanwhile.
pub(super) fn create(path: &Path, access: FileAccess) -> io::Result<File> {
    let file = options().create_new(true).open(path)?;
    #[cfg(unix)]
    match access {
        FileAccess::Owner => {}
        FileAccess::GroupReads => file.set_permissions(Permissions::from_mode(0o640))?,
        FileAccess::GroupWrites => file.set_permissions(Permissions::from_mode(0o660))?,
    }
    Ok(file)
}

/// Tells of names and modes that are no error, but may be one of whoever set them.
fn warn_of_mode(path: &Path, found: &Metadata) {
    #[cfg(unix)]
    {
        let path = path.display();
        if found.mode() & 0o007 != 0 {
            tracing::warn!(%path, "any user of this machine may read the store: chmod o= it");
        }
        if found.nlink() > 1 {
            tracing::warn!(
                %path,
                "the store has another name (a hard link), under which its write-ahead log is not \
                 found: remove that name"
            );
        }
    }
}

/// The lock file beside the store's file.
pub(super) fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".writer");
    name.into()
}

/// Takes the lock beside the name of the file; it lasts as long as it is open.
///
/// # Errors
/// `Locked` where somebody has it, `Misconfigured` where a link stands in its place.
pub(super) fn lock_beside(path: &Path, access: FileAccess) -> Result<File, StoreError> {
    let lock = lock_path(path);
    let failed = |error| io_error(&lock, "locking", error);
    let mut file = match create(&lock, access) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            check_no_link(&lock)?;
            options().open(&lock).map_err(failed)?
        }
        made => made.map_err(failed)?,
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(locked(path, &noted_process(path))),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    let note_pid = |file: &mut File| {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        writeln!(file, "{}", std::process::id())
    };
    note_pid(&mut file).map_err(failed)?;
    Ok(file)
}

/// Refuses what is written to elsewhere too.
fn check_no_link(lock: &Path) -> Result<(), StoreError> {
    let found = fs::symlink_metadata(lock).map_err(|error| io_error(lock, "locking", error))?;
    #[cfg(unix)]
    let is_one = found.is_file() && found.nlink() == 1;
    #[cfg(not(unix))]
    let is_one = found.is_file();
    if is_one {
        return Ok(());
    }
    let doing = format!(
        "{} is a link or no file, and is not written to; remove it",
        lock.display()
    );
    Err(StoreError::new(StoreErrorKind::Misconfigured, doing))
}

/// The process that noted itself beside `path`. Only a help for people; the lock itself is what counts.
fn noted_process(path: &Path) -> String {
    let mut note = String::new();
    let open = OpenOptions::new().read(true).open(lock_path(path));
    let _ = open.map(|file| file.take(32).read_to_string(&mut note));
    let pid = note.lines().next().filter(|pid| !pid.is_empty());
    pid.unwrap_or("unknown").to_owned()
}

fn locked(path: &Path, pid: &str) -> StoreError {
    let doing = format!("{} is open for writing in process {pid}", path.display());
    StoreError::new(StoreErrorKind::Locked, doing)
}

fn replaced(path: &Path) -> StoreError {
    let doing = format!("{} was replaced while it was opened", path.display());
    StoreError::new(StoreErrorKind::Unavailable, doing)
}
