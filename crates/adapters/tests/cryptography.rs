//! A process has one cryptography, that of the features or of the program, whichever client comes first.
//!
//! The choice is made once in a process, so each order is tried in one of its own: this program, called
//! again for one of the tests that are ignored otherwise.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use minwon_adapters::{
    kurrentdb::KurrentStore,
    notifiers::webhook::{WebhookNotifier, WebhookSecret},
    redis::RedisReadModels,
};
use minwon_core::{EventStore, StreamName, StreamVersion};
use rustls::crypto::{CryptoProvider, aws_lc_rs, ring};

const ORDERS: [&str; 4] = [
    "redis_first",
    "webhook_first",
    "kurrentdb_first",
    "the_program_first",
];

#[test]
fn whoever_comes_first_a_process_has_the_one_that_was_chosen() {
    let program = std::env::current_exe().unwrap();
    // Side by side, for a client of KurrentDB tries for seconds.
    let children = ORDERS.map(|order| {
        let child = Command::new(&program)
            .args(["--ignored", "--exact", order])
            .stdout(Stdio::piped())
            .spawn();
        (order, child.unwrap())
    });
    for (order, child) in children {
        let child = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success(), "{order}: {said}");
        assert!(said.contains("1 passed"), "{order}: {said}");
    }
}

#[tokio::test]
#[ignore = "in a process of its own"]
async fn redis_first() {
    redis().await;
    let chosen = check(&aws_lc_rs::default_provider());
    webhook();
    kurrentdb().await;
    assert!(Arc::ptr_eq(&chosen, CryptoProvider::get_default().unwrap()));
}

#[tokio::test]
#[ignore = "in a process of its own"]
async fn webhook_first() {
    webhook();
    let chosen = check(&aws_lc_rs::default_provider());
    kurrentdb().await;
    redis().await;
    assert!(Arc::ptr_eq(&chosen, CryptoProvider::get_default().unwrap()));
}

#[tokio::test]
#[ignore = "in a process of its own"]
async fn kurrentdb_first() {
    kurrentdb().await;
    let chosen = check(&aws_lc_rs::default_provider());
    redis().await;
    webhook();
    assert!(Arc::ptr_eq(&chosen, CryptoProvider::get_default().unwrap()));
}

#[tokio::test]
#[ignore = "in a process of its own"]
async fn the_program_first() {
    ring::default_provider().install_default().unwrap();
    kurrentdb().await;
    webhook();
    redis().await;
    check(&ring::default_provider());
}

/// Checks whose cryptography the process has: only one of the two offers a key exchange that quantum
/// computers do not break.
fn check(meant: &CryptoProvider) -> Arc<CryptoProvider> {
    let key_exchanges =
        |of: &CryptoProvider| -> Vec<_> { of.kx_groups.iter().map(|group| group.name()).collect() };
    let [aws_lc, ring] = [&aws_lc_rs::default_provider(), &ring::default_provider()];
    assert_ne!(
        key_exchanges(aws_lc),
        key_exchanges(ring),
        "not to be distinguished"
    );
    let chosen = CryptoProvider::get_default().expect("a client was made");
    assert_eq!(key_exchanges(chosen), key_exchanges(meant));
    Arc::clone(chosen)
}

// Nobody listens there; but what encrypts is chosen before anything is sent.

async fn redis() {
    let connected = RedisReadModels::connect("rediss://127.0.0.1:9").await;
    connected.expect_err("nobody listens");
}

async fn kurrentdb() {
    let store = KurrentStore::open_url("kurrentdb://127.0.0.1:9?tls=true").unwrap();
    let stream: StreamName = "general_Petition-1".parse().unwrap();
    let read = store
        .read_stream(&stream, StreamVersion::FIRST, 1.try_into().unwrap())
        .await;
    read.expect_err("nobody listens");
}

fn webhook() {
    let secret = WebhookSecret::from_bytes(&[7; 32]).unwrap();
    WebhookNotifier::builder("http://127.0.0.1:9", secret)
        .allow_plain_http()
        .build()
        .unwrap();
}
