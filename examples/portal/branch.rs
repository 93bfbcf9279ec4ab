//! A branch of the portal: one namespace with its own store, service and office.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use minwon::{
    Clock, ListPart, Namespace, PetitionService, ReadModels, Store, StoreUrl,
    engine::{EventFilter, KeeperOptions, ProjectorOptions, ReactorOptions},
    petitions::{Category, PetitionCatalogue, PetitionViews},
    service::{Limits, OfficeSettings},
};

use crate::{
    clock::DayClock,
    fees::FeeTable,
    outside::{Mail, Register},
    read_models,
    shared::{Failure, while_doing},
    stores::Stores,
};

/// Events and read models share a file, and so its syncs. The steps of a petition follow so
/// closely on each other that most of its views are written once or twice instead of eight times.
const COMMITS_WAIT: Duration = Duration::from_millis(50);

/// How often the example looks whether something has come to rest.
const LOOK_WAIT: Duration = Duration::from_millis(10);

/// After so long something that should come to rest never will.
const REST_WAIT_MAX: Duration = Duration::from_secs(600);

pub(crate) type Service = PetitionService<Store, ReadModels, DayClock>;

pub(crate) struct Branch {
    /// Where its store is.
    pub(crate) url: StoreUrl,
    /// The description of its read models for whoever runs the example.
    pub(crate) read_models: &'static str,
    pub(crate) service: Service,
}

/// The systems and settings that the branches share.
pub(crate) struct Outside {
    pub(crate) clock: DayClock,
    pub(crate) catalogue: PetitionCatalogue,
    pub(crate) fees: FeeTable,
    pub(crate) register: Arc<Register>,
    pub(crate) mail: Arc<Mail>,
}

impl Branch {
    /// Opens the store of a category and starts its service, which as many may wait for as are at
    /// work.
    pub(crate) async fn open(
        category: Category,
        stores: &Stores,
        redis: Option<&str>,
        outside: &Outside,
        at_work_max: u16,
    ) -> Result<Self, Failure> {
        let own = stores.namespace(category)?;
        let (url, store) = stores.of(&own)?;
        let models = read_models::open(redis, &store).await?;
        let kept = read_models::place(&models);
        let namespace = Namespace::new(own, store, outside.clock.clone());
        let service = PetitionService::builder(namespace, models)
            .issuing(
                settings()?,
                outside.fees.clone(),
                Arc::clone(&outside.register),
            )
            .notifying(Arc::clone(&outside.mail))
            .limits(Limits::default().waiting_calls_max(at_work_max.into()))
            .engine(|engine| {
                let engine = engine.projector_options(projector_options());
                engine.reactor_options(reactor_options())
            })
            .keeper_options(KeeperOptions::default().look_wait(LOOK_WAIT))
            .start();
        Ok(Self {
            url,
            read_models: kept,
            service,
        })
    }

    pub(crate) fn namespace(&self) -> &Namespace<Store, DayClock> {
        self.service.namespace()
    }

    pub(crate) fn store(&self) -> &Store {
        self.namespace().store()
    }

    pub(crate) fn events(&self) -> EventFilter {
        self.namespace().events()
    }

    /// Waits until nothing follows any more from what has happened, registers that are asked again
    /// included, and the read models show all of it.
    pub(crate) async fn rested(&self) -> Result<(), Failure> {
        let doing = format!(
            "the branch {} does not come to rest",
            self.namespace().name()
        );
        let rested = tokio::time::timeout(REST_WAIT_MAX, self.rest()).await;
        rested.map_err(while_doing(doing))?
    }

    async fn rest(&self) -> Result<(), Failure> {
        loop {
            let handled = self.service.settled().await?;
            let is_due = self.is_something_due().await?;
            if !is_due && self.service.settled().await? == handled {
                return Ok(());
            }
            tokio::time::sleep(LOOK_WAIT).await;
        }
    }

    /// Returns whether a deadline is due, or about to be: what machines wait for is short, what
    /// people wait for is long.
    async fn is_something_due(&self) -> Result<bool, Failure> {
        let first = ListPart::first(NonZeroU32::MIN);
        let petitions = self.service.results().reader();
        let pending = petitions.list(&PetitionViews::pending(), &first).await?;
        let soon = self
            .namespace()
            .timer()
            .now()
            .saturating_add(Duration::from_secs(10));
        let mut deadlines = pending
            .value
            .views
            .iter()
            .flat_map(|(_, view)| view.pending());
        Ok(deadlines.any(|deadline| deadline.at <= soon))
    }
}

fn projector_options() -> ProjectorOptions {
    ProjectorOptions::default().commits_wait(COMMITS_WAIT)
}

/// A day passes in seconds, and so do the waits of machines.
fn settings() -> Result<OfficeSettings, Failure> {
    let agency = "Jongno District Office".parse()?;
    let attempts = NonZeroU32::new(3).expect("not 0");
    let (first, longest) = (Duration::from_millis(10), Duration::from_millis(40));
    Ok(OfficeSettings::new(agency)
        .source_attempts_max(attempts)
        .source_waits(first, longest))
}

fn reactor_options() -> ReactorOptions {
    let (first, longest) = (Duration::from_millis(5), Duration::from_millis(20));
    ReactorOptions::default().retry_pauses(first, longest)
}
