//! The rules of slices whose checkpoint is none any more.

use super::{
    case::{Case, Damaged, Verdict, ensure, ensure_eq},
    read_models::{Hand, all_kinds, checkpoint, checkpoint_of},
};
use crate::{CommitError, ReadModelStore, Slice, SliceName, SliceWrites, Wanted};

impl<S: ReadModelStore, D: AsyncFn(&S, &SliceName)> Case<'_, S, Damaged<&D>> {
    /// A slice that was at work when its checkpoint was damaged.
    async fn damaged_slice(&self) -> Verdict<Hand<'_, S>> {
        let mut hand = self.hand();
        hand.commit(&all_kinds(1)).await?;
        self.port.0(hand.store, &hand.slice).await;
        Ok(hand)
    }

    pub(super) async fn a_damaged_slice_says_so_and_begins_anew(&self) -> Verdict {
        let mut hand = self.damaged_slice().await?;
        let was = hand.at.clone();
        hand.lost();
        let loaded = hand.load(&Wanted::default()).await?;
        ensure(loaded.is_damaged, || "it is not said to be damaged".into())?;
        hand.check().await?;
        let (next, nothing) = (checkpoint(2), SliceWrites::default());
        match hand.commit_from(was.as_ref(), &next, &nothing).await {
            Err(CommitError::Moved { actual, .. }) => ensure_eq("where it is", &actual, &None)?,
            Err(error) => return Err(error.into()),
            Ok(()) => ensure(false, || "it was gone on with".into())?,
        }
        hand.commit_to(checkpoint_of(2, 1), &all_kinds(2)).await?;
        let loaded = hand.load(&Wanted::default()).await?;
        ensure(!loaded.is_damaged, || "it is still damaged".into())?;
        hand.commit(&all_kinds(3)).await
    }

    pub(super) async fn damage_is_of_one_slice(&self) -> Verdict {
        let mut other = self.hand_on(self.generation(1).slice(Slice::new(1)));
        other.commit(&all_kinds(7)).await?;
        self.damaged_slice().await?;
        let loaded = other.load(&Wanted::default()).await?;
        ensure(!loaded.is_damaged, || "it is said to be damaged".into())?;
        other.check().await
    }
}
