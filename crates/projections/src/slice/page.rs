//! A page of the log.

use std::sync::Arc;

use minwon_core::{
    DeadLetterEvent, DecoderFingerprint, EventDecoder, Failure, GlobalPosition, RecordedEvent,
};

use crate::caught::decode;

type Read<E> = dyn Fn(&RecordedEvent) -> Result<E, Failure> + Send + Sync;

/// A decoder of events, whatever its type.
pub(crate) struct Decode<E> {
    read: Box<Read<E>>,
    /// Of the decoder.
    pub(crate) fingerprint: Option<DecoderFingerprint>,
}

impl<E> Decode<E> {
    pub(crate) fn by(decoder: impl EventDecoder<Event = E>) -> Arc<Self> {
        Arc::new(Self {
            fingerprint: decoder.fingerprint(),
            read: Box::new(move |event| decode(&decoder, event)),
        })
    }

    /// The meaning of an event, or why it cannot be decoded.
    pub(crate) fn read(&self, event: &RecordedEvent) -> Result<E, Failure> {
        (self.read)(event)
    }
}

/// A page of the log, as one projection sees it.
#[derive(Debug)]
pub(crate) struct Page {
    /// Oldest first.
    pub(crate) events: Vec<RecordedEvent>,
    /// One for each of them.
    pub(crate) contents: Vec<Content>,
    /// Everything up to here has been read.
    pub(crate) position: GlobalPosition,
    /// Whether the log had no further event when this was read.
    pub(crate) caught_up: bool,
}

/// The meaning of an event to a projection; with the [hash](minwon_core::key_hash) of its key.
#[derive(Debug)]
pub(crate) enum Content {
    /// The projection does not want it.
    Unwanted,
    /// An event to be decoded by whoever folds it.
    Event(u64),
    /// An event about a dead letter.
    Letter(u64, Box<DeadLetterEvent>),
}

impl Content {
    /// The hash of the key that the event concerns.
    pub(crate) fn hash(&self) -> Option<u64> {
        match self {
            Self::Unwanted => None,
            Self::Event(hash) | Self::Letter(hash, _) => Some(*hash),
        }
    }
}
