//! Notices to petitioners.

use std::sync::Arc;

use minwon_core::{ActorId, CommandExecutor, ExecuteError, Reaction};

use minwon_petitions::flow::Notice;
use minwon_petitions::{Notification, NotifyError};

use super::{failure::failed, office::Office, outside::AnyNotifier};
use crate::namespace::{ServiceClock, ServiceStore};

/// Hands notices over to a notifier, which it finds out the recipient for.
pub(super) struct Notices<S, T> {
    pub(super) office: Arc<Office<S, T>>,
    pub(super) notifier: Arc<dyn AnyNotifier>,
}

impl<S: ServiceStore, T: ServiceClock> CommandExecutor<Notice> for Notices<S, T> {
    async fn execute(&self, reaction: &Reaction<Notice>) -> Result<(), ExecuteError> {
        let (notice, cause) = (&reaction.body, &reaction.cause);
        let petition = self.office.facts(notice.category, &cause.subject);
        // An issuance without a petition has nobody to notify.
        let Some(petition) = petition.await? else {
            return Ok(());
        };
        let notification = Notification {
            event_id: cause.event_id,
            namespace: self.office.namespace.name().clone(),
            petition_id: cause.subject.clone(),
            recipient: ActorId::stored(petition.applicant.as_str()).map_err(failed)?,
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
