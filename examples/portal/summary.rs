//! What all petitions of the day have come to, by service and status.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use minwon::{
    PetitionId,
    petitions::{ApplicationStatus, ServiceType},
    projections::AsOf,
};
use serde_json::{Value, json};

use crate::{
    hours,
    read_side::ReadSide,
    shared::Failure,
    stories::{Document, StoryReader},
};

/// What the read models say: nothing here reads the log.
pub(crate) struct Summary {
    counts: Counts,
    issued: BTreeMap<ServiceType, u64>,
    revoked: u64,
    entered_by_hand: u64,
    as_of: AsOf,
    /// The petition whose timeline tells most; of several the one with the lowest id.
    pub(crate) most_interesting: Option<PetitionId>,
}

/// How many petitions of a service are in each status.
type Counts = BTreeMap<ServiceType, BTreeMap<ApplicationStatus, u64>>;

impl Summary {
    pub(crate) async fn ask(read_side: &ReadSide) -> Result<Self, Failure> {
        let day = read_side.results.day_counts(hours::working_day()).await?;
        let mut counts = Counts::new();
        for (cell, count) in day.value {
            let of_service = counts.entry(cell.service).or_default();
            of_service.insert(cell.status, count);
        }
        let stories = &read_side.stories;
        let most_interesting = stories.most_interesting().await?;
        let most_interesting = most_interesting.map(|key| PetitionId::new(key.as_str()));
        Ok(Self {
            counts,
            issued: stories.documents(Document::Issued).await?,
            revoked: all(stories, Document::Revoked).await?,
            entered_by_hand: all(stories, Document::EnteredByHand).await?,
            as_of: day.as_of,
            most_interesting: most_interesting.transpose()?,
        })
    }

    fn petitions(&self) -> u64 {
        self.counts.values().flat_map(BTreeMap::values).sum()
    }

    /// The counts as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let mut by_status: BTreeMap<&str, u64> = BTreeMap::new();
        for (status, count) in self.counts.values().flatten() {
            *by_status.entry(status.as_str()).or_default() += count;
        }
        json!({
            "petitions": self.petitions(),
            "by_status": by_status,
            "by_service": self.counts,
            "issued": self.issued.values().sum::<u64>(),
            "revoked": self.revoked,
            "entered_by_hand": self.entered_by_hand,
            "as_of": self.as_of.position.commit(),
        })
    }
}

async fn all(stories: &StoryReader, document: Document) -> Result<u64, Failure> {
    Ok(stories.documents(document).await?.values().sum())
}

/// The table that the example ends with: a row for each service and one for all of them.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_table(f, &self.columns())?;
        write!(
            f,
            "{} documents issued, {} of them revoked; {} results entered by hand",
            self.issued.values().sum::<u64>(),
            self.revoked,
            self.entered_by_hand,
        )
    }
}

impl Summary {
    /// A column for each status that occurs, one for all petitions and one for the documents.
    fn columns(&self) -> Vec<Column> {
        let counts = &self.counts;
        let statuses: BTreeSet<_> = counts.values().flat_map(BTreeMap::keys).collect();
        let in_status = |service, status| {
            let count = counts.get(&service).and_then(|counts| counts.get(status));
            count.copied().unwrap_or(0)
        };
        let mut columns = Vec::new();
        for status in statuses {
            let number = |service| in_status(service, status);
            columns.push(Column::new(status.as_str(), number));
        }
        let in_service = |service| {
            counts
                .get(&service)
                .map_or(0, |counts| counts.values().sum())
        };
        columns.push(Column::new("petitions", in_service));
        let issued = |service| self.issued.get(&service).copied().unwrap_or(0);
        columns.push(Column::new("documents", issued));
        columns
    }
}

/// A column of the table: its head, a number for each service, and their sum.
struct Column {
    head: &'static str,
    numbers: Vec<u64>,
}

impl Column {
    fn new(head: &'static str, number: impl Fn(ServiceType) -> u64) -> Self {
        let mut numbers: Vec<u64> = ServiceType::ALL
            .iter()
            .map(|&service| number(service))
            .collect();
        numbers.push(numbers.iter().sum());
        Self { head, numbers }
    }

    fn width(&self) -> usize {
        let widest = self.numbers.last().map_or(0, |sum| sum.to_string().len());
        widest.max(self.head.len()) + 2
    }
}

fn write_table(f: &mut fmt::Formatter<'_>, columns: &[Column]) -> fmt::Result {
    write!(f, "{:<16}", "service")?;
    for column in columns {
        write!(f, "{:>1$}", column.head, column.width())?;
    }
    writeln!(f)?;
    let names = ServiceType::ALL.iter().map(|service| service.as_str());
    for (row, name) in names.chain(["all"]).enumerate() {
        write!(f, "{name:<16}")?;
        for column in columns {
            write!(f, "{:>1$}", column.numbers[row], column.width())?;
        }
        writeln!(f)?;
    }
    Ok(())
}
