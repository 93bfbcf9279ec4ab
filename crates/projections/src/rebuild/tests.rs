use std::time::Duration;

use minwon_adapters::SystemClock;
use minwon_core::{Slice, testing::MemoryReadModels};

use super::*;
use crate::{
    ModelReader, QueryError,
    testing::{
        Flaky, Log, Sums, VirtualClock, catch_up, check, generation, held, key, model, namespace,
        projector, run,
    },
};

/// The reader of a program whose fold is this one.
fn reader<R: ReadModelStore + ReadModelAdmin + Clone>(
    read_models: &R,
    schema: u64,
) -> ModelReader<Sums, R, SystemClock> {
    let sums = Sums::with_schema(schema);
    ModelReader::new(namespace(), sums, read_models.clone(), SystemClock)
}

async fn events_of<R: ReadModelStore + ReadModelAdmin>(
    reader: &ModelReader<Sums, R, SystemClock>,
    petition: &str,
) -> (u64, u32) {
    let answer = reader.get(&key(petition)).await.unwrap();
    let events = answer.value.map_or(0, |sum| sum.events);
    (events, answer.as_of.generation.get())
}

async fn active(read_models: &impl ReadModelAdmin) -> Catalogue {
    let catalogue = read_models.load_catalogue(&model()).await;
    catalogue.unwrap().unwrap()
}

#[test]
fn the_old_one_answers_while_the_new_one_is_built_and_then_the_new_one() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let old = projector(&log, &read_models).project(Sums::new()).start();
        old.reached(log.head()).await.unwrap();
        let (before, after) = (reader(&read_models, 1), reader(&read_models, 2));
        let rebuild = projector(&log, &read_models).rebuild(Sums::with_schema(2));
        let rebuild = rebuild.await.unwrap();
        assert_eq!(*rebuild.generation(), generation(2));
        let new = log.append("p-3");
        old.reached(new).await.unwrap();
        assert_eq!(events_of(&before, "p-3").await, (4, 1));
        let early = after.get(&key("nobody")).await;
        let is_early = matches!(early, Err(QueryError::Rebuilding { .. }));
        assert!(is_early || early.is_ok_and(|answer| answer.as_of.position >= new));
        let mut seen = Vec::new();
        let rebuild = rebuild
            .caught_up(|progress| seen.push(progress))
            .await
            .unwrap();
        assert!(seen.is_sorted_by_key(|progress| progress.position));
        let last = seen.last().unwrap();
        assert!(last.is_ready && last.position >= new && last.folded_events == 31);
        let follower = rebuild.promote().await.map_err(|(_, error)| error).unwrap();
        assert_eq!(events_of(&after, "p-3").await, (4, 2));
        // Both go on: the old one for going back, and for programs that understand no other.
        let new = log.append("p-3");
        follower.reached(new).await.unwrap();
        old.reached(new).await.unwrap();
        assert_eq!(events_of(&after, "p-3").await, (5, 2));
        assert_eq!(events_of(&before, "p-3").await, (5, 1));
        let neither = reader(&read_models, 3).get(&key("p-3")).await;
        assert!(matches!(neither, Err(QueryError::OtherFold { .. })));
        for number in [1, 2] {
            check(&log, &read_models, &generation(number)).await;
        }
    });
}

#[test]
fn the_next_query_sees_a_promotion_and_a_way_back() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let reader = reader(&read_models, 1);
        assert_eq!(events_of(&reader, "p-3").await, (3, 1));
        // The same fold, for a read model that is damaged.
        let rebuild = projector(&log, &read_models).rebuild(Sums::new());
        let rebuild = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap();
        drop(rebuild.promote().await.map_err(|(_, error)| error).unwrap());
        assert_eq!(events_of(&reader, "p-3").await, (3, 2));
        assert_eq!(
            active(&read_models).await.previous,
            Some(Generation::new(1))
        );
        let back_to = roll_back(&read_models, &model()).await.unwrap();
        assert_eq!(back_to, Generation::new(1));
        assert_eq!(events_of(&reader, "p-3").await, (3, 1));
        let back_to = roll_back(&read_models, &model()).await.unwrap();
        assert_eq!(back_to, Generation::new(2));
        assert_eq!(events_of(&reader, "p-3").await, (3, 2));
        assert_eq!(reader.times_gone_backwards(), 0);
    });
}

#[test]
fn a_generation_that_is_not_complete_is_not_promoted() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        // Nobody goes on without what a newer program wrote of dead letters.
        log.append_newer_letter();
        let options =
            crate::ProjectorOptions::default().batch_events_max(std::num::NonZeroU32::MIN);
        let rebuild = projector(&log, &read_models)
            .options(options)
            .rebuild(Sums::new())
            .await
            .unwrap();
        // Before it has read anything, and after it met what it cannot read.
        let (rebuild, error) = rebuild.promote().await.unwrap_err();
        assert!(matches!(error, RebuildError::NotReady { .. }), "{error}");
        let waits = tokio::time::timeout(Duration::from_secs(60), rebuild.caught_up(|_| ()));
        assert!(waits.await.is_err(), "it waits for a newer program");
        let error = promote(&read_models, &generation(2)).await.unwrap_err();
        let RebuildError::NotReady { position, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(position, GlobalPosition::new(30));
        assert_eq!(active(&read_models).await.active, Generation::new(1));
    });
}

#[test]
fn a_generation_that_is_behind_is_not_promoted_until_it_has_caught_up() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let rebuild = projector(&log, &read_models).rebuild(Sums::with_schema(2));
        let rebuild = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap();
        drop(rebuild);
        log.append("p-3");
        catch_up(&log, &read_models).await;
        let error = promote(&read_models, &generation(2)).await.unwrap_err();
        let RebuildError::Behind {
            position, active, ..
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!((position.commit(), active.commit()), (30, 31));
        let (sums, second) = (Sums::with_schema(2), Generation::new(2));
        let rebuild = projector(&log, &read_models).resume_rebuild(sums, second);
        let rebuild = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap();
        assert_eq!(rebuild.progress().folded_events, 1, "it goes on");
        drop(rebuild.promote().await.map_err(|(_, error)| error).unwrap());
        assert_eq!(events_of(&reader(&read_models, 2), "p-3").await, (4, 2));
    });
}

#[test]
fn only_what_was_begun_can_be_resumed_and_only_by_its_fold() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let second = Generation::new(2);
        for _ in 0..2 {
            let rebuild = projector(&log, &read_models).resume_rebuild(Sums::new(), second);
            let error = rebuild.await.unwrap_err();
            assert!(
                matches!(error, RebuildError::NoGeneration { .. }),
                "{error}"
            );
            catch_up(&log, &read_models).await;
        }
        drop(projector(&log, &read_models).rebuild(Sums::new()).await);
        let other = Sums::with_schema(3);
        let rebuild = projector(&log, &read_models).resume_rebuild(other, second);
        let error = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap_err();
        let RebuildError::Stopped(StopReason::OtherFold { .. }) = error else {
            panic!("{error}");
        };
    });
}

#[test]
fn the_first_generation_can_be_a_rebuild() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        let rebuild = projector(&log, &read_models)
            .rebuild(Sums::new())
            .await
            .unwrap();
        let early = reader(&read_models, 1).get(&key("p-3")).await;
        assert!(matches!(early, Err(QueryError::Rebuilding { .. })));
        let rebuild = rebuild.caught_up(|_| ()).await.unwrap();
        let running = rebuild.promote().await.map_err(|(_, error)| error).unwrap();
        assert_eq!(events_of(&reader(&read_models, 1), "p-3").await, (3, 1));
        running.stop().await;
        let none = roll_back(&read_models, &model()).await.unwrap_err();
        assert!(matches!(none, RebuildError::NoPrevious { .. }), "{none}");
    });
}

#[test]
fn what_is_retired_is_gone_and_what_answers_stays() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let rebuild = projector(&log, &read_models).rebuild(Sums::new());
        let rebuild = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap();
        let running = rebuild.promote().await.map_err(|(_, error)| error).unwrap();
        let answering = retire(&read_models, &generation(2)).await.unwrap_err();
        assert!(matches!(answering, RebuildError::Answering { .. }));
        assert!(!held(&read_models, &generation(1)).await.is_empty());
        retire(&read_models, &generation(1)).await.unwrap();
        assert!(held(&read_models, &generation(1)).await.is_empty());
        let catalogue = active(&read_models).await;
        assert_eq!((catalogue.previous, catalogue.generations.len()), (None, 1));
        let none = roll_back(&read_models, &model()).await.unwrap_err();
        assert!(matches!(none, RebuildError::NoPrevious { .. }), "{none}");
        // Whoever was interrupted between catalogue and contents does it again.
        retire(&read_models, &generation(1)).await.unwrap();
        running.stop().await;
        check(&log, &read_models, &generation(2)).await;
    });
}

#[test]
fn what_is_abandoned_leaves_nothing() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let rebuild = projector(&log, &read_models).rebuild(Sums::new());
        let rebuild = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap();
        assert!(!held(&read_models, &generation(2)).await.is_empty());
        rebuild.abandon().await.unwrap();
        assert!(held(&read_models, &generation(2)).await.is_empty());
        assert_eq!(active(&read_models).await.generations.len(), 1);
        check(&log, &read_models, &generation(1)).await;
    });
}

/// Somebody retires what is still being built.
#[test]
fn a_rebuild_whose_generation_is_gone_says_so() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 10]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let rebuild = projector(&log, &read_models).rebuild(Sums::new());
        let rebuild = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap();
        retire(&read_models, &generation(2)).await.unwrap();
        let error = rebuild.reached(GlobalPosition::new(1_000)).await;
        let stopped = error.unwrap_err().to_string();
        assert!(stopped.contains("not in the catalogue"), "{stopped}");
        let stopped = rebuild.caught_up(|_| ()).await;
        match stopped {
            Err(RebuildError::Stopped(StopReason::NoGeneration { generation })) => {
                assert_eq!(generation.generation, Generation::new(2));
            }
            // It had caught up before, and that stays true.
            Ok(rebuild) => {
                let (_, error) = rebuild.promote().await.unwrap_err();
                assert!(
                    matches!(error, RebuildError::NoGeneration { .. }),
                    "{error}"
                );
            }
            Err(other) => panic!("{other}"),
        }
    });
}

#[test]
fn everything_lost_in_the_middle_is_built_again() {
    for yields in 0..40 {
        run(async {
            let log = Log::of(&[3; 10]);
            let read_models = Flaky::sound(&log);
            let old = projector(&log, &read_models).project(Sums::new()).start();
            old.reached(log.head()).await.unwrap();
            let rebuild = projector(&log, &read_models)
                .rebuild(Sums::new())
                .await
                .unwrap();
            for _ in 0..yields {
                tokio::task::yield_now().await;
            }
            read_models.flush(&[generation(1), generation(2)]);
            log.append("p-3");
            tokio::time::sleep(Duration::from_secs(10)).await;
            old.reached(log.head()).await.unwrap();
            // Whichever was entered first answers; it is complete, and nothing is wrong with it.
            let number = active(&read_models).await.active.get();
            check(&log, &read_models, &generation(number)).await;
            assert_eq!(events_of(&reader(&read_models, 1), "p-3").await.0, 4);
            read_models.assert_was_always_sound();
            drop((old, rebuild));
        });
    }
}

/// Only part of the new generation is lost.
#[test]
fn slices_lost_in_the_middle_are_built_again() {
    run(async {
        let log = Log::of(&[3; 10]);
        let read_models = Flaky::sound(&log);
        catch_up(&log, &read_models).await;
        let rebuild = projector(&log, &read_models).rebuild(Sums::with_schema(2));
        let rebuild = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap();
        for slice in [0, 5, 12] {
            read_models
                .model
                .wipe(&generation(2).slice(Slice::new(slice)));
        }
        let (rebuild, error) = rebuild.promote().await.unwrap_err();
        assert!(matches!(error, RebuildError::NotReady { .. }), "{error}");
        log.append("p-3");
        VirtualClock::new().sleep(Duration::from_secs(5)).await;
        let rebuild = rebuild.caught_up(|_| ()).await.unwrap();
        drop(rebuild.promote().await.map_err(|(_, error)| error).unwrap());
        check(&log, &read_models, &generation(2)).await;
    });
}
