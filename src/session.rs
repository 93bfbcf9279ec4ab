//! The way in: one object for each petition, and a session that says once who works on it.

use std::{error::Error, time::Duration};

use minwon_core::{
    ActorId, Aggregate, Clock as _, Command, CommandHandler, CommandId, CommandIdError,
    CorrelationId, EventStore, ExecuteError, NameError, Outcome, ServiceName, SnapshotStore,
    StreamName, Timer, Timestamp, Token, TraceParent, TransactError,
};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    ApplicantId, ApplicationCommand, ApplicationEvent, ApplicationRejection, ApplicationState,
    Category, IssuanceCommand, IssuanceEvent, IssuanceId, IssuanceRejection, IssuanceState,
    PetitionResult, PetitionTypeRejection, VerificationNumber,
    application::{Receive, Submit},
};
use minwon_projections::{Answer, QueryError};
use serde::Serialize;

use crate::{
    DocumentResult, Namespace, PetitionService,
    namespace::{ServiceClock, ServiceReadModels, ServiceStore},
    origin::Origin,
    service::{
        Asked, Filing, FilingError, InstantAnswer, Receipt, Refused, Turn, VerificationError,
        failure,
    },
};

/// The ways to petitions: a [`PetitionService`], within its limits, or a [`Namespace`] alone.
pub trait Door: sealed::Door {}

impl<D: sealed::Door> Door for D {}

mod sealed {
    use super::{
        ExecuteError, Namespace, PetitionId, PetitionTypeRejection, Receive, Refused, ServiceClock,
        ServiceStore, Submit, Turn,
    };

    pub trait Door: Clone + Send + Sync {
        type Store: ServiceStore;
        type Clock: ServiceClock;

        fn namespace(&self) -> &Namespace<Self::Store, Self::Clock>;

        /// Waits for a turn.
        fn enter(&self) -> impl Future<Output = Result<Turn, Refused>> + Send;

        /// Checks that a petition is one that is offered here.
        fn check_offered(
            &self,
            petition: &PetitionId,
            submit: &Submit,
            receive: Option<&Receive>,
        ) -> impl Future<Output = Result<Result<(), PetitionTypeRejection>, ExecuteError>> + Send;
    }
}

impl<S: ServiceStore, T: ServiceClock> sealed::Door for Namespace<S, T> {
    type Store = S;
    type Clock = T;

    fn namespace(&self) -> &Self {
        self
    }

    async fn enter(&self) -> Result<Turn, Refused> {
        Ok(Turn::default())
    }

    async fn check_offered(
        &self,
        _: &PetitionId,
        _: &Submit,
        _: Option<&Receive>,
    ) -> Result<Result<(), PetitionTypeRejection>, ExecuteError> {
        Ok(Ok(()))
    }
}

impl<S, R, T> sealed::Door for PetitionService<S, R, T>
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    type Store = S;
    type Clock = T;

    fn namespace(&self) -> &Namespace<S, T> {
        Self::namespace(self)
    }

    async fn enter(&self) -> Result<Turn, Refused> {
        self.enter().await
    }

    async fn check_offered(
        &self,
        petition: &PetitionId,
        submit: &Submit,
        receive: Option<&Receive>,
    ) -> Result<Result<(), PetitionTypeRejection>, ExecuteError> {
        let office = self.office();
        office.check_offered(petition, submit, receive).await
    }
}

impl<S: ServiceStore, T: ServiceClock> Namespace<S, T> {
    /// The namespace in the hands of somebody who works on petitions, through the service `source`,
    /// without limits. The consequences of the commands are carried out where a [`PetitionService`]
    /// runs.
    #[must_use]
    pub fn as_actor(&self, actor: ActorId, source: ServiceName) -> Session<Self> {
        Session::new(self.clone(), actor, source)
    }
}

impl<S: ServiceStore, R: ServiceReadModels, T: ServiceClock> PetitionService<S, R, T> {
    /// The service in the hands of somebody who works on petitions, through the service `source`.
    #[must_use]
    pub fn as_actor(&self, actor: ActorId, source: ServiceName) -> Session<Self> {
        Session::new(self.clone(), actor, source)
    }
}

/// Somebody at work: who gives commands, through which service, and as part of which trace. Said
/// once, it stands on every command of the session. Cheap to make and to clone.
///
/// Made by [`PetitionService::as_actor`] and [`Namespace::as_actor`]; for aggregates of another kind by
/// [`Aggregates::as_actor`](crate::engine::Aggregates::as_actor).
///
/// ```
/// # #[cfg(feature = "memory")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use minwon::{Namespace, Store, SystemClock, TraceParent, petitions::Category};
/// # let store = Store::open(&"memory:".parse()?)?;
/// # let general = Namespace::new("general".parse()?, store, SystemClock);
/// let trace = TraceParent::new("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")?;
/// let officer = general.as_actor("officer-7".parse()?, "back-office".parse()?).traced(trace);
/// let petition = officer.petition(Category::General, "2026-000123".parse()?);
/// assert_eq!(petition.id().as_str(), "2026-000123");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "memory"))]
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct Session<D = PetitionService> {
    pub(crate) door: D,
    pub(crate) origin: Origin,
}

impl<D: Clone> Session<D> {
    pub(crate) const fn new(door: D, actor: ActorId, source: ServiceName) -> Self {
        let origin = Origin::new(actor, source);
        Self { door, origin }
    }

    /// Ties its commands to the rest of one request. Default: each command stands for itself.
    #[must_use]
    pub fn correlated(mut self, id: CorrelationId) -> Self {
        self.origin = self.origin.correlated(id);
        self
    }

    /// The trace that its commands are part of. Default: none.
    #[must_use]
    pub fn traced(mut self, traceparent: TraceParent) -> Self {
        self.origin = self.origin.traced(traceparent);
        self
    }

    /// When what its commands say happened, as in an import. Default: when each is given, by the
    /// namespace's clock.
    #[must_use]
    pub fn at(mut self, instant: Timestamp) -> Self {
        self.origin = self.origin.at(instant);
        self
    }

    /// A petition, whether it is filed yet or not. Asks nothing.
    #[must_use]
    pub fn petition(&self, category: Category, id: PetitionId) -> Petition<D> {
        Petition {
            session: self.clone(),
            category,
            id,
        }
    }
}

impl<S, R, T> Session<PetitionService<S, R, T>>
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    /// Says whether a document is genuine that somebody holds (진위확인), and puts on record that it
    /// was asked; under one id, once. `number` stands on the document, and `key` is the applicant
    /// that it was issued to. The question alone is one of the
    /// [results](crate::ResultQuery::document).
    ///
    /// A document is found once the read models show that it was issued.
    ///
    /// # Errors
    /// [`VerificationError`]. After any of them the same may be asked again.
    pub async fn verify_document(
        &self,
        id: CommandId,
        number: VerificationNumber,
        key: ApplicantId,
    ) -> Result<DocumentResult, VerificationError> {
        let asked = Asked {
            id,
            origin: self.origin.clone(),
            number,
            key,
        };
        let turn = self.door.enter().await?;
        let call = self.door.office().verify(&asked, self.door.results());
        turn.spend_on(Box::pin(call), VerificationError::Failed)
            .await
    }
}

impl<D: Door> Session<D> {
    fn command<C: Serialize>(
        &self,
        petition: &PetitionId,
        id: CommandId,
        body: impl Into<C>,
    ) -> Command<C> {
        let now = self.door.namespace().timer().now();
        self.origin.command(id, petition, now, body).fingerprinted()
    }
}

async fn transact_all<S, A, T>(
    handler: &CommandHandler<S, A, T, S>,
    stream: &StreamName,
    commands: &[Command<A::Command>],
) -> Result<Vec<Outcome<A::Event>>, CommandError<A::Rejection>>
where
    S: EventStore + SnapshotStore,
    A: Aggregate<Rejection: Error + Send + Sync + 'static>,
    T: Timer,
{
    // Boxed, as all that a service is asked here: callers that nest deeply meet the compiler's limits.
    let given = Box::pin(handler.transact_all(stream, commands)).await;
    given.map_err(|error| match error {
        TransactError::Rejected { rejection, .. } => CommandError::Rejected(rejection),
        TransactError::Id(error) => CommandError::Id(error),
        error => failed(commands)(failure(error)),
    })
}

/// The error of commands that may have been carried out.
fn failed<C, R>(commands: &[Command<C>]) -> impl FnOnce(ExecuteError) -> CommandError<R> {
    |source| CommandError::Failed {
        id: commands[0].id,
        source,
    }
}

fn only<E>(mut outcomes: Vec<Outcome<E>>) -> Outcome<E> {
    outcomes.pop().expect("an outcome for each command")
}

/// A petition in the hands of somebody: it is filed, worked on and looked at through this.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use minwon::{
///     Clock, CommandId, Namespace, Store, SystemClock,
///     petitions::{
///         ApplicationStatus, Category, Channel, PetitionKind, ServiceType,
///         application::{Submit, Withdraw},
///     },
/// };
/// let store = Store::open(&"memory:".parse()?)?;
/// let general = Namespace::new("general".parse()?, store, SystemClock);
/// let applicant = general.as_actor("applicant-42".parse()?, "portal".parse()?);
/// let petition = applicant.petition(Category::General, "2026-000123".parse()?);
/// let submit = Submit {
///     category: Category::General,
///     service: ServiceType::DeadlineBound,
///     kind: PetitionKind::Statutory,
///     channel: Channel::Online,
///     petition_type: "certificate of building use".parse()?,
///     applicant: "applicant-42".parse()?,
///     agency: "agency-3020000".parse()?,
///     submitted_at: SystemClock.now(),
///     attachments: Vec::new(),
/// };
/// petition.file(CommandId::random(), submit, None).await?;
/// petition.give(Withdraw { by: "applicant-42".parse()?, reason: None }).await?;
/// assert_eq!(petition.state().await?.status(), Some(ApplicationStatus::Withdrawn));
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(feature = "memory"))]
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
pub struct Petition<D = PetitionService> {
    session: Session<D>,
    category: Category,
    id: PetitionId,
}

/// An attempt to issue the document of a petition, in the hands of somebody.
#[derive(Debug, Clone)]
pub struct Attempt<D = PetitionService> {
    session: Session<D>,
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
    /// The service was asked to end, and takes nothing on; nothing was written.
    #[error("the service is ending; give the command with the same id where another one runs")]
    Ending,
    /// The petition is not what the catalogue of petition types offers; nothing was written.
    #[error("the petition is not one that is offered")]
    NotOffered(#[source] PetitionTypeRejection),
    /// No petition is filed under this id: a character of it is not seen, it is not composed (NFC), or
    /// it is too long for any document of the petition. Nothing was written.
    #[error("the petition's id is none that a petition is filed under; file it under another")]
    PetitionId(#[source] NameError),
    /// The domain says no; nothing was written.
    #[error("the command was refused")]
    Rejected(#[source] R),
    /// The id belongs to another command, or is nil; nothing was written.
    #[error("the id of the command was refused")]
    Id(#[source] CommandIdError),
    /// Something failed, and the command may have been carried out.
    #[error(
        "it is not known whether command {id} was carried out; once the cause has passed, give it again \
         with this id, which is safe"
    )]
    Failed {
        /// The id that it was given under: with this id it takes effect once, however often it is
        /// given.
        id: CommandId,
        /// The failure, which says whether it passes.
        source: ExecuteError,
    },
}

impl<R> From<Refused> for CommandError<R> {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Overloaded => Self::Overloaded,
            Refused::Ending => Self::Ending,
        }
    }
}

impl<D: Door> Petition<D> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &PetitionId {
        &self.id
    }

    /// Files the petition, and receives it where `receive` says how, in one append. The caller
    /// chooses the id once, and repeats it with every retry: the effect comes once. Everything else
    /// follows by itself, where a service runs.
    ///
    /// # Errors
    /// [`FilingError`]. After any of them the same may be filed again, under the same id; after
    /// [`Stuck`](FilingError::Stuck) that changes nothing until somebody has mended the cause.
    pub async fn file(
        &self,
        id: CommandId,
        submit: Submit,
        receive: Option<&Receive>,
    ) -> Result<Receipt, FilingError> {
        let filing = self.filing(id, submit)?;
        let door = &self.session.door;
        let turn = door.enter().await?;
        let call = async {
            let offered = door.check_offered(&self.id, &filing.submit, receive);
            offered.await?.map_err(FilingError::NotOffered)?;
            filing.write(door.namespace(), receive).await
        };
        turn.spend_on(Box::pin(call), FilingError::Failed).await
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
        let outcomes = self.give_all(&[self.command(id, command)]).await?;
        Ok(only(outcomes))
    }

    /// A command, to be given [with others](Self::give_all).
    pub fn command(
        &self,
        id: CommandId,
        command: impl Into<ApplicationCommand>,
    ) -> Command<ApplicationCommand> {
        self.session.command(&self.id, id, command)
    }

    /// Gives several commands in one append: all of them take effect or none does. They may be made
    /// by different actors, and of different times.
    ///
    /// # Errors
    /// [`CommandError`]. After any of them the same may be given again.
    ///
    /// # Panics
    /// Where there is no command.
    pub async fn give_all(
        &self,
        commands: &[Command<ApplicationCommand>],
    ) -> Result<Vec<Outcome<ApplicationEvent>>, CommandError<ApplicationRejection>> {
        let door = &self.session.door;
        let handler = self.namespace().applications(self.category);
        let turn = door.enter().await?;
        let call = async {
            for command in commands {
                self.check_offered(command).await?;
            }
            transact_all(handler, &self.stream(), commands).await
        };
        turn.spend_on(call, failed(commands)).await
    }

    async fn check_offered(
        &self,
        command: &Command<ApplicationCommand>,
    ) -> Result<(), CommandError<ApplicationRejection>> {
        use ApplicationCommand::{RegisterBackdated, Submit};
        if let Submit(_) | RegisterBackdated(_) = &command.body {
            self.check_new().map_err(CommandError::PetitionId)?;
        }
        let Submit(submit) = &command.body else {
            return Ok(());
        };
        let id = command.id;
        let offered = self.session.door.check_offered(&self.id, submit, None);
        let offered = Box::pin(offered).await;
        let offered = offered.map_err(|source| CommandError::Failed { id, source })?;
        offered.map_err(CommandError::NotOffered)
    }

    /// Returns its state, by its own events; to show it to people, ask the
    /// [results](crate::ResultQuery), which cost less.
    ///
    /// # Errors
    /// [`TransactError`], but never a rejection.
    pub async fn state(&self) -> Result<ApplicationState, TransactError<ApplicationRejection>> {
        let handler = self.namespace().applications(self.category);
        Ok(Box::pin(handler.state(&self.stream())).await?.0)
    }

    /// The first attempt to issue a document for it.
    ///
    /// # Errors
    /// As [`attempt`](Self::attempt).
    pub fn first_attempt(&self) -> Result<Attempt<D>, NameError> {
        self.attempt(IssuanceId::first(&self.id))
    }

    /// The attempt with this id to issue a document for it.
    ///
    /// # Errors
    /// [`NameError`] where the petition's id leaves no room for the number of the attempt.
    pub fn attempt(&self, id: IssuanceId) -> Result<Attempt<D>, NameError> {
        let stream = self.namespace().issuance_stream(self.category, &id)?;
        Ok(Attempt {
            session: self.session.clone(),
            category: self.category,
            id,
            stream,
        })
    }

    fn namespace(&self) -> &Namespace<D::Store, D::Clock> {
        self.session.door.namespace()
    }

    fn stream(&self) -> StreamName {
        self.namespace().application_stream(self.category, &self.id)
    }

    /// Checks that a petition may be filed under the id. One that was filed before a rule came goes on
    /// under its id.
    fn check_new(&self) -> Result<(), NameError> {
        self.id.check_new()?;
        self.first_attempt().map(drop)
    }

    fn filing(&self, id: CommandId, submit: Submit) -> Result<Filing, FilingError> {
        self.check_new().map_err(FilingError::PetitionId)?;
        Ok(Filing {
            id,
            petition: self.id.clone(),
            origin: self.session.origin.clone(),
            submit,
        })
    }
}

impl<S, R, T> Petition<PetitionService<S, R, T>>
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    /// Files the petition and issues its document while the caller waits (즉시발급), in three
    /// appends: the petition is received, the register asked, the document issued, the petition
    /// completed. No fee is taken for what the register does not give. Where the caller is gone or
    /// the process dies in between, the choreography takes the steps that are left.
    ///
    /// # Errors
    /// [`FilingError`], as of [`file`](Self::file).
    pub async fn issue_now(
        &self,
        id: CommandId,
        submit: Submit,
        receive: &Receive,
    ) -> Result<InstantAnswer, FilingError> {
        let filing = self.filing(id, submit)?;
        let door = &self.session.door;
        let turn = door.enter().await?;
        let call = door.office().issue_now(&filing, receive);
        turn.spend_on(Box::pin(call), FilingError::Failed).await
    }

    /// The answer to its applicant: all that the law lets them know, with the working time that is
    /// left now. None where it is not filed. With the token of a command, it shows what that command
    /// did; it waits for this up to `wait_max`.
    ///
    /// Whoever holds the petition may ask. To find an applicant's own by the number on their
    /// receipt, see [`ResultQuery::result`](crate::ResultQuery::result); the
    /// [results](PetitionService::results) have all that officers see.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn result(
        &self,
        after: Option<&Token>,
        wait_max: Duration,
    ) -> Result<Answer<Option<PetitionResult>>, QueryError> {
        let results = self.session.door.results();
        if let Some(token) = after {
            Box::pin(results.wait_for_petition(token, &self.id, wait_max)).await?;
        }
        let now = self.namespace().timer().now();
        Box::pin(results.result_of(&self.id, now)).await
    }
}

impl<D: Door> Attempt<D> {
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
        let outcomes = self.give_all(&[self.command(id, command)]).await?;
        Ok(only(outcomes))
    }

    /// A command, to be given with others; as [`Petition::command`].
    pub fn command(
        &self,
        id: CommandId,
        command: impl Into<IssuanceCommand>,
    ) -> Command<IssuanceCommand> {
        self.session.command(self.id.petition(), id, command)
    }

    /// Gives several commands in one append; as [`Petition::give_all`].
    ///
    /// # Errors
    /// As [`Petition::give_all`].
    ///
    /// # Panics
    /// Where there is no command.
    pub async fn give_all(
        &self,
        commands: &[Command<IssuanceCommand>],
    ) -> Result<Vec<Outcome<IssuanceEvent>>, CommandError<IssuanceRejection>> {
        let door = &self.session.door;
        let turn = door.enter().await?;
        let handler = door.namespace().issuances(self.category);
        let call = transact_all(handler, &self.stream, commands);
        turn.spend_on(call, failed(commands)).await
    }

    /// Where it stands, by its own events.
    ///
    /// # Errors
    /// [`TransactError`], but never a rejection.
    pub async fn state(&self) -> Result<IssuanceState, TransactError<IssuanceRejection>> {
        let handler = self.session.door.namespace().issuances(self.category);
        Ok(Box::pin(handler.state(&self.stream)).await?.0)
    }
}

#[cfg(test)]
#[cfg(feature = "memory")]
mod tests;
