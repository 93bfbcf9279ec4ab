//! A desk at which one petition is worked on: commands in, tokens out.
#![allow(dead_code, reason = "not every example issues documents")]

use std::time::Duration;

use minwon::{
    ActorId, Aggregate, Command, CommandContext, CommandHandler, CommandId, Namespace, PetitionId,
    ServiceName, Store, StreamName, SystemClock, Timestamp, Token,
    petitions::{ApplicationCommand, Category, IssuanceCommand, IssuanceId},
};

use crate::shared::Failure;

/// What the ids of commands are derived in. Any sixteen bytes do, as long as they stay.
const DESK: &[u8; 16] = b"minwon examples\n";

/// A petition and the simulated time.
pub(crate) struct Desk<'a> {
    namespace: &'a Namespace<Store>,
    pub(crate) category: Category,
    pub(crate) petition: PetitionId,
    pub(crate) now: Timestamp,
    commands: u32,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        namespace: &'a Namespace<Store>,
        category: Category,
        petition: PetitionId,
        now: Timestamp,
    ) -> Self {
        Self {
            namespace,
            category,
            petition,
            now,
            commands: 0,
        }
    }

    /// Lets simulated time pass.
    pub(crate) fn minutes(&mut self, minutes: u64) {
        self.now = self.now.saturating_add(Duration::from_secs(60 * minutes));
    }

    /// Gives a command to the petition.
    pub(crate) async fn petition(
        &mut self,
        actor: &str,
        body: impl Into<ApplicationCommand>,
    ) -> Result<Token, Failure> {
        let stream = self
            .namespace
            .application_stream(self.category, &self.petition);
        let handler = self.namespace.applications(self.category);
        self.give(handler, stream, actor, body.into()).await
    }

    /// Gives a command to the first attempt to issue its document.
    pub(crate) async fn issuance(
        &mut self,
        actor: &str,
        body: impl Into<IssuanceCommand>,
    ) -> Result<Token, Failure> {
        let attempt = IssuanceId::first(&self.petition);
        let stream = self.namespace.issuance_stream(self.category, &attempt)?;
        let handler = self.namespace.issuances(self.category);
        self.give(handler, stream, actor, body.into()).await
    }

    async fn give<A>(
        &mut self,
        handler: &CommandHandler<Store, A, SystemClock, Store>,
        stream: StreamName,
        actor: &str,
        body: A::Command,
    ) -> Result<Token, Failure>
    where
        A: Aggregate<Rejection: std::error::Error + Send + Sync + 'static>,
    {
        self.commands += 1;
        let context = CommandContext::new(
            self.petition.clone(),
            ActorId::new(actor)?,
            ServiceName::new("example")?,
            self.now,
        );
        let name = format!("{}/{}", self.petition, self.commands);
        let command = Command::new(CommandId::derive(DESK, name), context, body);
        let done = handler.transact(&stream, &command).await?;
        done.token.ok_or_else(|| "the command left no event".into())
    }
}
