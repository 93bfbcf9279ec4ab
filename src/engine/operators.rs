//! Whether a service listens for operators, and where.

use std::path::{Path, PathBuf};

use minwon_core::{EventStore, NamespaceName, Timer};
use minwon_projections::DeadLetters;

use crate::operator::socket_beside;
#[cfg(unix)]
use crate::operator::{OperatorDesk, listen};

/// Where a service listens for operators.
#[derive(Debug, Clone, Default)]
pub(crate) enum Operators {
    /// Beside the file that the events are in; nowhere, where they are in none.
    #[default]
    BesideTheStore,
    /// At this path.
    At(PathBuf),
    Nowhere,
}

/// A service that listens.
#[cfg(unix)]
pub(crate) use crate::operator::Listener;

/// There are sockets of this kind on Unix only.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) enum Listener {}

#[cfg(not(unix))]
impl Listener {
    pub(crate) fn socket(&self) -> &Path {
        match *self {}
    }
}

impl Operators {
    /// Starts to listen. A failure is only logged: petitions go on without operators.
    pub(crate) fn listen<S, T>(self, store: &S, letters: &DeadLetters<S, T>) -> Option<Listener>
    where
        S: EventStore + 'static,
        T: Timer + 'static,
    {
        let socket = match self {
            Self::BesideTheStore => beside(store, letters.namespace())?,
            Self::At(socket) => socket,
            Self::Nowhere => return None,
        };
        listen_at(&socket, letters)
    }
}

#[cfg(unix)]
fn listen_at<S, T>(socket: &Path, letters: &DeadLetters<S, T>) -> Option<Listener>
where
    S: EventStore + 'static,
    T: Timer + 'static,
{
    match listen(socket, OperatorDesk::new(letters.clone())) {
        Ok(listener) => Some(listener),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            let namespace = letters.namespace();
            tracing::warn!(%namespace, %error, cause, "operators cannot reach the running service");
            None
        }
    }
}

#[cfg(not(unix))]
fn listen_at<S, T>(socket: &Path, _: &DeadLetters<S, T>) -> Option<Listener> {
    let socket = socket.display();
    tracing::debug!(%socket, "operators cannot reach the running service: there are no sockets");
    None
}

/// Beside which file a service on this store listens: another process cannot write to it, so an
/// operator's program has to ask. A service is generic in its store, and no port but this asks
/// whether that is a file; hence the look at its type.
fn beside<S: 'static>(store: &S, namespace: &NamespaceName) -> Option<PathBuf> {
    #[cfg(feature = "sqlite")]
    {
        let store: &dyn std::any::Any = store;
        let file = match store.downcast_ref::<crate::Store>() {
            Some(crate::Store::Sqlite(file)) => Some(file),
            _ => store.downcast_ref(),
        };
        file.map(|file| socket_beside(file.path(), namespace))
    }
    #[cfg(not(feature = "sqlite"))]
    {
        let _ = (store, namespace, socket_beside);
        None
    }
}
