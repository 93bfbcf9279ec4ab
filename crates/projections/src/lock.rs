//! Locks that are held for as long as it takes to look.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; nothing panics half way through a change, so what is poisoned is whole.
pub(crate) fn lock<A>(mutex: &Mutex<A>) -> MutexGuard<'_, A> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
