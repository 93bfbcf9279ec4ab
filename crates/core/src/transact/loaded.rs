//! From a stream to a state: snapshot, pages, fold.

use std::{collections::HashMap, num::NonZeroU32};

use serde::{Deserialize, Serialize};

use super::{CommandHandler, CommandIdError, Outcome, TransactError, Transacted, token};
use crate::{
    decider::Aggregate,
    event::RecordedEvent,
    fingerprint::CommandFingerprint,
    foreign_text,
    id::{CommandId, EventId},
    snapshot::{Snapshot, SnapshotStore},
    store::{Appended, EventStore, StreamPage},
    stream::{GlobalPosition, StreamName, StreamVersion, Token},
};

/// Events read at a time while folding a stream.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1024).expect("not 0");

/// The last event that a state holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Last {
    version: StreamVersion,
    position: GlobalPosition,
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

    pub(super) fn position(&self) -> Option<GlobalPosition> {
        self.last.map(|last| last.position)
    }

    pub(super) fn token(&self, stream: &StreamName) -> Option<Token> {
        self.last.map(|last| token(stream, last.position))
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
#[derive(Serialize, Deserialize)]
struct SnapshotBody<Commands, State> {
    commands: Commands,
    state: State,
}

impl<S: EventStore, A: Aggregate, T, N: SnapshotStore> CommandHandler<S, A, T, N> {
    pub(super) async fn load(&self, stream: &StreamName) -> Transacted<A, Loaded<A::State>> {
        match self.load_snapshot(stream).await {
            Some(loaded) => self.catch_up(stream, &loaded).await,
            None => self.fold_on(stream, self.empty()).await,
        }
    }

    /// As [`catch_up`](Self::catch_up); a state of which nothing was read yet is loaded.
    pub(super) async fn refresh(
        &self,
        stream: &StreamName,
        loaded: &Loaded<A::State>,
    ) -> Transacted<A, Loaded<A::State>> {
        match loaded.last {
            Some(_) => self.catch_up(stream, loaded).await,
            None => self.load(stream).await,
        }
    }

    /// Folds what was appended since `loaded`. Where the stream is no longer the one that was
    /// loaded (a restored store), everything is folded again.
    async fn catch_up(
        &self,
        stream: &StreamName,
        loaded: &Loaded<A::State>,
    ) -> Transacted<A, Loaded<A::State>> {
        let mut loaded = loaded.clone();
        let Some(last) = loaded.last else {
            return self.fold_on(stream, loaded).await;
        };
        // The last event known is read again, to see that it is still there.
        let mut page = self.read(stream, last.version).await?;
        if page.events.first().map(Last::of) != Some(last) {
            tracing::warn!(%stream, "the stream changed under a kept state; folding anew");
            return self.fold_on(stream, self.empty()).await;
        }
        page.events.remove(0);
        self.fold_page(stream, &mut loaded, &page)?;
        if page.is_end {
            Ok(loaded)
        } else {
            self.fold_on(stream, loaded).await
        }
    }

    async fn fold_on(
        &self,
        stream: &StreamName,
        mut loaded: Loaded<A::State>,
    ) -> Transacted<A, Loaded<A::State>> {
        loop {
            let from = StreamVersion::after(loaded.version());
            let page = self.read(stream, from).await?;
            self.fold_page(stream, &mut loaded, &page)?;
            if page.is_end {
                return Ok(loaded);
            }
        }
    }

    fn fold_page(
        &self,
        stream: &StreamName,
        loaded: &mut Loaded<A::State>,
        page: &StreamPage,
    ) -> Transacted<A, ()> {
        // The state is taken out to be folded by value; an error abandons `loaded` altogether.
        let mut state = std::mem::replace(&mut loaded.state, self.aggregate.initial());
        for event in &page.events {
            let expected = StreamVersion::after(loaded.version());
            if event.version != expected {
                return Err(TransactError::Hole {
                    stream: stream.clone(),
                    expected,
                    found: event.version,
                });
            }
            state = self.aggregate.evolve(state, &self.decode(stream, event)?);
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

    /// The events of each of `commands`, searched from the start of the stream.
    pub(super) async fn outcomes_of(
        &self,
        stream: &StreamName,
        commands: &HashMap<CommandId, Option<CommandFingerprint>>,
    ) -> Transacted<A, HashMap<CommandId, Outcome<A::Event>>> {
        let mut found = HashMap::new();
        let mut from = StreamVersion::FIRST;
        loop {
            let page = self.read(stream, from).await?;
            for event in &page.events {
                let command = event.metadata.command_id();
                let Some(&given) = commands.get(&command) else {
                    continue;
                };
                let is_other = |said| given.is_some_and(|given| given != said);
                if event.metadata.fingerprint().is_some_and(is_other) {
                    let of_command = |it: &&RecordedEvent| it.metadata.command_id() == command;
                    let written = page.events.iter().filter(of_command);
                    return Err(CommandIdError::Reused {
                        id: command,
                        stream: stream.clone(),
                        recorded: written.map(|it| it.event_type.clone()).collect(),
                    }
                    .into());
                }
                let outcome = found.entry(command).or_insert_with(|| Outcome {
                    events: Vec::new(),
                    version: None,
                    token: None,
                    repeated: true,
                });
                outcome.events.push(self.decode(stream, event)?);
                outcome.version = Some(event.version);
                outcome.token = Some(token(stream, event.position));
            }
            from = from.plus(page.events.len() as u64);
            if page.is_end {
                return Ok(found);
            }
        }
    }

    pub(super) async fn save_snapshot(&self, stream: &StreamName, loaded: &Loaded<A::State>) {
        let Some(last) = loaded.last else { return };
        let body = SnapshotBody {
            commands: &loaded.commands,
            state: &loaded.state,
        };
        let state = match serde_json::to_vec(&body) {
            Ok(state) => state,
            Err(error) => {
                tracing::warn!(%stream, %error, "no snapshot: the state is no JSON");
                return;
            }
        };
        let snapshot = self.snapshot_policy.key().seal(Snapshot {
            stream: stream.clone(),
            schema: A::STATE_SCHEMA,
            version: last.version,
            event_id: last.event_id,
            position: last.position,
            state,
        });
        // A command that took effect does not fail for a cache.
        if let Err(error) = self.snapshots.save_snapshot(&snapshot).await {
            tracing::warn!(%stream, %error, "the snapshot was not kept");
        }
    }

    async fn load_snapshot(&self, stream: &StreamName) -> Option<Loaded<A::State>> {
        let kept = self.snapshots.load_snapshot(stream, A::STATE_SCHEMA);
        let snapshot = match kept.await {
            Ok(snapshot) => snapshot?,
            Err(error) => {
                tracing::warn!(%stream, %error, "reading without the snapshot");
                return None;
            }
        };
        let Some(state) = self.snapshot_policy.key().open(&snapshot) else {
            tracing::debug!(%stream, "the snapshot was made with another key, or changed; ignored");
            return None;
        };
        match serde_json::from_slice(state) {
            Ok(SnapshotBody { commands, state }) => Some(Loaded {
                state,
                last: Some(Last {
                    version: snapshot.version,
                    position: snapshot.position,
                    event_id: snapshot.event_id,
                }),
                commands,
            }),
            Err(error) => {
                let error = foreign_text::causes(&error).next();
                tracing::warn!(%stream, error, "the snapshot does not fit; ignored");
                None
            }
        }
    }

    async fn read(&self, stream: &StreamName, from: StreamVersion) -> Transacted<A, StreamPage> {
        let page = self.store.read_stream(stream, from, PAGE_EVENTS).await;
        page.map_err(|source| TransactError::Load {
            stream: stream.clone(),
            source,
        })
    }

    fn decode(&self, stream: &StreamName, event: &RecordedEvent) -> Transacted<A, A::Event> {
        let read = self.aggregate.codec().read(event);
        read.map_err(|source| TransactError::Unreadable {
            stream: stream.clone(),
            version: event.version,
            source: Box::new(source),
        })
    }

    pub(super) fn empty(&self) -> Loaded<A::State> {
        Loaded {
            state: self.aggregate.initial(),
            last: None,
            commands: Vec::new(),
        }
    }
}
