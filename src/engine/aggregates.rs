//! Commands for an aggregate of one's own.

use std::{num::NonZeroU32, sync::Arc};

use minwon_core::{
    ActorId, Aggregate, CategoryName, CodecDecoder, Command, CommandExecutor, CommandHandler,
    CommandId, EventCodec, EventFilter, ExecuteError, Outcome, Reaction, RecordedEvent,
    ServiceName, StreamName, Subject, TraceParent, TransactError,
};

use minwon_projections::ProjectorBuilder;
use serde::Serialize;

#[cfg(doc)]
use super::Agenda;
use super::{EngineBuilder, Given};
use crate::{
    Namespace, Session, SystemClock,
    namespace::{ServiceClock, ServiceReadModels, ServiceStore},
    origin::Origin,
    service::give,
};

/// The group of what acts by itself beside aggregates of one's own.
const ENGINE: &str = "engine";

/// The aggregates of one kind in a namespace: each has the [`Subject`] that its events are about as its
/// id. Clones share it.
///
/// It carries out what the reactors of an [`Engine`](super::Engine) ask of the aggregate whose event led
/// to it: there what the aggregate rejects, since things have moved on, is an answer and no failure.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use minwon::{Namespace, Store, SystemClock, engine::*};
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Serialize, Deserialize)]
/// # enum DoorEvent { Opened {} }
/// # impl PlainEvent for DoorEvent {}
/// # struct Doors;
/// # impl Decider for Doors {
/// #     type Command = ();
/// #     type Event = DoorEvent;
/// #     type State = bool;
/// #     type Rejection = std::convert::Infallible;
/// #     fn initial(&self) -> bool { false }
/// #     fn decide(&self, is_open: &bool, _: &()) -> Result<Vec<DoorEvent>, Self::Rejection> {
/// #         Ok(if *is_open { vec![] } else { vec![DoorEvent::Opened {}] })
/// #     }
/// #     fn evolve(&self, _: bool, _: &DoorEvent) -> bool { true }
/// # }
/// let store = Store::open(&"memory:".parse()?)?;
/// let house = Namespace::new("house".parse()?, store, SystemClock);
/// let doors = house.aggregates(Named::new("Door", Doors)?);
/// let porter = doors.as_actor("porter-1".parse()?, "reception".parse()?);
/// let front = "front".parse()?;
/// assert_eq!(porter.give(&front, ()).await?.events.len(), 1);
/// assert!(doors.state(&front).await?);
/// # Ok(())
/// # })
/// # }
/// # #[cfg(not(feature = "memory"))]
/// # fn main() {}
/// ```
pub struct Aggregates<A: Aggregate, S, T = SystemClock>(Arc<Kind<A, S, T>>);

struct Kind<A: Aggregate, S, T> {
    namespace: Namespace<S, T>,
    category: CategoryName,
    codec: EventCodec,
    handler: CommandHandler<S, A, T, S>,
}

impl<A: Aggregate, S, T> Clone for Aggregates<A, S, T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, T> Namespace<S, T>
where
    S: ServiceStore,
    T: ServiceClock,
{
    /// The aggregates of a kind of one's own in this namespace. Snapshots are kept beside the events,
    /// under its [policy](Self::with_snapshots); states are cached, so this is made once and shared.
    pub fn aggregates<A: Aggregate>(&self, aggregate: A) -> Aggregates<A, S, T> {
        let (store, timer) = (self.store().clone(), self.timer().clone());
        Aggregates(Arc::new(Kind {
            namespace: self.clone(),
            category: aggregate.category().clone(),
            codec: aggregate.codec().clone(),
            handler: CommandHandler::new(store.clone(), aggregate, timer)
                .snapshots(store, self.snapshot_policy()),
        }))
    }
}

impl<A, S, T> Aggregates<A, S, T>
where
    A: Aggregate<Event: 'static>,
    S: ServiceStore,
    T: ServiceClock,
{
    /// Returns the handler of their commands, for cases that [`as_actor`](Self::as_actor) does not
    /// cover: several commands in one append, and streams named by hand.
    #[must_use]
    pub fn handler(&self) -> &CommandHandler<S, A, T, S> {
        &self.0.handler
    }

    /// The stream of one of them.
    #[must_use]
    pub fn stream(&self, subject: &Subject) -> StreamName {
        StreamName::new(self.0.namespace.name(), &self.0.category, subject.as_str())
            .expect("subjects and ids of streams have one rule")
    }

    /// Their events and no others.
    #[must_use]
    pub fn events(&self) -> EventFilter {
        EventFilter::categories(self.0.namespace.name().clone(), [self.0.category.clone()])
    }

    /// Reads their events.
    #[must_use]
    pub fn decoder(&self) -> CodecDecoder<A::Event> {
        self.0.codec.decoder()
    }

    /// The present state of one of them. Questions belong on read models.
    ///
    /// # Errors
    /// [`TransactError`], but never a rejection.
    pub async fn state(&self, subject: &Subject) -> Result<A::State, TransactError<A::Rejection>> {
        Ok(self.0.handler.state(&self.stream(subject)).await?.0)
    }

    /// Somebody who works on them, through the service `source`. Said once, it stands on every command of
    /// the session.
    #[must_use]
    pub fn as_actor(&self, actor: ActorId, source: ServiceName) -> Session<Self> {
        Session::new(self.clone(), actor, source)
    }

    /// Gives a command that falls due, for an [`Agenda`] of one's own: a rejection is an answer. It goes
    /// on with the trace of the aggregate's last event.
    ///
    /// # Errors
    /// [`ExecuteError`].
    pub async fn give_due(
        &self,
        id: CommandId,
        subject: &Subject,
        command: impl Into<A::Command>,
    ) -> Result<Given, ExecuteError> {
        let traceparent = self.last_trace(subject).await;
        let origin = Origin::part(ENGINE, self.0.namespace.name(), "keeper").traced(traceparent);
        let command = origin.command(id, subject, self.0.namespace.timer().now(), command);
        self.carry_out(&command, subject).await
    }

    /// None where it cannot be read, which is no reason to miss a deadline.
    async fn last_trace(&self, subject: &Subject) -> Option<TraceParent> {
        let stream = self.stream(subject);
        let (_, last) = self.0.handler.state(&stream).await.ok()?;
        let store = self.0.namespace.store();
        let page = store.read_stream(&stream, last?, NonZeroU32::MIN).await;
        page.ok()?
            .events
            .first()
            .and_then(RecordedEvent::traceparent)
    }

    async fn carry_out(
        &self,
        command: &Command<A::Command>,
        subject: &Subject,
    ) -> Result<Given, ExecuteError> {
        let stream = self.stream(subject);
        let given = give(&self.0.handler, &stream, std::slice::from_ref(command));
        Ok(match given.await? {
            Ok(_) => Given::Done,
            Err(rejection) => Given::Refused(rejection.to_string()),
        })
    }

    /// A projector of their events without a projection: to rebuild, or to catch up and end.
    pub fn projector<R>(&self, read_models: R) -> ProjectorBuilder<S, R, CodecDecoder<A::Event>, T>
    where
        R: ServiceReadModels,
    {
        let namespace = &self.0.namespace;
        let (name, store) = (namespace.name().clone(), namespace.store().clone());
        let (timer, decoder) = (namespace.timer().clone(), self.decoder());
        ProjectorBuilder::new(name, store, read_models, decoder, timer).filter(self.events())
    }

    /// Begins to put an engine together that follows their events.
    pub fn engine<R>(&self, read_models: R) -> EngineBuilder<S, R, CodecDecoder<A::Event>, T>
    where
        R: ServiceReadModels,
    {
        let (decoder, events) = (self.decoder(), self.events());
        EngineBuilder::new(&self.0.namespace, read_models, decoder, events)
    }
}

impl<A, S, T> Session<Aggregates<A, S, T>>
where
    A: Aggregate<Command: Serialize, Event: 'static>,
    S: ServiceStore,
    T: ServiceClock,
{
    /// Gives a command to the aggregate with this subject, with an id of its own: whoever may have to give
    /// it again [chooses the id](Self::give_as).
    ///
    /// # Errors
    /// [`TransactError::Rejected`] where the domain says no; else the command may have been carried out.
    pub async fn give(
        &self,
        subject: &Subject,
        command: impl Into<A::Command>,
    ) -> Result<Outcome<A::Event>, TransactError<A::Rejection>> {
        self.give_as(CommandId::random(), subject, command).await
    }

    /// Gives a command whose effect comes once, however often it is given under this id.
    ///
    /// # Errors
    /// As [`give`](Self::give). After any of them the same may be given again.
    pub async fn give_as(
        &self,
        id: CommandId,
        subject: &Subject,
        command: impl Into<A::Command>,
    ) -> Result<Outcome<A::Event>, TransactError<A::Rejection>> {
        let kind = &self.door.0;
        let (now, origin) = (kind.namespace.timer().now(), &self.origin);
        let command: Command<A::Command> = origin.command(id, subject, now, command);
        let command = command.fingerprinted();
        let stream = self.door.stream(subject);
        kind.handler.transact(&stream, &command).await
    }
}

impl<A, S, T> CommandExecutor<A::Command> for Aggregates<A, S, T>
where
    A: Aggregate<Command: Clone + Send, Event: 'static> + 'static,
    S: ServiceStore,
    T: ServiceClock,
{
    async fn execute(&self, reaction: &Reaction<A::Command>) -> Result<(), ExecuteError> {
        let (subject, body) = (&reaction.cause.subject, reaction.body.clone());
        let origin =
            Origin::part(ENGINE, self.0.namespace.name(), "reactor").caused_by(&reaction.cause);
        let command = origin.command(reaction.id, subject, self.0.namespace.timer().now(), body);
        if let Given::Refused(why) = self.carry_out(&command, subject).await? {
            tracing::debug!(%subject, why, "what a reactor asked for is rejected");
        }
        Ok(())
    }
}
