//! What does a command cost, warm and cold, against the durable append that it cannot do without?

use std::{
    error::Error,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use clap::Parser;
use minwon_adapters::{SystemClock, sqlite::SqliteStore};
use minwon_benches::{Args, Rounds, workload};
use minwon_core::{
    Command, CommandHandler, EventStore, ExpectedVersion, StreamName, StreamVersion, TransactError,
};
use minwon_petitions::{ApplicationCommand, ApplicationRejection, PetitionApplication};

type Handler = CommandHandler<SqliteStore, PetitionApplication, SystemClock>;

/// Commands a round.
const COMMANDS: usize = 1_000;
/// Steps of work on one petition.
const STEPS: usize = 20;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let dir = tempfile::tempdir_in(&args.dir)?;
    let store = SqliteStore::open(dir.path().join("command.db"))?;
    let warm: Arc<Handler> = Arc::new(CommandHandler::new(
        store.clone(),
        workload::application(),
        SystemClock,
    ));
    // A cache of one state is cold for whoever works on more than one petition in turn.
    let cold = CommandHandler::builder(store.clone(), workload::application(), SystemClock)
        .cached_states_max(NonZeroUsize::MIN)
        .build();
    let cold = Arc::new(cold);
    let mut rounds = Rounds::default();
    for _ in 0..args.rounds {
        appends(&store, &mut rounds).await?;
        let limit = "one append at a time";
        commands(&warm, 1, "warm command", limit, &mut rounds).await?;
        commands(&cold, 1, "cold command", limit, &mut rounds).await?;
        commands(&warm, 32, "32 at a time, warm", "warm command", &mut rounds).await?;
        commands(&cold, 32, "32 at a time, cold", "cold command", &mut rounds).await?;
    }
    rounds.print(
        "Commands on petitions of 2 to 21 events",
        "commands/s",
        args.json,
    );
    Ok(())
}

/// A number that no petition has had.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The limit: the same events appended without any deciding.
async fn appends(store: &SqliteStore, rounds: &mut Rounds) -> Result<(), Box<dyn Error>> {
    let petition = || {
        let number = fresh();
        let events = (0..STEPS as u64).map(|step| workload::progress_event(number, step));
        (workload::stream(number), events.collect::<Vec<_>>())
    };
    let work: Vec<_> = (0..COMMANDS / STEPS).map(|_| petition()).collect();
    let start = Instant::now();
    for step in 0..STEPS {
        for (stream, events) in &work {
            let last = step.checked_sub(1).map(|v| StreamVersion::new(v as u64));
            store
                .append(stream, ExpectedVersion::of(last), &events[step..=step])
                .await?;
        }
    }
    rounds.note("one append at a time", None, COMMANDS, start);
    Ok(())
}

/// Petitions in turn, a step of work at a time, `at_a_time` of them together.
async fn commands(
    handler: &Arc<Handler>,
    at_a_time: usize,
    name: &str,
    limit: &str,
    rounds: &mut Rounds,
) -> Result<(), Box<dyn Error>> {
    let petitions = COMMANDS * at_a_time.min(8) / STEPS;
    let mut lanes = vec![Vec::new(); at_a_time];
    for index in 0..petitions {
        let number = fresh();
        for command in workload::commands(number).into_iter().take(2) {
            handler
                .transact(&workload::stream(number), &command)
                .await?;
        }
        let step = |step| workload::command(number, step, workload::progress(number, step).into());
        let commands = (2..).take(STEPS).map(step).collect::<Vec<_>>();
        lanes[index % at_a_time].push((workload::stream(number), commands));
    }
    let start = Instant::now();
    let tasks: Vec<_> = lanes
        .into_iter()
        .map(|lane| tokio::spawn(work(Arc::clone(handler), lane)))
        .collect();
    for task in tasks {
        task.await??;
    }
    rounds.note(name, Some(limit), petitions * STEPS, start);
    Ok(())
}

async fn work(
    handler: Arc<Handler>,
    petitions: Vec<(StreamName, Vec<Command<ApplicationCommand>>)>,
) -> Result<(), TransactError<ApplicationRejection>> {
    for step in 0..STEPS {
        for (stream, commands) in &petitions {
            handler.transact(stream, &commands[step]).await?;
        }
    }
    Ok(())
}
