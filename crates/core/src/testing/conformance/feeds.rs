//! Following the log: what is there, and where to resume.

use super::case::{
    Case, Verdict, at_most, check_page, check_positions, ensure, ensure_eq, ids, new_ids, stream,
};
use crate::{
    CategoryName, EventFilter, EventId, EventStore, ExpectedVersion::Any, Feed, FeedBatch,
    GlobalPosition, RecordedEvent,
};

/// A feed that tells nothing new more often than this in a row spins instead of waiting.
const IDLE_BATCHES_MAX: u32 = 10;

/// A feed with what it has brought so far.
pub(super) struct Follower<'a, S: EventStore> {
    case: &'a Case<'a, S>,
    feed: S::Feed,
    batch_max: u32,
    /// How many batches in a row told nothing new.
    idle: u32,
    pub(super) position: GlobalPosition,
    pub(super) events: Vec<RecordedEvent>,
}

impl<S: EventStore> Follower<'_, S> {
    /// Takes the next batch, which must come.
    async fn next(&mut self) -> Verdict<FeedBatch> {
        let batch = self.case.next(&mut self.feed).await?;
        self.take(batch)
    }

    /// Polls for the next batch, drops the wait after some reads of the store, and takes the
    /// batch if it came.
    pub(super) async fn next_within(&mut self, reads: u32) -> Verdict {
        match self.case.within(reads, self.feed.next()).await {
            Some(batch) => self.take(batch?).map(drop),
            None => Ok(()),
        }
    }

    fn take(&mut self, batch: FeedBatch) -> Verdict<FeedBatch> {
        check_page(batch.events.len(), self.batch_max)?;
        check_positions(self.position, &batch.events, batch.position)?;
        let is_idle = batch.position == self.position;
        self.idle = if is_idle { self.idle + 1 } else { 0 };
        ensure(self.idle <= IDLE_BATCHES_MAX, || {
            format!("brought nothing new {} times in a row", self.idle)
        })?;
        self.position = batch.position;
        self.events.extend(batch.events.iter().cloned());
        Ok(batch)
    }

    /// Follows until `last` has come.
    pub(super) async fn until(&mut self, last: EventId) -> Verdict {
        while !self.events.iter().any(|event| event.id() == last) {
            self.next().await?;
        }
        Ok(())
    }

    /// Follows until the feed says that it has caught up; its last batch.
    async fn until_caught_up(&mut self) -> Verdict<FeedBatch> {
        loop {
            let batch = self.next().await?;
            if batch.caught_up {
                return Ok(batch);
            }
        }
    }

    /// The feed brought exactly these.
    pub(super) fn brought(&self, wanted: &[EventId]) -> Verdict {
        ensure_eq("what the feed brought", &&*ids(&self.events), &wanted)
    }

    fn brought_count(&self, wanted: usize) -> Verdict {
        ensure_eq("events brought", &self.events.len(), &wanted)
    }
}

impl<S: EventStore> Case<'_, S> {
    pub(super) fn follow_filtered(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_max: u32,
    ) -> Follower<'_, S> {
        Follower {
            case: self,
            feed: self.store.feed(after, filter, at_most(batch_max)),
            batch_max,
            idle: 0,
            position: after,
            events: Vec::new(),
        }
    }

    /// A follower of the rule's own events.
    pub(super) fn follow(&self, after: GlobalPosition, batch_max: u32) -> Follower<'_, S> {
        self.follow_filtered(after, self.own_events(), batch_max)
    }

    pub(super) async fn a_feed_brings_history_then_what_comes(&self) -> Verdict {
        for (name, batch_max) in [("1", 1), ("2", 2), ("3", 3), ("7", 7), ("100", 100)] {
            let start = self.store.head().await?;
            let mut wanted = new_ids(&self.write_stream(name, 5).await?);
            let many = self.events(&format!("history {name}"), 20);
            self.append(&self.stream(name), Any, &many).await?;
            wanted.extend(new_ids(&many));
            let mut follower = self.follow(start, batch_max);
            follower.until_caught_up().await?;
            // Batches after the seam, and after each other.
            for round in 0..3 {
                let events = self.events(&format!("live {name} {round}"), 20);
                self.append(&self.stream(name), Any, &events).await?;
                wanted.extend(new_ids(&events));
                // Taking a batch checks its size.
                follower.until(events[19].id()).await?;
            }
            follower.brought(&wanted)?;
        }
        Ok(())
    }

    pub(super) async fn a_feed_tells_truly_when_it_has_caught_up(&self) -> Verdict {
        let start = self.store.head().await?;
        self.write_stream("1", 5).await?;
        let mut follower = self.follow(start, 2);
        follower.until_caught_up().await?;
        follower.brought_count(5)?;
        self.add("1", "live", 1).await?;
        follower.until_caught_up().await?;
        follower.brought_count(6)
    }

    /// In a new store this is also the feed of an empty log.
    pub(super) async fn a_feed_at_the_head_has_caught_up(&self) -> Verdict {
        for label in ["a", "b"] {
            let head = self.store.head().await?;
            let mut follower = self.follow(head, 10);
            follower.until_caught_up().await?;
            follower.brought_count(0)?;
            self.add("1", label, 1).await?;
        }
        Ok(())
    }

    pub(super) async fn a_feed_at_the_head_waits(&self) -> Verdict {
        let head = self.store.head().await?;
        let mut follower = self.follow(head, 10);
        follower.until_caught_up().await?;
        for _ in 0..2 * IDLE_BATCHES_MAX {
            follower.next_within(3).await?;
        }
        Ok(())
    }

    pub(super) async fn a_feed_resumes_after_any_batch(&self) -> Verdict {
        let start = self.store.head().await?;
        let wanted = new_ids(&self.write_stream("1", 7).await?);
        let mut follower = self.follow(start, 2);
        while follower.events.len() < wanted.len() {
            follower.next().await?;
            let mut resumed = self.follow(follower.position, 3);
            resumed.until_caught_up().await?;
            resumed.brought(&wanted[follower.events.len()..])?;
        }
        Ok(())
    }

    pub(super) async fn a_filtered_feed_brings_exactly_what_it_names(&self) -> Verdict {
        let start = self.store.head().await?;
        let apple = CategoryName::new("Apple").expect("a word");
        let filter = EventFilter::categories(self.namespace(), [apple]);
        let mut follower = self.follow_filtered(start, filter, 2);
        let mut wanted = Vec::new();
        for round in 0..4 {
            for (namespace, category) in [
                (self.namespace(), "Pear"),
                (self.namespace(), "AppleTree"),
                (self.longer_namespace(), "Apple"),
                (self.namespace(), "Apple"),
            ] {
                let stream = stream(&namespace, category, "1");
                let event = self.event(&format!("{stream}/{round}"));
                wanted.push(event.id());
                self.append(&stream, Any, &[event]).await?;
            }
            wanted.drain(round..round + 3);
            // History in the first round, what comes in the others.
            follower.until(wanted[round]).await?;
        }
        follower.brought(&wanted)
    }

    pub(super) async fn a_filtered_feed_moves_over_what_it_leaves_out(&self) -> Verdict {
        let start = self.store.head().await?;
        let elsewhere = stream(&self.longer_namespace(), "Petition", "1");
        let foreign = self.events("foreign", 300);
        let foreign = self.append(&elsewhere, Any, &foreign).await?;
        let mut follower = self.follow(start, 10);
        let batch = follower.until_caught_up().await?;
        ensure(batch.position >= foreign.position, || {
            let (end, last) = (batch.position, foreign.position);
            format!("caught up at {end}, yet an event that the filter leaves out is at {last}")
        })?;
        follower.brought_count(0)
    }
}
