//! Encryption that is set up wrongly: each trouble is told by itself, with what to look at.

use std::{fs, path::Path, time::Duration};

use minwon_adapters::kurrentdb::{KurrentFeed, KurrentOptions, KurrentStore};
use minwon_core::{
    EventFilter, EventStore, ExpectedVersion::NoStream, Feed, GlobalPosition, StoreError,
    StoreErrorKind, StreamName,
};
use minwon_kurrentdb_stand_in::{Authority, Certificate, StandIn};

use crate::scene::{PAGE, WAIT_MAX, events, open, patient, read_stream, stream, told};

async fn encrypted(certificate: &Certificate) -> StandIn {
    StandIn::builder().tls(certificate).start().await.unwrap()
}

/// Waits for answers as long as it takes, and tries little again.
fn hasty() -> KurrentOptions {
    KurrentOptions::default()
        .call_timeout(WAIT_MAX)
        .retry_timeout(Duration::from_millis(1))
}

/// The error of whoever opens a store there, or calls it for the first time.
async fn trouble(url: &str) -> StoreError {
    match KurrentStore::open(&url.parse().unwrap(), hasty()) {
        Err(error) => error,
        Ok(store) => store.head().await.unwrap_err(),
    }
}

/// The error is `kind`, and speaks of each of `words`.
fn check(error: &StoreError, kind: StoreErrorKind, words: &[&str]) {
    let told = told(error);
    assert_eq!(error.kind(), kind, "{told}");
    for word in words {
        assert!(told.contains(word), "{told:?} does not speak of {word:?}");
    }
}

fn misconfigured(error: &StoreError, words: &[&str]) {
    check(error, StoreErrorKind::Misconfigured, words);
}

/// The same server, by other settings.
fn with_settings(stand_in: &StandIn, settings: &str) -> String {
    format!("kurrentdb://127.0.0.1:{}?{settings}", stand_in.port(0))
}

fn with_file(stand_in: &StandIn, file: &Path) -> String {
    with_settings(stand_in, &format!("tls=true&tlsCaFile={}", file.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_through_an_encrypted_connection() {
    let stand_in = encrypted(&Authority::new("ours").certificate()).await;
    let store = open(&stand_in.url(), patient());
    let new = events("new", 3);
    store.append(&stream(1), NoStream, &new).await.unwrap();
    assert_eq!(read_stream(&store, &stream(1)).await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_trusted_is_told_with_the_reason() {
    let (ours, other) = (Authority::new("ours"), Authority::new("ours"));
    let stand_in = encrypted(&ours.certificate()).await;
    for (certificate, words) in [
        (other.certificate(), ["authorit", "tlsCaFile"]),
        (ours.certificate_for("db.example"), ["another name", "host"]),
        (ours.expired_certificate(), ["expired", "renew"]),
        (ours.future_certificate(), ["not valid yet", "clock"]),
    ] {
        stand_in.replace_certificate(&certificate);
        misconfigured(&trouble(&stand_in.url()).await, &words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_not_named_is_told() {
    let stand_in = encrypted(&Authority::new("ours").certificate()).await;
    let url = with_settings(&stand_in, "tls=true");
    misconfigured(&trouble(&url).await, &["authorit", "tlsCaFile"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_an_authority_is_told_when_the_store_is_opened() {
    let authority = Authority::new("ours");
    let stand_in = encrypted(&authority.certificate()).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.crt");
    let half = &authority.pem()[..authority.pem().len() / 2];
    for text in ["", "rubbish", half] {
        fs::write(&file, text).unwrap();
        let url = with_file(&stand_in, &file).parse().unwrap();
        let error = KurrentStore::open(&url, hasty()).unwrap_err();
        misconfigured(&error, &["tlsCaFile", "ca.crt"]);
    }
    for file in [directory.path(), &directory.path().join("nothing")] {
        let url = with_file(&stand_in, file).parse().unwrap();
        let error = KurrentStore::open(&url, hasty()).unwrap_err();
        misconfigured(&error, &["tlsCaFile"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_speaks_otherwise_is_told() {
    let authority = Authority::new("ours");
    let encrypted = encrypted(&authority.certificate()).await;
    let plain = StandIn::builder().start().await.unwrap();
    let url = with_settings(&encrypted, "tls=false");
    misconfigured(&trouble(&url).await, &["TLS", "tls=false"]);
    let url = with_file(&plain, &encrypted.authority_file().unwrap());
    misconfigured(&trouble(&url).await, &["no TLS", "tls=false"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_it_may_be_tried_again() {
    let authority = Authority::new("ours");
    let builder = StandIn::builder().tls(&authority.certificate()).down();
    let stand_in = builder.start().await.unwrap();
    let error = trouble(&stand_in.url()).await;
    let address = format!("127.0.0.1:{}", stand_in.port(0));
    check(&error, StoreErrorKind::Unavailable, &[&address]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_and_its_authority_replaced_while_a_store_runs() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let stand_in = encrypted(&old.certificate()).await;
    let store = open(&stand_in.url(), patient());
    let file = stand_in.authority_file().unwrap();
    let append = async |number: u32| {
        let new = events(number, 1);
        store.append(&stream(number), NoStream, &new).await.unwrap();
    };
    append(1).await;
    stand_in.replace_certificate(&old.certificate());
    append(2).await;
    stand_in.cut_connections();
    append(3).await;
    // Another authority: its file is put in the place of the old one's.
    let next = file.with_extension("next");
    new.write_to(&next).unwrap();
    fs::rename(next, file).unwrap();
    stand_in.replace_certificate(&new.certificate());
    stand_in.cut_connections();
    append(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_comes_while_a_store_runs_is_told_and_goes_when_it_is_mended() {
    let authority = Authority::new("ours");
    let stand_in = encrypted(&authority.certificate()).await;
    let store = open(&stand_in.url(), hasty());
    store.head().await.unwrap();
    let file = stand_in.authority_file().unwrap();
    let reconnect = async || {
        stand_in.cut_connections();
        stand_in.until_connections(0).await;
    };
    fs::write(&file, "cut").unwrap();
    reconnect().await;
    misconfigured(&until_misconfigured(&store).await, &["tlsCaFile"]);
    authority.write_to(&file).unwrap();
    until_answered(&store).await;
    stand_in.replace_certificate(&authority.expired_certificate());
    reconnect().await;
    misconfigured(&until_misconfigured(&store).await, &["expired"]);
    stand_in.replace_certificate(&authority.certificate());
    until_answered(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_tells_what_is_wrong_and_goes_on_when_it_is_mended() {
    let authority = Authority::new("ours");
    let stand_in = encrypted(&authority.certificate()).await;
    let store = open(&stand_in.url(), hasty());
    let mut feed = store.feed(GlobalPosition::START, EventFilter::all(), PAGE);
    append(&stand_in, 1).await;
    assert_eq!(next_event(&mut feed).await.unwrap(), stream(1));
    let file = stand_in.authority_file().unwrap();
    fs::write(&file, "cut").unwrap();
    stand_in.cut_connections();
    misconfigured(&next_event(&mut feed).await.unwrap_err(), &["tlsCaFile"]);
    authority.write_to(&file).unwrap();
    append(&stand_in, 2).await;
    let came = loop {
        // It may have tried again meanwhile.
        if let Ok(came) = next_event(&mut feed).await {
            break came;
        }
    };
    assert_eq!(came, stream(2));
}

/// Somebody else appends to the stream with this number.
async fn append(stand_in: &StandIn, number: u32) {
    let store = open(&stand_in.url(), patient());
    let new = events(number, 1);
    store.append(&stream(number), NoStream, &new).await.unwrap();
}

/// The stream of the next event, or the error before it.
async fn next_event(feed: &mut KurrentFeed) -> Result<StreamName, StoreError> {
    loop {
        let batch = feed.next().await?;
        if let [event] = &batch.events[..] {
            return Ok(event.stream.clone());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_is_found_and_followed_through_encrypted_connections() {
    let builder = StandIn::builder().tls(&Authority::new("ours").certificate());
    let stand_in = builder.nodes(3).start().await.unwrap();
    let store = open(&stand_in.url(), patient());
    for node in [1, 2, 0] {
        stand_in.move_leader(node);
        let number = u32::try_from(node).unwrap();
        let new = events(number, 1);
        store.append(&stream(number), NoStream, &new).await.unwrap();
    }
}

/// The first call may still meet the connection that was cut.
async fn until_misconfigured(store: &KurrentStore) -> StoreError {
    loop {
        match store.head().await {
            Err(error) if error.kind() == StoreErrorKind::Unavailable => {}
            outcome => return outcome.unwrap_err(),
        }
    }
}

async fn until_answered(store: &KurrentStore) {
    while store.head().await.is_err() {}
}
