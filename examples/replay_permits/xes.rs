//! A streaming reader of XES event logs (IEEE 1849), which keeps what the replay needs.
//!
//! Memory stays bounded whatever the file: cases come in parts, and every limit below is an error
//! when exceeded, never a larger buffer.
//!
//! Ignored: XML namespaces, extensions, classifiers, attributes of the log, unknown elements, and
//! `global` sections. A global is not a default: it says which attributes every case has, with a
//! sample value, so filling it in would invent data (see [`real_date`]).

mod date;
mod draft;
mod source;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{error, fmt};

use chrono::{DateTime, FixedOffset};
use quick_xml::Reader;
use quick_xml::events::Event;

pub(crate) use self::date::real_date;
use self::draft::Assembly;
use self::source::Source;

/// Most events in one part. Unit: events.
///
/// A thousand events are about a megabyte of log: enough to make the cost of a part vanish.
pub(crate) const PART_EVENTS_MAX: usize = 1000;

/// Text of events from which on a part takes no further event. Unit: bytes.
///
/// Without it, a thousand events with values of the largest size would be gigabytes.
pub(crate) const PART_TEXT_BYTES_MAX: usize = 8 << 20;

/// Longest attribute value, as written, with its entities. Unit: bytes.
pub(crate) const VALUE_BYTES_MAX: usize = 1 << 20;

/// Longest tag, comment, text or other piece of markup, give or take a read buffer of 64 KiB.
/// Unit: bytes.
pub(crate) const MARKUP_BYTES_MAX: usize = 4 << 20;

/// Longest name of an element. Unit: bytes.
///
/// The parser remembers the names of all open elements.
pub(crate) const NAME_BYTES_MAX: usize = 1 << 10;

/// Deepest nesting; the root element is at depth 1. Unit: elements.
pub(crate) const DEPTH_MAX: usize = 64;

/// What the log says about a case.
///
/// The dates have passed [`real_date`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CaseAttributes {
    /// The id of the case: `concept:name`, or `name`.
    pub(crate) name: Option<String>,
    /// When the case began.
    pub(crate) startdate: Option<DateTime<FixedOffset>>,
    /// When it should be finished.
    pub(crate) deadline: Option<DateTime<FixedOffset>>,
    /// When it was finished.
    pub(crate) enddate: Option<DateTime<FixedOffset>>,
    /// How it came in.
    pub(crate) channel: Option<String>,
    /// The department in charge.
    pub(crate) department: Option<String>,
    /// The group in charge.
    pub(crate) group: Option<String>,
    /// The person in charge.
    pub(crate) responsible: Option<String>,
}

/// One step of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct XesEvent {
    /// What was done: `concept:name`, or `name`.
    pub(crate) activity: Option<String>,
    /// When: `time:timestamp`, or `timestamp`.
    pub(crate) timestamp: Option<DateTime<FixedOffset>>,
    /// By whom: `org:resource`, or `resource`.
    pub(crate) resource: Option<String>,
    /// By which group: `org:group`, or `group`.
    pub(crate) group: Option<String>,
    /// Which transition of the activity, such as `complete`: `lifecycle:transition`, or
    /// `transition`.
    pub(crate) lifecycle: Option<String>,
    /// Which instance of the activity: `concept:instance`, or `instance`.
    pub(crate) instance: Option<String>,
}

/// Some consecutive events of one case.
///
/// A case in one part shows all its attributes. One in several parts may write some after its
/// events: every part carries those seen so far, the last one all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CasePart {
    /// Place of the case in the document, from 0.
    pub(crate) ordinal: u64,
    /// Whether the case begins here.
    pub(crate) first: bool,
    /// Whether the case ends here.
    pub(crate) last: bool,
    /// The attributes of the case seen so far.
    pub(crate) attributes: CaseAttributes,
    /// The events in document order, which wins over their timestamps. Never more than
    /// [`PART_EVENTS_MAX`]; empty only if the case has none.
    pub(crate) events: Vec<XesEvent>,
}

/// A place in the document, after unpacking and as UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line, from 1.
    pub(crate) line: u64,
    /// Bytes before the place.
    pub(crate) byte: u64,
}

impl Place {
    const START: Self = Self { line: 1, byte: 0 };

    fn pass(&mut self, bytes: &[u8]) {
        self.line += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
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
pub(crate) enum Limited {
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
            Self::Value => write!(out, "an attribute value of more than {VALUE_BYTES_MAX} bytes"),
            Self::Markup => write!(out, "a tag or text of more than {MARKUP_BYTES_MAX} bytes"),
            Self::Name => write!(out, "an element name of more than {NAME_BYTES_MAX} bytes"),
        }
    }
}

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum XesError {
    /// The file cannot be opened.
    #[error("cannot open {}: check that it exists and may be read", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file opened, but cannot be read on.
    #[error("reading failed at {at}: check the disk or the connection and start again")]
    Read {
        /// How far the reader had come.
        at: Place,
        /// What the system said.
        source: io::Error,
    },
    /// The gzip data stops before its end.
    #[error("the gzip data ends early, at {at}: copy or download the file again")]
    GzipTruncated {
        /// How far it unpacked.
        at: Place,
        /// What the unpacker said.
        source: io::Error,
    },
    /// The gzip data is damaged, or followed by something else.
    #[error("the gzip data is damaged at {at}: copy or download the file again")]
    GzipCorrupt {
        /// How far it unpacked.
        at: Place,
        /// What the unpacker said.
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
    #[error("the root element at {at} is `{found}`, not `log`: choose an event log in XES")]
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
        /// What the decoder said.
        source: Box<dyn error::Error + Send + Sync>,
    },
    /// The document breaks the rules of XML.
    #[error("malformed XML at {at}: mend it there, or export the log again")]
    Malformed {
        /// The beginning of the tag or text.
        at: Place,
        /// What the XML parser said.
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
        /// What, and thereby which limit.
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
    /// A date that is none.
    #[error("`{key}` of case {case} at {at} is {value:?}: write it like 2011-10-11T13:42:22+02:00")]
    BadDate {
        /// Place of the case in the document, from 0.
        case: u64,
        /// The key of the attribute.
        key: String,
        /// Its value, cut if long.
        value: String,
        /// The beginning of its tag.
        at: Place,
    },
}

impl XesError {
    fn from_io(error: io::Error, gzip: bool, at: Place) -> Self {
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

    fn malformed(source: impl Into<quick_xml::Error>, at: Place) -> Self {
        let source = Box::new(source.into());
        Self::Malformed { at, source }
    }
}

/// Reads the cases of one log, in document order.
///
/// Reads about 64 KiB ahead and blocks while doing so.
///
/// ```ignore
/// let mut log = XesReader::open("receipt.xes.gz")?;
/// while let Some(part) = log.next_part()? {
///     println!("case {}: {} events", part.ordinal, part.events.len());
/// }
/// ```
pub(crate) struct XesReader {
    xml: Reader<Source>,
    buffer: Vec<u8>,
    assembly: Assembly,
    file_bytes_total: Option<u64>,
    is_spent: bool,
}

impl XesReader {
    /// Opens a log: XML, or XML in gzip of one or several members, whatever the file's name.
    ///
    /// UTF-8 and UTF-16 are recognised; other encodings of the WHATWG Encoding Standard, such as
    /// ISO-8859-1, must be declared.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or read, its gzip data are damaged, or the encoding it
    /// declares is unknown.
    pub(crate) fn open(path: impl AsRef<Path>) -> Result<Self, XesError> {
        let path = path.as_ref();
        let failed = |source| XesError::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let mut reader = Self::from_reader(file)?;
        // The length of a pipe or a device says nothing.
        reader.file_bytes_total = metadata.is_file().then_some(metadata.len());
        Ok(reader)
    }

    /// Reads a log from anything that can be read; otherwise like [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), except that nothing is to be opened.
    pub(crate) fn from_reader(log: impl Read + Send + 'static) -> Result<Self, XesError> {
        Ok(Self {
            xml: Reader::from_reader(Source::new(log)?),
            buffer: Vec::new(),
            assembly: Assembly::default(),
            file_bytes_total: None,
            is_spent: false,
        })
    }

    /// Bytes of the file read so far, as stored: compressed ones if it is gzip.
    ///
    /// Runs ahead of the parts handed out by the read buffers, at most about 100 KiB.
    pub(crate) fn file_bytes_read(&self) -> u64 {
        self.xml.get_ref().file_bytes()
    }

    /// Bytes of the file as stored, if it has a known length.
    pub(crate) fn file_bytes_total(&self) -> Option<u64> {
        self.file_bytes_total
    }

    /// Reads on to the next part of a case; `None` at the end of the log.
    ///
    /// # Errors
    ///
    /// Any [`XesError`] but those of opening. The reader is spent then: a later call gives
    /// `None`. Parts already handed out are good, but a case without its last part is incomplete.
    pub(crate) fn next_part(&mut self) -> Result<Option<CasePart>, XesError> {
        if self.is_spent {
            return Ok(None);
        }
        let outcome = self.advance();
        self.is_spent = !matches!(outcome, Ok(Some(_)));
        outcome
    }

    fn advance(&mut self) -> Result<Option<CasePart>, XesError> {
        loop {
            self.buffer.clear();
            let at = self.xml.get_mut().next_markup();
            let markup = match self.xml.read_event_into(&mut self.buffer) {
                Ok(markup) => markup,
                Err(error) => return Err(self.diagnose(error, at)),
            };
            let part = match markup {
                Event::Empty(tag) => self.assembly.empty(&tag, at)?,
                Event::Start(tag) => self.assembly.start(&tag, at)?,
                Event::End(_) => self.assembly.end()?,
                Event::Text(text) if text.trim_ascii().is_empty() => None,
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    self.assembly.text(at)?;
                    None
                }
                Event::Eof => return self.assembly.finish(at).map(|()| None),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => None,
            };
            if part.is_some() {
                return Ok(part);
            }
        }
    }

    /// Says what a failure of the XML parser means.
    fn diagnose(&mut self, failure: quick_xml::Error, at: Place) -> XesError {
        let is_text = self.buffer.first().is_some_and(|first| *first != b'<');
        let source = self.xml.get_mut();
        match failure {
            // One long text, such as a table or a zip file, is what not-XML looks like.
            _ if is_text && self.assembly.is_before_root() => XesError::NotXml,
            quick_xml::Error::Io(_) if source.ration_is_spent() => {
                XesError::TooLong { what: Limited::Markup, at }
            }
            quick_xml::Error::Io(error) => {
                let error = Arc::try_unwrap(error)
                    .unwrap_or_else(|shared| io::Error::new(shared.kind(), shared));
                XesError::from_io(error, source.is_gzip(), at)
            }
            quick_xml::Error::Encoding(error) => {
                XesError::BadText { at, source: Box::new(error) }
            }
            quick_xml::Error::Syntax(_) if source.is_at_end() => XesError::Truncated { at },
            other => XesError::malformed(other, at),
        }
    }
}
