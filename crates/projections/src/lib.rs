//! The running side of minwon: definitions are pure and live elsewhere, this crate runs them.
//!
//! So far it folds the log once, from a position up to the head: [`fold_log`]. Projectors that
//! follow the log and keep read models come next.

mod fold_log;

pub use fold_log::{FoldError, fold_log};
