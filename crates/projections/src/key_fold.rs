//! The fold of one key, from the log alone.

use std::{collections::HashSet, num::NonZeroU32};

use minwon_core::{
    EventId, EventStore, Failure, Projection, RETRIES_MAX, RecordedEvent, StoreError, StreamName,
    StreamVersion, ViewKey,
};

use crate::{
    caught::caught,
    document::{Document, Folded, OutOfTurn},
    held::Held,
};

/// Events of a stream read at a time: most streams of a petition have fewer.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// The events of `streams` up to where each was seen, in the order of the log; none where the log
/// does not hold them.
pub(crate) async fn read_key(
    store: &impl EventStore,
    streams: &[Folded],
) -> Result<Option<Vec<RecordedEvent>>, StoreError> {
    let mut events = Vec::new();
    for Folded { stream, last } in streams {
        let read = read_versions(store, stream, StreamVersion::FIRST, *last).await?;
        let Some(read) = read else { return Ok(None) };
        events.extend(read);
    }
    events.sort_by_key(|event| event.position);
    Ok(Some(events))
}

/// The events of a stream from one version to another, both included; none where the log does not
/// hold them all.
pub(crate) async fn read_versions(
    store: &impl EventStore,
    stream: &StreamName,
    first: StreamVersion,
    last: StreamVersion,
) -> Result<Option<Vec<RecordedEvent>>, StoreError> {
    let (mut events, mut from) = (Vec::new(), first);
    while from <= last {
        let page = store.read_stream(stream, from, PAGE_EVENTS).await?;
        let before = events.len();
        events.extend(
            page.events
                .into_iter()
                .filter(|event| event.version <= last),
        );
        let Some(read) = events.get(before..).and_then(<[_]>::last) else {
            return Ok(None);
        };
        from = read.version.next();
    }
    Ok(Some(events))
}

/// How a key is folded.
pub(crate) struct KeyFold<'a, P, F> {
    pub(crate) projection: &'a P,
    /// What an event means.
    pub(crate) decode: F,
    /// Events that are left out.
    pub(crate) given_up: &'a HashSet<EventId>,
}

/// An event that failed before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tried {
    pub(crate) event: EventId,
    /// How often.
    pub(crate) attempts: u32,
}

impl<P, F> KeyFold<'_, P, F>
where
    P: Projection,
    F: Fn(&RecordedEvent) -> Result<P::Event, Failure>,
{
    /// Folds all events of a key, up to the first that cannot be handled.
    pub(crate) fn fold(
        &self,
        key: &ViewKey,
        events: &[RecordedEvent],
        tried: Option<Tried>,
    ) -> Result<Document<P::View>, OutOfTurn> {
        let mut document = Document::default();
        for event in events {
            let earlier = tried.filter(|tried| tried.event == event.id());
            let earlier = earlier.map_or(0, |tried| tried.attempts);
            self.fold_in(&mut document, key, event, earlier)?;
        }
        Ok(document)
    }

    /// Folds all events of a key up to where somebody else holds it back.
    pub(crate) fn fold_up_to(
        &self,
        key: &ViewKey,
        events: &[RecordedEvent],
        held: &Held,
    ) -> Result<Document<P::View>, OutOfTurn> {
        let mut document = Document::default();
        for event in events {
            if event.id() == held.event.id {
                document.hold(event, &held.failure, held.attempts)?;
            } else {
                self.fold_in(&mut document, key, event, 0)?;
            }
        }
        Ok(document)
    }

    fn fold_in(
        &self,
        document: &mut Document<P::View>,
        key: &ViewKey,
        event: &RecordedEvent,
        earlier: u32,
    ) -> Result<(), OutOfTurn> {
        if document.held.is_some() || self.given_up.contains(&event.id()) {
            return document.advance(event);
        }
        match self.try_to_fold(document.view.as_ref(), key, event) {
            Ok(view) => {
                document.view = view;
                document.advance(event)
            }
            Err((failure, attempts)) => {
                let attempts = earlier.saturating_add(attempts);
                document.hold(event, &failure, attempts).map(drop)
            }
        }
    }

    /// The view after `event`, if it can be folded and then found; else why not, and after how many
    /// attempts that was given up.
    fn try_to_fold(
        &self,
        before: Option<&P::View>,
        key: &ViewKey,
        event: &RecordedEvent,
    ) -> Result<Option<P::View>, (Failure, u32)> {
        let decoded = (self.decode)(event).map_err(|failure| (failure, 1))?;
        let mut attempts = 1;
        loop {
            let attempt = caught(|| {
                let mut view = before.cloned();
                self.projection.apply(&mut view, &decoded, event);
                if let Some(view) = &view {
                    self.projection.index(key, view, &mut Vec::new());
                }
                view
            });
            match attempt {
                Ok(view) => return Ok(view),
                Err(failure) if attempts >= RETRIES_MAX => return Err((failure, attempts)),
                Err(_) => attempts += 1,
            }
        }
    }
}
