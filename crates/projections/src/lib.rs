//! The running side of minwon: definitions are pure and live elsewhere, this crate runs them.
//!
//! - [`ProjectorBuilder`] starts a [`Projector`], which follows the log and keeps read models.
//! - [`fold_log`] folds the log once, from a position up to the head.

mod document;
mod fold_log;
mod projector;
mod slice_fold;

#[cfg(test)]
mod testing;

pub use fold_log::{FoldError, fold_log};
pub use projector::{
    ModelStatus, Projector, ProjectorBuilder, ProjectorOptions, ProjectorStatus, StopReason,
    Stopped,
};
