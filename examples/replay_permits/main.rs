//! A migration: petitions out of an event log that another system left.
//!
//! ```sh
//! cargo run --release -p minwon-xes --example replay_permits -- receipt.xes.gz --data /tmp/permits
//! ```
//!
//! Each case of an XES log becomes a petition, each of its events a step of work at its original
//! time; then everything that is shown is read back from the store: once by going through its log,
//! once by asking a read model, and both have to agree. A second run over the same log adds
//! nothing, and one after a crash completes what is missing.

mod cases;
mod figures;
mod fit;
mod migrate;
mod permits;
mod petition;
#[path = "../shared/place.rs"]
mod place;
#[path = "../shared/mod.rs"]
mod shared;
#[path = "../shared/store.rs"]
mod store;
mod tally;

use std::{
    num::NonZeroU64,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use minwon::{Store, StoreUrl};
use minwon_xes::{LogLimits, XesReader};
use serde_json::json;

use crate::{
    figures::Figures,
    migrate::migrate,
    place::Place,
    shared::{Failure, say, say_json, while_doing},
};

/// The allocator is the program's choice, so the library makes none. This one was not measured
/// against the system's here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Replays an event log into a store of petitions and shows what is in there then.
#[derive(Debug, Parser)]
#[command(name = "replay_permits")]
struct Options {
    /// The event log in XES, plain or in gzip
    path: PathBuf,
    /// Where the store is kept, as DIR/petitions.db; a further run completes it [default: a
    /// temporary directory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keeps the store there instead: sqlite:PATH, memory: or the URL of a server, which needs its
    /// feature
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    store: Option<String>,
    /// Most cases of the log [default: 1000000]
    #[arg(long, value_name = "CASES")]
    cases_max: Option<NonZeroU64>,
    /// Longest log, in bytes after unpacking [default: 4294967296]
    #[arg(long, value_name = "BYTES")]
    bytes_max: Option<NonZeroU64>,
    /// Prints one JSON object as the last line
    #[arg(long)]
    json: bool,
}

impl Options {
    fn limits(&self) -> LogLimits {
        let mut limits = LogLimits::default();
        if let Some(cases) = self.cases_max {
            limits = limits.cases_max(cases);
        }
        if let Some(bytes) = self.bytes_max {
            limits = limits.unpacked_bytes_max(bytes);
        }
        limits
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<(), Failure> {
    let begun = Instant::now();
    let shown = options.path.display();
    // Before the store, so that a mistyped path leaves none behind. Both block, and there is
    // nobody yet to hold up.
    let log = XesReader::open_within(&options.path, options.limits())
        .map_err(while_doing(format!("the log {shown} was not replayed")))?;
    let (store, said, _place) = open(options)?;
    say(format_args!("Replaying {shown} into {said}."))?;

    let progress = progress_bar(&log)?;
    let migrated = migrate(store.clone(), log, progress.clone()).await;
    progress.finish_and_clear();
    let broke_off = format!(
        "the replay of {shown} broke off; what it recorded stays, and a further run goes on"
    );
    let events = migrated.map_err(while_doing(broke_off))?;
    say(speed(events, begun.elapsed()))?;

    let figures = Figures::read(&store).await?;
    permits::agree(
        &figures.to_json(),
        &permits::ask(&store, figures::events()).await?,
    )?;
    say(format_args!("\n{figures}"))?;
    say("\nA read model, kept beside the events, says the same.")?;
    if options.json {
        let mut all = figures.to_json();
        all["seconds"] = json!(begun.elapsed().as_secs_f64());
        say_json(&all)?;
    }
    Ok(())
}

/// Opens the store. Returns also what is said of it, and its place, which may go with the process.
fn open(options: &Options) -> Result<(Store, String, Option<Place>), Failure> {
    if let Some(url) = &options.store {
        let (url, store) = store::open(url)?;
        let stays = match url {
            StoreUrl::Memory => ", which lasts as long as this runs",
            _ => "",
        };
        return Ok((store, format!("{url}{stays}"), None));
    }
    let place = Place::new(options.data.as_deref())?;
    let file = place.directory().join("petitions.db");
    let store = Store::open(&StoreUrl::Sqlite(file.clone()))?;
    let stays = match options.data {
        Some(_) => "",
        None => ", which lasts as long as this runs",
    };
    Ok((store, format!("{}{stays}", file.display()), Some(place)))
}

fn speed(events: u64, took: Duration) -> String {
    let seconds = took.as_secs_f64();
    if events == 0 {
        return format!("All of it was there already; looking took {seconds:.2} s.");
    }
    let rate = events as f64 / seconds;
    format!("{events} events recorded in {seconds:.2} s, {rate:.0} per second.")
}

/// Counts the bytes of the file, of which the whole is known, where it is a file.
fn progress_bar(log: &XesReader) -> Result<ProgressBar, Failure> {
    let (bar, template) = match log.file_bytes_total() {
        Some(bytes) => (
            ProgressBar::new(bytes),
            "{bar:40} {bytes}/{total_bytes}, {eta} left",
        ),
        None => (ProgressBar::no_length(), "{spinner} {bytes} read"),
    };
    Ok(bar.with_style(ProgressStyle::with_template(template)?))
}
