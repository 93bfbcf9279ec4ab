//! The part that tries the rights in the event store before anything misses them.

use std::time::Duration;

use minwon_core::NamespaceName;
use minwon_projections::{
    Classified as _, Ending, ErrorClass, Part, PartHealth, PartState, PartTask, TaskError,
};
use tokio::sync::watch;

use crate::namespace::{ServiceClock, ServiceStore};

/// The name of the part.
const PART: &str = "the rights in the event store";

/// How long until they are tried again. A right that is missing is given under a running service.
const AGAIN_WAIT: Duration = Duration::from_secs(10);

/// Tries until all rights are there.
#[derive(Debug)]
pub(super) struct Rights {
    _task: PartTask<RightsEnd>,
    state: watch::Receiver<PartState>,
}

#[derive(Debug, thiserror::Error)]
enum RightsEnd {
    #[error("its task panicked or was aborted")]
    Task(#[from] TaskError),
}

impl Ending for RightsEnd {
    fn class(&self) -> Option<ErrorClass> {
        Some(ErrorClass::Bug)
    }
}

impl Rights {
    pub(super) fn start(
        store: impl ServiceStore,
        namespace: NamespaceName,
        timer: impl ServiceClock,
    ) -> Self {
        let (shown, state) = watch::channel(PartState::default());
        let part = Part::new(PART, timer.clone(), move |state| {
            shown.send_replace(state.clone());
        });
        let reporter = part.clone();
        let work = async move {
            while let Err(error) = store.try_rights(&namespace).await {
                reporter.pause(error.class(), &error, AGAIN_WAIT);
                timer.sleep(AGAIN_WAIT).await;
            }
            reporter.progressed();
            // Whoever stops the service may open the store again, which may have one opener only.
            drop(store);
            std::future::pending().await
        };
        Self {
            _task: PartTask::spawn(part, work),
            state,
        }
    }

    /// Returns how the part is while something is missing; none where all rights are there.
    pub(super) fn health(&self) -> Option<PartHealth> {
        let state = self.state.borrow().clone();
        let is_worth_telling = state.has_failed() || state.why_paused().is_some();
        is_worth_telling.then(|| PartHealth {
            part: PART.into(),
            state,
            is_ready: true,
            was_ready: true,
            stuck_since: None,
        })
    }
}
