//! How long does choreography take from a petition's approval to its end, and how many petitions
//! does it carry, against the same commands given directly?

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clap::Parser;
use futures_util::{StreamExt, TryStreamExt, stream};
use minwon::{Namespace, ReadModels};
use minwon_adapters::{SystemClock, memory::MemoryReadModels};
use minwon_benches::{
    Rounds,
    delays::{Delays, at_rate},
    office::{Failure, Office, Policy, Register, Service, command_id, filing, petition},
    place::Log,
    watched::{self, Watched},
};
use minwon_core::{ActorId, Clock};
use minwon_petitions::{
    ApplicationStatus, ServiceType, VerificationNumber, Won,
    application::{Complete, DueDocument},
    issuance::{
        Authorize, Basis, FeeSettlement, IdentityMethod, IssueDocument, Request, RetrieveSourceData,
    },
};
use serde_json::json;
use tokio::task::JoinSet;

#[derive(Parser)]
struct Choice {
    #[command(flatten)]
    common: minwon_benches::Args,
    /// Petitions approved in a second while the delay is measured.
    #[arg(long, default_value_t = 100.0)]
    rate: f64,
    /// Seconds of that in each round.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Petitions approved before the reactors start, to see how many they carry at most.
    #[arg(long, default_value_t = 2_000)]
    backlog: u64,
}

/// As many as a reactor works on by default.
const AT_A_TIME: usize = 64;

/// Appends from an approval to the end, given directly or by choreography: the request with its
/// authorisation, the question to the register, the document, the end.
const APPENDS: u64 = 4;

/// Longer than this nothing takes.
const WAIT_MAX: Duration = Duration::from_secs(120);

#[derive(Default)]
struct Figures {
    steady: Delays,
    direct: Delays,
    late: usize,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = Choice::parse();
    let (mut rounds, mut figures) = (Rounds::default(), Figures::default());
    let place = args.common.place()?;
    for _ in 0..args.common.rounds {
        // A log of its own for each, or that of one would be history for the other.
        steady(&place.log()?, &args, &mut figures).await?;
        direct(&place.log()?, &args, &mut rounds, &mut figures).await?;
        backlog(&place.log()?, &args, &mut rounds).await?;
    }
    let title = format!("Deadline-bound petitions from Approved to Completed{place}");
    rounds.print(&title, "petitions/s", false);
    let mut json = json!({
        "steady": figures.steady.json(),
        "steady_per_second": args.rate,
        "direct": figures.direct.json(),
        "ratio_p50": figures.steady.at_ms(0.5) / figures.direct.at_ms(0.5),
        "ratio_p99": figures.steady.at_ms(0.99) / figures.direct.at_ms(0.99),
        "approvals_begun_late": figures.late,
    });
    println!("{}", serde_json::to_string_pretty(&json)?);
    if args.common.json {
        json["rates"] = rounds.to_json();
        println!("{json}");
    }
    Ok(())
}

/// A number that no petition has had.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn start(office: &Office, store: &Watched) -> Service {
    let link = Register::link(&Arc::default(), Duration::from_secs(5));
    let read_models = ReadModels::Memory(MemoryReadModels::with_clock(SystemClock));
    let service = office.service(store, read_models, Policy::default(), link);
    service.start()
}

/// Files and approves so many petitions, while no service runs.
async fn prepare(office: &Office, store: &Watched, count: u64) -> Result<Vec<u64>, Failure> {
    let namespace = Namespace::new(office.namespace.clone(), store.clone(), SystemClock);
    let numbers: Vec<_> = (0..count).map(|_| fresh()).collect();
    let approve = |number| file_and_approve(office, &namespace, number);
    let approvals = stream::iter(numbers.clone().into_iter().map(approve));
    let mut approvals = approvals.buffer_unordered(AT_A_TIME);
    while approvals.try_next().await?.is_some() {}
    Ok(numbers)
}

async fn file_and_approve(
    office: &Office,
    namespace: &Namespace<Watched>,
    number: u64,
) -> Result<(), Failure> {
    let submit = office.submit(number, ServiceType::DeadlineBound);
    let (petition, receive) = (office.officers(namespace, number), office.receive(number));
    petition
        .file(filing(number), submit, Some(&receive))
        .await?;
    office.approve(namespace, number).await
}

/// Approvals at a steady rate; the reactors do the rest as they come.
async fn steady(log: &Log, args: &Choice, figures: &mut Figures) -> Result<(), Failure> {
    let store = watched::around(log.store.clone());
    let office = Office::general().within(&log.namespace);
    let service = Arc::new(start(&office, &store));
    // What others have written to the same store is passed over before it counts.
    service.settled().await?;
    let mut approvals = JoinSet::new();
    let time = Duration::from_secs(args.seconds);
    let mut late = 0;
    at_rate(args.rate, time, |_, due| {
        late += usize::from(due.elapsed() > Duration::from_millis(10));
        let (service, office, number) = (Arc::clone(&service), office.clone(), fresh());
        approvals.spawn(async move {
            office.file(&service, number).await?;
            office.approve(service.namespace(), number).await
        });
    })
    .await;
    let begun = approvals.len();
    while let Some(approved) = approvals.join_next().await {
        approved??;
    }
    tokio::time::timeout(WAIT_MAX, service.settled()).await??;
    let completed = store.hook().take_completed();
    if completed.count() != begun {
        return Err(format!("{} of {begun} petitions were completed", completed.count()).into());
    }
    figures.steady.extend(completed);
    figures.late += late;
    Ok(())
}

/// The limit: the commands that choreography comes to, given one after the other; then many
/// petitions at a time.
async fn direct(
    log: &Log,
    args: &Choice,
    rounds: &mut Rounds,
    figures: &mut Figures,
) -> Result<(), Failure> {
    let store = watched::around(log.store.clone());
    let office = Office::general().within(&log.namespace);
    let namespace = Namespace::new(office.namespace.clone(), store.clone(), SystemClock);
    let one = "the same commands, one after the other";
    let many = "the same commands, 64 petitions at a time";
    for (name, at_a_time) in [(one, 1), (many, AT_A_TIME)] {
        let numbers = prepare(&office, &store, args.backlog).await?;
        let before = store.hook().appends();
        let (count, begun) = (numbers.len(), Instant::now());
        let carry = |number| carry(&office, &namespace, number);
        let carried = stream::iter(numbers.into_iter().map(carry));
        let mut carried = carried.buffer_unordered(at_a_time);
        let mut delays = Delays::default();
        while let Some(delay) = carried.try_next().await? {
            delays.note(delay);
        }
        let limit = (at_a_time > 1).then_some(one);
        rounds.note(name, limit, count, begun);
        check(&store, before, count)?;
        if at_a_time == 1 {
            figures.direct.extend(delays);
        }
    }
    Ok(())
}

/// Everything approved before the reactors start, and carried as fast as they can.
async fn backlog(log: &Log, args: &Choice, rounds: &mut Rounds) -> Result<(), Failure> {
    let store = watched::around(log.store.clone());
    let office = Office::general().within(&log.namespace);
    let count = prepare(&office, &store, args.backlog).await?.len();
    let (before, begun) = (store.hook().appends(), Instant::now());
    let service = start(&office, &store);
    tokio::time::timeout(WAIT_MAX, service.settled()).await??;
    let limit = Some("the same commands, one after the other");
    rounds.note("carried by choreography, a backlog", limit, count, begun);
    service.stop().await;
    check(&store, before, count)
}

/// A run counts only if every petition was completed by as many appends as it takes.
fn check(store: &Watched, before: u64, count: usize) -> Result<(), Failure> {
    let (left, completed) = (
        store.hook().approved_count(),
        store.hook().take_completed().count(),
    );
    let appends = store.hook().appends() - before;
    if left == 0 && completed == count && appends == APPENDS * count as u64 {
        return Ok(());
    }
    Err(format!("{completed} of {count} petitions completed in {appends} appends").into())
}

/// Gives the commands of one petition. Answers how long that took.
async fn carry(
    office: &Office,
    namespace: &Namespace<Watched>,
    number: u64,
) -> Result<Duration, Failure> {
    let start = Instant::now();
    let attempt = office.officers(namespace, number).first_attempt()?;
    let id = |name| command_id(number, name);
    let opening = [
        attempt.command(id("request"), request(office, number)?),
        attempt.command(id("authorize"), authorize(number)?),
    ];
    attempt.give_all(&opening).await?;
    let retrieve = RetrieveSourceData {
        attempt: 1,
        requested_at: SystemClock.now(),
    };
    attempt.give_as(id("retrieve"), retrieve).await?;
    let issue = IssueDocument {
        verification_number: VerificationNumber::from_random(number),
        issued_at: SystemClock.now(),
        document: None,
    };
    attempt.give_as(id("issue"), issue).await?;
    complete(office, namespace, number).await?;
    Ok(start.elapsed())
}

fn request(office: &Office, number: u64) -> Result<Request, Failure> {
    Ok(Request {
        category: office.category,
        basis: Basis::DeadlineBound {
            application: ApplicationStatus::Approved,
        },
        applicant: format!("applicant-{number:08}").parse()?,
        document_type: "register".parse()?,
        copies: 1,
        fee: Won::new(300),
    })
}

fn authorize(number: u64) -> Result<Authorize, Failure> {
    Ok(Authorize {
        identity: IdentityMethod::SimpleAuthentication,
        evidence: None,
        fee: FeeSettlement::Paid {
            amount: Won::new(300),
            payment: format!("payment-{}", petition(number)).parse()?,
        },
    })
}

async fn complete(
    office: &Office,
    namespace: &Namespace<Watched>,
    number: u64,
) -> Result<(), Failure> {
    let complete = Complete {
        officer: ActorId::new("issuance")?,
        answer: None,
        attachments: Vec::new(),
        document: DueDocument::NotDue,
        completed_at: SystemClock.now(),
    };
    let petition = office.officers(namespace, number);
    petition
        .give_as(command_id(number, "complete"), complete)
        .await?;
    Ok(())
}
