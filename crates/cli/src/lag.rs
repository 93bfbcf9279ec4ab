//! How far the read models are behind the log.

use std::{iter, time::Duration};

use minwon::{
    NamespaceName, ReadModels, SystemClock,
    engine::{
        Lag, LagError, LetterViews, ModelName, Projection as _, ProjectionName,
        dead_letter_category, measure_lag,
    },
    petitions::{Category, PetitionEvent, PetitionViews},
};
use serde_json::{Value, json};

use crate::{
    failure::{Failure, Found},
    options::LagLimits,
    output::Out,
    place::Place,
    table::Table,
};

/// A read model, and how far behind it is; none where it was never built.
#[derive(Debug)]
pub(crate) struct ModelLag {
    model: ModelName,
    lag: Option<Lag>,
}

pub(crate) async fn run(place: &Place, limits: &LagLimits, out: Out) -> Result<Found, Failure> {
    let read_models = place.read_models()?;
    let mut lags = Vec::new();
    for namespace in place.namespaces().await? {
        lags.extend(measure(place, read_models, &namespace, &limits.models).await?);
    }
    let is_well = |lag: &ModelLag| lag.is_ready() && lag.is_within(limits);
    let found = Found::well_if(lags.iter().all(is_well));
    let json = || json!({ "read_models": lags.iter().map(ModelLag::json).collect::<Vec<_>>() });
    out.print(json, || table(&lags))?;
    Ok(found)
}

/// Measures the read models of a namespace: those of every service, and `more`.
pub(crate) async fn measure(
    place: &Place,
    read_models: &ReadModels,
    namespace: &NamespaceName,
    more: &[ProjectionName],
) -> Result<Vec<ModelLag>, Failure> {
    let events = place.of(namespace.clone()).petition_events();
    let letters = LetterViews::<(Category, PetitionEvent)>::default();
    let letters = (
        letters.name().clone(),
        events.clone().and_category(dead_letter_category()),
    );
    let petitions = PetitionViews::default().name().clone();
    let others = iter::once(&petitions).chain(more);
    let models = others.map(|name| (name.clone(), events.clone()));
    let mut lags = Vec::new();
    for (projection, events) in models.chain([letters]) {
        let model = ModelName {
            namespace: namespace.clone(),
            projection,
        };
        let lag = measure_lag(&place.store, read_models, &model, &events, &SystemClock).await;
        let lag = match lag {
            Err(LagError::NeverBuilt { .. }) => None,
            lag => Some(lag?),
        };
        lags.push(ModelLag { model, lag });
    }
    Ok(lags)
}

impl ModelLag {
    /// Returns whether it can be asked.
    pub(crate) fn is_ready(&self) -> bool {
        self.lag.as_ref().is_some_and(|lag| lag.is_ready)
    }

    fn is_within(&self, limits: &LagLimits) -> bool {
        let Some(lag) = &self.lag else { return false };
        let events = limits.events_max.is_none_or(|max| lag.events <= max);
        let wait_max = limits.wait_max.map(Duration::from_secs);
        events && wait_max.is_none_or(|max| lag.waiting <= max)
    }

    pub(crate) fn json(&self) -> Value {
        let (namespace, name) = (&self.model.namespace, &self.model.projection);
        let mut line = json!({ "namespace": namespace, "read_model": name, "built": false });
        if let Some(lag) = &self.lag {
            line["built"] = json!(true);
            line["ready"] = json!(lag.is_ready);
            line["events_behind"] = json!(lag.events);
            line["is_more"] = json!(lag.is_more);
            line["waiting_ms"] = json!(u64::try_from(lag.waiting.as_millis()).unwrap_or(u64::MAX));
            line["position"] = json!(lag.position);
            line["head"] = json!(lag.head);
            line["measured_at"] = json!(lag.measured_at.in_seoul());
        }
        line
    }
}

pub(crate) fn table(lags: &[ModelLag]) -> String {
    let columns = [
        "NAMESPACE",
        "READ MODEL",
        "BEHIND",
        "OLDEST WAITS",
        "POSITION",
        "STATE",
    ];
    let mut table = Table::new(columns);
    for ModelLag { model, lag } in lags {
        let (namespace, name) = (model.namespace.to_string(), model.projection.to_string());
        let Some(lag) = lag else {
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
        let waits = match lag.events {
            0 => "-".to_owned(),
            _ => format!("{:.1} s", lag.waiting.as_secs_f64()),
        };
        let state = if lag.is_ready { "ready" } else { "being built" };
        table.row([
            namespace,
            name,
            format!("{}{more}", lag.events),
            waits,
            lag.position.to_string(),
            state.into(),
        ]);
    }
    table.or("There is no namespace.")
}
