//! The bytes of a log: counted, unpacked, brought to UTF-8 and rationed.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;
use quick_xml::encoding::{DecodingReader, DetectedEncoding, detect_encoding};
use quick_xml::events::{BytesDecl, Event};

use crate::{MARKUP_BYTES_MAX, Place, XesError};

/// First bytes of every gzip member. Source: RFC 1952, section 2.3.1.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// The size that is read ahead to find the XML declaration. Unit: bytes.
const HEAD_BYTES: u64 = 1024;

/// Size of a read. Unit: bytes. Larger ones gained nothing on a 200 MB log.
const READ_BYTES: usize = 64 * 1024;

type Bytes = Box<dyn Read + Send>;

/// A document in UTF-8, which counts its lines and keeps quick-xml from buffering more than a
/// ration.
///
/// quick-xml copies a whole tag, comment or text into its buffer before it hands it out, however
/// long it is; the only place to stop it is below.
pub(super) struct Source {
    inner: BufReader<Bytes>,
    file_bytes: Arc<AtomicU64>,
    gzip: bool,
    padding_bytes: Arc<AtomicU64>,
    place: Place,
    ration: usize,
    bytes_max: u64,
}

impl Source {
    /// Hands out at most `bytes_max` bytes of the document.
    pub(super) fn new(file: impl Read + Send + 'static, bytes_max: u64) -> Result<Self, XesError> {
        let file_bytes = Arc::new(AtomicU64::new(0));
        let bytes = Arc::clone(&file_bytes);
        let read_error = |error| XesError::from_io(error, false, Place::START);
        let (magic, file) = with_head(Counted { file, bytes }, 2).map_err(read_error)?;
        let gzip = magic == GZIP_MAGIC;
        let padding_bytes = Arc::new(AtomicU64::new(0));
        let document: Bytes = if gzip {
            Box::new(Members::new(file, Arc::clone(&padding_bytes)))
        } else {
            Box::new(file)
        };
        let read_error = |error| XesError::from_io(error, gzip, Place::START);
        let (head, document) = with_head(document, HEAD_BYTES).map_err(read_error)?;
        Ok(Self {
            inner: BufReader::with_capacity(READ_BYTES, to_utf8(&head, document)?),
            file_bytes,
            gzip,
            padding_bytes,
            place: Place::START,
            ration: MARKUP_BYTES_MAX,
            bytes_max,
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

    /// Whether a failure is our own, and the file can be read on.
    pub(super) fn is_spent(&self) -> bool {
        self.ration_is_spent() || self.place.byte >= self.bytes_max
    }

    pub(super) fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Zero bytes skipped after the last member of a gzip file.
    pub(super) fn padding_bytes(&self) -> u64 {
        self.padding_bytes.load(Ordering::Relaxed)
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
        let left = usize::try_from(self.bytes_max - self.place.byte).unwrap_or(usize::MAX);
        let bytes = self.inner.fill_buf()?;
        if left == 0 && !bytes.is_empty() {
            return Err(io::Error::other("document too long"));
        }
        Ok(&bytes[..bytes.len().min(left)])
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

/// Unpacks the members of a gzip file, one after the other, up to its end or to padding.
///
/// Tapes and block devices hand a file out with zero bytes after it, which `gzip` passes over too.
struct Members<R> {
    /// `None` once the last one has ended.
    member: Option<GzDecoder<BufReader<R>>>,
    padding_bytes: Arc<AtomicU64>,
}

impl<R: Read> Members<R> {
    fn new(packed: R, padding_bytes: Arc<AtomicU64>) -> Self {
        let packed = BufReader::with_capacity(READ_BYTES, packed);
        Self {
            member: Some(GzDecoder::new(packed)),
            padding_bytes,
        }
    }

    /// Passes over zero bytes up to the end of the file. Nothing else may stand among them.
    fn skip_padding(&self, packed: &mut BufReader<R>) -> io::Result<()> {
        loop {
            let bytes = packed.fill_buf()?;
            let length = bytes.len();
            if length == 0 {
                return Ok(());
            }
            if bytes.iter().any(|byte| *byte != 0) {
                let message = "something follows the zero bytes after the gzip data";
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
            self.padding_bytes
                .fetch_add(length as u64, Ordering::Relaxed);
            packed.consume(length);
        }
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let unpacked = member.read(out)?;
            if unpacked > 0 || out.is_empty() {
                return Ok(unpacked);
            }
            let Some(ended) = self.member.take() else {
                break;
            };
            let mut packed = ended.into_inner();
            if packed.fill_buf()?.first() == Some(&0) {
                self.skip_padding(&mut packed)?;
            }
            if !packed.fill_buf()?.is_empty() {
                self.member = Some(GzDecoder::new(packed));
            }
        }
        Ok(0)
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::{env, fs, process};

    use super::*;
    use crate::XesReader;
    use crate::tests::{
        LOG, activity_of, declared, fail, gzip, latin_1, read, some, tolerated, utf_16,
    };

    /// A file that is gone at the end of the test.
    struct TemporaryFile(PathBuf);

    impl TemporaryFile {
        fn new(name: &str, bytes: &[u8]) -> Self {
            let path = env::temp_dir().join(format!("{}-{name}", process::id()));
            fs::write(&path, bytes).unwrap();
            Self(path)
        }
    }

    impl Drop for TemporaryFile {
        fn drop(&mut self) {
            // Nothing to be done about a file that stays.
            let _ = fs::remove_file(&self.0);
        }
    }

    #[test]
    fn declared_encodings_are_read() {
        for label in ["ISO-8859-1", "latin1", "windows-1252"] {
            let log = latin_1(&declared(label, "Café"));
            assert_eq!(activity_of(log.clone()), some("Café"));
            assert_eq!(activity_of(gzip(log)), some("Café"));
        }
        // Longer than what the decoder of quick-xml reads ahead.
        let long = format!("ISO-8859-1'{}standalone='yes", " ".repeat(200));
        assert_eq!(activity_of(latin_1(&declared(&long, "Café"))), some("Café"));

        let korean = declared("EUC-KR", "~").into_bytes();
        let tilde = korean.iter().position(|byte| *byte == b'~').unwrap();
        let korean = [&korean[..tilde], b"\xb9\xce", &korean[tilde + 1..]].concat();
        assert_eq!(activity_of(korean), some("민"));
    }

    #[test]
    fn utf_16_is_read() {
        let log = declared("UTF-16", "민원 📝");
        let big: Vec<_> = log.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let little = utf_16(&log);
        for log in [
            big.clone(),
            little.clone(),
            [b"\xfe\xff", &big[..]].concat(),
            [b"\xff\xfe", &little[..]].concat(),
            // Declared, but not meant.
            log.into_bytes(),
        ] {
            assert_eq!(activity_of(log), some("민원 📝"));
        }
    }

    #[test]
    fn wrong_encodings_are_named() {
        let error = fail(declared("EBCDIC-CP-US", "a"));
        assert!(
            matches!(&error, XesError::UnsupportedEncoding { label } if label == "EBCDIC-CP-US")
        );

        for undeclared in [
            latin_1(&declared("UTF-8", "Café")),
            latin_1("<log><!-- é -->"),
        ] {
            assert!(matches!(fail(undeclared), XesError::BadText { .. }));
        }
        let mut odd = declared("EUC-KR", "a").into_bytes();
        odd.extend(b"<!-- \xff -->");
        assert!(matches!(fail(odd), XesError::BadText { .. }));
    }

    #[test]
    fn gzip_is_known_by_its_content() {
        let parts = read(LOG);
        for (name, bytes) in [
            ("a.xes.gz", LOG.into()),
            ("b.xes", gzip(LOG)),
            (
                "c.txt",
                [gzip(&LOG[..700]), gzip(""), gzip(&LOG[700..])].concat(),
            ),
        ] {
            let file = TemporaryFile::new(name, &bytes);
            let mut log = XesReader::open(&file.0).unwrap();
            for part in &parts {
                assert_eq!(log.next_part().unwrap().as_ref(), Some(part), "{name}");
            }
            assert_eq!(log.next_part().unwrap(), None);
        }
    }

    #[test]
    fn progress_is_counted_in_bytes_of_the_file() {
        // Fibonacci hashing, so that gzip finds little to save.
        let name = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let trace = |n| format!("<trace><string key='name' value='{}'/></trace>", name(n));
        let text = format!("<log>{}</log>", (0..30_000).map(trace).collect::<String>());
        for bytes in [text.clone().into_bytes(), gzip(&text)] {
            let file = TemporaryFile::new("progress", &bytes);
            let total = bytes.len() as u64;
            let mut log = XesReader::open(&file.0).unwrap();
            assert_eq!(log.file_bytes_total(), Some(total));
            let mut read = log.file_bytes_read();
            assert!(read < total);
            while log.next_part().unwrap().is_some() {
                assert!(log.file_bytes_read() >= read);
                read = log.file_bytes_read();
            }
            assert_eq!(log.file_bytes_read(), total);
        }
        let log = XesReader::from_reader(Cursor::new(LOG)).unwrap();
        assert_eq!(log.file_bytes_total(), None);
    }

    #[test]
    fn damaged_gzip_is_an_error() {
        let packed = gzip(LOG);
        let (crc, length) = (packed.len() - 8, packed.len() - 4);
        for at in [2, 20, crc, length] {
            let mut damaged = packed.clone();
            damaged[at] ^= 0xff;
            let error = fail(damaged);
            assert!(
                matches!(error, XesError::GzipCorrupt { .. }),
                "{at}: {error}"
            );
        }
        let followed = [&packed, &b"something else"[..]].concat();
        assert!(matches!(fail(followed), XesError::GzipCorrupt { .. }));
    }

    #[test]
    fn zero_bytes_after_gzip_are_passed_over_and_counted() {
        let packed = gzip(LOG);
        for zeros in [1, 512, 3 * READ_BYTES] {
            let padded = [&packed[..], &vec![0; zeros]].concat();
            assert_eq!(read(padded.clone()), read(LOG));
            assert_eq!(tolerated(padded.clone()).padding_bytes, zeros as u64);
            // Padding comes last: what follows it is part of no log.
            for more in [&b"x"[..], &packed] {
                let followed = [&padded[..], more].concat();
                assert!(matches!(fail(followed), XesError::GzipCorrupt { .. }));
            }
        }
        assert_eq!(tolerated(packed).padding_bytes, 0);
    }

    #[test]
    fn a_huge_value_takes_no_memory() {
        let head = Cursor::new("<log><trace><string key='name' value='");
        let log = head.chain(io::repeat(b'a').take(200 << 20));
        let mut reader = XesReader::from_reader(log).unwrap();
        let error = reader.next_part().unwrap_err();
        assert!(matches!(error, XesError::TooLong { .. }));
        assert!(reader.buffer.capacity() <= 4 * MARKUP_BYTES_MAX);
        assert!(reader.file_bytes_read() < 2 * MARKUP_BYTES_MAX as u64);
    }

    #[test]
    fn memory_does_not_grow_with_the_log() {
        let trace = "<trace><string key='name' value='case'/><event/></trace>";
        let log = format!("<log>{}</log>", trace.repeat(10_000));
        let mut reader = XesReader::from_reader(Cursor::new(log)).unwrap();
        while reader.next_part().unwrap().is_some() {}
        assert!(reader.buffer.capacity() <= 4096);
    }
}
