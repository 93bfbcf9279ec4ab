//! What does an operator watch? A service at work, whose numbers are served for Prometheus.
//!
//! ```sh
//! cargo run -p minwon-system-tests --example metrics -- --listen 127.0.0.1:9464
//! ```
//!
//! Petitions are filed one after the other until it is ended. The register is away from time to time, one
//! petitioner's mailbox takes nothing, and officers at two desks work on the same petitions.

mod office;
#[path = "../shared/mod.rs"]
mod shared;

use std::{net::SocketAddr, process::ExitCode, sync::Arc, time::Duration};

use axum::{Router, extract::State, http::header::CONTENT_TYPE, routing::get};
use clap::Parser;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use metrics_util::MetricKindMask;
use minwon::{PetitionService, metrics::BUCKETS};

use crate::{
    office::{Office, Register},
    shared::{Failure, exit, say, while_doing},
};

/// How long a gauge is served that nobody sets any more, as of a slice that another process works on.
const GAUGES_KEPT: Duration = Duration::from_secs(60);

#[derive(Debug, Parser)]
#[command(about = "A service at work, whose numbers are served for Prometheus")]
struct Options {
    /// Where numbers are served; port 0 takes one that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9464")]
    listen: SocketAddr,
    /// The pause between two petitions, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 500)]
    pause: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    exit(run(Options::parse()).await)
}

async fn run(options: Options) -> Result<(), Failure> {
    // Before the service, which keeps the handles of what it counts.
    let exporter = PrometheusBuilder::new()
        .set_buckets(&BUCKETS)?
        .idle_timeout(MetricKindMask::GAUGE, Some(GAUGES_KEPT))
        .install_recorder()?;
    minwon::metrics::describe();

    let office = Office::open()?;
    let watched = Watched {
        service: office.service.clone(),
        register: Arc::clone(&office.register),
        exporter,
    };
    let routes = Router::new().route("/metrics", get(metrics));
    let listener = tokio::net::TcpListener::bind(options.listen).await;
    let listener = listener.map_err(while_doing(format!("{} is listened on", options.listen)))?;
    say(format!(
        "metrics: http://{}/metrics",
        listener.local_addr()?
    ))?;
    let serving = axum::serve(listener, routes.with_state(watched));
    tokio::select! {
        served = async { serving.await } => Ok(served?),
        worked = office.work(Duration::from_millis(options.pause)) => worked,
    }
}

/// What is looked at when somebody asks.
#[derive(Clone)]
struct Watched {
    service: PetitionService,
    register: Arc<Register>,
    exporter: PrometheusHandle,
}

async fn metrics(
    State(watched): State<Watched>,
) -> ([(axum::http::HeaderName, &'static str); 1], String) {
    watched.service.report_metrics().await;
    watched.register.report_metrics();
    let text = (CONTENT_TYPE, "text/plain; version=0.0.4");
    ([text], watched.exporter.render())
}
