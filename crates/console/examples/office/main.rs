//! Is everything running, and if not, what is to be done? An office at work, with the operator's console
//! beside it.
//!
//! ```sh
//! cargo run --release -p minwon-console --example office
//! ```
//!
//! Citizens file petitions and officers decide them, as fast as `--pace` says. Whoever wants something to mend
//! types what is to break: `mail` has notices refused, `hang` never answered, `register` has the register refuse, `projector` stops
//! the read models; `mend` mends all but the last.

mod outside;
mod people;

use std::{path::PathBuf, pin::pin, process::ExitCode, sync::Arc, time::Duration};

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use clap::Parser;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use minwon::{
    Namespace, PetitionService, ReadModels, Store, SystemClock,
    petitions::{
        PetitionCatalogue,
        issuance::{Authorize, FeeSettlement, IdentityMethod},
    },
    service::{CataloguePolicy, OfficeSettings},
};
use minwon_console::{Console, OperatorList, RecordFile, Role, Secret, probes};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::{
    outside::{Mail, Outside, Register},
    people::People,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// An office at work, and its console.
#[derive(Debug, Parser)]
struct Options {
    /// Where the console is served, on this machine alone
    #[arg(long, default_value_t = 8480)]
    port: u16,
    /// Petitions filed in a second
    #[arg(long, default_value_t = 5.0)]
    pace: f64,
    /// Petitions that were filed in the last days, before the office opens
    #[arg(long, default_value_t = 300)]
    before: u32,
    /// Keeps the events there: memory:, or sqlite:PATH
    #[arg(long, value_name = "URL", default_value = "memory:")]
    store: String,
    /// Keeps the read models in this Redis [default: beside the events]
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// The file in which it stands who looked at what
    #[arg(long, value_name = "FILE", default_value_os_t = std::env::temp_dir().join("minwon-office.jsonl"))]
    record: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("office: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), Failure> {
    // Before the service, which keeps the handles of what it counts.
    let exporter = PrometheusBuilder::new()
        .set_buckets(&minwon::metrics::BUCKETS)?
        .idle_timeout(MetricKindMask::GAUGE, Some(Duration::from_secs(60)))
        .install_recorder()?;
    minwon::metrics::describe();
    let mut asked_to_end = pin!(minwon::until_asked_to_end()?);
    let store = Store::open(&options.store.parse()?)?;
    let read_models = match &options.redis {
        Some(url) => ReadModels::open(&url.parse()?).await?,
        None => ReadModels::beside(&store),
    };
    let namespace = Namespace::new("general".parse()?, store, SystemClock);
    let outside = Arc::new(Outside::default());
    let policy = CataloguePolicy::new(PetitionCatalogue::published().clone(), |petition, fee| {
        let payment = format!("payment-{}", petition.id);
        Authorize {
            identity: IdentityMethod::SimpleAuthentication,
            evidence: None,
            fee: FeeSettlement::Paid {
                amount: fee,
                payment: payment.parse().expect("a short word"),
            },
        }
    });
    let settings = OfficeSettings::new(people::OFFICE.parse()?);
    let service = PetitionService::builder(namespace, read_models)
        .issuing(settings, policy, Register(Arc::clone(&outside)))
        .notifying(Mail(Arc::clone(&outside)))
        .engine(minwon::engine::EngineBuilder::index_messages)
        .start();

    let kim = Secret::random()?;
    let roles = [Role::Look, Role::Read, Role::Mend, Role::Approve];
    let operators = OperatorList::of_one("kim".parse()?, roles, &kim);
    let record = RecordFile::open(&options.record).await?;
    let console = Console::new(service.clone(), operators, record)
        .beside(probes(&service))
        .beside(numbers(service.clone(), exporter));
    let served = console.serve_here(options.port).await?;

    let mut people = People::new(service.clone());
    eprintln!("{} petitions of the last days are filed …", options.before);
    people.of_the_last_days(options.before).await?;
    println!("The office is open. Ctrl-C closes it.\n");
    println!("  console   http://{}/", served.address());
    println!("            sign in with {}", kim.reveal());
    println!("  health    http://{}/health/ready", served.address());
    println!("  metrics   http://{}/metrics", served.address());
    println!("  record    {}\n", options.record.display());
    println!(
        "Something to mend? Type mail, hang, register or projector; mend mends the first three.\n"
    );

    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let pause = Duration::from_secs_f64(1.0 / options.pace.max(0.01));
    let mut next = tokio::time::interval(pause);
    loop {
        tokio::select! {
            _ = next.tick() => people.one_more().await?,
            line = lines.next_line() => match line?.as_deref().map(str::trim) {
                Some("mail") => outside.refuse_mail(),
                Some("hang") => outside.hang_mail(),
                Some("register") => outside.poison_register(),
                Some("projector") => service.projector().shut_down().await,
                Some("mend") => outside.mend(),
                Some("") => {}
                Some(other) => println!("There is no {other:?} to break; type mail, hang, register, projector or mend."),
                // Nobody types: it goes on until it is interrupted.
                None => lines = BufReader::new(tokio::io::stdin()).lines(),
            },
            () = &mut asked_to_end => break,
        }
    }
    service.stop().await;
    println!("The office is closed.");
    Ok(())
}

/// What Prometheus scrapes.
fn numbers(service: PetitionService, exporter: PrometheusHandle) -> Router {
    let metrics = async move || {
        service.report_metrics().await;
        (
            [(CONTENT_TYPE, "text/plain; version=0.0.4")],
            exporter.render(),
        )
    };
    Router::new().route("/metrics", get(metrics))
}
