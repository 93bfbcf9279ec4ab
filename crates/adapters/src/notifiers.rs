//! Ways to notify petitioners.
//!
//! | notifier | notifies | feature |
//! |---|---|---|
//! | [`LogNotifier`] | the log, for first steps and tests | |
//! | [`WebhookNotifier`] | an HTTP service, which notifies the petitioner | `webhook` |

mod log;
#[cfg(feature = "webhook")]
pub mod webhook;

pub use log::LogNotifier;
#[cfg(feature = "webhook")]
pub use webhook::WebhookNotifier;
