//! The metrics of one command handler.

#[cfg(feature = "metrics")]
use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use super::{COMMANDS, CONFLICTS, RETRIES, count};
use crate::{AppendError, Appended, StreamName, Timestamp};

/// What a handler counts. It keeps the handles of what every command needs: to look them up costs as much as
/// a fifth of a command.
#[derive(Debug, Default)]
pub(crate) struct CommandMetrics {
    #[cfg(feature = "metrics")]
    kept: RwLock<Vec<Handles>>,
}

/// The handles for one namespace. Those of a handler are in one category.
#[cfg(feature = "metrics")]
#[derive(Debug)]
struct Handles {
    namespace: Box<str>,
    /// By command and outcome.
    commands: HashMap<[&'static str; 2], metrics::Counter>,
    /// By outcome.
    appends: HashMap<&'static str, metrics::Histogram>,
}

/// How many namespaces have their handles kept, of the one or two that a handler works for. What belongs to
/// others is looked up each time.
#[cfg(feature = "metrics")]
const NAMESPACES_MAX: usize = 16;

impl CommandMetrics {
    /// A command came to its end.
    #[inline]
    pub(crate) fn carried_out(
        &self,
        stream: &StreamName,
        command: &'static str,
        outcome: &'static str,
    ) {
        #[cfg(feature = "metrics")]
        self.with(
            stream.namespace(),
            |kept| kept.commands.get(&[command, outcome]).cloned(),
            |kept, counter: metrics::Counter| {
                kept.commands.insert([command, outcome], counter);
            },
            || {
                let labels = [
                    ("namespace", stream.namespace()),
                    ("category", stream.category()),
                    ("command", command),
                    ("outcome", outcome),
                ];
                super::recording::counter(&COMMANDS, &labels)
            },
        )
        .increment(1);
        #[cfg(not(feature = "metrics"))]
        let _ = (stream, command, outcome, &COMMANDS);
    }

    /// The store has answered an append.
    #[inline]
    pub(crate) fn appended(
        &self,
        stream: &StreamName,
        [began, ended]: [Timestamp; 2],
        answer: &Result<Appended, AppendError>,
    ) {
        #[cfg(feature = "metrics")]
        {
            let outcome = outcome(answer);
            self.with(
                stream.namespace(),
                |kept| kept.appends.get(outcome).cloned(),
                |kept, histogram: metrics::Histogram| {
                    kept.appends.insert(outcome, histogram);
                },
                || {
                    let labels = [
                        ("namespace", stream.namespace()),
                        ("category", stream.category()),
                        ("outcome", outcome),
                    ];
                    super::recording::histogram(&super::APPEND_DURATION, &labels)
                },
            )
            .record(super::recording::seconds(began, ended));
        }
        #[cfg(not(feature = "metrics"))]
        let _ = (stream, began, ended, answer);
    }

    /// Another writer was first.
    pub(crate) fn conflict(&self, stream: &StreamName) {
        let labels = [
            ("namespace", stream.namespace()),
            ("category", stream.category()),
        ];
        count(&CONFLICTS, &labels, 1);
    }

    /// An append is tried again.
    pub(crate) fn retry(&self, stream: &StreamName, cause: &'static str) {
        let labels = [
            ("namespace", stream.namespace()),
            ("of", "append"),
            ("name", stream.category()),
            ("cause", cause),
        ];
        count(&RETRIES, &labels, 1);
    }

    /// The handle that `find` finds for a namespace; made and kept where it is not there yet.
    #[cfg(feature = "metrics")]
    fn with<H: Clone>(
        &self,
        namespace: &str,
        find: impl Fn(&Handles) -> Option<H>,
        keep: impl FnOnce(&mut Handles, H),
        make: impl FnOnce() -> H,
    ) -> H {
        {
            let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
            let mut kept = kept.iter().filter(|it| *it.namespace == *namespace);
            if let Some(handle) = kept.next().and_then(find) {
                return handle;
            }
        }
        let handle = make();
        let mut all = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = all.iter_mut().find(|it| *it.namespace == *namespace) {
            keep(kept, handle.clone());
        } else if all.len() < NAMESPACES_MAX {
            let mut kept = Handles {
                namespace: namespace.into(),
                commands: HashMap::new(),
                appends: HashMap::new(),
            };
            keep(&mut kept, handle.clone());
            all.push(kept);
        }
        handle
    }
}

/// How an append ended, in a word.
#[cfg(feature = "metrics")]
const fn outcome(answer: &Result<Appended, AppendError>) -> &'static str {
    match answer {
        Ok(_) => "done",
        Err(AppendError::Conflict { .. }) => "conflict",
        Err(AppendError::OutcomeUnknown { .. }) => "outcome_unknown",
        Err(_) => "failed",
    }
}
