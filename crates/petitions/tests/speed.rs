//! How many due times there are in a second. A figure, and not a test that a busy machine fails:
//!
//! ```sh
//! cargo test --release -p minwon-petitions --test speed -- --ignored --nocapture
//! ```
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a measurement looks at the real clock, and fails as tests do"
)]

use std::{hint::black_box, time::Instant};

use minwon_core::Timestamp;
use minwon_petitions::{
    Calendar,
    statute::{Exclusions, ProcessingTerm},
};

const DUES: u32 = 1_000_000;

fn per_second(term: impl Fn(Timestamp) -> ProcessingTerm) -> f64 {
    let calendar = Calendar::published();
    let first: Timestamp = "2020-01-01T00:00:00+09:00".parse().unwrap();
    // Over eight years, at all times of day. Terms are made before the clock starts.
    let received = |number: u32| {
        let micros = i64::from(number) * 251 * 1_000_003;
        Timestamp::from_unix_micros(first.unix_micros() + micros).unwrap()
    };
    let terms: Vec<_> = (0..DUES).map(|number| term(received(number))).collect();
    let start = Instant::now();
    for term in &terms {
        black_box(term.due(black_box(calendar)).unwrap());
    }
    f64::from(DUES) / start.elapsed().as_secs_f64()
}

#[test]
#[ignore = "prints a figure"]
fn due_times_in_a_second() {
    for period in ["immediate", "3 days", "7 days", "2 weeks", "1 month"] {
        let of = period.parse().unwrap();
        let plain = per_second(|received_at| ProcessingTerm::new(received_at, of));
        let supplemented = per_second(|received_at| {
            let received_on = minwon_petitions::Date::in_seoul(received_at);
            let (first, last) = (received_on.plus_days(2), received_on.plus_days(7));
            let exclusions = Exclusions::none().with_days(first, last).unwrap();
            ProcessingTerm::new(received_at, of).excluding(exclusions)
        });
        println!("{period:>9}: {plain:>11.0} dues/s, {supplemented:>11.0} with a supplement");
    }
}
