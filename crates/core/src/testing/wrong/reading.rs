//! Event stores that are wrong, and how they read.

use std::{collections::BTreeSet, num::NonZeroU32, time::Duration};

use super::{Wrongly, following::Followed, wrongs};
use crate::{
    AppendError, Appended, CategoryName, EncodedMetadata, EventFilter, EventStore, EventType,
    ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NamespaceName, NewEvent,
    RecordedEvent, StoreError, StreamName, StreamPage, StreamVersion, Timestamp,
    memory::{MemoryFeed, MemoryStore},
    testing::Hook,
};

wrongs! {
    /// How an event store can be wrong.
    Wrong {
        IgnoresTheExpectation breaks "an_expectation_that_fails_conflicts",
        LeavesPartOfAConflict breaks "an_expectation_that_fails_conflicts",
        HidesTheActualVersion breaks "an_expectation_that_fails_conflicts",
        AnswersTheStart breaks "an_answer_names_the_place_of_the_last_event",
        CallsNewEventsARepeat breaks "versions_are_contiguous_from_0",
        RefusesExistingStreams breaks "an_expectation_that_holds_admits",

        TakesEmptyAppends breaks "a_malformed_append_is_refused",
        TakesTooManyEvents breaks "a_malformed_append_is_refused",
        TakesOneEventTwice breaks "a_malformed_append_is_refused",
        TakesOversizedEvents breaks "an_oversized_event_is_refused",
        WritesWhileItChecks breaks "an_oversized_event_is_refused",
        TakesBytes breaks "a_malformed_append_is_refused",
        RefusesLargeEvents breaks "the_largest_event_is_taken",
        RefusesLargeAppends breaks "the_largest_append_is_taken",
        WritesWhatIsTooLarge breaks "what_is_too_large_at_once_is_taken_in_parts",

        AppendsARepeatAgain breaks "a_repeat_changes_nothing",
        ConflictsOnARepeat breaks "a_repeat_changes_nothing",
        /// Knows a repeat only by its place.
        ConflictsOnARepeatWithoutPlace breaks "a_repeat_changes_nothing",
        /// Knows a repeat only at the end of the stream.
        ForgetsEarlierAppends breaks "a_repeat_changes_nothing",
        ComparesPayloads breaks "a_repeat_is_known_by_its_ids_alone",
        TakesOtherEventsForARepeat breaks "other_events_at_the_same_place_conflict",
        TakesALongerAppendForARepeat breaks "a_repeat_with_further_events_conflicts",
        WantsTheWholeAppend breaks "the_first_part_of_an_append_is_a_repeat",
        KnowsIdsOfOtherStreams breaks "the_same_ids_on_another_stream_are_no_repeat",

        DropsTheTrace breaks "all_metadata_read_back_exactly",
        RaisesOldInstants breaks "all_metadata_read_back_exactly",
        ReformatsPayloads breaks "payloads_read_back_byte_by_byte",
        CutsLongNames breaks "the_longest_names_read_back",
        StampsOnReading breaks "an_event_reads_the_same_everywhere",
        MixesStreamsOfOnePrefix breaks "streams_with_similar_names_are_apart",
        ForgetsTheNamespace breaks "namespaces_are_apart",
        ForgetsTheLastAppend breaks "an_acknowledged_append_is_read_at_once",

        NeverEndsAMissingStream breaks "a_stream_reads_from_any_version_in_pages_of_any_size",
        StreamPageSkips breaks "a_stream_reads_from_any_version_in_pages_of_any_size",
        StreamPageRepeats breaks "a_stream_reads_from_any_version_in_pages_of_any_size",
        ReadsTheLastEventAgain breaks "a_stream_reads_from_any_version_in_pages_of_any_size",
        StreamEndsEarly breaks "a_stream_reads_from_any_version_in_pages_of_any_size",
        /// Does not see that a full page is the end.
        StreamEndsLate breaks "a_stream_reads_from_any_version_in_pages_of_any_size",
        PagesTooLarge breaks "a_stream_reads_from_any_version_in_pages_of_any_size",
        /// Cuts pages after 1 MiB and calls them the end.
        CutsLargePages breaks "a_stream_of_large_events_reads_whole",

        LogPageSkips breaks "the_log_reads_after_any_position_in_pages_of_any_size",
        LogPageRepeats breaks "the_log_reads_after_any_position_in_pages_of_any_size",
        /// Counts positions by thousands when it looks where to go on.
        RoundsPositions breaks "the_log_reads_after_any_position_in_pages_of_any_size",
        CountsPositionsDown breaks "positions_increase_with_every_event",
        SwapsTwoEvents breaks "the_log_reads_after_any_position_in_pages_of_any_size",
        IgnoresTheFilter breaks "a_filter_admits_exactly_what_it_names",
        /// Admits categories that begin as the one asked for does.
        FilterMatchesPrefixes breaks "a_filter_admits_exactly_what_it_names",
        FilterLosesAnEvent breaks "a_filter_admits_exactly_what_it_names",
        /// Does not move over what the filter leaves out.
        PositionStays breaks "the_position_moves_over_what_a_filter_leaves_out",
        PositionRunsAhead breaks "the_position_moves_over_what_a_filter_leaves_out",
        LogEndsEarly breaks "the_end_of_the_log_is_told_truly",
        HeadStays breaks "the_head_is_the_last_position",
        HeadRunsAhead breaks "the_head_is_the_last_position",
        CutsPagesAtWhatIsLeftOut breaks "a_page_is_not_cut_by_what_a_filter_leaves_out",
        LastIgnoresThePlace breaks "the_last_event_up_to_a_place_is_told_truly",
        LastIgnoresTheFilter breaks "the_last_event_up_to_a_place_is_told_truly",
        LastLeavesOutThePlace breaks "the_last_event_up_to_a_place_is_told_truly",

        FeedSkipsAtTheSeam breaks "a_feed_brings_history_then_what_comes",
        FeedRepeatsAtTheSeam breaks "a_feed_brings_history_then_what_comes",
        FeedNeverCatchesUp breaks "a_feed_tells_truly_when_it_has_caught_up",
        FeedCatchesUpEarly breaks "a_feed_tells_truly_when_it_has_caught_up",
        /// Says that it has caught up only together with an event.
        FeedIsSilentAtTheHead breaks "a_feed_at_the_head_has_caught_up",
        /// Brings empty batches instead of waiting.
        FeedSpins breaks "a_feed_at_the_head_waits",
        FeedIgnoresItsStart breaks "a_feed_resumes_after_any_batch",
        FeedPositionRunsAhead breaks "a_feed_resumes_after_any_batch",
        FeedIgnoresItsFilter breaks "a_filtered_feed_brings_exactly_what_it_names",
        FeedPositionStays breaks "a_filtered_feed_moves_over_what_it_leaves_out",
        FeedBatchesTooLarge breaks "a_feed_brings_history_then_what_comes",
        FeedIsNotWoken breaks "a_waiting_feed_wakes_for_every_append",
        FeedLosesWhatWasDropped breaks "a_dropped_wait_loses_nothing",
        /// Gives an event its position before readers can see it: they pass it by. The classic
        /// mistake of logs that number their events by a sequence.
        NumbersBeforeItCommits breaks "feeds_under_concurrent_writers_bring_everything_once",

        ChecksThenAppends breaks "one_writer_wins_each_version",
        /// Calls it a conflict when another append is under way, on whatever stream.
        RefusesAppendsAtOnce breaks "writers_of_many_streams_all_succeed",
        /// Calls identical appends new as long as they are all under way.
        CallsTwinsNew breaks "identical_appends_at_once_write_once",
        AppendsInTwoSteps breaks "a_dropped_append_is_whole_or_absent",
    }
}

/// The state of some of them.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) streams: BTreeSet<StreamName>,
    /// Stream and first version of the append acknowledged last.
    pub(super) last_append: Option<(StreamName, StreamVersion)>,
    /// Events that have their position, but cannot be seen yet.
    pub(super) hidden: BTreeSet<(StreamName, StreamVersion)>,
    pub(super) under_way: u32,
    last_in_log: Option<RecordedEvent>,
}

impl Notes {
    pub(super) fn hides(&self, event: &RecordedEvent) -> bool {
        let place = || (event.stream.clone(), event.version);
        !self.hidden.is_empty() && self.hidden.contains(&place())
    }
}

pub(super) type WrongEvents = Wrongly<Wrong, Notes>;

impl Hook<MemoryStore> for WrongEvents {
    type Memory = Followed;

    async fn append(
        &self,
        store: &MemoryStore,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        self.append_wrongly(store, stream, expected, events).await
    }

    async fn read_stream(
        &self,
        store: &MemoryStore,
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
        let mut page = store.read_stream(stream, from, wider).await?;
        match self.wrong {
            Wrong::StreamEndsEarly => page.is_end = true,
            Wrong::StreamEndsLate => page.is_end &= page.events.len() < events_max.get() as usize,
            Wrong::NeverEndsAMissingStream => page.is_end &= !page.events.is_empty(),
            Wrong::CutsLargePages => cut(&mut page),
            Wrong::MixesStreamsOfOnePrefix => {
                for other in self.streams_beginning_with(stream) {
                    let others = store.read_stream(&other, from, events_max).await?;
                    page.events.extend(others.events);
                }
            }
            Wrong::ReadsTheLastEventAgain if page.events.is_empty() && number > 0 => {
                let before = StreamVersion::new(number - 1);
                page = store.read_stream(stream, before, events_max).await?;
            }
            _ => {}
        }
        let notes = self.notes();
        page.events.retain(|event| match &notes.last_append {
            Some((of, first)) if self.is(Wrong::ForgetsTheLastAppend) => {
                event.stream != *of || event.version < *first
            }
            _ => !notes.hides(event),
        });
        let events = page.events.iter_mut();
        events.for_each(|event| misremember(self.wrong, event));
        Ok(page)
    }

    async fn read_all(
        &self,
        store: &MemoryStore,
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
        let mut page = store.read_all(from, read, self.wider(events_max)).await?;
        page.events.retain(|event| !self.notes().hides(event));
        self.misread_page(&mut page, after, filter);
        if self.is(Wrong::PositionRunsAhead) {
            page.position = store.head().await?;
        }
        for event in &mut page.events {
            misremember(self.wrong, event);
            if self.is(Wrong::StampsOnReading) {
                event.recorded_at = event.recorded_at.saturating_add(Duration::from_secs(1));
            }
        }
        Ok(page)
    }

    async fn head(&self, store: &MemoryStore) -> Result<GlobalPosition, StoreError> {
        let head = store.head().await?;
        Ok(match self.wrong {
            Wrong::HeadStays => GlobalPosition::START,
            Wrong::HeadRunsAhead => GlobalPosition::new(head.commit() + 1000),
            _ => head,
        })
    }

    async fn last_up_to(
        &self,
        store: &MemoryStore,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let everything = EventFilter::all();
        let before = GlobalPosition::new(until.commit().saturating_sub(1));
        let (until, filter) = match self.wrong {
            Wrong::LastIgnoresThePlace => (GlobalPosition::new(u64::MAX), filter),
            Wrong::LastIgnoresTheFilter => (until, &everything),
            Wrong::LastLeavesOutThePlace => (before, filter),
            _ => (until, filter),
        };
        store.last_up_to(until, filter).await
    }

    fn feed(
        &self,
        store: &MemoryStore,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> MemoryFeed {
        let twice = NonZeroU32::MIN.saturating_add(1);
        match self.wrong {
            Wrong::FeedIgnoresItsStart => {
                store.feed(GlobalPosition::START, filter, batch_events_max)
            }
            Wrong::FeedIgnoresItsFilter => store.feed(after, EventFilter::all(), batch_events_max),
            Wrong::FeedBatchesTooLarge => {
                store.feed(after, filter, batch_events_max.saturating_mul(twice))
            }
            _ => store.feed(after, filter, batch_events_max),
        }
    }

    async fn next<F: Feed>(
        &self,
        feed: &mut F,
        at: GlobalPosition,
        memory: &mut Followed,
    ) -> Result<FeedBatch, StoreError> {
        self.next_wrongly(feed, at, memory).await
    }
}

impl WrongEvents {
    fn wider(&self, events_max: NonZeroU32) -> NonZeroU32 {
        match self.wrong {
            Wrong::PagesTooLarge => events_max.saturating_add(1),
            _ => events_max,
        }
    }

    fn streams_beginning_with(&self, stream: &StreamName) -> Vec<StreamName> {
        let notes = self.notes();
        let others = notes.streams.iter().filter(|other| *other != stream);
        let begins = others.filter(|other| other.as_str().starts_with(stream.as_str()));
        begins.cloned().collect()
    }

    fn misread_page(&self, page: &mut LogPage, after: GlobalPosition, filter: &EventFilter) {
        let further = after > GlobalPosition::START && !page.events.is_empty();
        match self.wrong {
            Wrong::LogEndsEarly => page.is_end = true,
            Wrong::LogPageSkips if further => drop(page.events.remove(0)),
            Wrong::LogPageRepeats => {
                let last = page.events.last().cloned();
                let before = std::mem::replace(&mut self.notes().last_in_log, last);
                let before = before.filter(|event| event.position == after);
                page.events.splice(0..0, before);
            }
            Wrong::SwapsTwoEvents if page.events.len() > 1 => page.events.swap(0, 1),
            Wrong::CutsPagesAtWhatIsLeftOut => page.events.retain(|e| filter.admits(&e.stream)),
            Wrong::FilterMatchesPrefixes => {
                page.events.retain(|e| admits_prefix(filter, &e.stream));
            }
            Wrong::FilterLosesAnEvent if *filter != EventFilter::all() => drop(page.events.pop()),
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
    let namespace = NamespaceName::new(stream.namespace()).unwrap();
    (1..=stream.category().len()).any(|length| {
        let category = CategoryName::new(&stream.category()[..length]).unwrap();
        filter.admits(&StreamName::new(&namespace, &category, stream.id()).unwrap())
    })
}

/// Reads an event otherwise than it was written.
pub(super) fn misremember(wrong: Wrong, event: &mut RecordedEvent) {
    match wrong {
        Wrong::DropsTheTrace | Wrong::RaisesOldInstants => {
            let mut metadata = event.metadata.to_metadata().unwrap();
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
            event.event_type = EventType::new(&name[..name.len().min(100)]).unwrap();
        }
        _ => {}
    }
}
