//! The migration: one thread reads the log, many cases are recorded at a time.

use std::{num::NonZeroUsize, sync::Arc};

use indicatif::ProgressBar;
use minwon::{
    Store, SystemClock,
    engine::{APPEND_EVENTS_MAX, CommandHandler, TransactError},
    petitions::{ApplicationCommand, ApplicationRejection, PetitionApplication},
};
use minwon_xes::{Tolerated, XesError, XesReader};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{self, JoinSet},
};

use crate::{
    cases::{Cases, Portion},
    petition,
    shared::{Failure, complain},
};

/// Cases that are recorded at a time. Unit: cases.
///
/// The store commits what is waiting together, so the more the fewer commits.
const IN_FLIGHT_MAX: usize = 64;

/// Cases that are read ahead. Unit: cases.
const READ_AHEAD_MAX: usize = 64;

/// Commands in memory, read ahead or being recorded; one portion may be larger. Unit: commands.
///
/// With this the memory is bounded by about 1.5 KiB times so many, however long the cases are.
const COMMANDS_MAX: u32 = 20_000;

/// Why a case was not migrated.
#[derive(Debug, thiserror::Error)]
enum CaseError {
    #[error("{case} could not be recorded; run again to continue")]
    Store {
        case: String,
        source: TransactError<ApplicationRejection>,
    },
    #[error(
        "{case} goes on differently from what was recorded before; \
         replay the changed log into a new directory"
    )]
    Refused {
        case: String,
        source: TransactError<ApplicationRejection>,
    },
    #[error(
        "{case} differs from what was recorded before, in its {command}; \
         replay the changed log into a new directory"
    )]
    Changed { case: String, command: String },
}

impl CaseError {
    fn new(portion: &Portion, source: TransactError<ApplicationRejection>) -> Self {
        let case = portion.case.clone();
        match source.rejection() {
            Some(_) => Self::Refused { case, source },
            None => Self::Store { case, source },
        }
    }

    fn changed(portion: &Portion, command: &ApplicationCommand) -> Self {
        let command = match command {
            ApplicationCommand::RecordProgress(step) => {
                format!("step {} of {}", step.activity, step.noted_at)
            }
            ApplicationCommand::Complete(_) => "end".into(),
            _ => "attributes".into(),
        };
        Self::Changed {
            case: portion.case.clone(),
            command,
        }
    }
}

/// A portion with its share of [`COMMANDS_MAX`].
type Admitted = (Portion, OwnedSemaphorePermit);

/// Records the cases of a log as petitions. Returns how many events that took, none where all of
/// them were there.
///
/// Cases recorded before a failure stay: a further run finds it there and goes on after it.
pub(crate) async fn migrate(
    store: Store,
    log: XesReader,
    progress: ProgressBar,
) -> Result<u64, Failure> {
    let (sender, mut portions) = mpsc::channel(READ_AHEAD_MAX);
    let reader = task::spawn_blocking(move || read(log, &sender, &progress));
    let recorded = Recorder::new(store).record_all(&mut portions).await;
    // After a failure this is what stops the reader.
    drop(portions);
    let read = reader.await?;
    let recorded = recorded?;
    for warning in read? {
        complain("warning", &warning.to_string());
    }
    Ok(recorded)
}

/// Reads the log to its end, or until nobody listens any more. Returns what to warn of.
fn read(
    mut log: XesReader,
    portions: &mpsc::Sender<Admitted>,
    progress: &ProgressBar,
) -> Result<Vec<String>, XesError> {
    let budget = Arc::new(Semaphore::new(COMMANDS_MAX as usize));
    let mut cases = Cases::new();
    while let Some(part) = log.next_part()? {
        progress.set_position(log.file_bytes_read());
        let Some(portion) = cases.take(part) else {
            continue;
        };
        let commands = u32::try_from(portion.commands.len()).unwrap_or(COMMANDS_MAX);
        let share = Arc::clone(&budget).acquire_many_owned(commands.min(COMMANDS_MAX));
        let share = Handle::current()
            .block_on(share)
            .expect("nobody closes the semaphore");
        if portions.blocking_send((portion, share)).is_err() {
            break;
        }
    }
    let mut warnings = cases.warnings();
    warnings.extend(notes(&log.tolerated()));
    Ok(warnings)
}

/// Warns of what the reader passed over.
fn notes(tolerated: &Tolerated) -> impl Iterator<Item = String> {
    let Tolerated {
        dates_unreadable,
        first_unreadable,
        dates_carried,
        padding_bytes,
    } = tolerated;
    let unreadable = first_unreadable.as_ref().map(|first| {
        format!(
            "{dates_unreadable} dates are empty or none and count as missing; the first: {first}"
        )
    });
    let carried = (*dates_carried > 0).then(|| {
        format!(
            "{dates_carried} dates are written as hour 24 or second 60 and are stored as the \
             instant that follows"
        )
    });
    let padding = (*padding_bytes > 0)
        .then(|| format!("{padding_bytes} zero bytes after the gzip data were passed over"));
    unreadable.into_iter().chain(carried).chain(padding)
}

/// Carries out the commands of portions.
struct Recorder {
    handler: CommandHandler<Store, PetitionApplication, SystemClock>,
}

impl Recorder {
    fn new(store: Store) -> Arc<Self> {
        // A namespace's own handlers keep snapshots, and the states of 10,000 petitions, for
        // whoever comes back to them. Here nobody does.
        let states_max = NonZeroUsize::new(2 * IN_FLIGHT_MAX).expect("not 0");
        let handler = CommandHandler::new(store, petition::application(), SystemClock)
            .cached_states_max(states_max);
        Arc::new(Self { handler })
    }

    async fn record_all(
        self: Arc<Self>,
        portions: &mut mpsc::Receiver<Admitted>,
    ) -> Result<u64, Failure> {
        let mut events = 0;
        let mut in_flight = JoinSet::new();
        while let Some((portion, share)) = portions.recv().await {
            if !portion.is_last {
                // The rest of the case has to wait for this, and so long a case fills its
                // appends by itself.
                events += self.record(portion, share).await?;
                continue;
            }
            if in_flight.len() >= IN_FLIGHT_MAX
                && let Some(done) = in_flight.join_next().await
            {
                events += done??;
            }
            let recorder = Arc::clone(&self);
            in_flight.spawn(async move { recorder.record(portion, share).await });
        }
        while let Some(done) = in_flight.join_next().await {
            events += done??;
        }
        Ok(events)
    }

    /// Records one portion, in as few appends as can be. Returns how many events that took.
    async fn record(&self, portion: Portion, _: OwnedSemaphorePermit) -> Result<u64, CaseError> {
        let mut events = 0;
        // No command yields more than one event.
        for commands in portion.commands.chunks(APPEND_EVENTS_MAX) {
            let done = self.handler.transact_all(&portion.stream, commands).await;
            let outcomes = done.map_err(|source| CaseError::new(&portion, source))?;
            for (command, outcome) in commands.iter().zip(outcomes) {
                if !petition::is_as_meant(&command.body, &outcome) {
                    return Err(CaseError::changed(&portion, &command.body));
                }
                events += u64::from(!outcome.repeated);
            }
        }
        Ok(events)
    }
}
