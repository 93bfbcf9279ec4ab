//! The contract of `ReadModelStore`.

use std::num::NonZeroU32;

use bytes::Bytes;
use minwon_core::{
    CommitError, Counts, Direction, ListChange, ListPage, ListPlace, ListQuery, Loaded,
    ReadModelStore, SliceWrites, Wanted,
};
use minwon_test_servers::RedisServer;

use crate::support::*;

#[tokio::test]
async fn a_slice_that_was_never_written_is_empty() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    assert_eq!(
        load_each(&store, &slice(0), "p").await,
        nothing_loaded(None)
    );
    let page = store.list(&slice(0), &whole(Direction::Ascending)).await;
    assert_eq!(page.unwrap(), ListPage::default());
    let counts = store.counts(&slice(0), STATUS, "2026-03-09").await;
    assert_eq!(counts.unwrap(), Counts::default());
}

#[tokio::test]
async fn what_was_committed_is_loaded_by_every_client() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let first = at(1, 10);
    let writes = one_of_each("p");
    store
        .commit(&slice(0), None, &first, &writes)
        .await
        .unwrap();
    for store in [store, connect(&server).await] {
        let loaded = load_each(&store, &slice(0), "p").await;
        assert_eq!(loaded, each_loaded(first.clone(), "p"));
        // Another slice knows nothing of it.
        let other = load_each(&store, &slice(1), "p").await;
        assert_eq!(other, nothing_loaded(None));
    }
}

#[tokio::test]
async fn everything_can_be_taken_back() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let (first, second) = (at(1, 10), at(1, 20));
    let writes = one_of_each("p");
    store
        .commit(&slice(0), None, &first, &writes)
        .await
        .unwrap();
    let removal = SliceWrites {
        documents: vec![(key("p"), None)],
        lookups: vec![(lookup("R-1"), key("p"), ListChange::Leave)],
        lists: vec![(list("kim"), place(5, "p"), ListChange::Leave)],
        counts: vec![(cell("2026-03-09", "open"), 0)],
    };
    store
        .commit(&slice(0), Some(&first), &second, &removal)
        .await
        .unwrap();
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, nothing_loaded(Some(second)));
    let counts = store.counts(&slice(0), STATUS, "2026-03-09").await;
    assert_eq!(counts.unwrap().counts, []);
    assert_eq!(server.cli(&["DBSIZE"]), "1", "only the checkpoint is left");
}

#[tokio::test]
async fn a_repeated_commit_changes_nothing() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let first = at(1, 10);
    let writes = one_of_each("p");
    store
        .commit(&slice(0), None, &first, &writes)
        .await
        .unwrap();
    // Other writes would show; the real repeat has the same ones.
    let other = documents([("p", "other")]);
    store.commit(&slice(0), None, &first, &other).await.unwrap();
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, each_loaded(first, "p"));
}

#[tokio::test]
async fn a_commit_from_elsewhere_is_answered_with_the_place_of_the_slice() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let (first, second) = (at(1, 10), at(1, 20));
    let writes = one_of_each("p");
    assert_moved(
        store
            .commit(&slice(0), Some(&first), &second, &writes)
            .await,
        None,
    );
    store
        .commit(&slice(0), None, &first, &writes)
        .await
        .unwrap();
    let other = documents([("p", "other"), ("q", "other")]);
    let strangers = [None, Some(at(2, 10)), Some(at(1, 9))];
    for stranger in strangers {
        let answer = store
            .commit(&slice(0), stranger.as_ref(), &second, &other)
            .await;
        assert_moved(answer, Some(first.clone()));
    }
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, each_loaded(first, "p"));
    assert_eq!(load_documents(&store, &slice(0), ["q"]).await.1, [None]);
}

#[tokio::test]
async fn a_new_incarnation_forgets_everything() {
    let server = RedisServer::start();
    let (store, other) = (connect(&server).await, connect(&server).await);
    let (first, anew) = (at(1, 10), at(2, 0));
    let writes = one_of_each("p");
    store
        .commit(&slice(0), None, &first, &writes)
        .await
        .unwrap();
    load_each(&other, &slice(0), "p").await;
    let empty = SliceWrites::default();
    store
        .commit(&slice(0), Some(&first), &anew, &empty)
        .await
        .unwrap();
    // The other client still thinks of the old life, and is corrected.
    for store in [&store, &other] {
        let loaded = load_each(store, &slice(0), "p").await;
        assert_eq!(loaded, nothing_loaded(Some(anew.clone())));
        let page = store.list(&slice(0), &whole(Direction::Ascending)).await;
        assert_eq!(page.unwrap().places, []);
    }
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_questions() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let writes = SliceWrites {
        documents: vec![document("b", "B"), document("a", "A")],
        lookups: vec![
            (lookup("2"), key("b"), ListChange::Take),
            (lookup("1"), key("a"), ListChange::Take),
        ],
        lists: vec![
            (list("lee"), place(1, "b"), ListChange::Take),
            (list("kim"), place(1, "a"), ListChange::Take),
            (list("lee"), place(2, "a"), ListChange::Take),
        ],
        counts: vec![
            (cell("x", "1"), 1),
            (cell("y", "1"), 2),
            (cell("x", "2"), u64::MAX),
        ],
    };
    store
        .commit(&slice(0), None, &at(1, 1), &writes)
        .await
        .unwrap();
    let wanted = Wanted {
        documents: &[key("a"), key("missing"), key("b")],
        lookups: &[lookup("1"), lookup("3"), lookup("2")],
        lists: &[
            (list("lee"), place(2, "a")),
            (list("kim"), place(2, "a")),
            (list("lee"), place(1, "b")),
            (list("kim"), place(1, "a")),
        ],
        counts: &[
            cell("y", "1"),
            cell("x", "2"),
            cell("y", "2"),
            cell("x", "1"),
        ],
    };
    let loaded = store.load(&slice(0), &wanted).await.unwrap();
    let expected = Loaded {
        checkpoint: Some(at(1, 1)),
        is_damaged: false,
        documents: vec![Some(Bytes::from("A")), None, Some(Bytes::from("B"))],
        lookups: vec![vec![key("a")], vec![], vec![key("b")]],
        lists: vec![true, false, true, true],
        counts: vec![2, u64::MAX, 0, 1],
    };
    assert_eq!(loaded, expected);
}

fn whole(direction: Direction) -> ListQuery {
    ListQuery {
        list: list("kim"),
        after: None,
        direction,
        limit: NonZeroU32::new(100).unwrap(),
    }
}

#[tokio::test]
async fn lists_are_read_in_order_page_by_page_in_both_directions() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let mut places = vec![
        place(0, "z"),
        place(9, "a"),
        place(9, "b"),
        place(10, "a"),
        place(u64::MAX, "민원"),
        place(u64::MAX - 1, "x"),
    ];
    let take = |place: &ListPlace| (list("kim"), place.clone(), ListChange::Take);
    let writes = SliceWrites {
        lists: places.iter().map(take).collect(),
        ..SliceWrites::default()
    };
    store
        .commit(&slice(0), None, &at(1, 1), &writes)
        .await
        .unwrap();
    places.sort();
    for direction in [Direction::Ascending, Direction::Descending] {
        for limit in 1..=7 {
            assert_eq!(pages(&store, direction, limit).await, places, "{limit}");
        }
        places.reverse();
    }
    // A place that is not taken is a place to go on from nevertheless.
    for (direction, expected) in [
        (Direction::Ascending, place(10, "a")),
        (Direction::Descending, place(9, "b")),
    ] {
        let query = ListQuery {
            after: Some(place(9, "c")),
            limit: NonZeroU32::MIN,
            ..whole(direction)
        };
        let page = store.list(&slice(0), &query).await.unwrap();
        assert_eq!(page.places, [expected]);
        assert_eq!(page.checkpoint, Some(at(1, 1)));
    }
}

async fn pages(
    store: &minwon_adapters::redis::RedisReadModels,
    direction: Direction,
    limit: u32,
) -> Vec<ListPlace> {
    let mut found: Vec<ListPlace> = Vec::new();
    loop {
        let query = ListQuery {
            after: found.last().cloned(),
            limit: NonZeroU32::new(limit).unwrap(),
            ..whole(direction)
        };
        let page = store.list(&slice(0), &query).await.unwrap().places;
        let is_last = page.len() < limit as usize;
        found.extend(page);
        if is_last {
            return found;
        }
    }
}

#[tokio::test]
async fn places_of_one_list_are_taken_and_left_in_one_commit() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let change = |order, change| (list("kim"), place(order, "p"), change);
    let (take, leave) = (ListChange::Take, ListChange::Leave);
    let commit = async |expected: Option<u64>, next, lists: &[_]| {
        let expected = expected.map(|position| at(1, position));
        let writes = SliceWrites {
            lists: lists.to_vec(),
            ..SliceWrites::default()
        };
        let next = at(1, next);
        store
            .commit(&slice(0), expected.as_ref(), &next, &writes)
            .await
    };
    commit(None, 1, &[change(1, take), change(2, take)])
        .await
        .unwrap();
    let moves = [
        change(1, leave),
        change(4, take),
        change(2, leave),
        change(3, take),
    ];
    commit(Some(1), 2, &moves).await.unwrap();
    let page = store.list(&slice(0), &whole(Direction::Ascending)).await;
    assert_eq!(page.unwrap().places, [place(3, "p"), place(4, "p")]);
}

#[tokio::test]
async fn counts_are_returned_by_member_without_zeros() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let set = |group: &str, member: &str, count| (cell(group, member), count);
    let writes = SliceWrites {
        counts: vec![
            set("day", "open", 2),
            set("day", "", 7),
            set("day", "closed", 1),
            set("other", "open", 5),
        ],
        ..SliceWrites::default()
    };
    store
        .commit(&slice(0), None, &at(1, 1), &writes)
        .await
        .unwrap();
    let less = SliceWrites {
        counts: vec![set("day", "closed", 0), set("day", "open", 4)],
        ..SliceWrites::default()
    };
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), Some(&first), &second, &less)
        .await
        .unwrap();
    let counts = store.counts(&slice(0), STATUS, "day").await.unwrap();
    assert_eq!(counts.checkpoint, Some(second));
    assert_eq!(counts.counts, [("".into(), 7), ("open".into(), 4)]);
}

#[tokio::test]
async fn a_commit_may_be_larger_than_what_a_script_unpacks() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let names: Vec<String> = (0..20_001).map(|number| format!("p{number:05}")).collect();
    let writes = SliceWrites {
        documents: names.iter().map(|name| document(name, name)).collect(),
        lookups: Vec::new(),
        lists: (names.iter().enumerate())
            .map(|(at, name)| (list("kim"), place(at as u64, name), ListChange::Take))
            .collect(),
        counts: names.iter().map(|name| (cell("day", name), 1)).collect(),
    };
    store
        .commit(&slice(0), None, &at(1, 1), &writes)
        .await
        .unwrap();
    let keys: Vec<_> = names.iter().map(|name| key(name)).collect();
    let lists: Vec<_> = (names.iter().enumerate())
        .map(|(at, name)| (list("kim"), place(at as u64, name)))
        .collect();
    let cells: Vec<_> = names.iter().map(|name| cell("day", name)).collect();
    let wanted = Wanted {
        documents: &keys,
        lists: &lists,
        counts: &cells,
        ..Wanted::default()
    };
    let loaded = store.load(&slice(0), &wanted).await.unwrap();
    for (document, name) in loaded.documents.iter().zip(&names) {
        assert_eq!(document.as_deref(), Some(name.as_bytes()));
    }
    assert!(loaded.lists.iter().all(|taken| *taken));
    assert!(loaded.counts.iter().all(|count| *count == 1));
    let removal = SliceWrites {
        documents: keys.iter().map(|key| (key.clone(), None)).collect(),
        lists: (lists.into_iter())
            .map(|(list, place)| (list, place, ListChange::Leave))
            .collect(),
        counts: cells.into_iter().map(|cell| (cell, 0)).collect(),
        ..SliceWrites::default()
    };
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), Some(&first), &second, &removal)
        .await
        .unwrap();
    assert_eq!(server.cli(&["DBSIZE"]), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_projectors_at_one_slice_each_step_is_taken_by_one() {
    let server = RedisServer::start();
    let mut twins = Vec::new();
    for twin in 0..4_u64 {
        let store = connect(&server).await;
        twins.push(tokio::spawn(async move {
            let (mut here, mut won) = (None, 0);
            for _ in 0..100 {
                let position = here.as_ref().map_or(0, |here: &u64| *here) + 1;
                let name = format!("twin{twin}");
                let writes = documents([(&*name, "x")]);
                let expected = here.map(|here| at(1, here));
                let next = at(1, position);
                match store
                    .commit(&slice(0), expected.as_ref(), &next, &writes)
                    .await
                {
                    // A twin's step is the same as ours here, so a repeat is an `Ok` as well.
                    Ok(()) => (here, won) = (Some(position), won + 1),
                    Err(CommitError::Moved { actual, .. }) => {
                        here = actual.map(|at| at.position.commit());
                    }
                    Err(error) => panic!("{error:?}"),
                }
            }
            (here.unwrap(), won)
        }));
    }
    let mut furthest = 0;
    for twin in twins {
        let (here, won) = twin.await.unwrap();
        assert!(won > 0);
        furthest = furthest.max(here);
    }
    let store = connect(&server).await;
    let (checkpoint, _) = load_documents(&store, &slice(0), []).await;
    assert_eq!(checkpoint, Some(at(1, furthest)));
}

/// All values, and all lists, of an index stand in one set.
#[tokio::test]
async fn no_name_is_met_under_another_that_it_begins_with() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let names = [
        "",
        "a",
        "ab",
        "a0000000000000001",
        "1:a",
        "a:",
        "\u{10ffff}",
        "민원",
    ];
    let keys: Vec<_> = (0..names.len()).map(|at| format!("p{at}")).collect();
    let named = || names.into_iter().zip(&keys);
    let writes = SliceWrites {
        lookups: (named())
            .map(|(name, p)| (lookup(name), key(p), ListChange::Take))
            .collect(),
        lists: (named())
            .map(|(name, p)| (list(name), place(1, p), ListChange::Take))
            .collect(),
        ..SliceWrites::default()
    };
    store
        .commit(&slice(0), None, &at(1, 1), &writes)
        .await
        .unwrap();
    let wanted = Wanted {
        lookups: &names.map(lookup),
        ..Wanted::default()
    };
    let loaded = store.load(&slice(0), &wanted).await.unwrap();
    let each: Vec<_> = keys.iter().map(|p| vec![key(p)]).collect();
    assert_eq!(loaded.lookups, each);
    for (name, p) in named() {
        for direction in [Direction::Ascending, Direction::Descending] {
            let query = ListQuery {
                list: list(name),
                ..whole(direction)
            };
            let page = store.list(&slice(0), &query).await.unwrap();
            assert_eq!(page.places, [place(1, p)], "{name}");
        }
    }
}
