//! The parts that all benchmarks share: rounds that alternate, medians, and a table with ratios.
//!
//! A figure on a noisy machine means little by itself, so each benchmark measures a limit in the
//! same run (a raw `fdatasync` loop, plain JSON decoding). A ratio is the median of the ratios
//! within each round, for what slows one half of a round mostly slows the other.

use std::time::Instant;

use self::place::Place;

pub mod delays;
pub mod interleaved;
pub mod office;
pub mod place;
pub mod watched;
pub mod workload;

/// The allocator of all benchmarks, so that figures compare across machines. Prototypes decoded a
/// third faster with it than with glibc's; these benchmarks were not run without it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where and how a benchmark runs; all of them take these arguments.
#[derive(Debug, clap::Parser)]
pub struct Args {
    /// Alternating rounds.
    #[arg(long, default_value_t = 7)]
    pub rounds: usize,
    /// A directory on the disk that is to be measured; what is written there is removed.
    #[arg(long, default_value = ".")]
    pub dir: std::path::PathBuf,
    /// Where events are kept: memory:, sqlite:PATH or the URL of a server. What is written to a
    /// store that stays is left there, in namespaces that no other run has [default: a file in DIR
    /// that is removed]
    #[arg(long, value_name = "URL")]
    pub store: Option<String>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    pub json: bool,
}

impl Args {
    /// Opens where events are kept.
    ///
    /// # Errors
    /// As [`Place::open`].
    pub fn place(&self) -> Result<Place, office::Failure> {
        Place::open(self.store.as_deref(), &self.dir)
    }
}

/// With the feature `metrics` numbers are kept from here on, as in a service that is watched.
///
/// # Panics
/// Where they are kept already, or histograms without buckets.
#[cfg(feature = "metrics")]
pub(crate) fn keep_metrics() {
    static KEPT: std::sync::Once = std::sync::Once::new();
    KEPT.call_once(|| {
        let exporter = metrics_exporter_prometheus::PrometheusBuilder::new();
        let exporter = exporter.set_buckets(&minwon::metrics::BUCKETS);
        let exporter = exporter.expect("there are buckets").install_recorder();
        let exporter = exporter.expect("nobody else keeps them");
        // As a scrape does every few seconds.
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(std::time::Duration::from_secs(2));
                drop(exporter.render());
            }
        });
    });
}

/// The figures of several alternating rounds.
#[derive(Debug, Default)]
pub struct Rounds {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    /// The row that this one is compared with.
    limit: Option<String>,
    /// One per round, in units per second.
    rates: Vec<f64>,
}

impl Rounds {
    /// Notes that `name` handled `count` things since `start`, to be compared with row `limit`.
    pub fn note(&mut self, name: &str, limit: Option<&str>, count: usize, start: Instant) {
        self.add(name, limit, count as f64 / start.elapsed().as_secs_f64());
    }

    /// Notes a rate that somebody else measured.
    pub fn note_rate(&mut self, name: &str, rate: f64) {
        self.add(name, None, rate);
    }

    /// Notes a rate that was measured elsewhere, to be compared with row `limit`.
    pub fn note_rate_against(&mut self, name: &str, limit: Option<&str>, rate: f64) {
        self.add(name, limit, rate);
    }

    /// The median of a row's rates.
    ///
    /// # Panics
    /// Where nothing was noted under this name.
    #[must_use]
    pub fn median(&self, name: &str) -> f64 {
        median(self.row(name).rates.clone())
    }

    /// The median of one row's ratios to another's, round by round.
    ///
    /// # Panics
    /// Where nothing was noted under one of the names.
    #[must_use]
    pub fn ratio_of(&self, name: &str, limit: &str) -> f64 {
        let pairs = self.row(name).rates.iter().zip(&self.row(limit).rates);
        median(pairs.map(|(rate, limit)| rate / limit).collect())
    }

    fn row(&self, name: &str) -> &Row {
        let row = self.rows.iter().find(|row| row.name == name);
        row.unwrap_or_else(|| panic!("nothing was noted of {name}"))
    }

    fn add(&mut self, name: &str, limit: Option<&str>, rate: f64) {
        match self.rows.iter_mut().find(|row| row.name == name) {
            Some(row) => row.rates.push(rate),
            None => self.rows.push(Row {
                name: name.to_owned(),
                limit: limit.map(str::to_owned),
                rates: vec![rate],
            }),
        }
    }

    /// Prints every row with its median, its range, and its ratio to its limit.
    pub fn print(&self, title: &str, unit: &str, json: bool) {
        println!(
            "{title}\n{unit}, median [min..max] of {} rounds",
            self.rows[0].rates.len()
        );
        for row in &self.rows {
            let (low, high) = (smallest(&row.rates), -smallest(&negated(&row.rates)));
            let middle = median(row.rates.clone());
            print!(
                "  {:<44} {middle:>11.0}  [{low:>9.0} .. {high:>9.0}]",
                row.name
            );
            match (self.ratio(row), &row.limit) {
                (Some(ratio), Some(limit)) => println!("  {ratio:.2} x {limit}"),
                _ => println!(),
            }
        }
        if json {
            println!("{}", self.to_json());
        }
    }

    fn ratio(&self, row: &Row) -> Option<f64> {
        let limit = self
            .rows
            .iter()
            .find(|other| Some(&other.name) == row.limit.as_ref())?;
        let pairs = row.rates.iter().zip(&limit.rates);
        Some(median(pairs.map(|(rate, limit)| rate / limit).collect()))
    }

    /// Every row with its median, and its ratio to its limit.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let row = |row: &Row| {
            let figures = serde_json::json!({
                "per_second": median(row.rates.clone()),
                "ratio": self.ratio(row),
                "ratio_to": row.limit,
            });
            (row.name.clone(), figures)
        };
        serde_json::Value::Object(self.rows.iter().map(row).collect())
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn smallest(figures: &[f64]) -> f64 {
    figures.iter().copied().fold(f64::INFINITY, f64::min)
}

fn negated(figures: &[f64]) -> Vec<f64> {
    figures.iter().map(|figure| -figure).collect()
}
