//! A service with a console.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::Router;
use minwon::{
    Clock as _, CommandId, Namespace, Notification, Notifier, NotifyError, PetitionService,
    ReadModels, Store, SystemClock, Timestamp,
    engine::{EventStore as _, ExpectedVersion, ProjectorOptions, RestartPolicy},
    petitions::{
        Calendar, Category, Channel, Date, Period, PeriodUnit, PetitionKind, ServiceType,
        application::{Assign, LackSeen, ReceiptDue, Receive, RequestSupplement, Submit},
        statute::supplement_due,
    },
    testing::sample_event_of,
};
use minwon_console::{
    Authentication, AuthenticationError, Console, Operator, Record, Role,
    record::{Deed, RecordError, RecordLine},
};
use tokio::sync::watch;

/// Mail that is refused until somebody mends it, and not answered while somebody holds it.
#[derive(Default)]
pub(crate) struct Mail {
    is_mended: AtomicBool,
    is_held: watch::Sender<bool>,
    /// How many are not answered yet.
    under_way: watch::Sender<u32>,
}

impl Mail {
    pub(crate) fn mend(&self) {
        self.is_mended.store(true, Ordering::Relaxed);
    }

    pub(crate) fn hold(&self, is_held: bool) {
        self.is_held.send_replace(is_held);
    }

    /// Returns when one is on its way.
    pub(crate) async fn is_under_way(&self) {
        let mut under_way = self.under_way.subscribe();
        under_way.wait_for(|count| *count > 0).await.unwrap();
    }
}

impl Notifier for Mail {
    async fn notify(&self, _: &Notification) -> Result<(), NotifyError> {
        let mut is_held = self.is_held.subscribe();
        self.under_way.send_modify(|count| *count += 1);
        is_held.wait_for(|held| !held).await.unwrap();
        self.under_way.send_modify(|count| *count -= 1);
        match self.is_mended.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(NotifyError::Refused(
                "535 <b>the password</b> has expired".into(),
            )),
        }
    }
}

/// Everybody is let in as who they say, with the roles that they say: `kim:look,mend`.
struct Everybody;

#[async_trait]
impl Authentication for Everybody {
    async fn operator(
        &self,
        credential: &str,
        _: minwon::Timestamp,
    ) -> Result<Operator, AuthenticationError> {
        let refused = || AuthenticationError::Refused("it is no name with roles".into());
        let (id, roles) = credential.split_once(':').ok_or_else(refused)?;
        let role = |role: &str| match role {
            "look" => Some(Role::Look),
            "read" => Some(Role::Read),
            "mend" => Some(Role::Mend),
            "approve" => Some(Role::Approve),
            _ => None,
        };
        Ok(Operator {
            id: id.parse().unwrap(),
            roles: roles.split(',').filter_map(role).collect(),
            until: None,
        })
    }
}

/// A record that can be full.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    lines: watch::Sender<Vec<RecordLine>>,
    is_full: Arc<AtomicBool>,
}

#[async_trait]
impl Record for Kept {
    async fn keep(&self, line: &RecordLine) -> Result<(), RecordError> {
        if self.is_full.load(Ordering::Relaxed) {
            return Err(RecordError {
                place: "/var/lib/record".into(),
                source: std::io::Error::other("no space left on device"),
            });
        }
        self.lines.send_modify(|lines| lines.push(line.clone()));
        Ok(())
    }
}

impl Kept {
    pub(crate) fn fill(&self) {
        self.is_full.store(true, Ordering::Relaxed);
    }

    /// Who did what.
    pub(crate) fn deeds(&self) -> Vec<(Option<String>, Deed)> {
        let lines = self.lines.borrow();
        let lines = lines.iter();
        let deed =
            |line: &RecordLine| (line.by.as_ref().map(ToString::to_string), line.what.clone());
        lines.map(deed).collect()
    }

    /// The same, once there are so many.
    pub(crate) async fn once_there_are(&self, count: usize) -> Vec<(Option<String>, Deed)> {
        let mut lines = self.lines.subscribe();
        lines.wait_for(|lines| lines.len() >= count).await.unwrap();
        self.deeds()
    }
}

/// A service in memory whose mail goes nowhere, and its console.
pub(crate) struct World<P = Router> {
    pub(crate) service: PetitionService,
    pub(crate) mail: Arc<Mail>,
    pub(crate) record: Kept,
    /// Where its console is met.
    pub(crate) place: P,
}

impl World {
    /// Lets everybody in as who they say.
    #[allow(dead_code, reason = "a real browser meets one service")]
    pub(crate) fn everybody() -> impl Authentication {
        Everybody
    }
}

impl<P> World<P> {
    pub(crate) fn placed(is_indexed: bool, place: impl FnOnce(Console) -> P) -> Self {
        let store = Store::open(&"memory:".parse().unwrap()).unwrap();
        let read_models = ReadModels::beside(&store);
        Self::over(store, read_models, is_indexed, place)
    }

    pub(crate) fn over(
        store: Store,
        read_models: ReadModels,
        is_indexed: bool,
        place: impl FnOnce(Console) -> P,
    ) -> Self {
        let namespace = Namespace::new("general".parse().unwrap(), store, SystemClock);
        let mail = Arc::<Mail>::default();
        let service = PetitionService::builder(namespace, read_models)
            .notifying(Arc::clone(&mail))
            .engine(|engine| {
                // Whoever tries again in vain gives up soon.
                let soon = RestartPolicy::new(Duration::from_millis(1), Duration::from_millis(1));
                let engine = engine.projector_options(ProjectorOptions::default().restarts(soon));
                match is_indexed {
                    true => engine.index_messages(),
                    false => engine,
                }
            })
            .start();
        let record = Kept::default();
        let console =
            Console::new(service.clone(), Everybody, record.clone()).grace(Duration::ZERO);
        Self {
            service,
            mail,
            record,
            place: place(console),
        }
    }

    pub(crate) async fn file(&self, petitions: &[&str]) {
        for petition in petitions {
            file(&self.service, petition).await;
        }
        self.service.settled().await.unwrap();
    }

    /// An officer takes a petition, and asks for something that is missing.
    pub(crate) async fn ask_for_a_supplement(&self, petition: &str) {
        let now = SystemClock.now();
        let officer: minwon::ActorId = "officer-7".parse().unwrap();
        let assign = Assign {
            officer: officer.clone(),
            by: "head-1".parse().unwrap(),
            assigned_at: now,
        };
        let weeks = Period::new(2, PeriodUnit::Weeks).unwrap();
        let due = supplement_due(Date::in_seoul(now), weeks, Calendar::published());
        let request = RequestSupplement {
            items: vec!["a floor plan".parse().unwrap()],
            due: due.unwrap(),
            officer: officer.clone(),
            requested_at: now,
            lack: LackSeen::OnReceipt,
        };
        let session = self
            .service
            .as_actor(officer, "back-office".parse().unwrap());
        let petition = session.petition(Category::General, petition.parse().unwrap());
        petition.give(assign).await.unwrap();
        petition.give(request).await.unwrap();
        self.service.settled().await.unwrap();
    }
}

/// Writes an event of this type that says nothing.
pub(crate) async fn record(service: &PetitionService, issuance: &str, event_type: &str) {
    let mut event = sample_event_of(CommandId::random(), 0, "{}");
    event.event_type = event_type.parse().unwrap();
    event.metadata.subject = issuance.parse().unwrap();
    let stream = format!("general_GeneralIssuance-{issuance}");
    let (stream, store) = (stream.parse().unwrap(), service.namespace().store());
    let (none, events) = (ExpectedVersion::NoStream, [event]);
    store.append(&stream, none, &events).await.unwrap();
    service.settled().await.unwrap();
}

/// Files a petition, which is received at once.
pub(crate) async fn file(service: &PetitionService, petition: &str) {
    file_at(service, petition, SystemClock.now()).await;
}

/// Files a petition at some time, and receives it then.
pub(crate) async fn file_at(service: &PetitionService, petition: &str, now: Timestamp) {
    let submit = Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "permit".parse().unwrap(),
        applicant: "applicant-1".parse().unwrap(),
        agency: "Jongno District Office".parse().unwrap(),
        submitted_at: now,
        attachments: Vec::new(),
    };
    let receive = Receive {
        receipt_number: format!("R-{petition}").parse().unwrap(),
        kind: PetitionKind::Statutory,
        period: "7 days".parse().unwrap(),
        due: ReceiptDue::ByStatute,
        department: "Civil Affairs".parse().unwrap(),
        received_at: now,
    };
    let citizen = service.as_actor("citizen-1".parse().unwrap(), "portal".parse().unwrap());
    let id = CommandId::derive(&[5; 16], petition);
    let petition = citizen.petition(Category::General, petition.parse().unwrap());
    petition.file(id, submit, Some(&receive)).await.unwrap();
}
