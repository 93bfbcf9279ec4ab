//! Under which names views are found. Stored: a changed name is a changed schema.

use std::{fmt, str::FromStr};

use minwon_core::{IndexEntry, IndexName, ListName, Lookup, Order, Timestamp};

use super::{
    PetitionViews,
    petition::{ApplicationView, PetitionView},
};
use crate::{
    application::ApplicationStatus,
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

impl PetitionViews {
    /// The petition received under this number.
    #[must_use]
    pub fn by_receipt(number: &ReceiptNumber) -> Lookup {
        Lookup {
            index: RECEIPT,
            value: number.as_str().into(),
        }
    }

    /// The petition for which the document with this verification number was issued; what is to
    /// be said of the document, [`PetitionView::verify`] tells.
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
    /// [ended](ApplicationStatus::is_end). A day is due at its end in Seoul; what has not been
    /// received has no due yet and stands last.
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

    /// The counts of the petitions submitted on a day in Seoul; each member reads as a
    /// [`DayCount`].
    #[must_use]
    pub fn day_counts(day: Date) -> (IndexName, String) {
        (DAY, day.to_string())
    }

    /// What a member of [`day_counts`](Self::day_counts) counts; none where it is no such member.
    #[must_use]
    pub fn parse_member(member: &str) -> Option<(ServiceType, ApplicationStatus)> {
        let DayCount { service, status } = member.parse().ok()?;
        Some((service, status))
    }
}

/// What one of a day's counts counts: petitions served in one way that stand at one status. Each
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
    if let Some(application) = &view.application {
        index_application(application, entries);
    }
    let first_document = entries.len();
    for proof in view.documents.iter().filter_map(|document| document.proof) {
        let entry = IndexEntry::Lookup(PetitionViews::by_document(&proof.number));
        // Numbers are unique, but a log can say otherwise, and each place is told once.
        if !entries[first_document..].contains(&entry) {
            entries.push(entry);
        }
    }
}

fn index_application(application: &ApplicationView, entries: &mut Vec<IndexEntry>) {
    let &ApplicationView {
        service, status, ..
    } = application;
    if let Some(receipt) = &application.receipt {
        entries.push(IndexEntry::Lookup(PetitionViews::by_receipt(
            &receipt.number,
        )));
    }
    entries.push(IndexEntry::Listed {
        list: PetitionViews::of_applicant(&application.applicant),
        order: application.submitted_at.into(),
    });
    if !status.is_end() {
        entries.push(IndexEntry::Listed {
            list: PetitionViews::work(status),
            order: PetitionViews::work_order(application.due()),
        });
    }
    let (day, group) = PetitionViews::day_counts(Date::in_seoul(application.submitted_at));
    let member = DayCount { service, status }.member();
    entries.push(IndexEntry::counted(day, group, member));
}
