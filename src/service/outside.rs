//! Whom a service has to do with outside, each behind one pointer: they are asked seldom enough
//! that the types of a service need not name them.

use futures_util::future::BoxFuture;
use minwon_petitions::{
    AgencyError, AgencyLink, Contact, Contacts, ContactsError, InCharge, Notification, Notifier,
    NotifyError,
};

use super::{
    RegisterLink,
    order::{SourceData, SourceRequest},
};

/// A [`RegisterLink`] of any type.
pub(super) trait AnyRegister: Send + Sync + 'static {
    fn ask<'a>(
        &'a self,
        request: &'a SourceRequest,
    ) -> BoxFuture<'a, Result<SourceData, AgencyError>>;
}

impl<L: RegisterLink> AnyRegister for L {
    fn ask<'a>(
        &'a self,
        request: &'a SourceRequest,
    ) -> BoxFuture<'a, Result<SourceData, AgencyError>> {
        Box::pin(AgencyLink::ask(self, request))
    }
}

/// A [`Notifier`] of any type.
pub(super) trait AnyNotifier: Send + Sync + 'static {
    fn notify<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> BoxFuture<'a, Result<(), NotifyError>>;
}

impl<N: Notifier> AnyNotifier for N {
    fn notify<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(Notifier::notify(self, notification))
    }
}

/// [`Contacts`] of any type.
pub(super) trait AnyContacts: Send + Sync + 'static {
    fn contact<'a>(
        &'a self,
        of: &'a InCharge,
    ) -> BoxFuture<'a, Result<Option<Contact>, ContactsError>>;
}

impl<C: Contacts> AnyContacts for C {
    fn contact<'a>(
        &'a self,
        of: &'a InCharge,
    ) -> BoxFuture<'a, Result<Option<Contact>, ContactsError>> {
        Box::pin(Contacts::contact(self, of))
    }
}

/// The register of a service that has none: it refuses every request, and an officer [enters the
/// result](crate::petitions::issuance::EnterResultManually).
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRegister;

#[derive(Debug, thiserror::Error)]
#[error("the service has no register to ask")]
struct BuiltWithout;

impl AgencyLink<SourceRequest> for NoRegister {
    type Answer = SourceData;

    async fn ask(&self, _: &SourceRequest) -> Result<SourceData, AgencyError> {
        Err(AgencyError::Refused(Box::new(BuiltWithout)))
    }
}

/// Contacts of a service that has none.
pub(super) struct NoContacts;

impl Contacts for NoContacts {
    async fn contact(&self, _: &InCharge) -> Result<Option<Contact>, ContactsError> {
        Ok(None)
    }
}
