//! Reading streams and the log, page by page.

mod forward;

use std::{num::NonZeroU32, ops::ControlFlow, time::Duration};

use kurrentdb::{Client, ReadAllOptions, ReadStream, ResolvedEvent, StreamPosition};
use minwon_core::{
    EventFilter, GlobalPosition, LogPage, RecordedEvent, StoreError, StreamName, StreamPage,
    StreamVersion,
};

pub(super) use self::forward::{Span, last_version, read_forward};
use super::{
    KurrentStore,
    codec::{Decoder, client_position, position_of},
    error::{Fault, corrupt},
    filter::server_filter,
    link::guarded,
};

/// Most bytes of events in one page, so that large events make short pages. Unit: bytes.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Events read at a time where a log is looked through. Unit: events.
const SCANNED_EVENTS: NonZeroU32 = NonZeroU32::new(1000).expect("not 0");

/// Why a page is not to be had.
enum PageFault {
    /// The call failed; it may be tried again.
    Call(Fault),
    /// The content is not what should be there.
    Content(StoreError),
}

impl From<Fault> for PageFault {
    fn from(fault: Fault) -> Self {
        Self::Call(fault)
    }
}

impl KurrentStore {
    pub(super) async fn stream_page(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        // A version beyond what the server can count is beyond the end of any stream.
        if i64::try_from(from.get()).is_err() {
            return Ok(end_of_stream());
        }
        let limit = self.link.options().call_timeout;
        let read = self.link.read(|client| async move {
            let answer = read_stream_page(client, limit, stream, from, events_max).await;
            content_last(answer)
        });
        match read.await {
            Ok(page) => page,
            Err(fault) if fault.is_no_stream() => Ok(end_of_stream()),
            Err(fault) => Err(fault.into_store_error(format_args!("reading {stream}"))),
        }
    }

    pub(super) async fn log_page(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        if filter.wanted_categories().is_some_and(<[_]>::is_empty) {
            return Ok(LogPage {
                events: Vec::new(),
                position: self.log_head().await?.max(after),
                is_end: true,
            });
        }
        let limit = self.link.options().scan_timeout;
        let read = self.link.read(|client| async move {
            let answer = read_log_page(client, limit, after, filter, events_max).await;
            content_last(answer)
        });
        let doing = |fault: Fault| {
            fault.into_store_error(format_args!("reading the log after position {after}"))
        };
        let mut page = read.await.map_err(doing)??;
        if !page.is_end {
            return Ok(page);
        }
        // A read that was cut off must not seem to be the end; and what the filter leaves out does
        // not come, so how far all was looked at is known from the head alone.
        let head = self.log_head().await?;
        if page.position < head {
            page.is_end = !self.has_more(page.position, filter).await.map_err(doing)?;
            if page.is_end {
                page.position = head;
            }
        }
        Ok(page)
    }

    /// Returns whether there is an event behind `after` that `filter` lets through.
    async fn has_more(&self, after: GlobalPosition, filter: &EventFilter) -> Result<bool, Fault> {
        let limit = self.link.options().scan_timeout;
        let options = &forward_in_log(after, filter).max_count(2);
        let read = self.link.read(|client| async move {
            let mut events = guarded(limit, client.read_all(options)).await?;
            while let Some(event) = next(limit, &mut events).await? {
                if position_of(event.position) > after {
                    return Ok(true);
                }
            }
            Ok(false)
        });
        read.await
    }

    /// The position of the last event in the log, whoever wrote it. A feed moves over what others
    /// wrote, and so do checkpoints: one that is ahead of the head is taken for another log's.
    pub(super) async fn log_head(&self) -> Result<GlobalPosition, StoreError> {
        let limit = self.link.options().scan_timeout;
        self.last_position(limit, None)
            .await
            .map_err(|fault| fault.into_store_error("reading the head of the log"))
    }

    /// See [`EventStore::last_up_to`](minwon_core::EventStore::last_up_to). The server reads
    /// backwards from there, past what others wrote.
    pub(super) async fn last_admitted(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let Some(place) = client_position(until) else {
            return Ok(GlobalPosition::START);
        };
        if filter.wanted_categories().is_some_and(<[_]>::is_empty) {
            return Ok(GlobalPosition::START);
        }
        let limit = self.link.options().scan_timeout;
        let read = self.link.read(|client| async move {
            let place = StreamPosition::Position(place);
            // Backwards the server leaves out what stands at the place where it begins: so that
            // is looked for from the event behind.
            let options = ReadAllOptions::default().forwards().max_count(2);
            let options = &options.position(place);
            let mut events = guarded(limit, client.read_all(options)).await?;
            let mut begin = StreamPosition::End;
            while let Some(event) = next(limit, &mut events).await? {
                if position_of(event.position) > until {
                    begin = StreamPosition::Position(event.position);
                    break;
                }
            }
            let options = ReadAllOptions::default().backwards().position(begin);
            let options = &options.filter(server_filter(filter)).max_count(256);
            // Nothing at all is rare enough to be asked for twice: the read may have been cut off.
            for _ in 0..2 {
                let mut events = guarded(limit, client.read_all(options)).await?;
                while let Some(event) = next(limit, &mut events).await? {
                    let stream = event.stream_id().parse::<StreamName>();
                    let position = position_of(event.position);
                    if position <= until && stream.is_ok_and(|stream| filter.admits(&stream)) {
                        return Ok(position);
                    }
                }
            }
            Ok(GlobalPosition::START)
        });
        match read.await {
            Ok(position) => Ok(position),
            // A log that was restored has no event there: it is read from its beginning, as it
            // will be folded.
            Err(fault) if fault.is_bad_position() => self.last_from_start(until, filter).await,
            Err(fault) => {
                let doing = format_args!("looking for the last event up to {until}");
                Err(fault.into_store_error(doing))
            }
        }
    }

    async fn last_from_start(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let (mut after, mut last) = (GlobalPosition::START, GlobalPosition::START);
        loop {
            let page = self.log_page(after, filter, SCANNED_EVENTS).await?;
            let positions = page.events.iter().map(|event| event.position);
            last = positions.filter(|at| *at <= until).last().unwrap_or(last);
            after = page.position;
            if page.is_end || after >= until {
                return Ok(last);
            }
        }
    }

    /// The position of the last event that `filter` lets through; without one, of any event.
    pub(super) async fn last_position(
        &self,
        limit: Duration,
        filter: Option<&EventFilter>,
    ) -> Result<GlobalPosition, Fault> {
        let options = ReadAllOptions::default()
            .position(StreamPosition::End)
            .backwards()
            .max_count(1);
        let options = &match filter {
            Some(filter) => options.filter(server_filter(filter)),
            None => options,
        };
        let read = self.link.read(|client| async move {
            let mut last = None;
            // Nothing at all is rare enough to be asked for twice: the read may have been cut off.
            for _ in 0..2 {
                let mut events = guarded(limit, client.read_all(options)).await?;
                last = next(limit, &mut events).await?;
                if last.is_some() {
                    break;
                }
            }
            Ok(last)
        });
        let last = read.await?;
        Ok(last.map_or(GlobalPosition::START, |event| position_of(event.position)))
    }
}

const fn end_of_stream() -> StreamPage {
    StreamPage {
        events: Vec::new(),
        is_end: true,
    }
}

/// Sorts the faults that are worth another try from those that are not.
fn content_last<T>(answer: Result<T, PageFault>) -> Result<Result<T, StoreError>, Fault> {
    match answer {
        Ok(page) => Ok(Ok(page)),
        Err(PageFault::Content(error)) => Ok(Err(error)),
        Err(PageFault::Call(fault)) => Err(fault),
    }
}

async fn read_stream_page(
    client: Client,
    limit: Duration,
    stream: &StreamName,
    from: StreamVersion,
    events_max: NonZeroU32,
) -> Result<StreamPage, PageFault> {
    let mut page = Page::new(events_max);
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
            wrong = Some(hole(stream, wanted, found));
            return ControlFlow::Break(());
        }
        if page.take(event).is_some() {
            return ControlFlow::Continue(());
        }
        wrong = Some(hole(stream, wanted, found + 1));
        ControlFlow::Break(())
    });
    let is_end = is_end.await?;
    match wrong {
        Some(error) => Err(PageFault::Content(error)),
        None => Ok(StreamPage {
            events: page.events,
            is_end,
        }),
    }
}

/// A stream whose first events are gone has no state, and must not seem to be new.
fn hole(stream: &StreamName, wanted: StreamVersion, found: u64) -> StoreError {
    corrupt(format!(
        "{stream} has no event {wanted}, but goes on at {found}: events were deleted or cut off \
         ($tb, $maxCount, $maxAge or a deletion of the stream). Take the setting back from \
         $${stream}, or restore the database"
    ))
}

async fn read_log_page(
    client: Client,
    limit: Duration,
    after: GlobalPosition,
    filter: &EventFilter,
    events_max: NonZeroU32,
) -> Result<LogPage, PageFault> {
    // Two events more than wanted: reading begins with the one at `after`, and an event beyond
    // those wanted shows whether this is the end.
    let count = count(events_max).saturating_add(2);
    let options = forward_in_log(after, filter).max_count(count);
    let mut events = guarded(limit, client.read_all(&options)).await?;
    let mut page = Page::new(events_max);
    let mut reached = after;
    while let Some(event) = next(limit, &mut events).await? {
        let position = position_of(event.position);
        if position <= after {
            continue;
        }
        if page.is_full() {
            return Ok(page.of_log(reached, false));
        }
        page.take(event);
        reached = position;
        if let Some(last) = page.events.last()
            && !filter.admits(&last.stream)
        {
            page.events.pop();
        }
    }
    Ok(page.of_log(reached, true))
}

/// Begins with the event at `after`, if there is one.
fn forward_in_log(after: GlobalPosition, filter: &EventFilter) -> ReadAllOptions {
    let position = client_position(after).map_or(StreamPosition::Start, StreamPosition::Position);
    ReadAllOptions::default()
        .position(position)
        .forwards()
        .filter(server_filter(filter))
}

fn count(events_max: NonZeroU32) -> usize {
    usize::try_from(events_max.get()).unwrap_or(usize::MAX)
}

async fn next(
    limit: Duration,
    events: &mut ReadStream,
) -> Result<Option<kurrentdb::RecordedEvent>, Fault> {
    loop {
        match guarded(limit, events.next()).await? {
            Some(ResolvedEvent {
                event: Some(event), ..
            }) => return Ok(Some(event)),
            // A link to what is gone.
            Some(_) => {}
            None => return Ok(None),
        }
    }
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
    fn new(events_max: NonZeroU32) -> Self {
        let taken_max = count(events_max);
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
    fn take(&mut self, event: kurrentdb::RecordedEvent) -> Option<()> {
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
