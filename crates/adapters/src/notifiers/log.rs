//! Notifications that are only written down.

use std::sync::atomic::{AtomicU64, Ordering};

use minwon_core::foreign_text;
use minwon_petitions::{Notification, Notifier, NotifyError};

/// Writes every notification to the log, through `tracing` at level info. It never fails.
///
/// Key, kind, petition and text are logged; the recipient is not, as logs are read by many.
///
/// ```
/// # use minwon_core::{CommandId, Timestamp};
/// # use minwon_petitions::{NoticeFields, NoticeKind, Notification, Notifier};
/// use minwon_adapters::notifiers::LogNotifier;
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let notification = Notification {
/// #     event_id: "11111111-2222-5333-8444-555555555555".parse()?,
/// #     namespace: "general".parse()?,
/// #     petition_id: "P-1".parse()?,
/// #     recipient: "citizen-1".parse()?,
/// #     kind: NoticeKind::Completed,
/// #     fields: NoticeFields::default(),
/// #     contact: None,
/// #     text: "Your petition is completed.".into(),
/// #     occurred_at: Timestamp::UNIX_EPOCH,
/// #     traceparent: None,
/// # };
/// let notifier = LogNotifier::default();
/// notifier.notify(&notification).await?;
/// assert_eq!(notifier.logged(), 1);
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct LogNotifier {
    logged: AtomicU64,
}

impl LogNotifier {
    /// Returns how many notifications were logged, repeats included.
    #[must_use]
    pub fn logged(&self) -> u64 {
        self.logged.load(Ordering::Relaxed)
    }
}

impl Notifier for LogNotifier {
    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError> {
        tracing::info!(
            key = notification.idempotency_key(),
            kind = notification.kind.as_str(),
            petition = %notification.petition_id,
            text = &*foreign_text::shown(&notification.text),
            "a petitioner is notified"
        );
        self.logged.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use minwon_core::Timestamp;
    use minwon_petitions::{NoticeFields, NoticeKind};
    use std::{
        fmt::{Debug, Write},
        sync::{Arc, Mutex},
    };
    use tracing::{
        Event, Level, Metadata, Subscriber,
        field::{Field, Visit},
        span::{Attributes, Id, Record},
    };

    /// Keeps what is logged at level info, a line for each field.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<String>>);

    impl Visit for Lines {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
        }
    }

    impl Subscriber for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == Level::INFO
        }
        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }
        fn record(&self, _: &Id, _: &Record<'_>) {}
        fn record_follows_from(&self, _: &Id, _: &Id) {}
        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }
        fn enter(&self, _: &Id) {}
        fn exit(&self, _: &Id) {}
    }

    #[test]
    fn everything_is_logged_but_the_recipient() {
        let notification = Notification {
            event_id: "018f6b2c-7a10-5c3e-9a55-3f2b8e6d4c11".parse().unwrap(),
            namespace: "general".parse().unwrap(),
            petition_id: "P-1".parse().unwrap(),
            recipient: "citizen-7f3a".parse().unwrap(),
            kind: NoticeKind::Completed,
            fields: NoticeFields::default(),
            contact: None,
            text: "It is completed.".into(),
            occurred_at: Timestamp::UNIX_EPOCH,
            traceparent: None,
        };
        let (lines, notifier) = (Lines::default(), LogNotifier::default());
        tracing::subscriber::with_default(lines.clone(), || {
            let done = notifier.notify(&notification).now_or_never();
            done.unwrap().unwrap();
        });
        let lines = lines.0.lock().unwrap();
        for line in [
            "key=\"general/P-1/018f6b2c-7a10-5c3e-9a55-3f2b8e6d4c11\"",
            "kind=\"completed\"",
            "petition=P-1",
            "text=\"It is completed.\"",
        ] {
            assert!(
                lines.lines().any(|logged| logged == line),
                "{line} in {lines}"
            );
        }
        assert!(!lines.contains("7f3a"), "{lines}");
        assert_eq!(notifier.logged(), 1);
    }
}
