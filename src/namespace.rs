//! Where the parts are put together.

use std::{collections::BTreeSet, iter, num::NonZeroU32, sync::Arc};

use minwon_core::{
    Aggregate, CheckpointStore, CommandHandler, EventFilter, EventStore, ModelName, NameError,
    NamespaceName, Projection, ProjectionName, ReadModelAdmin, ReadModelStore, RecordedEvent,
    SnapshotPolicy, SnapshotStore, StoreError, StreamName, StreamVersion, Timer,
    dead_letter_category,
};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    Calendar, Category, EventReader, Issuance, IssuanceId, PetitionApplication, PetitionEvent,
    PetitionView, PetitionViews,
};
use minwon_projections::{
    EarlierVersions, Lag, LagError, LetterViews, ModelReader, ProjectorBuilder, Versions,
    measure_lag,
};

use crate::{SystemClock, results::ResultQuery};

#[cfg(any(feature = "memory", feature = "sqlite"))]
pub(crate) use crate::Store as DefaultStore;

/// There is no store in this build to be the default one.
#[cfg(not(any(feature = "memory", feature = "sqlite")))]
#[derive(Debug, Clone)]
pub enum DefaultStore {}

#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
pub(crate) use crate::ReadModels as DefaultReadModels;

/// There are no read models in this build to be the default ones.
#[cfg(not(any(feature = "memory", feature = "redis", feature = "sqlite")))]
#[derive(Debug, Clone)]
pub enum DefaultReadModels {}

/// Events of a stream that are read at a time.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(500).expect("not 0");

/// A store that a petition service keeps its events in. Whatever has these ports is one.
pub trait ServiceStore: EventStore + SnapshotStore + CheckpointStore + Clone + 'static {}

impl<S: EventStore + SnapshotStore + CheckpointStore + Clone + 'static> ServiceStore for S {}

/// Read models that a petition service answers from. Whatever has these ports is some.
pub trait ServiceReadModels: ReadModelStore + ReadModelAdmin + Clone + 'static {}

impl<R: ReadModelStore + ReadModelAdmin + Clone + 'static> ServiceReadModels for R {}

/// A clock that a petition service goes by. Whatever has this port, and can be cloned, is one.
pub trait ServiceClock: Timer + Clone + 'static {}

impl<T: Timer + Clone + 'static> ServiceClock for T {}

/// Carries out commands on petitions of one category.
pub type Applications<S, T = SystemClock> = CommandHandler<S, PetitionApplication, T, S>;

/// Carries out commands on issuances of one category.
pub type Issuances<S, T = SystemClock> = CommandHandler<S, Issuance, T, S>;

/// A namespace (general, car, building) with all that belongs to it: its store, the handlers of
/// both aggregates for every category, its projectors and the questions to its read models. Clones
/// share all of that.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # {
/// use minwon::{Namespace, Store, SystemClock, petitions::Calendar};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::open(&"memory:".parse()?)?;
/// let general = Namespace::new("general".parse()?, store, SystemClock)
///     .with_calendar(Calendar::published().clone());
/// let officer = general.as_actor("officer-7".parse()?, "back-office".parse()?);
/// # let _ = officer;
/// # Ok(())
/// # }
/// # main().unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct Namespace<S = DefaultStore, T = SystemClock>(Arc<Parts<S, T>>);

impl<S, T> Clone for Namespace<S, T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Parts<S, T> {
    name: NamespaceName,
    store: S,
    timer: T,
    snapshots: SnapshotPolicy,
    categories: Vec<Handlers<S, T>>,
}

#[derive(Debug)]
struct Handlers<S, T> {
    category: Category,
    applications: Applications<S, T>,
    issuances: Issuances<S, T>,
    application: PetitionApplication,
    issuance: Issuance,
}

impl<S, T> Namespace<S, T>
where
    S: EventStore + SnapshotStore + Clone,
    T: Timer + Clone,
{
    /// Puts a namespace together. Snapshots are kept beside the events, under the default
    /// [policy](Self::with_snapshots).
    pub fn new(name: NamespaceName, store: S, timer: T) -> Self {
        let categories = Category::BUILT_IN.iter().copied().collect();
        let application = PetitionApplication::new(Category::General);
        let snapshots = SnapshotPolicy::default();
        Self::of((name, store, timer), snapshots, categories, &application)
    }

    /// The same namespace with petitions of these categories as well, for example those of a
    /// [file of petition types](minwon_petitions::PetitionCatalogue::categories). Default: those that
    /// [come with the library](Category::BUILT_IN). Once it has petitions of a category, it is always
    /// given that category: events of others are followed by nobody.
    ///
    /// ```
    /// # #[cfg(feature = "memory")]
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use minwon::{Namespace, Store, SystemClock, petitions::Category};
    /// const PASSPORT: Category = Category::new("Passport");
    /// let store = Store::open(&"memory:".parse()?)?;
    /// let general = Namespace::new("general".parse()?, store, SystemClock).with_categories([PASSPORT]);
    /// let stream = general.application_stream(PASSPORT, &"2026-000123".parse()?);
    /// assert_eq!(stream.as_str(), "general_PassportApplication-2026-000123");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "memory"))]
    /// # fn main() {}
    /// ```
    #[must_use]
    pub fn with_categories(self, categories: impl IntoIterator<Item = Category>) -> Self {
        let all = self.categories().chain(categories).collect();
        Self::of(
            self.ports(),
            self.snapshot_policy(),
            all,
            self.application(),
        )
    }

    /// The same namespace with another calendar than the published one: for a holiday that was
    /// designated later. Dues that stand are moved by
    /// [`RecalculateDeadline`](minwon_petitions::application::RecalculateDeadline), petition by
    /// petition.
    #[must_use]
    pub fn with_calendar(self, calendar: impl Into<Arc<Calendar>>) -> Self {
        self.deciding_as(self.application().clone().with_calendar(calendar))
    }

    /// The same namespace with another least period for a supplement, which its office finds
    /// reasonable (A22①). Unit: working days. Default:
    /// [`SUPPLEMENT_DAYS_MIN`](minwon_petitions::application::SUPPLEMENT_DAYS_MIN).
    #[must_use]
    pub fn with_supplement_days_min(self, days: u32) -> Self {
        self.deciding_as(self.application().clone().with_supplement_days_min(days))
    }

    fn deciding_as(&self, application: PetitionApplication) -> Self {
        let categories = self.categories().collect();
        Self::of(
            self.ports(),
            self.snapshot_policy(),
            categories,
            &application,
        )
    }

    /// The same namespace with another policy for snapshots: one with a
    /// [key](minwon_core::SnapshotKey) of the team's, so that programs believe each other's, also those of
    /// open dead letters, which are of use to another process alone. Default: each process believes its
    /// own.
    #[must_use]
    pub fn with_snapshots(self, snapshots: SnapshotPolicy) -> Self {
        let categories = self.categories().collect();
        Self::of(self.ports(), snapshots, categories, self.application())
    }

    fn ports(&self) -> (NamespaceName, S, T) {
        let (name, store) = (self.name().clone(), self.store().clone());
        (name, store, self.timer().clone())
    }

    pub(crate) fn snapshot_policy(&self) -> SnapshotPolicy {
        self.0.snapshots
    }

    fn of(
        (name, store, timer): (NamespaceName, S, T),
        snapshots: SnapshotPolicy,
        categories: BTreeSet<Category>,
        like: &PetitionApplication,
    ) -> Self {
        let handlers = |category: Category| {
            let application = PetitionApplication::new(category)
                .with_calendar(Arc::clone(like.calendar()))
                .with_supplement_days_min(like.supplement_days_min());
            Handlers::new(application, (&store, &timer), snapshots)
        };
        let categories = categories.into_iter().map(handlers).collect();
        Self(Arc::new(Parts {
            name,
            store,
            timer,
            snapshots,
            categories,
        }))
    }

    /// The categories that its petitions may be of.
    pub fn categories(&self) -> impl Iterator<Item = Category> {
        self.0.categories.iter().map(|handlers| handlers.category)
    }

    /// A decider with the settings of all of them.
    fn application(&self) -> &PetitionApplication {
        &self.0.categories[0].application
    }

    /// Reads the events of its petitions and issuances.
    #[must_use]
    pub fn reader(&self) -> EventReader {
        EventReader::of(self.categories())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &NamespaceName {
        &self.0.name
    }

    /// The calendar that its dues are counted by.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        self.application().calendar()
    }

    /// Its store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.0.store
    }

    /// Its clock.
    #[must_use]
    pub fn timer(&self) -> &T {
        &self.0.timer
    }

    /// All its events and no others.
    #[must_use]
    pub fn events(&self) -> EventFilter {
        EventFilter::namespace(self.name().clone())
    }

    /// Its events of petitions and issuances, and no others: what the read models are folded from.
    #[must_use]
    pub fn petition_events(&self) -> EventFilter {
        let categories = self.0.categories.iter().flat_map(|handlers| {
            let Handlers {
                application,
                issuance,
                ..
            } = handlers;
            [application.category(), issuance.category()].map(Clone::clone)
        });
        EventFilter::categories(self.name().clone(), categories)
    }

    /// The name of the read model that [`projector`](Self::projector) keeps and
    /// [`results`](Self::results) asks.
    #[must_use]
    pub fn model(&self) -> ModelName {
        ModelName {
            namespace: self.name().clone(),
            projection: PetitionViews::default().name().clone(),
        }
    }

    /// A projector that keeps [`PetitionViews`] up to date, once it is started. More projections
    /// may be added.
    pub fn projector<R>(&self, read_models: R) -> ProjectorBuilder<S, R, EventReader, T>
    where
        S: 'static,
        R: ReadModelStore + ReadModelAdmin + 'static,
        T: 'static,
    {
        self.projector_of(read_models)
            .project(PetitionViews::default())
    }

    /// A projector of this namespace without a projection: to rebuild, or for projections of
    /// one's own.
    pub fn projector_of<R>(&self, read_models: R) -> ProjectorBuilder<S, R, EventReader, T>
    where
        S: 'static,
        R: ReadModelStore + ReadModelAdmin + 'static,
        T: 'static,
    {
        let (name, store) = (self.name().clone(), self.store().clone());
        let timer = self.timer().clone();
        ProjectorBuilder::new(name, store, read_models, self.reader(), timer)
            .filter(self.petition_events())
    }

    /// Asks the read model that [`projector`](Self::projector) keeps. A reader remembers how far
    /// it has seen each slice, so one is kept and not made for every question.
    pub fn results<R>(&self, read_models: R) -> ResultQuery<R, T>
    where
        R: ReadModelStore + ReadModelAdmin,
        S: 'static,
        T: 'static,
    {
        self.results_of(read_models, &Versions::of(PetitionViews::default()))
    }

    /// As [`results`](Self::results), of views in the versions that a program understands: whichever
    /// answers is asked.
    pub fn results_of<R, V, E>(
        &self,
        read_models: R,
        versions: &Versions<V, E>,
    ) -> ResultQuery<R, T>
    where
        R: ReadModelStore + ReadModelAdmin,
        S: 'static,
        T: 'static,
        V: Projection<Event = (Category, PetitionEvent), View = PetitionView>,
        E: EarlierVersions<V>,
    {
        let (name, timer) = (self.name().clone(), self.timer().clone());
        let reader = ModelReader::of_versions(name, versions, read_models, timer);
        ResultQuery::new(
            reader,
            Arc::clone(self.application().calendar()),
            Arc::new(self.clone()),
        )
    }

    /// The handler for petitions of this category. Where the namespace has no such category, one that
    /// refuses its streams, with [`TransactError::WrongCategory`](minwon_core::TransactError::WrongCategory).
    #[must_use]
    pub fn applications(&self, category: Category) -> &Applications<S, T> {
        &self.handlers(category).applications
    }

    /// The handler for issuances of this category; as [`applications`](Self::applications).
    #[must_use]
    pub fn issuances(&self, category: Category) -> &Issuances<S, T> {
        &self.handlers(category).issuances
    }

    /// The stream of a petition.
    #[must_use]
    pub fn application_stream(&self, category: Category, petition: &PetitionId) -> StreamName {
        match self.find(category) {
            Some(handlers) => handlers.application.stream(self.name(), petition),
            None => PetitionApplication::new(category).stream(self.name(), petition),
        }
    }

    /// The stream of an issuance.
    ///
    /// # Errors
    /// [`NameError`] where the petition's id leaves no room for the number of the attempt.
    pub fn issuance_stream(
        &self,
        category: Category,
        issuance: &IssuanceId,
    ) -> Result<StreamName, NameError> {
        match self.find(category) {
            Some(handlers) => handlers.issuance.stream(self.name(), issuance),
            None => Issuance::new(category).stream(self.name(), issuance),
        }
    }

    /// Reads the events of a petition and of its documents, in the order of the log: two short streams
    /// or more for each category. Of a petition that is not there it reads none.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn log_of(&self, petition: &PetitionId) -> Result<Vec<RecordedEvent>, StoreError> {
        let mut events = Vec::new();
        for category in self.categories() {
            let stream = self.application_stream(category, petition);
            self.read_stream(&stream, &mut events).await?;
            let mut attempt = IssuanceId::first(petition);
            // An id that leaves no room for the number of an attempt has none.
            while let Ok(stream) = self.issuance_stream(category, &attempt) {
                if !self.read_stream(&stream, &mut events).await? {
                    break;
                }
                attempt = attempt.next();
            }
        }
        events.sort_by_key(|event| event.position);
        Ok(events)
    }

    /// Measures how far the read models of a service are behind the log: of petitions, of dead letters, and
    /// those of petitions' events with these names. None where one was never built.
    ///
    /// # Errors
    /// [`LagError`]: of a read model that was never built it is none.
    pub async fn lags<R>(
        &self,
        read_models: &R,
        more: &[ProjectionName],
    ) -> Result<Vec<(ProjectionName, Option<Lag>)>, LagError>
    where
        R: ReadModelStore + ReadModelAdmin,
    {
        let (events, letters) = (self.petition_events(), LetterViews::<()>::default());
        let petitions = PetitionViews::default().name().clone();
        let models = iter::once(&petitions).chain(more);
        let models = models.map(|name| (name.clone(), events.clone()));
        let of_letters = events.clone().and_category(dead_letter_category());
        let letters = (letters.name().clone(), of_letters);
        let mut lags = Vec::new();
        for (projection, events) in models.chain([letters]) {
            let model = ModelName {
                namespace: self.name().clone(),
                projection: projection.clone(),
            };
            let lag = measure_lag(self.store(), read_models, &model, &events, self.timer()).await;
            let lag = match lag {
                Err(LagError::NeverBuilt { .. }) => None,
                lag => Some(lag?),
            };
            lags.push((projection, lag));
        }
        Ok(lags)
    }

    /// Adds the events of a stream; whether there are any.
    async fn read_stream(
        &self,
        stream: &StreamName,
        events: &mut Vec<RecordedEvent>,
    ) -> Result<bool, StoreError> {
        let (before, mut from) = (events.len(), StreamVersion::FIRST);
        loop {
            let page = self.store().read_stream(stream, from, PAGE_EVENTS).await?;
            events.extend(page.events);
            match events[before..].last() {
                Some(last) if !page.is_end => from = last.version.next(),
                last => return Ok(last.is_some()),
            }
        }
    }

    fn handlers(&self, category: Category) -> &Handlers<S, T> {
        self.find(category).unwrap_or(&self.0.categories[0])
    }

    fn find(&self, category: Category) -> Option<&Handlers<S, T>> {
        let mut handlers = self.0.categories.iter();
        handlers.find(|handlers| handlers.category == category)
    }
}

impl<S, T> Handlers<S, T>
where
    S: EventStore + SnapshotStore + Clone,
    T: Timer + Clone,
{
    fn new(
        application: PetitionApplication,
        (store, timer): (&S, &T),
        policy: SnapshotPolicy,
    ) -> Self {
        let category = application.petition_category();
        let issuance = Issuance::new(category);
        Self {
            category,
            applications: CommandHandler::new(store.clone(), application.clone(), timer.clone())
                .snapshots(store.clone(), policy),
            issuances: CommandHandler::new(store.clone(), issuance.clone(), timer.clone())
                .snapshots(store.clone(), policy),
            application,
            issuance,
        }
    }
}
