//! Figures and their aims.

use minwon_benches::office::Failure;
use serde_json::{Map, Value, json};

#[derive(Default)]
pub(super) struct Report {
    aims: Vec<Aim>,
    notes: Map<String, Value>,
}

struct Aim {
    what: String,
    found: f64,
    at_most: f64,
}

impl Aim {
    fn is_met(&self) -> bool {
        self.found <= self.at_most
    }
}

impl Report {
    /// Notes a figure that should not exceed its aim.
    pub(super) fn at_most(&mut self, what: &str, found: f64, at_most: f64) {
        eprintln!("{what}: {found:.3}");
        self.aims.push(Aim {
            what: what.to_owned(),
            found,
            at_most,
        });
    }

    /// Notes what the figures were made from.
    pub(super) fn note(&mut self, name: &str, value: Value) {
        eprintln!("{name}: {value}");
        self.notes.insert(name.to_owned(), value);
    }

    pub(super) fn print(&self) {
        println!("| what | found | aim | |\n|---|---:|---:|---|");
        for aim in &self.aims {
            let met = if aim.is_met() { "met" } else { "**missed**" };
            let (what, found, at_most) = (&aim.what, aim.found, aim.at_most);
            println!("| {what} | {found:.2} | ≤ {at_most} | {met} |");
        }
    }

    pub(super) fn json(&self) -> Value {
        let aims = self.aims.iter().map(|aim| {
            json!({
                "what": aim.what,
                "found": aim.found,
                "at_most": aim.at_most,
                "met": aim.is_met(),
            })
        });
        json!({ "aims": aims.collect::<Vec<_>>(), "figures": self.notes })
    }
}

/// The middle one of some figures.
pub(super) fn median<T: Ord + Copy>(mut figures: Vec<T>) -> Result<T, Failure> {
    figures.sort_unstable();
    let middle = figures.get(figures.len() / 2).copied();
    middle.ok_or_else(|| "nothing was measured".into())
}
