//! How long citizens waited for a document.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Calls for instant issuance that came back with a document.
#[derive(Default)]
pub(crate) struct Instants(Mutex<Vec<(Duration, u64)>>);

/// Their outcomes.
pub(crate) struct InstantFigures {
    pub(crate) calls: usize,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// On average.
    pub(crate) appends: f64,
}

impl Instants {
    pub(crate) fn add(&self, took: Duration, appends: u64) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push((took, appends));
    }

    pub(crate) fn figures(&self) -> InstantFigures {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut times: Vec<_> = calls.iter().map(|(took, _)| *took).collect();
        times.sort_unstable();
        let percentile = |percent: usize| {
            let last = times.len().saturating_sub(1);
            times.get(last * percent / 100).copied().unwrap_or_default()
        };
        let appends: u64 = calls.iter().map(|(_, appends)| appends).sum();
        InstantFigures {
            calls: calls.len(),
            p50: percentile(50),
            p99: percentile(99),
            appends: appends as f64 / calls.len().max(1) as f64,
        }
    }
}
