//! The stored forms of views and of the places they are found under. A view is the states of its
//! aggregates, so these files freeze those, too.

use std::fmt::Debug;

use minwon_core::{
    Aggregate, CountCell, Decider, IndexEntry, ListName, Lookup, NamespaceName, Projection,
    RecordedEvent, Stored, StreamName, Timestamp,
    testing::{ProjectionFold, recorded_event, sample_event},
};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    Category, EventReader, Issuance, IssuanceId, PetitionApplication, PetitionEvent, PetitionViews,
};

use super::{check, samples};

fn recorded<A: Aggregate>(aggregate: &A, stream: &StreamName, event: &A::Event) -> RecordedEvent {
    let encoded = aggregate.codec().encode(event).unwrap();
    let mut new = sample_event("view");
    new.event_type = encoded.event_type;
    new.schema_version = encoded.shape.version;
    new.payload = encoded.json.into();
    new.metadata.occurred_at = "2026-03-20T15:00:00.25+09:00".parse::<Timestamp>().unwrap();
    recorded_event(stream, 0, new)
}

/// A place in words that do not change with the types' names.
fn place(entry: &IndexEntry) -> String {
    match entry {
        IndexEntry::Lookup(Lookup { index, value }) => format!("{index} is {value}"),
        IndexEntry::Listed { list, order } => {
            let ListName { index, partition } = list;
            format!("{index} list {partition} at {}", order.get())
        }
        IndexEntry::Counted(CountCell {
            index,
            group,
            member,
        }) => format!("{index} count {group} {member}"),
    }
}

/// The stored form after each event: the view, if there is one, then its places.
fn stored<P>(views: &P, events: &[RecordedEvent]) -> String
where
    P: Projection<Event = (Category, PetitionEvent), View: Debug + PartialEq>,
{
    let reader = EventReader::default();
    let mut fold = ProjectionFold::new(views, &reader);
    let mut text = String::new();
    for event in events {
        fold = fold.on(event);
        text += &format!("{}\n", event.event_type);
        if let Some(view) = fold.view() {
            let json = serde_json::to_string(&Stored(view)).unwrap();
            let Stored::<P::View>(read) = serde_json::from_str(&json).unwrap();
            assert_eq!(read, *view);
            text += &format!("{json}\n");
        }
        for entry in fold.entries() {
            text += &format!("  {}\n", place(&entry));
        }
    }
    text
}

fn check_view<P>(views: &P, label: &str, events: &[RecordedEvent])
where
    P: Projection<Event = (Category, PetitionEvent), View: Debug + PartialEq>,
{
    check(
        "views",
        &format!(
            "{}.v{}-{}-{}.{label}.txt",
            views.name(),
            views.schema(),
            PetitionApplication::STATE_SCHEMA.get(),
            Issuance::STATE_SCHEMA.get(),
        ),
        &stored(views, events),
        "views, their places or states changed, but the schemas are still the same, so old views and \
         snapshots would be believed. Raise the projection's SCHEMA, and the STATE_SCHEMA of an \
         aggregate whose state changed, and run with MINWON_BLESS=1; the old files may go",
    );
}

fn check_views(label: &str, events: &[RecordedEvent]) {
    check_view(&PetitionViews::default(), label, events);
}

#[test]
fn views_are_frozen() {
    let category = Category::Car;
    let namespace = NamespaceName::new("car").unwrap();
    let petition = PetitionId::new("2026-000123").unwrap();
    let application = PetitionApplication::new(category);
    let stream = application.stream(&namespace, &petition);
    for (label, history) in samples::application_histories() {
        let record = |event| recorded(&application, &stream, event);
        check_views(label, &history.iter().map(record).collect::<Vec<_>>());
    }
    let issuance = Issuance::new(category);
    let stream = issuance
        .stream(&namespace, &IssuanceId::first(&petition))
        .unwrap();
    for (label, history) in samples::issuance_histories() {
        let record = |event| recorded(&issuance, &stream, event);
        let label = format!("document-{label}");
        check_views(&label, &history.iter().map(record).collect::<Vec<_>>());
    }
}
