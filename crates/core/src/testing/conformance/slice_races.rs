//! Several at work on one slice, and commits that nobody waits for.

use std::{collections::BTreeMap, pin::pin};

use futures_util::future::{Either, join, join_all, select};

use super::{
    Violation,
    case::{Case, Slices, Verdict, ensure, ensure_eq},
    read_models::{INDEX, all_kinds, cell, checkpoint, documents, key, list, lookup, place},
};
use crate::{
    CommitError, Direction,
    ListChange::Leave,
    ListQuery, ReadModelStore, SliceCheckpoint, SliceWrites, Wanted,
    testing::{SeededRng, yield_now, yield_times},
};

const COMMITS: u64 = 40;

/// Everything in the slice says `number`, and the one place of the list moves along.
fn moment(number: u64) -> SliceWrites {
    let text = number.to_string();
    let mut writes = all_kinds(number);
    writes.documents = documents([("a", Some(&*text)), ("b", Some(&*text))]).documents;
    if number > 1 {
        let left = (list("p"), place(number - 1, "k"), Leave);
        writes.lists.push(left);
        let given_up = key(&(number - 1).to_string());
        writes.lookups.push((lookup("v"), given_up, Leave));
    }
    writes
}

/// The number that a moment says by its checkpoint.
fn number_of(checkpoint: Option<&SliceCheckpoint>) -> Option<u64> {
    checkpoint.map(|checkpoint| checkpoint.position.commit())
}

/// Whether a commit was made, or came too late.
fn is_won(answer: Result<(), CommitError>) -> Verdict<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(CommitError::Moved { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl<S: ReadModelStore> Case<'_, S, Slices> {
    /// Commits moment after moment, while `read` reads until it is told that the last one was seen.
    async fn while_it_moves(&self, read: impl AsyncFn() -> Verdict<Option<u64>>) -> Verdict {
        let write = async {
            let mut hand = self.hand();
            for number in 1..=COMMITS {
                let (at, next) = (hand.at.take(), checkpoint(number));
                hand.commit_from(at.as_ref(), &next, &moment(number))
                    .await?;
                hand.at = Some(next);
                yield_now().await;
            }
            Verdict::Ok(())
        };
        // Bounded: a store whose reads never reach the last commit breaks other rules.
        let reads = async {
            for _ in 0..COMMITS * 1000 {
                if read().await? == Some(COMMITS) {
                    return Ok(());
                }
                yield_now().await;
            }
            Err(Violation::new("the last of the commits was never seen"))
        };
        let (written, read) = join(write, reads).await;
        written.and(read)
    }

    pub(super) async fn a_load_is_of_one_moment(&self) -> Verdict {
        let slice = self.slice();
        let wanted = Wanted {
            documents: &["a", "b"].map(key),
            lookups: &[lookup("v")],
            lists: &[],
            counts: &[cell("g", "m")],
        };
        self.while_it_moves(async || {
            let loaded = self.store.load(&slice, &wanted).await?;
            let number = number_of(loaded.checkpoint.as_ref());
            let text = number.map(|number| number.to_string());
            for document in &loaded.documents {
                let wanted = text.as_ref().map(String::as_bytes);
                ensure_eq("a document", &document.as_deref(), &wanted)?;
            }
            let wanted: Vec<_> = text.as_deref().map(key).into_iter().collect();
            ensure_eq("a lookup", &loaded.lookups[0], &wanted)?;
            ensure_eq("a count", &loaded.counts[0], &number.unwrap_or(0))?;
            Ok(number)
        })
        .await
    }

    pub(super) async fn a_page_of_a_list_is_of_one_moment(&self) -> Verdict {
        let slice = self.slice();
        let query = ListQuery {
            list: list("p"),
            after: None,
            direction: Direction::Ascending,
            limit: std::num::NonZeroU32::MAX,
        };
        self.while_it_moves(async || {
            let page = self.store.list(&slice, &query).await?;
            let number = number_of(page.checkpoint.as_ref());
            let wanted: Vec<_> = number.iter().map(|number| place(*number, "k")).collect();
            ensure_eq("the list", &page.places, &wanted)?;
            Ok(number)
        })
        .await
    }

    pub(super) async fn counts_of_a_group_are_of_one_moment(&self) -> Verdict {
        let slice = self.slice();
        self.while_it_moves(async || {
            let counts = self.store.counts(&slice, INDEX, "g").await?;
            let number = number_of(counts.checkpoint.as_ref());
            let wanted: Vec<_> = number.iter().map(|n| (Box::from("m"), *n)).collect();
            ensure_eq("the counts", &counts.counts, &wanted)?;
            Ok(number)
        })
        .await
    }

    pub(super) async fn one_of_several_committers_wins(&self) -> Verdict {
        let mut hand = self.hand();
        for round in 1..=10 {
            let numbers = (0..6).map(|n| round * 10 + n);
            let nexts: Vec<_> = numbers.map(|n| (checkpoint(n), all_kinds(n))).collect();
            let at = hand.at.as_ref();
            let commits = nexts
                .iter()
                .map(|(next, writes)| hand.commit_from(at, next, writes));
            let mut won = Vec::new();
            for (answer, next) in join_all(commits).await.into_iter().zip(&nexts) {
                won.extend(is_won(answer)?.then_some(next));
            }
            ensure_eq("winners", &won.len(), &1)?;
            let (next, writes) = won[0];
            hand.committed(next.clone(), writes);
            hand.check().await?;
        }
        Ok(())
    }

    /// Twins that fold the same log, one step or three at a time, from what they remember.
    pub(super) async fn twins_count_every_event_once(&self) -> Verdict {
        let (one, other) = join(self.twin(1), self.twin(3)).await;
        one.and(other)?;
        let counts = self.store.counts(&self.slice(), INDEX, "g").await?;
        let end = Some(checkpoint(COMMITS));
        ensure_eq("where it ends", &counts.checkpoint, &end)?;
        let total: u64 = counts.counts.iter().map(|(_, count)| count).sum();
        ensure_eq("events counted", &total, &COMMITS)
    }

    /// Counts event after event, each under one of four members, `batch` at a time.
    async fn twin(&self, batch: u64) -> Verdict {
        let (store, slice) = (self.store, self.slice());
        let cells = ["0", "1", "2", "3"].map(|member| cell("g", member));
        let (mut at, mut counts) = (None, vec![0_u64; 4]);
        let mut rng = SeededRng::new(batch);
        for _ in 0..COMMITS * 100 {
            let done = number_of(at.as_ref()).unwrap_or(0);
            if done >= COMMITS {
                return Ok(());
            }
            let upto = COMMITS.min(done + batch);
            let mut changed = BTreeMap::new();
            for event in done + 1..=upto {
                let member = event as usize % 4;
                counts[member] += 1;
                changed.insert(cells[member].clone(), counts[member]);
            }
            let writes = SliceWrites {
                counts: changed.into_iter().collect(),
                ..SliceWrites::default()
            };
            let next = checkpoint(upto);
            let is_won = is_won(store.commit(&slice, at.as_ref(), &next, &writes).await)?;
            if is_won {
                at = Some(next);
            }
            // Restarts now and then, and then remembers nothing.
            if !is_won || rng.happens(200) {
                let wanted = Wanted {
                    counts: &cells,
                    ..Wanted::default()
                };
                let loaded = store.load(&slice, &wanted).await?;
                (at, counts) = (loaded.checkpoint, loaded.counts);
            }
            // Out of step, so that each is ahead now and then.
            yield_times(rng.below(6)).await;
        }
        Err(Violation::new("two that fold the same log come to no end"))
    }

    /// The commit is dropped before it is polled again, or some time after.
    pub(super) async fn a_dropped_commit_is_whole_or_absent(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit(&moment(1)).await?;
        for number in 2..COMMITS {
            let (next, writes) = (checkpoint(number), moment(number));
            {
                let commit = pin!(hand.commit_from(hand.at.as_ref(), &next, &writes));
                let patience = pin!(yield_times(number / 4));
                if let Either::Left((answer, _)) = select(commit, patience).await {
                    answer?;
                }
            }
            // What was dropped may still be under way: it shows as the one or as the other.
            for _ in 0..3 {
                self.is_one_moment(number).await?;
            }
            hand.commit_to(next, &writes).await?;
        }
        Ok(())
    }

    async fn is_one_moment(&self, number: u64) -> Verdict {
        let wanted = Wanted {
            documents: &["a", "b"].map(key),
            counts: &[cell("g", "m")],
            ..Wanted::default()
        };
        let loaded = self.store.load(&self.slice(), &wanted).await?;
        let there = number_of(loaded.checkpoint.as_ref()).unwrap_or(0);
        ensure(there == number || there + 1 == number, || {
            format!("commit {number} was dropped, and left the slice at {there}")
        })?;
        let text = there.to_string();
        let all = loaded.documents.iter().flatten().filter(|d| **d == text);
        ensure_eq("whole documents", &all.count(), &2)?;
        ensure_eq("the count", &loaded.counts[0], &there)
    }
}
