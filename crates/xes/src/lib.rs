//! A streaming reader of XES event logs (IEEE 1849), which keeps what the replay needs.
//!
//! Memory stays bounded whatever the file: a case comes in parts, and what is longer than a limit
//! below is an error. So does time: a log of more cases or bytes than [`LogLimits`] is an error too,
//! for a few hundred kilobytes of gzip can hold millions of cases.
//!
//! No value stops the reader: a date that is none counts as missing, and [`Tolerated`] says how many
//! there were.
//!
//! Ignored: XML namespaces, extensions, classifiers, attributes of the log, unknown elements, and
//! `global` sections. A global declares an attribute, with the value for elements yet to be added;
//! filling it in where an element lacks the attribute would invent data (see [`real_date`]).

#[cfg(test)]
use minwon_test_panics as _;

mod date;
mod draft;
mod error;
mod source;

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, TimeDelta};
use quick_xml::Reader;
use quick_xml::events::Event;

use self::draft::Assembly;
pub use self::error::{Limited, Place, UnreadableDate, XesError};
use self::source::Source;

/// Most events in one part. Unit: events.
///
/// A thousand events are about half a megabyte of log: enough to make the cost of a part vanish.
pub const PART_EVENTS_MAX: usize = 1000;

/// Text of events from which on a part takes no further event. Unit: bytes.
///
/// Without it, a thousand events with values of the largest size would be gigabytes.
pub const PART_TEXT_BYTES_MAX: usize = 8 << 20;

/// Longest attribute value, as written, with its entities. Unit: bytes.
pub const VALUE_BYTES_MAX: usize = 1 << 20;

/// Longest tag, comment, text or other piece of markup, give or take a read buffer of 64 KiB.
/// Unit: bytes.
pub const MARKUP_BYTES_MAX: usize = 4 << 20;

/// Longest name of an element. Unit: bytes.
///
/// The parser remembers the names of all open elements.
pub const NAME_BYTES_MAX: usize = 1 << 10;

/// Deepest nesting; the root element is at depth 1. Unit: elements.
pub const DEPTH_MAX: usize = 64;

/// Limits of a whole log, which hold whatever its parts are.
///
/// ```
/// use std::num::NonZeroU64;
///
/// let limits = minwon_xes::LogLimits::default().cases_max(NonZeroU64::new(5_000_000).unwrap());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    cases_max: NonZeroU64,
    unpacked_bytes_max: NonZeroU64,
}

impl LogLimits {
    /// Most cases of a log. Unit: cases. Default: one million, four times what the largest public
    /// logs have. At least 1.
    pub fn cases_max(mut self, cases: NonZeroU64) -> Self {
        self.cases_max = cases;
        self
    }

    /// Longest document, after unpacking and as UTF-8. Unit: bytes. Default: 4 GiB, some eight
    /// million events. At least 1.
    pub fn unpacked_bytes_max(mut self, bytes: NonZeroU64) -> Self {
        self.unpacked_bytes_max = bytes;
        self
    }
}

impl Default for LogLimits {
    fn default() -> Self {
        const CASES: NonZeroU64 = NonZeroU64::new(1_000_000).unwrap();
        const BYTES: NonZeroU64 = NonZeroU64::new(4 << 30).unwrap();
        Self {
            cases_max: CASES,
            unpacked_bytes_max: BYTES,
        }
    }
}

/// Found amiss in a log, without stopping the reader.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tolerated {
    /// Dates that are empty or none. Each counts as missing.
    pub dates_unreadable: u64,
    /// The first of them.
    pub first_unreadable: Option<UnreadableDate>,
    /// Dates written as hour 24 or second 60. Each is read as the instant that follows.
    pub dates_carried: u64,
    /// Zero bytes after the gzip data. Unit: bytes.
    pub padding_bytes: u64,
}

/// A case of the log.
///
/// The dates have passed [`real_date`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseAttributes {
    /// The id of the case: `concept:name`, or `name`.
    pub name: Option<String>,
    /// When the case began.
    pub startdate: Option<DateTime<FixedOffset>>,
    /// When it should be finished.
    pub deadline: Option<DateTime<FixedOffset>>,
    /// When it was finished.
    pub enddate: Option<DateTime<FixedOffset>>,
    /// How it came in.
    pub channel: Option<String>,
    /// The department in charge.
    pub department: Option<String>,
    /// The person in charge.
    pub responsible: Option<String>,
}

/// One step of a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct XesEvent {
    /// The activity: `concept:name`, or `name`.
    pub activity: Option<String>,
    /// When: `time:timestamp`, or `timestamp`.
    pub timestamp: Option<DateTime<FixedOffset>>,
    /// By whom: `org:resource`, or `resource`.
    pub resource: Option<String>,
    /// By which group: `org:group`, or `group`.
    pub group: Option<String>,
}

/// Some consecutive events of one case.
///
/// A case in one part shows all its attributes. One in several parts may write some after its
/// events: every part carries those seen so far, the last one all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CasePart {
    /// Place of the case in the document, from 0.
    pub ordinal: u64,
    /// Whether the case begins here.
    pub first: bool,
    /// Whether the case ends here.
    pub last: bool,
    /// The attributes of the case seen so far.
    pub attributes: CaseAttributes,
    /// The events in document order, which wins over their timestamps. Never more than
    /// [`PART_EVENTS_MAX`]; empty only if the case has none.
    pub events: Vec<XesEvent>,
}

/// The date itself, or `None` when it stands for "no date".
///
/// The Unix epoch, give or take a day, counts as none. Tools without an empty date write zero in
/// its place, and zero comes out as the epoch in local time: in the Netherlands
/// `1970-01-01T00:00:00+01:00`, which is 1969-12-31T23:00Z. The receipt log declares that value in a
/// `global`, so readers that fill globals in give it to the 105 cases without `enddate`. One day
/// covers every time zone. A date further back is one: archives hold cases that ended in 1960.
pub fn real_date(date: DateTime<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    let from_epoch = date.signed_duration_since(DateTime::UNIX_EPOCH).abs();
    (from_epoch > TimeDelta::days(1)).then_some(date)
}

/// Reads the cases of one log, in document order.
///
/// Reads about 64 KiB ahead and blocks while doing so.
///
/// ```no_run
/// let mut log = minwon_xes::XesReader::open("receipt.xes.gz")?;
/// while let Some(part) = log.next_part()? {
///     println!("case {}: {} events", part.ordinal, part.events.len());
/// }
/// # Ok::<(), minwon_xes::XesError>(())
/// ```
pub struct XesReader {
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
    pub fn open(path: impl AsRef<Path>) -> Result<Self, XesError> {
        Self::open_within(path, LogLimits::default())
    }

    /// Opens a log that may be as large as `limits` say; otherwise like [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open).
    pub fn open_within(path: impl AsRef<Path>, limits: LogLimits) -> Result<Self, XesError> {
        let path = path.as_ref();
        let failed = |source| XesError::Open {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let mut reader = Self::from_reader_within(file, limits)?;
        // The length of a pipe or a device says nothing.
        reader.file_bytes_total = metadata.is_file().then_some(metadata.len());
        Ok(reader)
    }

    /// Reads a log from anything that can be read; otherwise like [`open`](Self::open).
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), except that nothing is to be opened.
    pub fn from_reader(log: impl Read + Send + 'static) -> Result<Self, XesError> {
        Self::from_reader_within(log, LogLimits::default())
    }

    /// Reads a log that may be as large as `limits` say; otherwise like
    /// [`from_reader`](Self::from_reader).
    ///
    /// # Errors
    ///
    /// Those of [`from_reader`](Self::from_reader).
    pub fn from_reader_within(
        log: impl Read + Send + 'static,
        limits: LogLimits,
    ) -> Result<Self, XesError> {
        let source = Source::new(log, limits.unpacked_bytes_max.get())?;
        Ok(Self {
            xml: Reader::from_reader(source),
            buffer: Vec::new(),
            assembly: Assembly::new(limits.cases_max.get()),
            file_bytes_total: None,
            is_spent: false,
        })
    }

    /// Bytes of the file read so far, as stored: compressed ones if it is gzip.
    ///
    /// Runs ahead of the parts handed out by the read buffers, at most about 100 KiB.
    pub fn file_bytes_read(&self) -> u64 {
        self.xml.get_ref().file_bytes()
    }

    /// Bytes of the file as stored, if it has a known length.
    pub fn file_bytes_total(&self) -> Option<u64> {
        self.file_bytes_total
    }

    /// Returns what was found amiss so far. Padding shows at the end of the log.
    pub fn tolerated(&self) -> Tolerated {
        Tolerated {
            padding_bytes: self.xml.get_ref().padding_bytes(),
            ..self.assembly.tolerated.clone()
        }
    }

    /// Reads on to the next part of a case; `None` at the end of the log.
    ///
    /// # Errors
    ///
    /// Any [`XesError`] but those of opening. The reader is spent then: a later call gives
    /// `None`. Parts already handed out are good, but a case without its last part is incomplete.
    pub fn next_part(&mut self) -> Result<Option<CasePart>, XesError> {
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
                Event::End(_) => self.assembly.end(),
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
            quick_xml::Error::Io(error) if !source.is_spent() => {
                let error = Arc::try_unwrap(error)
                    .unwrap_or_else(|shared| io::Error::new(shared.kind(), shared));
                XesError::from_io(error, source.is_gzip(), at)
            }
            quick_xml::Error::Io(_) if !source.ration_is_spent() => XesError::TooManyBytes {
                unpacked_bytes_max: source.bytes_max(),
            },
            // A zip file or a table without end: the first `<`, if any, is not where it begins.
            _ if is_text && self.assembly.is_before_root() => XesError::NotXml,
            quick_xml::Error::Io(_) => XesError::TooLong {
                what: Limited::Markup,
                at,
            },
            quick_xml::Error::Encoding(error) => XesError::BadText {
                at,
                source: Box::new(error),
            },
            quick_xml::Error::Syntax(_) if source.is_at_end() => XesError::Truncated { at },
            other => XesError::malformed(other, at),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::env;
    use std::error::Error as _;
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    pub(super) const LOG: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<!-- Made by hand. -->
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
    <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
    <global scope="trace"><string key="channel" value="UNKNOWN"/></global>
    <global scope="event"><string key="org:group" value="UNKNOWN"/></global>
    <classifier name="Activity" keys="concept:name lifecycle:transition"/>
    <float key="mean" value="4.13"><float key="concept:name" value="1.5"/></float>
    <trace>
        <string key="concept:name" value="case-1"/>
        <date key="startdate" value="2011-10-11T13:42:22.688+02:00"/>
        <date key="deadline" value="2011-12-06T13:41:31.788+01:00"/>
        <date key="enddate" value="2011-11-24T15:00:00.000+01:00"/>
        <string key="channel" value="Internet"/>
        <string key="department" value="General"/>
        <string key="group" value="Group 2"/>
        <string key="responsible" value="Resource21"/>
        <event>
            <string key="concept:name" value="Confirm &amp; file"/>
            <date key="time:timestamp" value="2011-10-11T13:45:40.276+02:00"/>
            <string key="org:resource" value="Resource30"/>
            <string key="org:group" value="Group 1"/>
            <string key="lifecycle:transition" value="complete"/>
            <string key="concept:instance" value="task-1"/>
        </event>
        <event/>
    </trace>
    <trace/>
</log>
"#;

    pub(super) fn parts_of(log: impl Read + Send + 'static) -> Result<Vec<CasePart>, XesError> {
        let mut reader = XesReader::from_reader(log)?;
        let mut parts = Vec::new();
        while let Some(part) = reader.next_part()? {
            parts.push(part);
        }
        Ok(parts)
    }

    pub(super) fn read(log: impl Into<Vec<u8>>) -> Vec<CasePart> {
        parts_of(Cursor::new(log.into())).unwrap()
    }

    /// Faults of a log that is read all the same.
    pub(super) fn tolerated(log: impl Into<Vec<u8>>) -> Tolerated {
        let mut reader = XesReader::from_reader(Cursor::new(log.into())).unwrap();
        while reader.next_part().unwrap().is_some() {}
        reader.tolerated()
    }

    pub(super) fn fail(log: impl Into<Vec<u8>>) -> XesError {
        parts_of(Cursor::new(log.into())).unwrap_err()
    }

    pub(super) fn trace(content: &str) -> String {
        format!("<log><trace>{content}</trace></log>")
    }

    pub(super) fn event(content: &str) -> String {
        trace(&format!("<event>{content}</event>"))
    }

    pub(super) fn event_of(content: &str) -> XesEvent {
        read(event(content)).remove(0).events.remove(0)
    }

    /// An activity name, read from a document that holds nothing else.
    pub(super) fn activity_of(document: impl Into<Vec<u8>>) -> Option<String> {
        read(document).remove(0).events.remove(0).activity
    }

    pub(super) fn date(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }

    pub(super) fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    pub(super) fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes.as_ref()).unwrap();
        encoder.finish().unwrap()
    }

    /// Hands out a few bytes at a time, so that every seam of the reader shows.
    struct Dribble(Cursor<Vec<u8>>, usize);

    impl Read for Dribble {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let bytes = self.1.min(out.len());
            self.0.read(&mut out[..bytes])
        }
    }

    #[test]
    fn a_log_is_read_with_its_types() {
        let [first, second] = &read(LOG)[..] else {
            panic!("two cases");
        };
        let attributes = CaseAttributes {
            name: some("case-1"),
            startdate: Some(date("2011-10-11T13:42:22.688+02:00")),
            deadline: Some(date("2011-12-06T13:41:31.788+01:00")),
            enddate: Some(date("2011-11-24T15:00:00+01:00")),
            channel: some("Internet"),
            department: some("General"),
            responsible: some("Resource21"),
        };
        let confirmed = XesEvent {
            activity: some("Confirm & file"),
            timestamp: Some(date("2011-10-11T13:45:40.276+02:00")),
            resource: some("Resource30"),
            group: some("Group 1"),
        };
        assert_eq!(first.attributes, attributes);
        assert_eq!(first.events, [confirmed, XesEvent::default()]);
        assert_eq!((first.ordinal, second.ordinal), (0, 1));
        assert_eq!(second.attributes, CaseAttributes::default());
        // Equal instants compare equal; the offset, which makes it a local date, is kept too.
        let offset = first
            .attributes
            .deadline
            .unwrap()
            .offset()
            .local_minus_utc();
        assert_eq!(offset, 3600);
    }

    #[test]
    fn a_date_that_is_none_counts_as_missing_and_the_first_is_named() {
        let log = "<log>\n<trace/>\n<trace>\n<date key='deadline' value='soon'/>\
                   <event><date key='time:timestamp' value=''/></event></trace><trace/></log>";
        let [_, case, _] = &read(log)[..] else {
            panic!("three cases");
        };
        assert_eq!(case.attributes, CaseAttributes::default());
        assert_eq!(case.events, [XesEvent::default()]);
        let tolerated = tolerated(log);
        assert_eq!(tolerated.dates_unreadable, 2);
        let first = tolerated.first_unreadable.unwrap();
        assert_eq!((first.case, first.at), (1, Place { line: 4, byte: 23 }));
        assert_eq!(&log[23..28], "<date");
        let text = "`deadline` of case 1 at line 4, byte 23 is \"soon\"";
        assert_eq!(first.to_string(), text);
    }

    #[test]
    fn no_date_stops_a_log() {
        for (written, read, unreadable, carried) in [
            ("", None, 1, 0),
            (" ", None, 1, 0),
            ("null", None, 1, 0),
            ("2011-02-30T00:00:00Z", None, 1, 0),
            ("99999-01-01", None, 1, 0),
            ("2011-10-11T24:00:00Z", Some("2011-10-12T00:00:00Z"), 0, 1),
            ("2016-12-31T23:59:60Z", Some("2017-01-01T00:00:00Z"), 0, 1),
            ("2011-10-11T13:42:22Z", Some("2011-10-11T13:42:22Z"), 0, 0),
        ] {
            for key in ["time:timestamp", "timestamp"] {
                let one = format!("<date key='{key}' value='{written}'/>");
                assert_eq!(event_of(&one).timestamp, read.map(date), "{written:?}");
                let counted = tolerated(event(&one));
                let counts = (counted.dates_unreadable, counted.dates_carried);
                assert_eq!(counts, (unreadable, carried), "{written:?}");
            }
            for key in ["startdate", "deadline", "enddate"] {
                let counted = tolerated(trace(&format!("<date key='{key}' value='{written}'/>")));
                let counts = (counted.dates_unreadable, counted.dates_carried);
                assert_eq!(counts, (unreadable, carried), "{key} {written:?}");
            }
        }
    }

    #[test]
    fn a_log_has_limits_of_the_whole() {
        let limited = |log: Vec<u8>, limits| {
            let mut reader = XesReader::from_reader_within(Cursor::new(log), limits)?;
            let mut cases = 0;
            while let Some(part) = reader.next_part()? {
                cases += u64::from(part.last);
            }
            Ok::<_, XesError>(cases)
        };
        let limit = |most: usize| NonZeroU64::new(most as u64).unwrap();
        let cases = |most| LogLimits::default().cases_max(limit(most));
        let bytes = |most| LogLimits::default().unpacked_bytes_max(limit(most));
        let log = format!("<log>{}</log>", "<trace/>".repeat(1000));
        for packed in [log.clone().into_bytes(), gzip(&log)] {
            assert_eq!(limited(packed.clone(), cases(1000)).unwrap(), 1000);
            let error = limited(packed.clone(), cases(999)).unwrap_err();
            let begins = Place {
                line: 1,
                byte: 5 + 999 * 8,
            };
            assert!(
                matches!(error, XesError::TooManyCases { cases_max: 999, at } if at == begins),
                "{error}"
            );
            assert_eq!(limited(packed.clone(), bytes(log.len())).unwrap(), 1000);
            for most in [1, 10, 5000, log.len() - 1] {
                let error = limited(packed.clone(), bytes(most)).unwrap_err();
                assert!(
                    matches!(error, XesError::TooManyBytes { unpacked_bytes_max } if unpacked_bytes_max == most as u64),
                    "{most}: {error}"
                );
            }
        }
    }

    #[test]
    fn a_few_kilobytes_of_gzip_are_not_read_for_ever() {
        // Unpacked by the thousand, as the one that was found: 30 million cases in 350 KB.
        let cases = "<trace/>".repeat(1_000_001);
        let packed = gzip(format!("<log>{cases}"));
        assert!(packed.len() < 50_000);
        let error = fail(packed);
        let limit = XesError::TooManyCases {
            cases_max: 1_000_000,
            at: Place {
                line: 1,
                byte: 8_000_005,
            },
        };
        assert_eq!(error.to_string(), limit.to_string());
    }

    #[test]
    fn all_of_xml_is_tolerated() {
        let log = "\u{feff}<?xml version='1.0'?>\r\n<!DOCTYPE log [<!ENTITY e 'x>'> <!-- ]> -->]>\n\
                   <?target <log> ?><!-- <log> --><log>text<![CDATA[<trace>]]>&#65;<trace>\
                   <!-- <event> --><event><?x <string?><![CDATA[</event>]]>\
                   <string\n  value = 'a'\n  key=\"name\"\t>text</string ></event>\
                   </trace></log>\n<!-- end --><?end?>\n";
        assert_eq!(activity_of(log), some("a"));
    }

    #[test]
    fn entities_are_unescaped() {
        for (written, meant) in [
            ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
            ("caf&#233; &#x1F4DD;", "café 📝"),
            ("&amp;amp;&#38;#65;", "&amp;&#65;"),
            ("a\r\nb\tc&#10;d", "a b c\nd"),
            ("민원 > \"x\"", "민원 > \"x\""),
        ] {
            let attribute = format!("<string key='concept&#58;name' value='{written}'/>");
            assert_eq!(event_of(&attribute).activity, some(meant));
        }
        for wrong in ["&nbsp;", "&amp", "&#0;", "&#xD800;", "&"] {
            let error = fail(event(&format!("<string key='name' value='{wrong}'/>")));
            assert!(
                matches!(error, XesError::Malformed { .. }),
                "{wrong}: {error}"
            );
        }
    }

    /// A document of one event whose activity is `name`, with an XML declaration.
    pub(super) fn declared(encoding: &str, name: &str) -> String {
        let log = event(&format!("<string key='name' value='{name}'/>"));
        format!("<?xml version='1.0' encoding='{encoding}'?>{log}")
    }

    pub(super) fn utf_16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    pub(super) fn latin_1(text: &str) -> Vec<u8> {
        let byte = |c| u8::try_from(u32::from(c)).unwrap();
        text.chars().map(byte).collect()
    }

    #[test]
    fn a_truncated_log_is_an_error_wherever_it_ends() {
        let log = LOG.trim();
        for end in 1..log.len() {
            let error = fail(&log[..end]);
            let before_root = matches!(error, XesError::NotXml) && end <= log.find("<log").unwrap();
            assert!(
                before_root || matches!(error, XesError::Truncated { .. }),
                "{end}: {error}"
            );
        }
        let packed = gzip(log);
        for end in 2..packed.len() {
            let error = fail(&packed[..end]);
            assert!(
                matches!(error, XesError::GzipTruncated { .. }),
                "{end}: {error}"
            );
        }
    }

    #[test]
    fn other_files_are_refused() {
        for other in [
            &b""[..],
            b" \n",
            b"case,activity\n1,a & b\n",
            b"{\"a\": \"<log>\"}",
            b"PK\x03\x04\x14\x00\xff\xfe<log/>",
            b"&amp;",
            b"<![CDATA[<log/>]]>",
            &b"a".repeat(2 * MARKUP_BYTES_MAX),
            &gzip("case,activity\n"),
        ] {
            assert!(matches!(fail(other), XesError::NotXml), "{}", other.len());
        }
        let error = fail("<!DOCTYPE html>\n<html><log/></html>");
        let at = Place { line: 2, byte: 16 };
        assert!(
            matches!(error, XesError::NotALog { found, at: place } if found == "html" && place == at)
        );
    }

    #[test]
    fn malformed_xml_is_an_error() {
        for wrong in [
            "<log></trace>",
            "<log/></log>",
            "<log>a & b</log>",
            "<log><!x></log>",
            "<log><></log></log>",
            &trace("<string key='name' value=a/>"),
            &trace("<string key='name' value/>"),
        ] {
            let error = fail(wrong);
            assert!(
                matches!(error, XesError::Malformed { .. }),
                "{wrong}: {error:?}"
            );
        }
    }

    #[test]
    fn nothing_may_follow_the_log() {
        for content in ["<log/>", "<a></a>", "text", "\0\0", "<![CDATA[]]>", "&amp;"] {
            let error = fail(format!("<log>\n</log>{content}"));
            let at = Place { line: 2, byte: 12 };
            assert!(matches!(error, XesError::TrailingContent { at: place } if place == at));
        }
    }

    #[test]
    fn lengths_are_limited() {
        let value = |bytes| trace(&format!("<int key='k' value='{}'/>", "a".repeat(bytes)));
        assert_eq!(read(value(VALUE_BYTES_MAX)).len(), 1);
        let long_name = "a".repeat(NAME_BYTES_MAX + 1);
        let long = "a".repeat(MARKUP_BYTES_MAX);
        for (log, limit) in [
            (value(VALUE_BYTES_MAX + 1), Limited::Value),
            (trace(&value(VALUE_BYTES_MAX + 1)), Limited::Value),
            (
                format!("<log {long_name}='a'><{long_name}/></log>"),
                Limited::Name,
            ),
            (value(2 * MARKUP_BYTES_MAX), Limited::Markup),
            (format!("<!--{long}{long}--><log/>"), Limited::Markup),
            (trace(&long.repeat(2)), Limited::Markup),
            (format!("<log>&{long}{long};</log>"), Limited::Markup),
            (format!("<log><{long}{long}/></log>"), Limited::Markup),
        ] {
            let error = fail(log);
            assert!(
                matches!(error, XesError::TooLong { what, .. } if what == limit),
                "{error}"
            );
        }
    }

    #[test]
    fn an_error_is_said_once() {
        let mut log =
            XesReader::from_reader(Cursor::new("<log><trace/><a><trace/></log>")).unwrap();
        assert!(log.next_part().unwrap().is_some());
        assert!(log.next_part().is_err());
        assert_eq!(log.next_part().unwrap(), None);
    }

    #[test]
    fn failures_of_the_system_are_passed_on() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("unplugged"))
            }
        }
        let packed = gzip(LOG);
        let half = packed[..packed.len() / 2].to_vec();
        for begun in [b"<log><trace>".to_vec(), Vec::new(), half] {
            let error = parts_of(Cursor::new(begun).chain(Broken)).unwrap_err();
            assert!(matches!(error, XesError::Read { .. }));
            assert_eq!(error.source().unwrap().to_string(), "unplugged");
        }
        let missing = XesReader::open("/no/such/log.xes").err().unwrap();
        assert!(matches!(missing, XesError::Open { .. }));
        assert!(
            missing
                .to_string()
                .starts_with("cannot open /no/such/log.xes")
        );
        let directory = XesReader::open(env::temp_dir()).err().unwrap();
        assert!(matches!(directory, XesError::Read { .. }));
    }

    #[test]
    fn the_cause_is_kept_as_source() {
        let packed = gzip(LOG);
        for (error, has_source) in [
            (XesReader::open("/no/such/log.xes").err().unwrap(), true),
            (XesReader::open(env::temp_dir()).err().unwrap(), true),
            (fail(&packed[..99]), true),
            (fail([&packed, &b"x"[..]].concat()), true),
            (fail(latin_1("<log>é</log>")), true),
            (fail("<log></a>"), true),
            (fail("<log>"), false),
            (fail(""), false),
            (fail("<a/>"), false),
            (fail(declared("x", "a")), false),
            (fail("<a>".repeat(99).replacen('a', "log", 1)), false),
            (fail("<log/>a"), false),
            (
                XesError::TooManyCases {
                    cases_max: 1,
                    at: Place::START,
                },
                false,
            ),
            (
                XesError::TooManyBytes {
                    unpacked_bytes_max: 1,
                },
                false,
            ),
            (fail(trace(&"a".repeat(2 * MARKUP_BYTES_MAX))), false),
        ] {
            assert_eq!(error.source().is_some(), has_source, "{error}");
            // What, and after the colon what to do; the cause is not repeated.
            let text = error.to_string();
            assert!(text.contains(": "), "{text}");
            let cause = error.source().map(ToString::to_string);
            assert!(cause.is_none_or(|cause| !text.contains(&cause)), "{text}");
        }
    }

    /// A beginning that leads random bytes past the first check.
    const STARTS: &[&[u8]] = &[
        b"",
        b"<",
        b"<!",
        b"<?xml ",
        b"<log><trace>",
        b"<!DOCTYPE log [",
        b"\x1f\x8b",
        b"\xef\xbb\xbf",
        b"\xfe\xff",
    ];

    /// Reads whatever it is, and checks what holds for every file.
    fn check_contract(bytes: Vec<u8>, chunk: usize) -> Option<Vec<CasePart>> {
        let mut reader = XesReader::from_reader(Dribble(Cursor::new(bytes), chunk)).ok()?;
        let mut parts: Vec<CasePart> = Vec::new();
        while let Some(part) = reader.next_part().ok()? {
            let follows = parts.last().map_or((0, true), |before| {
                (before.ordinal + u64::from(before.last), before.last)
            });
            assert_eq!((part.ordinal, part.first), follows);
            assert!(part.events.len() <= PART_EVENTS_MAX);
            parts.push(part);
        }
        assert!(parts.last().is_none_or(|part| part.last));
        Some(parts)
    }

    #[derive(Debug, Clone)]
    enum Mutation {
        Set(u8),
        Insert(u8),
        Remove(usize),
        Repeat(usize),
    }

    fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, Mutation)>> {
        let delimiter = prop::sample::select(&b"<>/!?-[]&;='\" \n\0\xff\xefaDl"[..]);
        let byte = prop_oneof![delimiter, any::<u8>()];
        let mutation = prop_oneof![
            byte.clone().prop_map(Mutation::Set),
            byte.prop_map(Mutation::Insert),
            (1..99_usize).prop_map(Mutation::Remove),
            (1..99_usize).prop_map(Mutation::Repeat),
        ];
        prop::collection::vec((any::<prop::sample::Index>(), mutation), 0..8)
    }

    fn mutate(bytes: &mut Vec<u8>, at: usize, mutation: &Mutation) {
        let until = |length: &usize| bytes.len().min(at + length);
        match mutation {
            Mutation::Set(byte) => bytes[at] = *byte,
            Mutation::Insert(byte) => bytes.insert(at, *byte),
            Mutation::Remove(length) => drop(bytes.drain(at..until(length))),
            Mutation::Repeat(length) => {
                let again = bytes[at..until(length)].to_vec();
                bytes.splice(at..at, again);
            }
        }
    }

    fn mutated(log: &[u8], mutations: &[(prop::sample::Index, Mutation)]) -> Vec<u8> {
        let mut bytes = log.to_vec();
        for (at, mutation) in mutations {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                mutate(&mut bytes, at, mutation);
            }
        }
        bytes
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(
            start in prop::sample::select(STARTS),
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            chunk in 1..40_usize,
        ) {
            check_contract([start.to_vec(), bytes].concat(), chunk);
        }

        #[test]
        fn a_mutated_log_never_panics(mutations in mutations(), chunk in 1..9999_usize) {
            check_contract(mutated(LOG.as_bytes(), &mutations), chunk);
            check_contract(mutated(&gzip(LOG), &mutations), chunk);
            check_contract(gzip(mutated(LOG.as_bytes(), &mutations)), chunk);
            check_contract(mutated(&utf_16(LOG), &mutations), chunk);
            check_contract(mutated(&declared("EUC-KR", "~").into_bytes(), &mutations), chunk);
        }

        #[test]
        fn the_size_of_a_read_changes_nothing(chunk in 1..99_usize) {
            let parts = read(LOG);
            prop_assert_eq!(check_contract(LOG.into(), chunk), Some(parts.clone()));
            prop_assert_eq!(check_contract(gzip(LOG), chunk), Some(parts));
        }
    }

    #[test]
    fn the_receipt_log_has_the_published_figures() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/receipt.xes.gz");
        if !path.exists() {
            println!("skipped: {} is not there", path.display());
            return;
        }
        let mut log = XesReader::open(path).unwrap();
        let (mut cases, mut steps, mut ends) = (0, 0, 0);
        let mut activities = HashSet::new();
        while let Some(part) = log.next_part().unwrap() {
            assert!(part.first && part.last && !part.events.is_empty());
            assert!(part.attributes.name.is_some() && part.attributes.startdate.is_some());
            assert!(part.events.iter().all(|event| event.timestamp.is_some()));
            cases += 1;
            steps += part.events.len();
            ends += usize::from(part.attributes.enddate.is_some());
            activities.extend(part.events.into_iter().filter_map(|event| event.activity));
        }
        assert_eq!(
            (cases, steps, activities.len(), ends),
            (1434, 8577, 27, 1329)
        );
    }
}
