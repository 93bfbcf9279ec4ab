//! The namespace that is measured.

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use minwon::ReadModels;
use minwon_benches::{
    delays::{Delays, at_rate},
    office::{Failure, Office, Policy, Register, Service, petition},
    watched::{self, Watched},
};
use minwon_test_servers::RedisServer;
use tokio::task::JoinSet;

use crate::probes::{Felt, Probes};

/// The load before it counts: caches fill, breakers open, letters are written.
const WARM_UP: Duration = Duration::from_secs(1);

/// Longer than this nothing takes once the trouble is over.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// `building` under its steady load.
pub(crate) struct Building {
    service: Arc<Service>,
    office: Office,
    store: Watched,
    probe_dir: std::path::PathBuf,
    // Dropped after the service that uses it.
    _redis: RedisServer,
}

type Notes = Arc<Mutex<Noted>>;

/// The outcomes of the calls of petitioners and officers of `building`.
#[derive(Debug, Default)]
struct Noted {
    issued: Delays,
    approved: Delays,
    asked: Delays,
}

/// The figures at the end of the measured time.
pub(crate) struct Measured {
    noted: Notes,
    calls: JoinSet<Result<(), Failure>>,
    completed: Delays,
    done_per_second: f64,
    felt: Felt,
}

/// The figures of one measurement.
#[derive(Debug)]
pub(crate) struct Figures {
    /// Petitions and questions that were through within the time.
    pub(crate) done_per_second: f64,
    /// From when a call was due to the document.
    pub(crate) issued: Delays,
    /// From when a petition was due to its approval, by three commands.
    pub(crate) approved: Delays,
    /// From approval to the end, by choreography.
    pub(crate) completed: Delays,
    /// Questions.
    pub(crate) asked: Delays,
    /// The delays of the probes.
    pub(crate) felt: Felt,
    /// Failures and work left undone, the first of them in words.
    pub(crate) wrong: Option<String>,
}

impl Building {
    pub(crate) async fn start(dir: &Path) -> Result<Self, Failure> {
        let store = watched::open(dir.join("building.db"))?;
        let redis = RedisServer::start();
        let read_models = ReadModels::open(&redis.url().parse()?).await?;
        let link = Register::link(&Arc::default(), Duration::from_secs(5));
        let office = Office::building();
        let service = office.service(&store, read_models, Policy::default(), link);
        let service = Arc::new(service.start());
        // Whoever asks before the read model is there gets an error, which is no answer.
        service.settled().await?;
        Ok(Self {
            service,
            office,
            store,
            probe_dir: dir.to_owned(),
            _redis: redis,
        })
    }

    pub(crate) fn store(&self) -> &Watched {
        &self.store
    }

    /// Its load for so long, after a while that does not count.
    pub(crate) async fn measure(&self, rate: f64, time: Duration) -> Result<Measured, Failure> {
        let mut calls = JoinSet::new();
        // What was due before the measurement is nowhere noted, however late it is.
        self.load(rate, WARM_UP, 0, &Notes::default(), &mut calls)
            .await;
        let noted = Notes::default();
        drop(self.store.hook().take_completed());
        let probes = Probes::start(&self.probe_dir)?;
        let (first, start) = ((rate * WARM_UP.as_secs_f64()) as u64, Instant::now());
        self.load(rate, time, first, &noted, &mut calls).await;
        let elapsed = start.elapsed().as_secs_f64();
        let completed = self.store.hook().take_completed();
        let done = {
            let noted = lock(&noted);
            noted.issued.count() + completed.count() + noted.asked.count()
        };
        Ok(Measured {
            noted,
            calls,
            completed,
            done_per_second: done as f64 / elapsed,
            felt: probes.stop().await?,
        })
    }

    /// Petitions of both sorts in turn, and two questions each.
    async fn load(
        &self,
        rate: f64,
        time: Duration,
        first: u64,
        noted: &Notes,
        calls: &mut JoinSet<Result<(), Failure>>,
    ) {
        // Of three things that come in one is a petition.
        at_rate(rate * 3.0, time, |index, due| {
            let number = first + index / 3;
            match index % 3 {
                0 => calls.spawn(self.petition(number, due, Arc::clone(noted))),
                asked => calls.spawn(self.question(number, asked, due, Arc::clone(noted))),
            };
        })
        .await;
    }

    fn petition(
        &self,
        number: u64,
        due: Instant,
        noted: Notes,
    ) -> impl Future<Output = Result<(), Failure>> + use<> {
        let (service, office) = (Arc::clone(&self.service), self.office.clone());
        async move {
            if number.is_multiple_of(2) {
                office.issue_now(&service, number).await?;
                lock(&noted).issued.note(due.elapsed());
            } else {
                office.file(&service, number).await?;
                office.approve(service.namespace(), number).await?;
                lock(&noted).approved.note(due.elapsed());
            }
            Ok(())
        }
    }

    /// Asks for an earlier petition; whether it is seen already does not matter.
    fn question(
        &self,
        number: u64,
        asked: u64,
        due: Instant,
        noted: Notes,
    ) -> impl Future<Output = Result<(), Failure>> + use<> {
        let service = Arc::clone(&self.service);
        // A prime walks over all petitions in no order that anything could have been kept in.
        let id = petition(number.wrapping_mul(7_919) % (number + asked));
        async move {
            service.results().petition(&id).await?;
            lock(&noted).asked.note(due.elapsed());
            Ok(())
        }
    }

    /// Waits for what was begun. Nothing should have failed, and nothing be left undone.
    pub(crate) async fn finish(self, measured: Measured) -> Result<Figures, Failure> {
        let Measured {
            noted,
            mut calls,
            mut completed,
            done_per_second,
            felt,
        } = measured;
        let mut wrong = None;
        let over = async {
            while let Some(call) = calls.join_next().await {
                if let Err(error) = call? {
                    wrong.get_or_insert(format!("a call of building failed: {error}"));
                }
            }
            self.service.settled().await.map_err(Failure::from)
        };
        match tokio::time::timeout(WAIT_MAX, over).await {
            Ok(ended) => drop(ended?),
            Err(_) => drop(wrong.get_or_insert("building did not come to rest".to_owned())),
        }
        completed.extend(self.store.hook().take_completed());
        let left = self.store.hook().approved_count();
        if left > 0 {
            wrong.get_or_insert(format!("{left} petitions of building were not completed"));
        }
        let noted = std::mem::take(&mut *lock(&noted));
        Ok(Figures {
            done_per_second,
            issued: noted.issued,
            approved: noted.approved,
            completed,
            asked: noted.asked,
            felt,
            wrong,
        })
    }
}

fn lock(noted: &Mutex<Noted>) -> MutexGuard<'_, Noted> {
    noted.lock().unwrap_or_else(PoisonError::into_inner)
}
