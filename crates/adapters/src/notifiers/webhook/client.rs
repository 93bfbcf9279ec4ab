//! The HTTP side: one POST, no redirects, no retries.

use std::{
    fmt,
    time::{Duration, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Request, StatusCode, Uri,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER, USER_AGENT},
};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use minwon_core::{Timestamp, TraceParent};
use rustls::{ClientConfig, RootCertStore};

use super::{BuildWebhookError, WebhookError, WebhookSecret};
use crate::cryptography;

/// How long a connection may stay open without use; beyond it, servers tend to close theirs.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// Idle connections kept: one address, and seldom many notifications at once.
const IDLE_CONNECTIONS_MAX: usize = 8;

/// Sends to one address, over connections that are kept.
pub(super) struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    uri: Uri,
}

/// A request to the receiver.
pub(super) struct Post<'a> {
    pub(super) id: &'a str,
    /// In seconds since 1970.
    pub(super) timestamp: i64,
    pub(super) secrets: &'a [WebhookSecret],
    pub(super) traceparent: Option<&'a TraceParent>,
    pub(super) body: Bytes,
}

/// An answer of the receiver.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: HeaderMap,
}

impl Client {
    pub(super) fn new(uri: Uri) -> Result<Self, BuildWebhookError> {
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls_config(&uri)?)
            .https_or_http()
            .enable_http1()
            .build();
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .build(https);
        Ok(Self { http, uri })
    }

    pub(super) async fn send(&self, post: Post<'_>) -> Result<Answer, WebhookError> {
        let answer = self.http.request(self.request(post)).await;
        let (parts, body) = answer
            .map_err(|error| WebhookError::Connection(error.into()))?
            .into_parts();
        // The body of the receiver's answer is not used. hyper reads a short rest by itself and
        // keeps the connection; for a long one it closes it.
        drop::<Incoming>(body);
        Ok(Answer::new(parts.status, parts.headers))
    }

    fn request(&self, post: Post<'_>) -> Request<Full<Bytes>> {
        let timestamp = post.timestamp.to_string();
        let signatures: Vec<String> = post
            .secrets
            .iter()
            .map(|secret| secret.sign(post.id, &timestamp, &post.body))
            .collect();
        let mut request = Request::post(self.uri.clone());
        if let Some(traceparent) = post.traceparent {
            request = request.header("traceparent", traceparent.as_str());
        }
        request
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("minwon/", env!("CARGO_PKG_VERSION")))
            .header("idempotency-key", post.id)
            .header("webhook-id", post.id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures.join(" "))
            .body(Full::new(post.body))
            .expect("all of it is printable ASCII")
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path is left out: many services put a token there.
        let (scheme, host) = (self.uri.scheme_str(), self.uri.authority());
        f.debug_struct("Client")
            .field("scheme", &scheme.unwrap_or_default())
            .field("host", &host.map_or("", |host| host.as_str()))
            .finish_non_exhaustive()
    }
}

/// Trusts whom the machine trusts. Without encryption nobody need be trusted, and the machine may
/// have no certificates at all.
fn tls_config(uri: &Uri) -> Result<ClientConfig, BuildWebhookError> {
    let unusable = |error| BuildWebhookError::Encryption(error);
    let cryptography = cryptography::choose().map_err(|error| unusable(error.into()))?;
    let builder = ClientConfig::builder_with_provider(cryptography)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.into()))?;
    let builder = if uri.scheme_str() == Some("https") {
        builder
            .with_native_roots()
            .map_err(|error| unusable(error.into()))?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}

impl Answer {
    pub(super) const fn new(status: StatusCode, headers: HeaderMap) -> Self {
        Self { status, headers }
    }

    /// Returns how long the receiver asks to be left alone: seconds, or an HTTP date.
    pub(super) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // More than fits is more than anyone waits for.
            return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
        }
        let date = httpdate::parse_http_date(text).ok()?;
        let date = Timestamp::UNIX_EPOCH.saturating_add(date.duration_since(UNIX_EPOCH).ok()?);
        let micros = date.unix_micros().saturating_sub(now.unix_micros());
        Some(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;

    #[test]
    fn the_wait_is_seconds_or_a_date() {
        let now: Timestamp = "2026-03-09T10:00:00Z".parse().unwrap();
        let cases = [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Mon, 09 Mar 2026 10:01:30 GMT", Some(90)),
            ("Mon, 09 Mar 2026 09:00:00 GMT", Some(0)),
            ("", None),
            ("-1", None),
            ("soon", None),
        ];
        for (text, seconds) in cases {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            let status = StatusCode::TOO_MANY_REQUESTS;
            let read = Answer { status, headers }.retry_after(now);
            assert_eq!(read, seconds.map(Duration::from_secs), "{text:?}");
        }
    }
}
