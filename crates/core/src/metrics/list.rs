//! All metrics there are.

use super::{Metric, MetricKind, MetricUnit};

/// Bounds for the histograms, which are all of times: from an append in memory to a register that takes its
/// time. Unit: seconds.
pub const BUCKETS: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];

/// Declares the metrics, and the list of them.
macro_rules! metrics {
    ($( $metric:ident = $name:literal, $kind:ident, $unit:ident, $labels:expr, $meaning:literal; )+) => {
        $(
            #[doc = concat!("`", $name, "`: ", $meaning)]
            pub const $metric: Metric = Metric {
                name: $name,
                kind: MetricKind::$kind,
                unit: MetricUnit::$unit,
                labels: &$labels,
                meaning: $meaning,
            };
        )+

        /// All of them, in the order of `docs/metrics.md`, which has a row for each.
        pub const METRICS: &[Metric] = &[$( $metric, )+];
    };
}

metrics! {
    // Counted where it happens.
    COMMANDS = "minwon_commands_total", Counter, Count, ["namespace", "category", "command", "outcome"],
        "Commands, by what became of them.";
    APPEND_DURATION = "minwon_append_duration_seconds", Histogram, Seconds, ["namespace", "category", "outcome"],
        "The time that the store took for an append of a command.";
    CONFLICTS = "minwon_append_conflicts_total", Counter, Count, ["namespace", "category"],
        "Appends before which another writer had changed the stream.";
    RETRIES = "minwon_retries_total", Counter, Count, ["namespace", "of", "name", "cause"],
        "Tries after the first.";
    EVENTS_PROJECTED = "minwon_events_projected_total", Counter, Count, ["namespace", "part"],
        "Events that were folded, repeats after a restart included.";
    COMMIT_DURATION = "minwon_commit_duration_seconds", Histogram, Seconds, ["namespace", "part", "outcome"],
        "The time that the store of the read models took for the commit of a slice.";
    REACTIONS = "minwon_reactions_total", Counter, Count, ["namespace", "part", "outcome"],
        "Tries of reactors to carry out what an event brings about.";
    LETTERS = "minwon_letters_total", Counter, Count, ["namespace", "consumer", "cause"],
        "Events that were put aside as they could not be handled.";
    NOTICES = "minwon_notices_total", Counter, Count, ["namespace", "kind", "outcome"],
        "Notices that were handed to the notifier, each try counted.";
    LIMIT_HITS = "minwon_limit_hits_total", Counter, Count, ["namespace", "limit"],
        "Calls and questions that were refused as there were too many.";
    AGENCY_CALLS = "minwon_agency_calls_total", Counter, Count, ["agency", "outcome"],
        "Tries to ask an outside agency, and requests that were turned away before.";
    AGENCY_DURATION = "minwon_agency_call_duration_seconds", Histogram, Seconds, ["agency", "outcome"],
        "The time that an outside agency took for a try.";
    // As it stands when it is reported.
    READY = "minwon_ready", Gauge, Truth, ["namespace"],
        "Whether the service works, as its health says.";
    LIVE = "minwon_live", Gauge, Truth, ["namespace"],
        "Whether no part has ended by a defect of the program, as its health says.";
    STARTED = "minwon_started", Gauge, Truth, ["namespace"],
        "Whether every read model that is kept here could be asked at some time.";
    ENDING = "minwon_ending", Gauge, Truth, ["namespace"],
        "Whether the service is ending, and takes nothing on.";
    PART_STATE = "minwon_part_state", Gauge, Truth, ["namespace", "part", "state"],
        "Whether a part is in this state.";
    PART_READY = "minwon_part_ready", Gauge, Truth, ["namespace", "part"],
        "Whether what a part keeps can be asked.";
    PART_WAITING = "minwon_part_waiting_seconds", Gauge, Seconds, ["namespace", "part"],
        "The time since a part has not got on, as it waits, hangs over its work or has ended; 0 where it works.";
    LAG_EVENTS = "minwon_lag_events", Gauge, Count, ["namespace", "part", "slice"],
        "Events beyond the place up to which a slice is done, counted up to 10,000 for all slices together.";
    LAG_SECONDS = "minwon_lag_seconds", Gauge, Seconds, ["namespace", "part", "slice"],
        "The age of the oldest event beyond the place up to which a slice is done; 0 where there is none.";
    OLDEST_WAITING = "minwon_oldest_waiting_seconds", Gauge, Seconds, ["namespace", "part"],
        "The age of the oldest event that waits for a part, in any of its slices here; 0 where none does.";
    QUEUED_EVENTS = "minwon_queued_events", Gauge, Count, ["namespace", "part"],
        "Events that a reactor has in memory and has not finished.";
    REBUILD_PROGRESS = "minwon_rebuild_progress_ratio", Gauge, Ratio, ["namespace", "part"],
        "The part of the log that a read model is built from so far; 1 where it is complete.";
    LETTERS_OPEN = "minwon_letters_open", Gauge, Count, ["namespace", "consumer", "cause", "age"],
        "Letters that nobody has seen to yet.";
    OLDEST_LETTER = "minwon_oldest_letter_seconds", Gauge, Seconds, ["namespace"],
        "The age of the oldest open letter; 0 where there is none.";
    NEWER_KEYS = "minwon_newer_keys", Gauge, Count, ["namespace"],
        "Keys that are held back until a newer program reads them, those of each consumer counted.";
    PASSED_OVER = "minwon_events_passed_over_total", Counter, Count, ["namespace"],
        "Events in no category that is followed.";
    WITHOUT_EFFECT = "minwon_deadlines_without_effect", Gauge, Count, ["namespace"],
        "Deadlines whose command was given more than once, as it had no effect.";
    WAITERS = "minwon_waiters", Gauge, Count, ["namespace", "model"],
        "Callers that wait until a read model shows what they did.";
    CALLS = "minwon_calls_in_flight", Gauge, Count, ["namespace"],
        "Calls under way.";
    CALLS_MAX = "minwon_calls_in_flight_max", Gauge, Count, ["namespace"],
        "Calls that may be under way at once.";
    CALLS_WAITING = "minwon_calls_waiting", Gauge, Count, ["namespace"],
        "Calls that wait for their turn.";
    CALLS_WAITING_MAX = "minwon_calls_waiting_max", Gauge, Count, ["namespace"],
        "Calls that may wait for their turn; those beyond are refused.";
    DUES_TODAY = "minwon_dues_today", Gauge, Count, ["namespace"],
        "Open petitions that are due today in Seoul, counted up to 10,000.";
    DUES_MISSED = "minwon_dues_missed", Gauge, Count, ["namespace"],
        "Open petitions whose due has passed, counted up to 10,000.";
    AGENCY_BREAKER = "minwon_agency_breaker_state", Gauge, Truth, ["agency", "state"],
        "Whether the circuit breaker of an agency is in this state.";
    AGENCY_IN_FLIGHT = "minwon_agency_calls_in_flight", Gauge, Count, ["agency"],
        "Requests to an agency under way, those that pause between tries included.";
    AGENCY_IN_FLIGHT_MAX = "minwon_agency_calls_in_flight_max", Gauge, Count, ["agency"],
        "Requests to an agency that may be under way at once.";
    AGENCY_WAITING = "minwon_agency_calls_waiting", Gauge, Count, ["agency"],
        "Requests to an agency that wait for a place.";
    AGENCY_WAITING_MAX = "minwon_agency_calls_waiting_max", Gauge, Count, ["agency"],
        "Requests to an agency that may wait for a place; those beyond are turned away.";
    REPORTED = "minwon_reported", Gauge, Truth, ["namespace", "of"],
        "Whether the stores answered when this was last reported; where they did not, its gauges are not a number.";
}
