//! A notifier whose pauses are over at once, and whose time-outs wait for a test.

use std::{
    future::Future,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use minwon_adapters::{
    Retries,
    notifiers::{
        WebhookNotifier,
        webhook::{WebhookError, WebhookNotifierBuilder, WebhookSecret},
    },
};
use minwon_core::{Clock, Timer, Timestamp, testing::ManualClock};
use minwon_petitions::{NoticeFields, NoticeKind, Notification, NotifyError};

/// How long a try may take; no pause is as long as this.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(900);

/// Time that passes by itself in pauses, and by hand in tries.
#[derive(Clone)]
pub(crate) struct PauseTimer {
    pub(crate) clock: ManualClock,
    pauses: Arc<Mutex<Vec<Duration>>>,
}

impl PauseTimer {
    pub(crate) fn new() -> Self {
        Self {
            clock: ManualClock::new("2026-03-09T10:00:00Z".parse().unwrap()),
            pauses: Arc::default(),
        }
    }

    pub(crate) fn pauses(&self) -> Vec<Duration> {
        self.pauses.lock().unwrap().clone()
    }
}

impl Clock for PauseTimer {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Timer for PauseTimer {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        let sleep = self.clock.sleep(duration);
        if duration != TIMEOUT {
            self.pauses.lock().unwrap().push(duration);
            self.clock.advance(duration);
        }
        sleep
    }
}

pub(crate) fn secret() -> WebhookSecret {
    WebhookSecret::from_bytes(&[7; 32]).unwrap()
}

/// Three tries, with pauses of about 2 and 4 seconds.
pub(crate) fn builder(url: &str, timer: &PauseTimer) -> WebhookNotifierBuilder<PauseTimer> {
    let retries = Retries::default()
        .tries_max(NonZeroU32::new(3).unwrap())
        .pauses(Duration::from_secs(2), Duration::from_secs(10))
        .jitter_seed(7);
    WebhookNotifier::builder(url, secret())
        .allow_plain_http()
        .timer(timer.clone())
        .timeout(TIMEOUT)
        .retries(retries)
}

pub(crate) fn notifier(url: &str, timer: &PauseTimer) -> WebhookNotifier<PauseTimer> {
    builder(url, timer).build().unwrap()
}

pub(crate) fn notification() -> Notification {
    Notification {
        event_id: "018f6b2c-7a10-5c3e-9a55-3f2b8e6d4c11".parse().unwrap(),
        namespace: "general".parse().unwrap(),
        petition_id: "2026.민원".parse().unwrap(),
        recipient: "citizen-7f3a".parse().unwrap(),
        kind: NoticeKind::Completed,
        fields: NoticeFields::default(),
        contact: None,
        text: "민원 처리가 완료되었습니다.".into(),
        occurred_at: Timestamp::UNIX_EPOCH,
        traceparent: None,
    }
}

/// How many tries there were, and what the last came to.
pub(crate) fn gave_up(notified: Result<(), NotifyError>) -> (u32, WebhookError) {
    match notified {
        Err(NotifyError::Unavailable(error)) => match *error.downcast().unwrap() {
            WebhookError::GaveUp { tries, last, .. } => (tries, *last),
            other => panic!("{other:?} is no giving up"),
        },
        other => panic!("{other:?} is not away for now"),
    }
}

pub(crate) fn refused(notified: Result<(), NotifyError>) -> WebhookError {
    match notified {
        Err(NotifyError::Refused(error)) => *error.downcast().unwrap(),
        other => panic!("{other:?} is no refusal"),
    }
}
