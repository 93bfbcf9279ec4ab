//! What a slice reads before it folds, and gathers before it commits.

use minwon_core::{EventStore, Projection, ReadModelStore, SliceWrites, Timer, Wanted};

use super::{
    clerk::Clerk,
    commit::SliceCommit,
    end::SessionEnd,
    notes::Letters,
    slice_run::{Seen, SliceRun},
};

/// How often a view is folded again before a commit, where it is now found and now not.
const MENDED_TIMES_MAX: u32 = 4;

/// Loads the missing views of a slice.
pub(super) async fn load<P: Projection>(
    read_models: &impl ReadModelStore,
    run: &mut SliceRun<P>,
) -> Result<(), SessionEnd> {
    let missing = run.fold.missing();
    if !run.may_have_documents() {
        // Nothing of this life of the slice was ever written.
        return fill(run, vec![None; missing.len()]);
    }
    let wanted = Wanted {
        documents: &missing,
        ..Wanted::default()
    };
    let loaded = read_models
        .load(&run.name, &wanted)
        .await
        .map_err(SessionEnd::of_read_models)?;
    let found = loaded.checkpoint.as_ref();
    if !run.is_where_it_was(found) {
        return Err(SessionEnd::Refused);
    }
    if run.owns(found) {
        fill(run, loaded.documents)
    } else {
        fill(run, vec![None; missing.len()])
    }
}

fn fill<P: Projection>(
    run: &mut SliceRun<P>,
    documents: Vec<Option<bytes::Bytes>>,
) -> Result<(), SessionEnd> {
    run.fold
        .fill(documents)
        .map_err(|damage| damaged(run, &damage))
}

fn damaged<P: Projection>(run: &SliceRun<P>, damage: &dyn std::error::Error) -> SessionEnd {
    SessionEnd::Damaged {
        slice: run.name.clone(),
        why: damage.to_string(),
    }
}

/// Gathers what a slice has to commit, and to write of dead letters.
pub(super) async fn prepare<P: Projection, S: EventStore, T: Timer>(
    read_models: &impl ReadModelStore,
    clerk: &Clerk<P, S, T>,
    run: &mut SliceRun<P>,
    seen: &Seen,
    is_answering: bool,
) -> Result<(SliceCommit, Letters), SessionEnd> {
    let mut writes = SliceWrites::default();
    let mut unknown = run.fold.prepare(&mut writes);
    let mut times = 0;
    // Where a view is found cannot be told: its key is held back, if it is so again.
    while run.fold.has_doubts() {
        if times == MENDED_TIMES_MAX {
            return Err(SessionEnd::Refused);
        }
        times += 1;
        clerk.mend(run, run.folded, is_answering).await?;
        unknown = run.fold.prepare(&mut writes);
    }
    let counts = if unknown.is_empty() || !run.may_have_documents() {
        vec![0; unknown.len()]
    } else {
        let wanted = Wanted {
            counts: &unknown,
            ..Wanted::default()
        };
        let loaded = read_models
            .load(&run.name, &wanted)
            .await
            .map_err(SessionEnd::of_read_models)?;
        if !run.is_where_it_was(loaded.checkpoint.as_ref()) {
            return Err(SessionEnd::Refused);
        }
        if run.owns(loaded.checkpoint.as_ref()) {
            loaded.counts
        } else {
            vec![0; unknown.len()]
        }
    };
    let finished = run
        .fold
        .finish(unknown.into_iter().zip(counts), &mut writes);
    finished.map_err(|damage| damaged(run, &damage))?;
    let next = run.next(seen);
    run.pending = Some(next.clone());
    let mut letters = Letters::default();
    run.notes.take(&mut letters);
    let commit = SliceCommit {
        slice: run.name.clone(),
        expected: run.committed.clone(),
        next,
        writes,
    };
    Ok((commit, letters))
}
