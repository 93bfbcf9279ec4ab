//! Reading the whole log.

use super::case::{Case, Verdict, ensure, ensure_eq, ids, stream};
use crate::{CategoryName, EventFilter, EventId, EventStore, ExpectedVersion::Any, GlobalPosition};

impl<S: EventStore> Case<'_, S> {
    /// Appends one event each to three streams in turn; their ids in order.
    async fn write_in_turn(&self, rounds: u32) -> Verdict<Vec<EventId>> {
        let mut written = Vec::new();
        for round in 0..rounds {
            let (id, label) = ((round % 3).to_string(), round.to_string());
            self.add(&id, &label, 1).await?;
            written.push(self.event(&label).id());
        }
        Ok(written)
    }

    pub(super) async fn the_log_reads_after_any_position_in_pages_of_any_size(&self) -> Verdict {
        let start = self.store.head().await?;
        let written = self.write_in_turn(11).await?;
        for page_max in [1, 2, 3, 10, 11, 12, u32::MAX] {
            let filtered = self.read_log(start, page_max).await?;
            let what = format!("events in pages of {page_max}");
            ensure_eq(&what, &ids(&filtered), &written)?;
            let everything = EventFilter::all();
            let mut all = self.read_filtered(start, &everything, page_max).await?;
            // Others may be writing to this store as well.
            all.retain(|event| written.contains(&event.id()));
            let what = format!("unfiltered events in pages of {page_max}");
            ensure_eq(&what, &ids(&all), &written)?;
            for (index, event) in (1..).zip(&filtered) {
                let after = self.read_log(event.position, page_max).await?;
                let what = format!("events after {} in pages of {page_max}", event.position);
                ensure_eq(&what, &&*ids(&after), &&written[index..])?;
            }
            for id in ["0", "1", "2"] {
                let stream = self.stream(id);
                let in_log = filtered.iter().filter(|event| event.stream == stream);
                let in_log: Vec<_> = in_log.cloned().collect();
                ensure_eq("the stream in the log", &in_log, &self.read(&stream).await?)?;
            }
        }
        Ok(())
    }

    pub(super) async fn a_filter_admits_exactly_what_it_names(&self) -> Verdict {
        let start = self.store.head().await?;
        let (here, there) = (self.namespace(), self.longer_namespace());
        let streams = [
            stream(&here, "Apple", "1"),
            stream(&here, "AppleTree", "1"),
            stream(&here, "Pear", "Apple-1"),
            stream(&there, "Apple", "1"),
            stream(&there, "Pear", "1"),
        ];
        for round in 0..3 {
            for stream in &streams {
                let event = self.event(&format!("{stream}/{round}"));
                self.append(stream, Any, &[event]).await?;
            }
        }
        let category = |name| CategoryName::new(name).expect("a word");
        let pear_and_apple = [category("Pear"), category("Apple")];
        for filter in [
            EventFilter::namespace(here.clone()),
            EventFilter::namespace(there.clone()),
            EventFilter::categories(here.clone(), [category("Apple")]),
            EventFilter::categories(here.clone(), pear_and_apple),
            EventFilter::categories(there, [category("AppleTree")]),
            EventFilter::categories(here, []),
        ] {
            self.admits_exactly(start, &filter).await?;
        }
        Ok(())
    }

    async fn admits_exactly(&self, start: GlobalPosition, filter: &EventFilter) -> Verdict {
        let mut wanted = self.read_filtered(start, &EventFilter::all(), 100).await?;
        wanted.retain(|event| filter.admits(&event.stream));
        for page_max in [1, 2, 100] {
            let found = self.read_filtered(start, filter, page_max).await?;
            ensure_eq(&format!("{filter:?}"), &ids(&found), &ids(&wanted))?;
        }
        Ok(())
    }

    /// Appends `foreign` events that the filter for the rule's own events leaves out; the position
    /// of the last one.
    async fn write_foreign(&self, label: &str, foreign: u32) -> Verdict<GlobalPosition> {
        let elsewhere = stream(&self.longer_namespace(), "Petition", label);
        let events = self.events(&format!("foreign {label}"), foreign);
        Ok(self.append(&elsewhere, Any, &events).await?.position)
    }

    pub(super) async fn the_position_moves_over_what_a_filter_leaves_out(&self) -> Verdict {
        let start = self.store.head().await?;
        let mut written = Vec::new();
        let mut last = start;
        for round in ["a", "b", "c"] {
            written.push(self.event(round).id());
            self.add("1", round, 1).await?;
            last = self.write_foreign(round, 200).await?;
        }
        let mut after = start;
        loop {
            let page = self.page(after, 2).await?;
            // Every page's position is a point to resume at: nothing before it is still to come.
            let read = ids(&page.events);
            ensure(written.starts_with(&read), || {
                format!("the page after {after} begins elsewhere than where the last one ended")
            })?;
            written.drain(..read.len());
            ensure(page.is_end || page.position > after, || {
                format!("a page after {after} moves nowhere and is yet not the end")
            })?;
            after = page.position;
            if page.is_end {
                break;
            }
        }
        ensure_eq("events missed", &written, &vec![])?;
        ensure(after >= last, || {
            format!("at the end of the log the position is {after}, before {last}")
        })
    }

    /// Whoever looks for its next event among millions of others would otherwise ask millions of
    /// times.
    pub(super) async fn a_page_is_not_cut_by_what_a_filter_leaves_out(&self) -> Verdict {
        let mut after = self.store.head().await?;
        self.write_foreign("before", 200).await?;
        self.add("1", "own", 1).await?;
        let mut found = 0;
        for _ in 0..5 {
            let page = self.page(after, 1).await?;
            (found, after) = (found + page.events.len(), page.position);
        }
        ensure_eq("own events found in 5 pages, behind 200 others", &found, &1)
    }

    pub(super) async fn the_last_event_up_to_a_place_is_told_truly(&self) -> Verdict {
        let filter = self.own_events();
        let start = self.write_foreign("first", 3).await?;
        let none = self.store.last_up_to(start, &filter).await?;
        ensure_eq("before the first event", &none, &GlobalPosition::START)?;
        let mut places = vec![(start, GlobalPosition::START)];
        for round in ["a", "b", "c"] {
            let last = self.add("1", round, 2).await?.position;
            places.push((last, last));
            places.push((self.write_foreign(round, 200).await?, last));
        }
        let log = self.read_log(start, 100).await?;
        places.extend(log.iter().map(|event| (event.position, event.position)));
        for (until, wanted) in places {
            let found = self.store.last_up_to(until, &filter).await?;
            let what = format!("the last own event up to {until}");
            ensure_eq(&what, &found, &wanted)?;
        }
        let (everything, until) = (EventFilter::all(), self.store.head().await?);
        let found = self.store.last_up_to(until, &everything).await?;
        let head = self.store.head().await?;
        // Others may be writing to this store as well.
        ensure(start < found && found <= head, || {
            format!("the last event of all is said to stand at {found}, the head is {head}")
        })
    }

    pub(super) async fn the_end_of_the_log_is_told_truly(&self) -> Verdict {
        let start = self.store.head().await?;
        let written = self.write_in_turn(5).await?;
        let mut after = start;
        let mut to_come = written.len();
        for _ in 0..=written.len() {
            let page = self.page(after, 1).await?;
            to_come = to_come.saturating_sub(page.events.len());
            ensure(to_come == 0 || !page.is_end, || {
                format!("told to be the end with {to_come} events to come")
            })?;
            after = page.position;
        }
        // `read_log` fails where no page ever says that it is the end.
        let rest = self.read_log(after, 1).await?;
        ensure_eq("events after the end", &ids(&rest), &vec![])
    }

    pub(super) async fn the_head_is_the_last_position(&self) -> Verdict {
        for label in ["a", "b", "c"] {
            let before = self.store.head().await?;
            let appended = self.add("1", label, 2).await?.position;
            let head = self.store.head().await?;
            ensure(head >= appended, || {
                format!("the head is {head} after an append at {appended}")
            })?;
            let since = self.read_log(before, 10).await?.len();
            ensure_eq("events after the head before", &since, &2)?;
            let page = self.page(head, 10).await?;
            ensure_eq("events after the head", &page.events.len(), &0)?;
            let next = page.position;
            ensure(next >= head, || {
                format!("a page after {head} says to continue after {next}")
            })?;
        }
        Ok(())
    }
}
