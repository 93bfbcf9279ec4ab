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

    async fn is_empty_end_page(&self, id: &str, from: u64) -> Verdict {
        let (stream, from) = (self.stream(id), StreamVersion::new(from));
        let page = self.stream_page(&stream, from, 10).await?;
        let found = (page.events.len(), page.is_end);
        let what = "events on the page, and whether it is the end";
        ensure_eq(what, &found, &(0, true))
    }

    pub(super) async fn a_missing_stream_is_an_empty_end_page(&self) -> Verdict {
        self.is_empty_end_page("missing", 0).await?;
        self.is_empty_end_page("missing", 7).await
    }

    pub(super) async fn stream_pages_join_without_gap_or_repeat(&self) -> Verdict {
        let events = self.write_stream("1", 7).await?;
        self.write_stream("10", 7).await?;
        for page_max in [1, 2, 3, 6, 7, 8, u32::MAX] {
            let first = StreamVersion::FIRST;
            let read = self.read_from(&self.stream("1"), first, page_max).await?;
            let what = format!("events in pages of {page_max}");
            ensure_eq(&what, &ids(&read), &new_ids(&events))?;
        }
        Ok(())
    }

    pub(super) async fn a_stream_reads_from_any_version(&self) -> Verdict {
        let events = self.write_stream("1", 5).await?;
        for from in 0..5_u64 {
            let version = StreamVersion::new(from);
            let read = self.read_from(&self.stream("1"), version, 2).await?;
            let what = format!("events from version {from} on");
            ensure_eq(&what, &ids(&read), &new_ids(&events[from as usize..]))?;
            ensure_eq("version", &read.first().map(|e| e.version), &Some(version))?;
        }
        Ok(())
    }

    pub(super) async fn beyond_the_end_of_a_stream_is_an_empty_end_page(&self) -> Verdict {
        self.write_stream("1", 3).await?;
        self.is_empty_end_page("1", 3).await?;
        self.is_empty_end_page("1", 1000).await
    }

    pub(super) async fn the_end_of_a_stream_is_told_truly(&self) -> Verdict {
        self.write_stream("1", 4).await?;
        // Also where the page is just full, and where the next stream goes on in the log.
        self.write_stream("2", 1).await?;
        for from in 0..4 {
            for page_max in 1..6 {
                let (stream, version) = (self.stream("1"), StreamVersion::new(from));
                let page = self.stream_page(&stream, version, page_max).await?;
                let is_end = from + page.events.len() as u64 == 4;
                let what = format!("the end, told by {page_max} events from version {from} on");
                ensure_eq(&what, &page.is_end, &is_end)?;
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
