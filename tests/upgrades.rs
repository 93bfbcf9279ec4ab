//! A deployment: services of version 1, of version 2 and of version 1 again, process by process,
//! while petitions are filed and questions asked. No question fails, and none goes back in time.
//!
//! Nothing here depends on how fast the machine is: what is waited for is progress.
#![cfg(all(feature = "memory", feature = "sqlite"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[path = "upgrades/service.rs"]
mod service;

use std::collections::BTreeMap;

use minwon::{
    Answer, MemberName, QueryError, ReadModels, Store, Timestamp,
    engine::{Generation, ReadModelAdmin as _, retire, roll_back},
    petitions::Date,
    testing::SeededRng,
};

use self::service::{
    FILED_AT, PATIENCE, Service, Version, filing, id, petition, receive, start, submit, version_2,
};

/// A process of the deployment, and what it has shown.
struct Process {
    service: Service,
    version: Version,
    steps: BTreeMap<u64, usize>,
    filed: u64,
}

impl Process {
    fn new(service: Service, version: Version) -> Self {
        Self {
            service,
            version,
            steps: BTreeMap::new(),
            filed: 0,
        }
    }

    /// Files a petition, and sees it once the read model shows it.
    async fn file(&self, number: u64) {
        let (handle, receive) = (petition(&self.service, number), receive(number));
        let filed = handle.file(filing(number), submit(number), Some(&receive));
        let token = filed.await.unwrap().token;
        let petition = id(number);
        let results = self.service.results();
        let waited = results.wait_for_petition(&token, &petition, PATIENCE);
        waited.await.unwrap();
        let seen = results.petition(&petition).await.unwrap();
        assert!(seen.value.is_some(), "petition {number} is missing");
    }

    /// Asks for a petition that was filed; whatever was shown of it before is shown again.
    async fn ask(&mut self, number: u64) {
        let answer = self.service.results().petition(&id(number)).await;
        let answer = sound(answer);
        let steps = answer.map_or(0, |view| view.timeline.steps().len());
        let before = self.steps.insert(number, steps).unwrap_or(0);
        assert!(steps >= before, "petition {number}: {before}, then {steps}");
    }

    /// Asks for a count over all slices.
    async fn count(&mut self) {
        let day = Date::in_seoul(FILED_AT.parse::<Timestamp>().unwrap());
        let counts = sound(self.service.results().day_counts(day).await);
        let filed = counts.values().sum();
        assert!(filed >= self.filed, "{} filed, then {filed}", self.filed);
        self.filed = filed;
    }
}

fn sound<A>(answer: Result<Answer<A>, QueryError>) -> A {
    let answer = answer.unwrap();
    assert!(!answer.as_of.went_backwards);
    answer.value
}

/// Where all processes keep what they keep.
struct Place {
    store: Store,
    read_models: ReadModels,
    rng: SeededRng,
    filed: u64,
}

impl Place {
    fn start(&self, version: Version, member: &str) -> Process {
        let (store, read_models) = (self.store.clone(), self.read_models.clone());
        let member = MemberName::new(member).unwrap();
        Process::new(start(store, read_models, version, member), version)
    }

    /// Petitions come by way of all processes, and all are asked.
    async fn load(&mut self, processes: &mut [Process], petitions: u64) {
        for _ in 0..petitions {
            let at = self.rng.below(processes.len() as u64) as usize;
            processes[at].file(self.filed).await;
            self.filed += 1;
            for process in &mut *processes {
                process.ask(self.rng.below(self.filed)).await;
                process.count().await;
            }
        }
    }

    async fn active(&self) -> Generation {
        let model = service::model();
        let found = self.read_models.load_catalogue(&model).await.unwrap();
        found.unwrap().active
    }

    async fn load_until_active(&mut self, processes: &mut [Process], generation: u32) {
        while self.active().await != Generation::new(generation) {
            self.load(processes, 1).await;
        }
        self.load(processes, 10).await;
    }
}

/// Two processes of version 1, each replaced by one of version 2, and that by one of version 1.
async fn deploy(store: Store, read_models: ReadModels, seed: u64) {
    let mut place = Place {
        store,
        read_models,
        rng: SeededRng::new(seed),
        filed: 0,
    };
    let mut processes = vec![
        place.start(Version::One, "one-a"),
        place.start(Version::One, "one-b"),
    ];
    for process in &processes {
        process.service.settled().await.unwrap();
    }
    place.load(&mut processes, 20).await;
    for (at, member) in ["two-a", "two-b"].into_iter().enumerate() {
        processes.push(place.start(Version::Two, member));
        place.load(&mut processes, 5).await;
        let old = processes.remove(0);
        assert!(matches!(old.version, Version::One), "process {at}");
        old.service.stop().await;
        place.load(&mut processes, 5).await;
    }
    place.load_until_active(&mut processes, 2).await;
    for process in &processes {
        process.service.settled().await.unwrap();
        assert_eq!(version_2::open(&process.service).await, place.filed);
    }
    for member in ["one-c", "one-d"] {
        processes.push(place.start(Version::One, member));
        place.load(&mut processes, 5).await;
        // Killed this time.
        drop(processes.remove(0));
        place.load(&mut processes, 5).await;
    }
    // The old fold answers again by hand, and what nobody asks any more is removed.
    roll_back(&place.read_models, &service::model())
        .await
        .unwrap();
    place.load(&mut processes, 10).await;
    assert_eq!(place.active().await, Generation::new(1));
    let second = service::generation(2);
    retire(&place.read_models, &second).await.unwrap();
    place.load(&mut processes, 10).await;
    for process in processes {
        process.service.settled().await.unwrap();
        process.service.stop().await;
    }
}

fn memory() -> Store {
    Store::open(&"memory:".parse().unwrap()).unwrap()
}

#[tokio::test]
async fn in_memory_no_question_fails_and_none_goes_back() {
    for seed in 0..3 {
        let store = memory();
        let read_models = ReadModels::beside(&store);
        deploy(store, read_models, seed).await;
    }
}

#[tokio::test]
async fn in_one_file_no_question_fails_and_none_goes_back() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("all.db").display());
    let store = Store::open(&url.parse().unwrap()).unwrap();
    let read_models = ReadModels::beside(&store);
    deploy(store, read_models, 11).await;
}

/// A file has one writer: the old process ends before the new one begins, which keeps both
/// versions. From its first question on it answers, and so does the old one when it comes back.
#[tokio::test]
async fn in_one_file_one_process_follows_the_other_and_answers_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("all.db").display());
    let mut filed = 0;
    for (round, version) in [Version::One, Version::Two, Version::One]
        .iter()
        .enumerate()
    {
        let store = Store::open(&url.parse().unwrap()).unwrap();
        let read_models = ReadModels::beside(&store);
        let mut place = Place {
            store,
            read_models,
            rng: SeededRng::new(7),
            filed,
        };
        let mut process = place.start(*version, "the-only-one");
        if round == 0 {
            process.service.settled().await.unwrap();
        }
        for number in 0..filed {
            process.ask(number).await;
        }
        assert_eq!(
            process.steps.values().filter(|steps| **steps > 0).count() as u64,
            filed
        );
        let mut processes = [process];
        place.load(&mut processes, 20).await;
        if let Version::Two = version {
            place.load_until_active(&mut processes, 2).await;
        }
        filed = place.filed;
        for process in processes {
            process.service.settled().await.unwrap();
            process.service.stop().await;
        }
    }
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn in_redis_no_question_fails_and_none_goes_back() {
    let redis = minwon_test_servers::RedisServer::start();
    let url: minwon::ReadModelsUrl = redis.url().parse().unwrap();
    let read_models = ReadModels::open(&url).await.unwrap();
    deploy(memory(), read_models, 23).await;
}

/// A program that does not understand the version that answers says "rebuilding" until its own is
/// complete, and takes nothing from the others meanwhile.
#[tokio::test]
async fn a_program_that_knows_no_earlier_version_takes_nothing_from_the_others() {
    let store = memory();
    let read_models = ReadModels::beside(&store);
    let mut place = Place {
        store,
        read_models,
        rng: SeededRng::new(3),
        filed: 0,
    };
    let mut old = [place.start(Version::One, "one")];
    old[0].service.settled().await.unwrap();
    place.load(&mut old, 20).await;
    let new = place.start(Version::TwoAlone, "two");
    let early = new.service.results().petition(&id(3)).await;
    let is_rebuilding = matches!(
        early,
        Err(QueryError::Rebuilding { .. } | QueryError::OtherFold { .. })
    );
    assert!(is_rebuilding || early.is_ok_and(|answer| answer.value.is_some()));
    place.load_until_active(&mut old, 2).await;
    new.service.settled().await.unwrap();
    assert_eq!(version_2::open(&new.service).await, place.filed);
}
