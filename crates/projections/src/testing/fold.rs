//! The expected fold of a log, without any of the code under test.

use std::collections::{BTreeMap, BTreeSet};

use minwon_core::{
    GenerationName, GlobalPosition, ListPlace, Order, Phase, ReadModelAdmin, ReadModelStore,
    RecordedEvent, Slice, SliceCheckpoint, SliceCount, SliceName, SliceWrites, StoredItem, ViewKey,
    Wanted, is_dead_letter,
};

use crate::document_json;

use super::{LAST, Log, PARITY, STEPS, Sum, generation, slice_of};

/// A view as `Sums` should fold it, and how far each stream is folded in.
#[derive(Default)]
struct Folded {
    streams: Vec<(String, u64)>,
    sum: Sum,
}

/// All that a slice should hold when it is folded up to a place.
pub(crate) fn expected(
    events: &[RecordedEvent],
    up_to: GlobalPosition,
    slice: Slice,
) -> BTreeSet<StoredItem> {
    let mut views = BTreeMap::<&str, Folded>::new();
    let events = events.iter().filter(|event| event.position <= up_to);
    for event in events.filter(|event| !is_dead_letter(event)) {
        let key = event.metadata.subject();
        if SliceCount::DEFAULT.slice_of(key) != slice {
            continue;
        }
        let view = views.entry(key).or_default();
        let text = std::str::from_utf8(&event.payload).unwrap();
        let number: u64 = text.parse().unwrap();
        view.sum.events += 1;
        view.sum.sum = view.sum.sum.wrapping_mul(31).wrapping_add(number) % 1_000_003;
        let streams = &mut view.streams;
        match streams.iter_mut().find(|(s, _)| s == event.stream.as_str()) {
            Some((_, last)) => *last = event.version.get(),
            None => streams.push((event.stream.to_string(), event.version.get())),
        }
    }
    items(&views)
}

fn items(views: &BTreeMap<&str, Folded>) -> BTreeSet<StoredItem> {
    let (mut items, mut counts) = (BTreeSet::new(), BTreeMap::<&str, u64>::new());
    for (key, Folded { streams, sum }) in views {
        let parity = if sum.sum % 2 == 0 { "even" } else { "odd" };
        *counts.entry(parity).or_default() += 1;
        let key = ViewKey::new(key).unwrap();
        let streams = serde_json::to_string(streams).unwrap();
        let view = format!(r#"{{"events":{},"sum":{}}}"#, sum.events, sum.sum);
        items.insert(StoredItem::Document {
            key: key.clone(),
            document: format!(r#"{{"streams":{streams},"view":{view}}}"#).into(),
        });
        items.insert(StoredItem::Lookup {
            index: LAST.as_str().into(),
            value: format!("{key}/{}", sum.sum).into(),
            key: key.clone(),
        });
        items.insert(StoredItem::Listed {
            index: STEPS.as_str().into(),
            partition: parity.into(),
            place: ListPlace {
                order: Order::new(sum.events),
                key,
            },
        });
    }
    items.extend(counts.into_iter().map(|(parity, count)| StoredItem::Count {
        index: PARITY.as_str().into(),
        group: "all".into(),
        member: parity.into(),
        count,
    }));
    items
}

/// All that a generation holds, by slice, documents as JSON.
pub(crate) async fn held(
    read_models: &impl ReadModelAdmin,
    generation: &GenerationName,
) -> BTreeMap<Slice, BTreeSet<StoredItem>> {
    let (mut held, mut cursor) = (BTreeMap::<_, BTreeSet<_>>::new(), None);
    loop {
        let page = read_models.scan(generation, cursor).await.unwrap();
        for (slice, mut item) in page.items {
            if let StoredItem::Document { key, document } = &mut item
                && let Ok(json) = document_json(key, document)
            {
                *document = json.into();
            }
            held.entry(slice).or_default().insert(item);
        }
        cursor = page.next;
        if cursor.is_none() {
            return held;
        }
    }
}

/// Whether a slice is the fold of its events up to its checkpoint.
pub(crate) async fn check_slice(
    log: &Log,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    slice: &SliceName,
) -> Result<(), String> {
    let loaded = read_models.load(slice, &Wanted::default()).await.unwrap();
    let position = loaded
        .checkpoint
        .map_or(GlobalPosition::START, |checkpoint| checkpoint.position);
    let mut held = held(read_models, &slice.generation).await;
    let held = held.remove(&slice.slice).unwrap_or_default();
    let expected = expected(&log.events(), position, slice.slice);
    let missing: Vec<_> = expected.difference(&held).collect();
    let unexpected: Vec<_> = held.difference(&expected).collect();
    if missing.is_empty() && unexpected.is_empty() {
        return Ok(());
    }
    Err(format!(
        "slice {slice} at {position}: missing {missing:?}, unexpected {unexpected:?}"
    ))
}

/// Compares a whole generation with the fold of the whole log: documents, lists, lookups, counts,
/// and that every slice can be asked and is at the head.
pub(crate) async fn check(
    log: &Log,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    generation: &GenerationName,
) {
    for slice in SliceCount::DEFAULT.slices() {
        let name = generation.slice(slice);
        let loaded = read_models.load(&name, &Wanted::default()).await.unwrap();
        let checkpoint = loaded.checkpoint.expect("every slice has one");
        assert_eq!(checkpoint.phase, Phase::Ready, "{name}");
        assert_eq!(checkpoint.position, log.head(), "{name}");
        check_slice(log, read_models, &name).await.unwrap();
    }
}

/// Changes the slice of a petition by hand, as somebody with a shell does: the checkpoint stays.
pub(crate) async fn by_hand(
    read_models: &impl ReadModelStore,
    petition: &str,
    writes: SliceWrites,
) {
    let name = slice_of(&generation(1), petition);
    let loaded = read_models.load(&name, &Wanted::default()).await.unwrap();
    let checkpoint = loaded.checkpoint.unwrap();
    // There and back, since a commit that moves nothing writes nothing.
    let elsewhere = SliceCheckpoint {
        position: GlobalPosition::new(u64::MAX),
        ..checkpoint.clone()
    };
    let (here, there) = (Some(&checkpoint), Some(&elsewhere));
    let nothing = SliceWrites::default();
    let moved = read_models.commit(&name, here, &elsewhere, &nothing).await;
    moved.unwrap();
    let moved = read_models.commit(&name, there, &checkpoint, &writes).await;
    moved.unwrap();
}
