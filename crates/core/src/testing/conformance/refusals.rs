//! What every store must refuse, and the largest it must take.

use super::case::{Case, Verdict, ensure, ensure_eq, ids, new_ids};
use crate::{
    APPEND_EVENTS_MAX, AppendError, EVENT_BYTES_MAX, EventStore,
    ExpectedVersion::{Any, NoStream},
    NewEvent, StreamName,
};

impl<S: EventStore> Case<'_, S> {
    /// Appends `events`, which must be refused, to a stream that is there and to one that is not;
    /// `is_right` knows the error wanted.
    async fn refused(
        &self,
        events: &[NewEvent],
        is_right: impl Fn(&AppendError) -> bool,
    ) -> Verdict {
        let appended = [self.event("there")];
        self.store
            .append(&self.stream("there"), NoStream, &appended)
            .await?;
        for (id, kept) in [("there", &appended[..]), ("missing", &[])] {
            let stream = self.stream(id);
            let answer = self.store.append(&stream, Any, events).await;
            ensure(answer.as_ref().is_err_and(&is_right), || {
                format!(
                    "{} events are not refused as they should be, but {answer:?}",
                    events.len()
                )
            })?;
            self.holds(&stream, kept).await?;
        }
        Ok(())
    }

    pub(super) async fn a_malformed_append_is_refused(&self) -> Verdict {
        let is_malformed = |error: &AppendError| matches!(error, AppendError::Malformed { .. });
        let two = self.events("twice", 2);
        let mut bytes = self.events("bytes", 2);
        bytes[1].payload = vec![b'"', 0xff, b'"'].into();
        for events in [
            Vec::new(),
            self.events("many", APPEND_EVENTS_MAX as u32 + 1),
            vec![two[0].clone(), two[1].clone(), two[0].clone()],
            bytes,
        ] {
            self.refused(&events, is_malformed).await?;
        }
        Ok(())
    }

    pub(super) async fn an_oversized_event_is_refused(&self) -> Verdict {
        // The last of three, so that a store which writes as it checks leaves the first two.
        let mut events = self.events("large", 3);
        events[2].payload = json_of(EVENT_BYTES_MAX + 1).into();
        let names_the_limit = |error: &AppendError| {
            matches!(error, AppendError::EventTooLarge { bytes, bytes_max, .. }
                if (*bytes, *bytes_max) == (EVENT_BYTES_MAX + 1, EVENT_BYTES_MAX))
        };
        self.refused(&events, names_the_limit).await
    }

    pub(super) async fn the_largest_event_is_taken(&self) -> Verdict {
        let mut event = self.event("large");
        event.payload = json_of(EVENT_BYTES_MAX).into();
        let stream = self.stream("1");
        self.append_one(&stream, NoStream, &event).await?;
        let read = self.read(&stream).await?;
        let is_whole = read.iter().map(|read| &read.payload).eq([&event.payload]);
        ensure(is_whole, || "it does not read back as it was".into())
    }

    pub(super) async fn the_largest_append_is_taken(&self) -> Verdict {
        let stream = self.stream("1");
        let events = self.events("many", APPEND_EVENTS_MAX as u32);
        let appended = self.append(&stream, NoStream, &events).await?;
        let last = APPEND_EVENTS_MAX as u64 - 1;
        ensure_eq("version", &appended.version.get(), &last)?;
        self.reads_whole(&stream, &events).await
    }

    /// A store may bound what it takes at once in bytes; then its refusal leads to what it takes.
    pub(super) async fn what_is_too_large_at_once_is_taken_in_parts(&self) -> Verdict {
        let stream = self.stream("1");
        let events = self.largest_events(40);
        let (mut rest, mut at_once, mut there) = (&events[..], events.len(), 0);
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(at_once.min(rest.len()));
            match self.store.append(&stream, Any, part).await {
                Ok(_) => {
                    rest = behind;
                    there += part.len();
                }
                Err(AppendError::AppendTooLarge {
                    bytes, bytes_max, ..
                }) => {
                    let is_true = part.len() > 1 && bytes > bytes_max;
                    ensure(is_true, || {
                        format!("{} events of {bytes} of {bytes_max} bytes", part.len())
                    })?;
                    at_once = part.len() / 2;
                    self.holds_count(&stream, there).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.reads_whole(&stream, &events).await
    }

    /// As [`holds`](Self::holds), where nobody would read all ids in a message.
    async fn reads_whole(&self, stream: &StreamName, events: &[NewEvent]) -> Verdict {
        let read = self.read(stream).await?;
        ensure(ids(&read) == new_ids(events), || {
            format!("{} of {} events read back", read.len(), events.len())
        })
    }
}

/// A JSON string that is `bytes` long.
pub(super) fn json_of(bytes: usize) -> String {
    format!("\"{}\"", "x".repeat(bytes - 2))
}
