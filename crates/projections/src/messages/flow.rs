//! Which kinds of events led to which: counted as the index is kept.

use std::collections::{BTreeMap, HashMap};

use minwon_core::{EventType, IndexEntry, IndexName, ServiceName};
use serde::Serialize;

use super::{Message, MessageView};

/// How often what led to what: see [`cells_of`].
const FLOW: IndexName = IndexName::new("message-flow");

/// The one group of these counts.
const EDGES: &str = "edges";

/// Between the words of a count. No name has it. Part of the stored format.
const BETWEEN: char = '\t';

/// The words for causes that are no kind of event. Part of the stored format.
const COMMAND: &str = "command";
const ELSEWHERE: &str = "elsewhere";

/// A kind of event: a type in a category of streams.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct MessageKind {
    /// The category.
    pub category: String,
    /// The type.
    pub event_type: EventType,
}

/// What led to an event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FlowCause {
    /// A command alone.
    Command,
    /// An event of this kind.
    Event(MessageKind),
    /// An event of which the index does not know the kind where it counts: of a stream whose id differs in more than a
    /// digit behind a dot, or one some way before it.
    Elsewhere,
}

/// So many events of a kind that were written by a service, and what led to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FlowEdge {
    /// What led to them.
    pub cause: FlowCause,
    /// Their kind.
    pub effect: MessageKind,
    /// Who wrote them.
    pub service: ServiceName,
    /// How many.
    pub count: u64,
}

impl FlowEdge {
    /// So many events of this kind, written by this service, of this cause.
    #[must_use]
    pub const fn new(
        cause: FlowCause,
        effect: MessageKind,
        service: ServiceName,
        count: u64,
    ) -> Self {
        Self {
            cause,
            effect,
            service,
            count,
        }
    }
}

impl MessageKind {
    fn of(message: &Message) -> (&str, &str) {
        (message.stream.category(), message.event_type.as_str())
    }

    fn read(category: &str, event_type: &str) -> Option<Self> {
        Some(Self {
            category: category.to_owned(),
            event_type: EventType::new(event_type).ok()?,
        })
    }
}

/// The counts of a view. A view is in a count once, and so it is in one for each binary digit of how often
/// it has an edge; the digits of all views add up to all events.
pub(super) fn cells_of(view: &MessageView) -> impl Iterator<Item = IndexEntry> {
    let messages = view.messages();
    let by_id: HashMap<_, _> = messages.iter().map(|it| (*it.id.as_bytes(), it)).collect();
    let mut counts = BTreeMap::<String, u64>::new();
    for effect in messages {
        let cause = by_id.get(effect.causation_id.as_bytes());
        let name = name_of(cause.map(|it| MessageKind::of(it)), effect);
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().flat_map(|(name, count)| {
        let digits = (0..u64::BITS).filter(move |digit| count >> digit & 1 == 1);
        digits.map(move |digit| IndexEntry::counted(FLOW, EDGES, format!("{digit}{BETWEEN}{name}")))
    })
}

fn name_of(cause: Option<(&str, &str)>, effect: &Message) -> String {
    let words = match cause {
        Some((category, event_type)) => [category, event_type],
        None if effect.is_by_command => [COMMAND, ""],
        None => [ELSEWHERE, ""],
    };
    let (category, event_type) = MessageKind::of(effect);
    let words = words
        .into_iter()
        .chain([category, event_type, effect.source.as_str()]);
    words.collect::<Vec<_>>().join(&String::from(BETWEEN))
}

/// The index and the group of the counts.
pub(super) const fn counts() -> (IndexName, &'static str) {
    (FLOW, EDGES)
}

/// The edges that counts say.
pub(super) fn read(counts: impl IntoIterator<Item = (Box<str>, u64)>) -> Vec<FlowEdge> {
    let mut edges = BTreeMap::<_, u64>::new();
    for (member, views) in counts {
        if let Some((digit, ends)) = read_member(&member) {
            let count = edges.entry(ends).or_default();
            *count = count.saturating_add(views.saturating_mul(1 << digit));
        }
    }
    let edges = edges.into_iter().filter(|(_, count)| *count > 0);
    let edge = |((cause, effect, service), count)| FlowEdge {
        cause,
        effect,
        service,
        count,
    };
    edges.map(edge).collect()
}

fn read_member(member: &str) -> Option<(u32, (FlowCause, MessageKind, ServiceName))> {
    let words: Vec<_> = member.split(BETWEEN).collect();
    let &[digit, cause, cause_type, category, event_type, service] = &*words else {
        return None;
    };
    let cause = match (cause, cause_type) {
        (COMMAND, "") => FlowCause::Command,
        (ELSEWHERE, "") => FlowCause::Elsewhere,
        _ => FlowCause::Event(MessageKind::read(cause, cause_type)?),
    };
    let digit = digit.parse().ok().filter(|digit| *digit < u64::BITS)?;
    let effect = MessageKind::read(category, event_type)?;
    Some((digit, (cause, effect, ServiceName::stored(service).ok()?)))
}
