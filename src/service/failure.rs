//! Giving commands; and which failures pass, and which need somebody to look.

use std::error::Error;

use futures_util::future::BoxFuture;
use minwon_core::{
    Aggregate, AppendError, Command, CommandHandler, EventStore, ExecuteError, Outcome,
    SnapshotStore, StoreError, StoreErrorKind, StreamName, Timer, TransactError,
};
use minwon_petitions::{
    ApplicationCommand, ApplicationEvent, ApplicationRejection, Category, IssuanceCommand,
    IssuanceEvent, IssuanceId, IssuanceRejection, IssuanceState, PetitionId,
};

use crate::{
    Namespace,
    namespace::{ServiceClock, ServiceStore},
    results::IssuanceStates,
};

/// The outcomes of commands, or the domain's no.
pub(crate) type Given<E, R> = Result<Vec<Outcome<E>>, R>;

/// Gives commands in one append; a rejection is an answer.
pub(crate) async fn give<S, A, T>(
    handler: &CommandHandler<S, A, T, S>,
    stream: &StreamName,
    commands: &[Command<A::Command>],
) -> Result<Given<A::Event, A::Rejection>, ExecuteError>
where
    S: EventStore + SnapshotStore,
    A: Aggregate<Rejection: Error + Send + Sync + 'static>,
    T: Timer,
{
    match handler.transact_all(stream, commands).await {
        Ok(outcomes) => Ok(Ok(outcomes)),
        Err(TransactError::Rejected { rejection, .. }) => Ok(Err(rejection)),
        Err(error) => Err(failure(error)),
    }
}

impl<S: ServiceStore, T: ServiceClock> Namespace<S, T> {
    /// Gives commands to a petition in one append; a rejection is an answer.
    pub(crate) async fn give_application(
        &self,
        category: Category,
        id: &PetitionId,
        commands: &[Command<ApplicationCommand>],
    ) -> Result<Given<ApplicationEvent, ApplicationRejection>, ExecuteError> {
        let stream = self.application_stream(category, id);
        give(self.applications(category), &stream, commands).await
    }

    /// The same for an issuance.
    pub(crate) async fn give_issuance(
        &self,
        category: Category,
        id: &IssuanceId,
        commands: &[Command<IssuanceCommand>],
    ) -> Result<Given<IssuanceEvent, IssuanceRejection>, ExecuteError> {
        let stream = self.issuance_stream(category, id).map_err(failed)?;
        give(self.issuances(category), &stream, commands).await
    }
}

/// Returns how a command that was not carried out is to be taken, rejections apart.
pub(crate) fn failure<R: Error + Send + Sync + 'static>(error: TransactError<R>) -> ExecuteError {
    let class = match &error {
        TransactError::Contended { .. } | TransactError::OutcomeUnknown { .. } => Class::Passing,
        TransactError::Load { source, .. } => class_of(source),
        TransactError::Append(source) => match &**source {
            AppendError::Store { source, .. } | AppendError::OutcomeUnknown { source, .. } => {
                class_of(source)
            }
            AppendError::Conflict { .. } => Class::Passing,
            _ => Class::Lasting,
        },
        _ => Class::Lasting,
    };
    classed(class, error)
}

/// As [`failure`], for a read.
pub(super) fn read_failure(error: StoreError) -> ExecuteError {
    classed(class_of(&error), error)
}

/// Who or what ends a failure.
enum Class {
    /// Time.
    Passing,
    /// An operator, who changes settings or gives rights.
    Misconfigured,
    /// Nothing, as far as is known.
    Lasting,
}

fn classed(class: Class, error: impl Error + Send + Sync + 'static) -> ExecuteError {
    match class {
        Class::Passing => ExecuteError::Transient(Box::new(error)),
        Class::Misconfigured => ExecuteError::Misconfigured(Box::new(error)),
        Class::Lasting => failed(error),
    }
}

/// Damaged data stays damaged, and concerns this stream alone.
fn class_of(error: &StoreError) -> Class {
    match error.kind() {
        StoreErrorKind::Corrupt
        | StoreErrorKind::Truncated
        | StoreErrorKind::NewerVersion
        | StoreErrorKind::NotFound => Class::Lasting,
        StoreErrorKind::Misconfigured => Class::Misconfigured,
        _ => Class::Passing,
    }
}

/// Something is wrong that trying again does not change.
pub(super) fn failed(error: impl Error + Send + Sync + 'static) -> ExecuteError {
    ExecuteError::Failed(Box::new(error))
}

impl<S, T> IssuanceStates for Namespace<S, T>
where
    S: EventStore + SnapshotStore + Clone,
    T: Timer + Clone,
{
    fn state<'a>(
        &'a self,
        category: Category,
        id: &'a IssuanceId,
    ) -> BoxFuture<'a, Result<IssuanceState, ExecuteError>> {
        Box::pin(async move {
            let stream = self.issuance_stream(category, id).map_err(failed)?;
            let (state, _) = self
                .issuances(category)
                .state(&stream)
                .await
                .map_err(failure)?;
            Ok(state)
        })
    }
}
