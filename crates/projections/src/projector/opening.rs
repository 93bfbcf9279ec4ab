//! Where the slices of a read model are, and whether this log is the one they were folded from.

use std::{collections::HashMap, num::NonZeroU32, sync::Arc};

use futures_util::{
    FutureExt,
    future::{BoxFuture, try_join_all},
};
use minwon_core::{
    EventFilter, EventStore, Failure, FailureClass, Generation, GenerationName, GlobalPosition,
    Incarnation, Loaded, ModelName, Projection, ReadModelAdmin, ReadModelStore, RecordedEvent,
    Slice, SliceCount, SliceName, Timer, Wanted,
};

use super::{
    end::{Misfit, Missing, SessionEnd, StopReason},
    entries::{Entries, Role},
    known_log::KnownLog,
    leasing::Membership,
    slice_run::SliceRun,
};
use crate::rebuild::{RebuildError, promote_next};

/// Random numbers for the lives of slices.
pub(crate) type Incarnations = Arc<dyn Fn() -> Incarnation + Send + Sync>;

pub(crate) struct Opener<P, S, R, T> {
    pub(crate) store: Arc<S>,
    pub(crate) read_models: Arc<R>,
    pub(crate) timer: Arc<T>,
    pub(crate) entries: Entries<R>,
    pub(crate) membership: Option<Membership>,
    pub(crate) incarnations: Incarnations,
    /// Lives of slices that have to end.
    pub(crate) damaged: HashMap<SliceName, Incarnation>,
    /// The last slice that was damaged, and the event that showed it.
    pub(crate) complaint: Option<(SliceName, GlobalPosition)>,
    pub(crate) leased: Vec<Slice>,
    pub(crate) generation: Option<(GenerationName, SliceCount)>,
    /// Whether that is the one that answers: only then are letters written.
    pub(crate) is_answering: bool,
    /// What it is for, since it was opened.
    pub(crate) role: Option<Role>,
    /// Why it was not promoted when it was looked at last.
    pub(crate) not_promoted: Option<Arc<str>>,
    pub(crate) projection: std::marker::PhantomData<fn() -> P>,
}

/// A read model, ready to be worked on.
pub(crate) struct Opened<P: Projection> {
    pub(crate) slices: SliceCount,
    pub(crate) runs: Vec<Option<SliceRun<P>>>,
    pub(crate) head: GlobalPosition,
}

impl<P, S, R, T> Opener<P, S, R, T>
where
    P: Projection,
    S: EventStore,
    R: ReadModelStore + ReadModelAdmin,
    T: Timer + 'static,
{
    pub(crate) fn model(&self) -> &ModelName {
        &self.entries.model
    }

    /// Finds out where the slices are that this projector works on, following what `filter` admits.
    pub(crate) async fn open(
        &mut self,
        projection: &Arc<P>,
        filter: &EventFilter,
    ) -> Result<Opened<P>, SessionEnd> {
        let Some(info) = self.entries.choose(&**projection).await? else {
            return Ok(self.nothing(projection.slices()));
        };
        let generation = GenerationName {
            model: self.entries.model.clone(),
            generation: info.generation,
        };
        self.generation = Some((generation.clone(), info.slices));
        let role = self.entries.role(info.generation);
        if matches!(role, Role::Instead { .. }) && self.role != Some(role) {
            tracing::warn!(
                %generation,
                "this program does not understand the generation that answers; until its own is \
                 complete its questions are answered with \"rebuilding\""
            );
        }
        (self.role, self.is_answering) = (Some(role), role == Role::Answering);
        self.leased = match &self.membership {
            Some(membership) => membership
                .heartbeat(&generation, info.slices)
                .await
                .map_err(SessionEnd::of_read_models)?,
            None => info.slices.slices().collect(),
        };
        let names = self.leased.iter().map(|slice| generation.slice(*slice));
        let names: Vec<_> = names.collect();
        let wanted = Wanted::default();
        let loads = names
            .iter()
            .map(|name| self.read_models.load(name, &wanted));
        let loaded = try_join_all(loads)
            .await
            .map_err(SessionEnd::of_read_models)?;
        // After the checkpoints: what is folded cannot be ahead of a log that was asked later.
        let head = self
            .store
            .head()
            .await
            .map_err(SessionEnd::of_event_store)?;
        let mut log = KnownLog::new(&*self.store, filter, head);
        let mut runs: Vec<_> = info.slices.slices().map(|_| None).collect();
        for (name, loaded) in names.into_iter().zip(loaded) {
            let at = usize::from(name.slice.get());
            runs[at] = Some(self.run(name, projection, loaded, &mut log).await?);
        }
        Ok(Opened {
            slices: info.slices,
            runs,
            head,
        })
    }

    /// No generation to work on, for now.
    fn nothing(&mut self, slices: SliceCount) -> Opened<P> {
        (self.generation, self.role, self.is_answering) = (None, None, false);
        self.leased.clear();
        Opened {
            slices,
            runs: slices.slices().map(|_| None).collect(),
            head: GlobalPosition::START,
        }
    }

    async fn run(
        &self,
        name: SliceName,
        projection: &Arc<P>,
        loaded: Loaded,
        log: &mut KnownLog<'_, S>,
    ) -> Result<SliceRun<P>, SessionEnd> {
        let begin = |instead_of| {
            let incarnation = (self.incarnations)();
            Ok(SliceRun::begin(
                name.clone(),
                projection,
                instead_of,
                incarnation,
            ))
        };
        let Some(checkpoint) = loaded.checkpoint else {
            if loaded.is_damaged {
                let why = "its checkpoint was damaged";
                tracing::warn!(slice = %name, why, "a slice begins anew");
            }
            return begin(None);
        };
        let why = if self.damaged.get(&name) == Some(&checkpoint.incarnation) {
            "what it held was damaged"
        } else if checkpoint.schema != projection.schema() {
            "another fold made it"
        } else if !log.knows(&checkpoint).await? {
            "the log does not hold what was folded into it; the event store was restored"
        } else {
            return Ok(SliceRun::resume(name, projection, checkpoint));
        };
        tracing::warn!(slice = %name, position = %checkpoint.position, why, "a slice begins anew");
        begin(Some(checkpoint))
    }

    /// Why `found` does not follow what is folded: its stream has a hole, which holds its key back;
    /// or else the projection ends, for a slice that lost or gained something behind the projector's
    /// back, or a reader that passed over an event that the log has.
    pub(crate) async fn explain(
        &mut self,
        slice: &SliceName,
        committed: GlobalPosition,
        found: &RecordedEvent,
        misfit: &Misfit,
    ) -> Result<Failure, SessionEnd> {
        let passed_over = SessionEnd::Stop(StopReason::PassedOver {
            stream: found.stream.clone(),
            expected: misfit.expected,
            found: found.version,
            position: found.position,
        });
        let complaint = (slice.clone(), found.position);
        if self.complaint.as_ref() == Some(&complaint) {
            // The slice was folded anew since, and still it does not fit.
            return Err(passed_over);
        }
        if misfit.expected <= found.version {
            let page = self
                .store
                .read_stream(&found.stream, misfit.expected, NonZeroU32::MIN)
                .await
                .map_err(SessionEnd::of_event_store)?;
            let next = page.events.first();
            let Some(next) = next.filter(|next| next.version == misfit.expected) else {
                let missing = Missing {
                    stream: found.stream.clone(),
                    first: misfit.expected,
                    found: found.version,
                };
                return Ok(Failure::new(FailureClass::Damaged, &missing));
            };
            if next.position > committed {
                return Err(passed_over);
            }
        }
        self.complaint = Some(complaint);
        Err(SessionEnd::Damaged {
            slice: slice.clone(),
            why: format!("the view of {} is not the fold of its events", misfit.key),
        })
    }

    /// Notes that this life of a slice has to end.
    pub(crate) fn condemn(&mut self, slice: SliceName, incarnation: Incarnation) {
        self.damaged.insert(slice, incarnation);
    }

    /// How many changes of its namespace the store has counted; none where it does not.
    pub(crate) fn changes(&self) -> Option<u64> {
        self.read_models.changes(&self.model().namespace)
    }

    /// Whether the slices are not where they were committed. A store that lost something is noticed
    /// by the next commit anyway; but that may be far off.
    pub(crate) async fn has_lost_something(
        &mut self,
        runs: impl Iterator<Item = &SliceRun<P>>,
    ) -> Result<bool, SessionEnd> {
        let wanted = Wanted::default();
        let checks = runs.map(|run| async {
            let loaded = self.read_models.load(&run.name, &wanted).await?;
            Ok(loaded.checkpoint != run.committed)
        });
        let moved = try_join_all(checks).await;
        let moved = moved.map_err(SessionEnd::of_read_models)?;
        Ok(moved.contains(&true))
    }

    /// Whether it has to be opened anew because the generation is not entered any more, or is for
    /// something else; or because there is one now. Promotes the one that `is_ready` and waits for
    /// that.
    pub(crate) async fn has_changed_roles(
        &mut self,
        projection: &P,
        is_ready: bool,
    ) -> Result<bool, SessionEnd> {
        let Some((name, _)) = &self.generation else {
            return self.entries.has_work(projection).await;
        };
        if !self.entries.has(name.generation).await? {
            return Ok(true);
        }
        let role = self.entries.role(name.generation);
        if self.role != Some(role) {
            return Ok(true);
        }
        let is_next = matches!(role, Role::Next | Role::Instead { is_next: true });
        if !is_next || !is_ready {
            return Ok(false);
        }
        let why = match promote_next(&*self.read_models, name).await {
            Ok(()) => {
                tracing::info!(generation = %name, "promoted: it answers from now on");
                self.not_promoted = None;
                return Ok(true);
            }
            Err(RebuildError::ReadModels(source)) => {
                return Err(SessionEnd::of_read_models(source));
            }
            // That is over in a moment, or after the time that the slower members take.
            Err(why @ (RebuildError::Behind { .. } | RebuildError::NotReady { .. })) => {
                tracing::debug!(generation = %name, %why, "not promoted yet");
                "it has not caught up with the generation that answers".into()
            }
            Err(why) => why.to_string(),
        };
        if self.not_promoted.as_deref() != Some(&why) {
            tracing::warn!(generation = %name, why, "a complete generation is not promoted");
            self.not_promoted = Some(why.into());
        }
        Ok(false)
    }

    /// The generation that is worked on.
    pub(crate) fn generation(&self) -> Option<Generation> {
        let generation = self.generation.as_ref();
        generation.map(|(name, _)| name.generation)
    }

    /// When to send the next heartbeat; never, where there are no leases.
    pub(crate) fn next_heartbeat(&self) -> BoxFuture<'static, ()> {
        match &self.membership {
            Some(membership) => {
                let (timer, wait) = (Arc::clone(&self.timer), membership.heartbeat_wait());
                async move { timer.sleep(wait).await }.boxed()
            }
            None => std::future::pending().boxed(),
        }
    }

    /// Sends a heartbeat. Where that fails the slices stay: commits are safe without leases.
    pub(crate) async fn have_slices_changed(&self) -> bool {
        let (Some(membership), Some((generation, slices))) = (&self.membership, &self.generation)
        else {
            return false;
        };
        match membership.heartbeat(generation, *slices).await {
            Ok(leased) => leased != self.leased,
            Err(error) => {
                tracing::info!(%error, "a heartbeat failed; the slices are kept for now");
                false
            }
        }
    }

    pub(crate) async fn leave(&self) {
        if let (Some(membership), Some((generation, _))) = (&self.membership, &self.generation) {
            membership.leave(generation).await;
        }
    }
}
