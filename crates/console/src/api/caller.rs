//! Who calls: somebody with a token, and never with a cookie alone.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{App, Failure, door::Visitor};

/// Whoever a token in `Authorization` belongs to. A browser sends none by itself, as it sends cookies, so no other
/// site can have it call, and nothing here needs the secret of a form.
pub(super) struct Caller(pub(super) Visitor);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        Ok(Self(Visitor::by_token(parts, app).await?))
    }
}
