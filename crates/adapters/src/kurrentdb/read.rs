//! Reading streams and the log, page by page.

mod forward;
mod pages;

use std::{num::NonZeroU32, ops::ControlFlow, time::Duration};

use minwon_core::{
    AppendError, Appended, EventFilter, EventStore, ExpectedVersion, GlobalPosition, LogPage,
    NamespaceName, NewEvent, RecordedEvent, StoreError, StoreErrorKind, StreamName, StreamPage,
    StreamVersion,
};
use minwon_kurrentdb_protocol::streams::read_req::options::FilterOptions;
use serde::Deserialize;
use tokio::time::Instant;

pub(super) use self::forward::{Span, last_version, read_forward};
pub(super) use self::pages::Ends;
use super::{
    KurrentFeed, KurrentStore,
    append::Append,
    bookkeeping,
    client::{Begin, Client, Sent},
    codec::{Decoder, stream_of},
    error::{Fault, corrupt, truncated},
    filter::server_filter,
};

/// Most bytes of events in one page, so that large events make short pages. Unit: bytes.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Events read at a time where a log is looked through. Unit: events.
const SCANNED_EVENTS: NonZeroU32 = NonZeroU32::new(1000).expect("not 0");

/// About what an event takes in the server's log, its names and metadata included. Unit: bytes.
const EVENT_BYTES: u64 = 1024;

impl EventStore for KurrentStore {
    type Feed = KurrentFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let append = Append::new(self, stream, expected, events)?;
        let running = self.link.runtime().spawn(append.run());
        running.await.unwrap_or_else(|error| {
            let what = format!("appending to {stream} was cut off");
            Err(AppendError::OutcomeUnknown {
                stream: stream.clone(),
                source: StoreError::new(StoreErrorKind::Closed, what).caused_by(error),
            })
        })
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let end_of_stream = StreamPage {
            events: Vec::new(),
            is_end: true,
        };
        // A version beyond what the server can count is beyond the end of any stream.
        if i64::try_from(from.get()).is_err() {
            return Ok(end_of_stream);
        }
        let limit = self.link.options().call_timeout;
        let read = |client| read_stream_page(client, limit, stream, from, events_max);
        match self.link.read(read).await {
            Ok(page) => page,
            Err(fault) if fault.is_no_stream() => {
                self.check_never_was(stream).await?;
                Ok(end_of_stream)
            }
            Err(Fault::BeginsAt(first)) => Err(cut_off(stream, from, first)),
            Err(fault) => Err(fault.into_store_error(format_args!("reading {stream}"))),
        }
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        if filter.wanted_categories().is_some_and(<[_]>::is_empty) {
            return Ok(LogPage {
                events: Vec::new(),
                position: self.head().await?.max(after),
                is_end: true,
            });
        }
        let limit = self.link.options().scan_timeout;
        let asked = (after, filter, count(events_max));
        let wanted = self.ends.wanted(asked, limit, self.link.runtime());
        let wanted = &tokio::sync::Mutex::new(wanted);
        let read = |client| async move { wanted.lock().await.read(&client).await };
        let doing = |fault: Fault| {
            fault.into_store_error(format_args!("reading the log after position {after}"))
        };
        let mut page = self.link.read(read).await.map_err(doing)?;
        if !page.is_end {
            return Ok(page);
        }
        // A read that was cut off must not seem to be the end; and what the filter leaves out does
        // not come, so how far all was looked at is known from the head alone.
        let head = self.head().await?;
        let position = page.position;
        if position < head {
            let has_more = self.link.read(|client| async move {
                has_more(&client, limit, position, server_filter(filter)).await
            });
            page.is_end = !has_more.await.map_err(doing)?;
            if page.is_end {
                page.position = head;
            }
        }
        Ok(page)
    }

    /// The position of the last event in the log, whoever wrote it. A feed moves over what others
    /// wrote, and so do checkpoints: one that is ahead of the head is taken for another log's.
    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        let head = self.last_position(self.link.options().scan_timeout).await;
        head.map_err(|fault| fault.into_store_error("reading the head of the log"))
    }

    async fn try_rights(&self, namespace: &NamespaceName) -> Result<(), StoreError> {
        self.try_each_right(namespace).await
    }

    /// Positions are bytes of the log.
    fn positions_per_event(&self) -> u64 {
        EVENT_BYTES
    }

    /// The server reads backwards from there, past what others wrote.
    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        if until == GlobalPosition::START || filter.wanted_categories().is_some_and(<[_]>::is_empty)
        {
            return Ok(GlobalPosition::START);
        }
        let limit = self.link.options().scan_timeout;
        let read = |client| last_admitted(client, limit, until, filter);
        match self.link.read(read).await {
            // A log that was restored has no event there: it is read from its beginning, as it
            // will be folded.
            Err(fault) if fault.is_bad_position() => self.last_from_start(until, filter).await,
            position => position.map_err(|fault| {
                fault.into_store_error(format_args!("looking for the last event up to {until}"))
            }),
        }
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> KurrentFeed {
        KurrentFeed::new(self.clone(), after, filter, batch_events_max)
    }
}

/// The part of a stream's metadata that a deletion writes.
#[derive(Deserialize)]
struct Cut {
    #[serde(rename = "$tb")]
    truncate_before: Option<u64>,
}

impl KurrentStore {
    /// The error for a stream that was deleted softly: it reads as one that never was, and is told from
    /// one by its metadata alone.
    pub(super) async fn deletion_of(
        &self,
        stream: &StreamName,
    ) -> Result<Option<StoreError>, Fault> {
        let metadata = bookkeeping::last(&self.link, &format!("$${stream}")).await?;
        let cut = metadata.and_then(|event| serde_json::from_slice::<Cut>(&event.data).ok());
        let before = cut.and_then(|cut| cut.truncate_before);
        Ok(before.filter(|before| *before > 0).map(|_| {
            truncated(format!(
                "{stream} was deleted, by $tb in its metadata $${stream}, and is not new"
            ))
        }))
    }

    async fn check_never_was(&self, stream: &StreamName) -> Result<(), StoreError> {
        let sent = Instant::now();
        match self.deletion_of(stream).await {
            Ok(Some(deletion)) => Err(deletion),
            Ok(None) => {
                let age_max = self.link.options().head_age_max;
                self.looks.found_new(stream, sent, age_max);
                Ok(())
            }
            // Without the right `$mr` there is no telling; nothing is appended then, either.
            Err(fault @ Fault::AccessDenied) => {
                tracing::debug!(%stream, %fault, "whether it was deleted cannot be known");
                Ok(())
            }
            Err(fault) => {
                let doing = format_args!("reading the metadata of {stream}");
                Err(fault.into_store_error(doing))
            }
        }
    }

    pub(super) async fn last_position(&self, limit: Duration) -> Result<GlobalPosition, Fault> {
        let read = |client: Client| async move { last_position(&client, limit).await };
        self.link.read(read).await
    }

    async fn last_from_start(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let (mut after, mut last) = (GlobalPosition::START, GlobalPosition::START);
        loop {
            let page = self.read_all(after, filter, SCANNED_EVENTS).await?;
            let positions = page.events.iter().map(|event| event.position);
            last = positions.filter(|at| *at <= until).last().unwrap_or(last);
            after = page.position;
            if page.is_end || after >= until {
                return Ok(last);
            }
        }
    }
}

/// The position of the last event in the log, whoever wrote it. Costs the server little, however
/// long the log is: nothing is filtered.
pub(super) async fn last_position(
    client: &Client,
    limit: Duration,
) -> Result<GlobalPosition, Fault> {
    // Nothing at all is rare enough to be asked for twice: the read may have been cut off.
    for _ in 0..2 {
        let mut events = client.read_all(limit, Begin::End, None, 1).await?;
        if let Some(event) = events.next_event(limit).await? {
            return Ok(event.position);
        }
    }
    Ok(GlobalPosition::START)
}

/// Returns whether the server's filter lets an event through after `after`.
pub(super) async fn has_more(
    client: &Client,
    limit: Duration,
    after: GlobalPosition,
    filter: FilterOptions,
) -> Result<bool, Fault> {
    let begin = Begin::At(after);
    let mut events = client.read_all(limit, begin, Some(filter), 2).await?;
    while let Some(event) = events.next_event(limit).await? {
        if event.position > after {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The last event up to `until` that `filter` admits.
async fn last_admitted(
    client: Client,
    limit: Duration,
    until: GlobalPosition,
    filter: &EventFilter,
) -> Result<GlobalPosition, Fault> {
    // Backwards the server leaves out what stands at the place where it begins: so that is looked
    // for from the event behind.
    let mut events = client.read_all(limit, Begin::At(until), None, 2).await?;
    let mut begin = Begin::End;
    while let Some(event) = events.next_event(limit).await? {
        if event.position > until {
            begin = Begin::Before(event.position);
            break;
        }
    }
    // Mostly the first one is it, and the server looks on for as many as are asked for, past all that
    // others wrote. Nothing at all is rare enough to be asked for twice: the read may have been cut off.
    let mut count = 1;
    loop {
        let wanted = Some(server_filter(filter));
        let mut events = client.read_all(limit, begin, wanted, count).await?;
        let mut passed_over = None;
        while let Some(event) = events.next_event(limit).await? {
            let stream = stream_of(&event.stream);
            if event.position <= until && stream.is_some_and(|stream| filter.admits(&stream)) {
                return Ok(event.position);
            }
            passed_over = Some(event.position);
        }
        match passed_over {
            Some(position) => begin = Begin::Before(position),
            None if count > 1 => return Ok(GlobalPosition::START),
            None => {}
        }
        count = 256;
    }
}

/// A page of a stream, or what is wrong with it, which no other try fixes.
async fn read_stream_page(
    client: Client,
    limit: Duration,
    stream: &StreamName,
    from: StreamVersion,
    events_max: NonZeroU32,
) -> Result<Result<StreamPage, StoreError>, Fault> {
    let mut page = Page::new(count(events_max));
    let mut wrong = None;
    // One event more than wanted shows whether this is the end.
    let count = count(events_max).saturating_add(1);
    let span = Span {
        stream,
        from,
        count,
    };
    let is_end = read_forward(&client, limit, span, |event| {
        if page.is_full() {
            return ControlFlow::Break(());
        }
        let (wanted, found) = (from.plus(page.taken as u64), event.revision);
        if found != wanted.get() {
            let cut_off = if page.taken == 0 { cut_off } else { hole };
            wrong = Some(cut_off(stream, wanted, found));
            return ControlFlow::Break(());
        }
        if page.take(event).is_some() {
            return ControlFlow::Continue(());
        }
        wrong = Some(hole(stream, wanted, found + 1));
        ControlFlow::Break(())
    });
    let is_end = is_end.await?;
    Ok(wrong.map_or(
        Ok(StreamPage {
            events: page.events,
            is_end,
        }),
        Err,
    ))
}

/// A stream whose first events are gone has no state, and must not seem to be new.
fn cut_off(stream: &StreamName, wanted: StreamVersion, found: u64) -> StoreError {
    truncated(format!(
        "{stream} has no event {wanted}, but goes on at {found}: what was before is cut off, by \
         $tb, $maxCount or $maxAge in its metadata $${stream}, or by a deletion of the stream"
    ))
}

fn hole(stream: &StreamName, wanted: StreamVersion, found: u64) -> StoreError {
    corrupt(format!(
        "{stream} has no event {wanted}, but goes on at {found}"
    ))
}

fn count(events_max: NonZeroU32) -> usize {
    usize::try_from(events_max.get()).unwrap_or(usize::MAX)
}

/// Collects events until there are enough.
struct Page {
    decoder: Decoder,
    events: Vec<RecordedEvent>,
    taken: usize,
    taken_max: usize,
    bytes: usize,
}

impl Page {
    fn new(taken_max: usize) -> Self {
        Self {
            decoder: Decoder::default(),
            // A large limit is no promise that so many events come.
            events: Vec::with_capacity(taken_max.min(1024)),
            taken: 0,
            taken_max,
            bytes: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.taken >= self.taken_max || self.bytes >= PAGE_BYTES_MAX
    }

    /// Takes an event up; `None` where it is not one of ours.
    fn take(&mut self, event: Sent) -> Option<()> {
        self.bytes += event.data.len() + event.custom_metadata.len();
        self.taken += 1;
        let decoded = self.decoder.decode(event)?;
        self.events.push(decoded);
        Some(())
    }

    fn of_log(self, position: GlobalPosition, is_end: bool) -> LogPage {
        LogPage {
            events: self.events,
            position,
            is_end,
        }
    }
}
