//! Appends under faults: nothing is lost, nothing is written twice, and what is answered is true.

use std::num::NonZeroUsize;

use minwon_adapters::kurrentdb::KurrentOptions;
use minwon_core::{
    AppendError, Appended, EVENT_BYTES_MAX, EventStore, ExpectedVersion, StoreErrorKind,
    StreamVersion,
};
use minwon_kurrentdb_stand_in::{AppendFault, Call, ReadFault, StandIn};

use crate::scene::{
    events, ids_in_log, impatient, new_ids, open, patient, read_stream, scene, stream, told,
};

const AFTER_FIRST: ExpectedVersion = ExpectedVersion::Exactly(StreamVersion::FIRST);

/// Appends three events under `fault`, which must be written once and acknowledged as new; and a
/// repeat of them must be answered as one.
async fn is_written_once_under(fault: AppendFault, options: KurrentOptions) {
    for expected in [ExpectedVersion::NoStream, AFTER_FIRST, ExpectedVersion::Any] {
        let (stand_in, store) = scene(options.clone()).await;
        let (stream, new) = (stream(1), events("new", 3));
        let mut wanted = new_ids(&new);
        if expected == AFTER_FIRST {
            let before = events("before", 1);
            store
                .append(&stream, ExpectedVersion::NoStream, &before)
                .await
                .unwrap();
            wanted.splice(0..0, new_ids(&before));
        }
        stand_in.misbehave(fault);
        let appended = store.append(&stream, expected, &new).await;
        stand_in.release();
        let appended = appended.unwrap_or_else(|error| panic!("{fault:?}, {expected}: {error}"));
        assert_eq!(stand_in.occurred(fault), 1);
        assert_eq!(
            ids_in_log(&stand_in, &stream),
            wanted,
            "{fault:?}, {expected}"
        );
        assert!(!appended.repeated, "{fault:?}, {expected}");
        let again = store.append(&stream, expected, &new).await.unwrap();
        assert_eq!(
            again,
            Appended {
                repeated: true,
                ..appended
            },
            "{fault:?}, {expected}"
        );
        let read = read_stream(&store, &stream).await.unwrap();
        assert_eq!(read.last().unwrap().position, appended.position);
        assert_eq!(ids_in_log(&stand_in, &stream), wanted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_append_is_written_once() {
    is_written_once_under(AppendFault::AbortAfterCommit, patient()).await;
    is_written_once_under(AppendFault::AbortBeforeCommit, patient()).await;
    is_written_once_under(AppendFault::DeadlineAfterCommit, patient()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_whose_connection_ends_is_written_once() {
    is_written_once_under(AppendFault::CutBeforeCommit, patient()).await;
    is_written_once_under(AppendFault::CutAfterCommit, patient()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_is_not_answered_is_sent_again() {
    is_written_once_under(AppendFault::HangAfterCommit, impatient()).await;
    is_written_once_under(AppendFault::HangBeforeCommit, impatient()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_is_refused_for_the_moment_is_written_once() {
    is_written_once_under(AppendFault::Unavailable, patient()).await;
    is_written_once_under(AppendFault::NoLeader, patient()).await;
    is_written_once_under(AppendFault::NotLeader, patient()).await;
}

/// The client panics on it.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_with_a_malformed_answer_is_written_once() {
    is_written_once_under(AppendFault::MissingOutcome, patient()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_is_answered_without_its_position_is_read_back_at_once() {
    is_written_once_under(AppendFault::MissingPosition, patient()).await;
    let (stand_in, store) = scene(patient()).await;
    stand_in.misbehave(AppendFault::MissingPosition);
    let new = events("new", 2);
    let expected = ExpectedVersion::NoStream;
    store.append(&stream(1), expected, &new).await.unwrap();
    assert_eq!(stand_in.calls(Call::Append), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_never_answered_is_read_back() {
    let (stand_in, store) = scene(impatient()).await;
    for _ in 0..50 {
        stand_in.misbehave(AppendFault::HangAfterCommit);
    }
    let (stream, new) = (stream(1), events("new", 2));
    let appended = store
        .append(&stream, ExpectedVersion::NoStream, &new)
        .await
        .unwrap();
    assert_eq!((appended.version.get(), appended.repeated), (1, false));
    stand_in.behave();
    stand_in.release();
    assert_eq!(ids_in_log(&stand_in, &stream), new_ids(&new));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_may_still_come_is_unknown() {
    let (stand_in, store) = scene(impatient()).await;
    for _ in 0..50 {
        stand_in.misbehave(AppendFault::HangBeforeCommit);
    }
    let (stream, new) = (stream(1), events("new", 2));
    let error = store
        .append(&stream, ExpectedVersion::NoStream, &new)
        .await
        .unwrap_err();
    assert!(
        matches!(error, AppendError::OutcomeUnknown { .. }),
        "{error}"
    );
    let told = told(&error);
    assert!(told.contains("no answer within 1s"), "{told}");
    assert!(ids_in_log(&stand_in, &stream).is_empty());
    // Now it comes, as often as it was sent; and the caller asks what became of it.
    stand_in.behave();
    stand_in.release();
    store
        .append(&stream, ExpectedVersion::NoStream, &new)
        .await
        .unwrap();
    assert_eq!(ids_in_log(&stand_in, &stream), new_ids(&new));
}

/// Even where nothing can be read, what may have been written is not called unwritten.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_append_that_cannot_be_read_back_stays_unknown() {
    let (stand_in, store) = scene(impatient()).await;
    let (stream, new) = (stream(1), events("new", 2));
    for _ in 0..50 {
        stand_in.misbehave(AppendFault::AbortAfterCommit);
        stand_in.misbehave_on(stream.as_str(), ReadFault::Unavailable);
    }
    let error = store
        .append(&stream, ExpectedVersion::NoStream, &new)
        .await
        .unwrap_err();
    assert!(
        matches!(error, AppendError::OutcomeUnknown { .. }),
        "{error}"
    );
    stand_in.behave();
    let again = store
        .append(&stream, ExpectedVersion::NoStream, &new)
        .await
        .unwrap();
    assert_eq!(again.version.get(), 1);
    assert_eq!(ids_in_log(&stand_in, &stream), new_ids(&new));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_append_whose_place_was_taken_conflicts() {
    let (stand_in, store) = scene(patient()).await;
    let other = open(&stand_in.url(), patient());
    let stream = stream(1);
    stand_in.misbehave(AppendFault::HangBeforeCommit);
    let new = events("new", 1);
    let append = store.append(&stream, ExpectedVersion::NoStream, &new);
    let overtake = async {
        stand_in.until_hanging(1).await;
        let others = events("other", 2);
        other
            .append(&stream, ExpectedVersion::NoStream, &others)
            .await
            .unwrap();
        stand_in.release();
    };
    let (answer, ()) = futures_util::join!(append, overtake);
    let error = answer.unwrap_err();
    assert!(
        matches!(&error, AppendError::Conflict { actual: Some(last), .. } if last.get() == 1),
        "{error}"
    );
    assert_eq!(ids_in_log(&stand_in, &stream), new_ids(&events("other", 2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_gets_a_repeat_answered_as_well() {
    let (stand_in, first) = scene(patient()).await;
    let (stream, new) = (stream(1), events("new", 3));
    let appended = first
        .append(&stream, ExpectedVersion::NoStream, &new)
        .await
        .unwrap();
    let second = open(&stand_in.url(), patient());
    let again = second
        .append(&stream, ExpectedVersion::NoStream, &new)
        .await
        .unwrap();
    assert_eq!(
        again,
        Appended {
            repeated: true,
            ..appended
        }
    );
}

/// A part of what another wrote there says something else: it is a repeat all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_twin_with_other_words_is_a_repeat() {
    let (stand_in, store) = scene(patient()).await;
    let stream = stream(1);
    let (said, mut twin) = (events("twin", 2), events("twin", 2));
    twin[1].payload = "\"otherwise\"".into();
    let both = [
        store.append(&stream, ExpectedVersion::NoStream, &said),
        store.append(&stream, ExpectedVersion::NoStream, &twin),
    ];
    let answers = futures_util::future::join_all(both).await;
    let repeated: Vec<_> = answers
        .iter()
        .map(|a| a.as_ref().unwrap().repeated)
        .collect();
    let recorded = &stand_in.stream(stream.as_str())[1].data;
    let winner = if *recorded == said[1].payload { 0 } else { 1 };
    assert!(!repeated[winner] && repeated[1 - winner], "{repeated:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_append_runs_on() {
    let (stand_in, store) = scene(patient()).await;
    let (stream, new) = (stream(1), events("new", 2));
    stand_in.misbehave(AppendFault::HangBeforeCommit);
    let append = store.append(&stream, ExpectedVersion::NoStream, &new);
    let dropped =
        futures_util::future::select(Box::pin(append), Box::pin(stand_in.until_hanging(1))).await;
    drop(dropped);
    stand_in.release();
    let again = store
        .append(&stream, ExpectedVersion::NoStream, &new)
        .await
        .unwrap();
    assert!(again.repeated, "the dropped one came first");
    assert_eq!(ids_in_log(&stand_in, &stream), new_ids(&new));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_an_append_is_refused_before_it_is_sent() {
    let (stand_in, store) = scene(patient()).await;
    let stream = stream(1);
    let mut large = events("large", 17);
    for event in &mut large {
        event.payload = format!("\"{}\"", "x".repeat(EVENT_BYTES_MAX - 2)).into();
    }
    let error = store
        .append(&stream, ExpectedVersion::NoStream, &large)
        .await
        .unwrap_err();
    assert!(
        matches!(error, AppendError::AppendTooLarge { bytes_max, .. } if bytes_max == 1 << 20),
        "{error}"
    );
    store
        .append(&stream, ExpectedVersion::NoStream, &large[..15])
        .await
        .unwrap();
    assert_eq!(ids_in_log(&stand_in, &stream).len(), 15);
}

/// The server's limit may be smaller than the one the store was given.
#[tokio::test(flavor = "multi_thread")]
async fn an_append_too_large_for_the_server_is_not_written() {
    let stand_in = StandIn::builder()
        .append_bytes_max(2000)
        .start()
        .await
        .unwrap();
    let store = open(&stand_in.url(), patient());
    let error = store
        .append(&stream(1), ExpectedVersion::NoStream, &events("n", 9))
        .await;
    let error = error.unwrap_err();
    assert!(
        matches!(&error, AppendError::Store { source, .. }
            if source.kind() == StoreErrorKind::Misconfigured),
        "{error:?}"
    );
    let small = patient().append_bytes_max(NonZeroUsize::new(2000).unwrap());
    let store = open(&stand_in.url(), small);
    let error = store
        .append(&stream(1), ExpectedVersion::NoStream, &events("n", 9))
        .await;
    assert!(matches!(error, Err(AppendError::AppendTooLarge { .. })));
}
