//! The rules of catalogues and leases in whose place something else stands.

use std::{num::NonZeroU16, time::Duration};

use super::{
    case::{Case, Damaged, Verdict, ensure, ensure_eq},
    read_model_admin::catalogue,
};
use crate::{
    GenerationName, Lease, MemberName, ModelName, ReadModelAdmin, SliceCount, SliceLeases,
};

/// Longer than a rule takes.
const LONG: Duration = Duration::from_secs(3600);

impl<S: ReadModelAdmin, D: AsyncFn(&S, &ModelName)> Case<'_, S, Damaged<&D>> {
    /// A catalogue that was saved and then damaged.
    async fn damaged_catalogue(&self) -> Verdict<ModelName> {
        let model = self.model();
        self.saves(&model, None, &catalogue(1, 1)).await?;
        self.port.0(self.store, &model).await;
        Ok(model)
    }

    pub(super) async fn a_damaged_catalogue_is_as_none_and_put_back(&self) -> Verdict {
        let model = self.damaged_catalogue().await?;
        self.keeps(&model, None).await?;
        let (first, next) = (catalogue(1, 1), catalogue(2, 2));
        self.is_not_replaced(&model, Some(&first), None).await?;
        self.saves(&model, None, &first).await?;
        self.saves(&model, Some(&first), &next).await
    }

    pub(super) async fn damage_is_of_one_catalogue(&self) -> Verdict {
        let other = self.model_called("other");
        let kept = catalogue(3, 3);
        self.saves(&other, None, &kept).await?;
        self.damaged_catalogue().await?;
        self.keeps(&other, Some(&kept)).await
    }
}

impl<S: SliceLeases, D: AsyncFn(&S, &GenerationName)> Case<'_, S, Damaged<&D>> {
    async fn beat(&self, generation: &GenerationName) -> Verdict<Vec<Lease>> {
        let slices = SliceCount::new(NonZeroU16::new(5).expect("not 0"));
        let (store, member) = (self.store, member());
        let leases = store.heartbeat(generation, slices, &member, LONG).await?;
        ensure_eq("how many slices it has", &leases.len(), &5)?;
        let counted = leases.iter().all(|lease| lease.epoch.get() > 0);
        ensure(counted, || format!("epochs count from 1: {leases:?}"))?;
        Ok(leases)
    }

    /// Leases that somebody had when they were damaged.
    async fn damaged_leases(&self) -> Verdict<GenerationName> {
        let generation = self.generation(1);
        self.beat(&generation).await?;
        self.port.0(self.store, &generation).await;
        Ok(generation)
    }

    /// Also where somebody leaves first.
    pub(super) async fn damaged_leases_begin_anew(&self) -> Verdict {
        for leaves in [false, true] {
            let generation = self.damaged_leases().await?;
            if leaves {
                self.store.leave(&generation, &member()).await?;
            }
            let first = self.beat(&generation).await?;
            let second = self.beat(&generation).await?;
            ensure_eq("what it has", &second, &first)?;
        }
        Ok(())
    }

    pub(super) async fn damage_is_of_the_leases_of_one_generation(&self) -> Verdict {
        let other = self.generation(2);
        let before = self.beat(&other).await?;
        let generation = self.damaged_leases().await?;
        self.beat(&generation).await?;
        let after = self.beat(&other).await?;
        ensure_eq("what the other has", &after, &before)
    }
}

fn member() -> MemberName {
    MemberName::new("one").expect("a name")
}
