//! The rules of catalogues and leases in whose place something else stands.

use std::{num::NonZeroU16, time::Duration};

use super::{
    case::{Case, Verdict, ensure, ensure_eq},
    read_model_admin::{catalogue, keeps},
};
use crate::{
    CatalogueError, GenerationName, Lease, MemberName, ModelName, ReadModelAdmin, SliceCount,
    SliceLeases,
};

/// A catalogue that was saved and then damaged.
async fn damaged<S: ReadModelAdmin>(
    case: &Case<'_, S>,
    damage: &impl AsyncFn(&S, &ModelName),
) -> Verdict<ModelName> {
    let model = case.model();
    case.store
        .save_catalogue(&model, None, &catalogue(1, 1))
        .await?;
    damage(case.store, &model).await;
    Ok(model)
}

pub(super) async fn a_damaged_catalogue_is_as_none<S: ReadModelAdmin>(
    case: &Case<'_, S>,
    damage: &impl AsyncFn(&S, &ModelName),
) -> Verdict {
    let model = damaged(case, damage).await?;
    keeps(case, &model, None).await
}

pub(super) async fn a_damaged_catalogue_is_put_back<S: ReadModelAdmin>(
    case: &Case<'_, S>,
    damage: &impl AsyncFn(&S, &ModelName),
) -> Verdict {
    let model = damaged(case, damage).await?;
    for (expected, next) in [
        (None, catalogue(1, 1)),
        (Some(catalogue(1, 1)), catalogue(2, 2)),
    ] {
        case.store
            .save_catalogue(&model, expected.as_ref(), &next)
            .await?;
        keeps(case, &model, Some(&next)).await?;
    }
    Ok(())
}

pub(super) async fn a_damaged_catalogue_is_not_gone_on_with<S: ReadModelAdmin>(
    case: &Case<'_, S>,
    damage: &impl AsyncFn(&S, &ModelName),
) -> Verdict {
    let model = damaged(case, damage).await?;
    let (was, next) = (catalogue(1, 1), catalogue(2, 2));
    let saved = case.store.save_catalogue(&model, Some(&was), &next).await;
    ensure(
        matches!(saved, Err(CatalogueError::Changed { actual: None, .. })),
        || format!("it is gone, and that is not told, but {saved:?}"),
    )?;
    keeps(case, &model, None).await
}

pub(super) async fn damage_is_of_one_catalogue<S: ReadModelAdmin>(
    case: &Case<'_, S>,
    damage: &impl AsyncFn(&S, &ModelName),
) -> Verdict {
    let other = case.model_called("other");
    let kept = catalogue(3, 3);
    case.store.save_catalogue(&other, None, &kept).await?;
    damaged(case, damage).await?;
    keeps(case, &other, Some(&kept)).await
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

pub(super) async fn damaged_leases_begin_anew<S: SliceLeases>(
    case: &Case<'_, S>,
    damage: &impl AsyncFn(&S, &GenerationName),
) -> Verdict {
    let generation = case.generation(1);
    for _ in 0..2 {
        beat(case.store, &generation).await?;
        damage(case.store, &generation).await;
        let first = beat(case.store, &generation).await?;
        let second = beat(case.store, &generation).await?;
        ensure_eq("what it has", &second, &first)?;
    }
    Ok(())
}

pub(super) async fn damaged_leases_can_be_left<S: SliceLeases>(
    case: &Case<'_, S>,
    damage: &impl AsyncFn(&S, &GenerationName),
) -> Verdict {
    let generation = case.generation(1);
    beat(case.store, &generation).await?;
    damage(case.store, &generation).await;
    let member = MemberName::new("one").expect("a name");
    case.store.leave(&generation, &member).await?;
    beat(case.store, &generation).await.map(drop)
}

pub(super) async fn damage_is_of_the_leases_of_one_generation<S: SliceLeases>(
    case: &Case<'_, S>,
    damage: &impl AsyncFn(&S, &GenerationName),
) -> Verdict {
    let (one, other) = (case.generation(1), case.generation(2));
    beat(case.store, &one).await?;
    let before = beat(case.store, &other).await?;
    damage(case.store, &one).await;
    beat(case.store, &one).await?;
    let after = beat(case.store, &other).await?;
    ensure_eq("what the other has", &after, &before)
}
