//! The events of dead letters, in the form they are stored in.

use std::{borrow::Cow, error::Error};

use serde::{Deserialize, Serialize};

use crate::{
    event::RecordedEvent,
    foreign_text,
    id::EventId,
    projection::DecoderFingerprint,
    reactor::ReactionKind,
    stored_events,
    stream::{GlobalPosition, StreamName, StreamVersion},
    text::{ActorId, ConsumerName, EventType, Subject},
};

stored_events! {
    /// The events of dead letters. Stored names begin with `DeadLetter`.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum DeadLetterEvent {
        QueueOpened(QueueOpened) = "QueueOpened", 1, "dead-letter",
        Added(Added) = "Added", 1, "dead-letter",
        Parked(Parked) = "Parked", 1, "dead-letter",
        RetryRequested(RetryRequested) = "RetryRequested", 1, "dead-letter",
        RetryFailed(RetryFailed) = "RetryFailed", 1, "dead-letter",
        Released(Released) = "Released", 1, "dead-letter",
        Skipped(Skipped) = "Skipped", 1, "dead-letter",
        Compensated(Compensated) = "Compensated", 1, "dead-letter",
    }
}

/// Where an event stands that is held back: a reference, never a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRef {
    /// Its place in the log, which is its place among the events held back of its key.
    pub position: GlobalPosition,
    /// Its stream.
    pub stream: StreamName,
    /// Its place there.
    pub version: StreamVersion,
    /// Its identity.
    pub id: EventId,
    /// Its stored name, which says in whose queue it is.
    #[serde(rename = "type")]
    pub event_type: EventType,
    /// The subject of the event. Stored as `petition`, which all subjects were at first.
    #[serde(rename = "petition")]
    pub subject: Subject,
}

impl From<&RecordedEvent> for EventRef {
    fn from(event: &RecordedEvent) -> Self {
        Self {
            position: event.position,
            stream: event.stream.clone(),
            version: event.version,
            id: event.id(),
            event_type: event.event_type.clone(),
            subject: event.subject(),
        }
    }
}

/// Which sort of failure makes a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureClass {
    /// The event cannot be read. Tried once: it reads the same the next time.
    Undecodable,
    /// The store cannot read it: it is foreign, malformed or damaged. Tried once.
    Damaged,
    /// A newer program wrote it. Its key waits, without a letter that anybody has to see to: the
    /// first program that can read it goes on by itself.
    Newer,
    /// It can be read, and the consumer failed to handle it, time and again.
    Handler,
    /// Something that it needs was away for it, time and again, while others had what they needed.
    Unavailable,
}

impl FailureClass {
    /// Its stored word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Damaged => "damaged",
            Self::Newer => "newer",
            Self::Handler => "handler",
            Self::Unavailable => "unavailable",
        }
    }
}

/// The cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Which sort of failure.
    pub class: FailureClass,
    /// The text of the error, causes included, for operators alone; at most 600 characters, and
    /// [masked](foreign_text::masked).
    pub error: String,
    /// The group of all failures of one cause: the innermost cause, each run of digits as `#` but
    /// for the code of a protocol, as in "550 no such mailbox".
    pub group: String,
    /// The decoder that could not read the event, where that is what failed: one with another
    /// fingerprint tries again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoder: Option<DecoderFingerprint>,
}

/// Longest text of a failure. Unit: characters.
const ERROR_CHARS_MAX: usize = 600;
/// Longest name of a group. Unit: characters.
const GROUP_CHARS_MAX: usize = 120;

impl Failure {
    /// A failure with the text of `error` and its causes.
    pub fn new(class: FailureClass, error: &(dyn Error + 'static)) -> Self {
        let causes: Vec<_> = foreign_text::causes(error).collect();
        Self {
            group: group(causes.last().map_or("", String::as_str)),
            ..Self::of_text(class, &causes.join(": "))
        }
    }

    /// A failure that is known by what was said alone, for example by a panic.
    #[must_use]
    pub fn of_text(class: FailureClass, text: &str) -> Self {
        let text = &foreign_text::kept(text);
        Self {
            class,
            error: text.chars().take(ERROR_CHARS_MAX).collect(),
            group: group(text),
            decoder: None,
        }
    }

    /// Notes which decoder could not read the event.
    #[must_use]
    pub fn by(mut self, decoder: Option<DecoderFingerprint>) -> Self {
        self.decoder = decoder;
        self
    }

    /// Returns whether a decoder with this fingerprint may read what could not be read.
    #[must_use]
    pub fn may_pass_with(&self, decoder: Option<DecoderFingerprint>) -> bool {
        match self.class {
            FailureClass::Undecodable => decoder.is_some() && self.decoder != decoder,
            // Without a fingerprint nobody knows: it costs a look to try.
            FailureClass::Newer => decoder.is_none() || self.decoder != decoder,
            FailureClass::Damaged | FailureClass::Unavailable | FailureClass::Handler => false,
        }
    }
}

/// Numbers distinguish subjects, not causes; but the codes of protocols do, as in "550 no such
/// mailbox" or "status 404".
fn group(text: &str) -> String {
    let text = match text.char_indices().nth(GROUP_CHARS_MAX) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    let (mut group, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        group.push_str(before);
        let end = number.find(|c: char| !c.is_ascii_digit());
        let (number, after) = number.split_at(end.unwrap_or(number.len()));
        let seen = &text[..text.len() - after.len() - number.len()];
        group.push_str(if is_status(seen, number, after) {
            number
        } else {
            "#"
        });
        rest = after;
    }
    group.push_str(rest);
    group
}

/// Returns whether `number` is the code of a protocol: of three digits, from 100 to 599, and either
/// the first word of the text or said to be a code by the word before it.
fn is_status(before: &str, number: &str, after: &str) -> bool {
    const SAID_BY: [&str; 5] = ["status", "code", "http", "smtp", "error"];
    let is_word =
        number.len() == 3 && !after.starts_with(|c: char| c.is_alphanumeric() || c == '.');
    if !is_word || !matches!(number.as_bytes()[0], b'1'..=b'5') {
        return false;
    }
    let before = before.trim_end_matches([' ', ':', '=', '(']);
    let word = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next();
    let is_said = |word: &str| SAID_BY.iter().any(|said| word.eq_ignore_ascii_case(said));
    before.is_empty() || word.is_some_and(is_said)
}

/// A queue was opened: from now on it is read with the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueOpened {
    /// Whose queue.
    #[serde(rename = "type")]
    pub event_type: EventType,
}

/// A consumer could not handle an event; its key is blocked from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Added {
    /// Who could not.
    pub consumer: ConsumerName,
    /// The key that is blocked.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// Why.
    pub failure: Failure,
    /// How often it was tried.
    pub attempts: u32,
}

/// An event waits behind a letter of its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parked {
    /// Whose letter.
    pub consumer: ConsumerName,
    /// Its key.
    pub key: String,
    /// Which event.
    pub event: EventRef,
}

/// Somebody wants a letter to be tried again. The consumer does so when it reads this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryRequested {
    /// Whose letter.
    pub consumer: ConsumerName,
    /// Its key.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// Who wants it.
    pub by: ActorId,
}

/// A letter was tried again, in vain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetryFailed {
    /// Whose letter.
    pub consumer: ConsumerName,
    /// Its key.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// Why.
    pub failure: Failure,
    /// How often it was tried this time.
    pub attempts: u32,
    /// The kind of reaction that was tried: the event itself, or making up for it. None where it is
    /// not known: projections compensate nothing, and earlier builds did not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ReactionKind>,
}

/// An event that was held back has been handled, or made up for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// By whom.
    pub consumer: ConsumerName,
    /// Its key.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// The kind of reaction that was done: the event itself, or making up for it. None where it is
    /// not known: projections compensate nothing, and earlier builds did not record it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ReactionKind>,
}

/// Somebody decided that the consumer goes on without this event permanently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// Which consumer.
    pub consumer: ConsumerName,
    /// Its key.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// Who decided.
    pub by: ActorId,
    /// Why.
    pub reason: String,
}

/// Somebody decided that the consumer makes up for this event and goes on without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compensated {
    /// Which consumer.
    pub consumer: ConsumerName,
    /// Its key.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// Who decided.
    pub by: ActorId,
    /// Why.
    pub reason: String,
}

impl DeadLetterEvent {
    /// The event that it speaks of; none where it speaks of a queue.
    #[must_use]
    pub const fn event(&self) -> Option<&EventRef> {
        Some(match self {
            Self::QueueOpened(_) => return None,
            Self::Added(it) => &it.event,
            Self::Parked(it) => &it.event,
            Self::RetryRequested(it) => &it.event,
            Self::RetryFailed(it) => &it.event,
            Self::Released(it) => &it.event,
            Self::Skipped(it) => &it.event,
            Self::Compensated(it) => &it.event,
        })
    }

    /// Consumer and key that it speaks of; none where it speaks of a queue.
    #[must_use]
    pub fn consumer_and_key(&self) -> Option<(&ConsumerName, &str)> {
        Some(match self {
            Self::QueueOpened(_) => return None,
            Self::Added(it) => (&it.consumer, &it.key),
            Self::Parked(it) => (&it.consumer, &it.key),
            Self::RetryRequested(it) => (&it.consumer, &it.key),
            Self::RetryFailed(it) => (&it.consumer, &it.key),
            Self::Released(it) => (&it.consumer, &it.key),
            Self::Skipped(it) => (&it.consumer, &it.key),
            Self::Compensated(it) => (&it.consumer, &it.key),
        })
    }

    /// Whose queue it belongs in.
    #[must_use]
    pub fn event_type(&self) -> Cow<'_, EventType> {
        match (self, self.event()) {
            (_, Some(event)) => Cow::Borrowed(&event.event_type),
            (Self::QueueOpened(opened), _) => Cow::Borrowed(&opened.event_type),
            _ => unreachable!("all but an opened queue speak of an event"),
        }
    }

    /// Who decided it, where somebody did.
    #[must_use]
    pub const fn by(&self) -> Option<&ActorId> {
        match self {
            Self::RetryRequested(it) => Some(&it.by),
            Self::Skipped(it) => Some(&it.by),
            Self::Compensated(it) => Some(&it.by),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_one_cause_are_one_group() {
        #[derive(Debug, thiserror::Error)]
        #[error("petition {0} failed")]
        struct Outer(u32, #[source] std::io::Error);
        let outer = |number| {
            Outer(
                number,
                std::io::Error::other(format!("port {number} is shut")),
            )
        };
        let one = Failure::new(FailureClass::Handler, &outer(17));
        let other = Failure::new(FailureClass::Handler, &outer(2));
        assert_eq!(one.group, "port # is shut");
        assert_eq!(one.group, other.group);
        assert_eq!(one.error, "petition 17 failed: port 17 is shut");
    }

    #[test]
    fn the_code_of_a_protocol_keeps_causes_apart_and_no_other_number_does() {
        let cases = [
            ("550 no such mailbox 17", "550 no such mailbox #"),
            (
                "404 not found: /registers/17",
                "404 not found: /registers/#",
            ),
            ("404", "404"),
            ("451-4.3.0 try later", "451-#.#.# try later"),
            (
                "the register answered with status 503",
                "the register answered with status 503",
            ),
            ("HTTP 404 of 10.0.0.17", "HTTP 404 of #.#.#.#"),
            ("exit code: 137, pid 137", "exit code: 137, pid #"),
            ("status=500", "status=500"),
            // Ids, counts and ports at the beginning or behind other words.
            ("2026-000123 is not known", "#-# is not known"),
            ("17 of 300 failed", "# of # failed"),
            ("port 443 is shut", "port # is shut"),
            ("700 days", "# days"),
            ("404th try", "#th try"),
            ("error 12345", "error #"),
            ("200.5 won", "#.# won"),
        ];
        for (text, expected) in cases {
            let failure = Failure::of_text(FailureClass::Handler, text);
            assert_eq!(failure.group, expected);
        }
    }

    #[test]
    fn a_long_error_is_cut() {
        let failure = Failure::of_text(FailureClass::Undecodable, &"가".repeat(5_000));
        assert_eq!(failure.error.chars().count(), ERROR_CHARS_MAX);
        assert_eq!(failure.group.chars().count(), GROUP_CHARS_MAX);
    }
}
