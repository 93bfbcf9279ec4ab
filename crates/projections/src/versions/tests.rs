//! Programs of several versions on one store.

mod deployment;
mod going_over;

use std::time::Duration;

use minwon_adapters::SystemClock;
use minwon_core::{Catalogue, Generation, Order, RecordedEvent, testing::MemoryReadModels};
use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    ListPart, ModelReader, QueryError, promote, retire, roll_back,
    testing::{
        Fault, Faults, Flaky, Fragile, Log, PARITY, Sum, Sums, catch_up, check, fragile,
        generation, key, model, namespace, projector, run,
    },
};

const WIDE: IndexName = IndexName::new("wide");

/// The second version: it knows the last number, and has an index of its own.
#[derive(Debug, Clone)]
pub(super) struct Wide(Sums);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WideSum {
    sum: Sum,
    last: Option<u64>,
}

impl Default for Wide {
    fn default() -> Self {
        Self(Sums::with_schema(2))
    }
}

impl Projection for Wide {
    type Event = u64;
    type View = WideSum;

    fn name(&self) -> &ProjectionName {
        self.0.name()
    }

    fn schema(&self) -> ViewSchema {
        self.0.schema()
    }

    fn apply(&self, view: &mut Option<WideSum>, event: &u64, _: &RecordedEvent) {
        let view = view.get_or_insert_default();
        view.sum.add(*event);
        view.last = Some(*event);
    }

    fn index(&self, key: &ViewKey, view: &WideSum, entries: &mut Vec<IndexEntry>) {
        self.0.index(key, &view.sum, entries);
        entries.push(IndexEntry::listed(WIDE, "all", Order::new(view.sum.events)));
    }
}

pub(super) type WideVersions = Versions<Wide, ((), Earlier<Sums, WideSum>)>;

/// The versions that a program of version 2 understands.
pub(super) fn two() -> WideVersions {
    let widen = |sum| WideSum { sum, last: None };
    Versions::of(Wide::default()).and_earlier(Earlier::new(Sums::new(), widen).without(WIDE))
}

pub(super) fn one() -> Versions<Sums> {
    Versions::of(Sums::new())
}

pub(super) type Reader<P> = ModelReader<P, MemoryReadModels, SystemClock>;

pub(super) fn old_reader(read_models: &MemoryReadModels) -> Reader<Sums> {
    ModelReader::of_versions(namespace(), &one(), read_models.clone(), SystemClock)
}

pub(super) fn new_reader(read_models: &MemoryReadModels) -> Reader<Wide> {
    ModelReader::of_versions(namespace(), &two(), read_models.clone(), SystemClock)
}

pub(super) async fn catalogue(read_models: &impl ReadModelAdmin) -> Catalogue {
    let catalogue = read_models.load_catalogue(&model()).await;
    catalogue.unwrap().unwrap()
}

/// Waits until a generation answers.
pub(super) async fn promoted(read_models: &impl ReadModelAdmin, number: u32) {
    while catalogue(read_models).await.active != Generation::new(number) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Long enough for a projector to have looked at the catalogue several times.
pub(super) async fn a_while() {
    tokio::time::sleep(Duration::from_secs(10)).await;
}

#[test]
fn a_newer_program_answers_from_the_old_until_its_own_is_complete() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let running = projector(&log, &read_models)
            .project_versions(two())
            .start();
        let (old, new) = (old_reader(&read_models), new_reader(&read_models));
        let answer = new.get(&key("p-3")).await.unwrap();
        assert_eq!(answer.as_of.generation, Generation::new(1));
        let view = answer.value.unwrap();
        assert_eq!((view.sum.events, view.last), (3, None));
        promoted(&read_models, 2).await;
        let answer = new.get(&key("p-3")).await.unwrap();
        assert_eq!(answer.as_of.generation, Generation::new(2));
        assert!(answer.value.unwrap().last.is_some());
        // It keeps both, and says that it can be asked.
        let last = log.append("p-3");
        running.reached(last).await.unwrap();
        a_while().await;
        let answer = old.get(&key("p-3")).await.unwrap();
        assert_eq!(answer.as_of.generation, Generation::new(1));
        assert_eq!(answer.value.unwrap().events, 4);
        assert_eq!(
            new.get(&key("p-3"))
                .await
                .unwrap()
                .value
                .unwrap()
                .sum
                .events,
            4
        );
        running.stop().await;
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn without_the_earlier_version_it_says_rebuilding_until_its_own_is_complete() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let versions = Versions::of(Wide::default());
        let reader: Reader<Wide> =
            ModelReader::of_versions(namespace(), &versions, read_models.clone(), SystemClock);
        let other_fold = reader.get(&key("p-3")).await;
        assert!(matches!(other_fold, Err(QueryError::OtherFold { .. })));
        let builder = projector(&log, &read_models).project_versions(versions);
        let running = builder.start();
        running.reached(log.head()).await.unwrap();
        let answer = reader.get(&key("p-3")).await.unwrap();
        assert_eq!(answer.value.unwrap().sum.events, 3);
        promoted(&read_models, 2).await;
        running.stop().await;
    });
}

#[test]
fn the_first_program_on_an_empty_store_answers_at_once() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let running = projector(&log, &read_models)
            .project_versions(two())
            .start();
        running.reached(log.head()).await.unwrap();
        let catalogue = catalogue(&read_models).await;
        assert_eq!(
            (catalogue.active.get(), catalogue.generations.len()),
            (1, 1)
        );
        let answer = new_reader(&read_models).get(&key("p-3")).await.unwrap();
        assert!(answer.value.unwrap().last.is_some());
        running.stop().await;
    });
}

#[test]
fn what_an_earlier_version_lacks_is_never_said_to_be_missing() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let reader = new_reader(&read_models);
        let list = minwon_core::ListName {
            index: WIDE,
            partition: "all".into(),
        };
        let part = ListPart::first(std::num::NonZeroU32::new(99).unwrap());
        let lacking = reader.list(&list, &part).await;
        assert!(matches!(lacking, Err(QueryError::Rebuilding { .. })));
        let counted = reader.counts(PARITY, "all").await.unwrap().value;
        assert_eq!(counted.values().sum::<u64>(), 10);
        let running = projector(&log, &read_models)
            .project_versions(two())
            .start();
        promoted(&read_models, 2).await;
        let whole = reader.list(&list, &part).await.unwrap();
        assert_eq!(whole.value.views.len(), 10);
        // Rolled back, the other one still has it.
        roll_back(&read_models, &model()).await.unwrap();
        let whole = reader.list(&list, &part).await.unwrap();
        assert_eq!(whole.value.views.len(), 10);
        assert_eq!(whole.as_of.generation, Generation::new(2));
        let counted = reader.counts(PARITY, "all").await.unwrap();
        assert_eq!(counted.as_of.generation, Generation::new(1));
        running.stop().await;
    });
}

#[test]
fn what_was_rolled_back_stays_so_and_what_was_retired_is_not_begun_again() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let running = projector(&log, &read_models)
            .project_versions(two())
            .start();
        promoted(&read_models, 2).await;
        roll_back(&read_models, &model()).await.unwrap();
        a_while().await;
        assert_eq!(catalogue(&read_models).await.active, Generation::new(1));
        let again = projector(&log, &read_models)
            .project_versions(two())
            .start();
        a_while().await;
        assert_eq!(catalogue(&read_models).await.active, Generation::new(1));
        // Both are kept meanwhile, so either may answer at any time.
        let last = log.append("p-3");
        running.reached(last).await.unwrap();
        a_while().await;
        check(&log, &read_models, &generation(1)).await;
        promote(&read_models, &generation(2)).await.unwrap();
        roll_back(&read_models, &model()).await.unwrap();
        retire(&read_models, &generation(2)).await.unwrap();
        a_while().await;
        let found = catalogue(&read_models).await;
        assert_eq!((found.active.get(), found.generations.len()), (1, 1));
        let last = log.append("p-3");
        running.reached(last).await.unwrap();
        let answer = new_reader(&read_models).get(&key("p-3")).await.unwrap();
        assert_eq!(answer.value.unwrap().sum.events, 5);
        drop((running, again));
        // A program that is restarted starts from nothing.
        let running = projector(&log, &read_models)
            .project_versions(two())
            .start();
        promoted(&read_models, 3).await;
        running.stop().await;
    });
}

/// To start an older program is no decision to go back; to promote its generation is.
#[test]
fn an_older_version_that_was_retired_answers_its_own_questions_and_no_others() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let start_newer = || {
            projector(&log, &read_models)
                .project_versions(two())
                .start()
        };
        let newer = start_newer();
        promoted(&read_models, 2).await;
        newer.stop().await;
        retire(&read_models, &generation(1)).await.unwrap();
        let newer = start_newer();
        let older = projector(&log, &read_models)
            .project_versions(one())
            .start();
        let last = log.append("p-3");
        older.reached(last).await.unwrap();
        newer.reached(last).await.unwrap();
        let mut status = older.status();
        let says_why = |status: &crate::ProjectorStatus| {
            let why = status.models[0].not_promoted.as_deref();
            why.is_some_and(|why| why.contains("promote it by hand"))
        };
        status.wait_for(says_why).await.unwrap();
        a_while().await;
        assert_eq!(catalogue(&read_models).await.active, Generation::new(2));
        let answer = old_reader(&read_models).get(&key("p-3")).await.unwrap();
        assert_eq!(answer.as_of.generation, Generation::new(3));
        assert_eq!(answer.value.unwrap().events, 4);
        let answer = new_reader(&read_models).get(&key("p-3")).await.unwrap();
        assert_eq!(answer.as_of.generation, Generation::new(2));
        promote(&read_models, &generation(3)).await.unwrap();
        a_while().await;
        assert_eq!(catalogue(&read_models).await.active, Generation::new(3));
        newer.stop().await;
        older.stop().await;
    });
}

#[test]
fn all_that_is_lost_is_put_back_as_it_was() {
    run(async {
        let log = Log::of(&[3; 10]);
        let read_models = Flaky::sound(&log);
        catch_up(&log, &read_models).await;
        let running = projector(&log, &read_models)
            .project_versions(two())
            .start();
        promoted(&read_models, 2).await;
        a_while().await;
        read_models.flush(&[generation(1), generation(2)]);
        let last = log.append("p-3");
        a_while().await;
        running.reached(last).await.unwrap();
        let found = catalogue(&read_models).await;
        assert_eq!((found.active.get(), found.generations.len()), (2, 2));
        check(&log, &read_models, &generation(1)).await;
        running.stop().await;
    });
}

/// Whoever remembers it puts it back; whoever starts again leaves what is there as it is.
#[test]
fn a_damaged_catalogue_stops_nobody_and_costs_nothing_that_is_good() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let running = projector(&log, &read_models)
            .project_versions(two())
            .start();
        promoted(&read_models, 2).await;
        a_while().await;
        let before = catalogue(&read_models).await;
        read_models.damage_catalogue(&model());
        let last = log.append("p-3");
        a_while().await;
        running.reached(last).await.unwrap();
        assert_eq!(catalogue(&read_models).await, before);
        running.stop().await;
        check(&log, &read_models, &generation(1)).await;
        // Nobody knows it any more.
        read_models.damage_catalogue(&model());
        let running = projector(&log, &read_models)
            .project_versions(two())
            .start();
        running.reached(last).await.unwrap();
        let found = catalogue(&read_models).await;
        assert_eq!(
            found.active,
            Generation::new(2),
            "where its own fold stands"
        );
        let answer = new_reader(&read_models).get(&key("p-3")).await.unwrap();
        assert!(answer.value.unwrap().last.is_some());
        running.stop().await;
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn a_generation_that_holds_more_is_not_promoted_and_says_why() {
    run(async {
        let (log, read_models) = (Log::of(&[2, 1, 2]), MemoryReadModels::new());
        let (fixed, broken) = (Faults::default(), Faults::default());
        fixed.set_fixed(true);
        log.poison("p-0", Fault::Panics);
        log.append("p-0");
        let builder = fragile(&log, &read_models, &fixed).project(Fragile::new(&fixed));
        builder.catch_up().await.unwrap();
        let new = Fragile::with_schema(&broken, 2);
        let old = Earlier::new(Fragile::new(&fixed), |view| view);
        let versions = Versions::of(new).and_earlier(old);
        let builder = fragile(&log, &read_models, &broken);
        let running = builder.project_versions(versions).start();
        let mut status = running.status();
        let says_why = |status: &crate::ProjectorStatus| {
            let why = status.models[0].not_promoted.as_deref();
            why.is_some_and(|why| why.contains("1 keys back"))
        };
        let shown = status.wait_for(says_why).await.unwrap().clone();
        assert!(shown.is_ready(), "the old one answers");
        assert_eq!(shown.position(), Some(log.head()));
        a_while().await;
        assert_eq!(catalogue(&read_models).await.active, Generation::new(1));
        running.stop().await;
    });
}

#[test]
#[should_panic(expected = "versions differ in schema")]
fn one_schema_is_not_two_versions() {
    let _ = one().and_earlier(Earlier::new(Sums::new(), |sum| sum));
}
