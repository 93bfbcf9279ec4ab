//! The running side of minwon: definitions are pure and live elsewhere, this crate runs them.
//!
//! - [`ProjectorBuilder`] starts a [`Projector`], which follows the log and keeps read models.
//! - [`ReactorBuilder`] starts a [`RunningReactor`], which has done what events bring about.
//! - [`LetterReader`] asks the read model of dead letters, which [`LetterViews`] folds.
//! - [`MessageReader`] asks the index of messages, which [`Messages`] folds.
//! - [`ModelReader`] asks a read model, and can wait for one's own writes.
//! - [`ProjectorBuilder::rebuild`] rebuilds a read model while the old one answers.
//! - [`Upkeep`] is what an operator does about read models while they are kept.
//! - [`Versions`] are what several programs of different age keep and ask side by side.
//! - [`verify`] folds the log again and compares; [`measure_lag`] says how far behind it is.
//! - [`Health`] sums up how the [parts](PartState) are that are kept going.
//! - [`fold_log`] folds the log once, from a position up to the head.

#[cfg(test)]
use minwon_test_panics as _;

mod catalogue;
mod caught;
mod checkpoints;
mod dead_letters;
mod document;
mod end;
mod feed;
mod fold_log;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod held;
mod lag;
mod letter_views;
mod lock;
mod messages;
mod model_reader;
mod projector;
mod reactor;
mod rebuild;
mod running;
mod slice;
mod supervise;
mod truncated;
mod upkeep;
mod verify;
mod versions;

#[cfg(test)]
mod testing;

pub use dead_letters::{
    DeadLetterError, DeadLetters, EventAt, Letter, LetterDetail, Operator, OperatorError,
    QueueEntry, REASON_BYTES_MAX, RetryOutcome, RetryPlan, RetryReport, RetryResult, Selection,
};
pub use document::{DocumentError, document_json};
pub use end::StopReason;
pub use feed::{Follower, PassedOver, SharedFeed};
pub use fold_log::{FoldError, fold_log};
pub use held::Held;
pub use lag::{Behind, Lag, LagError, measure_behind, measure_lag};
pub use letter_views::{Fate, FateOf, LetterPage, LetterReader, LetterView, LetterViews};
pub use messages::{
    FlowCause, FlowEdge, Kinds, MESSAGES_MAX, Message, MessageFilter, MessageKind, MessagePage,
    MessageReader, MessageTree, MessageView, Messages, TREE_MESSAGES_MAX,
};
pub use model_reader::{Answer, AsOf, ListAnswer, ListPart, ModelReader, QueryError};
pub use projector::{
    Membership, ModelStatus, Projector, ProjectorBuilder, ProjectorOptions, ProjectorStatus,
};
pub use reactor::{ReactorBuilder, ReactorOptions, ReactorStatus, RunningReactor, SliceProgress};
pub use rebuild::{
    Rebuild, RebuildError, RebuildProgress, promote, promote_despite_held, retire, roll_back,
};
pub use running::Running;
pub use supervise::{
    Again, AskAgain, Classified, Ended, Ending, ErrorClass, Health, OwnedTask, Part, PartHealth,
    PartState, PartTask, Paused, RestartPolicy, Stopped, TaskError, joined,
};
pub use upkeep::{
    BuildState, GenerationLook, GenerationRole, ModelLook, RebuildPlan, Upkeep, UpkeepError,
    VerificationLook, VerifyState, Work,
};
pub use verify::{
    Difference, DifferenceKind, Item, SliceReport, Verification, VerifyError, VerifyProgress,
    verify,
};
pub use versions::{Earlier, EarlierVersions, Versions};
