//! What an operator does about read models while they are kept: building one anew, having another generation
//! answer, removing one, proving one against the log.

mod kept;
mod work;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures_util::future::{join_all, try_join_all};
use minwon_core::{
    Catalogue, CommitError, Generation, GenerationInfo, GenerationName, GlobalPosition, ModelName,
    SliceCount, StoreError, Timestamp, ViewSchema,
};
use tokio::sync::watch;

pub(crate) use self::kept::{AnyKept, Kept};
pub use self::work::{BuildState, VerifyState, Work};
use self::{
    kept::next,
    work::{Build, Rates, Verifying},
};
use crate::{
    checkpoints::name_of,
    lock::lock,
    projector::{Projector, ProjectorStatus},
    rebuild::{Promotion, RebuildError},
};

/// How long a promotion waits until the generation has caught up with the one that answers.
const PROMOTE_WAIT_MAX: Duration = Duration::from_secs(10);
/// How long it waits before it looks again.
const PROMOTE_WAIT: Duration = Duration::from_millis(50);

/// What an operator does about the read models that a [projector](Projector) keeps, while it does.
///
/// A generation is built beside the one that answers, by a projector of its own, and follows the log from when
/// it is complete until it is promoted, stopped or retired. Once it is promoted that projector has ended, and
/// the one that keeps the read model goes over to it, as all of other processes do: within
/// [`look_wait`](crate::ProjectorOptions::look_wait). So no generation is written by both. Processes that share
/// slices share those of a generation that several of them build.
///
/// Each change of what answers is one atomic step in the store of read models. Whatever ends in between, also
/// the process, leaves the generation that answers as it is, and one beside it that stands still: nobody goes
/// on with it by itself. It is gone on with ([`resume`](Self::resume)) or [retired](Self::retire); until then
/// no other is begun.
///
/// Dropping it aborts all that is under way, which is safe at any moment.
pub struct Upkeep {
    /// All folds: of a read model in several versions, each.
    kept: Vec<Arc<dyn AnyKept>>,
    projector: watch::Receiver<ProjectorStatus>,
    /// Held while something is changed: of two that want it, one sees what the other did.
    acts: tokio::sync::Mutex<()>,
    book: Mutex<Book>,
    rates: Rates,
}

#[derive(Default)]
struct Book {
    builds: BTreeMap<GenerationName, Build>,
    /// The last of each read model.
    verifying: BTreeMap<ModelName, Verifying>,
    is_closed: bool,
}

/// A read model, as an operator sees it.
#[derive(Debug)]
#[non_exhaustive]
pub struct ModelLook {
    /// Its name.
    pub model: ModelName,
    /// Its generations, in order of their numbers, and those that are not entered any more but were built here.
    pub generations: Vec<GenerationLook>,
    /// The last verification here.
    pub verification: Option<VerificationLook>,
}

/// A generation, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GenerationLook {
    /// Its number.
    pub generation: Generation,
    /// The fold that fills it.
    pub schema: ViewSchema,
    /// Whether that is one of this program's.
    pub is_understood: bool,
    /// Over how many slices it is spread.
    pub slices: SliceCount,
    /// What it is for.
    pub role: GenerationRole,
    /// Everything up to here is committed in all slices.
    pub position: GlobalPosition,
    /// Whether all slices can be asked.
    pub is_complete: bool,
    /// How many keys it holds back.
    pub held_keys: u64,
    /// Whether the projector of this process keeps it.
    pub is_kept: bool,
    /// How far it is being built here, apart from that; none where it was not begun here.
    pub build: Option<(Work, BuildState)>,
}

/// What a generation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GenerationRole {
    /// It answers.
    Answers,
    /// It answered before, and is what can be gone back to.
    AnsweredBefore,
    /// It is newer than the one that answers, and never was the one.
    Next,
    /// None of these.
    Beside,
    /// It is not entered any more.
    Gone,
}

/// A verification, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerificationLook {
    /// Of which generation.
    pub generation: Generation,
    /// How far it is.
    pub work: Work,
    /// How it is with it.
    pub state: VerifyState,
    /// When it ended; none while it goes on.
    pub ended: Option<Timestamp>,
}

/// What building a read model anew would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RebuildPlan {
    /// The generation that answers meanwhile.
    pub answering: GenerationName,
    /// The number that the new one would have.
    pub generation: Generation,
    /// The fold.
    pub schema: ViewSchema,
    /// How many events there are to fold.
    pub events: u64,
    /// Whether they were counted; otherwise they are about so many.
    pub is_counted: bool,
    /// About how long it takes, by how fast the read model was built last in this process; none where it was not.
    pub time: Option<Duration>,
}

/// Why something was not done about a read model. Nothing was changed then, unless a store failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UpkeepError {
    /// No such read model is kept here.
    #[error("{model} is not kept here")]
    NoModel {
        /// The read model.
        model: ModelName,
    },
    /// It was never built.
    #[error("{model} has no generation yet; wait until its projector has entered one")]
    NotBuilt {
        /// The read model.
        model: ModelName,
    },
    /// The generation is of a fold that this program does not have.
    #[error(
        "generation {generation} is of another fold than this program's; use the program that made it"
    )]
    OtherFold {
        /// The generation.
        generation: GenerationName,
    },
    /// A generation is being built, or was and stands still.
    #[error(
        "generation {generation} is being built, or was and stands still; promote it, go on with it or retire it first"
    )]
    UnderWay {
        /// The generation.
        generation: GenerationName,
    },
    /// It was entered, and its building was not begun.
    #[error("generation {generation} was entered but not begun; go on with it")]
    NotBegun {
        /// The generation.
        generation: GenerationName,
        /// The cause.
        #[source]
        source: Box<CommitError>,
    },
    /// It is no generation to go on building.
    #[error(
        "generation {generation} is not to be built: it answers, or did; or the service keeps it itself"
    )]
    NotToBeBuilt {
        /// The generation.
        generation: GenerationName,
    },
    /// A generation is being verified.
    #[error(
        "generation {generation} is being verified; wait for that or stop it, as one takes the memory of all its views"
    )]
    Verifying {
        /// The generation.
        generation: GenerationName,
    },
    /// Nothing of the kind is under way here.
    #[error("nothing of the kind is under way here for generation {generation}")]
    NotUnderWay {
        /// The generation.
        generation: GenerationName,
    },
    /// Another generation answers than was thought.
    #[error(
        "{model} is answered by another generation than it was, or has another to go back to; look again"
    )]
    Changed {
        /// The read model.
        model: ModelName,
    },
    /// The service ends.
    #[error("the service ends, and begins nothing more")]
    Ending,
    /// It cannot be promoted, rolled back to or retired.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The store of the read models failed. The change may or may not have been made.
    #[error("the store of the read models failed")]
    ReadModels(#[from] StoreError),
    /// The event store failed.
    #[error("the event store failed")]
    EventStore(#[source] StoreError),
}

impl std::fmt::Debug for Upkeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let models: Vec<_> = self.models();
        f.debug_struct("Upkeep")
            .field("models", &models)
            .finish_non_exhaustive()
    }
}

impl Upkeep {
    pub(crate) fn new(
        kept: Vec<Arc<dyn AnyKept>>,
        projector: watch::Receiver<ProjectorStatus>,
    ) -> Self {
        Self {
            kept,
            projector,
            acts: tokio::sync::Mutex::default(),
            book: Mutex::default(),
            rates: Rates::default(),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }

    /// The read models that are kept.
    #[must_use]
    pub fn models(&self) -> Vec<ModelName> {
        let mut models: Vec<_> = self.kept.iter().map(|kept| kept.model().clone()).collect();
        models.dedup();
        models
    }

    /// How it is with a read model.
    ///
    /// # Errors
    /// [`UpkeepError::NoModel`] and [`UpkeepError::ReadModels`].
    pub async fn look(&self, model: &ModelName) -> Result<ModelLook, UpkeepError> {
        let kept = self.any(model)?;
        let catalogue = kept.catalogue().await?;
        let infos = catalogue.iter().flat_map(|it| &it.generations);
        let infos: Vec<_> = infos.cloned().collect();
        let standings = try_join_all(infos.iter().map(|info| kept.standing(info))).await?;
        let mut book = self.book();
        let mut generations = Vec::new();
        for (info, standing) in infos.into_iter().zip(standings) {
            let name = name_of(model, &info);
            let role = catalogue
                .as_ref()
                .map_or(GenerationRole::Beside, |it| role(it, info.generation));
            if role == GenerationRole::Answers
                && book.builds.get(&name).is_some_and(|it| !it.is_on())
            {
                book.builds.remove(&name);
            }
            let build = book.builds.get(&name).map(|it| (it.work(), it.state()));
            generations.push(GenerationLook {
                generation: info.generation,
                schema: info.schema,
                is_understood: self.fold(model, info.schema).is_some(),
                slices: info.slices,
                role,
                position: standing.position,
                is_complete: standing.is_complete,
                held_keys: standing.held_keys,
                is_kept: self.is_kept(&name),
                build,
            });
        }
        for (name, build) in book.builds.iter().filter(|(name, _)| name.model == *model) {
            if generations
                .iter()
                .all(|it| it.generation != name.generation)
            {
                let (work, state) = (build.work(), build.state());
                generations.push(GenerationLook {
                    generation: name.generation,
                    schema: build.info.schema,
                    is_understood: true,
                    slices: build.info.slices,
                    role: GenerationRole::Gone,
                    position: work.position,
                    is_complete: false,
                    held_keys: 0,
                    is_kept: false,
                    build: Some((work, state)),
                });
            }
        }
        let verification = book.verifying.get(model).map(|it| {
            let (work, state, ended) = it.look();
            VerificationLook {
                generation: it.generation.generation,
                work,
                state,
                ended,
            }
        });
        Ok(ModelLook {
            model: model.clone(),
            generations,
            verification,
        })
    }

    /// What building a read model anew would come to. Changes nothing. Counts 20,000 events at most.
    ///
    /// # Errors
    /// As [`rebuild`](Self::rebuild).
    pub async fn plan(&self, model: &ModelName) -> Result<RebuildPlan, UpkeepError> {
        let (kept, catalogue, answering) = self.answering(model).await?;
        if let Some(building) = next(&catalogue) {
            let generation = name_of(model, building);
            return Err(UpkeepError::UnderWay { generation });
        }
        let counted = kept.count_events().await;
        let (events, is_counted) = counted.map_err(UpkeepError::EventStore)?;
        let rate = lock(&self.rates).get(model).copied();
        Ok(RebuildPlan {
            answering: name_of(model, &answering),
            generation: catalogue.next_generation(),
            schema: answering.schema,
            events,
            is_counted,
            time: rate.and_then(|rate| Duration::try_from_secs_f64(events as f64 / rate).ok()),
        })
    }

    /// Begins the next generation of the fold of the one that answers, beside it. It does not answer until it is
    /// [promoted](Self::promote).
    ///
    /// # Errors
    /// [`UpkeepError::UnderWay`] where there is such a one already, here or elsewhere: also one of another fold,
    /// as a newer program builds. [`UpkeepError::OtherFold`] where this program does not have the fold.
    pub async fn rebuild(&self, model: &ModelName) -> Result<GenerationName, UpkeepError> {
        let _act = self.acts.lock().await;
        self.refuse_ending()?;
        let (kept, ..) = self.answering(model).await?;
        let catalogue = kept.enter().await?;
        let name = GenerationName {
            model: model.clone(),
            generation: catalogue.newest,
        };
        let is_gone = |name: &GenerationName| {
            name.model == *model && catalogue.info(name.generation).is_none()
        };
        self.book().builds.retain(|name, _| !is_gone(name));
        self.build(kept, &name, &catalogue, GlobalPosition::START)?;
        Ok(name)
    }

    /// Goes on with a generation that was begun before, here or elsewhere.
    ///
    /// # Errors
    /// [`UpkeepError::NotToBeBuilt`] where it answers, did so before, or is kept by the projector of this process;
    /// [`UpkeepError::UnderWay`] where it goes on here.
    pub async fn resume(&self, generation: &GenerationName) -> Result<(), UpkeepError> {
        let _act = self.acts.lock().await;
        self.refuse_ending()?;
        let (kept, catalogue, info) = self.find(generation).await?;
        let is_next = role(&catalogue, info.generation) == GenerationRole::Next;
        if !is_next || self.is_kept(generation) {
            return Err(UpkeepError::NotToBeBuilt {
                generation: generation.clone(),
            });
        }
        if let Some(before) = self.building(generation) {
            if self.is_on(generation) {
                let generation = generation.clone();
                return Err(UpkeepError::UnderWay { generation });
            }
            before.shut_down().await;
        }
        let from = kept.standing(&info).await?.position;
        self.build(kept, generation, &catalogue, from)
    }

    /// Stops building a generation here. What is built of it stays.
    ///
    /// # Errors
    /// [`UpkeepError::NotUnderWay`].
    pub async fn stop_build(&self, generation: &GenerationName) -> Result<(), UpkeepError> {
        let _act = self.acts.lock().await;
        let projector = self.building(generation).filter(|_| self.is_on(generation));
        let projector = projector.ok_or_else(|| UpkeepError::NotUnderWay {
            generation: generation.clone(),
        })?;
        projector.shut_down().await;
        Ok(())
    }

    /// Lets a generation answer from now on, in one atomic step, if it is complete and holds no more keys back
    /// than the one that does; that one is kept, to [go back](Self::roll_back) to. Where it is being built here
    /// it is waited for, up to 10 s, until it has caught up. `answering` is the one that answers, as far as is
    /// known.
    ///
    /// Where this future is dropped it was done, or the generation stands still.
    ///
    /// # Errors
    /// [`UpkeepError::Rebuild`] says why not, as [`promote`](crate::promote) does; [`UpkeepError::Changed`] where
    /// another answers; [`UpkeepError::UnderWay`] where it is of another fold than the one that answers while a
    /// third one is being built.
    pub async fn promote(
        &self,
        generation: &GenerationName,
        answering: Generation,
    ) -> Result<(), UpkeepError> {
        self.promote_as(generation, answering, Promotion::ByHand)
            .await
    }

    /// As [`promote`](Self::promote), however many keys it holds back: who asks for one of these is shown it as
    /// it was before the event that could not be folded.
    ///
    /// # Errors
    /// As [`promote`](Self::promote), without [`MoreHeld`](RebuildError::MoreHeld).
    pub async fn promote_despite_held(
        &self,
        generation: &GenerationName,
        answering: Generation,
    ) -> Result<(), UpkeepError> {
        self.promote_as(generation, answering, Promotion::DespiteHeld)
            .await
    }

    async fn promote_as(
        &self,
        generation: &GenerationName,
        answering: Generation,
        promotion: Promotion,
    ) -> Result<(), UpkeepError> {
        let _act = self.acts.lock().await;
        let (kept, catalogue, info) = self.find(generation).await?;
        if catalogue.active != answering || answering == generation.generation {
            let model = generation.model.clone();
            return Err(UpkeepError::Changed { model });
        }
        refuse_third(generation, &catalogue, &info)?;
        let building = self.building(generation).filter(|_| self.is_on(generation));
        self.admitted(&*kept, generation, promotion, building.as_deref())
            .await?;
        if let Some(projector) = building {
            // The one that keeps the read model goes over to it: there is never a second one.
            projector.shut_down().await;
        }
        kept.have_answer(generation, promotion).await?;
        self.book().builds.remove(generation);
        tracing::info!(%generation, "promoted by an operator: it answers from now on");
        Ok(())
    }

    /// Waits until a generation that is being built has caught up with the one that answers.
    async fn admitted(
        &self,
        kept: &dyn AnyKept,
        generation: &GenerationName,
        promotion: Promotion,
        building: Option<&Projector>,
    ) -> Result<(), RebuildError> {
        let waited = async {
            loop {
                match (kept.admit(generation, promotion).await, building) {
                    (Err(RebuildError::Behind { active, .. }), Some(building)) => {
                        if building.reached(active).await.is_err() {
                            return kept.admit(generation, promotion).await;
                        }
                        kept.sleep(PROMOTE_WAIT).await;
                    }
                    (admitted, _) => return admitted,
                }
            }
        };
        tokio::select! {
            biased;
            admitted = waited => admitted,
            () = kept.sleep(PROMOTE_WAIT_MAX) => kept.admit(generation, promotion).await,
        }
    }

    /// Lets the generation `to`, which answered before, answer in place of `from`, in one atomic step. It was not
    /// kept up to date meanwhile, unless as an earlier version; the projector goes on with it from where it is. A
    /// [`ModelReader`](crate::ModelReader) that has shown more goes on asking the other one until this one has
    /// caught up.
    ///
    /// # Errors
    /// [`UpkeepError::Changed`] where these are not the two; [`RebuildError::NotReady`] where `to` is not
    /// complete, as after its store lost it; and as [`promote`](Self::promote).
    pub async fn roll_back(
        &self,
        model: &ModelName,
        from: Generation,
        to: Generation,
    ) -> Result<(), UpkeepError> {
        let _act = self.acts.lock().await;
        let generation = GenerationName {
            model: model.clone(),
            generation: to,
        };
        let (kept, catalogue, info) = self.find(&generation).await?;
        refuse_third(&generation, &catalogue, &info)?;
        let standing = kept.standing(&info).await?;
        if !standing.is_complete {
            let position = standing.position;
            return Err(RebuildError::NotReady {
                generation,
                position,
            }
            .into());
        }
        kept.roll_back(from, to).await?;
        tracing::info!(%generation, "rolled back by an operator: it answers from now on");
        Ok(())
    }

    /// Removes a generation that does not answer, with all that it holds. Where it is being built here, that is
    /// stopped; elsewhere it ends.
    ///
    /// # Errors
    /// [`RebuildError::Answering`] for the one that answers.
    pub async fn retire(&self, generation: &GenerationName) -> Result<(), UpkeepError> {
        let _act = self.acts.lock().await;
        let kept = self.any(&generation.model)?;
        let catalogue = kept.catalogue().await?;
        if catalogue.is_some_and(|it| it.active == generation.generation) {
            let generation = generation.clone();
            return Err(RebuildError::Answering { generation }.into());
        }
        if let Some(projector) = self.building(generation) {
            projector.shut_down().await;
        }
        kept.retire(generation).await?;
        self.book().builds.remove(generation);
        tracing::info!(%generation, "retired by an operator");
        Ok(())
    }

    /// Begins to fold the log again and compare, as [`verify`](crate::verify) does. One at a time, as it needs
    /// memory for all views of the generation.
    ///
    /// # Errors
    /// [`UpkeepError::Verifying`].
    pub async fn verify(&self, generation: &GenerationName) -> Result<(), UpkeepError> {
        self.refuse_ending()?;
        let (kept, ..) = self.find(generation).await?;
        let mut book = self.book();
        if let Some(on) = book.verifying.values().find(|it| it.is_on()) {
            return Err(UpkeepError::Verifying {
                generation: on.generation.clone(),
            });
        }
        let verifying = Verifying::start(kept, generation.clone());
        book.verifying.insert(generation.model.clone(), verifying);
        Ok(())
    }

    /// Stops the verification of a generation.
    ///
    /// # Errors
    /// [`UpkeepError::NotUnderWay`].
    pub fn stop_verification(&self, generation: &GenerationName) -> Result<(), UpkeepError> {
        let now = self.any(&generation.model)?.now();
        let mut book = self.book();
        let on = book.verifying.get_mut(&generation.model);
        match on.filter(|it| it.generation == *generation && it.is_on()) {
            Some(on) => {
                on.stop(now);
                Ok(())
            }
            None => Err(UpkeepError::NotUnderWay {
                generation: generation.clone(),
            }),
        }
    }

    /// Stops all that is under way, and begins nothing more. What is built of a generation stays, for whoever
    /// goes on with it.
    pub async fn shut_down(&self) {
        let builds: Vec<_> = {
            let mut book = self.book();
            book.is_closed = true;
            for verifying in book.verifying.values_mut() {
                let now = self
                    .kept
                    .first()
                    .map_or(Timestamp::UNIX_EPOCH, |kept| kept.now());
                verifying.stop(now);
            }
            let builds = book.builds.values();
            builds.map(|build| Arc::clone(&build.projector)).collect()
        };
        join_all(builds.iter().map(|projector| projector.shut_down())).await;
    }

    fn refuse_ending(&self) -> Result<(), UpkeepError> {
        match self.book().is_closed {
            true => Err(UpkeepError::Ending),
            false => Ok(()),
        }
    }

    /// Starts to build, unless the service ends.
    fn build(
        &self,
        kept: Arc<dyn AnyKept>,
        name: &GenerationName,
        catalogue: &Catalogue,
        from: GlobalPosition,
    ) -> Result<(), UpkeepError> {
        let no_generation = || RebuildError::NoGeneration {
            generation: name.clone(),
        };
        let info = catalogue.info(name.generation).ok_or_else(no_generation)?;
        let mut book = self.book();
        if book.is_closed {
            return Err(UpkeepError::Ending);
        }
        let projector = kept.build(name.generation, catalogue.clone());
        let rates = Arc::clone(&self.rates);
        let build = Build::watch(kept, projector, info.clone(), from, rates);
        book.builds.insert(name.clone(), build);
        Ok(())
    }

    fn building(&self, generation: &GenerationName) -> Option<Arc<Projector>> {
        let book = self.book();
        let build = book.builds.get(generation)?;
        Some(Arc::clone(&build.projector))
    }

    fn is_on(&self, generation: &GenerationName) -> bool {
        self.book().builds.get(generation).is_some_and(Build::is_on)
    }

    /// Returns whether the projector of this process works on a generation.
    fn is_kept(&self, generation: &GenerationName) -> bool {
        let status = self.projector.borrow();
        let mut models = status.models.iter();
        models
            .any(|it| it.model == generation.model && it.generation == Some(generation.generation))
    }

    /// Any fold of a read model.
    fn any(&self, model: &ModelName) -> Result<Arc<dyn AnyKept>, UpkeepError> {
        let kept = self.kept.iter().find(|kept| kept.model() == model);
        kept.cloned().ok_or_else(|| UpkeepError::NoModel {
            model: model.clone(),
        })
    }

    /// A certain fold of it.
    fn fold(&self, model: &ModelName, schema: ViewSchema) -> Option<&Arc<dyn AnyKept>> {
        let mut kept = self.kept.iter();
        kept.find(|kept| kept.model() == model && kept.schema() == schema)
    }

    /// A generation, and its fold.
    async fn find(
        &self,
        generation: &GenerationName,
    ) -> Result<(Arc<dyn AnyKept>, Catalogue, GenerationInfo), UpkeepError> {
        let model = &generation.model;
        let catalogue = self.any(model)?.catalogue().await?;
        let found = catalogue.and_then(|it| {
            it.info(generation.generation)
                .cloned()
                .map(|info| (it, info))
        });
        let (catalogue, info) = found.ok_or_else(|| RebuildError::NoGeneration {
            generation: generation.clone(),
        })?;
        let kept = self.fold(model, info.schema).cloned();
        let kept = kept.ok_or_else(|| UpkeepError::OtherFold {
            generation: generation.clone(),
        })?;
        Ok((kept, catalogue, info))
    }

    /// The generation that answers, and its fold.
    async fn answering(
        &self,
        model: &ModelName,
    ) -> Result<(Arc<dyn AnyKept>, Catalogue, GenerationInfo), UpkeepError> {
        let catalogue = self.any(model)?.catalogue().await?;
        let catalogue = catalogue.ok_or_else(|| UpkeepError::NotBuilt {
            model: model.clone(),
        })?;
        let generation = catalogue.active;
        self.find(&GenerationName {
            model: model.clone(),
            generation,
        })
        .await
    }
}

/// Programs go over to the newest generation of their fold where none that answers is of it: not to one that is
/// being built.
fn refuse_third(
    generation: &GenerationName,
    catalogue: &Catalogue,
    info: &GenerationInfo,
) -> Result<(), UpkeepError> {
    let is_same = catalogue
        .active_info()
        .is_some_and(|it| it.schema == info.schema);
    match next(catalogue).filter(|it| it.generation != info.generation) {
        Some(third) if !is_same => Err(UpkeepError::UnderWay {
            generation: name_of(&generation.model, third),
        }),
        _ => Ok(()),
    }
}

fn role(catalogue: &Catalogue, generation: Generation) -> GenerationRole {
    if catalogue.active == generation {
        GenerationRole::Answers
    } else if catalogue.previous == Some(generation) {
        GenerationRole::AnsweredBefore
    } else if generation > catalogue.active {
        GenerationRole::Next
    } else {
        GenerationRole::Beside
    }
}
