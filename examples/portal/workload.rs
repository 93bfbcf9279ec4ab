//! The work that the offices have left when they close: what is due, what is late, and whose it is.

use std::{collections::BTreeMap, fmt, num::NonZeroU32};

use minwon::{
    Answer, ListAnswer, ListPart, QueryError, ReadModels, ResultQuery,
    petitions::{Group, Grouping, PetitionView},
};
use serde_json::{Value, json};

use crate::{clock::DayClock, figures::counted, hours, shared::Failure, table::Table};

/// How many petitions are asked for at once.
const PART: NonZeroU32 = NonZeroU32::new(200).expect("not 0");
/// How many officers the table names: those with most to do.
const OFFICERS_MAX: usize = 5;
/// The groupings of the work.
const GROUPINGS: [Grouping; 3] = [Grouping::Department, Grouping::Kind, Grouping::Officer];

type Results = ResultQuery<ReadModels, DayClock>;

/// The open work of all branches.
#[derive(Default)]
pub(crate) struct Workload {
    groups: BTreeMap<Group, Work>,
    all: Work,
    awaiting_supplement: u64,
}

/// Some open work.
#[derive(Debug, Default, Clone, Copy)]
struct Work {
    open: u64,
    /// Of these, due on this day.
    due_today: u64,
    /// Of these, late when the offices close.
    overdue: u64,
}

/// Asks for a list part by part, and calls `see` for each petition.
async fn each(
    ask: impl AsyncFn(&ListPart) -> Result<Answer<ListAnswer<PetitionView>>, QueryError>,
    mut see: impl FnMut(&PetitionView),
) -> Result<(), Failure> {
    let mut part = ListPart::first(PART);
    loop {
        let list = ask(&part).await?.value;
        list.views.iter().for_each(|(_, view)| see(view));
        match list.next {
            Some(next) => part = ListPart::first(PART).after(next),
            None => return Ok(()),
        }
    }
}

impl Workload {
    /// Adds the work of a branch.
    pub(crate) async fn add(&mut self, results: &Results) -> Result<(), Failure> {
        let all = results.open_counts(Grouping::Category).await?.value;
        self.all.open += all.values().sum::<u64>();
        for by in GROUPINGS {
            for (group, open) in results.open_counts(by).await?.value {
                self.groups.entry(group).or_default().open += open;
            }
        }
        let (today, closing) = (hours::working_day(), hours::closing());
        let due = async |part: &ListPart| results.due_on(today, part).await;
        each(due, |view| self.count(view, |work| &mut work.due_today)).await?;
        let late = async |part: &ListPart| results.late_at(closing, part).await;
        each(late, |view| self.count(view, |work| &mut work.overdue)).await?;
        let awaiting = async |part: &ListPart| results.awaiting_supplement(part).await;
        each(awaiting, |_| self.awaiting_supplement += 1).await
    }

    /// Counts a petition in all its groups.
    fn count(&mut self, view: &PetitionView, number: impl Fn(&mut Work) -> &mut u64) {
        *number(&mut self.all) += 1;
        for group in view.groups() {
            if GROUPINGS.contains(&group.grouping()) {
                *number(self.groups.entry(group).or_default()) += 1;
            }
        }
    }

    fn by(&self, grouping: Grouping) -> impl Iterator<Item = (&Group, Work)> {
        let groups = self.groups.iter().map(|(group, work)| (group, *work));
        groups.filter(move |(group, _)| group.grouping() == grouping)
    }

    /// The same as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let by = |grouping| -> Value {
            let groups = self.by(grouping);
            let groups = groups.map(|(group, work)| (group.to_string(), work.to_json()));
            Value::Object(groups.collect())
        };
        let mut all = self.all.to_json();
        all["awaiting_supplement"] = json!(self.awaiting_supplement);
        for grouping in GROUPINGS {
            all[format!("by_{grouping}")] = by(grouping);
        }
        all
    }
}

impl Work {
    fn to_json(self) -> Value {
        json!({ "open": self.open, "due_today": self.due_today, "overdue": self.overdue })
    }
}

/// A row for each department and kind, and for the officers with most to do.
impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Work {
            open,
            due_today,
            overdue,
        } = self.all;
        writeln!(
            f,
            "{} open: {due_today} due today, {overdue} overdue; the clock of {} stands still for \
             a supplement\n",
            counted(open, "petition"),
            self.awaiting_supplement,
        )?;
        let mut table = Table::new(["open work", "open", "due today", "overdue"]);
        for grouping in GROUPINGS {
            let mut groups: Vec<_> = self.by(grouping).collect();
            if grouping == Grouping::Officer {
                groups.sort_by_key(|(_, work)| std::cmp::Reverse(work.open));
                groups.truncate(OFFICERS_MAX);
            }
            for (group, work) in groups {
                let numbers = [work.open, work.due_today, work.overdue];
                let [open, due_today, overdue] = numbers.map(|number| number.to_string());
                table.row([group.to_string(), open, due_today, overdue]);
            }
        }
        f.write_str(table.or("Nothing is left to do.").trim_end())
    }
}
