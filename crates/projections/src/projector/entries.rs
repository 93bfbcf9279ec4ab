//! Which generation a projector works on, and the catalogue in which it is entered.

use std::sync::Arc;

use minwon_core::{
    Catalogue, CatalogueError, Generation, GenerationInfo, GenerationName, ModelName, Projection,
    ReadModelAdmin,
};

use super::end::{SessionEnd, StopReason};

/// Which generation of a read model to work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// The one that answers, or else the newest that this program's fold has made.
    Answering,
    /// A certain one, which a rebuild fills.
    Generation(Generation),
}

/// The catalogue, as far as it concerns one projector.
pub(crate) struct Entries<R> {
    pub(crate) read_models: Arc<R>,
    pub(crate) model: ModelName,
    pub(crate) target: Target,
    /// As it was seen last; it is put back where the store has lost it. Otherwise who comes first
    /// after a flush would decide which generation answers.
    pub(crate) seen: Option<Catalogue>,
}

impl<R: ReadModelAdmin> Entries<R> {
    /// The generation to work on, entered where there was none.
    pub(crate) async fn choose<P: Projection>(
        &mut self,
        projection: &P,
    ) -> Result<GenerationInfo, SessionEnd> {
        loop {
            let found = self.load().await?;
            let chosen = found
                .as_ref()
                .and_then(|found| self.fitting(found, projection));
            if let Some(info) = chosen.cloned() {
                self.seen = found;
                return Ok(info);
            }
            let Some(next) = self.enter(found.as_ref(), projection) else {
                return Err(SessionEnd::Stop(self.why_there_is_none(found.as_ref())));
            };
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

    /// Why the catalogue has no generation to work on.
    fn why_there_is_none(&self, found: Option<&Catalogue>) -> StopReason {
        let model = self.model.clone();
        let has = |generation| found.is_some_and(|found| found.info(generation).is_some());
        match self.target {
            Target::Generation(generation) if !has(generation) => StopReason::NoGeneration {
                generation: GenerationName { model, generation },
            },
            _ => StopReason::OtherFold { model },
        }
    }

    /// Whether a generation is still entered.
    pub(crate) async fn has(&mut self, generation: Generation) -> Result<bool, SessionEnd> {
        let found = self.load().await?;
        let Some(found) = found.filter(|found| found.info(generation).is_some()) else {
            return Ok(false);
        };
        self.seen = Some(found);
        Ok(true)
    }

    /// Whether a generation was the one that answers when the catalogue was seen last.
    pub(crate) fn is_answering(&self, generation: Generation) -> bool {
        self.seen
            .as_ref()
            .is_some_and(|seen| seen.active == generation)
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
        match self.target {
            Target::Generation(generation) => catalogue.info(generation).filter(fits),
            Target::Answering => {
                let newest = || catalogue.generations.iter().rev().find(fits);
                catalogue.active_info().filter(fits).or_else(newest)
            }
        }
    }

    /// What becomes of a catalogue in which there is nothing to work on; none where nothing may.
    fn enter<P: Projection>(&self, found: Option<&Catalogue>, projection: &P) -> Option<Catalogue> {
        match (found, self.target) {
            (None, target) => Some(self.seen.clone().unwrap_or_else(|| {
                let generation = match target {
                    Target::Generation(generation) => generation,
                    Target::Answering => Generation::FIRST,
                };
                first(generation, projection)
            })),
            (Some(_), Target::Answering) => None,
            (Some(found), Target::Generation(generation)) => self.put_back(found, generation),
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
        if seen.active == generation {
            (next.active, next.previous) = (generation, Some(found.active));
        }
        Some(next)
    }
}

fn first<P: Projection>(generation: Generation, projection: &P) -> Catalogue {
    Catalogue {
        active: generation,
        previous: None,
        newest: generation,
        generations: vec![GenerationInfo {
            generation,
            schema: projection.schema(),
            slices: projection.slices(),
        }],
    }
}
