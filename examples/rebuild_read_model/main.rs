//! How does a read model get a new field, while it is asked and events arrive?
//!
//! ```sh
//! cargo run --release --example rebuild_read_model -- --petitions 20000
//! ```
//!
//! A service counts petitions per department (version 1) and wants to know the open ones as well
//! (version 2). Version 2 is built beside version 1, which answers meanwhile; then it is promoted,
//! rolled back, promoted again, and version 1 is removed. Whoever asks in the words of a version is
//! answered from the first question to the last one for which that version is there.
//!
//! All of it is done by hand here. A program that is given its
//! [`Versions`](minwon::engine::Versions) does the same by itself: see `docs/upgrading.md`.

mod departments;
mod petitions;
#[path = "../shared/read_models.rs"]
mod read_models;
#[path = "../shared/mod.rs"]
mod shared;
#[path = "../shared/store.rs"]
mod store;

use std::{cell::Cell, fmt::Write, process::ExitCode};

use clap::Parser;
use minwon::{
    Namespace, ReadModels, Store, SystemClock,
    engine::{
        Generation, GenerationName, GlobalPosition, ModelName, Projection, Projector, Rebuild,
        RebuildError, promote, retire, roll_back,
    },
};
use serde_json::{Value, json};

use crate::{
    departments::{PerDepartment, Readers, Version1, Version2},
    petitions::file,
    shared::{Failure, say, say_json, while_doing},
};

/// Rebuilds a read model while it is asked.
#[derive(Debug, Parser)]
#[command(name = "rebuild_read_model")]
struct Options {
    /// How many petitions there are before the rebuild; a tenth of that comes during it, and as
    /// many after it
    #[arg(long, value_name = "N", default_value_t = 20_000,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    petitions: u64,
    /// Keeps the events there: memory:, sqlite:PATH or the URL of a server, which needs its
    /// feature; every run has a namespace of its own
    #[arg(long, value_name = "URL", default_value = "memory:")]
    store: String,
    /// Keeps the read models in this Redis, as redis://HOST:PORT; needs `--features redis`
    /// [default: beside the events in memory or a file, else in memory]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Prints one JSON object as the last line
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<(), Failure> {
    let (url, store) = store::open(&options.store)?;
    let read_models = read_models::open(options.redis.as_deref(), &store).await?;
    say(format_args!(
        "Events are {}, the read models {}.",
        store::place(&url),
        read_models::place(&read_models)
    ))?;
    // A Redis remembers which versions there were, and this service is new with every run.
    let name = match options.redis {
        Some(_) => format!("general{}", std::process::id()),
        None => "general".into(),
    };
    let namespace = Namespace::new(store::namespace(&name, &url)?, store, SystemClock);
    let mut service = Service {
        readers: Readers::new(namespace.name(), &read_models),
        model: ModelName {
            namespace: namespace.name().clone(),
            projection: Version1::default().name().clone(),
        },
        namespace,
        read_models,
        last: GlobalPosition::START,
        steps: Vec::new(),
    };
    let asked = service.evolve(options.petitions).await?;
    if options.json {
        say_json(&json!({ "asked_meanwhile": asked, "steps": service.steps }))?;
    }
    Ok(())
}

/// A service with a read model of its own.
struct Service {
    namespace: Namespace<Store>,
    read_models: ReadModels,
    model: ModelName,
    readers: Readers,
    /// Where the last event stands that this run has written.
    last: GlobalPosition,
    steps: Vec<Value>,
}

impl Service {
    /// From version 1 to version 2 and back and forth. Returns how often version 1 was asked while
    /// version 2 was built.
    async fn evolve(&mut self, petitions: u64) -> Result<u64, Failure> {
        let more = petitions / 10;
        self.last = file(&self.namespace, 0..petitions).await?;
        let old = self.namespace.projector_of(self.read_models.clone());
        let old = old.project(Version1::default()).start();
        let one = self.generation(Generation::FIRST);
        self.show("version 1 answers", &[&old]).await?;

        let during = petitions..petitions + more;
        let (rebuild, asked) = self.build(during.clone()).await?;
        let two = rebuild.generation().clone();
        rebuild.reached(self.last).await?;
        say(format_args!(
            "\nVersion 2 was built beside it, while {more} petitions came and version 1 answered \
             {asked} questions."
        ))?;
        self.show("version 2 is built", &[&old]).await?;
        let new = promoted(rebuild).await?;
        self.show("version 2 is promoted", &[&old, &new]).await?;
        let last = file(&self.namespace, during.end..during.end + more).await?;
        self.last = self.last.max(last);
        roll_back(&self.read_models, &self.model).await?;
        // Its projector went on, so it lacks nothing.
        self.show("rolled back", &[&old, &new]).await?;
        promote(&self.read_models, &two).await?;
        self.show("promoted again", &[&old, &new]).await?;
        old.stop().await;
        retire(&self.read_models, &one).await?;
        let is_gone = roll_back(&self.read_models, &self.model).await.is_err();
        let said = if is_gone {
            "is removed"
        } else {
            "is still there"
        };
        self.show(&format!("version 1 {said}"), &[&new]).await?;
        new.stop().await;
        Ok(asked)
    }

    /// Builds version 2 while petitions come and version 1 is asked. Returns how often.
    async fn build(
        &mut self,
        numbers: std::ops::Range<u64>,
    ) -> Result<(Rebuild<Store, ReadModels>, u64), Failure> {
        let builder = self.namespace.projector_of(self.read_models.clone());
        let rebuild = builder.rebuild(Version2::default()).await?;
        let is_built = Cell::new(false);
        let work = async {
            let building = async { Ok::<_, Failure>(rebuild.caught_up(|_| {}).await?) };
            let done = tokio::try_join!(building, file(&self.namespace, numbers));
            is_built.set(true);
            done
        };
        // A question that was asked meanwhile is answered, however soon all was built.
        let asking = async {
            let mut asked = 0;
            while !is_built.get() {
                let answer = self.readers.one().await;
                answer.map_err(while_doing("version 1 did not answer"))?;
                asked += 1;
                tokio::task::yield_now().await;
            }
            Ok(asked)
        };
        let (asked, (rebuild, last)) = tokio::try_join!(asking, work)?;
        self.last = self.last.max(last);
        Ok((rebuild, asked))
    }

    fn generation(&self, generation: Generation) -> GenerationName {
        GenerationName {
            model: self.model.clone(),
            generation,
        }
    }

    /// Shows what each version answers, once these projectors have folded everything.
    async fn show(&mut self, step: &str, projectors: &[&Projector]) -> Result<(), Failure> {
        for projector in projectors {
            projector.reached(self.last).await?;
        }
        let (one, two) = (self.readers.one().await, self.readers.two().await);
        say(format_args!("\n{step}"))?;
        let (one, two) = (
            one.map(|all| (all, None)),
            two.map(|(all, open)| (all, Some(open))),
        );
        let mut answers = json!({ "step": step });
        for (version, answer) in [("v1", one), ("v2", two)] {
            answers[version] = match answer {
                Ok((all, open)) => {
                    say(format_args!(
                        "  {version}: {}",
                        summary(&all, open.as_ref())
                    ))?;
                    json!({ "all": all, "open": open })
                }
                Err(error) => {
                    say(format_args!("  {version}: no answer: {error}"))?;
                    Value::Null
                }
            };
        }
        self.steps.push(answers);
        Ok(())
    }
}

/// Promotes it as soon as it is not behind the version that answers.
async fn promoted(mut rebuild: Rebuild<Store, ReadModels>) -> Result<Projector, Failure> {
    loop {
        match rebuild.promote().await {
            Ok(projector) => return Ok(projector),
            Err((behind, RebuildError::Behind { .. })) => {
                rebuild = behind.caught_up(|_| {}).await?;
            }
            Err((_, error)) => return Err(error.into()),
        }
    }
}

fn summary(all: &PerDepartment, open: Option<&PerDepartment>) -> String {
    let mut text = String::new();
    for (department, count) in all {
        let separator = if text.is_empty() { "" } else { ", " };
        // Writing to a text cannot fail.
        let _ = write!(text, "{separator}{department} {count}");
        if let Some(open) = open {
            let open = open.get(department).copied().unwrap_or(0);
            let _ = write!(text, " ({open} open)");
        }
    }
    text
}
