//! Events that no store can read: they stop nobody, and nobody takes them for sound ones.

use super::case::{Case, Planted, Verdict, at_most, ensure, ensure_eq};
use crate::{EventStore, FaultKind, GlobalPosition, RecordedEvent, StreamName};

/// Which events there are: two sound ones, one that is not, two more in its stream and two of
/// another stream.
const EVENTS: usize = 7;
/// Where the one stands that is not sound.
const BAD: usize = 2;

impl<S, P> Case<'_, S, Planted<&P>>
where
    S: EventStore,
    P: AsyncFn(&S, &StreamName, FaultKind) -> bool,
{
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

    /// For each fault that the backend may meet.
    pub(super) async fn an_unreadable_event_is_marked_at_its_place_and_stops_nobody(
        &self,
    ) -> Verdict {
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
            self.is_marked(kind, &log)?;
            let of_stream = log.iter().filter(|event| event.stream == stream);
            let of_stream: Vec<_> = of_stream.cloned().collect();
            let versions: Vec<_> = of_stream.iter().map(|event| event.version.get()).collect();
            ensure_eq("versions", &versions, &vec![0, 1, 2, 3, 4])?;
            ensure_eq("the stream", &self.read(&stream).await?, &of_stream)?;
            for page_max in [1, 3, 100] {
                let again = self.read_log(after, page_max).await?;
                ensure_eq("the log read again", &again, &log)?;
            }
            ensure_eq("a feed", &self.followed(after).await?, &log)?;
        }
        Ok(())
    }

    /// The log holds all of its events, rising, and the bad one alone is marked.
    fn is_marked(&self, kind: FaultKind, log: &[RecordedEvent]) -> Verdict {
        let faults = log.iter().map(|it| it.fault.as_ref().map(|it| it.kind));
        let mut wanted = vec![None; EVENTS];
        wanted[BAD] = Some(kind);
        ensure_eq("faults", &faults.collect(), &wanted)?;
        let rises = log.is_sorted_by(|one, next| one.position < next.position);
        ensure(rises, || format!("{kind:?}: positions do not rise"))?;
        let is_sound = |event: &RecordedEvent| event.metadata.to_metadata().is_ok();
        ensure(log.iter().all(is_sound), || {
            "metadata breaks the rules".into()
        })
    }
}
