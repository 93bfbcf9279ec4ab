//! A petition service while it runs.

use std::{path::PathBuf, sync::Arc};

use minwon_core::GlobalPosition;
use minwon_projections::{
    DeadLetters, Health, LetterReader, PartHealth, ProjectorStatus, ReactorStatus,
};

use super::{PetitionServiceBuilder, Turn, limits::Gate, office::Office};
use crate::{
    Namespace, ResultQuery, SystemClock,
    engine::{Engine, EngineError, KeeperStatus},
    namespace::{DefaultReadModels, DefaultStore, ServiceClock, ServiceReadModels, ServiceStore},
};

/// A namespace at work. Its projector keeps the read models, its reactors carry petitions from
/// step to step, its keeper gives the commands that fall due; all of them may run in several
/// processes at once, and none of them loses anything by being killed.
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

pub(super) struct Parts<S, R, T> {
    pub(super) engine: Engine<S, R, T>,
    pub(super) gate: Gate,
    pub(super) results: ResultQuery<R, T>,
}

/// How the parts of a service are.
#[derive(Debug, Clone)]
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
    pub(crate) async fn enter(&self) -> Option<Turn> {
        self.parts.gate.enter().await
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

    /// The questions to the read model of what could not be handled: each costs what it is answered
    /// with, however many letters there are. To decide about letters, see
    /// [`dead_letters`](Self::dead_letters).
    pub fn letters(&self) -> &LetterReader<R, T> {
        self.parts.engine.letters()
    }

    /// Returns the events that could not be handled, as the queues hold them, and the decisions
    /// about them.
    pub fn dead_letters(&self) -> &DeadLetters<S, T> {
        self.parts.engine.dead_letters()
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

    /// Returns the state of its parts, why one waits or has stopped, and what an operator can do
    /// about it. Asks no store: it only looks at what the parts last reported.
    pub fn health(&self) -> Health {
        self.parts.engine.health()
    }

    /// Waits until the read models show everything up to `position`, and every reactor has handled
    /// it or put it aside.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], with the part and why.
    pub async fn reached(&self, position: GlobalPosition) -> Result<(), EngineError> {
        self.parts.engine.reached(position).await
    }

    /// Waits until nothing follows any more from what has happened so far: every reactor has
    /// handled all events of the namespace, their own events included. It waits neither for
    /// deadlines that fall due later nor for events that others write to the same store. Returns a
    /// position up to which all is handled.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn settled(&self) -> Result<GlobalPosition, EngineError> {
        self.parts.engine.settled().await
    }

    /// Where it listens for [operators](crate::operator); none where it does not.
    pub fn operator_socket(&self) -> Option<PathBuf> {
        self.parts.engine.operator_socket()
    }

    /// Finishes the work in hand, and stops: the keeper and the reactors first, then the projector.
    /// Work that takes too long is dropped, which loses nothing: see
    /// [`ReactorOptions::stop_time_max`](minwon_projections::ReactorOptions::stop_time_max) and
    /// [`ProjectorOptions::stop_time_max`](minwon_projections::ProjectorOptions::stop_time_max).
    /// Returns how each part ended; one that had stopped by itself before says why.
    ///
    /// It stops for all who share it, however often it is called and whatever clones are left. A
    /// command given later is still carried out; its consequences are carried out where the service
    /// is started again.
    pub async fn stop(&self) -> Vec<PartHealth> {
        self.parts.engine.stop().await
    }
}
