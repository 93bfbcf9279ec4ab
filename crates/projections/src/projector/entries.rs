//! Which generation a projector works on, and the catalogue in which it is entered.

use std::sync::Arc;

use minwon_core::{
    Catalogue, CatalogueError, Generation, GenerationInfo, GenerationName, ModelName, Projection,
    ReadModelAdmin, ReadModelStore, ViewSchema,
};

use crate::{
    catalogue::{answered_by, first, info_of, is_next, with_next},
    checkpoints::Checkpoints,
    end::{SessionEnd, StopReason},
};

/// Generations that are looked at where nobody knows the catalogue. Unit: generations.
const GENERATIONS_LOOKED_AT: u32 = 64;

/// Which generation of a read model to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// The one that answers, or else the newest that this program's fold has made.
    Answering,
    /// A certain one, which a rebuild fills.
    Generation(Generation),
    /// The same, beside the one that answers and no longer than until it is itself the one.
    Beside(Generation),
    /// The generation of one of the versions that the program understands; none where it has none.
    Version {
        /// The folds of all of them.
        understood: Arc<[ViewSchema]>,
        /// Whether this is the newest: its generation is begun where none exists, and promoted once
        /// it is complete.
        is_newest: bool,
    },
}

impl Target {
    /// The one generation that it is; none where the catalogue says which.
    const fn certain(&self) -> Option<Generation> {
        match self {
            Self::Generation(generation) | Self::Beside(generation) => Some(*generation),
            Self::Answering | Self::Version { .. } => None,
        }
    }
}

/// The catalogue, as far as it concerns one projector.
pub(crate) struct Entries<R> {
    pub(crate) read_models: Arc<R>,
    pub(crate) model: ModelName,
    pub(crate) target: Target,
    /// As it was seen last; it is put back where the store has lost it. Otherwise who comes first
    /// after a flush would decide which generation answers.
    pub(crate) seen: Option<Catalogue>,
    /// The generation that was worked on last. Where it is retired, nobody wants it any more.
    pub(crate) kept: Option<Generation>,
}

impl<R: ReadModelStore + ReadModelAdmin> Entries<R> {
    /// The generation to work on, entered where there was none; none where a version has nothing
    /// to do.
    pub(crate) async fn choose<P: Projection>(
        &mut self,
        projection: &P,
    ) -> Result<Option<GenerationInfo>, SessionEnd> {
        loop {
            let found = self.load().await?;
            let chosen = found
                .as_ref()
                .and_then(|found| self.fitting(found, projection));
            if let Some(info) = chosen.cloned() {
                self.seen = found;
                self.kept = Some(info.generation);
                return Ok(Some(info));
            }
            let Some(mut next) = self.enter(found.as_ref(), projection) else {
                if let Target::Version { .. } = self.target {
                    self.seen = found.or(self.seen.take());
                    return Ok(None);
                }
                return Err(SessionEnd::Stop(self.why_there_is_none(found.as_ref())));
            };
            let is_guess = found.is_none() && self.seen.is_none();
            if is_guess && self.target.certain().is_none() {
                next = first(self.free_generation(projection).await?, projection);
            }
            let saved = self
                .read_models
                .save_catalogue(&self.model, found.as_ref(), &next);
            match saved.await {
                Ok(()) | Err(CatalogueError::Changed { .. }) => {}
                Err(CatalogueError::Store { source, .. }) => {
                    return Err(SessionEnd::of_read_models(source));
                }
                Err(other) => unreachable!("an unknown reason of core's own: {other}"),
            }
        }
    }

    /// The first generation in which nothing of another fold stands. Where a catalogue was lost or
    /// damaged, what it spoke of may still be there, and is good.
    async fn free_generation<P: Projection>(
        &self,
        projection: &P,
    ) -> Result<Generation, SessionEnd> {
        let mut generation = Generation::FIRST;
        for _ in 0..GENERATIONS_LOOKED_AT {
            let info = info_of(generation, projection);
            let found = Checkpoints::load(&*self.read_models, &self.model, &info).await;
            let found = found.map_err(SessionEnd::of_read_models)?;
            if found.are_of(projection.schema()) {
                break;
            }
            generation = Generation::new(generation.get() + 1);
        }
        Ok(generation)
    }

    /// Returns why the catalogue has no generation to work on.
    fn why_there_is_none(&self, found: Option<&Catalogue>) -> StopReason {
        let model = self.model.clone();
        let has = |generation| found.is_some_and(|found| found.info(generation).is_some());
        match self.target.certain() {
            Some(generation) if !has(generation) => StopReason::NoGeneration {
                generation: GenerationName { model, generation },
            },
            _ => StopReason::OtherFold { model },
        }
    }

    /// Returns whether a generation is still entered.
    pub(crate) async fn has(&mut self, generation: Generation) -> Result<bool, SessionEnd> {
        let found = self.load().await?;
        let Some(found) = found.filter(|found| found.info(generation).is_some()) else {
            return Ok(false);
        };
        self.seen = Some(found);
        Ok(true)
    }

    /// Returns whether there is something to work on now, where there was nothing.
    pub(crate) async fn has_work<P: Projection>(&self, projection: &P) -> Result<bool, SessionEnd> {
        let found = self.load().await?;
        let is_there = |found: &Catalogue| self.fitting(found, projection).is_some();
        Ok(
            found.as_ref().is_some_and(is_there)
                || self.enter(found.as_ref(), projection).is_some(),
        )
    }

    /// Returns whether this program's questions wait for what is worked on here.
    pub(crate) fn is_asked(&self, generation: Option<Generation>) -> bool {
        let Target::Version {
            understood,
            is_newest,
        } = &self.target
        else {
            return true;
        };
        let answering = self.seen.as_ref().and_then(Catalogue::active_info);
        match answering.filter(|info| understood.contains(&info.schema)) {
            Some(answering) => generation == Some(answering.generation),
            None => *is_newest,
        }
    }

    /// Returns whether others look after a generation now that it answers.
    pub(crate) fn is_handed_over(&self, generation: Generation) -> bool {
        let is_beside = self.target == Target::Beside(generation);
        is_beside && self.role(generation) == Role::Answering
    }

    /// The role of a generation when the catalogue was seen last.
    pub(crate) fn role(&self, generation: Generation) -> Role {
        let Some(seen) = &self.seen else {
            return Role::Beside;
        };
        if seen.active == generation {
            return Role::Answering;
        }
        let Target::Version {
            understood,
            is_newest,
        } = &self.target
        else {
            return Role::Beside;
        };
        let is_understood = |info: &GenerationInfo| understood.contains(&info.schema);
        if !seen.active_info().is_some_and(is_understood) {
            return Role::Instead {
                is_next: *is_newest && is_next(seen, generation),
            };
        }
        if *is_newest && is_next(seen, generation) {
            Role::Next
        } else {
            Role::Beside
        }
    }

    async fn load(&self) -> Result<Option<Catalogue>, SessionEnd> {
        let found = self.read_models.load_catalogue(&self.model).await;
        found.map_err(SessionEnd::of_read_models)
    }

    fn fitting<'c, P: Projection>(
        &self,
        catalogue: &'c Catalogue,
        projection: &P,
    ) -> Option<&'c GenerationInfo> {
        let fits = |info: &&GenerationInfo| info.schema == projection.schema();
        match self.target.certain() {
            Some(generation) => catalogue.info(generation).filter(fits),
            None => {
                let newest = || catalogue.generations.iter().rev().find(fits);
                catalogue.active_info().filter(fits).or_else(newest)
            }
        }
    }

    /// The catalogue with a generation to work on, where there was none; none where none may be
    /// entered.
    fn enter<P: Projection>(&self, found: Option<&Catalogue>, projection: &P) -> Option<Catalogue> {
        match (found, &self.target) {
            (None, target) => self.seen.clone().or_else(|| match target {
                Target::Generation(generation) | Target::Beside(generation) => {
                    Some(first(*generation, projection))
                }
                Target::Version {
                    is_newest: false, ..
                } => None,
                _ => Some(first(Generation::FIRST, projection)),
            }),
            (Some(_), Target::Answering) => None,
            (Some(found), Target::Generation(generation) | Target::Beside(generation)) => {
                self.put_back(found, *generation)
            }
            (Some(found), Target::Version { is_newest, .. }) => match self.kept {
                // Where it was not lost it was retired, and is not begun again.
                Some(kept) => self.put_back(found, kept),
                None => is_newest.then(|| with_next(Some(found), projection)),
            },
        }
    }

    /// The catalogue that somebody else put back, who had not seen this generation yet. Where it
    /// had been seen, it was not lost but retired.
    fn put_back(&self, found: &Catalogue, generation: Generation) -> Option<Catalogue> {
        let seen = self.seen.as_ref()?;
        let info = seen.info(generation)?;
        if found.info(generation).is_some() || found.newest >= generation {
            return None;
        }
        let mut next = found.clone();
        next.newest = generation;
        next.generations.push(info.clone());
        Some(if seen.active == generation {
            answered_by(&next, generation)
        } else {
            next
        })
    }
}

/// The role of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It answers.
    Answering,
    /// It answers this program, which does not understand the one that answers the others.
    Instead {
        /// Whether it is to answer all once it is complete.
        is_next: bool,
    },
    /// It is to answer all once it is complete.
    Next,
    /// Others ask it, or nobody does.
    Beside,
}
