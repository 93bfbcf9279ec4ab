//! The figures of all rounds.

use serde_json::{Value, json};

use crate::{Trouble, arrangement::Arrangement, building::Figures, general::Outcome};

/// The aim: no more than this share less is done, and nothing takes this share longer.
const WITHIN: f64 = 0.10;

/// The figures that are compared. Of the first more is better, of all others less; the first five
/// are the aim's, the next say what couples. The last are only in the JSON: medians are steadier
/// than what the aim asks for.
const FIGURES: [(&str, Read); 12] = [
    ("done/s", |it| it.done_per_second),
    ("issued", |it| it.issued.at_ms(0.99)),
    ("approved", |it| it.approved.at_ms(0.99)),
    ("completed", |it| it.completed.at_ms(0.99)),
    ("asked", |it| it.asked.at_ms(0.99)),
    ("task", |it| it.felt.task.at_ms(0.99)),
    ("thread", |it| it.felt.thread.at_ms(0.99)),
    ("sync", |it| it.felt.sync.at_ms(0.99)),
    ("issued_p50", |it| it.issued.at_ms(0.5)),
    ("approved_p50", |it| it.approved.at_ms(0.5)),
    ("completed_p50", |it| it.completed.at_ms(0.5)),
    ("asked_p50", |it| it.asked.at_ms(0.5)),
];

type Read = fn(&Figures) -> f64;

/// Of [`FIGURES`], those that the aim speaks of.
const AIMED: usize = 5;

/// Of [`FIGURES`], those that are printed.
const PRINTED: usize = 8;

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
    /// The outcome of `general` in the last round.
    general: Option<Outcome>,
    /// Why rounds do not count.
    wrong: Vec<String>,
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
        let wrong = [alone, beside]
            .into_iter()
            .filter_map(|it| it.wrong.clone());
        let is_same =
            |row: &&mut Row| row.arrangement.name == arrangement.name && row.trouble == trouble;
        match self.rows.iter_mut().find(is_same) {
            Some(row) => {
                row.rounds.push(round);
                row.wrong.extend(wrong);
                row.general = general;
            }
            None => self.rows.push(Row {
                arrangement: *arrangement,
                trouble,
                rounds: vec![round],
                general,
                wrong: wrong.collect(),
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
        println!();
        self.print_verdict();
    }

    /// Says which arrangements keep the aim, and whether this run can say.
    fn print_verdict(&self) {
        let mut noise = self.rows.iter().filter(|row| row.trouble == Trouble::None);
        if !noise.all(Row::is_same) {
            println!(
                "Two measurements of building alone are not within 10 % of each other: this \
                 machine is too noisy to say, or the measurements are too few or too short."
            );
        }
        let within = self.arrangements_within();
        match &within[..] {
            [] => println!("No arrangement keeps building within 10 % in every trouble."),
            names => println!("Within 10 % in every trouble: {}.", names.join(", ")),
        }
    }

    /// Simplest first, as they were measured.
    fn arrangements_within(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.rows.iter().map(|row| row.arrangement.name).collect();
        names.dedup();
        let troubled = |name| {
            let rows = self.rows.iter();
            rows.filter(move |row| row.arrangement.name == name && row.trouble != Trouble::None)
        };
        names.retain(|name| troubled(*name).all(Row::is_within));
        names
    }

    pub(crate) fn json(&self) -> Value {
        let mut json = json!({ "within_10_percent": self.arrangements_within() });
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
        for (name, _) in &FIGURES[..PRINTED] {
            print!("{name:>10}");
        }
        print!("\n  {:<20}", "(building alone)");
        for at in 0..PRINTED {
            let unit = if at == 0 { "/s" } else { "ms" };
            print!("{:>8.2}{unit}", self.alone(at));
        }
        println!();
    }

    fn print(&self) {
        print!("  {:<20}", self.trouble.name());
        for at in 0..PRINTED {
            print!("{:>10.2}", self.ratio(at));
        }
        let verdict = if !self.wrong.is_empty() {
            "DOES NOT COUNT"
        } else if self.trouble == Trouble::None {
            if self.is_same() { "same" } else { "NOISE" }
        } else if self.is_within() {
            "within 10 %"
        } else {
            "NOT within 10 %"
        };
        println!("  {verdict}");
        if let Some(Outcome(general)) = &self.general {
            println!("    general, last round: {general}");
        }
        for wrong in &self.wrong {
            println!("    {wrong}");
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
        self.wrong.is_empty() && self.ratio(0) >= 1.0 - WITHIN && (1..AIMED).all(is_quick)
    }

    /// Whether alone is as alone: a machine on which the second is much quicker cannot say either.
    fn is_same(&self) -> bool {
        let is_near = |figure| (self.ratio(figure) - 1.0).abs() <= WITHIN;
        (0..AIMED).all(is_near)
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
        json["wrong"] = json!(self.wrong);
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

    fn row(name: &str, mut beside: Vec<f64>) -> Row {
        let arrangement = Arrangement::chosen(&[name.to_owned()], false);
        beside.resize(FIGURES.len(), 9.0);
        Row {
            arrangement: arrangement.unwrap()[0],
            trouble: Trouble::All,
            rounds: vec![Round {
                alone: [1.0; FIGURES.len()],
                beside: beside.try_into().unwrap(),
            }],
            general: None,
            wrong: Vec::new(),
        }
    }

    #[test]
    fn what_went_wrong_does_not_count_however_quick_it_was() {
        let mut row = row("limits", vec![1.0; AIMED]);
        assert!(row.is_within());
        row.wrong.push("a call failed".to_owned());
        assert!(!row.is_within());
    }

    #[test]
    fn within_is_what_the_aim_says_and_other_figures_do_not_count() {
        let is_within = |beside| row("limits", beside).is_within();
        assert!(is_within(vec![0.9, 1.1, 1.1, 1.1, 1.1]));
        assert!(is_within(vec![2.0, 0.5, 0.5, 0.5, 0.5]));
        assert!(!is_within(vec![0.89, 1.0, 1.0, 1.0, 1.0]));
        for slow in 1..AIMED {
            for ratio in [1.11, f64::NAN] {
                let mut beside = vec![1.0; AIMED];
                beside[slow] = ratio;
                assert!(!is_within(beside), "{}", FIGURES[slow].0);
            }
        }
    }

    #[test]
    fn an_arrangement_is_good_only_if_it_is_in_every_trouble() {
        let (quick, slow) = (vec![1.0; AIMED], vec![2.0; AIMED]);
        let mut noise = row("limits", slow.clone());
        noise.trouble = Trouble::None;
        let mut report = Report {
            rows: vec![
                row("own-file", quick.clone()),
                row("own-file", slow),
                noise,
                row("limits", quick),
            ],
        };
        assert_eq!(report.arrangements_within(), ["limits"]);
        report.rows.truncate(1);
        assert_eq!(report.arrangements_within(), ["own-file"]);
    }

    #[test]
    fn noise_goes_both_ways() {
        assert!(row("limits", vec![0.95, 1.05, 0.95, 1.05, 0.95]).is_same());
        assert!(!row("limits", vec![1.0, 1.0, 1.2, 1.0, 1.0]).is_same());
        assert!(!row("limits", vec![1.0, 1.0, 1.0, 1.0, 0.8]).is_same());
    }

    #[test]
    fn ratios_are_taken_within_rounds() {
        let mut row = row("limits", vec![1.0; AIMED]);
        let round = |alone, beside| Round {
            alone: [alone; FIGURES.len()],
            beside: [beside; FIGURES.len()],
        };
        row.rounds = vec![round(1.0, 2.0), round(10.0, 10.0), round(100.0, 300.0)];
        assert_eq!((row.ratio(1), row.alone(1)), (2.0, 10.0));
    }
}
