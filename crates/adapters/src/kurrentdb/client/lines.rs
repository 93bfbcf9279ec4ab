//! Room for subscriptions: a server takes only so many calls on one connection.

use std::sync::Arc;

use tokio::{sync::Mutex, time};
use tonic::transport::Channel;

use super::connect::{ConnectError, Opener};

/// Most subscriptions on one connection.
///
/// Source: servers leave HTTP/2 as Kestrel has it (`MaxStreamsPerConnection`, 100). Calls on top of that
/// wait without an error, and subscriptions do not end; so half is for calls.
const SUBSCRIPTIONS_MAX: usize = 50;

/// The connections of the subscriptions to one node: the one that all calls go by, and more where they
/// do not fit on it.
pub(super) struct Lines {
    opener: Opener,
    first: Line,
    more: Mutex<Vec<Line>>,
}

/// A connection with places for subscriptions.
struct Line {
    channel: Channel,
    /// Everybody who has a place holds a clone.
    places: Arc<()>,
}

/// The place of a subscription, for as long as this is held.
#[derive(Debug)]
pub(super) struct Place {
    _held: Arc<()>,
}

impl Line {
    fn new(channel: Channel) -> Self {
        Self {
            channel,
            places: Arc::new(()),
        }
    }

    fn taken(&self) -> usize {
        Arc::strong_count(&self.places) - 1
    }

    fn has_room(&self) -> bool {
        self.taken() < SUBSCRIPTIONS_MAX
    }

    fn take(&self) -> (Channel, Place) {
        let _held = Arc::clone(&self.places);
        (self.channel.clone(), Place { _held })
    }
}

impl Lines {
    pub(super) fn new(channel: Channel, opener: Opener) -> Self {
        Self {
            opener,
            first: Line::new(channel),
            more: Mutex::default(),
        }
    }

    /// A connection for a subscription, and its place there. Makes another connection where all are
    /// full; who comes meanwhile waits for that one, but no longer than for one of its own.
    pub(super) async fn take(&self) -> Result<(Channel, Place), ConnectError> {
        let taken = time::timeout(self.opener.limit, self.take_in_turn()).await;
        taken.unwrap_or_else(|_| Err(self.opener.silent()))
    }

    async fn take_in_turn(&self) -> Result<(Channel, Place), ConnectError> {
        // Places are taken under this lock alone.
        let mut more = self.more.lock().await;
        more.retain(|line| line.taken() > 0);
        let mut lines = std::iter::once(&self.first).chain(more.iter());
        if let Some(line) = lines.find(|line| line.has_room()) {
            return Ok(line.take());
        }
        let line = Line::new(self.opener.open().await?);
        let taken = line.take();
        more.push(line);
        Ok(taken)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail so")]
mod tests {
    use std::time::Duration;

    use tonic::transport::Endpoint;

    use super::*;

    #[tokio::test]
    async fn who_waits_for_a_connection_waits_no_longer_than_for_one_of_its_own() {
        let opener = Opener::to("kurrentdb://nobody?tls=false", Duration::from_millis(10));
        let channel = Endpoint::from_static("http://nobody").connect_lazy();
        let lines = Lines::new(channel, opener);
        let _making_one = lines.more.lock().await;
        let error = lines.take().await.err().unwrap();
        assert!(matches!(error, ConnectError::Silent(..)), "{error}");
    }
}
