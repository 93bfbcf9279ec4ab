//! How long things take, and work that arrives at a steady rate.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Delays of many things of one sort.
#[derive(Debug, Clone, Default)]
pub struct Delays(Vec<Duration>);

impl Delays {
    /// Notes one.
    pub fn note(&mut self, delay: Duration) {
        self.0.push(delay);
    }

    /// Notes all of `others`.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// How many were noted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The delay that this share of them does not exceed, in milliseconds; not a number where
    /// there are none.
    #[must_use]
    pub fn at_ms(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() as f64 * share).ceil() as usize;
        let delay = sorted.get(rank.saturating_sub(1));
        delay.map_or(f64::NAN, |delay| delay.as_secs_f64() * 1_000.0)
    }

    /// Count, median, 99th percentile and maximum.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "count": self.count(),
            "p50_ms": self.at_ms(0.5),
            "p99_ms": self.at_ms(0.99),
            "max_ms": self.at_ms(1.0),
        })
    }
}

impl FromIterator<Duration> for Delays {
    fn from_iter<I: IntoIterator<Item = Duration>>(delays: I) -> Self {
        Self(delays.into_iter().collect())
    }
}

/// Begins things at a steady rate for so long. `begin` gets the number of the thing and when it
/// was due: delays are counted from there, so that what makes all of them late is seen.
pub async fn at_rate(per_second: f64, time: Duration, mut begin: impl FnMut(u64, Instant)) {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let start = Instant::now();
    let all = (time.as_secs_f64() * per_second) as u64;
    for number in 0..all {
        let due = start + Duration::from_secs_f64(number as f64 / per_second);
        while Instant::now() < due {
            ticks.tick().await;
        }
        begin(number, due);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_what_was_noted() {
        let delays: Delays = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(delays.at_ms(0.5), 50.0);
        assert_eq!(delays.at_ms(0.99), 99.0);
        assert_eq!(delays.at_ms(1.0), 100.0);
        assert!(Delays::default().at_ms(0.5).is_nan());
    }
}
