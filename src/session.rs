//! The way in: one object for each petition, and a session that says once who works on it.

use std::{error::Error, time::Duration};

use minwon_core::{
    ActorId, Aggregate, CheckpointStore, Clock as _, Command, CommandContext, CommandHandler,
    CommandId, CorrelationId, EventStore, ExecuteError, NameError, Outcome, PetitionId,
    ReadModelAdmin, ReadModelStore, ServiceName, SnapshotStore, StreamName, Timer, Timestamp,
    Token, TraceParent, TransactError,
};
use minwon_petitions::{
    ApplicationCommand, ApplicationEvent, ApplicationRejection, ApplicationState, Category,
    IssuanceCommand, IssuanceEvent, IssuanceId, IssuanceRejection, IssuanceState,
    PetitionTypeRejection, PetitionView,
    application::{Receive, Submit},
};
use minwon_projections::{Answer, QueryError};

use crate::{
    Namespace, PetitionService,
    service::{Filing, FilingError, InstantAnswer, Receipt, Turn, failure},
};

/// What petitions are worked on through: a [`PetitionService`], within its limits, or a [`Namespace`]
/// alone.
pub trait Door: sealed::Door {}

mod sealed {
    use super::{
        CommandError, CommandId, EventStore, Namespace, PetitionId, SnapshotStore, Submit, Timer,
        Turn,
    };

    pub trait Door: Sync {
        type Store: EventStore + SnapshotStore + Clone;
        type Timer: Timer + Clone;

        fn namespace(&self) -> &Namespace<Self::Store, Self::Timer>;

        /// Waits for a turn; none where too many wait already.
        fn enter(&self) -> impl Future<Output = Option<Turn>> + Send;

        /// Checks that a petition is one that is offered here.
        fn check_offered<X: Send>(
            &self,
            id: CommandId,
            petition: &PetitionId,
            submit: &Submit,
        ) -> impl Future<Output = Result<(), CommandError<X>>> + Send;
    }
}

impl<S, T> Door for Namespace<S, T>
where
    S: EventStore + SnapshotStore + Clone,
    T: Timer + Clone,
{
}

impl<S, T> sealed::Door for Namespace<S, T>
where
    S: EventStore + SnapshotStore + Clone,
    T: Timer + Clone,
{
    type Store = S;
    type Timer = T;

    fn namespace(&self) -> &Self {
        self
    }

    async fn enter(&self) -> Option<Turn> {
        Some(Turn::default())
    }

    async fn check_offered<X: Send>(
        &self,
        _: CommandId,
        _: &PetitionId,
        _: &Submit,
    ) -> Result<(), CommandError<X>> {
        Ok(())
    }
}

impl<S, R, T> Door for PetitionService<S, R, T>
where
    S: EventStore + SnapshotStore + CheckpointStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
    T: Timer + Clone + 'static,
{
}

impl<S, R, T> sealed::Door for PetitionService<S, R, T>
where
    S: EventStore + SnapshotStore + CheckpointStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
    T: Timer + Clone + 'static,
{
    type Store = S;
    type Timer = T;

    fn namespace(&self) -> &Namespace<S, T> {
        Self::namespace(self)
    }

    async fn enter(&self) -> Option<Turn> {
        self.enter().await
    }

    async fn check_offered<X: Send>(
        &self,
        id: CommandId,
        petition: &PetitionId,
        submit: &Submit,
    ) -> Result<(), CommandError<X>> {
        match self.check_offered(petition, submit).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(rejection)) => Err(CommandError::NotOffered(rejection)),
            Err(source) => Err(CommandError::Failed { id, source }),
        }
    }
}

/// Somebody at work: who gives commands, through which service, and as part of which trace. Said
/// once, it stands on every command of the session. Cheap to make and to clone.
///
/// Made by [`PetitionService::as_actor`] and [`Namespace::as_actor`].
#[derive(Debug)]
pub struct Session<'a, D> {
    door: &'a D,
    actor: ActorId,
    source: ServiceName,
    correlation: Option<CorrelationId>,
    traceparent: Option<TraceParent>,
    occurred_at: Option<Timestamp>,
}

impl<D> Clone for Session<'_, D> {
    fn clone(&self) -> Self {
        Self {
            door: self.door,
            actor: self.actor.clone(),
            source: self.source.clone(),
            correlation: self.correlation,
            traceparent: self.traceparent.clone(),
            occurred_at: self.occurred_at,
        }
    }
}

impl<'a, D> Session<'a, D> {
    pub(crate) fn new(door: &'a D, actor: ActorId, source: ServiceName) -> Self {
        Self {
            door,
            actor,
            source,
            correlation: None,
            traceparent: None,
            occurred_at: None,
        }
    }

    /// What ties its commands to the rest of one request. Default: each command stands for itself.
    #[must_use]
    pub fn correlated(mut self, id: CorrelationId) -> Self {
        self.correlation = Some(id);
        self
    }

    /// The trace that its commands are part of. Default: none.
    #[must_use]
    pub fn traced(mut self, traceparent: TraceParent) -> Self {
        self.traceparent = Some(traceparent);
        self
    }

    /// When what its commands say happened, as in an import. Default: when each is given, by the
    /// namespace's clock.
    #[must_use]
    pub fn at(mut self, instant: Timestamp) -> Self {
        self.occurred_at = Some(instant);
        self
    }

    /// A petition, whether it is filed yet or not. Asks nothing.
    #[must_use]
    pub fn petition(&self, category: Category, id: PetitionId) -> Petition<'a, D> {
        Petition {
            session: self.clone(),
            category,
            id,
        }
    }
}

impl<D: Door> Session<'_, D> {
    fn command<C>(&self, petition: &PetitionId, id: CommandId, body: C) -> Command<C> {
        let now = || self.door.namespace().timer().now();
        let at = self.occurred_at.unwrap_or_else(now);
        let (actor, source) = (self.actor.clone(), self.source.clone());
        let mut context = CommandContext::new(petition.clone(), actor, source, at);
        if let Some(correlation) = self.correlation {
            context = context.correlated(correlation);
        }
        if let Some(traceparent) = &self.traceparent {
            context = context.traced(traceparent.clone());
        }
        Command::new(id, context, body)
    }
}

async fn transact<S, A, T>(
    handler: &CommandHandler<S, A, T, S>,
    stream: &StreamName,
    command: &Command<A::Command>,
) -> Result<Outcome<A::Event>, CommandError<A::Rejection>>
where
    S: EventStore + SnapshotStore,
    A: Aggregate<Rejection: Error + Send + Sync + 'static>,
    T: Timer,
{
    match handler.transact(stream, command).await {
        Ok(outcome) => Ok(outcome),
        Err(TransactError::Rejected { rejection, .. }) => Err(CommandError::Rejected(rejection)),
        Err(error) => Err(CommandError::Failed {
            id: command.id,
            source: failure(error),
        }),
    }
}

/// A petition in the hands of somebody: it is filed, worked on and looked at through this.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # use minwon::{*, petitions::{ApplicationStatus, Category, Channel, PetitionKind, ServiceType, application::{Submit, Withdraw}}};
/// # let store = Store::open(&"memory:".parse()?)?;
/// # let general = Namespace::new(NamespaceName::new("general")?, store, SystemClock);
/// # let now = SystemClock.now();
/// # let submit = Submit {
/// #     category: Category::General, service: ServiceType::DeadlineBound,
/// #     kind: PetitionKind::Statutory, channel: Channel::Online,
/// #     petition_type: "certificate of building use".parse()?,
/// #     applicant: "applicant-42".parse()?, agency: "agency-3020000".parse()?,
/// #     submitted_at: now, attachments: Vec::new(),
/// # };
/// let applicant = general.as_actor(ActorId::new("applicant-42")?, ServiceName::new("portal")?);
/// let petition = applicant.petition(Category::General, PetitionId::new("2026-000123")?);
/// petition.give(submit).await?;
/// petition.give(Withdraw { by: "applicant-42".parse()?, reason: None }).await?;
/// assert_eq!(petition.state().await?.status(), Some(ApplicationStatus::Withdrawn));
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(feature = "memory"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct Petition<'a, D> {
    session: Session<'a, D>,
    category: Category,
    id: PetitionId,
}

/// An attempt to issue the document of a petition, in the hands of somebody.
#[derive(Debug)]
pub struct Attempt<'a, D> {
    session: Session<'a, D>,
    category: Category,
    id: IssuanceId,
    stream: StreamName,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError<R> {
    /// As many calls are under way and waiting as the limits of the namespace allow.
    #[error("the namespace has as many calls under way as its limits allow; try again later")]
    Overloaded,
    /// The petition is not what the catalogue of petition types offers; nothing was written.
    #[error("the petition is not one that is offered")]
    NotOffered(#[source] PetitionTypeRejection),
    /// The domain says no; nothing was written.
    #[error("the command was refused")]
    Rejected(#[source] R),
    /// Something failed, and the command may have been carried out.
    #[error(
        "it is not known whether command {id} was carried out; give it again with this id, which is safe"
    )]
    Failed {
        /// What it was given as: under this id it takes effect once, however often it is given.
        id: CommandId,
        /// What failed, and whether that passes.
        source: ExecuteError,
    },
}

impl<'a, D: Door> Petition<'a, D> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &PetitionId {
        &self.id
    }

    /// Gives a command to the petition, with an id of its own: whoever may have to give it again
    /// [chooses the id](Self::give_as).
    ///
    /// # Errors
    /// [`CommandError`]. After [`Failed`](CommandError::Failed) it may have been carried out.
    pub async fn give(
        &self,
        command: impl Into<ApplicationCommand>,
    ) -> Result<Outcome<ApplicationEvent>, CommandError<ApplicationRejection>> {
        self.give_as(CommandId::random(), command).await
    }

    /// Gives a command whose effect comes once, however often it is given under this id.
    ///
    /// # Errors
    /// [`CommandError`]. After any of them the same may be given again.
    pub async fn give_as(
        &self,
        id: CommandId,
        command: impl Into<ApplicationCommand>,
    ) -> Result<Outcome<ApplicationEvent>, CommandError<ApplicationRejection>> {
        let handler = self.namespace().applications(self.category);
        let command = self.session.command(&self.id, id, command.into());
        let turn = self.session.door.enter().await;
        let _turn = turn.ok_or(CommandError::Overloaded)?;
        if let ApplicationCommand::Submit(submit) = &command.body {
            self.session
                .door
                .check_offered(id, &self.id, submit)
                .await?;
        }
        transact(handler, &self.stream(), &command).await
    }

    /// Where it stands, by its own events; what is shown to people is asked of the
    /// [results](crate::ResultQuery), which cost less.
    ///
    /// # Errors
    /// [`TransactError`], but never a rejection.
    pub async fn state(&self) -> Result<ApplicationState, TransactError<ApplicationRejection>> {
        let handler = self.namespace().applications(self.category);
        Ok(handler.state(&self.stream()).await?.0)
    }

    /// The first attempt to issue a document for it.
    ///
    /// # Errors
    /// As [`attempt`](Self::attempt).
    pub fn first_attempt(&self) -> Result<Attempt<'a, D>, NameError> {
        self.attempt(IssuanceId::first(&self.id))
    }

    /// The attempt with this id to issue a document for it.
    ///
    /// # Errors
    /// [`NameError`] where the petition's id leaves no room for the number of the attempt.
    pub fn attempt(&self, id: IssuanceId) -> Result<Attempt<'a, D>, NameError> {
        let stream = self.namespace().issuance_stream(self.category, &id)?;
        Ok(Attempt {
            session: self.session.clone(),
            category: self.category,
            id,
            stream,
        })
    }

    fn namespace(&self) -> &'a Namespace<D::Store, D::Timer> {
        self.session.door.namespace()
    }

    fn stream(&self) -> StreamName {
        self.namespace().application_stream(self.category, &self.id)
    }
}

impl<S, R, T> Petition<'_, PetitionService<S, R, T>>
where
    S: EventStore + SnapshotStore + CheckpointStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
    T: Timer + Clone + 'static,
{
    /// Files the petition, and receives it where `receive` says how, in one append. Everything else
    /// follows by itself.
    ///
    /// # Errors
    /// [`FilingError`]. After any of them the same may be filed again, under the same id.
    pub async fn file(
        &self,
        id: CommandId,
        submit: Submit,
        receive: Option<&Receive>,
    ) -> Result<Receipt, FilingError> {
        let filing = self.filing(id, submit);
        self.session.door.file(&filing, receive).await
    }

    /// Files the petition and issues its document while the caller waits; see
    /// [`PetitionService::issue_now`].
    ///
    /// # Errors
    /// [`FilingError`]. After any of them the same may be filed again, under the same id.
    pub async fn issue_now(
        &self,
        id: CommandId,
        submit: Submit,
        receive: &Receive,
    ) -> Result<InstantAnswer, FilingError> {
        let filing = self.filing(id, submit);
        self.session.door.issue_now(&filing, receive).await
    }

    /// What is shown of it. With the token of a command, once that command is shown; waits for this
    /// up to `wait_max`.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn view(
        &self,
        after: Option<&Token>,
        wait_max: Duration,
    ) -> Result<Answer<Option<PetitionView>>, QueryError> {
        let results = self.session.door.results();
        if let Some(token) = after {
            results.wait_for_petition(token, &self.id, wait_max).await?;
        }
        results.petition(&self.id).await
    }

    fn filing(&self, id: CommandId, submit: Submit) -> Filing {
        Filing {
            id,
            petition: self.id.clone(),
            actor: self.session.actor.clone(),
            source: self.session.source.clone(),
            submit,
        }
    }
}

impl<D: Door> Attempt<'_, D> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &IssuanceId {
        &self.id
    }

    /// Gives a command to the attempt; as [`Petition::give`].
    ///
    /// # Errors
    /// As [`Petition::give`].
    pub async fn give(
        &self,
        command: impl Into<IssuanceCommand>,
    ) -> Result<Outcome<IssuanceEvent>, CommandError<IssuanceRejection>> {
        self.give_as(CommandId::random(), command).await
    }

    /// Gives a command to the attempt; as [`Petition::give_as`].
    ///
    /// # Errors
    /// As [`Petition::give_as`].
    pub async fn give_as(
        &self,
        id: CommandId,
        command: impl Into<IssuanceCommand>,
    ) -> Result<Outcome<IssuanceEvent>, CommandError<IssuanceRejection>> {
        let handler = self.session.door.namespace().issuances(self.category);
        let command = self.session.command(self.id.petition(), id, command.into());
        let turn = self.session.door.enter().await;
        let _turn = turn.ok_or(CommandError::Overloaded)?;
        transact(handler, &self.stream, &command).await
    }

    /// Where it stands, by its own events.
    ///
    /// # Errors
    /// [`TransactError`], but never a rejection.
    pub async fn state(&self) -> Result<IssuanceState, TransactError<IssuanceRejection>> {
        let handler = self.session.door.namespace().issuances(self.category);
        Ok(handler.state(&self.stream).await?.0)
    }
}

#[cfg(test)]
#[cfg(feature = "memory")]
mod tests;
