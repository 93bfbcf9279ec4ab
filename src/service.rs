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
//! The reactions to an event are a pure definition in [`petitions::flow`](crate::petitions::flow);
//! the *office* knows how far things are and gives the commands.

mod deadlines;
mod failure;
mod filing;
mod instant;
mod limits;
mod notices;
mod offer;
mod office;
mod order;
mod outside;
mod questions;
mod randomness;
#[cfg(feature = "metrics")]
mod report;
pub(crate) mod running;
mod tracking;
mod under_way;
mod verification;

#[cfg(test)]
#[cfg(feature = "memory")]
mod tests;

use std::sync::Arc;

use minwon_core::{EventStore, Projection};
use minwon_language::{Language, Phrasebook};
use minwon_petitions::{
    AgencyLink, Category, Contacts, EventReader, Notifier, PetitionEvent, PetitionView,
    PetitionViews,
    flow::{CompensationReactor, CompletionReactor, IssuanceReactor, NotificationReactor},
};
use minwon_projections::{EarlierVersions, Versions};

use self::{
    deadlines::Deadlines,
    notices::Notices,
    office::Office,
    order::NoDocuments,
    outside::{AnyContacts, AnyNotifier, AnyRegister, NoContacts},
    running::Parts,
    under_way::UnderWay,
};
pub(crate) use self::{
    failure::{failure, give},
    filing::Filing,
    limits::{Gate, Refused, Turn},
    verification::Asked,
};
pub use self::{
    filing::{FilingError, Receipt},
    instant::{InstantAnswer, InstantDocument},
    limits::Limits,
    offer::CataloguePolicy,
    office::OfficeSettings,
    order::{DocumentOrder, IssuancePolicy, PetitionFacts, SourceData, SourceRequest},
    outside::NoRegister,
    questions::{QuestionLimit, TokenBuckets},
    randomness::{Randomness, SystemRandomness},
    running::ServiceStatus,
    tracking::{Holds, ProcessingStep, Stuck, Tracking},
    verification::VerificationError,
};
pub use crate::namespace::{ServiceClock, ServiceReadModels, ServiceStore};
use crate::{
    Namespace, PetitionService, ResultQuery,
    engine::{EngineBuilder, KeeperOptions},
};

/// A link to the register that documents are made from.
pub trait RegisterLink: AgencyLink<SourceRequest, Answer = SourceData> {}

impl<L: AgencyLink<SourceRequest, Answer = SourceData>> RegisterLink for L {}

/// Everything a petition service is made of, before it is started: a namespace and its read models,
/// and where there are, the documents that it issues and the way to petitioners.
///
/// Each namespace has a service of its own, with its own limits: trouble in one does not reach
/// another.
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
/// let settings = OfficeSettings::new("Jongno District Office".parse()?);
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
    engine: EngineBuilder<S, R, EventReader, T>,
    settings: OfficeSettings,
    policy: Arc<dyn IssuancePolicy>,
    register: Arc<dyn AnyRegister>,
    randomness: Arc<dyn Randomness>,
    question_limit: Arc<dyn QuestionLimit>,
    notifier: Option<Arc<dyn AnyNotifier>>,
    contacts: Arc<dyn AnyContacts>,
    phrasebook: Phrasebook,
    limits: Limits,
    keeper: KeeperOptions,
    petitions: Keep<S, R, T>,
}

/// Adds the views of petitions to the engine, and makes the questions to them: for the keeper, and for
/// everybody.
type Keep<S, R, T> = Box<
    dyn FnOnce(
            EngineBuilder<S, R, EventReader, T>,
            &Namespace<S, T>,
            R,
        ) -> (EngineBuilder<S, R, EventReader, T>, [ResultQuery<R, T>; 2])
        + Send,
>;

impl<S, R, T> PetitionServiceBuilder<S, R, T>
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    /// Begins to put a service together that issues no documents and notifies nobody.
    pub fn new(namespace: Namespace<S, T>, read_models: R) -> Self {
        let (reader, events) = (namespace.reader(), namespace.petition_events());
        Self {
            engine: EngineBuilder::new(&namespace, read_models.clone(), reader, events),
            namespace,
            read_models,
            settings: OfficeSettings::default(),
            policy: Arc::new(NoDocuments),
            register: Arc::new(NoRegister),
            randomness: Arc::new(SystemRandomness),
            question_limit: Arc::new(TokenBuckets::default()),
            notifier: None,
            contacts: Arc::new(NoContacts),
            phrasebook: Phrasebook::of(Language::default()),
            limits: Limits::default(),
            keeper: KeeperOptions::default(),
            petitions: keep_petitions(Versions::of(PetitionViews::default())),
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

    /// The source of what makes verification numbers impossible to guess. Default: the operating
    /// system's, [`SystemRandomness`].
    pub fn randomness(mut self, source: impl Randomness) -> Self {
        self.randomness = Arc::new(source);
        self
    }

    /// How often somebody may ask about documents by number, in a [session] or of the [results].
    /// Default: what [`TokenBuckets`] says of itself, in each process.
    ///
    /// [session]: crate::Session::verify_document
    /// [results]: ResultQuery::document
    pub fn question_limit(mut self, limit: impl QuestionLimit) -> Self {
        self.question_limit = Arc::new(limit);
        self
    }

    /// The way to petitioners. Default: they are not notified.
    pub fn notifying(mut self, notifier: impl Notifier) -> Self {
        self.notifier = Some(Arc::new(notifier));
        self
    }

    /// Whom petitioners can ask: every notice names the contact of the officer in charge (D31), beside
    /// its fields and in its text. While it does not answer, notices wait, as they do for a notifier
    /// that is away. Default: notices name none.
    pub fn contacts(mut self, contacts: impl Contacts) -> Self {
        self.contacts = Arc::new(contacts);
        self
    }

    /// The texts that notices are made from: the language, and templates of the office's own by
    /// [`Phrasebook::with_texts`], which says at once what is wrong with them. Default: the library's, in
    /// Korean.
    pub fn notices_in(mut self, phrasebook: Phrasebook) -> Self {
        self.phrasebook = phrasebook;
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
        self.petitions = keep_petitions(versions);
        self
    }

    /// How many calls are under way and waiting, and how long they have at the end.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Settings of the [engine](crate::engine::EngineBuilder) that it runs on, and more projections
    /// and reactors beside those of petitions.
    ///
    /// ```
    /// # #[cfg(feature = "memory")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// # use minwon::{Namespace, PetitionService, ReadModels, Store, SystemClock};
    /// # let store = Store::open(&"memory:".parse()?)?;
    /// # let read_models = ReadModels::beside(&store);
    /// # let general = Namespace::new("general".parse()?, store, SystemClock);
    /// use std::time::Duration;
    ///
    /// let service = PetitionService::builder(general, read_models)
    ///     .engine(|engine| engine.pause_max(Duration::from_secs(30)))
    ///     .start();
    /// # drop(service);
    /// # Ok(())
    /// # })
    /// # }
    /// # #[cfg(not(feature = "memory"))]
    /// # fn main() {}
    /// ```
    pub fn engine(
        mut self,
        set: impl FnOnce(EngineBuilder<S, R, EventReader, T>) -> EngineBuilder<S, R, EventReader, T>,
    ) -> Self {
        self.engine = set(self.engine);
        self
    }

    /// How often what falls due is looked for.
    pub fn keeper_options(mut self, options: KeeperOptions) -> Self {
        self.keeper = options;
        self
    }

    /// Starts everything. Needs a tokio runtime.
    #[must_use]
    pub fn start(self) -> PetitionService<S, R, T> {
        let (namespace, read_models) = (self.namespace, self.read_models);
        let office = Arc::new(Office {
            namespace: namespace.clone(),
            policy: self.policy,
            register: self.register,
            randomness: self.randomness,
            settings: self.settings,
            under_way: UnderWay::default(),
        });
        let notices = Notices {
            office: Arc::clone(&office),
            notifier: self.notifier,
            contacts: self.contacts,
            phrasebook: self.phrasebook,
        };
        let (engine, [petitions, results]) = (self.petitions)(self.engine, &namespace, read_models);
        let engine = engine
            .limits(self.limits)
            .react(IssuanceReactor::default(), Arc::clone(&office))
            .react(CompletionReactor::default(), Arc::clone(&office))
            .react(CompensationReactor::default(), Arc::clone(&office))
            .react(NotificationReactor::default(), notices)
            .keep_by(
                Deadlines(Arc::clone(&office)),
                petitions.into_reader(),
                self.keeper,
            )
            .start();
        let parts = Parts {
            results: results
                .woken_by(engine.projector())
                .limited_by(self.question_limit),
            engine,
        };
        PetitionService {
            office,
            parts: Arc::new(parts),
        }
    }
}

fn keep_petitions<S, R, T, V, E>(versions: Versions<V, E>) -> Keep<S, R, T>
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
    V: Projection<Event = (Category, PetitionEvent), View = PetitionView>,
    E: EarlierVersions<V>,
{
    Box::new(move |engine, namespace, read_models| {
        let ask = || namespace.results_of(read_models.clone(), &versions);
        let asked = [ask(), ask()];
        (engine.project_versions(versions), asked)
    })
}
