//! Does it cost anything that many others are there: their events, their letters, their services?
//!
//! A session is opened with and without millions of foreign events in the file; petitions are filed
//! and carried to their end with and without thousands of letters, while others ask where they
//! stand; and many namespaces on one file do nothing. What is compared are halves of one run.

mod idle;
mod letters;
mod opening;
mod report;
mod usage;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use minwon_benches::office::Failure;
use serde_json::json;

use self::report::Report;

#[derive(Parser)]
struct Choice {
    #[command(subcommand)]
    part: Option<Part>,
    /// Events of other namespaces in the file.
    #[arg(long, default_value_t = 10_000_000)]
    foreign: u64,
    /// Letters that nobody has decided about; the first count is what the others are compared with.
    #[arg(long, value_delimiter = ',', default_values_t = [0, 5_000, 50_000])]
    letters: Vec<u64>,
    /// Petitions filed, one after the other, at each count of letters.
    #[arg(long, default_value_t = 200)]
    petitions: u64,
    /// Those who ask where petitions stand meanwhile, each a hundred times a second.
    #[arg(long, default_value_t = 16)]
    askers: u64,
    /// Namespaces on one file that do nothing; compared with one.
    #[arg(long, default_value_t = 16)]
    namespaces: u64,
    /// For how many seconds they do nothing.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How often a session is opened.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// A directory on the disk that is to be measured; what is written there is removed.
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
enum Part {
    /// The process that measures with letters; started by the benchmark, so that its memory is its
    /// own.
    #[command(hide = true)]
    Letters(letters::Setup),
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let choice = Choice::parse();
    if let Some(Part::Letters(setup)) = choice.part {
        return letters::in_a_process(&setup).await;
    }
    let mut report = Report::default();
    open(&choice, &mut report).await?;
    file(&choice, &mut report).await?;
    idle(&choice, &mut report).await?;
    report.print();
    if choice.json {
        println!("{}", report.json());
    }
    Ok(())
}

async fn open(choice: &Choice, report: &mut Report) -> Result<(), Failure> {
    let alone = opening::measure(&choice.dir, 0, choice.rounds).await?;
    let crowded = opening::measure(&choice.dir, choice.foreign, choice.rounds).await?;
    let among = format!("opening a session among {} foreign events", choice.foreign);
    let ratio = crowded.session.as_secs_f64() / alone.session.as_secs_f64();
    report.at_most(&format!("{among}, × alone"), ratio, 1.5);
    report.at_most(&format!("{among}, s"), crowded.session.as_secs_f64(), 1.0);
    report.note("opening_alone", alone.json());
    report.note("opening_crowded", crowded.json());
    Ok(())
}

async fn file(choice: &Choice, report: &mut Report) -> Result<(), Failure> {
    let mut without: Option<letters::Figures> = None;
    for count in &choice.letters {
        let figures = letters::measure(choice, *count).await?;
        report.note(&format!("letters_{count}"), json!(figures));
        let Some(without) = &without else {
            without = Some(figures);
            continue;
        };
        let what = |what: &str| format!("{what} with {count} letters");
        let ratio = figures.completed_p50_ms / without.completed_p50_ms;
        let filing = format!("filing to completed p50, {} askers,", choice.askers);
        report.at_most(&format!("{}, × without", what(&filing)), ratio, 1.3);
        report.at_most(&what("first list, ms,"), figures.list_ms, 50.0);
        report.at_most(
            &what("planning a retry of all, ms,"),
            figures.plan_ms,
            1_000.0,
        );
        let memory = figures.memory_mb - without.memory_mb;
        report.at_most(&what("memory above none, MB,"), memory, 64.0);
    }
    Ok(())
}

async fn idle(choice: &Choice, report: &mut Report) -> Result<(), Failure> {
    for namespaces in [1, choice.namespaces] {
        let idle = idle::measure(&choice.dir, namespaces, choice.seconds).await?;
        let what = |what: &str| format!("{namespaces} idle namespaces, {what}");
        report.at_most(&what("appends"), idle.appends as f64, 0.0);
        report.at_most(&what("share of a core, %"), idle.core_percent, 1.0);
        report.note(&format!("idle_{namespaces}"), json!(idle));
    }
    Ok(())
}
