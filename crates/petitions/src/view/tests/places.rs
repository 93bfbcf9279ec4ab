//! Under what a petition is found.

use minwon_core::{Order, Projection, SliceCount};

use super::*;
use crate::{
    ApplicationStatus as Status, DayCount, Due, Group,
    application::{Assigned, ClockSuspended, TransferredToAgency, TransferredToDepartment},
    statute::SuspensionGround,
};

fn receipt() -> IndexEntry {
    IndexEntry::Lookup(PetitionViews::by_receipt(&received().receipt_number))
}

fn of_applicant() -> IndexEntry {
    IndexEntry::Listed {
        list: PetitionViews::of_applicant(&submitted().applicant),
        order: submitted().submitted_at.into(),
    }
}

fn work(status: Status, until: &str) -> IndexEntry {
    IndexEntry::Listed {
        list: PetitionViews::work(status),
        order: Order::from(read::<Timestamp>(until)),
    }
}

fn counted(status: Status) -> IndexEntry {
    let (index, group) = PetitionViews::day_counts(read("2026-03-09"));
    let service = ServiceType::DeadlineBound;
    IndexEntry::counted(index, group, DayCount { service, status }.member())
}

/// A list, and a place in it; at the end where there is no `until`.
fn listed(list: minwon_core::ListName, until: Option<&str>) -> IndexEntry {
    let order = until.map_or(Timestamp::MAX, read).into();
    IndexEntry::Listed { list, order }
}

fn of_group(group: &Group, until: Option<&str>) -> Vec<IndexEntry> {
    let (index, counts) = PetitionViews::open_counts(group.grouping());
    let count = IndexEntry::counted(index, counts, group.member());
    vec![listed(PetitionViews::open(group), until), count]
}

fn department(name: &str) -> Group {
    Group::Department {
        agency: submitted().agency,
        department: read(name),
    }
}

/// The groups that the petition is in once it was received.
fn groups(until: Option<&str>) -> Vec<IndexEntry> {
    let groups = [
        department("Vehicles"),
        Group::Kind(PetitionKind::Statutory),
        Group::Agency(submitted().agency),
        Group::Category(Category::Car),
    ];
    groups
        .iter()
        .flat_map(|group| of_group(group, until))
        .collect()
}

/// Where it is found while its clock runs.
fn running() -> Vec<IndexEntry> {
    let due = vec![
        listed(PetitionViews::running(), Some(DUE)),
        listed(PetitionViews::due_on(read("2026-03-17")), Some(DUE)),
    ];
    [due, groups(Some(DUE))].concat()
}

#[track_caller]
fn check(events: &[RecordedEvent], mut expected: Vec<IndexEntry>) {
    expected.sort();
    assert_eq!(places(events.to_vec()), expected);
}

/// The last moment of 17 March in Seoul.
const DUE: &str = "2026-03-17T23:59:59.999999+09:00";

#[test]
fn an_open_petition_is_work_at_its_status_until_its_due() {
    let steps = [
        (filed(submitted()), Status::Submitted),
        (filed(received()), Status::Received),
        (filed(progress()), Status::InReview),
        (filed(supplement_requested()), Status::AwaitingSupplement),
        (filed(supplemented()), Status::InReview),
        (filed(rejected()), Status::Rejected),
    ];
    let mut events = Vec::new();
    for (event, status) in steps {
        events.push(event);
        let expected = match status {
            Status::Submitted => vec![work(status, "9999-12-31T23:59:59.999999Z")],
            _ => vec![receipt(), work(status, DUE)],
        };
        let elsewhere = match status {
            Status::Submitted => [
                Group::Kind(PetitionKind::Other),
                Group::Agency(submitted().agency),
                Group::Category(Category::Car),
            ]
            .iter()
            .flat_map(|group| of_group(group, None))
            .collect(),
            Status::AwaitingSupplement => {
                let awaited = "2026-03-20T23:59:59.999999+09:00";
                let list = PetitionViews::awaiting_supplement();
                [groups(None), vec![listed(list, Some(awaited))]].concat()
            }
            Status::Rejected => groups(None),
            _ => running(),
        };
        let common = vec![of_applicant(), counted(status)];
        check(&events, [expected, common, elsewhere].concat());
    }
}

#[test]
fn what_has_ended_is_no_work() {
    let open = [filed(submitted()), filed(received()), filed(progress())];
    let with = |more: &[RecordedEvent]| [&open, more].concat();
    let found = |status| vec![receipt(), of_applicant(), counted(status)];
    check(&with(&[filed(withdrawn())]), found(Status::Withdrawn));
    let approved = with(&[filed(approved())]);
    let completed = [&approved[..], &[filed(completed())]].concat();
    check(
        &approved,
        [
            found(Status::Approved),
            vec![work(Status::Approved, DUE)],
            running(),
        ]
        .concat(),
    );
    check(&completed, found(Status::Completed));
}

#[test]
fn an_officer_has_it_until_another_department_does() {
    let assigned = Assigned {
        officer: read("officer-1"),
        by: read("head-1"),
        assigned_at: read("2026-03-10T09:00:00+09:00"),
    };
    let transferred = TransferredToDepartment {
        from: read("Vehicles"),
        to: read("Roads"),
        by: read("head-1"),
        transferred_at: read("2026-03-10T10:00:00+09:00"),
    };
    let officer = of_group(&Group::Officer(read("officer-1")), Some(DUE));
    let opened = [filed(submitted()), filed(received()), filed(assigned)];
    let entries = places(opened.clone());
    assert!(officer.iter().all(|entry| entries.contains(entry)));
    let entries = places(opened.into_iter().chain([filed(transferred)]));
    assert!(!officer.iter().any(|entry| entries.contains(entry)));
    let before = of_group(&department("Vehicles"), Some(DUE));
    assert!(!before.iter().any(|entry| entries.contains(entry)));
    let after = of_group(&department("Roads"), Some(DUE));
    assert!(after.iter().all(|entry| entries.contains(entry)));
}

#[test]
fn nobody_is_late_while_the_clock_stands() {
    let suspended = ClockSuspended {
        ground: SuspensionGround::Hearing,
        note: None,
        officer: read("officer-1"),
        suspended_at: read("2026-03-10T10:00:00+09:00"),
    };
    let events = [filed(submitted()), filed(received()), filed(suspended)];
    let common = vec![
        receipt(),
        of_applicant(),
        work(Status::Suspended, DUE),
        counted(Status::Suspended),
    ];
    check(&events, [common, groups(None)].concat());
}

#[test]
fn a_due_in_hours_stands_at_its_instant() {
    let at = "2026-03-09T13:00:00+09:00";
    let received = Received {
        due: Due::At(read(at)),
        ..received()
    };
    let entries = places([filed(submitted()), filed(received)]);
    assert!(entries.contains(&work(Status::Received, at)));
}

#[test]
fn a_petition_counts_to_the_day_it_was_submitted_on_in_seoul() {
    let submitted = Submitted {
        // Still the day before in UTC.
        submitted_at: read("2026-03-09T00:00:00+09:00"),
        ..submitted()
    };
    assert!(places([filed(submitted)]).contains(&counted(Status::Submitted)));
}

#[test]
fn each_document_leads_to_the_petition_also_after_it_was_revoked() {
    let other = DocumentIssued {
        verification_number: read("0000-0000-0000-0001"),
        ..document_issued()
    };
    let by_document = |number| IndexEntry::Lookup(PetitionViews::by_document(&number));
    let expected = vec![
        by_document(document_issued().verification_number),
        by_document(other.verification_number),
    ];
    let mut events = [document(1, document_issued()), document(2, other)].concat();
    events.push(issued(2, document_revoked()));
    check(&events, expected);
}

#[test]
fn a_number_given_twice_is_one_place() {
    let events = [
        document(1, document_issued()),
        document(2, document_issued()),
    ]
    .concat();
    assert_eq!(places(events).len(), 1);
}

#[test]
fn a_petition_is_found_by_the_numbers_that_transfers_ended() {
    let transferred = |to: &str| {
        filed(TransferredToAgency {
            from: read("Seoul"),
            to: read(to),
            reason: read("It issues the licence"),
            by: read("officer-1"),
            due: None,
            transferred_at: read("2026-03-09T11:00:00+09:00"),
        })
    };
    let received_as = |number: &str| {
        filed(Received {
            receipt_number: read(number),
            ..received()
        })
    };
    let events = [
        filed(submitted()),
        received_as("S-1"),
        transferred("Busan"),
        received_as("B-2"),
        transferred("Incheon"),
        received_as("I-3"),
    ];
    let numbers = |events: &[RecordedEvent]| {
        let lookups = places(events.to_vec())
            .into_iter()
            .filter_map(|place| match place {
                IndexEntry::Lookup(lookup) => Some(lookup.value.to_string()),
                _ => None,
            });
        lookups.collect::<Vec<_>>()
    };
    // While it waits for a number as well.
    assert_eq!(numbers(&events[..3]), ["S-1"]);
    assert_eq!(numbers(&events), ["B-2", "I-3", "S-1"]);
    let view = folded(&PetitionViews::default(), events).0.unwrap();
    let now = read("2026-03-10T10:00:00+09:00");
    let result = view.result(crate::Calendar::published(), now).unwrap();
    assert_eq!(result.receipt.unwrap().number, read("I-3"));
    assert_eq!(result.former_numbers, [read("S-1"), read("B-2")]);
    // As many as are kept, and no more.
    let often = (0..20).flat_map(|n| [received_as(&format!("N-{n}")), transferred("Busan")]);
    let often: Vec<_> = [filed(submitted())].into_iter().chain(often).collect();
    assert_eq!(
        numbers(&often).len(),
        crate::application::FORMER_NUMBERS_MAX
    );
}

#[test]
fn counts_read_back() {
    for &service in ServiceType::ALL {
        for &status in Status::ALL {
            let count = DayCount { service, status };
            assert_eq!(count.member(), count.to_string());
            let parsed = PetitionViews::parse_member(&count.member());
            assert_eq!(parsed, Some((service, status)));
        }
    }
    for bad in [
        "",
        "/",
        "completed",
        "unlinked/",
        "unlinked/done",
        "unlinked/completed/",
    ] {
        assert_eq!(PetitionViews::parse_member(bad), None, "{bad:?}");
    }
}

#[test]
fn a_view_belongs_to_its_petition() {
    let views = PetitionViews::default();
    assert_eq!(views.name().as_str(), "petitions");
    assert_eq!(views.slices(), SliceCount::DEFAULT);
    assert_eq!(views.key(&filed(submitted())), Some("2026-000123"));
    assert_eq!(views.key(&issued(2, requested())), Some("2026-000123"));
}
