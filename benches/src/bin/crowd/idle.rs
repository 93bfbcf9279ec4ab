//! Many services on one file that have nothing to do.

use std::{path::Path, sync::Arc, time::Duration};

use minwon::ReadModels;
use minwon_benches::{
    office::{Failure, Office, Policy, Register},
    watched,
};
use minwon_core::{EventStore, NamespaceName};
use serde::Serialize;

use super::usage;

/// Before it counts, what was filed comes to rest.
const SETTLING: Duration = Duration::from_secs(3);

#[derive(Debug, Serialize)]
pub(super) struct Idle {
    /// Events that were written meanwhile.
    pub(super) appends: u64,
    pub(super) core_percent: f64,
}

pub(super) async fn measure(dir: &Path, namespaces: u64, seconds: u64) -> Result<Idle, Failure> {
    let dir = tempfile::tempdir_in(dir)?;
    let store = watched::open(dir.path().join("idle.db"))?;
    let mut services = Vec::new();
    for number in 0..namespaces {
        let namespace = NamespaceName::new(format!("idle{number}"))?;
        let office = Office::general().within(&namespace);
        let link = Register::link(&Arc::default(), Duration::from_secs(5));
        let read_models = ReadModels::beside(store.inner());
        let service = office.service(&store, read_models, Policy::default(), link);
        let service = service.start();
        office.file(&service, number).await?;
        services.push(service);
    }
    for service in &services {
        service.settled().await?;
    }
    tokio::time::sleep(SETTLING).await;
    let (head, ran) = (store.head().await?, usage::processor_time()?);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let ran = usage::processor_time()?.saturating_sub(ran);
    let appends = store.head().await?.commit() - head.commit();
    for service in services {
        service.stop().await;
    }
    Ok(Idle {
        appends,
        core_percent: ran.as_secs_f64() * 100.0 / seconds as f64,
    })
}
