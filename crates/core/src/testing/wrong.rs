//! Stores that are wrong on purpose: each breaks one promise, and the suite must notice.
//!
//! The tables of this module say for every rule of a suite which wrong store it notices. A rule
//! that no table names has no store that breaks it, and fails the test of its suite.

mod admin;
mod appending;
mod committing;
mod damaged;
mod failing;
mod following;
mod hostile;
mod keeping;
mod leasing;
mod listing;
mod reading;
mod slices;
mod unread;

use std::{
    collections::BTreeSet,
    fmt::Debug,
    ops::Deref,
    sync::{Mutex, MutexGuard},
};

use futures_executor::block_on;

use super::{
    Hooked, ManualClock,
    conformance::{self, Report},
};
use crate::{
    EventFault, GenerationName, ModelName, SliceName, StreamName, Timestamp,
    memory::{MemoryReadModels, MemoryStore},
};

/// The ways to be wrong, each with the rule that names what it breaks; others may notice as well.
macro_rules! wrongs {
    ($(#[$doc:meta])* $name:ident { $($(#[$why:meta])* $wrong:ident breaks $rule:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name {
            $($(#[$why])* $wrong,)+
        }

        impl super::Table for $name {
            const ALL: &'static [Self] = &[$(Self::$wrong,)+];

            fn breaks(self) -> &'static str {
                match self {
                    $(Self::$wrong => $rule,)+
                }
            }
        }
    };
}
use wrongs;

trait Table: Debug + Copy + PartialEq + 'static {
    const ALL: &'static [Self];

    fn breaks(self) -> &'static str;
}

/// The hook of a store that is wrong in one way, and what it has to remember for that.
struct Wrongly<W, N = ()> {
    wrong: W,
    notes: Mutex<N>,
}

impl<W: Table, N: Default> Wrongly<W, N> {
    fn around<S>(store: S, wrong: W) -> Hooked<S, Self> {
        let notes = Mutex::default();
        Hooked::new(store, Self { wrong, notes })
    }

    fn is(&self, wrong: W) -> bool {
        self.wrong == wrong
    }

    fn notes(&self) -> MutexGuard<'_, N> {
        self.notes.lock().unwrap()
    }
}

/// A store that is wrong in one way, for the ports that no [`Hook`](super::Hook) changes.
struct WrongStore<S, W, N = ()> {
    store: S,
    way: Wrongly<W, N>,
}

impl<S, W: Table, N: Default> WrongStore<S, W, N> {
    fn new(store: S, wrong: W) -> Self {
        let notes = Mutex::default();
        let way = Wrongly { wrong, notes };
        Self { store, way }
    }
}

impl<S, W, N> Deref for WrongStore<S, W, N> {
    type Target = Wrongly<W, N>;

    fn deref(&self) -> &Wrongly<W, N> {
        &self.way
    }
}

/// The suite notices each wrong store by the rule that names what it breaks, and every rule
/// has such a store.
fn check<W: Table>(run: impl Fn(W) -> Report) {
    let named: BTreeSet<_> = W::ALL.iter().map(|wrong| wrong.breaks()).collect();
    for wrong in W::ALL {
        let report = run(*wrong);
        let rule = wrong.breaks();
        assert!(
            report.violations().any(|(violated, _)| violated == rule),
            "{wrong:?} went unnoticed by {rule}: {report}"
        );
        let rules = report.rules().map(|(rule, _)| rule);
        let idle: Vec<_> = rules.filter(|rule| !named.contains(rule)).collect();
        assert!(
            idle.is_empty(),
            "rules that no wrong store breaks: {idle:?}"
        );
    }
}

#[test]
fn every_wrong_event_store_is_noticed() {
    check(|wrong: reading::Wrong| {
        let open = async || Wrongly::around(MemoryStore::new(), wrong);
        block_on(conformance::event_store(open))
    });
}

#[test]
fn every_wrong_way_with_unreadable_events_is_noticed() {
    check(|wrong: unread::Wrong| {
        let open = async || Wrongly::around(MemoryStore::new(), wrong);
        let plant = async |store: &Hooked<MemoryStore, _>, stream: &StreamName, kind| {
            let fault = EventFault::new(kind, "it is bad");
            store.inner().plant(stream, fault);
            true
        };
        block_on(conformance::unreadable_events(open, plant))
    });
}

#[test]
fn every_wrong_feed_whose_reads_fail_is_noticed() {
    check(|wrong: failing::Wrong| {
        let open = async || failing::WrongFailing::around(MemoryStore::new(), wrong);
        let fail = async |store: &Hooked<MemoryStore, failing::WrongFailing>| {
            store.hook().fail(true);
        };
        let mend = async |store: &Hooked<MemoryStore, failing::WrongFailing>| {
            store.hook().fail(false);
        };
        block_on(conformance::failing_feeds(open, fail, mend))
    });
}

#[test]
fn every_wrong_way_with_hostile_bytes_is_noticed() {
    check(|wrong: hostile::Wrong| {
        let mut hand = hostile::Hand::new(wrong);
        block_on(conformance::hostile_events(&mut hand, 1, 40))
    });
    let mut told = hostile::Marking(hostile::Hand::new(hostile::Wrong::Believes));
    let report = block_on(conformance::hostile_events(&mut told, 1, 40));
    report.assert_all_hold();
}

#[test]
fn every_wrong_way_with_hostile_bytes_of_read_models_is_noticed() {
    check(|wrong: hostile::WrongSlice| {
        let mut hand = hostile::SliceHand::new(wrong);
        block_on(conformance::hostile_slices(&mut hand, 1, 16))
    });
    check(|wrong: hostile::WrongLease| {
        let mut hand = hostile::SliceHand::new(wrong);
        block_on(conformance::hostile_leases(&mut hand, 1, 16))
    });
}

#[test]
fn every_wrong_snapshot_store_is_noticed() {
    check(|wrong: keeping::WrongSnapshot| {
        let open = async || WrongStore::<_, _>::new(MemoryStore::new(), wrong);
        block_on(conformance::snapshot_store(open))
    });
}

#[test]
fn every_wrong_checkpoint_store_is_noticed() {
    check(|wrong: keeping::WrongCheckpoint| {
        let open = async || Wrongly::<_>::around(MemoryStore::new(), wrong);
        block_on(conformance::checkpoint_store(open))
    });
}

#[test]
fn every_wrong_store_of_read_models_is_noticed() {
    check(|wrong: slices::Wrong| {
        let open = async || WrongStore::new(MemoryReadModels::new(), wrong);
        block_on(conformance::read_model_store(open))
    });
}

#[test]
fn every_wrong_admin_of_read_models_is_noticed() {
    check(|wrong: admin::Wrong| {
        let open = async || WrongStore::new(MemoryReadModels::new(), wrong);
        block_on(conformance::read_model_admin(open))
    });
}

#[test]
fn every_wrong_way_with_damaged_slices_is_noticed() {
    check(|wrong: damaged::WrongSlice| {
        let open = async || WrongStore::<_, _>::new(MemoryReadModels::new(), wrong);
        let damage = async |store: &WrongStore<MemoryReadModels, _>, slice: &SliceName| {
            store.store.damage(slice);
        };
        block_on(conformance::damaged_slices(open, damage))
    });
}

#[test]
fn every_wrong_way_with_damaged_catalogues_is_noticed() {
    check(|wrong: damaged::WrongCatalogue| {
        let open = async || WrongStore::new(MemoryReadModels::new(), wrong);
        let damage = async |store: &damaged::OfCatalogues, model: &ModelName| {
            store.notes().insert(model.clone());
            store.store.damage_catalogue(model);
        };
        block_on(conformance::damaged_catalogues(open, damage))
    });
}

#[test]
fn every_wrong_way_with_damaged_leases_is_noticed() {
    check(|wrong: damaged::WrongLease| {
        let open = async || WrongStore::new(MemoryReadModels::new(), wrong);
        let damage = async |store: &damaged::OfLeases, generation: &GenerationName| {
            store.notes().insert(generation.clone());
            store.store.damage_leases(generation);
        };
        block_on(conformance::damaged_leases(open, damage))
    });
}

#[test]
fn all_wrong_leases_are_noticed() {
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    check(|wrong: leasing::Wrong| {
        let leases = || MemoryReadModels::with_clock(clock.clone());
        let open = async || WrongStore::new(leases(), wrong);
        let advance = async |by| clock.advance(by);
        block_on(conformance::slice_leases(open, advance))
    });
}
