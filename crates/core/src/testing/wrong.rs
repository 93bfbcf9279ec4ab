//! Stores that are wrong on purpose: each breaks one promise, and the suite must notice.
//!
//! The tables of this module say for every rule of a suite which wrong store it notices. A rule
//! that no table names has no store that breaks it, and fails the test of its suite.

mod appending;
mod committing;
mod damaged;
mod following;
mod keeping;
mod leasing;
mod listing;
mod reading;
mod slices;
mod unread;
mod wholes;

use std::{
    collections::BTreeSet,
    fmt::Debug,
    sync::{Mutex, MutexGuard},
};

use futures_executor::block_on;

use super::{
    Hooked, ManualClock, ModelReadModels, ModelStore,
    conformance::{self, Report},
};
use crate::{EventFault, GenerationName, ModelName, SliceName, StreamName, Timestamp};

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
        let open = async || Wrongly::around(ModelStore::new(), wrong);
        block_on(conformance::event_store(open))
    });
}

#[test]
fn every_wrong_way_with_unreadable_events_is_noticed() {
    check(|wrong: unread::Wrong| {
        let open = async || Wrongly::around(ModelStore::new(), wrong);
        let plant = async |store: &Hooked<ModelStore, _>, stream: &StreamName, kind| {
            let fault = EventFault::new(kind, "it is bad");
            store.inner().plant(stream, fault);
            true
        };
        block_on(conformance::unreadable_events(open, plant))
    });
}

#[test]
fn every_wrong_snapshot_store_is_noticed() {
    check(|wrong: keeping::WrongSnapshot| {
        let open = async || Wrongly::<_>::around(ModelStore::new(), wrong);
        block_on(conformance::snapshot_store(open))
    });
}

#[test]
fn every_wrong_checkpoint_store_is_noticed() {
    check(|wrong: keeping::WrongCheckpoint| {
        let open = async || Wrongly::<_>::around(ModelStore::new(), wrong);
        block_on(conformance::checkpoint_store(open))
    });
}

#[test]
fn every_wrong_store_of_read_models_is_noticed() {
    check(|wrong: slices::Wrong| {
        let open = async || Wrongly::around(ModelReadModels::new(), wrong);
        block_on(conformance::read_model_store(open))
    });
}

#[test]
fn every_wrong_admin_of_read_models_is_noticed() {
    check(|wrong: wholes::Wrong| {
        let open = async || Wrongly::around(ModelReadModels::new(), wrong);
        block_on(conformance::read_model_admin(open))
    });
}

#[test]
fn every_wrong_way_with_damaged_slices_is_noticed() {
    check(|wrong: damaged::WrongSlice| {
        let open = async || Wrongly::<_>::around(ModelReadModels::new(), wrong);
        let damage = async |store: &Hooked<ModelReadModels, _>, slice: &SliceName| {
            store.inner().damage(slice);
        };
        block_on(conformance::damaged_slices(open, damage))
    });
}

#[test]
fn every_wrong_way_with_damaged_catalogues_is_noticed() {
    check(|wrong: damaged::WrongCatalogue| {
        let open = async || Wrongly::around(ModelReadModels::new(), wrong);
        let damage = async |store: &damaged::OfCatalogues, model: &ModelName| {
            store.hook().notes().insert(model.clone());
            store.inner().damage_catalogue(model);
        };
        block_on(conformance::damaged_catalogues(open, damage))
    });
}

#[test]
fn every_wrong_way_with_damaged_leases_is_noticed() {
    check(|wrong: damaged::WrongLease| {
        let open = async || Wrongly::around(ModelReadModels::new(), wrong);
        let damage = async |store: &damaged::OfLeases, generation: &GenerationName| {
            store.hook().notes().insert(generation.clone());
            store.inner().damage_leases(generation);
        };
        block_on(conformance::damaged_leases(open, damage))
    });
}

#[test]
fn all_wrong_leases_are_noticed() {
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    check(|wrong: leasing::Wrong| {
        let leases = || ModelReadModels::with_clock(clock.clone());
        let open = async || Wrongly::around(leases(), wrong);
        let advance = async |by| clock.advance(by);
        block_on(conformance::slice_leases(open, advance))
    });
}
