//! A list of operators in a file, for one machine.

use std::{
    collections::{BTreeSet, HashMap},
    fmt, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use async_trait::async_trait;
use minwon::{ActorId, Timestamp};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Authentication, AuthenticationError, Operator, Role};

/// Operators as a file lists them, each with a [secret](Secret) of which the file has the SHA-256 alone:
///
/// ```toml
/// [[operator]]
/// id = "kim"
/// roles = ["look", "mend"]
/// secret-sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
/// ```
///
/// It is read once: who is to be let in no more is taken out of the file, and the service started again.
#[derive(Debug)]
pub struct OperatorList {
    by_secret: HashMap<[u8; 32], Operator>,
}

/// A secret of 256 bits that nobody can guess, as text of 64 hexadecimal digits. What people choose
/// themselves is none.
pub struct Secret(String);

/// Why a list of operators cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorListError {
    /// The file cannot be read.
    #[error("the list of operators {} cannot be read", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// It is no such list.
    #[error("this is no list of operators")]
    Form(#[from] toml::de::Error),
    /// A secret is written as something else than the SHA-256 of one.
    #[error("the secret of {id} is not there as a SHA-256; write its 64 hexadecimal digits")]
    NoDigest {
        /// Whose.
        id: ActorId,
    },
    /// Two have one secret.
    #[error("{one} and {other} have the same secret; give each a new one")]
    SharedSecret {
        /// The one.
        one: ActorId,
        /// The other.
        other: ActorId,
    },
    /// Nobody is on it.
    #[error("there is nobody on the list, and so nobody is let in; write an [[operator]]")]
    Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    operator: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Line {
    id: ActorId,
    roles: BTreeSet<Role>,
    secret_sha256: String,
}

impl OperatorList {
    /// Reads the list in a file.
    ///
    /// # Errors
    /// [`OperatorListError`].
    pub fn read(path: &Path) -> Result<Self, OperatorListError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| OperatorListError::Io {
            path: path.to_owned(),
            source,
        })?;
        text.parse()
    }

    /// A list of one, as for an example or a test.
    #[must_use]
    pub fn of_one(id: ActorId, roles: impl IntoIterator<Item = Role>, secret: &Secret) -> Self {
        let operator = Operator {
            id,
            roles: roles.into_iter().collect(),
            until: None,
        };
        Self {
            by_secret: HashMap::from([(digest(&secret.0), operator)]),
        }
    }
}

impl FromStr for OperatorList {
    type Err = OperatorListError;

    fn from_str(text: &str) -> Result<Self, OperatorListError> {
        let file: File = toml::from_str(text)?;
        let mut by_secret: HashMap<_, Operator> = HashMap::new();
        for Line {
            id,
            roles,
            secret_sha256,
        } in file.operator
        {
            let Some(secret) = bytes(&secret_sha256) else {
                return Err(OperatorListError::NoDigest { id });
            };
            let operator = Operator {
                id,
                roles,
                until: None,
            };
            if let Some(other) = by_secret.insert(secret, operator.clone()) {
                let (one, other) = (operator.id, other.id);
                return Err(OperatorListError::SharedSecret { one, other });
            }
        }
        if by_secret.is_empty() {
            return Err(OperatorListError::Empty);
        }
        Ok(Self { by_secret })
    }
}

#[async_trait]
impl Authentication for OperatorList {
    async fn operator(
        &self,
        credential: &str,
        _: Timestamp,
    ) -> Result<Operator, AuthenticationError> {
        // What is looked up is a digest: how long that takes says nothing about a secret.
        let found = self.by_secret.get(&digest(credential.trim()));
        found
            .cloned()
            .ok_or_else(|| AuthenticationError::Refused("it is on no line of the list".into()))
    }
}

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(hex(&bytes)))
    }

    /// The text to sign in with: to be shown once, to its operator.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What stands of it in a list.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&digest(&self.0))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect()
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
        let digits = str::from_utf8(digits).ok()?;
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, secret: &str) -> String {
        format!("[[operator]]\nid = \"{id}\"\nroles = [\"look\"]\nsecret-sha256 = \"{secret}\"\n")
    }

    #[tokio::test]
    async fn a_secret_lets_its_operator_in_and_its_digest_nobody() {
        let (kim, lee) = (Secret::random().unwrap(), Secret::random().unwrap());
        assert_ne!(kim.reveal(), lee.reveal());
        let list: OperatorList = line("kim", &kim.sha256()).parse().unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let operator = list.operator(kim.reveal(), now).await.unwrap();
        assert_eq!(
            (operator.id.as_str(), operator.may(Role::Look)),
            ("kim", true)
        );
        assert!(!operator.may(Role::Mend));
        for credential in [lee.reveal(), &kim.sha256(), "", "kim"] {
            let refused = list.operator(credential, now).await;
            assert!(
                matches!(refused, Err(AuthenticationError::Refused(_))),
                "{credential}"
            );
        }
        assert_eq!(format!("{kim:?}"), "Secret(…)");
    }

    #[test]
    fn a_list_that_cannot_be_meant_is_refused_with_what_to_do() {
        let secret = Secret::random().unwrap().sha256();
        let short = &secret[1..];
        let refused = [
            (String::new(), "there is nobody on the list"),
            (
                line("kim", short),
                "the secret of kim is not there as a SHA-256",
            ),
            (
                line("kim", "correct horse battery staple"),
                "write its 64 hexadecimal digits",
            ),
            (
                line("kim", &secret) + &line("lee", &secret),
                "give each a new one",
            ),
            (
                line("kim", &secret).replace("look", "loook"),
                "no list of operators",
            ),
            (
                line("kim", &secret).replace("id", "name"),
                "no list of operators",
            ),
        ];
        for (text, why) in refused {
            let error = text.parse::<OperatorList>().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
            assert!(!error.contains(&secret), "{error}");
        }
    }
}
