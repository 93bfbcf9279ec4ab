//! How a petition service stands, as metrics.

use std::num::NonZeroU32;

use minwon_core::{
    Timestamp,
    metrics::{DUES_MISSED, DUES_TODAY, set},
};
use minwon_petitions::Date;
use minwon_projections::QueryError;

use crate::{
    PetitionService, ResultQuery,
    namespace::{ServiceClock, ServiceReadModels, ServiceStore},
};

/// Most petitions that are counted.
const COUNTED_MAX: NonZeroU32 = NonZeroU32::new(10_000).expect("not 0");

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
) -> Result<[usize; 2], QueryError> {
    let (today, late) = tokio::try_join!(
        results.which_due_on(Date::in_seoul(now), COUNTED_MAX),
        results.which_late_at(now, COUNTED_MAX)
    )?;
    Ok([today.value.len(), late.value.len()])
}
