//! Waiting for what is away, longer each time, and showing why.

use std::{error::Error, sync::Arc, time::Duration};

use minwon_core::{
    NamespaceName, Timer,
    metrics::{self, RETRIES},
};
use tokio::sync::watch;

use super::status::ReactorStatus;
use crate::end::{SessionEnd, Wait};
use crate::supervise::{ErrorClass, Part, RestartPolicy, Until, sleep_unless_stopped};

/// Waits of a reactor, wholly or with one key.
pub(super) struct Waits<T> {
    pub(super) namespace: NamespaceName,
    pub(super) timer: Arc<T>,
    pub(super) restarts: RestartPolicy,
    pub(super) part: Part,
    pub(super) status: watch::Sender<ReactorStatus>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) until: Until,
}

impl<T: Timer> Waits<T> {
    /// Tries until it succeeds, and waits where something is away. Any other end, and a wish to
    /// stop, is returned.
    pub(super) async fn until_done<A, E, F>(
        &self,
        mut attempt: impl FnMut() -> F,
    ) -> Result<A, SessionEnd>
    where
        E: Into<SessionEnd>,
        F: Future<Output = Result<A, E>>,
    {
        let mut tries = self.tries();
        loop {
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(error) => tries.wait(error.into()).await?,
            }
        }
    }

    /// Tries of one thing.
    pub(super) fn tries(&self) -> Tries<'_, T> {
        Tries {
            waits: self,
            pause: self.pause(),
            failures: 0,
        }
    }

    /// Shows why it waits, from the first time until it is dropped.
    pub(super) fn pause(&self) -> Pause {
        Pause {
            part: self.part.clone(),
            status: self.status.clone(),
            is_shown: false,
        }
    }

    /// Counts another try of something, after a failure of this class.
    pub(super) fn count_retry(&self, cause: &'static str) {
        let labels = [
            ("namespace", self.namespace.as_str()),
            ("of", "part"),
            ("name", self.part.name()),
            ("cause", cause),
        ];
        metrics::count(&RETRIES, &labels, 1);
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits; an error where it is asked to stop.
    pub(super) async fn sleep(&self, wait: Duration) -> Result<(), SessionEnd> {
        match sleep_unless_stopped(&*self.timer, wait, &self.stop).await {
            true => Ok(()),
            false => Err(SessionEnd::Stopping),
        }
    }
}

/// Tries of one thing, with longer and longer waits between them.
pub(super) struct Tries<'w, T> {
    waits: &'w Waits<T>,
    pause: Pause,
    failures: u32,
}

impl<T: Timer> Tries<'_, T> {
    /// Waits where something is away. Any other end, and a wish to stop, is returned.
    pub(super) async fn wait(&mut self, end: SessionEnd) -> Result<(), SessionEnd> {
        self.failures = self.failures.saturating_add(1);
        let waits = self.waits;
        let Wait { class, why, time } = end.wait(&waits.restarts, self.failures, waits.until)?;
        waits.count_retry(class.as_str());
        self.pause.show(class, &*why, time);
        waits.sleep(time).await
    }
}

/// Shows why a reactor waits, wholly or with one key, until it is dropped.
#[derive(Debug)]
pub(super) struct Pause {
    part: Part,
    status: watch::Sender<ReactorStatus>,
    is_shown: bool,
}

impl Pause {
    /// Shows why, and that it tries again after `wait`.
    pub(super) fn show(
        &mut self,
        class: ErrorClass,
        why: &(dyn Error + Send + Sync + 'static),
        wait: Duration,
    ) {
        let is_new = !std::mem::replace(&mut self.is_shown, true);
        self.part.pause(class, why, wait);
        self.status.send_modify(|status| {
            status.waiting += u64::from(is_new);
            status.paused = status.state.why_paused().cloned();
        });
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if !self.is_shown {
            return;
        }
        let mut is_over = false;
        self.status.send_modify(|status| {
            status.waiting -= 1;
            is_over = status.waiting == 0;
            if is_over {
                status.paused = None;
            }
        });
        if is_over {
            self.part.go_on();
        }
    }
}
