//! Commits on their way, repeated until they are answered.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use minwon_core::{
    CommitError, ReadModelStore, Timestamp,
    metrics::{self, COMMIT_DURATION, EVENTS_PROJECTED, RETRIES},
    trace,
};
use tracing::Instrument as _;

use super::{Backends, SettingsOn};
use crate::{
    end::{SessionEnd, Wait},
    slice::SliceCommit,
    supervise::{ErrorClass, Part, Until, sleep_unless_stopped},
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
        let sent = commits.iter().map(async |commit| {
            let model = &commit.slice.generation.model;
            let span = trace::settling(model.projection.as_str(), model.namespace.as_str());
            let committed = self.commit_slice(commit).instrument(span.clone()).await;
            if committed.is_err() {
                trace::note_error(&span, "commit");
            }
            committed
        });
        let sent: Vec<_> = sent.collect();
        let mut sent = stream::iter(sent).buffer_unordered(at_once.max(1));
        while let Some(answered) = sent.next().await {
            answered?;
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
            let began = metrics::now(&*self.settings.timer);
            let answer = self
                .settings
                .read_models
                .commit(slice, expected.as_ref(), next, writes)
                .await;
            self.count_commit(began, &answer);
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
            let end = SessionEnd::of_read_models(source);
            self.wait(end, &mut failures, Until::Stopped).await?;
        }
    }

    /// Counts events as they were folded, of a page at a time.
    pub(super) fn count_folded(&self, events: u64) {
        metrics::count(&EVENTS_PROJECTED, &self.labels(), events);
    }

    fn count_commit(&self, began: Timestamp, answer: &Result<(), CommitError>) {
        let outcome = match answer {
            Ok(()) => "done",
            Err(CommitError::Moved { .. }) => "refused",
            Err(_) => "failed",
        };
        let [namespace, part] = self.labels();
        let ended = metrics::now(&*self.settings.timer);
        let labels = [namespace, part, ("outcome", outcome)];
        metrics::took(&COMMIT_DURATION, &labels, began, ended);
    }

    fn count_retry(&self, class: ErrorClass) {
        let [namespace, (_, part)] = self.labels();
        let labels = [
            namespace,
            ("of", "part"),
            ("name", part),
            ("cause", class.as_str()),
        ];
        metrics::count(&RETRIES, &labels, 1);
    }

    fn labels(&self) -> [metrics::Label<'_>; 2] {
        [
            ("namespace", self.settings.namespace.as_str()),
            ("part", self.part.name()),
        ]
    }

    /// Shows why it waits, and waits until it is worth while to try again.
    ///
    /// # Errors
    /// The end, where it is not, or somebody asks to stop.
    pub(super) async fn wait(
        &self,
        end: SessionEnd,
        failures: &mut u32,
        until: Until,
    ) -> Result<(), SessionEnd> {
        let stop = self.settings.stop.subscribe();
        if *stop.borrow() {
            return Err(SessionEnd::Stopping);
        }
        *failures = failures.saturating_add(1);
        // To give way once is no trouble.
        let is_trouble = *failures > 1 || matches!(end, SessionEnd::Away(_));
        let restarts = &self.settings.options.restarts;
        let Wait { class, why, time } = end.wait(restarts, *failures, until)?;
        if is_trouble {
            self.count_retry(class);
            self.part.pause(class, &*why, time);
        }
        match sleep_unless_stopped(&*self.settings.timer, time, &stop).await {
            true => Ok(()),
            false => Err(SessionEnd::Stopping),
        }
    }
}
