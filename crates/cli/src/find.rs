//! Events of a trace, a request or a subject, looked for through the log.

use std::{num::NonZeroU32, str::FromStr};

use minwon::{
    TraceParent,
    engine::{EventStore as _, RecordedEvent},
};

use crate::{
    events::{self, Payload},
    failure::{Failure, Found},
    options::{Find, Wanted},
    output::{Out, complain},
    place::Place,
    progress::Progress,
};

/// Events read at a time.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1_000).expect("not 0");

/// The id of a trace: 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TraceId(String);

impl FromStr for TraceId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(whole) = text.parse::<TraceParent>() {
            return Ok(Self(trace_of(whole.as_str()).to_owned()));
        }
        let is_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 32 && text.bytes().all(is_hex) {
            return Ok(Self(text.to_owned()));
        }
        Err(
            "write the 32 lower-case hexadecimal digits of a trace, or a whole traceparent"
                .to_owned(),
        )
    }
}

/// The id of the trace in a traceparent.
fn trace_of(traceparent: &str) -> &str {
    traceparent.split('-').nth(1).unwrap_or_default()
}

impl Wanted {
    fn is(&self, event: &RecordedEvent) -> bool {
        if event.fault.is_some() {
            return false;
        }
        let metadata = &event.metadata;
        let is_traced = |wanted: &TraceId| {
            let traceparent = metadata.traceparent();
            traceparent.is_some_and(|traceparent| trace_of(traceparent) == wanted.0)
        };
        self.trace.as_ref().is_some_and(is_traced)
            || self.correlation == Some(metadata.correlation_id())
            || self
                .subject
                .as_ref()
                .is_some_and(|subject| subject.as_str() == metadata.subject())
    }
}

pub(crate) async fn run(place: &Place, find: &Find, out: Out) -> Result<Found, Failure> {
    let filter = place.events().await?;
    let payload = Payload::shown_if(find.payload);
    let head = place.store.head().await?;
    let until = find.until.map_or(head, |until| until.min(head));
    let progress = Progress::new();
    let (mut after, mut found, mut looked_at, mut unreadable) = (find.after, 0, 0_u64, 0_u64);
    'log: while after < until {
        let page = place.store.read_all(after, &filter, PAGE_EVENTS).await?;
        for event in page.events {
            if event.position > until {
                break 'log;
            }
            looked_at += 1;
            unreadable += u64::from(event.fault.is_some());
            if !find.wanted.is(&event) {
                continue;
            }
            let (json, text) = (
                || events::json(&event, payload),
                || events::text(&event, payload),
            );
            out.print(json, text)?;
            found += 1;
            if found == find.found_max {
                let position = event.position;
                complain(&format!(
                    "{found} events were found, and that is enough; for more write --after {position}"
                ));
                break 'log;
            }
        }
        after = page.position;
        progress.show(format_args!(
            "looked through the log up to {after} of {until}, found {found}"
        ));
        if page.is_end {
            break;
        }
    }
    drop(progress);
    if unreadable > 0 {
        complain(&format!(
            "{unreadable} events could not be read, and what they say is not known; `minwon check` names the first"
        ));
    }
    if found == 0 {
        complain(&format!("none of the {looked_at} events is meant"));
    }
    Ok(Found::well_if(found > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_named_by_its_id_or_a_traceparent() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        let whole = format!("00-{id}-b7ad6b7169203331-01");
        assert_eq!(id.parse(), Ok(TraceId(id.to_owned())));
        assert_eq!(whole.parse(), Ok(TraceId(id.to_owned())));
        for bad in ["", "0af7", &id.to_uppercase(), &format!("{id}-")] {
            assert!(bad.parse::<TraceId>().is_err(), "{bad}");
        }
    }
}
