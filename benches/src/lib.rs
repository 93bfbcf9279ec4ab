//! What all benchmarks share: rounds that alternate, medians, and a table with ratios.
//!
//! A figure on a noisy machine means little by itself, so each benchmark measures a limit in the
//! same run (a raw `fdatasync` loop, plain JSON decoding) and prints how near it comes.

use std::{collections::BTreeMap, time::Instant};

pub mod workload;

/// The allocator that shipped binaries should use: a third faster where events are decoded on one
/// thread and dropped on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Figures of several alternating rounds.
#[derive(Debug, Default)]
pub struct Rounds {
    figures: BTreeMap<usize, (String, Vec<f64>)>,
}

impl Rounds {
    /// Notes that `row` handled `count` things since `start`.
    pub fn note(&mut self, order: usize, row: impl Into<String>, count: usize, start: Instant) {
        let rate = count as f64 / start.elapsed().as_secs_f64();
        self.figures
            .entry(order)
            .or_insert_with(|| (row.into(), Vec::new()))
            .1
            .push(rate);
    }

    /// The median of a row, per second.
    ///
    /// # Panics
    /// Where the row was never noted: a mistake in the benchmark.
    #[must_use]
    pub fn median(&self, order: usize) -> f64 {
        let (_, rates) = &self.figures[&order];
        let mut rates = rates.clone();
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    }

    /// Prints every row with its median, its range and its ratio to the row that limits it.
    pub fn print(&self, title: &str, unit: &str, limits: &[(usize, usize, &str)]) {
        println!("\n{title} ({unit}; median [min..max] of alternating rounds)");
        for (order, (row, rates)) in &self.figures {
            let low = rates.iter().copied().fold(f64::INFINITY, f64::min);
            let high = rates.iter().copied().fold(0.0, f64::max);
            let median = self.median(*order);
            print!("  {row:<44} {median:>12.0} [{low:>9.0}..{high:>9.0}]");
            for (of, to, name) in limits {
                if of == order {
                    print!("  {:.2} of {name}", median / self.median(*to));
                }
            }
            println!();
        }
    }
}
