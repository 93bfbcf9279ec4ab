//! What a receiver of webhooks answers, and what is signed: a door for the fuzz targets.

use std::time::Duration;

use hyper::{
    StatusCode,
    header::{HeaderMap, HeaderValue, RETRY_AFTER},
};
use minwon_core::Timestamp;

use super::{WebhookSecret, client::Answer};

/// How long a receiver asks to be left alone that answers with this header; none where it cannot be read.
#[must_use]
pub fn retry_after(header: &[u8], now: Timestamp) -> Option<Duration> {
    let value = HeaderValue::from_bytes(header).ok()?;
    let headers = HeaderMap::from_iter([(RETRY_AFTER, value)]);
    Answer::new(StatusCode::TOO_MANY_REQUESTS, headers).retry_after(now)
}

/// The signature of a request.
#[must_use]
pub fn sign(secret: &WebhookSecret, id: &str, timestamp: &str, body: &[u8]) -> String {
    secret.sign(id, timestamp, body)
}
