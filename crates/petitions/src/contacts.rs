//! The port to the directory of an office: whom a petitioner can ask.

use std::{error::Error, future::Future, sync::Arc};

use minwon_core::ActorId;
use serde::Serialize;

use crate::text::{Agency, ContactLine, Department};

/// Who is in charge of a petition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCharge {
    /// The agency that has the petition.
    pub agency: Agency,
    /// The responsible department (처리주무부서); none before the petition was received.
    pub department: Option<Department>,
    /// The officer in charge (담당자), by an opaque id; none before it was assigned.
    pub officer: Option<ActorId>,
}

/// Whom a petitioner can ask (D31). It names no person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// The office, as a petitioner is told it: for example `종로구청 자동차관리과 등록팀`.
    pub office: ContactLine,
    /// Its telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<ContactLine>,
    /// Its mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<ContactLine>,
}

/// Knows how officers are reached.
pub trait Contacts: Send + Sync + 'static {
    /// Returns how whoever is in charge is reached; none where that is not known. It is asked for each
    /// notice, and again when one is sent again.
    ///
    /// # Errors
    /// [`ContactsError`]. The notice waits until there is an answer, as it does for a notifier that is
    /// away.
    fn contact(
        &self,
        of: &InCharge,
    ) -> impl Future<Output = Result<Option<Contact>, ContactsError>> + Send;
}

impl<C: Contacts> Contacts for Arc<C> {
    fn contact(
        &self,
        of: &InCharge,
    ) -> impl Future<Output = Result<Option<Contact>, ContactsError>> + Send {
        C::contact(self, of)
    }
}

/// The directory of contacts does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the directory of contacts does not answer for now")]
pub struct ContactsError(#[source] pub Box<dyn Error + Send + Sync>);
