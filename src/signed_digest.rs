//! Digests of a log with a signature, for whoever keeps them elsewhere.
//!
//! The form is a [signed note](https://pkg.go.dev/golang.org/x/mod/sumdb/note), as transparency logs have it:
//! lines of text, an empty line, and a line for each signature. Other programs read it, and may add theirs.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use minwon_core::{GlobalPosition, LogDigest, Timestamp};
use sha2::{Digest as _, Sha256};

/// The first line of the text that is signed.
const TITLE: &str = "minwon log digest";

/// Ed25519, as notes number it.
const ED25519: u8 = 1;

/// The longest note that is read. Unit: bytes.
const NOTE_BYTES_MAX: usize = 64 * 1024;

/// A digest of a log, and when it was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedDigest {
    /// The digest.
    pub digest: LogDigest,
    /// When it was signed, as the signer's clock says.
    pub signed_at: Timestamp,
}

/// The secret key that signs digests. Its text is `PRIVATE+KEY+` and what the public key has.
///
/// ```
/// use minwon::{DigestSigner, SignedDigest, Timestamp};
/// # let digest = minwon_core::LogDigest::START;
/// let signer = DigestSigner::generate("minwon.example.go.kr")?;
/// let note = signer.sign(&SignedDigest { digest, signed_at: Timestamp::UNIX_EPOCH });
/// // The public key is all that is needed to verify it.
/// let verified = signer.verifier().verify(&note)?;
/// assert_eq!(verified.digest, digest);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DigestSigner {
    name: KeyName,
    key: SigningKey,
}

/// The public key that verifies signed digests. Its text is a name, four bytes of a hash, and the key.
#[derive(Clone, PartialEq, Eq)]
pub struct DigestVerifier {
    name: KeyName,
    key: VerifyingKey,
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DigestKeyError {
    /// A name that would break the form.
    #[error("{name:?} cannot name a key; write a host name, without blanks and plus signs")]
    Name {
        /// The name.
        name: String,
    },
    /// The text is no key of this kind.
    #[error("the text is no {what}; copy the whole line, which has the form {form}")]
    Form {
        /// The kind of key.
        what: &'static str,
        /// An example of it.
        form: &'static str,
    },
    /// The system gives no random numbers.
    #[error("no key could be made, for the operating system gave no random numbers")]
    Random(#[source] getrandom::Error),
}

/// A note that proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestNoteError {
    /// It is no signed note about a digest.
    #[error("the text is no signed digest of a log; give the file as it was written")]
    Form,
    /// Others signed it.
    #[error("no signature is by {name}; verify it with the public key of who signed it")]
    NotSigned {
        /// The signer that was looked for.
        name: String,
    },
    /// The signature does not fit the text.
    #[error("the signature of {name} does not fit: the digest was altered, or is not from there")]
    Forged {
        /// The signer that it names.
        name: String,
    },
}

/// The name of a key, and the four bytes that tell two keys of one name apart.
#[derive(Clone, PartialEq, Eq)]
struct KeyName {
    name: String,
    hash: [u8; 4],
}

impl KeyName {
    fn new(name: &str, key: &VerifyingKey) -> Result<Self, DigestKeyError> {
        let is_sound = !name.is_empty()
            && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+');
        if !is_sound {
            return Err(DigestKeyError::Name { name: name.into() });
        }
        let hash = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', ED25519])
            .chain_update(key.as_bytes())
            .finalize();
        let hash = [hash[0], hash[1], hash[2], hash[3]];
        Ok(Self {
            name: name.into(),
            hash,
        })
    }

    /// The text of a key of this name.
    fn write(&self, f: &mut fmt::Formatter<'_>, key: &[u8; 32]) -> fmt::Result {
        let bytes = [&[ED25519], key.as_slice()].concat();
        let hash = u32::from_be_bytes(self.hash);
        write!(f, "{}+{hash:08x}+{}", self.name, STANDARD.encode(bytes))
    }

    /// Reads the text of a key: its name, hash and bytes.
    fn read(text: &str) -> Option<(&str, [u8; 4], [u8; 32])> {
        let (name, rest) = text.trim().split_once('+')?;
        let (hash, key) = rest.split_once('+')?;
        let hash = (hash.len() == 8).then(|| u32::from_str_radix(hash, 16).ok())??;
        let bytes = STANDARD.decode(key).ok()?;
        let (&ED25519, key) = bytes.split_first()? else {
            return None;
        };
        Some((name, hash.to_be_bytes(), key.try_into().ok()?))
    }
}

impl DigestSigner {
    /// Makes a new key from the random numbers of the operating system.
    ///
    /// # Errors
    /// [`DigestKeyError`]: `Name`, `Random`.
    pub fn generate(name: &str) -> Result<Self, DigestKeyError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(DigestKeyError::Random)?;
        Self::new(name, &seed)
    }

    fn new(name: &str, seed: &[u8; 32]) -> Result<Self, DigestKeyError> {
        let key = SigningKey::from_bytes(seed);
        let name = KeyName::new(name, &key.verifying_key())?;
        Ok(Self { name, key })
    }

    /// Returns the note that says `signed`, with its signature.
    #[must_use]
    pub fn sign(&self, signed: &SignedDigest) -> String {
        let text = text_of(signed);
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let signature = STANDARD.encode([self.name.hash.as_slice(), &signature].concat());
        format!("{text}\n— {} {signature}\n", self.name.name)
    }

    /// Returns the public key.
    #[must_use]
    pub fn verifier(&self) -> DigestVerifier {
        DigestVerifier {
            name: self.name.clone(),
            key: self.key.verifying_key(),
        }
    }

    /// Returns the key as text, which whoever reads can sign with.
    #[must_use]
    pub fn to_secret_text(&self) -> String {
        struct Secret<'a>(&'a DigestSigner);
        impl fmt::Display for Secret<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("PRIVATE+KEY+")?;
                self.0.name.write(f, self.0.key.as_bytes())
            }
        }
        Secret(self).to_string()
    }
}

impl FromStr for DigestSigner {
    type Err = DigestKeyError;

    fn from_str(text: &str) -> Result<Self, DigestKeyError> {
        let form = || DigestKeyError::Form {
            what: "secret key",
            form: "PRIVATE+KEY+minwon.example.go.kr+1a2b3c4d+AU…",
        };
        let key = text.trim().strip_prefix("PRIVATE+KEY+").ok_or_else(form)?;
        let (name, hash, seed) = KeyName::read(key).ok_or_else(form)?;
        let signer = Self::new(name, &seed)?;
        (signer.name.hash == hash)
            .then_some(signer)
            .ok_or_else(form)
    }
}

impl fmt::Debug for DigestSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DigestSigner({}, …)", self.name.name)
    }
}

impl DigestVerifier {
    /// Returns what a note says that this key signed.
    ///
    /// # Errors
    /// [`DigestNoteError`].
    pub fn verify(&self, note: &str) -> Result<SignedDigest, DigestNoteError> {
        let KeyName { name, hash } = &self.name;
        if note.len() > NOTE_BYTES_MAX {
            return Err(DigestNoteError::Form);
        }
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(DigestNoteError::Form)?;
        let text = format!("{text}\n");
        let mut own = signatures.lines().filter_map(|line| {
            let (by, signature) = line.strip_prefix("— ")?.split_once(' ')?;
            let bytes = STANDARD.decode(signature).ok()?;
            let signature = bytes.strip_prefix(hash.as_slice())?;
            (by == name).then(|| Signature::from_slice(signature).ok())
        });
        let name = || name.clone();
        let signature = own
            .next()
            .ok_or_else(|| DigestNoteError::NotSigned { name: name() })?;
        signature
            .and_then(|signature| self.key.verify_strict(text.as_bytes(), &signature).ok())
            .ok_or_else(|| DigestNoteError::Forged { name: name() })?;
        read_text(&text).ok_or(DigestNoteError::Form)
    }
}

impl fmt::Display for DigestVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.write(f, self.key.as_bytes())
    }
}

impl fmt::Debug for DigestVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DigestVerifier({self})")
    }
}

impl FromStr for DigestVerifier {
    type Err = DigestKeyError;

    fn from_str(text: &str) -> Result<Self, DigestKeyError> {
        let form = || DigestKeyError::Form {
            what: "public key",
            form: "minwon.example.go.kr+1a2b3c4d+AU…",
        };
        let (name, hash, key) = KeyName::read(text).ok_or_else(form)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| form())?;
        let name = KeyName::new(name, &key)?;
        (name.hash == hash)
            .then_some(Self { name, key })
            .ok_or_else(form)
    }
}

/// The lines that are signed.
fn text_of(signed: &SignedDigest) -> String {
    let (position, hash) = (
        signed.digest.position(),
        STANDARD.encode(signed.digest.hash()),
    );
    format!("{TITLE}\n{position}\n{hash}\n{}\n", signed.signed_at)
}

fn read_text(text: &str) -> Option<SignedDigest> {
    let mut lines = text.lines();
    let mut line = || lines.next();
    let title = line()?;
    let position: GlobalPosition = line()?.parse().ok()?;
    let hash = STANDARD.decode(line()?).ok()?.try_into().ok()?;
    let signed_at = line()?.parse().ok()?;
    let signed = SignedDigest {
        digest: LogDigest::new(position, hash),
        signed_at,
    };
    // Nothing but what is read may stand there, in the one form it has.
    (title == TITLE && text_of(&signed) == text).then_some(signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer() -> DigestSigner {
        DigestSigner::new("minwon.example.go.kr", &[7; 32]).unwrap()
    }

    fn digest() -> SignedDigest {
        SignedDigest {
            digest: LogDigest::new(GlobalPosition::new(1200), [5; 32]),
            signed_at: "2026-11-30T02:30:00Z".parse().unwrap(),
        }
    }

    /// Notes and keys are kept for years.
    #[test]
    fn notes_and_keys_are_frozen() {
        let note = "minwon log digest\n1200\nBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=\n\
                    2026-11-30T02:30:00Z\n\n— minwon.example.go.kr Zr0+DnbHhltt0Xi+93CDuT8IHFsgSfBCcGfB\
                    UhT5SbK5TiI9D9FF3ZBk7hGqt+JNcJNAbvqXeGG+EGgLrKLOmtY3Qwk=\n";
        assert_eq!(signer().sign(&digest()), note);
        let public = "minwon.example.go.kr+66bd3e0e+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";
        assert_eq!(signer().verifier().to_string(), public);
        let secret = "PRIVATE+KEY+minwon.example.go.kr+66bd3e0e+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH";
        assert_eq!(signer().to_secret_text(), secret);
    }

    #[test]
    fn keys_are_read_from_their_texts() {
        let again: DigestSigner = signer().to_secret_text().parse().unwrap();
        let verifier: DigestVerifier = signer().verifier().to_string().parse().unwrap();
        assert_eq!(verifier, signer().verifier());
        assert_eq!(verifier.verify(&again.sign(&digest())), Ok(digest()));
        assert_eq!(
            format!("{again:?}"),
            "DigestSigner(minwon.example.go.kr, …)"
        );

        let own = DigestSigner::generate("office").unwrap();
        assert_eq!(own.verifier().verify(&own.sign(&digest())), Ok(digest()));
        for name in ["", "two words", "a+b", "line\nbreak"] {
            let refused = DigestSigner::generate(name).unwrap_err();
            assert!(matches!(refused, DigestKeyError::Name { .. }), "{name:?}");
        }
        let public = signer().verifier().to_string();
        public.parse::<DigestSigner>().unwrap_err();
        signer()
            .to_secret_text()
            .parse::<DigestVerifier>()
            .unwrap_err();
        public
            .replacen("minwon", "other", 1)
            .parse::<DigestVerifier>()
            .unwrap_err();
    }

    /// The example of `golang.org/x/mod/sumdb/note`, which speaks of no digest.
    #[test]
    fn a_note_of_another_program_is_verified() {
        let peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let peter: DigestVerifier = peter.parse().unwrap();
        let note = "If you think cryptography is the answer to your problem,\n\
                    then you don't know what your problem is.\n\n\
                    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotp\
                    RZb6KE6RyyBwJnAM=\n";
        assert_eq!(peter.verify(note), Err(DigestNoteError::Form));
        let name = "PeterNeumann".to_owned();
        let forged = note.replace("think", "thank");
        assert_eq!(peter.verify(&forged), Err(DigestNoteError::Forged { name }));
    }

    #[test]
    fn every_alteration_of_a_note_is_refused() {
        let (note, verifier) = (signer().sign(&digest()), signer().verifier());
        for at in 0..note.len() {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << (at % 7);
            let Ok(altered) = String::from_utf8(bytes) else {
                continue;
            };
            verifier.verify(&altered).expect_err(&altered);
        }
        for (text, cause) in [
            ("", DigestNoteError::Form),
            (
                &note.replace("1200", "1201"),
                DigestNoteError::Forged {
                    name: "minwon.example.go.kr".into(),
                },
            ),
            (
                &note.replace("— minwon", "— other"),
                DigestNoteError::NotSigned {
                    name: "minwon.example.go.kr".into(),
                },
            ),
            (&note.repeat(500), DigestNoteError::Form),
        ] {
            assert_eq!(verifier.verify(text), Err(cause));
        }
    }

    #[test]
    fn a_text_of_another_kind_is_no_digest_though_it_is_signed() {
        let text = "somebody else's log\n12\n";
        let signer = signer();
        let signature = signer.key.sign(text.as_bytes()).to_bytes();
        let signature = STANDARD.encode([signer.name.hash.as_slice(), &signature].concat());
        let note = format!("{text}\n— {} {signature}\n", signer.name.name);
        assert_eq!(signer.verifier().verify(&note), Err(DigestNoteError::Form));
    }

    #[test]
    fn others_may_sign_too() {
        let (note, witness) = (
            signer().sign(&digest()),
            DigestSigner::generate("witness").unwrap(),
        );
        let signed = witness.sign(&digest());
        let (_, line) = signed.rsplit_once("\n\n").unwrap();
        let both = format!("{note}{line}");
        assert_eq!(signer().verifier().verify(&both), Ok(digest()));
        assert_eq!(witness.verifier().verify(&both), Ok(digest()));
    }
}
