//! How fast it went.

use std::{fmt, time::Duration};

use serde_json::{Value, json};

use crate::{roles::operator::Rounds, summary::Summary};

/// How this run went; the summary covers the whole store.
pub(crate) struct Figures {
    pub(crate) petitions: u64,
    /// Events in the store before.
    pub(crate) events_before: u64,
    pub(crate) events: u64,
    pub(crate) took: Duration,
    /// How long after the offices closed the services had done all that follows, and the read
    /// models showed it.
    pub(crate) behind: Duration,
    /// How long each call for instant issuance took that came back with a document.
    pub(crate) instant_calls: Vec<Duration>,
    /// Notifications handed over, each once.
    pub(crate) notified: u64,
}

impl Figures {
    fn events_per_second(&self) -> f64 {
        if self.events == 0 {
            return 0.0;
        }
        self.events as f64 / self.took.as_secs_f64()
    }

    fn instant_ms(&self, percentile: usize) -> f64 {
        let mut times = self.instant_calls.clone();
        times.sort_unstable();
        let last = times.len().saturating_sub(1);
        millis(
            times
                .get(last * percentile / 100)
                .copied()
                .unwrap_or_default(),
        )
    }

    /// These figures and those of the whole store, as one JSON object.
    pub(crate) fn to_json(&self, summary: &Summary, rounds: &Rounds) -> Value {
        let mut all = summary.to_json();
        all["events"] = json!(self.events_before + self.events);
        all["filed"] = json!(self.petitions);
        all["appended"] = json!(self.events);
        all["seconds"] = json!(self.took.as_secs_f64());
        all["read_models_behind_seconds"] = json!(self.behind.as_secs_f64());
        all["events_per_second"] = json!(self.events_per_second().round());
        all["instant_calls"] = json!(self.instant_calls.len());
        all["instant_p50_ms"] = json!(self.instant_ms(50));
        all["instant_p99_ms"] = json!(self.instant_ms(99));
        all["notified"] = json!(self.notified);
        all["waiting"]["operator"] = json!(rounds.open);
        all["dead_letters"] = json!(rounds.open);
        all["dead_letters_fixed"] = json!(rounds.fixed);
        all["dead_letters_skipped"] = json!(rounds.skipped);
        all
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} filed in {:.2} s: {} events, {:.0} per second, each durable before it was answered.",
            counted(self.petitions, "petition"),
            self.took.as_secs_f64(),
            self.events,
            self.events_per_second(),
        )?;
        writeln!(
            f,
            "Issued while the citizen waited, all desks busy: {}, p50 {:.1} ms, p99 {:.1} ms.",
            counted(self.instant_calls.len() as u64, "document"),
            self.instant_ms(50),
            self.instant_ms(99),
        )?;
        write!(
            f,
            "Everything that follows was done {:.0} ms after the offices closed; {} went out.",
            millis(self.behind),
            counted(self.notified, "notification"),
        )
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// A number with its noun.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
