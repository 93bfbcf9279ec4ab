//! What cannot be answered, as a page.

use std::{error::Error, sync::Arc};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use maud::html;
use minwon::{
    QueryError, StoreError,
    engine::{OperatorError, RebuildError, UpkeepError},
    foreign_text,
};

use crate::{
    App,
    authentication::{AuthenticationError, Role},
    door::language,
    page,
    record::RecordError,
};

/// Why there is no such page, or nothing was done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nobody is signed in: to this page.
    SignIn,
    /// Whoever has this credential is not let in.
    NotLetIn,
    /// No role of theirs allows it.
    Forbidden(Role),
    /// The form is not one that this session was given.
    Forged,
    /// The address or the form says nothing that there is; a key of the words says what is wrong.
    Malformed(&'static str),
    /// There is no such thing (any more).
    Missing(&'static str),
    /// It would do harm as things are; a key of the words says why.
    Refused(&'static str),
    /// Too much of it is under way.
    TooMany(&'static str),
    /// Something did not answer.
    Fault(Box<dyn Error + Send + Sync>),
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<AuthenticationError> for Failure {
    fn from(error: AuthenticationError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::NotALetter { .. } | OperatorError::AlreadyGivenUp { .. } => {
                Self::Missing("no-such-letter")
            }
            OperatorError::NoReason => Self::Malformed("no-reason"),
            OperatorError::ReasonTooLong { .. } => Self::Malformed("reason-too-long"),
            error => Self::Fault(error.into()),
        }
    }
}

impl From<UpkeepError> for Failure {
    fn from(error: UpkeepError) -> Self {
        Self::Refused(match error {
            UpkeepError::NoModel { .. }
            | UpkeepError::NotBuilt { .. }
            | UpkeepError::Rebuild(RebuildError::NoGeneration { .. }) => {
                return Self::Missing("no-such-generation");
            }
            UpkeepError::OtherFold { .. } => "generation-other-fold",
            UpkeepError::UnderWay { .. } => "generation-under-way",
            UpkeepError::NotToBeBuilt { .. } => "generation-not-to-be-built",
            UpkeepError::Verifying { .. } => "verification-under-way",
            UpkeepError::NotUnderWay { .. } => "not-under-way",
            UpkeepError::Changed { .. } => "generation-changed",
            UpkeepError::Ending => "ending",
            UpkeepError::Rebuild(RebuildError::NotReady { .. }) => "generation-not-ready",
            UpkeepError::Rebuild(RebuildError::Behind { .. }) => "generation-behind",
            UpkeepError::Rebuild(RebuildError::MoreHeld { .. }) => "holds-more",
            UpkeepError::Rebuild(RebuildError::Answering { .. }) => "generation-answers",
            error => return Self::Fault(error.into()),
        })
    }
}

impl Failure {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::SignIn => StatusCode::SEE_OTHER,
            Self::NotLetIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::Forged => StatusCode::FORBIDDEN,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Missing(_) => StatusCode::NOT_FOUND,
            Self::Refused(_) => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Fault(error) => match error.downcast_ref() {
                Some(QueryError::Rebuilding { .. } | QueryError::NotYet { .. }) => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                _ => StatusCode::BAD_GATEWAY,
            },
        }
    }

    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::NotLetIn => "sign-in-refused",
            Self::Forbidden(Role::Look) => "forbidden-look",
            Self::Forbidden(Role::Read) => "forbidden-read",
            Self::Forbidden(Role::Mend) => "forbidden-mend",
            Self::Forbidden(Role::Approve) => "forbidden-approve",
            Self::Forged => "forged",
            Self::Malformed(key) | Self::Missing(key) | Self::Refused(key) | Self::TooMany(key) => {
                key
            }
            Self::Fault(_) => "no-answer",
        }
    }

    /// The causes of a fault, the nearest first.
    pub(crate) fn causes(&self) -> Vec<String> {
        match self {
            Self::Fault(error) => foreign_text::causes(&**error).collect(),
            _ => Vec::new(),
        }
    }
}

/// An answer without a page: [`answered`] makes that, in the reader's language.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

/// Makes the page of a failure.
pub(crate) async fn answered(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let words = language(request.headers());
    let mut response = next.run(request).await;
    let Some(failure) = response.extensions_mut().remove::<Arc<Failure>>() else {
        return response;
    };
    if let Failure::SignIn = *failure {
        return Redirect::to(&app.at("/sign-in")).into_response();
    }
    let causes = failure.causes();
    if !causes.is_empty() {
        tracing::warn!("the console could not answer: {}", causes.join(": "));
    }
    let body = html! {
        p.wrong role="alert" { (words.say(failure.key())) }
        @if !causes.is_empty() { ol.causes { @for cause in &causes { li { (cause) } } } }
        p { a href=(app.at("/")) { (words.say("overview")) } }
    };
    (failure.status(), page::bare(&app, words, &body)).into_response()
}
