//! A read model that is kept, whatever its fold and its stores.

use std::{marker::PhantomData, num::NonZeroU32, sync::Arc, time::Duration};

use async_trait::async_trait;
use minwon_core::{
    Catalogue, CommitError, EventDecoder, EventStore, Generation, GenerationInfo, GenerationName,
    GlobalPosition, ModelName, Phase, Projection, ReadModelAdmin, ReadModelStore, Slice,
    SliceCheckpoint, SliceWrites, StoreError, Timer, Timestamp, ViewSchema,
};

use super::UpkeepError;
use crate::{
    Verification, VerifyError, VerifyProgress,
    catalogue::{answered_by, is_next, with_next},
    checkpoints::{Checkpoints, name_of},
    projector::{Projector, ProjectorBuilder, Settings},
    rebuild::{self, Promotion, RebuildError, admit, change_catalogue, have_answer, held_keys},
    slice::{Definition, page::Decode},
    verify::verify_by,
};

/// Most events that are counted; what lies behind them is estimated. Unit: events.
const COUNTED_MAX: u64 = 20_000;
/// Events read at a time.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(2_000).expect("not 0");

/// How a generation stands in the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    pub(super) position: GlobalPosition,
    pub(super) is_complete: bool,
    pub(super) held_keys: u64,
}

/// Shown each change of the progress of a verification.
pub(super) type Watch = Box<dyn FnMut(VerifyProgress) + Send>;

/// A fold of a read model that is kept.
#[async_trait]
pub(crate) trait AnyKept: Send + Sync {
    fn model(&self) -> &ModelName;
    fn schema(&self) -> ViewSchema;
    fn now(&self) -> Timestamp;
    async fn sleep(&self, time: Duration);

    async fn catalogue(&self) -> Result<Option<Catalogue>, StoreError>;
    async fn standing(&self, info: &GenerationInfo) -> Result<Standing, StoreError>;
    /// The last event in the log that it follows.
    async fn last_event(&self) -> Result<GlobalPosition, StoreError>;
    /// How many events it follows, and whether all were counted.
    async fn count_events(&self) -> Result<(u64, bool), StoreError>;

    /// Enters the next generation, where none is being built.
    async fn enter(&self) -> Result<Catalogue, UpkeepError>;
    fn build(&self, generation: Generation, seen: Catalogue) -> Projector;
    async fn verify(
        &self,
        generation: &GenerationName,
        watch: Watch,
    ) -> Result<Verification, VerifyError>;

    async fn admit(
        &self,
        generation: &GenerationName,
        promotion: Promotion,
    ) -> Result<(), RebuildError>;
    async fn have_answer(
        &self,
        generation: &GenerationName,
        promotion: Promotion,
    ) -> Result<(), RebuildError>;
    async fn roll_back(&self, from: Generation, to: Generation) -> Result<(), UpkeepError>;
    async fn retire(&self, generation: &GenerationName) -> Result<(), RebuildError>;
}

/// A fold with its stores.
pub(crate) struct Kept<P: Projection, S: EventStore, R, D, T> {
    settings: Arc<Settings<S, R, T>>,
    decode: Arc<Decode<P::Event>>,
    model: ModelName,
    projection: Arc<P>,
    decoder: PhantomData<fn() -> D>,
}

impl<P: Projection, S: EventStore, R, D, T> Kept<P, S, R, D, T> {
    pub(crate) const fn new(
        settings: Arc<Settings<S, R, T>>,
        decode: Arc<Decode<P::Event>>,
        model: ModelName,
        projection: Arc<P>,
    ) -> Self {
        Self {
            settings,
            decode,
            model,
            projection,
            decoder: PhantomData,
        }
    }
}

impl<P, S, R, D, T> Kept<P, S, R, D, T>
where
    P: Projection,
    S: EventStore,
    R: ReadModelStore,
{
    /// Begins the first slice of a generation that was just entered. Of two that entered it at the same time
    /// both were told that it is there, as they wrote the same; the life of a slice is of one of them.
    async fn claim(&self, generation: Generation) -> Result<(), UpkeepError> {
        let generation = GenerationName {
            model: self.model.clone(),
            generation,
        };
        let begun = SliceCheckpoint {
            incarnation: (self.settings.incarnations)(),
            schema: self.projection.schema(),
            phase: Phase::Building,
            position: GlobalPosition::START,
            last_event: None,
            recorded_at: Timestamp::UNIX_EPOCH,
        };
        let (slice, nothing) = (generation.slice(Slice::new(0)), SliceWrites::default());
        let read_models = &self.settings.read_models;
        match read_models.commit(&slice, None, &begun, &nothing).await {
            Ok(()) => Ok(()),
            Err(CommitError::Moved { .. }) => Err(UpkeepError::UnderWay { generation }),
            Err(error) => Err(UpkeepError::NotBegun {
                generation,
                source: Box::new(error),
            }),
        }
    }
}

#[async_trait]
impl<P, S, R, D, T> AnyKept for Kept<P, S, R, D, T>
where
    P: Projection<Event = D::Event>,
    S: EventStore + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    D: EventDecoder,
    T: Timer + 'static,
{
    fn model(&self) -> &ModelName {
        &self.model
    }

    fn schema(&self) -> ViewSchema {
        self.projection.schema()
    }

    fn now(&self) -> Timestamp {
        self.settings.timer.now()
    }

    async fn sleep(&self, time: Duration) {
        self.settings.timer.sleep(time).await;
    }

    async fn catalogue(&self) -> Result<Option<Catalogue>, StoreError> {
        self.settings.read_models.load_catalogue(&self.model).await
    }

    async fn standing(&self, info: &GenerationInfo) -> Result<Standing, StoreError> {
        let read_models = &*self.settings.read_models;
        let checkpoints = Checkpoints::load(read_models, &self.model, info).await?;
        Ok(Standing {
            position: checkpoints.slowest(),
            is_complete: checkpoints.are_ready(),
            held_keys: held_keys(read_models, &self.model, info).await?,
        })
    }

    async fn last_event(&self) -> Result<GlobalPosition, StoreError> {
        let store = &*self.settings.store;
        let head = store.head().await?;
        store.last_up_to(head, &self.settings.filter).await
    }

    async fn count_events(&self) -> Result<(u64, bool), StoreError> {
        let last = self.last_event().await?;
        let (mut after, mut events) = (GlobalPosition::START, 0);
        while after < last && events < COUNTED_MAX {
            let (store, filter) = (&*self.settings.store, &self.settings.filter);
            let page = store.read_all(after, filter, PAGE_EVENTS).await?;
            events += page.events.len() as u64;
            after = page.position;
            if page.is_end {
                return Ok((events, true));
            }
        }
        if after >= last || after.commit() == 0 {
            return Ok((events, true));
        }
        // As if they lay as close to each other everywhere.
        let estimated = u128::from(events) * u128::from(last.commit()) / u128::from(after.commit());
        Ok((u64::try_from(estimated).unwrap_or(u64::MAX), false))
    }

    async fn enter(&self) -> Result<Catalogue, UpkeepError> {
        let (model, projection) = (&self.model, &*self.projection);
        let entered = change_catalogue(&*self.settings.read_models, model, |found| {
            let not_built = || UpkeepError::NotBuilt {
                model: model.clone(),
            };
            let found = found.ok_or_else(not_built)?;
            let answering = found.active_info().ok_or_else(not_built)?;
            if answering.schema != projection.schema() {
                return Err(UpkeepError::OtherFold {
                    generation: name_of(model, answering),
                });
            }
            match next(found) {
                Some(building) => Err(UpkeepError::UnderWay {
                    generation: name_of(model, building),
                }),
                None => Ok(with_next(Some(found), projection)),
            }
        });
        let catalogue = entered.await?;
        self.claim(catalogue.newest).await?;
        Ok(catalogue)
    }

    fn build(&self, generation: Generation, seen: Catalogue) -> Projector {
        let (decode, projection) = (Arc::clone(&self.decode), Arc::clone(&self.projection));
        let settings = &self.settings;
        ProjectorBuilder::<S, R, D, T>::build_beside(settings, decode, projection, generation, seen)
    }

    async fn verify(
        &self,
        generation: &GenerationName,
        watch: Watch,
    ) -> Result<Verification, VerifyError> {
        let (store, read_models) = (&*self.settings.store, &*self.settings.read_models);
        let definition = Definition::new(Arc::clone(&self.projection), Arc::clone(&self.decode));
        let filter = &self.settings.filter;
        verify_by(store, read_models, definition, filter, generation, watch).await
    }

    async fn admit(
        &self,
        generation: &GenerationName,
        promotion: Promotion,
    ) -> Result<(), RebuildError> {
        admit(&*self.settings.read_models, generation, promotion).await
    }

    async fn have_answer(
        &self,
        generation: &GenerationName,
        promotion: Promotion,
    ) -> Result<(), RebuildError> {
        have_answer(&*self.settings.read_models, generation, promotion).await
    }

    async fn roll_back(&self, from: Generation, to: Generation) -> Result<(), UpkeepError> {
        let model = &self.model;
        change_catalogue(&*self.settings.read_models, model, |found| match found {
            Some(found) if found.active == from && found.previous == Some(to) => {
                Ok(answered_by(found, to))
            }
            _ => Err(UpkeepError::Changed {
                model: model.clone(),
            }),
        })
        .await?;
        Ok(())
    }

    async fn retire(&self, generation: &GenerationName) -> Result<(), RebuildError> {
        rebuild::retire(&*self.settings.read_models, generation).await
    }
}

/// The generation that is being built, or was and stands still.
pub(super) fn next(catalogue: &Catalogue) -> Option<&GenerationInfo> {
    let mut generations = catalogue.generations.iter();
    generations.find(|info| is_next(catalogue, info.generation))
}
