//! How far the read models are behind the log.

use minwon::{
    NamespaceName, ReadModels,
    engine::ProjectionName,
    operator::api::{LagLine, Lags},
};
use serde_json::json;

use crate::{
    failure::{Failure, Found},
    options::LagLimits,
    output::Out,
    place::Place,
    table::Table,
};

pub(crate) async fn run(place: &Place, limits: &LagLimits, out: Out) -> Result<Found, Failure> {
    let place_of_models = place.read_models()?;
    let mut read_models = Vec::new();
    for namespace in place.namespaces().await? {
        read_models.extend(measure(place, place_of_models, &namespace, &limits.models).await?);
    }
    show(&Lags { read_models }, limits, out)
}

/// Shows how far read models are, and whether that is too far.
pub(crate) fn show(lags: &Lags, limits: &LagLimits, out: Out) -> Result<Found, Failure> {
    let is_well = |lag: &LagLine| lag.is_ready() && is_within(lag, limits);
    out.print(|| json!(lags), || table(&lags.read_models))?;
    Ok(Found::well_if(lags.read_models.iter().all(is_well)))
}

/// Measures the read models of a namespace: those of every service, and `more`.
pub(crate) async fn measure(
    place: &Place,
    read_models: &ReadModels,
    namespace: &NamespaceName,
    more: &[ProjectionName],
) -> Result<Vec<LagLine>, Failure> {
    let lags = place.of(namespace.clone()).lags(read_models, more).await?;
    let lags = lags.into_iter();
    let line = |(name, lag): (_, Option<_>)| LagLine::new(namespace.clone(), name, lag.as_ref());
    Ok(lags.map(line).collect())
}

fn is_within(line: &LagLine, limits: &LagLimits) -> bool {
    let Some(lag) = &line.lag else { return false };
    let events = limits.events_max.is_none_or(|max| lag.events_behind <= max);
    let wait_ms_max = limits.wait_max.map(|seconds| seconds.saturating_mul(1_000));
    events && wait_ms_max.is_none_or(|max| lag.waiting_ms <= max)
}

pub(crate) fn table(lags: &[LagLine]) -> String {
    let columns = [
        "NAMESPACE",
        "READ MODEL",
        "BEHIND",
        "OLDEST WAITS",
        "POSITION",
        "STATE",
    ];
    let mut table = Table::new(columns);
    for line in lags {
        let (namespace, name) = (line.namespace.to_string(), line.read_model.to_string());
        let Some(lag) = &line.lag else {
            let none = String::new;
            table.row([
                namespace,
                name,
                none(),
                none(),
                none(),
                "never built".into(),
            ]);
            continue;
        };
        let more = if lag.is_more { " and more" } else { "" };
        let waits = match lag.events_behind {
            0 => "-".to_owned(),
            _ => format!(
                "{}.{} s",
                lag.waiting_ms / 1_000,
                lag.waiting_ms % 1_000 / 100
            ),
        };
        let state = if lag.ready { "ready" } else { "being built" };
        table.row([
            namespace,
            name,
            format!("{}{more}", lag.events_behind),
            waits,
            lag.position.to_string(),
            state.into(),
        ]);
    }
    table.or("There is no namespace.")
}
