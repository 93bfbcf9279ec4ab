//! Single documents that somebody deleted or changed by hand: only `verify` sees that at once.

use std::collections::BTreeSet;

use minwon_adapters::{SystemClock, memory::MemoryStore, redis::RedisReadModels};
use minwon_core::ViewKey;
use minwon_petitions::PetitionViews;
use minwon_projections::{DifferenceKind, Item};
use minwon_test_servers::RedisServer;

use crate::support::*;

/// The differences that `verify` reports, and of which documents; there are no others.
async fn complaints(
    office: &Office<MemoryStore>,
    read_models: &RedisReadModels,
) -> BTreeSet<(ViewKey, bool)> {
    let views = PetitionViews::default();
    let found = verified(&office.store, read_models, &views, &generation(1)).await;
    let found = found.unwrap();
    let differences = found.slices.iter().flat_map(|slice| &slice.differences);
    let complaints = differences.map(|difference| match (&difference.item, difference.kind) {
        (Item::Document { key }, DifferenceKind::Missing) => (key.clone(), true),
        (Item::Document { key }, DifferenceKind::Different) => (key.clone(), false),
        other => panic!("{other:?}"),
    });
    let complaints: BTreeSet<_> = complaints.collect();
    let different: u64 = found.slices.iter().map(|slice| slice.different).sum();
    assert_eq!(different, complaints.len() as u64);
    assert_eq!(found.is_sound(), complaints.is_empty());
    complaints
}

/// The name of a document in Redis.
fn document(server: &RedisServer, key: &ViewKey) -> String {
    let name = server.cli(&["KEYS", &format!("*:d:{key}")]);
    assert_eq!(name.lines().count(), 1, "{name}");
    name
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_documents_are_named_and_a_rebuild_heals_them() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let read_models = connect(&server.url()).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 71);
    let head = office.work(900).await;
    let projector = projector(&office.store, &read_models).start();
    arrive(&projector, head).await;
    assert!(complaints(&office, &read_models).await.is_empty());
    let (lost, changed) = (key(0), key(1));
    assert_eq!(server.cli(&["DEL", &document(&server, &lost)]), "1");
    let name = document(&server, &changed);
    let other = "local right = redis.call('GET', KEYS[1])
        local wrong, times = right:gsub('applicant%-1', 'applicant-2', 1)
        redis.call('SET', KEYS[1], wrong)
        return times";
    assert_eq!(server.cli(&["EVAL", other, "1", &name]), "1");
    let named = complaints(&office, &read_models).await;
    assert_eq!(named, [(lost.clone(), true), (changed, false)].into());

    let reader = reader(&read_models);
    let rebuild = builder(&office.store, &read_models).rebuild(PetitionViews::default());
    let rebuild = rebuild.await.unwrap();
    let mut answers = 0;
    let whole = key(5);
    let rebuild = {
        let caught_up = rebuild.caught_up(|_| {});
        tokio::pin!(caught_up);
        loop {
            tokio::select! {
                rebuilt = &mut caught_up => break rebuilt.unwrap(),
                asked = ask(&office.store, &reader, &whole) => {
                    assert!(asked.is_some(), "the old generation answers");
                    answers += 1;
                }
            }
        }
    };
    assert!(answers > 0);
    let promoted = within(rebuild.promote()).await.unwrap();
    let asked = ask(&office.store, &reader, &lost).await.unwrap();
    assert_eq!(asked.generation.get(), 2);
    let head = office.work(30).await;
    arrive(&promoted, head).await;
    let views = PetitionViews::default();
    assert_sound_generation(&office.store, &read_models, views, &generation(2)).await;
}

/// A petition's next event meets another view than it should follow: its slice begins anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_event_of_a_damaged_petition_heals_it() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let read_models = connect(&server.url()).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 72);
    office.work(400).await;
    let [lost, stale, garbled] = office.under_way()[..3] else {
        panic!("more petitions are under way");
    };
    // A projector that holds no views in memory, as one that was just started.
    let options = || hasty().cached_views_max(0);
    let builder = builder(&office.store, &read_models).options(options());
    let projector = builder.project(PetitionViews::default()).start();
    let head = office.work(1).await;
    arrive(&projector, head).await;
    let stale_name = document(&server, &key(stale));
    // No text, so it does not come here.
    assert_eq!(server.cli(&["COPY", &stale_name, "before"]), "1");
    let head = office.work_on(stale).await;
    arrive(&projector, head).await;
    let _ = server.cli(&["DEL", &document(&server, &key(lost))]);
    assert_eq!(server.cli(&["RENAME", "before", &stale_name]), "OK");
    let _ = server.cli(&["SET", &document(&server, &key(garbled)), "{"]);
    let named = complaints(&office, &read_models).await;
    let expected = [(lost, true), (stale, false), (garbled, false)];
    assert_eq!(
        named,
        expected
            .map(|(number, is_lost)| (key(number), is_lost))
            .into()
    );
    for number in [lost, stale, garbled] {
        let restarts = restarts(&projector);
        let head = office.work_on(number).await;
        noticed(&projector, restarts).await;
        arrive(&projector, head).await;
        let left = complaints(&office, &read_models).await;
        assert!(
            left.iter().all(|(other, _)| *other != key(number)),
            "{left:?}"
        );
    }
    assert_sound(&office.store, &read_models).await;
}
