//! Tasks whose every end is reported: also a panic, and the end of the runtime.

use std::{
    any::Any,
    error::Error,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt as _;
use minwon_core::Timer;
use tokio::{
    sync::watch,
    task::{JoinError, JoinHandle},
};

use super::{ErrorClass, Part, RestartPolicy};

/// A task did not come to its own end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// It panicked.
    #[error("a task panicked: {said}; this is a defect of the program")]
    Panicked {
        /// The text of the panic.
        said: Arc<str>,
    },
    /// It was aborted, or its runtime was shut down.
    #[error("a task was cancelled, or its runtime was shut down")]
    Cancelled,
}

impl TaskError {
    /// A panic that was caught.
    #[must_use]
    pub fn of_panic(panic: &(dyn Any + Send)) -> Self {
        Self::Panicked {
            said: said(panic).into(),
        }
    }
}

impl From<JoinError> for TaskError {
    fn from(error: JoinError) -> Self {
        match error.try_into_panic() {
            Ok(panic) => Self::of_panic(&*panic),
            Err(_) => Self::Cancelled,
        }
    }
}

/// The text of a panic.
pub(crate) fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words")
}

/// The outcome of a task. Never panics: a panic of the task, and its being cancelled, are outcomes.
///
/// # Errors
/// [`TaskError`].
pub async fn joined<T>(task: impl Future<Output = Result<T, JoinError>>) -> Result<T, TaskError> {
    task.await.map_err(TaskError::from)
}

/// A task that ends with its owner: dropping this aborts it. Awaiting it returns its output, as
/// [`joined`].
#[derive(Debug)]
pub struct OwnedTask<T>(JoinHandle<T>);

impl<T: Send + 'static> OwnedTask<T> {
    /// Spawns `work`. Needs a tokio runtime.
    pub fn spawn(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl<T> Future for OwnedTask<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = Pin::new(&mut self.0).poll(context);
        polled.map_err(TaskError::from)
    }
}

impl<T> Drop for OwnedTask<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why a part ended.
pub trait Ending: Error + From<TaskError> + Send + Sync + 'static {
    /// Its class; none where the part was to end.
    fn class(&self) -> Option<ErrorClass>;
}

/// A part at work in a task of its own. Dropping it aborts it.
#[derive(Debug)]
pub struct PartTask<E>(OwnedTask<E>);

impl<E: Ending> PartTask<E> {
    /// Spawns `work`, and has `part` report how it ended as soon as it did, also where it panicked.
    pub fn spawn(part: Part, work: impl Future<Output = E> + Send + 'static) -> Self {
        Self(OwnedTask::spawn(async move {
            // State that a panic leaves half done is dropped with `work`.
            let worked = AssertUnwindSafe(work).catch_unwind().await;
            let ending = worked.unwrap_or_else(|panic| TaskError::of_panic(&*panic).into());
            part.end(ending.class(), &ending);
            ending
        }))
    }

    /// Waits until it has ended, and returns why.
    pub async fn ended(self) -> E {
        self.0.await.unwrap_or_else(E::from)
    }
}

/// Returns whether a part goes on by itself after this.
pub(crate) fn passes(reason: &impl Ending) -> bool {
    let policy = RestartPolicy::default();
    policy.after(reason, 1, Until::Stopped).is_some()
}

/// How long a part goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    Stopped,
    /// The head of the log when it was started.
    Head,
}

/// Waits; whether nobody asked to stop meanwhile.
pub(crate) async fn sleep_unless_stopped(
    timer: &impl Timer,
    wait: Duration,
    stop: &watch::Receiver<bool>,
) -> bool {
    let mut stop = stop.clone();
    tokio::select! {
        biased;
        _ = stop.wait_for(|stop| *stop) => false,
        () = timer.sleep(wait) => true,
    }
}

/// Over `wait` after somebody asked to stop; never, where nobody can ask any more.
pub(crate) async fn out_of_time(
    timer: impl Timer,
    mut stop: watch::Receiver<bool>,
    wait: Duration,
) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
    timer.sleep(wait).await;
}
