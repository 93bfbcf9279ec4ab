//! A command whose answer was lost is sent again, with the same id: it takes effect once.

use std::{error::Error, time::Duration};

use minwon::engine::ExecuteError;

/// How often it is sent. With the pauses between, that is half a minute.
const TRIES_MAX: u32 = 20;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Calls until there is an answer, for as long as the trouble may pass.
pub(crate) async fn until_answered<A, E, F>(mut call: impl FnMut() -> F) -> Result<A, E>
where
    E: Error + 'static,
    F: Future<Output = Result<A, E>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES_MAX {
        match call().await {
            Err(error) if may_pass(&error) => tokio::time::sleep(pause).await,
            answer => return answer,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    call().await
}

/// Returns whether the same may succeed when it is tried again.
fn may_pass(error: &(dyn Error + 'static)) -> bool {
    let is_passing = |error: &ExecuteError| matches!(error, ExecuteError::Transient(_));
    error
        .source()
        .and_then(|source| source.downcast_ref())
        .is_some_and(is_passing)
}
