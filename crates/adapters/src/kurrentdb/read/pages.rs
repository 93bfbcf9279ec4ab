//! Pages of the log that follow each other come by one long read: none waits until the next begins.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use minwon_core::{EventFilter, GlobalPosition, LogPage};
use tokio::time::{self, Instant};

use super::Page;
use crate::kurrentdb::{
    client::{Begin, Client, Messages, Sent},
    error::Fault,
    filter::server_filter,
};

/// Ends of pages that are remembered.
const ENDS_MAX: usize = 8;

/// How long they are: a read that nobody goes on with is given up.
const AGE_MAX: Duration = Duration::from_secs(2);

/// Where pages ended that were not the last. Clones share it.
#[derive(Clone, Default)]
pub(in crate::kurrentdb) struct Ends(Arc<Mutex<Vec<End>>>);

struct End {
    filter: EventFilter,
    position: GlobalPosition,
    since: Instant,
    going: Option<Going>,
}

/// A read that goes on.
struct Going {
    messages: Messages,
    /// An event that came and found no room.
    next: Option<Sent>,
}

/// A page that is wanted, and what is known about the place where it begins.
pub(in crate::kurrentdb) struct Wanted<'a> {
    after: GlobalPosition,
    filter: &'a EventFilter,
    events_max: usize,
    limit: Duration,
    ends: &'a Ends,
    /// Whether an earlier page ended there: then more will be wanted behind this one.
    follows: bool,
    going: Option<Going>,
}

impl Ends {
    pub(in crate::kurrentdb) fn wanted<'a>(
        &'a self,
        after: GlobalPosition,
        filter: &'a EventFilter,
        events_max: usize,
        limit: Duration,
    ) -> Wanted<'a> {
        let mut ends = self.recent();
        let mut places = ends.iter();
        let place = places.position(|end| end.position == after && end.filter == *filter);
        let end = place.map(|place| ends.remove(place));
        Wanted {
            after,
            filter,
            events_max,
            limit,
            ends: self,
            follows: end.is_some(),
            going: end.and_then(|end| end.going),
        }
    }

    fn remember(&self, end: End) {
        if end.going.is_some() {
            // Where nobody reads on, the server must not keep it open, nor what it sent stay here.
            let ends = Arc::downgrade(&self.0);
            tokio::spawn(async move {
                time::sleep(AGE_MAX).await;
                if let Some(ends) = ends.upgrade() {
                    drop(Ends(ends).recent());
                }
            });
        }
        let mut ends = self.ends();
        if ends.len() >= ENDS_MAX {
            // The oldest one.
            ends.remove(0);
        }
        ends.push(end);
    }

    /// Those that are not too old; gives up the others.
    fn recent(&self) -> MutexGuard<'_, Vec<End>> {
        let mut ends = self.ends();
        ends.retain(|end| end.since.elapsed() < AGE_MAX);
        ends
    }

    fn ends(&self) -> MutexGuard<'_, Vec<End>> {
        // Every change is a single call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wanted<'_> {
    /// Reads it; may be called again where that failed.
    pub(in crate::kurrentdb) async fn read(&mut self, client: &Client) -> Result<LogPage, Fault> {
        if let Some(going) = self.going.take() {
            match self.read_on(going).await {
                Ok(page) => return Ok(page),
                // Of another connection, or given up by the server: that says nothing about this one.
                Err(fault) => tracing::debug!(%fault, "a long read ended"),
            }
        }
        // Two events more than wanted: reading begins with the one at `after`, and an event beyond
        // those wanted shows whether this is the end.
        let count = match self.follows {
            true => usize::MAX,
            false => self.events_max.saturating_add(2),
        };
        let (begin, filter) = (Begin::At(self.after), Some(server_filter(self.filter)));
        let messages = client.read_all(self.limit, begin, filter, count).await?;
        self.read_on(Going {
            messages,
            next: None,
        })
        .await
    }

    async fn read_on(&mut self, mut going: Going) -> Result<LogPage, Fault> {
        let mut page = Page::new(self.events_max);
        let mut reached = self.after;
        let mut next = going.next.take();
        loop {
            let event = match next.take() {
                Some(event) => event,
                None => match going.messages.next_event(self.limit).await? {
                    Some(event) => event,
                    None => return Ok(page.of_log(reached, true)),
                },
            };
            let position = event.position;
            if position <= self.after {
                continue;
            }
            if page.is_full() {
                going.next = Some(event);
                self.ends.remember(End {
                    filter: self.filter.clone(),
                    position: reached,
                    since: Instant::now(),
                    going: self.follows.then_some(going),
                });
                return Ok(page.of_log(reached, false));
            }
            page.take(event);
            reached = position;
            if let Some(last) = page.events.last()
                && !self.filter.admits(&last.stream)
            {
                page.events.pop();
            }
        }
    }
}
