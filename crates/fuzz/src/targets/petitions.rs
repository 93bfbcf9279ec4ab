//! What is asked of petitions that were read.

use std::sync::LazyLock;

use minwon_core::{
    Decider as _, Projection as _, RecordedEvent, SchemaVersion, Stored, StreamName, Timestamp,
    ViewKey,
    testing::{recorded_event, sample_event},
};
use minwon_petitions::{
    Calendar, Category, Date, EventReader, Firing, PetitionApplication, PetitionEvent,
    PetitionView, PetitionViews,
};

use crate::corpus;

/// Every golden view: a petition and its documents, at every stage.
pub(super) static VIEWS: LazyLock<Vec<PetitionView>> = LazyLock::new(|| {
    let views = corpus::golden_views();
    let views = views.iter().map(|json| {
        let Stored(view) = serde_json::from_slice::<Stored<PetitionView>>(json).unwrap();
        view
    });
    views.collect()
});

/// Every golden event, in the stream of a petition.
pub(super) static EVENTS: LazyLock<Vec<(RecordedEvent, (Category, PetitionEvent))>> =
    LazyLock::new(|| {
        let reader = EventReader::default();
        let events = corpus::golden_events().into_iter();
        let events = events.map(|(name, version, json)| {
            let event = recorded(&name, version, json);
            let read = reader.read(&event).unwrap();
            (event, read)
        });
        events.collect()
    });

/// An event of the petition `2026-000123`, or of its first document.
pub(super) fn recorded(name: &str, version: u16, json: Vec<u8>) -> RecordedEvent {
    let stream = if name.starts_with("Issuance") {
        "car_CarIssuance-2026-000123.1"
    } else {
        "car_CarApplication-2026-000123"
    };
    let stream: StreamName = stream.parse().unwrap();
    let mut event = sample_event("fuzz");
    event.event_type = format!("Car{name}").parse().unwrap();
    event.schema_version = SchemaVersion::new(version);
    event.payload = json.into();
    event.metadata.occurred_at = "2026-03-20T15:00:00.25+09:00".parse().unwrap();
    recorded_event(&stream, 0, event)
}

/// Asks a view everything that there is to ask; what it says does not matter.
pub(super) fn ask(view: &PetitionView) {
    let projection = PetitionViews::default();
    let key = ViewKey::new("2026-000123").unwrap();
    let calendar = Calendar::published();
    let application = PetitionApplication::new(Category::Car);
    let mut entries = Vec::new();
    projection.index(&key, view, &mut entries);
    let _ = (view.officer_tasks(), view.last_step(), view.status());
    for document in view.documents() {
        let _ = document.masked_number();
        if let Some(proof) = document.proof {
            let _ = view.verify(proof.number, proof.verifiable_until);
        }
    }
    for now in [
        Timestamp::MIN,
        Timestamp::UNIX_EPOCH,
        "2026-03-20T10:00:00+09:00".parse().unwrap(),
        Timestamp::MAX,
    ] {
        let _ = view.remaining(calendar, now);
        let _ = serde_json::to_string(&view.result(calendar, now)).unwrap();
        let _ = Date::in_seoul(now);
        for deadline in view.pending() {
            if let Firing::Command(command) = deadline.fire(view.category, now) {
                let _ = application.decide(&view.application, &command);
            }
        }
    }
}

/// Some of many, others for another input: all of them would take too long.
pub(super) fn some<'v, V>(of: &'v [V], input: &[u8]) -> impl Iterator<Item = &'v V> {
    let first = minwon_core::key_hash(&String::from_utf8_lossy(input)) % of.len() as u64;
    of.iter().cycle().skip(first as usize).step_by(7).take(3)
}

/// Folds an event into a view, and asks what comes of it.
pub(super) fn fold(
    view: Option<&PetitionView>,
    (event, read): &(RecordedEvent, (Category, PetitionEvent)),
) {
    let mut folded = view.cloned();
    PetitionViews::default().apply(&mut folded, read, event);
    if let Some(view) = folded {
        let json = serde_json::to_vec(&Stored(&view)).unwrap();
        let again = serde_json::from_slice::<Stored<PetitionView>>(&json);
        let Stored(again) = again.unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&json));
        });
        assert_eq!(again, view);
    }
}
