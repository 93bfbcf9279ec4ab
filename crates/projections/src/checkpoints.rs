//! Where all slices of a generation are, as the store of the read models has them.

use futures_util::future::try_join_all;
use minwon_core::{
    GenerationInfo, GenerationName, GlobalPosition, ModelName, Phase, ReadModelStore,
    SliceCheckpoint, SliceName, StoreError, ViewSchema, Wanted,
};

/// The checkpoints of all slices of a generation.
pub(crate) struct Checkpoints(Vec<Option<SliceCheckpoint>>);

impl Checkpoints {
    pub(crate) async fn load(
        read_models: &impl ReadModelStore,
        model: &ModelName,
        info: &GenerationInfo,
    ) -> Result<Self, StoreError> {
        let slices = slices_of(&name_of(model, info), info);
        let wanted = Wanted::default();
        let loads = slices.iter().map(|slice| read_models.load(slice, &wanted));
        let loaded = try_join_all(loads).await?;
        let checkpoints = loaded.into_iter().map(|loaded| loaded.checkpoint);
        Ok(Self(checkpoints.collect()))
    }

    /// Returns how far the slowest slice is.
    pub(crate) fn slowest(&self) -> GlobalPosition {
        let position = |checkpoint: &Option<SliceCheckpoint>| {
            let checkpoint = checkpoint.as_ref();
            checkpoint.map_or(GlobalPosition::START, |c| c.position)
        };
        let slowest = self.0.iter().map(position).min();
        slowest.unwrap_or(GlobalPosition::START)
    }

    /// Returns whether no other fold than this one made any of them.
    pub(crate) fn are_of(&self, schema: ViewSchema) -> bool {
        self.0.iter().flatten().all(|it| it.schema == schema)
    }

    /// Returns whether every slice can be asked.
    pub(crate) fn are_ready(&self) -> bool {
        let is_ready = |checkpoint: &Option<SliceCheckpoint>| {
            checkpoint.as_ref().is_some_and(|c| c.phase == Phase::Ready)
        };
        self.0.iter().all(is_ready)
    }
}

/// The name of a generation.
pub(crate) fn name_of(model: &ModelName, info: &GenerationInfo) -> GenerationName {
    GenerationName {
        model: model.clone(),
        generation: info.generation,
    }
}

/// The names of all its slices.
pub(crate) fn slices_of(generation: &GenerationName, info: &GenerationInfo) -> Vec<SliceName> {
    let slices = info.slices.slices();
    slices.map(|slice| generation.slice(slice)).collect()
}
