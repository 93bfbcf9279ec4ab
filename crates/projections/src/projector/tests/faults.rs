//! A store of read models that fails as servers do.

use super::*;
use crate::testing::Rates;

const PETITIONS: u64 = 12;

/// How often projectors are started in one run.
const STARTS: u64 = 60;

/// Projectors come and go, are stopped and aborted, one or two at a time, while the log grows and
/// the store fails.
async fn project_while_failing(seed: u64) -> Flaky {
    let mut rng = SeededRng::new(seed);
    let log = Log::new();
    let rates = Rates::random(&mut rng);
    let read_models = Flaky::new(&log, rng.next_u64(), rates);
    let mut running: Vec<Projector> = Vec::new();
    for start in 0..STARTS {
        let events = rng.below(4);
        log.grow_by(events, &mut rng, PETITIONS);
        let builder = projector(&log, &read_models).incarnation_seed(seed * STARTS + start);
        let builder = builder.options(random_options(&mut rng));
        running.push(builder.project(Sums::new()).start());
        wait_a_while(&mut rng).await;
        let chosen = rng.below(running.len() as u64) as usize;
        match rng.below(4) {
            0 => {
                let reason = within(running.remove(chosen).stop()).await;
                assert!(matches!(reason, StopReason::Requested), "{reason}");
            }
            1 => drop(running.remove(chosen)),
            _ if running.len() > 2 => drop(running.remove(chosen)),
            _ => {}
        }
    }
    if running.is_empty() {
        let builder = projector(&log, &read_models).project(Sums::new());
        running.push(builder.start());
    }
    read_models.heal();
    // A loss in the store is noticed with the next event at the latest.
    let last = log.append("p-0");
    for projector in running {
        within(projector.reached(last)).await.unwrap();
        // Its own answers are true.
        check(&log, &read_models, &generation(1)).await;
        let reason = within(projector.stop()).await;
        assert!(matches!(reason, StopReason::Requested), "{reason}");
    }
    read_models.assert_was_always_sound();
    catch_up(&log, &read_models).await;
    check(&log, &read_models, &generation(1)).await;
    read_models
}

#[test]
fn whatever_happens_to_a_store_nothing_is_lost_or_counted_twice() {
    let everything = [
        "slow",
        "unavailable",
        "lost requests",
        "lost acknowledgements",
        "late",
        "wiped",
        "rolled back",
        "commits",
        "refused",
    ];
    let mut happened = everything.map(|_| 0);
    for seed in 0..60 {
        let read_models = run(project_while_failing(seed));
        for (sum, what) in happened.iter_mut().zip(everything) {
            *sum += read_models.happened(what);
        }
    }
    let rare = everything.iter().zip(happened).find(|(_, sum)| *sum < 20);
    assert!(rare.is_none(), "there was too little to survive: {rare:?}");
}
