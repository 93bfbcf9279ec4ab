//! A working day at the petition portal, as events in an embedded store.
//!
//! ```sh
//! cargo run --example portal -- --petitions 1000 --data /tmp/portal
//! ```
//!
//! Citizens file petitions of all services and categories; officers examine and decide, enter what
//! agencies without a link did, ask back. Everything else follows by itself: documents are opened,
//! made from a register that fails now and then, refunded where it fails for good, petitions are
//! completed, petitioners notified. Events that could not be handled wait for an operator, who
//! comes in the evening. The closing figures and the answers to some questions come from read
//! models; the fate of documents, and the events of one petition, are read back from the log.

mod again;
mod agenda;
mod branch;
mod case;
mod chance;
mod clock;
mod day;
mod fees;
mod figures;
mod hours;
mod log;
mod outside;
mod petition;
#[path = "../shared/place.rs"]
mod place;
mod questions;
#[path = "../shared/read_models.rs"]
mod read_models;
mod roles;
#[path = "../shared/mod.rs"]
mod shared;
#[path = "../shared/store.rs"]
mod store;
mod stores;
mod summary;
mod table;
mod workload;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use minwon::{
    StoreUrl,
    petitions::{Category, PetitionCatalogue},
};

use crate::{
    agenda::Agenda,
    branch::{Branch, Outside},
    clock::DayClock,
    day::Day,
    fees::FeeTable,
    figures::{Figures, counted},
    log::Held,
    outside::{Fates, Mail, Register},
    roles::operator,
    shared::{Failure, say, say_json, while_doing},
    stores::Stores,
    summary::Summary,
};

/// Plays a working day at a petition portal and shows what it left in the event store.
#[derive(Debug, Parser)]
#[command(name = "portal")]
struct Options {
    /// How many petitions arrive
    #[arg(long, value_name = "N", default_value_t = 1000)]
    petitions: u64,
    /// Where the stores are kept, as DIR/general.db, DIR/car.db and DIR/building.db; a further run
    /// adds to them [default: a temporary directory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keeps all three namespaces in this one store instead: sqlite:PATH, memory: or the URL of a
    /// server, which needs its feature; a further run adds to it
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    store: Option<String>,
    /// Puts this before the names of the namespaces, so that a store can have several portals;
    /// letters and digits, a letter first
    #[arg(long, value_name = "WORD", default_value = "")]
    prefix: String,
    /// Keeps the read models in this Redis, as redis://HOST:PORT; needs `--features redis`
    /// [default: in the files of the stores, where they are files; else in memory]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// Takes the petition types from this file [default: those that come with the library]
    #[arg(long, value_name = "FILE")]
    catalogue: Option<PathBuf>,
    /// Decides which petitions go how
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many people are at work at a time
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
    let stores = Stores::open(options)?;
    let (day, before) = open(options, &stores).await?;
    let (took, behind) = work(&day).await?;
    let rounds = operator::look_after(&day).await?;
    let after = held(&day.branches).await?;

    let summary = Summary::ask(&day.branches, &after, stores.are_one()).await?;
    let figures = Figures {
        petitions: options.petitions,
        events_before: before,
        events: after.iter().map(|log| log.events).sum::<u64>() - before,
        took,
        behind,
        instant_calls: day.instant_calls(),
        notified: day.outside.mail.sent(),
    };
    say(&figures)?;
    say(format_args!(
        "\nIn the evening comes the operator:\n\n{rounds}"
    ))?;
    say(format_args!("\nSo the day ends:\n\n{summary}"))?;
    print_petition(&day, &summary).await?;
    if stores.stay() {
        print_where(day.branch(Category::General))?;
    }
    if options.json {
        say_json(&figures.to_json(&summary, &rounds))?;
    }
    Ok(())
}

/// Opens the branches. Returns how many events they held before.
async fn open(options: &Options, stores: &Stores) -> Result<(Arc<Day>, u64), Failure> {
    let clock = DayClock::starting_at(hours::opening());
    let catalogue = catalogue(options.catalogue.as_deref())?;
    let fates = Fates {
        seed: options.seed,
        catalogue: catalogue.clone(),
    };
    let outside = Outside {
        clock: clock.clone(),
        fees: FeeTable::new(catalogue.clone()),
        catalogue,
        register: Arc::new(Register::new(fates.clone())),
        mail: Arc::new(Mail::new(fates)),
    };
    let mut branches = Vec::new();
    for category in Category::BUILT_IN {
        let redis = options.redis.as_deref();
        let branch = Branch::open(*category, stores, redis, &outside, options.in_flight);
        branches.push(branch.await?);
    }
    say(heading(options, stores, &branches))?;
    let before = held(&branches).await?;
    let day = Day {
        branches,
        outside,
        agenda: Agenda::new(clock, options.in_flight),
        first: first_number(&before, options.petitions)?,
        petitions: options.petitions,
        seed: options.seed,
        run: match stores.have_many_writers() {
            true => run_id(),
            false => String::new(),
        },
        instant_calls: Mutex::default(),
    };
    Ok((Arc::new(day), before.iter().map(|log| log.events).sum()))
}

/// Distinguishes this run from one that works on the same petitions at the same time.
fn run_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let nanos = now.map_or(0, |now| now.as_nanos());
    format!("{nanos}/{}/", std::process::id())
}

/// The petition types that may be filed.
fn catalogue(file: Option<&Path>) -> Result<PetitionCatalogue, Failure> {
    let Some(file) = file else {
        return Ok(PetitionCatalogue::published().clone());
    };
    let doing = format!("{} is no petition catalogue", file.display());
    let text = std::fs::read_to_string(file).map_err(while_doing(&*doing))?;
    Ok(PetitionCatalogue::parse(&text).map_err(while_doing(doing))?)
}

/// Returns the content of each branch's log.
async fn held(branches: &[Branch]) -> Result<Vec<Held>, Failure> {
    let mut all = Vec::new();
    for branch in branches {
        all.push(Held::read(branch.store(), branch.events()).await?);
    }
    Ok(all)
}

/// Plays the day. Returns how long people were at work, and how long machines after them.
async fn work(day: &Arc<Day>) -> Result<(Duration, Duration), Failure> {
    let begun = Instant::now();
    let done = day.run().await;
    done.map_err(while_doing(
        "the working day broke off; what was answered before is stored",
    ))?;
    let took = begun.elapsed();
    day.close().await?;
    Ok((took, begun.elapsed().saturating_sub(took)))
}

/// Prints how to look further into the data that stays.
fn print_where(branch: &Branch) -> Result<(), Failure> {
    let name = branch.namespace().name();
    let url = &branch.url;
    let sqlite = match url {
        StoreUrl::Sqlite(path) => {
            let query = "SELECT * FROM event_log LIMIT 5";
            format!("sqlite3 {} '{query}'\nor: ", path.display())
        }
        _ => String::new(),
    };
    say(format_args!(
        "\nTo look further: {sqlite}cargo run -p minwon-cli -- --store '{url}' --namespace {name} status"
    ))?;
    Ok(())
}

async fn print_petition(day: &Day, summary: &Summary) -> Result<(), Failure> {
    let Some((category, petition)) = &summary.most_interesting else {
        return Ok(());
    };
    questions::ask(day.branch(*category).service.results(), petition).await
}

fn first_number(before: &[Held], petitions: u64) -> Result<u64, Failure> {
    let last = before.iter().map(|log| log.last_number).max();
    let first = last.unwrap_or(0).checked_add(1);
    first
        .filter(|first| first.checked_add(petitions).is_some())
        .ok_or_else(|| "there are not enough petition numbers left; file fewer petitions".into())
}

fn heading(options: &Options, stores: &Stores, branches: &[Branch]) -> String {
    let stays = if stores.stay() {
        ""
    } else {
        ", for as long as this runs"
    };
    let has = match stores.are_one() {
        true => format!("has a service and dead letters of its own, in one store{stays}"),
        false => format!("has a service, dead letters and a store of its own{stays}"),
    };
    let mut heading = format!(
        "A working day at the petition portal, Monday {}: {} will arrive.\n\
         Each namespace {has}:",
        hours::working_day(),
        counted(options.petitions, "petition"),
    );
    for branch in branches {
        let (name, url) = (branch.namespace().name().as_str(), &branch.url);
        let read_models = branch.read_models;
        heading += &format!("\n  {name:8}  {url}, the read models {read_models}");
    }
    heading + "\n"
}
