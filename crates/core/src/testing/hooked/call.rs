//! The calls that go through a hook, and how they fail.

use std::num::NonZeroU32;

use crate::{
    AppendError, CatalogueError, CheckpointError, CheckpointName, CommitError, ListQuery,
    ModelName, NewEvent, SliceName, StoreError, StreamName, StreamVersion, Wanted,
};

/// A call of a port that can wait. What has a name carries that of its stream, checkpoint, slice or
/// read model.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "each is the port's method of that name, and its arguments"
)]
pub enum Call<'a> {
    Append {
        stream: &'a StreamName,
        events: &'a [NewEvent],
    },
    ReadStream {
        stream: &'a StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    },
    ReadAll,
    Head,
    LastUpTo,
    /// A feed's `next`.
    Next,
    LoadSnapshot,
    SaveSnapshot,
    DeleteSnapshots,
    LoadCheckpoint,
    SaveCheckpoint {
        name: &'a CheckpointName,
    },
    Load {
        slice: &'a SliceName,
        wanted: &'a Wanted<'a>,
    },
    Commit {
        slice: &'a SliceName,
    },
    List {
        slice: &'a SliceName,
        query: &'a ListQuery,
    },
    Counts {
        slice: &'a SliceName,
    },
    LoadCatalogue,
    SaveCatalogue {
        model: &'a ModelName,
    },
    Scan,
    Remove,
    Sweep,
    Heartbeat,
    Leave,
}

impl Call<'_> {
    /// Whether it asks for the whole, or a part, of one slice, or commits to it: which one.
    #[must_use]
    pub const fn slice(&self) -> Option<&SliceName> {
        match self {
            Self::Load { slice, .. }
            | Self::Commit { slice }
            | Self::List { slice, .. }
            | Self::Counts { slice } => Some(slice),
            _ => None,
        }
    }
}

/// The errors of the ports, as a hook makes them of a [`StoreError`].
pub trait CallError: Send + Sized {
    /// The store failed, and nothing was done.
    fn refused(call: &Call<'_>, source: StoreError) -> Self;

    /// Whether it was done is unknown. Where the port has no error for that, as
    /// [`refused`](Self::refused).
    fn unknown(call: &Call<'_>, source: StoreError) -> Self {
        Self::refused(call, source)
    }
}

impl CallError for StoreError {
    fn refused(_: &Call<'_>, source: StoreError) -> Self {
        source
    }
}

fn stream(call: &Call<'_>) -> StreamName {
    match call {
        Call::Append { stream, .. } => (*stream).clone(),
        other => unreachable!("only an append fails so: {other:?}"),
    }
}

impl CallError for AppendError {
    fn refused(call: &Call<'_>, source: StoreError) -> Self {
        let stream = stream(call);
        Self::Store { stream, source }
    }

    fn unknown(call: &Call<'_>, source: StoreError) -> Self {
        let stream = stream(call);
        Self::OutcomeUnknown { stream, source }
    }
}

fn slice(call: &Call<'_>) -> SliceName {
    let slice = call.slice().cloned();
    slice.unwrap_or_else(|| unreachable!("only a commit fails so: {call:?}"))
}

impl CallError for CommitError {
    fn refused(call: &Call<'_>, source: StoreError) -> Self {
        let slice = slice(call);
        Self::Store { slice, source }
    }

    fn unknown(call: &Call<'_>, source: StoreError) -> Self {
        let slice = slice(call);
        Self::OutcomeUnknown { slice, source }
    }
}

impl CallError for CheckpointError {
    fn refused(call: &Call<'_>, source: StoreError) -> Self {
        let Call::SaveCheckpoint { name } = *call else {
            unreachable!("only a checkpoint that is saved fails so: {call:?}")
        };
        let name = name.clone();
        Self::Store { name, source }
    }
}

impl CallError for CatalogueError {
    fn refused(call: &Call<'_>, source: StoreError) -> Self {
        let Call::SaveCatalogue { model } = *call else {
            unreachable!("only a catalogue that is saved fails so: {call:?}")
        };
        let model = model.clone();
        Self::Store { model, source }
    }
}
