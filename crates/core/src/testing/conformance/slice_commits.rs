//! The rules of commits: when a slice moves, when it does not, and what it forgets.

use super::{
    case::{Case, Slices, Verdict, ensure},
    read_models::{
        Hand, all_kinds, cell, checkpoint, checkpoint_of, documents, key, lookup, without,
    },
};
use crate::{
    CommandId, CommitError, GenerationName, GlobalPosition, Incarnation, LastEvent,
    ListChange::Take, ModelName, Phase, ReadModelStore, Slice, SliceCheckpoint, SliceName,
    SliceWrites, StreamVersion, Timestamp, ViewSchema,
};

impl<S: ReadModelStore> Hand<'_, S> {
    /// The commit is refused, tells where the slice is, and changes nothing.
    async fn is_refused(
        &self,
        expected: Option<SliceCheckpoint>,
        next: SliceCheckpoint,
    ) -> Verdict {
        let writes = all_kinds(99);
        let answer = self.commit_from(expected.as_ref(), &next, &writes).await;
        let is_right = matches!(&answer, Err(CommitError::Moved { slice, actual })
            if *slice == self.slice && actual.as_deref() == self.at.as_ref());
        ensure(is_right, || {
            let (slice, at) = (&self.slice, &self.at);
            format!("{slice:?} at {at:?}, moved from {expected:?}: not refused, but {answer:?}")
        })?;
        self.check().await
    }
}

impl<S: ReadModelStore> Case<'_, S, Slices> {
    pub(super) async fn a_slice_has_no_checkpoint_at_first(&self) -> Verdict {
        self.hand().check().await
    }

    pub(super) async fn a_commit_begins_a_slice_and_moves_it(&self) -> Verdict {
        let mut hand = self.hand();
        for number in 1..=5 {
            hand.commit(&all_kinds(number)).await?;
        }
        Ok(())
    }

    pub(super) async fn all_of_a_checkpoint_reads_back(&self) -> Verdict {
        let mut hand = self.hand();
        let largest = SliceCheckpoint {
            incarnation: Incarnation::new(u64::MAX),
            schema: ViewSchema::new(u64::MAX),
            phase: Phase::Ready,
            position: GlobalPosition::from_parts(i64::MAX as u64, i64::MAX as u64 - 1),
            last_event: Some(LastEvent {
                stream: "general_Petition-민원:{1}".parse().expect("a stream name"),
                version: StreamVersion::new(i64::MAX as u64),
                id: CommandId::derive(&[9; 16], "largest").event_id(0),
            }),
            recorded_at: Timestamp::MAX,
        };
        let smallest = SliceCheckpoint {
            incarnation: Incarnation::new(u64::MAX),
            schema: ViewSchema::new(0),
            phase: Phase::Building,
            position: GlobalPosition::START,
            last_event: None,
            recorded_at: Timestamp::MIN,
        };
        for checkpoint in [largest.clone(), smallest, largest] {
            hand.commit_to(checkpoint, &SliceWrites::default()).await?;
        }
        Ok(())
    }

    pub(super) async fn a_commit_compares_the_whole_checkpoint(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit_to(checkpoint(5), &all_kinds(1)).await?;
        for other in others(&checkpoint(5)) {
            hand.is_refused(Some(other), checkpoint(9)).await?;
        }
        hand.commit(&all_kinds(1)).await
    }

    /// What is nearly where the slice is, is elsewhere: no repeat either.
    pub(super) async fn a_repeat_is_known_by_the_whole_checkpoint(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit_to(checkpoint(5), &all_kinds(1)).await?;
        for other in others(&checkpoint(5)) {
            hand.is_refused(Some(checkpoint(9)), other).await?;
        }
        Ok(())
    }

    pub(super) async fn a_commit_from_elsewhere_is_refused_and_writes_nothing(&self) -> Verdict {
        let mut hand = self.hand();
        hand.is_refused(Some(checkpoint(3)), checkpoint(4)).await?;
        for writes in [SliceWrites::default(), all_kinds(1)] {
            hand.commit(&writes).await?;
            hand.is_refused(Some(checkpoint(9)), checkpoint(7)).await?;
            // What is written is never begun again.
            hand.is_refused(None, checkpoint(6)).await?;
            hand.is_refused(None, checkpoint_of(2, 1)).await?;
        }
        Ok(())
    }

    /// Whatever is expected and written: the answer to the first commit may have been lost.
    pub(super) async fn a_repeated_commit_changes_nothing(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit_to(checkpoint(1), &all_kinds(1)).await?;
        for expected in [None, Some(checkpoint(1)), Some(checkpoint(7))] {
            for writes in [all_kinds(1), all_kinds(2), without(&all_kinds(1))] {
                let expected = expected.as_ref();
                hand.commit_from(expected, &checkpoint(1), &writes).await?;
                hand.check().await?;
            }
        }
        hand.commit(&all_kinds(2)).await?;
        let (first, second) = (checkpoint(1), checkpoint(2));
        let writes = all_kinds(3);
        hand.commit_from(Some(&first), &second, &writes).await?;
        hand.check().await
    }

    pub(super) async fn a_commit_without_writes_moves_the_checkpoint(&self) -> Verdict {
        let mut hand = self.hand();
        let nothing = SliceWrites::default();
        hand.commit(&nothing).await?;
        hand.commit(&all_kinds(1)).await?;
        hand.commit(&nothing).await?;
        let ready = SliceCheckpoint {
            phase: Phase::Ready,
            ..checkpoint(3)
        };
        hand.commit_to(ready, &nothing).await
    }

    /// A store keeps a checkpoint, it does not judge it.
    pub(super) async fn a_slice_moves_back_for_who_knows_where_it_is(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit_to(checkpoint(5), &all_kinds(1)).await?;
        hand.commit_to(checkpoint(3), &all_kinds(1)).await?;
        hand.commit_to(checkpoint_of(2, 1), &all_kinds(2)).await
    }

    pub(super) async fn a_new_incarnation_forgets_the_one_before(&self) -> Verdict {
        let mut hand = self.hand();
        let there = SliceWrites {
            lookups: vec![(lookup("other"), key("there"), Take)],
            counts: vec![(cell("g", "other"), 5)],
            ..documents([("other", Some("there"))])
        };
        for life in 1..=3 {
            let begun = checkpoint_of(life, 1);
            hand.commit_to(begun, &SliceWrites::default()).await?;
            hand.commit(&all_kinds(life * 10)).await?;
            hand.commit(&there).await?;
        }
        Ok(())
    }

    /// The commit that begins an incarnation shows what it writes, and nothing of the one before.
    pub(super) async fn a_new_incarnation_may_begin_with_writes(&self) -> Verdict {
        let mut hand = self.hand();
        let old = documents([("a", Some("old")), ("b", Some("old"))]);
        hand.commit(&old).await?;
        let new = documents([("b", Some("new")), ("c", Some("new"))]);
        hand.commit_to(checkpoint_of(2, 1), &new).await
    }

    pub(super) async fn slices_are_apart(&self) -> Verdict {
        let slices = [0, 1, 10, 256, u16::MAX].map(Slice::new);
        let of_generation = slices.map(|slice| self.generation(1).slice(slice));
        self.are_apart(&of_generation).await
    }

    pub(super) async fn generations_are_apart(&self) -> Verdict {
        let numbers = [1, 2, 11, 256, u32::MAX];
        let slices = numbers.map(|number| self.generation(number).slice(Slice::new(1)));
        self.are_apart(&slices).await
    }

    pub(super) async fn models_are_apart(&self) -> Verdict {
        self.models_are_kept_apart(self.similar_models()).await
    }

    /// Read models of one name in two namespaces.
    pub(super) async fn namespaces_are_apart(&self) -> Verdict {
        self.models_are_kept_apart(self.models_of_one_name()).await
    }

    async fn models_are_kept_apart(&self, models: Vec<ModelName>) -> Verdict {
        let slice_of = |model| {
            GenerationName {
                model,
                ..self.generation(1)
            }
            .slice(Slice::new(1))
        };
        let slices: Vec<_> = models.into_iter().map(slice_of).collect();
        self.are_apart(&slices).await
    }

    /// Each of the slices keeps what is its own.
    async fn are_apart(&self, slices: &[SliceName]) -> Verdict {
        let mut hands: Vec<_> = slices.iter().map(|s| self.hand_on(s.clone())).collect();
        for (number, hand) in (10..).zip(&mut hands) {
            hand.check().await?;
            hand.commit_to(checkpoint(number), &all_kinds(number))
                .await?;
        }
        for hand in &hands {
            hand.check().await?;
        }
        // Another life of the first is none of the others' business.
        let begun = checkpoint_of(2, 1);
        hands[0].commit_to(begun, &SliceWrites::default()).await?;
        for hand in &hands[1..] {
            hand.check().await?;
        }
        ensure(hands.len() > 1, || "nothing was compared".into())
    }

    /// Where a store counts what changes at all.
    pub(super) async fn a_commit_counts_as_a_change(&self) -> Verdict {
        let mut hand = self.hand();
        for number in 1..=5 {
            let before = self.store.changes(&self.namespace());
            hand.commit(&all_kinds(number)).await?;
            let after = self.store.changes(&self.namespace());
            ensure(before.is_none() || after != before, || {
                format!("{before:?} changes before a commit, and as many after it")
            })?;
        }
        Ok(())
    }
}

/// Checkpoints that differ from `whole` in one part each.
fn others(whole: &SliceCheckpoint) -> Vec<SliceCheckpoint> {
    let position = whole.position.commit();
    let last = whole.last_event.clone().expect("it has one");
    let differing = |differ: &dyn Fn(&mut SliceCheckpoint)| {
        let mut other = whole.clone();
        differ(&mut other);
        other
    };
    let other_id = LastEvent {
        id: CommandId::derive(&[9; 16], "other").event_id(0),
        ..last.clone()
    };
    let other_version = LastEvent {
        version: last.version.next(),
        ..last
    };
    vec![
        differing(&|it| it.last_event = None),
        differing(&|it| it.last_event = Some(other_id.clone())),
        differing(&|it| it.last_event = Some(other_version.clone())),
        differing(&|it| it.incarnation = Incarnation::new(2)),
        differing(&|it| it.schema = ViewSchema::new(4)),
        differing(&|it| it.phase = Phase::Ready),
        differing(&|it| it.position = GlobalPosition::from_parts(position, position - 1)),
        differing(&|it| it.recorded_at = Timestamp::MAX),
        checkpoint(position - 1),
        checkpoint(position + 1),
    ]
}
