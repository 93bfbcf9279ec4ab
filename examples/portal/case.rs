//! One petition on its way through the offices.

use std::{error::Error, ops::Range, time::Duration};

use minwon::{
    ActorId, Aggregate, CausationId, Command, CommandContext, CommandHandler, CommandId,
    CorrelationId, NameError, Namespace, Outcome, ServiceName, Store, StreamName, SystemClock,
    Timestamp,
    petitions::{ApplicationCommand, ApplicationEvent, IssuanceCommand, IssuanceEvent, IssuanceId},
};

use crate::{chance::Chance, hours, petition::Petition, shared::Failure};

/// What the portal derives its command ids in. Any sixteen bytes do, as long as they stay.
const PORTAL: &[u8; 16] = b"minwon.portal/1\n";

/// What a step of the day comes to.
pub(crate) type Step<T = ()> = Result<T, Stop>;

/// Why a petition goes no further today.
pub(crate) enum Stop {
    /// The offices close; what is open stays open.
    EndOfDay,
    /// Something failed.
    Failed(Failure),
}

/// With this, `?` works in a step. `Stop` is no error itself, so the two never overlap.
impl<E: Error + Send + Sync + 'static> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// A command was not carried out. Here that is a fault even where the domain said no: the day
/// gives no command that it should reject.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing} {stream}")]
struct NotDone {
    doing: &'static str,
    stream: StreamName,
    source: Failure,
}

/// Somebody who gives commands, and the service they go through.
#[derive(Clone)]
pub(crate) struct Actor {
    pub(crate) id: ActorId,
    service: ServiceName,
}

impl Actor {
    pub(crate) fn new(id: impl AsRef<str>, service: &str) -> Result<Self, NameError> {
        Ok(Self {
            id: ActorId::new(id)?,
            service: ServiceName::new(service)?,
        })
    }
}

/// A petition, the simulated time, and what the next command needs to know of those before it.
pub(crate) struct Case<'a> {
    pub(crate) petition: Petition,
    pub(crate) chance: Chance,
    pub(crate) now: Timestamp,
    /// The attempt to issue its document that is under way, or comes next.
    pub(crate) attempt: IssuanceId,
    /// How many events it has led to.
    pub(crate) events: u64,
    namespace: &'a Namespace<Store>,
    commands: u32,
    correlation: CorrelationId,
    cause: Option<CausationId>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        namespace: &'a Namespace<Store>,
        petition: Petition,
        chance: Chance,
        arrives_at: Timestamp,
    ) -> Self {
        Self {
            attempt: IssuanceId::first(&petition.id),
            events: 0,
            correlation: CommandId::derive(PORTAL, petition.id.as_str()).into(),
            petition,
            chance,
            now: arrives_at,
            namespace,
            commands: 0,
            cause: None,
        }
    }

    /// Lets simulated seconds pass.
    pub(crate) fn seconds(&mut self, range: Range<u64>) -> Step {
        let seconds = self.chance.within(range);
        self.now = self.now.saturating_add(Duration::from_secs(seconds));
        if self.now >= hours::closing() {
            return Err(Stop::EndOfDay);
        }
        Ok(())
    }

    /// Lets simulated minutes pass.
    pub(crate) fn minutes(&mut self, range: Range<u64>) -> Step {
        self.seconds(range.start * 60..range.end * 60)
    }

    /// Gives a command to the petition.
    pub(crate) async fn petition(
        &mut self,
        by: Actor,
        body: impl Into<ApplicationCommand>,
    ) -> Step<Outcome<ApplicationEvent>> {
        let (body, category) = (body.into(), self.petition.category);
        let stream = self
            .namespace
            .application_stream(category, &self.petition.id);
        let handler = self.namespace.applications(category);
        self.give(handler, stream, by, body.words(), body).await
    }

    /// Gives a command to the present attempt to issue its document.
    pub(crate) async fn issuance(
        &mut self,
        by: Actor,
        body: impl Into<IssuanceCommand>,
    ) -> Step<Outcome<IssuanceEvent>> {
        let (body, category) = (body.into(), self.petition.category);
        let stream = self.namespace.issuance_stream(category, &self.attempt)?;
        let handler = self.namespace.issuances(category);
        self.give(handler, stream, by, body.words(), body).await
    }

    async fn give<A: Aggregate>(
        &mut self,
        handler: &CommandHandler<Store, A, SystemClock, Store>,
        stream: StreamName,
        by: Actor,
        doing: &'static str,
        body: A::Command,
    ) -> Step<Outcome<A::Event>> {
        let command = self.command(by, body);
        let outcome = handler.transact(&stream, &command).await;
        let outcome = outcome.map_err(|source| NotDone {
            doing,
            stream,
            source: source.into(),
        })?;
        // The last event of this command brings about the next one.
        let events = u32::try_from(outcome.events.len())?;
        self.events += u64::from(events);
        if let Some(last) = events.checked_sub(1) {
            self.cause = Some(command.id.event_id(last).into());
        }
        Ok(outcome)
    }

    /// The id follows from petition and step, so a command sent again is recognised.
    fn command<C>(&mut self, by: Actor, body: C) -> Command<C> {
        self.commands += 1;
        let name = format!("{}/{}", self.petition.id, self.commands);
        let context = CommandContext::new(self.petition.id.clone(), by.id, by.service, self.now)
            .correlated(self.correlation);
        let context = match self.cause {
            Some(cause) => context.caused_by(cause),
            None => context,
        };
        Command::new(CommandId::derive(PORTAL, name), context, body)
    }
}
