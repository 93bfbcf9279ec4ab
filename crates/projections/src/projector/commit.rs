//! Commits on their way, repeated until they are answered.

use std::sync::Arc;

use futures_util::future::try_join_all;
use minwon_core::{CommitError, ReadModelStore, StoreError};

use super::{Backends, SettingsOn, end::SessionEnd};
use crate::{
    slice::SliceCommit,
    supervise::{Part, Until, sleep_unless_stopped},
};

/// Where commits have more documents than this together, only some are sent at once: each is in
/// memory once more while it is sent. Unit: documents.
const LARGE_DOCUMENTS: usize = 8_192;
const LARGE_AT_ONCE: usize = 4;

/// Sends commits to the store of read models.
pub(super) struct Committer<B: Backends> {
    pub(super) settings: Arc<SettingsOn<B>>,
    pub(super) part: Part,
}

impl<B: Backends> Committer<B> {
    /// Commits all slices, or says why one could not be; the others may have been.
    pub(crate) async fn commit(&self, commits: Vec<SliceCommit>) -> Result<(), SessionEnd> {
        let documents: usize = commits
            .iter()
            .map(|commit| commit.writes.documents.len())
            .sum();
        let at_once = if documents > LARGE_DOCUMENTS {
            LARGE_AT_ONCE
        } else {
            commits.len()
        };
        for some in commits.chunks(at_once.max(1)) {
            try_join_all(some.iter().map(|commit| self.commit_slice(commit))).await?;
        }
        Ok(())
    }

    async fn commit_slice(&self, commit: &SliceCommit) -> Result<(), SessionEnd> {
        let SliceCommit {
            slice,
            expected,
            next,
            writes,
            ..
        } = commit;
        let mut failures = 0;
        loop {
            let answer = self
                .settings
                .read_models
                .commit(slice, expected.as_ref(), next, writes)
                .await;
            let source = match answer {
                Ok(()) => {
                    self.part.progressed();
                    return Ok(());
                }
                Err(CommitError::Moved { slice, actual }) => {
                    tracing::info!(%slice, expected = ?expected.as_ref().map(|c| c.position),
                        actual = ?actual.map(|c| c.position), "a commit was refused");
                    return Err(SessionEnd::Refused);
                }
                // Repeated unchanged: where it did happen the answer is the same.
                Err(
                    CommitError::OutcomeUnknown { source, .. } | CommitError::Store { source, .. },
                ) => source,
                Err(other) => unreachable!("an unknown reason of core's own: {other}"),
            };
            failures += 1;
            self.pause(source, failures).await?;
        }
    }

    /// Waits before the next attempt, unless there should be none.
    async fn pause(&self, source: StoreError, failures: u32) -> Result<(), SessionEnd> {
        let reason = match SessionEnd::of_read_models(source) {
            SessionEnd::Away(reason) => reason,
            end => return Err(end),
        };
        let stop = self.settings.stop.subscribe();
        if *stop.borrow() {
            return Err(SessionEnd::Away(reason));
        }
        let restarts = &self.settings.options.restarts;
        let Some((class, wait)) = restarts.after(&reason, failures, Until::Stopped) else {
            return Err(SessionEnd::Stop(reason));
        };
        self.part.pause(class, &reason, wait);
        match sleep_unless_stopped(&*self.settings.timer, wait, &stop).await {
            true => Ok(()),
            false => Err(SessionEnd::Away(reason)),
        }
    }
}
