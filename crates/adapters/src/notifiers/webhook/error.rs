//! Why a receiver does not have a notification.

use std::{error::Error, time::Duration};

/// Why a receiver does not have a notification; the source of a
/// [`NotifyError`](minwon_petitions::NotifyError).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// No connection, or it broke before the answer. The receiver may have the notification.
    #[error("the connection to the receiver failed")]
    Connection(#[source] Box<dyn Error + Send + Sync>),
    /// No answer in time. The receiver may have the notification.
    #[error("the receiver did not answer within {timeout:?}")]
    TimedOut {
        /// How long one try may take.
        timeout: Duration,
    },
    /// An answer that is no success.
    #[error("the receiver answered with status {status}{}", advice(*.status))]
    Status {
        /// The HTTP status.
        status: u16,
        /// How long the receiver asked to be left alone.
        retry_after: Option<Duration>,
    },
    /// Every try failed, or the receiver asked for a longer pause than is allowed.
    #[error("the receiver could not be notified (tries: {tries})")]
    GaveUp {
        /// How often it was tried.
        tries: u32,
        /// How the last try failed.
        #[source]
        last: Box<WebhookError>,
    },
}

impl WebhookError {
    /// Returns whether another try would end in the same way.
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Status { status, .. } if !matches!(status, 408 | 429 | 500..))
    }

    /// Returns how long the receiver asked to be left alone, also where that ended the tries.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::GaveUp { last, .. } => last.retry_after(),
            _ => None,
        }
    }
}

fn advice(status: u16) -> &'static str {
    match status {
        300..=399 => "; redirects are not followed, so set the address it moved to",
        401 | 403 => "; see whether both sides have the same secret",
        410 => "; it wants no more notifications, so take it out of the configuration",
        _ => "",
    }
}
