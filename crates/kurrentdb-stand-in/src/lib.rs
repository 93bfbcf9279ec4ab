//! This is no database: it answers the KurrentDB client in tests, and cannot prove how a real
//! server times out, elects, replicates, scavenges or keeps connections alive.
//!
//! It keeps a log in memory, misbehaves on demand, and speaks as much of the protocol as the
//! client `kurrentdb` 1.2.0 uses, over HTTP/2 with or without encryption, on a free port of the loopback
//! interface.
//!
//! Only a real server proves the ambiguity that its time-outs leave, what a new leader has yet to
//! replicate, what scavenging leaves in `$all` of each node, its positions, and keep-alives on a
//! network that swallows packets. The stand-in can only show that its caller bears the answers
//! which a real server is known to give. Run what passes here against a real server as well.
//!
//! ```
//! # async fn example() -> std::io::Result<()> {
//! use minwon_kurrentdb_stand_in::{AppendFault, StandIn};
//!
//! let stand_in = StandIn::start().await?;
//! stand_in.misbehave(AppendFault::AbortAfterCommit);
//! let url = stand_in.url(); // for the client
//! // … append something: the answer is that it was aborted, yet
//! assert_eq!(stand_in.occurred(AppendFault::AbortAfterCommit), 1);
//! assert_eq!(stand_in.stream("general_Petition-1").len(), 1);
//! # Ok(())
//! # }
//! ```
#![allow(
    clippy::result_large_err,
    reason = "the server trait wants `Status` as it is"
)]

#[cfg(test)]
use minwon_test_panics as _;

mod access;
mod append;
mod builder;
mod caller;
mod certificates;
mod commit;
mod config;
mod connection;
mod delete;
mod encryption;
mod fault;
mod faults;
mod filter;
mod idempotency;
mod log;
mod metadata;
mod node;
mod outgoing;
mod plan;
mod positions;
mod random;
mod read;
mod refusal;
mod rights;
mod service;
mod stand_in;
mod subscribe;
mod tally;
mod target;
mod version;
mod wire;

pub use access::ADMINS;
pub use builder::Builder;
pub use certificates::{Authority, Certificate};
pub use fault::{AppendFault, Fault, HandshakeFault, ReadFault, SubscribeFault};
pub use log::Record;
pub use plan::FaultPlan;
pub use positions::{Position, Positions};
pub use rights::ServiceRight;
pub use stand_in::{Backup, StandIn};
pub use tally::Call;
pub use tonic::Code;
pub use version::ServerVersion;

/// Its description, for a program's first line.
pub const DISCLAIMER: &str = "This is no database: it answers the KurrentDB client in tests, and \
     cannot prove how a real server times out, elects, replicates, scavenges or keeps connections \
     alive.";
