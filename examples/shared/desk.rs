//! A petition in simulated time: commands in, tokens out.
#![allow(dead_code, reason = "not every example issues documents")]

use std::time::Duration;

use minwon::{
    ActorId, CommandId, Namespace, Petition, PetitionId, ServiceName, Store, Timestamp, Token,
    petitions::{ApplicationCommand, Category, IssuanceCommand},
};

use crate::shared::Failure;

/// What the ids of commands are derived in: run once more on the same store, an example changes
/// nothing. Any sixteen bytes do, as long as they stay.
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
        let (petition, id) = self.as_actor(actor)?;
        let done = petition.give_as(id, body).await?;
        done.token.ok_or_else(|| "the command left no event".into())
    }

    /// Gives a command to the first attempt to issue its document.
    pub(crate) async fn issuance(
        &mut self,
        actor: &str,
        body: impl Into<IssuanceCommand>,
    ) -> Result<Token, Failure> {
        let (petition, id) = self.as_actor(actor)?;
        let done = petition.first_attempt()?.give_as(id, body).await?;
        done.token.ok_or_else(|| "the command left no event".into())
    }

    fn as_actor(
        &mut self,
        actor: &str,
    ) -> Result<(Petition<'a, Namespace<Store>>, CommandId), Failure> {
        self.commands += 1;
        let id = CommandId::derive(DESK, format!("{}/{}", self.petition, self.commands));
        let source = ServiceName::new("example")?;
        let session = self.namespace.as_actor(ActorId::new(actor)?, source);
        let petition = session
            .at(self.now)
            .petition(self.category, self.petition.clone());
        Ok((petition, id))
    }
}
