//! Feeds whose reads fail: they bring nothing twice, and pass over nothing.

use super::{
    Violation,
    case::{
        Case, Failing, PATIENCE_READS, Verdict, at_most, check_page, check_positions, ensure,
        ensure_eq, ids, new_ids,
    },
};
use crate::{EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, RecordedEvent};

/// Events of the history. Enough for a feed that reads some pages ahead.
const EVENTS: u32 = 24;

/// Reads of the store for which a feed is waited for that may have nothing to bring.
const READS: u32 = 20;

/// Errors in a row after which a feed is taken for one that does not come back.
const ERRORS_MAX: u32 = 10;

/// What a feed has brought so far.
struct Followed<F> {
    feed: F,
    batch_max: u32,
    /// How many events there were when it began.
    history: usize,
    position: GlobalPosition,
    events: Vec<RecordedEvent>,
}

impl<S, F, M> Case<'_, S, Failing<&F, &M>>
where
    S: EventStore,
    F: AsyncFn(&S),
    M: AsyncFn(&S),
{
    /// Whatever page fails, of history or of what comes, and whatever had been read ahead by then.
    pub(super) async fn a_feed_that_failed_goes_on_where_it_was(&self) -> Verdict {
        let mut wanted = new_ids(&self.write_stream("history", EVENTS).await?);
        for batch_max in [1, 3, 100] {
            (self.port.fail)(self.store).await;
            let (after, own) = (GlobalPosition::START, self.own_events());
            let mut followed = Followed {
                feed: self.store.feed(after, own, at_most(batch_max)),
                batch_max,
                history: wanted.len(),
                position: after,
                events: Vec::new(),
            };
            while followed.events.len() < wanted.len() {
                self.fail_once(&mut followed, wanted.len()).await?;
            }
            for number in 0..3 {
                let new = self.event(&format!("{batch_max}-{number}"));
                self.append_one(&self.stream("history"), ExpectedVersion::Any, &new)
                    .await?;
                wanted.push(new.id());
                while followed.events.len() < wanted.len() {
                    self.fail_once(&mut followed, wanted.len()).await?;
                }
            }
            ensure_eq("what the feed brought", &ids(&followed.events), &wanted)?;
        }
        Ok(())
    }

    /// Lets reads fail for as long as one batch may take, and goes on until a batch has come.
    async fn fail_once(&self, followed: &mut Followed<S::Feed>, wanted: usize) -> Verdict {
        (self.port.fail)(self.store).await;
        if let Some(Ok(batch)) = self.within(READS, followed.feed.next()).await {
            followed.take(batch)?;
        }
        (self.port.mend)(self.store).await;
        for _ in 0..ERRORS_MAX {
            if followed.events.len() == wanted {
                return Ok(());
            }
            match self.within(PATIENCE_READS, followed.feed.next()).await {
                Some(Ok(batch)) => return followed.take(batch),
                // Of a page that was read while reads failed.
                Some(Err(_)) => {}
                None => return Err(Violation::new("a feed that failed brings nothing any more")),
            }
        }
        Err(Violation::new(format!(
            "a feed failed {ERRORS_MAX} times in a row where nothing does any more"
        )))
    }
}

impl<F> Followed<F> {
    fn take(&mut self, batch: FeedBatch) -> Verdict {
        check_page(batch.events.len(), self.batch_max)?;
        check_positions(self.position, &batch.events, batch.position)?;
        self.position = batch.position;
        self.events.extend(batch.events);
        // A batch may have been put together before the last events were written.
        ensure(
            !batch.caught_up || self.events.len() >= self.history,
            || {
                format!(
                    "it says that it has caught up with {} of {} events",
                    self.events.len(),
                    self.history
                )
            },
        )
    }
}
