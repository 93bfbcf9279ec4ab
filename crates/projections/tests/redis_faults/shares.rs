//! Projectors that share the slices, and come and go.

use std::collections::BTreeSet;

use minwon_adapters::{SystemClock, memory::MemoryStore};
use minwon_core::MemberName;
use minwon_petitions::PetitionViews;
use minwon_projections::{Membership, Projector};
use minwon_test_servers::RedisServer;

use crate::{child::TIME_TO_LIVE, support::*};

async fn join(office: &Office<MemoryStore>, url: &str, name: &str) -> Projector {
    let (read_models, member) = (connect(url).await, MemberName::new(name).unwrap());
    let builder = builder(&office.store, &read_models);
    let builder = builder.share_as(Membership::new(read_models, member, TIME_TO_LIVE));
    builder.project(PetitionViews::default()).start()
}

/// Waits until everybody has a fair share; together they have every slice once, and go on.
async fn settle(office: &mut Office<MemoryStore>, members: &[&Projector]) {
    let fair = 16 / members.len();
    let most = 16_usize.div_ceil(members.len());
    within(async {
        loop {
            for member in members {
                let is_fair = |slices: usize| (fair..=most).contains(&slices);
                until(member, |status| is_fair(status.models[0].slices.len())).await;
            }
            let mut slices = Vec::new();
            for member in members {
                slices.extend_from_slice(&member.status().borrow().models[0].slices);
            }
            let distinct: BTreeSet<_> = slices.iter().collect();
            if slices.len() == 16 && distinct.len() == 16 {
                return;
            }
            office.work(1).await;
            tokio::task::yield_now().await;
        }
    })
    .await;
    let head = office.work(20).await;
    for member in members {
        arrive(member, head).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn projectors_join_leave_and_die() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let url = server.url();
    let read_models = connect(&url).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 91);
    office.work(600).await;
    let a = join(&office, &url, "a").await;
    settle(&mut office, &[&a]).await;
    assert_sound(&office.store, &read_models).await;
    let b = join(&office, &url, "b").await;
    settle(&mut office, &[&a, &b]).await;
    assert_sound(&office.store, &read_models).await;
    let c = join(&office, &url, "c").await;
    settle(&mut office, &[&a, &b, &c]).await;
    assert_sound(&office.store, &read_models).await;
    // One leaves in good order, in the middle of work.
    office.work(50).await;
    a.stop().await;
    settle(&mut office, &[&b, &c]).await;
    assert_sound(&office.store, &read_models).await;
    // One dies.
    office.work(50).await;
    drop(b);
    settle(&mut office, &[&c]).await;
    assert_sound(&office.store, &read_models).await;
    // And comes back under its old name, while everything is lost: also who works on what.
    let b = join(&office, &url, "b").await;
    office.work(50).await;
    assert_eq!(server.cli(&["FLUSHALL"]), "OK");
    settle(&mut office, &[&b, &c]).await;
    let head = office.work(20).await;
    arrive(&b, head).await;
    arrive(&c, head).await;
    assert_sound(&office.store, &read_models).await;
}

/// All at once, and none of them knows of the others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn projectors_start_together_and_the_last_one_has_all() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let url = server.url();
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 92);
    office.work(600).await;
    let mut members = Vec::new();
    for name in ["a", "b", "c"] {
        members.push(join(&office, &url, name).await);
    }
    while !members.is_empty() {
        settle(&mut office, &members.iter().collect::<Vec<_>>()).await;
        assert_sound(&office.store, &connect(&url).await).await;
        office.work(30).await;
        drop(members.swap_remove(0));
    }
}
