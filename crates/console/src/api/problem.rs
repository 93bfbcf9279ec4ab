//! What cannot be answered, as RFC 9457 has it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use minwon::operator::api::{NAMESPACE_HEADER, PROBLEM, Problem, VERSION, VERSION_HEADER};

use crate::{App, Failure, door::language, words::Words};

/// Makes a problem of each failure, and says of each answer which version of the API and which namespace it is of.
pub(crate) async fn answered(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let words = language(request.headers());
    let mut response = next.run(request).await;
    let failure = response.extensions_mut().remove::<Arc<Failure>>();
    if let Some(failure) = failure {
        response = of_failure(&failure, words).into_response();
    } else if !response.status().is_success() {
        // What the router itself refuses, as an address with fields that there are not.
        response = Told(of_status(response.status(), words)).into_response();
    }
    let version = HeaderName::from_static(VERSION_HEADER);
    let namespace = HeaderValue::from_str(app.desk.namespace().as_str());
    let headers = response.headers_mut();
    headers.insert(version, VERSION.into());
    if let Ok(namespace) = namespace {
        headers.insert(HeaderName::from_static(NAMESPACE_HEADER), namespace);
    }
    response
}

struct Told(Problem);

fn of_failure(failure: &Failure, words: &Words) -> Told {
    let (status, key) = match failure {
        Failure::SignIn => (StatusCode::UNAUTHORIZED, "no-token"),
        failure => (failure.status(), failure.key()),
    };
    let causes = failure.causes();
    if !causes.is_empty() {
        tracing::warn!("the API could not answer: {}", causes.join(": "));
    }
    Told(Problem {
        causes,
        ..problem(status, key, words)
    })
}

fn of_status(status: StatusCode, words: &Words) -> Problem {
    let key = match status {
        StatusCode::METHOD_NOT_ALLOWED => "no-such-method",
        StatusCode::PAYLOAD_TOO_LARGE => "too-long",
        _ => "malformed-request",
    };
    problem(status, key, words)
}

fn problem(status: StatusCode, key: &str, words: &Words) -> Problem {
    Problem {
        kind: format!("{PROBLEM}{key}"),
        title: words.say(key),
        status: status.as_u16(),
        causes: Vec::new(),
    }
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let form = HeaderValue::from_static("application/problem+json");
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, form)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}
