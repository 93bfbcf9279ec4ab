//! A rebuild while the server loses everything.

use std::{collections::BTreeMap, time::Duration};

use minwon_adapters::{SystemClock, memory::MemoryStore};
use minwon_core::{
    IndexEntry, Projection, ProjectionName, ReadModelAdmin as _, RecordedEvent, ViewKey, ViewSchema,
};
use minwon_petitions::{Category, PetitionEvent, PetitionView, PetitionViews};
use minwon_test_servers::RedisServer;

use crate::support::*;

/// The views of the next version of the program.
#[derive(Clone, Default)]
struct NextViews(PetitionViews);

impl Projection for NextViews {
    type Event = (Category, PetitionEvent);
    type View = PetitionView;

    fn name(&self) -> &ProjectionName {
        self.0.name()
    }

    fn schema(&self) -> ViewSchema {
        ViewSchema::new(self.0.schema().get() + 1)
    }

    fn apply(
        &self,
        view: &mut Option<PetitionView>,
        event: &Self::Event,
        recorded: &RecordedEvent,
    ) {
        self.0.apply(view, event, recorded);
    }

    fn index(&self, key: &ViewKey, view: &PetitionView, entries: &mut Vec<IndexEntry>) {
        self.0.index(key, view, entries);
    }
}

/// Whoever comes first after the flush: the old generation's projector goes on, and answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushed_while_rebuilding() {
    let _room = room(1).await;
    for flush_at in [0, 60, 400, 800] {
        let server = RedisServer::start();
        let read_models = connect(&server.url()).await;
        let mut office = Office::new(MemoryStore::with_clock(SystemClock), 111);
        let head = office.work(1_000).await;
        let old = projector(&office.store, &read_models).start();
        arrive(&old, head).await;
        let builder = builder(&office.store, &read_models)
            .options(hasty().look_wait(Duration::from_millis(20)));
        let rebuild = builder.rebuild(NextViews::default());
        let rebuild = rebuild.await.unwrap();
        within(async {
            while rebuild.progress().folded_events < flush_at {
                tokio::task::yield_now().await;
            }
        })
        .await;
        let before = restarts(&old);
        assert_eq!(server.cli(&["FLUSHALL"]), "OK");
        let head = office.work(20).await;
        noticed(&old, before).await;
        arrive(&old, head).await;
        assert_sound(&office.store, &read_models).await;
        let reader = reader(&read_models);
        let key = office.any_key();
        assert!(ask(&office.store, &reader, &key).await.is_some());

        // The rebuild goes on too, and had not become the one that answers.
        let rebuild = within(rebuild.caught_up(|_| {})).await.unwrap();
        let catalogue = read_models.load_catalogue(&model()).await.unwrap().unwrap();
        assert_eq!(catalogue.active, generation(1).generation);
        let next = rebuild.generation().clone();
        let promoted = within(rebuild.promote()).await.map_err(|(_, error)| error);
        let promoted = promoted.unwrap();
        old.stop().await;
        let head = office.work(10).await;
        arrive(&promoted, head).await;
        let views = NextViews::default();
        assert_sound_generation(&office.store, &read_models, views, &next).await;
    }
}

/// The hash of each value under a prefix.
fn values(server: &RedisServer, prefix: &str) -> BTreeMap<String, String> {
    let hash = "return redis.sha1hex(redis.call('DUMP', KEYS[1]))";
    let names = server.cli(&["KEYS", &format!("{prefix}*")]);
    let values = names.lines().map(|name| {
        let value = server.cli(&["EVAL", hash, "1", name]);
        (name.trim_start_matches(prefix).to_owned(), value)
    });
    values.collect()
}

/// An earlier build would take documents in our encoding for damaged: it goes on in its layout, and this
/// one folds its own beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_an_earlier_layout_is_left_alone() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 112);
    let head = office.work(300).await;
    let read_models = connect(&server.url()).await;
    let earlier = projector(&office.store, &read_models).start();
    arrive(&earlier, head).await;
    earlier.stop().await;
    let before = values(&server, "minwon:3:");
    assert!(!before.is_empty());
    for name in before.keys() {
        let (here, there) = (format!("minwon:3:{name}"), format!("minwon:2:{name}"));
        assert_eq!(server.cli(&["RENAME", &here, &there]), "OK");
    }
    let read_models = connect(&server.url()).await;
    let head = office.work(30).await;
    let own = projector(&office.store, &read_models).start();
    arrive(&own, head).await;
    assert_sound(&office.store, &read_models).await;
    assert_eq!(values(&server, "minwon:2:"), before);
}
