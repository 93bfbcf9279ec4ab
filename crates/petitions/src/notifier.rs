//! The port to the system that notifies petitioners.

use std::{error::Error, fmt, future::Future, sync::Arc};

use minwon_core::{ActorId, EventId, NamespaceName, Timestamp, TraceParent};

use crate::{
    PetitionId,
    contacts::Contact,
    notice::{NoticeFields, NoticeKind},
};

/// A notification to a petitioner (국민비서 and the like).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The event that it reports. The receiver recognises repeats by it; see
    /// [`idempotency_key`](Self::idempotency_key).
    pub event_id: EventId,
    /// The namespace of the petition.
    pub namespace: NamespaceName,
    /// The petition.
    pub petition_id: PetitionId,
    /// The recipient: an opaque id, from which the receiver finds out how to reach them.
    pub recipient: ActorId,
    /// The kind of notice. With it stands the [article](NoticeKind::article) that it follows from.
    pub kind: NoticeKind,
    /// What the notice speaks of, as of the event: with the petition's receipt number and its due,
    /// where it has them.
    pub fields: NoticeFields,
    /// Whom the petitioner can ask (D31), as of now; none where the service has no
    /// [`Contacts`](crate::Contacts), or they know of none.
    pub contact: Option<Contact>,
    /// The text of the notice: all of it in words. It names no person.
    pub text: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The trace that it is part of, if it is part of one. It is no part of what the petitioner is told.
    pub traceparent: Option<TraceParent>,
}

impl Notification {
    /// Returns a key that is the same for every attempt to report one event of one petition, and
    /// for nothing else.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("{}/{}/{}", self.namespace, self.petition_id, self.event_id)
    }
}

/// Notifies petitioners of what happened.
pub trait Notifier: Send + Sync + 'static {
    /// Hands a notification over, and returns when the receiver has it. It may be called again with
    /// the same notification; the receiver recognises it by its key.
    ///
    /// # Errors
    /// [`NotifyError`].
    fn notify(
        &self,
        notification: &Notification,
    ) -> impl Future<Output = Result<(), NotifyError>> + Send;
}

impl<N: Notifier> Notifier for Arc<N> {
    fn notify(
        &self,
        notification: &Notification,
    ) -> impl Future<Output = Result<(), NotifyError>> + Send {
        N::notify(self, notification)
    }
}

/// Why a notification was not handed over.
#[derive(Debug)]
pub enum NotifyError {
    /// The receiver is away, or asked to wait; it may have the notification.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// The receiver will not take it.
    Refused(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for NotifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable(_) => "the receiver of notifications is away for now",
            Self::Refused(_) => "the receiver of notifications refused one",
        })
    }
}

impl Error for NotifyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unavailable(source) | Self::Refused(source) => Some(&**source),
        }
    }
}
