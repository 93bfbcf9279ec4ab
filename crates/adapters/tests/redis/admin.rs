//! The contract of `ReadModelAdmin`.

use std::collections::BTreeSet;

use minwon_adapters::redis::{RedisOptions, RedisReadModels};
use minwon_core::{
    Catalogue, CatalogueError, Generation, GenerationInfo, GenerationName, ListChange,
    ReadModelAdmin, ReadModelStore, ScanCursor, Slice, SliceCount, SliceLeases, SliceWrites,
    StoreErrorKind, StoredItem, ViewSchema,
};
use minwon_test_servers::RedisServer;

use crate::{leases, support::*};

fn catalogue(generations: u32) -> Catalogue {
    let info = |number| GenerationInfo {
        generation: Generation::new(number),
        schema: ViewSchema::new(number.into()),
        slices: SliceCount::DEFAULT,
    };
    Catalogue {
        active: Generation::new(generations),
        previous: None,
        newest: Generation::new(generations),
        generations: (1..=generations).map(info).collect(),
    }
}

#[tokio::test]
async fn a_catalogue_is_replaced_only_by_who_knows_it() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    assert_eq!(store.load_catalogue(&model()).await.unwrap(), None);
    let (one, two, three) = (catalogue(1), catalogue(2), catalogue(3));
    let nothing = store.save_catalogue(&model(), Some(&one), &two).await;
    assert_changed(nothing, None);
    store.save_catalogue(&model(), None, &one).await.unwrap();
    store.save_catalogue(&model(), None, &one).await.unwrap();
    for stranger in [None, Some(&two)] {
        let answer = store.save_catalogue(&model(), stranger, &three).await;
        assert_changed(answer, Some(&one));
    }
    store
        .save_catalogue(&model(), Some(&one), &two)
        .await
        .unwrap();
    let other = connect(&server).await;
    assert_eq!(other.load_catalogue(&model()).await.unwrap(), Some(two));
}

#[track_caller]
fn assert_changed(answer: Result<(), CatalogueError>, expected: Option<&Catalogue>) {
    match answer {
        Err(CatalogueError::Changed { actual, .. }) => {
            assert_eq!(actual.as_deref(), expected);
        }
        other => panic!("not changed: {other:?}"),
    }
}

/// Everything that a generation holds, and in how many pages it came.
pub(crate) async fn scan_all(
    store: &RedisReadModels,
    generation: &GenerationName,
) -> (BTreeSet<(Slice, StoredItem)>, usize) {
    let (mut items, mut pages) = (BTreeSet::new(), 0);
    let mut cursor: Option<ScanCursor> = None;
    loop {
        let page = store.scan(generation, cursor).await.unwrap();
        items.extend(page.items);
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            return (items, pages);
        }
    }
}

/// The items of [`one_of_each`] in a scan.
pub(crate) fn each_scanned(slice: u16, name: &str) -> [(Slice, StoredItem); 4] {
    [
        StoredItem::Document {
            key: key(name),
            document: "민원".into(),
        },
        StoredItem::Lookup {
            index: "receipt".into(),
            value: "R-1".into(),
            key: key(name),
        },
        StoredItem::Listed {
            index: "applicant".into(),
            partition: "kim".into(),
            place: place(5, name),
        },
        StoredItem::Count {
            index: "status".into(),
            group: "2026-03-09".into(),
            member: "open".into(),
            count: 3,
        },
    ]
    .map(|item| (Slice::new(slice), item))
}

fn second_generation() -> GenerationName {
    GenerationName {
        generation: Generation::new(12),
        ..generation()
    }
}

#[tokio::test]
async fn a_scan_returns_everything_of_the_generation_and_nothing_else() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    assert_eq!(scan_all(&store, &generation()).await.0, [].into());
    let mut expected = BTreeSet::new();
    for number in [0, 7] {
        let name = format!("p{number}:{{x}}*");
        let (old, new) = (at(1, 1), at(2, 1));
        let writes = one_of_each("old");
        store
            .commit(&slice(number), None, &old, &writes)
            .await
            .unwrap();
        let writes = one_of_each(&name);
        store
            .commit(&slice(number), Some(&old), &new, &writes)
            .await
            .unwrap();
        expected.extend(each_scanned(number, &name));
    }
    let other = second_generation().slice(Slice::new(0));
    let writes = one_of_each("other");
    store
        .commit(&other, None, &at(3, 1), &writes)
        .await
        .unwrap();
    // Another prefix is another store, though one begins as the other.
    let options = RedisOptions::default().prefix("minwon:3");
    let beside = options.connect(&server.url()).await.unwrap();
    let writes = one_of_each("beside");
    beside
        .commit(&slice(0), None, &at(4, 1), &writes)
        .await
        .unwrap();
    let _ = server.cli(&["SET", "minwon:3:{general:petitions:g1:0}:foreign", "x"]);
    assert_eq!(scan_all(&store, &generation()).await.0, expected);
    // A slice without its checkpoint holds nothing.
    let _ = server.cli(&["DEL", "minwon:3:{general:petitions:g1:7}:checkpoint"]);
    expected.retain(|(slice, _)| *slice == Slice::new(0));
    assert_eq!(scan_all(&store, &generation()).await.0, expected);
}

#[tokio::test]
async fn a_long_list_and_many_documents_come_in_pages_and_whole() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let names: Vec<String> = (0..12_345).map(|number| format!("p{number}")).collect();
    let writes = SliceWrites {
        documents: names.iter().map(|name| document(name, name)).collect(),
        lists: (names.iter())
            .map(|name| (list("kim"), place(1, name), ListChange::Take))
            .collect(),
        ..SliceWrites::default()
    };
    store
        .commit(&slice(3), None, &at(1, 1), &writes)
        .await
        .unwrap();
    let (items, pages) = scan_all(&store, &generation()).await;
    assert_eq!(items.len(), 2 * names.len());
    assert!(pages > 3, "{pages}");
}

#[tokio::test]
async fn a_scan_begins_again_where_the_server_was_replaced() {
    let mut server = RedisServer::builder()
        .append_only(minwon_test_servers::AppendOnly::Always)
        .start();
    let store = connect(&server).await;
    let names: Vec<String> = (0..5_000).map(|number| format!("p{number}")).collect();
    let writes = SliceWrites {
        documents: names.iter().map(|name| document(name, name)).collect(),
        ..SliceWrites::default()
    };
    store
        .commit(&slice(3), None, &at(1, 1), &writes)
        .await
        .unwrap();
    let first = store.scan(&generation(), None).await.unwrap();
    let mut cursor = first.next;
    server.kill();
    server.restart();
    // A cursor means another thing to the new server, so what came before it counts for nothing.
    let mut items = BTreeSet::new();
    while let Some(at) = cursor {
        let page = store.scan(&generation(), Some(at)).await.unwrap();
        items.extend(page.items);
        cursor = page.next;
    }
    assert_eq!(items.len(), names.len());
    let foreign = store.scan(&generation(), Some(ScanCursor::new("17"))).await;
    assert_eq!(foreign.unwrap_err().kind(), StoreErrorKind::Corrupt);
}

#[tokio::test]
async fn a_removed_generation_leaves_nothing_and_takes_nothing_else() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let other = second_generation().slice(Slice::new(0));
    for slice in [slice(0), slice(1), other.clone()] {
        let writes = one_of_each("p");
        store
            .commit(&slice, None, &at(1, 1), &writes)
            .await
            .unwrap();
    }
    leases::beat(&store, "a", 16).await;
    store.remove(&generation()).await.unwrap();
    store.remove(&generation()).await.unwrap();
    let keys = server.cli(&["KEYS", "*"]);
    assert!(keys.lines().all(|key| key.contains(":g12:")), "{keys}");
    let loaded = load_each(&store, &other, "p").await;
    assert_eq!(loaded, each_loaded(at(1, 1), "p"));
    assert_moved(
        store
            .commit(&slice(0), Some(&at(1, 1)), &at(1, 2), &one_of_each("p"))
            .await,
        None,
    );
    let member = "a".parse().unwrap();
    store.leave(&generation(), &member).await.unwrap();
}

#[tokio::test]
async fn sweeping_removes_what_earlier_lives_left_and_nothing_else() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    assert_eq!(store.sweep(&generation()).await.unwrap(), 0);
    let (old, new) = (at(1, 1), at(2, 1));
    let writes = one_of_each("old");
    store.commit(&slice(0), None, &old, &writes).await.unwrap();
    assert_eq!(store.sweep(&generation()).await.unwrap(), 0);
    let writes = one_of_each("new");
    store
        .commit(&slice(0), Some(&old), &new, &writes)
        .await
        .unwrap();
    // Of this slice nothing but leftovers is there.
    let writes = one_of_each("lost");
    store.commit(&slice(1), None, &old, &writes).await.unwrap();
    let _ = server.cli(&["DEL", "minwon:3:{general:petitions:g1:1}:checkpoint"]);
    assert_eq!(store.sweep(&generation()).await.unwrap(), 8);
    assert_eq!(store.sweep(&generation()).await.unwrap(), 0);
    assert_eq!(server.cli(&["DBSIZE"]), "5");
    let loaded = load_each(&store, &slice(0), "new").await;
    assert_eq!(loaded, each_loaded(new, "new"));
}
