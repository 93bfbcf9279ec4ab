//! The misfortunes of everybody, chosen by a seed; and when a process dies.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use minwon::{engine::EventId, testing::SeededRng};
use tokio::sync::Notify;

/// The chance that all share: what happens now and then, what is away, what is broken for good.
#[derive(Clone)]
pub(crate) struct Fate {
    seed: u64,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    rng: SeededRng,
    is_calm: bool,
    /// Until a new release fixes it, what is broken stays so.
    is_fixed: bool,
    away: BTreeSet<&'static str>,
    happened: BTreeMap<&'static str, u64>,
}

impl Fate {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            inner: Arc::new(Mutex::new(Inner {
                rng: SeededRng::new(seed ^ 0x5eed),
                is_calm: false,
                is_fixed: false,
                away: BTreeSet::new(),
                happened: BTreeMap::new(),
            })),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no code panics under this lock")
    }

    /// Whether something happens now that happens `per_mille` times in a thousand; never in calm.
    pub(crate) fn happens(&self, what: &'static str, per_mille: u16) -> bool {
        let mut inner = self.inner();
        let happens = !inner.is_calm && inner.rng.happens(per_mille);
        if happens {
            *inner.happened.entry(what).or_default() += 1;
        }
        happens
    }

    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.inner().rng.below(bound)
    }

    /// Counts something that happened.
    pub(crate) fn note(&self, what: &'static str) {
        self.note_times(what, 1);
    }

    pub(crate) fn note_times(&self, what: &'static str, times: u64) {
        *self.inner().happened.entry(what).or_default() += times;
    }

    pub(crate) fn happened(&self) -> BTreeMap<&'static str, u64> {
        self.inner().happened.clone()
    }

    /// From now on nothing happens any more, but for what is broken.
    pub(crate) fn calm(&self) {
        let mut inner = self.inner();
        inner.is_calm = true;
        inner.away.clear();
    }

    /// A new release: what was broken works.
    pub(crate) fn fix(&self) {
        self.inner().is_fixed = true;
    }

    pub(crate) fn go_away(&self, who: &'static str) {
        self.note(who);
        self.inner().away.insert(who);
    }

    pub(crate) fn come_back(&self, who: &'static str) {
        self.inner().away.remove(who);
    }

    pub(crate) fn is_away(&self, who: &'static str) -> bool {
        self.inner().away.contains(who)
    }

    /// Takes some time, now and then.
    pub(crate) async fn delay(&self, per_mille: u16, longest: Duration) {
        if self.happens("slow calls", per_mille) {
            let micros = self.below(longest.as_micros() as u64);
            tokio::time::sleep(Duration::from_micros(micros)).await;
        }
    }

    /// Whether this is so of this one: always the same answer.
    pub(crate) fn is(&self, what: &str, one: &str, per_mille: u16) -> bool {
        let mut bytes = what.bytes().chain(one.bytes());
        let mix = |mixed: u64, byte: u8| {
            SeededRng::new(mixed.wrapping_mul(31).wrapping_add(u64::from(byte))).next_u64()
        };
        let mixed = bytes.by_ref().fold(self.seed, mix);
        SeededRng::new(mixed).happens(per_mille)
    }

    /// As [`is`](Self::is), until a new release fixes it.
    pub(crate) fn is_broken(&self, what: &'static str, one: &str, per_mille: u16) -> bool {
        if self.inner().is_fixed || !self.is(what, one, per_mille) {
            return false;
        }
        self.note(what);
        true
    }

    /// Whether reactors cannot read this event.
    pub(crate) fn is_poisoned(&self, event: EventId) -> bool {
        self.is(POISON, &event.to_string(), POISONED_EVENTS)
    }

    /// As [`is_poisoned`](Self::is_poisoned), until a new release reads it.
    pub(crate) fn cannot_be_read(&self, event: EventId) -> bool {
        self.is_broken(POISON, &event.to_string(), POISONED_EVENTS)
    }
}

pub(crate) const POISON: &str = "events that cannot be read";

/// Per mille of all events.
const POISONED_EVENTS: u16 = 6;

/// The life of a process. Every call it makes to the outside may be its last.
#[derive(Clone)]
pub(crate) struct Life(Arc<Shared>);

struct Shared {
    fate: Fate,
    calls_left: AtomicI64,
    is_over: AtomicBool,
    over: Notify,
}

impl Life {
    pub(crate) fn new(fate: &Fate) -> Self {
        Self(Arc::new(Shared {
            fate: fate.clone(),
            calls_left: AtomicI64::new(i64::MAX),
            is_over: AtomicBool::new(false),
            over: Notify::new(),
        }))
    }

    /// It dies in the middle of the call after so many more.
    pub(crate) fn ends_after(&self, calls: u32) {
        self.0.calls_left.store(i64::from(calls), Ordering::Relaxed);
    }

    /// It dies now: no call that it makes from now on arrives.
    pub(crate) fn end(&self) {
        self.0.is_over.store(true, Ordering::Relaxed);
        self.0.over.notify_one();
    }

    /// When it has died.
    pub(crate) async fn ended(&self) {
        while !self.0.is_over.load(Ordering::Relaxed) {
            self.0.over.notified().await;
        }
    }

    /// Makes a call to the outside. Where the process dies of it, either the call does not arrive
    /// or its answer does not.
    pub(crate) async fn call<A>(&self, call: impl Future<Output = A>) -> A {
        if !self.0.is_over.load(Ordering::Relaxed) {
            if self.0.calls_left.fetch_sub(1, Ordering::Relaxed) != 0 {
                return call.await;
            }
            if self.0.fate.happens("deaths after a call", 500) {
                // Nobody hears the answer.
                let _ = call.await;
            } else {
                self.0.fate.note("deaths before a call");
            }
            self.end();
        }
        std::future::pending().await
    }
}
