//! Following the log while others write to it: no reader may ever skip an event.

use std::cell::Cell;

use futures_util::future::{try_join, try_join_all};

use super::case::{Case, Verdict, ensure_eq, ids, new_ids};
use crate::{
    EventFilter, EventId, EventStore,
    ExpectedVersion::{self, Any},
    GlobalPosition,
    testing::{SeededRng, yield_now, yield_times},
};

/// How many writers append at once, and how often each.
const WRITERS: u64 = 4;
const ROUNDS: u32 = 25;

impl<S: EventStore> Case<'_, S> {
    pub(super) async fn a_waiting_feed_wakes_for_every_append(&self) -> Verdict {
        let head = self.store.head().await?;
        let mut follower = self.follow(head, 10);
        let mut wanted = Vec::new();
        for round in 0..50 {
            let event = [self.event(&round.to_string())];
            wanted.extend(new_ids(&event));
            let append = async {
                // So that the feed begins to wait first, now longer, now less long.
                yield_times(round % 7).await;
                self.append(&self.stream("1"), Any, &event).await
            };
            try_join(append, follower.until(event[0].id())).await?;
        }
        follower.brought(&wanted)
    }

    pub(super) async fn a_dropped_wait_loses_nothing(&self) -> Verdict {
        let start = self.store.head().await?;
        let mut wanted = new_ids(&self.write_stream("1", 6).await?);
        let mut follower = self.follow(start, 2);
        for round in 0..30 {
            // Dropped after one poll, or after a few, in the history, at the seam and behind it.
            for reads in [0, round % 5] {
                follower.next_within(reads).await?;
            }
            let event = self.event(&format!("live {round}"));
            wanted.push(event.id());
            self.append_one(&self.stream("1"), Any, &event).await?;
            follower.next_within(0).await?;
        }
        follower.until(wanted[wanted.len() - 1]).await?;
        follower.brought(&wanted)
    }

    /// Feeds that begin at different times and places follow several writers; in the end each of
    /// them must have brought all that the log holds after its start, once and in order.
    pub(super) async fn feeds_under_concurrent_writers_bring_everything_once(&self) -> Verdict {
        let start = self.store.head().await?;
        let last = self.event("the last one of all");
        let written = Cell::new(0);
        let write = async {
            try_join_all((0..WRITERS).map(|writer| self.write(writer, &written))).await?;
            self.append_one(&self.stream("shared"), Any, &last).await
        };
        let follow =
            try_join_all((0..8).map(|number| self.follow_live(start, number, &written, last.id())));
        let (_, followed) = try_join(write, follow).await?;
        let log = self.read_log(start, 100).await?;
        let events = ids(&log);
        let total = WRITERS * u64::from(1 + ROUNDS * 2) + 1;
        ensure_eq("events in the log", &(events.len() as u64), &total)?;
        for (after, brought) in followed {
            let begins = log.partition_point(|event| event.position <= after);
            ensure_eq("what a feed brought", &brought, &events[begins..].to_vec())?;
        }
        Ok(())
    }

    /// One writer: in turns on a stream of its own and on one that all share. `written` counts for
    /// all.
    async fn write(&self, writer: u64, written: &Cell<u32>) -> Verdict {
        let mut rng = SeededRng::new(writer);
        let stream = self.stream(&format!("own-{writer}"));
        let first = [self.event(&format!("{writer} first"))];
        let none = ExpectedVersion::NoStream;
        let mut own = self.append(&stream, none, &first).await?;
        for round in 0..ROUNDS {
            yield_times(rng.below(4)).await;
            let shared = [self.event(&format!("{writer} shared {round}"))];
            self.append(&self.stream("shared"), Any, &shared).await?;
            let event = [self.event(&format!("{writer} own {round}"))];
            let expected = ExpectedVersion::Exactly(own.version);
            own = self.append(&stream, expected, &event).await?;
            written.set(written.get() + 1);
        }
        Ok(())
    }

    /// Follows until `last` has come: where the feed began, and which of the rule's own events it
    /// brought. Odd feeds read with a filter, even ones see all.
    async fn follow_live(
        &self,
        start: GlobalPosition,
        number: u32,
        written: &Cell<u32>,
        last: EventId,
    ) -> Verdict<(GlobalPosition, Vec<EventId>)> {
        while written.get() < number / 2 * ROUNDS / 2 {
            yield_now().await;
        }
        let after = match number % 4 {
            0 | 1 => start,
            2 => self.store.head().await?,
            _ => self.page(start, 20).await?.position,
        };
        let filter = match number % 2 {
            0 => EventFilter::all(),
            _ => self.own_events(),
        };
        let mut follower = self.follow_filtered(after, filter, 1 + number * number);
        follower.until(last).await?;
        let own = self.own_events();
        follower.events.retain(|event| own.admits(&event.stream));
        Ok((after, ids(&follower.events)))
    }
}
