//! The namespace that is in trouble.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use minwon::{
    ReadModels, Store,
    service::{FilingError, Limits},
};
use minwon_benches::{
    delays::at_rate,
    office::{Failure, Link, Office, Policy, Register, Service, ServiceBuilder, petition},
    watched::{self, Watched},
    workload,
};
use minwon_core::{EventStore, ExpectedVersion};
use minwon_projections::{ProjectorOptions, ReactorOptions};
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinSet};

use crate::{Trouble, arrangement};

/// The parts that `general` is run with.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Setup {
    /// Its events.
    #[arg(long)]
    pub(crate) file: PathBuf,
    /// Its read models.
    #[arg(long)]
    pub(crate) redis: String,
    /// Petitions filed in a second.
    #[arg(long)]
    pub(crate) rate: f64,
    /// Questions asked in a second, beside those of petitioners.
    #[arg(long)]
    pub(crate) questions: f64,
    /// Some of its events cannot be handled.
    #[arg(long)]
    pub(crate) poison: bool,
    /// None of them is undecodable.
    #[arg(long)]
    pub(crate) spare_projection: bool,
    /// Its register hangs.
    #[arg(long)]
    pub(crate) hang: bool,
    /// Its limits are small.
    #[arg(long)]
    pub(crate) limited: bool,
}

impl Setup {
    /// As arguments of a process.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--file={}", self.file.display()),
            format!("--redis={}", self.redis),
            format!("--rate={}", self.rate),
            format!("--questions={}", self.questions),
        ];
        let flags = [
            (self.poison, "--poison"),
            (self.spare_projection, "--spare-projection"),
            (self.hang, "--hang"),
            (self.limited, "--limited"),
        ];
        let flags = flags.iter().filter(|(is_set, _)| *is_set);
        arguments.extend(flags.map(|(_, flag)| (*flag).to_owned()));
        arguments
    }

    /// Petitions whose numbers end so break or fail: one in ten of about ten events each, so one
    /// event in a hundred.
    fn failing(&self) -> &'static [u64] {
        match (self.poison, self.spare_projection) {
            (false, _) => &[],
            (true, false) => &[FAILING],
            (true, true) => &[FAILING, BREAKING],
        }
    }

    fn breaks(&self, number: u64) -> bool {
        self.poison && !self.spare_projection && number % 10 == BREAKING
    }
}

/// The last digit of petitions that fail. Odd, as are all that an officer decides.
const FAILING: u64 = 3;

/// The last digit of petitions with an event that cannot be decoded.
const BREAKING: u64 = 1;

/// The figures of `general`.
#[derive(Debug, Clone)]
pub(crate) struct Outcome(pub(crate) Value);

impl Outcome {
    pub(crate) fn parse(line: &str) -> Result<Self, Failure> {
        Ok(Self(serde_json::from_str(line)?))
    }

    fn count(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap_or_default()
    }

    /// A measurement counts only if the trouble was there. Answers which was not.
    pub(crate) fn missing(&self, trouble: Trouble) -> Option<String> {
        // A flood is more than can be carried.
        let left = self.count("offered") - self.count("done");
        // What is poisoned by itself goes on: a projector that has stopped would be no load.
        let goes_on =
            trouble.is(Trouble::Redis) || self.count("projected_to") * 2 > self.count("log");
        let signs = [
            (Trouble::Flood, left * 10 > self.count("offered")),
            (Trouble::Poison, self.count("dead_letters") > 0 && goes_on),
            (
                Trouble::Redis,
                self.count("answered") * 10 < self.count("asked"),
            ),
            (Trouble::Agency, self.count("register_unanswered") > 0),
        ];
        let mut signs = signs.iter();
        let missing = signs.find(|(expected, is_there)| trouble.is(*expected) && !is_there);
        missing.map(|(expected, _)| format!("general was not {:?}: {}", expected.name(), self.0))
    }
}

/// How long its register may take. Short, so that the guard knows before the measurement is over.
const REGISTER_TIMEOUT: Duration = Duration::from_millis(300);

/// Calls begun and not over, beyond which petitioners do not even try. It bounds the memory of the
/// benchmark and stands far above what the service lets in.
const CALLERS_MAX: usize = 10_000;

/// Longer than any measurement.
const EVER: Duration = Duration::from_secs(3_600);

/// The outcomes of the calls of petitioners.
#[derive(Debug, Default)]
struct Calls {
    offered: AtomicU64,
    done: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    broken: AtomicU64,
    asked: AtomicU64,
    answered: AtomicU64,
}

struct General {
    service: Service,
    office: Office,
    store: Watched,
    setup: Setup,
    calls: Calls,
}

/// Runs as a process of its own, until whoever started it lets go.
pub(crate) async fn in_a_process(setup: Setup) -> Result<(), Failure> {
    let (stop, stopped) = oneshot::channel();
    let (ready, is_ready) = oneshot::channel();
    std::thread::spawn(|| {
        arrangement::wait_for_the_end();
        let _ = stop.send(());
    });
    let running = tokio::spawn(run(setup, None, ready, stopped));
    if is_ready.await.is_ok() {
        println!("ready");
    }
    println!("{}", running.await??.0);
    Ok(())
}

/// Runs until it is stopped. Nothing is waited for then: what hangs is dropped.
pub(crate) async fn run(
    setup: Setup,
    file: Option<Store>,
    ready: oneshot::Sender<()>,
    stopped: oneshot::Receiver<()>,
) -> Result<Outcome, Failure> {
    let store = match file {
        Some(file) => watched::around(file),
        None => watched::open(&setup.file)?,
    };
    let read_models = ReadModels::open(&setup.redis.parse()?).await?;
    let register: Arc<Register> = Arc::default();
    let link = Register::link(&register, REGISTER_TIMEOUT);
    let office = Office::general();
    let policy = Policy {
        failing: setup.failing(),
    };
    let builder = office.service(&store, read_models, policy, Arc::clone(&link));
    let service = if setup.limited {
        limited(builder).start()
    } else {
        builder.start()
    };
    if setup.hang {
        register.hang();
    }
    let general = Arc::new(General {
        service,
        office,
        store,
        setup,
        calls: Calls::default(),
    });
    let _ = ready.send(());
    tokio::select! {
        () = general.petitions() => {}
        () = general.questions() => {}
        _ = stopped => {}
    }
    let head = general.store.head().await?.commit();
    Ok(general.outcome(head, &link))
}

/// A small share of the machine: few calls at once and few that wait, few petitions carried at
/// once, small batches.
fn limited(builder: ServiceBuilder) -> ServiceBuilder {
    const FEW: NonZeroU32 = NonZeroU32::new(4).expect("not 0");
    const BATCH: NonZeroU32 = NonZeroU32::new(64).expect("not 0");
    let limits = Limits::default()
        .calls_max(NonZeroUsize::new(4).expect("not 0"))
        .waiting_calls_max(16);
    let reactors = ReactorOptions::default()
        .in_flight_max(FEW)
        .batch_events_max(BATCH)
        .waiting_events_max(BATCH);
    let projector = ProjectorOptions::default()
        .batch_events_max(BATCH)
        .commits_wait(Duration::from_millis(20));
    builder.limits(limits).engine(|engine| {
        engine
            .reactor_options(reactors)
            .projector_options(projector)
    })
}

impl General {
    /// Petitioners who come at a steady rate, whatever becomes of those before them.
    async fn petitions(self: &Arc<Self>) {
        let mut calls = JoinSet::new();
        at_rate(self.setup.rate, EVER, |number, _| {
            while calls.try_join_next().is_some() {}
            self.calls.offered.fetch_add(1, Relaxed);
            if calls.len() < CALLERS_MAX {
                let general = Arc::clone(self);
                calls.spawn(async move { general.call(number).await });
            }
        })
        .await;
    }

    /// Others who only ask, for petitions that are there or not.
    async fn questions(self: &Arc<Self>) {
        let mut questions = JoinSet::new();
        at_rate(self.setup.questions, EVER, |number, _| {
            while questions.try_join_next().is_some() {}
            if questions.len() < CALLERS_MAX {
                let general = Arc::clone(self);
                questions.spawn(async move { general.ask(number % 1_000).await });
            }
        })
        .await;
        // Where nobody asks this is over at once, and the petitions are not.
        std::future::pending::<()>().await;
    }

    async fn call(&self, number: u64) {
        let calls = &self.calls;
        let counter = match self.petition(number).await {
            Ok(()) => &calls.done,
            Err(error) => match error.downcast_ref() {
                // Who is not let in has nothing to ask for.
                Some(FilingError::Overloaded) => {
                    calls.refused.fetch_add(1, Relaxed);
                    return;
                }
                _ => &calls.failed,
            },
        };
        counter.fetch_add(1, Relaxed);
        self.ask(number).await;
    }

    async fn ask(&self, number: u64) {
        self.calls.asked.fetch_add(1, Relaxed);
        let answer = self.service.results().petition(&petition(number)).await;
        let answered = u64::from(answer.is_ok());
        self.calls.answered.fetch_add(answered, Relaxed);
    }

    /// Every other document is issued at once.
    async fn petition(&self, number: u64) -> Result<(), Failure> {
        let (office, service) = (&self.office, &self.service);
        if number.is_multiple_of(2) {
            return office.issue_now(service, number).await.map(drop);
        }
        office.file(service, number).await?;
        if self.setup.breaks(number) {
            return self.break_petition(number).await;
        }
        office.approve(service.namespace(), number).await
    }

    /// Appends an event that nobody can decode.
    async fn break_petition(&self, number: u64) -> Result<(), Failure> {
        let mut event = workload::progress_event(number, 1);
        event.payload = "{}".into();
        let namespace = self.service.namespace();
        let stream = namespace.application_stream(self.office.category, &petition(number));
        let any = ExpectedVersion::StreamExists;
        self.store.append(&stream, any, &[event]).await?;
        self.calls.broken.fetch_add(1, Relaxed);
        Ok(())
    }

    fn outcome(&self, head: u64, link: &Link) -> Outcome {
        let status = self.service.status();
        let guard = link.state().counts;
        let unanswered =
            guard.failed + guard.turned_away_by_breaker + guard.turned_away_by_bulkhead;
        let models = status.projector.models.iter();
        let projected = models.filter_map(|it| it.position).min();
        let projected = projected.map_or(0, |position| position.commit());
        let calls = &self.calls;
        Outcome(json!({
            "offered": calls.offered.load(Relaxed),
            "done": calls.done.load(Relaxed),
            "refused": calls.refused.load(Relaxed),
            "failed": calls.failed.load(Relaxed),
            "undecodable_events": calls.broken.load(Relaxed),
            "dead_letters": status.reactors.iter().map(|it| it.dead_letters).sum::<u64>(),
            "asked": calls.asked.load(Relaxed),
            "answered": calls.answered.load(Relaxed),
            "register_unanswered": unanswered,
            "log": head,
            "projected_to": projected,
            "completed": self.store.hook().take_completed().count(),
        }))
    }
}
