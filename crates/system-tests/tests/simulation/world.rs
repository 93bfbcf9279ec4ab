//! The world of one seed: what outlives every process, and the processes that come and go.

use std::{
    cell::{Cell, RefCell},
    num::{NonZeroU32, NonZeroU64},
    sync::{Arc, Mutex},
    time::Duration,
};

use minwon::{
    Clock, MemberName, Namespace, NamespaceName, PetitionService, Timer, Timestamp,
    adapters::memory::{MemoryReadModels, MemoryStore},
    engine::{KeeperOptions, Membership, ProjectorOptions, ReactorOptions},
    petitions::issuance::DocumentIssued,
    service::OfficeSettings,
    testing::{Faulty, Hooked, SeededRng},
};
use tokio::sync::watch;

use super::{
    fate::{Fate, Life},
    log::Log,
    outside::{Messenger, Outbox, Policy, Register},
    server::Server,
    store::{Models, READ_MODELS, STORE, Store, Way},
};

pub(crate) type Service = PetitionService<Store, Models, PausedClock>;

/// The paused time of the runtime: when all wait, it jumps to where the first wakes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PausedClock(tokio::time::Instant);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let morning: Timestamp = "2026-03-09T09:00:00+09:00".parse().expect("an instant");
        morning.saturating_add(self.0.elapsed())
    }
}

impl Timer for PausedClock {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A process that runs the service.
pub(crate) struct Process {
    pub(crate) service: Service,
    pub(crate) life: Life,
    killed: watch::Sender<()>,
}

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) fate: Fate,
    pub(crate) clock: PausedClock,
    pub(crate) store: Faulty<Log>,
    pub(crate) models: Faulty<MemoryReadModels>,
    pub(crate) model: MemoryReadModels,
    pub(crate) server: Option<Server>,
    pub(crate) outbox: Arc<Mutex<Outbox>>,
    pub(crate) processes: RefCell<Vec<Process>>,
    /// The documents that callers got while they waited.
    pub(crate) handed_out: RefCell<Vec<(String, DocumentIssued)>>,
    /// The faults that were seen on the way.
    pub(crate) wrongs: RefCell<Vec<String>>,
    pub(crate) patience: Cell<Patience>,
    /// Who works on which slices, where processes share.
    leases: Arc<MemoryReadModels>,
    starts: Cell<u32>,
}

/// How long parts of the service wait. In paused time every look is work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) look_wait: Duration,
    checkpoint_wait: Duration,
    in_flight_max: u32,
    reactor_batch: u32,
    /// Whether processes share the work; else each does all of it.
    is_sharing: bool,
}

const HOUR: Duration = Duration::from_secs(3_600);

impl World {
    /// The log is in memory, or else on `server`.
    pub(crate) fn new(seed: u64, server: Option<Server>) -> Self {
        let mut rng = SeededRng::new(seed);
        let (fate, clock) = (Fate::new(seed), PausedClock(tokio::time::Instant::now()));
        let log = match &server {
            None => Log::here(minwon::Store::Memory(MemoryStore::with_clock(clock))),
            Some(server) => server.log(),
        };
        let mut up_to = |most: u64| u16::try_from(rng.below(most)).expect("small");
        let store = Faulty::builder(log, seed ^ 1)
            .conflicts_per_mille(up_to(40))
            .lost_acknowledgements_per_mille(up_to(40))
            .lost_requests_per_mille(up_to(40))
            .unavailable_per_mille(up_to(20))
            .slow_per_mille(up_to(300), NonZeroU32::new(6).expect("not 0"))
            .feed_errors_per_mille(up_to(30))
            .redeliveries_per_mille(up_to(60))
            .build();
        let model = MemoryReadModels::new();
        let models = damaged(&model, seed ^ 2, &mut up_to);
        let patience = Patience {
            look_wait: [HOUR / 4, HOUR * 2, HOUR * 6][rng.below(3) as usize],
            checkpoint_wait: Duration::from_millis([1, 200, 20_000][rng.below(3) as usize]),
            in_flight_max: [1, 4, 64][rng.below(3) as usize],
            reactor_batch: [2, 16, 700][rng.below(3) as usize],
            is_sharing: rng.happens(300),
        };
        let patience = match server {
            None => patience,
            Some(_) => patience.of_a_server(),
        };
        Self {
            seed,
            fate,
            clock,
            store,
            models,
            model,
            server,
            outbox: Arc::default(),
            processes: RefCell::default(),
            handed_out: RefCell::default(),
            wrongs: RefCell::default(),
            patience: Cell::new(patience),
            leases: Arc::new(MemoryReadModels::with_clock(clock)),
            starts: Cell::new(0),
        }
    }

    pub(crate) fn namespace_name() -> NamespaceName {
        NamespaceName::new("general").expect("a word")
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy(self.fate.clone())
    }

    pub(crate) fn wrong(&self, what: impl Into<String>) {
        self.wrongs.borrow_mut().push(what.into());
    }

    /// Starts a process on what the others left.
    pub(crate) fn start(&self) {
        let (fate, life) = (self.fate.clone(), Life::new(&self.fate));
        let way = |to| Way {
            to,
            fate: fate.clone(),
            life: life.clone(),
        };
        let store: Store = Hooked::new(self.store.clone(), way(STORE));
        let models: Models = Hooked::new(self.models.clone(), way(READ_MODELS));
        let register = Register {
            fate: fate.clone(),
            life: life.clone(),
        };
        let messenger = Messenger {
            fate,
            life: life.clone(),
            outbox: Arc::clone(&self.outbox),
        };
        let namespace = Namespace::new(Self::namespace_name(), store, self.clock);
        let agency = "Jongno District Office".parse().expect("a name");
        let settings = OfficeSettings::new(agency);
        let (policy, patience) = (self.policy(), self.patience.get());
        let builder = PetitionService::builder(namespace, models)
            .issuing(settings, policy, register)
            .randomness(self.numbers())
            .notifying(messenger);
        let builder = builder
            .keeper_options(KeeperOptions::default().look_wait(patience.look_wait))
            .engine(|engine| {
                let engine = engine.projector_options(patience.projector());
                engine.reactor_options(patience.reactors())
            });
        self.starts.set(self.starts.get() + 1);
        let service = if patience.is_sharing {
            self.fate.note("starts of one that shares");
            let member = MemberName::new(format!("process-{}", self.starts.get()));
            let member = member.expect("a word");
            let membership = Membership::new(Arc::clone(&self.leases), member, HOUR);
            builder.engine(|engine| engine.share_as(membership)).start()
        } else {
            self.fate.note("starts of one that shares nothing");
            builder.start()
        };
        let killed = watch::Sender::new(());
        self.processes.borrow_mut().push(Process {
            service,
            life,
            killed,
        });
    }

    /// The verification numbers of the next process: the same in every run of a seed.
    fn numbers(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let rng = SeededRng::new(self.seed ^ (u64::from(self.starts.get()) << 32));
        let rng = Mutex::new(rng);
        move || {
            rng.lock()
                .expect("no code panics under this lock")
                .next_u64()
        }
    }

    /// Kills the process at this place, with all calls that are under way in it.
    pub(crate) fn kill(&self, at: usize) {
        let process = self.processes.borrow_mut().remove(at);
        process.life.end();
        process.killed.send_replace(());
    }

    /// Stops a process in good order.
    pub(crate) async fn stop(&self, at: usize) {
        let process = self.processes.borrow_mut().remove(at);
        process.killed.send_replace(());
        if tokio::time::timeout(HOUR, process.service.stop())
            .await
            .is_err()
        {
            self.wrong("a service did not stop within an hour");
        }
        process.life.end();
    }

    /// A call to one of the processes; none where there is none, or it is killed meanwhile.
    pub(crate) async fn call<A>(
        &self,
        rng: &mut SeededRng,
        call: impl AsyncFnOnce(&Service) -> A,
    ) -> Option<A> {
        let (service, mut killed) = {
            let processes = self.processes.borrow();
            let at = rng.below(processes.len() as u64) as usize;
            let process = processes.get(at)?;
            (process.service.clone(), process.killed.subscribe())
        };
        tokio::select! {
            biased;
            _ = killed.changed() => None,
            answer = call(&service) => Some(answer),
        }
    }

    /// Waits for a random while.
    pub(crate) async fn wait(&self, rng: &mut SeededRng, longest: Duration) {
        let millis = rng.below(longest.as_millis() as u64 + 1);
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}

impl Patience {
    /// Where nothing but deadlines far away is waited for.
    pub(crate) fn long(self) -> Self {
        Self {
            look_wait: HOUR * 12,
            is_sharing: false,
            ..self
        }
    }

    /// Where a call takes a thousand times as long.
    fn of_a_server(self) -> Self {
        Self {
            look_wait: HOUR * 6,
            checkpoint_wait: HOUR,
            ..self
        }
    }

    fn projector(self) -> ProjectorOptions {
        ProjectorOptions::default()
            .look_wait(HOUR * 24)
            .pauses(Duration::from_millis(10), Duration::from_secs(60))
    }

    fn reactors(self) -> ReactorOptions {
        let at_most = |number| NonZeroU32::new(number).expect("not 0");
        ReactorOptions::default()
            .batch_events_max(at_most(self.reactor_batch))
            .in_flight_max(at_most(self.in_flight_max))
            .checkpoint_wait(self.checkpoint_wait)
            .idle_checkpoint_events(NonZeroU64::MIN.saturating_add(self.reactor_batch.into()))
            .pauses(Duration::from_millis(10), Duration::from_secs(60))
    }
}

/// Read models that are lost and go back in time.
fn damaged(
    model: &MemoryReadModels,
    seed: u64,
    up_to: &mut impl FnMut(u64) -> u16,
) -> Faulty<MemoryReadModels> {
    let (lost, back) = (model.clone(), model.clone());
    let copies = Mutex::new((SeededRng::new(seed ^ 3), Vec::new()));
    Faulty::builder(model.clone(), seed)
        .lost_acknowledgements_per_mille(up_to(40))
        .lost_requests_per_mille(up_to(40))
        .unavailable_per_mille(up_to(20))
        .lost_slices_per_mille(up_to(4), move |slice| lost.wipe(slice))
        .rolled_back_slices_per_mille(up_to(8), move |slice| {
            let (rng, copies) = &mut *copies.lock().expect("no code panics under this lock");
            copies.push(back.snapshot(slice));
            let chosen = rng.below(copies.len() as u64) as usize;
            back.restore(&copies[chosen]);
        })
        .build()
}
