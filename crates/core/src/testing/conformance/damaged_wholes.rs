//! The rules of catalogues and leases in whose place something else stands.

use std::{num::NonZeroU16, time::Duration};

use super::{
    case::{Case, Leases, Verdict, Wholes, ensure, ensure_eq},
    read_model_admin::catalogue,
};

use crate::{
    CatalogueError, GenerationName, Lease, MemberName, ModelName, ReadModelAdmin, SliceCount,
    SliceLeases,
};

impl<S: ReadModelAdmin> Case<'_, S, Wholes> {
    /// A catalogue that was saved and then damaged.
    async fn damaged(&self, damage: &impl AsyncFn(&S, &ModelName)) -> Verdict<ModelName> {
        let model = self.model();
        self.store
            .save_catalogue(&model, None, &catalogue(1, 1))
            .await?;
        damage(self.store, &model).await;
        Ok(model)
    }

    pub(super) async fn a_damaged_catalogue_is_as_none(
        &self,
        damage: &impl AsyncFn(&S, &ModelName),
    ) -> Verdict {
        let model = self.damaged(damage).await?;
        self.keeps(&model, None).await
    }

    pub(super) async fn a_damaged_catalogue_is_put_back(
        &self,
        damage: &impl AsyncFn(&S, &ModelName),
    ) -> Verdict {
        let model = self.damaged(damage).await?;
        for (expected, next) in [
            (None, catalogue(1, 1)),
            (Some(catalogue(1, 1)), catalogue(2, 2)),
        ] {
            self.store
                .save_catalogue(&model, expected.as_ref(), &next)
                .await?;
            self.keeps(&model, Some(&next)).await?;
        }
        Ok(())
    }

    pub(super) async fn a_damaged_catalogue_is_not_gone_on_with(
        &self,
        damage: &impl AsyncFn(&S, &ModelName),
    ) -> Verdict {
        let model = self.damaged(damage).await?;
        let (was, next) = (catalogue(1, 1), catalogue(2, 2));
        let saved = self.store.save_catalogue(&model, Some(&was), &next).await;
        ensure(
            matches!(saved, Err(CatalogueError::Changed { actual: None, .. })),
            || format!("it is gone, and that is not told, but {saved:?}"),
        )?;
        self.keeps(&model, None).await
    }

    pub(super) async fn damage_is_of_one_catalogue(
        &self,
        damage: &impl AsyncFn(&S, &ModelName),
    ) -> Verdict {
        let other = self.model_called("other");
        let kept = catalogue(3, 3);
        self.store.save_catalogue(&other, None, &kept).await?;
        self.damaged(damage).await?;
        self.keeps(&other, Some(&kept)).await
    }
}

impl<S: SliceLeases> Case<'_, S, Leases> {
    pub(super) async fn damaged_leases_begin_anew(
        &self,
        damage: &impl AsyncFn(&S, &GenerationName),
    ) -> Verdict {
        let generation = self.generation(1);
        for _ in 0..2 {
            beat(self.store, &generation).await?;
            damage(self.store, &generation).await;
            let first = beat(self.store, &generation).await?;
            let second = beat(self.store, &generation).await?;
            ensure_eq("what it has", &second, &first)?;
        }
        Ok(())
    }

    pub(super) async fn damaged_leases_can_be_left(
        &self,
        damage: &impl AsyncFn(&S, &GenerationName),
    ) -> Verdict {
        let generation = self.generation(1);
        beat(self.store, &generation).await?;
        damage(self.store, &generation).await;
        let member = MemberName::new("one").expect("a name");
        self.store.leave(&generation, &member).await?;
        beat(self.store, &generation).await.map(drop)
    }

    pub(super) async fn damage_is_of_the_leases_of_one_generation(
        &self,
        damage: &impl AsyncFn(&S, &GenerationName),
    ) -> Verdict {
        let (one, other) = (self.generation(1), self.generation(2));
        beat(self.store, &one).await?;
        let before = beat(self.store, &other).await?;
        damage(self.store, &one).await;
        beat(self.store, &one).await?;
        let after = beat(self.store, &other).await?;
        ensure_eq("what the other has", &after, &before)
    }
}

/// Longer than a rule takes.
const LONG: Duration = Duration::from_secs(3600);

async fn beat<S: SliceLeases>(store: &S, generation: &GenerationName) -> Verdict<Vec<Lease>> {
    let slices = SliceCount::new(NonZeroU16::new(5).expect("not 0"));
    let member = MemberName::new("one").expect("a name");
    let leases = store.heartbeat(generation, slices, &member, LONG).await?;
    ensure_eq("how many slices it has", &leases.len(), &5)?;
    let counted = leases.iter().all(|lease| lease.epoch.get() > 0);
    ensure(counted, || format!("epochs count from 1: {leases:?}"))?;
    Ok(leases)
}
