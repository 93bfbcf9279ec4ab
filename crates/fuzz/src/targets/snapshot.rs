//! Snapshots of a petition: the bytes that a store hands out, and the state behind a seal that fits.

use std::{num::NonZeroUsize, sync::LazyLock};

use futures_util::FutureExt as _;
use minwon_core::{
    CommandHandler, Decider as _, EventStore as _, ExpectedVersion, NewEvent, Snapshot,
    SnapshotKey, SnapshotPolicy, SnapshotStore, StateSchema, StoreError, StreamName, StreamVersion,
    Timestamp,
    testing::{ManualClock, MemoryStore, sample_event_of},
};
use minwon_petitions::{ApplicationState, Category, PetitionApplication, PetitionEvent};

use super::petitions::{EVENTS, VIEWS};

const KEY: SnapshotKey = SnapshotKey::new([7; 32]);

pub(super) fn golden() -> Vec<Vec<u8>> {
    let body = |state: &ApplicationState| {
        let state = serde_json::to_string(state).unwrap();
        format!(r#"{{"commands":[1,2],"state":{state}}}"#).into_bytes()
    };
    VIEWS.iter().map(|view| body(&view.application)).collect()
}

/// The stream of a petition that was submitted and received, and a snapshot of it without a state.
static STORED: LazyLock<(MemoryStore, Snapshot)> = LazyLock::new(|| {
    let stream: StreamName = "car_CarApplication-2026-000123".parse().unwrap();
    let named = |name: &str| {
        let mut events = EVENTS.iter();
        let found = events.find(|(event, _)| event.event_type.as_str() == name);
        found.unwrap().0.clone()
    };
    let events = [
        named("CarApplicationSubmitted"),
        named("CarApplicationReceived"),
    ];
    let events = events.into_iter().zip(0..).map(|(event, number)| {
        let command = minwon_core::CommandId::derive(&[7; 16], event.event_type.as_str());
        let new = sample_event_of(command, number, event.payload);
        NewEvent {
            event_type: event.event_type,
            schema_version: event.schema_version,
            ..new
        }
    });
    let events: Vec<_> = events.collect();
    let store = MemoryStore::with_clock(ManualClock::new(Timestamp::UNIX_EPOCH));
    let append = store.append(&stream, ExpectedVersion::NoStream, &events);
    let appended = append.now_or_never().unwrap().unwrap();
    let snapshot = Snapshot {
        stream,
        schema: PetitionApplication::STATE_SCHEMA,
        version: StreamVersion::new(1),
        event_id: events[1].id(),
        position: appended.position,
        state: Vec::new(),
    };
    (store, snapshot)
});

/// The state as it is told from a store with this snapshot.
fn told(snapshot: Option<Snapshot>) -> (ApplicationState, Option<StreamVersion>) {
    let (store, Snapshot { stream, .. }) = &*STORED;
    let application = PetitionApplication::new(Category::Car);
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let handler = CommandHandler::new(store.clone(), application, clock)
        .snapshots(Kept(snapshot), SnapshotPolicy::default().sealed_with(KEY))
        .cached_states_max(NonZeroUsize::MIN);
    let state = handler.state(stream).now_or_never();
    state.unwrap().unwrap()
}

struct Kept(Option<Snapshot>);

impl SnapshotStore for Kept {
    async fn load_snapshot(
        &self,
        _: &StreamName,
        _: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.0.clone())
    }

    async fn save_snapshot(&self, _: &Snapshot) -> Result<(), StoreError> {
        Ok(())
    }

    async fn delete_snapshots(&self, _: &StreamName) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Without a seal it is not believed; with one it is the state that it says, or the fold of the events.
pub(super) fn run(input: &[u8]) {
    static FOLDED: LazyLock<(ApplicationState, Option<StreamVersion>)> =
        LazyLock::new(|| told(None));
    let kept = Snapshot {
        state: input.to_vec(),
        ..STORED.1.clone()
    };
    assert_eq!(told(Some(kept.clone())), *FOLDED);
    let (state, version) = told(Some(KEY.seal(kept)));
    assert_eq!(version, FOLDED.1);
    if state == FOLDED.0 {
        return;
    }
    let json = serde_json::to_vec(&state).unwrap();
    assert_eq!(
        serde_json::from_slice::<ApplicationState>(&json).unwrap(),
        state
    );
    let application = PetitionApplication::new(Category::Car);
    for (_, (_, event)) in EVENTS.iter() {
        if let PetitionEvent::Application(event) = event {
            let _ = application.evolve(state.clone(), event);
        }
    }
}
