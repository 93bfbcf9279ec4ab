//! A browser without a screen: it keeps cookies, and sends the forms of the page that it shows.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use http_body_util::BodyExt as _;
use minwon_console::Console;
use tower::ServiceExt as _;

use crate::world::World;

pub(crate) struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    language: &'static str,
}

/// A page as it came.
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) headers: header::HeaderMap,
    pub(crate) text: String,
}

impl Page {
    /// Where it leads; empty where nowhere.
    pub(crate) fn leads_to(&self) -> &str {
        let location = self.headers.get(header::LOCATION);
        location.map_or("", |to| to.to_str().unwrap())
    }

    /// The value of a hidden field of its last form with one.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let field = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let found = self.text.rsplit(&field).next().unwrap();
        assert_ne!(found.len(), self.text.len(), "no {name} in {}", self.text);
        found.split('"').next().unwrap().to_owned()
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(self.text.contains(text), "no {text:?} in {}", self.text);
    }

    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        assert!(!self.text.contains(text), "{text:?} in {}", self.text);
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|console| console)
    }

    pub(crate) fn with(options: impl FnOnce(Console) -> Console) -> Self {
        Self::placed(true, |console| options(console).router())
    }

    pub(crate) fn without_index() -> Self {
        Self::placed(false, Console::router)
    }

    /// One where these petitions were filed, and nobody could be told of it.
    pub(crate) async fn stuck(petitions: &[&str]) -> Self {
        let world = Self::new();
        world.file(petitions).await;
        world
    }

    /// A browser that has been nowhere yet.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.place.clone())
    }

    /// A browser in which somebody has signed in, as in `kim:look,mend`.
    pub(crate) async fn signed_in(&self, credential: &str) -> Browser {
        let mut browser = self.browser();
        let page = browser
            .post("/sign-in", &[("credential", credential)])
            .await;
        assert_eq!(page.status, 303, "{}", page.text);
        browser
    }
}

impl Browser {
    pub(crate) fn new(router: Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            language: "en",
        }
    }

    pub(crate) fn in_korean(mut self) -> Self {
        self.language = "ko-KR,ko;q=0.9,en;q=0.8";
        self
    }

    /// Puts a cookie of elsewhere in.
    pub(crate) fn keep(&mut self, cookie: &str) {
        let (name, value) = cookie.split_once('=').unwrap();
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) async fn get(&mut self, to: &str) -> Page {
        self.ask(Request::get(to), Body::empty()).await
    }

    /// A page that is there.
    pub(crate) async fn see(&mut self, to: &str) -> Page {
        let page = self.get(to).await;
        assert_eq!(page.status, 200, "{to}: {}", page.text);
        page
    }

    /// Sends a form with these fields alone.
    pub(crate) async fn post(&mut self, to: &str, fields: &[(&str, &str)]) -> Page {
        let encode = |text: &str| {
            let bytes = text.bytes().map(|byte| format!("%{byte:02X}"));
            bytes.collect::<String>()
        };
        let fields = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)));
        let body = fields.collect::<Vec<_>>().join("&");
        let request =
            Request::post(to).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request, body.into()).await
    }

    /// Sends a form as it came with `page`, with these fields filled in.
    pub(crate) async fn send(&mut self, page: &Page, to: &str, fields: &[(&str, &str)]) -> Page {
        let form = page.hidden("form");
        let mut all = vec![("form", form.as_str())];
        all.extend_from_slice(fields);
        self.post(to, &all).await
    }

    async fn ask(&mut self, request: axum::http::request::Builder, body: Body) -> Page {
        let cookies = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let request = request
            .header(header::COOKIE, cookies.collect::<Vec<_>>().join("; "))
            .header(header::ACCEPT_LANGUAGE, self.language);
        let answer = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let (head, body) = answer.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Page {
            status: head.status.as_u16(),
            headers: head.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}
