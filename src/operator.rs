//! Requests of an operator to a running service: the decisions on its dead letters.
//!
//! Each decision of an operator is an [event](crate::engine::DeadLetterEvent) in the log, so where a store
//! has many writers, an operator's program opens it and [decides](crate::engine::Operator)
//! there. A store file has one writer, the service; so the service listens on a Unix socket beside
//! the file, and what comes in there it decides in the operator's name, in the very same events.
//! Looking needs no service: the file may be opened for reading beside it, and
//! [listed](crate::engine::Operator::list) there.
//!
//! - **Who may ask**: whoever may open the socket, and that is the user that the service runs as: the
//!   socket has mode 0600, in a directory of mode 0700. [`Request::by`] is believed, as it is believed
//!   of whoever writes to the file itself.
//! - **Requests**: one JSON object a line, [`Request`], at most [`REQUEST_BYTES_MAX`] long; each is
//!   answered by one line, [`Reply`], before the next is read. A line that is no request is
//!   answered with an error.
//! - **Once**: a request with an id that was answered is answered again and not carried out again,
//!   as long as the service remembers it ([`REQUESTS_REMEMBERED`]). An event that was given up
//!   stays so in the log: the same decision of the same operator is answered as already made, also
//!   after the service was started again. A retry that is asked for again then costs at most one
//!   more attempt.
//! - **Bounds**: [`CONNECTIONS_MAX`] at a time, and [`LETTERS_MAX`] letters in one answer.
//!
//! A socket that a killed service left is replaced by the next. A link or a file in its place is
//! refused, and the service runs without a socket and says so in its log.

pub mod api;
#[cfg(unix)]
mod client;
mod decide;
#[cfg(unix)]
mod listen;
#[cfg(unix)]
mod place;
mod remember;
mod wire;

#[cfg(test)]
#[cfg(all(unix, feature = "memory"))]
mod tests;

use std::path::{Path, PathBuf};

use minwon_core::NamespaceName;

#[cfg(unix)]
pub use self::client::{OperatorClient, OperatorClientError};
#[cfg(unix)]
pub use self::listen::ListenError;
#[cfg(unix)]
pub(crate) use self::listen::{Listener, listen};
pub use self::{
    decide::OperatorDesk,
    wire::{
        Answer, Asked, Decided, LetterLine, OneLetter, Outcome, REQUEST_BYTES_MAX, REQUEST_VERSION,
        Refusal, RefusalKind, Reply, Request, Retried, RetriedLine, RetriedTo,
    },
};

/// A request as it is read from the socket, or the answer to it: a door for the fuzz targets.
///
/// # Errors
/// The answer to send where the line is no request.
#[cfg(feature = "testing")]
#[doc(hidden)]
pub fn read_request(line: &[u8]) -> Result<Request, Box<Reply>> {
    Request::parse(line)
}

/// Most letters in one answer. Unit: letters.
pub const LETTERS_MAX: usize = 256;

/// Requests whose answers a service remembers, so that a repeat is not carried out again.
pub const REQUESTS_REMEMBERED: usize = 256;

/// Most connections at a time; a further one is asked to come back later.
pub const CONNECTIONS_MAX: usize = 8;

/// Where the service of a namespace listens that keeps its events in the file `store`, unless it is
/// configured otherwise: `petitions.db.operator/general`.
#[must_use]
pub fn socket_beside(store: &Path, namespace: &NamespaceName) -> PathBuf {
    let mut directory = store.as_os_str().to_owned();
    directory.push(".operator");
    PathBuf::from(directory).join(namespace.as_str())
}
