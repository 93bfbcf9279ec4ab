//! A petition service while it runs.

use std::{ops::Deref, sync::Arc};

use minwon_core::{
    ProjectionName,
    metrics::{self, LIMIT_HITS},
};
use minwon_projections::{Lag, LagError, ProjectorStatus, ReactorStatus};

use super::{PetitionServiceBuilder, Turn, limits::Refused, office::Office};
use crate::{
    Namespace, ResultQuery, SystemClock,
    engine::{Engine, KeeperStatus},
    namespace::{DefaultReadModels, DefaultStore, ServiceClock, ServiceReadModels, ServiceStore},
};

/// A namespace at work. Its projector keeps the read models, its reactors carry petitions from
/// step to step, its keeper gives the commands that fall due; all of them may run in several
/// processes at once, and none of them loses anything by being killed.
///
/// It is the [`Engine`] that it runs on, and has what that has: [`health`](Engine::health), the
/// [letters](Engine::letters) that could not be handled, [`settled`](Engine::settled),
/// [`stop`](Engine::stop).
///
/// Clones share it, and so do the [sessions](crate::Session) made of it: a server keeps one in its
/// state. Dropping the last one aborts all of that, which is safe at any moment.
pub struct PetitionService<S = DefaultStore, R = DefaultReadModels, T = SystemClock> {
    pub(super) office: Arc<Office<S, T>>,
    pub(super) parts: Arc<Parts<S, R, T>>,
}

impl<S, R, T> Clone for PetitionService<S, R, T> {
    fn clone(&self) -> Self {
        Self {
            office: Arc::clone(&self.office),
            parts: Arc::clone(&self.parts),
        }
    }
}

// Whoever serves petitions looks after an engine all day; a method of each name here would only hand on.
impl<S, R, T> Deref for PetitionService<S, R, T> {
    type Target = Engine<S, R, T>;

    fn deref(&self) -> &Engine<S, R, T> {
        &self.parts.engine
    }
}

pub(super) struct Parts<S, R, T> {
    pub(super) engine: Engine<S, R, T>,
    pub(super) results: ResultQuery<R, T>,
}

/// The status of the parts of a service, in detail. Serialises as it is.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ServiceStatus {
    /// The projector.
    pub projector: ProjectorStatus,
    /// The reactors.
    pub reactors: Vec<ReactorStatus>,
    /// The keeper of deadlines.
    pub keeper: KeeperStatus,
}

impl<S: ServiceStore, R: ServiceReadModels, T: ServiceClock> PetitionService<S, R, T> {
    /// Begins to put a service together; as [`PetitionServiceBuilder::new`].
    pub fn builder(namespace: Namespace<S, T>, read_models: R) -> PetitionServiceBuilder<S, R, T> {
        PetitionServiceBuilder::new(namespace, read_models)
    }

    /// Waits for a turn, within the limits.
    pub(crate) async fn enter(&self) -> Result<Turn, Refused> {
        let turn = self.gate().enter().await;
        if let Err(Refused::Overloaded) = turn {
            let namespace = self.namespace().name().as_str();
            let labels = [("namespace", namespace), ("limit", "calls")];
            metrics::count(&LIMIT_HITS, &labels, 1);
        }
        turn
    }

    pub(crate) fn office(&self) -> &Office<S, T> {
        &self.office
    }

    /// The namespace.
    pub fn namespace(&self) -> &Namespace<S, T> {
        &self.office.namespace
    }

    /// The questions to its read models.
    pub fn results(&self) -> &ResultQuery<R, T> {
        &self.parts.results
    }

    /// Measures how far its read models are behind the log; see [`Namespace::lags`].
    ///
    /// # Errors
    /// [`LagError`].
    pub async fn lags(
        &self,
        more: &[ProjectionName],
    ) -> Result<Vec<(ProjectionName, Option<Lag>)>, LagError> {
        let read_models = self.parts.engine.read_models();
        self.namespace().lags(read_models, more).await
    }

    /// Returns the status of its parts, in detail.
    pub fn status(&self) -> ServiceStatus {
        let engine = &self.parts.engine;
        let reactors = engine.reactors().iter();
        ServiceStatus {
            projector: engine.projector().status().borrow().clone(),
            reactors: reactors.map(|it| it.status().borrow().clone()).collect(),
            keeper: engine.keepers()[0].status(),
        }
    }
}
