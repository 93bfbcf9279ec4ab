//! Counts of changes, which spare followers a look in vain.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use minwon_core::NamespaceName;

/// How often the read models of each namespace have changed in this process.
#[derive(Debug, Default)]
pub(crate) struct Changes(Mutex<HashMap<NamespaceName, u64>>);

impl Changes {
    /// Notes a change, once it can be seen and before its author is answered.
    pub(crate) fn note(&self, namespace: &NamespaceName) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(namespace.clone()).or_default() += 1;
    }

    pub(crate) fn of(&self, namespace: &NamespaceName) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(namespace).copied().unwrap_or(0)
    }
}
