// On docs.rs the README's links lead to pages of `guide`: of two definitions of a link the first counts.
#![doc = "[kurrentdb]: guide::kurrentdb"]
#![doc = "[cryptography]: guide::cryptography"]
#![doc = "[digests]: guide::log_digests"]
#![doc = "[command]: guide::command"]
#![doc = "[console]: guide::console"]
#![doc = "[runbook]: guide::runbook"]
#![doc = "[health]: guide::health"]
#![doc = "[tracing]: guide::tracing"]
#![doc = "[metrics]: guide::metrics"]
#![doc = "[upgrading]: guide::upgrading"]
#![doc = "[own-aggregate]: guide::own_aggregate"]
#![doc = "[architecture]: guide::architecture"]
#![doc = "[invariants]: guide::invariants"]
#![doc = "[changelog]: guide::changelog"]
#![doc = "[contributing]: guide#beside-the-crate"]
#![doc = "[benches]: guide#beside-the-crate"]
#![doc = "[isolation]: guide#beside-the-crate"]
#![doc = "[answers]: guide#beside-the-crate"]
#![doc = "[mit]: guide#beside-the-crate"]
#![doc = "[apache]: guide#beside-the-crate"]
#![doc = ""]
#![doc = include_str!("../README.md")]

#[cfg(test)]
use minwon_test_panics as _;

#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
mod backends;
pub mod engine;
#[cfg(doc)]
pub mod guide;
#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
mod login;
mod messages;
mod namespace;
pub mod operator;
mod origin;
#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
mod read_models;
mod results;
pub mod service;
mod session;
#[cfg(feature = "signals")]
mod signals;
#[cfg(feature = "signed-digests")]
mod signed_digest;
#[cfg(any(feature = "memory", feature = "sqlite"))]
mod store;

/// The texts that people read, in Korean and English.
pub use minwon_language as language;

/// Civil petitions: the domain.
pub use minwon_petitions as petitions;

/// Backends, one module and one feature each.
pub use minwon_adapters as adapters;

#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
pub use backends::ServerUrl;
/// Texts that came from outside, as operators may read them and terminals show them.
pub use minwon_core::foreign_text;
/// The testing kit: given/when/then, conformance suites, seeded faults, a clock that moves by hand.
#[cfg(feature = "testing")]
pub use minwon_core::testing;

pub use minwon_adapters::SystemClock;
/// Numbers about what goes on: their names and meanings.
pub use minwon_core::metrics;
pub use minwon_core::trace::{SPANS, TraceContext, TraceContextIsSet, set_trace_context};
pub use minwon_core::{
    ActorId, Clock, CommandId, CorrelationId, LogAltered, LogDigest, MemberName, NameError,
    NamespaceName, Outcome, ServiceName, StoreError, StoreErrorKind, Timer, Timestamp,
    TimestampError, Token, TraceParent,
};
pub use minwon_petitions::{
    AgencyError, AgencyLink, Contact, Contacts, ContactsError, InCharge, Notification, Notifier,
    NotifyError, PetitionId,
};
pub use minwon_projections::{Answer, AsOf, Health, ListAnswer, ListPart, QueryError};
pub use namespace::{Applications, Issuances, Namespace};
#[cfg(any(feature = "memory", feature = "redis", feature = "sqlite"))]
pub use read_models::{Leases, OpenReadModelsError, ReadModels, ReadModelsUrl, ReadModelsUrlError};
pub use results::{
    DayCounts, DocumentResult, IssuedDocument, OpenCounts, PetitionList, ResultQuery,
};
pub use service::running::PetitionService;
pub use session::{Attempt, CommandError, Door, Petition, Session};
#[cfg(feature = "signals")]
pub use signals::until_asked_to_end;
#[cfg(feature = "signed-digests")]
pub use signed_digest::{
    DigestKeyError, DigestNoteError, DigestSigner, DigestVerifier, SignedDigest,
};
#[cfg(any(feature = "memory", feature = "sqlite"))]
pub use store::{Namespaces, OpenError, Store, StoreFeed, StoreUrl, StoreUrlError};
