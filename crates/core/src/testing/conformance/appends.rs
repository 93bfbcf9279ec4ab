//! What an append promises, and what reads back.

use super::case::{Case, Verdict, ensure, ensure_eq, ids, new_ids, stream};
use crate::{
    ActorId, AppendError, CausationId, CommandFingerprint, CommandId, CorrelationId,
    EncodedMetadata, EventFilter, EventMetadata, EventStore, EventType,
    ExpectedVersion::{self, Any, Exactly, NoStream, StreamExists},
    GlobalPosition, NewEvent, RecordedEvent, SchemaVersion, ServiceName, Stage, StreamName,
    StreamVersion, Subject, Timestamp, TraceParent,
};

impl<S: EventStore> Case<'_, S> {
    pub(super) async fn versions_are_contiguous_from_0(&self) -> Verdict {
        let stream = self.stream("1");
        let events = self.events("a", 6);
        self.append(&stream, NoStream, &events[..1]).await?;
        let first = Exactly(version(0));
        self.append(&stream, first, &events[1..4]).await?;
        self.append(&stream, Any, &events[4..]).await?;
        let read = self.read(&stream).await?;
        let versions: Vec<_> = read.iter().map(|event| event.version.get()).collect();
        ensure_eq("versions", &versions, &(0..6).collect())?;
        ensure_eq("events", &ids(&read), &new_ids(&events))
    }

    pub(super) async fn positions_increase_with_every_event(&self) -> Verdict {
        let start = self.store.head().await?;
        let mut last = start;
        for round in 0..10 {
            let (id, label) = ((round % 3).to_string(), round.to_string());
            let position = self.add(&id, &label, 2).await?.position;
            ensure(position > last, || {
                format!("an append at {position} follows one at {last}")
            })?;
            last = position;
        }
        // `read_log` checks that positions rise from event to event.
        let read = self.read_log(start, 1000).await?;
        ensure_eq("events in the log", &read.len(), &20)
    }

    pub(super) async fn an_answer_names_the_place_of_the_last_event(&self) -> Verdict {
        let stream = self.stream("1");
        for label in ["a", "b"] {
            let appended = self.append(&stream, Any, &self.events(label, 3)).await?;
            let read = self.read(&stream).await?;
            let last = read.last().map(|event| (event.version, event.position));
            let wanted = (appended.version, appended.position);
            ensure_eq("last event", &last, &Some(wanted))?;
        }
        Ok(())
    }

    pub(super) async fn an_expectation_that_holds_admits(&self) -> Verdict {
        for (name, there, expected) in [
            ("any-missing", 0, Any),
            ("none-missing", 0, NoStream),
            ("any-there", 2, Any),
            ("some-there", 2, StreamExists),
            ("exactly-there", 2, Exactly(version(1))),
        ] {
            self.write_stream(name, there).await?;
            let (stream, event) = (self.stream(name), self.event("new"));
            let appended = self.append_one(&stream, expected, &event).await?;
            ensure_eq(name, &appended.version.get(), &u64::from(there))?;
        }
        Ok(())
    }

    pub(super) async fn an_expectation_that_fails_conflicts(&self) -> Verdict {
        for (index, (there, expected)) in (0..).zip(FAILING) {
            let id = format!("{index}-{there}");
            let before = self.write_stream(&id, there).await?;
            let (stream, events) = (self.stream(&id), self.events(&format!("new{index}"), 3));
            let last = there.checked_sub(1).map(|last| version(u64::from(last)));
            let answer = self.store.append(&stream, expected, &events).await;
            let is_right = matches!(&answer, Err(AppendError::Conflict { actual, .. })
                if *actual == last);
            ensure(is_right, || {
                format!(
                    "expecting {expected} of {there}: no conflict with {last:?}, but {answer:?}"
                )
            })?;
            self.holds(&stream, &before).await?;
        }
        Ok(())
    }

    pub(super) async fn all_metadata_read_back_exactly(&self) -> Verdict {
        let events: Vec<NewEvent> = (0..)
            .zip(metadata_of_all_kinds())
            .map(|(number, metadata)| NewEvent {
                schema_version: SchemaVersion::new(if number == 0 { u16::MAX } else { number }),
                metadata,
                ..self.event("a")
            })
            .collect();
        let stream = self.stream("1");
        self.append(&stream, NoStream, &events).await?;
        for (wrote, read) in events.iter().zip(self.read(&stream).await?) {
            let metadata = EncodedMetadata::from(&wrote.metadata).to_metadata();
            ensure_eq("metadata", &read.metadata.to_metadata(), &metadata)?;
            let found = (read.schema_version, &read.event_type, &read.stream);
            let wanted = (wrote.schema_version, &wrote.event_type, &stream);
            ensure_eq("schema version, type and stream", &found, &wanted)?;
        }
        Ok(())
    }

    pub(super) async fn payloads_read_back_byte_by_byte(&self) -> Verdict {
        // JSON that a store which parses and writes it again would change.
        let payloads = [
            "{}",
            "null",
            " { \"b\" : 1.0 ,\n\"a\":1e2, \"a\":\"\\u0000\\ud55c\" }\t",
            "{\"n\":123456789012345678901234567890.10}",
            "\"민원 👩‍⚖️ e\u{301} \u{feff}\u{0} 'quoted'\"",
        ];
        let mut events = self.events("a", payloads.len() as u32);
        for (event, payload) in events.iter_mut().zip(payloads) {
            event.payload = payload.into();
        }
        let stream = self.stream("1");
        self.append(&stream, NoStream, &events).await?;
        for (wrote, read) in events.iter().zip(self.read(&stream).await?) {
            ensure_eq("payload", &read.payload, &wrote.payload)?;
        }
        Ok(())
    }

    pub(super) async fn the_longest_names_read_back(&self) -> Verdict {
        let longest = "x".repeat(128);
        let wide = format!("{}12", "민".repeat(42));
        let mut event = self.event("a");
        event.event_type = EventType::new(&longest).expect("128 bytes are allowed");
        event.metadata.subject = Subject::new(&wide).expect("128 bytes are allowed");
        event.metadata.stage = Stage::new(&longest).expect("128 bytes are allowed");
        event.metadata.source = ServiceName::stored(&wide).expect("128 bytes are allowed");
        event.metadata.actor = ActorId::new(&longest).expect("128 bytes are allowed");
        let stream = stream(&self.namespace(), &longest, &wide);
        self.append_one(&stream, NoStream, &event).await?;
        let read = self.read(&stream).await?;
        let found = read
            .iter()
            .map(|it| (&it.stream, &it.event_type, it.metadata.clone()));
        let wanted = (&stream, &event.event_type, (&event.metadata).into());
        ensure_eq("event", &found.collect(), &vec![wanted])
    }

    pub(super) async fn an_event_reads_the_same_everywhere(&self) -> Verdict {
        let start = self.store.head().await?;
        let stream = self.stream("1");
        let events = self.events("a", 3);
        self.append(&stream, NoStream, &events).await?;
        let in_stream = self.read(&stream).await?;
        ensure_eq("read again", &self.read(&stream).await?, &in_stream)?;
        ensure_eq("in the log", &self.read_log(start, 10).await?, &in_stream)?;
        let mut follower = self.follow(start, 10);
        follower.until(events[2].id()).await?;
        ensure_eq("in a feed", &follower.events, &in_stream)
    }

    pub(super) async fn streams_with_similar_names_are_apart(&self) -> Verdict {
        // Prefixes, separators, letter case, wildcards, composed and decomposed letters.
        let names = [
            "1", "10", "1-0", "1_0", "a", "A", "a%", "a_", "a*", "é", "e\u{301}", "1/0", "$1",
        ];
        let mut streams: Vec<StreamName> = names.iter().map(|name| self.stream(name)).collect();
        streams.push(self.stream_of("PetitionX", "1"));
        streams.push(stream(&self.longer_namespace(), "Petition", "1"));
        for stream in &streams {
            let event = self.event(stream.as_str());
            self.append_one(stream, NoStream, &event).await?;
        }
        for stream in &streams {
            self.holds(stream, &[self.event(stream.as_str())]).await?;
        }
        Ok(())
    }

    /// The same petition under the same commands in two namespaces: neither sees the other, moves
    /// it or is held up by it.
    pub(super) async fn namespaces_are_apart(&self) -> Verdict {
        let namespaces = [self.namespace(), self.longer_namespace()];
        let events = self.events("same", 2);
        for (event, expected) in events.iter().zip([NoStream, Exactly(version(0))]) {
            for namespace in &namespaces {
                let stream = stream(namespace, "Petition", "1");
                self.append_one(&stream, expected, event).await?;
            }
        }
        for namespace in namespaces {
            let stream = stream(&namespace, "Petition", "1");
            let is_own = |found: &[RecordedEvent]| {
                ids(found) == new_ids(&events) && found.iter().all(|event| event.stream == stream)
            };
            let filter = EventFilter::namespace(namespace);
            let read = self.read(&stream).await?;
            let start = GlobalPosition::START;
            let logged = self.read_filtered(start, &filter, 3).await?;
            let mut follower = self.follow_filtered(start, filter.clone(), 3);
            follower.until(events[1].id()).await?;
            let fed = &follower.events;
            for (what, found) in [("stream", &read), ("log", &logged), ("feed", fed)] {
                ensure(is_own(found), || {
                    format!("the {what} of {stream} holds {found:?}")
                })?;
            }
            let head = self.store.head().await?;
            let last = self.store.last_up_to(head, &filter).await?;
            let wanted = logged.last().map_or(GlobalPosition::START, |e| e.position);
            ensure_eq("the namespace's last position", &last, &wanted)?;
        }
        Ok(())
    }
}

/// Expectations that do not hold of a stream with this many events.
const FAILING: [(u32, ExpectedVersion); 7] = [
    (0, StreamExists),
    (0, Exactly(version(0))),
    (0, Exactly(version(7))),
    (3, NoStream),
    (3, Exactly(version(0))),
    (3, Exactly(version(1))),
    (3, Exactly(version(3))),
];

/// Metadata that differ in every field, and go to the limits.
fn metadata_of_all_kinds() -> Vec<EventMetadata> {
    let instants = [
        Timestamp::MIN,
        Timestamp::from_unix_micros(-1).expect("in 1969"),
        Timestamp::UNIX_EPOCH,
        Timestamp::from_unix_micros(1_773_018_000_123_456).expect("in 2026"),
        Timestamp::MAX,
    ];
    let id = |kind: &str, n: usize| *CommandId::derive(&[1; 16], format!("{kind}{n}")).as_bytes();
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    (0..)
        .zip(instants)
        .map(|(n, occurred_at)| EventMetadata {
            event_id: CommandId::from_bytes(id("command", n)).event_id(n as u32),
            command_id: CommandId::from_bytes(id("command", n)),
            correlation_id: CorrelationId::from_bytes(id("correlation", n)),
            causation_id: CausationId::from_bytes(id("causation", n)),
            occurred_at,
            subject: Subject::new(format!("민원-2026-{n}")).expect("a name"),
            stage: Stage::new(format!("접수{n}")).expect("a name"),
            source: ServiceName::stored(&format!("portal/\"{n}\"\\")).expect("a name"),
            // No new id has a character that is not seen; of those that were stored some have.
            actor: ActorId::stored(&format!("o'fficer;{n}%_👩\u{200d}⚖\u{fe0f}")).expect("a name"),
            traceparent: (n % 2 == 0).then(|| TraceParent::new(trace).expect("sound")),
            fingerprint: (n > 1).then(|| CommandFingerprint::of(&n).expect("a number")),
        })
        .collect()
}

const fn version(number: u64) -> StreamVersion {
    StreamVersion::new(number)
}
