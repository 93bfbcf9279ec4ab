//! The metadata of events, and the compact bytes it is stored in.

use std::fmt;

use bytes::Bytes;

use crate::{
    fingerprint::CommandFingerprint,
    id::{CausationId, CommandId, CorrelationId, EventId},
    text::{ActorId, NAME_BYTES_MAX, NameError, ServiceName, Stage, Subject},
    time::Timestamp,
};

crate::text::name_newtype! {
    /// A W3C trace context header: `00-<32 hex digits>-<16 hex digits>-<2 hex digits>`.
    TraceParent, "traceparent", check_trace
}

/// Checks that it is four groups of lower-case hexadecimal digits of the right lengths.
fn check_trace(what: &'static str, text: &str) -> Result<(), NameError> {
    let is_hex = |group: &str| {
        group
            .bytes()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let groups = text
        .split('-')
        .map(|group| is_hex(group).then_some(group.len()));
    if groups.eq([2, 32, 16, 2].map(Some)) {
        return Ok(());
    }
    let reason = "it is not 2-32-16-2 lower-case hex digits";
    Err(NameError::new(what, text, reason))
}

impl TraceParent {
    /// The id of the trace: 32 hexadecimal digits, the same for all that belongs together.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        &self.as_str()[3..35]
    }
}

crate::text::name_newtype! {
    /// The id of a trace: 32 lower-case hexadecimal digits.
    TraceId, "trace id", check_trace_id
}

fn check_trace_id(what: &'static str, text: &str) -> Result<(), NameError> {
    let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if text.len() == 32 && text.bytes().all(is_hex) {
        return Ok(());
    }
    let reason = "it is not 32 lower-case hexadecimal digits";
    Err(NameError::new(what, text, reason))
}

impl From<&TraceParent> for TraceId {
    fn from(here: &TraceParent) -> Self {
        Self(here.trace_id().into())
    }
}

/// The metadata of an event. Type, schema version and recorded-at stand on the
/// event itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMetadata {
    /// The event's identity, derived from the command's.
    pub event_id: EventId,
    /// The command that the event answers.
    pub command_id: CommandId,
    /// Ties together all events of one request.
    pub correlation_id: CorrelationId,
    /// The command or event that caused this one.
    pub causation_id: CausationId,
    /// When it happened; earlier than recorded-at for what came on paper.
    pub occurred_at: Timestamp,
    /// The subject of the event.
    pub subject: Subject,
    /// The stage of processing that the event belongs to.
    pub stage: Stage,
    /// The service that wrote the event.
    pub source: ServiceName,
    /// Who gave the command; an opaque id.
    pub actor: ActorId,
    /// The trace it was written in, if there was one.
    pub traceparent: Option<TraceParent>,
    /// The fingerprint of the command's body, where it is known.
    pub fingerprint: Option<CommandFingerprint>,
}

/// The metadata of an event with its texts where they were read: for stores, which keep it in a form of
/// their own. Nothing is checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetadataFields<'a> {
    /// The event's identity.
    pub event_id: EventId,
    /// The command that the event answers.
    pub command_id: CommandId,
    /// Ties together all events of one request.
    pub correlation_id: CorrelationId,
    /// The command or event that caused this one.
    pub causation_id: CausationId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The subject of the event.
    pub subject: &'a str,
    /// The stage of processing that the event belongs to.
    pub stage: &'a str,
    /// The service that wrote the event.
    pub source: &'a str,
    /// Who gave the command.
    pub actor: &'a str,
    /// The trace it was written in, if there was one.
    pub traceparent: Option<&'a str>,
    /// The fingerprint of the command's body, where it is known.
    pub fingerprint: Option<CommandFingerprint>,
}

impl EventMetadata {
    fn fields(&self) -> MetadataFields<'_> {
        MetadataFields {
            event_id: self.event_id,
            command_id: self.command_id,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            occurred_at: self.occurred_at,
            subject: self.subject.as_str(),
            stage: self.stage.as_str(),
            source: self.source.as_str(),
            actor: self.actor.as_str(),
            traceparent: self.traceparent.as_ref().map(TraceParent::as_str),
            fingerprint: self.fingerprint,
        }
    }
}

impl MetadataFields<'_> {
    /// Checks that all texts keep the rules that stored ones have. Makes nothing where they are ASCII.
    fn check(&self) -> Result<(), NameError> {
        let is_plain = |name: &str| {
            (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic())
        };
        let names = [self.subject, self.stage, self.source, self.actor];
        if names.into_iter().all(is_plain) {
            let trace = self.traceparent;
            return trace.map_or(Ok(()), |trace| check_trace("traceparent", trace));
        }
        self.to_metadata().map(drop)
    }

    fn to_metadata(self) -> Result<EventMetadata, NameError> {
        Ok(EventMetadata {
            event_id: self.event_id,
            command_id: self.command_id,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id,
            occurred_at: self.occurred_at,
            subject: Subject::new(self.subject)?,
            stage: Stage::stored(self.stage)?,
            source: ServiceName::stored(self.source)?,
            actor: ActorId::stored(self.actor)?,
            traceparent: self.traceparent.map(TraceParent::new).transpose()?,
            fingerprint: self.fingerprint,
        })
    }

    /// Writes them in the layout, which has room for texts that keep the rules.
    fn write(&self, out: &mut Vec<u8>) {
        let texts = [
            self.subject,
            self.stage,
            self.source,
            self.actor,
            self.traceparent.unwrap_or_default(),
        ];
        let fingerprint = self.fingerprint.map(CommandFingerprint::to_bytes);
        out.push(if fingerprint.is_some() {
            FINGERPRINTED
        } else {
            LAYOUT
        });
        out.extend_from_slice(self.event_id.as_bytes());
        out.extend_from_slice(self.command_id.as_bytes());
        out.extend_from_slice(self.correlation_id.as_bytes());
        out.extend_from_slice(self.causation_id.as_bytes());
        out.extend_from_slice(&self.occurred_at.unix_micros().to_be_bytes());
        // Names are at most 128 bytes, a traceparent is 55.
        out.extend(texts.map(|text| text.len() as u8));
        texts
            .iter()
            .for_each(|text| out.extend_from_slice(text.as_bytes()));
        out.extend(fingerprint.into_iter().flatten());
    }
}

/// Metadata in the bytes that embedded stores keep: layout version 1 or, with a fingerprint, 2.
///
/// | bytes | what |
/// |---|---|
/// | 1 | layout version |
/// | 4 × 16 | event, command, correlation and causation id |
/// | 8 | occurred-at: microseconds since the Unix epoch, big-endian |
/// | 5 × 1 | lengths of subject, stage, source, actor, traceparent (0: none) |
/// | rest | these five texts, in UTF-8 |
/// | 8 | in layout 2 alone: the fingerprint of the command, big-endian |
///
/// Reading a field allocates nothing, so a scan of the log pays only for the fields it looks at.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedMetadata(Bytes);

/// Bytes that are no metadata, because they are damaged or of a newer layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the metadata of an event is unreadable: {reason}")]
#[non_exhaustive]
pub struct MetadataError {
    /// The defect of the bytes.
    pub reason: &'static str,
    /// Whether a newer program wrote them.
    pub is_newer: bool,
}

const LAYOUT: u8 = 1;
const FINGERPRINTED: u8 = 2;
/// No layout will have this number, nor a higher one: so begin texts, as `{}`.
const TEXT: u8 = b' ';
const OCCURRED_AT: usize = 1 + 4 * 16;
const LENGTHS: usize = OCCURRED_AT + 8;
const TEXTS: usize = LENGTHS + 5;
const FINGERPRINT: usize = 8;
/// A little more than most metadata takes. Unit: bytes.
const MOSTLY: usize = 160;

impl EncodedMetadata {
    /// Writes `metadata` in the layout, behind what `out` holds.
    pub fn encode(metadata: &EventMetadata, out: &mut Vec<u8>) {
        metadata.fields().write(out);
    }

    /// The same of metadata that was stored in another form.
    ///
    /// # Errors
    /// [`NameError`] for the first text that breaks the rule of its type.
    pub fn new(fields: &MetadataFields<'_>) -> Result<Self, NameError> {
        fields.check()?;
        Ok(Self::of(fields))
    }

    fn of(fields: &MetadataFields<'_>) -> Self {
        let mut bytes = Vec::with_capacity(MOSTLY);
        fields.write(&mut bytes);
        Self(bytes.into())
    }

    /// Takes bytes that [`encode`](Self::encode) wrote, checking that they are whole.
    ///
    /// # Errors
    /// [`MetadataError`] where they are cut short, too long, no UTF-8 or of an unknown layout.
    pub fn decode(bytes: Bytes) -> Result<Self, MetadataError> {
        let broken = |reason| {
            Err(MetadataError {
                reason,
                is_newer: false,
            })
        };
        match bytes.first() {
            Some(&LAYOUT) if bytes.len() >= TEXTS => {}
            Some(&FINGERPRINTED) if bytes.len() >= TEXTS + FINGERPRINT => {}
            Some(&(LAYOUT | FINGERPRINTED)) | None => return broken("it is cut short"),
            Some(LAYOUT..TEXT) => {
                return Err(MetadataError {
                    reason: "its layout is newer than this program; update the program",
                    is_newer: true,
                });
            }
            Some(_) => return broken("it is of no layout"),
        }
        let encoded = Self(bytes);
        let Ok(texts) = std::str::from_utf8(encoded.texts()) else {
            return broken("its texts are no UTF-8");
        };
        let mut end = 0;
        for &length in &encoded.0[LENGTHS..TEXTS] {
            end += usize::from(length);
            if !texts.is_char_boundary(end) {
                return broken("it is cut short");
            }
        }
        let micros = encoded.occurred_at_micros();
        if Timestamp::from_unix_micros(micros).is_err() {
            return broken("occurred-at is no instant");
        }
        if end == texts.len() {
            Ok(encoded)
        } else {
            broken("it is too long")
        }
    }

    /// Checks that all texts keep the rules of their types: [`to_metadata`](Self::to_metadata)
    /// without making anything. Cheap, as a store calls it for every event that it reads.
    ///
    /// # Errors
    /// [`NameError`] for the first that does not.
    pub fn check(&self) -> Result<(), NameError> {
        let (names, trace) = self.0[LENGTHS..TEXTS].split_at(4);
        let is_name = |&len: &u8| (1..=NAME_BYTES_MAX).contains(&usize::from(len));
        let is_plain = trace == [0]
            && names.iter().all(is_name)
            && self.texts().iter().all(u8::is_ascii_graphic);
        if is_plain {
            return Ok(());
        }
        self.fields().check()
    }

    /// The bytes, as [`encode`](Self::encode) wrote them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The event's identity.
    #[must_use]
    pub fn event_id(&self) -> EventId {
        EventId::from_bytes(self.id(0))
    }

    /// The command that the event answers.
    #[must_use]
    pub fn command_id(&self) -> CommandId {
        CommandId::from_bytes(self.id(1))
    }

    /// Ties together all events of one request.
    #[must_use]
    pub fn correlation_id(&self) -> CorrelationId {
        CorrelationId::from_bytes(self.id(2))
    }

    /// The command or event that caused this one.
    #[must_use]
    pub fn causation_id(&self) -> CausationId {
        CausationId::from_bytes(self.id(3))
    }

    /// When it happened.
    #[must_use]
    pub fn occurred_at(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.occurred_at_micros()).expect("checked in decode")
    }

    /// Returns the subject of the event.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.text(0)
    }

    /// The stage of processing that the event belongs to.
    #[must_use]
    pub fn stage(&self) -> &str {
        self.text(1)
    }

    /// The service that wrote the event.
    #[must_use]
    pub fn source(&self) -> &str {
        self.text(2)
    }

    /// Who gave the command.
    #[must_use]
    pub fn actor(&self) -> &str {
        self.text(3)
    }

    /// The trace it was written in, if there was one.
    #[must_use]
    pub fn traceparent(&self) -> Option<&str> {
        Some(self.text(4)).filter(|text| !text.is_empty())
    }

    /// The fingerprint of the command's body, where it is known.
    #[must_use]
    pub fn fingerprint(&self) -> Option<CommandFingerprint> {
        let fingerprint = self.0.last_chunk().filter(|_| self.0[0] == FINGERPRINTED);
        fingerprint.copied().map(CommandFingerprint::from_bytes)
    }

    /// All fields, each of its own.
    ///
    /// # Errors
    /// [`NameError`] where a text breaks a rule that came after it was written.
    pub fn to_metadata(&self) -> Result<EventMetadata, NameError> {
        self.fields().to_metadata()
    }

    fn fields(&self) -> MetadataFields<'_> {
        MetadataFields {
            event_id: self.event_id(),
            command_id: self.command_id(),
            correlation_id: self.correlation_id(),
            causation_id: self.causation_id(),
            occurred_at: self.occurred_at(),
            subject: self.subject(),
            stage: self.stage(),
            source: self.source(),
            actor: self.actor(),
            traceparent: self.traceparent(),
            fingerprint: self.fingerprint(),
        }
    }

    /// All texts, one behind the other.
    fn texts(&self) -> &[u8] {
        let fingerprint = if self.0[0] == FINGERPRINTED {
            FINGERPRINT
        } else {
            0
        };
        &self.0[TEXTS..self.0.len() - fingerprint]
    }

    fn id(&self, index: usize) -> [u8; 16] {
        let start = 1 + index * 16;
        self.0[start..start + 16].try_into().expect("sixteen bytes")
    }

    fn occurred_at_micros(&self) -> i64 {
        i64::from_be_bytes(
            self.0[OCCURRED_AT..LENGTHS]
                .try_into()
                .expect("eight bytes"),
        )
    }

    fn text(&self, index: usize) -> &str {
        let lengths = &self.0[LENGTHS..TEXTS];
        let start = TEXTS
            + lengths[..index]
                .iter()
                .map(|&len| usize::from(len))
                .sum::<usize>();
        let bytes = &self.0[start..start + usize::from(lengths[index])];
        std::str::from_utf8(bytes).expect("checked in decode")
    }
}

impl From<&EventMetadata> for EncodedMetadata {
    fn from(metadata: &EventMetadata) -> Self {
        Self::of(&metadata.fields())
    }
}

impl fmt::Debug for EncodedMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedMetadata")
            .field("event_id", &self.event_id())
            .field("subject", &self.subject())
            .field("stage", &self.stage())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn metadata() -> EventMetadata {
        let command_id = CommandId::derive(&[7; 16], "metadata");
        EventMetadata {
            event_id: command_id.event_id(0),
            command_id,
            correlation_id: command_id.into(),
            causation_id: command_id.event_id(1).into(),
            occurred_at: "2026-03-09T10:00:00.000001+09:00".parse().unwrap(),
            subject: Subject::new("2026-000123").unwrap(),
            stage: Stage::new("receipt").unwrap(),
            source: ServiceName::new("portal").unwrap(),
            actor: ActorId::new("담당자-17").unwrap(),
            traceparent: Some(
                TraceParent::new("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                    .unwrap(),
            ),
            fingerprint: None,
        }
    }

    fn fingerprinted() -> EventMetadata {
        EventMetadata {
            fingerprint: CommandFingerprint::of(&"approve"),
            ..metadata()
        }
    }

    fn bytes(metadata: &EventMetadata) -> Vec<u8> {
        EncodedMetadata::from(metadata).as_bytes().to_vec()
    }

    #[test]
    fn all_fields_read_back() {
        for metadata in [
            metadata(),
            fingerprinted(),
            EventMetadata {
                traceparent: None,
                ..metadata()
            },
        ] {
            let encoded = EncodedMetadata::decode(bytes(&metadata).into()).unwrap();
            assert_eq!(encoded.to_metadata().unwrap(), metadata);
        }
    }

    #[test]
    fn the_layout_is_frozen() {
        let hex: String = bytes(&metadata())
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(hex.len() / 2, 78 + 11 + 7 + 6 + 12 + 55);
        assert!(hex.starts_with("01"), "{hex}");
        assert!(
            hex.contains(&format!("{:016x}", 1_773_018_000_000_001_i64)),
            "{hex}"
        );
        assert!(hex.contains("0b07060c37"), "five lengths: {hex}");
    }

    #[test]
    fn damaged_bytes_are_refused_at_every_length() {
        for whole in [bytes(&metadata()), bytes(&fingerprinted())] {
            for length in 0..whole.len() {
                assert!(EncodedMetadata::decode(Bytes::copy_from_slice(&whole[..length])).is_err());
            }
            let longer = [whole.as_slice(), b"x"].concat();
            assert!(EncodedMetadata::decode(longer.into()).is_err());
        }
        let newer = [&[3], &bytes(&metadata())[1..]].concat();
        let error = EncodedMetadata::decode(newer.into())
            .unwrap_err()
            .to_string();
        assert!(error.contains("update the program"), "{error}");
    }

    /// A reader that waits for a newer program would wait endlessly.
    #[test]
    fn a_text_is_of_no_layout_and_of_no_newer_program() {
        for foreign in ["{}", r#"{"source":"batch"}"#, " ", "\0"] {
            let error = EncodedMetadata::decode(foreign.into()).unwrap_err();
            assert!(!error.is_newer, "{foreign}: {error}");
        }
    }

    #[test]
    fn a_check_finds_every_text_that_breaks_a_rule() {
        let plain = EventMetadata {
            traceparent: None,
            actor: ActorId::new("officer-17").unwrap(),
            ..metadata()
        };
        for sound in [&metadata(), &plain] {
            assert_eq!(EncodedMetadata::from(sound).check(), Ok(()));
        }
        let check = |bytes: Vec<u8>| EncodedMetadata::decode(bytes.into()).unwrap().check();
        let mut blank = bytes(&plain);
        blank[TEXTS] = b' ';
        assert!(check(blank).is_err());
        let mut empty = bytes(&plain);
        empty[LENGTHS] = 0;
        empty.drain(TEXTS..TEXTS + 11);
        assert!(check(empty).is_err());
    }

    /// Else all events of an officer with such an id would become dead letters.
    #[test]
    fn ids_that_are_not_taken_any_more_are_read() {
        let old = EventMetadata {
            actor: ActorId::stored("o_👩\u{200d}⚖").unwrap(),
            subject: Subject::new("n\u{303}").unwrap(),
            ..metadata()
        };
        let encoded = EncodedMetadata::decode(bytes(&old).into()).unwrap();
        assert_eq!(encoded.check(), Ok(()));
        assert_eq!(encoded.to_metadata().unwrap(), old);
    }

    #[test]
    fn a_traceparent_is_checked() {
        for bad in [
            "",
            "00",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert!(TraceParent::new(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_decoding_panic(noise: Vec<u8>, at in 0..150_usize, flip: u8) {
            let _ = EncodedMetadata::decode(noise.into());
            let mut damaged = bytes(&metadata());
            let at = at % damaged.len();
            damaged[at] ^= flip;
            if let Ok(encoded) = EncodedMetadata::decode(damaged.into()) {
                let _ = (encoded.to_metadata(), format!("{encoded:?}"));
            }
        }
    }
}
