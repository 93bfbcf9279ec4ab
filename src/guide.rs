//! The pages of `docs/`, where only the documentation is at hand.
//!
//! # Beside the crate
//!
//! Other documents are in the repository and in the published package: `docs/schema/answers.json`,
//! the schema of the answers; `CONTRIBUTING.md`; `LICENSE-MIT` and `LICENSE-APACHE`.
//! `benches/README.md`, with the measurements and how they were made, is in the repository alone.

#[doc = include_str!("../docs/own-aggregate.md")]
pub mod own_aggregate {}

#[doc = include_str!("../docs/command.md")]
pub mod command {}

#[doc = include_str!("../docs/console.md")]
pub mod console {}

#[doc = include_str!("../docs/health.md")]
pub mod health {}

#[doc = include_str!("../docs/upgrading.md")]
pub mod upgrading {}

#[doc = include_str!("../docs/kurrentdb.md")]
pub mod kurrentdb {}

#[doc = include_str!("../docs/tracing.md")]
pub mod tracing {}

#[doc = include_str!("../docs/metrics.md")]
pub mod metrics {}

#[doc = include_str!("../docs/runbook.md")]
pub mod runbook {}

#[doc = include_str!("../docs/log-digests.md")]
pub mod log_digests {}

#[doc = include_str!("../docs/cryptography.md")]
pub mod cryptography {}

#[doc = include_str!("../ARCHITECTURE.md")]
pub mod architecture {}

#[doc = include_str!("../docs/invariants.md")]
pub mod invariants {}

#[doc = include_str!("../CHANGELOG.md")]
pub mod changelog {}
