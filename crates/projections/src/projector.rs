//! The runtime of projections: it follows the log and keeps read models.
//!
//! Each projection is a part of its own: trouble in one does not reach the others. One task reads
//! and decodes the log (`source`), another moves the [machines](crate::slice) of the slices
//! (`session`), and commits while the next page is folded. Between them is a bounded channel: a
//! slow store of read models slows the reading, and nothing grows.
//!
//! A fold in memory counts for nothing until the store has committed it. A *session* lasts
//! as long as all commits are accepted; where one is refused the session ends, what is in memory
//! is thrown away, and the next session begins from where the store says each slice is.

mod answers;
mod commit;
mod entries;
mod given_up;
mod known_log;
mod leasing;
mod letters;
mod opening;
mod options;
mod pace;
mod session;
mod slices;
mod source;
mod status;
mod supervisor;
mod ticks;

use std::{
    hash::{BuildHasher, RandomState},
    marker::PhantomData,
    sync::Arc,
};

use minwon_core::{
    Catalogue, EventDecoder, EventFilter, EventStore, Generation, Incarnation, ModelName,
    NamespaceName, Projection, ReadModelAdmin, ReadModelStore, Timer, Timestamp,
    dead_letter_category,
};
use tokio::sync::watch;

pub(crate) use self::entries::Target;
use self::{
    commit::Committer,
    entries::Entries,
    opening::{Incarnations, Opener},
    status::StatusLine,
    supervisor::Supervisor,
};
pub use self::{
    leasing::Membership,
    options::ProjectorOptions,
    status::{ModelStatus, ProjectorStatus},
};

use crate::{
    DeadLetters, SharedFeed, StopReason,
    running::Running,
    slice::{Definition, page::Decode},
    supervise::{Again, AskAgain, PartState, PartTask, Until},
    upkeep::{AnyKept, Kept, Upkeep},
};

/// The stores and the timer of a projector, as one type.
pub(crate) trait Backends: Send + Sync + 'static {
    type Log: EventStore + 'static;
    type Models: ReadModelStore + ReadModelAdmin + 'static;
    type Timer: Timer + 'static;
}

/// These three.
pub(crate) struct Of<S, R, T>(PhantomData<(S, R, T)>);

impl<S, R, T> Backends for Of<S, R, T>
where
    S: EventStore + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    T: Timer + 'static,
{
    type Log = S;
    type Models = R;
    type Timer = T;
}

/// A projector before it is started: a log, a store of read models, and projections. Settings hold
/// for all projections, whether they are added before or after.
///
/// ```
/// use minwon_projections::{Projector, ProjectorBuilder, ProjectorOptions};
/// # use minwon_core::{
/// #     EventDecoder, EventFilter, EventStore, NamespaceName, Projection, ReadModelAdmin, ReadModelStore, Timer,
/// # };
/// # fn keep<S, R, D, P, T>(general: NamespaceName, store: S, read_models: R, decoder: D, views: P, timer: T) -> Projector
/// # where
/// #     S: EventStore + 'static, R: ReadModelStore + ReadModelAdmin + 'static, D: EventDecoder,
/// #     P: Projection<Event = D::Event>, T: Timer + 'static,
/// # {
/// let events = EventFilter::namespace(general.clone());
/// let projector = ProjectorBuilder::new(general, store, read_models, decoder, timer)
///     .filter(events)
///     .options(ProjectorOptions::default())
///     .project(views)
///     .start();
/// # projector
/// # }
/// ```
#[must_use]
pub struct ProjectorBuilder<S: EventStore, R, D: EventDecoder, T> {
    pub(crate) settings: Settings<S, R, T>,
    decode: Arc<Decode<D::Event>>,
    parts: Vec<StartPart<S, R, T, D::Event>>,
    kept: Vec<KeepModel<S, R, T, D::Event>>,
}

/// What an operator has done about the read model of a projection that is kept.
type KeepModel<S, R, T, E> =
    Box<dyn FnOnce(Arc<Settings<S, R, T>>, Arc<Decode<E>>) -> Arc<dyn AnyKept> + Send>;

/// Starts to keep a projection going, once all is set; it is given its number.
type StartPart<S, R, T, E> = Box<
    dyn FnOnce(Arc<Settings<S, R, T>>, Arc<Decode<E>>, usize, Until, Again) -> PartTask<StopReason>
        + Send,
>;

/// The settings of a projector on these backends.
type SettingsOn<B> =
    Settings<<B as Backends>::Log, <B as Backends>::Models, <B as Backends>::Timer>;

/// The settings that all projections of a projector share.
pub(crate) struct Settings<S: EventStore, R, T> {
    pub(crate) store: Arc<S>,
    pub(crate) read_models: Arc<R>,
    pub(crate) timer: Arc<T>,
    letters: DeadLetters<S, T>,
    feed: SharedFeed<S>,
    namespace: NamespaceName,
    pub(crate) filter: EventFilter,
    options: ProjectorOptions,
    membership: Option<Membership>,
    pub(crate) incarnations: Incarnations,
    status: watch::Sender<ProjectorStatus>,
    stop: watch::Sender<bool>,
}

impl<S: EventStore, R, T> Settings<S, R, T> {
    /// The same stores, for a projector apart from this one.
    fn apart(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            read_models: Arc::clone(&self.read_models),
            timer: Arc::clone(&self.timer),
            letters: self.letters.clone(),
            // Whoever reads from the beginning holds nobody up who is at the end.
            feed: SharedFeed::of(Arc::clone(&self.store), None),
            namespace: self.namespace.clone(),
            filter: self.filter.clone(),
            options: self.options.clone(),
            membership: self.membership.as_ref().map(Membership::beside),
            incarnations: Arc::clone(&self.incarnations),
            status: watch::Sender::default(),
            stop: watch::Sender::new(false),
        }
    }
}

impl<S, R, D, T> ProjectorBuilder<S, R, D, T>
where
    S: EventStore + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    D: EventDecoder,
    T: Timer + 'static,
{
    /// Begins to build a projector for the events of one namespace.
    pub fn new(namespace: NamespaceName, store: S, read_models: R, decoder: D, timer: T) -> Self {
        let (store, timer) = (Arc::new(store), Arc::new(timer));
        let settings = Settings {
            letters: DeadLetters::shared(namespace.clone(), Arc::clone(&store), Arc::clone(&timer)),
            feed: SharedFeed::of(Arc::clone(&store), None),
            store,
            read_models: Arc::new(read_models),
            timer,
            filter: EventFilter::namespace(namespace.clone()),
            namespace,
            options: ProjectorOptions::default(),
            membership: None,
            incarnations: Arc::new(random_incarnation),
            status: watch::Sender::default(),
            stop: watch::Sender::new(false),
        };
        Self {
            settings,
            decode: Decode::by(decoder),
            parts: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Bounds and pauses.
    pub fn options(mut self, options: ProjectorOptions) -> Self {
        self.settings.options = options;
        self
    }

    /// The dead letters of the namespace, shared with others in this process: so the queues are
    /// read and kept in memory once. Default: its own.
    pub fn dead_letters(mut self, letters: DeadLetters<S, T>) -> Self {
        self.settings.letters = letters;
        self
    }

    /// Which events it follows. Default: all of the namespace. The filter has to admit whole
    /// streams, as a missing event counts as a hole.
    pub fn filter(mut self, filter: EventFilter) -> Self {
        self.settings.filter = filter;
        self
    }

    /// Reads the log together with others of this process that follow the namespace. Default:
    /// alone.
    pub fn feed(mut self, feed: SharedFeed<S>) -> Self {
        self.settings.feed = feed;
        self
    }

    /// Shares the slices with other projectors of the same read models.
    pub fn share_as(mut self, membership: Membership) -> Self {
        self.settings.membership = Some(membership);
        self
    }

    /// Draws the numbers that distinguish the lives of slices from `seed`, so that a test can be
    /// repeated. Default: random.
    pub fn incarnation_seed(mut self, seed: u64) -> Self {
        let drawn = std::sync::atomic::AtomicU64::new(0);
        self.settings.incarnations = Arc::new(move || {
            let drawn = drawn.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Incarnation::new(minwon_core::key_hash(&format!("{seed}/{drawn}")))
        });
        self
    }

    /// Adds a projection.
    pub fn project<P: Projection<Event = D::Event>>(self, projection: P) -> Self {
        self.project_into(Arc::new(projection), Target::Answering, None)
    }

    pub(crate) fn project_into<P: Projection<Event = D::Event>>(
        mut self,
        projection: Arc<P>,
        target: Target,
        seen: Option<Catalogue>,
    ) -> Self {
        let model = self.model_of(&*projection);
        let schema = projection.schema();
        let is_earlier = matches!(target, Target::Version { is_newest, .. } if !is_newest);
        self.settings.status.send_modify(|status| {
            status.models.push(ModelStatus {
                model: model.clone(),
                schema,
                generation: None,
                slices: Vec::new(),
                progress: Vec::new(),
                position: None,
                is_ready: false,
                was_ready: false,
                is_earlier,
                is_asked: !is_earlier,
                not_promoted: None,
                folded_events: 0,
                recorded_at: Timestamp::UNIX_EPOCH,
                behind_since: None,
                state: PartState::Running,
            });
        });
        if matches!(target, Target::Answering | Target::Version { .. }) {
            let (model, projection) = (model.clone(), Arc::clone(&projection));
            self.kept.push(Box::new(move |settings, decode| {
                Arc::new(Kept::<P, S, R, D, T>::new(
                    settings, decode, model, projection,
                ))
            }));
        }
        let start = move |settings: Arc<Settings<S, R, T>>,
                          decode: Arc<Decode<_>>,
                          number,
                          until,
                          again| {
            let entries = Entries {
                read_models: Arc::clone(&settings.read_models),
                model,
                target,
                seen,
                kept: None,
            };
            let status = StatusLine {
                status: settings.status.clone(),
                number,
                folded_events: 0,
                behind_since: None,
            };
            let part = status.part(Arc::clone(&settings.timer));
            let definition = Definition::new(projection, decode);
            let supervisor = Supervisor::<P, Of<S, R, T>> {
                opener: Opener::new(Arc::clone(&settings), definition, entries),
                committer: Arc::new(Committer {
                    settings: Arc::clone(&settings),
                    part: part.clone(),
                }),
                stop: settings.stop.subscribe(),
                again,
                status,
                settings,
                until,
            };
            PartTask::spawn(part, supervisor.supervise())
        };
        self.parts.push(Box::new(start));
        self
    }

    pub(crate) fn model_of<P: Projection>(&self, projection: &P) -> ModelName {
        ModelName {
            namespace: self.settings.namespace.clone(),
            projection: projection.name().clone(),
        }
    }

    /// Builds a generation beside the one that answers, with settings that others have as well.
    pub(crate) fn build_beside<P: Projection<Event = D::Event>>(
        settings: &Settings<S, R, T>,
        decode: Arc<Decode<D::Event>>,
        projection: Arc<P>,
        generation: Generation,
        seen: Catalogue,
    ) -> Projector {
        let builder = Self {
            settings: settings.apart(),
            decode,
            parts: Vec::new(),
            kept: Vec::new(),
        };
        let target = Target::Beside(generation);
        builder.project_into(projection, target, Some(seen)).start()
    }

    /// Starts to follow the log, until it is stopped. Needs a tokio runtime.
    #[must_use]
    pub fn start(self) -> Projector {
        self.start_until(Until::Stopped).0
    }

    /// As [`start`](Self::start), and what an operator does about the read models while they are kept.
    #[must_use]
    pub fn start_with_upkeep(self) -> (Projector, Upkeep) {
        self.start_until(Until::Stopped)
    }

    /// Folds up to the head of the log as it is now, and ends.
    ///
    /// # Errors
    /// [`StopReason`], other than [`CaughtUp`](StopReason::CaughtUp).
    pub async fn catch_up(self) -> Result<ProjectorStatus, StopReason> {
        self.start_until(Until::Head).0.caught_up().await
    }

    fn start_until(self, until: Until) -> (Projector, Upkeep) {
        let mut settings = self.settings;
        // Decisions about dead letters have their place among the events.
        settings.filter = settings.filter.and_category(dead_letter_category());
        let settings = Arc::new(settings);
        // Not with those of the projector: whoever waits for its end waits until nobody has them.
        let apart = Arc::new(settings.apart());
        let kept = self.kept.into_iter();
        let kept = kept.map(|keep| keep(Arc::clone(&apart), Arc::clone(&self.decode)));
        let upkeep = Upkeep::new(kept.collect(), settings.status.subscribe());
        let (ask_again, again) = AskAgain::new();
        let parts = self.parts.into_iter().enumerate().map(|(number, start)| {
            let (settings, decode) = (Arc::clone(&settings), Arc::clone(&self.decode));
            start(settings, decode, number, until, again.clone())
        });
        let projector = Running {
            name: "the projector".into(),
            parts: parts.collect(),
            status: settings.status.subscribe(),
            stop: settings.stop.clone(),
            again: ask_again,
        };
        (projector, upkeep)
    }
}

fn random_incarnation() -> Incarnation {
    // The hasher's keys are random, and differ for every state.
    Incarnation::new(RandomState::new().hash_one(0_u8))
}

/// A running projector: of each projection that it keeps, a part. What was not committed when it was
/// dropped is folded again by the next one.
pub type Projector = Running<ProjectorStatus>;

#[cfg(test)]
mod tests;
