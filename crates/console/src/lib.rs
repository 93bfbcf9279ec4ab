//! The operator's console of a petition service: pages that a service serves beside its work, without a
//! build step and without JavaScript that anybody would miss.
//!
//! An operator sees in one look whether everything runs and what is wrong; finds a petition and where it is
//! stuck; and has letters tried again, skipped or compensated, each act previewed, confirmed, with a reason,
//! and on [record] — as is each look at a petition.
//!
//! ```no_run
//! # async fn run(service: minwon::PetitionService) -> Result<(), Box<dyn std::error::Error>> {
//! use minwon_console::{Console, OperatorList, RecordFile};
//! let operators = OperatorList::read("/etc/minwon/operators.toml".as_ref())?;
//! let record = RecordFile::open("/var/lib/minwon/console.jsonl").await?;
//! let console = Console::new(service, operators, record).four_eyes();
//! let served = console.serve_here(8480).await?;
//! println!("the console is at http://{}/", served.address());
//! # Ok(())
//! # }
//! ```
//!
//! [`Console::router`] is for services that serve more than that.
//!
//! - **Who comes in**: whom an [`Authentication`] knows: an [`OperatorList`] for one machine,
//!   [`SignedTokens`] of an office's own sign-in, or a team's own. Nobody else sees anything, and nobody does
//!   what none of their [roles](Role) says.
//! - **Where**: at an address of this machine alone, unless it is [told otherwise](Console::serve_at). Over a
//!   network it has to stand behind what encrypts: browsers send its cookies over encrypted connections and
//!   to `localhost` only.
//! - **What it holds**: sessions, and what was asked for and not yet approved, in memory: after a restart one
//!   signs in and asks again. What was decided stands in the log.

#[cfg(test)]
use minwon_test_panics as _;

mod api;
mod asks;
mod authentication;
mod desk;
mod door;
mod failure;
mod page;
mod pages;
mod probes;
pub mod record;
mod samples;
mod serve;
mod words;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::Router;
use minwon::{
    ActorId, PetitionService,
    service::{ServiceClock, ServiceReadModels, ServiceStore},
};
use tokio::sync::Semaphore;

use self::{
    asks::Asks,
    desk::Desk,
    door::{Refusals, Sessions},
    failure::Failure,
    record::{Deed, RecordLine},
    samples::Samples,
};
pub use self::{
    authentication::{
        Authentication, AuthenticationError, CREDENTIAL_BYTES_MAX, Operator, OperatorList,
        OperatorListError, ROLES_CLAIM, Role, Secret, SignedTokens, SignedTokensError,
    },
    probes::probes,
    record::{Record, RecordFile},
    serve::Served,
};

/// Most answers of the API that wait for something at a time.
const WAITS_MAX: usize = 64;

/// The console of one service, before it is served.
#[must_use]
pub struct Console {
    desk: Arc<dyn Desk>,
    authentication: Arc<dyn Authentication>,
    record: Arc<dyn Record>,
    base: String,
    four_eyes: bool,
    grace: Duration,
    beside: Router,
}

impl Console {
    /// The console of `service`.
    pub fn new<S, R, T>(
        service: PetitionService<S, R, T>,
        authentication: impl Authentication,
        record: impl Record,
    ) -> Self
    where
        S: ServiceStore,
        R: ServiceReadModels,
        T: ServiceClock,
    {
        Self {
            desk: Arc::new(service),
            authentication: Arc::new(authentication),
            record: Arc::new(record),
            base: String::new(),
            four_eyes: false,
            grace: Duration::from_secs(10),
            beside: Router::new(),
        }
    }

    /// Serves it below this path, as in `/console`; its [router](Self::router) has it in its routes already.
    /// Default: at the root.
    pub fn below(mut self, path: impl Into<String>) -> Self {
        let path = path.into();
        let path = path.trim_matches('/');
        self.base = match path {
            "" => String::new(),
            path => format!("/{path}"),
        };
        self
    }

    /// What is asked to be skipped or compensated is done only once somebody else has [approved](Role::Approve)
    /// of it.
    pub const fn four_eyes(mut self) -> Self {
        self.four_eyes = true;
        self
    }

    /// How long what is asked to be skipped or compensated can be taken back by who asked, where nobody has to
    /// approve of it. Once it is done it stands: later events of the petition have been handled without it.
    /// Default: 10 s.
    pub const fn grace(mut self, time: Duration) -> Self {
        self.grace = time;
        self
    }

    /// Serves these routes beside it, as [`probes`] and metrics are; they ask nobody to sign in.
    pub fn beside(mut self, routes: Router) -> Self {
        self.beside = self.beside.merge(routes);
        self
    }

    fn into_app(self) -> Arc<App> {
        Arc::new(App {
            samples: Samples::of(Arc::clone(&self.desk)),
            desk: self.desk,
            authentication: self.authentication,
            record: self.record,
            sessions: Sessions::default(),
            refusals: Refusals::default(),
            asks: Asks::default(),
            waits: Semaphore::new(WAITS_MAX),
            base: self.base,
            four_eyes: self.four_eyes,
            grace: self.grace,
        })
    }
}

/// What all pages have in common.
struct App {
    desk: Arc<dyn Desk>,
    authentication: Arc<dyn Authentication>,
    record: Arc<dyn Record>,
    sessions: Sessions,
    refusals: Refusals,
    asks: Asks,
    /// Answers of the API that may wait for something at a time.
    waits: Semaphore,
    samples: Samples,
    /// Below which path it is served: empty, or with a slash at its beginning alone.
    base: String,
    four_eyes: bool,
    grace: Duration,
}

impl App {
    /// The address of a page of the console.
    fn at(&self, page: &str) -> String {
        match (&*self.base, page) {
            ("", _) => page.to_owned(),
            (base, "/") => base.to_owned(),
            (base, page) => format!("{base}{page}"),
        }
    }

    /// The path of its cookies.
    fn path(&self) -> &str {
        match &*self.base {
            "" => "/",
            base => base,
        }
    }

    /// Puts a deed on record.
    async fn record(&self, by: Option<&ActorId>, deed: Deed) -> Result<(), Failure> {
        let (at, namespace) = (self.desk.now(), self.desk.namespace().clone());
        let line = RecordLine::new(at, namespace, by.cloned(), deed);
        Ok(self.record.keep(&line).await?)
    }
}
