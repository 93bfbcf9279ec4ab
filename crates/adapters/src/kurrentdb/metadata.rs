//! The custom metadata of an event: one JSON object, which other programs can read.

use std::{borrow::Cow, str::FromStr};

use memchr::memchr;
use minwon_core::{
    CausationId, CommandFingerprint, CommandId, CorrelationId, EncodedMetadata, EventId,
    MetadataFields, NameError, NewEvent, SchemaVersion, Timestamp,
};
use serde::{Deserialize, Serializer as _, ser::SerializeMap as _};

/// How much the custom metadata repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Every field, and a checksum.
    Full,
    /// As short as can be, for appends that would not fit otherwise.
    Dense,
}

/// The custom metadata. `$correlationId` and `$causationId` are what KurrentDB's own tools look
/// for.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredMetadata<'a> {
    #[serde(rename = "$correlationId")]
    correlation_id: CorrelationId,
    /// Left out of a [dense](Form::Dense) event: then it is the command's id.
    #[serde(rename = "$causationId")]
    causation_id: Option<CausationId>,
    /// Left out of a [dense](Form::Dense) event: then it is the correlation id.
    command_id: Option<CommandId>,
    #[serde(alias = "at")]
    occurred_at: Timestamp,
    #[serde(borrow, alias = "pid")]
    petition_id: Cow<'a, str>,
    #[serde(borrow)]
    stage: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow, alias = "by")]
    actor: Cow<'a, str>,
    /// Left out of a [dense](Form::Dense) event: then it is the first.
    schema_version: Option<SchemaVersion>,
    #[serde(borrow)]
    traceparent: Option<Cow<'a, str>>,
    #[serde(alias = "fp")]
    fingerprint: Option<CommandFingerprint>,
}

/// Writes the custom metadata of an event: in dense form with shorter names, and nothing repeated.
pub(super) fn write(event: &NewEvent, form: Form) -> serde_json::Result<Vec<u8>> {
    let (metadata, version) = (&event.metadata, event.schema_version);
    let (command, cause) = (metadata.command_id, metadata.causation_id);
    let correlation = metadata.correlation_id;
    let is_full = form == Form::Full;
    let name = |full, dense| if is_full { full } else { dense };
    let mut json = Vec::with_capacity(MOSTLY);
    let mut serializer = serde_json::Serializer::new(&mut json);
    let mut fields = serializer.serialize_map(None)?;
    fields.serialize_entry("$correlationId", &correlation)?;
    if is_full || cause != CausationId::from(command) {
        fields.serialize_entry("$causationId", &cause)?;
    }
    if is_full || correlation != CorrelationId::from(command) {
        fields.serialize_entry("commandId", &command)?;
    }
    fields.serialize_entry(name("occurredAt", "at"), &metadata.occurred_at)?;
    fields.serialize_entry(name("petitionId", "pid"), metadata.subject.as_str())?;
    fields.serialize_entry("stage", metadata.stage.as_str())?;
    fields.serialize_entry("source", metadata.source.as_str())?;
    fields.serialize_entry(name("actor", "by"), metadata.actor.as_str())?;
    if is_full || version != SchemaVersion::FIRST {
        fields.serialize_entry("schemaVersion", &version)?;
    }
    if let Some(traceparent) = &metadata.traceparent {
        fields.serialize_entry("traceparent", traceparent.as_str())?;
    }
    if let Some(fingerprint) = metadata.fingerprint {
        fields.serialize_entry(name("fingerprint", "fp"), &fingerprint)?;
    }
    fields.end()?;
    Ok(json)
}

/// A little more than most metadata takes, with its checksum. Unit: bytes.
const MOSTLY: usize = 512;

impl<'a> StoredMetadata<'a> {
    pub(super) fn read(json: &'a [u8]) -> serde_json::Result<Self> {
        match Self::read_plain(json) {
            Some(metadata) => Ok(metadata),
            None => serde_json::from_slice(json),
        }
    }

    /// Reads what stands there just as [`write`] writes it and needs no escape, as nearly all metadata does:
    /// a reader of any JSON takes several times as long. `None` says nothing.
    fn read_plain(json: &'a [u8]) -> Option<Self> {
        let mut fields = PlainFields::new(json)?;
        let metadata = Self {
            correlation_id: fields.parsed("$correlationId")?,
            causation_id: fields.parsed("$causationId"),
            command_id: fields.parsed("commandId"),
            occurred_at: fields
                .parsed("occurredAt")
                .or_else(|| fields.parsed("at"))?,
            petition_id: fields
                .text("petitionId")
                .or_else(|| fields.text("pid"))?
                .into(),
            stage: fields.text("stage")?.into(),
            source: fields.text("source")?.into(),
            actor: fields.text("actor").or_else(|| fields.text("by"))?.into(),
            schema_version: fields.number("schemaVersion").map(SchemaVersion::new),
            traceparent: fields.text("traceparent").map(Cow::Borrowed),
            fingerprint: fields.parsed("fingerprint").or_else(|| fields.parsed("fp")),
        };
        // The checksum is another's concern.
        fields.text("sum");
        fields.is_over().then_some(metadata)
    }

    /// Left out, it is the first.
    pub(super) fn schema_version(&self) -> SchemaVersion {
        self.schema_version.unwrap_or(SchemaVersion::FIRST)
    }

    pub(super) fn encode(&self, event_id: EventId) -> Result<EncodedMetadata, NameError> {
        let command_id = self.command_id;
        let command_id =
            command_id.unwrap_or(CommandId::from_bytes(*self.correlation_id.as_bytes()));
        EncodedMetadata::new(&MetadataFields {
            event_id,
            command_id,
            correlation_id: self.correlation_id,
            causation_id: self.causation_id.unwrap_or_else(|| command_id.into()),
            occurred_at: self.occurred_at,
            subject: &self.petition_id,
            stage: &self.stage,
            source: &self.source,
            actor: &self.actor,
            traceparent: self.traceparent.as_deref(),
            fingerprint: self.fingerprint,
        })
    }
}

/// The fields of a JSON object without white space and escapes, taken one after the other: a field is taken
/// where it is the next one and of the kind that is wanted, and else left.
struct PlainFields<'a> {
    rest: &'a str,
    before: char,
}

impl<'a> PlainFields<'a> {
    fn new(json: &'a [u8]) -> Option<Self> {
        // Without a way out of the middle, it is looked at many bytes at a time.
        let is_escaped = json.iter().fold(false, |is_escaped, byte| {
            is_escaped | (*byte == b'\\') | byte.is_ascii_control()
        });
        let rest = str::from_utf8(json).ok().filter(|_| !is_escaped)?;
        Some(Self { rest, before: '{' })
    }

    /// What stands behind `name`.
    fn value(&self, name: &str) -> Option<&'a str> {
        let rest = self.rest.strip_prefix(self.before)?;
        let rest = rest.strip_prefix('"')?.strip_prefix(name)?;
        rest.strip_prefix("\":")
    }

    fn go_on(&mut self, rest: &'a str) {
        (self.rest, self.before) = (rest, ',');
    }

    fn text(&mut self, name: &str) -> Option<&'a str> {
        self.read(name, Some)
    }

    fn parsed<T: FromStr>(&mut self, name: &str) -> Option<T> {
        self.read(name, |text| text.parse().ok())
    }

    fn read<T>(&mut self, name: &str, read: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        let text = self.value(name)?.strip_prefix('"')?;
        let end = memchr(b'"', text.as_bytes())?;
        let value = read(&text[..end])?;
        self.go_on(&text[end + 1..]);
        Some(value)
    }

    fn number(&mut self, name: &str) -> Option<u16> {
        let value = self.value(name)?;
        let digits = value.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = value.split_at(digits);
        // JSON knows no zeros in front.
        let number = number.parse().ok().filter(|_| !number.starts_with('0'))?;
        self.go_on(rest);
        Some(number)
    }

    fn is_over(&self) -> bool {
        self.rest == "}"
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail so")]
pub(super) mod tests {
    use minwon_core::{ActorId, StreamName, TraceParent, testing::sample_event};
    use proptest::{prelude::*, sample::Index};

    use super::*;
    use crate::kurrentdb::codec::EncodedEvent;

    /// One whose ids all differ, and two with every field, of which one needs escapes.
    pub(in crate::kurrentdb) fn samples() -> [NewEvent; 4] {
        let plain = sample_event("codec");
        let mut apart = plain.clone();
        apart.metadata.correlation_id = CommandId::derive(&[1; 16], "correlation").into();
        apart.metadata.causation_id = CommandId::derive(&[1; 16], "cause").into();
        let mut whole = apart.clone();
        whole.schema_version = SchemaVersion::new(30);
        whole.metadata.actor = ActorId::new("담당자-17").unwrap();
        whole.metadata.fingerprint = CommandFingerprint::of(&"approve");
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        whole.metadata.traceparent = Some(TraceParent::new(trace).unwrap());
        let mut escaped = whole.clone();
        escaped.metadata.actor = ActorId::new("o\"fficer\\17_민원").unwrap();
        [plain, apart, whole, escaped]
    }

    /// As it is sent, with its checksum.
    fn json(event: &NewEvent, form: Form) -> Vec<u8> {
        let stream: StreamName = "general_GeneralApplication-1".parse().unwrap();
        let event = EncodedEvent::new(&stream, event, form);
        event.metadata().to_vec()
    }

    #[test]
    fn both_forms_read_back_exactly() {
        for event in samples() {
            for form in [Form::Full, Form::Dense] {
                let json = json(&event, form);
                let stored = StoredMetadata::read(&json).unwrap();
                assert_eq!(stored.schema_version(), event.schema_version, "{form:?}");
                let encoded = stored.encode(event.id()).unwrap();
                assert_eq!(encoded.to_metadata().unwrap(), event.metadata, "{form:?}");
            }
        }
    }

    #[test]
    fn a_name_that_broke_its_rule_is_refused() {
        for bad in ["", "two words", &"x".repeat(129), &"x".repeat(300)] {
            let mut stored = json(&sample_event("codec"), Form::Full);
            let text = String::from_utf8(std::mem::take(&mut stored)).unwrap();
            let text = text.replace("officer-17", bad);
            let stored = StoredMetadata::read(text.as_bytes()).unwrap();
            assert!(
                stored.encode(EventId::from_bytes([7; 16])).is_err(),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn what_needs_no_escape_is_read_the_short_way() {
        for (event, form) in samples()
            .iter()
            .zip([Form::Full, Form::Dense].into_iter().cycle())
        {
            let is_escaped = event.metadata.actor.as_str().contains('"');
            let json = json(event, form);
            assert_eq!(
                StoredMetadata::read_plain(&json).is_none(),
                is_escaped,
                "{form:?}"
            );
        }
    }

    #[test]
    fn what_is_nearly_as_it_was_written_is_left_to_the_general_reader() {
        let [.., whole, _] = samples();
        let json = String::from_utf8(json(&whole, Form::Full)).unwrap();
        for (part, instead) in [
            (":30", ":030"),
            (":30", ":\"30\""),
            (":30", ":30.0"),
            (":30", ":65536"),
            (":30", ":null"),
            ("{", "{,"),
            ("{", ","),
            (",\"stage\"", "{\"stage\""),
            (",\"stage\"", ",,\"stage\""),
            ("\"stage\"", "\"stage\":\"a\",\"stage\""),
            ("\"stage\"", "\"other\":\"a\",\"stage\""),
            ("담당자", "담\u{1}당자"),
            ("}", ",}"),
            ("}", "}}"),
            ("}", ""),
        ] {
            let changed = json.replace(part, instead);
            assert_ne!(changed, json, "{part}");
            let plain = StoredMetadata::read_plain(changed.as_bytes());
            assert_eq!(plain, None, "{part} {instead}");
        }
    }

    proptest! {
        /// The short way takes nothing that JSON does not say, whatever became of it.
        #[test]
        fn both_ways_read_the_same(
            event in prop::sample::select(samples().to_vec()),
            is_full: bool,
            changes in prop::collection::vec(
                (any::<Index>(), 0..6_usize, "[\"\\\\,:{}0 a-f\u{1}-]{0,3}"),
                0..3,
            ),
        ) {
            let mut json = json(&event, if is_full { Form::Full } else { Form::Dense });
            for (at, length, change) in changes {
                let at = at.index(json.len());
                let end = (at + length).min(json.len());
                json.splice(at..end, change.bytes());
                if json.is_empty() {
                    json.push(b'{');
                }
            }
            if let Some(plain) = StoredMetadata::read_plain(&json) {
                let general: StoredMetadata<'_> = serde_json::from_slice(&json).unwrap();
                prop_assert_eq!(plain, general);
            }
        }
    }
}
