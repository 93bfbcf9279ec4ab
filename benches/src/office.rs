//! A petition service with everybody it has to do with: a register, a policy, petitioners and
//! officers.

use std::{
    error::Error,
    future,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use minwon::{
    Namespace, Petition, PetitionService, ReadModels,
    adapters::agency::GuardedLink,
    service::{
        DocumentOrder, InstantAnswer, IssuancePolicy, OfficeSettings, PetitionFacts,
        PetitionServiceBuilder, Receipt, SourceData, SourceRequest,
    },
};
use minwon_adapters::SystemClock;
use minwon_core::{ActorId, Clock, CommandId, NamespaceName};
use minwon_petitions::PetitionId;
use minwon_petitions::{AgencyError, AgencyLink};
use minwon_petitions::{
    Category, Channel, Period, PeriodUnit, PetitionKind, ServiceType, Won,
    application::{Approve, ReceiptDue, Receive, RecordProgress, Submit},
    issuance::{FeeSettlement, IdentityMethod},
};

use crate::watched::Watched;

/// An error in a benchmark ends it.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The service of a namespace, with the machine's clock.
pub type Service = PetitionService<Watched, ReadModels, SystemClock>;

/// The same before it is started.
pub type ServiceBuilder = PetitionServiceBuilder<Watched, ReadModels, SystemClock>;

/// The way to the register.
pub type Link = Arc<GuardedLink<Arc<Register>>>;

const OFFICER: &str = "officer-0017";

/// Days that an office has for a petition: so many that none is late while it is measured.
const DAYS: u16 = 7;

/// An office: a namespace with one category of petitions.
#[derive(Debug, Clone)]
pub struct Office {
    /// Its namespace.
    pub namespace: NamespaceName,
    /// The type of its petitions.
    pub category: Category,
}

impl Office {
    /// The office of everything.
    #[must_use]
    pub fn general() -> Self {
        Self::new("general", Category::General)
    }

    /// The office of buildings.
    #[must_use]
    pub fn building() -> Self {
        Self::new("building", Category::Building)
    }

    fn new(name: &str, category: Category) -> Self {
        Self {
            namespace: NamespaceName::new(name).expect("a word"),
            category,
        }
    }

    /// The same office with this namespace.
    #[must_use]
    pub fn within(mut self, namespace: &NamespaceName) -> Self {
        self.namespace = namespace.clone();
        self
    }

    /// Its service, with default options.
    pub fn service(
        &self,
        store: &Watched,
        read_models: ReadModels,
        policy: Policy,
        link: Link,
    ) -> ServiceBuilder {
        let namespace = Namespace::new(self.namespace.clone(), store.clone(), SystemClock);
        let settings = OfficeSettings::new("agency-3020000".parse().expect("text"));
        ServiceBuilder::new(namespace, read_models).issuing(settings, policy, link)
    }

    /// A petition as its applicant files it.
    #[must_use]
    pub fn submit(&self, number: u64, service: ServiceType) -> Submit {
        Submit {
            category: self.category,
            service,
            kind: PetitionKind::Statutory,
            channel: Channel::Online,
            petition_type: "certificate of facts about the use of a building"
                .parse()
                .expect("text"),
            applicant: format!("applicant-{number:08}").parse().expect("an id"),
            agency: "agency-3020000".parse().expect("text"),
            submitted_at: SystemClock.now(),
            attachments: Vec::new(),
        }
    }

    /// Under which number and until when it is received.
    #[must_use]
    pub fn receive(&self, number: u64) -> Receive {
        let now = SystemClock.now();
        let period = Period::new(DAYS, PeriodUnit::Days).expect("a period");
        Receive {
            receipt_number: format!("2026-{number:08}").parse().expect("a number"),
            kind: PetitionKind::Statutory,
            period,
            due: ReceiptDue::ByStatute,
            department: "civil petitions division 2".parse().expect("text"),
            received_at: now,
        }
    }

    /// Files a petition whose document is issued while the caller waits.
    ///
    /// # Errors
    /// The error of the service; also where the register did not answer.
    pub async fn issue_now(&self, service: &Service, number: u64) -> Result<Receipt, Failure> {
        let submit = self.submit(number, ServiceType::InstantIssuance);
        let (petition, receive) = (self.applicants(service, number), self.receive(number));
        match petition.issue_now(filing(number), submit, &receive).await? {
            InstantAnswer::Issued(issued) => Ok(issued.receipt),
            InstantAnswer::Following { reason, .. } => Err(reason.into()),
        }
    }

    /// Files a petition that an officer decides.
    ///
    /// # Errors
    /// The error of the service.
    pub async fn file(&self, service: &Service, number: u64) -> Result<Receipt, Failure> {
        let submit = self.submit(number, ServiceType::DeadlineBound);
        let (petition, receive) = (self.applicants(service, number), self.receive(number));
        Ok(petition
            .file(filing(number), submit, Some(&receive))
            .await?)
    }

    fn applicants(&self, service: &Service, number: u64) -> Petition<Service> {
        let applicant = ActorId::new(format!("applicant-{number:08}")).expect("a name");
        let session = service.as_actor(applicant, "portal".parse().expect("a name"));
        session.petition(self.category, petition(number))
    }

    /// The petition with this number in an officer's hands, without a service.
    #[must_use]
    pub fn officers(
        &self,
        namespace: &Namespace<Watched>,
        number: u64,
    ) -> Petition<Namespace<Watched>> {
        let officer = ActorId::new(OFFICER).expect("a name");
        let session = namespace.as_actor(officer, "back-office".parse().expect("a name"));
        session.petition(self.category, petition(number))
    }

    /// An officer looks into a petition and approves it. The rest is choreography.
    ///
    /// # Errors
    /// The error of the handler.
    pub async fn approve(
        &self,
        namespace: &Namespace<Watched>,
        number: u64,
    ) -> Result<(), Failure> {
        let petition = self.officers(namespace, number);
        let officer = ActorId::new(OFFICER).expect("a name");
        let examine = RecordProgress {
            activity: "check of documents and register".parse().expect("text"),
            officer: officer.clone(),
            department: None,
            noted_at: SystemClock.now(),
        };
        let approve = Approve {
            officer,
            conditions: Vec::new(),
        };
        petition
            .give_as(command_id(number, "examine"), examine)
            .await?;
        petition
            .give_as(command_id(number, "approve"), approve)
            .await?;
        Ok(())
    }
}

/// The petition with this number.
#[must_use]
pub fn petition(number: u64) -> PetitionId {
    PetitionId::new(format!("2026-{number:08}")).expect("a name")
}

/// Under which id the petition with this number is filed.
#[must_use]
pub fn filing(number: u64) -> CommandId {
    CommandId::derive(&[7; 16], petition(number).as_str())
}

/// The id of an officer's command on the petition with this number.
#[must_use]
pub fn command_id(number: u64, name: &str) -> CommandId {
    CommandId::derive(&[8; 16], format!("{}/{name}", petition(number)))
}

/// A register that answers at once, or hangs.
#[derive(Debug, Default)]
pub struct Register {
    hangs: AtomicBool,
}

impl Register {
    /// From now on whoever asks waits for ever.
    pub fn hang(&self) {
        self.hangs.store(true, Ordering::Relaxed);
    }

    /// A guarded link to it, with a place for as many as a service has calls under way by default.
    #[must_use]
    pub fn link(register: &Arc<Self>, timeout: Duration) -> Link {
        let guard = GuardedLink::builder(Arc::clone(register))
            .in_flight_max(NonZeroUsize::new(64).expect("not 0"))
            .timeout(timeout)
            .build();
        Arc::new(guard.expect("options within their bounds"))
    }
}

impl AgencyLink<SourceRequest> for Register {
    type Answer = SourceData;

    async fn ask(&self, _: &SourceRequest) -> Result<SourceData, AgencyError> {
        if self.hangs.load(Ordering::Relaxed) {
            future::pending::<()>().await;
        }
        Ok(SourceData::default())
    }
}

/// A policy that orders a document for 300 won, and a wrong fee for some petitions, which the
/// domain refuses: what their events ask for fails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy {
    /// Petitions whose numbers end with one of these digits fail.
    pub failing: &'static [u64],
}

impl Policy {
    fn fails(self, number: u64) -> bool {
        self.failing.contains(&(number % 10))
    }
}

impl IssuancePolicy for Policy {
    fn order(&self, petition: &PetitionFacts) -> Option<DocumentOrder> {
        let number = petition.id.as_str().rsplit('-').next();
        let number = number.and_then(|number| number.parse().ok());
        let fee = Won::new(300);
        let amount = match number {
            Some(number) if self.fails(number) => Won::new(1),
            _ => fee,
        };
        Some(DocumentOrder {
            document_type: "register".parse().expect("text"),
            copies: 1,
            fee,
            identity: IdentityMethod::SimpleAuthentication,
            evidence: None,
            settlement: FeeSettlement::Paid {
                amount,
                payment: format!("payment-{}", petition.id).parse().expect("a name"),
            },
        })
    }
}
