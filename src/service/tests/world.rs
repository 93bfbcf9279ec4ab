//! A namespace in memory, with everybody it has to do with.

use std::{
    collections::BTreeMap,
    future::Future,
    num::NonZeroU32,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use minwon_adapters::memory::{MemoryFeed, MemoryReadModels, MemoryStore};
use minwon_core::{
    ActorId, Cause, CheckpointError, CheckpointName, CheckpointStore as _, Clock, CommandId,
    ConsumerName, DeadLetterEvent, EventFault, EventFilter, EventStore as _, ExpectedVersion,
    FaultKind, GlobalPosition, IndexEntry, NamespaceName, NewEvent, Outcome, Projection,
    ProjectionName, RecordedEvent, SchemaVersion, ServiceName, StoreError, StoreErrorKind,
    StreamName, StreamVersion, Timer, Timestamp, ViewKey, ViewSchema,
    testing::{Call, CallError, Hook, Hooked, sample_event},
};
use minwon_language::{Language, Phrasebook};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    AgencyError, AgencyLink, Contact, Contacts, ContactsError, InCharge, Notification, Notifier,
    NotifyError,
};
use minwon_petitions::{
    ApplicationCommand, ApplicationEvent, ApplicationRejection, ApplicationStatus, Category,
    Channel, IssuanceCommand, IssuanceEvent, IssuanceId, IssuanceRejection, IssuanceStatus, Period,
    PeriodUnit, PetitionCatalogue, PetitionEvent, PetitionKind, ServiceType, Won,
    application::{ReceiptDue, Receive, Submit},
    issuance::{Authorize, FeeSettlement, IdentityMethod},
};

use minwon_projections::{
    Earlier, LetterView, LetterViews, Membership, ProjectorOptions, ReactorOptions, Versions,
};

use super::super::{
    CataloguePolicy, DocumentOrder, FilingError, InstantAnswer, IssuancePolicy, Limits,
    OfficeSettings, PetitionFacts, PetitionService, Receipt, SourceData, SourceRequest,
};
use crate::{
    CommandError, Namespace, Petition, engine::KeeperOptions, namespace::ServiceReadModels,
};

const CATEGORY: Category = Category::General;
const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

pub(super) type Service<R = MemoryReadModels> = PetitionService<MortalStore, R, PausedClock>;

/// The paused time of the runtime: when all wait, it jumps to where the first wakes.
#[derive(Debug, Clone, Copy)]
pub(super) struct PausedClock(tokio::time::Instant);

impl PausedClock {
    pub(super) fn start() -> Self {
        Self(tokio::time::Instant::now())
    }
}

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        let morning: Timestamp = "2026-03-09T09:00:00+09:00".parse().unwrap();
        morning.saturating_add(self.0.elapsed())
    }
}

impl Timer for PausedClock {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Runs a test on one thread, in paused time; what does not come within a year never would.
pub(super) fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let year = Duration::from_secs(365 * 86_400);
    let come = runtime.block_on(async { tokio::time::timeout(year, test).await });
    come.expect("it comes to an end");
}

pub(super) struct World {
    store: MortalStore,
    pub(super) read_models: MemoryReadModels,
    pub(super) clock: PausedClock,
    /// How often the keeper looks.
    pub(super) look_wait: Duration,
    reactor_options: ReactorOptions,
    /// From the next start on the projection of deadlines panics.
    pub(super) breaks_letters: bool,
    /// Whether the views of letters are of the version after this library's.
    pub(super) has_next_letters: bool,
    pub(super) limits: Limits,
    /// How long the register may be silent.
    pub(super) source_time_max: Duration,
    pub(super) register: Arc<Register>,
    policy: Policy,
    notifier: Arc<Outbox>,
    pub(super) directory: Arc<Directory>,
    /// Whether petitioners are notified.
    pub(super) notifies: bool,
    /// The name under which the next one shares the work; none where it has all of it.
    pub(super) member: Option<&'static str>,
    /// What notices are written with.
    pub(super) phrasebook: Phrasebook,
}

/// A register that may be away or slow.
#[derive(Debug, Default)]
pub(super) struct Register {
    is_away: AtomicBool,
    is_slow: AtomicBool,
    /// Its error instead of an answer, and whether it refuses for good.
    says: Mutex<Option<(&'static str, bool)>>,
    asked: Mutex<Vec<SourceRequest>>,
}

impl Register {
    pub(super) fn go_away(&self) {
        self.is_away.store(true, Ordering::Relaxed);
    }

    pub(super) fn come_back(&self) {
        self.is_away.store(false, Ordering::Relaxed);
    }

    /// From now on it says this instead of answering.
    pub(super) fn say(&self, what: &'static str, refuses: bool) {
        *self.says.lock().unwrap() = Some((what, refuses));
    }

    /// What it was asked.
    pub(super) fn asked(&self) -> Vec<SourceRequest> {
        self.asked.lock().unwrap().clone()
    }

    /// From now on an answer takes an hour.
    pub(super) fn slow_down(&self) {
        self.is_slow.store(true, Ordering::Relaxed);
    }

    /// From now on it answers at once again.
    pub(super) fn speed_up(&self) {
        self.is_slow.store(false, Ordering::Relaxed);
    }
}

impl AgencyLink<SourceRequest> for Register {
    type Answer = SourceData;

    async fn ask(&self, request: &SourceRequest) -> Result<SourceData, AgencyError> {
        self.asked.lock().unwrap().push(request.clone());
        if self.is_slow.load(Ordering::Relaxed) {
            tokio::time::sleep(HOUR).await;
        }
        if self.is_away.load(Ordering::Relaxed) {
            let away = std::io::Error::other("no route to the register");
            return Err(AgencyError::Unavailable(Box::new(away)));
        }
        match *self.says.lock().unwrap() {
            Some((what, true)) => Err(AgencyError::Refused(what.into())),
            Some((what, false)) => Err(AgencyError::Unavailable(what.into())),
            None => Ok(SourceData::default()),
        }
    }
}

/// A projection with a defect where nobody expects one.
#[derive(Debug, Default)]
struct BrokenLetters(LetterViews<(Category, PetitionEvent)>);

impl Projection for BrokenLetters {
    type Event = (Category, PetitionEvent);
    type View = LetterView;

    fn name(&self) -> &ProjectionName {
        self.0.name()
    }

    fn schema(&self) -> ViewSchema {
        self.0.schema()
    }

    fn key<'e>(&self, _: &'e RecordedEvent) -> Option<&'e str> {
        panic!("a key of no use, on purpose")
    }

    fn apply(&self, _: &mut Option<LetterView>, _: &Self::Event, _: &RecordedEvent) {}

    fn index(&self, _: &ViewKey, _: &LetterView, _: &mut Vec<IndexEntry>) {}
}

/// The version after this library's: the same under another fingerprint.
#[derive(Debug, Default)]
struct NextLetters(LetterViews<(Category, PetitionEvent)>);

impl Projection for NextLetters {
    type Event = (Category, PetitionEvent);
    type View = LetterView;

    fn name(&self) -> &ProjectionName {
        self.0.name()
    }

    fn schema(&self) -> ViewSchema {
        ViewSchema::new(u64::MAX)
    }

    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        self.0.key(event)
    }

    fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
        self.0.key_of_stream(stream)
    }

    fn apply(&self, _: &mut Option<LetterView>, _: &Self::Event, _: &RecordedEvent) {}

    fn letter_key<'e>(&self, letter: &'e DeadLetterEvent) -> Option<&'e str> {
        self.0.letter_key(letter)
    }

    fn apply_letter(
        &self,
        view: &mut Option<LetterView>,
        letter: &DeadLetterEvent,
        recorded: &RecordedEvent,
    ) {
        self.0.apply_letter(view, letter, recorded);
    }

    fn index(&self, key: &ViewKey, view: &LetterView, entries: &mut Vec<IndexEntry>) {
        self.0.index(key, view, entries);
    }
}

/// A policy that can break, so that what it decides is refused.
#[derive(Debug, Clone, Default)]
pub(super) struct Policy {
    is_broken: Arc<AtomicBool>,
    orders_nothing: Arc<AtomicBool>,
    offered: Option<CataloguePolicy<Settle>>,
}

type Settle = fn(&PetitionFacts, Won) -> Authorize;

impl IssuancePolicy for Policy {
    fn petition_types(&self) -> Option<&PetitionCatalogue> {
        self.offered.as_ref()?.petition_types()
    }

    fn order(&self, petition: &PetitionFacts) -> Option<DocumentOrder> {
        if let Some(offered) = &self.offered {
            return offered.order(petition);
        }
        if self.orders_nothing.load(Ordering::Relaxed) {
            return None;
        }
        let fee = Won::new(300);
        let paid = if self.is_broken.load(Ordering::Relaxed) {
            Won::new(1)
        } else {
            fee
        };
        Some(DocumentOrder {
            document_type: "register".parse().unwrap(),
            copies: 1,
            fee,
            identity: IdentityMethod::SimpleAuthentication,
            evidence: None,
            settlement: settled(petition, paid),
        })
    }
}

fn settled(petition: &PetitionFacts, amount: Won) -> FeeSettlement {
    FeeSettlement::Paid {
        amount,
        payment: format!("payment-{}", petition.id).parse().unwrap(),
    }
}

/// Remembers the notices to petitioners.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    sent: Mutex<Vec<Notification>>,
    /// Those that came again.
    repeated: Mutex<Vec<Notification>>,
    refuses: AtomicBool,
    /// Its error when it refuses; none for that of a mail server.
    words: Mutex<Option<&'static str>>,
}

impl Notifier for Outbox {
    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError> {
        if self.refuses.load(Ordering::Relaxed) {
            let words = self.words.lock().unwrap().unwrap_or("550 no such mailbox");
            let refusal = std::io::Error::other(words);
            return Err(NotifyError::Refused(Box::new(refusal)));
        }
        let mut sent = self.sent.lock().unwrap();
        let key = notification.idempotency_key();
        if sent.iter().all(|before| before.idempotency_key() != key) {
            sent.push(notification.clone());
        } else {
            self.repeated.lock().unwrap().push(notification.clone());
        }
        Ok(())
    }
}

/// Knows how every office is reached, once it has a telephone.
#[derive(Debug, Default)]
pub(super) struct Directory {
    telephone: Mutex<Option<&'static str>>,
    is_away: AtomicBool,
    asked: Mutex<Vec<InCharge>>,
}

impl Directory {
    pub(super) fn set_telephone(&self, telephone: &'static str) {
        *self.telephone.lock().unwrap() = Some(telephone);
    }

    pub(super) fn go_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    /// The officers that it was asked about.
    pub(super) fn asked(&self) -> Vec<Option<ActorId>> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|of| of.officer.clone()).collect()
    }
}

impl Contacts for Directory {
    async fn contact(&self, of: &InCharge) -> Result<Option<Contact>, ContactsError> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(ContactsError("the directory is being moved".into()));
        }
        self.asked.lock().unwrap().push(of.clone());
        let telephone = *self.telephone.lock().unwrap();
        let office = of.department.as_ref().map_or("window", |it| it.as_str());
        Ok(telephone.map(|telephone| Contact {
            office: office.parse().unwrap(),
            telephone: Some(telephone.parse().unwrap()),
            mail: None,
        }))
    }
}

/// The end of a process and its store: no append succeeds any more, feeds fall silent, checkpoints
/// are lost.
#[derive(Debug)]
pub(super) struct Mortal {
    appends: AtomicU64,
    reads: AtomicU64,
    /// Those of them that are of one stream.
    stream_reads: AtomicU64,
    /// Reads of a whole petition: from its beginning, and more than its first event.
    whole_reads: AtomicU64,
    /// Feeds bring nothing more.
    is_mute: AtomicBool,
    /// Nothing can be read.
    is_unreadable: AtomicBool,
    /// Whatever is read takes an hour.
    is_slow: AtomicBool,
    appends_left: AtomicI64,
    /// Appends come to no end.
    holds_appends: AtomicBool,
    /// How often checkpoints were lost; each loss begins a consumer of another name.
    lost: AtomicU64,
    /// Whether a checkpoint that moves is an event in the log, as in KurrentDB.
    logs_checkpoints: AtomicBool,
    /// How often each checkpoint has moved.
    moves: Mutex<BTreeMap<CheckpointName, u64>>,
}

/// A store whose process may die.
pub(super) type MortalStore = Hooked<MemoryStore, Mortal>;

impl Mortal {
    fn store(clock: PausedClock) -> MortalStore {
        let mortal = Self {
            appends: AtomicU64::new(0),
            reads: AtomicU64::new(0),
            stream_reads: AtomicU64::new(0),
            whole_reads: AtomicU64::new(0),
            is_mute: AtomicBool::new(false),
            is_unreadable: AtomicBool::new(false),
            is_slow: AtomicBool::new(false),
            appends_left: AtomicI64::new(i64::MAX),
            holds_appends: AtomicBool::new(false),
            lost: AtomicU64::new(0),
            logs_checkpoints: AtomicBool::new(false),
            moves: Mutex::default(),
        };
        Hooked::new(MemoryStore::with_clock(clock), mortal)
    }

    /// The name under which a checkpoint is kept now.
    fn kept_as(&self, name: &CheckpointName) -> CheckpointName {
        let mut name = name.clone();
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            name.consumer = ConsumerName::new(format!("{}-{lost}", name.consumer)).unwrap();
        }
        name
    }
}

impl Hook<MemoryStore> for Mortal {
    type Memory = ();

    async fn around<T: Send, E: CallError>(
        &self,
        call: Call<'_>,
        run: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        match call {
            Call::Append { .. } => {
                if self.holds_appends.load(Ordering::Relaxed) {
                    std::future::pending::<()>().await;
                }
                if self.appends_left.fetch_sub(1, Ordering::Relaxed) <= 0 {
                    let dead = StoreError::new(StoreErrorKind::Unavailable, "the process is dead");
                    return Err(E::refused(&call, dead));
                }
                let appended = run.await?;
                self.appends.fetch_add(1, Ordering::Relaxed);
                return Ok(appended);
            }
            Call::ReadStream { .. } | Call::ReadAll | Call::Head | Call::LastUpTo => {
                if self.is_unreadable.load(Ordering::Relaxed) {
                    let away = StoreError::new(StoreErrorKind::Unavailable, "it is away");
                    return Err(E::refused(&call, away));
                }
                if self.is_slow.load(Ordering::Relaxed) {
                    tokio::time::sleep(HOUR).await;
                }
                self.reads.fetch_add(1, Ordering::Relaxed);
                if let Call::ReadStream { .. } = call {
                    self.stream_reads.fetch_add(1, Ordering::Relaxed);
                }
            }
            _ => {}
        }
        if let Call::ReadStream {
            stream,
            from: StreamVersion::FIRST,
            events_max,
        } = &call
            && events_max.get() > 1
            && stream.category().ends_with("Application")
        {
            self.whole_reads.fetch_add(1, Ordering::Relaxed);
        }
        run.await
    }

    fn feed(
        &self,
        store: &MemoryStore,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> MemoryFeed {
        let filter = if self.is_mute.load(Ordering::Relaxed) {
            EventFilter::namespace(NamespaceName::new("nobody").unwrap())
        } else {
            filter
        };
        store.feed(after, filter, batch_events_max)
    }

    async fn load_checkpoint(
        &self,
        store: &MemoryStore,
        name: &CheckpointName,
    ) -> Result<GlobalPosition, StoreError> {
        store.load_checkpoint(&self.kept_as(name)).await
    }

    async fn save_checkpoint(
        &self,
        store: &MemoryStore,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let name = self.kept_as(name);
        store.save_checkpoint(&name, expected, position).await?;
        *self.moves.lock().unwrap().entry(name.clone()).or_default() += 1;
        if self.logs_checkpoints.load(Ordering::Relaxed) {
            let stream: StreamName = "others_Checkpoint-1".parse().unwrap();
            let moved = [sample_event(&format!("{name}/{position}"))];
            let logged = store.append(&stream, ExpectedVersion::Any, &moved);
            logged.await.unwrap();
        }
        Ok(())
    }
}

impl World {
    pub(super) fn new() -> Self {
        let clock = PausedClock::start();
        Self {
            store: Mortal::store(clock),
            read_models: MemoryReadModels::with_clock(clock),
            clock,
            look_wait: Duration::from_secs(1),
            reactor_options: ReactorOptions::default(),
            breaks_letters: false,
            has_next_letters: false,
            limits: Limits::default(),
            source_time_max: 2 * HOUR,
            register: Arc::default(),
            policy: Policy::default(),
            notifier: Arc::default(),
            directory: Arc::default(),
            notifies: true,
            member: None,
            phrasebook: Phrasebook::of(Language::Korean),
        }
    }

    pub(super) fn start(&self) -> Service {
        let options = ProjectorOptions::default().look_wait(HOUR);
        self.start_on(self.read_models.clone(), options)
    }

    pub(super) fn namespace(&self) -> Namespace<MortalStore, PausedClock> {
        let name = NamespaceName::new("general").unwrap();
        Namespace::new(name, self.store.clone(), self.clock)
    }

    /// A service whose read models are elsewhere.
    pub(super) fn start_on<R>(&self, read_models: R, options: ProjectorOptions) -> Service<R>
    where
        R: ServiceReadModels,
    {
        let namespace = self.namespace();
        let settings = OfficeSettings::new("Jongno District Office".parse().unwrap());
        let settings = settings.source_time_max(self.source_time_max);
        let mut builder = PetitionService::builder(namespace, read_models)
            .issuing(settings, self.policy.clone(), Arc::clone(&self.register))
            .contacts(Arc::clone(&self.directory))
            .notices_in(self.phrasebook.clone())
            .limits(self.limits);
        if self.notifies {
            builder = builder.notifying(Arc::clone(&self.notifier));
        }
        if let Some(member) = self.member {
            let leases = self.read_models.clone();
            let membership = Membership::new(leases, member.parse().unwrap(), MINUTE);
            builder = builder.engine(|engine| engine.share_as(membership));
        }
        if self.breaks_letters {
            let versions = Versions::of(BrokenLetters::default());
            builder = builder.engine(|engine| engine.letter_views(versions));
        }
        if self.has_next_letters {
            let versions = Versions::of(NextLetters::default());
            let earlier = Earlier::new(LetterViews::default(), |view| view);
            builder = builder.engine(|engine| engine.letter_views(versions.and_earlier(earlier)));
        }
        builder
            .keeper_options(KeeperOptions::default().look_wait(self.look_wait))
            .engine(|engine| {
                let engine = engine.projector_options(options);
                engine.reactor_options(self.reactor_options.clone())
            })
            .start()
    }

    /// An event at the end of a stream that the store cannot read.
    pub(super) fn plant(&self, stream: &str, kind: FaultKind) {
        let fault = EventFault::new(kind, "it is bad");
        self.store.inner().plant(&stream.parse().unwrap(), fault);
    }

    /// An event at the end of a petition's stream, as a program writes it that knows more.
    pub(super) async fn write_newer(&self, petition: &str) {
        let mut event = sample_event(petition);
        event.event_type = "GeneralApplicationReceived".parse().unwrap();
        event.schema_version = SchemaVersion::new(99);
        event.metadata.subject = PetitionId::new(petition).unwrap();
        self.write(petition, event).await;
    }

    /// A sound event at the end of a petition's stream that says it is of another petition.
    pub(super) async fn write_stray(&self, petition: &str, other: &str) {
        let mut event = sample_event(other);
        event.event_type = "GeneralApplicationProgressRecorded".parse().unwrap();
        event.metadata.subject = PetitionId::new(other).unwrap();
        event.payload = r#"{"activity":"Documents checked","officer":"officer-1","noted_at":"2026-03-09T01:00:00Z"}"#.into();
        self.write(petition, event).await;
    }

    /// An event of somebody else's in the namespace of the service.
    pub(super) async fn write_foreign(&self, stream: &str) {
        let event = sample_event(stream);
        self.append(stream, event).await;
    }

    /// An event at the end of a petition's stream.
    pub(super) async fn write(&self, petition: &str, event: NewEvent) {
        let stream = format!("general_GeneralApplication-{petition}");
        self.append(&stream, event).await;
    }

    async fn append(&self, stream: &str, event: NewEvent) {
        let (stream, any) = (stream.parse().unwrap(), ExpectedVersion::Any);
        self.store.append(&stream, any, &[event]).await.unwrap();
    }

    pub(super) fn break_policy(&self, is_broken: bool) {
        self.policy.is_broken.store(is_broken, Ordering::Relaxed);
    }

    /// From now on no notice is delivered, permanently.
    pub(super) fn refuse_notices(&self) {
        self.notifier.refuses.store(true, Ordering::Relaxed);
    }

    /// As [`refuse_notices`](Self::refuse_notices), with these words.
    pub(super) fn refuse_notices_saying(&self, words: &'static str) {
        *self.notifier.words.lock().unwrap() = Some(words);
        self.refuse_notices();
    }

    pub(super) fn order_nothing(&self) {
        self.policy.orders_nothing.store(true, Ordering::Relaxed);
    }

    /// From the next start on only this is offered.
    pub(super) fn offer(&mut self, catalogue: &str) {
        let settle: Settle = |petition, fee| Authorize {
            identity: IdentityMethod::SimpleAuthentication,
            evidence: None,
            fee: settled(petition, fee),
        };
        let catalogue = PetitionCatalogue::parse(catalogue).unwrap();
        self.policy.offered = Some(CataloguePolicy::new(catalogue, settle));
    }

    pub(super) fn die_after(&self, appends: i64) {
        self.store
            .hook()
            .appends_left
            .store(appends, Ordering::Relaxed);
    }

    /// From now on a checkpoint that moves is an event in the log.
    pub(super) fn log_checkpoints(&self) {
        self.store
            .hook()
            .logs_checkpoints
            .store(true, Ordering::Relaxed);
    }

    /// From the next start on reactors save their checkpoints as soon as they have moved.
    pub(super) fn save_checkpoints_at_once(&mut self) {
        let options = ReactorOptions::default();
        self.reactor_options = options.checkpoint_wait(Duration::ZERO);
    }

    /// How often each slice of a reactor has moved its checkpoint.
    pub(super) fn moves(&self, reactor: &str) -> BTreeMap<u16, u64> {
        let moves = self.store.hook().moves.lock().unwrap();
        let own = moves
            .iter()
            .filter(|(of, _)| of.consumer.as_str() == reactor);
        own.map(|(of, times)| (of.slice.get(), *times)).collect()
    }

    /// An event that is of no namespace of a service.
    pub(super) async fn write_elsewhere(&self, number: u32) {
        let stream: StreamName = format!("others_Thing-{number}").parse().unwrap();
        let event = [sample_event(stream.as_str())];
        let written = self
            .store
            .append(&stream, ExpectedVersion::NoStream, &event);
        written.await.unwrap();
    }

    /// How many events there are, whoever wrote them.
    pub(super) fn log_length(&self) -> usize {
        self.events().len()
    }

    /// Reactors begin at the start of the log again.
    pub(super) fn forget_checkpoints(&self) {
        self.store.hook().lost.fetch_add(1, Ordering::Relaxed);
    }

    /// From now on no append comes to an end.
    pub(super) fn hold_appends(&self) {
        let hook = self.store.hook();
        hook.holds_appends.store(true, Ordering::Relaxed);
    }

    pub(super) fn live(&self) {
        self.die_after(i64::MAX);
    }

    /// From now on nothing can be read, or it can again.
    pub(super) fn hide_events(&self, are_hidden: bool) {
        let is_unreadable = &self.store.hook().is_unreadable;
        is_unreadable.store(are_hidden, Ordering::Relaxed);
    }

    /// From now on whatever is read takes an hour, or it does not any more.
    pub(super) fn slow_reads_down(&self, are_slow: bool) {
        self.store.hook().is_slow.store(are_slow, Ordering::Relaxed);
    }

    /// From the next start on read models and reactors see nothing new.
    pub(super) fn mute_feeds(&self) {
        self.store.hook().is_mute.store(true, Ordering::Relaxed);
    }

    /// How often one stream was read.
    pub(super) fn stream_reads(&self) -> u64 {
        self.store.hook().stream_reads.load(Ordering::Relaxed)
    }

    /// How often streams, the log or its end were read.
    pub(super) fn reads(&self) -> u64 {
        self.store.hook().reads.load(Ordering::Relaxed)
    }

    /// How often a whole petition was read.
    pub(super) fn whole_reads(&self) -> u64 {
        self.store.hook().whole_reads.load(Ordering::Relaxed)
    }

    pub(super) fn appends(&self) -> u64 {
        self.store.hook().appends.load(Ordering::Relaxed)
    }

    pub(super) fn filing(petition: &str, service: ServiceType, now: Timestamp) -> Filing {
        Filing {
            petition: petition.to_owned(),
            submit: Submit {
                category: CATEGORY,
                service,
                kind: PetitionKind::Statutory,
                channel: Channel::Online,
                petition_type: "register".parse().unwrap(),
                applicant: format!("applicant-{petition}").parse().unwrap(),
                agency: "Jongno District Office".parse().unwrap(),
                submitted_at: now,
                attachments: Vec::new(),
            },
        }
    }

    pub(super) fn receive(petition: &str, now: Timestamp) -> Receive {
        Receive {
            receipt_number: format!("R-{petition}").parse().unwrap(),
            kind: PetitionKind::Statutory,
            period: Period::new(7, PeriodUnit::Days).unwrap(),
            due: ReceiptDue::ByStatute,
            department: "counter".parse().unwrap(),
            received_at: now,
        }
    }

    pub(super) async fn issue_now<R: ServiceReadModels>(
        &self,
        service: &Service<R>,
        petition: &str,
    ) -> Result<InstantAnswer, FilingError> {
        let now: Timestamp = "2026-03-09T09:00:00+09:00".parse().unwrap();
        let filing = Self::filing(petition, ServiceType::InstantIssuance, now);
        let receive = Self::receive(petition, now);
        filing.issue_now(service, &receive).await
    }

    pub(super) async fn file<R: ServiceReadModels>(
        &self,
        service: &Service<R>,
        petition: &str,
        kind: ServiceType,
    ) -> Result<Receipt, FilingError> {
        let now: Timestamp = "2026-03-09T09:00:00+09:00".parse().unwrap();
        let filing = Self::filing(petition, kind, now);
        let receive = Self::receive(petition, now);
        filing.file(service, Some(&receive)).await
    }

    pub(super) async fn approve(&self, service: &Service, petition: &str) {
        self.application_command(service, petition, "examine", super::progress())
            .await
            .unwrap();
        self.application_command(service, petition, "approve", super::approval())
            .await
            .unwrap();
    }

    pub(super) async fn application_command(
        &self,
        service: &Service,
        petition: &str,
        name: &str,
        body: impl Into<ApplicationCommand>,
    ) -> Result<Outcome<ApplicationEvent>, CommandError<ApplicationRejection>> {
        let id = command_id(petition, name);
        officer(service, petition).give_as(id, body).await
    }

    pub(super) async fn issuance_command(
        &self,
        service: &Service,
        petition: &str,
        name: &str,
        body: impl Into<IssuanceCommand>,
    ) -> Result<Outcome<IssuanceEvent>, CommandError<IssuanceRejection>> {
        let attempt = officer(service, petition).first_attempt().unwrap();
        attempt.give_as(command_id(petition, name), body).await
    }

    pub(super) async fn application<R: ServiceReadModels>(
        &self,
        service: &Service<R>,
        petition: &str,
    ) -> Option<ApplicationStatus> {
        officer(service, petition).state().await.unwrap().status()
    }

    pub(super) async fn issuance(
        &self,
        service: &Service,
        petition: &str,
    ) -> Option<IssuanceStatus> {
        let first = officer(service, petition).first_attempt().unwrap();
        first.state().await.unwrap().status()
    }

    /// Where each attempt stands, from the first.
    pub(super) async fn attempts(&self, service: &Service, petition: &str) -> Vec<IssuanceStatus> {
        let petition = officer(service, petition);
        let mut id = IssuanceId::first(petition.id());
        let mut attempts = Vec::new();
        loop {
            let attempt = petition.attempt(id.clone()).unwrap();
            match attempt.state().await.unwrap().status() {
                Some(status) => attempts.push(status),
                None => return attempts,
            }
            id = id.next();
        }
    }

    /// The payload of the only event of this type.
    pub(super) fn payload(&self, event_type: &str) -> String {
        let mut events = self.events();
        events.retain(|event| event.event_type.as_str() == event_type);
        assert_eq!(events.len(), 1, "{event_type}");
        String::from_utf8(events[0].payload.to_vec()).unwrap()
    }

    /// The only event of this type, as a step of the choreography is told of it.
    pub(super) fn cause(&self, event_type: &str) -> Cause {
        let mut events = self.events();
        events.retain(|event| event.event_type.as_str() == event_type);
        assert_eq!(events.len(), 1, "{event_type}");
        Cause::from(&events[0])
    }

    /// How many events of this type there are.
    pub(super) fn count(&self, event_type: &str) -> usize {
        let events = self.events();
        let of_type = events
            .iter()
            .filter(|event| event.event_type.as_str() == event_type);
        of_type.count()
    }

    /// All payloads in the log, those of dead letters included.
    pub(super) fn written(&self) -> String {
        let events = self.events();
        let payloads = events
            .iter()
            .map(|event| String::from_utf8_lossy(&event.payload));
        payloads.collect()
    }

    /// All events in the log, those of dead letters included.
    pub(super) fn events(&self) -> Vec<RecordedEvent> {
        let all = EventFilter::all();
        let max = std::num::NonZeroU32::new(4096).unwrap();
        let page = self
            .store
            .inner()
            .read_all(GlobalPosition::START, &all, max);
        let page = futures_util::FutureExt::now_or_never(page).expect("it is in memory");
        page.unwrap().events
    }

    /// The texts of all notices.
    pub(super) fn notice_texts(&self) -> Vec<String> {
        let sent = self.notifier.sent.lock().unwrap();
        sent.iter()
            .map(|notification| notification.text.clone())
            .collect()
    }

    /// The notices that came again.
    pub(super) fn repeated(&self) -> Vec<Notification> {
        self.notifier.repeated.lock().unwrap().clone()
    }

    /// The notices to the petitioner, in order.
    pub(super) fn sent(&self, petition: &str) -> Vec<Notification> {
        let sent = self.notifier.sent.lock().unwrap();
        let of_petition = sent.iter().filter(|it| it.petition_id.as_str() == petition);
        of_petition.cloned().collect()
    }

    /// Returns the kinds of the notices to the petitioner, in order.
    pub(super) fn notified(&self, petition: &str) -> Vec<&'static str> {
        let sent = self.sent(petition);
        sent.iter().map(|it| it.kind.as_str()).collect()
    }
}

/// A petition in an officer's hands.
fn officer<R: ServiceReadModels>(service: &Service<R>, petition: &str) -> Petition<Service<R>> {
    let officer = ActorId::new("officer-1").unwrap();
    let officer = service.as_actor(officer, ServiceName::new("back-office").unwrap());
    officer.petition(CATEGORY, PetitionId::new(petition).unwrap())
}

fn command_id(petition: &str, name: &str) -> CommandId {
    CommandId::derive(&[8; 16], format!("{petition}/{name}"))
}

/// A petition as a citizen files it.
#[derive(Debug, Clone)]
pub(super) struct Filing {
    pub(super) petition: String,
    pub(super) submit: Submit,
}

impl Filing {
    pub(super) fn id(&self) -> CommandId {
        CommandId::derive(&[7; 16], &self.petition)
    }

    pub(super) fn citizen<R: ServiceReadModels>(
        &self,
        service: &Service<R>,
    ) -> Petition<Service<R>> {
        let citizen = ActorId::new("citizen-1").unwrap();
        let citizen = service.as_actor(citizen, ServiceName::new("portal").unwrap());
        citizen.petition(CATEGORY, PetitionId::new(&*self.petition).unwrap())
    }

    pub(super) async fn file<R: ServiceReadModels>(
        &self,
        service: &Service<R>,
        receive: Option<&Receive>,
    ) -> Result<Receipt, FilingError> {
        let petition = self.citizen(service);
        petition.file(self.id(), self.submit.clone(), receive).await
    }

    pub(super) async fn issue_now<R: ServiceReadModels>(
        &self,
        service: &Service<R>,
        receive: &Receive,
    ) -> Result<InstantAnswer, FilingError> {
        let petition = self.citizen(service);
        let filed = petition.issue_now(self.id(), self.submit.clone(), receive);
        filed.await
    }
}
