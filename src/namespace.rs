//! Where the parts are put together.

use std::sync::Arc;

use minwon_core::{
    ActorId, Aggregate, CommandHandler, EventFilter, EventStore, ModelName, NameError,
    NamespaceName, PetitionId, Projection, ReadModelAdmin, ReadModelStore, ServiceName,
    SnapshotPolicy, SnapshotStore, StreamName, Timer,
};
use minwon_petitions::{
    Calendar, Category, EventReader, Issuance, IssuanceId, PetitionApplication, PetitionEvent,
    PetitionView, PetitionViews,
};
use minwon_projections::{EarlierVersions, ModelReader, ProjectorBuilder, Versions};

use crate::{Session, SystemClock, results::ResultQuery};

/// Carries out commands on petitions of one category.
pub type Applications<S, T = SystemClock> = CommandHandler<S, PetitionApplication, T, S>;

/// Carries out commands on issuances of one category.
pub type Issuances<S, T = SystemClock> = CommandHandler<S, Issuance, T, S>;

/// A namespace (general, car, building) with all that belongs to it: its store, the handlers of
/// both aggregates for every category, its projectors and the questions to its read models.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # {
/// use minwon::{Namespace, NamespaceName, Store, SystemClock, petitions::Category};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::open(&"memory:".parse()?)?;
/// let general = Namespace::new(NamespaceName::new("general")?, store, SystemClock);
/// let applications = general.applications(Category::General);
/// # let _ = applications;
/// # Ok(())
/// # }
/// # main().unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct Namespace<S, T = SystemClock> {
    name: NamespaceName,
    store: S,
    timer: T,
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
    /// Puts a namespace together. Snapshots are kept beside the events, under the default policy.
    pub fn new(name: NamespaceName, store: S, timer: T) -> Self {
        Self::of(name, store, timer, PetitionApplication::new)
    }

    /// The same namespace with another calendar than the published one: for a holiday that was
    /// designated later. Dues that stand are moved by
    /// [`RecalculateDeadline`](minwon_petitions::application::RecalculateDeadline), petition by
    /// petition.
    #[must_use]
    pub fn with_calendar(self, calendar: impl Into<Arc<Calendar>>) -> Self {
        let calendar = calendar.into();
        Self::of(self.name, self.store, self.timer, |category| {
            PetitionApplication::new(category).with_calendar(Arc::clone(&calendar))
        })
    }

    fn of(
        name: NamespaceName,
        store: S,
        timer: T,
        application: impl Fn(Category) -> PetitionApplication,
    ) -> Self {
        let handlers = |&category: &Category| Handlers::new(application(category), &store, &timer);
        let categories = Category::ALL.iter().map(handlers).collect();
        Self {
            name,
            store,
            timer,
            categories,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &NamespaceName {
        &self.name
    }

    /// The namespace in the hands of somebody who works on petitions, through the service `source`,
    /// without limits. What follows from the commands is done where a
    /// [`PetitionService`](crate::PetitionService) runs.
    #[must_use]
    pub fn as_actor(&self, actor: ActorId, source: ServiceName) -> Session<'_, Self> {
        Session::new(self, actor, source)
    }

    /// Its store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Its clock.
    #[must_use]
    pub fn timer(&self) -> &T {
        &self.timer
    }

    /// All its events and no others.
    #[must_use]
    pub fn events(&self) -> EventFilter {
        EventFilter::namespace(self.name.clone())
    }

    /// Its events of petitions and issuances, and no others: what the read models are folded from.
    #[must_use]
    pub fn petition_events(&self) -> EventFilter {
        let categories = self.categories.iter().flat_map(|handlers| {
            let Handlers {
                application,
                issuance,
                ..
            } = handlers;
            [application.category(), issuance.category()].map(Clone::clone)
        });
        EventFilter::categories(self.name.clone(), categories)
    }

    /// What the read model is called that [`projector`](Self::projector) keeps and
    /// [`results`](Self::results) asks.
    #[must_use]
    pub fn model(&self) -> ModelName {
        ModelName {
            namespace: self.name.clone(),
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
        let (name, store, timer) = (self.name.clone(), self.store.clone(), self.timer.clone());
        ProjectorBuilder::new(name, store, read_models, EventReader::default(), timer)
            .filter(self.petition_events())
    }

    /// Asks the read model that [`projector`](Self::projector) keeps. A reader remembers how far
    /// it has seen each slice, so one is kept and not made for every question.
    pub fn results<R>(&self, read_models: R) -> ResultQuery<R, T>
    where
        R: ReadModelStore + ReadModelAdmin,
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
        V: Projection<Event = (Category, PetitionEvent), View = PetitionView>,
        E: EarlierVersions<V>,
    {
        let (name, timer) = (self.name.clone(), self.timer.clone());
        let reader = ModelReader::of_versions(name, versions, read_models, timer);
        let calendar = self.handlers(Category::General).application.calendar();
        ResultQuery::new(reader, Arc::clone(calendar))
    }

    /// The handler for petitions of this category.
    #[must_use]
    pub fn applications(&self, category: Category) -> &Applications<S, T> {
        &self.handlers(category).applications
    }

    /// The handler for issuances of this category.
    #[must_use]
    pub fn issuances(&self, category: Category) -> &Issuances<S, T> {
        &self.handlers(category).issuances
    }

    /// The stream of a petition.
    #[must_use]
    pub fn application_stream(&self, category: Category, petition: &PetitionId) -> StreamName {
        self.handlers(category)
            .application
            .stream(&self.name, petition)
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
        self.handlers(category)
            .issuance
            .stream(&self.name, issuance)
    }

    fn handlers(&self, category: Category) -> &Handlers<S, T> {
        let found = self
            .categories
            .iter()
            .find(|handlers| handlers.category == category);
        found.expect("there are handlers for every category")
    }
}

impl<S, T> Handlers<S, T>
where
    S: EventStore + SnapshotStore + Clone,
    T: Timer + Clone,
{
    fn new(application: PetitionApplication, store: &S, timer: &T) -> Self {
        let category = application.petition_category();
        let issuance = Issuance::new(category);
        let policy = SnapshotPolicy::default();
        Self {
            category,
            applications: CommandHandler::builder(
                store.clone(),
                application.clone(),
                timer.clone(),
            )
            .snapshots(store.clone(), policy)
            .build(),
            issuances: CommandHandler::builder(store.clone(), issuance.clone(), timer.clone())
                .snapshots(store.clone(), policy)
                .build(),
            application,
            issuance,
        }
    }
}
