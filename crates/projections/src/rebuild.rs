//! Rebuilding a read model while the old one answers.

use std::sync::Arc;

use futures_util::future::try_join_all;
use minwon_core::{
    Catalogue, CatalogueError, EventDecoder, EventStore, Generation, GenerationInfo,
    GenerationName, GlobalPosition, ModelName, Projection, ReadModelAdmin, ReadModelStore,
    StoreError, Timer, ViewSchema,
};

use crate::{
    StopReason,
    catalogue::{answered_by, is_next, with_next},
    checkpoints::{Checkpoints, name_of, slices_of},
    held::{ALL, HELD},
    projector::{Projector, ProjectorBuilder, ProjectorStatus, Target},
    supervise::Stopped,
};

/// A generation that is being built beside the one that answers.
///
/// Dropping it stops the building and leaves the generation as it is; building goes on with
/// [`ProjectorBuilder::resume_rebuild`], or ends with [`retire`].
#[derive(Debug)]
pub struct Rebuild<S, R> {
    store: Arc<S>,
    read_models: Arc<R>,
    name: GenerationName,
    projector: Projector,
}

/// How far a rebuild is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuildProgress {
    /// Events folded so far.
    pub folded_events: u64,
    /// Everything up to here is committed.
    pub position: GlobalPosition,
    /// Whether it has once reached the head of the log.
    pub is_ready: bool,
}

/// Why a generation cannot be built, promoted or retired.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RebuildError {
    /// Its fold is older than the one that answers, and nobody has decided to go back.
    #[error(
        "generation {generation} is of schema {building}, older than schema {answering} of the one that answers; to go back to it, promote it by hand"
    )]
    Older {
        /// The generation.
        generation: GenerationName,
        /// The schema of the one that answers.
        answering: ViewSchema,
        /// Its own.
        building: ViewSchema,
    },
    /// It is not complete.
    #[error(
        "generation {generation} has reached position {position} and is not complete; wait until it has caught up"
    )]
    NotReady {
        /// The generation.
        generation: GenerationName,
        /// How far its slowest slice is.
        position: GlobalPosition,
    },
    /// The one that answers is further on.
    #[error(
        "generation {generation} is at position {position}, behind position {active} of the one that answers; wait until it has caught up"
    )]
    Behind {
        /// The generation.
        generation: GenerationName,
        /// How far its slowest slice is.
        position: GlobalPosition,
        /// How far the slowest slice of the one that answers is.
        active: GlobalPosition,
    },
    /// It holds more keys back.
    #[error(
        "generation {building} of {model} holds {held_building} keys back, generation {answering} which answers only {held_answering}; see to its dead letters, or promote it despite them"
    )]
    MoreHeld {
        /// The read model.
        model: ModelName,
        /// The one that answers.
        answering: Generation,
        /// The one that was to be promoted.
        building: Generation,
        /// How many keys the one that answers holds back.
        held_answering: u64,
        /// How many the other does.
        held_building: u64,
    },
    /// There is no such generation.
    #[error("there is no generation {generation}")]
    NoGeneration {
        /// The generation.
        generation: GenerationName,
    },
    /// There is no generation to go back to.
    #[error("{model} has no generation to go back to; it was retired, or there never was one")]
    NoPrevious {
        /// The read model.
        model: ModelName,
    },
    /// The generation that answers cannot be removed.
    #[error("generation {generation} answers queries; promote another one first")]
    Answering {
        /// The generation.
        generation: GenerationName,
    },
    /// Its projector has stopped.
    #[error("the projector of the rebuild has stopped")]
    Stopped(#[source] StopReason),
    /// The store of the read models failed. The change may or may not have been made.
    #[error("the store of the read models failed")]
    ReadModels(#[from] StoreError),
    /// The event store failed.
    #[error("the event store failed")]
    EventStore(#[source] StoreError),
}

impl<S, R, D, T> ProjectorBuilder<S, R, D, T>
where
    S: EventStore + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    D: EventDecoder,
    T: Timer + 'static,
{
    /// Starts a new generation of the fold of `projection`, beside the one that answers. The first
    /// generation of a read model answers at once, with "rebuilding".
    ///
    /// # Errors
    /// [`RebuildError::ReadModels`].
    pub async fn rebuild<P>(self, projection: P) -> Result<Rebuild<S, R>, RebuildError>
    where
        P: Projection<Event = D::Event>,
    {
        let model = self.model_of(&projection);
        let enter =
            |found: Option<&Catalogue>| Ok::<_, RebuildError>(with_next(found, &projection));
        let catalogue = change_catalogue(&*self.settings.read_models, &model, enter).await?;
        let generation = catalogue.newest;
        let name = GenerationName { model, generation };
        Ok(self.build(projection, name, catalogue))
    }

    /// Goes on with a generation that was begun before.
    ///
    /// # Errors
    /// [`RebuildError::NoGeneration`] where it is not in the catalogue.
    pub async fn resume_rebuild<P>(
        self,
        projection: P,
        generation: Generation,
    ) -> Result<Rebuild<S, R>, RebuildError>
    where
        P: Projection<Event = D::Event>,
    {
        let model = self.model_of(&projection);
        let name = GenerationName { model, generation };
        let catalogue = self
            .settings
            .read_models
            .load_catalogue(&name.model)
            .await?;
        match catalogue.filter(|catalogue| catalogue.info(generation).is_some()) {
            Some(catalogue) => Ok(self.build(projection, name, catalogue)),
            None => Err(RebuildError::NoGeneration { generation: name }),
        }
    }

    fn build<P>(self, projection: P, name: GenerationName, seen: Catalogue) -> Rebuild<S, R>
    where
        P: Projection<Event = D::Event>,
    {
        let (store, read_models) = (
            Arc::clone(&self.settings.store),
            Arc::clone(&self.settings.read_models),
        );
        let target = Target::Generation(name.generation);
        Rebuild {
            store,
            read_models,
            name,
            projector: self
                .project_into(Arc::new(projection), target, Some(seen))
                .start(),
        }
    }
}

/// Changes a catalogue, again and again until nobody else changed it meanwhile. Returns what it has
/// become.
pub(crate) async fn change_catalogue<E: From<StoreError>>(
    read_models: &impl ReadModelAdmin,
    model: &ModelName,
    mut change: impl FnMut(Option<&Catalogue>) -> Result<Catalogue, E>,
) -> Result<Catalogue, E> {
    loop {
        let found = read_models.load_catalogue(model).await?;
        let next = change(found.as_ref())?;
        match read_models
            .save_catalogue(model, found.as_ref(), &next)
            .await
        {
            Ok(()) => return Ok(next),
            Err(CatalogueError::Changed { .. }) => {}
            Err(CatalogueError::Store { source, .. }) => return Err(source.into()),
            Err(other) => unreachable!("an unknown reason of core's own: {other}"),
        }
    }
}

impl<S: EventStore, R: ReadModelStore + ReadModelAdmin> Rebuild<S, R> {
    /// The generation that is being built.
    #[must_use]
    pub fn generation(&self) -> &GenerationName {
        &self.name
    }

    /// Returns the position that it has reached.
    #[must_use]
    pub fn progress(&self) -> RebuildProgress {
        progress(&self.projector.status().borrow())
    }

    /// Waits until it has once folded everything that was in the log when this was called; shows
    /// every change of the progress to `watch`.
    ///
    /// # Errors
    /// [`RebuildError::Stopped`] where its projector gives up.
    pub async fn caught_up(
        self,
        mut watch: impl FnMut(RebuildProgress),
    ) -> Result<Self, RebuildError> {
        let head = self.store.head().await.map_err(RebuildError::EventStore)?;
        let mut status = self.projector.status();
        loop {
            let progress = progress(&status.borrow_and_update());
            watch(progress);
            if progress.is_ready && progress.position >= head {
                return Ok(self);
            }
            let has_stopped = status
                .borrow()
                .models
                .iter()
                .any(|it| it.state.has_stopped());
            if has_stopped || status.changed().await.is_err() {
                return Err(RebuildError::Stopped(self.projector.stopped().await));
            }
        }
    }

    /// Lets this generation answer from now on, in one atomic step; the one before is kept for
    /// [`roll_back`]. Answers the projector, which goes on to follow the log.
    ///
    /// # Errors
    /// [`NotReady`](RebuildError::NotReady), [`Behind`](RebuildError::Behind) and
    /// [`MoreHeld`](RebuildError::MoreHeld), in which case the rebuild goes on in `Err`'s company:
    /// nothing was changed.
    pub async fn promote(self) -> Result<Projector, (Self, RebuildError)> {
        self.promote_as(Promotion::ByHand).await
    }

    /// As [`promote`](Self::promote), however many keys it holds back.
    ///
    /// # Errors
    /// As [`promote`](Self::promote), without [`MoreHeld`](RebuildError::MoreHeld).
    pub async fn promote_despite_held(self) -> Result<Projector, (Self, RebuildError)> {
        self.promote_as(Promotion::DespiteHeld).await
    }

    async fn promote_as(self, promotion: Promotion) -> Result<Projector, (Self, RebuildError)> {
        match promote_as(&*self.read_models, &self.name, promotion).await {
            Ok(()) => Ok(self.projector),
            Err(error) => Err((self, error)),
        }
    }

    /// Stops building and removes the generation.
    ///
    /// # Errors
    /// As [`retire`].
    pub async fn abandon(self) -> Result<(), RebuildError> {
        self.projector.stop().await;
        retire(&*self.read_models, &self.name).await
    }

    /// Waits until its projector has committed everything up to `position`.
    ///
    /// # Errors
    /// [`Stopped`], where it ends before.
    pub async fn reached(&self, position: GlobalPosition) -> Result<(), Stopped> {
        self.projector.reached(position).await
    }
}

fn progress(status: &ProjectorStatus) -> RebuildProgress {
    RebuildProgress {
        folded_events: status.models.iter().map(|model| model.folded_events).sum(),
        position: status.position().unwrap_or(GlobalPosition::START),
        is_ready: status.is_ready(),
    }
}

/// Lets `generation` answer from now on, if it holds no more keys back than the one that answers.
///
/// # Errors
/// [`RebuildError`]; then nothing was changed, unless the store failed.
pub async fn promote(
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    generation: &GenerationName,
) -> Result<(), RebuildError> {
    promote_as(read_models, generation, Promotion::ByHand).await
}

/// Lets `generation` answer from now on, however many keys it holds back.
///
/// # Errors
/// As [`promote`], without [`MoreHeld`](RebuildError::MoreHeld).
pub async fn promote_despite_held(
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    generation: &GenerationName,
) -> Result<(), RebuildError> {
    promote_as(read_models, generation, Promotion::DespiteHeld).await
}

/// As [`promote`]; nothing is changed where it was promoted before, so that what somebody rolled
/// back stays so.
///
/// # Errors
/// [`RebuildError::Older`] beside the others: a program that is started is no decision to go back.
pub(crate) async fn promote_next(
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    generation: &GenerationName,
) -> Result<(), RebuildError> {
    promote_as(read_models, generation, Promotion::Next).await
}

/// Who lets a generation answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promotion {
    /// Somebody.
    ByHand,
    /// Somebody, however many keys it holds back.
    DespiteHeld,
    /// Its projector, since it is the next one.
    Next,
}

async fn promote_as(
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    generation: &GenerationName,
    promotion: Promotion,
) -> Result<(), RebuildError> {
    admit(read_models, generation, promotion).await?;
    have_answer(read_models, generation, promotion).await
}

/// Returns whether a generation may answer; changes nothing.
pub(crate) async fn admit(
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    generation: &GenerationName,
    promotion: Promotion,
) -> Result<(), RebuildError> {
    let model = &generation.model;
    let catalogue = read_models.load_catalogue(model).await?;
    let missing = || RebuildError::NoGeneration {
        generation: generation.clone(),
    };
    let catalogue = catalogue.ok_or_else(missing)?;
    let building = catalogue.info(generation.generation).ok_or_else(missing)?;
    let answering = catalogue.active_info();
    if let Some(answering) = answering {
        if promotion == Promotion::Next && building.schema < answering.schema {
            return Err(RebuildError::Older {
                generation: generation.clone(),
                answering: answering.schema,
                building: building.schema,
            });
        }
        if promotion != Promotion::DespiteHeld {
            refuse_more_held(read_models, model, answering, building).await?;
        }
    }
    // The one that answers first: of two that follow a busy log, whichever is read first is behind.
    let active = match answering {
        Some(info) => Checkpoints::load(read_models, model, info).await?.slowest(),
        None => GlobalPosition::START,
    };
    let checkpoints = Checkpoints::load(read_models, model, building).await?;
    let position = checkpoints.slowest();
    if !checkpoints.are_ready() {
        return Err(RebuildError::NotReady {
            generation: generation.clone(),
            position,
        });
    }
    // Compared by what the slowest slices show: slices without news may lag a little.
    if position < active {
        return Err(RebuildError::Behind {
            generation: generation.clone(),
            position,
            active,
        });
    }
    Ok(())
}

/// Lets a generation that was [admitted](admit) answer, in one step.
pub(crate) async fn have_answer(
    read_models: &impl ReadModelAdmin,
    generation: &GenerationName,
    promotion: Promotion,
) -> Result<(), RebuildError> {
    let missing = || RebuildError::NoGeneration {
        generation: generation.clone(),
    };
    change_catalogue(read_models, &generation.model, |catalogue| {
        let catalogue = catalogue.ok_or_else(missing)?;
        catalogue.info(generation.generation).ok_or_else(missing)?;
        let is_admitted = promotion != Promotion::Next || is_next(catalogue, generation.generation);
        Ok::<_, RebuildError>(match is_admitted {
            true => answered_by(catalogue, generation.generation),
            false => catalogue.clone(),
        })
    })
    .await?;
    Ok(())
}

async fn refuse_more_held(
    read_models: &impl ReadModelStore,
    model: &ModelName,
    answering: &GenerationInfo,
    building: &GenerationInfo,
) -> Result<(), RebuildError> {
    let held_answering = held_keys(read_models, model, answering).await?;
    let held_building = held_keys(read_models, model, building).await?;
    if held_building > held_answering {
        return Err(RebuildError::MoreHeld {
            model: model.clone(),
            answering: answering.generation,
            building: building.generation,
            held_answering,
            held_building,
        });
    }
    Ok(())
}

/// Returns how many keys a generation holds back.
pub(crate) async fn held_keys(
    read_models: &impl ReadModelStore,
    model: &ModelName,
    info: &GenerationInfo,
) -> Result<u64, StoreError> {
    let names = slices_of(&name_of(model, info), info);
    let counts = names.iter().map(|name| read_models.counts(name, HELD, ALL));
    let counts = try_join_all(counts).await?;
    let counts = counts.iter().flat_map(|counts| &counts.counts);
    Ok(counts.map(|(_, count)| count).sum())
}

/// Lets the generation before the one that answers answer again. It shows its content of the time
/// when its projector stopped; the answers say as of when that was. A
/// [`ModelReader`](crate::ModelReader) that has shown more goes on asking the other one until this
/// one has caught up.
///
/// # Errors
/// [`RebuildError::NoPrevious`].
pub async fn roll_back(
    read_models: &impl ReadModelAdmin,
    model: &ModelName,
) -> Result<Generation, RebuildError> {
    let catalogue = change_catalogue(read_models, model, |catalogue| {
        let previous = catalogue.and_then(|catalogue| catalogue.previous);
        let (Some(catalogue), Some(previous)) = (catalogue, previous) else {
            return Err(RebuildError::NoPrevious {
                model: model.clone(),
            });
        };
        Ok(answered_by(catalogue, previous))
    });
    Ok(catalogue.await?.active)
}

/// Removes a generation that does not answer, with all that it holds. Stop its projectors first.
///
/// # Errors
/// [`RebuildError::Answering`] for the generation that answers.
pub async fn retire(
    read_models: &impl ReadModelAdmin,
    generation: &GenerationName,
) -> Result<(), RebuildError> {
    let number = generation.generation;
    change_catalogue(read_models, &generation.model, |catalogue| {
        let missing = || RebuildError::NoGeneration {
            generation: generation.clone(),
        };
        let mut next = catalogue.ok_or_else(missing)?.clone();
        if next.active == number {
            return Err(RebuildError::Answering {
                generation: generation.clone(),
            });
        }
        next.generations.retain(|info| info.generation != number);
        next.previous = next.previous.filter(|previous| *previous != number);
        Ok(next)
    })
    .await?;
    // Out of the catalogue first: nobody begins to ask or fill it while it goes.
    Ok(read_models.remove(generation).await?)
}

#[cfg(test)]
mod tests;
