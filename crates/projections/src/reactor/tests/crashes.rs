//! The outcome is the same, no matter which part breaks and when.

use std::collections::BTreeMap;

use minwon_core::{
    HeldState, is_dead_letter,
    testing::{Faulty, MemoryStore, SeededRng},
};

use super::*;

const PETITIONS: u64 = 4;

/// The fault of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Good,
    /// Cannot be read.
    Nonsense,
    /// Fails until all is fixed.
    Mendable,
    /// Fails every time.
    Hopeless,
}

struct World {
    office: Office,
    rng: SeededRng,
    store: Faulty<MemoryStore>,
    /// Of each petition, its events.
    filed: Vec<Vec<(GlobalPosition, Fate)>>,
    /// The events that were skipped, and are to be compensated.
    skipped: Vec<GlobalPosition>,
    compensated: Vec<GlobalPosition>,
}

impl World {
    fn new(seed: u64) -> Self {
        let (office, mut rng) = (Office::new(), SeededRng::new(seed));
        let store = Faulty::builder(office.log.store.clone(), rng.next_u64())
            .conflicts_per_mille(50)
            .lost_acknowledgements_per_mille(60)
            .lost_requests_per_mille(40)
            .unavailable_per_mille(60)
            .feed_errors_per_mille(50)
            .redeliveries_per_mille(50)
            .slow_per_mille(400, 12.try_into().unwrap())
            .build();
        Self {
            office,
            rng,
            store,
            filed: vec![Vec::new(); usize::try_from(PETITIONS).unwrap()],
            skipped: Vec::new(),
            compensated: Vec::new(),
        }
    }

    fn start(&mut self) -> RunningReactor {
        let options = random_options(&mut self.rng);
        self.office
            .faulty_builder(&self.store)
            .options(options)
            .start()
    }

    fn file(&mut self) {
        let petition = self.rng.below(PETITIONS);
        let name = format!("p-{petition}");
        let (at, fate) = match self.rng.below(14) {
            0 => (self.office.file_nonsense(&name), Fate::Nonsense),
            1 => (self.office.file(&name), Fate::Mendable),
            2 => (self.office.file(&name), Fate::Hopeless),
            _ => (self.office.file(&name), Fate::Good),
        };
        let mut moods = self.office.moods();
        if matches!(fate, Fate::Mendable | Fate::Hopeless) {
            moods.broken.insert(at.commit());
        }
        if self.rng.happens(300) {
            moods.grudges.insert(at.commit());
        }
        drop(moods);
        self.filed[usize::try_from(petition).unwrap()].push((at, fate));
    }

    /// Decides about the letter of a petition; false where it has none.
    async fn decide(&mut self, petition: usize) -> bool {
        let name = format!("p-{petition}");
        let held = self.office.held(&name).await;
        let is_letter = |held: &&minwon_core::HeldEvent| {
            let requested =
                matches!(held.state, HeldState::Letter { retry_requested, .. } if retry_requested);
            held.is_letter() && !requested
        };
        let Some(letter) = held.iter().find(is_letter) else {
            return false;
        };
        let at = letter.event.position;
        let fate = self.filed[petition].iter().find(|(of, _)| *of == at);
        // Only what never succeeds is given up, so that it is known what comes out.
        let is_hopeless = matches!(fate, Some((_, Fate::Hopeless | Fate::Nonsense)));
        match self.rng.below(3) {
            1 if is_hopeless => {
                self.office.skip(&name, at).await;
                self.skipped.push(at);
            }
            2 if is_hopeless => {
                self.office.compensate(&name, at).await;
                self.compensated.push(at);
            }
            _ => self.office.retry(&name, at).await,
        }
        true
    }

    /// Lets others go on, for a while.
    async fn wait(&mut self) {
        if self.rng.happens(200) {
            let wait = Duration::from_micros(self.rng.below(60_000));
            tokio::time::sleep(wait).await;
        }
        for _ in 0..self.rng.below(60) {
            tokio::task::yield_now().await;
        }
    }

    fn fix(&self) {
        let mut moods = self.office.moods();
        moods.grudges.clear();
        let fates = self.filed.iter().flatten();
        for (at, _) in fates.filter(|(_, fate)| *fate == Fate::Mendable) {
            moods.broken.remove(&at.commit());
        }
    }

    /// Decides about all letters until none is left.
    async fn finish(&mut self) {
        self.store.heal();
        self.fix();
        let reactor = self.start();
        let mut is_over = false;
        while !is_over {
            self.office.settle(&reactor).await;
            is_over = true;
            for petition in 0..self.filed.len() {
                is_over &= !self.decide(petition).await;
            }
        }
        let reason = reactor.stop().await;
        assert!(matches!(reason, StopReason::Requested), "{reason}");
    }

    async fn check(&self) {
        self.office.check_checkpoints(PETITIONS).await;
        for (petition, filed) in self.filed.iter().enumerate() {
            let name = format!("p-{petition}");
            let held = self.office.held_at(&name).await;
            let first_held = held.first().map_or(u64::MAX, |(at, _)| *at);
            let mut expected = Vec::new();
            for &(at, fate) in filed.iter().filter(|(at, _)| at.commit() < first_held) {
                // Given up twice where making up failed: the last word counts.
                let is_made_up = self.compensated.contains(&at) && !self.skipped.contains(&at);
                match fate {
                    Fate::Good | Fate::Mendable => expected.extend(met(at)),
                    Fate::Hopeless if is_made_up => expected.push((at.commit(), 0, true)),
                    Fate::Hopeless | Fate::Nonsense => {}
                }
            }
            assert_eq!(self.office.effects(&name).await, expected, "{name}");
            let behind = filed.iter().filter(|(at, _)| at.commit() >= first_held);
            let behind: Vec<_> = behind.map(|(at, _)| at.commit()).collect();
            let held: Vec<_> = held.iter().map(|(at, _)| *at).collect();
            assert_eq!(held, behind, "{name}: all behind a letter is held back");
        }
    }
}

/// Reactors are killed and started again while petitions come and officers decide.
fn simulate(seed: u64, twins: u64, met: &mut BTreeMap<String, u64>) {
    println!("seed {seed}");
    run(async {
        let mut world = World::new(seed);
        let mut reactors = Vec::new();
        for _ in 0..60 {
            match world.rng.below(10) {
                0..4 => world.file(),
                4 => {
                    let petition = world.rng.below(PETITIONS);
                    world.decide(usize::try_from(petition).unwrap()).await;
                }
                5 if !reactors.is_empty() => {
                    let at = world.rng.below(reactors.len() as u64);
                    let killed: RunningReactor = reactors.remove(usize::try_from(at).unwrap());
                    if world.rng.happens(200) {
                        killed.stop().await;
                    } else {
                        drop(killed);
                    }
                    world.office.check_checkpoints(PETITIONS).await;
                }
                6 if world.rng.happens(200) => world.fix(),
                _ if (reactors.len() as u64) < twins => reactors.push(world.start()),
                _ => {}
            }
            world.wait().await;
        }
        drop(reactors);
        tokio::task::yield_now().await;
        world.finish().await;
        world.check().await;
        let events = world.office.log.events();
        for event in events.iter().filter(|event| is_dead_letter(event)) {
            *met.entry(event.event_type.to_string()).or_default() += 1;
        }
    });
}

/// Everything that can happen to a letter happens.
fn simulate_many(twins: u64) {
    let mut met = BTreeMap::new();
    for seed in 0..300 {
        simulate(seed, twins, &mut met);
    }
    println!("{met:?}");
    assert_eq!(met.len(), 8, "{met:?}");
    assert!(met.values().all(|times| *times > 100), "{met:?}");
}

#[test]
fn one_reactor_killed_again_and_again() {
    simulate_many(1);
}

#[test]
fn twins_killed_again_and_again() {
    simulate_many(3);
}
