//! What all rounds came to.

use serde_json::{Value, json};

use crate::{Trouble, arrangement::Arrangement, building::Figures, general::Outcome};

/// The aim: no more than this share less is done, and nothing takes this share longer.
const WITHIN: f64 = 0.10;

/// The figures that are compared. Of the first more is better, of all others less; the first five
/// are the aim's, the others say what couples.
const FIGURES: [(&str, Read); 8] = [
    ("done/s", |it| it.done_per_second),
    ("issued", |it| it.issued.at_ms(0.99)),
    ("approved", |it| it.approved.at_ms(0.99)),
    ("completed", |it| it.completed.at_ms(0.99)),
    ("asked", |it| it.asked.at_ms(0.99)),
    ("task", |it| it.felt.task.at_ms(0.99)),
    ("thread", |it| it.felt.thread.at_ms(0.99)),
    ("sync", |it| it.felt.sync.at_ms(0.99)),
];

type Read = fn(&Figures) -> f64;

/// Of [`FIGURES`], those that the aim speaks of.
const AIMED: usize = 5;

#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    arrangement: Arrangement,
    trouble: Trouble,
    /// One for each round.
    rounds: Vec<Round>,
    /// What became of `general` in the last round.
    general: Option<Outcome>,
}

#[derive(Debug)]
struct Round {
    alone: [f64; FIGURES.len()],
    beside: [f64; FIGURES.len()],
}

impl Report {
    pub(crate) fn note(
        &mut self,
        arrangement: &Arrangement,
        trouble: Trouble,
        alone: &Figures,
        beside: &Figures,
        general: Option<Outcome>,
    ) {
        let round = Round {
            alone: FIGURES.map(|(_, read)| read(alone)),
            beside: FIGURES.map(|(_, read)| read(beside)),
        };
        let is_same =
            |row: &&mut Row| row.arrangement.name == arrangement.name && row.trouble == trouble;
        match self.rows.iter_mut().find(is_same) {
            Some(row) => {
                row.rounds.push(round);
                row.general = general;
            }
            None => self.rows.push(Row {
                arrangement: *arrangement,
                trouble,
                rounds: vec![round],
                general,
            }),
        }
    }

    pub(crate) fn print(&self) {
        let rounds = self.rows.first().map_or(0, |row| row.rounds.len());
        println!(
            "building beside general, as ratios to building alone; medians of {rounds} rounds"
        );
        println!("done/s: petitions and questions through; then p99 of");
        println!("  issued: a document while the caller waits; approved: filing to approval;");
        println!("  completed: approval to end, by choreography; asked: questions;");
        println!("and of what couples the two:");
        println!("  task: waking of a task of building's runtime; thread: waking of a thread;");
        println!("  sync: appending to a file and syncing it");
        let mut arrangement = "";
        for row in &self.rows {
            if row.arrangement.name != arrangement {
                arrangement = row.arrangement.name;
                row.print_head();
            }
            row.print();
        }
    }

    pub(crate) fn json(&self) -> Value {
        let mut json = json!({});
        for row in &self.rows {
            json[row.arrangement.name][row.trouble.name()] = row.json();
        }
        json
    }
}

impl Row {
    fn print_head(&self) {
        let name = self.arrangement.name;
        println!("\n{name}: {}", self.arrangement.describe());
        print!("  {:<20}", "general is");
        for (name, _) in FIGURES {
            print!("{name:>10}");
        }
        print!("\n  {:<20}", "(building alone)");
        for (at, _) in FIGURES.iter().enumerate() {
            let unit = if at == 0 { "/s" } else { "ms" };
            print!("{:>8.2}{unit}", self.alone(at));
        }
        println!();
    }

    fn print(&self) {
        print!("  {:<20}", self.trouble.name());
        for at in 0..FIGURES.len() {
            print!("{:>10.2}", self.ratio(at));
        }
        let verdict = if self.is_within() {
            "within 10 %"
        } else {
            "NOT within 10 %"
        };
        println!("  {verdict}");
        if let Some(Outcome(general)) = &self.general {
            println!("    general, last round: {general}");
        }
    }

    fn alone(&self, figure: usize) -> f64 {
        median(self.rounds.iter().map(|round| round.alone[figure]))
    }

    fn ratio(&self, figure: usize) -> f64 {
        let ratio = |round: &Round| round.beside[figure] / round.alone[figure];
        median(self.rounds.iter().map(ratio))
    }

    fn is_within(&self) -> bool {
        // A ratio that is not a number is not within.
        let is_quick = |figure| self.ratio(figure) <= 1.0 + WITHIN;
        self.ratio(0) >= 1.0 - WITHIN && (1..AIMED).all(is_quick)
    }

    fn json(&self) -> Value {
        let figure = |at: usize| {
            let beside = self.rounds.iter().map(|round| round.beside[at]);
            json!({ "alone": self.alone(at), "beside": median(beside), "ratio": self.ratio(at) })
        };
        let mut json = json!({ "is_within_10_percent": self.is_within() });
        for (at, (name, _)) in FIGURES.iter().enumerate() {
            json[*name] = figure(at);
        }
        json["general_last_round"] = self.general.as_ref().map_or(Value::Null, |it| it.0.clone());
        json
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<_> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(beside: [f64; FIGURES.len()]) -> Row {
        let arrangement = Arrangement::chosen(&["limits".to_owned()], false);
        Row {
            arrangement: arrangement.unwrap()[0],
            trouble: Trouble::All,
            rounds: vec![Round {
                alone: [1.0; FIGURES.len()],
                beside,
            }],
            general: None,
        }
    }

    #[test]
    fn within_is_what_the_aim_says_and_probes_do_not_count() {
        assert!(row([0.9, 1.1, 1.1, 1.1, 1.1, 9.0, 9.0, 9.0]).is_within());
        assert!(row([2.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]).is_within());
        assert!(!row([0.89, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]).is_within());
        for slow in 1..AIMED {
            let mut beside = [1.0; FIGURES.len()];
            beside[slow] = 1.11;
            assert!(!row(beside).is_within(), "{}", FIGURES[slow].0);
            beside[slow] = f64::NAN;
            assert!(!row(beside).is_within(), "{}", FIGURES[slow].0);
        }
    }
}
