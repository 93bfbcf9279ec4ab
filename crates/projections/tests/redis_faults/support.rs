//! Helpers that the tests share.

use std::{future::Future, num::NonZeroU32, time::Duration};

use minwon_adapters::{
    SystemClock,
    memory::MemoryReadModels,
    redis::{RedisOptions, RedisReadModels},
};
use minwon_core::{
    EventDecoder as _, EventFilter, EventStore, Generation, GenerationName, GlobalPosition,
    ModelName, Projection, ReadModelAdmin, ReadModelStore, ViewKey,
};
use minwon_petitions::{Category, EventReader, PetitionEvent, PetitionView, PetitionViews};
use minwon_projections::{
    ModelReader, Projector, ProjectorBuilder, ProjectorOptions, ProjectorStatus, QueryError,
    Verification, VerifyError, verify,
};
use tokio::sync::{Semaphore, SemaphorePermit};

pub(crate) use crate::office::{Office, key, namespace};

/// Redis servers at a time, over all tests of this file.
const SERVERS_MAX: usize = 3;

static SERVERS: Semaphore = Semaphore::const_new(SERVERS_MAX);

/// How long anything may take to come about. Only a failing test waits so long.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(600);

pub(crate) type Reader<R> = ModelReader<PetitionViews, R, SystemClock>;

/// Waits until there is room for so many servers more.
pub(crate) async fn room(servers: u32) -> SemaphorePermit<'static> {
    SERVERS.acquire_many(servers).await.unwrap()
}

/// Waits for something that has to come about.
#[track_caller]
pub(crate) fn within<T>(what: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let done = tokio::time::timeout(WAIT_MAX, what).await;
        done.unwrap_or_else(|_| panic!("it did not come about; waited for at {caller}"))
    }
}

pub(crate) async fn connect(url: &str) -> RedisReadModels {
    // A call on a connection that is cut may end by this limit alone; no machine is so slow.
    let options = RedisOptions::default().response_timeout(Duration::from_secs(20));
    options.connect(url).await.unwrap()
}

pub(crate) fn model() -> ModelName {
    ModelName {
        namespace: namespace(),
        projection: PetitionViews::default().name().clone(),
    }
}

pub(crate) fn generation(number: u32) -> GenerationName {
    GenerationName {
        model: model(),
        generation: Generation::new(number),
    }
}

pub(crate) fn at_most(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Bounds so tight that commits are under way all the time, and views have to be loaded again.
pub(crate) fn hasty() -> ProjectorOptions {
    ProjectorOptions::default()
        .batch_events_max(at_most(16))
        .changed_views_max(at_most(12))
        .cached_views_max(32)
        .idle_slices_wait(Duration::from_millis(5))
        .pauses(Duration::from_millis(2), Duration::from_millis(50))
}

pub(crate) type Builder<S, R> = ProjectorBuilder<S, R, EventReader, SystemClock>;

/// A projector in a hurry, yet without a projection.
pub(crate) fn builder<S, R>(store: &S, read_models: &R) -> Builder<S, R>
where
    S: EventStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    let (store, read_models) = (store.clone(), read_models.clone());
    let reader = EventReader::default();
    ProjectorBuilder::new(namespace(), store, read_models, reader, SystemClock).options(hasty())
}

/// A projector of petitions in a hurry.
pub(crate) fn projector<S, R>(store: &S, read_models: &R) -> Builder<S, R>
where
    S: EventStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    builder(store, read_models).project(PetitionViews::default())
}

/// Waits until the status of a projector says something.
#[track_caller]
pub(crate) fn until(
    projector: &Projector,
    is_so: impl FnMut(&ProjectorStatus) -> bool,
) -> impl Future<Output = ProjectorStatus> {
    let mut status = projector.status();
    within(async move {
        let shown = status.wait_for(is_so).await;
        shown.expect("the projector goes on").clone()
    })
}

/// Waits until a projector has folded so many events more than it had when this was called.
#[track_caller]
pub(crate) fn further(projector: &Projector, events: u64) -> impl Future<Output = ()> {
    let folded = |status: &ProjectorStatus| status.models[0].folded_events;
    let goal = folded(&projector.status().borrow()) + events;
    let there = until(projector, move |status| folded(status) >= goal);
    async move { drop(there.await) }
}

/// Waits until a projector has noticed that something was not as it had been.
pub(crate) async fn noticed(projector: &Projector, before: u64) {
    until(projector, |status| status.restarts > before).await;
}

pub(crate) fn restarts(projector: &Projector) -> u64 {
    projector.status().borrow().restarts
}

/// Waits until a projector has committed everything up to `head`.
pub(crate) async fn arrive(projector: &Projector, head: GlobalPosition) {
    within(projector.reached(head)).await.unwrap();
}

/// Verifies what a generation holds, wherever its slices are.
pub(crate) async fn verified<P>(
    store: &impl EventStore,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    projection: &P,
    generation: &GenerationName,
) -> Result<Verification, VerifyError>
where
    P: Projection<Event = (Category, PetitionEvent)> + Clone,
{
    let (reader, filter) = (EventReader::default(), EventFilter::namespace(namespace()));
    let ignore = |_| {};
    verify(
        store,
        read_models,
        reader,
        projection.clone(),
        &filter,
        generation,
        ignore,
    )
    .await
}

/// Whether every slice is the fold of the log up to where it is.
#[track_caller]
pub(crate) fn assert_no_difference(verification: &Verification) {
    for slice in &verification.slices {
        let SliceReport { different, .. } = slice;
        assert_eq!(*different, 0, "{slice:#?}");
        assert_eq!(slice.expected, slice.found);
    }
}

use minwon_projections::SliceReport;

/// Whether the view of all petitions is the fold of the whole log, and the same as in memory.
pub(crate) async fn assert_sound<S: EventStore + Clone + 'static>(
    store: &S,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
) {
    let views = PetitionViews::default();
    assert_sound_generation(store, read_models, views, &generation(1)).await;
}

/// As [`assert_sound`], of any generation.
pub(crate) async fn assert_sound_generation<S, P>(
    store: &S,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    projection: P,
    generation: &GenerationName,
) where
    S: EventStore + Clone + 'static,
    P: Projection<Event = (Category, PetitionEvent)> + Clone,
{
    let found = verified(store, read_models, &projection, generation).await;
    let found = found.unwrap();
    assert_no_difference(&found);
    let head = store.head().await.unwrap();
    for slice in &found.slices {
        assert_eq!(slice.position, head, "slice {} lags", slice.slice.get());
    }
    let control = MemoryReadModels::with_clock(SystemClock);
    let builder = builder(store, &control).options(ProjectorOptions::default());
    let control_run = builder.project(projection.clone()).catch_up().await;
    control_run.unwrap();
    let first = self::generation(1);
    let control = verified(store, &control, &projection, &first)
        .await
        .unwrap();
    assert_eq!(
        found.digest(),
        control.digest(),
        "another digest than the control's"
    );
}

pub(crate) fn reader<R: ReadModelStore + ReadModelAdmin + Clone>(read_models: &R) -> Reader<R> {
    let read_models = read_models.clone();
    ModelReader::new(
        namespace(),
        PetitionViews::default(),
        read_models,
        SystemClock,
    )
}

/// The view of a petition as of a place in the log, folded without any of the code under test.
pub(crate) async fn view_at(
    store: &impl EventStore,
    key: &ViewKey,
    position: GlobalPosition,
) -> Option<PetitionView> {
    let (views, decoder) = (PetitionViews::default(), EventReader::default());
    let (mut view, mut after) = (None, GlobalPosition::START);
    loop {
        let page = store
            .read_all(after, &EventFilter::all(), at_most(4_096))
            .await;
        let page = page.unwrap();
        for event in &page.events {
            let is_its = event.metadata.subject() == key.as_str();
            if is_its && event.position <= position {
                views.apply(&mut view, &decoder.decode(event).unwrap(), event);
            }
        }
        after = page.position;
        if page.is_end {
            return view;
        }
    }
}

/// Asks for a petition, and looks whether the answer is true as of where it says it is. None
/// where there is no answer just now.
pub(crate) async fn ask<R: ReadModelStore + ReadModelAdmin>(
    store: &impl EventStore,
    reader: &Reader<R>,
    key: &ViewKey,
) -> Option<minwon_projections::AsOf> {
    match reader.get(key).await {
        Ok(answer) => {
            let expected = view_at(store, key, answer.as_of.position).await;
            assert_eq!(answer.value, expected, "{key} as of {:?}", answer.as_of);
            Some(answer.as_of)
        }
        Err(QueryError::Rebuilding { .. } | QueryError::Store(_)) => None,
        Err(error) => panic!("{error:?}"),
    }
}
