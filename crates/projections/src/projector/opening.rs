//! Where the slices of a read model are, and whether this log is the one they were folded from.

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures_util::future::try_join_all;
use minwon_core::{
    EventStore, Generation, GenerationName, GlobalPosition, Incarnation, Loaded, Projection,
    ReadModelStore, Slice, SliceCount, SliceName, Wanted,
};

use super::{
    Backends, SettingsOn,
    answers::Answers,
    entries::{Entries, Role},
    given_up::GivenUp,
    known_log::KnownLog,
    slices::Slices,
};
use crate::{
    checkpoints::name_of,
    end::{SessionEnd, StopReason},
    rebuild::{RebuildError, promote_next},
    slice::{Definition, SliceMachine},
};

/// Random numbers for the lives of slices.
pub(crate) type Incarnations = Arc<dyn Fn() -> Incarnation + Send + Sync>;

/// Knows the generation that a projection works on, from one session to the next.
pub(crate) struct Opener<P: Projection, B: Backends> {
    pub(super) settings: Arc<SettingsOn<B>>,
    definition: Arc<Definition<P>>,
    pub(super) entries: Entries<B::Models>,
    /// Lives of slices that have to end, and the events that did not fit.
    damaged: HashMap<SliceName, (Incarnation, Option<GlobalPosition>)>,
    leased: Vec<Slice>,
    generation: Option<(GenerationName, SliceCount)>,
    /// Its role, since it was opened.
    role: Option<Role>,
    /// Why it was not promoted when it was looked at last.
    pub(super) not_promoted: Option<Arc<str>>,
    /// Whether earlier lives of slices were swept away.
    pub(super) has_swept: bool,
}

impl<P: Projection, B: Backends> Opener<P, B> {
    pub(super) fn new(
        settings: Arc<SettingsOn<B>>,
        definition: Arc<Definition<P>>,
        entries: Entries<B::Models>,
    ) -> Self {
        Self {
            settings,
            definition,
            entries,
            damaged: HashMap::new(),
            leased: Vec::new(),
            generation: None,
            role: None,
            not_promoted: None,
            has_swept: false,
        }
    }

    /// Finds out where the slices are that this projector works on.
    pub(super) async fn open(&mut self) -> Result<Slices<P>, SessionEnd> {
        let projection = &*self.definition.projection;
        let Some(info) = self.entries.choose(projection).await? else {
            return Ok(self.nothing());
        };
        let generation = name_of(&self.entries.model, &info);
        self.generation = Some((generation.clone(), info.slices));
        if self.entries.is_handed_over(info.generation) {
            return Err(SessionEnd::Stop(StopReason::Promoted { generation }));
        }
        let role = self.entries.role(info.generation);
        if matches!(role, Role::Instead { .. }) && self.role != Some(role) {
            tracing::warn!(
                %generation,
                "this program does not understand the generation that answers; until its own is \
                 complete its questions are answered with \"rebuilding\""
            );
        }
        self.role = Some(role);
        self.leased = match &self.settings.membership {
            Some(membership) => membership
                .heartbeat(&generation, info.slices)
                .await
                .map_err(SessionEnd::of_read_models)?,
            None => info.slices.slices().collect(),
        };
        let names = self.leased.iter().map(|slice| generation.slice(*slice));
        let names: Vec<_> = names.collect();
        let (store, read_models) = (&*self.settings.store, &*self.settings.read_models);
        let wanted = Wanted::default();
        let loads = names.iter().map(|name| read_models.load(name, &wanted));
        let loaded = try_join_all(loads).await;
        let loaded = loaded.map_err(SessionEnd::of_read_models)?;
        // After the checkpoints: what is folded cannot be ahead of a log that was asked later.
        let head = store.head().await?;
        let mut log = KnownLog::new(store, &self.settings.filter, head);
        let mut machines: Vec<_> = info.slices.slices().map(|_| None).collect();
        for (name, loaded) in names.into_iter().zip(loaded) {
            let at = usize::from(name.slice.get());
            machines[at] = Some(self.machine(name, loaded, &mut log).await?);
        }
        let definition = Arc::clone(&self.definition);
        Ok(Slices::new(definition, info.slices, machines, head))
    }

    /// No generation to work on, for now.
    fn nothing(&mut self) -> Slices<P> {
        (self.generation, self.role) = (None, None);
        self.leased.clear();
        let count = self.definition.projection.slices();
        let machines = count.slices().map(|_| None).collect();
        let definition = Arc::clone(&self.definition);
        Slices::new(definition, count, machines, GlobalPosition::START)
    }

    async fn machine(
        &self,
        name: SliceName,
        loaded: Loaded,
        log: &mut KnownLog<'_, B::Log>,
    ) -> Result<SliceMachine<P>, SessionEnd> {
        let damaged = self.damaged.get(&name);
        let why = match &loaded.checkpoint {
            None if loaded.is_damaged => Some("its checkpoint was damaged"),
            None => None,
            Some(found) if damaged.is_some_and(|(life, _)| *life == found.incarnation) => {
                Some("what it held was damaged")
            }
            Some(found) if found.schema != self.definition.projection.schema() => {
                Some("another fold made it")
            }
            Some(found) if !log.knows(found).await? => {
                Some("the log does not hold what was folded into it; the event store was restored")
            }
            Some(_) => None,
        };
        if let Some(why) = why {
            let position = loaded.checkpoint.as_ref().map(|found| found.position);
            tracing::warn!(slice = %name, ?position, why, "a slice begins anew");
        }
        let complaint = damaged.and_then(|(_, at)| *at);
        let mut machine = match loaded.checkpoint {
            Some(found) if why.is_none() => SliceMachine::resume(name, &self.definition, found),
            instead_of => {
                let incarnation = (self.settings.incarnations)();
                SliceMachine::begin(name, &self.definition, instead_of, incarnation)
            }
        };
        machine.complaint = complaint;
        Ok(if self.is_answering() {
            machine.with_letters()
        } else {
            machine
        })
    }

    /// Answers what the slices want, which stand behind `from`.
    pub(super) async fn answers(
        &self,
        from: Option<GlobalPosition>,
    ) -> Result<Answers<P, B>, SessionEnd> {
        let letters = self.settings.letters.clone();
        let consumer = self.definition.consumer.clone();
        Ok(Answers {
            settings: Arc::clone(&self.settings),
            definition: Arc::clone(&self.definition),
            given_up: GivenUp::open(letters, consumer, from).await?,
            refolding: tokio::sync::Mutex::default(),
        })
    }

    /// Makes a slice that was found damaged start again from nothing.
    pub(super) fn note_damage<A>(
        &mut self,
        outcome: Result<A, SessionEnd>,
    ) -> Result<A, SessionEnd> {
        if let Err(SessionEnd::Damaged(damaged)) = &outcome {
            tracing::warn!(slice = %damaged.slice, why = damaged.why, "a slice is damaged");
            let before = self.damaged.get(&damaged.slice).and_then(|(_, at)| *at);
            let life = (damaged.incarnation, damaged.at.or(before));
            self.damaged.insert(damaged.slice.clone(), life);
        }
        outcome
    }

    /// Returns how many changes of its namespace the store has counted; none where it does not.
    pub(super) fn changes(&self) -> Option<u64> {
        let model = &self.entries.model;
        self.settings.read_models.changes(&model.namespace)
    }

    /// Returns whether the slices are not where they were committed. A store that lost something is
    /// noticed by the next commit anyway; but that may be far off.
    pub(super) async fn has_lost_something(
        &self,
        machines: impl Iterator<Item = &SliceMachine<P>>,
    ) -> Result<bool, SessionEnd> {
        let wanted = Wanted::default();
        let checks = machines.map(|machine| async {
            let loaded = self.settings.read_models.load(&machine.name, &wanted);
            Ok(!machine.is_at(loaded.await?.checkpoint.as_ref()))
        });
        let moved = try_join_all(checks).await;
        let moved = moved.map_err(SessionEnd::of_read_models)?;
        Ok(moved.contains(&true))
    }

    /// Returns whether it has to be opened again because the generation is not entered any more, or
    /// is for something else; or because there is one now. Promotes the one that `is_ready` and
    /// waits for that.
    pub(super) async fn has_changed_roles(&mut self, is_ready: bool) -> Result<bool, SessionEnd> {
        let Some((name, _)) = &self.generation else {
            return self.entries.has_work(&*self.definition.projection).await;
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
        let why = match promote_next(&*self.settings.read_models, name).await {
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
    pub(super) fn generation(&self) -> Option<Generation> {
        self.generation_name().map(|name| name.generation)
    }

    /// Its name.
    pub(super) fn generation_name(&self) -> Option<&GenerationName> {
        self.generation.as_ref().map(|(name, _)| name)
    }

    /// Returns whether that is the one that answers: only then are letters written.
    pub(super) fn is_answering(&self) -> bool {
        self.role == Some(Role::Answering)
    }

    /// Returns how long after a heartbeat the next one is sent; none where there are no leases.
    pub(super) fn heartbeat_wait(&self) -> Option<Duration> {
        let membership = self.settings.membership.as_ref();
        membership.map(|membership| membership.heartbeat_wait())
    }

    /// Sends a heartbeat. Where that fails the slices stay: commits are safe without leases.
    pub(super) async fn have_slices_changed(&self) -> bool {
        let (Some(membership), Some((generation, slices))) =
            (&self.settings.membership, &self.generation)
        else {
            return false;
        };
        membership
            .have_slices_changed(generation, *slices, &self.leased)
            .await
    }

    /// Gives up the leases.
    pub(super) async fn leave(&self) {
        if let (Some(membership), Some((generation, _))) =
            (&self.settings.membership, &self.generation)
        {
            membership.leave(generation, &self.settings.timer).await;
        }
    }
}
