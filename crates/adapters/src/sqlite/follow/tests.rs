use minwon_core::{CommandId, EventStore, ExpectedVersion, StreamName, testing::sample_event_of};
use tempfile::tempdir;
use tokio::sync::oneshot;

use super::{super::SqliteStore, *};

#[tokio::test]
async fn behind_a_page_that_could_not_be_read_nothing_is_passed_over() {
    let dir = tempdir().unwrap();
    let store = SqliteStore::open(dir.path().join("petitions.db")).unwrap();
    let stream: StreamName = "general_Case-1".parse().unwrap();
    let command = CommandId::derive(&[8; 16], "all");
    let events: Vec<_> = (0..40)
        .map(|index| sample_event_of(command, index, "{}"))
        .collect();
    let appended = store.append(&stream, ExpectedVersion::NoStream, &events);
    appended.await.unwrap();
    let five = NonZeroU32::new(5).unwrap();
    let mut feed = store.feed(GlobalPosition::START, EventFilter::all(), five);
    for _ in 0..2 {
        feed.next().await.unwrap();
    }
    assert_eq!(feed.pending.len(), PAGES_AHEAD);
    // Whoever read it is gone.
    feed.pending[0].answer = oneshot::channel().1;
    feed.next().await.unwrap_err();
    let mut positions = Vec::new();
    loop {
        let batch = feed.next().await.unwrap();
        positions.extend(batch.events.iter().map(|event| event.position.commit()));
        if batch.caught_up {
            break;
        }
    }
    assert_eq!(positions, (11..=40).collect::<Vec<_>>());
}
