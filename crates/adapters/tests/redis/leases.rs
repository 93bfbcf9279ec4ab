//! The contract of `SliceLeases`.

use std::{num::NonZeroU16, time::Duration};

use minwon_adapters::redis::RedisReadModels;
use minwon_core::{Lease, SliceCount, SliceLeases};
use minwon_test_servers::RedisServer;

use crate::support::*;

const LONG: Duration = Duration::from_secs(600);

pub(crate) async fn beat(store: &RedisReadModels, member: &str, slices: u16) -> Vec<Lease> {
    beat_for(store, member, slices, LONG).await
}

async fn beat_for(
    store: &RedisReadModels,
    member: &str,
    slices: u16,
    time_to_live: Duration,
) -> Vec<Lease> {
    let slices = SliceCount::new(NonZeroU16::new(slices).unwrap());
    let member = member.parse().unwrap();
    store
        .heartbeat(&generation(), slices, &member, time_to_live)
        .await
        .unwrap()
}

/// The slices of each member after two rounds: one to give up, one to take.
async fn settle(store: &RedisReadModels, members: &[&str], slices: u16) -> Vec<Vec<Lease>> {
    for _ in 0..3 {
        for member in members {
            beat(store, member, slices).await;
        }
    }
    let mut all = Vec::new();
    for member in members {
        all.push(beat(store, member, slices).await);
    }
    all
}

/// Checks that all slices are somebody's, and shares are equal give or take one.
#[track_caller]
fn assert_fair(shares: &[Vec<Lease>], slices: u16) {
    let mut all: Vec<u16> = shares
        .iter()
        .flatten()
        .map(|lease| lease.slice.get())
        .collect();
    all.sort_unstable();
    assert_eq!(all, (0..slices).collect::<Vec<_>>());
    let sizes = shares.iter().map(Vec::len);
    let (least, most) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
    assert!(most - least <= 1, "{least} to {most}");
    for share in shares {
        assert!(share.is_sorted_by_key(|lease| lease.slice), "{share:?}");
    }
}

#[tokio::test]
async fn members_come_to_equal_shares_and_keep_them() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let names = ["a", "b", "c", "d", "e"];
    for slices in [1, 2, 3, 16, 17] {
        for count in 1..=names.len() {
            let shares = settle(&store, &names[..count], slices).await;
            assert_fair(&shares, slices);
            assert_eq!(settle(&store, &names[..count], slices).await, shares);
        }
        for count in (1..names.len()).rev() {
            let gone = names[count].parse().unwrap();
            store.leave(&generation(), &gone).await.unwrap();
            assert_fair(&settle(&store, &names[..count], slices).await, slices);
        }
        let _ = server.cli(&["FLUSHALL"]);
    }
}

#[tokio::test]
async fn a_slice_gets_the_next_epoch_when_it_changes_hands() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let first = beat(&store, "a", 4).await;
    assert!(first.iter().all(|lease| lease.epoch.get() == 1));
    assert_eq!(first.len(), 4);
    // The newcomer finds nothing free; the other gives up half, and then there is.
    assert_eq!(beat(&store, "b", 4).await, []);
    let kept = beat(&store, "a", 4).await;
    assert_eq!(kept, first[..2]);
    let taken = beat(&store, "b", 4).await;
    let slices: Vec<u16> = taken.iter().map(|lease| lease.slice.get()).collect();
    assert_eq!(slices, [2, 3]);
    assert!(taken.iter().all(|lease| lease.epoch.get() == 2));
    assert_eq!(beat(&store, "a", 4).await, kept);
    store
        .leave(&generation(), &"b".parse().unwrap())
        .await
        .unwrap();
    let back = beat(&store, "a", 4).await;
    let epochs: Vec<u64> = back.iter().map(|lease| lease.epoch.get()).collect();
    assert_eq!(epochs, [1, 1, 3, 3]);
}

#[tokio::test]
async fn a_newcomer_takes_no_more_than_it_has_to() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    assert_eq!(beat(&store, "b", 3).await.len(), 3);
    let shares = settle(&store, &["a", "b"], 3).await;
    let sizes: Vec<usize> = shares.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 2]);
}

#[tokio::test]
async fn an_overdue_member_loses_its_slices_to_others_only() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let moment = Duration::from_millis(1);
    let had = beat_for(&store, "a", 4, moment).await;
    assert_eq!(had.len(), 4);
    overdue(&server, "a").await;
    // Nobody took them meanwhile.
    assert_eq!(beat_for(&store, "a", 4, moment).await, had);
    overdue(&server, "a").await;
    let taken = beat(&store, "b", 4).await;
    assert_eq!(taken.len(), 4);
    assert!(taken.iter().all(|lease| lease.epoch.get() == 2));
}

/// Asks the server for its time until `member` is overdue.
async fn overdue(server: &RedisServer, member: &str) {
    let key = "minwon:3:{general:petitions:g1}:leases";
    let due: u64 = server
        .cli(&["HGET", key, &format!("m:{member}")])
        .parse()
        .unwrap();
    loop {
        let time = server.cli(&["TIME"]);
        let (seconds, micros) = time.split_once('\n').unwrap();
        let number = |text: &str| text.trim().parse::<u64>().unwrap();
        if number(seconds) * 1000 + number(micros) / 1000 > due {
            return;
        }
    }
}
