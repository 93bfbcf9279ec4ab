//! The log as a read model: where each event stands, so that it is found without reading the log.

mod filter;
mod flow;
mod reader;
mod view;

#[cfg(test)]
mod tests;

use std::{borrow::Cow, fmt, marker::PhantomData};

use minwon_core::{
    DeadLetterEvent, IndexEntry, IndexName, ListName, Projection, ProjectionName, RecordKey,
    RecordedEvent, StreamName, StreamVersion, ViewKey, ViewSchema, key_hash,
};

pub use self::{
    filter::MessageFilter,
    flow::{FlowCause, FlowEdge, MessageKind},
    reader::{Kinds, MESSAGES_MAX, MessagePage, MessageReader, MessageTree, TREE_MESSAGES_MAX},
    view::{Message, MessageView},
};

/// Messages in the order of the log, by what the partition names: see [`list_of`].
const MESSAGES: IndexName = IndexName::new("messages");

/// Which event types and services there are.
const KINDS: IndexName = IndexName::new("message-kinds");

/// The list of all messages.
const ALL: &str = "all";

/// The list of those that cannot be read.
const UNREADABLE: &str = "unreadable";

const TYPE: &str = "type";
const SERVICE: &str = "service";
const SUBJECT: &str = "subject";
const CORRELATION: &str = "request";
const TRACE: &str = "trace";
const CAUSE: &str = "cause";

/// Events of a stream that are kept in one view. Part of the stored format. Unit: events.
///
/// A view is written anew with each of its events, and all of it is read to show one. Nearly all streams
/// have fewer events than this, and so one view.
const VIEW_EVENTS: u64 = 16;

/// Longest stream id that is part of a key as it is. Unit: bytes.
const ID_BYTES_MAX: usize = 100;

/// The index of messages: each event with what it is found by, a few of one stream in a view, or of some whose ids
/// differ in a digit behind a dot.
/// [`MessageReader`] asks it.
///
/// It looks at metadata alone, so it may run beside any other projection, whatever `E` that one's events
/// mean, and has the events that others cannot read. Of what an event says it keeps nothing, nor who gave
/// the command.
pub struct Messages<E> {
    name: ProjectionName,
    events: PhantomData<fn() -> E>,
}

impl<E> Messages<E> {
    /// The name of the read model.
    pub const NAME: &str = "messages";

    /// The fingerprint of views and places.
    pub const SCHEMA: ViewSchema = ViewSchema::new(2);
}

impl<E> Default for Messages<E> {
    fn default() -> Self {
        Self {
            name: ProjectionName::new(Self::NAME).expect("a word"),
            events: PhantomData,
        }
    }
}

impl<E> fmt::Debug for Messages<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Messages").finish_non_exhaustive()
    }
}

impl<E: Send + Sync + 'static> Projection for Messages<E> {
    type Event = E;
    type View = MessageView;

    fn name(&self) -> &ProjectionName {
        &self.name
    }

    fn schema(&self) -> ViewSchema {
        Self::SCHEMA
    }

    fn key_of_stream<'s>(&self, _: &'s StreamName) -> Option<&'s str> {
        None
    }

    fn letter_key<'e>(&self, _: &'e DeadLetterEvent) -> Option<&'e str> {
        None
    }

    fn folds_records(&self) -> bool {
        true
    }

    fn record_key<'e>(&self, event: &'e RecordedEvent) -> RecordKey<'e> {
        let number = event.version.get() / VIEW_EVENTS;
        RecordKey {
            key: key_of(group_of(event.stream.id()), number),
            first: StreamVersion::new(number * VIEW_EVENTS),
        }
    }

    fn apply_record(&self, view: &mut Option<MessageView>, recorded: &RecordedEvent) {
        view.get_or_insert_default().add(Message::of(recorded));
    }

    fn apply(&self, _: &mut Option<MessageView>, _: &E, _: &RecordedEvent) {}

    fn index(&self, _: &ViewKey, view: &MessageView, entries: &mut Vec<IndexEntry>) {
        for message in view.messages() {
            let lists = lists_of(message).into_iter();
            entries.extend(lists.map(|list| IndexEntry::Listed {
                list,
                order: message.position.into(),
            }));
            let (name, service) = (message.event_type.as_str(), message.source.as_str());
            entries.push(IndexEntry::counted(KINDS, TYPE, name));
            entries.push(IndexEntry::counted(KINDS, SERVICE, service));
        }
        entries.extend(flow::cells_of(view));
        entries.sort_unstable();
        entries.dedup();
    }
}

/// What the ids of streams have in common whose events stand together: all before a dot and one digit, as where
/// the attempts for `p-1` are `p-1.1` and so on. What was done about an event so stands beside it. One digit,
/// so that numbers without end make no view without end. Part of the stored format.
fn group_of(id: &str) -> &str {
    match id.as_bytes() {
        [_, .., b'.', b'1'..=b'9'] => &id[..id.len() - 2],
        _ => id,
    }
}

/// The key of the view with this number of the streams of this group. Part of the stored format.
fn key_of(id: &str, number: u64) -> Cow<'_, str> {
    match (id.len() <= ID_BYTES_MAX, number) {
        (true, 0) => id.into(),
        (true, _) => format!("{id}~{number}").into(),
        (false, _) => format!("~{:016x}~{number}", key_hash(id)).into(),
    }
}

/// The lists that a message stands in.
fn lists_of(message: &Message) -> Vec<ListName> {
    let mut lists = vec![
        MESSAGES.list(ALL),
        list_of(TYPE, message.event_type.as_str()),
        list_of(SERVICE, message.source.as_str()),
        list_of(SUBJECT, message.subject.as_str()),
        list_of(CORRELATION, message.correlation_id),
    ];
    lists.extend(message.trace.as_ref().map(|trace| list_of(TRACE, trace)));
    lists.extend(message.cause().map(|cause| list_of(CAUSE, cause)));
    lists.extend(message.fault.map(|_| MESSAGES.list(UNREADABLE)));
    lists
}

/// A list, by the word for what its messages have in common. Part of the stored form.
fn list_of(word: &str, of: impl fmt::Display) -> ListName {
    MESSAGES.list(format!("{word}/{of}"))
}
