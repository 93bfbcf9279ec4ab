//! A recorder that keeps metrics for a test to look at.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use crate::metrics::{METRICS, Metric};

/// Keeps the metrics of what a test does on its own thread.
///
/// ```
/// use minwon_core::{metrics::{LIMIT_HITS, count}, testing::KeptMetrics};
/// let kept = KeptMetrics::default();
/// kept.during(|| count(&LIMIT_HITS, &[("namespace", "general"), ("limit", "calls")], 2));
/// assert_eq!(kept.value(&LIMIT_HITS, &["general", "calls"]), Some(2.0));
/// assert_eq!(kept.value(&LIMIT_HITS, &["general", "questions"]), None);
/// ```
#[derive(Debug, Clone, Default)]
pub struct KeptMetrics(Arc<Mutex<BTreeMap<Name, Arc<Value>>>>);

/// The name, and the values of the labels.
type Name = (String, Vec<String>);

/// A number; of a histogram the number of its values.
#[derive(Debug, Default)]
struct Value(AtomicU64);

impl KeptMetrics {
    /// Runs `test` with its metrics kept.
    pub fn during<A>(&self, test: impl FnOnce() -> A) -> A {
        metrics::with_local_recorder(self, test)
    }

    /// The number under these labels, in the order of the metric; none where none was ever set. Of a histogram
    /// it is how many values there were.
    #[must_use]
    pub fn value(&self, metric: &Metric, labels: &[&str]) -> Option<f64> {
        let labels = labels.iter().map(|&label| label.to_owned()).collect();
        let name = (metric.name.to_owned(), labels);
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&name).map(|value| value.get())
    }

    /// All numbers of a metric, by their labels.
    #[must_use]
    pub fn values(&self, metric: &Metric) -> BTreeMap<Vec<String>, f64> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = kept.iter().filter(|((name, _), _)| name == metric.name);
        of.map(|((_, labels), value)| (labels.clone(), value.get()))
            .collect()
    }

    fn kept(&self, key: &Key) -> Arc<Value> {
        let metric = METRICS.iter().find(|metric| metric.name == key.name());
        let labels = key.labels();
        assert!(
            metric.is_some_and(|it| labels
                .clone()
                .map(metrics::Label::key)
                .eq(it.labels.iter().copied())),
            "{key} is not in the list of metrics"
        );
        let labels = labels.map(|label| label.value().to_owned()).collect();
        let name = (key.name().to_owned(), labels);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(kept.entry(name).or_default())
    }
}

impl Value {
    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::SeqCst))
    }

    fn change(&self, change: impl Fn(f64) -> f64) {
        let change = |bits| Some(change(f64::from_bits(bits)).to_bits());
        // It is always changed.
        let _ = self
            .0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, change);
    }
}

impl CounterFn for Value {
    fn increment(&self, value: u64) {
        self.change(|before| before + value as f64);
    }
    fn absolute(&self, value: u64) {
        self.change(|before| before.max(value as f64));
    }
}

impl GaugeFn for Value {
    fn increment(&self, value: f64) {
        self.change(|before| before + value);
    }
    fn decrement(&self, value: f64) {
        self.change(|before| before - value);
    }
    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

impl HistogramFn for Value {
    fn record(&self, _: f64) {
        self.change(|before| before + 1.0);
    }
}

impl Recorder for KeptMetrics {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.kept(key))
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.kept(key))
    }
    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.kept(key))
    }
}
