//! A disk under SQLite that loses power, tears pages and fails syncs. For tests alone.
//!
//! [`Disk::mount`] puts a directory on such a disk: every database that this process opens there
//! from then on, by whatever code, goes through a file system of SQLite's (a VFS) that keeps count of
//! what was synced. The code under test is not changed, and does not know.
//!
//! The file system passes everything on to the system's own, so running programs see what they
//! wrote, as they do through the page cache. Beside it stands the *medium*: what a sync has put there,
//! and the list of writes since. When power is lost, each 512 bytes of these writes are on the medium, or
//! are not, or are torn somewhere in between, by chance from a seed; and the same holds for the names of
//! files that were made or removed since their directory was last synced. [`Disk::restore`] writes that
//! to the real files.
//!
//! A sync that fails does what Linux does since it was noticed ("fsyncgate", 2018): some of the writes are
//! on the medium, the rest never will be, though they can still be read, and the next sync succeeds.
//!
//! Not modelled: bytes change outside of those written (SQLite is built to rely on
//! `SQLITE_IOCAP_POWERSAFE_OVERWRITE`, as it is on Linux), a medium that forgets what it has synced
//! (but see [`Faults::lies`]), and bytes that rot. Shared memory is lost with the power.
#![cfg(unix)]

#[cfg(test)]
use minwon_test_panics as _;

mod medium;
#[allow(unsafe_code, reason = "SQLite's interface to file systems is one of C")]
mod vfs;

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use minwon_core::testing::SeededRng;

use self::medium::{FileId, Medium};

/// The faults of a disk that has power.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// How many of a thousand syncs of logs and journals fail.
    pub failed_log_syncs: u16,
    /// How many of a thousand syncs of the database itself fail, which are far fewer.
    pub failed_database_syncs: u16,
    /// How many of a thousand writes find the disk full.
    pub full_writes: u16,
    /// Whether syncs do nothing and say that they did. No store stands that; it shows that a test can
    /// fail.
    pub lies: bool,
}

/// A change that is asked of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A file is made.
    Create,
    /// Bytes of the database itself are written.
    WriteDatabase,
    /// Bytes of the write-ahead log or a journal are written.
    WriteLog,
    /// The database is synced.
    SyncDatabase,
    /// The write-ahead log or a journal is synced.
    SyncLog,
    /// A file is cut short.
    Truncate,
    /// A file is removed.
    Delete,
}

/// The effect of a loss of power.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loss {
    /// Writes that were not synced, in pieces of 512 bytes at most.
    pub pieces: u64,
    /// Those of them that are not on the medium.
    pub pieces_lost: u64,
    /// Those of them that are there in part.
    pub pieces_torn: u64,
    /// Names of files, made or removed, that are as they were before.
    pub names_lost: u64,
}

/// A directory on a disk that can lose power. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Disk(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    directory: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    medium: Medium,
    rng: SeededRng,
    faults: Faults,
    has_power: bool,
    /// How many steps, of all kinds or of one, come before the one at which power is lost.
    plan: Option<(Option<Step>, u64)>,
    /// How many syncs, of all kinds or of one, come before one that fails.
    sync_to_fail: Option<(Option<Step>, u64)>,
    cut_at: Option<Step>,
    syncs_failed: u64,
    writes_refused: u64,
}

/// The answer to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Done,
    Failed,
    Full,
}

impl Disk {
    /// Puts an empty directory on a disk that acts by chance from `seed`. It stays there as long as a clone
    /// lives.
    ///
    /// # Errors
    /// Where there is no such directory.
    ///
    /// # Panics
    /// Where SQLite does not take the file system.
    pub fn mount(directory: &Path, seed: u64) -> io::Result<Self> {
        let state = State {
            medium: Medium::default(),
            rng: SeededRng::new(seed),
            faults: Faults::default(),
            has_power: true,
            plan: None,
            sync_to_fail: None,
            cut_at: None,
            syncs_failed: 0,
            writes_refused: 0,
        };
        let disk = Self(Arc::new(Shared {
            directory: directory.canonicalize()?,
            state: Mutex::new(state),
        }));
        vfs::mount(&disk);
        Ok(disk)
    }

    /// Sets the faults from here on.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Power is lost at the step of this kind, or of any, that follows `steps` others.
    pub fn cut_after(&self, steps: u64, kind: Option<Step>) {
        self.state().plan = Some((kind, steps));
    }

    /// The sync of this kind, or of any, that follows `syncs` others fails, whatever the faults are.
    pub fn fail_sync_after(&self, syncs: u64, kind: Option<Step>) {
        self.state().sync_to_fail = Some((kind, syncs));
    }

    /// Power is lost now, where it is not already.
    pub fn cut(&self) {
        self.state().has_power = false;
    }

    /// Returns whether the disk has power.
    #[must_use]
    pub fn has_power(&self) -> bool {
        self.state().has_power
    }

    /// The step at which power was last lost; none where it was lost between two.
    #[must_use]
    pub fn cut_at(&self) -> Option<Step> {
        self.state().cut_at
    }

    /// How many syncs failed, and how many writes found the disk full.
    #[must_use]
    pub fn faults_seen(&self) -> (u64, u64) {
        let state = self.state();
        (state.syncs_failed, state.writes_refused)
    }

    /// Gives power back: what is on the medium is in the files. Whoever had one open has closed it before.
    ///
    /// # Errors
    /// Where the real files cannot be written.
    pub fn restore(&self) -> io::Result<Loss> {
        let mut state = self.state();
        let State { medium, rng, .. } = &mut *state;
        let (loss, gone) = medium.lose_power(rng);
        for name in gone {
            remove(&name)?;
        }
        for (name, content) in medium.content() {
            fs::write(name, content)?;
            // Shared memory, which every database has beside it.
            let mut shared = name.as_os_str().to_owned();
            shared.push("-shm");
            remove(Path::new(&shared))?;
        }
        state.has_power = true;
        state.plan = None;
        state.cut_at = None;
        Ok(loss)
    }

    /// Writes every byte of a file again and syncs it, as a program does that trusts no earlier sync.
    ///
    /// # Errors
    /// `NotFound` where no file has this name; the faults of the disk.
    pub fn rewrite(&self, name: &Path) -> io::Result<()> {
        let content = fs::read(name)?;
        let file = self.state().medium.find(name);
        let file = file.ok_or(io::ErrorKind::NotFound)?;
        let done = match self.write(file, true, 0, &content) {
            Answer::Done => self.sync(file, true, false),
            answer => answer,
        };
        match done {
            Answer::Done => Ok(()),
            Answer::Failed => Err(io::Error::other("the disk failed")),
            Answer::Full => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a file by name, making it where it is missing.
    fn open(&self, name: &Path, is_new: bool) -> Result<FileId, Answer> {
        let mut state = self.state();
        if let Some(file) = state.medium.find(name) {
            return if state.has_power {
                Ok(file)
            } else {
                Err(Answer::Failed)
            };
        }
        if !is_new {
            return Err(Answer::Failed);
        }
        match state.take(Step::Create) {
            Answer::Done => Ok(state.medium.create(name)),
            answer => Err(answer),
        }
    }

    fn write(&self, file: FileId, is_log: bool, at: u64, bytes: &[u8]) -> Answer {
        let mut state = self.state();
        let full_writes = state.faults.full_writes;
        if state.has_power && state.rng.happens(full_writes) {
            state.writes_refused += 1;
            return Answer::Full;
        }
        let had_power = state.has_power;
        let step = if is_log {
            Step::WriteLog
        } else {
            Step::WriteDatabase
        };
        let answer = state.take(step);
        if had_power {
            // Also where power is lost now: some of it may have arrived.
            state.medium.write(file, at, bytes);
        }
        answer
    }

    fn truncate(&self, file: FileId, length: u64) -> Answer {
        let mut state = self.state();
        let had_power = state.has_power;
        let answer = state.take(Step::Truncate);
        if had_power {
            state.medium.truncate(file, length);
        }
        answer
    }

    /// Syncs a file, and the directory where the file is new to it.
    fn sync(&self, file: FileId, is_log: bool, and_directory: bool) -> Answer {
        let mut state = self.state();
        let step = if is_log {
            Step::SyncLog
        } else {
            Step::SyncDatabase
        };
        let answer = state.take(step);
        if answer != Answer::Done || state.faults.lies {
            return answer;
        }
        let is_chosen = state.is_sync_to_fail(step);
        let failed_syncs = match is_log {
            true => state.faults.failed_log_syncs,
            false => state.faults.failed_database_syncs,
        };
        let State {
            medium,
            rng,
            syncs_failed,
            ..
        } = &mut *state;
        if is_chosen || rng.happens(failed_syncs) {
            *syncs_failed += 1;
            medium.fail_sync(file, rng);
            return Answer::Failed;
        }
        medium.sync(file);
        if and_directory {
            medium.sync_directory();
        }
        Answer::Done
    }

    fn delete(&self, name: &Path, and_sync: bool) -> Answer {
        let mut state = self.state();
        let had_power = state.has_power;
        let answer = state.take(Step::Delete);
        if had_power {
            state.medium.remove(name);
        }
        if answer == Answer::Done && and_sync && !state.faults.lies {
            state.medium.sync_directory();
        }
        answer
    }
}

impl State {
    /// Counts a sync down. Returns whether it is the one that fails.
    fn is_sync_to_fail(&mut self, step: Step) -> bool {
        match &mut self.sync_to_fail {
            Some((kind, syncs)) if kind.is_none_or(|kind| kind == step) => {
                let is_chosen = *syncs == 0;
                *syncs = syncs.saturating_sub(1);
                if is_chosen {
                    self.sync_to_fail = None;
                }
                is_chosen
            }
            _ => false,
        }
    }

    /// Takes a step, which may be the last one with power.
    fn take(&mut self, step: Step) -> Answer {
        if !self.has_power {
            return Answer::Failed;
        }
        match &mut self.plan {
            Some((kind, steps)) if kind.is_none_or(|kind| kind == step) => {
                if *steps == 0 {
                    self.has_power = false;
                    self.cut_at = Some(step);
                    return Answer::Failed;
                }
                *steps -= 1;
                Answer::Done
            }
            _ => Answer::Done,
        }
    }
}

fn remove(name: &Path) -> io::Result<()> {
    match fs::remove_file(name) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
