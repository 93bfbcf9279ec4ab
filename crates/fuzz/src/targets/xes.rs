//! Event logs in XES, plain and packed.

use std::{
    io::{self, Cursor, Read, Write as _},
    num::NonZeroU64,
};

use flate2::{Compression, write::GzEncoder};
use minwon_xes::{
    CasePart, LogLimits, PART_EVENTS_MAX, PART_TEXT_BYTES_MAX, Tolerated, VALUE_BYTES_MAX,
    XesError, XesReader,
};

use super::{check_error, inputs};

const CASES_MAX: u64 = 64;
const BYTES_MAX: u64 = 1 << 18;

const LOG: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
    <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
    <global scope="trace"><string key="channel" value="UNKNOWN"/></global>
    <classifier name="Activity" keys="concept:name lifecycle:transition"/>
    <trace>
        <string key="concept:name" value="case-1"/>
        <date key="startdate" value="2011-10-11T13:42:22.688+02:00"/>
        <date key="deadline" value="2011-12-06T24:00:00+01:00"/>
        <date key="enddate" value=""/>
        <string key="channel" value="Internet"/>
        <string key="responsible" value="Resource21"/>
        <event>
            <string key="concept:name" value="Confirm &amp; &#x66;ile"/>
            <date key="time:timestamp" value="2011-10-11T23:59:60.276+02:00"/>
            <string key="org:resource" value="Resource30"/>
        </event>
        <event/>
    </trace>
    <trace/>
</log>
"#;

pub(super) fn golden() -> Vec<Vec<u8>> {
    let mut golden = inputs(&[LOG, "<log><![CDATA[x]]><trace><!-- - --></trace></log>"]);
    let utf16: Vec<u8> = ['\u{feff}'; 1]
        .into_iter()
        .chain("<log><trace/></log>".chars())
        .flat_map(|c| (c as u16).to_le_bytes())
        .collect();
    let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><log><trace><string key=\"name\" value=\"\xe9\"/></trace></log>";
    golden.extend([utf16, latin.to_vec(), packed(LOG.as_bytes())]);
    golden.push([packed(b"<log><trace/>"), packed(b"</log>"), vec![0; 8]].concat());
    golden
}

fn packed(log: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(log).unwrap();
    packed.finish().unwrap()
}

/// It says the same in whatever pieces it comes, and packed.
pub(super) fn run(input: &[u8]) {
    let whole = read(Cursor::new(input.to_vec()));
    check(&whole);
    let pieces = read(Pieces(Cursor::new(input.to_vec())));
    if input.starts_with(b"\x1f\x8b") {
        // How far damaged data unpacks depends on how much of it is there.
        assert_eq!(pieces.1.is_some(), whole.1.is_some());
        if whole.1.is_none() {
            assert_eq!(told(&pieces), told(&whole));
        }
    } else {
        assert_eq!(told(&pieces), told(&whole));
        let packed = read(Cursor::new(packed(input)));
        assert_eq!((&packed.0, &packed.2), (&whole.0, &whole.2));
        assert_eq!(
            packed.1.is_some(),
            whole.1.is_some(),
            "{:?}, {:?}",
            packed.1,
            whole.1
        );
    }
}

type Log = (Vec<CasePart>, Option<XesError>, Option<Tolerated>);

fn told(log: &Log) -> (&[CasePart], Option<String>, Option<&Tolerated>) {
    (
        &log.0,
        log.1.as_ref().map(ToString::to_string),
        log.2.as_ref(),
    )
}

fn read(log: impl Read + Send + 'static) -> Log {
    let limits = LogLimits::default()
        .cases_max(NonZeroU64::new(CASES_MAX).unwrap())
        .unpacked_bytes_max(NonZeroU64::new(BYTES_MAX).unwrap());
    let mut reader = match XesReader::from_reader_within(log, limits) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Some(error), None),
    };
    let mut parts = Vec::new();
    let error = loop {
        match reader.next_part() {
            Ok(Some(part)) => parts.push(part),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert!(
        reader.next_part().is_ok_and(|part| part.is_none()),
        "it is spent"
    );
    let tolerated = reader.tolerated();
    (parts, error, Some(tolerated))
}

/// Cases come in their order, begin and end once, and are no longer than they may be.
fn check((parts, error, tolerated): &Log) {
    let (mut next, mut is_open) = (0, false);
    for part in parts {
        assert_eq!((part.ordinal, part.first), (next, !is_open), "{part:?}");
        assert!(part.events.len() <= PART_EVENTS_MAX);
        let texts = part.events.iter().flat_map(|event| {
            [&event.activity, &event.resource, &event.group]
                .into_iter()
                .flatten()
        });
        let bytes: usize = texts.map(String::len).sum();
        assert!(bytes <= PART_TEXT_BYTES_MAX + 4 * VALUE_BYTES_MAX);
        is_open = !part.last;
        next += u64::from(part.last);
    }
    assert!(next <= CASES_MAX);
    match error {
        Some(error) => check_error(error),
        None => assert!(!is_open, "a case has its last part"),
    }
    if let Some(Tolerated {
        dates_unreadable,
        first_unreadable,
        ..
    }) = tolerated
    {
        assert_eq!(*dates_unreadable > 0, first_unreadable.is_some());
    }
}

/// Bytes that come a few at a time.
struct Pieces(Cursor<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let few = to.len().min(1 + (self.0.position() % 7) as usize);
        self.0.read(&mut to[..few])
    }
}
