//! Under which names views are found. Stored: a changed name is a changed schema.

use std::{fmt, str::FromStr};

use minwon_core::{IndexEntry, IndexName, ListName, Lookup, Order, Timestamp};

use super::{
    PetitionViews,
    groups::{Group, Grouping},
    petition::{IssuanceView, PetitionView},
};
use crate::{
    application::{Application, ApplicationStatus},
    category::ServiceType,
    date::Date,
    due::Due,
    text::{ApplicantId, FormatError, ReceiptNumber},
    verification_number::VerificationNumber,
};

const RECEIPT: IndexName = IndexName::new("receipt");
const DOCUMENT: IndexName = IndexName::new("document");
const APPLICANT: IndexName = IndexName::new("applicant");
const WORK: IndexName = IndexName::new("work");
const DAY: IndexName = IndexName::new("day");
const DUE: IndexName = IndexName::new("due");
const DUE_DAY: IndexName = IndexName::new("due-day");
const SUPPLEMENT: IndexName = IndexName::new("supplement");
pub(super) const DEADLINES: IndexName = IndexName::new("deadlines");
const OPEN: IndexName = IndexName::new("open");
/// The partition of an index that is one list.
pub(super) const ALL: &str = "all";

impl PetitionViews {
    /// The petition received under this number, also before a transfer to another agency: then the
    /// [result](PetitionView::result) has the number under which it goes on.
    #[must_use]
    pub fn by_receipt(number: &ReceiptNumber) -> Lookup {
        Lookup {
            index: RECEIPT,
            value: number.as_str().into(),
        }
    }

    /// The petition for which the document with this verification number was issued;
    /// [`PetitionView::verify`] returns the answer about the document.
    #[must_use]
    pub fn by_document(number: &VerificationNumber) -> Lookup {
        Lookup {
            index: DOCUMENT,
            value: number.to_string().into(),
        }
    }

    /// The petitions of an applicant, by when they were submitted.
    #[must_use]
    pub fn of_applicant(applicant: &ApplicantId) -> ListName {
        ListName {
            index: APPLICANT,
            partition: applicant.as_str().into(),
        }
    }

    /// The petitions that stand at `status`, the most urgent first; none that has
    /// [ended](ApplicationStatus::is_end). A day is due at its end in Seoul; those that have not
    /// been received have no due yet and stand last.
    #[must_use]
    pub fn work(status: ApplicationStatus) -> ListName {
        ListName {
            index: WORK,
            partition: status.as_str().into(),
        }
    }

    /// Where in [`work`](Self::work) a petition stands that is due then: for asking what is due
    /// up to an instant.
    #[must_use]
    pub fn work_order(due: Option<Due>) -> Order {
        due.map_or(Timestamp::MAX, Due::last_instant).into()
    }

    /// The petitions whose clock runs, the most urgent first: those that are late, then those that
    /// will be. A petition whose clock stands still, or that waits for its receipt, is not late and
    /// not among them.
    #[must_use]
    pub fn running() -> ListName {
        list(DUE, ALL)
    }

    /// Of [those](Self::running) the ones that are due on a day in Seoul.
    #[must_use]
    pub fn due_on(day: Date) -> ListName {
        list(DUE_DAY, day.to_string())
    }

    /// The petitions of which a supplement is awaited, by when it has to come.
    #[must_use]
    pub fn awaiting_supplement() -> ListName {
        list(SUPPLEMENT, ALL)
    }

    /// The open petitions of a group, the most urgent first. Those without a running due stand
    /// last.
    #[must_use]
    pub fn open(group: &Group) -> ListName {
        list(group.grouping().index(), group.member())
    }

    /// Returns how many petitions of each group are open; each member reads as a
    /// [`Group`](Group::of_member).
    #[must_use]
    pub fn open_counts(grouping: Grouping) -> (IndexName, String) {
        (OPEN, grouping.as_str().to_owned())
    }

    /// The counts of the petitions submitted on a day in Seoul; each member reads as a
    /// [`DayCount`].
    #[must_use]
    pub fn day_counts(day: Date) -> (IndexName, String) {
        (DAY, day.to_string())
    }

    /// Parses a member of [`day_counts`](Self::day_counts); none where it is no such member.
    #[must_use]
    pub fn parse_member(member: &str) -> Option<(ServiceType, ApplicationStatus)> {
        let DayCount { service, status } = member.parse().ok()?;
        Some((service, status))
    }
}

/// The key of one of a day's counts: petitions served in one way that stand at one status. Each
/// petition is in exactly one of them. Written `instant-issuance/completed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayCount {
    /// How they are served.
    pub service: ServiceType,
    /// Where they stand.
    pub status: ApplicationStatus,
}

impl DayCount {
    /// The member of the day's counts.
    #[must_use]
    pub fn member(self) -> String {
        [self.service.as_str(), "/", self.status.as_str()].concat()
    }
}

impl Grouping {
    /// The index whose lists are the groups.
    const fn index(self) -> IndexName {
        IndexName::new(match self {
            Self::Officer => "officer",
            Self::Department => "department",
            Self::Kind => "kind",
            Self::Agency => "agency",
            Self::Category => "category",
        })
    }
}

pub(super) fn list(index: IndexName, partition: impl Into<Box<str>>) -> ListName {
    ListName {
        index,
        partition: partition.into(),
    }
}

/// As the key of a map.
impl serde::Serialize for DayCount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for DayCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.status)
    }
}

impl FromStr for DayCount {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let shape = || FormatError::new("count", "it must be a service type, `/` and a status");
        let (service, status) = text.split_once('/').ok_or_else(shape)?;
        Ok(Self {
            service: service.parse()?,
            status: status.parse()?,
        })
    }
}

pub(super) fn index(view: &PetitionView, entries: &mut Vec<IndexEntry>) {
    if let Some(filed) = view.filed() {
        index_application(filed, entries);
        index_dues(filed, entries);
        index_groups(view, filed, entries);
    }
    let earliest = view.pending().first().map(|deadline| deadline.at);
    entries.extend(earliest.map(|at| IndexEntry::Listed {
        list: PetitionViews::pending(),
        order: PetitionViews::pending_order(at),
    }));
    let first_document = entries.len();
    for proof in view.issuances.iter().filter_map(IssuanceView::proof) {
        let entry = IndexEntry::Lookup(PetitionViews::by_document(&proof.number));
        // Numbers are unique, but a log can say otherwise, and each place is listed once.
        if !entries[first_document..].contains(&entry) {
            entries.push(entry);
        }
    }
}

fn index_application(filed: &Application, entries: &mut Vec<IndexEntry>) {
    let (filing, status) = (&filed.filing, filed.status());
    let case = filed.case.as_ref();
    let number = case.map(|case| &case.receipt.receipt_number);
    for number in number.into_iter().chain(&filed.former_numbers) {
        let entry = IndexEntry::Lookup(PetitionViews::by_receipt(number));
        // Two agencies may give the same number, and each place is listed once.
        if !entries.contains(&entry) {
            entries.push(entry);
        }
    }
    entries.push(IndexEntry::Listed {
        list: PetitionViews::of_applicant(&filing.applicant),
        order: filing.submitted_at.into(),
    });
    if !status.is_end() {
        entries.push(IndexEntry::Listed {
            list: PetitionViews::work(status),
            order: PetitionViews::work_order(filed.due()),
        });
    }
    let (day, group) = PetitionViews::day_counts(Date::in_seoul(filing.submitted_at));
    let service = filing.service;
    let member = DayCount { service, status }.member();
    entries.push(IndexEntry::counted(day, group, member));
}

/// Indexes the time limit that runs: the period of a petition, or the time to supply missing items.
fn index_dues(filed: &Application, entries: &mut Vec<IndexEntry>) {
    if let Some(due) = filed.running_due() {
        let order = PetitionViews::work_order(Some(due));
        for list in [PetitionViews::running(), PetitionViews::due_on(due.day())] {
            entries.push(IndexEntry::Listed { list, order });
        }
    }
    if let Some(supplement) = filed.supplement() {
        entries.push(IndexEntry::Listed {
            list: PetitionViews::awaiting_supplement(),
            order: PetitionViews::work_order(Some(supplement.due)),
        });
    }
}

fn index_groups(view: &PetitionView, filed: &Application, entries: &mut Vec<IndexEntry>) {
    let order = PetitionViews::work_order(filed.running_due());
    for group in view.groups() {
        let list = PetitionViews::open(&group);
        let (index, counts) = PetitionViews::open_counts(group.grouping());
        entries.push(IndexEntry::counted(index, counts, group.member()));
        entries.push(IndexEntry::Listed { list, order });
    }
}
