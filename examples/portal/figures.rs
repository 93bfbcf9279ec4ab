//! How fast it went.

use std::{fmt, time::Duration};

use serde_json::{Value, json};

use crate::summary::Summary;

/// How this run went; the summary tells of the whole store.
pub(crate) struct Figures {
    pub(crate) petitions: u64,
    /// Events in the store before.
    pub(crate) events_before: u64,
    pub(crate) events: u64,
    pub(crate) took: Duration,
    /// How long after the last answer the read models showed everything.
    pub(crate) behind: Duration,
}

impl Figures {
    fn events_per_second(&self) -> f64 {
        if self.events == 0 {
            return 0.0;
        }
        self.events as f64 / self.took.as_secs_f64()
    }

    /// These figures and those of the whole store, as one JSON object.
    pub(crate) fn to_json(&self, summary: &Summary) -> Value {
        let mut all = summary.to_json();
        all["events"] = json!(self.events_before + self.events);
        all["filed"] = json!(self.petitions);
        all["appended"] = json!(self.events);
        all["seconds"] = json!(self.took.as_secs_f64());
        all["read_models_behind_seconds"] = json!(self.behind.as_secs_f64());
        all["events_per_second"] = json!(self.events_per_second().round());
        all
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} filed in {:.2} s: {} events, {:.0} per second, each durable before it was answered.\n\
             The read models showed the last of it {:.0} ms later.",
            counted(self.petitions, "petition"),
            self.took.as_secs_f64(),
            self.events,
            self.events_per_second(),
            self.behind.as_secs_f64() * 1000.0,
        )
    }
}

/// A number with its noun.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
