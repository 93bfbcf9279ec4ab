//! Who stands before the console, and how they came in.

mod refusals;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Extension, Form, RequestPartsExt as _,
    body::Bytes,
    extract::{ConnectInfo, FromRequest, FromRequestParts, Query, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{ACCEPT_LANGUAGE, AUTHORIZATION, HeaderMap, RETRY_AFTER},
        request::Parts,
    },
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::{
    CookieJar,
    cookie::{Cookie, SameSite},
};
use maud::html;
use minwon::{Timestamp, language::Language};
use serde::{Deserialize, de::DeserializeOwned};

pub(crate) use self::refusals::Refusals;
use crate::{
    App, Failure,
    authentication::{AuthenticationError, CREDENTIAL_BYTES_MAX, Operator, Role, hex},
    page,
    record::Deed,
    words::Words,
};

const SESSION: &str = "minwon-console";
const LANGUAGE: &str = "minwon-language";

/// A session in which nobody has done anything for this long is over.
const IDLE_MAX: Duration = Duration::from_secs(30 * 60);

/// Longest session.
const SESSION_MAX: Duration = Duration::from_secs(12 * 60 * 60);

/// Most sessions at a time; beyond that the one that was silent longest is over.
const SESSIONS_MAX: usize = 1_024;

/// Who is signed in, by the cookies of their sessions. They live and die with the process.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Session>>);

/// The header by which an open page says that it asks by itself, and nobody has touched it.
const BY_ITSELF: &str = "minwon-by-itself";

/// Whether a request is somebody's doing, or that of a page which they left open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    BySomebody,
    ByItself,
}

impl Use {
    fn of(headers: &HeaderMap) -> Self {
        match headers.contains_key(BY_ITSELF) {
            true => Self::ByItself,
            false => Self::BySomebody,
        }
    }
}

#[derive(Clone)]
struct Session {
    operator: Operator,
    /// What a form of this session has in it, and no other site knows.
    form: Arc<str>,
    until: Timestamp,
    seen: Timestamp,
    /// The messages that were looked for last, as an address has it.
    looked_for: Arc<str>,
}

impl Sessions {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session; its cookie.
    fn begin(&self, operator: Operator, now: Timestamp) -> Result<String, getrandom::Error> {
        let (cookie, form) = (random()?, random()?);
        let longest = now.saturating_add(SESSION_MAX);
        let session = Session {
            until: operator.until.map_or(longest, |until| until.min(longest)),
            operator,
            form: form.into(),
            seen: now,
            looked_for: "".into(),
        };
        let mut all = self.all();
        all.retain(|_, session| session.is_on(now));
        if all.len() >= SESSIONS_MAX {
            let silent = all.iter().min_by_key(|(_, session)| session.seen);
            if let Some(silent) = silent.map(|(cookie, _)| cookie.clone()) {
                all.remove(&silent);
            }
        }
        all.insert(cookie.clone(), session);
        Ok(cookie)
    }

    fn find(&self, cookie: &str, now: Timestamp, by: Use) -> Option<Session> {
        let mut all = self.all();
        let session = all.get_mut(cookie).filter(|session| session.is_on(now))?;
        if by == Use::BySomebody {
            session.seen = now;
        }
        Some(session.clone())
    }

    fn looks_for(&self, cookie: &str, messages: &str) {
        if let Some(session) = self.all().get_mut(cookie) {
            session.looked_for = messages.into();
        }
    }

    fn end(&self, cookie: &str) {
        self.all().remove(cookie);
    }
}

impl Session {
    fn is_on(&self, now: Timestamp) -> bool {
        now < self.until && now < self.seen.saturating_add(IDLE_MAX)
    }
}

fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(hex(&bytes))
}

/// Somebody who is signed in, and whom a page is for.
pub(crate) struct Visitor {
    pub(crate) app: Arc<App>,
    pub(crate) operator: Operator,
    pub(crate) words: &'static Words,
    /// What each of their forms has in it; none where no browser keeps a credential for them, so that no
    /// other site can send one along.
    pub(crate) form: Option<Arc<str>>,
    /// The cookie of their session, and what they looked for in it; none where there is none.
    session: Option<(String, Arc<str>)>,
    /// The page that they asked for, below the console's address.
    pub(crate) path: String,
}

impl Visitor {
    /// # Errors
    /// Where none of their roles allows it.
    pub(crate) fn needs(&self, role: Role) -> Result<(), Failure> {
        match self.operator.may(role) {
            true => Ok(()),
            false => Err(Failure::Forbidden(role)),
        }
    }

    /// The messages that they looked for last in this session, as an address has it.
    pub(crate) fn looked_for(&self) -> Option<Arc<str>> {
        Some(Arc::clone(&self.session.as_ref()?.1))
    }

    /// Remembers which messages they look for.
    pub(crate) fn looks_for(&self, messages: &str) {
        if let Some((cookie, _)) = &self.session {
            self.app.sessions.looks_for(cookie, messages);
        }
    }

    /// Whoever a token in `Authorization` belongs to, and nobody by a cookie.
    ///
    /// # Errors
    /// Where there is none, or whoever has it may not look. That is on record; but not each of many, and good
    /// tokens do not have to wait for bad ones.
    pub(crate) async fn by_token(parts: &Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let (token, now) = (
            bearer(&parts.headers).ok_or(Failure::SignIn)?,
            app.desk.now(),
        );
        let visitor = app.authenticate(token, now).await?.map(|operator| Self {
            app: Arc::clone(app),
            operator,
            words: language(&parts.headers),
            form: None,
            session: None,
            path: String::new(),
        });
        let let_in = visitor.ok_or(Failure::NotLetIn);
        let let_in = let_in.and_then(|it| it.needs(Role::Look).map(|()| it));
        if let_in.is_err() {
            let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
            match app.refusals.begin(from.map(|from| from.ip()), now) {
                Ok(()) => app.record(None, Deed::NotLetIn).await?,
                Err(turned_away) if turned_away.is_first => {
                    tell_later(app, turned_away.again_after);
                }
                Err(_) => {}
            }
        }
        let_in
    }

    /// Puts on record what they do.
    pub(crate) async fn record(&self, deed: Deed) -> Result<(), Failure> {
        self.app.record(Some(&self.operator.id), deed).await
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let words = language(&parts.headers);
        let path = parts.uri.path_and_query();
        let path = path.map_or("/", |path| path.as_str()).to_owned();
        let now = app.desk.now();
        let visitor = |operator, form, session| Self {
            app: Arc::clone(app),
            operator,
            words,
            form,
            session,
            path: path.clone(),
        };
        let visitor = if let Some(token) = bearer(&parts.headers) {
            let operator = app.authenticate(token, now).await?;
            visitor(operator.ok_or(Failure::Forbidden(Role::Look))?, None, None)
        } else {
            let jar = CookieJar::from_headers(&parts.headers);
            let cookie = jar.get(SESSION).map_or("", Cookie::value);
            let session = app.sessions.find(cookie, now, Use::of(&parts.headers));
            let session = session.ok_or(Failure::SignIn)?;
            let looked_for = (cookie.to_owned(), session.looked_for);
            visitor(session.operator, Some(session.form), Some(looked_for))
        };
        visitor.needs(Role::Look)?;
        Ok(visitor)
    }
}

/// A form that the console itself has given to this visitor.
pub(crate) struct Posted<F>(pub(crate) Visitor, pub(crate) F);

impl<F: DeserializeOwned> FromRequest<Arc<App>> for Posted<F> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Failure> {
        #[derive(Deserialize)]
        struct Own {
            #[serde(default)]
            form: String,
        }
        let (mut parts, body) = request.into_parts();
        let visitor = parts.extract_with_state::<Visitor, _>(app).await?;
        let malformed = |_| Failure::Malformed("malformed-form");
        let request = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(request, app)
            .await
            .map_err(|_| Failure::Malformed("malformed-form"))?;
        let read = |body| Request::from_parts(parts.clone(), axum::body::Body::from(body));
        if let Some(form) = &visitor.form {
            let own = Form::<Own>::from_request(read(body.clone()), app).await;
            if *own.map_err(malformed)?.0.form != **form {
                return Err(Failure::Forged);
            }
        }
        let form = Form::<F>::from_request(read(body), app).await;
        Ok(Self(visitor, form.map_err(malformed)?.0))
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

/// The language that a reader chose, else the first that their browser asks for and there is.
pub(crate) fn language(headers: &HeaderMap) -> &'static Words {
    let jar = CookieJar::from_headers(headers);
    let chosen = jar
        .get(LANGUAGE)
        .and_then(|cookie| cookie.value().parse().ok());
    let asked = || {
        let asked = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut asked = asked.split(',').map(|one| one.trim());
        asked.find_map(|one| one.get(..2)?.parse().ok())
    };
    Words::of(chosen.or_else(asked).unwrap_or_default())
}

impl App {
    /// None where the credential is nobody's.
    async fn authenticate(
        &self,
        credential: &str,
        now: Timestamp,
    ) -> Result<Option<Operator>, Failure> {
        if credential.len() > CREDENTIAL_BYTES_MAX {
            return Ok(None);
        }
        match self.authentication.operator(credential, now).await {
            Ok(operator) => Ok(Some(operator)),
            Err(AuthenticationError::Refused(why)) => {
                tracing::info!("a credential was refused: {why}");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

pub(crate) async fn sign_in_page(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let words = language(&headers);
    page::bare(&app, words, &sign_in_form(&app, words, None)).into_response()
}

fn sign_in_form(app: &App, words: &Words, refused: Option<String>) -> maud::Markup {
    html! {
        @if let Some(why) = refused { p.wrong role="alert" { (why) } }
        form.stacked method="post" action=(app.at("/sign-in")) {
            label for="credential" { (words.say("sign-in-credential")) }
            input #credential name="credential" type="password" autocomplete="current-password" required autofocus;
            button { (words.say("sign-in")) }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct SignIn {
    credential: String,
}

pub(crate) async fn sign_in(
    State(app): State<Arc<App>>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    jar: CookieJar,
    Form(form): Form<SignIn>,
) -> Result<Response, Failure> {
    let (now, words) = (app.desk.now(), language(&headers));
    let from = from.map(|Extension(ConnectInfo(address))| address.ip());
    if let Err(turned_away) = app.refusals.begin(from, now) {
        if turned_away.is_first {
            tell_later(&app, turned_away.again_after);
        }
        return Ok(too_many(&app, words, turned_away.again_after));
    }
    let operator = app.authenticate(&form.credential, now).await?;
    let Some(operator) = operator.filter(|it| it.may(Role::Look)) else {
        app.record(None, Deed::NotLetIn).await?;
        let form = sign_in_form(&app, words, Some(words.say("sign-in-refused")));
        let page = page::bare(&app, words, &form);
        return Ok((StatusCode::FORBIDDEN, page).into_response());
    };
    app.refusals.was_let_in(from);
    app.record(Some(&operator.id), Deed::SignedIn).await?;
    let session = app.sessions.begin(operator, now);
    let session = session.map_err(|error| Failure::Fault(error.into()))?;
    let cookie = Cookie::build((SESSION, session))
        .path(app.path().to_owned())
        .http_only(true)
        .secure(true)
        // Not strict: who follows a link in an alert stays signed in. Forms have a secret of their own.
        .same_site(SameSite::Lax);
    Ok((jar.add(cookie), Redirect::to(&app.at("/"))).into_response())
}

/// The answer to whoever tries again too soon: nothing was looked at.
fn too_many(app: &App, words: &Words, again_after: Duration) -> Response {
    let seconds = again_after.as_secs().max(1);
    let why = words.count("sign-in-too-many", seconds.div_ceil(60));
    let page = page::bare(app, words, &sign_in_form(app, words, Some(why)));
    let again = [(RETRY_AFTER, HeaderValue::from(seconds))];
    (StatusCode::TOO_MANY_REQUESTS, again, page).into_response()
}

/// Puts on record, once they may try again, how many were turned away until then.
fn tell_later(app: &Arc<App>, after: Duration) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        app.desk.sleep(after).await;
        let count = app.refusals.take_turned_away();
        if let Err(failure) = app.record(None, Deed::TurnedAway { count }).await {
            tracing::warn!(
                count,
                ?failure,
                "sign-ins were turned away, which is not on record"
            );
        }
    });
}

#[derive(Deserialize)]
pub(crate) struct Nothing {}

pub(crate) async fn sign_out(
    jar: CookieJar,
    Posted(visitor, Nothing {}): Posted<Nothing>,
) -> Result<Response, Failure> {
    if let Some(cookie) = jar.get(SESSION) {
        visitor.app.sessions.end(cookie.value());
    }
    visitor.record(Deed::SignedOut).await?;
    let gone = Cookie::build(SESSION).path(visitor.app.path().to_owned());
    let to = Redirect::to(&visitor.app.at("/sign-in"));
    Ok((jar.remove(gone), to).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Choice {
    lang: String,
    #[serde(default)]
    back: String,
}

/// Remembers the language that a reader chose, and goes back to where they were.
pub(crate) async fn choose_language(
    State(app): State<Arc<App>>,
    jar: CookieJar,
    Query(choice): Query<Choice>,
) -> Result<Response, Failure> {
    let language: Language = choice
        .lang
        .parse()
        .map_err(|_| Failure::Malformed("malformed-form"))?;
    let cookie = Cookie::build((LANGUAGE, language.as_str()))
        .path(app.path().to_owned())
        .permanent()
        .same_site(SameSite::Lax);
    // Only to a page of this console, and to no address of somebody else's.
    let is_own = choice.back.starts_with('/')
        && !choice.back.starts_with("//")
        && !choice.back.contains('\\');
    let back = if is_own { choice.back } else { "/".to_owned() };
    Ok((jar.add(cookie), Redirect::to(&app.at(&back))).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_was_left_open_keeps_no_session() {
        let at =
            |minutes: u64| Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(60 * minutes));
        let operator = Operator {
            id: "kim".parse().unwrap(),
            roles: [Role::Look].into(),
            until: None,
        };
        let sessions = Sessions::default();
        let cookie = sessions.begin(operator, at(0)).unwrap();
        let is_on = |minutes, by| sessions.find(&cookie, at(minutes), by).is_some();
        assert!(is_on(10, Use::BySomebody));
        for minutes in 11..40 {
            assert!(is_on(minutes, Use::ByItself), "{minutes}");
        }
        assert!(!is_on(40, Use::ByItself));
        assert!(!is_on(40, Use::BySomebody));
    }

    #[test]
    fn an_open_page_says_that_it_asks_by_itself() {
        assert!(page::SCRIPT.contains(&format!("\"{BY_ITSELF}\": ")));
        let mut headers = HeaderMap::new();
        assert!(Use::of(&headers) == Use::BySomebody);
        headers.insert(BY_ITSELF, HeaderValue::from(1));
        assert!(Use::of(&headers) == Use::ByItself);
    }
}
