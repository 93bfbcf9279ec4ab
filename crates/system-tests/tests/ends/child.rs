//! A service in a process of its own: this test binary, which runs one test there. It does what it is told on
//! its standard input, and says what became of it.

use std::{env, io, pin::pin, sync::Arc, thread, time::Duration};

use minwon::{
    AgencyError, AgencyLink, Clock, CommandId, Namespace, Petition, PetitionService, ReadModels,
    Store, SystemClock,
    petitions::{
        Category, Channel, Period, PeriodUnit, PetitionCatalogue, PetitionKind, ServiceType,
        application::{ReceiptDue, Receive, Submit},
        issuance::{Authorize, FeeSettlement, IdentityMethod},
    },
    service::{CataloguePolicy, FilingError, Limits, OfficeSettings, SourceData, SourceRequest},
};
use tokio::sync::{Semaphore, mpsc};

/// Where its store is, as the parent says.
pub(crate) const STORE: &str = "MINWON_CHILD_STORE";

/// How many file at once.
pub(crate) const FLOOD: usize = 8;

const FILE: &str = r#"
[[petition_type]]
name = "abstract"
category = "General"
kind = "statutory"
service = "instant-issuance"
period = "immediate"
document = "abstract"
fees = { online = 0 }

[[petition_type]]
name = "road use"
category = "General"
kind = "statutory"
service = "deadline-bound"
period = "7 days"
"#;

/// Answers when it is let; once it is closed, at once.
pub(crate) struct Register(Arc<Semaphore>);

impl AgencyLink<SourceRequest> for Register {
    type Answer = SourceData;

    async fn ask(&self, request: &SourceRequest) -> Result<SourceData, AgencyError> {
        say(format_args!("asked {}", request.issuance.petition()));
        if let Ok(permit) = self.0.acquire().await {
            permit.forget();
        }
        Ok(SourceData::default())
    }
}

pub(crate) fn start(store: &str) -> (PetitionService, Arc<Semaphore>) {
    let store = Store::open(&store.parse().unwrap()).unwrap();
    let read_models = ReadModels::beside(&store);
    let general = Namespace::new("general".parse().unwrap(), store, SystemClock);
    let catalogue = PetitionCatalogue::parse(FILE).unwrap();
    let policy = CataloguePolicy::new(catalogue, |_, _| Authorize {
        identity: IdentityMethod::SimpleAuthentication,
        evidence: None,
        fee: FeeSettlement::Waived {
            ground: "free of charge".parse().unwrap(),
        },
    });
    let answers = Arc::new(Semaphore::new(0));
    let half_an_hour = Duration::from_secs(1_800);
    let settings = OfficeSettings::new("Jongno District Office".parse().unwrap());
    let service = PetitionService::builder(general, read_models)
        .issuing(
            settings.source_time_max(half_an_hour),
            policy,
            Register(Arc::clone(&answers)),
        )
        .limits(Limits::default().stop_time_max(half_an_hour))
        .start();
    (service, answers)
}

pub(crate) fn petition(service: &PetitionService, id: &str) -> Petition {
    let citizen = service.as_actor("citizen-1".parse().unwrap(), "portal".parse().unwrap());
    citizen.petition(Category::General, id.parse().unwrap())
}

fn submit(petition_type: &str, service: ServiceType) -> Submit {
    Submit {
        category: Category::General,
        service,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: petition_type.parse().unwrap(),
        applicant: "applicant-42".parse().unwrap(),
        agency: "agency-3020000".parse().unwrap(),
        submitted_at: SystemClock.now(),
        attachments: Vec::new(),
    }
}

fn receive(id: &str, period: Period) -> Receive {
    Receive {
        receipt_number: format!("R-{id}").parse().unwrap(),
        kind: PetitionKind::Statutory,
        period,
        due: ReceiptDue::ByStatute,
        department: "counter".parse().unwrap(),
        received_at: SystemClock.now(),
    }
}

/// Files a petition, and says so. Returns whether it was taken.
async fn file(service: &PetitionService, id: &str) -> bool {
    let submit = submit("road use", ServiceType::DeadlineBound);
    let receive = receive(id, Period::new(7, PeriodUnit::Days).unwrap());
    let filed = petition(service, id);
    let filed = filed
        .file(CommandId::random(), submit, Some(&receive))
        .await;
    say_outcome("filed", id, &filed);
    filed.is_ok()
}

async fn issue(service: &PetitionService, id: &str) {
    let submit = submit("abstract", ServiceType::InstantIssuance);
    let receive = receive(id, Period::Immediate);
    let issued = petition(service, id);
    let issued = issued
        .issue_now(CommandId::random(), submit, &receive)
        .await;
    say_outcome("issued", id, &issued);
}

fn say_outcome<T>(done: &str, id: &str, outcome: &Result<T, FilingError>) {
    match outcome {
        Ok(_) => say(format_args!("{done} {id}")),
        Err(FilingError::Ending) => say(format_args!("refused {id}")),
        Err(error) => say(format_args!("failed {id}: {error:?}")),
    }
}

fn say(what: std::fmt::Arguments<'_>) {
    println!("\n> {what}");
}

#[test]
#[ignore = "a child of the other tests"]
fn serves_until_it_is_asked_to_end() {
    let Ok(store) = env::var(STORE) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(serve(&store));
}

async fn serve(store: &str) {
    let asked_to_end = minwon::until_asked_to_end().unwrap();
    let (service, answers) = start(store);
    let (sender, mut told) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    say(format_args!("ready"));
    let end = async {
        asked_to_end.await;
        let socket = service.operator_socket().unwrap();
        let mut stop = pin!(service.stop());
        tokio::select! {
            biased;
            report = &mut stop => return report,
            // It has begun.
            () = async { say(format_args!("ending {}", socket.display())) } => {}
        }
        stop.await
    };
    let mut end = pin!(end);
    let mut calls = tokio::task::JoinSet::new();
    let report = loop {
        let line: String = tokio::select! {
            report = &mut end => break report,
            line = told.recv() => line.expect("the parent lives"),
        };
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let service = service.clone();
        match &*words[0] {
            "answer" => answers.add_permits(1),
            "file" => {
                calls.spawn(async move {
                    file(&service, &words[1]).await;
                });
            }
            "issue" => {
                calls.spawn(async move { issue(&service, &words[1]).await });
            }
            _ => (0..FLOOD).for_each(|by| {
                let service = service.clone();
                calls.spawn(async move {
                    let mut number = 0;
                    while file(&service, &format!("f-{by}-{number}")).await {
                        number += 1;
                    }
                });
            }),
        }
    };
    // Who was refused at the last moment says so first.
    while calls.join_next().await.is_some() {}
    let status = serde_json::to_string(&service.status()).unwrap();
    say(format_args!("stopped {} {status}", report.calls_dropped));
}
