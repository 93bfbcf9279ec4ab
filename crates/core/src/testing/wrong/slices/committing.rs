//! Commits, wrongly.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::{WrongSliceStore, WrongSlices};
use crate::{
    CLAIMANTS_MAX, CommitError, CountCell, GlobalPosition, Incarnation, ListChange, Lookup, Phase,
    ReadModelStore, SliceCheckpoint, SliceName, SliceWrites, StoreError, ViewKey, ViewSchema,
    Wanted, testing::yield_now,
};

impl<S: ReadModelStore> WrongSliceStore<S> {
    pub(super) async fn commit_wrongly(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let (expected, next) = (expected.map(|e| self.spoil(e)), self.spoil(next));
        let actual = self.actual(slice).await?;
        if let Some(answer) = self.answers_at_once(slice, actual.as_ref(), &next, writes) {
            return answer;
        }
        let writes = self.writes(slice, actual.as_ref(), &next, writes).await?;
        if self.is(WrongSlices::WritesARepeatAgain) && actual.as_ref() == Some(&next) {
            return self.write_where_it_is(slice, &next, &writes).await;
        }
        let admits = self.admits(expected.as_ref(), actual.as_ref(), &next);
        let expected = if admits { actual } else { expected };
        if self.is(WrongSlices::CommitsInTwoSteps) {
            return self
                .commit_in_two_steps(slice, expected.as_ref(), &next, writes)
                .await;
        }
        let expected = if self.is(WrongSlices::ChecksThenCommits) && admits {
            yield_now().await;
            self.actual(slice).await?
        } else {
            expected
        };
        let store = &self.store;
        match store.commit(slice, expected.as_ref(), &next, &writes).await {
            Err(CommitError::Moved { slice, actual }) => self.refuse(slice, actual, &writes).await,
            answer => answer,
        }
    }

    async fn actual(&self, slice: &SliceName) -> Result<Option<SliceCheckpoint>, CommitError> {
        let loaded = self.store.load(slice, &Wanted::default()).await;
        Ok(loaded.map_err(failed(slice))?.checkpoint)
    }

    fn spoil(&self, checkpoint: &SliceCheckpoint) -> SliceCheckpoint {
        let mut checkpoint = checkpoint.clone();
        if self.is(WrongSlices::KeepsHalfAPosition) {
            checkpoint.position = GlobalPosition::new(checkpoint.position.commit());
        }
        checkpoint
    }

    fn answers_at_once(
        &self,
        slice: &SliceName,
        actual: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Option<Result<(), CommitError>> {
        let position = actual.map(|actual| actual.position);
        match self.wrong {
            WrongSlices::NeverCommits => Some(Ok(())),
            WrongSlices::SkipsCommitsWithoutWrites if writes.is_empty() => Some(Ok(())),
            WrongSlices::OnlyMovesForward if Some(next.position) < position => Some(Ok(())),
            WrongSlices::KnowsARepeatByItsPosition if Some(next.position) == position => {
                Some(Ok(()))
            }
            WrongSlices::RefusesARepeat if actual == Some(next) => Some(Err(CommitError::Moved {
                slice: slice.clone(),
                actual: actual.cloned().map(Box::new),
            })),
            _ => None,
        }
    }

    /// Whether it commits, although the slice may be elsewhere.
    fn admits(
        &self,
        expected: Option<&SliceCheckpoint>,
        actual: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
    ) -> bool {
        if expected == actual {
            return true;
        }
        let (Some(expected), Some(actual)) = (expected, actual) else {
            return match self.wrong {
                WrongSlices::BeginsAgain => expected.is_none(),
                WrongSlices::GoesOnFromNothing => actual.is_none(),
                WrongSlices::ComparesNothing => true,
                _ => false,
            };
        };
        let blind = |checkpoint: &SliceCheckpoint| {
            let mut checkpoint = checkpoint.clone();
            match self.wrong {
                WrongSlices::IgnoresThePhase => checkpoint.phase = Phase::Ready,
                WrongSlices::IgnoresTheLastEvent => checkpoint.last_event = None,
                WrongSlices::IgnoresTheIncarnation => checkpoint.incarnation = Incarnation::new(0),
                WrongSlices::IgnoresTheSchema => checkpoint.schema = ViewSchema::new(0),
                _ => {}
            }
            checkpoint
        };
        match self.wrong {
            WrongSlices::ComparesNothing => true,
            WrongSlices::ComparesThePositionOnly => expected.position == actual.position,
            WrongSlices::CommitsBackwards => next.position <= actual.position,
            _ => blind(expected) == blind(actual),
        }
    }

    async fn refuse(
        &self,
        slice: SliceName,
        mut actual: Option<Box<SliceCheckpoint>>,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        match (self.wrong, &actual) {
            (WrongSlices::HidesWhereItIs, _) => actual = None,
            (WrongSlices::WritesWhatItRefuses, Some(at)) => {
                self.write_where_it_is(&slice, at, writes).await?;
            }
            _ => {}
        }
        Err(CommitError::Moved { slice, actual })
    }

    /// Writes, and leaves the slice at `at`, where it is.
    async fn write_where_it_is(
        &self,
        slice: &SliceName,
        at: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let meanwhile = meanwhile(at);
        self.store
            .commit(slice, Some(at), &meanwhile, writes)
            .await?;
        let nothing = SliceWrites::default();
        self.store
            .commit(slice, Some(&meanwhile), at, &nothing)
            .await
    }

    async fn commit_in_two_steps(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        mut writes: SliceWrites,
    ) -> Result<(), CommitError> {
        let meanwhile = meanwhile(next);
        let documents = SliceWrites {
            documents: std::mem::take(&mut writes.documents),
            ..SliceWrites::default()
        };
        self.store
            .commit(slice, expected, &meanwhile, &documents)
            .await?;
        yield_now().await;
        self.store
            .commit(slice, Some(&meanwhile), next, &writes)
            .await
    }

    /// What it makes of `writes`.
    async fn writes(
        &self,
        slice: &SliceName,
        actual: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<SliceWrites, CommitError> {
        let lookups = writes.lookups.iter();
        let lists = writes.lists.iter();
        let lookups = lookups.map(|(l, key, change)| (self.lookup(l), self.key(key), *change));
        let mut made = SliceWrites {
            documents: self.documents(writes),
            lookups: self.claims(slice, lookups.collect()).await?,
            lists: lists
                .map(|(list, place, change)| (self.list_name(list), self.place(place), *change))
                .collect(),
            counts: self.set_counts(slice, writes).await?,
        };
        match self.wrong {
            WrongSlices::NeverRemovesLookups => {
                made.lookups
                    .retain(|(.., change)| *change == ListChange::Take);
            }
            WrongSlices::NeverLeavesPlaces => {
                made.lists
                    .retain(|(.., change)| *change == ListChange::Take);
            }
            _ => {}
        }
        let begins = actual.is_some_and(|actual| actual.incarnation != next.incarnation);
        if begins && self.is(WrongSlices::ForgetsWhatBeginsAnIncarnation) {
            made = SliceWrites::default();
        }
        let mut notes = self.notes();
        let written = notes.written.entry(slice.clone()).or_default();
        if begins {
            made = self.with_old(written.clone(), made);
        }
        written.documents.extend(made.documents.iter().cloned());
        written.lookups.extend(made.lookups.iter().cloned());
        written.lists.extend(made.lists.iter().cloned());
        written.counts.extend(made.counts.iter().cloned());
        Ok(made)
    }

    /// What it writes where an incarnation begins, and `old` was written before.
    fn with_old(&self, old: SliceWrites, mut new: SliceWrites) -> SliceWrites {
        match self.wrong {
            WrongSlices::KeepsOldDocuments => {
                new.documents = [old.documents, new.documents].concat()
            }
            WrongSlices::KeepsOldLookups => new.lookups = [old.lookups, new.lookups].concat(),
            WrongSlices::KeepsOldLists => new.lists = [old.lists, new.lists].concat(),
            WrongSlices::KeepsOldCounts => new.counts = [old.counts, new.counts].concat(),
            _ => {}
        }
        new
    }

    fn documents(&self, writes: &SliceWrites) -> Vec<(crate::ViewKey, Option<Bytes>)> {
        let spoil = |document: Bytes| match self.wrong {
            WrongSlices::TakesDocumentsForText => {
                Some(String::from_utf8_lossy(&document).into_owned().into())
            }
            WrongSlices::CutsLargeDocuments => Some(document.slice(..document.len().min(1 << 16))),
            WrongSlices::TakesEmptyForNone if document.is_empty() => None,
            _ => Some(document),
        };
        let documents = writes.documents.iter();
        let mut documents: Vec<_> = documents
            .map(|(key, document)| (self.key(key), document.clone().and_then(spoil)))
            .collect();
        match self.wrong {
            WrongSlices::NeverRemovesDocuments => documents.retain(|(_, d)| d.is_some()),
            WrongSlices::CutsLargeCommits => documents.truncate(1000),
            _ => {}
        }
        documents
    }

    /// What it makes of claims, by what is claimed already.
    async fn claims(
        &self,
        slice: &SliceName,
        claims: Vec<Claim>,
    ) -> Result<Vec<Claim>, CommitError> {
        let lookups: Vec<_> = claims.iter().map(|(lookup, ..)| lookup.clone()).collect();
        let wanted = Wanted {
            lookups: &lookups,
            ..Wanted::default()
        };
        let there = self.store.load(slice, &wanted).await;
        let there = there.map_err(failed(slice))?.lookups;
        let mut claimants: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (lookup, keys) in lookups.into_iter().zip(there) {
            claimants.entry(lookup).or_default().extend(keys);
        }
        let mut made = Vec::with_capacity(claims.len());
        for (lookup, key, change) in claims {
            let others = claimants.entry(lookup.clone()).or_default();
            let takes = change == ListChange::Take;
            let gives_up_all = match self.wrong {
                WrongSlices::KeepsTheFirstClaimant if takes && !others.is_empty() => continue,
                WrongSlices::KeepsOnlyTheClaimsItTells
                    if takes && others.len() >= CLAIMANTS_MAX =>
                {
                    continue;
                }
                WrongSlices::KeepsTheLastClaimant => takes,
                WrongSlices::GivesUpAllClaims => !takes,
                _ => false,
            };
            if gives_up_all {
                // A claim of this very commit is not written in the first place.
                made.retain(|(one, ..): &Claim| *one != lookup);
                let others = std::mem::take(others).into_iter().filter(|one| *one != key);
                made.extend(others.map(|one| (lookup.clone(), one, ListChange::Leave)));
            }
            if takes {
                others.insert(key.clone());
            }
            made.push((lookup, key, change));
        }
        Ok(made)
    }

    async fn set_counts(
        &self,
        slice: &SliceName,
        writes: &SliceWrites,
    ) -> Result<Vec<(CountCell, u64)>, CommitError> {
        let cells: Vec<_> = writes.counts.iter().map(|(c, _)| self.cell(c)).collect();
        let wanted = Wanted {
            counts: &cells,
            ..Wanted::default()
        };
        let there = self.store.load(slice, &wanted).await;
        let there = there.map_err(failed(slice))?.counts;
        let made = |(count, there): (u64, u64)| match self.wrong {
            WrongSlices::AddsCounts => count.saturating_add(there),
            WrongSlices::KeepsCountsAsFloats => count as f64 as u64,
            _ => count,
        };
        let counts = writes.counts.iter().map(|(_, count)| *count).zip(there);
        Ok(cells.iter().cloned().zip(counts.map(made)).collect())
    }
}

type Claim = (Lookup, ViewKey, ListChange);

/// A checkpoint in the same life that nobody else has.
fn meanwhile(at: &SliceCheckpoint) -> SliceCheckpoint {
    SliceCheckpoint {
        position: GlobalPosition::new(u64::MAX),
        ..at.clone()
    }
}

fn failed(slice: &SliceName) -> impl Fn(StoreError) -> CommitError + '_ {
    |source| CommitError::Store {
        slice: slice.clone(),
        source,
    }
}
