//! Telling petitioners what happened.

use std::sync::Arc;

use minwon_core::{
    ActorId, CommandExecutor, EventStore, ExecuteError, Notification, Notifier, NotifyError,
    Reaction, SnapshotStore, Timer,
};
use minwon_petitions::flow::Notice;

use super::{RegisterLink, failure::failed, office::Office, order::IssuancePolicy};

/// Hands notices over to a notifier, which it finds out the recipient for.
pub(super) struct Notices<S, T, P, L, N> {
    pub(super) office: Arc<Office<S, T, P, L>>,
    pub(super) notifier: N,
}

impl<S, T, P, L, N> CommandExecutor<Notice> for Notices<S, T, P, L, N>
where
    S: EventStore + SnapshotStore + Clone + 'static,
    T: Timer + Clone + 'static,
    P: IssuancePolicy,
    L: RegisterLink,
    N: Notifier,
{
    async fn execute(&self, reaction: &Reaction<Notice>) -> Result<(), ExecuteError> {
        let (notice, cause) = (&reaction.body, &reaction.cause);
        let petition = self.office.facts(notice.category, &cause.petition_id);
        // An issuance without a petition has nobody to tell.
        let Some(petition) = petition.await? else {
            return Ok(());
        };
        let notification = Notification {
            event_id: cause.event_id,
            namespace: self.office.namespace.name().clone(),
            petition_id: cause.petition_id.clone(),
            recipient: ActorId::new(petition.applicant.as_str()).map_err(failed)?,
            kind: notice.kind,
            text: notice.text.clone(),
            occurred_at: cause.occurred_at,
        };
        match self.notifier.notify(&notification).await {
            Ok(()) => Ok(()),
            Err(NotifyError::Unavailable(source)) => Err(ExecuteError::Transient(source)),
            Err(NotifyError::Refused(source)) => Err(ExecuteError::Failed(source)),
        }
    }
}
