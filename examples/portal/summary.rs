//! The outcome of all petitions of the day, by service and status.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use minwon::{
    PetitionId,
    engine::GlobalPosition,
    petitions::{ApplicationStatus, Category, ServiceType},
};
use serde_json::{Value, json};

use crate::{
    branch::Branch,
    hours,
    log::{Document, Held},
    shared::Failure,
    table::Table,
    workload::Workload,
};

/// The figures from the read models of all branches; only the log knows which petition has the most
/// to show, and the fate of documents.
#[derive(Default)]
pub(crate) struct Summary {
    counts: Counts,
    issued: BTreeMap<ServiceType, u64>,
    revoked: u64,
    entered_by_hand: u64,
    /// The work that is left.
    workload: Workload,
    /// How far the read models are: in logs of their own all together, in one log the slowest.
    as_of: u64,
    /// The petition with the longest story in its timeline; of several the one with the lowest id
    /// of the first branch.
    pub(crate) most_interesting: Option<(Category, PetitionId)>,
}

/// How many petitions of a service are in each status.
type Counts = BTreeMap<ServiceType, BTreeMap<ApplicationStatus, u64>>;

/// Whom the open petitions wait for.
struct Waiting {
    officer: u64,
    petitioner: u64,
    agency: u64,
}

impl Summary {
    pub(crate) async fn ask(
        branches: &[Branch],
        logs: &[Held],
        is_one_log: bool,
    ) -> Result<Self, Failure> {
        let mut summary = Self::default();
        let (mut best, mut positions) = (0, Vec::new());
        for ((category, branch), log) in Category::BUILT_IN.iter().zip(branches).zip(logs) {
            positions.push(summary.add(branch).await?.commit());
            summary.add_documents(log);
            let story = log.most_interesting();
            if let Some((id, interest)) = story.filter(|(_, interest)| *interest > best) {
                best = interest;
                summary.most_interesting = Some((*category, PetitionId::new(id)?));
            }
        }
        summary.as_of = match is_one_log {
            true => positions.into_iter().min().unwrap_or(0),
            false => positions.into_iter().sum(),
        };
        Ok(summary)
    }

    /// Returns as of where in the log that is.
    async fn add(&mut self, branch: &Branch) -> Result<GlobalPosition, Failure> {
        let results = branch.service.results();
        let day = results.day_counts(hours::working_day()).await?;
        for (cell, count) in day.value {
            let of_service = self.counts.entry(cell.service).or_default();
            *of_service.entry(cell.status).or_default() += count;
        }
        self.workload.add(results).await?;
        Ok(day.as_of.position)
    }

    fn add_documents(&mut self, log: &Held) {
        for (service, document) in log.documents() {
            // A document that was taken back was issued all the same.
            if document != Document::EnteredByHand {
                *self.issued.entry(service).or_default() += 1;
            }
            self.revoked += u64::from(document == Document::Revoked);
            self.entered_by_hand += u64::from(document == Document::EnteredByHand);
        }
    }

    fn petitions(&self) -> u64 {
        self.counts.values().flat_map(BTreeMap::values).sum()
    }

    fn count(&self, is_meant: impl Fn(ServiceType, ApplicationStatus) -> bool) -> u64 {
        let mut sum = 0;
        for (service, counts) in &self.counts {
            let meant = counts
                .iter()
                .filter(|(status, _)| is_meant(*service, **status));
            sum += meant.map(|(_, count)| count).sum::<u64>();
        }
        sum
    }

    fn waiting(&self) -> Waiting {
        use ApplicationStatus as Status;
        let is_agency =
            |service, status| service == ServiceType::Unlinked && status == Status::Approved;
        let open = self.count(|_, status| !status.is_end());
        let petitioner = self.count(|_, status| status == Status::AwaitingSupplement);
        let agency = self.count(is_agency);
        Waiting {
            officer: open - petitioner - agency,
            petitioner,
            agency,
        }
    }

    /// The counts as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let mut by_status: BTreeMap<&str, u64> = BTreeMap::new();
        for (status, count) in self.counts.values().flatten() {
            *by_status.entry(status.as_str()).or_default() += count;
        }
        let waiting = self.waiting();
        json!({
            "petitions": self.petitions(),
            "by_status": by_status,
            "by_service": self.counts,
            "waiting": {
                "officer": waiting.officer,
                "petitioner": waiting.petitioner,
                "agency": waiting.agency,
            },
            "issued": self.issued.values().sum::<u64>(),
            "revoked": self.revoked,
            "entered_by_hand": self.entered_by_hand,
            "work": self.workload.to_json(),
            "as_of": self.as_of,
        })
    }
}

/// The table that the example ends with: a row for each service and one for all of them.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table())?;
        let Waiting {
            officer,
            petitioner,
            agency,
        } = self.waiting();
        let ended = self.petitions() - officer - petitioner - agency;
        writeln!(
            f,
            "{ended} have ended; of the others {officer} wait for an officer, {petitioner} for a \
             supplement, {agency} for the result of an agency",
        )?;
        writeln!(
            f,
            "{} documents issued, {} of them revoked; {} results entered by hand",
            self.issued.values().sum::<u64>(),
            self.revoked,
            self.entered_by_hand,
        )?;
        write!(f, "\n{}", self.workload)
    }
}

impl Summary {
    /// A column for each status that occurs, one for all petitions and one for the documents.
    fn table(&self) -> String {
        let counts = self.counts.values();
        let statuses: BTreeSet<_> = counts.flat_map(BTreeMap::keys).copied().collect();
        let heads = statuses.iter().map(|status| status.as_str());
        let heads = ["service"].into_iter().chain(heads);
        let mut table = Table::new(heads.chain(["petitions", "documents"]));
        let mut row = |name: &str, is_meant: &dyn Fn(ServiceType) -> bool| {
            let count = |is_status: &dyn Fn(ApplicationStatus) -> bool| {
                self.count(|service, status| is_meant(service) && is_status(status))
            };
            let by_status = statuses.iter().map(|it| count(&|status| status == *it));
            let issued = self.issued.iter();
            let issued = issued.filter(|(service, _)| is_meant(**service));
            let documents = issued.map(|(_, count)| count).sum();
            let numbers = by_status.chain([count(&|_| true), documents]);
            let numbers = numbers.map(|number| number.to_string());
            table.row([name.to_owned()].into_iter().chain(numbers));
        };
        for service in ServiceType::ALL {
            row(service.as_str(), &|it| it == *service);
        }
        row("all", &|_| true);
        table.or("")
    }
}
