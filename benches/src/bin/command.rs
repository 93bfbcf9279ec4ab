//! The cost of a command, warm and cold, against the durable append that it cannot do without.

use std::{
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use clap::Parser;
use minwon::Store;
use minwon_adapters::SystemClock;
use minwon_benches::{Args, Rounds, office::Failure, place::Log, workload};
use minwon_core::{
    Command, CommandHandler, EventStore, ExpectedVersion, StreamName, StreamVersion, TransactError,
};
use minwon_petitions::{ApplicationCommand, ApplicationRejection, PetitionApplication};

type Handler = CommandHandler<Store, PetitionApplication, SystemClock>;

/// Commands a round.
const COMMANDS: usize = 1_000;
/// Steps of work on one petition.
const STEPS: usize = 20;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    let place = args.place()?;
    let log = place.log()?;
    let warm: Arc<Handler> = Arc::new(CommandHandler::new(
        log.store.clone(),
        workload::application(),
        SystemClock,
    ));
    // A cache of one state is cold for whoever works on more than one petition in turn.
    let cold = CommandHandler::new(log.store.clone(), workload::application(), SystemClock)
        .cached_states_max(NonZeroUsize::MIN);
    let cold = Arc::new(cold);
    let mut rounds = Rounds::default();
    for _ in 0..args.rounds {
        appends(&log, &mut rounds).await?;
        let limit = "one append at a time";
        commands(&log, &warm, 1, "warm command", limit, &mut rounds).await?;
        commands(&log, &cold, 1, "cold command", limit, &mut rounds).await?;
        let (name, limit) = ("32 at a time, warm", "warm command");
        commands(&log, &warm, 32, name, limit, &mut rounds).await?;
        let (name, limit) = ("32 at a time, cold", "cold command");
        commands(&log, &cold, 32, name, limit, &mut rounds).await?;
    }
    let title = format!("Commands on petitions of 2 to 21 events{place}");
    rounds.print(&title, "commands/s", args.json);
    Ok(())
}

/// A number that no petition has had.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The limit: the same events appended without any deciding.
async fn appends(log: &Log, rounds: &mut Rounds) -> Result<(), Failure> {
    let petition = || {
        let number = fresh();
        let events = (0..STEPS as u64).map(|step| workload::progress_event(number, step));
        (log.stream(number), events.collect::<Vec<_>>())
    };
    let work: Vec<_> = (0..COMMANDS / STEPS).map(|_| petition()).collect();
    let start = Instant::now();
    for step in 0..STEPS {
        for (stream, events) in &work {
            let last = step.checked_sub(1).map(|v| StreamVersion::new(v as u64));
            log.store
                .append(stream, ExpectedVersion::of(last), &events[step..=step])
                .await?;
        }
    }
    rounds.note("one append at a time", None, COMMANDS, start);
    Ok(())
}

/// Petitions in turn, a step of work at a time, `at_a_time` of them together.
async fn commands(
    log: &Log,
    handler: &Arc<Handler>,
    at_a_time: usize,
    name: &str,
    limit: &str,
    rounds: &mut Rounds,
) -> Result<(), Failure> {
    let petitions = COMMANDS * at_a_time.min(8) / STEPS;
    let mut lanes = vec![Vec::new(); at_a_time];
    for index in 0..petitions {
        let number = fresh();
        for command in workload::commands(number).into_iter().take(2) {
            handler.transact(&log.stream(number), &command).await?;
        }
        let step = |step| workload::command(number, step, workload::progress(number, step).into());
        let commands = (2..).take(STEPS).map(step).collect::<Vec<_>>();
        lanes[index % at_a_time].push((log.stream(number), commands));
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
