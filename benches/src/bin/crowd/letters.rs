//! A service with letters that nobody has decided about.

use std::{
    num::NonZeroU32,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clap::Args;
use minwon::ReadModels;
use minwon_adapters::SystemClock;
use minwon_benches::{
    delays::Delays,
    office::{Failure, Office, Policy, Register, Service, petition},
    watched::{self, Watched},
};
use minwon_core::{
    ActorId, Added, Clock, CommandId, DeadLetterEvent, EventMetadata, EventRef, EventStore,
    EventType, ExpectedVersion, Failure as Cause, FailureClass, GlobalPosition, NewEvent,
    QueueOpened, ServiceName, Stage, StreamName, StreamVersion, dead_letter_codec,
    dead_letter_directory, dead_letter_queue,
};
use minwon_projections::{ListPart, Selection};
use serde::{Deserialize, Serialize};

use super::{Choice, usage};

/// Letters written at a time.
const AT_A_TIME: u64 = 1_000;

/// Letters that are shown at a time, of one petition each.
const PAGE: NonZeroU32 = NonZeroU32::new(100).expect("not 0");

/// Between two questions of one who asks.
const BREATH: Duration = Duration::from_millis(10);

#[derive(Args)]
pub(super) struct Setup {
    #[arg(long)]
    file: PathBuf,
    #[arg(long)]
    petitions: u64,
    #[arg(long)]
    askers: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Figures {
    /// From filing a petition until it is completed.
    pub(super) completed_p50_ms: f64,
    pub(super) completed_p99_ms: f64,
    /// How often it was asked where a petition stands, in a second.
    pub(super) asked_per_second: f64,
    /// The first page of the letters, as the read model answers it.
    pub(super) list_ms: f64,
    /// All of them at once, as an operator's program sees them that has seen none.
    pub(super) list_all_ms: f64,
    /// Planning to retry all of them.
    pub(super) plan_ms: f64,
    pub(super) memory_mb: f64,
}

/// Writes the letters, and measures in a process of its own.
pub(super) async fn measure(choice: &Choice, count: u64) -> Result<Figures, Failure> {
    let dir = tempfile::tempdir_in(&choice.dir)?;
    let file = dir.path().join("letters.db");
    write(&file, count).await?;
    // Nothing else is to be done meanwhile.
    let child = std::process::Command::new(std::env::current_exe()?)
        .arg("letters")
        .arg("--file")
        .arg(&file)
        .args(["--petitions", &choice.petitions.to_string()])
        .args(["--askers", &choice.askers.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    if !child.status.success() {
        return Err(format!("measuring with {count} letters failed").into());
    }
    Ok(serde_json::from_slice(&child.stdout)?)
}

async fn write(file: &Path, count: u64) -> Result<(), Failure> {
    let store = watched::open(file)?;
    let namespace = Office::general().namespace;
    let event_type = EventType::new("GeneralApplicationReceived")?;
    let opened = DeadLetterEvent::QueueOpened(QueueOpened {
        event_type: event_type.clone(),
    });
    let directory = dead_letter_directory(&namespace);
    if count > 0 {
        let any = ExpectedVersion::Any;
        store.append(&directory, any, &[event(0, &opened)?]).await?;
    }
    let queue = dead_letter_queue(&namespace, &event_type);
    for first in (0..count).step_by(AT_A_TIME as usize) {
        let numbers = first..count.min(first + AT_A_TIME);
        let letters = numbers.map(|number| event(number, &letter(number, &event_type)?));
        let letters: Vec<_> = letters.collect::<Result<_, Failure>>()?;
        store.append(&queue, ExpectedVersion::Any, &letters).await?;
    }
    Ok(())
}

/// A mail that could not be sent, of a petition that nobody will ask for again.
fn letter(number: u64, event_type: &EventType) -> Result<DeadLetterEvent, Failure> {
    let number = 50_000_000 + number;
    let stream: StreamName = format!("general_GeneralApplication-2026-{number}").parse()?;
    Ok(DeadLetterEvent::Added(Added {
        consumer: "notifications".parse()?,
        key: format!("2026-{number}"),
        event: EventRef {
            position: GlobalPosition::new(number),
            id: CommandId::derive(&[6; 16], number.to_string()).event_id(0),
            stream,
            version: StreamVersion::FIRST,
            event_type: event_type.clone(),
            subject: petition(number),
        },
        failure: Cause::of_text(FailureClass::Handler, "550 no such mailbox"),
        attempts: 4,
    }))
}

fn event(number: u64, event: &DeadLetterEvent) -> Result<NewEvent, Failure> {
    let encoded = dead_letter_codec().encode(event)?;
    let id = CommandId::derive(&[4; 16], format!("{number}/{}", encoded.shape.name));
    Ok(NewEvent {
        event_type: encoded.event_type,
        schema_version: encoded.shape.version,
        metadata: EventMetadata {
            event_id: id.event_id(0),
            command_id: id,
            correlation_id: id.into(),
            causation_id: id.into(),
            occurred_at: SystemClock.now(),
            subject: petition(number),
            stage: Stage::new(encoded.shape.stage)?,
            source: ServiceName::new("bench")?,
            actor: ActorId::new("bench")?,
            traceparent: None,
            fingerprint: None,
        },
        payload: encoded.json.into(),
    })
}

/// The process that measures; it prints its figures.
pub(super) async fn in_a_process(setup: &Setup) -> Result<(), Failure> {
    let store = watched::open(&setup.file)?;
    let office = Office::general();
    let link = Register::link(&Arc::default(), Duration::from_secs(5));
    let read_models = ReadModels::beside(store.inner());
    let service = office.service(&store, read_models, Policy::default(), link);
    let service = Arc::new(service.start());
    service.settled().await?;
    let begun = Instant::now();
    let part = ListPart::first(PAGE);
    let page = service.letters().list(&Selection::All, &part).await?;
    let first = page.value.letters.len();
    let list = begun.elapsed();
    let operator = service.dead_letters().operator(ActorId::new("operator")?);
    let begun = Instant::now();
    let letters = operator.list(&Selection::All).await?;
    let list_all = begun.elapsed();
    eprintln!(
        "{first} letters are on the first page, {} in all",
        letters.len()
    );
    drop(letters);
    let begun = Instant::now();
    let plan = operator.plan(&Selection::All).await?;
    let planned = begun.elapsed();
    drop(plan);
    let (completed, asked) = file_among_askers(setup, &office, &service, &store).await?;
    let figures = Figures {
        completed_p50_ms: completed.at_ms(0.5),
        completed_p99_ms: completed.at_ms(0.99),
        asked_per_second: asked,
        list_ms: list.as_secs_f64() * 1e3,
        list_all_ms: list_all.as_secs_f64() * 1e3,
        plan_ms: planned.as_secs_f64() * 1e3,
        memory_mb: usage::memory_mb()?,
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// Files petitions one after the other and waits for the end of each, while others ask.
async fn file_among_askers(
    setup: &Setup,
    office: &Office,
    service: &Arc<Service>,
    store: &Watched,
) -> Result<(Delays, f64), Failure> {
    let mut askers = tokio::task::JoinSet::new();
    for asker in 0..setup.askers {
        let service = Arc::clone(service);
        askers.spawn(ask(service, asker, setup.petitions));
    }
    let counted = Instant::now();
    let mut delays = Delays::default();
    for number in 0..setup.petitions {
        let begun = Instant::now();
        office.file(service, number).await?;
        office.approve(service.namespace(), number).await?;
        while store.hook().approved_count() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        delays.note(begun.elapsed());
    }
    let time = counted.elapsed().as_secs_f64();
    let asked = ASKED.load(Ordering::Relaxed);
    askers.shutdown().await;
    Ok((delays, asked as f64 / time))
}

/// Questions that were answered.
static ASKED: AtomicU64 = AtomicU64::new(0);

/// Asks until it is aborted.
async fn ask(service: Arc<Service>, asker: u64, petitions: u64) {
    for turn in 0_u64.. {
        let one = petition((asker * 31 + turn) % petitions.max(1));
        if service.track(&one).await.is_ok() {
            ASKED.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(BREATH).await;
    }
}
