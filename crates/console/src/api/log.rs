//! Events: as they stand in the log or come, and as the index of messages finds them.

use std::{num::NonZeroU32, time::Duration};

use axum::extract::Query;
use minwon::{
    CorrelationId, ListPart, ServiceName,
    engine::{
        EventType, GlobalPosition, MESSAGES_MAX, MessageFilter, RecordedEvent, Subject, TraceId,
    },
    operator::api::{EventLine, FoundBy, LogPart, MessagePart, Payload},
};
use serde::Deserialize;

use super::{Caller, Json, looking::WithPayload};
use crate::{Failure, door::Visitor, record::Deed};

/// Most events in one answer: each may have a payload of 64 KiB.
const EVENTS_MAX: u32 = 100;

/// Most events that one question looks at.
const LOOKED_AT_MAX: u64 = 10_000;

/// Events that are read at a time where most of them are not meant.
const READ: NonZeroU32 = NonZeroU32::new(1_000).expect("not 0");

/// Furthest that one looks back. Unit: events.
const LAST_MAX: u32 = 1_000;

/// Longest that an answer waits for events. Unit: seconds.
const WAIT_MAX: u64 = 30;

/// Which events are meant: those of which all holds that is said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    trace: String,
    correlation: String,
    subject: String,
    /// With commas between them.
    types: String,
    source: String,
}

impl Wanted {
    /// None where nothing is said.
    fn filter(&self) -> Result<Option<MessageFilter>, Failure> {
        let (mut filter, malformed) = (
            MessageFilter::default(),
            Failure::Malformed("malformed-filter"),
        );
        let mut read = || -> Option<()> {
            if let Some(trace) = said(&self.trace) {
                filter = filter.clone().trace(trace.parse::<TraceId>().ok()?);
            }
            if let Some(id) = said(&self.correlation) {
                filter = filter
                    .clone()
                    .correlation(id.parse::<CorrelationId>().ok()?);
            }
            if let Some(subject) = said(&self.subject) {
                filter = filter.clone().subject(Subject::new(subject).ok()?);
            }
            if let Some(types) = said(&self.types) {
                let types = types.split(',').map(EventType::new);
                filter = filter
                    .clone()
                    .types(types.collect::<Result<Vec<_>, _>>().ok()?);
            }
            if let Some(source) = said(&self.source) {
                filter = filter.clone().service(ServiceName::new(source).ok()?);
            }
            Some(())
        };
        read().ok_or(malformed)?;
        Ok(Some(filter).filter(|filter| *filter != MessageFilter::default()))
    }

    /// How it reads on record.
    fn told(&self) -> String {
        let fields = [
            ("trace", &self.trace),
            ("correlation", &self.correlation),
            ("subject", &self.subject),
            ("types", &self.types),
            ("source", &self.source),
        ];
        let said = fields.iter().filter(|(_, text)| !text.is_empty());
        let said: Vec<_> = said.map(|(name, text)| format!("{name}={text}")).collect();
        said.join(" ")
    }
}

fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Which stretch of the log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stretch {
    after: Option<GlobalPosition>,
    /// Where it ends; else at the end of the log.
    until: Option<GlobalPosition>,
    /// Begins with so many events that are there, where nothing is said of `after`.
    last: Option<u32>,
    max: Option<u32>,
    /// How long to wait where there is nothing yet. Unit: seconds.
    wait: u64,
}

/// A stretch of the log, or of what is meant of it. Where there is nothing behind `after`, it waits for a while.
pub(super) async fn log(
    Caller(visitor): Caller,
    Query(wanted): Query<Wanted>,
    Query(stretch): Query<Stretch>,
    Query(with): Query<WithPayload>,
) -> Result<Json<LogPart>, Failure> {
    let (desk, payload, filter) = (&visitor.app.desk, with.of(&visitor)?, wanted.filter()?);
    let after = match (stretch.after, stretch.last) {
        (Some(after), _) => after,
        (None, Some(last)) => desk.before_last(last.min(LAST_MAX)).await?,
        _ => GlobalPosition::START,
    };
    let mut found = Finding {
        visitor: &visitor,
        filter: filter.as_ref(),
        until: stretch.until,
        events_max: stretch.max.unwrap_or(EVENTS_MAX).clamp(1, EVENTS_MAX) as usize,
        events: Vec::new(),
        part: LogPart {
            events: Vec::new(),
            position: after,
            is_end: false,
            looked_at: 0,
            unreadable: 0,
        },
    };
    found.look().await?;
    if found.part.position == after && found.part.is_end && stretch.wait > 0 {
        let place = visitor.app.waits.try_acquire();
        let _place = place.map_err(|_| Failure::TooMany("too-many-waits"))?;
        let wait = Duration::from_secs(stretch.wait.min(WAIT_MAX));
        desk.grown(after, wait).await;
        found.look().await?;
    }
    let Finding {
        events, mut part, ..
    } = found;
    if !events.is_empty() {
        record(&visitor, &wanted, &events, payload).await?;
    }
    let by = filter.is_some().then_some(FoundBy::Scan);
    part.events = events
        .iter()
        .map(|event| line(event, payload, by))
        .collect();
    Ok(Json(part))
}

fn line(event: &RecordedEvent, payload: Payload, by: Option<FoundBy>) -> EventLine {
    let line = EventLine::of(event, payload);
    EventLine { by, ..line }
}

/// Puts on record that these events are looked at.
async fn record(
    visitor: &Visitor,
    wanted: &Wanted,
    events: &[RecordedEvent],
    payload: Payload,
) -> Result<(), Failure> {
    let (first, last) = (events.first(), events.last());
    let place =
        |event: Option<&RecordedEvent>| event.map_or(GlobalPosition::START, |it| it.position);
    let deed = Deed::LookedAtLog {
        from: place(first),
        to: place(last),
        wanted: wanted.told(),
        payload: payload == Payload::Shown,
    };
    visitor.record(deed).await
}

/// What was found of a stretch so far.
struct Finding<'a> {
    visitor: &'a Visitor,
    filter: Option<&'a MessageFilter>,
    until: Option<GlobalPosition>,
    events_max: usize,
    events: Vec<RecordedEvent>,
    part: LogPart,
}

impl Finding<'_> {
    /// Looks until there is enough, or no more.
    async fn look(&mut self) -> Result<(), Failure> {
        let desk = &self.visitor.app.desk;
        let most = NonZeroU32::new(self.events_max as u32).unwrap_or(NonZeroU32::MIN);
        let read = if self.filter.is_some() { READ } else { most };
        self.part.is_end = false;
        while self.part.looked_at < LOOKED_AT_MAX {
            let page = desk.log(self.part.position, read).await?;
            for event in page.events {
                if self.until.is_some_and(|until| event.position > until) {
                    self.part.is_end = true;
                    return Ok(());
                }
                self.part.position = event.position;
                self.part.looked_at += 1;
                self.part.unreadable += u64::from(event.fault.is_some());
                if self.filter.is_none_or(|filter| filter.means_event(&event)) {
                    self.events.push(event);
                    if self.events.len() == self.events_max {
                        return Ok(());
                    }
                }
            }
            self.part.position = page.position.max(self.part.position);
            self.part.is_end = page.is_end;
            if page.is_end || self.until.is_some_and(|until| self.part.position >= until) {
                self.part.is_end = true;
                return Ok(());
            }
        }
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Bounds {
    after: Option<GlobalPosition>,
    until: Option<GlobalPosition>,
    /// The place where a part begins: the `next` of the one before.
    place: String,
}

/// What the index of messages has of what is meant, in the order of the log, up to where it knows that.
pub(super) async fn messages(
    Caller(visitor): Caller,
    Query(wanted): Query<Wanted>,
    Query(bounds): Query<Bounds>,
    Query(with): Query<WithPayload>,
) -> Result<Json<MessagePart>, Failure> {
    let (desk, payload) = (&visitor.app.desk, with.of(&visitor)?);
    let within = |mut filter: MessageFilter| {
        if let Some(after) = bounds.after {
            filter = filter.after(after);
        }
        match bounds.until {
            Some(until) => filter.up_to(until),
            None => filter,
        }
    };
    let no_index = || Failure::Missing("no-index");
    let mut part = MessagePart {
        events: Vec::new(),
        next: None,
        known: GlobalPosition::START,
        unreadable: 0,
        more_unreadable: false,
        astray: Vec::new(),
    };
    let mut rows = ListPart::first(NonZeroU32::new(EVENTS_MAX).unwrap_or(NonZeroU32::MIN));
    match said(&bounds.place) {
        Some(place) => {
            let place = place.parse();
            rows = rows.after(place.map_err(|_| Failure::Malformed("malformed-place"))?);
        }
        None => {
            let unreadable = within(MessageFilter::default()).unreadable();
            let all = ListPart::first(MESSAGES_MAX);
            let answer = desk
                .messages(&unreadable, &all)
                .await
                .ok_or_else(no_index)??;
            part.unreadable = answer.value.messages.len() as u64;
            part.more_unreadable = answer.value.next.is_some();
        }
    }
    let filter = within(wanted.filter()?.unwrap_or_default());
    let answer = desk.messages(&filter, &rows).await.ok_or_else(no_index)??;
    part.known = answer.as_of.position;
    part.next = answer.value.next.map(|next| next.to_string());
    let mut events = Vec::new();
    let readable = answer.value.messages.into_iter();
    for message in readable.filter(|it| it.fault.is_none() && it.position <= part.known) {
        let event = desk.recorded(&message.stream, message.version).await?;
        match event.filter(|event| event.id() == message.id) {
            Some(event) => events.push(event),
            None => part
                .astray
                .push(format!("{} at {}", message.id, message.position)),
        }
    }
    if !events.is_empty() {
        record(&visitor, &wanted, &events, payload).await?;
    }
    let by = Some(FoundBy::Index);
    part.events = events
        .iter()
        .map(|event| line(event, payload, by))
        .collect();
    Ok(Json(part))
}
