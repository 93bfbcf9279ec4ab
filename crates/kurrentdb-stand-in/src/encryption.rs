//! A connection of a client as HTTP/2 sees it: encrypted where the server has a certificate.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{Accept, TlsAcceptor};
use tonic::transport::server::Connected;

use crate::connection::{Connection, Cutter};

trait Channel: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Channel for T {}

enum State {
    /// The two agree on keys. Whoever reads or writes goes on with that, so that a client that says
    /// nothing holds nobody else up.
    Agreeing(Box<Accept<Connection>>),
    Open(Box<dyn Channel>),
    /// They did not agree.
    Over,
}

/// A connection, encrypted or not.
pub(crate) struct Encryption {
    state: State,
    cutter: Cutter,
}

impl Encryption {
    pub(crate) fn new(connection: Connection, tls: Option<Arc<ServerConfig>>) -> Self {
        let cutter = connection.cutter();
        let state = match tls {
            Some(config) => State::Agreeing(Box::new(TlsAcceptor::from(config).accept(connection))),
            None => State::Open(Box::new(connection)),
        };
        Self { state, cutter }
    }

    fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Pin<&mut dyn Channel>>> {
        if let State::Agreeing(accept) = &mut self.state {
            match ready!(Pin::new(accept).poll(context)) {
                Ok(stream) => self.state = State::Open(Box::new(stream)),
                Err(error) => {
                    self.state = State::Over;
                    return Poll::Ready(Err(error));
                }
            }
        }
        match &mut self.state {
            State::Open(channel) => Poll::Ready(Ok(Pin::new(channel.as_mut()))),
            State::Agreeing(_) | State::Over => {
                Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
            }
        }
    }
}

impl AsyncRead for Encryption {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_open(context))?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Encryption {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(context))?.poll_write(context, buffer)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(context))?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state {
            State::Open(channel) => Pin::new(channel.as_mut()).poll_shutdown(context),
            // Nothing was said that would have to arrive.
            State::Agreeing(_) | State::Over => Poll::Ready(Ok(())),
        }
    }
}

impl Connected for Encryption {
    type ConnectInfo = Cutter;

    fn connect_info(&self) -> Cutter {
        self.cutter.clone()
    }
}
