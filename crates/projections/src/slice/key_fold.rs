//! The fold of one key, from the log alone.

use std::{collections::HashSet, num::NonZeroU32};

use minwon_core::{
    EventFilter, EventId, EventRef, EventStore, Failure, GlobalPosition, Projection, RETRIES_MAX,
    RecordedEvent, StoreError, StreamName, StreamVersion, ViewKey, is_dead_letter,
};

use super::{
    Definition,
    kept_key::{KeptKey, has_another_key},
    views::apply,
};
use crate::{
    caught::caught,
    document::{Document, Folded},
    held::Held,
    truncated::what_is_there,
};

/// Events of a stream read at a time: most streams of a subject have fewer.
pub(crate) const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// Events of the log read at a time.
const LOG_PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(4096).expect("not 0");

/// Shows what `filter` admits of the log, after one position and up to another, dead letters left
/// out. It costs what the log holds there: this is how a key is read whose streams are not listed.
pub(crate) async fn read_log(
    store: &impl EventStore,
    filter: &EventFilter,
    after: GlobalPosition,
    up_to: GlobalPosition,
    mut show: impl FnMut(&RecordedEvent),
) -> Result<(), StoreError> {
    let mut position = after;
    while position < up_to {
        let page = store.read_all(position, filter, LOG_PAGE_EVENTS).await?;
        let events = page.events.iter().filter(|event| !is_dead_letter(event));
        events
            .take_while(|event| event.position <= up_to)
            .for_each(&mut show);
        if page.is_end {
            break;
        }
        position = page.position;
    }
    Ok(())
}

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
async fn read_versions(
    store: &impl EventStore,
    stream: &StreamName,
    first: StreamVersion,
    last: StreamVersion,
) -> Result<Option<Vec<RecordedEvent>>, StoreError> {
    let (mut events, mut from) = (Vec::new(), first);
    while from <= last {
        let page = store.read_stream(stream, from, PAGE_EVENTS).await;
        let before = from;
        for event in what_is_there(page)?
            .into_iter()
            .filter(|it| it.version <= last)
        {
            from = event.version.next();
            events.push(event);
        }
        if from == before {
            return Ok(None);
        }
    }
    Ok(Some(events))
}

/// An event that failed before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tried {
    pub(crate) event: EventId,
    /// How often.
    pub(crate) attempts: u32,
}

/// Where to stop, beside the first event that cannot be handled.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until<'k> {
    /// Nowhere.
    Failed,
    /// As before, and this one failed before.
    Tried(Tried),
    /// Where somebody else holds the key back.
    Held(&'k Held),
}

/// A key while it is folded from the log.
pub(crate) struct Folding<'k, V> {
    key: &'k ViewKey,
    until: Until<'k>,
    pub(crate) document: Document<V>,
    /// Where the last event stands.
    pub(crate) last: Option<GlobalPosition>,
    /// The events that wait behind the one that holds the key back, without those given up.
    pub(crate) waiting: Vec<EventRef>,
}

impl<'k, V> Folding<'k, V> {
    pub(crate) fn of(key: &'k ViewKey, until: Until<'k>) -> Self {
        Self {
            key,
            until,
            document: Document::default(),
            last: None,
            waiting: Vec::new(),
        }
    }
}

impl<P: Projection> Definition<P> {
    /// Folds the next event of the log, if it is of the key, or notes that it waits. Events that are
    /// given up are left out.
    pub(super) fn add(
        &self,
        folding: &mut Folding<'_, P::View>,
        event: &RecordedEvent,
        given_up: &HashSet<EventId>,
    ) {
        let Folding { key, until, .. } = *folding;
        let kept = KeptKey::of(&*self.projection, event).filter(|kept| kept.key == key.as_str());
        let was_tried = matches!(until, Until::Tried(tried) if tried.event == event.id());
        if kept.is_none() && !was_tried {
            return;
        }
        let document = &mut folding.document;
        folding.last = Some(event.position);
        let is_given_up = given_up.contains(&event.id());
        if document.held.is_some() || is_given_up {
            document.advance_over(event);
            if document.held.is_some() && !is_given_up {
                folding.waiting.push(EventRef::from(event));
            }
            return;
        }
        let earlier = match until {
            Until::Held(held) if held.event.id == event.id() => {
                return document.hold_over(event, &held.failure, held.attempts);
            }
            Until::Tried(tried) if was_tried => tried.attempts,
            _ => 0,
        };
        let bad = kept.map_or_else(|| Some(has_another_key()), |kept| kept.failure(event));
        let tried = match bad {
            Some(failure) => Err((failure, 1)),
            None => self.try_to_fold(document.view.as_ref(), key, event),
        };
        match tried {
            Ok(view) => {
                document.view = view;
                document.advance_over(event);
            }
            Err((failure, attempts)) => {
                document.hold_over(event, &failure, earlier.saturating_add(attempts));
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
        let decoded = match self.projection.folds_records() {
            true => None,
            false => Some(self.decode.read(event).map_err(|failure| (failure, 1))?),
        };
        let mut attempts = 1;
        loop {
            let attempt = caught(|| {
                let mut view = before.cloned();
                apply(&*self.projection, &mut view, decoded.as_ref(), event);
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
