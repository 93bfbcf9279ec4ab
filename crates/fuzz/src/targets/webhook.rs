//! Webhooks: secrets, the headers and the body of one that comes in, and what a receiver answers.

use std::time::Duration;

use minwon_adapters::notifiers::webhook::{
    TOLERANCE, VerifyError, WebhookHeaders, WebhookSecret, fuzzing,
};
use minwon_core::Timestamp;

use super::{check_error, inputs, line};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub(super) fn golden() -> Vec<Vec<u8>> {
    let body = include_str!("../../../adapters/tests/golden/webhook.json");
    let secret: WebhookSecret = SECRET.parse().unwrap();
    let signature = fuzzing::sign(&secret, "general/P-1/0a1b", "1700000000", body.as_bytes());
    let texts = [
        format!("general/P-1/0a1b\n1700000000\n{signature}\n{body}"),
        format!("general/P-1/0a1b\n1700000400\nv1a,AAAA v1, {signature}\n{body}"),
        SECRET.to_owned(),
        "120".to_owned(),
        "Mon, 09 Mar 2026 10:01:30 GMT".to_owned(),
        "Monday, 09-Mar-26 10:01:30 GMT".to_owned(),
    ];
    inputs(&texts.each_ref().map(String::as_str))
}

pub(super) fn run(input: &[u8]) {
    let now = Timestamp::from_unix_micros(1_700_000_000_000_000).unwrap();
    check_request(input, now);
    for now in [Timestamp::MIN, now, Timestamp::MAX] {
        let wait = fuzzing::retry_after(input, now);
        assert!(wait.is_none_or(|wait| wait <= Duration::from_secs(u64::MAX)));
    }
    if let Ok(text) = str::from_utf8(input) {
        match text.parse::<WebhookSecret>() {
            Ok(secret) => assert_eq!(format!("{secret:?}"), "WebhookSecret(..)"),
            Err(error) => check_error(&error),
        }
    }
}

/// Only what was signed is believed, only in time, and then it is.
fn check_request(input: &[u8], now: Timestamp) {
    let (id, rest) = line(input);
    let (timestamp, rest) = line(rest);
    let (signature, body) = line(rest);
    let texts = [id, timestamp, signature].map(str::from_utf8);
    let [Ok(id), Ok(timestamp), Ok(signature)] = texts else {
        return;
    };
    let secret: WebhookSecret = SECRET.parse().unwrap();
    let ours = fuzzing::sign(&secret, id, timestamp, body);
    let verify = |signature| {
        let headers = WebhookHeaders {
            id,
            timestamp,
            signature,
        };
        secret.verify(headers, body, now)
    };
    let is_signed = signature.split_ascii_whitespace().any(|one| one == ours);
    let told = verify(signature);
    assert!(is_signed || told.is_err(), "{signature}");
    match verify(&ours) {
        Ok(()) => assert!(is_in_time(timestamp, now)),
        Err(VerifyError::OutOfTime { sent_at }) => {
            check_error(&VerifyError::OutOfTime { sent_at });
            assert!(!is_in_time(timestamp, now));
        }
        Err(error) => assert_eq!(error, VerifyError::Timestamp),
    }
}

fn is_in_time(timestamp: &str, now: Timestamp) -> bool {
    let sent_at = timestamp.parse::<i128>().unwrap() * 1_000_000;
    let tolerance = TOLERANCE.as_micros() as i128;
    (sent_at - i128::from(now.unix_micros())).abs() <= tolerance
}
