//! The rules of what a slice holds.

use bytes::Bytes;

use super::{
    case::{Case, Slices, Verdict, ensure, ensure_eq},
    read_models::{Hand, INDEX, all_kinds, cell, documents, key, list, lookup, place, places},
};

use crate::{
    CLAIMANTS_MAX, CountCell,
    Direction::{self, Ascending, Descending},
    IndexName, ListChange, ListName, ListPlace, Lookup, ReadModelStore, SliceWrites, ViewKey,
    Wanted,
};

impl<S: ReadModelStore> Case<'_, S, Slices> {
    pub(super) async fn documents_are_put_replaced_and_removed(&self) -> Verdict {
        let mut hand = self.hand();
        for state in [
            [("a", Some("1")), ("b", Some("1")), ("c", None)],
            [("a", Some("2")), ("b", None), ("c", None)],
            [("a", None), ("b", Some("3")), ("c", Some("3"))],
        ] {
            hand.commit(&documents(state)).await?;
            hand.shows(&documents(state)).await?;
        }
        // What a commit does not name stays.
        hand.commit(&documents([("c", None)])).await?;
        hand.shows(&documents([("a", None), ("b", Some("3")), ("c", None)]))
            .await
    }

    pub(super) async fn documents_read_back_byte_by_byte(&self) -> Verdict {
        let mut hand = self.hand();
        let all_bytes: Vec<u8> = (0..=u8::MAX).collect();
        let large: Vec<u8> = (0..1_u32 << 20).map(|n| (n % 251) as u8).collect();
        let contents: [(&str, Vec<u8>); 4] = [
            ("empty", Vec::new()),
            ("bytes", all_bytes),
            ("spaces", b" {\"a\" :  1}\n".to_vec()),
            ("large", large),
        ];
        let put = |(text, bytes): (&str, Vec<u8>)| (key(text), Some(Bytes::from(bytes)));
        let writes = SliceWrites {
            documents: contents.into_iter().map(put).collect(),
            ..SliceWrites::default()
        };
        hand.commit(&writes).await?;
        hand.shows(&writes).await
    }

    pub(super) async fn many_things_fit_in_one_commit(&self) -> Verdict {
        let mut hand = self.hand();
        let mut writes = SliceWrites::default();
        for number in 0..5000 {
            let text = format!("2026-{number:06}");
            let document = Some(Bytes::from(format!("{{\"number\":{number}}}")));
            writes.documents.push((key(&text), document));
            if number % 5 == 0 {
                let claimed = (lookup(&text), key(&text), ListChange::Take);
                writes.lookups.push(claimed);
                let taken = (list("p"), place(number, &text), ListChange::Take);
                writes.lists.push(taken);
                writes.counts.push((cell("g", &text), number + 1));
            }
        }
        hand.commit(&writes).await?;
        hand.shows(&writes).await?;
        let listed = hand.pages(Ascending, 300).await?.len();
        ensure_eq("places of the list", &listed, &1000)?;
        ensure_eq(
            "counts of the group",
            &hand.counts(INDEX, "g").await?.len(),
            &1000,
        )
    }

    pub(super) async fn any_text_is_a_key(&self) -> Verdict {
        let mut hand = self.hand();
        let long = "길".repeat(42);
        let texts = || ODD.iter().copied().chain([&*long]);
        let documents = documents(texts().map(|text| (text, Some(text))));
        let places: Vec<_> = texts().map(|text| place(7, text)).collect();
        hand.commit(&documents).await?;
        hand.commit(&super::read_models::places(&places)).await?;
        hand.shows(&documents).await?;
        hand.shows(&super::read_models::places(&places)).await
    }

    pub(super) async fn any_text_is_a_value(&self) -> Verdict {
        let mut hand = self.hand();
        let long = "길".repeat(400);
        let texts: Vec<&str> = [ODD, ODD_VALUES, &[&*long]].concat();
        let mut writes = SliceWrites::default();
        for (number, text) in (1..).zip(&texts) {
            let key = key(&number.to_string());
            let claimed = (lookup(text), key.clone(), ListChange::Take);
            writes.lookups.push(claimed);
            let place = place(number, key.as_str());
            writes.lists.push((list(text), place, ListChange::Take));
            writes.counts.push((cell(text, "m"), number));
            writes.counts.push((cell("members", text), number));
            writes
                .counts
                .push((cell(text, &format!("{text}:b")), number));
        }
        hand.commit(&writes).await?;
        hand.shows(&writes).await?;
        for (number, text) in (1..).zip(&texts) {
            let found = hand.claimants(text).await?;
            let wanted = vec![key(&number.to_string())];
            ensure_eq(&format!("the keys that claim {text:?}"), &found, &wanted)?;
            let mut wanted = vec![(format!("{text}:b"), number), ("m".into(), number)];
            wanted.sort();
            let found = hand.counts(INDEX, text).await?;
            ensure_eq(&format!("counts of the group {text:?}"), &found, &wanted)?;
            let found = hand.page_of(list(text), Ascending, None, 9).await?;
            let wanted = vec![place(number, &number.to_string())];
            ensure_eq(&format!("the list {text:?}"), &found, &wanted)?;
        }
        Ok(())
    }

    pub(super) async fn indexes_are_apart(&self) -> Verdict {
        let mut hand = self.hand();
        let indexes = ["a", "a-", "a-b", "b"].map(IndexName::new);
        let mut writes = SliceWrites::default();
        for (number, index) in (1..).zip(indexes) {
            let (value, partition) = ("b".into(), "b".into());
            let lookup = Lookup { index, value };
            let claimed = (lookup, key(&number.to_string()), ListChange::Take);
            writes.lookups.push(claimed);
            let list = ListName { index, partition };
            writes
                .lists
                .push((list, place(number, "k"), ListChange::Take));
            let cell = CountCell {
                index,
                group: "g".into(),
                member: "m".into(),
            };
            writes.counts.push((cell, number));
        }
        hand.commit(&writes).await?;
        hand.shows(&writes).await?;
        for (number, index) in (1..).zip(indexes) {
            let found = hand.counts(index, "g").await?;
            ensure_eq("counts", &found, &vec![("m".into(), number)])?;
            let partition = "b".into();
            let found = hand.page_of(ListName { index, partition }, Ascending, None, 9);
            ensure_eq("a list", &found.await?, &vec![place(number, "k")])?;
        }
        Ok(())
    }

    pub(super) async fn a_lookup_leads_moves_and_vanishes(&self) -> Verdict {
        let mut hand = self.hand();
        for (taken, left, wanted) in [
            ("a", "", "a"),
            ("b", "a", "b"),
            ("b", "", "b"),
            ("", "b", ""),
            ("", "b", ""),
            ("c", "", "c"),
        ] {
            hand.commit(&claims("v", taken, left)).await?;
            hand.leads_to("v", wanted).await?;
        }
        Ok(())
    }

    pub(super) async fn a_value_leads_to_all_that_claim_it(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit(&claims("other", "bz", "")).await?;
        for (taken, left, wanted) in [
            ("b", "", "b"),
            ("a", "", "ab"),
            ("dc", "", "abcd"),
            ("b", "x", "abcd"),
            ("", "b", "acd"),
            ("be", "ca", "bde"),
            ("", "de", "b"),
            ("c", "b", "c"),
            ("ab", "c", "ab"),
            ("", "ab", ""),
            ("b", "", "b"),
        ] {
            hand.commit(&claims("v", taken, left)).await?;
            hand.leads_to("v", wanted).await?;
            hand.leads_to("other", "bz").await?;
        }
        Ok(())
    }

    pub(super) async fn of_many_claimants_some_are_told_and_all_are_kept(&self) -> Verdict {
        let mut hand = self.hand();
        let keys: Vec<_> = (0..3 * CLAIMANTS_MAX)
            .map(|n| key(&format!("길{n:05}")))
            .collect();
        let change = |keys: &[ViewKey], change| SliceWrites {
            lookups: keys
                .iter()
                .map(|key| (lookup("v"), key.clone(), change))
                .collect(),
            ..SliceWrites::default()
        };
        let (first, rest) = keys.split_at(CLAIMANTS_MAX + 1);
        for some in [rest, first] {
            hand.commit(&change(some, ListChange::Take)).await?;
            let found = hand.claimants("v").await?;
            ensure_eq("claimants told", &found.len(), &CLAIMANTS_MAX)?;
            ensure(found.is_sorted_by(|a, b| a < b), || {
                format!("the claimants are not in order, or told twice: {found:?}")
            })?;
            ensure(found.iter().all(|key| keys.contains(key)), || {
                format!("told claimants that are none: {found:?}")
            })?;
        }
        let (left, kept) = keys.split_at(keys.len() - 3);
        hand.commit(&change(left, ListChange::Leave)).await?;
        let found = hand.claimants("v").await?;
        ensure_eq("the claimants that are left", &found, &kept.to_vec())
    }

    pub(super) async fn a_place_is_taken_and_left(&self) -> Verdict {
        let mut hand = self.hand();
        let neighbours = places(&[place(4, "k"), place(5, "j"), place(6, "k")]);
        hand.commit(&neighbours).await?;
        for change in [
            ListChange::Leave,
            ListChange::Take,
            ListChange::Take,
            ListChange::Leave,
            ListChange::Leave,
        ] {
            let mut writes = places(&[place(5, "k")]);
            writes.lists[0].2 = change;
            hand.commit(&writes).await?;
            hand.shows(&writes).await?;
            hand.shows(&neighbours).await?;
        }
        let mut moved = places(&[place(4, "k"), place(9, "k")]);
        moved.lists[0].2 = ListChange::Leave;
        hand.commit(&moved).await?;
        let wanted = vec![place(5, "j"), place(6, "k"), place(9, "k")];
        ensure_eq("the list", &hand.pages(Ascending, 9).await?, &wanted)
    }

    pub(super) async fn a_list_is_in_order_and_then_by_key(&self) -> Verdict {
        let mut hand = self.hand();
        let mut wanted = ordered();
        let mut shuffled = wanted.clone();
        shuffled.reverse();
        shuffled.rotate_left(7);
        for places_of_a_commit in shuffled.chunks(4) {
            hand.commit(&places(places_of_a_commit)).await?;
        }
        let found = hand.page(Ascending, None, 1000).await?;
        ensure_eq("the list, ascending", &found, &wanted)?;
        wanted.reverse();
        let found = hand.page(Descending, None, 1000).await?;
        ensure_eq("the list, descending", &found, &wanted)
    }

    pub(super) async fn pages_of_a_list_join_without_gap_or_repeat(&self) -> Verdict {
        let mut hand = self.hand();
        let mut wanted = ordered();
        hand.commit(&places(&wanted)).await?;
        for direction in [Ascending, Descending] {
            for limit in [1, 2, 3, 7, 20, 21, 22, u32::MAX] {
                let found = hand.pages(direction, limit).await?;
                let what = format!("the list, {direction:?}, {limit} at a time");
                ensure_eq(&what, &found, &wanted)?;
            }
            wanted.reverse();
        }
        Ok(())
    }

    pub(super) async fn a_list_goes_on_behind_any_place(&self) -> Verdict {
        let mut hand = self.hand();
        let taken = [place(2, "b"), place(4, "b"), place(4, "d"), place(6, "b")];
        hand.commit(&places(&taken)).await?;
        let untaken = [
            place(0, "b"),
            place(2, "a"),
            place(2, "bb"),
            place(3, "b"),
            place(4, "c"),
            place(5, "z"),
            place(6, "c"),
            place(u64::MAX, "b"),
        ];
        for after in untaken.iter().chain(&taken) {
            let behind = |direction: Direction, place: &&ListPlace| match direction {
                Ascending => *place > after,
                Descending => *place < after,
            };
            for direction in [Ascending, Descending] {
                let behind = taken.iter().filter(|place| behind(direction, place));
                let mut wanted: Vec<_> = behind.cloned().collect();
                if direction == Descending {
                    wanted.reverse();
                }
                let found = hand.page(direction, Some(after), 9).await?;
                ensure_eq(&format!("behind {after:?}, {direction:?}"), &found, &wanted)?;
            }
        }
        Ok(())
    }

    pub(super) async fn counts_are_set_and_0_removes_them(&self) -> Verdict {
        let mut hand = self.hand();
        for count in [0, 5, 5, 3, 0, 0, 1, u64::MAX, 1 << 53, (1 << 53) + 1] {
            let writes = SliceWrites {
                counts: vec![(cell("g", "m"), count)],
                ..SliceWrites::default()
            };
            hand.commit(&writes).await?;
            hand.shows(&writes).await?;
            let wanted = if count == 0 {
                vec![]
            } else {
                vec![("m".into(), count)]
            };
            ensure_eq("counts", &hand.counts(INDEX, "g").await?, &wanted)?;
        }
        Ok(())
    }

    pub(super) async fn counts_are_in_order_of_their_members(&self) -> Verdict {
        let mut hand = self.hand();
        let mut wanted = Vec::new();
        let mut writes = SliceWrites::default();
        for (number, member) in (1..).zip(["b", "B", "aa", "a", "10", "9", "민", "é", ""]) {
            writes.counts.push((cell("g", member), 100 - number));
            writes.counts.push((cell("other", member), number));
            wanted.push((member.to_owned(), 100 - number));
        }
        hand.commit(&writes).await?;
        wanted.sort_by(|one, other| one.0.as_bytes().cmp(other.0.as_bytes()));
        ensure_eq("counts", &hand.counts(INDEX, "g").await?, &wanted)?;
        ensure_eq("counts", &hand.counts(INDEX, "none").await?, &vec![])
    }

    pub(super) async fn a_load_answers_in_the_order_asked(&self) -> Verdict {
        let mut hand = self.hand();
        let mut writes = all_kinds(3);
        writes
            .documents
            .extend(documents([("a", Some("1"))]).documents);
        let claimed = (lookup("a"), key("1"), ListChange::Take);
        writes.lookups.push(claimed);
        writes.counts.push((cell("g", "a"), 1));
        hand.commit(&writes).await?;
        // Out of order, some of them twice, some of them nowhere.
        let documents = ["z", "k", "a", "k", "z", "b"].map(key);
        let lookups = ["z", "v", "a", "v", "b"].map(lookup);
        let lists = [(4, "k"), (3, "k"), (3, "j"), (3, "k")];
        let lists = lists.map(|(order, key)| (list("p"), place(order, key)));
        let counts = ["z", "m", "a", "m", "b"].map(|member| cell("g", member));
        let loaded = hand
            .load(&Wanted {
                documents: &documents,
                lookups: &lookups,
                lists: &lists,
                counts: &counts,
            })
            .await?;
        let text = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
        let wanted = vec![None, text("3"), text("1"), text("3"), None, None];
        ensure_eq("documents", &loaded.documents, &wanted)?;
        let wanted = ["", "3", "1", "3", ""];
        let wanted = wanted.map(|text| {
            if text.is_empty() {
                vec![]
            } else {
                vec![key(text)]
            }
        });
        ensure_eq("lookups", &loaded.lookups, &wanted.to_vec())?;
        ensure_eq("places", &loaded.lists, &vec![false, true, false, true])?;
        ensure_eq("counts", &loaded.counts, &vec![0, 3, 1, 3, 0])
    }
}

impl<S: ReadModelStore> Hand<'_, S> {
    async fn claimants(&self, value: &str) -> Verdict<Vec<ViewKey>> {
        let wanted = Wanted {
            lookups: &[lookup(value)],
            ..Wanted::default()
        };
        let mut loaded = self.load(&wanted).await?;
        ensure_eq("lookups", &loaded.lookups.len(), &1)?;
        Ok(loaded.lookups.remove(0))
    }

    async fn leads_to(&self, value: &str, wanted: &str) -> Verdict {
        let found = self.claimants(value).await?;
        let wanted: Vec<_> = wanted
            .chars()
            .map(|letter| key(&letter.to_string()))
            .collect();
        ensure_eq(&format!("the keys that claim {value:?}"), &found, &wanted)
    }
}

/// Texts that mean something to one store or another.
const ODD: &[&str] = &[
    "a",
    "A",
    "a:",
    ":a",
    "a:b",
    "a::b",
    "{a}",
    "{}",
    "{",
    "}",
    "*",
    "?",
    "[a]",
    "a*",
    "\"",
    "'",
    "''",
    "\\",
    "%",
    "_",
    "/",
    "../a",
    "민원",
    "민원:접수",
    "ａ",
    "é",
    "e\u{301}",
    "0",
    "00",
    "-1",
    "$",
    "\u{10ffff}",
];

/// Texts that are no key, for they hold white space or nothing at all.
const ODD_VALUES: &[&str] = &["", " ", "a b", "a ", "a\n", "\0", "a\0b"];

/// Each letter of `taken` claims a value, and each of `left` gives it up.
fn claims(value: &str, taken: &str, left: &str) -> SliceWrites {
    let change = |keys: &str, change| {
        let claim = |letter: char| (lookup(value), key(&letter.to_string()), change);
        keys.chars().map(claim).collect::<Vec<_>>()
    };
    SliceWrites {
        lookups: [
            change(taken, ListChange::Take),
            change(left, ListChange::Leave),
        ]
        .concat(),
        ..SliceWrites::default()
    }
}

/// Places in their order; also such as floating-point and signed numbers mix up.
fn ordered() -> Vec<ListPlace> {
    const EXACT: u64 = 1 << 53;
    let mut places: Vec<_> = ["10", "9", "B", "a", "aa", "b", "é", "민"]
        .iter()
        .map(|text| place(7, text))
        .collect();
    for order in [0, 1, 9, 10, 100, EXACT, EXACT + 1, EXACT + 2] {
        places.push(place(order, "k"));
    }
    for order in [
        1 << 63,
        (1 << 63) - 1,
        (1 << 63) + 1,
        u64::MAX,
        u64::MAX - 1,
    ] {
        places.push(place(order, "k"));
    }
    places.sort_by(|one, other| {
        let key = |place: &ListPlace| (place.order.get(), place.key.as_str().as_bytes().to_vec());
        key(one).cmp(&key(other))
    });
    places
}
