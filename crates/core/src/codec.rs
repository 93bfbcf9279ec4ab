//! Between events as types and events as stored names and JSON bytes.

mod plain;

use std::{borrow::Cow, error::Error, marker::PhantomData};

pub use self::plain::PlainEvent;
use crate::{
    event::{EventFault, FaultKind, RecordedEvent, SchemaVersion},
    projection::{DecoderFingerprint, EventDecoder},
    text::{EventType, NameError, check_word},
    upcast::Upcasters,
};

/// The stored form of one kind of event: part of a file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventShape {
    /// The name without its prefix, for example `ApplicationSubmitted`.
    pub name: &'static str,
    /// The form in which it is written today.
    pub version: SchemaVersion,
    /// The stage of processing that such an event belongs to.
    pub stage: &'static str,
}

/// An enum of events that can be stored: one that serde derives, which is a [`PlainEvent`], or one with a
/// struct and a row of a table for each event, which [`stored_events!`](crate::stored_events) writes.
pub trait StoredEvent: Sized {
    /// Every kind of event, each name once.
    fn shapes() -> Vec<EventShape>;

    /// The form in which the event with this unprefixed name is written today; none where no event has
    /// this name.
    fn known_version(name: &str) -> Option<SchemaVersion>;

    /// The kind of this event.
    fn shape(&self) -> EventShape;

    /// Writes the payload as JSON.
    ///
    /// # Errors
    /// The error of `serde_json`; a plain struct never fails.
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error>;

    /// Reads the payload of the event with this unprefixed name, in today's form.
    ///
    /// # Errors
    /// The error of `serde_json`. `None` where no event has this name.
    fn from_json(name: &str, json: &[u8]) -> Option<Result<Self, serde_json::Error>>;
}

/// Why an event could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The store could not read the event, and marked it.
    #[error("the store could not read the event")]
    Marked(#[source] Box<EventFault>),
    /// The name begins with another prefix: the event belongs on another category's stream.
    #[error("event {name} does not begin with {prefix}; it belongs to another category")]
    ForeignPrefix {
        /// The stored name.
        name: String,
        /// The prefix of this category.
        prefix: String,
    },
    /// No event has this name.
    #[error("event type {name} is unknown; a newer program wrote it, or an upcaster is missing")]
    UnknownType {
        /// The stored name.
        name: String,
    },
    /// A newer program wrote this form.
    #[error("{name} has schema version {found}, this program knows {known}; update the program")]
    NewerVersion {
        /// The stored name.
        name: String,
        /// The form found.
        found: SchemaVersion,
        /// The newest form known.
        known: SchemaVersion,
    },
    /// An old form that no upcaster lifts.
    #[error("no upcaster leads from schema version {found} of {name} to version {known}")]
    NoUpcaster {
        /// The name without its prefix.
        name: String,
        /// The form found.
        found: SchemaVersion,
        /// Today's form.
        known: SchemaVersion,
    },
    /// The payload is not what the form promises.
    #[error("the payload of {name} (schema version {version}) does not fit its form")]
    Payload {
        /// The stored name.
        name: String,
        /// The form it was read in.
        version: SchemaVersion,
        /// The cause, with line and column.
        #[source]
        source: serde_json::Error,
    },
}

impl CodecError {
    /// The first error of this type among `error` and its causes.
    #[must_use]
    pub fn among<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            // A boxed cause is another type, and passes itself over when it is asked for its own.
            let boxed = error.downcast_ref::<Box<Self>>().map(AsRef::as_ref);
            if let Some(found) = error.downcast_ref().or(boxed) {
                return Some(found);
            }
            cause = error.source();
        }
        None
    }

    /// Returns whether a newer program wrote the event: a program of that version can read it.
    #[must_use]
    pub fn is_newer(&self) -> bool {
        match self {
            Self::Marked(fault) => fault.kind == FaultKind::Newer,
            Self::NewerVersion { .. } => true,
            _ => false,
        }
    }
}

/// The stored name, form and JSON of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedEvent {
    /// Name with prefix.
    pub event_type: EventType,
    /// Form and stage.
    pub shape: EventShape,
    /// Payload.
    pub json: Vec<u8>,
}

/// Writes and reads the events of one category: prefix in front, old forms lifted.
#[derive(Debug, Clone)]
pub struct EventCodec {
    prefix: String,
    upcasters: Upcasters,
}

impl EventCodec {
    /// A codec whose event names begin with `prefix`, for example `Car`.
    ///
    /// # Errors
    /// [`NameError`] where the prefix is no word of ASCII letters and digits.
    pub fn new(prefix: &str, upcasters: Upcasters) -> Result<Self, NameError> {
        check_word("event prefix", prefix)?;
        Ok(Self {
            prefix: prefix.to_owned(),
            upcasters,
        })
    }

    pub(crate) fn with_upcasters(self, upcasters: Upcasters) -> Self {
        Self { upcasters, ..self }
    }

    /// The stored name of the events with this shape.
    #[must_use]
    pub fn event_type(&self, shape: EventShape) -> EventType {
        EventType::new(format!("{}{}", self.prefix, shape.name)).expect("two words make a word")
    }

    /// Writes `event` in today's form.
    ///
    /// # Errors
    /// [`CodecError::Payload`] where the payload cannot be JSON.
    pub fn encode<E: StoredEvent>(&self, event: &E) -> Result<EncodedEvent, CodecError> {
        let shape = event.shape();
        let event_type = self.event_type(shape);
        match event.to_json() {
            Ok(json) => Ok(EncodedEvent {
                event_type,
                shape,
                json,
            }),
            Err(source) => Err(CodecError::Payload {
                name: event_type.as_str().to_owned(),
                version: shape.version,
                source,
            }),
        }
    }

    /// Returns a fingerprint that distinguishes codecs that can read different forms; see
    /// [`EventDecoder::fingerprint`](crate::EventDecoder::fingerprint).
    #[must_use]
    pub fn fingerprint<E: StoredEvent>(&self) -> DecoderFingerprint {
        let shapes = E::shapes();
        let forms = shapes.iter().map(|shape| (shape.name, shape.version));
        let mut forms: Vec<_> = forms.chain(self.upcasters.forms()).collect();
        forms.sort_unstable();
        DecoderFingerprint::of(format!("{}{forms:?}", self.prefix))
    }

    /// Reads recorded events for projections and reactors.
    #[must_use]
    pub fn decoder<E: StoredEvent>(&self) -> CodecDecoder<E> {
        CodecDecoder {
            codec: self.clone(),
            events: PhantomData,
        }
    }

    /// Decodes a recorded event, lifting an old form first. The one way to read what came from a
    /// store: an event that the store marked as unreadable is an error here.
    ///
    /// # Errors
    /// [`CodecError`]; the payload is never guessed at.
    pub fn read<E: StoredEvent>(&self, event: &RecordedEvent) -> Result<E, CodecError> {
        if let Some(fault) = &event.fault {
            return Err(CodecError::Marked(fault.clone()));
        }
        let name = event.event_type.as_str();
        self.decode(name, event.schema_version, &event.payload)
    }

    /// Reads an event from its parts, lifting an old form first.
    ///
    /// # Errors
    /// [`CodecError`]; the payload is never guessed at.
    pub fn decode<E: StoredEvent>(
        &self,
        event_type: &str,
        version: SchemaVersion,
        json: &[u8],
    ) -> Result<E, CodecError> {
        let name =
            event_type
                .strip_prefix(&self.prefix)
                .ok_or_else(|| CodecError::ForeignPrefix {
                    name: event_type.into(),
                    prefix: self.prefix.clone(),
                })?;
        // The common case first: today's form goes straight into its struct.
        let (name, version, json) = match E::known_version(name) {
            Some(known) if known == version => (Cow::Borrowed(name), version, Cow::Borrowed(json)),
            Some(known) if known < version => {
                return Err(CodecError::NewerVersion {
                    name: event_type.into(),
                    found: version,
                    known,
                });
            }
            _ => self.upcasters.lift(name, version, json, E::known_version)?,
        };
        let payload_error = |source| CodecError::Payload {
            name: event_type.into(),
            version,
            source,
        };
        E::from_json(&name, &json)
            .ok_or_else(|| CodecError::UnknownType {
                name: event_type.into(),
            })?
            .map_err(payload_error)
    }
}

/// Reads the events of one aggregate as its codec does.
///
/// Made by [`EventCodec::decoder`].
#[derive(Debug, Clone)]
pub struct CodecDecoder<E> {
    codec: EventCodec,
    events: PhantomData<fn() -> E>,
}

impl<E: StoredEvent + Send + Sync + 'static> EventDecoder for CodecDecoder<E> {
    type Event = E;
    type Error = CodecError;

    fn decode(&self, event: &RecordedEvent) -> Result<E, CodecError> {
        self.codec.read(event)
    }

    fn fingerprint(&self) -> Option<DecoderFingerprint> {
        Some(self.codec.fingerprint::<E>())
    }
}

/// Declares an enum of events with the stored name, schema version and stage of each.
///
/// This table is a file format: names never change, and a changed payload needs a new version
/// and an upcaster.
///
/// ```
/// # use serde::{Serialize, Deserialize};
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
/// pub struct Opened { by: String }
///
/// minwon_core::stored_events! {
///     /// What happens to a door.
///     #[derive(Debug, Clone, PartialEq)]
///     pub enum DoorEvent {
///         Opened(Opened) = "DoorOpened", 1, "use",
///     }
/// }
/// /// assert_eq!(DoorEvent::SHAPES[0].name, "DoorOpened");
/// ```
#[macro_export]
macro_rules! stored_events {
    (
        $(#[$meta:meta])*
        $vis:vis enum $events:ident {
            $( $(#[$event_meta:meta])* $event:ident($payload:ty) = $name:literal, $version:literal, $stage:literal, )+
        }
    ) => {
        $(#[$meta])*
        $vis enum $events {
            $( #[doc = concat!("`", $name, "`.")] $(#[$event_meta])* $event($payload), )+
        }

        impl $events {
            /// Every kind of event, each name once.
            $vis const SHAPES: &'static [$crate::EventShape] = &[
                $( $crate::EventShape {
                    name: $name,
                    version: $crate::SchemaVersion::new($version),
                    stage: $stage,
                }, )+
            ];
        }

        impl $crate::StoredEvent for $events {
            fn shapes() -> Vec<$crate::EventShape> {
                Self::SHAPES.to_vec()
            }

            fn known_version(name: &str) -> Option<$crate::SchemaVersion> {
                let known = Self::SHAPES.iter().find(|shape| shape.name == name);
                known.map(|shape| shape.version)
            }

            fn shape(&self) -> $crate::EventShape {
                match self {
                    $( Self::$event(_) => $crate::EventShape {
                        name: $name,
                        version: $crate::SchemaVersion::new($version),
                        stage: $stage,
                    }, )+
                }
            }

            fn to_json(&self) -> Result<Vec<u8>, $crate::json::Error> {
                match self {
                    $( Self::$event(payload) => $crate::json::to_vec(payload), )+
                }
            }

            fn from_json(name: &str, json: &[u8]) -> Option<Result<Self, $crate::json::Error>> {
                Some(match name {
                    $( $name => $crate::json::from_slice(json).map(Self::$event), )+
                    _ => return None,
                })
            }
        }

        $(
            impl From<$payload> for $events {
                fn from(payload: $payload) -> Self {
                    Self::$event(payload)
                }
            }
        )+
    };
}
