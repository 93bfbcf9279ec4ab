//! An event store that came back from a backup, and read models that came back from a copy.

use minwon_core::testing::SliceSnapshot;

use super::*;
use crate::testing::Rates;

/// Folds a log to its end, then another log in its place, and sees that the other one counts.
async fn folds_anew(before: &Log, after: &Log) -> ProjectorStatus {
    let read_models = MemoryReadModels::new();
    catch_up(before, &read_models).await;
    check(before, &read_models, &generation(1)).await;
    let status = catch_up(after, &read_models).await;
    check(after, &read_models, &generation(1)).await;
    status
}

#[test]
fn a_log_that_was_restored_and_went_on_otherwise_is_folded_anew() {
    let log = Log::of(&[6, 2, 9, 4]);
    for kept in [0, 1, 10, 20] {
        for more in [1, 21 - kept, 40] {
            let restored = log.restored(kept);
            for _ in 0..more {
                restored.append_other("p-1");
            }
            run(folds_anew(&log, &restored));
        }
    }
}

#[test]
fn a_log_that_is_shorter_is_folded_anew() {
    let log = Log::of(&[6, 2, 9, 4]);
    for kept in [0, 1, 10, 20] {
        run(folds_anew(&log, &log.restored(kept)));
    }
}

#[test]
fn the_same_log_restored_whole_is_no_news() {
    let log = Log::of(&[6, 2, 9, 4]);
    let status = run(folds_anew(&log, &log.restored(21)));
    assert_eq!(status.models[0].folded_events, 0);
}

/// The last event was repeated by its sender after the restore, so it is known; but what came
/// before it was lost, and something else came after it.
#[test]
fn an_event_that_came_again_at_another_place_does_not_vouch_for_the_rest() {
    let log = Log::of(&[3, 3]);
    log.append("p-5");
    log.append("p-7");
    let restored = log.restored(6);
    let (stream, event) = log.written(7);
    restored.write(stream, event);
    restored.append_other("p-9");
    assert_eq!(restored.head(), log.head());
    run(folds_anew(&log, &restored));
}

/// The new life of a slice must not be folded upon documents of the old one, which stand there until
/// its first commit has happened.
#[test]
fn what_was_folded_from_the_lost_log_is_never_folded_upon() {
    let rates = Rates {
        slow: 900,
        late: 100,
        ..Rates::default()
    };
    for seed in 0..40 {
        run(async {
            let mut rng = SeededRng::new(seed);
            let log = Log::new();
            log.grow_by(60, &mut rng, 30);
            let kept = MemoryReadModels::new();
            catch_up(&log, &kept).await;
            let restored = log.restored(30);
            for _ in 0..60 {
                restored.append_other(&format!("p-{}", rng.below(30)));
            }
            let mut read_models = Flaky::new(&restored, seed, rates);
            read_models.model = kept;
            let builder = projector(&restored, &read_models).options(random_options(&mut rng));
            builder.project(Sums::new()).catch_up().await.unwrap();
            check(&restored, &read_models.model, &generation(1)).await;
        });
    }
}

/// Every slice of a generation, as it is now.
fn copies(read_models: &MemoryReadModels) -> Vec<SliceSnapshot> {
    let slices = SliceCount::DEFAULT.slices();
    let slices = slices.map(|slice| generation(1).slice(slice));
    slices.map(|slice| read_models.snapshot(&slice)).collect()
}

#[test]
fn a_projector_that_has_nothing_to_do_notices_that_the_store_lost_everything() {
    run(async {
        let log = Log::of(&[6, 2, 9, 4]);
        let read_models = Flaky::sound(&log);
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        read_models.flush(&[generation(1)]);
        tokio::time::sleep(Duration::from_secs(5)).await;
        check(&log, &read_models, &generation(1)).await;
        let catalogue = read_models.load_catalogue(&crate::testing::model()).await;
        assert!(catalogue.unwrap().is_some());
        assert!(running.status().borrow().restarts > 0);
    });
}

#[test]
fn a_projector_that_has_nothing_to_do_notices_an_old_copy() {
    run(async {
        let (log, read_models) = (Log::of(&[6, 2, 9, 4]), MemoryReadModels::new());
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        let copies = copies(&read_models);
        running.reached(log.append("p-1")).await.unwrap();
        copies.iter().for_each(|copy| read_models.restore(copy));
        tokio::time::sleep(Duration::from_secs(5)).await;
        check(&log, &read_models, &generation(1)).await;
        assert_eq!(running.status().borrow().position(), Some(log.head()));
    });
}

/// One slice was lost; they are looked at in turn, so that it costs little to have nothing to do.
#[test]
fn a_projector_that_has_nothing_to_do_notices_that_one_slice_is_lost() {
    run(async {
        let log = Log::of(&[6, 2, 9, 4]);
        let read_models = Flaky::sound(&log);
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let loads = read_models.happened("loads");
        tokio::time::sleep(Duration::from_secs(60)).await;
        let loads = read_models.happened("loads") - loads;
        assert!(loads <= 122, "{loads} slices were looked at in a minute");
        let lost = crate::testing::slice_of(&generation(1), "p-1");
        read_models.model.wipe(&lost);
        tokio::time::sleep(Duration::from_secs(10)).await;
        check(&log, &read_models, &generation(1)).await;
        running.stop().await;
    });
}

/// The catalogue stands on another server than the slices, where there are several.
#[test]
fn a_lost_catalogue_is_written_again() {
    run(async {
        let log = Log::of(&[6, 2, 9, 4]);
        let read_models = Flaky::sound(&log);
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        read_models.flush(&[]);
        tokio::time::sleep(Duration::from_secs(5)).await;
        let catalogue = read_models.load_catalogue(&crate::testing::model()).await;
        assert!(catalogue.unwrap().is_some());
        drop(running);
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn what_a_slice_left_that_began_anew_is_swept_away() {
    run(async {
        let log = Log::of(&[6, 2, 9, 4]);
        let read_models = Flaky::sound(&log);
        catch_up(&log, &read_models).await;
        let restored = log.restored(10);
        restored.append_other("p-1");
        let running = projector(&restored, &read_models)
            .project(Sums::new())
            .start();
        running.reached(restored.head()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(read_models.happened("sweeps"), 1);
        tokio::time::sleep(Duration::from_secs(700)).await;
        assert_eq!(read_models.happened("sweeps"), 1, "once was enough");
        running.stop().await;
    });
}

#[test]
fn what_an_earlier_process_left_is_swept_away_at_leisure() {
    run(async {
        let log = Log::of(&[6, 2, 9, 4]);
        let read_models = Flaky::sound(&log);
        catch_up(&log, &read_models).await;
        let options = ProjectorOptions::default().sweep_wait(Duration::from_secs(60));
        let running = projector(&log, &read_models)
            .options(options)
            .project(Sums::new())
            .start();
        running.reached(log.head()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(50)).await;
        assert_eq!(read_models.happened("sweeps"), 0, "not yet");
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(read_models.happened("sweeps"), 1);
        running.stop().await;
    });
}
