//! An office in which not all goes well.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use minwon::{
    AgencyError, AgencyLink, Clock, CommandId, Namespace, Notification, Notifier, NotifyError,
    PetitionService, ReadModels, Store, StoreUrl, SystemClock,
    adapters::{Retries, agency::GuardedLink},
    petitions::{
        Category, Channel, Period, PeriodUnit, PetitionKind, ServiceType, Won,
        application::{ReceiptDue, Receive, RecordProgress, Submit},
        issuance::{FeeSettlement, IdentityMethod},
    },
    service::{DocumentOrder, OfficeSettings, PetitionFacts, SourceData, SourceRequest},
};

use crate::shared::Failure;

const AGENCY: &str = "Jongno District Office";

/// The mailbox of one of so many petitioners takes nothing.
const PETITIONERS: u64 = 20;

/// The register is away at one of so many questions.
const AWAY: u64 = 7;

/// How long the register is tried again after.
const PAUSES: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(50)];

pub(crate) type Register = GuardedLink<Entries>;

pub(crate) struct Office {
    pub(crate) service: PetitionService,
    pub(crate) register: Arc<Register>,
    /// Another desk, which learns from the store what the first one has done.
    second_desk: Namespace,
}

impl Office {
    pub(crate) fn open() -> Result<Self, Failure> {
        let store = Store::open(&StoreUrl::Memory)?;
        let read_models = ReadModels::beside(&store);
        let namespace = || -> Result<Namespace, Failure> {
            Ok(Namespace::new(
                "general".parse()?,
                store.clone(),
                SystemClock,
            ))
        };
        let retries = Retries::default().pauses(PAUSES[0], PAUSES[1]);
        let register = GuardedLink::builder(Entries::default()).name("register");
        let register = Arc::new(register.retries(retries).build()?);
        let settings = OfficeSettings::new(AGENCY.parse()?);
        let service = PetitionService::builder(namespace()?, read_models)
            .issuing(settings, order, Arc::clone(&register))
            .notifying(Mail)
            .start();
        Ok(Self {
            service,
            register,
            second_desk: namespace()?,
        })
    }

    /// Takes petitions, without end.
    pub(crate) async fn work(&self, pause: Duration) -> Result<(), Failure> {
        for number in 0.. {
            self.take(number).await?;
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    /// One whose document follows at once, or one that officers work on.
    async fn take(&self, number: u64) -> Result<(), Failure> {
        let citizen = format!("citizen-{}", number % PETITIONERS);
        let is_instant = number.is_multiple_of(2);
        let desk = self
            .service
            .as_actor(citizen.parse()?, "portal.counter".parse()?);
        let petition = desk.petition(Category::General, format!("2026-{number:06}").parse()?);
        let (submit, receive) = filing(number, &citizen, is_instant)?;
        petition
            .file(CommandId::random(), submit, Some(&receive))
            .await?;
        if !is_instant {
            let officer = "officer-2".parse()?;
            let second = self
                .second_desk
                .as_actor(officer, "back-office.second".parse()?);
            let second = second.petition(Category::General, petition.id().clone());
            second.give(progress("the site was visited")?).await?;
            // This desk does not know of it yet, and decides anew.
            petition.give(progress("the plan was looked at")?).await?;
        }
        Ok(())
    }
}

fn progress(activity: &str) -> Result<RecordProgress, Failure> {
    Ok(RecordProgress {
        activity: activity.parse()?,
        officer: "officer-1".parse()?,
        department: None,
        noted_at: SystemClock.now(),
    })
}

fn filing(number: u64, applicant: &str, is_instant: bool) -> Result<(Submit, Receive), Failure> {
    let now = SystemClock.now();
    let service = if is_instant {
        ServiceType::InstantIssuance
    } else {
        ServiceType::DeadlineBound
    };
    let submit = Submit {
        category: Category::General,
        service,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "extract of the register".parse()?,
        applicant: applicant.parse()?,
        agency: AGENCY.parse()?,
        submitted_at: now,
        attachments: Vec::new(),
    };
    let receive = Receive {
        receipt_number: format!("R-{number:06}").parse()?,
        kind: PetitionKind::Statutory,
        period: Period::new(7, PeriodUnit::Days)?,
        due: ReceiptDue::ByStatute,
        department: "Civil Affairs".parse()?,
        received_at: now,
    };
    Ok((submit, receive))
}

/// A document, which costs nothing.
fn order(_: &PetitionFacts) -> Option<DocumentOrder> {
    Some(DocumentOrder {
        document_type: "extract".parse().ok()?,
        copies: 1,
        fee: Won::ZERO,
        identity: IdentityMethod::SimpleAuthentication,
        evidence: None,
        settlement: FeeSettlement::Waived {
            ground: "Free of charge".parse().ok()?,
        },
    })
}

/// The entries of a register that is away from time to time.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    asked: AtomicU64,
}

impl AgencyLink<SourceRequest> for Entries {
    type Answer = SourceData;

    async fn ask(&self, _: &SourceRequest) -> Result<SourceData, AgencyError> {
        match self.asked.fetch_add(1, Ordering::Relaxed) % AWAY {
            0 => Err(AgencyError::Unavailable("the register is away".into())),
            _ => Ok(SourceData::default()),
        }
    }
}

struct Mail;

impl Notifier for Mail {
    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError> {
        match notification.recipient.as_str() {
            "citizen-3" => Err(NotifyError::Refused("the mailbox takes nothing".into())),
            _ => Ok(()),
        }
    }
}
