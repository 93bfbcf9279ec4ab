//! The world outside: the register that documents are made from, and the mail to petitioners.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use minwon::{
    AgencyError, AgencyLink, Notification, Notifier, NotifyError, PetitionId,
    petitions::NoticeKind,
    petitions::PetitionCatalogue,
    service::{SourceData, SourceRequest},
};

use crate::petition::{Fate, Petition, number};

/// The answer of an outside system that does not do what it is asked.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("no route to the register")]
    NoRoute,
    #[error("the register has no such entry")]
    NoEntry,
    #[error("the mailbox is full")]
    MailboxFull,
}

/// The register. Its behaviour follows from the petition, so that a day can be played again.
pub(crate) struct Register {
    fates: Fates,
    /// Who was put off once.
    put_off: Mutex<BTreeSet<PetitionId>>,
}

impl Register {
    pub(crate) fn new(fates: Fates) -> Self {
        Self {
            fates,
            put_off: Mutex::default(),
        }
    }
}

impl AgencyLink<SourceRequest> for Register {
    type Answer = SourceData;

    async fn ask(&self, request: &SourceRequest) -> Result<SourceData, AgencyError> {
        let petition = request.issuance.petition();
        let is_first_attempt = request.issuance.attempt() == 1;
        let away = || AgencyError::Unavailable(Trouble::NoRoute.into());
        match self.fates.of(petition) {
            Fate::RegisterStumbles if lock(&self.put_off).insert(petition.clone()) => Err(away()),
            Fate::RegisterIsAway if is_first_attempt => Err(away()),
            Fate::NoEntry if is_first_attempt => Err(AgencyError::Refused(Trouble::NoEntry.into())),
            _ => Ok(SourceData::default()),
        }
    }
}

/// The mail. It counts what it has been handed over, each notification once.
pub(crate) struct Mail {
    fates: Fates,
    sent: Mutex<BTreeSet<String>>,
}

impl Mail {
    pub(crate) fn new(fates: Fates) -> Self {
        Self {
            fates,
            sent: Mutex::default(),
        }
    }

    pub(crate) fn sent(&self) -> u64 {
        lock(&self.sent).len() as u64
    }
}

impl Notifier for Mail {
    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError> {
        let is_full = self.fates.of(&notification.petition_id) == Fate::MailboxFull;
        // Whoever empties it later gets the rest.
        if is_full && notification.kind == NoticeKind::Received {
            return Err(NotifyError::Refused(Trouble::MailboxFull.into()));
        }
        lock(&self.sent).insert(notification.idempotency_key());
        Ok(())
    }
}

/// The obstacles, by petition.
#[derive(Clone)]
pub(crate) struct Fates {
    pub(crate) seed: u64,
    pub(crate) catalogue: PetitionCatalogue,
}

impl Fates {
    fn of(&self, petition: &PetitionId) -> Fate {
        let drawn = |number| Petition::drawn(number, self.seed, &self.catalogue).ok();
        let petition = number(petition.as_str()).and_then(drawn);
        petition.map_or(Fate::Smooth, |petition| petition.fate)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
