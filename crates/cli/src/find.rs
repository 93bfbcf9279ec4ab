//! Events of a trace, a request or a subject, found by the index of messages or looked for through the log.

use std::num::NonZeroU32;

use minwon::{
    ListPart, QueryError, ReadModels, StoreErrorKind, SystemClock, TraceParent,
    engine::{
        EventStore as _, GlobalPosition, MESSAGES_MAX, Message, MessageFilter, MessageReader,
        RecordedEvent, TraceId,
    },
    foreign_text,
    operator::api::{EventLine, FoundBy, Payload},
};
use serde_json::json;

use crate::{
    events,
    failure::{Failure, Found},
    options::{Find, Wanted},
    output::{Out, complain},
    place::Place,
    progress::Progress,
};

/// Events read at a time.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1_000).expect("not 0");

/// Reads the id of a trace, or a whole traceparent.
pub(crate) fn trace_id(text: &str) -> Result<TraceId, String> {
    if let Ok(whole) = text.parse::<TraceParent>() {
        return Ok(TraceId::from(&whole));
    }
    let advice = "write the 32 lower-case hexadecimal digits of a trace, or a whole traceparent";
    text.parse().map_err(|_| advice.to_owned())
}

impl Wanted {
    /// What is wanted, within these bounds.
    fn filter(&self, bounds: MessageFilter) -> MessageFilter {
        let mut filter = bounds.types(self.types.iter().cloned());
        if let Some(trace) = &self.trace {
            filter = filter.trace(trace.clone());
        }
        if let Some(id) = self.correlation {
            filter = filter.correlation(id);
        }
        if let Some(source) = &self.source {
            filter = filter.service(source.clone());
        }
        match &self.subject {
            Some(subject) => filter.subject(subject.clone()),
            None => filter,
        }
    }
}

/// What was found so far.
pub(crate) struct Finding<'a> {
    pub(crate) find: &'a Find,
    out: Out,
    found: u64,
    /// Events that were looked at one by one.
    pub(crate) looked_at: u64,
    pub(crate) unreadable: u64,
    /// Whether there may be more of these.
    pub(crate) more_unreadable: bool,
}

pub(crate) async fn run(place: &Place, find: &Find, out: Out) -> Result<Found, Failure> {
    let head = place.store.head().await?;
    let until = find.until.map_or(head, |until| until.min(head));
    let mut finding = Finding::of(find, out);
    let indexed = match find.scan {
        true => None,
        false => by_index(place, &mut finding, until).await?,
    };
    // What the index does not have yet is looked for in the log.
    let after = indexed.unwrap_or(find.after).max(find.after);
    by_scan(place, &mut finding, after, until).await?;
    Ok(finding.told(indexed, until))
}

/// Prints what the indexes have, up to where all of them know the log, and returns where that is. None
/// where there is a namespace without an index that answers.
async fn by_index(
    place: &Place,
    finding: &mut Finding<'_>,
    until: GlobalPosition,
) -> Result<Option<GlobalPosition>, Failure> {
    let Some(read_models) = &place.read_models else {
        return Ok(None);
    };
    let (mut messages, mut known) = (Vec::new(), until);
    for name in place.namespaces().await? {
        let reader = MessageReader::new(name.clone(), read_models.clone(), SystemClock);
        match finding.ask(&reader, until, &mut messages).await {
            Ok(as_of) => known = known.min(as_of),
            Err(QueryError::Rebuilding { .. } | QueryError::OtherFold { .. }) => {
                return Ok(None);
            }
            Err(error) => {
                let causes: Vec<_> = foreign_text::causes(&error).collect();
                let causes = causes.join(": ");
                complain(&format!("{name}: {causes}; the log is read instead"));
                return Ok(None);
            }
        }
    }
    messages.sort_by_key(|message| message.position);
    messages.retain(|message| message.position <= known);
    for message in messages {
        if finding.is_enough() {
            break;
        }
        let page = place
            .store
            .read_stream(&message.stream, message.version, NonZeroU32::MIN);
        let event = match page.await {
            Err(error) if error.kind() == StoreErrorKind::Truncated => None,
            page => page?.events.into_iter().next(),
        };
        match event.filter(|event| event.id() == message.id) {
            Some(event) => finding.print(&finding.line(&event, FoundBy::Index))?,
            None => astray(&format!("{} at {}", message.id, message.position)),
        }
    }
    Ok(Some(known))
}

/// Looks through the log.
async fn by_scan(
    place: &Place,
    finding: &mut Finding<'_>,
    mut after: GlobalPosition,
    until: GlobalPosition,
) -> Result<(), Failure> {
    let (events, progress) = (place.events().await?, Progress::new());
    let filter = finding.find.wanted.filter(MessageFilter::default());
    while after < until && !finding.is_enough() {
        let page = place.store.read_all(after, &events, PAGE_EVENTS).await?;
        for event in page.events {
            if event.position > until || finding.is_enough() {
                return Ok(());
            }
            finding.looked_at += 1;
            finding.unreadable += u64::from(event.fault.is_some());
            if filter.means_event(&event) {
                finding.print(&finding.line(&event, FoundBy::Scan))?;
            }
        }
        after = page.position;
        finding.tell_progress(&progress, after);
        if page.is_end {
            break;
        }
    }
    Ok(())
}

/// Complains of an event that the index has and the log has not.
pub(crate) fn astray(event: &str) {
    complain(&format!(
        "the index knows of event {event}, which the log does not have; `minwon verify` compares them"
    ));
}

impl<'a> Finding<'a> {
    pub(crate) const fn of(find: &'a Find, out: Out) -> Self {
        Self {
            find,
            out,
            found: 0,
            looked_at: 0,
            unreadable: 0,
            more_unreadable: false,
        }
    }

    fn line(&self, event: &RecordedEvent, by: FoundBy) -> EventLine {
        EventLine::of(event, Payload::shown_if(self.find.payload)).found_by(by)
    }

    /// Adds what one index has, as much as may be shown. Returns up to where it knows the log.
    async fn ask(
        &mut self,
        reader: &MessageReader<ReadModels, SystemClock>,
        until: GlobalPosition,
        messages: &mut Vec<Message>,
    ) -> Result<GlobalPosition, QueryError> {
        let bounds = MessageFilter::default().after(self.find.after).up_to(until);
        let unreadable = bounds.clone().unreadable();
        let part = ListPart::first(MESSAGES_MAX);
        let page = reader.page(&unreadable, &part).await?;
        self.unreadable += page.value.messages.len() as u64;
        self.more_unreadable |= page.value.next.is_some();
        let (wanted, mut part, mut of_this) = (self.find.wanted.filter(bounds), part, 0);
        let mut known = page.as_of.position;
        loop {
            let page = reader.page(&wanted, &part).await?;
            known = known.min(page.as_of.position);
            let readable = page
                .value
                .messages
                .into_iter()
                .filter(|it| it.fault.is_none());
            let before = messages.len();
            messages.extend(readable);
            of_this += messages.len() - before;
            match page.value.next {
                Some(next) if (of_this as u64) < self.find.found_max => part = part.after(next),
                _ => return Ok(known),
            }
        }
    }

    pub(crate) fn tell_progress(&self, progress: &Progress, after: GlobalPosition) {
        let found = self.found;
        progress.show(format_args!(
            "looked through the log up to {after}, found {found}"
        ));
    }

    pub(crate) const fn is_enough(&self) -> bool {
        self.found >= self.find.found_max
    }

    pub(crate) fn print(&mut self, event: &EventLine) -> Result<(), Failure> {
        self.out.print(|| json!(event), || events::text(event))?;
        self.found += 1;
        if self.is_enough() {
            let (found, position) = (self.found, event.position);
            complain(&format!(
                "{found} events were found, and that is enough; for more write --after {position}"
            ));
        }
        Ok(())
    }

    pub(crate) fn told(&self, indexed: Option<GlobalPosition>, until: GlobalPosition) -> Found {
        if self.unreadable > 0 {
            let more = if self.more_unreadable {
                " and more"
            } else {
                ""
            };
            complain(&format!(
                "{}{more} events could not be read, and what they say is not known; `minwon check` names the first",
                self.unreadable
            ));
        }
        if self.found == 0 {
            let looked_at = self.looked_at;
            complain(&match indexed {
                Some(known) if looked_at == 0 => {
                    let known = known.min(until);
                    format!("none of the events is meant, says the index of messages up to {known}")
                }
                Some(known) => format!(
                    "none of the events is meant, says the index of messages up to {known}, nor of the {looked_at} behind"
                ),
                None => format!("none of the {looked_at} events is meant"),
            });
        }
        Found::well_if(self.found > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_named_by_its_id_or_a_traceparent() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        let whole = format!("00-{id}-b7ad6b7169203331-01");
        assert_eq!(trace_id(id).unwrap().as_str(), id);
        assert_eq!(trace_id(&whole).unwrap().as_str(), id);
        for bad in ["", "0af7", &id.to_uppercase(), &format!("{id}-")] {
            assert!(trace_id(bad).is_err(), "{bad}");
        }
    }
}
