use kurrentdb::Error;
use kurrentdb::StreamState::{NoStream, StreamRevision};
use minwon_kurrentdb_stand_in::{AppendFault, FaultPlan, ReadFault};

use crate::kit::{append, prompt_server, read_stream, server, soon};

/// Meets `fault` and answers what the client made of it, and whether it was written.
async fn meet(fault: AppendFault) -> (Error, bool) {
    let (stand_in, client) = server().await;
    stand_in.misbehave(fault);
    let error = append(&client, "s", NoStream, [1, 2])
        .await
        .expect_err("there was a fault");
    let was_written = !stand_in.stream("s").is_empty();
    assert_eq!((stand_in.occurred(fault), stand_in.due()), (1, 0));
    // Whatever happened, the identical append settles it.
    let settled = append(&client, "s", NoStream, [1, 2])
        .await
        .expect("nothing is due any more");
    assert_eq!(settled.next_expected_version, 1);
    assert_eq!(stand_in.stream("s").len(), 2);
    (error, was_written)
}

fn is_aborted(error: &Error) -> bool {
    matches!(error, Error::Grpc { code, .. } if format!("{code:?}") == "Aborted")
}

#[tokio::test]
async fn aborted_says_nothing_about_what_was_written() {
    let (error, was_written) = meet(AppendFault::AbortBeforeCommit).await;
    assert!(is_aborted(&error) && !was_written, "{error:?}");
    let (error, was_written) = meet(AppendFault::AbortAfterCommit).await;
    assert!(is_aborted(&error) && was_written, "{error:?}");
}

#[tokio::test]
async fn a_cut_connection_says_nothing_about_what_was_written() {
    let faults = [
        (AppendFault::CutBeforeCommit, false),
        (AppendFault::CutAfterCommit, true),
    ];
    for (fault, writes) in faults {
        let (error, was_written) = meet(fault).await;
        assert_eq!(was_written, writes);
        let Error::ServerError(message) = error else {
            panic!("{error:?}")
        };
        // What the server says into the cut connection is not heard.
        assert!(!message.contains("the connection was cut"), "{message}");
    }
}

#[tokio::test]
async fn a_deadline_passes_after_the_commit() {
    let (error, was_written) = meet(AppendFault::DeadlineAfterCommit).await;
    assert!(
        matches!(error, Error::DeadlineExceeded) && was_written,
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_that_is_not_ready_or_has_no_leader_writes_nothing() {
    for fault in [AppendFault::Unavailable, AppendFault::NoLeader] {
        let (error, was_written) = meet(fault).await;
        assert!(
            matches!(error, Error::ServerError(_)) && !was_written,
            "{error:?}"
        );
    }
    let (error, was_written) = meet(AppendFault::NotLeader).await;
    assert!(
        matches!(error, Error::NotLeaderException(_)) && !was_written,
        "{error:?}"
    );
}

#[tokio::test]
async fn an_answer_without_outcome_panics_the_client() {
    let (stand_in, client) = server().await;
    stand_in.misbehave(AppendFault::MissingOutcome);
    let appending = tokio::spawn({
        let client = client.clone();
        async move { append(&client, "s", NoStream, [1]).await }
    });
    assert!(
        soon(appending)
            .await
            .expect_err("the client unwraps it")
            .is_panic()
    );
    assert_eq!(stand_in.stream("s").len(), 1);
    append(&client, "s", StreamRevision(0), [2])
        .await
        .expect("the client itself lives on");
}

#[tokio::test]
async fn what_hung_before_the_commit_is_written_late_though_its_writer_has_gone() {
    let (stand_in, client) = server().await;
    stand_in.misbehave(AppendFault::HangBeforeCommit);
    let hung = tokio::spawn({
        let client = client.clone();
        async move { append(&client, "s", NoStream, [1]).await }
    });
    soon(stand_in.until_hanging(1)).await;
    hung.abort();
    assert!(stand_in.stream("s").is_empty());
    append(&client, "other", NoStream, [5])
        .await
        .expect("others are not held up");
    stand_in.release();
    while stand_in.stream("s").is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(stand_in.hanging(), 0);
    assert_eq!(read_stream(&client, "s").await.expect("it is there"), [1]);
}

#[tokio::test]
async fn what_hung_after_the_commit_is_answered_when_it_is_released() {
    let (stand_in, client) = server().await;
    stand_in.misbehave(AppendFault::HangAfterCommit);
    let hung = tokio::spawn(async move { append(&client, "s", NoStream, [1]).await });
    soon(stand_in.until_hanging(1)).await;
    assert_eq!(stand_in.stream("s").len(), 1);
    stand_in.release();
    soon(hung)
        .await
        .expect("it does not panic")
        .expect("it was written");
}

#[tokio::test]
async fn faults_meet_the_streams_they_are_for_in_their_order() {
    let (stand_in, client) = server().await;
    stand_in.misbehave_on("b", AppendFault::AbortBeforeCommit);
    stand_in.misbehave_on("b", AppendFault::Unavailable);
    append(&client, "a", NoStream, [1])
        .await
        .expect("it is not for this one");
    let first = append(&client, "b", NoStream, [2])
        .await
        .expect_err("it is for this one");
    assert!(is_aborted(&first), "{first:?}");
    let second = append(&client, "b", NoStream, [2])
        .await
        .expect_err("and the next");
    assert!(matches!(second, Error::ServerError(_)), "{second:?}");
    append(&client, "b", NoStream, [2])
        .await
        .expect("nothing is due any more");
}

#[tokio::test]
async fn a_plan_lets_faults_occur_by_chance_until_it_ends() {
    let (stand_in, client) = prompt_server().await;
    let plan = FaultPlan::new(3)
        .per_mille(300, AppendFault::AbortBeforeCommit)
        .per_mille(300, AppendFault::AbortAfterCommit)
        .per_mille(1000, ReadFault::Unavailable);
    stand_in.misbehave_by(plan);
    let mut failed = 0;
    for number in 0..50 {
        let stream = format!("s-{number}");
        while append(&client, &stream, NoStream, [number]).await.is_err() {
            failed += 1;
        }
        assert_eq!(stand_in.stream(&stream).len(), 1);
    }
    let occurred = stand_in.occurred(AppendFault::AbortBeforeCommit)
        + stand_in.occurred(AppendFault::AbortAfterCommit);
    assert_eq!(occurred, failed);
    assert!(failed > 20, "{failed}");
    assert!(read_stream(&client, "s-0").await.is_err());
    stand_in.behave();
    assert_eq!(
        read_stream(&client, "s-0")
            .await
            .expect("the plan has ended"),
        [0]
    );
}
