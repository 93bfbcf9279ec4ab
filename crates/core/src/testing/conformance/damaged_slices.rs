//! The rules of slices whose checkpoint is none any more.

use super::{
    case::{Case, Slices, Verdict, ensure, ensure_eq},
    read_models::{Hand, INDEX, all_kinds, checkpoint, checkpoint_of, list, without},
};

use crate::{
    CommitError, Direction, ListQuery, ReadModelStore, Slice, SliceName, SliceWrites, Wanted,
};

impl<S: ReadModelStore> Case<'_, S, Slices> {
    /// A slice that was at work when its checkpoint was damaged.
    async fn damaged(&self, damage: &impl AsyncFn(&S, &SliceName)) -> Verdict<Hand<'_, S>> {
        let mut hand = self.hand();
        hand.commit(&all_kinds(1)).await?;
        damage(hand.store, &hand.slice).await;
        Ok(hand)
    }

    pub(super) async fn a_damaged_slice_says_so_and_shows_nothing(
        &self,
        damage: &impl AsyncFn(&S, &SliceName),
    ) -> Verdict {
        let mut hand = self.damaged(damage).await?;
        let loaded = hand.store.load(&hand.slice, &Wanted::default()).await?;
        ensure(loaded.is_damaged, || "it is not said to be damaged".into())?;
        hand.at = None;
        hand.shows(&without(&all_kinds(1))).await?;
        let query = ListQuery {
            list: list("p"),
            after: None,
            direction: Direction::Ascending,
            limit: std::num::NonZeroU32::MAX,
        };
        let page = hand.store.list(&hand.slice, &query).await?;
        ensure_eq("a list", &(page.checkpoint, page.places), &(None, vec![]))?;
        ensure_eq("counts", &hand.counts(INDEX, "g").await?, &vec![])
    }

    pub(super) async fn a_damaged_slice_is_not_gone_on_with(
        &self,
        damage: &impl AsyncFn(&S, &SliceName),
    ) -> Verdict {
        let hand = self.damaged(damage).await?;
        let (next, writes) = (checkpoint(2), SliceWrites::default());
        let gone_on = hand
            .store
            .commit(&hand.slice, hand.at.as_ref(), &next, &writes);
        match gone_on.await {
            Err(CommitError::Moved { actual, .. }) => ensure_eq("where it is", &actual, &None),
            Err(error) => Err(error.into()),
            Ok(()) => ensure(false, || "it was gone on with".into()),
        }
    }

    pub(super) async fn a_damaged_slice_begins_anew(
        &self,
        damage: &impl AsyncFn(&S, &SliceName),
    ) -> Verdict {
        let mut hand = self.damaged(damage).await?;
        hand.at = None;
        hand.commit_to(checkpoint_of(2, 1), &all_kinds(2)).await?;
        hand.shows(&all_kinds(2)).await?;
        let mut gone = without(&all_kinds(1));
        // What is written anew has the same names.
        (gone.documents, gone.counts) = Default::default();
        hand.shows(&gone).await?;
        let loaded = hand.load(&Wanted::default()).await?;
        ensure(!loaded.is_damaged, || "it is still damaged".into())?;
        hand.commit(&all_kinds(3)).await?;
        hand.shows(&all_kinds(3)).await
    }

    pub(super) async fn damage_is_of_one_slice(
        &self,
        damage: &impl AsyncFn(&S, &SliceName),
    ) -> Verdict {
        let mut other = self.hand_on(self.generation(1).slice(Slice::new(1)));
        other.commit(&all_kinds(7)).await?;
        self.damaged(damage).await?;
        let loaded = other.load(&Wanted::default()).await?;
        ensure(!loaded.is_damaged, || "it is said to be damaged".into())?;
        other.shows(&all_kinds(7)).await
    }
}
