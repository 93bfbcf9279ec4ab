//! Events as they are appended.

use std::num::NonZeroU32;

use minwon::{
    Store,
    engine::{EventFilter, EventStore as _, Feed as _, GlobalPosition, RecordedEvent},
    operator::api::{EventLine, Payload},
};
use serde_json::json;

use crate::{
    events,
    failure::{Failure, Found, Usage},
    options::Tail,
    output::Out,
    place::Place,
};

/// Events read at a time.
const BATCH_EVENTS: NonZeroU32 = NonZeroU32::new(1_000).expect("not 0");

/// How many events of a file are shown before those that come.
pub(crate) const LAST: u32 = 10;

pub(crate) async fn run(place: &Place, tail: &Tail, out: Out) -> Result<Found, Failure> {
    let filter = place.events().await?;
    let payload = Payload::shown_if(tail.payload);
    let mut printer = Printer::of(tail, out);
    let mut print = |event: &RecordedEvent| printer.print(&EventLine::of(event, payload));
    let mut after = place.store.head().await?;
    match (tail.after, &place.store, tail.last) {
        (Some(given), ..) => after = given,
        (_, Store::Sqlite(_), last) => {
            for event in last_of(place, &filter, after, last.unwrap_or(LAST)).await? {
                if print(&event)? {
                    return Ok(Found::Well);
                }
            }
        }
        (_, _, None | Some(0)) => {}
        _ => {
            let what = "the last events of a server cannot be counted back; write --after POSITION";
            return Err(Usage::new(what).into());
        }
    }
    let mut feed = place.store.feed(after, filter, BATCH_EVENTS);
    loop {
        for event in feed.next().await?.events {
            if print(&event)? {
                return Ok(Found::Well);
            }
        }
    }
}

/// Prints events until there are enough.
pub(crate) struct Printer {
    out: Out,
    left: u64,
}

impl Printer {
    pub(crate) fn of(tail: &Tail, out: Out) -> Self {
        let left = tail.count.unwrap_or(u64::MAX);
        Self { out, left }
    }

    /// Prints one; whether that is enough.
    pub(crate) fn print(&mut self, event: &EventLine) -> Result<bool, Failure> {
        self.out.print(|| json!(event), || events::text(event))?;
        self.left -= 1;
        Ok(self.left == 0)
    }
}

/// The last `count` events of a file up to `head`, oldest first. Positions there are counted without a hole, so
/// it is known where to begin; further back where other namespaces wrote in between.
async fn last_of(
    place: &Place,
    filter: &EventFilter,
    head: GlobalPosition,
    count: u32,
) -> Result<Vec<RecordedEvent>, Failure> {
    let mut window = u64::from(count);
    while window > 0 {
        let first = GlobalPosition::new(head.commit().saturating_sub(window));
        let (mut last, mut after) = (std::collections::VecDeque::new(), first);
        while after < head {
            let page = place.store.read_all(after, filter, BATCH_EVENTS).await?;
            let events = page.events.into_iter();
            last.extend(events.filter(|event| event.position <= head));
            let too_many = last.len().saturating_sub(count as usize);
            last.drain(..too_many);
            after = page.position;
            if page.is_end {
                break;
            }
        }
        if last.len() == count as usize || first == GlobalPosition::START {
            return Ok(last.into());
        }
        window = window.saturating_mul(8);
    }
    Ok(Vec::new())
}
