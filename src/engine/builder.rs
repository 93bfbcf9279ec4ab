//! An engine before it is started.

use std::{path::PathBuf, sync::Mutex, time::Duration};

use minwon_core::{
    CommandExecutor, EventDecoder, EventFilter, EventStore, Projection, Reactor,
    dead_letter_category,
};
use minwon_projections::{
    DeadLetters, EarlierVersions, LetterReader, LetterView, LetterViews, Membership, MessageReader,
    Messages, ModelReader, ProjectorBuilder, ProjectorOptions, ReactorBuilder, ReactorOptions,
    RunningReactor, SharedFeed, Versions,
};

use tokio::sync::OnceCell;

use super::{
    Agenda, Engine, KeeperOptions, Operators, RunningKeeper, keeper::Keeper, rights::Rights,
};
use crate::{
    Namespace, SystemClock,
    namespace::{ServiceClock, ServiceReadModels, ServiceStore},
    service::{Gate, Limits},
};

/// An [`Engine`] before it is started: which events it follows and how they are read, the projections
/// that it keeps, and the reactors that it runs.
///
/// Made by [`Aggregates::engine`](super::Aggregates::engine) for the events of one aggregate.
///
/// The guide to an aggregate of one's own and the example `own_aggregate` start one.
#[must_use]
pub struct EngineBuilder<S: EventStore, R, D: EventDecoder, T = SystemClock> {
    parts: Shared<S, D, T>,
    read_models: R,
    projector: ProjectorBuilder<S, R, D, T>,
    reactors: Vec<StartReactor<S, D, T>>,
    keepers: Vec<StartKeeper<T>>,
    letters: KeepLetters<S, R, D, T>,
    messages: Option<MessageReader<R, T>>,
    pause_max: Duration,
    limits: Limits,
    operators: Operators,
}

/// Adds the projections of dead letters to a projector, and makes the questions to them.
type KeepLetters<S, R, D, T> = Box<
    dyn FnOnce(
            ProjectorBuilder<S, R, D, T>,
            &Shared<S, D, T>,
            R,
        ) -> (ProjectorBuilder<S, R, D, T>, LetterReader<R, T>)
        + Send,
>;

type StartKeeper<T> = Box<dyn FnOnce(T) -> RunningKeeper + Send>;

type StartReactor<S, D, T> = Box<dyn FnOnce(&Shared<S, D, T>) -> RunningReactor + Send>;

/// The settings that all parts share.
struct Shared<S: EventStore, D, T> {
    store: S,
    timer: T,
    decoder: D,
    events: EventFilter,
    feed: SharedFeed<S>,
    dead_letters: DeadLetters<S, T>,
    reactors: ReactorOptions,
    membership: Option<Membership>,
}

impl<S, R, D, T> EngineBuilder<S, R, D, T>
where
    S: ServiceStore,
    R: ServiceReadModels,
    D: EventDecoder + Clone,
    T: ServiceClock,
{
    /// Starts to build an engine that follows `events` of a namespace, which `decoder` reads. The
    /// filter has to admit whole streams, as a missing event counts as a hole.
    pub fn new(
        namespace: &Namespace<S, T>,
        read_models: R,
        decoder: D,
        events: EventFilter,
    ) -> Self {
        let (name, store) = (namespace.name().clone(), namespace.store().clone());
        let timer = namespace.timer().clone();
        let dead_letters = DeadLetters::new(name.clone(), store.clone(), timer.clone())
            .with_snapshots(store.clone(), namespace.snapshot_policy().key());
        let followed = events.clone().and_category(dead_letter_category());
        let feed = SharedFeed::new(store.clone(), followed);
        let projector = ProjectorBuilder::new(
            name,
            store.clone(),
            read_models.clone(),
            decoder.clone(),
            timer.clone(),
        )
        .filter(events.clone())
        .feed(feed.clone())
        .dead_letters(dead_letters.clone());
        Self {
            parts: Shared {
                store,
                timer,
                decoder,
                events,
                feed,
                dead_letters,
                reactors: ReactorOptions::default(),
                membership: None,
            },
            read_models,
            projector,
            reactors: Vec::new(),
            keepers: Vec::new(),
            letters: keep_letters(Versions::of(LetterViews::default())),
            messages: None,
            pause_max: Duration::from_secs(60),
            limits: Limits::default(),
            operators: Operators::default(),
        }
    }

    /// Keeps the views of a projection.
    pub fn project<P: Projection<Event = D::Event>>(mut self, projection: P) -> Self {
        self.projector = self.projector.project(projection);
        self
    }

    /// As [`project`](Self::project), of views in the versions that this program understands; see
    /// `docs/upgrading.md`.
    pub fn project_versions<P, E>(mut self, versions: Versions<P, E>) -> Self
    where
        P: Projection<Event = D::Event>,
        E: EarlierVersions<P>,
    {
        self.projector = self.projector.project_versions(versions);
        self
    }

    /// The versions of the views of dead letters. Default: [`LetterViews`] alone.
    pub fn letter_views<P, E>(mut self, versions: Versions<P, E>) -> Self
    where
        P: Projection<Event = D::Event, View = LetterView>,
        E: EarlierVersions<P>,
    {
        self.letters = keep_letters(versions);
        self
    }

    /// Keeps an index of all messages as well, by which they are [found](Engine::messages) by trace, request,
    /// cause, subject, type and service without reading the log. Default: none is kept, as it takes 1.2 to
    /// 1.4 kB of Redis for each event; see `benches/README.md`.
    ///
    /// It has the events that the engine follows and those about dead letters, also where they cannot be read.
    /// Of several engines of one namespace that follow different events only one may keep it, as it would lack
    /// what the others follow.
    /// It is built when it is first asked for, from the beginning of the log. Where it was kept once and is no
    /// more, it stays as it is, and answers as of then.
    pub fn index_messages(mut self) -> Self {
        if self.messages.is_none() {
            let name = self.parts.dead_letters.namespace().clone();
            let (read_models, timer) = (self.read_models.clone(), self.parts.timer.clone());
            self.messages = Some(MessageReader::new(name, read_models, timer));
            self.projector = self
                .projector
                .project_versions(Versions::of(Messages::default()));
        }
        self
    }

    /// Runs a reactor, whose commands `executor` carries out: [`Aggregates`](super::Aggregates), where
    /// they are for the aggregate that the event is of.
    pub fn react<X, E>(mut self, reactor: X, executor: E) -> Self
    where
        X: Reactor<Event = D::Event>,
        E: CommandExecutor<X::Command>,
    {
        self.reactors.push(Box::new(|parts| {
            let name = parts.dead_letters.namespace().clone();
            let (store, timer) = (parts.store.clone(), parts.timer.clone());
            let decoder = parts.decoder.clone();
            let mut builder = ReactorBuilder::new(name, store, decoder, reactor, executor, timer)
                .filter(parts.events.clone())
                .options(parts.reactors.clone())
                .dead_letters(parts.dead_letters.clone())
                .feed(parts.feed.clone());
            if let Some(membership) = &parts.membership {
                builder = builder.share_as(membership.clone());
            }
            builder.start()
        }));
        self
    }

    /// Gives the commands of an agenda as they fall due, by what its views say is pending, which are to be
    /// kept as well: by [`project`](Self::project) of the same projection.
    pub fn keep<A: Agenda>(self, agenda: A, views: A::Views, options: KeeperOptions) -> Self {
        let name = self.parts.dead_letters.namespace().clone();
        let (read_models, timer) = (self.read_models.clone(), self.parts.timer.clone());
        let views = ModelReader::new(name, views, read_models, timer);
        self.keep_by(agenda, views, options)
    }

    /// As [`keep`](Self::keep), with a reader of the views, as of several versions of them.
    pub fn keep_by<A: Agenda>(
        mut self,
        agenda: A,
        views: ModelReader<A::Views, R, T>,
        options: KeeperOptions,
    ) -> Self {
        self.keepers.push(Box::new(|timer| {
            Keeper::new(agenda, views, timer, options).start()
        }));
        self
    }

    /// Bounds and pauses of the projector.
    pub fn projector_options(mut self, options: ProjectorOptions) -> Self {
        self.projector = self.projector.options(options);
        self
    }

    /// Bounds, pauses and retries of each reactor.
    pub fn reactor_options(mut self, options: ReactorOptions) -> Self {
        self.parts.reactors = options;
        self
    }

    /// Shares the work with the same engine in other processes: each takes some slices of the read
    /// models and of every reactor.
    pub fn share_as(mut self, membership: Membership) -> Self {
        self.projector = self.projector.share_as(membership.clone());
        self.parts.membership = Some(membership);
        self
    }

    /// A part that something has been in the way of for this long makes the engine
    /// [not ready](Engine::health). Default: 1 min.
    pub fn pause_max(mut self, time: Duration) -> Self {
        self.pause_max = time;
        self
    }

    pub(crate) fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Listens for [operators](crate::operator) at this socket. Default: beside the file of the
    /// events, at [`socket_beside`](crate::operator::socket_beside); nowhere, where they are in no
    /// file, as then an operator's program writes to the store itself.
    pub fn operator_socket(mut self, socket: impl Into<PathBuf>) -> Self {
        self.operators = Operators::At(socket.into());
        self
    }

    /// Listens for no operators. In a store file nobody else can decide about dead letters then
    /// while the engine runs.
    pub fn without_operator_socket(mut self) -> Self {
        self.operators = Operators::Nowhere;
        self
    }

    /// Starts everything. Needs a tokio runtime.
    #[must_use]
    pub fn start(self) -> Engine<S, R, T> {
        let parts = self.parts;
        let reactors = self.reactors.into_iter().map(|start| start(&parts));
        let reactors = reactors.collect();
        let keepers = self.keepers.into_iter();
        let keepers = keepers.map(|start| start(parts.timer.clone())).collect();
        let (projector, letters) = (self.letters)(self.projector, &parts, self.read_models.clone());
        let (projector, upkeep) = projector.start_with_upkeep();
        let operators = self.operators.listen(&parts.store, &parts.dead_letters);
        let namespace = parts.dead_letters.namespace().clone();
        let rights = Rights::start(parts.store.clone(), namespace, parts.timer.clone());
        Engine {
            operators: Mutex::new(operators),
            rights,
            #[cfg(feature = "metrics")]
            reported: super::report::Reported::default(),
            store: parts.store,
            read_models: self.read_models,
            timer: parts.timer,
            events: parts.events.and_category(dead_letter_category()),
            passed_over: parts.feed.passed_over(),
            dead_letters: parts.dead_letters,
            letters: letters.woken_by(&projector),
            messages: self.messages.map(|messages| messages.woken_by(&projector)),
            projector,
            upkeep,
            reactors,
            keepers,
            pause_max: self.pause_max,
            gate: Gate::new(self.limits),
            ended: OnceCell::new(),
        }
    }
}

fn keep_letters<S, R, D, T, P, E>(versions: Versions<P, E>) -> KeepLetters<S, R, D, T>
where
    S: ServiceStore,
    R: ServiceReadModels,
    D: EventDecoder,
    T: ServiceClock,
    P: Projection<Event = D::Event, View = LetterView>,
    E: EarlierVersions<P>,
{
    Box::new(move |projector, parts, read_models| {
        let (name, timer) = (parts.dead_letters.namespace().clone(), parts.timer.clone());
        let letters = LetterReader::of_versions(name, &versions, read_models, timer);
        (projector.project_versions(versions), letters)
    })
}
