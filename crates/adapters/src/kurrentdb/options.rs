//! How KurrentDB is spoken to.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use minwon_core::NamespaceName;

use super::credentials::CredentialSource;

/// How a [`KurrentStore`](super::KurrentStore) speaks to its server.
///
/// ```no_run
/// use std::time::Duration;
/// use minwon_adapters::kurrentdb::{KurrentOptions, KurrentStore, KurrentUrl};
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// let url: KurrentUrl = "kurrentdb://node1:2113?tls=true".parse()?;
/// let options = KurrentOptions::default().call_timeout(Duration::from_secs(5));
/// let store = KurrentStore::open(&url, options)?;
/// # drop(store);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct KurrentOptions {
    pub(super) call_timeout: Duration,
    pub(super) scan_timeout: Duration,
    pub(super) retry_timeout: Duration,
    pub(super) quiet_timeout: Duration,
    pub(super) head_age_max: Duration,
    pub(super) append_bytes_max: NonZeroUsize,
    pub(super) old_checkpoints_of: Option<NamespaceName>,
    pub(super) credentials: Option<Arc<dyn CredentialSource>>,
}

impl Default for KurrentOptions {
    fn default() -> Self {
        Self {
            call_timeout: Duration::from_secs(5),
            scan_timeout: Duration::from_secs(60),
            retry_timeout: Duration::from_secs(5),
            quiet_timeout: Duration::from_secs(2),
            head_age_max: Duration::from_millis(100),
            append_bytes_max: NonZeroUsize::new(1024 * 1024).expect("not 0"),
            old_checkpoints_of: None,
            credentials: None,
        }
    }
}

impl KurrentOptions {
    /// How long one call may take; for an append this is when its outcome becomes unknown. Default:
    /// 5 seconds, as the server itself gives up after two to four.
    pub fn call_timeout(mut self, time: Duration) -> Self {
        self.call_timeout = time;
        self
    }

    /// Where the user and the password come from, instead of from the URL. Default: from the URL.
    pub fn credentials(mut self, source: impl CredentialSource) -> Self {
        self.credentials = Some(Arc::new(source));
        self
    }

    /// How long a read of the log may go on without an event: the server looks through everything
    /// that the filter leaves out meanwhile. Default: 60 seconds.
    pub fn scan_timeout(mut self, time: Duration) -> Self {
        self.scan_timeout = time;
        self
    }

    /// How long a call is tried again that failed because the server is away or has no leader.
    /// Every call is tried three times, however short this is. Default: 5 seconds, in which a
    /// cluster elects a leader.
    pub fn retry_timeout(mut self, time: Duration) -> Self {
        self.retry_timeout = time;
        self
    }

    /// How long a feed may bring nothing before it looks whether the log went on without it. A
    /// subscription that still brings nothing after as long again is given up. Default: 2 seconds;
    /// a look at a log that stands still is one read of one event.
    pub fn quiet_timeout(mut self, time: Duration) -> Self {
        self.quiet_timeout = time;
        self
    }

    /// How old the store's knowledge of the log's end may be when it appends. A repeat of an append
    /// that another process made longer ago is reported as a repeat; an append within this time by
    /// two processes with the same ids is written once, but may be reported as new to both.
    /// Default: 100 milliseconds. A store that appends more often than that never has to ask. For as long,
    /// a stream that was read and found new is not looked for a second time when it is begun.
    pub fn head_age_max(mut self, time: Duration) -> Self {
        self.head_age_max = time;
        self
    }

    /// Largest append the server takes: payloads, metadata and names of types. Unit: bytes.
    /// Default: 1 MiB, the server's own default before version 25.1 (`MaxAppendSize`).
    pub fn append_bytes_max(mut self, bytes: NonZeroUsize) -> Self {
        self.append_bytes_max = bytes;
        self
    }

    /// The one namespace that was ever served from this database by a version that kept
    /// checkpoints without their namespace: its reactors go on where they were. Default: none, so
    /// they begin at the start of the log and repeat what was done, without effect.
    ///
    /// Never name one of several: its reactors might pass over events that they have not handled.
    pub fn old_checkpoints_of(mut self, namespace: NamespaceName) -> Self {
        self.old_checkpoints_of = Some(namespace);
        self
    }
}
