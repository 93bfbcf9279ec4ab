//! Namespaces that share a store: none passes over another one's events.

use std::{future::Future, sync::Arc, time::Duration};

use minwon_adapters::{SystemClock, memory::MemoryReadModels};
use minwon_core::{Clock, NamespaceName};
use minwon_petitions::{ApplicationStatus, Category, ServiceType};

use minwon_projections::ReactorOptions;

use super::world::{Outbox, PausedClock, Policy, Register, World};
use crate::{Namespace, PetitionService, Session, Store, service::OfficeSettings};

type Service = PetitionService<Store, MemoryReadModels, PausedClock>;

/// A store of several namespaces.
struct House {
    store: Store,
    read_models: MemoryReadModels,
    clock: PausedClock,
}

impl House {
    fn open(url: &str) -> Self {
        Self {
            store: Store::open(&url.parse().unwrap()).unwrap(),
            read_models: MemoryReadModels::with_clock(SystemClock),
            clock: PausedClock::start(),
        }
    }

    fn namespace(&self, name: &str) -> Namespace<Store, PausedClock> {
        let name = NamespaceName::new(name).unwrap();
        Namespace::new(name, self.store.clone(), self.clock)
    }

    fn start(&self, name: &str) -> Service {
        PetitionService::builder(self.namespace(name), self.read_models.clone())
            .issuing(
                OfficeSettings::new("Jongno District Office".parse().unwrap()),
                Policy::default(),
                Arc::<Register>::default(),
            )
            .notifying(Arc::<Outbox>::default())
            .engine(|engine| {
                engine.reactor_options(ReactorOptions::default().checkpoint_wait(Duration::ZERO))
            })
            .start()
    }

    /// Files petitions without a service.
    async fn file(&self, name: &str, petitions: std::ops::Range<u32>) {
        let (portal, now) = (self.portal(name), self.clock.now());
        for petition in petitions.map(|number| format!("p-{number}")) {
            let filing = World::filing(&petition, ServiceType::InstantIssuance, now);
            let receive = World::receive(&petition, now);
            let petition = portal.petition(Category::General, petition.parse().unwrap());
            let filed = petition.file(filing.id(), filing.submit, Some(&receive));
            filed.await.unwrap();
        }
    }

    /// A citizen at a namespace without a service.
    fn portal(&self, name: &str) -> Session<Namespace<Store, PausedClock>> {
        let (citizen, portal) = ("citizen-1".parse().unwrap(), "portal".parse().unwrap());
        self.namespace(name).as_actor(citizen, portal)
    }

    /// How many of these petitions are completed.
    async fn completed(&self, name: &str, petitions: std::ops::Range<u32>) -> usize {
        let (portal, mut completed) = (self.portal(name), 0);
        for petition in petitions.map(|number| format!("p-{number}")) {
            let petition = portal.petition(Category::General, petition.parse().unwrap());
            let status = petition.state().await.unwrap().status();
            completed += usize::from(status == Some(ApplicationStatus::Completed));
        }
        completed
    }

    async fn run(&self, name: &str) {
        let service = self.start(name);
        service.settled().await.unwrap();
        service.stop().await;
    }
}

/// A petition that `car` filed while only `general` was at work is handled once `car` is.
async fn each_handles_its_own(house: House) {
    house.file("general", 0..5).await;
    house.run("general").await;
    house.file("car", 0..5).await;
    house.file("general", 5..6).await;
    house.run("general").await;
    assert_eq!(house.completed("general", 0..6).await, 6);
    assert_eq!(house.completed("car", 0..5).await, 0);
    house.run("car").await;
    assert_eq!(house.completed("car", 0..5).await, 5);
}

fn run(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(test);
}

#[test]
fn namespaces_in_one_memory_each_handle_their_own_petitions() {
    run(async { each_handles_its_own(House::open("memory:")).await });
}

#[cfg(feature = "sqlite")]
#[test]
fn namespaces_in_one_file_each_handle_their_own_petitions() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("all.db").display());
    run(async { each_handles_its_own(House::open(&url)).await });
}

/// Events of others are passed over silently: only slices with events of their own save their
/// position. As in KurrentDB, a saved position is an event in the log.
#[test]
fn what_others_write_moves_no_checkpoint() {
    const REACTORS: [&str; 4] = ["issuance", "completion", "compensation", "notifications"];

    super::world::run(async {
        let mut world = World::new();
        world.log_checkpoints();
        world.save_checkpoints_at_once();
        let service = world.start();
        let filed = world.file(&service, "p-0", ServiceType::InstantIssuance);
        filed.await.unwrap();
        for number in 0..4 {
            service.settled().await.unwrap();
            world.write_elsewhere(number).await;
        }
        service.settled().await.unwrap();
        for reactor in REACTORS {
            assert!(world.moves(reactor).len() <= 1, "{reactor}");
        }
        service.stop().await;
        let first = world.moves(REACTORS[0]);
        assert_eq!(first.get(&0), Some(&1), "at last it says where it is");
    });
}
