//! Why a log cannot be read, and where.

use std::path::PathBuf;
use std::{error, fmt, io};

use crate::{DEPTH_MAX, MARKUP_BYTES_MAX, NAME_BYTES_MAX, VALUE_BYTES_MAX};

/// A place in the document, after unpacking and as UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// Bytes before the place.
    pub byte: u64,
}

impl Place {
    pub(super) const START: Self = Self { line: 1, byte: 0 };

    /// Goes on past `bytes`.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        self.line += bytes
            .iter()
            .map(|byte| u64::from(*byte == b'\n'))
            .sum::<u64>();
        self.byte += bytes.len() as u64;
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, byte {}", self.line, self.byte)
    }
}

/// A thing with a limit on its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// An attribute value: [`VALUE_BYTES_MAX`].
    Value,
    /// A tag, comment, text or other piece of markup: [`MARKUP_BYTES_MAX`].
    Markup,
    /// The name of an element: [`NAME_BYTES_MAX`].
    Name,
}

impl fmt::Display for Limited {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value => write!(
                out,
                "an attribute value of more than {VALUE_BYTES_MAX} bytes"
            ),
            Self::Markup => write!(out, "a tag or text of more than {MARKUP_BYTES_MAX} bytes"),
            Self::Name => write!(out, "an element name of more than {NAME_BYTES_MAX} bytes"),
        }
    }
}

/// A date that is none, and so counts as missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableDate {
    /// Place of the case in the document, from 0.
    pub case: u64,
    /// The key of the attribute, cut if long.
    pub key: String,
    /// Its value, cut if long.
    pub value: String,
    /// The beginning of its tag.
    pub at: Place,
}

impl fmt::Display for UnreadableDate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            case,
            key,
            value,
            at,
        } = self;
        write!(
            out,
            "`{}` of case {case} at {at} is {value:?}",
            key.escape_debug()
        )
    }
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum XesError {
    /// The file cannot be opened.
    #[error("cannot open {}: check that it exists and may be read", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file opened, but cannot be read on.
    #[error("reading failed at {at}: check the disk or the connection and start again")]
    Read {
        /// How far the reader had come.
        at: Place,
        /// The error of the system.
        source: io::Error,
    },
    /// The gzip data stops before its end.
    #[error("the gzip data ends early, at {at}: copy or download the file again")]
    GzipTruncated {
        /// How far it unpacked.
        at: Place,
        /// The error of the unpacker.
        source: io::Error,
    },
    /// The gzip data is damaged, or followed by something else.
    #[error("the gzip data is damaged at {at}: copy or download the file again")]
    GzipCorrupt {
        /// How far it unpacked.
        at: Place,
        /// The error of the unpacker.
        source: io::Error,
    },
    /// The document stops before the end of its root element.
    #[error("the log ends early, at {at}: copy, download or export the file again")]
    Truncated {
        /// The beginning of the last tag, or the end of the file.
        at: Place,
    },
    /// The file holds something else than XML, or nothing.
    #[error("this is not XML: choose an event log in XES (.xes or .xes.gz)")]
    NotXml,
    /// The file is XML, but no XES log.
    #[error("the root element at {at} is {found:?}, not \"log\": choose an event log in XES")]
    NotALog {
        /// The name of the root element, cut if long.
        found: String,
        /// Where it stands.
        at: Place,
    },
    /// The XML declaration names an unknown encoding.
    #[error("the encoding {label:?} is not supported: convert the log to UTF-8")]
    UnsupportedEncoding {
        /// The encoding, as declared.
        label: String,
    },
    /// Bytes that mean nothing in the encoding of the document.
    #[error("the text at {at} is not in the declared encoding: convert the log to UTF-8")]
    BadText {
        /// The beginning of the tag or text, or of the read that failed.
        at: Place,
        /// The error of the decoder.
        source: Box<dyn error::Error + Send + Sync>,
    },
    /// The document breaks the rules of XML.
    #[error("malformed XML at {at}: fix it there, or export the log again")]
    Malformed {
        /// The beginning of the tag or text.
        at: Place,
        /// The error of the XML parser.
        source: Box<dyn error::Error + Send + Sync>,
    },
    /// Elements are nested deeper than [`DEPTH_MAX`].
    #[error("elements nest deeper than {DEPTH_MAX} at {at}: flatten the attribute there")]
    TooDeep {
        /// The beginning of the tag.
        at: Place,
    },
    /// Something is longer than its limit.
    #[error("{what} at {at}: shorten it, or leave it out of the export")]
    TooLong {
        /// The part that is too long, and thereby which limit.
        what: Limited,
        /// The beginning of the tag or text.
        at: Place,
    },
    /// Something follows the end of the root element.
    #[error("content after the end of the log at {at}: split the file there")]
    TrailingContent {
        /// The beginning of the content.
        at: Place,
    },
    /// More cases than [`LogLimits::cases_max`](crate::LogLimits::cases_max) allows.
    #[error(
        "more than {cases_max} cases, at {at}: split the log, or raise the limit if you trust it"
    )]
    TooManyCases {
        /// The limit.
        cases_max: u64,
        /// The beginning of the first case too many.
        at: Place,
    },
    /// More bytes than [`LogLimits::unpacked_bytes_max`](crate::LogLimits::unpacked_bytes_max) allows.
    #[error(
        "more than {unpacked_bytes_max} bytes when unpacked: \
         split the log, or raise the limit if you trust it"
    )]
    TooManyBytes {
        /// The limit.
        unpacked_bytes_max: u64,
    },
}

/// Longest text of the XML parser that an error passes on. Unit: characters.
const SAID_CHARS_MAX: usize = 300;

impl XesError {
    pub(super) fn from_io(error: io::Error, gzip: bool, at: Place) -> Self {
        let source = error;
        match source.kind() {
            io::ErrorKind::UnexpectedEof if gzip => Self::GzipTruncated { at, source },
            // The unpacker's two kinds; reading a file does not fail with either.
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if gzip => {
                Self::GzipCorrupt { at, source }
            }
            _ => Self::Read { at, source },
        }
    }

    pub(super) fn malformed(source: impl Into<quick_xml::Error>, at: Place) -> Self {
        let source = source.into();
        // The parser quotes tags whole, and a foreign file has them of any length.
        let said = source.to_string();
        let source: Box<dyn error::Error + Send + Sync> =
            match said.char_indices().nth(SAID_CHARS_MAX) {
                None => Box::new(source),
                Some((end, _)) => format!("{}…", &said[..end]).into(),
            };
        Self::Malformed { at, source }
    }
}
