//! How one part is, and what it says of that.

use std::{
    error::Error,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use minwon_core::{Clock, Failure, FailureClass, Timestamp, in_seoul};

use super::ErrorClass;
use crate::lock::lock;

/// How a part is.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PartState {
    /// It works.
    #[default]
    Running,
    /// Something is in its way. It goes on by itself.
    Paused(Paused),
    /// It has ended.
    Stopped(Ended),
}

/// Why a part waits.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Paused {
    /// The class of the error.
    pub class: ErrorClass,
    /// The text of the error, its causes included; at most 600 characters.
    #[serde(serialize_with = "as_text")]
    pub why: Arc<str>,
    /// Since when it has not got on.
    #[serde(serialize_with = "in_seoul::instant")]
    pub since: Timestamp,
    /// When it tries again.
    #[serde(serialize_with = "in_seoul::instant")]
    pub next_try: Timestamp,
    /// Failures since then.
    pub tries: u64,
}

/// Why a part ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Ended {
    /// The class of the error; none where it was to end.
    pub class: Option<ErrorClass>,
    /// The text of the error, its causes included; at most 600 characters.
    #[serde(serialize_with = "as_text")]
    pub why: Arc<str>,
    /// When it ended.
    #[serde(serialize_with = "in_seoul::instant")]
    pub at: Timestamp,
}

/// A shared text, which serde serialises by a feature only.
pub(crate) fn as_text<S: serde::Serializer>(text: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(text)
}

/// A shared text that there need not be.
pub(crate) fn option_as_text<S: serde::Serializer>(
    text: &Option<Arc<str>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    serde::Serialize::serialize(&text.as_deref(), to)
}

/// A part has ended, so that what was waited for does not come.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part} has stopped: {why}")]
pub struct Stopped {
    /// Which part.
    pub part: Arc<str>,
    /// Why, causes included.
    pub why: Arc<str>,
}

impl PartState {
    /// Returns whether it ended though nobody asked it to.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        matches!(self, Self::Stopped(ended) if ended.class.is_some())
    }

    /// Returns whether it has ended.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        matches!(self, Self::Stopped(_))
    }

    /// Returns why it waits; none where it does not.
    #[must_use]
    pub fn why_paused(&self) -> Option<&Arc<str>> {
        match self {
            Self::Paused(paused) => Some(&paused.why),
            _ => None,
        }
    }

    /// The error of whoever waits for the part; none where it has not ended.
    #[must_use]
    pub fn stopped(&self, part: &str) -> Option<Stopped> {
        match self {
            Self::Stopped(ended) => Some(Stopped {
                part: part.into(),
                why: Arc::clone(&ended.why),
            }),
            _ => None,
        }
    }
}

impl Stopped {
    /// A part whose task is gone without a word: it was aborted.
    #[must_use]
    pub fn aborted(part: &str) -> Self {
        Self {
            part: part.into(),
            why: "it was aborted".into(),
        }
    }
}

/// The reporter of a part's health. A clone reports the same part.
///
/// It logs as well: a pause at WARN when its cause appears, then at growing intervals with a count;
/// an end at INFO where the part was asked to, at ERROR otherwise.
#[derive(Clone)]
pub struct Part {
    shared: Arc<Shared>,
}

struct Shared {
    name: Arc<str>,
    clock: Box<dyn Clock>,
    show: Box<dyn Fn(&PartState) + Send + Sync>,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    state: PartState,
    /// The last pause, as long as the part has not got on since: since when, and until when.
    last_pause: Option<(Timestamp, Timestamp)>,
    /// Whether the present pause was reported.
    is_reported: bool,
    noise: Vec<Noise>,
}

/// A cause that was reported.
struct Noise {
    cause: String,
    reported_at: Timestamp,
    seen_at: Timestamp,
    /// How long it is not reported again.
    quiet: Duration,
    unreported: u64,
}

/// First and longest time in which a repeated cause is not reported again.
const QUIET_FIRST: Duration = Duration::from_secs(1);
const QUIET_MAX: Duration = Duration::from_secs(600);

/// Causes remembered of a part.
const CAUSES_MAX: usize = 8;

/// A part that pauses again so soon after it went on, and did not get on in between, has been paused
/// all the time.
const RELAPSE: Duration = Duration::from_secs(30);

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.shared.name;
        f.debug_struct("Part")
            .field("name", name)
            .finish_non_exhaustive()
    }
}

impl Part {
    /// A part that works, of this name, as in "projection petitions"; `show` is given each new state.
    pub fn new(
        name: impl Into<Arc<str>>,
        clock: impl Clock + 'static,
        show: impl Fn(&PartState) + Send + Sync + 'static,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                name: name.into(),
                clock: Box::new(clock),
                show: Box::new(show),
                known: Mutex::default(),
            }),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.shared.name
    }

    /// Something is in its way; it tries again after `pause`.
    pub fn pause(&self, class: ErrorClass, error: &(dyn Error + 'static), pause: Duration) {
        let (now, said) = (
            self.shared.clock.now(),
            Failure::new(FailureClass::Handler, error),
        );
        let mut known = lock(&self.shared.known);
        if known.state.has_stopped() {
            return;
        }
        let (since, tries) = match &known.state {
            PartState::Paused(before) => (before.since, before.tries),
            _ => (known.relapsed(now).unwrap_or(now), 0),
        };
        if let Some(times) = known.report(format!("{}: {}", class.as_str(), said.group), now) {
            let (part, why) = (&self.shared.name, &said.error);
            tracing::warn!(%part, class = class.as_str(), %why, times, "a part waits");
            known.is_reported = true;
        }
        let paused = Paused {
            class,
            why: said.error.into(),
            since,
            next_try: now.saturating_add(pause),
            tries: tries.saturating_add(1),
        };
        self.set(&mut known, PartState::Paused(paused));
    }

    /// Nothing is in its way any more, as far as is known.
    pub fn go_on(&self) {
        let mut known = lock(&self.shared.known);
        if let PartState::Paused(paused) = &known.state {
            known.last_pause = Some((paused.since, self.shared.clock.now()));
            if std::mem::take(&mut known.is_reported) {
                tracing::info!(part = %self.shared.name, "a part goes on");
            }
            self.set(&mut known, PartState::Running);
        }
    }

    /// It has got on with its work.
    pub fn progressed(&self) {
        self.go_on();
        lock(&self.shared.known).last_pause = None;
    }

    /// It works again, after it had [ended](Self::end).
    pub fn begin_again(&self) {
        let mut known = lock(&self.shared.known);
        if known.state.has_stopped() {
            tracing::info!(part = %self.shared.name, "a part begins again");
            *known = Known::default();
            self.set(&mut known, PartState::Running);
        }
    }

    /// It has ended: with this class, or because it was to. What it said first stands.
    pub fn end(&self, class: Option<ErrorClass>, reason: &(dyn Error + 'static)) {
        let mut known = lock(&self.shared.known);
        if known.state.has_stopped() {
            return;
        }
        let why = Failure::new(FailureClass::Handler, reason).error;
        let part = &self.shared.name;
        match class {
            None => tracing::info!(%part, %why, "a part stopped"),
            Some(class) => {
                let advice = class.advice();
                tracing::error!(%part, class = class.as_str(), %why, advice, "a part stopped");
            }
        }
        let ended = Ended {
            class,
            why: why.into(),
            at: self.shared.clock.now(),
        };
        self.set(&mut known, PartState::Stopped(ended));
    }

    fn set(&self, known: &mut Known, state: PartState) {
        (self.shared.show)(&state);
        known.state = state;
    }
}

impl Known {
    /// Returns since when it has been paused, where it only seemed to go on.
    fn relapsed(&self, now: Timestamp) -> Option<Timestamp> {
        let (since, until) = self.last_pause?;
        (until.saturating_add(RELAPSE) >= now).then_some(since)
    }

    /// Returns whether a cause is to be reported now: how often it has appeared since it was last.
    fn report(&mut self, cause: String, now: Timestamp) -> Option<u64> {
        self.noise
            .retain(|noise| noise.seen_at.saturating_add(QUIET_MAX) >= now);
        if let Some(noise) = self.noise.iter_mut().find(|noise| noise.cause == cause) {
            noise.seen_at = now;
            noise.unreported += 1;
            if noise.reported_at.saturating_add(noise.quiet) > now {
                return None;
            }
            noise.quiet = (noise.quiet * 2).min(QUIET_MAX);
            noise.reported_at = now;
            return Some(std::mem::take(&mut noise.unreported));
        }
        if self.noise.len() == CAUSES_MAX {
            self.noise.remove(0);
        }
        self.noise.push(Noise {
            cause,
            reported_at: now,
            seen_at: now,
            quiet: QUIET_FIRST,
            unreported: 0,
        });
        Some(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_repeats_is_reported_at_growing_intervals() {
        let mut known = Known::default();
        let at = |second| Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(second));
        let reported = (0..3_600).filter_map(|second| known.report("away".into(), at(second)));
        let reported: Vec<_> = reported.collect();
        assert_eq!(reported[..4], [1, 1, 2, 4]);
        assert!(reported.len() < 20, "{reported:?}");
        let unreported = known.noise[0].unreported;
        assert_eq!(
            reported.iter().sum::<u64>() + unreported,
            3_600,
            "each is counted once"
        );
        assert_eq!(
            known.report("full".into(), at(3_600)),
            Some(1),
            "another cause"
        );
    }
}
