//! What does a working day at the petition portal look like, as events in an embedded store?
//!
//! ```sh
//! cargo run --release --example portal -- --petitions 1000 --data /tmp/portal
//! ```
//!
//! Citizens file petitions of all services and categories, offices process them, documents are
//! issued. Beside them a projector keeps read models, from which the closing figures and the
//! answers to some questions come; only the events of one petition are read back from the log.

mod case;
mod chance;
mod day;
mod figures;
mod hours;
mod log;
mod petition;
#[path = "../shared/place.rs"]
mod place;
mod questions;
#[path = "../shared/read_models.rs"]
mod read_models;
mod read_side;
mod roles;
#[path = "../shared/mod.rs"]
mod shared;
mod stories;
mod summary;
mod timeline;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use minwon::{Namespace, NamespaceName, ReadModels, Store, StoreUrl, SystemClock};

use crate::{
    day::Day,
    figures::{Figures, counted},
    log::Before,
    place::Place,
    questions::Questions,
    read_side::ReadSide,
    shared::{Failure, say, while_doing},
    summary::Summary,
    timeline::Timeline,
};

/// The allocator is the program's choice, so the library makes none. This one pays where the
/// system's own is slow with threads, as with musl; beside glibc's it measured the same here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plays a working day at a petition portal and shows what it left in the event store.
#[derive(Debug, Parser)]
#[command(name = "portal")]
struct Options {
    /// How many petitions arrive
    #[arg(long, value_name = "N", default_value_t = 1000)]
    petitions: u64,
    /// Where the store is kept, as DIR/petitions.db; a further run adds to it [default: a
    /// temporary directory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keeps the read models in this Redis, as redis://HOST:PORT; needs `--features redis`
    /// [default: in the file of the store]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Decides which petitions go how
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many petitions are processed at a time
    #[arg(long, value_name = "N", default_value_t = 64,
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    in_flight: u16,
    /// Prints one JSON object as the last line
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<(), Failure> {
    let place = Place::new(options.data.as_deref())?;
    let path = place.directory().join("petitions.db");
    // This blocks, and there is nobody yet to hold up.
    let store = Store::open(&StoreUrl::Sqlite(path.clone()))?;
    let read_models = read_models::open(options.redis.as_deref(), &store).await?;
    say(heading(options, &path, &read_models))?;

    let namespace = Namespace::new(NamespaceName::new("general")?, store.clone(), SystemClock);
    let events = namespace.events();
    let before = Before::read(&store, events.clone()).await?;
    let read_side = ReadSide::start(&namespace, read_models);
    let (appended, took) = work(options, namespace, &before).await?;
    let (read_side, behind) = read_side.caught_up(&store).await?;

    let summary = Summary::ask(&read_side).await?;
    let figures = Figures {
        petitions: options.petitions,
        events_before: before.events,
        events: appended,
        took,
        behind,
    };
    say(format_args!("{figures}\n\n{summary}"))?;
    if let Some(petition) = &summary.most_interesting {
        let questions = Questions::ask(&read_side.results, petition).await?;
        let timeline = Timeline::read(&store, events, petition.as_str()).await?;
        say(format_args!("\n{questions}\n\n{timeline}"))?;
    }
    if options.data.is_some() {
        let query = "SELECT * FROM event_log LIMIT 5";
        say(format_args!(
            "\nTo look further: sqlite3 {} '{query}'",
            path.display()
        ))?;
    }
    if options.json {
        say(figures.to_json(&summary))?;
    }
    Ok(())
}

/// Files the petitions. Answers how many events that took, and how long.
async fn work(
    options: &Options,
    namespace: Namespace<Store>,
    before: &Before,
) -> Result<(u64, Duration), Failure> {
    let progress = ProgressBar::new(options.petitions);
    let style = "{bar:40} {human_pos}/{human_len} petitions, {eta} left";
    progress.set_style(ProgressStyle::with_template(style)?);
    let day = Day {
        namespace,
        first: first_number(before, options.petitions)?,
        petitions: options.petitions,
        in_flight: options.in_flight,
        seed: options.seed,
        progress: progress.clone(),
    };
    let begun = Instant::now();
    let done = day.run().await;
    progress.finish_and_clear();
    let events = done.map_err(while_doing(
        "the working day broke off; what was answered before is stored",
    ))?;
    Ok((events, begun.elapsed()))
}

fn first_number(before: &Before, petitions: u64) -> Result<u64, Failure> {
    let first = before.last_number.checked_add(1);
    first
        .filter(|first| first.checked_add(petitions).is_some())
        .ok_or_else(|| "there are not enough petition numbers left; file fewer petitions".into())
}

fn heading(options: &Options, path: &Path, read_models: &ReadModels) -> String {
    let stays = match options.data {
        Some(_) => "",
        None => ", for as long as this runs",
    };
    format!(
        "A working day at the petition portal, Monday {}: {} will arrive.\nEvents are kept in {}{stays}; the read models {}.",
        hours::working_day(),
        counted(options.petitions, "petition"),
        path.display(),
        read_models::place(read_models),
    )
}
