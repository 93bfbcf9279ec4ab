//! Where does the time of a petition go? From its filing to the notice of its end it is one trace, and this
//! sends it to whatever takes OTLP, by gRPC: a collector, Jaeger, Tempo.
//!
//! ```sh
//! cargo run -p minwon-system-tests --example traces -- --otlp http://127.0.0.1:4317
//! ```

mod otlp;
#[path = "../shared/mod.rs"]
mod shared;

use std::process::ExitCode;

use clap::Parser;
use minwon::{
    AgencyError, AgencyLink, Clock, CommandId, Namespace, Notification, Notifier, NotifyError,
    PetitionService, ReadModels, Store, StoreUrl, SystemClock, TraceParent,
    petitions::{
        Category, Channel, Period, PeriodUnit, PetitionKind, ServiceType, Won,
        application::{ReceiptDue, Receive, Submit},
        issuance::{FeeSettlement, IdentityMethod},
    },
    service::{DocumentOrder, OfficeSettings, PetitionFacts, SourceData, SourceRequest},
};

use crate::shared::{Failure, exit, say, while_doing};

const AGENCY: &str = "Jongno District Office";

/// Files a petition whose document is issued, and sends its trace away.
#[derive(Debug, Parser)]
struct Options {
    /// Where spans are sent, for example `http://127.0.0.1:4317`.
    #[arg(long)]
    otlp: String,
    /// The header `traceparent` of the request that files the petition. Without it a trace begins here.
    #[arg(long)]
    traceparent: Option<TraceParent>,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit(run(Options::parse()).await)
}

async fn run(options: Options) -> Result<(), Failure> {
    let sending = otlp::start(&options.otlp)
        .map_err(while_doing(format!("spans are sent to {}", options.otlp)))?;
    let done = file_and_follow(options.traceparent).await;
    // The last spans are sent also where the petition came to nothing.
    let sent = tokio::task::spawn_blocking(move || sending.shutdown()).await?;
    done?;
    sent.map_err(while_doing("the last spans are sent"))?;
    Ok(())
}

async fn file_and_follow(traceparent: Option<TraceParent>) -> Result<(), Failure> {
    let store = Store::open(&StoreUrl::Memory)?;
    let read_models = ReadModels::beside(&store);
    let namespace = Namespace::new("general".parse()?, store, SystemClock);
    let settings = OfficeSettings::new(AGENCY.parse()?);
    let service = PetitionService::builder(namespace, read_models)
        .issuing(settings, order, Register)
        .notifying(Mail)
        .start();
    let citizen = service.as_actor("citizen-1".parse()?, "portal.counter".parse()?);
    let citizen = match traceparent {
        Some(traceparent) => citizen.traced(traceparent),
        None => citizen,
    };
    let petition = citizen.petition(Category::General, "2026-000123".parse()?);
    let (submit, receive) = filing()?;
    let filed = petition.file(CommandId::random(), submit, Some(&receive));
    filed.await?;
    service.settled().await?;
    service.stop().await;
    Ok(())
}

fn filing() -> Result<(Submit, Receive), Failure> {
    let now = SystemClock.now();
    let submit = Submit {
        category: Category::General,
        service: ServiceType::InstantIssuance,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "extract of the register".parse()?,
        applicant: "applicant-42".parse()?,
        agency: AGENCY.parse()?,
        submitted_at: now,
        attachments: Vec::new(),
    };
    let receive = Receive {
        receipt_number: "R-000123".parse()?,
        kind: PetitionKind::Statutory,
        period: Period::new(7, PeriodUnit::Days)?,
        due: ReceiptDue::ByStatute,
        department: "Civil Affairs".parse()?,
        received_at: now,
    };
    Ok((submit, receive))
}

/// Every petition leads to one document, which costs nothing.
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

/// A register that has every entry. One that is asked by HTTP is sent the header `traceparent`.
struct Register;

impl AgencyLink<SourceRequest> for Register {
    type Answer = SourceData;

    async fn ask(&self, request: &SourceRequest) -> Result<SourceData, AgencyError> {
        told("register", request.traceparent.as_ref()).map_err(AgencyError::Unavailable)?;
        Ok(SourceData::default())
    }
}

struct Mail;

impl Notifier for Mail {
    async fn notify(&self, notification: &Notification) -> Result<(), NotifyError> {
        let kind = notification.kind.as_str();
        told(kind, notification.traceparent.as_ref()).map_err(NotifyError::Unavailable)
    }
}

fn told(what: &str, traceparent: Option<&TraceParent>) -> Result<(), Failure> {
    let traceparent = traceparent.map_or("none", TraceParent::as_str);
    Ok(say(format!("{what}: {traceparent}"))?)
}
