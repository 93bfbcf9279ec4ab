//! Connections that can be cut from inside, in the middle of a call.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::server::Connected;

use crate::tally::Ongoing;

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

/// A connection of a client.
pub(crate) struct Connection {
    stream: TcpStream,
    cutter: Cutter,
    _open: Ongoing,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, cutter: Cutter, open: Ongoing) -> Self {
        // Answers are small and waited for.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            cutter,
            _open: open,
        }
    }
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
        // The client leaves Nagle's algorithm on: without an acknowledgement at once each of its
        // calls would wait for a delayed one, 40 ms. The system forgets the wish by and by.
        #[cfg(target_os = "linux")]
        let _ = self.stream.set_quickack(true);
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

impl Connected for Connection {
    type ConnectInfo = Cutter;

    fn connect_info(&self) -> Cutter {
        self.cutter.clone()
    }
}
