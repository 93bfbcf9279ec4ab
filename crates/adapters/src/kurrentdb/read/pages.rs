//! Pages of the log that follow each other come by one long read, up to two pages ahead of whoever asks for
//! them.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use minwon_core::{EventFilter, GlobalPosition, LogPage};
use tokio::{
    runtime::Handle,
    sync::mpsc,
    task::AbortHandle,
    time::{self, Instant},
};

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
pub(in crate::kurrentdb) struct Ends(Shared);

type Shared = Arc<Mutex<Vec<End>>>;

struct End {
    asked: Asked,
    since: Instant,
    going: Option<Going>,
}

/// What makes a page.
#[derive(Clone, PartialEq, Eq)]
struct Asked {
    after: GlobalPosition,
    filter: EventFilter,
    events_max: usize,
}

/// A read that goes on, in a task of its own.
struct Going {
    pages: mpsc::Receiver<Result<LogPage, Fault>>,
    task: AbortHandle,
}

/// A page that is wanted, and what is known about the place where it begins.
pub(in crate::kurrentdb) struct Wanted<'a> {
    asked: Asked,
    limit: Duration,
    ends: &'a Ends,
    runtime: &'a Handle,
    /// Whether an earlier page ended there: then more will be wanted behind this one.
    follows: bool,
    going: Option<Going>,
}

impl Ends {
    pub(in crate::kurrentdb) fn wanted<'a>(
        &'a self,
        (after, filter, events_max): (GlobalPosition, &EventFilter, usize),
        limit: Duration,
        runtime: &'a Handle,
    ) -> Wanted<'a> {
        let asked = Asked {
            after,
            filter: filter.clone(),
            events_max,
        };
        let mut ends = recent(&self.0);
        let place = ends.iter().position(|end| end.asked == asked);
        let end = place.map(|place| ends.remove(place));
        Wanted {
            asked,
            limit,
            ends: self,
            runtime,
            follows: end.is_some(),
            going: end.and_then(|end| end.going),
        }
    }

    /// Remembers that a page ended where `asked` begins.
    fn remember(&self, asked: Asked, going: Option<Going>) {
        let since = Instant::now();
        let mut ends = recent(&self.0);
        if ends.len() >= ENDS_MAX {
            // The oldest one.
            ends.remove(0);
        }
        ends.push(End {
            asked,
            since,
            going,
        });
    }
}

/// Those that are not too old; gives up the others.
fn recent(ends: &Shared) -> MutexGuard<'_, Vec<End>> {
    // Every change is a single call.
    let mut ends = ends.lock().unwrap_or_else(PoisonError::into_inner);
    ends.retain(|end| end.since.elapsed() < AGE_MAX);
    ends
}

impl Wanted<'_> {
    /// Reads it; may be called again where that failed.
    pub(in crate::kurrentdb) async fn read(&mut self, client: &Client) -> Result<LogPage, Fault> {
        if let Some(going) = self.going.take() {
            match self.go_on(going).await {
                Ok(page) => return Ok(page),
                // Of another connection, or given up by the server: that says nothing about this one.
                Err(fault) => tracing::debug!(%fault, "a long read ended"),
            }
        }
        // Two events more than wanted: reading begins with the one at `after`, and an event beyond
        // those wanted shows whether this is the end.
        let count = match self.follows {
            true => usize::MAX,
            false => self.asked.events_max.saturating_add(2),
        };
        let begin = Begin::At(self.asked.after);
        let filter = Some(server_filter(&self.asked.filter));
        let mut reading = Reading {
            messages: client.read_all(self.limit, begin, filter, count).await?,
            limit: self.limit,
            asked: self.asked.clone(),
            next: None,
        };
        if self.follows {
            let going = Going::begin(reading, &self.ends.0, self.runtime);
            return self.go_on(going).await;
        }
        let page = reading.page().await?;
        self.remember(&page, None);
        Ok(page)
    }

    async fn go_on(&self, mut going: Going) -> Result<LogPage, Fault> {
        let page = going.pages.recv().await.unwrap_or(Err(Fault::CutOff))?;
        self.remember(&page, Some(going));
        Ok(page)
    }

    fn remember(&self, page: &LogPage, going: Option<Going>) {
        if !page.is_end {
            self.ends.remember(self.asked.behind(page), going);
        }
    }
}

impl Asked {
    /// The same, from the end of `page` on.
    fn behind(&self, page: &LogPage) -> Self {
        Self {
            after: page.position,
            ..self.clone()
        }
    }
}

impl Going {
    fn begin(reading: Reading, ends: &Shared, runtime: &Handle) -> Self {
        let (sender, pages) = mpsc::channel(1);
        let task = runtime.spawn(reading.run(sender, Arc::downgrade(ends)));
        Self {
            pages,
            task: task.abort_handle(),
        }
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A read of the log, page by page.
struct Reading {
    messages: Messages,
    limit: Duration,
    /// The next page.
    asked: Asked,
    /// An event that came and found no room in the page before.
    next: Option<Sent>,
}

impl Reading {
    /// Reads on while one page waits to be taken, and until nobody has for a while: then the server must not keep
    /// the read open, nor what it sent stay here.
    async fn run(
        mut self,
        pages: mpsc::Sender<Result<LogPage, Fault>>,
        ends: Weak<Mutex<Vec<End>>>,
    ) {
        loop {
            let page = self.page().await;
            let goes_on = page.as_ref().is_ok_and(|page| !page.is_end);
            match time::timeout(AGE_MAX, pages.reserve()).await {
                Ok(Ok(room)) => room.send(page),
                Ok(Err(_)) | Err(_) => break,
            }
            if !goes_on {
                let _ = time::timeout(AGE_MAX, pages.closed()).await;
                break;
            }
        }
        if let Some(ends) = ends.upgrade() {
            drop(recent(&ends));
        }
    }

    async fn page(&mut self) -> Result<LogPage, Fault> {
        let mut page = Page::new(self.asked.events_max);
        let mut reached = self.asked.after;
        let is_end = loop {
            let event = match self.next.take() {
                Some(event) => event,
                None => match self.messages.next_event(self.limit).await? {
                    Some(event) => event,
                    None => break true,
                },
            };
            let position = event.position;
            if position <= self.asked.after {
                continue;
            }
            if page.is_full() {
                self.next = Some(event);
                break false;
            }
            page.take(event);
            reached = position;
            if let Some(last) = page.events.last()
                && !self.asked.filter.admits(&last.stream)
            {
                page.events.pop();
            }
        };
        self.asked.after = reached;
        Ok(page.of_log(reached, is_end))
    }
}
