//! Notifications by HTTP, signed as [Standard Webhooks] 1.0.0 says.
//!
//! Each notification is one POST. The receiver answers with any 2xx once it has the notification
//! for good; it may get the same one again, also after that, and recognises it by its `webhook-id`.
//!
//! | header | what stands in it |
//! |---|---|
//! | `content-type` | `application/json` |
//! | `idempotency-key` | the same as `webhook-id` |
//! | `traceparent` | where in its trace the notification is, as [W3C Trace Context] says; not signed, and missing where it is in none |
//! | `webhook-id` | the key in the body, with all but ASCII letters, digits and `-_~/:` percent-encoded |
//! | `webhook-timestamp` | when this try was made, in seconds since 1970 |
//! | `webhook-signature` | `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; two of them, with a space between, while a secret is being changed |
//!
//! The body is this object, without the line breaks; its form is frozen by a golden test, and
//! fields may only be added:
//!
//! ```json
#![doc = include_str!("../../tests/golden/webhook.json")]
//! ```
//!
//! `recipient` is an opaque id. `fields` are those of the [kind](minwon_petitions::NoticeKind), which has its
//! [`article`](minwon_petitions::NoticeKind::article), and of the petition, as of the event: instants are RFC
//! 3339 in UTC, days those of Seoul, amounts won. Without a value there is no field; where there is none,
//! `article` and `contact` are missing. `text` is all of it in words. What the answer does:
//!
//! | answer | then |
//! |---|---|
//! | 2xx | done |
//! | no connection, no answer in time, 408, 429, 5xx | tried again, then [`NotifyError::Unavailable`] |
//! | 3xx | [`NotifyError::Refused`]: redirects are not followed, set the new address |
//! | other 4xx | [`NotifyError::Refused`] |
//!
//! Receivers written in Rust check a request with [`WebhookSecret::verify`]; for other languages
//! there are the libraries of Standard Webhooks.
//!
//! [Standard Webhooks]: https://www.standardwebhooks.com
//! [W3C Trace Context]: https://www.w3.org/TR/trace-context/

mod body;
mod builder;
mod client;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod signature;

use std::{fmt, time::Duration};

use bytes::Bytes;
use minwon_core::{
    Timer, TraceParent,
    metrics::{self, RETRIES},
};
use minwon_petitions::{Notification, Notifier, NotifyError};

use crate::{
    SystemClock,
    retries::{Pauses, within},
};

pub use builder::{BuildWebhookError, WebhookNotifierBuilder};
pub use error::WebhookError;
pub use signature::{SecretError, TOLERANCE, VerifyError, WebhookHeaders, WebhookSecret};

use client::{Client, Post};

/// Notifies petitioners through an HTTP service; see the [module](self) for what goes over the
/// wire.
///
/// Has to be used within a tokio runtime. A future dropped half way may have notified the receiver.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use minwon_adapters::notifiers::{WebhookNotifier, webhook::WebhookSecret};
///
/// // From where secrets are kept, not from the source.
/// let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse()?;
/// let notifier = WebhookNotifier::builder("https://notices.example/minwon", secret).build()?;
/// # Ok(()) }
/// ```
pub struct WebhookNotifier<T = SystemClock> {
    client: Client,
    /// The secret that signs, and while it is being changed the one before.
    secrets: Vec<WebhookSecret>,
    timer: T,
    timeout: Duration,
    retry_after_max: Duration,
    pauses: Pauses,
}

impl WebhookNotifier {
    /// A notifier that posts to `url` and signs with `secret`.
    pub fn builder(url: impl Into<String>, secret: WebhookSecret) -> WebhookNotifierBuilder {
        WebhookNotifierBuilder::new(url.into(), secret)
    }
}

impl<T: Timer> WebhookNotifier<T> {
    async fn try_once(
        &self,
        id: &str,
        body: &Bytes,
        traceparent: Option<&TraceParent>,
    ) -> Result<(), WebhookError> {
        // Each try has the time of its own: the receiver refuses what is old.
        let now = self.timer.now();
        let post = Post {
            id,
            timestamp: now.unix_micros().div_euclid(1_000_000),
            secrets: &self.secrets,
            traceparent,
            body: body.clone(),
        };
        let answer = within(&self.timer, self.timeout, self.client.send(post)).await;
        let answer = answer.ok_or(WebhookError::TimedOut {
            timeout: self.timeout,
        })??;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(WebhookError::Status {
            status: answer.status.as_u16(),
            retry_after: answer.retry_after(self.timer.now()),
        })
    }
}

impl<T: Timer + 'static> Notifier for WebhookNotifier<T> {
    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError> {
        let key = notification.idempotency_key();
        let (id, body) = (body::header_of(&key), body::body_of(notification, &key));
        let mut pauses = self.pauses.of_request();
        let mut tries = 0;
        loop {
            let traceparent = notification.traceparent.as_ref();
            let error = match self.try_once(&id, &body, traceparent).await {
                Ok(()) => return Ok(()),
                Err(error) if error.is_final() => return Err(NotifyError::Refused(error.into())),
                Err(error) => error,
            };
            tries += 1;
            let asked_for = error.retry_after().unwrap_or_default();
            tracing::debug!(key, tries, %error, "a webhook did not get through");
            match pauses.next() {
                // Sooner than the receiver asked for would be no use, and it may take it ill.
                Some(pause) if asked_for <= self.retry_after_max => {
                    count_retry(notification);
                    self.timer.sleep(pause.max(asked_for)).await;
                }
                _ => {
                    let last = Box::new(error);
                    let given_up = WebhookError::GaveUp { tries, last };
                    return Err(NotifyError::Unavailable(given_up.into()));
                }
            }
        }
    }
}

fn count_retry(notification: &Notification) {
    let labels = [
        ("namespace", notification.namespace.as_str()),
        ("of", "webhook"),
        ("name", notification.kind.as_str()),
        ("cause", "failed"),
    ];
    metrics::count(&RETRIES, &labels, 1);
}

impl<T> fmt::Debug for WebhookNotifier<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookNotifier")
            .field("client", &self.client)
            .field("timeout", &self.timeout)
            .field("retry_after_max", &self.retry_after_max)
            .field("pauses", &self.pauses)
            .finish_non_exhaustive()
    }
}
