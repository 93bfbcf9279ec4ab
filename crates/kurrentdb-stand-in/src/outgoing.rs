//! The messages of a read or a subscription: made by a task, taken by the connection as it can.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tonic::Status;

use crate::connection::Cutter;
use minwon_kurrentdb_protocol::streams::ReadResp;
use minwon_kurrentdb_protocol::streams::read_resp::Content;

/// How often a cut waits for its turn, so that what was sent before has left.
const TURNS_BEFORE_CUT: u32 = 32;

/// One step of an answer.
#[allow(clippy::large_enum_variant, reason = "nearly all are messages")]
pub(crate) enum Frame {
    Message(ReadResp),
    /// The answer ends with an error.
    Fail(Status),
    /// The connection ends.
    Cut,
}

/// The task's end: at most one batch waits here, so a slow reader stops the task.
pub(crate) struct Sink(mpsc::Sender<Vec<Frame>>);

/// The reader has gone.
pub(crate) struct Gone;

impl Sink {
    pub(crate) async fn send(&self, frames: Vec<Frame>) -> Result<(), Gone> {
        if frames.is_empty() {
            return Ok(());
        }
        self.0.send(frames).await.map_err(|_| Gone)
    }

    /// Waits for `what`, unless the reader goes before.
    pub(crate) async fn unless_gone<T>(&self, what: impl Future<Output = T>) -> Result<T, Gone> {
        tokio::select! {
            done = what => Ok(done),
            () = self.0.closed() => Err(Gone),
        }
    }
}

/// The connection's end.
pub(crate) struct Outgoing {
    batches: mpsc::Receiver<Vec<Frame>>,
    batch: VecDeque<Frame>,
    cutter: Option<Cutter>,
    turns: u32,
    /// Events handed to connections, of all answers together.
    events_sent: Arc<AtomicU64>,
}

/// Both ends of one answer.
pub(crate) fn outgoing(cutter: Option<Cutter>, events_sent: Arc<AtomicU64>) -> (Sink, Outgoing) {
    let (sink, batches) = mpsc::channel(1);
    let outgoing = Outgoing {
        batches,
        batch: VecDeque::new(),
        cutter,
        turns: 0,
        events_sent,
    };
    (Sink(sink), outgoing)
}

impl Stream for Outgoing {
    type Item = Result<ReadResp, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match self.batch.pop_front() {
                Some(Frame::Message(message)) => {
                    if matches!(message.content, Some(Content::Event(_))) {
                        self.events_sent.fetch_add(1, Ordering::Relaxed);
                    }
                    return Poll::Ready(Some(Ok(message)));
                }
                Some(Frame::Fail(status)) => return Poll::Ready(Some(Err(status))),
                Some(Frame::Cut) => {
                    self.batch.push_front(Frame::Cut);
                    self.turns += 1;
                    if self.turns < TURNS_BEFORE_CUT {
                        context.waker().wake_by_ref();
                    } else if let Some(cutter) = self.cutter.take() {
                        cutter.cut();
                    }
                    return Poll::Pending;
                }
                None => match ready!(self.batches.poll_recv(context)) {
                    Some(batch) => self.batch = batch.into(),
                    None => return Poll::Ready(None),
                },
            }
        }
    }
}
