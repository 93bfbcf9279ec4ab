//! How an engine stands, as metrics.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use minwon_core::{
    DeadLetterBook, GlobalPosition, HeldState, Slice, Timestamp,
    metrics::{
        ENDING, LAG_EVENTS, LAG_SECONDS, LETTERS_OPEN, LIVE, NEWER_KEYS, OLDEST_LETTER,
        OLDEST_WAITING, PART_READY, PART_STATE, PART_WAITING, PASSED_OVER, QUEUED_EVENTS, READY,
        REBUILD_PROGRESS, REPORTED, STARTED, WAITERS, WITHOUT_EFFECT, count_up_to, set,
    },
};
use minwon_projections::{
    Behind, Health, ModelStatus, PartHealth, PartState, ReactorStatus, SliceProgress,
    measure_behind,
};

use super::Engine;
use crate::namespace::{ServiceClock, ServiceReadModels, ServiceStore};

/// How long the stores may take to say what is to be reported; then it is not known.
const TIME_MAX: Duration = Duration::from_secs(2);

/// The ages by which open letters are told apart: up to so much, in a word. Others are older.
const AGES: [(Duration, &str); 3] = [
    (Duration::from_secs(3_600), "hour"),
    (Duration::from_secs(86_400), "day"),
    (Duration::from_secs(604_800), "week"),
];
const OLDER: &str = "older";

/// What was reported the last time: what is gone must not seem to be there.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    slices: Mutex<BTreeSet<(Arc<str>, Slice)>>,
    letters: Mutex<BTreeSet<Kind>>,
}

/// Consumer, cause and age of letters.
type Kind = (String, &'static str, &'static str);

/// A part that follows the log, as it last reported.
struct Follower {
    part: Arc<str>,
    slices: Vec<SliceProgress>,
    /// Whether the read model that it keeps is complete; none where it keeps none.
    is_complete: Option<bool>,
}

impl From<&ModelStatus> for Follower {
    fn from(model: &ModelStatus) -> Self {
        Self {
            part: model.part(),
            slices: model.progress.clone(),
            is_complete: Some(model.is_ready),
        }
    }
}

/// What the event store says: the head of the log, and how far it is beyond each place.
type Log = (GlobalPosition, BTreeMap<GlobalPosition, Behind>);

impl<S, R, T> Engine<S, R, T>
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    /// Says how things stand, as [metrics](minwon_core::metrics): to be called before they are looked at, as by
    /// the handler of `/metrics`. Nothing of it is worked out otherwise.
    ///
    /// It takes what the parts last reported, and asks the event store, for 2 s at most: how far the log is
    /// beyond each part, which reads 10,000 events at most and none where all keep up, and what is new in the
    /// queues of dead letters. What the store does not say is not a number (NaN), and `minwon_reported` is 0.
    ///
    /// A part that stands still falls behind by the log and the clock. What belongs to a slice that another
    /// process works on now is not a number: let the exporter forget gauges that nobody sets any more.
    pub async fn report_metrics(&self) {
        let followers = self.followers();
        let places = followers.iter().flat_map(|it| &it.slices);
        let places = places.map(|it| it.position).collect();
        let log = self.in_time(measure_behind(&self.store, &self.events, &places));
        let letters = self.in_time(self.dead_letters.refresh());
        let (log, letters) = tokio::join!(log, letters);
        let report = self.report();
        report.health(&self.health());
        report.log(&followers, log.as_ref());
        report.slices(&followers, log.as_ref(), &self.reported);
        let letters = letters.map(|()| self.dead_letters.look(|book| report.count(book)));
        report.letters(letters, &self.reported);
        self.report_queues(&report);
    }

    /// What is reported now.
    pub(crate) fn report(&self) -> Report<'_> {
        Report {
            namespace: self.dead_letters.namespace().as_str(),
            now: self.timer.now(),
        }
    }

    /// What a store says in time; none where it does not, or fails.
    pub(crate) async fn in_time<A, E: std::error::Error>(
        &self,
        asked: impl Future<Output = Result<A, E>>,
    ) -> Option<A> {
        let answer = tokio::select! {
            biased;
            answer = asked => answer.map_err(|error| error.to_string()),
            () = self.timer.sleep(TIME_MAX) => Err(format!("no answer within {TIME_MAX:?}")),
        };
        let namespace = self.dead_letters.namespace();
        answer
            .map_err(|why| tracing::debug!(%namespace, why, "metrics are reported without a store"))
            .ok()
    }

    fn followers(&self) -> Vec<Follower> {
        let projector = self.projector.status();
        let projector = projector.borrow();
        let models = projector.models.iter().map(Follower::from);
        let reactors = self.reactors.iter().map(|reactor| Follower {
            part: reactor.health().part,
            slices: reactor.status().borrow().slices.clone(),
            is_complete: None,
        });
        models.chain(reactors).collect()
    }

    fn report_queues(&self, report: &Report<'_>) {
        for reactor in &self.reactors {
            let part = reactor.health().part;
            let ReactorStatus { queued_events, .. } = *reactor.status().borrow();
            let labels = [report.namespace(), ("part", &*part)];
            set(&QUEUED_EVENTS, &labels, queued_events as f64);
        }
        let keepers = self.keepers.iter().map(|it| it.status().without_effect);
        let without_effect: usize = keepers.sum();
        set(
            &WITHOUT_EFFECT,
            &[report.namespace()],
            without_effect as f64,
        );
        report.waiters("letters", self.letters.views().waiters());
    }
}

/// A report at one moment.
pub(crate) struct Report<'a> {
    namespace: &'a str,
    pub(crate) now: Timestamp,
}

impl Report<'_> {
    pub(crate) const fn namespace(&self) -> (&'static str, &str) {
        ("namespace", self.namespace)
    }

    /// Whether the stores said what is reported of this.
    pub(crate) fn reported(&self, of: &str, is_known: bool) {
        set(&REPORTED, &[self.namespace(), ("of", of)], truth(is_known));
    }

    pub(crate) fn waiters(&self, model: &str, waiters: usize) {
        let labels = [self.namespace(), ("model", model)];
        set(&WAITERS, &labels, waiters as f64);
    }

    fn health(&self, health: &Health) {
        let namespace = [self.namespace()];
        set(&READY, &namespace, truth(health.ready));
        set(&LIVE, &namespace, truth(health.live));
        set(&STARTED, &namespace, truth(health.started));
        set(&ENDING, &namespace, truth(health.ending_since.is_some()));
        set(&NEWER_KEYS, &namespace, health.newer_keys as f64);
        count_up_to(&PASSED_OVER, &namespace, health.passed_over.events);
        for part in &health.parts {
            let (state, since) = state_of(part);
            let name = ("part", &*part.part);
            for it in ["running", "paused", "stopped", "failed"] {
                let labels = [self.namespace(), name, ("state", it)];
                set(&PART_STATE, &labels, truth(it == state));
            }
            let labels = [self.namespace(), name];
            set(&PART_READY, &labels, truth(part.is_ready));
            let waiting = since.map_or(0.0, |since| self.seconds_since(since));
            set(&PART_WAITING, &labels, waiting);
        }
    }

    /// What is reported of each part that follows the log.
    fn log(&self, followers: &[Follower], log: Option<&Log>) {
        self.reported("log", log.is_some());
        for follower in followers {
            let labels = [self.namespace(), ("part", &*follower.part)];
            let slices = follower.slices.iter().map(|it| it.position);
            let oldest = slices.clone().map(|position| self.lag(log, position)[1]);
            // Not a number, where one of them is none, and where it has not begun.
            let oldest = oldest.reduce(|one, other| if one > other { one } else { other });
            set(&OLDEST_WAITING, &labels, oldest.unwrap_or(f64::NAN));
            if let Some(is_complete) = follower.is_complete {
                let progress = match (is_complete, log, slices.min()) {
                    (true, ..) => 1.0,
                    (false, Some((head, _)), Some(at)) => part_of(at, *head),
                    (false, Some(_), None) => 0.0,
                    (false, None, _) => f64::NAN,
                };
                set(&REBUILD_PROGRESS, &labels, progress);
            }
        }
    }

    fn slices(&self, followers: &[Follower], log: Option<&Log>, reported: &Reported) {
        let mut here = BTreeSet::new();
        for Follower { part, slices, .. } in followers {
            for SliceProgress { slice, position } in slices {
                self.slice(part, *slice, self.lag(log, *position));
                here.insert((Arc::clone(part), *slice));
            }
        }
        let before = swap(&reported.slices, &here);
        for (part, slice) in before.difference(&here) {
            self.slice(part, *slice, [f64::NAN; 2]);
        }
    }

    fn slice(&self, part: &str, slice: Slice, [events, seconds]: [f64; 2]) {
        let slice = slice.to_string();
        let labels = [self.namespace(), ("part", part), ("slice", &*slice)];
        set(&LAG_EVENTS, &labels, events);
        set(&LAG_SECONDS, &labels, seconds);
    }

    /// In events and seconds.
    fn lag(&self, log: Option<&Log>, position: GlobalPosition) -> [f64; 2] {
        match log.and_then(|(_, behind)| behind.get(&position)) {
            Some(Behind { events, oldest }) => {
                let seconds = oldest.map_or(0.0, |oldest| self.seconds_since(oldest));
                [*events as f64, seconds]
            }
            None => [f64::NAN; 2],
        }
    }

    /// How many letters there are of each kind, and since when the oldest.
    fn count(&self, book: &DeadLetterBook) -> (BTreeMap<Kind, u64>, Option<Timestamp>) {
        let (mut kinds, mut oldest) = (BTreeMap::new(), None);
        for (consumer, _, held) in book.letters() {
            let HeldState::Letter { failure, .. } = &held.state else {
                continue;
            };
            let age = |age: &&(Duration, &str)| held.since.saturating_add(age.0) >= self.now;
            let age = AGES.iter().find(age).map_or(OLDER, |(_, word)| word);
            let kind = (consumer.to_string(), failure.class.as_str(), age);
            *kinds.entry(kind).or_default() += 1;
            oldest = Some(oldest.map_or(held.since, |oldest: Timestamp| oldest.min(held.since)));
        }
        (kinds, oldest)
    }

    fn letters(
        &self,
        letters: Option<(BTreeMap<Kind, u64>, Option<Timestamp>)>,
        reported: &Reported,
    ) {
        self.reported("letters", letters.is_some());
        let (mut here, oldest) = match letters {
            Some((kinds, oldest)) => {
                let kinds = kinds.into_iter().map(|(kind, count)| (kind, count as f64));
                let oldest = oldest.map_or(0.0, |oldest| self.seconds_since(oldest));
                (kinds.collect::<BTreeMap<_, _>>(), oldest)
            }
            None => (BTreeMap::new(), f64::NAN),
        };
        let none = if oldest.is_nan() { f64::NAN } else { 0.0 };
        let mut before = reported
            .letters
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for kind in &*before {
            here.entry(kind.clone()).or_insert(none);
        }
        for ((consumer, cause, age), letters) in &here {
            let labels = [
                self.namespace(),
                ("consumer", &**consumer),
                ("cause", cause),
                ("age", age),
            ];
            set(&LETTERS_OPEN, &labels, *letters);
        }
        before.extend(here.into_keys());
        drop(before);
        set(&OLDEST_LETTER, &[self.namespace()], oldest);
    }

    /// A clock that was put back makes it 0.
    fn seconds_since(&self, then: Timestamp) -> f64 {
        let micros = self.now.unix_micros().saturating_sub(then.unix_micros());
        micros.max(0) as f64 / 1_000_000.0
    }
}

fn truth(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}

/// The word for how a part is, and since when it has not got on.
fn state_of(part: &PartHealth) -> (&'static str, Option<Timestamp>) {
    match &part.state {
        PartState::Running => ("running", part.stuck_since),
        PartState::Paused(paused) => ("paused", Some(paused.since)),
        PartState::Stopped(ended) if ended.class.is_some() => ("failed", Some(ended.at)),
        PartState::Stopped(ended) => ("stopped", Some(ended.at)),
        // There is none that this does not know.
        _ => ("failed", None),
    }
}

/// How much of the log lies before a place. Of positions, as events are not counted.
fn part_of(at: GlobalPosition, head: GlobalPosition) -> f64 {
    match head.commit() {
        0 => 1.0,
        head => (at.commit() as f64 / head as f64).min(1.0),
    }
}

/// Remembers what was reported; returns what was before.
fn swap<A: Clone>(kept: &Mutex<A>, now: &A) -> A {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut *kept, now.clone())
}
