//! Wrong reads.

use std::{num::NonZeroU32, time::Duration};

use super::{Notes, Wrong, WrongStore};
use crate::{
    CategoryName, EncodedMetadata, EventFilter, EventStore, EventType, GlobalPosition, LogPage,
    NamespaceName, RecordedEvent, StoreError, StreamName, StreamPage, StreamVersion, Timestamp,
};

impl<S: EventStore> WrongStore<S> {
    pub(super) async fn read_stream_wrongly(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let number = from.get();
        let from = match self.wrong {
            Wrong::StreamPageSkips if number > 0 => from.next(),
            Wrong::StreamPageRepeats => StreamVersion::new(number.saturating_sub(1)),
            _ => from,
        };
        let wider = self.wider(events_max);
        let mut page = self.store.read_stream(stream, from, wider).await?;
        match self.wrong {
            Wrong::StreamEndsEarly => page.is_end = true,
            Wrong::StreamEndsLate => page.is_end &= page.events.len() < events_max.get() as usize,
            Wrong::NeverEndsAMissingStream => page.is_end &= !page.events.is_empty(),
            Wrong::CutsLargePages => cut(&mut page),
            Wrong::MixesStreamsOfOnePrefix => {
                for other in self.streams_beginning_with(stream) {
                    let others = self.store.read_stream(&other, from, events_max).await?;
                    page.events.extend(others.events);
                }
            }
            Wrong::ReadsTheLastEventAgain if page.events.is_empty() && number > 0 => {
                let before = StreamVersion::new(number - 1);
                page = self.store.read_stream(stream, before, events_max).await?;
            }
            _ => {}
        }
        let notes = self.notes();
        page.events.retain(|event| !self.overlooks(&notes, event));
        page.events
            .iter_mut()
            .for_each(|e| misremember(self.wrong, e));
        Ok(page)
    }

    fn streams_beginning_with(&self, stream: &StreamName) -> Vec<StreamName> {
        let begins =
            |other: &&StreamName| *other != stream && other.as_str().starts_with(stream.as_str());
        self.notes()
            .streams
            .iter()
            .filter(begins)
            .cloned()
            .collect()
    }

    fn wider(&self, events_max: NonZeroU32) -> NonZeroU32 {
        match self.wrong {
            Wrong::PagesTooLarge => events_max.saturating_add(1),
            _ => events_max,
        }
    }

    fn overlooks(&self, notes: &Notes, event: &RecordedEvent) -> bool {
        let is_of_last_append = |(stream, first): &(StreamName, StreamVersion)| {
            event.stream == *stream && event.version >= *first
        };
        match self.wrong {
            Wrong::ForgetsTheLastAppend => {
                notes.last_append.as_ref().is_some_and(is_of_last_append)
            }
            _ => notes.hides(event),
        }
    }

    pub(super) async fn read_all_wrongly(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let everything = EventFilter::all();
        let read = match self.wrong {
            Wrong::IgnoresTheFilter
            | Wrong::FilterMatchesPrefixes
            | Wrong::CutsPagesAtWhatIsLeftOut => &everything,
            _ => filter,
        };
        let from = match self.wrong {
            Wrong::RoundsPositions => GlobalPosition::new(after.commit().next_multiple_of(1000)),
            _ => after,
        };
        let mut page = self
            .store
            .read_all(from, read, self.wider(events_max))
            .await?;
        page.events.retain(|event| !self.notes().hides(event));
        self.misread_page(&mut page, after, filter);
        if self.is(Wrong::PositionRunsAhead) {
            page.position = self.store.head().await?;
        }
        page.events
            .iter_mut()
            .for_each(|e| misremember(self.wrong, e));
        if self.is(Wrong::StampsOnReading) {
            let later = |event: &mut RecordedEvent| {
                event.recorded_at = event.recorded_at.saturating_add(Duration::from_secs(1));
            };
            page.events.iter_mut().for_each(later);
        }
        Ok(page)
    }

    pub(super) async fn last_up_to_wrongly(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let everything = EventFilter::all();
        let (until, filter) = match self.wrong {
            Wrong::LastIgnoresThePlace => (GlobalPosition::new(u64::MAX), filter),
            Wrong::LastIgnoresTheFilter => (until, &everything),
            Wrong::LastLeavesOutThePlace => (
                GlobalPosition::new(until.commit().saturating_sub(1)),
                filter,
            ),
            _ => (until, filter),
        };
        self.store.last_up_to(until, filter).await
    }

    fn misread_page(&self, page: &mut LogPage, after: GlobalPosition, filter: &EventFilter) {
        let further = after > GlobalPosition::START && !page.events.is_empty();
        match self.wrong {
            Wrong::LogEndsEarly => page.is_end = true,
            Wrong::LogPageSkips if further => {
                page.events.remove(0);
            }
            Wrong::LogPageRepeats => {
                let last = page.events.last().cloned();
                let before = std::mem::replace(&mut self.notes().last_in_log, last);
                if let Some(before) = before.filter(|event| event.position == after) {
                    page.events.insert(0, before);
                }
            }
            Wrong::SwapsTwoEvents if page.events.len() > 1 => page.events.swap(0, 1),
            Wrong::CutsPagesAtWhatIsLeftOut => page.events.retain(|e| filter.admits(&e.stream)),
            Wrong::FilterMatchesPrefixes => {
                page.events.retain(|e| admits_prefix(filter, &e.stream))
            }
            Wrong::FilterLosesAnEvent if *filter != EventFilter::all() => {
                page.events.pop();
            }
            Wrong::PositionStays => {
                page.position = page.events.last().map_or(after, |event| event.position);
            }
            Wrong::CountsPositionsDown => page.events.iter_mut().for_each(|event| {
                event.position = GlobalPosition::new(1_000_000 - event.position.commit());
            }),
            _ => {}
        }
    }
}

/// Ends a page after 1 MiB, as if nothing followed.
fn cut(page: &mut StreamPage) {
    let mut bytes = 0;
    page.events.retain(|event| {
        bytes += event.payload.len();
        bytes <= 1024 * 1024
    });
    page.is_end = true;
}

/// Whether `filter` admits a stream whose category is the beginning of this one's.
fn admits_prefix(filter: &EventFilter, stream: &StreamName) -> bool {
    let namespace = NamespaceName::new(stream.namespace()).expect("from a stream name");
    (1..=stream.category().len()).any(|length| {
        let beginning = &stream.category()[..length];
        let category = CategoryName::new(beginning).expect("the beginning of a word is a word");
        let shorter = StreamName::new(&namespace, &category, stream.id());
        filter.admits(&shorter.expect("from a stream name"))
    })
}

/// Reads an event otherwise than it was written.
pub(super) fn misremember(wrong: Wrong, event: &mut RecordedEvent) {
    match wrong {
        Wrong::DropsTheTrace | Wrong::RaisesOldInstants => {
            let mut metadata = event
                .metadata
                .to_metadata()
                .expect("a suite writes sound metadata");
            if wrong == Wrong::DropsTheTrace {
                metadata.traceparent = None;
            } else {
                metadata.occurred_at = metadata.occurred_at.max(Timestamp::UNIX_EPOCH);
            }
            event.metadata = EncodedMetadata::from(&metadata);
        }
        Wrong::ReformatsPayloads => {
            let text = String::from_utf8_lossy(&event.payload);
            event.payload = text.trim().to_owned().into();
        }
        Wrong::CutsLongNames => {
            let name = event.event_type.as_str();
            let cut = EventType::new(&name[..name.len().min(100)]);
            event.event_type = cut.expect("the beginning of a word is a word");
        }
        _ => {}
    }
}
