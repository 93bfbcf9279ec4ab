//! Giving way, without a runtime and without a timer.

use std::{future::poll_fn, task::Poll};

/// Lets other futures of the same task, and other tasks, go on.
pub(crate) async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Gives way `times` times.
pub(crate) async fn yield_times(times: u64) {
    for _ in 0..times {
        yield_now().await;
    }
}
