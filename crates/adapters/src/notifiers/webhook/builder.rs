//! How a webhook notifier is set up.

use std::{error::Error, fmt, num::NonZeroU32, time::Duration};

use hyper::Uri;
use minwon_core::Timer;

use super::{WebhookNotifier, WebhookSecret, client::Client};
use crate::{
    OptionError, Retries, SystemClock,
    retries::{TIME_MAX, TIME_MIN, in_bounds},
};

/// Builds a [`WebhookNotifier`].
#[must_use]
pub struct WebhookNotifierBuilder<T = SystemClock> {
    url: String,
    secret: WebhookSecret,
    previous_secret: Option<WebhookSecret>,
    is_plain_http_allowed: bool,
    timer: T,
    timeout: Duration,
    retry_after_max: Duration,
    retries: Retries,
}

/// The reasons why a notifier cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildWebhookError {
    /// The address cannot be used. It is not shown, as it may contain a token.
    #[error("the URL of the webhook is of no use: {reason}")]
    Url {
        /// The error in it.
        reason: &'static str,
    },
    /// An option is out of its bounds.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// Encryption cannot be set up: most often the machine has no root certificates.
    #[error("encryption cannot be set up; see whether the machine has root certificates")]
    Encryption(#[source] Box<dyn Error + Send + Sync>),
}

impl WebhookNotifierBuilder {
    pub(super) fn new(url: String, secret: WebhookSecret) -> Self {
        let tries = NonZeroU32::new(4).expect("not 0");
        Self {
            url,
            secret,
            previous_secret: None,
            is_plain_http_allowed: false,
            timer: SystemClock,
            timeout: Duration::from_secs(15),
            retry_after_max: Duration::from_secs(60),
            retries: Retries::default().tries_max(tries),
        }
    }
}

impl<T> WebhookNotifierBuilder<T> {
    /// The clock of signatures, time-outs and pauses. Default: the machine's.
    pub fn timer<U: Timer>(self, timer: U) -> WebhookNotifierBuilder<U> {
        WebhookNotifierBuilder {
            timer,
            url: self.url,
            secret: self.secret,
            previous_secret: self.previous_secret,
            is_plain_http_allowed: self.is_plain_http_allowed,
            timeout: self.timeout,
            retry_after_max: self.retry_after_max,
            retries: self.retries,
        }
    }

    /// Signs with this secret too, until all receivers know the new one. Default: none.
    pub fn previous_secret(mut self, secret: WebhookSecret) -> Self {
        self.previous_secret = Some(secret);
        self
    }

    /// Allows `http://`, by which everyone on the way can read notifications: for a receiver on the
    /// same machine, or behind a network that encrypts by itself. Default: only `https://`.
    pub fn allow_plain_http(mut self) -> Self {
        self.is_plain_http_allowed = true;
        self
    }

    /// How long each try may take, with connecting. Bounds: 1 millisecond to 1 hour. Default: 15
    /// seconds, the least that Standard Webhooks recommends.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// How often the receiver is tried, and the pauses in between. Default: [`Retries::default`],
    /// but 4 tries.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// The longest `Retry-After` that is waited for; where the receiver asks for more, the tries
    /// end at once. Bounds: 0 to 1 hour. Default: 60 seconds.
    pub fn retry_after_max(mut self, time: Duration) -> Self {
        self.retry_after_max = time;
        self
    }

    /// Checks all of it and reads the machine's root certificates; sends nothing.
    ///
    /// # Errors
    /// [`BuildWebhookError`].
    pub fn build(self) -> Result<WebhookNotifier<T>, BuildWebhookError> {
        in_bounds("timeout", self.timeout, TIME_MIN, TIME_MAX)?;
        let waited = self.retry_after_max;
        in_bounds("retry_after_max", waited, Duration::ZERO, TIME_MAX)?;
        let uri = check_url(&self.url, self.is_plain_http_allowed)
            .map_err(|reason| BuildWebhookError::Url { reason })?;
        Ok(WebhookNotifier {
            client: Client::new(uri)?,
            secrets: [self.secret]
                .into_iter()
                .chain(self.previous_secret)
                .collect(),
            timer: self.timer,
            timeout: self.timeout,
            retry_after_max: self.retry_after_max,
            pauses: self.retries.check()?,
        })
    }
}

fn check_url(url: &str, is_plain_http_allowed: bool) -> Result<Uri, &'static str> {
    let uri: Uri = url.parse().map_err(|_| "it cannot be read as a URL")?;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if is_plain_http_allowed => {}
        Some("http") => return Err("it is not encrypted; write https, or allow_plain_http"),
        _ => return Err("it does not begin with https://"),
    }
    match uri.authority() {
        Some(host) if host.as_str().contains('@') => {
            Err("it holds a user name; receivers know us by the signature")
        }
        Some(host) if !host.host().is_empty() => Ok(uri),
        _ => Err("it has no host"),
    }
}

impl<T> fmt::Debug for WebhookNotifierBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookNotifierBuilder")
            .field("timeout", &self.timeout)
            .field("retry_after_max", &self.retry_after_max)
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked() {
        for (url, is_plain_http_allowed, is_good) in [
            ("https://host", false, true),
            ("https://host:8443/a/b?c=d", false, true),
            ("http://host/a", false, false),
            ("http://host/a", true, true),
            ("ftp://host/a", true, false),
            ("https://user:password@host/a", false, false),
            ("https://", false, false),
            ("/a", true, false),
            ("host", true, false),
            ("", true, false),
            ("https://host/a b", false, false),
        ] {
            let checked = check_url(url, is_plain_http_allowed);
            assert_eq!(checked.is_ok(), is_good, "{url}: {checked:?}");
        }
    }

    #[test]
    fn nothing_that_is_secret_is_shown() {
        let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let builder = || {
            WebhookNotifier::builder("http://host/token-5b1e?key=7c2d", secret.clone())
                .allow_plain_http()
        };
        let shown = format!("{:?} {:?}", builder(), builder().build().unwrap());
        assert!(shown.contains("host"), "{shown}");
        for hidden in ["token", "7c2d", "MfKQ", "whsec"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        let bad = WebhookNotifier::builder("ftp://host/token-5b1e", secret.clone());
        let error = format!("{:?}", bad.build().unwrap_err());
        assert!(!error.contains("token"), "{error}");
    }

    #[test]
    fn options_are_checked() {
        let secret = WebhookSecret::from_bytes(&[7; 32]).unwrap();
        let builder = || WebhookNotifier::builder("http://host", secret.clone()).allow_plain_http();
        for (builder, option) in [
            (builder().timeout(Duration::ZERO), "timeout"),
            (
                builder().retry_after_max(Duration::from_secs(3601)),
                "retry_after_max",
            ),
        ] {
            match builder.build().unwrap_err() {
                BuildWebhookError::Option(error) => assert_eq!(error.option, option),
                other => panic!("{other:?}"),
            }
        }
    }
}
