//! Where the parts are put together.

use minwon_core::{
    CommandHandler, EventFilter, EventStore, NameError, NamespaceName, PetitionId, SnapshotPolicy,
    SnapshotStore, StreamName, Timer,
};
use minwon_petitions::{Category, Issuance, IssuanceId, PetitionApplication};

use crate::SystemClock;

/// Carries out commands on petitions of one category.
pub type Applications<S, T = SystemClock> = CommandHandler<S, PetitionApplication, T, S>;

/// Carries out commands on issuances of one category.
pub type Issuances<S, T = SystemClock> = CommandHandler<S, Issuance, T, S>;

/// A namespace (general, car, building) with all that belongs to it: its store, and the handlers
/// of both aggregates for every category.
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
        let handlers = |category: &Category| Handlers::new(*category, &store, &timer);
        let categories = Category::ALL.iter().map(handlers).collect();
        Self {
            name,
            store,
            categories,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &NamespaceName {
        &self.name
    }

    /// Its store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// All its events and no others.
    #[must_use]
    pub fn events(&self) -> EventFilter {
        EventFilter::namespace(self.name.clone())
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
    fn new(category: Category, store: &S, timer: &T) -> Self {
        let (application, issuance) = (PetitionApplication::new(category), Issuance::new(category));
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
