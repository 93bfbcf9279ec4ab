//! Decoders of several versions of a program.

use minwon_core::{
    CodecError, DecoderFingerprint, EventDecoder, EventType, GlobalPosition, NewEvent,
    RecordedEvent, SchemaVersion,
};

use super::{Log, numbered, stream};

/// Reads numbers in every form up to the one that it knows. From the second on it can read `x17`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Versioned(pub(crate) u16);

#[derive(Debug, thiserror::Error)]
#[error("this version does not know the event")]
pub(crate) struct Unread(#[source] pub(crate) CodecError);

/// The error of a program of version `known` for an event that a newer one wrote.
pub(crate) fn newer(known: u16) -> CodecError {
    CodecError::NewerVersion {
        name: "GeneralFiled".into(),
        found: SchemaVersion::new(known).next(),
        known: SchemaVersion::new(known),
    }
}

impl EventDecoder for Versioned {
    type Event = u64;
    type Error = Unread;

    fn decode(&self, event: &RecordedEvent) -> Result<u64, Unread> {
        if event.schema_version.get() > self.0 {
            return Err(Unread(newer(self.0)));
        }
        let text = std::str::from_utf8(&event.payload).unwrap();
        let text = match text.strip_prefix('x') {
            Some(rest) if self.0 > 1 => rest,
            _ => text,
        };
        let unknown = |_| CodecError::UnknownType { name: text.into() };
        text.parse().map_err(|error| Unread(unknown(error)))
    }

    fn fingerprint(&self) -> Option<DecoderFingerprint> {
        Some(DecoderFingerprint::of(self.0.to_be_bytes()))
    }
}

impl Log {
    /// The next event of a petition, as a program of the second version writes it.
    pub(crate) fn append_newer(&self, petition: &str, number: u64) -> GlobalPosition {
        let schema_version = SchemaVersion::new(2);
        let event = numbered(petition, number, number);
        self.write(
            stream(petition),
            NewEvent {
                schema_version,
                ..event
            },
        )
    }

    /// A dead letter as a program of the second version writes it: nobody of the first goes on
    /// without knowing what it says.
    pub(crate) fn append_newer_letter(&self) -> GlobalPosition {
        let mut event = numbered("p-0", 1 << 41, 0);
        event.event_type = EventType::new("DeadLetterAdded").unwrap();
        event.schema_version = SchemaVersion::new(2);
        self.write("general_DeadLetters-Opened.DLQ".parse().unwrap(), event)
    }

    /// The next event of a petition, in words.
    pub(crate) fn append_saying(&self, petition: &str, text: &'static str) -> GlobalPosition {
        let mut event = numbered(petition, 1 << 40, self.head().commit());
        event.payload = text.into();
        self.write(stream(petition), event)
    }
}
