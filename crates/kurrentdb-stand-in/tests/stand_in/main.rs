//! The stand-in as the real client sees it.

mod appends;
mod kit;
mod reads;
mod subscriptions;
