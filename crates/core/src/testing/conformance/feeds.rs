//! Following the log: what is there, and where to resume.

use super::case::{
    Case, Verdict, at_most, check_page, check_positions, ensure, ensure_eq, ids, new_ids, stream,
};

use crate::{
    CategoryName, EventFilter, EventId, EventStore, ExpectedVersion::Any, FeedBatch,
    GlobalPosition, RecordedEvent,
};

/// A feed with what it has brought so far.
pub(super) struct Follower<F> {
    feed: F,
    batch_max: u32,
    /// How many batches in a row told nothing new.
    idle: u32,
    pub(super) position: GlobalPosition,
    pub(super) events: Vec<RecordedEvent>,
}

/// A feed that tells nothing new more often than this in a row spins instead of waiting.
const IDLE_BATCHES_MAX: u32 = 10;

impl<F> Follower<F> {
    pub(super) fn start<S: EventStore<Feed = F>>(
        case: &Case<'_, S>,
        after: GlobalPosition,
        filter: EventFilter,
        batch_max: u32,
    ) -> Self {
        Self {
            feed: case.store.feed(after, filter, at_most(batch_max)),
            batch_max,
            idle: 0,
            position: after,
            events: Vec::new(),
        }
    }

    /// Takes the next batch, which must come.
    pub(super) async fn next<S: EventStore<Feed = F>>(
        &mut self,
        case: &Case<'_, S>,
    ) -> Verdict<FeedBatch> {
        let batch = case.next(&mut self.feed).await?;
        self.take(batch)
    }

    /// Polls for the next batch, drops the wait after some reads of the store, and takes the
    /// batch if it came.
    pub(super) async fn next_within<S: EventStore<Feed = F>>(
        &mut self,
        case: &Case<'_, S>,
        reads: u32,
    ) -> Verdict
    where
        F: crate::Feed,
    {
        match case.within(reads, self.feed.next()).await {
            Some(batch) => self.take(batch?).map(|_| ()),
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
    pub(super) async fn until<S: EventStore<Feed = F>>(
        &mut self,
        case: &Case<'_, S>,
        last: EventId,
    ) -> Verdict {
        while !self.events.iter().any(|event| event.id() == last) {
            self.next(case).await?;
        }
        Ok(())
    }

    /// Follows until the feed says that it has caught up; its last batch.
    async fn until_caught_up<S: EventStore<Feed = F>>(
        &mut self,
        case: &Case<'_, S>,
    ) -> Verdict<FeedBatch> {
        loop {
            let batch = self.next(case).await?;
            if batch.caught_up {
                return Ok(batch);
            }
        }
    }

    /// The feed brought exactly these.
    pub(super) fn brought(&self, wanted: &[EventId]) -> Verdict {
        ensure_eq(
            "what the feed brought",
            &ids(&self.events),
            &wanted.to_vec(),
        )
    }
}

/// A follower of the rule's own events.
fn follow<S: EventStore>(
    case: &Case<'_, S>,
    after: GlobalPosition,
    batch_max: u32,
) -> Follower<S::Feed> {
    Follower::start(case, after, case.own_events(), batch_max)
}

impl<S: EventStore> Case<'_, S> {
    pub(super) async fn a_feed_brings_history_then_what_comes(&self) -> Verdict {
        for (name, batch_max) in [("1", 1), ("2", 2), ("3", 3), ("100", 100)] {
            let start = self.store.head().await?;
            let mut wanted = new_ids(&self.write_stream(name, 5).await?);
            let mut follower = follow(self, start, batch_max);
            follower.until_caught_up(self).await?;
            // Batches after the seam, and after each other.
            for round in 0..3 {
                let events = self.events(&format!("live {name} {round}"), 4);
                self.append(&self.stream(name), Any, &events).await?;
                wanted.extend(new_ids(&events));
                follower.until(self, events[3].id()).await?;
            }
            follower.brought(&wanted)?;
        }
        Ok(())
    }

    pub(super) async fn a_feed_tells_truly_when_it_has_caught_up(&self) -> Verdict {
        let start = self.store.head().await?;
        self.write_stream("1", 5).await?;
        let mut follower = follow(self, start, 2);
        follower.until_caught_up(self).await?;
        let found = follower.events.len();
        ensure_eq("events brought before having caught up", &found, &5)?;
        let event = self.event("live");
        self.append(&self.stream("1"), Any, std::slice::from_ref(&event))
            .await?;
        follower.until_caught_up(self).await?;
        ensure_eq("and after one more", &follower.events.len(), &6)
    }

    /// In a new store this is also the feed of an empty log.
    pub(super) async fn a_feed_at_the_head_has_caught_up(&self) -> Verdict {
        for label in ["a", "b"] {
            let head = self.store.head().await?;
            let mut follower = follow(self, head, 10);
            follower.until_caught_up(self).await?;
            ensure_eq("events brought", &follower.events.len(), &0)?;
            self.append(&self.stream("1"), Any, &[self.event(label)])
                .await?;
        }
        Ok(())
    }

    pub(super) async fn a_feed_at_the_head_waits(&self) -> Verdict {
        let head = self.store.head().await?;
        let mut follower = follow(self, head, 10);
        follower.until_caught_up(self).await?;
        for _ in 0..2 * IDLE_BATCHES_MAX {
            follower.next_within(self, 3).await?;
        }
        Ok(())
    }

    pub(super) async fn a_feed_resumes_after_any_batch(&self) -> Verdict {
        let start = self.store.head().await?;
        let wanted = new_ids(&self.write_stream("1", 7).await?);
        let mut follower = follow(self, start, 2);
        while follower.events.len() < wanted.len() {
            follower.next(self).await?;
            let mut resumed = follow(self, follower.position, 3);
            resumed.until_caught_up(self).await?;
            resumed.brought(&wanted[follower.events.len()..])?;
        }
        Ok(())
    }

    pub(super) async fn a_filtered_feed_brings_exactly_what_it_names(&self) -> Verdict {
        let start = self.store.head().await?;
        let apple = CategoryName::new("Apple").expect("a word");
        let filter = EventFilter::categories(self.namespace(), [apple]);
        let mut follower = Follower::start(self, start, filter, 2);
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
            follower.until(self, wanted[round]).await?;
        }
        follower.brought(&wanted)
    }

    pub(super) async fn a_filtered_feed_moves_over_what_it_leaves_out(&self) -> Verdict {
        let start = self.store.head().await?;
        let elsewhere = stream(&self.longer_namespace(), "Petition", "1");
        let foreign = self
            .append(&elsewhere, Any, &self.events("foreign", 300))
            .await?;
        let mut follower = follow(self, start, 10);
        let batch = follower.until_caught_up(self).await?;
        ensure(batch.position >= foreign.position, || {
            format!(
                "caught up at {}, yet an event that the filter leaves out is at {}",
                batch.position, foreign.position
            )
        })?;
        ensure_eq("events brought", &follower.events.len(), &0)
    }

    pub(super) async fn feed_batches_are_bounded(&self) -> Verdict {
        let start = self.store.head().await?;
        let mut wanted = Vec::new();
        let mut followers = [1, 3, 7].map(|batch_max| follow(self, start, batch_max));
        for label in ["history", "live"] {
            let events = self.events(label, 20);
            wanted.extend(new_ids(&events));
            self.append(&self.stream("1"), Any, &events).await?;
            for follower in &mut followers {
                // Taking a batch checks its size.
                follower.until(self, events[19].id()).await?;
            }
        }
        followers.iter().try_for_each(|f| f.brought(&wanted))
    }
}
