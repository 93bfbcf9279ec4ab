//! Reads that are cut off, streams that were deleted or cut, and events of others.

use std::num::NonZeroU32;

use minwon_adapters::kurrentdb::KurrentStore;
use minwon_core::{
    AppendError, EventFilter, EventStore,
    ExpectedVersion::{Any, Exactly, NoStream},
    FaultKind, GlobalPosition, StoreErrorKind, StreamVersion,
};
use minwon_kurrentdb_stand_in::{AppendFault, Call, Code, ReadFault, StandIn};

use crate::scene::{
    PAGE, WAIT_MAX, events, impatient, new_ids, open, patient, read_log, read_stream, scene, stream,
};

/// A stream of twelve and a log of as many read whole, whatever befalls a read.
async fn reads_whole_under(fault: ReadFault) {
    let options = match fault {
        ReadFault::HangAfter(_) => impatient(),
        _ => patient(),
    };
    let (stand_in, store) = scene(options).await;
    store
        .append(&stream(1), NoStream, &events("a", 12))
        .await
        .unwrap();
    stand_in.misbehave_on(stream(1).as_str(), fault);
    let read = read_stream(&store, &stream(1)).await.unwrap();
    assert_eq!(read.len(), 12, "{fault:?}");
    assert_eq!(stand_in.occurred(fault), 1, "{fault:?}");
    // Once at the head, once at the page, once at the look behind it.
    for calls in 0..3 {
        stand_in.misbehave(fault);
        let log = read_log(&store).await.unwrap();
        assert_eq!(log.len(), 12, "{fault:?}, {calls}");
    }
    stand_in.release();
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_that_fail_are_repeated() {
    for fault in [
        ReadFault::Unavailable,
        ReadFault::NotLeader,
        ReadFault::NoLeader,
        ReadFault::CutAfter(5),
        ReadFault::FailAfter(5, Code::Aborted),
        ReadFault::HangAfter(5),
        ReadFault::WrongIds,
        ReadFault::MissingContentAfter(5),
        ReadFault::MissingContentAfter(0),
    ] {
        reads_whole_under(fault).await;
    }
}

/// The worst: it looks like the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_ends_early_is_not_the_end() {
    for fault in [
        ReadFault::EndAfter(0),
        ReadFault::EndAfter(5),
        ReadFault::EndAfter(11),
    ] {
        let (stand_in, store) = scene(patient()).await;
        store
            .append(&stream(1), NoStream, &events("a", 12))
            .await
            .unwrap();
        stand_in.misbehave_on(stream(1).as_str(), fault);
        let read = read_stream(&store, &stream(1)).await.unwrap();
        assert_eq!(read.len(), 12, "{fault:?}");
        let filter = EventFilter::namespace("general".parse().unwrap());
        // The head is read first, then the page.
        for skipped in 0..2 {
            let mut after = GlobalPosition::START;
            let mut count = 0;
            if skipped == 1 {
                // Harmless to the head, which is one event.
                stand_in.misbehave(ReadFault::EndAfter(1));
            }
            stand_in.misbehave(fault);
            loop {
                let page = store.read_all(after, &filter, PAGE).await.unwrap();
                count += page.events.len();
                after = page.position;
                if page.is_end {
                    break;
                }
            }
            assert_eq!(count, 12, "{fault:?}, {skipped}");
            assert_eq!(after, store.head().await.unwrap());
            stand_in.behave();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_others_are_passed_over() {
    let (stand_in, store) = scene(patient()).await;
    stand_in.write("orders-1", "OrderPlaced", "{}", "");
    store
        .append(&stream(1), NoStream, &events("a", 2))
        .await
        .unwrap();
    stand_in.write("some_thing", "Thing", "no json", "none");
    stand_in.write("minwon-checkpoint-general_X-1", "CheckpointSaved", "{}", "");
    stand_in.write("$$general_GeneralApplication-1", "$metadata", "{}", "");
    store
        .append(&stream(2), NoStream, &events("b", 2))
        .await
        .unwrap();
    stand_in.write("orders-2", "OrderPlaced", "{}", "");
    let log = read_log(&store).await.unwrap();
    assert_eq!(log.len(), 4);
    // The head is the end of the log, whoever wrote it.
    assert!(store.head().await.unwrap() > log[3].position);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_others_wrote_into_a_stream_of_ours_is_marked() {
    for (event_type, metadata) in [
        ("ByHand", ""),
        ("ByHand", "{}"),
        ("ByHand", "{\"$correlationId\":7}"),
        ("no name of ours!", ""),
        ("$>", ""),
    ] {
        let (stand_in, store) = scene(patient()).await;
        store
            .append(&stream(1), NoStream, &events("a", 2))
            .await
            .unwrap();
        stand_in.write(stream(1).as_str(), event_type, "{}", metadata);
        let last = StreamVersion::new(2);
        let more = events("b", 2);
        let expected = minwon_core::ExpectedVersion::Exactly(last);
        store.append(&stream(1), expected, &more).await.unwrap();
        let read = read_stream(&store, &stream(1)).await.unwrap();
        assert_eq!(read, read_log(&store).await.unwrap());
        let faults: Vec<_> = read.iter().map(|event| event.fault.as_deref()).collect();
        let [None, None, Some(fault), None, None] = faults[..] else {
            panic!("{faults:?}")
        };
        assert_eq!(fault.kind, FaultKind::Foreign, "{fault}");
        assert!(fault.reason.contains(event_type), "{fault}");
        assert_eq!((read[2].version, &read[2].stream), (last, &stream(1)));
    }
}

/// Sets `$tb` or `$maxCount`, as a person with the user interface does.
fn set_metadata(stand_in: &StandIn, json: &'static str) {
    stand_in.write(&format!("$${}", stream(1)), "$metadata", json, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_whose_first_events_are_gone_is_an_error() {
    for json in [r#"{"$tb":2}"#, r#"{"$maxCount":3}"#] {
        let (stand_in, store) = scene(patient()).await;
        store
            .append(&stream(1), NoStream, &events("a", 5))
            .await
            .unwrap();
        set_metadata(&stand_in, json);
        let error = read_stream(&store, &stream(1)).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Truncated);
        assert!(error.to_string().contains("has no event 0"), "{error}");
        assert!(error.to_string().contains(stream(1).as_str()), "{error}");
        // What a snapshot covers need not be there.
        let from = StreamVersion::new(2);
        let page = store.read_stream(&stream(1), from, PAGE).await.unwrap();
        assert_eq!((page.events.len(), page.is_end), (3, true));
    }
}

/// What is left is nothing, and still the stream is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_all_of_whose_events_are_gone_is_neither_new_nor_away() {
    for (events_there, json) in [
        (5, r#"{"$tb":5}"#),
        (5, r#"{"$tb":500}"#),
        (40, r#"{"$tb":40}"#),
        (5, r#"{"$tb":9223372036854775807}"#),
    ] {
        let (stand_in, store) = scene(patient()).await;
        let all = events("a", events_there);
        store.append(&stream(1), NoStream, &all).await.unwrap();
        set_metadata(&stand_in, json);
        for from in [0, 2] {
            let from = StreamVersion::new(from);
            let read = store.read_stream(&stream(1), from, PAGE).await;
            let error = read.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Truncated, "{json}: {error}");
            assert!(
                error.to_string().contains(stream(1).as_str()),
                "{json}: {error}"
            );
        }
        assert!(read_stream(&store, &stream(2)).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tombstone_is_told_as_such() {
    let (stand_in, store) = scene(patient()).await;
    let all = events("a", 3);
    store.append(&stream(1), NoStream, &all).await.unwrap();
    stand_in.tombstone(stream(1).as_str());
    let error = read_stream(&store, &stream(1)).await.unwrap_err();
    let appended = store.append(&stream(1), NoStream, &events("b", 1)).await;
    let AppendError::Store { source, .. } = appended.unwrap_err() else {
        panic!("nothing was written")
    };
    for error in [error, source] {
        assert_eq!(error.kind(), StoreErrorKind::Truncated, "{error}");
        let said = error.to_string();
        assert!(
            said.contains("tombstoned") && said.contains(stream(1).as_str()),
            "{said}"
        );
    }
}

/// A stream deleted softly looks new, and the server would take it for one.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_over_a_stream_that_was_deleted() {
    for expected in [NoStream, Any] {
        let (stand_in, store) = scene(patient()).await;
        let all = events("a", 3);
        store.append(&stream(1), NoStream, &all).await.unwrap();
        stand_in.delete(stream(1).as_str());
        // As another, as a repeat of what was there, and by a store that knows nothing of it.
        let other = open(&stand_in.url(), patient());
        for (store, new) in [
            (&store, events("b", 2)),
            (&store, all),
            (&other, events("c", 2)),
        ] {
            let appended = store.append(&stream(1), expected, &new).await.unwrap_err();
            let AppendError::Store { source, .. } = appended else {
                panic!("{appended}")
            };
            assert_eq!(source.kind(), StoreErrorKind::Truncated, "{source}");
            assert!(source.to_string().contains(stream(1).as_str()), "{source}");
        }
        assert_eq!(stand_in.stream(stream(1).as_str()).len(), 3, "{expected:?}");
    }
}

/// Whoever knows where the stream ended asks no more, so that is told by the next read.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_appended_behind_a_known_event_of_a_deleted_stream_is_told_by_the_next_read() {
    let (stand_in, store) = scene(patient()).await;
    let first = events("a", 1);
    store.append(&stream(1), NoStream, &first).await.unwrap();
    stand_in.delete(stream(1).as_str());
    let (last, new) = (Exactly(StreamVersion::FIRST), events("b", 1));
    store.append(&stream(1), last, &new).await.unwrap();
    let error = read_stream(&store, &stream(1)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Truncated, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_a_stream_was_deleted_is_asked_once_and_only_where_it_is_to_be_new() {
    let (stand_in, store) = scene(patient().head_age_max(WAIT_MAX)).await;
    // From here on the end of the log is known.
    let first = events("first", 1);
    store.append(&stream(0), NoStream, &first).await.unwrap();
    for (expected, reads) in [(NoStream, 1), (Exactly(StreamVersion::FIRST), 0)] {
        let before = stand_in.calls(Call::Read);
        let new = events(format_args!("{expected:?}"), 1);
        store.append(&stream(1), expected, &new).await.unwrap();
        assert_eq!(stand_in.calls(Call::Read) - before, reads, "{expected:?}");
    }
    // As a command does: it reads the stream first, which finds that it is new.
    let before = stand_in.calls(Call::Read);
    assert_eq!(read_stream(&store, &stream(2)).await.unwrap(), []);
    let new = events("read before", 1);
    store.append(&stream(2), NoStream, &new).await.unwrap();
    assert_eq!(stand_in.calls(Call::Read) - before, 2);
    // What was found counts for one append.
    stand_in.delete(stream(2).as_str());
    let again = events("over what was deleted", 1);
    assert!(store.append(&stream(2), NoStream, &again).await.is_err());
}

/// It is deleted between the look at it and the append.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_goes_on_after_its_deletion_is_an_error() {
    let (stand_in, store) = scene(patient()).await;
    stand_in.misbehave_on(stream(1).as_str(), AppendFault::HangBeforeCommit);
    let (one, new) = (stream(1), events("b", 2));
    let appending = store.append(&one, NoStream, &new);
    let meanwhile = async {
        stand_in.until_hanging(1).await;
        stand_in.write(one.as_str(), "ByHand", "{}", "");
        stand_in.delete(one.as_str());
        stand_in.release();
    };
    let (appended, ()) = futures_util::join!(appending, meanwhile);
    let appended = appended.unwrap_err();
    let AppendError::OutcomeUnknown { source, .. } = appended else {
        panic!("{appended}")
    };
    assert_eq!(source.kind(), StoreErrorKind::Truncated, "{source}");
    assert!(store.append(&one, NoStream, &new).await.is_err());
    let error = read_stream(&store, &one).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Truncated, "{error}");
    let written = stand_in.stream(one.as_str());
    assert_eq!(written.len(), 3, "the second append wrote nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_of_another_log_is_an_error() {
    let (_stand_in, store) = scene(patient()).await;
    store
        .append(&stream(1), NoStream, &events("a", 3))
        .await
        .unwrap();
    let head = store.head().await.unwrap();
    let between = GlobalPosition::new(head.commit() - 1);
    let error = store
        .read_all(between, &EventFilter::all(), PAGE)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error:?}");
    assert!(error.to_string().contains("none of this log"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_bounded_by_bytes() {
    let (stand_in, _) = scene(patient()).await;
    let store = open(&stand_in.url(), patient());
    for round in 0..9 {
        let mut large = events(round, 8);
        for event in &mut large {
            event.payload = format!("\"{}\"", "x".repeat(65_000)).into();
        }
        let last = (round > 0).then(|| StreamVersion::new(round * 8 - 1));
        let expected = minwon_core::ExpectedVersion::of(last);
        store.append(&stream(1), expected, &large).await.unwrap();
    }
    let first = StreamVersion::FIRST;
    let page = store.read_stream(&stream(1), first, PAGE).await.unwrap();
    assert!(
        !page.is_end && page.events.len() < 70,
        "{}",
        page.events.len()
    );
    assert_eq!(read_stream(&store, &stream(1)).await.unwrap().len(), 72);
    assert_eq!(read_log(&store).await.unwrap().len(), 72);
}

/// Pages of the whole log, with something done between them.
async fn pages(store: &KurrentStore, mut between: impl AsyncFnMut()) -> Vec<[u8; 16]> {
    let (mut ids, mut after) = (Vec::new(), GlobalPosition::START);
    loop {
        let few = NonZeroU32::new(3).unwrap();
        let page = store
            .read_all(after, &EventFilter::all(), few)
            .await
            .unwrap();
        ids.extend(page.events.iter().map(|event| *event.id().as_bytes()));
        after = page.position;
        if page.is_end {
            return ids;
        }
        between().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_follow_each_other_come_by_one_read_and_survive_its_end() {
    let (stand_in, store) = scene(patient()).await;
    let mut all = Vec::new();
    for number in 0..20 {
        let new = events(number, 4);
        store.append(&stream(number), NoStream, &new).await.unwrap();
        all.extend(new_ids(&new));
    }
    // The first page, all others, and the end of the log. A machine that is busy may take so long for a
    // page that its read is given up, so that it is asked again.
    let mut calls = u64::MAX;
    for _ in 0..100 {
        let before = stand_in.calls(Call::Read);
        assert_eq!(pages(&store, async || ()).await, all);
        calls = calls.min(stand_in.calls(Call::Read) - before);
        if calls <= 5 {
            break;
        }
    }
    assert!(calls <= 5, "{calls} calls");
    let cut = async || {
        stand_in.cut_connections();
        stand_in.until_connections(0).await;
    };
    assert_eq!(pages(&store, cut).await, all);
    // Two at once, and a third one that reads something else.
    let others = EventFilter::namespace("elsewhere".parse().unwrap());
    let both = async || {
        let page = store.read_all(GlobalPosition::START, &others, PAGE).await;
        assert!(page.unwrap().events.is_empty());
    };
    let (first, second) = futures_util::join!(pages(&store, both), pages(&store, async || ()));
    assert_eq!((first, second), (all.clone(), all));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_read_that_nobody_goes_on_with_is_given_up() {
    let (stand_in, store) = scene(patient()).await;
    for number in 0..5 {
        let new = events(number, 4);
        store.append(&stream(number), NoStream, &new).await.unwrap();
    }
    let (few, mut after) = (NonZeroU32::new(3).unwrap(), GlobalPosition::START);
    for _ in 0..2 {
        let page = store.read_all(after, &EventFilter::all(), few).await;
        after = page.unwrap().position;
    }
    // The connection is replaced, and closed once nothing goes on over it.
    for _ in 0..3 {
        stand_in.misbehave(ReadFault::Unavailable);
    }
    store.head().await.unwrap();
    stand_in.until_connections(1).await;
}

/// Settling waits for that event, and a projector begins behind it.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_event_is_found_behind_any_number_of_others_in_streams_named_alike() {
    let (stand_in, store) = scene(patient()).await;
    let appended = store.append(&stream(1), NoStream, &events("ours", 1)).await;
    // Of our category for the server, and no stream of ours: it has no id.
    let alike = stream(1).as_str().trim_end_matches('1').to_owned();
    for _ in 0..300 {
        stand_in.write(&alike, "Elsewhere", "{}", "");
    }
    let head = store.head().await.unwrap();
    let category = stream(1).category().parse().unwrap();
    let filter = EventFilter::categories("general".parse().unwrap(), [category]);
    let last = store.last_up_to(head, &filter).await.unwrap();
    assert_eq!(last, appended.unwrap().position);
}
