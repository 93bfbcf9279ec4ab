//! Signed tokens, by the keys of a JWKS file.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use minwon::{ActorId, Timestamp};
use serde::Deserialize;

use super::{Authentication, AuthenticationError, Operator, Role};

/// The signatures that are taken: those with a public key. A key of a JWKS file that is shared, or of
/// another kind, signs nothing here.
const ALGORITHMS: [Algorithm; 5] = [
    Algorithm::EdDSA,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::PS256,
    Algorithm::RS256,
];

/// Operators by signed tokens (JWT), as an office's own sign-in hands them out. A token says who
/// (`sub`), for whom (`aud`), by whom (`iss`), until when (`exp`), and, in the claim
/// [`ROLES_CLAIM`], what they may do; roles of others in it are passed over.
///
/// Its keys stand in a JWKS file, each with its `kid` and `alg`, which is read once: a service is started
/// again after keys have changed.
#[derive(Debug)]
pub struct SignedTokens {
    keys: Vec<Key>,
    issuer: String,
    audience: String,
}

/// A token of an issuer whose clock is ahead by no more than this is good already.
const SKEW_MAX: Duration = Duration::from_secs(60);

/// The claim that lists [roles](Role).
pub const ROLES_CLAIM: &str = "minwon_roles";

struct Key {
    id: String,
    algorithm: Algorithm,
    key: DecodingKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:?}, {:?})", self.id, self.algorithm)
    }
}

/// Why the keys of signed tokens cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignedTokensError {
    /// The file cannot be read.
    #[error("the keys in {} cannot be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// It is no JWKS.
    #[error("these are no keys in the form of a JWKS")]
    Form(#[from] serde_json::Error),
    /// A key cannot be used.
    #[error("the key {id:?} cannot be used")]
    Key {
        /// Its id.
        id: String,
        /// The cause.
        #[source]
        source: jsonwebtoken::errors::Error,
    },
    /// Two keys have one id.
    #[error("two keys have the id {id:?}; a token names the one that it is signed with")]
    SameId {
        /// The id.
        id: String,
    },
    /// No key can sign a token.
    #[error(
        "no key has a `kid` and an `alg` out of EdDSA, ES256, ES384, PS256 and RS256, and so nobody is let in"
    )]
    NoKey,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default)]
    nbf: u64,
    #[serde(default)]
    minwon_roles: Vec<serde_json::Value>,
}

impl SignedTokens {
    /// Tokens of `issuer` for `audience`, signed with the keys in a file.
    ///
    /// # Errors
    /// [`SignedTokensError`].
    pub fn read(
        path: &Path,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, SignedTokensError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| SignedTokensError::Io {
            path: path.to_owned(),
            source,
        })?;
        Self::of_jwks(&text, issuer, audience)
    }

    /// As [`read`](Self::read), of the text of such a file.
    ///
    /// # Errors
    /// [`SignedTokensError`].
    pub fn of_jwks(
        jwks: &str,
        issuer: impl Into<String>,
        audience: impl Into<String>,
    ) -> Result<Self, SignedTokensError> {
        let set: JwkSet = serde_json::from_str(jwks)?;
        let mut keys: Vec<Key> = Vec::new();
        for jwk in &set.keys {
            let algorithm = jwk.common.key_algorithm;
            let algorithm = algorithm.and_then(|it| it.to_string().parse::<Algorithm>().ok());
            let (Some(id), Some(algorithm)) = (jwk.common.key_id.clone(), algorithm) else {
                continue;
            };
            if !ALGORITHMS.contains(&algorithm) {
                continue;
            }
            let key = DecodingKey::from_jwk(jwk);
            let key = key.map_err(|source| SignedTokensError::Key {
                id: id.clone(),
                source,
            })?;
            if keys.iter().any(|other| other.id == id) {
                return Err(SignedTokensError::SameId { id });
            }
            keys.push(Key { id, algorithm, key });
        }
        if keys.is_empty() {
            return Err(SignedTokensError::NoKey);
        }
        Ok(Self {
            keys,
            issuer: issuer.into(),
            audience: audience.into(),
        })
    }

    fn check(&self, token: &str, now: Timestamp) -> Result<Operator, TokenFault> {
        let named = decode_header(token)?.kid.ok_or(TokenFault::NoKeyNamed)?;
        let key = self.keys.iter().find(|key| key.id == named);
        let key = key.ok_or(TokenFault::UnknownKey)?;
        let mut validation = Validation::new(key.algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
        // By our own clock, which may be another than the machine's.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims = decode::<Claims>(token, &key.key, &validation)?.claims;
        let (from, until) = (instant(claims.nbf), instant(claims.exp));
        if now >= until {
            return Err(TokenFault::Over { until });
        }
        if now.saturating_add(SKEW_MAX) < from {
            return Err(TokenFault::NotYet { from });
        }
        let roles = claims.minwon_roles.into_iter();
        Ok(Operator {
            id: ActorId::new(claims.sub)?,
            roles: roles
                .filter_map(|role| serde_json::from_value(role).ok())
                .collect::<BTreeSet<Role>>(),
            until: Some(until),
        })
    }
}

/// An instant in a token, in whole seconds; the last there is, where it lies beyond.
fn instant(unix_seconds: u64) -> Timestamp {
    let micros = i64::try_from(unix_seconds).ok();
    let micros = micros.and_then(|seconds| seconds.checked_mul(1_000_000));
    let instant = micros.and_then(|micros| Timestamp::from_unix_micros(micros).ok());
    instant.unwrap_or(Timestamp::MAX)
}

#[derive(Debug, thiserror::Error)]
enum TokenFault {
    #[error("it names no key")]
    NoKeyNamed,
    #[error("it is signed with a key that is not known here")]
    UnknownKey,
    #[error("it was good until {until}")]
    Over { until: Timestamp },
    #[error("it is good from {from} on")]
    NotYet { from: Timestamp },
    #[error("its subject is no operator's id")]
    Subject(#[from] minwon::NameError),
    #[error(transparent)]
    Token(#[from] jsonwebtoken::errors::Error),
}

#[async_trait]
impl Authentication for SignedTokens {
    async fn operator(
        &self,
        credential: &str,
        now: Timestamp,
    ) -> Result<Operator, AuthenticationError> {
        let checked = self.check(credential.trim(), now);
        checked.map_err(|fault| AuthenticationError::Refused(fault.into()))
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use rcgen::{KeyPair, PKCS_ED25519};
    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_780_000_000;

    fn now() -> Timestamp {
        instant(NOW)
    }

    fn jwk(id: &str, key: &KeyPair) -> Value {
        let x = URL_SAFE_NO_PAD.encode(key.public_key_raw());
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": id, "x": x })
    }

    fn tokens(keys: &[Value]) -> Result<SignedTokens, SignedTokensError> {
        let jwks = json!({ "keys": keys }).to_string();
        SignedTokens::of_jwks(&jwks, "https://login.example.kr", "minwon")
    }

    fn claims() -> Value {
        json!({
            "iss": "https://login.example.kr", "aud": "minwon", "sub": "kim", "exp": NOW + 600,
            "minwon_roles": ["look", "mend", "launch-missiles", 7],
        })
    }

    fn signed(key: &KeyPair, id: Option<&str>, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = id.map(str::to_owned);
        let key = EncodingKey::from_ed_der(&key.serialize_der());
        encode(&header, claims, &key).unwrap()
    }

    fn key() -> KeyPair {
        KeyPair::generate_for(&PKCS_ED25519).unwrap()
    }

    #[tokio::test]
    async fn a_token_says_who_and_what_they_may_do_until_when() {
        let key = key();
        let tokens = tokens(&[jwk("a", &key)]).unwrap();
        let operator = tokens
            .operator(&signed(&key, Some("a"), &claims()), now())
            .await
            .unwrap();
        assert_eq!(operator.id.as_str(), "kim");
        assert_eq!(operator.roles, BTreeSet::from([Role::Look, Role::Mend]));
        assert_eq!(operator.until, Some(instant(NOW + 600)));
    }

    #[tokio::test]
    async fn a_token_that_is_forged_foreign_or_over_lets_nobody_in() {
        let (key, other) = (key(), key());
        let tokens = tokens(&[jwk("a", &key)]).unwrap();
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            signed(&key, Some("a"), &claims)
        };
        let without = |name: &str| {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(name);
            signed(&key, Some("a"), &claims)
        };
        let good = signed(&key, Some("a"), &claims());
        let (head, rest) = good.split_once('.').unwrap();
        let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","kid":"a"}"#);
        // The public key as if it were a shared secret.
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("a".into());
        let shared = EncodingKey::from_secret(key.public_key_raw()).unwrap();
        let confused = encode(&header, &claims(), &shared).unwrap();
        for (token, why) in [
            (signed(&other, Some("a"), &claims()), "another key"),
            (signed(&key, Some("b"), &claims()), "an unknown key"),
            (signed(&key, None, &claims()), "no key named"),
            (with("aud", json!("shop")), "for somebody else"),
            (
                with("iss", json!("https://login.example.com")),
                "by somebody else",
            ),
            (with("exp", json!(NOW)), "over"),
            (with("nbf", json!(NOW + 120)), "not yet good"),
            (with("sub", json!("kim\u{202e}")), "no id"),
            (without("exp"), "for ever"),
            (without("aud"), "for anybody"),
            (without("iss"), "by anybody"),
            (without("sub"), "of nobody"),
            (format!("{unsigned}.{rest}"), "another header"),
            (
                format!("{unsigned}.{}.", rest.split('.').next().unwrap()),
                "unsigned",
            ),
            (confused, "a shared secret"),
            (head.to_owned(), "half of it"),
            (String::new(), "nothing"),
        ] {
            let answer = tokens.operator(&token, now()).await;
            assert!(
                matches!(answer, Err(AuthenticationError::Refused(_))),
                "{why}: {answer:?}"
            );
        }
        let early = with("nbf", json!(NOW + 30));
        assert!(
            tokens.operator(&early, now()).await.is_ok(),
            "clocks differ a little"
        );
    }

    #[test]
    fn keys_that_let_nobody_in_or_two_in_for_one_are_refused() {
        let key = key();
        let mut shared = jwk("a", &key);
        shared["alg"] = json!("HS256");
        let mut nameless = jwk("a", &key);
        nameless.as_object_mut().unwrap().remove("kid");
        for keys in [vec![], vec![nameless], vec![shared]] {
            assert!(
                matches!(tokens(&keys), Err(SignedTokensError::NoKey)),
                "{keys:?}"
            );
        }
        let same = tokens(&[jwk("a", &key), jwk("a", &self::key())]);
        assert!(matches!(same, Err(SignedTokensError::SameId { .. })));
        let malformed = SignedTokens::of_jwks("{}", "i", "a");
        assert!(matches!(malformed, Err(SignedTokensError::Form(_))));
    }
}
