//! A petition service while it runs.

use std::sync::Arc;

use minwon_core::{
    CheckpointStore, EventStore, GlobalPosition, ReadModelAdmin, ReadModelStore, SnapshotStore,
    StoreError, Timer,
};
use minwon_petitions::application::Receive;
use minwon_projections::{DeadLetters, Projector, ProjectorStatus, ReactorStatus, RunningReactor};

use super::{
    RegisterLink,
    deadlines::RunningKeeper,
    instant::{Filing, FilingError, InstantAnswer, Receipt},
    limits::Gate,
    office::Office,
    order::IssuancePolicy,
    verification::{Verification, VerificationError},
};
use crate::{DocumentResult, Namespace, ResultQuery};

/// A namespace at work. Its projector keeps the read models, its reactors carry petitions from
/// step to step, its keeper gives the commands that fall due; all of them may run in several
/// processes at once, and none of them loses anything by being killed.
///
/// Dropping it aborts all of that, which is safe at any moment.
pub struct PetitionService<S, R, T, P, L> {
    pub(super) office: Arc<Office<S, T, P, L>>,
    pub(super) parts: Parts<S, R, T>,
}

pub(super) struct Parts<S, R, T> {
    pub(super) gate: Gate,
    pub(super) results: ResultQuery<R, T>,
    pub(super) dead_letters: DeadLetters<S, T>,
    pub(super) projector: Projector,
    pub(super) reactors: Vec<RunningReactor>,
    pub(super) keeper: RunningKeeper,
}

/// What the parts of a service tell of themselves.
#[derive(Debug, Clone)]
pub struct ServiceStatus {
    /// The projector.
    pub projector: ProjectorStatus,
    /// The reactors.
    pub reactors: Vec<ReactorStatus>,
}

/// A part of a service has stopped by itself, and says why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The projector or a reactor has ended.
    #[error("{part} of the namespace has stopped; its log says why")]
    Stopped {
        /// Which part.
        part: &'static str,
    },
    /// The event store failed.
    #[error("the event store did not say how long the log is")]
    Store(#[source] StoreError),
}

impl<S, R, T, P, L> PetitionService<S, R, T, P, L>
where
    S: EventStore + SnapshotStore + CheckpointStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
    T: Timer + Clone + 'static,
    P: IssuancePolicy,
    L: RegisterLink,
{
    /// Files a petition, and receives it where `receive` says how, in one append. Everything else
    /// follows by itself.
    ///
    /// # Errors
    /// [`FilingError`]. After any of them the same filing may be sent again.
    pub async fn file(
        &self,
        filing: &Filing,
        receive: Option<&Receive>,
    ) -> Result<Receipt, FilingError> {
        let turn = self.parts.gate.enter().await;
        let _turn = turn.ok_or(FilingError::Overloaded)?;
        self.office.file(filing, receive).await
    }

    /// Files a petition and issues its document while the caller waits (즉시발급), in three appends:
    /// the petition is received, the register asked, the document issued, the petition completed. No
    /// fee is taken for what the register does not give. Where the caller is
    /// gone or the process dies in between, the choreography takes the steps that are left.
    ///
    /// # Errors
    /// [`FilingError`]. After any of them the same filing may be sent again.
    pub async fn issue_now(
        &self,
        filing: &Filing,
        receive: &Receive,
    ) -> Result<InstantAnswer, FilingError> {
        let turn = self.parts.gate.enter().await;
        let _turn = turn.ok_or(FilingError::Overloaded)?;
        self.office.issue_now(filing, receive).await
    }

    /// Says whether a document is genuine that somebody holds (진위확인), and puts on record that it
    /// was asked. The question alone is one of the [results](Self::results).
    ///
    /// A document is found once the read models show that it was issued.
    ///
    /// # Errors
    /// [`VerificationError`]. After any of them the same may be asked again.
    pub async fn verify_document(
        &self,
        asked: &Verification,
    ) -> Result<DocumentResult, VerificationError> {
        let turn = self.parts.gate.enter().await;
        let _turn = turn.ok_or(VerificationError::Overloaded)?;
        self.office.verify(asked, &self.parts.results).await
    }

    /// The namespace: its command handlers, for the commands of officers and petitioners.
    pub fn namespace(&self) -> &Arc<Namespace<S, T>> {
        &self.office.namespace
    }

    /// The questions to its read models.
    pub fn results(&self) -> &ResultQuery<R, T> {
        &self.parts.results
    }

    /// What could not be handled.
    pub fn dead_letters(&self) -> &DeadLetters<S, T> {
        &self.parts.dead_letters
    }

    /// What its parts tell of themselves.
    pub fn status(&self) -> ServiceStatus {
        let reactors = self.parts.reactors.iter();
        ServiceStatus {
            projector: self.parts.projector.status().borrow().clone(),
            reactors: reactors.map(|it| it.status().borrow().clone()).collect(),
        }
    }

    /// Waits until the read models show everything up to `position`, and every reactor has handled
    /// it or put it aside.
    ///
    /// # Errors
    /// [`ServiceError::Stopped`].
    pub async fn reached(&self, position: GlobalPosition) -> Result<(), ServiceError> {
        for reactor in &self.parts.reactors {
            let reached = reactor.reached(position).await;
            reached.map_err(|_| ServiceError::Stopped { part: "a reactor" })?;
        }
        let reached = self.parts.projector.reached(position).await;
        reached.map_err(|_| ServiceError::Stopped {
            part: "the projector",
        })
    }

    /// Waits until nothing follows any more from what has happened so far: every reactor has
    /// handled the whole log, what that wrote included. What falls due later is not waited for.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn settled(&self) -> Result<GlobalPosition, ServiceError> {
        let store = self.namespace().store();
        loop {
            let head = store.head().await.map_err(ServiceError::Store)?;
            self.reached(head).await?;
            if store.head().await.map_err(ServiceError::Store)? == head {
                return Ok(head);
            }
        }
    }

    /// Finishes what is in hand, and stops.
    pub async fn stop(self) {
        self.parts.keeper.stop().await;
        for reactor in self.parts.reactors {
            let reason = reactor.stop().await;
            tracing::debug!(%reason, "a reactor stopped");
        }
        let reason = self.parts.projector.stop().await;
        tracing::debug!(%reason, "the projector stopped");
    }
}
