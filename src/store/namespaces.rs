//! Which namespaces a store has events of: what somebody wants to know who mistyped one.

use std::{collections::BTreeSet, num::NonZeroU32};

use minwon_core::{EventFilter, EventStore, GlobalPosition, NamespaceName, StoreError};

use super::Store;

/// Events read at a time, where the log itself has to be looked through.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1_000).expect("not 0");

/// Pages that are looked through at most.
const PAGES_MAX: u32 = 10;

/// Namespaces that a store has events of.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Namespaces {
    /// Their names, in alphabetical order.
    pub names: Vec<NamespaceName>,
    /// Whether these are all.
    pub is_all: bool,
}

impl Store {
    /// The namespaces that the store has events of, at most `names_max` of them.
    ///
    /// In a SQLite file each costs one look into an index. Elsewhere the first 10,000 events of the
    /// log are looked at, and what comes up later is not among them.
    ///
    /// # Errors
    /// [`StoreError`].
    #[cfg_attr(
        not(feature = "memory"),
        allow(irrefutable_let_patterns, reason = "there is one backend then")
    )]
    pub async fn namespaces(&self, names_max: NonZeroU32) -> Result<Namespaces, StoreError> {
        #[cfg(feature = "sqlite")]
        if let Self::Sqlite(store) = self {
            // One more than wanted shows whether these are all.
            let mut names = store.namespaces(names_max.saturating_add(1)).await?;
            let is_all = names.len() <= names_max.get() as usize;
            names.truncate(names_max.get() as usize);
            return Ok(Namespaces { names, is_all });
        }
        self.namespaces_of_first_events(names_max).await
    }

    async fn namespaces_of_first_events(
        &self,
        names_max: NonZeroU32,
    ) -> Result<Namespaces, StoreError> {
        let all = EventFilter::all();
        let (mut names, mut after) = (BTreeSet::new(), GlobalPosition::START);
        for _ in 0..PAGES_MAX {
            let page = self.read_all(after, &all, PAGE_EVENTS).await?;
            let found = page.events.iter().map(|event| event.stream.namespace());
            names.extend(found.filter_map(|name| NamespaceName::new(name).ok()));
            let is_all = page.is_end && names.len() <= names_max.get() as usize;
            if page.is_end || names.len() > names_max.get() as usize {
                let names = names.into_iter().take(names_max.get() as usize).collect();
                return Ok(Namespaces { names, is_all });
            }
            after = page.position;
        }
        let (names, is_all) = (names.into_iter().collect(), false);
        Ok(Namespaces { names, is_all })
    }

    /// Returns whether the store has an event of a namespace. One look into an index in a SQLite
    /// file; elsewhere one read of the log, filtered by the store.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_namespace(&self, namespace: &NamespaceName) -> Result<bool, StoreError> {
        let filter = EventFilter::namespace(namespace.clone());
        let mut after = GlobalPosition::START;
        loop {
            let page = self.read_all(after, &filter, NonZeroU32::MIN).await?;
            if !page.events.is_empty() || page.is_end {
                return Ok(!page.events.is_empty());
            }
            after = page.position;
        }
    }
}

#[cfg(test)]
mod tests {
    use minwon_core::{
        ActorId, CommandId, CorrelationId, EventMetadata, EventType, ExpectedVersion, NewEvent,
        SchemaVersion, ServiceName, Stage, Timestamp,
    };
    use minwon_petitions::PetitionId;

    use super::*;

    fn event(name: &str) -> NewEvent {
        let id = CommandId::derive(&[9; 16], name);
        NewEvent {
            event_type: EventType::new("Something").unwrap(),
            schema_version: SchemaVersion::new(1),
            metadata: EventMetadata {
                event_id: id.event_id(0),
                command_id: id,
                correlation_id: CorrelationId::from(id),
                causation_id: id.into(),
                occurred_at: Timestamp::UNIX_EPOCH,
                subject: PetitionId::new("p-1").unwrap(),
                stage: Stage::new("receipt").unwrap(),
                source: ServiceName::new("test").unwrap(),
                actor: ActorId::new("test").unwrap(),
                traceparent: None,
                fingerprint: None,
            },
            payload: b"{}".as_slice().into(),
        }
    }

    /// Whose names sort before, between and behind each other's streams.
    const NAMESPACES: [&str; 5] = ["car", "car2", "carX", "general", "x"];

    async fn check(store: Store) {
        let empty = store.namespaces(NonZeroU32::MIN).await.unwrap();
        assert_eq!((empty.names.len(), empty.is_all), (0, true));
        for (namespace, petition) in NAMESPACES.iter().flat_map(|it| [(it, "p-1"), (it, "p-2")]) {
            let stream = format!("{namespace}_GeneralApplication-{petition}");
            let events = [event(&stream)];
            let stream = stream.parse().unwrap();
            let append = store.append(&stream, ExpectedVersion::NoStream, &events);
            append.await.unwrap();
        }
        let names = |found: &Namespaces| {
            let names = found.names.iter();
            names.map(ToString::to_string).collect::<Vec<_>>()
        };
        let all = store.namespaces(NonZeroU32::new(5).unwrap()).await.unwrap();
        assert_eq!(
            (&names(&all)[..], all.is_all),
            (&NAMESPACES.map(String::from)[..], true)
        );
        let some = store.namespaces(NonZeroU32::new(2).unwrap()).await.unwrap();
        assert_eq!((names(&some).len(), some.is_all), (2, false));
        for (namespace, is_there) in [("car", true), ("x", true), ("ca", false), ("gen", false)] {
            let namespace = NamespaceName::new(namespace).unwrap();
            let found = store.has_namespace(&namespace).await.unwrap();
            assert_eq!(found, is_there, "{namespace}");
        }
    }

    #[cfg(feature = "memory")]
    #[tokio::test]
    async fn the_namespaces_of_a_store_in_memory_are_listed() {
        check(Store::open(&crate::StoreUrl::Memory).unwrap()).await;
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn the_namespaces_of_a_store_file_are_listed() {
        let directory = tempfile::tempdir().unwrap();
        let url = crate::StoreUrl::Sqlite(directory.path().join("petitions.db"));
        check(Store::open(&url).unwrap()).await;
    }
}
