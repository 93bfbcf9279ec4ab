//! From a stream to a state: snapshot, pages, fold.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
};

use serde::{Deserialize, Serialize};

use super::{error::LoadError, namespace};
use crate::{
    codec::CodecError,
    decider::Aggregate,
    event::RecordedEvent,
    id::{CommandId, EventId},
    snapshot::{Snapshot, SnapshotStore},
    store::{Appended, EventStore, StreamPage},
    stream::{GlobalPosition, StreamName, StreamVersion, Token},
};

/// Events read at a time while folding a stream.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1024).expect("not 0");

/// The last event that a state holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) version: StreamVersion,
    pub(super) position: GlobalPosition,
    event_id: EventId,
}

impl Last {
    fn of(event: &RecordedEvent) -> Self {
        Self {
            version: event.version,
            position: event.position,
            event_id: event.id(),
        }
    }
}

/// The state of a stream at one version.
#[derive(Debug, Clone)]
pub(super) struct Loaded<State> {
    state: State,
    last: Option<Last>,
    /// Fingerprints of all commands in the stream: four bytes each, so that a repeat is seen
    /// without an index in any store. A hit is only a guess, and then looked up.
    commands: Vec<u32>,
}

impl<State> Loaded<State> {
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn version(&self) -> Option<StreamVersion> {
        self.last.map(|last| last.version)
    }

    pub(super) fn token(&self, stream: &StreamName) -> Option<Token> {
        self.last.map(|last| Token {
            namespace: namespace(stream),
            position: last.position,
        })
    }

    pub(super) fn may_contain(&self, command: CommandId) -> bool {
        self.commands.contains(&command.fingerprint())
    }

    /// This state with an append of `commands` folded in.
    pub(super) fn advance(
        &self,
        state: State,
        commands: &[CommandId],
        appended: Appended,
        event_id: EventId,
    ) -> Self {
        let mut all = Vec::with_capacity(self.commands.len() + commands.len());
        all.extend_from_slice(&self.commands);
        all.extend(commands.iter().map(CommandId::fingerprint));
        let Appended {
            version, position, ..
        } = appended;
        Self {
            state,
            last: Some(Last {
                version,
                position,
                event_id,
            }),
            commands: all,
        }
    }
}

/// The contents of [`Snapshot::state`]: as JSON.
#[derive(Serialize)]
struct SnapshotBody<'a, State> {
    commands: &'a [u32],
    state: &'a State,
}

#[derive(Deserialize)]
struct OwnedSnapshotBody<State> {
    commands: Vec<u32>,
    state: State,
}

/// The events of a command in the stream, and the last of them.
pub(super) struct LoadedEvents<E> {
    pub(super) events: Vec<E>,
    pub(super) last: Last,
}

/// Everything needed to fold one stream.
pub(super) struct Rehydrate<'a, S, A, N> {
    pub(super) store: &'a S,
    pub(super) aggregate: &'a A,
    pub(super) snapshots: &'a N,
    pub(super) stream: &'a StreamName,
}

impl<S: EventStore, A: Aggregate, N: SnapshotStore> Rehydrate<'_, S, A, N> {
    pub(super) async fn load(&self) -> Result<Loaded<A::State>, LoadError> {
        match self.load_snapshot().await {
            Some(loaded) => self.catch_up(loaded).await,
            None => self.fold_on(self.empty()).await,
        }
    }

    /// Folds what was appended since `loaded`. Where the stream is no longer the one that was
    /// loaded (a restored store), everything is folded again.
    pub(super) async fn catch_up(
        &self,
        mut loaded: Loaded<A::State>,
    ) -> Result<Loaded<A::State>, LoadError> {
        let Some(last) = loaded.last else {
            return self.fold_on(loaded).await;
        };
        // The last event known is read again, to see that it is still there.
        let mut page = self.read(last.version).await?;
        if page.events.first().map(Last::of) != Some(last) {
            tracing::warn!(stream = %self.stream, "the stream changed under a kept state; folding anew");
            return self.fold_on(self.empty()).await;
        }
        page.events.remove(0);
        let is_end = page.is_end;
        self.fold_page(&mut loaded, &page)?;
        if is_end {
            Ok(loaded)
        } else {
            self.fold_on(loaded).await
        }
    }

    async fn fold_on(&self, mut loaded: Loaded<A::State>) -> Result<Loaded<A::State>, LoadError> {
        loop {
            let page = self.read(StreamVersion::after(loaded.version())).await?;
            self.fold_page(&mut loaded, &page)?;
            if page.is_end {
                return Ok(loaded);
            }
        }
    }

    fn fold_page(&self, loaded: &mut Loaded<A::State>, page: &StreamPage) -> Result<(), LoadError> {
        // The state is taken out to be folded by value; an error abandons `loaded` altogether.
        let mut state = std::mem::replace(&mut loaded.state, self.aggregate.initial());
        for event in &page.events {
            self.check_version(StreamVersion::after(loaded.version()), event)?;
            state = self.aggregate.evolve(state, &self.decode(event)?);
            let command = event.metadata.command_id().fingerprint();
            // The events of one command stand together.
            if loaded.commands.last() != Some(&command) {
                loaded.commands.push(command);
            }
            loaded.last = Some(Last::of(event));
        }
        loaded.state = state;
        Ok(())
    }

    /// The events that each of `commands` wrote, searched from the start of the stream.
    pub(super) async fn events_of(
        &self,
        commands: &HashSet<CommandId>,
    ) -> Result<HashMap<CommandId, LoadedEvents<A::Event>>, LoadError> {
        let mut found = HashMap::new();
        let mut from = StreamVersion::FIRST;
        loop {
            let page = self.read(from).await?;
            for event in &page.events {
                let command = event.metadata.command_id();
                if !commands.contains(&command) {
                    continue;
                }
                let last = Last::of(event);
                let of_command = found.entry(command).or_insert_with(|| LoadedEvents {
                    events: Vec::new(),
                    last,
                });
                of_command.events.push(self.decode(event)?);
                of_command.last = last;
            }
            from = from.plus(page.events.len() as u64);
            if page.is_end {
                return Ok(found);
            }
        }
    }

    pub(super) async fn save_snapshot(&self, loaded: &Loaded<A::State>) {
        let Some(last) = loaded.last else { return };
        let body = SnapshotBody {
            commands: &loaded.commands,
            state: &loaded.state,
        };
        let state = match serde_json::to_vec(&body) {
            Ok(state) => state,
            Err(error) => {
                tracing::warn!(stream = %self.stream, %error, "no snapshot: the state is no JSON");
                return;
            }
        };
        let snapshot = Snapshot {
            stream: self.stream.clone(),
            schema: A::STATE_SCHEMA,
            version: last.version,
            event_id: last.event_id,
            position: last.position,
            state,
        };
        // A command that took effect does not fail for a cache.
        if let Err(error) = self.snapshots.save_snapshot(&snapshot).await {
            tracing::warn!(stream = %self.stream, %error, "the snapshot was not kept");
        }
    }

    async fn load_snapshot(&self) -> Option<Loaded<A::State>> {
        let snapshot = match self
            .snapshots
            .load_snapshot(self.stream, A::STATE_SCHEMA)
            .await
        {
            Ok(snapshot) => snapshot?,
            Err(error) => {
                tracing::warn!(stream = %self.stream, %error, "reading without the snapshot");
                return None;
            }
        };
        let Snapshot {
            version,
            event_id,
            position,
            state,
            ..
        } = snapshot;
        match serde_json::from_slice::<OwnedSnapshotBody<A::State>>(&state) {
            Ok(OwnedSnapshotBody { commands, state }) => Some(Loaded {
                state,
                last: Some(Last {
                    version,
                    position,
                    event_id,
                }),
                commands,
            }),
            Err(error) => {
                tracing::warn!(stream = %self.stream, %error, "the snapshot does not fit; ignored");
                None
            }
        }
    }

    async fn read(&self, from: StreamVersion) -> Result<StreamPage, LoadError> {
        self.store
            .read_stream(self.stream, from, PAGE_EVENTS)
            .await
            .map_err(|source| LoadError::Store {
                stream: self.stream.clone(),
                source,
            })
    }

    fn check_version(
        &self,
        expected: StreamVersion,
        event: &RecordedEvent,
    ) -> Result<(), LoadError> {
        if event.version == expected {
            return Ok(());
        }
        Err(LoadError::Hole {
            stream: self.stream.clone(),
            expected,
            found: event.version,
        })
    }

    fn decode(&self, event: &RecordedEvent) -> Result<A::Event, LoadError> {
        self.aggregate.codec().read(event).map_err(|source| {
            let (stream, version) = (self.stream.clone(), event.version);
            let is_marked = matches!(source, CodecError::Marked(_));
            let source = Box::new(source);
            if is_marked {
                LoadError::Unreadable {
                    stream,
                    version,
                    source,
                }
            } else {
                LoadError::Undecodable {
                    stream,
                    version,
                    source,
                }
            }
        })
    }

    fn empty(&self) -> Loaded<A::State> {
        Loaded {
            state: self.aggregate.initial(),
            last: None,
            commands: Vec::new(),
        }
    }
}
