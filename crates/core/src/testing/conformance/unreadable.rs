//! Events that no store can read: they stop nobody, and nobody takes them for sound ones.

use super::case::{Case, Planted, Verdict, at_most, ensure, ensure_eq};
use crate::{EventStore, FaultKind, GlobalPosition, RecordedEvent, StreamName};

/// Which events there are: two sound ones, one that is not, two more in its stream and two of
/// another stream.
const EVENTS: usize = 7;
/// Where the one stands that is not sound.
const BAD: usize = 2;

/// A log with an unreadable event in its midst.
struct Scene {
    kind: FaultKind,
    stream: StreamName,
    /// Where it begins.
    after: GlobalPosition,
    log: Vec<RecordedEvent>,
}

impl<S, P> Case<'_, S, Planted<&P>>
where
    S: EventStore,
    P: AsyncFn(&S, &StreamName, FaultKind) -> bool,
{
    /// Writes a log for each fault that the backend may meet, and looks at it.
    async fn for_each(&self, look: impl AsyncFn(Scene) -> Verdict) -> Verdict {
        use FaultKind::{Damaged, Foreign, Malformed, Newer};
        for kind in [Foreign, Malformed, Damaged, Newer] {
            let (id, after) = (format!("{kind:?}"), self.store.head().await?);
            let stream = self.stream(&id);
            self.add(&id, &id, 2).await?;
            if !self.port.0(self.store, &stream, kind).await {
                continue;
            }
            self.add(&id, &format!("{id}-more"), 2).await?;
            let other = format!("{id}-other");
            self.add(&other, &other, 2).await?;
            let log = self.read_log(after, 100).await?;
            let scene = Scene {
                kind,
                stream,
                after,
                log,
            };
            look(scene).await?;
        }
        Ok(())
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

    pub(super) async fn an_unreadable_event_stops_no_reader(&self) -> Verdict {
        self.for_each(async |scene| {
            let what = |reader| format!("{:?}: events that {reader} brings", scene.kind);
            let read = self.read(&scene.stream).await?.len();
            ensure_eq(&what("the stream"), &read, &(EVENTS - 2))?;
            for page_max in [1, 3, 100] {
                let read = self.read_log(scene.after, page_max).await?.len();
                ensure_eq(&what("the log"), &read, &EVENTS)?;
            }
            let brought = self.followed(scene.after).await?.len();
            ensure_eq(&what("a feed"), &brought, &EVENTS)
        })
        .await
    }

    pub(super) async fn an_unreadable_event_is_marked_and_no_other(&self) -> Verdict {
        self.for_each(async |scene| {
            let faults = scene
                .log
                .iter()
                .map(|it| it.fault.as_ref().map(|it| it.kind));
            let mut wanted = vec![None; EVENTS];
            wanted[BAD] = Some(scene.kind);
            ensure_eq("faults", &faults.collect(), &wanted)
        })
        .await
    }

    pub(super) async fn an_unreadable_event_keeps_its_place(&self) -> Verdict {
        self.for_each(
            async |Scene {
                       kind, stream, log, ..
                   }| {
                let places = log.iter().filter(|event| event.stream == stream);
                let versions: Vec<_> = places.map(|event| event.version.get()).collect();
                ensure_eq("versions", &versions, &vec![0, 1, 2, 3, 4])?;
                let rises = log.is_sorted_by(|one, next| one.position < next.position);
                ensure(rises, || format!("{kind:?}: positions do not rise"))
            },
        )
        .await
    }

    pub(super) async fn an_unreadable_event_reads_the_same_everywhere(&self) -> Verdict {
        self.for_each(
            async |Scene {
                       stream, after, log, ..
                   }| {
                ensure_eq("the log read again", &self.read_log(after, 1).await?, &log)?;
                ensure_eq("a feed", &self.followed(after).await?, &log)?;
                let of_stream: Vec<_> = log.into_iter().filter(|it| it.stream == stream).collect();
                ensure_eq("the stream", &self.read(&stream).await?, &of_stream)?;
                let is_made_up = |event: &RecordedEvent| event.metadata.to_metadata().is_err();
                let is_sound = !of_stream.iter().any(is_made_up);
                ensure(is_sound, || "metadata breaks the rules".into())
            },
        )
        .await
    }
}
