//! Events that no store can read: they stop nobody, and nobody takes them for sound ones.

use super::case::{Case, Verdict, at_most, ensure, ensure_eq};

use crate::{EventStore, ExpectedVersion, FaultKind, GlobalPosition, RecordedEvent, StreamName};

/// All sorts of faults that a backend may meet.
const KINDS: [FaultKind; 4] = [
    FaultKind::Foreign,
    FaultKind::Malformed,
    FaultKind::Damaged,
    FaultKind::Newer,
];

/// Which events there are: two sound ones, one that is not, two more in its stream and two of
/// another stream.
const EVENTS: usize = 7;

/// Where the one stands that is not sound.
const BAD: usize = 2;

impl<S: EventStore> Case<'_, S> {
    /// A log with an unreadable event in its midst; none where the backend never meets such a fault.
    async fn log_with(
        &self,
        plant: &impl AsyncFn(&S, &StreamName, FaultKind) -> bool,
        kind: FaultKind,
    ) -> Verdict<Option<StreamName>> {
        let label = format!("{kind:?}");
        let (stream, other) = (self.stream(&label), self.stream(&format!("{label}-other")));
        let any = ExpectedVersion::Any;
        self.append(&stream, any, &self.events(&label, 2)).await?;
        if !plant(self.store, &stream, kind).await {
            return Ok(None);
        }
        let more = self.events(&format!("{label}-more"), 2);
        self.append(&stream, any, &more).await?;
        let others = self.events(&format!("{label}-other"), 2);
        self.append(&other, any, &others).await?;
        Ok(Some(stream))
    }

    /// The log of a rule, as a feed brings it.
    async fn followed(&self, after: GlobalPosition) -> Verdict<Vec<RecordedEvent>> {
        let mut feed = self.store.feed(after, self.own_events(), at_most(2));
        let mut events = Vec::new();
        while events.len() < EVENTS {
            let batch = self.next(&mut feed).await?;
            events.extend(batch.events);
            if batch.caught_up {
                break;
            }
        }
        Ok(events)
    }

    pub(super) async fn an_unreadable_event_stops_no_reader(
        &self,
        plant: &impl AsyncFn(&S, &StreamName, FaultKind) -> bool,
    ) -> Verdict {
        for kind in KINDS {
            let after = self.store.head().await?;
            let Some(stream) = self.log_with(plant, kind).await? else {
                continue;
            };
            let what = |reader| format!("{kind:?}: events that {reader} brings");
            let read = self.read(&stream).await?.len();
            ensure_eq(&what("the stream"), &read, &(EVENTS - 2))?;
            for page_max in [1, 3, 100] {
                let read = self.read_log(after, page_max).await?.len();
                ensure_eq(&what("the log"), &read, &EVENTS)?;
            }
            ensure_eq(&what("a feed"), &self.followed(after).await?.len(), &EVENTS)?;
        }
        Ok(())
    }

    pub(super) async fn an_unreadable_event_is_marked_and_no_other(
        &self,
        plant: &impl AsyncFn(&S, &StreamName, FaultKind) -> bool,
    ) -> Verdict {
        for kind in KINDS {
            let after = self.store.head().await?;
            if self.log_with(plant, kind).await?.is_none() {
                continue;
            }
            let log = self.read_log(after, 100).await?;
            let faults = log.iter().map(|it| it.fault.as_ref().map(|it| it.kind));
            let mut wanted = vec![None; EVENTS];
            wanted[BAD] = Some(kind);
            ensure_eq("faults", &faults.collect(), &wanted)?;
        }
        Ok(())
    }

    pub(super) async fn an_unreadable_event_keeps_its_place(
        &self,
        plant: &impl AsyncFn(&S, &StreamName, FaultKind) -> bool,
    ) -> Verdict {
        for kind in KINDS {
            let after = self.store.head().await?;
            let Some(stream) = self.log_with(plant, kind).await? else {
                continue;
            };
            let log = self.read_log(after, 100).await?;
            let places = log.iter().filter(|event| event.stream == stream);
            let versions: Vec<_> = places.map(|event| event.version.get()).collect();
            ensure_eq("versions", &versions, &vec![0, 1, 2, 3, 4])?;
            let rises = log
                .windows(2)
                .all(|pair| pair[0].position < pair[1].position);
            ensure(rises, || format!("{kind:?}: positions do not rise"))?;
        }
        Ok(())
    }

    pub(super) async fn an_unreadable_event_reads_the_same_everywhere(
        &self,
        plant: &impl AsyncFn(&S, &StreamName, FaultKind) -> bool,
    ) -> Verdict {
        for kind in KINDS {
            let after = self.store.head().await?;
            let Some(stream) = self.log_with(plant, kind).await? else {
                continue;
            };
            let log = self.read_log(after, 100).await?;
            ensure_eq("the log read again", &self.read_log(after, 1).await?, &log)?;
            ensure_eq("a feed", &self.followed(after).await?, &log)?;
            let of_stream: Vec<_> = log.into_iter().filter(|it| it.stream == stream).collect();
            ensure_eq("the stream", &self.read(&stream).await?, &of_stream)?;
            let is_made_up = |event: &RecordedEvent| event.metadata.to_metadata().is_err();
            ensure(!of_stream.iter().any(is_made_up), || {
                "metadata breaks the rules".into()
            })?;
        }
        Ok(())
    }
}
