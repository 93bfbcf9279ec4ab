//! The stand-in as the real client sees it.

use minwon_test_panics as _;

mod access;
#[cfg(target_os = "linux")]
mod acknowledgements;
mod answers;
mod append_faults;
mod appends;
mod kit;
mod limits;
mod nodes;
mod read_faults;
mod reads;
mod retention;
mod subscription_faults;
mod subscriptions;
mod tls;
