//! Notices to petitioners.

use std::sync::Arc;

use minwon_core::{
    ActorId, CommandExecutor, ExecuteError, Reaction,
    metrics::{self, NOTICES},
};
use minwon_language::Phrasebook;
use minwon_petitions::{InCharge, Notice, Notification, NotifyError, application::Application};

use super::{
    failure::failed,
    office::Office,
    outside::{AnyContacts, AnyNotifier},
};
use crate::namespace::{ServiceClock, ServiceStore};

/// Hands notices over to a notifier, which it finds out the recipient for.
pub(super) struct Notices<S, T> {
    pub(super) office: Arc<Office<S, T>>,
    /// None in a service that notifies nobody.
    pub(super) notifier: Option<Arc<dyn AnyNotifier>>,
    pub(super) contacts: Arc<dyn AnyContacts>,
    pub(super) phrasebook: Phrasebook,
}

/// The petition is looked at as it stood after the event, so that a notice that is sent again says the
/// same. Only the contact is that of now.
impl<S: ServiceStore, T: ServiceClock> CommandExecutor<Notice> for Notices<S, T> {
    async fn execute(&self, reaction: &Reaction<Notice>) -> Result<(), ExecuteError> {
        let Some(notifier) = &self.notifier else {
            return Ok(());
        };
        let (notice, cause) = (&reaction.body, &reaction.cause);
        let as_of = self
            .office
            .as_of(notice.category, &cause.subject, cause.position);
        let petition = as_of.await?;
        // An issuance without a petition has nobody to notify.
        let Some(filed) = petition.filed() else {
            return Ok(());
        };
        let in_charge = in_charge(filed);
        let contact = self.contacts.contact(&in_charge);
        let contact = contact
            .await
            .map_err(|error| ExecuteError::Transient(Box::new(error)))?;
        let content = notice.content.clone().of_petition(&petition);
        let mut notification = Notification {
            event_id: cause.event_id,
            namespace: self.office.namespace.name().clone(),
            petition_id: cause.subject.clone(),
            recipient: ActorId::stored(filed.filing.applicant.as_str()).map_err(failed)?,
            kind: content.kind,
            fields: content.fields,
            contact,
            text: String::new(),
            occurred_at: cause.occurred_at,
            traceparent: cause.traceparent.clone(),
        };
        notification.text = self.phrasebook.notice(&notification);
        let notified = notifier.notify(&notification).await;
        count(&notification, &notified);
        match notified {
            Ok(()) => Ok(()),
            Err(NotifyError::Unavailable(source)) => Err(ExecuteError::Transient(source)),
            Err(NotifyError::Refused(source)) => Err(ExecuteError::Failed(source)),
        }
    }
}

fn count(notification: &Notification, notified: &Result<(), NotifyError>) {
    let outcome = match notified {
        Ok(()) => "sent",
        Err(NotifyError::Unavailable(_)) => "unavailable",
        Err(NotifyError::Refused(_)) => "refused",
    };
    let labels = [
        ("namespace", notification.namespace.as_str()),
        ("kind", notification.kind.as_str()),
        ("outcome", outcome),
    ];
    metrics::count(&NOTICES, &labels, 1);
}

fn in_charge(filed: &Application) -> InCharge {
    InCharge {
        agency: filed.filing.agency.clone(),
        department: filed.case.as_ref().map(|case| case.department().clone()),
        officer: filed.officer().cloned(),
    }
}
