//! What the source hands to the projections: events, each decoded once.

use std::sync::Arc;

use minwon_core::{
    DeadLetterEvent, DecoderFingerprint, EventDecoder, Failure, GlobalPosition, RecordedEvent,
};

use crate::caught::decode;

type Read<E> = dyn Fn(&RecordedEvent) -> Result<E, Failure> + Send + Sync;

/// Reads what events mean.
pub(crate) struct Decode<E> {
    read: Arc<Read<E>>,
    /// Of the decoder.
    pub(crate) fingerprint: Option<DecoderFingerprint>,
}

impl<E> Decode<E> {
    pub(crate) fn by(decoder: impl EventDecoder<Event = E>) -> Self {
        Self {
            fingerprint: decoder.fingerprint(),
            read: Arc::new(move |event| decode(&decoder, event)),
        }
    }

    /// What an event means, or why that cannot be told.
    pub(crate) fn read(&self, event: &RecordedEvent) -> Result<E, Failure> {
        (self.read)(event)
    }
}

impl<E> Clone for Decode<E> {
    fn clone(&self) -> Self {
        Self {
            read: Arc::clone(&self.read),
            fingerprint: self.fingerprint,
        }
    }
}

/// Part of the log, decoded where somebody wants it.
#[derive(Debug)]
pub(crate) struct Batch<E> {
    /// Oldest first.
    pub(crate) events: Vec<RecordedEvent>,
    /// What each of them means.
    pub(crate) decoded: Vec<Decoded<E>>,
    /// Everything up to here has been read.
    pub(crate) position: GlobalPosition,
    /// Whether the log had no further event when this was read.
    pub(crate) caught_up: bool,
}

/// What an event means.
#[derive(Debug)]
pub(crate) enum Decoded<E> {
    /// Nobody wants to know.
    Unwanted,
    Event(E),
    /// It cannot be read. Boxed, since it is rare and large.
    Undecodable(Box<Failure>),
    /// Something about events that were held back.
    Letter(Box<DeadLetterEvent>),
}
