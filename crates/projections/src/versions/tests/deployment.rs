//! Version 1, version 2 and version 1 again, program by program, while events come and questions
//! are asked.

use std::{collections::BTreeMap, num::NonZeroU32};

use minwon_core::{GlobalPosition, testing::SeededRng};

use super::*;
use crate::{AsOf, Projector, ProjectorOptions};

/// A program: what it keeps, and how it asks.
struct Program {
    projector: Projector,
    reader: Asking,
    /// How many events it has shown of each petition, and as of where.
    shown: BTreeMap<String, (u64, GlobalPosition)>,
}

enum Asking {
    Old(Reader<Sums>),
    New(Reader<Wide>),
}

impl Asking {
    async fn events(&self, petition: &str) -> Result<(u64, AsOf), QueryError> {
        let asked = key(petition);
        Ok(match self {
            Self::Old(reader) => {
                let answer = reader.get(&asked).await?;
                (answer.value.map_or(0, |view| view.events), answer.as_of)
            }
            Self::New(reader) => {
                let answer = reader.get(&asked).await?;
                (answer.value.map_or(0, |view| view.sum.events), answer.as_of)
            }
        })
    }

    async fn count(&self) -> Result<AsOf, QueryError> {
        match self {
            Self::Old(reader) => Ok(reader.counts(PARITY, "all").await?.as_of),
            Self::New(reader) => Ok(reader.counts(PARITY, "all").await?.as_of),
        }
    }
}

impl Program {
    fn start(log: &Log, read_models: &MemoryReadModels, is_new: bool) -> Self {
        let batch = NonZeroU32::new(5).unwrap();
        let options = ProjectorOptions::default().batch_events_max(batch);
        let builder = projector(log, read_models).options(options);
        let (projector, reader) = if is_new {
            let running = builder.project_versions(two()).start();
            (running, Asking::New(new_reader(read_models)))
        } else {
            let running = builder.project_versions(one()).start();
            (running, Asking::Old(old_reader(read_models)))
        };
        Self {
            projector,
            reader,
            shown: BTreeMap::new(),
        }
    }

    /// Asks for a petition: it is answered, and never with less than before.
    async fn ask(&mut self, petition: &str) {
        let (events, as_of) = self.reader.events(petition).await.unwrap();
        let now = (events, as_of.position);
        let before = self.shown.insert(petition.into(), now);
        assert!(!as_of.went_backwards, "{petition}");
        assert!(
            before.is_none_or(|before| before <= now),
            "{petition} was {before:?} and is {now:?}"
        );
    }

    async fn ask_for_all(&mut self) {
        let as_of = self.reader.count().await.unwrap();
        assert!(!as_of.went_backwards);
    }
}

struct Deployment {
    log: Log,
    read_models: MemoryReadModels,
    programs: Vec<Program>,
    rng: SeededRng,
}

impl Deployment {
    /// Events come and all programs are asked, for a while.
    async fn load(&mut self, rounds: u64) {
        for _ in 0..rounds {
            self.log.grow(&mut self.rng, 12);
            let pause = self.rng.below(3_000);
            tokio::time::sleep(Duration::from_micros(pause)).await;
            for program in &mut self.programs {
                let petition = format!("p-{}", self.rng.below(12));
                program.ask(&petition).await;
                if self.rng.happens(200) {
                    program.ask_for_all().await;
                }
            }
        }
    }

    async fn replace(&mut self, at: usize, is_new: bool) {
        let old = self.programs.remove(at);
        // A process that is killed leaves what one leaves that is stopped.
        if self.rng.happens(500) {
            old.projector.stop().await;
        } else {
            drop(old);
        }
        let started = Program::start(&self.log, &self.read_models, is_new);
        self.programs.insert(at, started);
        let rounds = self.rng.below(400);
        self.load(rounds).await;
    }

    /// The load never rests, and still the new generation comes to answer.
    async fn promoted_under_load(&mut self) {
        for _ in 0..100 {
            self.load(100).await;
            if catalogue(&self.read_models).await.active == Generation::new(2) {
                return self.load(100).await;
            }
        }
        panic!("it was not promoted");
    }
}

#[test]
fn every_question_is_answered_and_none_goes_back_in_time() {
    for seed in 0..4 {
        eprintln!("seed {seed}");
        run(deploy(seed));
    }
}

async fn deploy(seed: u64) {
    let mut rng = SeededRng::new(seed);
    let (log, read_models) = (Log::new(), MemoryReadModels::new());
    log.grow_by(300, &mut rng, 12);
    catch_up(&log, &read_models).await;
    let programs = (0..2).map(|_| Program::start(&log, &read_models, false));
    let mut deployment = Deployment {
        programs: programs.collect(),
        log,
        read_models,
        rng,
    };
    deployment.load(50).await;
    for at in 0..2 {
        deployment.replace(at, true).await;
    }
    deployment.promoted_under_load().await;
    // No program of the old version runs, and its generation lacks nothing.
    a_while().await;
    check(&deployment.log, &deployment.read_models, &generation(1)).await;
    for at in 0..2 {
        deployment.replace(at, false).await;
    }
    let (log, read_models) = (&deployment.log, &deployment.read_models);
    let found = catalogue(read_models).await;
    assert_eq!((found.active.get(), found.generations.len()), (2, 2));
    for program in deployment.programs {
        program.projector.reached(log.head()).await.unwrap();
        let reason = program.projector.stop().await;
        assert!(matches!(reason, crate::StopReason::Requested), "{reason}");
    }
    check(log, read_models, &generation(1)).await;
}
