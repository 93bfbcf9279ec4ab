//! A service in two versions, and what is filed with it.

use std::time::Duration;

use minwon::{
    CommandId, MemberName, Namespace, NamespaceName, Petition, PetitionId, PetitionService,
    ReadModels, Store, SystemClock, Timestamp,
    engine::{
        Earlier, Generation, GenerationName, IndexEntry, IndexName, Membership, ModelName,
        Projection, ProjectionName, ProjectorOptions, RecordedEvent, Versions, ViewKey, ViewSchema,
    },
    petitions::{
        Category, Channel, Period, PeriodUnit, PetitionEvent, PetitionKind, PetitionView,
        PetitionViews, ServiceType,
        application::{ReceiptDue, Receive, Submit},
    },
};

pub(crate) const FILED_AT: &str = "2026-03-09T09:00:00+09:00";

/// Longer than any machine takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(3_600);

pub(crate) type Service = PetitionService<Store, ReadModels, SystemClock>;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Version {
    One,
    Two,
    /// The second, which does not understand the first.
    TwoAlone,
}

pub(crate) fn start(
    store: Store,
    read_models: ReadModels,
    version: Version,
    member: MemberName,
) -> Service {
    let namespace = Namespace::new(namespace(), store, SystemClock);
    let leases = read_models.leases();
    let options = ProjectorOptions::default().look_wait(Duration::from_millis(20));
    let builder = PetitionService::builder(namespace, read_models);
    let builder = builder.engine(|engine| engine.projector_options(options));
    let newest = version_2::Views::default;
    let builder = match version {
        Version::One => builder,
        Version::Two => {
            let earlier = Earlier::new(PetitionViews::default(), |view| view);
            let earlier = earlier.without(version_2::OPEN);
            builder.petition_views(Versions::of(newest()).and_earlier(earlier))
        }
        Version::TwoAlone => builder.petition_views(Versions::of(newest())),
    };
    match leases {
        Some(leases) => {
            let membership = Membership::new(leases, member, Duration::from_secs(2));
            builder.engine(|engine| engine.share_as(membership)).start()
        }
        None => builder.start(),
    }
}

/// The second version of the views: it counts all petitions as well.
pub(crate) mod version_2 {
    use super::*;

    pub(crate) const OPEN: IndexName = IndexName::new("filed");

    #[derive(Debug, Clone, Default)]
    pub(crate) struct Views(PetitionViews);

    impl Projection for Views {
        type Event = (Category, PetitionEvent);
        type View = PetitionView;

        fn name(&self) -> &ProjectionName {
            self.0.name()
        }

        fn schema(&self) -> ViewSchema {
            ViewSchema::new(1_000 + PetitionViews::SCHEMA.get())
        }

        fn apply(
            &self,
            view: &mut Option<PetitionView>,
            event: &Self::Event,
            recorded: &RecordedEvent,
        ) {
            self.0.apply(view, event, recorded);
        }

        fn index(&self, key: &ViewKey, view: &PetitionView, entries: &mut Vec<IndexEntry>) {
            self.0.index(key, view, entries);
            entries.push(IndexEntry::counted(OPEN, "all", "all"));
        }
    }

    /// The answers that only this version has.
    pub(crate) async fn open(service: &Service) -> u64 {
        let counts = service.results().reader().counts(OPEN, "all").await;
        counts.unwrap().value.values().sum()
    }
}

fn namespace() -> NamespaceName {
    NamespaceName::new("general").unwrap()
}

pub(crate) fn model() -> ModelName {
    ModelName {
        namespace: namespace(),
        projection: PetitionViews::default().name().clone(),
    }
}

pub(crate) fn generation(number: u32) -> GenerationName {
    GenerationName {
        model: model(),
        generation: Generation::new(number),
    }
}

pub(crate) fn id(number: u64) -> PetitionId {
    PetitionId::new(format!("2026-{number:06}")).unwrap()
}

pub(crate) fn submit(number: u64) -> Submit {
    Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "register".parse().unwrap(),
        applicant: format!("applicant-{number}").parse().unwrap(),
        agency: "Jongno District Office".parse().unwrap(),
        submitted_at: FILED_AT.parse::<Timestamp>().unwrap(),
        attachments: Vec::new(),
    }
}

/// A petition in the hands of a citizen.
pub(crate) fn petition(service: &Service, number: u64) -> Petition<Service> {
    let (citizen, portal) = ("citizen-1".parse().unwrap(), "portal".parse().unwrap());
    let citizen = service.as_actor(citizen, portal);
    citizen.petition(Category::General, id(number))
}

/// Under which id it is filed.
pub(crate) fn filing(number: u64) -> CommandId {
    CommandId::derive(&[7; 16], id(number).as_str())
}

pub(crate) fn receive(number: u64) -> Receive {
    Receive {
        receipt_number: format!("R-{}", id(number)).parse().unwrap(),
        kind: PetitionKind::Statutory,
        period: Period::new(7, PeriodUnit::Days).unwrap(),
        due: ReceiptDue::ByStatute,
        department: "counter".parse().unwrap(),
        received_at: FILED_AT.parse::<Timestamp>().unwrap(),
    }
}
