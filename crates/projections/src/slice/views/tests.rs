use std::collections::{BTreeMap, BTreeSet};

use minwon_core::{
    IndexName, ListName, Lookup, Order, ProjectionName, StreamVersion, ViewSchema, key_hash,
};

use super::*;
use crate::testing::{LAST, Sum, Sums, key, parity, recorded};

/// The store's reading of writes; it insists that each place is named once, and as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::slice) struct Kept {
    pub(in crate::slice) documents: BTreeMap<ViewKey, Bytes>,
    pub(in crate::slice) lookups: BTreeSet<(Lookup, ViewKey)>,
    pub(in crate::slice) lists: BTreeSet<(ListName, ListPlace)>,
    pub(in crate::slice) counts: BTreeMap<CountCell, u64>,
}

impl Kept {
    pub(in crate::slice) fn apply(&mut self, writes: SliceWrites) {
        let (documents, lookups) = (writes.documents.len(), writes.lookups.len());
        let distinct_documents: BTreeSet<_> = writes.documents.iter().map(|(key, _)| key).collect();
        assert_eq!(
            distinct_documents.len(),
            documents,
            "a document is written twice"
        );
        let distinct_lookups: BTreeSet<_> = writes
            .lookups
            .iter()
            .map(|(lookup, key, _)| (lookup, key))
            .collect();
        assert_eq!(distinct_lookups.len(), lookups, "a lookup is written twice");
        for (key, document) in writes.documents {
            self.documents.insert(key, document.unwrap());
        }
        for (lookup, key, change) in writes.lookups {
            let is_news = match change {
                ListChange::Take => self.lookups.insert((lookup, key)),
                ListChange::Leave => self.lookups.remove(&(lookup, key)),
            };
            assert!(is_news, "a claim changes that is so already");
        }
        for (list, place, change) in writes.lists {
            let is_news = match change {
                ListChange::Take => self.lists.insert((list, place)),
                ListChange::Leave => self.lists.remove(&(list, place)),
            };
            assert!(is_news, "a place changes that is so already");
        }
        for (cell, count) in writes.counts {
            match count {
                0 => drop(self.counts.remove(&cell)),
                _ => drop(self.counts.insert(cell, count)),
            }
        }
    }
}

/// A fold and its store.
struct Folding<P: Projection> {
    fold: Views<P>,
    kept: Kept,
}

impl<P: Projection<Event = u64>> Folding<P> {
    fn new(projection: P) -> Self {
        Self {
            fold: Views::resuming(Arc::new(projection)),
            kept: Kept::default(),
        }
    }

    fn fold(&mut self, events: &[RecordedEvent]) {
        let place = |event: &RecordedEvent| {
            let key = event.metadata.subject().to_owned();
            self.fold.place(key_hash(&key), &key).unwrap()
        };
        let places: Vec<_> = events.iter().map(place).collect();
        let missing = self.fold.missing();
        let documents = missing
            .iter()
            .map(|key| self.kept.documents.get(key).cloned());
        let documents = documents.collect();
        self.fold.fill(documents).unwrap();
        assert!(!self.fold.has_missing());
        for (place, event) in places.into_iter().zip(events) {
            let text = std::str::from_utf8(&event.payload).unwrap();
            self.fold
                .apply(place, Some(&text.parse().unwrap()), event)
                .unwrap();
        }
    }

    fn commit(&mut self) -> SliceWrites {
        let mut writes = SliceWrites::default();
        let unknown = self.fold.prepare(&mut writes);
        let count = |cell: CountCell| {
            let count = self.kept.counts.get(&cell).copied().unwrap_or(0);
            (cell, count)
        };
        let counts: Vec<_> = unknown.into_iter().map(count).collect();
        self.fold.finish(counts, &mut writes).unwrap();
        assert_eq!(self.fold.changed(), 0);
        self.kept.apply(writes.clone());
        writes
    }
}

/// Events of some petitions; each says its place in the log.
fn log(petitions: &[u8]) -> Vec<RecordedEvent> {
    let mut versions = BTreeMap::<u8, u64>::new();
    let event = |(at, petition): (usize, &u8)| {
        let version = versions.entry(*petition).or_default();
        let event = recorded(&format!("p-{petition}"), *version, at as u64 + 1);
        *version += 1;
        event
    };
    petitions.iter().enumerate().map(event).collect()
}

fn folded_at_once(log: &[RecordedEvent]) -> Kept {
    let mut folding = Folding::new(Sums::new());
    folding.fold(log);
    folding.commit();
    folding.kept
}

#[test]
fn only_what_changed_is_written() {
    let log = log(&[0, 1, 0]);
    let mut folding = Folding::new(Sums::new());
    folding.fold(&log[..2]);
    assert_eq!(folding.commit().documents.len(), 2);
    assert!(folding.commit().is_empty(), "nothing is new");
    folding.fold(&log[2..]);
    let writes = folding.commit();
    let written: Vec<_> = writes
        .documents
        .iter()
        .map(|(key, _)| key.as_str())
        .collect();
    assert_eq!(written, ["p-0"]);
    assert_eq!(writes.lookups.len(), 2, "one given up, one claimed");
    assert_eq!(writes.lists.len(), 2, "one left, one taken");
}

#[test]
fn many_events_of_one_view_are_one_write() {
    let log = log(&[3; 50]);
    let mut folding = Folding::new(Sums::new());
    folding.fold(&log);
    let writes = folding.commit();
    assert_eq!(writes.documents.len(), 1);
    assert_eq!((writes.lookups.len(), writes.lists.len()), (1, 1));
    let counted: u64 = writes.counts.iter().map(|(_, count)| count).sum();
    assert_eq!(counted, 1);
}

#[test]
fn forgetting_keeps_what_changed() {
    let log = log(&[0, 1, 2, 3, 0, 1]);
    let mut folding = Folding::new(Sums::new());
    folding.fold(&log[..4]);
    folding.commit();
    folding.fold(&log[4..]);
    folding.fold.forget_old(0);
    assert_eq!((folding.fold.len(), folding.fold.changed()), (2, 2));
    folding.commit();
    assert_eq!(folding.kept, folded_at_once(&log));
}

#[test]
fn room_is_made_for_what_changed_lately() {
    let mut folding = Folding::new(Sums::new());
    let petitions: Vec<u8> = (0..40).chain([7, 7, 7, 7, 7, 7]).collect();
    for event in log(&petitions) {
        folding.fold(&[event]);
        folding.commit();
        folding.fold.forget_old(6);
        assert!(folding.fold.len() <= 6, "{}", folding.fold.len());
    }
    let place = folding.fold.place(key_hash("p-7"), "p-7").unwrap();
    assert!(!folding.fold.has_missing(), "{place}");
}

#[test]
fn counts_that_cannot_be_are_damage() {
    let log = log(&[0, 0, 0, 0, 0, 0, 0, 0]);
    let mut folding = Folding::new(Sums::new());
    folding.fold(&log[..1]);
    folding.commit();
    let was = folding.kept.counts.keys().next().unwrap().clone();
    assert_eq!(folding.kept.counts[&was], 1);
    // Another fold has to ask the store, which has lost the count.
    folding.fold = Views::resuming(Arc::new(Sums::new()));
    for event in &log[1..] {
        folding.fold(std::slice::from_ref(event));
        let mut writes = SliceWrites::default();
        let unknown = folding.fold.prepare(&mut writes);
        if unknown.is_empty() {
            folding.kept.apply(writes);
            continue;
        }
        assert!([parity("even"), parity("odd")].contains(&was));
        let none = unknown.into_iter().map(|cell| (cell, 0));
        let damage = folding.fold.finish(none, &mut writes).unwrap_err();
        assert!(matches!(damage, Damage::Count { cell } if cell == was));
        return;
    }
    panic!("its parity changes within eight events");
}

#[test]
fn a_document_that_cannot_be_read_is_damage() {
    let mut fold = Views::resuming(Arc::new(Sums::new()));
    fold.place(key_hash("p-0"), "p-0").unwrap();
    let damage = fold.fill(vec![Some("no document".into())]).unwrap_err();
    assert!(std::error::Error::source(&damage).is_some());
    assert!(matches!(damage, Damage::Document { key: of, .. } if of == key("p-0")));
}

/// Claims the number that was said last; 0 is none.
struct Claims(ProjectionName);

impl Projection for Claims {
    type Event = u64;
    type View = u64;

    fn name(&self) -> &ProjectionName {
        &self.0
    }

    fn schema(&self) -> ViewSchema {
        ViewSchema::new(1)
    }

    fn apply(&self, view: &mut Option<u64>, number: &u64, _: &RecordedEvent) {
        *view = Some(*number);
    }

    fn index(&self, _: &ViewKey, number: &u64, entries: &mut Vec<IndexEntry>) {
        if *number > 0 {
            entries.push(IndexEntry::lookup(LAST, number.to_string()));
            // Named twice, which is once.
            let list = IndexName::new("claims");
            entries.push(IndexEntry::listed(list, "all", Order::new(*number)));
            entries.push(IndexEntry::listed(list, "all", Order::new(*number)));
        }
    }
}

fn says(petition: &str, version: u64, number: u64) -> RecordedEvent {
    let mut event = recorded(petition, version, number);
    event.version = StreamVersion::new(version);
    event
}

fn claims() -> Folding<Claims> {
    Folding::new(Claims(ProjectionName::new("claims").unwrap()))
}

/// All keys that a value leads to.
fn leads_to(folding: &Folding<Claims>, number: u64) -> Vec<&str> {
    let value = number.to_string();
    let claims = folding.kept.lookups.iter();
    let claims = claims.filter(|(lookup, _)| *lookup.value == *value);
    claims.map(|(_, key)| key.as_str()).collect()
}

#[test]
fn a_value_given_up_and_claimed_in_one_commit_leads_to_who_claims_it() {
    for (first, second) in [("p-1", "p-2"), ("p-2", "p-1")] {
        let mut folding = claims();
        folding.fold(&[says(first, 0, 7)]);
        folding.commit();
        // Whoever is folded first.
        folding.fold(&[says(second, 0, 7), says(first, 1, 8)]);
        folding.commit();
        assert_eq!(leads_to(&folding, 7), [second]);
        assert_eq!(leads_to(&folding, 8), [first]);
        folding.fold(&[says(first, 2, 7), says(second, 1, 8)]);
        folding.commit();
        assert_eq!(leads_to(&folding, 7), [first], "they change places");
        assert_eq!(leads_to(&folding, 8), [second]);
        folding.fold(&[says(second, 2, 0)]);
        folding.commit();
        assert!(leads_to(&folding, 8).is_empty());
    }
}

#[test]
fn a_value_that_two_claim_leads_to_both_until_one_gives_it_up() {
    let mut folding = claims();
    folding.fold(&[says("p-1", 0, 7), says("p-2", 0, 7)]);
    folding.commit();
    assert_eq!(leads_to(&folding, 7), ["p-1", "p-2"]);
    folding.fold(&[says("p-2", 1, 8)]);
    folding.commit();
    assert_eq!(leads_to(&folding, 7), ["p-1"]);
    folding.fold(&[says("p-3", 0, 7), says("p-1", 1, 8)]);
    folding.commit();
    assert_eq!(leads_to(&folding, 7), ["p-3"]);
    assert_eq!(leads_to(&folding, 8), ["p-1", "p-2"]);
}

#[test]
fn a_view_without_entries_is_kept_nonetheless() {
    let mut folding = claims();
    folding.fold(&[says("p-1", 0, 0)]);
    let writes = folding.commit();
    assert_eq!(writes.documents.len(), 1);
    assert!(writes.lookups.is_empty() && writes.lists.is_empty());
    let (found, document) = folding.kept.documents.iter().next().unwrap();
    let document = Document::<u64>::read(found, document).unwrap();
    assert_eq!(document.view, Some(0));
    let nothing = entries(&Sums::new(), &key("p-1"), &Document::<Sum>::default());
    assert_eq!(nothing, Ok(Vec::new()));
}
