//! How one reader goes over from one generation to another.

use minwon_core::{GlobalPosition, SliceCheckpoint, SliceWrites, Wanted};

use super::*;
use crate::testing::slice_of;

/// Lets a generation answer, whatever it holds.
async fn answer_from(read_models: &MemoryReadModels, number: u32) {
    let found = catalogue(read_models).await;
    let next = Catalogue {
        active: Generation::new(number),
        previous: Some(found.active),
        ..found.clone()
    };
    let model = model();
    let saved = read_models.save_catalogue(&model, Some(&found), &next);
    saved.await.unwrap();
}

async fn events(reader: &Reader<Wide>, petition: &str) -> (u64, u32, bool) {
    let answer = reader.get(&key(petition)).await.unwrap();
    let as_of = answer.as_of;
    let events = answer.value.map_or(0, |view| view.sum.events);
    (events, as_of.generation.get(), as_of.went_backwards)
}

/// Two generations, of which the second has folded an event less.
async fn second_behind() -> (Log, MemoryReadModels) {
    let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
    catch_up(&log, &read_models).await;
    let building = projector(&log, &read_models).rebuild(Wide::default());
    let built = building.await.unwrap().caught_up(|_| ()).await.unwrap();
    drop(built);
    log.append("p-3");
    catch_up(&log, &read_models).await;
    (log, read_models)
}

async fn go_on_with_second(log: &Log, read_models: &MemoryReadModels) {
    let building = projector(log, read_models);
    let building = building.resume_rebuild(Wide::default(), Generation::new(2));
    let built = building.await.unwrap().caught_up(|_| ()).await.unwrap();
    drop(built);
}

#[test]
fn a_reader_stays_where_it_was_until_the_other_has_shown_as_much() {
    run(async {
        let (log, read_models) = second_behind().await;
        let (reader, other) = (new_reader(&read_models), new_reader(&read_models));
        assert_eq!(events(&reader, "p-3").await, (4, 1, false));
        answer_from(&read_models, 2).await;
        assert_eq!(events(&reader, "p-3").await, (4, 1, false));
        // Whoever has seen nothing yet has nothing to lose.
        assert_eq!(events(&other, "p-3").await, (3, 2, false));
        go_on_with_second(&log, &read_models).await;
        assert_eq!(events(&reader, "p-3").await, (4, 2, false));
        assert_eq!(reader.times_gone_backwards(), 0);
    });
}

#[test]
fn a_question_to_all_slices_goes_over_as_a_whole() {
    run(async {
        let (log, read_models) = second_behind().await;
        let reader = new_reader(&read_models);
        let count = async || {
            let answer = reader.counts(PARITY, "all").await.unwrap();
            (answer.as_of.generation.get(), answer.as_of.went_backwards)
        };
        assert_eq!(count().await, (1, false));
        answer_from(&read_models, 2).await;
        assert_eq!(count().await, (1, false));
        go_on_with_second(&log, &read_models).await;
        assert_eq!(count().await, (2, false));
    });
}

#[test]
fn where_nobody_else_is_left_the_answer_says_that_it_went_back() {
    run(async {
        let (_log, read_models) = second_behind().await;
        let reader = new_reader(&read_models);
        assert_eq!(events(&reader, "p-3").await, (4, 1, false));
        answer_from(&read_models, 2).await;
        retire(&read_models, &generation(1)).await.unwrap();
        assert_eq!(events(&reader, "p-3").await, (3, 2, true));
        assert_eq!(events(&reader, "p-3").await, (3, 2, false), "reported once");
    });
}

#[test]
fn an_unfinished_generation_is_never_asked() {
    run(async {
        let (_log, read_models) = second_behind().await;
        let slice = slice_of(&generation(2), "p-3");
        let loaded = read_models.load(&slice, &Wanted::default()).await.unwrap();
        let checkpoint = loaded.checkpoint.unwrap();
        let building = SliceCheckpoint {
            phase: minwon_core::Phase::Building,
            position: GlobalPosition::START,
            ..checkpoint.clone()
        };
        let nothing = SliceWrites::default();
        let committed = read_models.commit(&slice, Some(&checkpoint), &building, &nothing);
        committed.await.unwrap();
        let versions = Versions::of(Wide::default());
        let reader: Reader<Wide> =
            ModelReader::of_versions(namespace(), &versions, read_models.clone(), SystemClock);
        let unfinished = reader.get(&key("p-3")).await;
        assert!(matches!(unfinished, Err(QueryError::Rebuilding { .. })));
        let both = new_reader(&read_models);
        assert_eq!(events(&both, "p-3").await, (4, 1, false));
        // Where it is the one that answers, nothing older is shown in its place.
        answer_from(&read_models, 2).await;
        let unfinished = both.get(&key("p-3")).await;
        assert!(matches!(unfinished, Err(QueryError::Rebuilding { .. })));
    });
}
