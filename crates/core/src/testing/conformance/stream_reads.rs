//! Reading one stream.

use super::case::{Case, Verdict, ensure, ensure_eq, ids, new_ids};
use super::refusals::json_of;
use crate::{
    EVENT_BYTES_MAX, EventStore,
    ExpectedVersion::{Any, NoStream},
    NewEvent, StreamVersion,
};

impl<S: EventStore> Case<'_, S> {
    /// Events that are each as large as they may be.
    pub(super) fn largest_events(&self, count: u32) -> Vec<NewEvent> {
        let mut events = self.events("large", count);
        for event in &mut events {
            event.payload = json_of(EVENT_BYTES_MAX).into();
        }
        events
    }

    /// Also of a stream that is missing, and beyond the end.
    pub(super) async fn a_stream_reads_from_any_version_in_pages_of_any_size(&self) -> Verdict {
        for length in [0, 7] {
            let id = format!("1{length}");
            let stream = self.stream(&id);
            let events = new_ids(&self.write_stream(&id, length).await?);
            // The next stream goes on in the log.
            self.write_stream(&format!("{id}0"), 1).await?;
            for from in [0, 1, 2, 6, 7, 8, 1000] {
                let wanted = events.get(from..).unwrap_or_default();
                let version = StreamVersion::new(from as u64);
                for page_max in [1, 2, 3, 6, 7, 8, u32::MAX] {
                    let what = format!("events of {length} from {from} on, {page_max} a page");
                    let read = self.read_from(&stream, version, page_max).await?;
                    ensure_eq(&what, &&*ids(&read), &wanted)?;
                    let first = read.first().map(|event| event.version);
                    ensure_eq("version", &first, &wanted.first().map(|_| version))?;
                    let page = self.stream_page(&stream, version, page_max).await?;
                    let is_end = page.events.len() == wanted.len();
                    ensure_eq(&format!("the end, with {what}"), &page.is_end, &is_end)?;
                }
            }
        }
        Ok(())
    }

    pub(super) async fn an_acknowledged_append_is_read_at_once(&self) -> Verdict {
        let stream = self.stream("1");
        for round in 0..20_u64 {
            let before = self.store.head().await?;
            let event = self.event(&round.to_string());
            self.append_one(&stream, Any, &event).await?;
            let wanted = vec![event.id()];
            let version = StreamVersion::new(round);
            let in_stream = self.read_from(&stream, version, 10).await?;
            ensure_eq("in the stream", &ids(&in_stream), &wanted)?;
            let in_log = self.read_log(before, 10).await?;
            ensure_eq("in the log", &ids(&in_log), &wanted)?;
        }
        Ok(())
    }

    pub(super) async fn a_stream_of_large_events_reads_whole(&self) -> Verdict {
        let start = self.store.head().await?;
        let stream = self.stream("1");
        let events = self.largest_events(40);
        // A page of all of them would be 2.5 MiB: a store may end its pages early, but not lose
        // one.
        self.append(&stream, NoStream, &events[..12]).await?;
        for event in &events[12..] {
            self.append_one(&stream, Any, event).await?;
        }
        let wanted = new_ids(&events);
        let in_stream = self.read(&stream).await?;
        ensure_eq("in the stream", &ids(&in_stream), &wanted)?;
        let in_log = self.read_log(start, 1000).await?;
        ensure_eq("in the log", &ids(&in_log), &wanted)?;
        let is_whole = in_log.iter().all(|e| e.payload.len() == EVENT_BYTES_MAX);
        ensure(is_whole, || "a payload was cut".into())
    }
}
