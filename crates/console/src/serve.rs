//! The routes of the console, and the socket where it is served by itself.

use std::{
    io, mem,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{
        HeaderValue, StatusCode,
        header::{self, HeaderName},
    },
    middleware::{from_fn_with_state, map_response},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{Console, Failure, api, door, failure::answered, page, pages};

/// Longest form. Unit: bytes.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// What every answer tells a browser to keep out: scripts, styles and frames of others, and itself out of
/// caches.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

/// A console that is served. Dropping it ends that.
#[derive(Debug)]
pub struct Served {
    address: SocketAddr,
    task: JoinHandle<io::Result<()>>,
}

impl Served {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Console {
    /// Its routes, for a service that serves more than that: `router.merge(console.router())`. Needs a tokio
    /// runtime. Served with `into_make_service_with_connect_info::<SocketAddr>()` it knows addresses, so that whoever is
    /// refused too often from one of them keeps nobody else out.
    pub fn router(mut self) -> Router {
        let beside = mem::take(&mut self.beside);
        let app = self.into_app();
        let pages = Router::new()
            .route("/", get(pages::overview::page))
            .route("/start-again", post(pages::overview::start_again))
            .route("/find", get(pages::petition::find))
            .route("/petitions/{id}", get(pages::petition::page))
            .route("/messages", get(pages::messages::page))
            .route("/messages/one", get(pages::messages::one))
            .route("/flow", get(pages::flow::page))
            .route("/letters", get(pages::letters::page))
            .route("/letters/list", get(pages::letters::list))
            .route("/letters/one", get(pages::letters::one))
            .route(
                "/letters/ask",
                get(pages::asks::preview).post(pages::asks::ask),
            )
            .route("/letters/asks", get(pages::asks::all))
            .route("/letters/asks/{number}", get(pages::asks::page))
            .route("/letters/asks/{number}/approve", post(pages::asks::approve))
            .route(
                "/letters/asks/{number}/turn-down",
                post(pages::asks::turn_down),
            )
            .route("/letters/asks/{number}/stop", post(pages::asks::stop))
            .nest("/api", api::routes(&app))
            .route("/read-models", get(pages::read_models::page))
            .route(
                "/read-models/act",
                get(pages::upkeep::preview).post(pages::upkeep::act),
            )
            .route("/work", get(pages::work::page))
            .route("/sign-in", get(door::sign_in_page).post(door::sign_in))
            .route("/sign-out", post(door::sign_out))
            .route("/language", get(door::choose_language))
            .route("/assets/console.css", get(style))
            .route("/assets/console.js", get(script))
            .route("/assets/console.svg", get(icon))
            .fallback(missing)
            .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
            .layer(from_fn_with_state(Arc::clone(&app), answered))
            .layer(map_response(headed))
            .with_state(Arc::clone(&app));
        let console = match &*app.base {
            "" => pages,
            base => {
                let whole = app.at("/");
                Router::new()
                    .route(
                        &format!("{base}/"),
                        get(async move || Redirect::permanent(&whole)),
                    )
                    .nest(base, pages)
            }
        };
        beside.merge(console)
    }

    /// Serves it on this machine alone, at `http://127.0.0.1:PORT/`; at a free port, where that is 0. Needs a
    /// tokio runtime.
    ///
    /// # Errors
    /// Where the port is taken.
    pub async fn serve_here(self, port: u16) -> io::Result<Served> {
        self.serve_at((Ipv4Addr::LOCALHOST, port).into()).await
    }

    /// Serves it at an address that others may reach. It speaks HTTP: what stands before it has to
    /// encrypt, or nobody can sign in.
    ///
    /// # Errors
    /// Where it cannot listen there.
    pub async fn serve_at(self, address: SocketAddr) -> io::Result<Served> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let routes = self.router();
        let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
        let serve = axum::serve(listener, routes);
        let task = tokio::spawn(async move { serve.await });
        Ok(Served { address, task })
    }
}

async fn headed(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        let headers = response.headers_mut();
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn missing() -> Failure {
    Failure::Missing("no-such-page")
}

async fn style() -> impl IntoResponse {
    asset("text/css; charset=utf-8", page::STYLE)
}

async fn script() -> impl IntoResponse {
    asset("text/javascript; charset=utf-8", page::SCRIPT)
}

async fn icon() -> impl IntoResponse {
    asset("image/svg+xml", page::ICON)
}

fn asset(form: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, form),
        (header::CACHE_CONTROL, "private, max-age=300"),
    ];
    (StatusCode::OK, headers, text)
}
