//! The mail and the register, which somebody may break.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use minwon::{
    AgencyError, AgencyLink, Notification, Notifier, NotifyError,
    service::{SourceData, SourceRequest},
};
use tokio::sync::watch;

/// Whether the outside does what it is asked.
#[derive(Default)]
pub(crate) struct Outside {
    mail_refuses: AtomicBool,
    register_refuses: AtomicBool,
    mail_hangs: watch::Sender<bool>,
}

impl Outside {
    pub(crate) fn refuse_mail(&self) {
        self.mail_refuses.store(true, Ordering::Relaxed);
        println!("The password of the mail server has expired.");
    }

    pub(crate) fn hang_mail(&self) {
        self.mail_hangs.send_replace(true);
        println!("The mail server takes notices and never answers.");
    }

    pub(crate) fn poison_register(&self) {
        self.register_refuses.store(true, Ordering::Relaxed);
        println!("The register refuses what it is asked.");
    }

    pub(crate) fn mend(&self) {
        self.mail_refuses.store(false, Ordering::Relaxed);
        self.register_refuses.store(false, Ordering::Relaxed);
        self.mail_hangs.send_replace(false);
        println!("Mail and register work; what was held up is tried again by an operator.");
    }
}

pub(crate) struct Mail(pub(crate) Arc<Outside>);

impl Notifier for Mail {
    async fn notify(&self, _: &Notification) -> Result<(), NotifyError> {
        let mut hangs = self.0.mail_hangs.subscribe();
        // Its sender is there for as long as this is.
        let _ = hangs.wait_for(|hangs| !hangs).await;
        match self.0.mail_refuses.load(Ordering::Relaxed) {
            true => Err(NotifyError::Refused(
                "535 5.7.8 the password has expired".into(),
            )),
            false => Ok(()),
        }
    }
}

pub(crate) struct Register(pub(crate) Arc<Outside>);

impl AgencyLink<SourceRequest> for Register {
    type Answer = SourceData;

    async fn ask(&self, _: &SourceRequest) -> Result<SourceData, AgencyError> {
        match self.0.register_refuses.load(Ordering::Relaxed) {
            true => Err(AgencyError::Refused(
                "the register has no such entry".into(),
            )),
            false => Ok(SourceData::default()),
        }
    }
}
