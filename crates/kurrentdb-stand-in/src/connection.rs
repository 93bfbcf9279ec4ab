//! Connections that can be cut from inside, in the middle of a call.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::tally::{Ongoing, Tally};

#[derive(Debug, Default)]
struct CutState {
    is_cut: AtomicBool,
    is_frozen: AtomicBool,
    reader: Mutex<Option<Waker>>,
    writer: Mutex<Option<Waker>>,
}

/// Cuts a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cutter(Arc<CutState>);

impl Cutter {
    /// Ends the connection at once, without a word.
    pub(crate) fn cut(&self) {
        self.0.is_cut.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// Nothing comes through any more, neither way, and nobody hears of it.
    pub(crate) fn freeze(&self) {
        self.0.is_frozen.store(true, Ordering::SeqCst);
    }

    /// Delayed bytes come through.
    pub(crate) fn thaw(&self) {
        self.0.is_frozen.store(false, Ordering::SeqCst);
        self.wake();
    }

    fn wake(&self) {
        for waiting in [&self.0.reader, &self.0.writer] {
            let waker = waiting
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }

    fn is_frozen(&self) -> bool {
        self.0.is_frozen.load(Ordering::SeqCst)
    }

    /// Whether nobody holds the connection any more.
    pub(crate) fn is_alone(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    fn is_cut(&self) -> bool {
        self.0.is_cut.load(Ordering::SeqCst)
    }
}

/// When the system acknowledges what a client has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acknowledgements {
    /// With the next answer, or 40 ms later.
    Delayed,
    /// At once.
    AtOnce,
}

/// A connection of a client.
pub(crate) struct Connection {
    stream: TcpStream,
    cutter: Cutter,
    acknowledgements: Acknowledgements,
    /// Counts acknowledgements that were delayed to the end.
    delayed: Arc<AtomicU64>,
    _open: Ongoing,
}

impl Connection {
    pub(crate) fn new(
        stream: TcpStream,
        cutter: Cutter,
        acknowledgements: Acknowledgements,
        tally: &Tally,
    ) -> Self {
        // Answers are small and waited for.
        let _ = stream.set_nodelay(true);
        let connection = Self {
            stream,
            cutter,
            acknowledgements,
            delayed: Arc::clone(&tally.delayed_acknowledgements),
            _open: Ongoing::new(&tally.connections),
        };
        connection.choose_acknowledgements();
        connection
    }

    pub(crate) fn cutter(&self) -> Cutter {
        self.cutter.clone()
    }

    /// Has to be said after every read, for the system forgets it by and by.
    fn choose_acknowledgements(&self) {
        let at_once = self.acknowledgements == Acknowledgements::AtOnce;
        set_quick(&self.stream, at_once);
    }

    /// Notes whether the acknowledgement of what was read last has waited to the end of its time: after
    /// that the system acknowledges quickly until it is told otherwise.
    fn note_acknowledgement(&self) {
        if self.acknowledgements == Acknowledgements::Delayed && is_quick(&self.stream) {
            self.delayed.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(target_os = "linux")]
fn set_quick(stream: &TcpStream, at_once: bool) {
    // A connection that is gone has nothing to acknowledge.
    let _ = stream.set_quickack(at_once);
}

#[cfg(target_os = "linux")]
fn is_quick(stream: &TcpStream) -> bool {
    stream.quickack().is_ok_and(|is_quick| is_quick)
}

#[cfg(not(target_os = "linux"))]
fn set_quick(_: &TcpStream, _: bool) {}

#[cfg(not(target_os = "linux"))]
fn is_quick(_: &TcpStream) -> bool {
    false
}

fn cut<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
}

/// Comes before the check: a cut between the check and the work must find the waker.
fn remember(waiting: &Mutex<Option<Waker>>, context: &Context<'_>) {
    let waker = Some(context.waker().clone());
    *waiting.lock().unwrap_or_else(PoisonError::into_inner) = waker;
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        remember(&self.cutter.0.reader, context);
        if self.cutter.is_cut() {
            return cut();
        }
        if self.cutter.is_frozen() {
            return Poll::Pending;
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.note_acknowledgement();
            self.choose_acknowledgements();
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        remember(&self.cutter.0.writer, context);
        if self.cutter.is_cut() {
            return cut();
        }
        if self.cutter.is_frozen() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cutter.is_cut() {
            return cut();
        }
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
