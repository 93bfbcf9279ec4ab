//! A command whose answer was lost is sent again, with the same id: it takes effect once.

use std::time::Duration;

use minwon::{CommandError, engine::ExecuteError, service::FilingError};

/// How often it is sent. With the pauses between, that is half a minute.
const TRIES_MAX: u32 = 20;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Trouble that may be over when the same is tried again.
pub(crate) trait Passing {
    fn may_pass(&self) -> bool;
}

impl<R> Passing for CommandError<R> {
    fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::Failed {
                source: ExecuteError::Transient(_),
                ..
            }
        )
    }
}

impl Passing for FilingError {
    fn may_pass(&self) -> bool {
        matches!(self, Self::Failed(ExecuteError::Transient(_)))
    }
}

/// Calls until there is an answer, for as long as the trouble may pass.
pub(crate) async fn until_answered<A, E, F>(mut call: impl FnMut() -> F) -> Result<A, E>
where
    E: Passing,
    F: Future<Output = Result<A, E>>,
{
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES_MAX {
        match call().await {
            Err(error) if error.may_pass() => tokio::time::sleep(pause).await,
            answer => return answer,
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    call().await
}
