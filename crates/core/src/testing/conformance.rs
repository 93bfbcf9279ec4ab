//! What every store must do: one suite per port, run whole by every backend.
//!
//! A backend runs a suite on its own runtime, from a test of a few lines:
//!
//! ```
//! use minwon_core::testing::{MemoryStore, conformance};
//!
//! # futures_executor::block_on(async {
//! conformance::event_store(async || MemoryStore::new())
//!     .await
//!     .assert_all_hold();
//! # });
//! ```
//!
//! Each rule is given a store of its own by the closure, best an empty one. No rule counts on
//! that: each works in namespaces of its own, so a store that outlives the run, or is shared with
//! others, can be examined as well: see [`event_store_in`].
//!
//! No rule knows the time. Where a feed must bring something, the suite is patient for a number
//! of reads of the same store, and calls it a violation if nothing has come by then.

mod appends;
mod case;
mod checkpoints;
mod concurrency;
mod damaged_leases_and_catalogues;
mod damaged_slices;
mod failing;
mod feeds;
mod hostile;
mod hostile_events;
mod hostile_slices;
mod live;
mod log_reads;
mod read_model_admin;
mod read_models;
mod refusals;
mod repeats;
mod report;
mod slice_commits;
mod slice_contents;
mod slice_leases;
mod slice_races;
mod snapshots;
mod stream_reads;
mod unreadable;

use std::time::Duration;

use self::case::{
    Admin, Case, Checkpoints, Damaged, Events, Failing, Leases, Planted, Slices, Snapshots,
    run_rule,
};
#[cfg(test)]
pub(crate) use self::hostile_slices::slices as hostile_slice_names;
pub use self::{
    hostile::{SpoilStored, StoredPlace},
    report::{Report, Violation},
};
use crate::{
    CheckpointStore, EventStore, FaultKind, GenerationName, ModelName, NamespaceName,
    ReadModelAdmin, ReadModelStore, SliceLeases, SliceName, SnapshotStore, StreamName,
};

/// Runs each rule on a store of its own and notes what it came to. The name of a rule is the name
/// of its method.
macro_rules! run_rules {
    ($name:literal, $port:expr, $run:expr, $open:ident => $($rule:ident,)+) => {{
        let mut report = Report::new($name);
        $({
            let rule = stringify!($rule);
            let store = $open().await;
            let case = Case::new(&store, $port, $run, rule);
            report.add(rule, run_rule(case.$rule()).await);
        })+
        report
    }};
}

/// The contract of [`EventStore`].
///
/// `open` gives a store for each rule; it may panic where it cannot.
pub async fn event_store<S: EventStore>(open: impl AsyncFn() -> S) -> Report {
    event_store_in(&default_run(), open).await
}

/// The contract of [`EventStore`], on a store that outlives the run.
///
/// All streams are in namespaces that begin with `run`: give one of at most 40 bytes that was
/// never used on this store before.
pub async fn event_store_in<S: EventStore>(
    run: &NamespaceName,
    open: impl AsyncFn() -> S,
) -> Report {
    // A table rather than a function, and as long as the contract.
    run_rules! { "EventStore", Events, run, open =>
        versions_are_contiguous_from_0,
        positions_increase_with_every_event,
        an_answer_names_the_place_of_the_last_event,
        an_expectation_that_holds_admits,
        an_expectation_that_fails_conflicts,
        all_metadata_read_back_exactly,
        payloads_read_back_byte_by_byte,
        the_longest_names_read_back,
        an_event_reads_the_same_everywhere,
        streams_with_similar_names_are_apart,
        namespaces_are_apart,
        a_malformed_append_is_refused,
        an_oversized_event_is_refused,
        the_largest_event_is_taken,
        the_largest_append_is_taken,
        what_is_too_large_at_once_is_taken_in_parts,
        a_repeat_changes_nothing,
        a_repeat_is_known_by_its_ids_alone,
        other_events_at_the_same_place_conflict,
        a_repeat_with_further_events_conflicts,
        the_first_part_of_an_append_is_a_repeat,
        the_same_ids_on_another_stream_are_no_repeat,
        a_stream_reads_from_any_version_in_pages_of_any_size,
        an_acknowledged_append_is_read_at_once,
        a_stream_of_large_events_reads_whole,
        the_log_reads_after_any_position_in_pages_of_any_size,
        a_filter_admits_exactly_what_it_names,
        the_position_moves_over_what_a_filter_leaves_out,
        a_page_is_not_cut_by_what_a_filter_leaves_out,
        the_last_event_up_to_a_place_is_told_truly,
        the_end_of_the_log_is_told_truly,
        the_head_is_the_last_position,
        a_feed_brings_history_then_what_comes,
        a_feed_tells_truly_when_it_has_caught_up,
        a_feed_at_the_head_has_caught_up,
        a_feed_at_the_head_waits,
        a_feed_resumes_after_any_batch,
        a_filtered_feed_brings_exactly_what_it_names,
        a_filtered_feed_moves_over_what_it_leaves_out,
        a_waiting_feed_wakes_for_every_append,
        a_dropped_wait_loses_nothing,
        feeds_under_concurrent_writers_bring_everything_once,
        one_writer_wins_each_version,
        writers_of_many_streams_all_succeed,
        identical_appends_at_once_write_once,
        a_dropped_append_is_whole_or_absent,
    }
}

/// What an [`EventStore`] does about events that it cannot read; `open` as in [`event_store`].
///
/// `plant` puts an event with such a fault at the end of a stream, behind the store's back. It
/// answers whether this backend can meet one.
pub async fn unreadable_events<S: EventStore>(
    open: impl AsyncFn() -> S,
    plant: impl AsyncFn(&S, &StreamName, FaultKind) -> bool,
) -> Report {
    run_rules! { "EventStore (unreadable events)", Planted(&plant), &default_run(), open =>
        an_unreadable_event_is_marked_at_its_place_and_stops_nobody,
    }
}

/// What a feed of an [`EventStore`] does where a read of its pages fails; `open` as in [`event_store`].
///
/// After `fail`, reads of the log fail, at least some of them, and after `mend` they do not; each is called
/// many times, `fail` also twice in a row. A feed may answer with the error, or try again by itself. Then it
/// goes on behind the last batch that it brought.
pub async fn failing_feeds<S: EventStore>(
    open: impl AsyncFn() -> S,
    fail: impl AsyncFn(&S),
    mend: impl AsyncFn(&S),
) -> Report {
    let port = || Failing {
        fail: &fail,
        mend: &mend,
    };
    run_rules! { "EventStore (feeds whose reads fail)", port(), &default_run(), open =>
        a_feed_that_failed_goes_on_where_it_was,
    }
}

/// Every stored byte of events, snapshots and checkpoints is hostile: bits are flipped in it, it is cut,
/// repeated in part, or swapped with another of its kind, `times` times by chance from `seed`. Whatever
/// the store answers then is right, or it tells: in a mark on an event, in an error of kind `Corrupt` or
/// `NewerVersion`, by a hole in a stream, or at last in its own thorough look
/// ([`SpoilStored::is_found_by_check`]). It never panics, and comes to an end.
///
/// - An event without a mark is the one that was appended there, in all its fields.
/// - A snapshot is the one that was saved, or fails its [seal](crate::SnapshotKey), or is none.
/// - A checkpoint is where it was saved, or at the start.
///
/// Not noticed by any store, as no byte of it says so: a row that was changed together with its checksum;
/// a checkpoint that was put back as an earlier one was, checksum and all; and on reading a stream alone,
/// that its last events are gone: whoever reads the log, or looks thoroughly, is told.
pub async fn hostile_events<H>(hand: &mut H, seed: u64, times: u32) -> Report
where
    H: SpoilStored<Store: EventStore + SnapshotStore + CheckpointStore>,
{
    hostile_events::report(hand, seed, times).await
}

/// Every stored byte of read models is hostile; `hand`, `seed` and `times` as in [`hostile_events`]. The store
/// never panics and every answer comes to an end; damage is an error of kind `Corrupt` or `NewerVersion`, or
/// is of the slices that the value belongs to; and whatever was spoilt, a slice can begin anew and a catalogue
/// be put back.
///
/// Contents are opaque to a store. Whoever puts documents there lets them say whether they are whole, as
/// projections do. By design no store notices that a document is gone, that an entry of a lookup or a list is
/// gone or leads elsewhere, that a count is another, or that a checkpoint is another sound one: who follows
/// the log compares it with its last event and with each document, and `verify` folds the log again.
pub async fn hostile_slices<H>(hand: &mut H, seed: u64, times: u32) -> Report
where
    H: SpoilStored<Store: ReadModelStore + ReadModelAdmin>,
{
    hostile_slices::report(hand, seed, times).await
}

/// Every stored byte of leases is hostile; `hand`, `seed` and `times` as in [`hostile_events`]. No member gets
/// an error, nor a slice that there is not or that another has.
pub async fn hostile_leases<H>(hand: &mut H, seed: u64, times: u32) -> Report
where
    H: SpoilStored<Store: SliceLeases>,
{
    hostile_slices::report_leases(hand, seed, times).await
}

/// The contract of [`SnapshotStore`]; `open` as in [`event_store`].
pub async fn snapshot_store<S: SnapshotStore>(open: impl AsyncFn() -> S) -> Report {
    snapshot_store_in(&default_run(), open).await
}

/// The contract of [`SnapshotStore`], on a store that outlives the run; `run` as in
/// [`event_store_in`].
pub async fn snapshot_store_in<S: SnapshotStore>(
    run: &NamespaceName,
    open: impl AsyncFn() -> S,
) -> Report {
    run_rules! { "SnapshotStore", Snapshots, run, open =>
        there_is_no_snapshot_at_first,
        a_snapshot_loads_as_it_was_saved,
        a_large_snapshot_loads_as_it_was_saved,
        a_newer_snapshot_replaces_an_older_one,
        an_older_snapshot_does_not_replace_a_newer_one,
        a_snapshot_of_the_same_version_replaces,
        each_schema_has_a_snapshot_of_its_own,
        each_stream_has_a_snapshot_of_its_own,
        namespaces_are_apart,
        deleting_forgets_all_snapshots_of_one_stream,
    }
}

/// The contract of [`CheckpointStore`]; `open` as in [`event_store`].
pub async fn checkpoint_store<S: CheckpointStore>(open: impl AsyncFn() -> S) -> Report {
    checkpoint_store_in(&default_run(), open).await
}

/// The contract of [`CheckpointStore`], on a store that outlives the run; `run` as in
/// [`event_store_in`].
pub async fn checkpoint_store_in<S: CheckpointStore>(
    run: &NamespaceName,
    open: impl AsyncFn() -> S,
) -> Report {
    run_rules! { "CheckpointStore", Checkpoints, run, open =>
        a_checkpoint_starts_at_the_start,
        a_checkpoint_moves_from_where_it_is,
        a_checkpoint_elsewhere_is_not_moved,
        a_repeated_move_succeeds,
        a_checkpoint_moves_back_for_who_knows_where_it_is,
        both_parts_of_a_position_are_kept,
        slices_are_apart,
        consumers_are_apart,
        namespaces_are_apart,
        one_of_two_movers_wins,
    }
}

/// The contract of [`ReadModelStore`]; `open` as in [`event_store`].
pub async fn read_model_store<S: ReadModelStore>(open: impl AsyncFn() -> S) -> Report {
    read_model_store_in(&default_run(), open).await
}

/// The contract of [`ReadModelStore`], on a store that outlives the run; `run` as in
/// [`event_store_in`].
pub async fn read_model_store_in<S: ReadModelStore>(
    run: &NamespaceName,
    open: impl AsyncFn() -> S,
) -> Report {
    run_rules! { "ReadModelStore", Slices, run, open =>
        a_slice_has_no_checkpoint_at_first,
        a_commit_begins_a_slice_and_moves_it,
        all_of_a_checkpoint_reads_back,
        a_commit_compares_the_whole_checkpoint,
        a_repeat_is_known_by_the_whole_checkpoint,
        a_commit_from_elsewhere_is_refused_and_writes_nothing,
        a_repeated_commit_changes_nothing,
        a_commit_without_writes_moves_the_checkpoint,
        a_slice_moves_back_for_who_knows_where_it_is,
        a_new_incarnation_forgets_the_one_before,
        a_new_incarnation_may_begin_with_writes,
        slices_are_apart,
        generations_are_apart,
        models_are_apart,
        namespaces_are_apart,
        a_commit_counts_as_a_change,
        documents_are_put_replaced_and_removed,
        documents_read_back_byte_by_byte,
        many_things_fit_in_one_commit,
        any_text_is_a_key,
        any_text_is_a_value,
        indexes_are_apart,
        a_value_leads_to_all_that_claim_it,
        of_many_claimants_some_are_told_and_all_are_kept,
        a_place_is_taken_and_left,
        a_list_is_in_order_and_then_by_key,
        pages_of_a_list_join_without_gap_or_repeat,
        a_list_goes_on_behind_any_place,
        counts_are_set_and_0_removes_them,
        counts_are_in_order_of_their_members,
        a_load_answers_in_the_order_asked,
        a_load_is_of_one_moment,
        a_page_of_a_list_is_of_one_moment,
        counts_of_a_group_are_of_one_moment,
        one_of_several_committers_wins,
        twins_count_every_event_once,
        a_dropped_commit_is_whole_or_absent,
    }
}

/// What [`ReadModelStore`] promises of a slice whose checkpoint is damaged; `open` as in
/// [`event_store`]. `damage` puts something else in place of the checkpoint of a slice that was
/// written, as somebody with a shell does.
pub async fn damaged_slices<S: ReadModelStore>(
    open: impl AsyncFn() -> S,
    damage: impl AsyncFn(&S, &SliceName),
) -> Report {
    run_rules! { "ReadModelStore (damaged slices)", Damaged(&damage), &default_run(), open =>
        a_damaged_slice_says_so_and_begins_anew,
        damage_is_of_one_slice,
    }
}

/// What [`ReadModelAdmin`] promises of a damaged catalogue; `open` as in [`event_store`]. `damage`
/// puts something else in place of the catalogue of a read model, as somebody with a shell does.
pub async fn damaged_catalogues<S: ReadModelAdmin>(
    open: impl AsyncFn() -> S,
    damage: impl AsyncFn(&S, &ModelName),
) -> Report {
    run_rules! { "ReadModelAdmin (damaged catalogues)", Damaged(&damage), &default_run(), open =>
        a_damaged_catalogue_is_as_none_and_put_back,
        damage_is_of_one_catalogue,
    }
}

/// What [`SliceLeases`] promises of damaged leases: they only save work, so they begin anew. `open`
/// as in [`event_store`]; `damage` puts something else in place of the leases of a generation.
pub async fn damaged_leases<S: SliceLeases>(
    open: impl AsyncFn() -> S,
    damage: impl AsyncFn(&S, &GenerationName),
) -> Report {
    run_rules! { "SliceLeases (damaged leases)", Damaged(&damage), &default_run(), open =>
        damaged_leases_begin_anew,
        damage_is_of_the_leases_of_one_generation,
    }
}

/// The contract of [`ReadModelAdmin`]; `open` as in [`event_store`].
pub async fn read_model_admin<S: ReadModelStore + ReadModelAdmin>(
    open: impl AsyncFn() -> S,
) -> Report {
    read_model_admin_in(&default_run(), open).await
}

/// The contract of [`ReadModelAdmin`], on a store that outlives the run; `run` as in
/// [`event_store_in`].
pub async fn read_model_admin_in<S: ReadModelStore + ReadModelAdmin>(
    run: &NamespaceName,
    open: impl AsyncFn() -> S,
) -> Report {
    run_rules! { "ReadModelAdmin", Admin, run, open =>
        there_is_no_catalogue_at_first,
        a_catalogue_is_replaced_by_who_knows_it,
        a_changed_catalogue_is_not_replaced,
        a_repeated_save_succeeds,
        catalogues_are_apart,
        namespaces_are_apart,
        one_of_several_savers_wins,
        a_scan_tells_everything,
        a_scan_tells_nothing_that_is_gone,
        a_scan_tells_nothing_of_earlier_incarnations,
        a_scan_tells_of_its_generation_only,
        a_removed_generation_is_gone,
        another_catalogue_and_a_removal_count_as_changes,
        removing_spares_all_others,
        removing_can_be_repeated,
        sweeping_leaves_what_is_there,
    }
}

/// The contract of [`SliceLeases`]; `open` as in [`event_store`].
///
/// `advance` lets so much time pass for the store. Where time passes by itself, it does nothing:
/// what a rule waits for is a matter of milliseconds, and it asks again and again meanwhile.
pub async fn slice_leases<S: SliceLeases>(
    open: impl AsyncFn() -> S,
    advance: impl AsyncFn(Duration),
) -> Report {
    slice_leases_in(&default_run(), open, advance).await
}

/// The contract of [`SliceLeases`], on a store that outlives the run; `run` as in
/// [`event_store_in`], `advance` as in [`slice_leases`].
pub async fn slice_leases_in<S: SliceLeases>(
    run: &NamespaceName,
    open: impl AsyncFn() -> S,
    advance: impl AsyncFn(Duration),
) -> Report {
    run_rules! { "SliceLeases", Leases(&advance), run, open =>
        a_lone_member_gets_everything,
        members_get_equal_shares,
        a_joining_member_gets_its_share,
        a_slice_that_changes_hands_gets_a_higher_epoch,
        a_member_keeps_its_slices_while_nothing_changes,
        a_leaving_member_frees_its_slices_at_once,
        what_is_overdue_is_taken,
        a_heartbeat_keeps_a_member_in_time,
        leases_of_generations_are_apart,
        namespaces_are_apart,
    }
}

fn default_run() -> NamespaceName {
    NamespaceName::new("conformance").expect("a word")
}
