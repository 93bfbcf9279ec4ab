//! A real browser without a screen, and the console that it is shown.

use std::time::Duration;

use axum::http::Method;
use fantoccini::{
    Client, ClientBuilder, Locator, elements::Element, key::Key, wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use minwon_console::{Console, Served};
use minwon_test_servers::ChromeDriver;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::world::World;

/// How long something is waited for; only a test that fails waits for as long.
const WAIT_MAX: Duration = Duration::from_secs(120);

/// Links and fields that are passed on the way to one, at most.
const TABS_MAX: usize = 100;

impl World<Served> {
    pub(crate) async fn new() -> Self {
        Self::with(|console| console).await
    }

    pub(crate) async fn with(options: impl FnOnce(Console) -> Console) -> Self {
        let world = World::placed(true, options);
        Self {
            service: world.service,
            mail: world.mail,
            record: world.record,
            place: world.place.serve_here(0).await.unwrap(),
        }
    }

    /// One where these petitions were filed, and nobody could be told of it.
    pub(crate) async fn stuck(petitions: &[&str]) -> Self {
        let world = Self::new().await;
        world.file(petitions).await;
        world
    }

    /// Letters there are.
    pub(crate) async fn letters(&self) -> u64 {
        self.service.settled().await.unwrap();
        let groups = self.service.letters().groups().await.unwrap();
        groups.value.values().sum()
    }
}

pub(crate) struct Browser {
    client: Client,
    home: String,
}

impl Browser {
    pub(crate) async fn start(driver: &ChromeDriver, world: &World<Served>) -> Self {
        Self::start_with(driver, world, &[]).await
    }

    /// One in which somebody has signed in, as in `kim:look,mend`.
    pub(crate) async fn signed_in(
        driver: &ChromeDriver,
        world: &World<Served>,
        credential: &str,
    ) -> Self {
        let browser = Self::start(driver, world).await;
        browser.sign_in(credential).await;
        browser
    }

    /// One with these flags on its command line, beyond those that all have.
    pub(crate) async fn start_with(
        driver: &ChromeDriver,
        world: &World<Served>,
        flags: &[&str],
    ) -> Self {
        let mut args = vec![
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--accept-lang=en",
            "--window-size=1280,800",
        ];
        args.extend_from_slice(flags);
        let Value::Object(capabilities) = json!({
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
        }) else {
            unreachable!("it is an object");
        };
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        Self {
            client: builder.connect(&driver.url()).await.unwrap(),
            home: format!("http://{}", world.place.address()),
        }
    }

    pub(crate) async fn sign_in(&self, credential: &str) {
        self.go("/").await;
        assert_eq!(self.path().await, "/sign-in");
        // The field has the focus already.
        self.press(credential).await;
        self.press(Key::Enter).await;
        self.wait_for("nav [aria-current]").await;
    }

    pub(crate) async fn go(&self, to: &str) {
        self.client
            .goto(&format!("{}{to}", self.home))
            .await
            .unwrap();
    }

    pub(crate) async fn reload(&self) {
        self.client.refresh().await.unwrap();
    }

    /// Where it is, with its query.
    pub(crate) async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        let path = url.as_str().strip_prefix(&self.home);
        path.unwrap_or(url.as_str()).to_owned()
    }

    /// Waits until there is an element.
    pub(crate) async fn wait_for(&self, css: &str) -> Element {
        let wait = self.client.wait().at_most(WAIT_MAX);
        let found = wait
            .every(Duration::from_millis(50))
            .for_element(Locator::Css(css));
        let found = found.await;
        match found {
            Ok(found) => found,
            Err(error) => panic!("no {css} ({error}) on {}", self.source().await),
        }
    }

    /// Waits until the page has this text within one element.
    pub(crate) async fn shows(&self, text: &str) -> Element {
        let having = format!("//body//*[contains(normalize-space(.), \"{text}\")]");
        let wait = self.client.wait().at_most(WAIT_MAX);
        let found = wait
            .every(Duration::from_millis(50))
            .for_element(Locator::XPath(&having));
        match found.await {
            Ok(found) => found,
            Err(error) => panic!("no {text:?} ({error}) on {}", self.source().await),
        }
    }

    pub(crate) async fn has(&self, css: &str) -> bool {
        let found = self.client.find_all(Locator::Css(css)).await.unwrap();
        !found.is_empty()
    }

    pub(crate) async fn click(&self, css: &str) {
        self.wait_for(css).await.click().await.unwrap();
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.wait_for(css).await.text().await.unwrap()
    }

    /// The keys go to whatever has the focus.
    pub(crate) async fn press(&self, keys: impl Into<Keys>) {
        let focused = self.client.active_element().await.unwrap();
        focused.send_keys(&keys.into().0).await.unwrap();
    }

    /// Goes on by the tabulator until something has the focus, and shows that it has it.
    pub(crate) async fn tab_to(&self, css: &str) {
        for _ in 0..TABS_MAX {
            self.press(Key::Tab).await;
            let outline = "const it = document.activeElement;\
                 return it.matches(arguments[0]) ? getComputedStyle(it).outlineStyle : null;";
            match self.run(outline, &[css]).await {
                Value::Null => {}
                Value::String(outline) => {
                    assert_ne!(outline, "none", "nobody sees that {css} has the focus");
                    return;
                }
                other => panic!("{other}"),
            }
        }
        panic!("no key leads to {css} on {}", self.source().await);
    }

    /// Runs a script on the page.
    pub(crate) async fn run(&self, script: &str, values: &[&str]) -> Value {
        let values = values.iter().map(|it| Value::from(*it)).collect();
        self.client.execute(script, values).await.unwrap()
    }

    pub(crate) async fn cookie(&self, name: &str) -> fantoccini::cookies::Cookie<'static> {
        self.client.get_named_cookie(name).await.unwrap()
    }

    /// What the browser noted as an error since it was asked last.
    pub(crate) async fn errors(&self) -> Vec<String> {
        let notes = self.tell("se/log", json!({ "type": "browser" })).await;
        let notes = notes.as_array().unwrap().iter();
        let errors = notes.filter(|note| note["level"] == "SEVERE");
        errors
            .map(|note| note["message"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Has it pretend to something, as its developers' tools do.
    pub(crate) async fn pretend(&self, command: &str, values: Value) {
        let body = json!({ "cmd": command, "params": values });
        self.tell("goog/cdp/execute", body).await;
    }

    async fn tell(&self, path: &'static str, body: Value) -> Value {
        self.client.issue_cmd(Beyond { path, body }).await.unwrap()
    }

    async fn source(&self) -> String {
        let source = self.client.source().await;
        source.unwrap_or_else(|error| error.to_string())
    }
}

/// What is typed.
pub(crate) struct Keys(String);

impl From<&str> for Keys {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Key> for Keys {
    fn from(key: Key) -> Self {
        Self(char::from(key).to_string())
    }
}

/// A command that the driver knows and WebDriver does not.
#[derive(Debug)]
struct Beyond {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Beyond {
    fn endpoint(&self, driver: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        driver.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
