//! Dead letters: what a consumer of the log could not handle, what waits behind it, and what
//! somebody decided about it.
//!
//! All of that is events, in a stream per event type: what could not be handled of
//! `GeneralApplicationSubmitted` stands in the stream `GeneralApplicationSubmitted.DLQ` of the
//! namespace. So it is as durable as the log itself, and whoever folds the log again, a rebuild for
//! example, meets the same decisions.
//!
//! The unit that is blocked is (consumer, key): behind a letter of a key, for example a petition,
//! later events of the same key are *parked*, by reference. Those of every other key flow on.

mod book;
mod change;
mod event;

#[cfg(test)]
mod tests;

pub use self::{
    book::{ConsumerLetters, DeadLetterBook, HeldEvent, HeldState, LetterGroup, OpenQueue},
    change::{LetterChange, LetterState},
    event::{
        Added, Compensated, DeadLetterEvent, EventRef, Failure, FailureClass, Parked, QueueOpened,
        Released, RetryFailed, RetryRequested, Skipped,
    },
};
use crate::{
    codec::{CodecError, EventCodec},
    event::RecordedEvent,
    stream::StreamName,
    text::{CategoryName, EventType, NamespaceName},
    upcast::Upcasters,
};

/// How often a consumer tries again to handle an event before it is a dead letter. Default of all
/// consumers; failures of a store do not count.
pub const RETRIES_MAX: u32 = 3;

/// The category of all streams of dead letters.
pub const DEAD_LETTERS: &str = "DeadLetters";

/// The suffix of the event type in the name of its queue.
const QUEUE_SUFFIX: &str = ".DLQ";

/// The stream that lists the queues of a namespace.
const DIRECTORY: &str = "queues";

/// The category of all streams of dead letters.
#[must_use]
pub fn dead_letter_category() -> CategoryName {
    CategoryName::new(DEAD_LETTERS).expect("a word")
}

/// The queue of an event type, for example
/// `general_DeadLetters-GeneralApplicationSubmitted.DLQ`.
#[must_use]
pub fn dead_letter_queue(namespace: &NamespaceName, event_type: &EventType) -> StreamName {
    // An event type has at most 128 bytes; the longest that fits beside the suffix is 124.
    let id: String = event_type
        .as_str()
        .chars()
        .take(crate::text::NAME_BYTES_MAX - QUEUE_SUFFIX.len())
        .chain(QUEUE_SUFFIX.chars())
        .collect();
    StreamName::new(namespace, &dead_letter_category(), &id).expect("a word and a suffix")
}

/// Returns the stream that lists the queues of a namespace: a queue is entered before its first
/// letter.
#[must_use]
pub fn dead_letter_directory(namespace: &NamespaceName) -> StreamName {
    StreamName::new(namespace, &dead_letter_category(), DIRECTORY).expect("a word")
}

/// Returns how events of dead letters are written and read.
#[must_use]
pub fn dead_letter_codec() -> EventCodec {
    EventCodec::new("DeadLetter", Upcasters::default()).expect("a word")
}

/// Returns whether `event` is one of dead letters, whatever it says.
#[must_use]
pub fn is_dead_letter(event: &RecordedEvent) -> bool {
    event.stream.category() == DEAD_LETTERS
}

/// Decodes an event of dead letters.
///
/// # Errors
/// [`CodecError`] where it cannot be read.
pub fn read_dead_letter(
    codec: &EventCodec,
    event: &RecordedEvent,
) -> Result<DeadLetterEvent, CodecError> {
    codec.read(event)
}
