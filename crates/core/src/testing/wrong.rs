//! Stores that are wrong on purpose: each breaks one promise, and a suite must notice.
//!
//! ```
//! use minwon_core::testing::{ModelStore, conformance, wrong::{Wrong, WrongStore}};
//!
//! # futures_executor::block_on(async {
//! let wrong = Wrong::FeedSkipsAtTheSeam;
//! let report = conformance::event_store(async || WrongStore::new(ModelStore::new(), wrong)).await;
//! assert!(report.violations().any(|(rule, _)| rule == wrong.breaks()));
//! # });
//! ```

mod appending;
mod damaged;
mod damaged_wholes;
mod following;
mod keeping;
mod reading;
mod slices;
mod unread;
mod wholes;

use std::{
    collections::BTreeSet,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard},
};

pub use self::{
    damaged::{WrongDamage, WrongDamageStore},
    damaged_wholes::{WrongWholeStore, WrongWholes},
    following::WrongFeed,
    keeping::{WrongCheckpointStore, WrongCheckpoints, WrongSnapshotStore, WrongSnapshots},
    slices::{WrongSliceStore, WrongSlices},
    unread::{WrongUnread, WrongUnreadFeed, WrongUnreadStore},
    wholes::{WrongAdmin, WrongAdminStore, WrongLeaseStore, WrongLeases},
};
use crate::{
    AppendError, Appended, EventFilter, EventStore, ExpectedVersion, GlobalPosition, LogPage,
    NewEvent, RecordedEvent, StoreError, StreamName, StreamPage, StreamVersion,
};

/// An enum whose variants each break one rule of a suite.
macro_rules! wrongs {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $wrong:ident breaks $rule:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $wrong,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$wrong,)+];

            /// The rule that names what it breaks; others may notice as well.
            #[must_use]
            pub fn breaks(self) -> &'static str {
                match self {
                    $(Self::$wrong => $rule,)+
                }
            }
        }
    };
}
use wrongs;

wrongs! {
    /// How an event store can be wrong.
    Wrong {
        /// Appends whatever is expected.
        IgnoresTheExpectation breaks "an_expectation_that_fails_conflicts",
        /// Appends the first event before it notices a conflict.
        LeavesPartOfAConflict breaks "a_conflicting_append_leaves_nothing",
        /// Says of every conflict that the stream has no event.
        HidesTheActualVersion breaks "a_conflict_tells_the_actual_version",
        /// Answers every append with the start of the log.
        AnswersTheStart breaks "an_answer_names_the_place_of_the_last_event",
        /// Calls every append a repeat.
        CallsNewEventsARepeat breaks "versions_are_contiguous_from_0",
        /// Admits an existing stream for every expectation but `NoStream`.
        RefusesExistingStreams breaks "an_expectation_that_holds_admits",

        /// Accepts no events.
        TakesEmptyAppends breaks "an_empty_append_is_refused",
        /// Keeps as many of too many events as it may.
        TakesTooManyEvents breaks "an_append_of_too_many_events_is_refused",
        /// Keeps one of two events with the same id.
        TakesOneEventTwice breaks "one_event_twice_in_an_append_is_refused",
        /// Keeps an oversized event without its payload.
        TakesOversizedEvents breaks "an_oversized_event_is_refused",
        /// Appends what stands before the oversized event.
        WritesWhileItChecks breaks "an_oversized_event_is_refused",
        /// Keeps bytes that are no text without them.
        TakesBytes breaks "a_payload_that_is_no_text_is_refused",
        /// Has a limit of its own of 32 KiB.
        RefusesLargeEvents breaks "the_largest_event_is_taken",
        /// Has a limit of its own of 1,000 events.
        RefusesLargeAppends breaks "the_largest_append_is_taken",
        /// Writes what it calls too large.
        WritesWhatIsTooLarge breaks "what_is_too_large_at_once_is_taken_in_parts",

        /// Appends a repeat once more.
        AppendsARepeatAgain breaks "a_repeat_under_no_stream_changes_nothing",
        /// Answers every repeat by a conflict.
        ConflictsOnARepeat breaks "a_repeat_under_exactly_changes_nothing",
        /// Knows a repeat only by its place.
        ConflictsOnARepeatWithoutPlace breaks "a_repeat_under_any_changes_nothing",
        /// Knows a repeat only at the end of the stream.
        ForgetsEarlierAppends breaks "a_repeat_under_stream_exists_changes_nothing",
        /// Compares payloads, too, before it calls events the same.
        ComparesPayloads breaks "a_repeat_is_known_by_its_ids_alone",
        /// Calls it a repeat if there are events at the place, whichever they are.
        TakesOtherEventsForARepeat breaks "other_events_at_the_same_place_conflict",
        /// Calls it a repeat if the first events stand there.
        TakesALongerAppendForARepeat breaks "a_repeat_with_further_events_conflicts",
        /// Calls it a repeat only if nothing follows.
        WantsTheWholeAppend breaks "the_first_part_of_an_append_is_a_repeat",
        /// Takes event ids for unique in the whole store.
        KnowsIdsOfOtherStreams breaks "the_same_ids_on_another_stream_are_no_repeat",

        /// Drops the traceparent.
        DropsTheTrace breaks "all_metadata_read_back_exactly",
        /// Reads instants before 1970 as 1970.
        RaisesOldInstants breaks "all_metadata_read_back_exactly",
        /// Writes the JSON anew, without its white space.
        ReformatsPayloads breaks "payloads_read_back_byte_by_byte",
        /// Cuts names after 100 bytes.
        CutsLongNames breaks "the_longest_names_read_back",
        /// Stamps events anew when they are read from the log.
        StampsOnReading breaks "an_event_reads_the_same_everywhere",
        /// Reads streams whose name begins with the one asked for.
        MixesStreamsOfOnePrefix breaks "streams_with_similar_names_are_apart",
        /// Takes a stream for that of another namespace.
        ForgetsTheNamespace breaks "namespaces_are_apart",
        /// Reads streams without their latest append.
        ForgetsTheLastAppend breaks "an_acknowledged_append_is_read_at_once",

        /// Never calls an empty page the end.
        NeverEndsAMissingStream breaks "a_missing_stream_is_an_empty_end_page",
        /// Leaves out the first event of each further page of a stream.
        StreamPageSkips breaks "stream_pages_join_without_gap_or_repeat",
        /// Begins each further page of a stream with the last event of the page before.
        StreamPageRepeats breaks "a_stream_reads_from_any_version",
        /// Gives the last event to who reads on after the end.
        ReadsTheLastEventAgain breaks "beyond_the_end_of_a_stream_is_an_empty_end_page",
        /// Calls every page of a stream the end.
        StreamEndsEarly breaks "the_end_of_a_stream_is_told_truly",
        /// Does not see that a full page is the end.
        StreamEndsLate breaks "the_end_of_a_stream_is_told_truly",
        /// Gives one event more than was asked for.
        PagesTooLarge breaks "stream_pages_join_without_gap_or_repeat",
        /// Cuts pages after 1 MiB and calls them the end.
        CutsLargePages breaks "a_stream_of_large_events_reads_whole",

        /// Leaves out the first event of each further page of the log.
        LogPageSkips breaks "log_pages_join_without_gap_or_repeat",
        /// Begins each further page of the log with the last event of the page before.
        LogPageRepeats breaks "log_pages_join_without_gap_or_repeat",
        /// Counts positions by thousands when it looks where to go on.
        RoundsPositions breaks "the_log_reads_on_after_any_position",
        /// Gives positions in the opposite order.
        CountsPositionsDown breaks "positions_increase_with_every_event",
        /// Turns round the first two events of a page of the log.
        SwapsTwoEvents breaks "the_log_keeps_the_order_of_each_stream",
        /// Leaves nothing out.
        IgnoresTheFilter breaks "a_filter_admits_exactly_what_it_names",
        /// Admits categories that begin as the one asked for does.
        FilterMatchesPrefixes breaks "a_filter_admits_exactly_what_it_names",
        /// Leaves out the last event of a filtered page.
        FilterLosesAnEvent breaks "a_filter_admits_exactly_what_it_names",
        /// Does not move over what the filter leaves out.
        PositionStays breaks "the_position_moves_over_what_a_filter_leaves_out",
        /// Says to continue at the head, whatever was read.
        PositionRunsAhead breaks "the_position_moves_over_what_a_filter_leaves_out",
        /// Calls every page of the log the end.
        LogEndsEarly breaks "the_end_of_the_log_is_told_truly",
        /// Always has its head at the start.
        HeadStays breaks "the_head_is_the_last_position",
        /// Has its head beyond the last event.
        HeadRunsAhead breaks "the_head_is_the_last_position",

        /// Ends a page where it has looked at as many events as were asked for.
        CutsPagesAtWhatIsLeftOut breaks "a_page_is_not_cut_by_what_a_filter_leaves_out",
        /// Names the last event, also where it stands behind the place asked for.
        LastIgnoresThePlace breaks "the_last_event_up_to_a_place_is_told_truly",
        /// Names the last event, also where the filter leaves it out.
        LastIgnoresTheFilter breaks "the_last_event_up_to_a_place_is_told_truly",
        /// Looks only at what stands before the place asked for.
        LastLeavesOutThePlace breaks "the_last_event_up_to_a_place_is_told_truly",

        /// Loses the first event after the history.
        FeedSkipsAtTheSeam breaks "a_feed_brings_history_then_what_comes",
        /// Brings the last event of the history once more.
        FeedRepeatsAtTheSeam breaks "a_feed_brings_history_then_what_comes",
        /// Never says that it has caught up.
        FeedNeverCatchesUp breaks "a_feed_tells_truly_when_it_has_caught_up",
        /// Says with every batch that it has caught up.
        FeedCatchesUpEarly breaks "a_feed_tells_truly_when_it_has_caught_up",
        /// Says that it has caught up only together with an event.
        FeedIsSilentAtTheHead breaks "a_feed_at_the_head_has_caught_up",
        /// Brings empty batches instead of waiting.
        FeedSpins breaks "a_feed_at_the_head_waits",
        /// Begins at the start of the log.
        FeedIgnoresItsStart breaks "a_feed_resumes_after_any_batch",
        /// Tells positions beyond what it brought.
        FeedPositionRunsAhead breaks "a_feed_resumes_after_any_batch",
        /// Leaves nothing out of its feeds.
        FeedIgnoresItsFilter breaks "a_filtered_feed_brings_exactly_what_it_names",
        /// Does not move its feeds over what the filter leaves out.
        FeedPositionStays breaks "a_filtered_feed_moves_over_what_it_leaves_out",
        /// Brings twice as many events at a time as were asked for.
        FeedBatchesTooLarge breaks "feed_batches_are_bounded",

        /// Does not wake a feed that has caught up.
        FeedIsNotWoken breaks "a_waiting_feed_wakes_for_every_append",
        /// Loses an event whenever a wait is dropped.
        FeedLosesWhatWasDropped breaks "a_dropped_wait_loses_nothing",
        /// Gives an event its position before readers can see it: they pass it by. The classic
        /// mistake of logs that number their events by a sequence.
        NumbersBeforeItCommits breaks "feeds_under_concurrent_writers_bring_everything_once",

        /// Looks at the version, and appends later.
        ChecksThenAppends breaks "one_writer_wins_each_version",
        /// Calls it a conflict when another append is under way, on whatever stream.
        RefusesAppendsAtOnce breaks "writers_of_many_streams_all_succeed",
        /// Calls identical appends new as long as they are all under way.
        CallsTwinsNew breaks "identical_appends_at_once_write_once",
        /// Appends one half, and the other later.
        AppendsInTwoSteps breaks "a_dropped_append_is_whole_or_absent",
    }
}

/// An event store that keeps every promise of `S` but one.
///
/// It wraps a right store, best a [`ModelStore`](super::ModelStore).
#[derive(Debug)]
pub struct WrongStore<S> {
    store: S,
    wrong: Wrong,
    notes: Arc<Mutex<Notes>>,
}

/// What some wrongs must remember.
#[derive(Debug, Default)]
struct Notes {
    streams: BTreeSet<StreamName>,
    /// Stream and first version of the append acknowledged last.
    last_append: Option<(StreamName, StreamVersion)>,
    /// What has its position, but cannot be seen yet.
    hidden: BTreeSet<(StreamName, StreamVersion)>,
    under_way: u32,
    last_in_log: Option<RecordedEvent>,
}

impl Notes {
    fn hides(&self, event: &RecordedEvent) -> bool {
        !self.hidden.is_empty() && self.hidden.contains(&(event.stream.clone(), event.version))
    }
}

impl<S: EventStore> WrongStore<S> {
    /// A store that is wrong in this one way.
    pub fn new(store: S, wrong: Wrong) -> Self {
        Self {
            store,
            wrong,
            notes: Arc::default(),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().expect("no code panics under this lock")
    }

    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == wrong
    }
}

impl<S: EventStore> EventStore for WrongStore<S> {
    type Feed = WrongFeed<S::Feed>;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        self.append_wrongly(stream, expected, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        self.read_stream_wrongly(stream, from, events_max).await
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        self.read_all_wrongly(after, filter, events_max).await
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        let head = self.store.head().await?;
        Ok(match self.wrong {
            Wrong::HeadStays => GlobalPosition::START,
            Wrong::HeadRunsAhead => GlobalPosition::new(head.commit() + 1000),
            _ => head,
        })
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        self.last_up_to_wrongly(until, filter).await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Self::Feed {
        let (after, filter, batch_events_max) = match self.wrong {
            Wrong::FeedIgnoresItsStart => (GlobalPosition::START, filter, batch_events_max),
            Wrong::FeedIgnoresItsFilter => (after, EventFilter::all(), batch_events_max),
            Wrong::FeedBatchesTooLarge => (
                after,
                filter,
                batch_events_max.saturating_mul(NonZeroU32::MIN.saturating_add(1)),
            ),
            _ => (after, filter, batch_events_max),
        };
        let feed = self.store.feed(after, filter, batch_events_max);
        WrongFeed::new(feed, self.wrong, after, Arc::clone(&self.notes))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        EventFault, GenerationName, ModelName, SliceName,
        testing::{
            ManualClock, ModelReadModels, ModelStore,
            conformance::{self, Report},
        },
    };
    use futures_executor::block_on;

    /// The suite notices each wrong store by the rule that names what it breaks, and every rule
    /// has such a store.
    fn check<W: Copy + std::fmt::Debug>(
        wrongs: &[W],
        breaks: impl Fn(W) -> &'static str,
        run: impl Fn(W) -> Report,
    ) {
        let named: BTreeSet<_> = wrongs.iter().map(|wrong| breaks(*wrong)).collect();
        for wrong in wrongs {
            let report = run(*wrong);
            let rule = breaks(*wrong);
            assert!(
                report.violations().any(|(violated, _)| violated == rule),
                "{wrong:?} went unnoticed by {rule}: {report}"
            );
            let idle: Vec<_> = report
                .rules()
                .filter(|(rule, _)| !named.contains(rule))
                .collect();
            assert!(
                idle.is_empty(),
                "rules that no wrong store breaks: {idle:?}"
            );
        }
    }

    #[test]
    fn every_wrong_event_store_is_noticed() {
        check(Wrong::ALL, Wrong::breaks, |wrong| {
            let open = async || WrongStore::new(ModelStore::new(), wrong);
            block_on(conformance::event_store(open))
        });
    }

    #[test]
    fn every_wrong_way_with_unreadable_events_is_noticed() {
        check(WrongUnread::ALL, WrongUnread::breaks, |wrong| {
            let open = async || WrongUnreadStore::new(ModelStore::new(), wrong);
            let plant = async |store: &WrongUnreadStore<ModelStore>, stream: &StreamName, kind| {
                store
                    .inner()
                    .plant(stream, EventFault::new(kind, "it is bad"));
                true
            };
            block_on(conformance::unreadable_events(open, plant))
        });
    }

    #[test]
    fn every_wrong_way_with_damaged_slices_is_noticed() {
        check(WrongDamage::ALL, WrongDamage::breaks, |wrong| {
            let open = async || WrongDamageStore::new(ModelReadModels::new(), wrong);
            let damage = async |store: &WrongDamageStore<ModelReadModels>, slice: &SliceName| {
                store.inner().damage(slice);
            };
            block_on(conformance::damaged_slices(open, damage))
        });
    }

    #[test]
    fn every_wrong_way_with_damaged_wholes_is_noticed() {
        type Wrong = WrongWholeStore<ModelReadModels>;
        check(WrongWholes::ALL, WrongWholes::breaks, |wrong| {
            let open = async || Wrong::new(ModelReadModels::new(), wrong);
            let of_catalogue = async |store: &Wrong, model: &ModelName| {
                store.damage_catalogue(model).damage_catalogue(model);
            };
            let of_leases = async |store: &Wrong, generation: &GenerationName| {
                store.damage_leases(generation).damage_leases(generation);
            };
            let catalogues = block_on(conformance::damaged_catalogues(open, of_catalogue));
            if catalogues.violations().next().is_some() {
                return catalogues;
            }
            block_on(conformance::damaged_leases(open, of_leases))
        });
    }

    #[test]
    fn every_wrong_snapshot_store_is_noticed() {
        check(WrongSnapshots::ALL, WrongSnapshots::breaks, |wrong| {
            let open = async || WrongSnapshotStore::new(ModelStore::new(), wrong);
            block_on(conformance::snapshot_store(open))
        });
    }

    #[test]
    fn every_wrong_checkpoint_store_is_noticed() {
        check(WrongCheckpoints::ALL, WrongCheckpoints::breaks, |wrong| {
            let open = async || WrongCheckpointStore::new(ModelStore::new(), wrong);
            block_on(conformance::checkpoint_store(open))
        });
    }

    #[test]
    fn every_wrong_store_of_read_models_is_noticed() {
        check(WrongSlices::ALL, WrongSlices::breaks, |wrong| {
            let open = async || WrongSliceStore::new(ModelReadModels::new(), wrong);
            block_on(conformance::read_model_store(open))
        });
    }

    #[test]
    fn every_wrong_admin_of_read_models_is_noticed() {
        check(WrongAdmin::ALL, WrongAdmin::breaks, |wrong| {
            let open = async || WrongAdminStore::new(ModelReadModels::new(), wrong);
            block_on(conformance::read_model_admin(open))
        });
    }

    #[test]
    fn all_wrong_leases_are_noticed() {
        let clock = ManualClock::new(crate::Timestamp::UNIX_EPOCH);
        check(WrongLeases::ALL, WrongLeases::breaks, |wrong| {
            let leases = || ModelReadModels::with_clock(clock.clone());
            let open = async || WrongLeaseStore::new(leases(), wrong);
            let advance = async |by| clock.advance(by);
            block_on(conformance::slice_leases(open, advance))
        });
    }
}
