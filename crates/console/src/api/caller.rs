//! Who calls: somebody with a token, and never with a cookie alone.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use crate::{
    App, Failure,
    authentication::Role,
    door::{Visitor, bearer, language},
    record::Deed,
};

/// Whoever a token in `Authorization` belongs to. A browser sends none by itself, as it sends cookies, so no other
/// site can have it call, and nothing here needs the secret of a form.
pub(super) struct Caller(pub(super) Visitor);

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let token = bearer(&parts.headers).ok_or(Failure::SignIn)?;
        let operator = app.authenticate(token, app.desk.now()).await?;
        let Some(operator) = operator else {
            app.record(None, Deed::NotLetIn).await?;
            return Err(Failure::NotLetIn);
        };
        let visitor = Visitor {
            app: Arc::clone(app),
            operator,
            words: language(&parts.headers),
            form: None,
            path: String::new(),
        };
        if let Err(forbidden) = visitor.needs(Role::Look) {
            app.record(None, Deed::NotLetIn).await?;
            return Err(forbidden);
        }
        Ok(Self(visitor))
    }
}
