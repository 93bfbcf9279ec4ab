//! How a petition service stands, as metrics.

use std::num::NonZeroU32;

use minwon_core::{
    Order, Timestamp,
    metrics::{DUES_MISSED, DUES_TODAY, set},
};
use minwon_petitions::{Date, PetitionViews};
use minwon_projections::QueryError;

use crate::{
    PetitionService, ResultQuery,
    namespace::{ServiceClock, ServiceReadModels, ServiceStore},
};

/// Most petitions that are counted in each slice of the read model.
const COUNTED_MAX: NonZeroU32 = NonZeroU32::new(1_000).expect("not 0");

impl<S: ServiceStore, R: ServiceReadModels, T: ServiceClock> PetitionService<S, R, T> {
    /// As [`Engine::report_metrics`](crate::engine::Engine::report_metrics), with the calls under way and
    /// what falls due, for which it asks the read model of petitions.
    pub async fn report_metrics(&self) {
        let engine = &self.parts.engine;
        let now = engine.report().now;
        let dues = engine.in_time(dues(&self.parts.results, now));
        let ((), dues) = tokio::join!(engine.report_metrics(), dues);
        let report = engine.report();
        self.gate().report(report.namespace().1);
        report.waiters("petitions", self.parts.results.reader().waiters());
        report.reported("dues", dues.is_some());
        let [today, missed] = dues.map_or([f64::NAN; 2], |dues| dues.map(|it| it as f64));
        set(&DUES_TODAY, &[report.namespace()], today);
        set(&DUES_MISSED, &[report.namespace()], missed);
    }
}

/// How many are due today, and how many are late.
async fn dues<R: ServiceReadModels, T: ServiceClock>(
    results: &ResultQuery<R, T>,
    now: Timestamp,
) -> Result<[u64; 2], QueryError> {
    let reader = results.reader();
    let today = PetitionViews::due_on(Date::in_seoul(now));
    let today = reader.count_before(&today, Order::from(Timestamp::MAX), COUNTED_MAX);
    // Where a petition stands is the last instant at which it is not late.
    let running = PetitionViews::running();
    let late = reader.count_before(&running, Order::from(now), COUNTED_MAX);
    let (today, late) = tokio::try_join!(today, late)?;
    Ok([today.value, late.value])
}
