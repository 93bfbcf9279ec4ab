//! The API: what the pages show and do, for programs, as the command `minwon` is one.
//!
//! It has the doors, the record and the acts of the pages. What it answers is in [`minwon::operator::api`].

mod asks;
mod caller;
mod letters;
mod log;
mod looking;
mod problem;
mod read_models;

use std::sync::Arc;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;

use self::caller::Caller;
use crate::{App, Failure};

/// Its routes, below `/api`.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/status", get(looking::status))
        .route("/health", get(looking::health))
        .route("/service", get(looking::service))
        .route("/lag", get(looking::lag))
        .route("/petitions/{id}", get(looking::petition))
        .route("/log", get(log::log))
        .route("/messages", get(log::messages))
        .route("/letters", get(letters::list))
        .route("/letters/groups", get(letters::groups))
        .route("/letters/one", get(letters::one))
        .route("/letters/decisions", get(letters::decisions))
        .route("/letters/ask", get(asks::preview))
        .route("/letters/asks", get(asks::all).post(asks::ask))
        .route("/letters/asks/{number}", get(asks::one))
        .route("/letters/asks/{number}/letters", get(asks::letters))
        .route("/letters/asks/{number}/{decision}", post(asks::decide))
        .route(
            "/read-models",
            get(read_models::all).post(read_models::tend),
        )
        .route("/read-models/{model}", get(read_models::one))
        .route("/read-models/{model}/plan", get(read_models::plan))
        .fallback(async || Failure::Missing("no-such-page"))
        .layer(from_fn_with_state(Arc::clone(app), problem::answered))
}

/// An answer as JSON.
struct Json<A>(A);

impl<A: Serialize> IntoResponse for Json<A> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(bytes) => {
                let form = HeaderValue::from_static("application/json");
                (StatusCode::OK, [(header::CONTENT_TYPE, form)], bytes).into_response()
            }
            Err(error) => Failure::Fault(error.into()).into_response(),
        }
    }
}
