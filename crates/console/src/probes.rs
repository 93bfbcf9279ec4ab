//! Answers for whoever starts processes and sends them work.

use axum::{Router, http::StatusCode, routing::get};
use minwon::{
    Health, PetitionService,
    service::{ServiceClock, ServiceReadModels, ServiceStore},
};

/// Routes for probes: `/health/started`, `/health/ready` and `/health/live`, each with status 200 or 503 and
/// nothing but a word. Nobody has to sign in, and nobody learns why: that stands in the console. What each asks for
/// is in `docs/health.md`.
pub fn probes<S, R, T>(service: &PetitionService<S, R, T>) -> Router
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    let probe = |is: fn(&Health) -> bool, yes: &'static str, no: &'static str| {
        let service = service.clone();
        get(async move || match is(&service.health()) {
            true => (StatusCode::OK, yes),
            false => (StatusCode::SERVICE_UNAVAILABLE, no),
        })
    };
    Router::new()
        .route(
            "/health/started",
            probe(|it| it.started, "started\n", "not started\n"),
        )
        .route(
            "/health/ready",
            probe(|it| it.ready, "ready\n", "not ready\n"),
        )
        .route("/health/live", probe(|it| it.live, "live\n", "not live\n"))
}
