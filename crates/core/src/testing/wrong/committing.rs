//! How wrong stores of read models commit.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::slices::{Wrong, WrongSlices};
use crate::{
    CLAIMANTS_MAX, CommitError, CountCell, GlobalPosition, ListChange, Lookup, ReadModelStore,
    SliceCheckpoint, SliceName, SliceWrites, ViewKey, Wanted, memory::MemoryReadModels,
    testing::yield_now,
};

/// A slice of a right store.
struct Inner<'a> {
    store: &'a MemoryReadModels,
    slice: &'a SliceName,
}

impl Inner<'_> {
    async fn actual(&self) -> Option<SliceCheckpoint> {
        let loaded = self.store.load(self.slice, &Wanted::default()).await;
        loaded.unwrap().checkpoint
    }

    async fn commit(
        &self,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        self.store.commit(self.slice, expected, next, writes).await
    }

    /// Writes, and leaves the slice at `at`, where it is.
    async fn write_where_it_is(
        &self,
        at: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let meanwhile = meanwhile(at);
        self.commit(Some(at), &meanwhile, writes).await?;
        let nothing = SliceWrites::default();
        self.commit(Some(&meanwhile), at, &nothing).await
    }
}

impl WrongSlices {
    pub(super) async fn commit_wrongly(
        &self,
        store: &MemoryReadModels,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let inner = Inner { store, slice };
        let (mut expected, next) = (expected.map(|e| self.spoil(e)), self.spoil(next));
        let actual = inner.actual().await;
        if let Some(answer) = self.answers_at_once(slice, actual.as_ref(), &next, writes) {
            return answer;
        }
        let mut writes = self.writes(&inner, actual.as_ref(), &next, writes).await;
        if self.is(Wrong::WritesARepeatAgain) && actual.as_ref() == Some(&next) {
            return inner.write_where_it_is(&next, &writes).await;
        }
        if self.admits(expected.as_ref(), actual.as_ref(), &next) {
            expected = actual;
            if self.is(Wrong::ChecksThenCommits) {
                yield_now().await;
                expected = inner.actual().await;
            }
        }
        if self.is(Wrong::CommitsInTwoSteps) {
            let meanwhile = meanwhile(&next);
            let documents = SliceWrites {
                documents: std::mem::take(&mut writes.documents),
                ..SliceWrites::default()
            };
            let expected = expected.as_ref();
            inner.commit(expected, &meanwhile, &documents).await?;
            yield_now().await;
            return inner.commit(Some(&meanwhile), &next, &writes).await;
        }
        let answer = inner.commit(expected.as_ref(), &next, &writes).await;
        match answer {
            Err(CommitError::Moved { slice, actual }) => {
                if let (Wrong::WritesWhatItRefuses, Some(at)) = (self.wrong, &actual) {
                    inner.write_where_it_is(at, &writes).await?;
                }
                let actual = actual.filter(|_| !self.is(Wrong::HidesWhereItIs));
                Err(CommitError::Moved { slice, actual })
            }
            answer => answer,
        }
    }

    fn spoil(&self, checkpoint: &SliceCheckpoint) -> SliceCheckpoint {
        let mut checkpoint = checkpoint.clone();
        if self.is(Wrong::KeepsHalfAPosition) {
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
        let says_done = match self.wrong {
            Wrong::NeverCommits => true,
            Wrong::SkipsCommitsWithoutWrites => writes.is_empty(),
            Wrong::OnlyMovesForward => Some(next.position) < position,
            Wrong::KnowsARepeatByItsPosition => Some(next.position) == position,
            Wrong::RefusesARepeat if actual == Some(next) => {
                return Some(Err(CommitError::Moved {
                    slice: slice.clone(),
                    actual: actual.cloned().map(Box::new),
                }));
            }
            _ => false,
        };
        says_done.then_some(Ok(()))
    }

    /// Whether it commits, although the slice may be elsewhere.
    fn admits(
        &self,
        expected: Option<&SliceCheckpoint>,
        actual: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
    ) -> bool {
        let (Some(expected), Some(actual)) = (expected, actual) else {
            return expected == actual
                || match self.wrong {
                    Wrong::BeginsAgain => expected.is_none(),
                    Wrong::GoesOnFromNothing => actual.is_none(),
                    wrong => wrong == Wrong::ComparesNothing,
                };
        };
        let mut seen = expected.clone();
        match self.wrong {
            Wrong::ComparesNothing => return true,
            Wrong::ComparesThePositionOnly => return expected.position == actual.position,
            Wrong::CommitsBackwards if next.position <= actual.position => return true,
            Wrong::IgnoresThePhase => seen.phase = actual.phase,
            Wrong::IgnoresTheLastEvent => seen.last_event.clone_from(&actual.last_event),
            Wrong::IgnoresTheIncarnation => seen.incarnation = actual.incarnation,
            Wrong::IgnoresTheSchema => seen.schema = actual.schema,
            _ => {}
        }
        seen == *actual
    }

    /// Returns `writes` as it stores them.
    async fn writes(
        &self,
        inner: &Inner<'_>,
        actual: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> SliceWrites {
        let lookups = writes.lookups.iter();
        let lists = writes.lists.iter();
        let lookups = lookups.map(|(l, key, change)| (self.lookup(l), self.key(key), *change));
        let mut made = SliceWrites {
            documents: self.documents(writes),
            lookups: self.claims(inner, lookups.collect()).await,
            lists: lists
                .map(|(list, place, change)| (self.list_name(list), self.place(place), *change))
                .collect(),
            counts: self.set_counts(inner, writes).await,
        };
        let takes = |change: ListChange| change == ListChange::Take;
        match self.wrong {
            Wrong::NeverRemovesLookups => made.lookups.retain(|(.., change)| takes(*change)),
            Wrong::NeverLeavesPlaces => made.lists.retain(|(.., change)| takes(*change)),
            _ => {}
        }
        let begins = actual.is_some_and(|actual| actual.incarnation != next.incarnation);
        if begins && self.is(Wrong::ForgetsWhatBeginsAnIncarnation) {
            made = SliceWrites::default();
        }
        let mut notes = self.notes();
        let written = notes.entry(inner.slice.clone()).or_default();
        let old = if begins {
            written.clone()
        } else {
            SliceWrites::default()
        };
        match self.wrong {
            Wrong::KeepsOldDocuments => drop(made.documents.splice(0..0, old.documents)),
            Wrong::KeepsOldLookups => drop(made.lookups.splice(0..0, old.lookups)),
            Wrong::KeepsOldLists => drop(made.lists.splice(0..0, old.lists)),
            Wrong::KeepsOldCounts => drop(made.counts.splice(0..0, old.counts)),
            _ => {}
        }
        written.documents.extend(made.documents.iter().cloned());
        written.lookups.extend(made.lookups.iter().cloned());
        written.lists.extend(made.lists.iter().cloned());
        written.counts.extend(made.counts.iter().cloned());
        made
    }

    fn documents(&self, writes: &SliceWrites) -> Vec<(ViewKey, Option<Bytes>)> {
        let spoil = |document: Bytes| match self.wrong {
            Wrong::TakesDocumentsForText => {
                Some(String::from_utf8_lossy(&document).into_owned().into())
            }
            Wrong::CutsLargeDocuments => Some(document.slice(..document.len().min(1 << 16))),
            Wrong::TakesEmptyForNone if document.is_empty() => None,
            _ => Some(document),
        };
        let documents = writes.documents.iter();
        let mut documents: Vec<_> = documents
            .map(|(key, document)| (self.key(key), document.clone().and_then(spoil)))
            .collect();
        match self.wrong {
            Wrong::NeverRemovesDocuments => documents.retain(|(_, d)| d.is_some()),
            Wrong::CutsLargeCommits => documents.truncate(1000),
            _ => {}
        }
        documents
    }

    /// Returns claims as it stores them, by those that stand already.
    async fn claims(&self, inner: &Inner<'_>, claims: Vec<Claim>) -> Vec<Claim> {
        let lookups: Vec<_> = claims.iter().map(|(lookup, ..)| lookup.clone()).collect();
        let wanted = Wanted {
            lookups: &lookups,
            ..Wanted::default()
        };
        let there = inner.store.load(inner.slice, &wanted).await.unwrap();
        let mut claimants: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (lookup, keys) in lookups.into_iter().zip(there.lookups) {
            claimants.entry(lookup).or_default().extend(keys);
        }
        let mut made = Vec::with_capacity(claims.len());
        for (lookup, key, change) in claims {
            let others = claimants.entry(lookup.clone()).or_default();
            let takes = change == ListChange::Take;
            let gives_up_all = match self.wrong {
                Wrong::KeepsTheFirstClaimant if takes && !others.is_empty() => continue,
                Wrong::KeepsFewClaims if takes && others.len() >= CLAIMANTS_MAX => continue,
                Wrong::KeepsTheLastClaimant => takes,
                Wrong::GivesUpAllClaims => !takes,
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
        made
    }

    async fn set_counts(&self, inner: &Inner<'_>, writes: &SliceWrites) -> Vec<(CountCell, u64)> {
        let cells: Vec<_> = writes.counts.iter().map(|(c, _)| self.cell(c)).collect();
        let wanted = Wanted {
            counts: &cells,
            ..Wanted::default()
        };
        let there = inner.store.load(inner.slice, &wanted).await.unwrap();
        let made = |(count, there): (u64, u64)| match self.wrong {
            Wrong::AddsCounts => count.saturating_add(there),
            Wrong::KeepsCountsAsFloats => count as f64 as u64,
            _ => count,
        };
        let counts = writes.counts.iter().map(|(_, count)| *count);
        let made = counts.zip(there.counts).map(made);
        cells.iter().cloned().zip(made).collect()
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
