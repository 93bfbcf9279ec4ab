//! Two servers that both take themselves for the master, and a network that changes its mind.

use std::{
    future::Future,
    sync::{Arc, Mutex},
};

use minwon_adapters::{SystemClock, memory::MemoryStore, redis::RedisReadModels};
use minwon_core::{
    Catalogue, CatalogueError, CommitError, Counts, GenerationName, IndexName, ListPage, ListQuery,
    Loaded, ModelName, ReadModelAdmin, ReadModelStore, ScanCursor, ScanPage, SliceCheckpoint,
    SliceName, SliceWrites, StoreError, Wanted, testing::SeededRng,
};
use minwon_petitions::PetitionViews;
use minwon_test_servers::RedisServer;

use crate::{promotions::master_and_replica, support::*};

/// Either of two servers: before any call the network may change its mind.
#[derive(Clone)]
struct Flicker {
    servers: [RedisReadModels; 2],
    network: Arc<Mutex<Network>>,
}

struct Network {
    rng: SeededRng,
    way: Way,
    server: usize,
}

/// Where calls come to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    First,
    Either,
    /// Only counts are read from the second server.
    CountsFromSecond,
}

impl Flicker {
    fn new(servers: [RedisReadModels; 2], rng: SeededRng) -> Self {
        let network = Network {
            rng,
            way: Way::First,
            server: 0,
        };
        Self {
            servers,
            network: Arc::new(Mutex::new(network)),
        }
    }

    fn pick(&self) -> &RedisReadModels {
        let mut network = self.network.lock().unwrap();
        if network.way != Way::Either {
            network.server = 0;
        } else if network.rng.happens(40) {
            network.server = 1 - network.server;
        }
        &self.servers[network.server]
    }

    fn go(&self, way: Way) {
        self.network.lock().unwrap().way = way;
    }
}

impl ReadModelStore for Flicker {
    fn load(
        &self,
        slice: &SliceName,
        wanted: &Wanted<'_>,
    ) -> impl Future<Output = Result<Loaded, StoreError>> + Send {
        let way = self.network.lock().unwrap().way;
        if way == Way::CountsFromSecond && !wanted.counts.is_empty() {
            return self.servers[1].load(slice, wanted);
        }
        self.pick().load(slice, wanted)
    }

    fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> impl Future<Output = Result<(), CommitError>> + Send {
        self.pick().commit(slice, expected, next, writes)
    }

    fn list(
        &self,
        slice: &SliceName,
        query: &ListQuery,
    ) -> impl Future<Output = Result<ListPage, StoreError>> + Send {
        self.pick().list(slice, query)
    }

    fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> impl Future<Output = Result<Counts, StoreError>> + Send {
        self.pick().counts(slice, index, group)
    }
}

impl ReadModelAdmin for Flicker {
    fn load_catalogue(
        &self,
        model: &ModelName,
    ) -> impl Future<Output = Result<Option<Catalogue>, StoreError>> + Send {
        self.pick().load_catalogue(model)
    }

    fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> impl Future<Output = Result<(), CatalogueError>> + Send {
        self.pick().save_catalogue(model, expected, next)
    }

    fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> impl Future<Output = Result<ScanPage, StoreError>> + Send {
        self.pick().scan(generation, cursor)
    }

    fn remove(
        &self,
        generation: &GenerationName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.pick().remove(generation)
    }

    fn sweep(
        &self,
        generation: &GenerationName,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send {
        self.pick().sweep(generation)
    }
}

/// A view loaded from one server is never folded upon in the other; each stays the fold of the
/// log up to where it says it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_come_to_either_of_two_masters() {
    let _room = room(2).await;
    let masters = [RedisServer::start(), RedisServer::start()];
    let servers = [
        connect(&masters[0].url()).await,
        connect(&masters[1].url()).await,
    ];
    let mut rng = SeededRng::new(51);
    let read_models = Flicker::new(servers, rng.fork());
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 51);
    let builder = builder(&office.store, &read_models);
    let builder = builder.options(hasty().cached_views_max(0));
    let projector = builder.project(PetitionViews::default()).start();
    // Slow machines fold more at once, in fewer calls.
    let mut rounds = 0;
    while rounds < 12 || restarts(&projector) <= 20 {
        rounds += 1;
        assert!(rounds < 200, "the network hardly changes its mind");
        read_models.go(Way::Either);
        for _ in 0..12 {
            let enough = further(&projector, 1);
            office.work(1 + rng.below(4) as usize).await;
            enough.await;
        }
        read_models.go(Way::First);
        let head = office.work(1).await;
        arrive(&projector, head).await;
        assert_sound(&office.store, &read_models.servers[0]).await;
        let views = PetitionViews::default();
        let other = &read_models.servers[1];
        if let Ok(other) = verified(&office.store, other, &views, &generation(1)).await {
            assert_no_difference(&other);
        }
    }
}

/// A replica that lags is read by mistake; what it says must not be built upon in the master,
/// although the master is just where the projector believes it to be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_are_read_from_a_replica_that_lags() {
    let _room = room(2).await;
    let (master, replica) = master_and_replica();
    let servers = [connect(&master.url()).await, connect(&replica.url()).await];
    let read_models = Flicker::new(servers, SeededRng::new(52));
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 52);
    let first = projector(&office.store, &read_models).start();
    let head = office.work(300).await;
    arrive(&first, head).await;
    assert_eq!(master.cli(&["SET", "followed", "1"]), "OK");
    replica.wait_for(&["GET", "followed"], "1");
    assert_eq!(replica.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    let head = office.work(100).await;
    arrive(&first, head).await;
    first.stop().await;
    // One that has just been started knows no counts yet.
    read_models.go(Way::CountsFromSecond);
    let second = projector(&office.store, &read_models).start();
    let head = office.work(30).await;
    until(&second, |status| {
        let is_there = status.position().is_some_and(|position| position >= head);
        status.restarts > 20 || is_there
    })
    .await;
    read_models.go(Way::First);
    arrive(&second, head).await;
    assert_sound(&office.store, &read_models).await;
}
