//! Which generation a question is put to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use minwon_core::{
    Catalogue, GenerationInfo, GenerationName, GlobalPosition, IndexEntry, IndexName, Phase,
    Projection, ReadModelAdmin, ReadModelStore, Slice, SliceCheckpoint, SliceName, Timer, ViewKey,
};

use super::{ModelReader, QueryError};
use crate::{
    checkpoints::{name_of, slices_of},
    document::Document,
    lock::lock,
    versions::ReadVersion,
};

/// How often a question begins again when the generations change under it.
const ATTEMPTS_MAX: u32 = 4;

/// How often a question looks again while every generation is behind what was shown from another.
/// They follow the same log, so that is a matter of milliseconds; in all this waits for about 1 s.
const LOOKS_MAX: u32 = 50;
const LOOK_AGAIN_FIRST: Duration = Duration::from_millis(1);
const LOOK_AGAIN_MAX: Duration = Duration::from_millis(20);

/// The generation that a question is put to.
pub(super) struct Active<V> {
    pub(super) name: GenerationName,
    pub(super) info: GenerationInfo,
    version: Arc<dyn ReadVersion<V>>,
    /// Whether it is the one that answers, also whoever understands no other.
    pub(super) answers_all: bool,
    /// How far this reader has shown each slice from other generations; empty where there were
    /// none.
    shown: Vec<GlobalPosition>,
    is_behind: AtomicBool,
}

/// The outcome of one attempt at a question.
enum Attempt<A> {
    Answered(A),
    /// Another generation had shown more.
    Behind(A, GenerationName),
    /// The generations are others now.
    Moved,
}

impl<P: Projection, R: ReadModelStore + ReadModelAdmin, T: Timer> ModelReader<P, R, T> {
    /// Puts a question, about `index` where it is about one. To which generation is read beside
    /// each question, so a promotion is seen by the first question after it.
    pub(super) async fn query<A, F>(
        &self,
        index: Option<IndexName>,
        ask: impl Fn(Arc<Active<P::View>>) -> F,
    ) -> Result<A, QueryError>
    where
        F: Future<Output = Result<A, QueryError>>,
    {
        let (mut attempts, mut looks, mut pause) = (0, 0, LOOK_AGAIN_FIRST);
        loop {
            match self.attempt(index, &ask).await? {
                Attempt::Answered(answer) => return Ok(answer),
                Attempt::Moved => {
                    attempts += 1;
                    if attempts == ATTEMPTS_MAX {
                        return Err(self.rebuilding());
                    }
                }
                Attempt::Behind(answer, generation) => {
                    looks += 1;
                    if looks == LOOKS_MAX {
                        self.seen.forget_others(&generation);
                        return Ok(answer);
                    }
                    self.timer.sleep(pause).await;
                    pause = (pause * 2).min(LOOK_AGAIN_MAX);
                }
            }
        }
    }

    async fn attempt<A, F>(
        &self,
        index: Option<IndexName>,
        // An async closure that borrowed what it is given would keep the queries on one thread.
        ask: &impl Fn(Arc<Active<P::View>>) -> F,
    ) -> Result<Attempt<A>, QueryError>
    where
        F: Future<Output = Result<A, QueryError>>,
    {
        let load = || self.read_models.load_catalogue(&self.model);
        let Some(known) = lock(&self.catalogue).clone() else {
            return self.learn(load().await?);
        };
        let mut choices = self.choices(&known, index).into_iter();
        let Some(first) = choices.next() else {
            let found = load().await?;
            return match found.as_ref() == Some(&*known) {
                true => Err(self.nobody_answers(&known)),
                false => self.learn(found),
            };
        };
        let (found, answer) = futures_util::future::join(load(), ask(Arc::clone(&first))).await;
        let found = found?;
        if found.as_ref() != Some(&*known) {
            return self.learn(found);
        }
        let is_active = first.answers_all;
        let mut outcome = match answer {
            Ok(answer) if !first.is_behind() => return Ok(Attempt::Answered(answer)),
            Ok(answer) => Ok(Attempt::Behind(answer, first.name.clone())),
            // The generation that answers is being built, and says so: an older one might lack what
            // it had.
            Err(error) if is_active => return Err(error),
            Err(error @ QueryError::Rebuilding { .. }) => Err(error),
            Err(error) => return Err(error),
        };
        for other in choices {
            match ask(Arc::clone(&other)).await {
                Ok(answer) if !other.is_behind() => return Ok(Attempt::Answered(answer)),
                Ok(answer) if outcome.is_err() => {
                    outcome = Ok(Attempt::Behind(answer, other.name.clone()));
                }
                Ok(_) | Err(QueryError::Rebuilding { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        outcome
    }

    /// The generations that a question may be put to: the one that answers, where it is
    /// understood, then the others, the newest first.
    fn choices(&self, known: &Catalogue, index: Option<IndexName>) -> Vec<Arc<Active<P::View>>> {
        let active = known.active_info();
        let others = known.generations.iter().rev();
        let others = others.filter(|info| info.generation != known.active);
        active
            .into_iter()
            .chain(others)
            .filter_map(|info| self.active(known, info, index).map(Arc::new))
            .collect()
    }

    fn active(
        &self,
        known: &Catalogue,
        info: &GenerationInfo,
        index: Option<IndexName>,
    ) -> Option<Active<P::View>> {
        let is_it = |version: &&Arc<dyn ReadVersion<P::View>>| version.schema() == info.schema;
        let version = self.versions.iter().find(is_it)?;
        if !index.is_none_or(|index| version.has(index)) {
            return None;
        }
        Some(Active {
            name: name_of(&self.model, info),
            info: info.clone(),
            version: Arc::clone(version),
            answers_all: info.generation == known.active,
            shown: self.seen.shown_elsewhere(known, info),
            is_behind: AtomicBool::new(false),
        })
    }

    /// Returns why there is no generation to ask.
    fn nobody_answers(&self, known: &Catalogue) -> QueryError {
        let is_understood = |info: &GenerationInfo| {
            let mut versions = self.versions.iter();
            versions.any(|version| version.schema() == info.schema)
        };
        if known.generations.iter().any(is_understood) {
            // It lacks what was asked for.
            return self.rebuilding();
        }
        QueryError::OtherFold {
            model: self.model.clone(),
        }
    }

    fn learn<A>(&self, found: Option<Catalogue>) -> Result<Attempt<A>, QueryError> {
        let is_none = found.is_none();
        *lock(&self.catalogue) = found.map(Arc::new);
        if is_none {
            return Err(self.rebuilding());
        }
        Ok(Attempt::Moved)
    }

    fn rebuilding(&self) -> QueryError {
        QueryError::Rebuilding {
            model: self.model.clone(),
            position: GlobalPosition::START,
        }
    }
}

impl<V> Active<V> {
    pub(super) fn slices(&self) -> Vec<SliceName> {
        slices_of(&self.name, &self.info)
    }

    pub(super) fn slice_of(&self, key: &ViewKey) -> SliceName {
        self.name.slice(self.info.slices.slice_of(key.as_str()))
    }

    /// The document of `key`; where that does not stand at `place` any more, it shows no view.
    pub(super) fn read(
        &self,
        key: &ViewKey,
        document: Option<&[u8]>,
        place: Option<&IndexEntry>,
    ) -> Result<Document<V>, QueryError> {
        let Some(document) = document else {
            return Ok(Document::default());
        };
        let document = self.version.read(key, document, place);
        document.map_err(|source| QueryError::Damaged {
            key: key.clone(),
            source: Box::new(source),
        })
    }

    /// Notes whether a slice is behind what was shown of it from another generation.
    pub(super) fn note_behind(&self, slice: Slice, checkpoint: Option<&SliceCheckpoint>) -> bool {
        let shown = self.shown.get(usize::from(slice.get()));
        let position = checkpoint.map_or(GlobalPosition::START, |checkpoint| checkpoint.position);
        let is_behind = shown.is_some_and(|shown| position < *shown);
        self.is_behind.fetch_or(is_behind, Ordering::Relaxed);
        is_behind
    }

    fn is_behind(&self) -> bool {
        self.is_behind.load(Ordering::Relaxed)
    }

    pub(super) fn all_ready<'c>(
        &self,
        checkpoints: impl Iterator<Item = &'c Option<SliceCheckpoint>>,
    ) -> Result<(), QueryError> {
        let mut building = None;
        for checkpoint in checkpoints {
            match checkpoint {
                Some(checkpoint) if checkpoint.phase == Phase::Ready => {}
                Some(checkpoint) => {
                    let least = building.unwrap_or(checkpoint.position);
                    building = Some(least.min(checkpoint.position));
                }
                None => building = Some(GlobalPosition::START),
            }
        }
        building.map_or(Ok(()), |position| {
            Err(QueryError::Rebuilding {
                model: self.name.model.clone(),
                position,
            })
        })
    }
}
