//! References to forms and files, which never enter an event themselves.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::{FormatError, stored_as_text, text_newtype};

/// Most attachments of one event.
///
/// This many of the largest, about 51 kB, stay below core's limit of 64 KiB per event.
pub const ATTACHMENTS_MAX: usize = 100;

/// Longest URI. Unit: bytes.
const URI_BYTES_MAX: usize = 255;
/// Longest media type. Unit: bytes.
const MEDIA_TYPE_BYTES_MAX: usize = 127;

/// A file kept elsewhere: its place, its type, and the means to check that it is unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// Where it is.
    pub uri: Uri,
    /// The type of the file.
    pub media_type: MediaType,
    /// Its size. Unit: bytes.
    pub bytes: u64,
    /// The digest of its content.
    pub sha256: Sha256,
}

text_newtype! {
    /// Where a file is: `scheme:rest` in at most 255 printable ASCII characters without spaces,
    /// quotes and backslashes.
    Uri, "URI", check_uri
}
text_newtype! {
    /// The type of a file, for example `application/pdf`: at most 127 printable ASCII characters
    /// without spaces, quotes and backslashes.
    MediaType, "media type", check_media_type
}

/// Characters that JSON keeps as they are, so that the limits hold for the stored form as well.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

fn check_uri(text: &str) -> Result<(), &'static str> {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    let has_shape = text
        .split_once(':')
        .is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty());
    if text.len() > URI_BYTES_MAX {
        Err("it must have at most 255 bytes")
    } else if !is_plain(text) {
        Err("it must be printable ASCII without spaces, quotes and backslashes")
    } else if !has_shape {
        Err("it must be scheme:rest")
    } else {
        Ok(())
    }
}

fn check_media_type(text: &str) -> Result<(), &'static str> {
    let has_shape = text
        .split_once('/')
        .is_some_and(|(kind, subtype)| !kind.is_empty() && !subtype.is_empty());
    if text.len() > MEDIA_TYPE_BYTES_MAX {
        Err("it must have at most 127 bytes")
    } else if !is_plain(text) {
        Err("it must be printable ASCII without spaces, quotes and backslashes")
    } else if !has_shape {
        Err("it must be type/subtype")
    } else {
        Ok(())
    }
}

/// A SHA-256 digest; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = FormatError;

    /// Reads upper-case digits as well.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let shape = || FormatError::new("SHA-256", "it must be 64 hexadecimal digits");
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(shape());
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let digits = &text[index * 2..index * 2 + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|_| shape())?;
        }
        Ok(Self(bytes))
    }
}

stored_as_text!(Sha256);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_attachment_says_where_and_what_it_is() {
        assert!(Uri::new("s3://forms/2026/1.pdf").is_ok());
        for bad in [
            "",
            "forms/1.pdf",
            ":x",
            "s3:",
            "1s:x",
            "s3://a b",
            "s3://\"",
            "s3://한글",
        ] {
            assert!(Uri::new(bad).is_err(), "{bad:?}");
        }
        assert!(MediaType::new("application/pdf").is_ok());
        for bad in ["", "pdf", "/pdf", "application/", "application/p df"] {
            assert!(MediaType::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn references_stay_short() {
        assert!(Uri::new(format!("s3:{}", "x".repeat(252))).is_ok());
        assert!(Uri::new(format!("s3:{}", "x".repeat(253))).is_err());
        assert!(MediaType::new(format!("a/{}", "b".repeat(125))).is_ok());
        assert!(MediaType::new(format!("a/{}", "b".repeat(126))).is_err());
    }

    proptest! {
        #[test]
        fn a_digest_reads_back(bytes: [u8; 32]) {
            let digest = Sha256::from_bytes(bytes);
            prop_assert_eq!(digest.to_string().parse(), Ok(digest));
            prop_assert_eq!(digest.to_string().to_uppercase().parse(), Ok(digest));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in ".{64}|.*") {
            let _ = text.parse::<Sha256>();
        }
    }
}
