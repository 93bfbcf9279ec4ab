//! A small petition service in memory, whose mail does not go out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use minwon::{
    Clock, CommandId, Namespace, NamespaceName, Notification, Notifier, NotifyError, Petition,
    PetitionService, ReadModels, Store, StoreUrl, SystemClock,
    engine::ReactorOptions,
    petitions::{
        Category, Channel, Period, PeriodUnit, PetitionKind, ServiceType,
        application::{Approve, ReceiptDue, Receive, RecordProgress, Submit},
    },
};

use crate::shared::Failure;

/// The petition of a citizen whose mailbox no longer exists.
const MOVED_AWAY: &str = "2026-000126";

const AGENCY: &str = "Jongno District Office";

pub(super) type Service = PetitionService;

/// Starts the service. Its petitions lead to no documents.
pub(super) fn start(mail: &Arc<Mail>) -> Result<Service, Failure> {
    let store = Store::open(&StoreUrl::Memory)?;
    let read_models = ReadModels::beside(&store);
    let namespace = Namespace::new(NamespaceName::new("general")?, store, SystemClock);
    let options = ReactorOptions::default();
    let (first, longest) = (Duration::from_millis(1), Duration::from_millis(5));
    let service = PetitionService::builder(namespace, read_models)
        .notifying(Arc::clone(mail))
        .engine(|engine| engine.reactor_options(options.retry_pauses(first, longest)))
        .start();
    Ok(service)
}

/// Files a petition, which is received at once.
pub(super) async fn file(service: &Service, petition: &str) -> Result<(), Failure> {
    let now = SystemClock.now();
    let submit = Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "permit to occupy a road".parse()?,
        applicant: format!("applicant-{petition}").parse()?,
        agency: AGENCY.parse()?,
        submitted_at: now,
        attachments: Vec::new(),
    };
    let receive = Receive {
        receipt_number: format!("R-{petition}").parse()?,
        kind: PetitionKind::Statutory,
        period: Period::new(7, PeriodUnit::Days)?,
        due: ReceiptDue::ByStatute,
        department: "Civil Affairs".parse()?,
        received_at: now,
    };
    let id = CommandId::derive(b"minwon.letters.1", petition);
    let citizen = in_hand(service, "citizen-1", petition)?;
    citizen.file(id, submit, Some(&receive)).await?;
    Ok(())
}

fn in_hand(service: &Service, actor: &str, petition: &str) -> Result<Petition, Failure> {
    let session = service.as_actor(actor.parse()?, "portal".parse()?);
    Ok(session.petition(Category::General, petition.parse()?))
}

/// An officer examines a petition and grants it.
pub(super) async fn grant(service: &Service, petition: &str) -> Result<(), Failure> {
    let petition = in_hand(service, "officer-1", petition)?;
    let examined = RecordProgress {
        activity: "Documents checked".parse()?,
        officer: "officer-1".parse()?,
        department: None,
        noted_at: SystemClock.now(),
    };
    petition.give(examined).await?;
    let approve = Approve {
        officer: "officer-1".parse()?,
        conditions: Vec::new(),
    };
    petition.give(approve).await?;
    Ok(())
}

/// The mail: it refuses everything until somebody has fixed it.
#[derive(Default)]
pub(super) struct Mail(AtomicBool);

#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("535 the password of 10.0.0.7:2525 has expired")]
    Password,
    #[error("550 no such mailbox")]
    NoMailbox,
}

impl Mail {
    pub(super) fn fix(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Notifier for Mail {
    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError> {
        let is_fixed = self.0.load(Ordering::Relaxed);
        match notification.petition_id.as_str() {
            _ if !is_fixed => Err(NotifyError::Refused(Refusal::Password.into())),
            MOVED_AWAY => Err(NotifyError::Refused(Refusal::NoMailbox.into())),
            _ => Ok(()),
        }
    }
}
