//! Poisoned events, crashes, decisions and flaky stores, all at once.

use minwon_core::EventRef;

use super::{
    poison::{
        Letters, Strictness, ask_again, check_poisoned, consumer, letters_of, quietly, settle, skip,
    },
    *,
};
use crate::testing::{Fault, Faults, Fragile, Rates, fragile};

const PETITIONS: u64 = 6;
const STARTS: u64 = 16;

/// An event of any petition, poisoned now and then.
fn grow(log: &Log, rng: &mut SeededRng) {
    if !rng.happens(200) {
        log.grow(rng, PETITIONS);
        return;
    }
    let petition = format!("p-{}", rng.below(PETITIONS));
    let fault = [Fault::Unreadable, Fault::Panics, Fault::Lost][rng.below(3) as usize];
    if rng.happens(300) {
        log.poison_issuance(&petition, fault);
    } else {
        log.poison(&petition, fault);
    }
}

/// Any letter there is.
async fn any_letter(letters: &Letters, rng: &mut SeededRng) -> Option<(String, EventRef)> {
    letters.refresh().await.unwrap();
    let mut all = letters.look(|book| {
        let of = book.of(&consumer());
        let letters = of.into_iter().flat_map(|letters| letters.letters());
        let letters = letters.map(|(key, held)| (key.to_owned(), held.event.clone()));
        letters.collect::<Vec<_>>()
    });
    (!all.is_empty()).then(|| all.swap_remove(rng.below(all.len() as u64) as usize))
}

/// Somebody decides something, or not.
async fn decide(log: &Log, rng: &mut SeededRng) {
    let letters = letters_of(log);
    let Some((key, event)) = any_letter(&letters, rng).await else {
        return;
    };
    match rng.below(4) {
        0 => skip(&letters, &key, event).await,
        1 => ask_again(&letters, &key, event).await,
        _ => {}
    }
}

async fn live(seed: u64, strictness: Strictness) -> usize {
    let mut rng = SeededRng::new(seed);
    let (log, faults) = (Log::new(), Faults::default());
    let rates = Rates::random(&mut rng);
    let read_models = Flaky::unwatched(&log, rng.next_u64(), rates);
    let mut running: Vec<Projector> = Vec::new();
    for start in 0..STARTS {
        for _ in 0..rng.below(6) {
            grow(&log, &mut rng);
        }
        decide(&log, &mut rng).await;
        if strictness == Strictness::Lenient && rng.happens(200) {
            // Twins are of one program.
            running.clear();
            tokio::time::sleep(Duration::from_secs(1)).await;
            faults.set_fixed(!faults.are_fixed());
        }
        let builder = fragile(&log, &read_models, &faults);
        let builder = builder.incarnation_seed(seed * STARTS + start);
        let builder = builder.options(random_options(&mut rng));
        running.push(builder.project(Fragile::new(&faults)).start());
        wait_a_while(&mut rng).await;
        let chosen = rng.below(running.len() as u64) as usize;
        match rng.below(4) {
            0 => drop(within(running.remove(chosen).stop()).await),
            1 => drop(running.remove(chosen)),
            _ if running.len() > 2 => drop(running.remove(chosen)),
            _ => {}
        }
    }
    drop(running);
    read_models.heal();
    // Commits that nobody waits for any more come to an end.
    tokio::time::sleep(Duration::from_secs(1)).await;
    within(settle(&log, &read_models, &faults)).await;
    check_poisoned(&log, &read_models, &faults, (1, 1), strictness).await;
    read_models.assert_was_always_sound();
    super::poison::written(&log).len()
}

/// One projector, on a store to which nothing happens: letters and commits keep their order.
#[test]
fn letters_come_before_the_commit_and_releases_after_it() {
    for seed in 0..40 {
        quietly(async {
            let (mut rng, log) = (SeededRng::new(seed), Log::new());
            let faults = Faults::default();
            let read_models = Flaky::unwatched(&log, seed, Rates::default());
            for _ in 0..12 {
                for _ in 0..rng.below(8) {
                    grow(&log, &mut rng);
                }
                decide(&log, &mut rng).await;
                if rng.happens(300) {
                    faults.set_fixed(!faults.are_fixed());
                }
                settle(&log, &read_models, &faults).await;
            }
            let lenient = Strictness::Lenient;
            check_poisoned(&log, &read_models, &faults, (1, 1), lenient).await;
            read_models.assert_was_always_sound();
        });
    }
}

#[test]
fn whatever_happens_views_and_letters_agree() {
    let mut written = 0;
    for seed in 0..100 {
        written += quietly(live(seed, Strictness::Strict));
    }
    assert!(written > 500, "there was too little to survive: {written}");
}

#[test]
fn whatever_is_fixed_and_broken_again_views_and_letters_agree() {
    for seed in 1_000..1_100 {
        quietly(live(seed, Strictness::Lenient));
    }
}
