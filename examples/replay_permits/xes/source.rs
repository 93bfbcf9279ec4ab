//! The bytes of a log: counted, unpacked, brought to UTF-8 and rationed.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use quick_xml::encoding::{DecodingReader, DetectedEncoding, detect_encoding};
use quick_xml::events::{BytesDecl, Event};

use super::{MARKUP_BYTES_MAX, Place, XesError};

/// First bytes of every gzip member. Source: RFC 1952, section 2.3.1.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What is read ahead to find the XML declaration. Unit: bytes.
const HEAD_BYTES: u64 = 1024;

/// Size of a read. Unit: bytes. Larger ones gained nothing on a 200 MB log.
const READ_BYTES: usize = 64 * 1024;

type Bytes = Box<dyn Read + Send>;

/// A document in UTF-8 without byte-order mark, which counts its lines and keeps quick-xml from
/// buffering more than a ration.
///
/// quick-xml copies a whole tag, comment or text into its buffer before it hands it out, however
/// long it is; the only place to stop it is below.
pub(super) struct Source {
    inner: BufReader<Bytes>,
    file_bytes: Arc<AtomicU64>,
    gzip: bool,
    place: Place,
    ration: usize,
}

impl Source {
    pub(super) fn new(file: impl Read + Send + 'static) -> Result<Self, XesError> {
        let file_bytes = Arc::new(AtomicU64::new(0));
        let bytes = Arc::clone(&file_bytes);
        let read_error = |error| XesError::from_io(error, false, Place::START);
        let (magic, file) = with_head(Counted { file, bytes }, 2).map_err(read_error)?;
        let gzip = magic == GZIP_MAGIC;
        let document: Bytes = if gzip {
            Box::new(MultiGzDecoder::new(file))
        } else {
            Box::new(file)
        };
        let read_error = |error| XesError::from_io(error, gzip, Place::START);
        let (head, document) = with_head(document, HEAD_BYTES).map_err(read_error)?;
        Ok(Self {
            inner: BufReader::with_capacity(READ_BYTES, to_utf8(&head, document)?),
            file_bytes,
            gzip,
            place: Place::START,
            ration: MARKUP_BYTES_MAX,
        })
    }

    /// Grants the ration for one more piece of markup and says where it begins.
    pub(super) fn next_markup(&mut self) -> Place {
        self.ration = MARKUP_BYTES_MAX;
        self.place
    }

    pub(super) fn ration_is_spent(&self) -> bool {
        self.ration == 0
    }

    pub(super) fn is_gzip(&self) -> bool {
        self.gzip
    }

    /// Bytes taken from the file so far, before unpacking.
    pub(super) fn file_bytes(&self) -> u64 {
        self.file_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        matches!(self.inner.fill_buf(), Ok([]))
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.ration == 0 {
            return Err(io::Error::other("markup too long"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        let consumed = self.inner.buffer().get(..bytes).unwrap_or_default();
        self.place.pass(consumed);
        self.ration = self.ration.saturating_sub(bytes);
        self.inner.consume(bytes);
    }
}

impl Read for Source {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?.read(out)?;
        self.consume(bytes);
        Ok(bytes)
    }
}

/// Counts what is read from the file, for whoever draws a progress bar.
struct Counted<R> {
    file: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(out)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A reader that begins with bytes already taken from it.
type Rewound<R> = Chain<Cursor<Vec<u8>>, R>;

/// Looks at the first bytes of a reader without losing them.
fn with_head<R: Read>(mut reader: R, bytes: u64) -> io::Result<(Vec<u8>, Rewound<R>)> {
    let mut head = Vec::new();
    reader.by_ref().take(bytes).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(reader)))
}

/// Turns a document into UTF-8. `head` is how it begins.
fn to_utf8(head: &[u8], document: Rewound<Bytes>) -> Result<Bytes, XesError> {
    match detect_encoding(head) {
        Some(DetectedEncoding::Utf8Bom) => Ok(Box::new(document)),
        Some(DetectedEncoding::AsciiCompatible) | None => declared_to_utf8(head, document),
        // UTF-16, which the decoder finds out by itself.
        Some(_) => Ok(Box::new(DecodingReader::new(BufReader::new(document)))),
    }
}

/// Turns a document whose characters up to the XML declaration are ASCII into UTF-8.
fn declared_to_utf8(head: &[u8], document: Rewound<Bytes>) -> Result<Bytes, XesError> {
    let Some((declaration, label)) = declaration(head) else {
        return Ok(Box::new(document));
    };
    let Some(encoding) = declaration.encoder() else {
        return Err(XesError::UnsupportedEncoding { label });
    };
    // .NET declares UTF-16 in files it then writes as UTF-8. It cannot be UTF-16: the declaration
    // was just read byte by byte.
    if matches!(encoding.name(), "UTF-8" | "UTF-16LE" | "UTF-16BE") {
        return Ok(Box::new(document));
    }
    let mut decoder = DecodingReader::new(BufReader::new(document));
    // Before the first read: later the decoder panics if the declaration was a long one.
    decoder.set_encoding(encoding);
    Ok(Box::new(decoder))
}

/// The XML declaration and the encoding it names, if it names one.
fn declaration(head: &[u8]) -> Option<(BytesDecl<'static>, String)> {
    let mut buffer = Vec::new();
    let first = quick_xml::Reader::from_reader(head).read_event_into(&mut buffer);
    let Ok(Event::Decl(declaration)) = first else {
        return None;
    };
    let label = declaration.encoding()?.ok()?.into_owned();
    Some((declaration.into_owned(), label))
}
