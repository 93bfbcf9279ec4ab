//! How fast it went.

use std::{fmt, time::Duration};

use serde_json::{Value, json};

use crate::{instant::InstantFigures, roles::operator::Rounds, summary::Summary};

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
    pub(crate) instant: InstantFigures,
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

    /// These figures and those of the whole store, as one JSON object.
    pub(crate) fn to_json(&self, summary: &Summary, rounds: &Rounds) -> Value {
        let mut all = summary.to_json();
        all["events"] = json!(self.events_before + self.events);
        all["filed"] = json!(self.petitions);
        all["appended"] = json!(self.events);
        all["seconds"] = json!(self.took.as_secs_f64());
        all["read_models_behind_seconds"] = json!(self.behind.as_secs_f64());
        all["events_per_second"] = json!(self.events_per_second().round());
        all["instant_calls"] = json!(self.instant.calls);
        all["instant_p50_ms"] = json!(millis(self.instant.p50));
        all["instant_p99_ms"] = json!(millis(self.instant.p99));
        all["instant_appends"] = json!(self.instant.appends);
        all["notified"] = json!(self.notified);
        all["waiting"]["operator"] = json!(rounds.open);
        all["dead_letters"] = json!(rounds.open);
        all["dead_letters_mended"] = json!(rounds.mended);
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
        let instant = &self.instant;
        writeln!(
            f,
            "Issued while the citizen waited, all desks busy: {}, p50 {:.1} ms, p99 {:.1} ms, {:.1} appends each.",
            counted(instant.calls as u64, "document"),
            millis(instant.p50),
            millis(instant.p99),
            instant.appends,
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
