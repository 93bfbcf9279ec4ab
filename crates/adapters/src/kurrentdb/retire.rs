//! Ending a client that is no longer used.
//!
//! Each client (1.2.0) has a task that answers who asks for its connection. The task waits for
//! questions and itself holds on to what they are sent with, so that it outlives the client for as
//! long as the runtime lasts, and its connection with it. The task ends in one way only where the
//! server still answers: by unwinding. And the one piece of our code that it runs is the waker of
//! whoever waits for its answer. So the last question comes with a waker that unwinds.

use std::{
    future::{Future, poll_fn},
    panic::resume_unwind,
    pin::pin,
    sync::Arc,
    task::{Context, Wake, Waker},
    thread,
};

use kurrentdb::Client;
use tokio::{runtime::Handle, task};

/// How often a client is asked that answers faster than we begin to wait. Once is nearly always
/// enough.
const QUESTIONS_MAX: u32 = 1000;

/// Ends the task of `client`. Calls under way go on; whoever begins another one on a clone learns
/// that the connection is closed.
pub(super) fn retire(runtime: &Handle, client: Client) {
    // Where a panic ends the process, a task and a connection more are the smaller harm.
    if cfg!(panic = "unwind") {
        // Without a budget, which is what else would call the waker.
        runtime.spawn(task::unconstrained(end(client)));
    }
}

async fn end(client: Client) {
    for _ in 0..QUESTIONS_MAX {
        let mut answer = pin!(client.server_info());
        let answered = poll_fn(|context| {
            let waker = Waker::from(Arc::new(UnwindingWaker(context.waker().clone())));
            answer.as_mut().poll(&mut Context::from_waker(&waker))
        });
        if answered.await.is_err() {
            return;
        }
    }
    tracing::debug!("a client of KurrentDB could not be ended");
}

/// Wakes, and unwinds whoever called it.
struct UnwindingWaker(Waker);

/// The payload of the unwinding that ends a client.
struct EndOfClient;

impl Wake for UnwindingWaker {
    fn wake(self: Arc<Self>) {
        self.0.wake_by_ref();
        // A task that is unwinding already drops the questions that it has not answered.
        if !thread::panicking() {
            // Not a panic: no hook is called and nothing is printed.
            resume_unwind(Box::new(EndOfClient));
        }
    }
}
