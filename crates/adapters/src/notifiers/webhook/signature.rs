//! Signatures of Standard Webhooks, version `v1`: made by us, checked by receivers.

use std::{fmt, str::FromStr, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use minwon_core::Timestamp;
use sha2::Sha256;

/// How far the time of a webhook may lie from the receiver's, before or after it.
///
/// Source: the libraries of Standard Webhooks, which all have 5 minutes.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// Fewest and most bytes of a secret. Source: Standard Webhooks 1.0.0, "Signature scheme".
const SECRET_BYTES_MIN: usize = 24;
const SECRET_BYTES_MAX: usize = 64;

/// Most signatures that are looked at in one header, so that nobody can make a receiver work hard.
const SIGNATURES_MAX: usize = 16;

/// The secret that sender and receiver share, written as `whsec_` and 24 to 64 bytes in base64.
///
/// `Debug` does not show it, and it cannot be read back.
#[derive(Clone)]
pub struct WebhookSecret {
    /// The keyed hash with nothing hashed yet.
    keyed: Hmac<Sha256>,
}

/// Why a text or bytes are no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// It begins in another way.
    #[error("the webhook secret does not begin with whsec_; write whsec_ and its bytes in base64")]
    Prefix,
    /// The rest is no base64.
    #[error("what follows whsec_ in the webhook secret is no base64")]
    Base64,
    /// Its length is wrong.
    #[error("the webhook secret has {bytes} bytes; take 24 to 64 random ones")]
    Length {
        /// How many bytes it has.
        bytes: usize,
    },
}

impl WebhookSecret {
    /// A secret of 24 to 64 random bytes.
    ///
    /// # Errors
    /// [`SecretError::Length`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&bytes.len()) {
            return Err(SecretError::Length { bytes: bytes.len() });
        }
        let keyed = Hmac::new_from_slice(bytes).expect("HMAC takes keys of any length");
        Ok(Self { keyed })
    }

    /// Checks that a webhook comes from who knows this secret, as it was sent, and is no older (and
    /// no newer) than [`TOLERANCE`]. `body` is what came over the wire, byte for byte.
    ///
    /// Where secrets are being changed, ask the new one and then the old one. A verified request
    /// may still be a repeat: the receiver recognises it by `webhook-id`.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use minwon_adapters::notifiers::webhook::{VerifyError, WebhookHeaders, WebhookSecret};
    ///
    /// let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse()?;
    /// let headers = WebhookHeaders {
    ///     id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    ///     timestamp: "1614265330",
    ///     signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    /// };
    /// let now = "2021-02-25T15:02:11Z".parse()?;
    /// assert_eq!(secret.verify(headers, br#"{"test": 2432232314}"#, now), Ok(()));
    /// assert_eq!(secret.verify(headers, b"{}", now), Err(VerifyError::Signature));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`VerifyError`]: do not act on the request, answer 401.
    pub fn verify(
        &self,
        headers: WebhookHeaders<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), VerifyError> {
        let sent_at = seconds(headers.timestamp).ok_or(VerifyError::Timestamp)?;
        let mac = self.hash(headers.id, headers.timestamp, body);
        let given = headers.signature.split_ascii_whitespace();
        let matches = given.take(SIGNATURES_MAX).any(|signature| {
            let base64 = signature.strip_prefix("v1,").unwrap_or_default();
            let bytes = STANDARD.decode(base64).unwrap_or_default();
            // In constant time: the duration must not reveal how much was right.
            mac.clone().verify_slice(&bytes).is_ok()
        });
        if !matches {
            return Err(VerifyError::Signature);
        }
        if sent_at < now.saturating_sub(TOLERANCE) || sent_at > now.saturating_add(TOLERANCE) {
            return Err(VerifyError::OutOfTime { sent_at });
        }
        Ok(())
    }

    /// One entry of the header `webhook-signature`.
    pub(super) fn sign(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let mac = self.hash(id, timestamp, body).finalize();
        format!("v1,{}", STANDARD.encode(mac.into_bytes()))
    }

    fn hash(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.keyed.clone();
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac
    }
}

impl FromStr for WebhookSecret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let base64 = text.strip_prefix("whsec_").ok_or(SecretError::Prefix)?;
        let bytes = STANDARD.decode(base64).map_err(|_| SecretError::Base64)?;
        Self::from_bytes(&bytes)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

/// The headers of a webhook that say where it comes from.
#[derive(Debug, Clone, Copy)]
pub struct WebhookHeaders<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signature: &'a str,
}

/// Why a webhook is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The header is no number of seconds since 1970.
    #[error("webhook-timestamp is no number of seconds since 1970")]
    Timestamp,
    /// No signature is of this secret and this request.
    #[error(
        "no webhook-signature fits; look for another secret, or a body that was read and rewritten"
    )]
    Signature,
    /// It was signed long ago, or one of the clocks is wrong.
    #[error("the webhook was sent at {sent_at}, more than 5 minutes from now")]
    OutOfTime {
        /// When it was signed.
        sent_at: Timestamp,
    },
}

fn seconds(text: &str) -> Option<Timestamp> {
    let seconds: i64 = text.parse().ok()?;
    Timestamp::from_unix_micros(seconds.checked_mul(1_000_000)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"kind":"completed"}"#;
    const SENT_AT: &str = "1700000000";

    fn secret() -> WebhookSecret {
        SECRET.parse().unwrap()
    }

    fn after(seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros((1_700_000_000 + seconds) * 1_000_000).unwrap()
    }

    fn verify(id: &str, timestamp: &str, signature: &str, body: &[u8]) -> Result<(), VerifyError> {
        let headers = WebhookHeaders {
            id,
            timestamp,
            signature,
        };
        secret().verify(headers, body, after(0))
    }

    #[test]
    fn every_part_is_signed() {
        let signature = secret().sign("id", SENT_AT, BODY);
        assert_eq!(verify("id", SENT_AT, &signature, BODY), Ok(()));
        let wrong = Err(VerifyError::Signature);
        assert_eq!(verify("di", SENT_AT, &signature, BODY), wrong);
        assert_eq!(verify("id", "1700000001", &signature, BODY), wrong);
        assert_eq!(verify("id", SENT_AT, &signature, b"{}"), wrong);
        let other = WebhookSecret::from_bytes(&[7; 24]).unwrap();
        let signature = other.sign("id", SENT_AT, BODY);
        assert_eq!(verify("id", SENT_AT, &signature, BODY), wrong);
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let ours = secret().sign("id", SENT_AT, BODY);
        let bare = ours.strip_prefix("v1,").unwrap();
        let several = format!("v1a,AAAA v1,!!! v1, {ours}");
        assert_eq!(verify("id", SENT_AT, &several, BODY), Ok(()));
        for none in ["", "v1,", "v1,AAAA", bare, &format!("v2,{bare}")] {
            let verified = verify("id", SENT_AT, none, BODY);
            assert_eq!(verified, Err(VerifyError::Signature), "{none}");
        }
        let too_many = format!("{}{ours}", "v1,AAAA ".repeat(SIGNATURES_MAX));
        let verified = verify("id", SENT_AT, &too_many, BODY);
        assert_eq!(verified, Err(VerifyError::Signature));
    }

    #[test]
    fn what_is_old_or_from_the_future_is_refused() {
        let signature = secret().sign("id", SENT_AT, BODY);
        let headers = WebhookHeaders {
            id: "id",
            timestamp: SENT_AT,
            signature: &signature,
        };
        for (now, is_good) in [(300, true), (301, false), (-300, true), (-301, false)] {
            let verified = secret().verify(headers, BODY, after(now));
            assert_eq!(
                verified.is_ok(),
                is_good,
                "{now} seconds after: {verified:?}"
            );
        }
        for timestamp in [
            "",
            "soon",
            "1e9",
            "99999999999999999999",
            "9223372036854775807",
        ] {
            let verified = verify("id", timestamp, &signature, BODY);
            assert_eq!(verified, Err(VerifyError::Timestamp), "{timestamp}");
        }
    }

    #[test]
    fn a_secret_is_checked_and_not_shown() {
        let error = |text: &str| text.parse::<WebhookSecret>().unwrap_err();
        assert_eq!(
            error("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            SecretError::Prefix
        );
        assert_eq!(error("whsec_&&"), SecretError::Base64);
        assert_eq!(error("whsec_AAAA"), SecretError::Length { bytes: 3 });
        assert!(WebhookSecret::from_bytes(&[7; 64]).is_ok());
        assert!(WebhookSecret::from_bytes(&[7; 65]).is_err());
        assert_eq!(format!("{:?}", secret()), "WebhookSecret(..)");
    }
}
