//! The file system as SQLite sees it: the system's own, with a [`Disk`] that every change is reported to.
//!
//! This is the only unsafe code of the workspace. What it relies on is SQLite's contract for file systems
//! (<https://sqlite.org/c3ref/vfs.html>, <https://sqlite.org/c3ref/io_methods.html>):
//!
//! - SQLite hands each file's memory, `szOsFile` bytes, first to `xOpen`, then to the methods that `xOpen`
//!   put there, and last to `xClose`; and it keeps it in place all that time. So what `open` writes
//!   there is what every method finds.
//! - A file is used by one thread at a time.
//! - Names end with a zero byte, and buffers are as long as it says.
//!
//! The memory of a file begins with our [`File`], and the system's follows it; its methods are
//! called with the latter.

use std::{
    ffi::{CStr, OsStr, c_char, c_int, c_void},
    mem,
    os::unix::ffi::OsStrExt,
    path::Path,
    ptr, slice,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
};

use rusqlite::ffi;

use crate::{Answer, Disk, Shared, medium::FileId};

/// All disks of this process.
static DISKS: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

/// The file system of the operating system, to which everything is passed on.
static SYSTEM: OnceLock<System> = OnceLock::new();

struct System(*mut ffi::sqlite3_vfs);

// SAFETY: SQLite's own file systems may be called by any thread, and this one is never unregistered.
unsafe impl Send for System {}
// SAFETY: as above; nothing here is changed.
unsafe impl Sync for System {}

/// A file of ours. The system's follows it in memory.
#[repr(C)]
struct File {
    /// First, for that is all that SQLite knows of it.
    base: ffi::sqlite3_file,
    /// None where the file is on no disk of ours, as temporary ones.
    tracked: *mut Tracked,
}

/// The state of a file on one of our disks.
struct Tracked {
    disk: Disk,
    file: FileId,
    is_log: bool,
    /// Whether its next sync is one of the directory too, as it is for a log that may be new.
    syncs_directory: bool,
}

/// Makes the directory of a disk one that SQLite finds.
pub(crate) fn mount(disk: &Disk) {
    SYSTEM.get_or_init(register);
    let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    disks.retain(|disk| disk.strong_count() > 0);
    disks.push(Arc::downgrade(&disk.0));
}

fn find(name: &Path) -> Option<Disk> {
    let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut disks = disks.iter().filter_map(Weak::upgrade);
    disks
        .find(|disk| name.parent() == Some(&disk.directory))
        .map(Disk)
}

/// Makes ours the default of the process, in front of the one that was it before.
fn register() -> System {
    // SAFETY: a null name asks for the default, which is never unregistered; and SQLite initializes itself
    // in either call. What is registered is never freed, as its contract demands.
    unsafe {
        let system = ffi::sqlite3_vfs_find(ptr::null());
        assert!(!system.is_null(), "SQLite has no file system");
        let ours = ffi::sqlite3_vfs {
            szOsFile: (*system).szOsFile + size_of::<File>() as c_int,
            pNext: ptr::null_mut(),
            zName: c"minwon-power-loss".as_ptr(),
            xOpen: Some(open),
            xDelete: Some(delete),
            // Times, random bytes and names stay the system's.
            ..*system
        };
        let registered = ffi::sqlite3_vfs_register(Box::leak(Box::new(ours)), 1);
        assert_eq!(registered, ffi::SQLITE_OK, "SQLite takes the file system");
        System(system)
    }
}

fn system() -> *mut ffi::sqlite3_vfs {
    SYSTEM.get_or_init(register).0
}

/// The system's part of a file.
///
/// # Safety
/// `file` is memory of `szOsFile` bytes, as SQLite hands it to [`open`].
unsafe fn inner(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: the memory is longer than ours by what the system wants.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// The state of a file, where it is on one of our disks.
///
/// # Safety
/// `file` was opened by [`open`] and is not closed; no other reference to what is returned lives.
unsafe fn tracked<'f>(file: *mut ffi::sqlite3_file) -> Option<&'f mut Tracked> {
    // SAFETY: `open` put a pointer there that is null, or of a box that lives until `close`.
    unsafe { (*file.cast::<File>()).tracked.as_mut() }
}

/// # Safety
/// `name` is null, or ends with a zero byte and outlives `'n`.
unsafe fn path<'n>(name: *const c_char) -> Option<&'n Path> {
    if name.is_null() {
        return None;
    }
    // SAFETY: as the caller says.
    let name = unsafe { CStr::from_ptr(name) };
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}

const DATABASE: c_int = ffi::SQLITE_OPEN_MAIN_DB;
const LOGS: c_int =
    ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL;

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: the contract of `xOpen`; the memory is ours to fill, and `tracked` is filled before a method
    // can be called.
    unsafe {
        let ours = file.cast::<File>();
        (*ours).base.pMethods = ptr::null();
        (*ours).tracked = ptr::null_mut();
        let on_disk = path(name).filter(|_| flags & (DATABASE | LOGS) != 0);
        let on_disk = on_disk.and_then(|path| Some((find(path)?, path)));
        let is_log = flags & LOGS != 0;
        let is_new = flags & ffi::SQLITE_OPEN_CREATE != 0;
        let tracked = match on_disk {
            None => None,
            Some((disk, path)) => match disk.open(path, is_new) {
                Err(_) => return ffi::SQLITE_CANTOPEN,
                Ok(file) => Some(Tracked {
                    disk,
                    file,
                    is_log,
                    syncs_directory: is_log && is_new,
                }),
            },
        };
        let system = system();
        let Some(open) = (*system).xOpen else {
            return ffi::SQLITE_CANTOPEN;
        };
        let opened = open(system, name, inner(file), flags, flags_out);
        if opened != ffi::SQLITE_OK {
            // A file with methods is to be closed even so.
            if !(*inner(file)).pMethods.is_null() {
                forward_close(file);
            }
            return opened;
        }
        if let Some(tracked) = tracked {
            (*ours).tracked = Box::into_raw(Box::new(tracked));
        }
        (*ours).base.pMethods = &METHODS;
        ffi::SQLITE_OK
    }
}

unsafe extern "C" fn delete(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    sync_directory: c_int,
) -> c_int {
    // SAFETY: the contract of `xDelete`.
    unsafe {
        let system = system();
        let Some(delete) = (*system).xDelete else {
            return ffi::SQLITE_IOERR_DELETE;
        };
        let Some((disk, path)) = path(name).and_then(|path| Some((find(path)?, path))) else {
            return delete(system, name, sync_directory);
        };
        match disk.delete(path, sync_directory != 0) {
            Answer::Done => delete(system, name, 0),
            Answer::Failed | Answer::Full => ffi::SQLITE_IOERR_DELETE,
        }
    }
}

/// The methods of our files. Without the second half of version 3, so that SQLite maps no file into memory,
/// where no write could be seen.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the contract of `xClose`: no method is called after it, so the box has its last user here.
    unsafe {
        let tracked = mem::replace(&mut (*file.cast::<File>()).tracked, ptr::null_mut());
        if !tracked.is_null() {
            drop(Box::from_raw(tracked));
        }
        forward_close(file)
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    length: c_int,
    at: i64,
) -> c_int {
    // SAFETY: the contract of `xRead`.
    unsafe {
        match tracked(file) {
            Some(tracked) if !tracked.disk.has_power() => ffi::SQLITE_IOERR_READ,
            _ => forward_read(file, buffer, length, at),
        }
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    buffer: *const c_void,
    length: c_int,
    at: i64,
) -> c_int {
    // SAFETY: the contract of `xWrite`: the buffer has so many bytes, and neither number is negative.
    unsafe {
        let answer = match tracked(file) {
            Some(Tracked {
                disk, file, is_log, ..
            }) => {
                let bytes = slice::from_raw_parts(buffer.cast(), length as usize);
                disk.write(*file, *is_log, at as u64, bytes)
            }
            None => Answer::Done,
        };
        match answer {
            Answer::Done => forward_write(file, buffer, length, at),
            Answer::Failed => ffi::SQLITE_IOERR_WRITE,
            Answer::Full => ffi::SQLITE_FULL,
        }
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: the contract of `xTruncate`.
    unsafe {
        let answer = tracked(file).map(|it| it.disk.truncate(it.file, length as u64));
        match answer {
            None | Some(Answer::Done) => forward_truncate(file, length),
            Some(_) => ffi::SQLITE_IOERR_TRUNCATE,
        }
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    // SAFETY: the contract of `xSync`.
    unsafe {
        let Some(it) = tracked(file) else {
            return forward_sync(file, flags);
        };
        // The real file needs no sync: what counts is on the medium.
        match it.disk.sync(it.file, it.is_log, it.syncs_directory) {
            Answer::Done => {
                it.syncs_directory = false;
                ffi::SQLITE_OK
            }
            Answer::Failed | Answer::Full => ffi::SQLITE_IOERR_FSYNC,
        }
    }
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    // As on Linux, wherever the tests run.
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

/// Defines functions that pass a call on to the method of the system's file.
macro_rules! forward {
    ($($name:ident = $method:ident($($argument:ident: $kind:ty),*) else $missing:expr;)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file, $($argument: $kind),*) -> c_int {
            // SAFETY: the contract of the method, which is the system's too; its file was opened by `open`.
            unsafe {
                let inner = inner(file);
                match (*(*inner).pMethods).$method {
                    Some(method) => method(inner, $($argument),*),
                    None => $missing,
                }
            }
        }
    )*};
}

forward! {
    forward_close = xClose() else ffi::SQLITE_OK;
    forward_read = xRead(buffer: *mut c_void, length: c_int, at: i64) else ffi::SQLITE_IOERR;
    forward_write = xWrite(buffer: *const c_void, length: c_int, at: i64) else ffi::SQLITE_IOERR;
    forward_truncate = xTruncate(length: i64) else ffi::SQLITE_IOERR;
    forward_sync = xSync(flags: c_int) else ffi::SQLITE_IOERR;
    file_size = xFileSize(size: *mut i64) else ffi::SQLITE_IOERR;
    lock = xLock(level: c_int) else ffi::SQLITE_IOERR;
    unlock = xUnlock(level: c_int) else ffi::SQLITE_IOERR;
    check_reserved_lock = xCheckReservedLock(is_locked: *mut c_int) else ffi::SQLITE_IOERR;
    file_control = xFileControl(operation: c_int, argument: *mut c_void) else ffi::SQLITE_NOTFOUND;
    sector_size = xSectorSize() else 4096;
    shm_map = xShmMap(
        region: c_int, size: c_int, extend: c_int, mapped: *mut *mut c_void
    ) else ffi::SQLITE_IOERR;
    shm_lock = xShmLock(offset: c_int, count: c_int, flags: c_int) else ffi::SQLITE_IOERR;
    shm_unmap = xShmUnmap(delete: c_int) else ffi::SQLITE_IOERR;
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: as in `forward`; this method alone answers nothing.
    unsafe {
        let inner = inner(file);
        if let Some(barrier) = (*(*inner).pMethods).xShmBarrier {
            barrier(inner);
        }
    }
}
