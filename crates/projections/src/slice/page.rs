//! A page of the log, decoded.

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

/// A page of the log, decoded as far as one projection wants it.
#[derive(Debug)]
pub(crate) struct Page<E> {
    /// Oldest first.
    pub(crate) events: Vec<RecordedEvent>,
    /// One for each of them.
    pub(crate) decoded: Vec<Decoded<E>>,
    /// Everything up to here has been read.
    pub(crate) position: GlobalPosition,
    /// Whether the log had no further event when this was read.
    pub(crate) caught_up: bool,
}

/// A decoded event.
#[derive(Debug)]
pub(crate) enum Decoded<E> {
    /// The projection does not want it.
    Unwanted,
    Event(E),
    /// It cannot be read. Boxed, since it is rare and large.
    Undecodable(Box<Failure>),
    /// An event about a dead letter.
    Letter(Box<DeadLetterEvent>),
}
