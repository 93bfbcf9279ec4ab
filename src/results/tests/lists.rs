//! Work lists of an office, whoever does the work.

use minwon_petitions::{
    Calendar, Grouping, Remaining,
    view::{ClockStop, StopCause},
};

use super::*;

fn officer(name: &str) -> Group {
    Group::Officer(minwon_core::ActorId::new(name).unwrap())
}

fn counter() -> Group {
    Group::Department {
        agency: "agency-1".parse().unwrap(),
        department: "counter".parse().unwrap(),
    }
}

fn keys(keys: &[ViewKey]) -> Vec<&str> {
    keys.iter().map(ViewKey::as_str).collect()
}

/// As [`work`], with two in review and one of these awaiting a supplement.
async fn at_work() -> Office {
    let office = work().await;
    office.assign("p-1", "officer-1").await;
    office.assign("p-3", "officer-1").await;
    office.ask("p-3", "2026-03-20").await;
    office.catch_up().await;
    office
}

#[tokio::test]
async fn what_is_due_is_listed_across_all_statuses() {
    let office = at_work().await;
    let results = &office.results;
    let running = results.running(&part(9)).await.unwrap();
    assert_eq!(ids(&running.value), ["p-2", "p-1"]);
    let on = async |text: &str| {
        let list = results.due_on(day(text), &part(9)).await.unwrap().value;
        let which = results
            .which_due_on(day(text), NonZeroU32::MAX)
            .await
            .unwrap();
        assert_eq!(keys(&which.value), ids(&list));
        ids(&list).join(" ")
    };
    assert_eq!(on("2026-03-10").await, "p-2");
    assert_eq!(on("2026-03-11").await, "", "its clock stands still");
    assert_eq!(on("2026-03-12").await, "p-1");
}

#[tokio::test]
async fn what_is_late_is_listed_across_all_statuses() {
    let office = at_work().await;
    let late = async |instant: &str, of: Option<&Group>| {
        let (results, instant, all) = (&office.results, at(instant), part(9));
        let Some(group) = of else {
            let list = results.late_at(instant, &all).await.unwrap().value;
            let which = results
                .which_late_at(instant, NonZeroU32::MAX)
                .await
                .unwrap();
            assert_eq!(keys(&which.value), ids(&list));
            return ids(&list).join(" ");
        };
        let list = results.open_late_at(group, instant, &all).await;
        ids(&list.unwrap().value).join(" ")
    };
    assert_eq!(late("2026-03-10T12:00:00+09:00", None).await, "");
    let (noon, later) = ("2026-03-10T12:00:01+09:00", "2026-03-13T00:00:00+09:00");
    assert_eq!(late(noon, None).await, "p-2");
    assert_eq!(late("2026-03-12T23:59:59+09:00", None).await, "p-2");
    assert_eq!(late(later, None).await, "p-2 p-1");
    let one = officer("officer-1");
    assert_eq!(late(noon, Some(&one)).await, "");
    assert_eq!(late(later, Some(&one)).await, "p-1");
    assert_eq!(late(later, Some(&counter())).await, "p-2 p-1");
}

#[tokio::test]
async fn late_ones_come_in_parts_and_end() {
    let office = at_work().await;
    let instant = at("2026-03-12T23:00:00+09:00");
    let of = async |part: &ListPart| office.results.late_at(instant, part).await.unwrap().value;
    let first = of(&part(1)).await;
    assert_eq!(ids(&first), ["p-2"]);
    let second = of(&part(1).after(first.next.unwrap())).await;
    assert_eq!((ids(&second), &second.next), (vec![], &None));
}

#[tokio::test]
async fn an_officers_petitions_are_listed_and_counted() {
    let office = at_work().await;
    let results = &office.results;
    let open = async |group: &Group| {
        let list = results.open(group, &part(9)).await.unwrap().value;
        ids(&list).join(" ")
    };
    let one = officer("officer-1");
    assert_eq!(open(&one).await, "p-1 p-3", "what stands still is last");
    assert_eq!(open(&officer("officer-2")).await, "");
    assert_eq!(open(&counter()).await, "p-2 p-1 p-3");
    let kind = Group::Kind(PetitionKind::Statutory);
    assert_eq!(open(&kind).await, "p-2 p-1 p-3 p-4");
    let instant = at("2026-03-12T23:59:59.999999+09:00");
    let due = results.open_due_until(&one, instant, &part(9)).await;
    assert_eq!(ids(&due.unwrap().value), ["p-1"]);

    let counts = async |by| results.open_counts(by).await.unwrap().value;
    let expected = [(one.clone(), 2)];
    assert_eq!(counts(Grouping::Officer).await, expected.into());
    let expected = [(counter(), 3)];
    assert_eq!(counts(Grouping::Department).await, expected.into());
    assert_eq!(counts(Grouping::Kind).await, [(kind, 4)].into());
    let agency = Group::Agency("agency-1".parse().unwrap());
    assert_eq!(counts(Grouping::Agency).await, [(agency, 4)].into());
    let category = Group::Category(minwon_petitions::Category::General);
    assert_eq!(counts(Grouping::Category).await, [(category, 4)].into());

    office.withdraw("p-1", "applicant-1").await;
    office.catch_up().await;
    assert_eq!(open(&one).await, "p-3");
    let counts = results.open_counts(Grouping::Officer).await.unwrap().value;
    assert_eq!(counts, [(one, 1)].into());
}

#[tokio::test]
async fn awaited_supplements_are_listed_by_when_they_have_to_come() {
    let office = at_work().await;
    office.assign("p-2", "officer-2").await;
    office.ask("p-2", "2026-03-16").await;
    office.catch_up().await;
    let list = office.results.awaiting_supplement(&part(9)).await.unwrap();
    assert_eq!(ids(&list.value), ["p-2", "p-3"]);
}

#[tokio::test]
async fn a_petitioner_sees_what_is_left_and_others_see_nothing() {
    let office = Office::new();
    office.submit("p-1", "applicant-1", MORNING).await;
    office.receive_for("p-1", "7 days").await;
    office.assign("p-1", "officer-1").await;
    office.issue("p-1", "2026-03-09T09:40:00+09:00").await;
    office.catch_up().await;
    let (number, own) = ("R-p-1".parse().unwrap(), "applicant-1".parse().unwrap());
    let now = at("2026-03-09T10:00:00+09:00");
    let ask = async |applicant: &ApplicantId| {
        let answer = office.results.result(&number, applicant, now).await;
        answer.unwrap().value
    };
    let result = ask(&own).await.unwrap();
    let left = Duration::from_secs((7 * 8 - 1) * 60 * 60);
    assert_eq!(result.remaining, Ok(Some(Remaining::Running { left })));
    assert_eq!(result.officer.unwrap().as_str(), "officer-1");
    let masked = result.documents[0].masked_number.as_ref().unwrap();
    assert!(masked.contains("***"), "{masked}");
    assert_eq!(ask(&"applicant-2".parse().unwrap()).await, None);

    office.ask("p-1", "2026-03-20").await;
    office.catch_up().await;
    let result = ask(&own).await.unwrap();
    let stop = ClockStop {
        cause: StopCause::Supplement,
        since: now,
    };
    assert_eq!(result.stop, Some(stop));
    let left = Duration::from_secs(7 * 8 * 60 * 60);
    let standing = Remaining::Standing { left, stop };
    assert_eq!(result.remaining, Ok(Some(standing)));
    assert_eq!(
        result.supplement.unwrap().due,
        "2026-03-20".parse().unwrap()
    );
}

/// A holiday that was designated later does not count as time left.
#[tokio::test]
async fn the_namespaces_calendar_counts_what_is_left() {
    let office = Office::new();
    office.submit("p-1", "applicant-1", MORNING).await;
    office.receive_for("p-1", "7 days").await;
    office.catch_up().await;
    let holiday = Calendar::published().with_holiday(day("2026-03-13"));
    let name = minwon_core::NamespaceName::new("general").unwrap();
    let store = office.namespace.store().clone();
    let namespace = crate::Namespace::new(name, store, SystemClock);
    let namespace = namespace.with_calendar(holiday.unwrap());
    let results = namespace.results(office.read_models.clone());
    let (number, own) = ("R-p-1".parse().unwrap(), "applicant-1".parse().unwrap());
    let now = at("2026-03-09T09:00:00+09:00");
    let answer = results.result(&number, &own, now).await.unwrap();
    let remaining = answer.value.unwrap().remaining;
    // Until the due that stands, which nobody has moved yet.
    let left = Duration::from_secs(6 * 8 * 60 * 60);
    assert_eq!(remaining, Ok(Some(Remaining::Running { left })));
}
