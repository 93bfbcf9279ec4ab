//! What all petitions of a store have come to, by service and status.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use minwon::{
    EventFilter, EventStore, GlobalPosition, RecordedEvent,
    petitions::{
        ApplicationEvent, ApplicationStatus, EventReader, IssuanceEvent, PetitionEvent, ServiceType,
    },
    projections::{FoldError, fold_log},
};
use serde_json::{Value, json};

use crate::log::LogError;

/// One pass over the log, folded.
///
/// Of each petition it keeps the id and the four bytes of a [`Record`], in about 70 bytes; no
/// event outlives the batch it came in.
#[derive(Default)]
pub(crate) struct Summary {
    pub(crate) events: u64,
    records: HashMap<Box<str>, Record>,
    issued: BTreeMap<ServiceType, u64>,
    revoked: u64,
    entered_by_hand: u64,
}

/// What has to be remembered of a petition until its next event.
struct Record {
    service: ServiceType,
    status: ApplicationStatus,
    was_supplemented: bool,
    has_document: bool,
}

/// How many petitions of a service are in each status.
type Counts = BTreeMap<ServiceType, BTreeMap<ApplicationStatus, u64>>;

impl Summary {
    pub(crate) async fn read<S: EventStore>(
        store: &S,
        filter: EventFilter,
    ) -> Result<Self, FoldError<LogError>> {
        let reader = EventReader::default();
        let mut summary = Self::default();
        fold_log(store, GlobalPosition::START, filter, |event| {
            summary.fold(event, &reader.read(event)?.1)
        })
        .await?;
        Ok(summary)
    }

    fn fold(&mut self, recorded: &RecordedEvent, event: &PetitionEvent) -> Result<(), LogError> {
        self.events += 1;
        let id = recorded.metadata.petition_id();
        if let PetitionEvent::Application(ApplicationEvent::Submitted(submitted)) = event {
            let record = Record {
                service: submitted.service,
                status: ApplicationStatus::Submitted,
                was_supplemented: false,
                has_document: false,
            };
            self.records.insert(id.into(), record);
            return Ok(());
        }
        let record = self
            .records
            .get_mut(id)
            .ok_or_else(|| LogError::NotSubmitted {
                stream: recorded.stream.clone(),
            })?;
        match event {
            PetitionEvent::Application(event) => record.advance(event),
            PetitionEvent::Issuance(IssuanceEvent::DocumentIssued(_)) => {
                record.has_document = true;
                *self.issued.entry(record.service).or_default() += 1;
            }
            PetitionEvent::Issuance(IssuanceEvent::DocumentRevoked(_)) => self.revoked += 1,
            PetitionEvent::Issuance(IssuanceEvent::ResultEnteredManually(_)) => {
                self.entered_by_hand += 1;
            }
            PetitionEvent::Issuance(_) => {}
        }
        Ok(())
    }

    pub(crate) fn petitions(&self) -> usize {
        self.records.len()
    }

    /// The petition whose timeline tells most; of several the one with the lowest id.
    pub(crate) fn most_interesting(&self) -> Option<&str> {
        let (id, _) = self
            .records
            .iter()
            .max_by(|(id, record), (other_id, other)| {
                let by_interest = record.interest().cmp(&other.interest());
                by_interest.then_with(|| other_id.cmp(id))
            })?;
        Some(id)
    }

    /// The counts as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let counts = self.counts();
        let mut by_status: BTreeMap<&str, u64> = BTreeMap::new();
        for (status, count) in counts.values().flatten() {
            *by_status.entry(status.as_str()).or_default() += count;
        }
        json!({
            "petitions": self.petitions(),
            "events": self.events,
            "by_status": by_status,
            "by_service": counts,
            "issued": self.issued.values().sum::<u64>(),
            "revoked": self.revoked,
            "entered_by_hand": self.entered_by_hand,
        })
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::new();
        for record in self.records.values() {
            let by_status = counts.entry(record.service).or_default();
            *by_status.entry(record.status).or_default() += 1;
        }
        counts
    }
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
        let counts = self.counts();
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

impl Record {
    fn advance(&mut self, event: &ApplicationEvent) {
        use ApplicationStatus as Status;
        self.status = match event {
            ApplicationEvent::Submitted(_) => Status::Submitted,
            ApplicationEvent::Received(_) => Status::Received,
            // A note while a supplement is awaited does not end the waiting.
            ApplicationEvent::ProgressRecorded(_) if self.status == Status::AwaitingSupplement => {
                Status::AwaitingSupplement
            }
            ApplicationEvent::ProgressRecorded(_) => Status::InReview,
            ApplicationEvent::SupplementRequested(_) => Status::AwaitingSupplement,
            ApplicationEvent::Supplemented(_) => {
                self.was_supplemented = true;
                Status::InReview
            }
            ApplicationEvent::Approved(_) => Status::Approved,
            ApplicationEvent::Rejected(_) => Status::Rejected,
            ApplicationEvent::Withdrawn(_) => Status::Withdrawn,
            ApplicationEvent::Completed(_) => Status::Completed,
        };
    }

    /// How much its timeline tells.
    fn interest(&self) -> u8 {
        let is_over = self.status == ApplicationStatus::Completed;
        4 * u8::from(self.was_supplemented) + 2 * u8::from(self.has_document) + u8::from(is_over)
    }
}
