//! Numbers about what goes on, for whoever watches a service.
//!
//! They go by the facade `metrics` to whatever recorder the program installs, where the feature `metrics`
//! is on; without it nothing of this is in the program. What can be counted is counted where it happens.
//! How things stand is reported when somebody asks: nothing is worked out while nobody looks.
//!
//! A label is a word of few, as of categories, parts and kinds. None is the id of a petition or of a person,
//! and none is a text.
//!
//! A recorder has to be there before the services whose numbers it takes: handles are kept.

mod list;
mod of_commands;

pub use self::list::*;
pub(crate) use self::of_commands::CommandMetrics;

/// One metric: what its name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name, in the style of Prometheus.
    pub name: &'static str,
    /// How it behaves.
    pub kind: MetricKind,
    /// Its unit.
    pub unit: MetricUnit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says.
    pub meaning: &'static str,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It says how things stand.
    Gauge,
    /// It says how single values are distributed.
    Histogram,
}

impl MetricKind {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricUnit {
    /// A number of what the meaning names.
    Count,
    /// Seconds.
    Seconds,
    /// A part of a whole, from 0 to 1.
    Ratio,
    /// 1 where it is so, else 0.
    Truth,
}

impl MetricUnit {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Seconds => "seconds",
            Self::Ratio => "ratio",
            Self::Truth => "1 or 0",
        }
    }
}

/// The name of a label and its value.
pub type Label<'a> = (&'static str, &'a str);

/// Counts `by` more.
#[inline]
pub fn count(metric: &'static Metric, labels: &[Label<'_>], by: u64) {
    #[cfg(feature = "metrics")]
    recording::counter(metric, labels).increment(by);
    #[cfg(not(feature = "metrics"))]
    let _ = (metric, labels, by);
}

/// Says how things stand; not a number, where nobody knows.
#[inline]
pub fn set(metric: &'static Metric, labels: &[Label<'_>], value: f64) {
    #[cfg(feature = "metrics")]
    recording::gauge(metric, labels).set(value);
    #[cfg(not(feature = "metrics"))]
    let _ = (metric, labels, value);
}

/// Says how many there have been, where somebody else has counted.
#[inline]
pub fn count_up_to(metric: &'static Metric, labels: &[Label<'_>], all: u64) {
    #[cfg(feature = "metrics")]
    recording::counter(metric, labels).absolute(all);
    #[cfg(not(feature = "metrics"))]
    let _ = (metric, labels, all);
}

/// Notes how long something took, from `began` to `ended`.
#[inline]
pub fn took(
    metric: &'static Metric,
    labels: &[Label<'_>],
    began: crate::Timestamp,
    ended: crate::Timestamp,
) {
    #[cfg(feature = "metrics")]
    recording::histogram(metric, labels).record(recording::seconds(began, ended));
    #[cfg(not(feature = "metrics"))]
    let _ = (metric, labels, began, ended);
}

/// The time, for [`took`]; where there are no metrics, nobody asks the clock.
#[inline]
pub fn now(clock: &(impl crate::Clock + ?Sized)) -> crate::Timestamp {
    #[cfg(feature = "metrics")]
    let now = clock.now();
    #[cfg(not(feature = "metrics"))]
    let now = {
        let _ = clock;
        crate::Timestamp::UNIX_EPOCH
    };
    now
}

/// Tells the recorder what each metric means, and in what unit. Once, after it was installed.
#[cfg(feature = "metrics")]
pub fn describe() {
    for metric in METRICS {
        recording::describe(metric);
    }
}

#[cfg(feature = "metrics")]
mod recording {
    use metrics::{Counter, Gauge, Histogram, Key, Level, Metadata, Unit, with_recorder};

    use super::{Label, Metric, MetricKind, MetricUnit};
    use crate::Timestamp;

    static METADATA: Metadata<'static> = Metadata::new("minwon", Level::INFO, None);

    fn key(metric: &'static Metric, labels: &[Label<'_>]) -> Key {
        debug_assert!(
            labels.iter().map(|(name, _)| name).eq(metric.labels),
            "the labels of {}",
            metric.name
        );
        let labels = labels.iter();
        let labels = labels.map(|(name, value)| metrics::Label::new(*name, (*value).to_owned()));
        Key::from_parts(metric.name, labels.collect::<Vec<_>>())
    }

    pub(super) fn counter(metric: &'static Metric, labels: &[Label<'_>]) -> Counter {
        debug_assert_eq!(metric.kind, MetricKind::Counter, "{}", metric.name);
        let key = key(metric, labels);
        with_recorder(|recorder| recorder.register_counter(&key, &METADATA))
    }

    pub(super) fn gauge(metric: &'static Metric, labels: &[Label<'_>]) -> Gauge {
        debug_assert_eq!(metric.kind, MetricKind::Gauge, "{}", metric.name);
        let key = key(metric, labels);
        with_recorder(|recorder| recorder.register_gauge(&key, &METADATA))
    }

    pub(super) fn histogram(metric: &'static Metric, labels: &[Label<'_>]) -> Histogram {
        debug_assert_eq!(metric.kind, MetricKind::Histogram, "{}", metric.name);
        let key = key(metric, labels);
        with_recorder(|recorder| recorder.register_histogram(&key, &METADATA))
    }

    /// A clock that was put back meanwhile makes it 0.
    pub(super) fn seconds(began: Timestamp, ended: Timestamp) -> f64 {
        let micros = ended.unix_micros().saturating_sub(began.unix_micros());
        micros.max(0) as f64 / 1_000_000.0
    }

    pub(super) fn describe(metric: &'static Metric) {
        let unit = match metric.unit {
            MetricUnit::Seconds => Some(Unit::Seconds),
            MetricUnit::Count => Some(Unit::Count),
            MetricUnit::Ratio | MetricUnit::Truth => None,
        };
        let (name, meaning) = (metric.name.into(), metric.meaning.into());
        with_recorder(|recorder| match metric.kind {
            MetricKind::Counter => recorder.describe_counter(name, unit, meaning),
            MetricKind::Gauge => recorder.describe_gauge(name, unit, meaning),
            MetricKind::Histogram => recorder.describe_histogram(name, unit, meaning),
        });
    }
}
