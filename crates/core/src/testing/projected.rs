//! Projections, as examples.

use crate::{
    event::{NewEvent, RecordedEvent},
    projection::{EventDecoder, IndexEntry, Projection, projection_key},
    stream::{GlobalPosition, StreamName, StreamVersion},
    text::ViewKey,
};

/// Folds recorded events of one key, as a projection would, and returns the outcome.
///
/// ```
/// use minwon_core::{
///     EventDecoder, IndexEntry, IndexName, Projection, ProjectionName, RecordedEvent, ViewKey,
///     ViewSchema,
///     testing::{ProjectionFold, recorded_event, sample_event},
/// };
///
/// struct Names;
/// impl EventDecoder for Names {
///     type Event = String;
///     type Error = std::convert::Infallible;
///     fn decode(&self, event: &RecordedEvent) -> Result<String, Self::Error> {
///         Ok(event.event_type.to_string())
///     }
/// }
///
/// /// How many events a petition has.
/// struct Lengths(ProjectionName);
/// impl Projection for Lengths {
///     type Event = String;
///     type View = u64;
///     fn name(&self) -> &ProjectionName { &self.0 }
///     fn schema(&self) -> ViewSchema { ViewSchema::new(1) }
///     fn apply(&self, view: &mut Option<u64>, _: &String, _: &RecordedEvent) {
///         *view = Some(view.unwrap_or(0) + 1);
///     }
///     fn index(&self, _: &ViewKey, length: &u64, entries: &mut Vec<IndexEntry>) {
///         entries.push(IndexEntry::counted(IndexName::new("length"), "", length.to_string()));
///     }
/// }
///
/// let lengths = Lengths(ProjectionName::new("lengths")?);
/// let stream = "general_Account-2026-000123".parse()?;
/// let fold = ProjectionFold::new(&lengths, &Names)
///     .on(&recorded_event(&stream, 0, sample_event("first")))
///     .on(&recorded_event(&stream, 1, sample_event("second")));
/// assert_eq!(fold.view(), Some(&2));
/// assert_eq!(fold.entries(), [IndexEntry::counted(IndexName::new("length"), "", "2")]);
/// # Ok::<(), minwon_core::NameError>(())
/// ```
#[derive(Debug)]
#[must_use = "a fold that nobody looks at proves nothing"]
pub struct ProjectionFold<'a, P: Projection, D> {
    projection: &'a P,
    decoder: &'a D,
    folded: Option<(ViewKey, Option<P::View>)>,
}

impl<'a, P: Projection, D: EventDecoder<Event = P::Event>> ProjectionFold<'a, P, D> {
    /// Nothing has happened.
    pub fn new(projection: &'a P, decoder: &'a D) -> Self {
        Self {
            projection,
            decoder,
            folded: None,
        }
    }

    /// Folds an event. One without a key is passed over and not decoded.
    ///
    /// # Panics
    /// Where it belongs to another key than those before, or cannot be decoded.
    #[track_caller]
    pub fn on(mut self, event: &RecordedEvent) -> Self {
        let Some(key) = projection_key(self.projection, event) else {
            return self;
        };
        let key = ViewKey::new(key).expect("keys are names");
        let (first, view) = self.folded.get_or_insert_with(|| (key.clone(), None));
        assert_eq!(*first, key, "this fold is of one key");
        if self.projection.folds_records() {
            self.projection.apply_record(view, event);
            return self;
        }
        match self.decoder.decode(event) {
            Ok(meant) => self.projection.apply(view, &meant, event),
            Err(error) => panic!("{} cannot be decoded: {error:?}", event.event_type),
        }
        self
    }

    /// Folds events, in order.
    ///
    /// # Panics
    /// As [`on`](Self::on).
    #[track_caller]
    pub fn on_all<'e>(self, events: impl IntoIterator<Item = &'e RecordedEvent>) -> Self {
        events.into_iter().fold(self, Self::on)
    }

    /// The outcome of the events.
    #[must_use]
    pub fn view(&self) -> Option<&P::View> {
        self.folded.as_ref().and_then(|(_, view)| view.as_ref())
    }

    /// Where the view is found, in order; nowhere where there is none.
    ///
    /// # Panics
    /// Where a place is listed twice.
    #[must_use]
    #[track_caller]
    pub fn entries(&self) -> Vec<IndexEntry> {
        let mut entries = Vec::new();
        if let Some((key, Some(view))) = &self.folded {
            self.projection.index(key, view, &mut entries);
        }
        entries.sort();
        let twice = entries.windows(2).find(|pair| pair[0] == pair[1]);
        assert!(twice.is_none(), "listed twice: {twice:?}");
        entries
    }
}

/// `event` as a store hands it out that took it when it occurred: the event with this number in
/// its stream, and at the same place in the log.
#[must_use]
pub fn recorded_event(stream: &StreamName, number: u64, event: NewEvent) -> RecordedEvent {
    RecordedEvent {
        position: GlobalPosition::new(number),
        stream: stream.clone(),
        version: StreamVersion::new(number),
        event_type: event.event_type,
        schema_version: event.schema_version,
        recorded_at: event.metadata.occurred_at,
        metadata: (&event.metadata).into(),
        payload: event.payload,
        fault: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        IndexName, ProjectionName, Subject, ViewSchema, metadata::EncodedMetadata,
        testing::sample_event,
    };

    struct Payloads;

    impl EventDecoder for Payloads {
        type Event = u64;
        type Error = serde_json::Error;
        fn decode(&self, event: &RecordedEvent) -> Result<u64, serde_json::Error> {
            serde_json::from_slice(&event.payload)
        }
    }

    struct Sums {
        name: ProjectionName,
        places: usize,
    }

    impl Projection for Sums {
        type Event = u64;
        type View = u64;
        fn name(&self) -> &ProjectionName {
            &self.name
        }
        fn schema(&self) -> ViewSchema {
            ViewSchema::new(1)
        }
        fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
            Some(event.metadata.subject()).filter(|key| *key != "none")
        }
        fn apply(&self, view: &mut Option<u64>, event: &u64, _: &RecordedEvent) {
            *view = Some(view.unwrap_or(0) + event);
        }
        fn index(&self, key: &ViewKey, sum: &u64, entries: &mut Vec<IndexEntry>) {
            let sums = IndexName::new("sum");
            let entry = IndexEntry::listed(sums, key.as_str(), crate::Order::new(*sum));
            entries.extend(vec![entry; self.places]);
        }
    }

    fn sums(places: usize) -> Sums {
        Sums {
            name: ProjectionName::new("sums").unwrap(),
            places,
        }
    }

    fn event(petition: &str, payload: &'static str) -> RecordedEvent {
        let mut event = sample_event("sum");
        event.payload = payload.into();
        event.metadata.subject = Subject::new(petition).unwrap();
        let stream = "general_Account-1".parse().unwrap();
        let recorded = recorded_event(&stream, 0, event.clone());
        assert_eq!(recorded.metadata, EncodedMetadata::from(&event.metadata));
        recorded
    }

    #[test]
    fn events_without_a_key_are_passed_over_and_not_decoded() {
        let sums = sums(1);
        let events = [event("p", "1"), event("none", "damaged"), event("p", "2")];
        let fold = ProjectionFold::new(&sums, &Payloads).on_all(&events);
        assert_eq!(fold.view(), Some(&3));
        assert_eq!(fold.entries().len(), 1);
    }

    #[test]
    fn without_events_there_is_nothing_to_find() {
        let sums = sums(1);
        let fold = ProjectionFold::new(&sums, &Payloads);
        assert_eq!((fold.view(), fold.entries()), (None, Vec::new()));
    }

    #[test]
    #[should_panic(expected = "one key")]
    fn events_of_another_key_are_refused() {
        let sums = sums(1);
        let _ = ProjectionFold::new(&sums, &Payloads).on_all(&[event("p", "1"), event("q", "1")]);
    }

    #[test]
    #[should_panic(expected = "cannot be decoded")]
    fn a_damaged_event_is_reported() {
        let sums = sums(1);
        let _ = ProjectionFold::new(&sums, &Payloads).on(&event("p", "damaged"));
    }

    #[test]
    #[should_panic(expected = "listed twice")]
    fn a_place_listed_twice_is_noticed() {
        let sums = sums(2);
        let _ = ProjectionFold::new(&sums, &Payloads)
            .on(&event("p", "1"))
            .entries();
    }
}
