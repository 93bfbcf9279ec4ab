//! An operator's command: lists events that could not be handled, and decides about them.
//!
//! ```sh
//! cargo run --example dead_letters
//! cargo run --example dead_letters -- --store sqlite:petitions.db list
//! cargo run --example dead_letters -- --store sqlite:petitions.db --by kim \
//!     skip --consumer notifier --event 1234 --reason "sent by post"
//! ```
//!
//! Alone it walks through a petition service in memory whose mail does not go out; with a store and
//! no command it counts the letters of that store.
//! Commands that only look read a store file beside the service that writes to it. The others are
//! carried out by that service while it runs, which listens on a socket beside the file
//! (`minwon::operator`), and by this program while it does not. A
//! database server, `--store` with its URL, has many writers, and nobody needs to be asked.

mod demo;
#[cfg(unix)]
mod remote;
mod report;
mod selecting;
#[path = "../shared/mod.rs"]
mod shared;
#[path = "../shared/store.rs"]
mod store;
#[path = "../shared/table.rs"]
mod table;

use std::{num::NonZeroU32, path::Path, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand};
use minwon::{
    ActorId, NamespaceName, Store, StoreError, StoreErrorKind, StoreUrl, SystemClock, Timestamp,
    adapters::sqlite::SqliteStore,
    engine::{DeadLetters, Letter, Operator},
    operator::{Retried, RetriedTo},
};

use crate::{
    report::Report,
    selecting::{Exactly, Selecting},
    shared::{Failure, while_doing},
};

/// Looks after dead letters: what consumers of the log could not handle.
#[derive(Debug, Parser)]
#[command(name = "dead_letters")]
struct Options {
    /// The store, as sqlite:PATH or the URL of a server, which needs its feature; the demo needs
    /// none
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// The namespace
    #[arg(long, default_value = "general")]
    namespace: NamespaceName,
    /// Who decides, as an opaque id: it stands in every decision
    #[arg(long, value_name = "ID", default_value = "operator")]
    by: ActorId,
    /// Prints one JSON object instead of tables
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Walks through a service in memory whose mail does not go out (the default without --store)
    Demo,
    /// Lists letters, in the order of the log
    List(Selecting),
    /// Counts letters by consumer, event type and cause (the default with --store)
    Groups,
    /// Shows one letter with its event and its history
    Show(Exactly),
    /// Has letters tried again: the first alone, and the others if that went well
    Retry(Retry),
    /// Gives an event up: its consumer goes on without it, for ever
    Skip(Decision),
    /// Gives an event up, and has its consumer make up for it
    Compensate(Decision),
    /// Shows what was decided, by whom and why
    Decisions {
        /// From this time on, as 2026-11-21T09:00:00+09:00
        #[arg(long, value_name = "TIME", default_value_t = Timestamp::UNIX_EPOCH)]
        since: Timestamp,
    },
}

#[derive(Debug, Args)]
struct Retry {
    #[command(flatten)]
    selecting: Selecting,
    /// Shows only what would be asked for
    #[arg(long)]
    dry_run: bool,
    /// How long to wait for the consumer, portion by portion
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    time_out: u32,
}

#[derive(Debug, Args)]
struct Decision {
    #[command(flatten)]
    exactly: Exactly,
    /// Why; whoever reads the log later wants to know
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::exit(run(&Options::parse()).await)
}

async fn run(options: &Options) -> Result<(), Failure> {
    let report = Report {
        is_json: options.json,
    };
    let (task, store) = match (&options.task, &options.store) {
        (None | Some(Task::Demo), None) => return demo::run(&report).await,
        (Some(Task::Demo), Some(_)) => {
            return Err("the demo makes up a service and its letters; leave --store out".into());
        }
        (None, Some(store)) => (&Task::Groups, store.as_str()),
        (Some(task), store) => (task, store.as_deref().ok_or(WHICH)?),
    };
    match open(store, task)? {
        Reach::Store(store) => {
            check_namespace(&store, &options.namespace).await?;
            let letters = DeadLetters::new(options.namespace.clone(), store, SystemClock);
            do_task(task, &letters.operator(options.by.clone()), &report).await
        }
        Reach::Service { store, why } => {
            check_namespace(&Store::Sqlite(store.clone()), &options.namespace).await?;
            ask(task, options, &store, why, &report)
        }
    }
}

/// How a task gets to the letters.
enum Reach {
    /// The store.
    Store(Store),
    /// A service that has the store, for writing; here it can be read only.
    Service { store: SqliteStore, why: Failure },
}

const WHICH: &str = "which store? Write --store sqlite:PATH or --store with the URL of a server, or \
                     try the demo";

/// Opens the store of a service: for reading only, where that is enough.
fn open(url: &str, task: &Task) -> Result<Reach, Failure> {
    match url.parse()? {
        StoreUrl::Memory => Err(WHICH.into()),
        StoreUrl::Sqlite(path) => {
            let doing = format!("the store {} could not be opened", path.display());
            Ok(open_file(&path, task).map_err(while_doing(doing))?)
        }
        _ => Ok(Reach::Store(store::open(url)?.1)),
    }
}

fn open_file(path: &Path, task: &Task) -> Result<Reach, StoreError> {
    // It is not created where it is missing, as one opened for writing would be.
    let reading = SqliteStore::open_read_only(path);
    if !task.decides() || !path.exists() {
        return Ok(Reach::Store(Store::Sqlite(reading?)));
    }
    match SqliteStore::open(path) {
        Err(error) if error.kind() == StoreErrorKind::Locked => Ok(Reach::Service {
            store: reading?,
            why: error.into(),
        }),
        writing => Ok(Reach::Store(Store::Sqlite(writing?))),
    }
}

/// Has the service that has the store decide.
#[cfg(unix)]
fn ask(
    task: &Task,
    options: &Options,
    store: &SqliteStore,
    why: Failure,
    report: &Report,
) -> Result<(), Failure> {
    let (namespace, by) = (&options.namespace, &options.by);
    let mut service = remote::Remote::of(store.path(), namespace, by, why)?;
    match task {
        Task::Retry(retry) => {
            let retried = service.retry(&retry.selecting.selection()?, retry.time_out)?;
            report.retried(&retried)?;
            complete(&retried)
        }
        Task::Skip(decision) => {
            let letter = decision.exactly.letter();
            report.decided("skipped", &service.skip(letter, &decision.reason)?)
        }
        Task::Compensate(decision) => {
            let letter = decision.exactly.letter();
            let compensated = service.compensate(letter, &decision.reason)?;
            report.decided("compensated", &compensated)
        }
        _ => unreachable!("whoever only looks reads the file"),
    }
}

#[cfg(not(unix))]
fn ask(_: &Task, _: &Options, _: &SqliteStore, why: Failure, _: &Report) -> Result<(), Failure> {
    let doing = "another process has the store; decide while it does not run";
    Err(while_doing(doing)(why).into())
}

/// How many namespaces are listed where the one that was named does not exist.
const NAMESPACES_TOLD: NonZeroU32 = NonZeroU32::new(20).expect("not 0");

/// A namespace that does not exist has no letters, which must not look like good news.
async fn check_namespace(store: &Store, namespace: &NamespaceName) -> Result<(), Failure> {
    if store.has_namespace(namespace).await? {
        return Ok(());
    }
    let known = store.namespaces(NAMESPACES_TOLD).await?;
    let mut names: Vec<_> = known.names.iter().map(ToString::to_string).collect();
    names.extend((!known.is_all).then(|| "…".to_owned()));
    let what_is_there = match names.len() {
        0 => "it is empty".to_owned(),
        _ => format!("write --namespace and one of: {}", names.join(", ")),
    };
    Err(format!("the store has no namespace {namespace}; {what_is_there}").into())
}

impl Task {
    const fn decides(&self) -> bool {
        matches!(
            self,
            Self::Retry(Retry { dry_run: false, .. }) | Self::Skip(_) | Self::Compensate(_)
        )
    }
}

async fn do_task(
    task: &Task,
    operator: &Operator<Store, SystemClock>,
    report: &Report,
) -> Result<(), Failure> {
    match task {
        Task::Demo => Ok(()),
        Task::List(selecting) => report.letters(&operator.list(&selecting.selection()?).await?),
        Task::Groups => report.groups(&operator.groups().await?),
        Task::Show(exactly) => {
            let letter = one(operator, exactly).await?;
            report.detail(&operator.show(&letter).await?)
        }
        Task::Retry(retry) => {
            let selection = retry.selecting.selection()?;
            if retry.dry_run {
                return report.plan(&operator.plan(&selection).await?);
            }
            let time_out = Duration::from_secs(retry.time_out.into());
            let retried = Retried::from(&operator.retry(&selection, time_out).await?);
            report.retried(&retried)?;
            complete(&retried)
        }
        Task::Skip(decision) => {
            let letter = one(operator, &decision.exactly).await?;
            let letters = std::slice::from_ref(&letter);
            operator.skip(letters, &decision.reason).await?;
            report.decided("skipped", &(&letter).into())
        }
        Task::Compensate(decision) => {
            let letter = one(operator, &decision.exactly).await?;
            operator.compensate(&letter, &decision.reason).await?;
            report.decided("compensated", &(&letter).into())
        }
        Task::Decisions { since } => report.decisions(&operator.decisions(*since).await?),
    }
}

/// Letters that are still there are a failure of the command, also for scripts.
fn complete(retried: &Retried) -> Result<(), Failure> {
    if retried.is_complete() {
        return Ok(());
    }
    let mut outcomes = retried.results.iter().map(|it| &it.outcome);
    if outcomes.any(|outcome| *outcome == RetriedTo::NoAnswer) {
        return Err(
            "no answer in time. What was asked for stands, and is tried as soon as its consumer \
             runs; `list` marks it as asked for, until it was tried. Is the service running? Once \
             it is, retry again for what was not asked for"
                .into(),
        );
    }
    Err(
        "not all letters are gone; `show` says what is wrong with one, then fix the cause and \
         retry, or skip it"
            .into(),
    )
}

/// The one letter that was named.
async fn one(
    operator: &Operator<Store, SystemClock>,
    exactly: &Exactly,
) -> Result<Letter, Failure> {
    let mut letters = operator.list(&exactly.selection()).await?;
    let (consumer, event) = (&exactly.consumer, &exactly.event);
    let none = || format!("{event} is no dead letter of {consumer}; `list` shows which there are");
    Ok(letters.pop().ok_or_else(none)?)
}
