//! One petition on its way through the offices.

use std::{error::Error, ops::Range, time::Duration};

use minwon::{
    ActorId, CommandId, NameError, Outcome, ServiceName, Timestamp,
    engine::GlobalPosition,
    petitions::{ApplicationCommand, IssuanceCommand, IssuanceId, IssuanceStatus},
};

use crate::{
    again::until_answered,
    agenda::Turn,
    branch::{Branch, Service},
    chance::Chance,
    day::Day,
    hours,
    petition::Petition,
    shared::{Failure, while_doing},
};

/// The namespace that the portal derives its command ids in. Any sixteen bytes do, as long as they
/// stay.
const PORTAL: &[u8; 16] = b"minwon.portal/1\n";

/// How often somebody looks whether the choreography has come so far, and how long.
const LOOK_WAIT: Duration = Duration::from_millis(2);
const LOOKS_MAX: u32 = 15_000;

/// The outcome of a step of the day.
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

/// A petition, and when people do something about it.
pub(crate) struct Case<'a> {
    pub(crate) petition: Petition,
    pub(crate) chance: Chance,
    /// The time that the present step is planned for.
    pub(crate) now: Timestamp,
    /// The attempt to issue its document that is under way, or comes next.
    pub(crate) attempt: IssuanceId,
    pub(crate) day: &'a Day,
    pub(crate) branch: &'a Branch,
    /// Where in the log the last command stands.
    position: GlobalPosition,
    commands: u32,
    turn: Option<Turn>,
    /// Whether an officer is in charge of it.
    pub(crate) is_assigned: bool,
}

impl<'a> Case<'a> {
    pub(crate) fn new(day: &'a Day, petition: Petition, arrives_at: Timestamp, turn: Turn) -> Self {
        Self {
            attempt: IssuanceId::first(&petition.id),
            branch: day.branch(petition.entry.category),
            // Not the chance that the petition was drawn with: its numbers have been used.
            chance: Chance::new(!day.seed, petition.number),
            petition,
            now: arrives_at,
            day,
            position: GlobalPosition::START,
            commands: 0,
            turn: Some(turn),
            is_assigned: false,
        }
    }

    /// Lets simulated seconds pass.
    pub(crate) async fn seconds(&mut self, range: Range<u64>) -> Step {
        let seconds = self.chance.within(range);
        self.now = self.now.saturating_add(Duration::from_secs(seconds));
        if self.now >= hours::closing() {
            return Err(Stop::EndOfDay);
        }
        // Planned before others have their turn, or the clock might pass it.
        let next = self.day.agenda.enter(self.now, self.petition.number);
        self.turn = None;
        self.turn = Some(next.await);
        Ok(())
    }

    /// Lets simulated minutes pass.
    pub(crate) async fn minutes(&mut self, range: Range<u64>) -> Step {
        self.seconds(range.start * 60..range.end * 60).await
    }

    /// The petition in the hands of somebody, as part of what began with its filing.
    pub(crate) fn in_hand(&self, by: &Actor) -> minwon::Petition<Service> {
        let session = self
            .branch
            .service
            .as_actor(by.id.clone(), by.service.clone());
        let session = session.correlated(self.first_command().into());
        session.petition(self.petition.entry.category, self.petition.id.clone())
    }

    /// Gives a command to the petition. Nobody gives one that the domain should refuse.
    pub(crate) async fn petition(
        &mut self,
        by: Actor,
        body: impl Into<ApplicationCommand>,
    ) -> Step {
        let (body, id) = (body.into(), self.next_command());
        let petition = self.in_hand(&by);
        let given = until_answered(|| petition.give_as(id, body.clone())).await;
        let doing = format!("{} {}", body.words(), petition.id());
        self.given(given.map_err(while_doing(doing))?);
        Ok(())
    }

    /// Gives a command to the present attempt to issue its document.
    pub(crate) async fn issuance(&mut self, by: Actor, body: impl Into<IssuanceCommand>) -> Step {
        let (body, id) = (body.into(), self.next_command());
        let attempt = self.in_hand(&by).attempt(self.attempt.clone())?;
        let given = until_answered(|| attempt.give_as(id, body.clone())).await;
        let doing = format!("{} {}", body.words(), attempt.id());
        self.given(given.map_err(while_doing(doing))?);
        Ok(())
    }

    /// Waits until all has been done that follows from the last command.
    pub(crate) async fn followed_up(&self) -> Step {
        Ok(self.branch.service.reached(self.position).await?)
    }

    /// Waits until the present attempt has failed.
    pub(crate) async fn attempt_failed(&self) -> Step {
        let officer = Actor::new("officer", "issuance")?;
        let attempt = self.in_hand(&officer).attempt(self.attempt.clone())?;
        for _ in 0..LOOKS_MAX {
            if attempt.state().await?.status() == Some(IssuanceStatus::Failed) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_WAIT).await;
        }
        let waited = format!("{} was to fail, and does not", self.attempt);
        Err(Stop::Failed(waited.into()))
    }

    /// The id follows from petition and step, so a command sent again is recognised.
    fn next_command(&mut self) -> CommandId {
        self.commands += 1;
        let name = format!("{}{}/{}", self.day.run, self.petition.id, self.commands);
        CommandId::derive(PORTAL, name)
    }

    fn given<E>(&mut self, outcome: Outcome<E>) {
        if let Some(token) = outcome.token {
            self.position = token.position;
        }
    }

    /// Under which id it is filed.
    pub(crate) fn first_command(&self) -> CommandId {
        CommandId::derive(PORTAL, format!("{}{}", self.day.run, self.petition.id))
    }
}
