//! A namespace at work: everything that turns two aggregates into a petition service.
//!
//! ```text
//! citizen ── file, issue_now ──▶ application ──events──▶ reactors: issuance, completion,
//! officer ── commands ─────────▶ and issuance                      compensation, notifications
//!                                     ▲                               │ steps
//!                                     └──────────── office ◀──────────┘ register, notifier
//!                                                      ▲
//!                        keeper ── what falls due ─────┘
//! ```
//!
//! What an event brings about is a pure definition in [`petitions::flow`](crate::petitions::flow);
//! the *office* knows how far things are and gives the commands.

mod deadlines;
mod failure;
mod filing;
mod instant;
mod limits;
mod notices;
mod offer;
mod office;
mod operators;
mod order;
mod outside;
pub(crate) mod running;
mod tracking;
mod under_way;
mod verification;
mod views;

#[cfg(test)]
#[cfg(feature = "memory")]
mod tests;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use minwon_core::{
    AgencyLink, CommandExecutor, EventStore, GenerationName, Lease, MemberName, Notifier,
    Projection, Reactor, SliceCount, SliceLeases, StoreError, dead_letter_category,
};
use minwon_petitions::{
    Category, EventReader, PetitionEvent, PetitionView, PetitionViews,
    flow::{CompensationReactor, CompletionReactor, IssuanceReactor, NotificationReactor},
};
use minwon_projections::{
    DeadLetters, EarlierVersions, LetterReader, LetterView, LetterViews, ProjectorOptions,
    ReactorBuilder, ReactorOptions, RunningReactor, SharedFeed, Versions,
};

use self::views::Views;
use self::{
    deadlines::Keeper,
    limits::Gate,
    notices::Notices,
    office::Office,
    operators::Operators,
    order::NoDocuments,
    outside::{AnyNotifier, AnyRegister, Nobody},
    running::Parts,
    under_way::UnderWay,
};
pub use self::{
    deadlines::{KeeperOptions, KeeperStatus},
    filing::{FilingError, Receipt},
    instant::{InstantAnswer, InstantDocument},
    limits::Limits,
    offer::CataloguePolicy,
    office::OfficeSettings,
    order::{DocumentOrder, IssuancePolicy, PetitionFacts, SourceData, SourceRequest},
    outside::NoRegister,
    running::{ServiceError, ServiceStatus},
    tracking::{Holds, ProcessingStep, Stuck, Tracking, TrackingError},
    verification::VerificationError,
};
pub(crate) use self::{failure::failure, filing::Filing, limits::Turn, verification::Asked};
use crate::{
    Namespace, PetitionService, ResultQuery,
    namespace::{ServiceClock, ServiceReadModels, ServiceStore},
};

/// A link to the register that documents are made from.
pub trait RegisterLink: AgencyLink<SourceRequest, Answer = SourceData> {}

impl<L: AgencyLink<SourceRequest, Answer = SourceData>> RegisterLink for L {}

/// Everything a petition service is made of, before it is started: a namespace and its read models,
/// and where there are, the documents that it issues and the way to petitioners.
///
/// Each namespace has a service of its own, with its own limits: trouble in one is none in another.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use std::num::NonZeroUsize;
/// use minwon::{
///     Namespace, PetitionService, ReadModels, Store, SystemClock,
///     petitions::{
///         PetitionCatalogue,
///         issuance::{Authorize, FeeSettlement, IdentityMethod},
///     },
///     service::{CataloguePolicy, Limits, NoRegister, OfficeSettings},
/// };
/// let store = Store::open(&"memory:".parse()?)?;
/// let read_models = ReadModels::beside(&store);
/// let general = Namespace::new("general".parse()?, store, SystemClock);
/// let policy = CataloguePolicy::new(PetitionCatalogue::published().clone(), |petition, fee| {
///     let payment = format!("payment-{}", petition.id).parse().expect("a short word");
///     Authorize {
///         identity: IdentityMethod::SimpleAuthentication,
///         evidence: None,
///         fee: FeeSettlement::Paid { amount: fee, payment },
///     }
/// });
/// let settings = OfficeSettings::new(11, "Jongno District Office".parse()?);
/// let service = PetitionService::builder(general, read_models)
///     .issuing(settings, policy, NoRegister)
///     .limits(Limits::default().calls_max(NonZeroUsize::new(32).expect("not 0")))
///     .start();
/// assert!(service.health().live);
/// service.stop().await;
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(feature = "memory"))]
/// # fn main() {}
/// ```
#[must_use]
pub struct PetitionServiceBuilder<S: EventStore, R, T> {
    namespace: Namespace<S, T>,
    read_models: R,
    settings: OfficeSettings,
    policy: Arc<dyn IssuancePolicy>,
    register: Arc<dyn AnyRegister>,
    notifier: Arc<dyn AnyNotifier>,
    limits: Limits,
    projector: ProjectorOptions,
    reactors: ReactorOptions,
    keeper: KeeperOptions,
    pause_max: Duration,
    petitions: Views<S, R, T, ResultQuery<R, T>>,
    letters: Views<S, R, T, LetterReader<R, T>>,
    operators: Operators,
}

impl<S, R, T> PetitionServiceBuilder<S, R, T>
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    /// Begins to put a service together that issues no documents and notifies nobody.
    pub fn new(namespace: Namespace<S, T>, read_models: R) -> Self {
        Self {
            namespace,
            read_models,
            settings: OfficeSettings::default(),
            policy: Arc::new(NoDocuments),
            register: Arc::new(NoRegister),
            notifier: Arc::new(Nobody),
            limits: Limits::default(),
            projector: ProjectorOptions::default(),
            reactors: ReactorOptions::default(),
            keeper: KeeperOptions::default(),
            pause_max: Duration::from_secs(60),
            petitions: Views::of_petitions(Versions::of(PetitionViews::default())),
            letters: Views::of_letters(Versions::of(LetterViews::default())),
            operators: Operators::default(),
        }
    }

    /// The name of the office, which documents follow from petitions, and the register that they
    /// are made from. With a [`CataloguePolicy`] only what its catalogue offers is filed. Default:
    /// no document follows.
    pub fn issuing(
        mut self,
        settings: OfficeSettings,
        policy: impl IssuancePolicy,
        register: impl RegisterLink,
    ) -> Self {
        self.settings = settings;
        self.policy = Arc::new(policy);
        self.register = Arc::new(register);
        self
    }

    /// The way to petitioners. Default: they are not notified.
    pub fn notifying(mut self, notifier: impl Notifier) -> Self {
        self.notifier = Arc::new(notifier);
        self
    }

    /// The versions of the views of petitions that this program understands. Default: that of this
    /// library alone, [`PetitionViews`].
    ///
    /// A service that folds more, or finds petitions by more, has a version of its own, with a
    /// [schema](Projection::schema) of its own; and as long as programs of another version may run
    /// it understands that one as well. Then no deployment leaves a question unanswered: see
    /// `docs/upgrading.md`.
    pub fn petition_views<V, E>(mut self, versions: Versions<V, E>) -> Self
    where
        V: Projection<Event = (Category, PetitionEvent), View = PetitionView>,
        E: EarlierVersions<V>,
    {
        self.petitions = Views::of_petitions(versions);
        self
    }

    /// The same for dead letters. Default: [`LetterViews`] alone.
    pub fn letter_views<V, E>(mut self, versions: Versions<V, E>) -> Self
    where
        V: Projection<Event = (Category, PetitionEvent), View = LetterView>,
        E: EarlierVersions<V>,
    {
        self.letters = Views::of_letters(versions);
        self
    }

    /// How many calls are under way and waiting.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Bounds and pauses of the projector.
    pub fn projector_options(mut self, options: ProjectorOptions) -> Self {
        self.projector = options;
        self
    }

    /// Bounds, pauses and retries of each reactor.
    pub fn reactor_options(mut self, options: ReactorOptions) -> Self {
        self.reactors = options;
        self
    }

    /// How often what falls due is looked for.
    pub fn keeper_options(mut self, options: KeeperOptions) -> Self {
        self.keeper = options;
        self
    }

    /// A part that something has been in the way of for this long makes the service
    /// [not ready](PetitionService::health). Default: 1 min.
    pub fn pause_max(mut self, time: Duration) -> Self {
        self.pause_max = time;
        self
    }

    /// Listens for [operators](crate::operator) at this socket. Default: beside the file of the
    /// events, at [`socket_beside`](crate::operator::socket_beside); nowhere, where they are in no
    /// file, for then an operator's program writes to the store itself.
    pub fn operator_socket(mut self, socket: impl Into<PathBuf>) -> Self {
        self.operators = Operators::At(socket.into());
        self
    }

    /// Listens for no operators. In a store file nobody else can decide about dead letters then
    /// while the service runs.
    pub fn without_operator_socket(mut self) -> Self {
        self.operators = Operators::Nowhere;
        self
    }

    /// Starts everything. Needs a tokio runtime.
    #[must_use]
    pub fn start(self) -> PetitionService<S, R, T> {
        self.start_as::<Alone>(None)
    }

    /// As [`start`](Self::start), sharing the work with the same service in other processes: each
    /// takes some slices of the read models and of every reactor. A member that says nothing for
    /// `time_to_live` loses its slices to the others. Leases only save work; two that work on one
    /// slice have the effect of one.
    #[must_use]
    pub fn start_sharing<Z: SliceLeases + 'static>(
        self,
        leases: Arc<Z>,
        member: MemberName,
        time_to_live: Duration,
    ) -> PetitionService<S, R, T> {
        self.start_as(Some(Membership {
            leases,
            member,
            time_to_live,
        }))
    }

    fn start_as<Z: SliceLeases + 'static>(
        self,
        membership: Option<Membership<Z>>,
    ) -> PetitionService<S, R, T> {
        let namespace = self.namespace;
        let (name, timer) = (namespace.name().clone(), namespace.timer().clone());
        let dead_letters = DeadLetters::new(name, namespace.store().clone(), timer)
            .with_snapshots(namespace.store().clone());
        let office = Arc::new(Office {
            namespace: namespace.clone(),
            policy: self.policy,
            register: self.register,
            settings: self.settings,
            under_way: UnderWay::default(),
        });
        let feed = SharedFeed::new(
            namespace.store().clone(),
            namespace
                .petition_events()
                .and_category(dead_letter_category()),
        );
        let mut projector = namespace
            .projector_of(self.read_models.clone())
            .feed(feed.clone())
            .options(self.projector)
            .dead_letters(dead_letters.clone());
        projector = self.petitions.project(projector);
        projector = self.letters.project(projector);
        if let Some(sharing) = &membership {
            let (leases, member) = (Arc::clone(&sharing.leases), sharing.member.clone());
            projector = projector.share(leases, member, sharing.time_to_live);
        }
        let notices = Notices {
            office: Arc::clone(&office),
            notifier: self.notifier,
        };
        let reactors = Reactors {
            namespace: &namespace,
            dead_letters: &dead_letters,
            feed,
            options: &self.reactors,
            membership: membership.as_ref(),
        };
        let reactors = vec![
            reactors.start(IssuanceReactor::default(), Arc::clone(&office)),
            reactors.start(CompletionReactor::default(), Arc::clone(&office)),
            reactors.start(CompensationReactor::default(), Arc::clone(&office)),
            reactors.start(NotificationReactor::default(), notices),
        ];
        let letters = self.letters.ask(&namespace, self.read_models.clone());
        let petitions = self.petitions.ask(&namespace, self.read_models.clone());
        let keeper = Keeper {
            office: Arc::clone(&office),
            petitions,
            options: self.keeper,
            fired: HashMap::new(),
            rest: None,
        };
        let projector = projector.start();
        let operators = self.operators.listen(namespace.store(), &dead_letters);
        let parts = Parts {
            operators: Mutex::new(operators),
            gate: Gate::new(self.limits),
            results: self
                .petitions
                .ask(&namespace, self.read_models)
                .woken_by(&projector),
            dead_letters,
            letters: letters.woken_by(&projector),
            projector,
            reactors,
            keeper: keeper.start(),
            pause_max: self.pause_max,
        };
        PetitionService {
            office,
            parts: Arc::new(parts),
        }
    }
}

/// What the reactors of a service share.
struct Reactors<'a, S: EventStore, T, Z> {
    namespace: &'a Namespace<S, T>,
    dead_letters: &'a DeadLetters<S, T>,
    feed: SharedFeed<S>,
    options: &'a ReactorOptions,
    membership: Option<&'a Membership<Z>>,
}

impl<S, T, Z> Reactors<'_, S, T, Z>
where
    S: ServiceStore,
    T: ServiceClock,
    Z: SliceLeases + 'static,
{
    fn start<A, E>(&self, reactor: A, executor: E) -> RunningReactor
    where
        A: Reactor<Event = (Category, PetitionEvent)>,
        E: CommandExecutor<A::Command>,
    {
        let namespace = self.namespace;
        let (name, store) = (namespace.name().clone(), namespace.store().clone());
        let timer = namespace.timer().clone();
        let mut builder = ReactorBuilder::new(
            name,
            store,
            EventReader::default(),
            reactor,
            executor,
            timer,
        )
        .filter(namespace.petition_events())
        .options(self.options.clone())
        .dead_letters(self.dead_letters.clone())
        .feed(self.feed.clone());
        if let Some(sharing) = self.membership {
            let (leases, member) = (Arc::clone(&sharing.leases), sharing.member.clone());
            builder = builder.share(leases, member, sharing.time_to_live);
        }
        builder.start()
    }
}

/// A share of the work.
struct Membership<Z> {
    leases: Arc<Z>,
    member: MemberName,
    time_to_live: Duration,
}

/// The leases of whoever shares with nobody: there are none.
enum Alone {}

impl SliceLeases for Alone {
    async fn heartbeat(
        &self,
        _: &GenerationName,
        _: SliceCount,
        _: &MemberName,
        _: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        match *self {}
    }

    async fn leave(&self, _: &GenerationName, _: &MemberName) -> Result<(), StoreError> {
        match *self {}
    }
}
