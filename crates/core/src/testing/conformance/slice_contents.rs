//! The rules of what a slice holds.

use bytes::Bytes;

use super::{
    case::{Case, Slices, Verdict, ensure_eq},
    read_models::{all_kinds, cell, documents, key, list, lookup, place, places},
};
use crate::{
    CLAIMANTS_MAX, CountCell,
    Direction::{Ascending, Descending},
    IndexName,
    ListChange::{self, Leave, Take},
    ListPlace, Lookup, ReadModelStore, SliceWrites, ViewKey, Wanted,
};

/// Texts that mean something to one store or another.
const ODD: &str = "a A a: :a a:b a::b {a} {} { } * ? [a] a* \" ' '' \\ % _ / ../a 민원 민원:접수 ａ é \
    e\u{301} 0 00 -1 $ \u{10ffff}";

/// Texts that are no key, for they hold white space or nothing at all.
const ODD_VALUES: &[&str] = &["", " ", "a b", "a ", "a\n", "\0", "a\0b"];

impl<S: ReadModelStore> Case<'_, S, Slices> {
    pub(super) async fn documents_are_put_replaced_and_removed(&self) -> Verdict {
        let mut hand = self.hand();
        for state in [
            [("a", Some("1")), ("b", Some("1")), ("c", None)],
            [("a", Some("2")), ("b", None), ("c", None)],
            [("a", None), ("b", Some("3")), ("c", Some("3"))],
        ] {
            hand.commit(&documents(state)).await?;
        }
        // What a commit does not name stays.
        hand.commit(&documents([("c", None)])).await
    }

    pub(super) async fn documents_read_back_byte_by_byte(&self) -> Verdict {
        let contents: [(&str, Vec<u8>); 4] = [
            ("empty", Vec::new()),
            ("bytes", (0..=u8::MAX).collect()),
            ("spaces", b" {\"a\" :  1}\n".to_vec()),
            ("large", (0..1_u32 << 20).map(|n| (n % 251) as u8).collect()),
        ];
        let put = |(text, bytes): (&str, Vec<u8>)| (key(text), Some(Bytes::from(bytes)));
        let writes = SliceWrites {
            documents: contents.into_iter().map(put).collect(),
            ..SliceWrites::default()
        };
        self.hand().commit(&writes).await
    }

    pub(super) async fn many_things_fit_in_one_commit(&self) -> Verdict {
        let mut writes = SliceWrites::default();
        for number in 0..5000 {
            let text = format!("2026-{number:06}");
            let document = format!("{{\"number\":{number}}}");
            writes.documents.push((key(&text), Some(document.into())));
            if number % 5 == 0 {
                writes.lookups.push((lookup(&text), key(&text), Take));
                writes.lists.push((list("p"), place(number, &text), Take));
                writes.counts.push((cell("g", &text), number + 1));
            }
        }
        self.hand().commit(&writes).await
    }

    pub(super) async fn any_text_is_a_key(&self) -> Verdict {
        let mut hand = self.hand();
        let long = "길".repeat(42);
        let texts = || ODD.split(' ').chain([&*long]);
        let documents = documents(texts().map(|text| (text, Some(text))));
        let places = places(&texts().map(|text| place(7, text)).collect::<Vec<_>>());
        hand.commit(&documents).await?;
        hand.commit(&places).await
    }

    pub(super) async fn any_text_is_a_value(&self) -> Verdict {
        let long = "길".repeat(400);
        let odd = ODD.split(' ').chain(ODD_VALUES.iter().copied());
        let mut writes = SliceWrites::default();
        for (number, text) in (1..).zip(odd.chain([&*long])) {
            let key = key(&number.to_string());
            let place = place(number, key.as_str());
            writes.lookups.push((lookup(text), key, Take));
            writes.lists.push((list(text), place, Take));
            let suffixed = cell(text, &format!("{text}:b"));
            for cell in [cell(text, "m"), cell("members", text), suffixed] {
                writes.counts.push((cell, number));
            }
        }
        self.hand().commit(&writes).await
    }

    pub(super) async fn indexes_are_apart(&self) -> Verdict {
        let mut writes = SliceWrites::default();
        for (number, index) in (1..).zip(["a", "a-", "a-b", "b"].map(IndexName::new)) {
            let lookup = Lookup {
                index,
                value: "b".into(),
            };
            let cell = CountCell {
                index,
                ..cell("g", "m")
            };
            let claimed = (lookup, key(&number.to_string()), Take);
            writes.lookups.push(claimed);
            let taken = (index.list("b"), place(number, "k"), Take);
            writes.lists.push(taken);
            writes.counts.push((cell, number));
        }
        self.hand().commit(&writes).await
    }

    pub(super) async fn a_value_leads_to_all_that_claim_it(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit(&claims("other", "bz", "")).await?;
        for (taken, left) in [
            ("a", ""),
            ("b", "a"),
            ("b", ""),
            ("", "b"),
            ("", "b"),
            ("b", ""),
            ("a", ""),
            ("dc", ""),
            ("b", "x"),
            ("", "b"),
            ("be", "ca"),
            ("", "de"),
            ("c", "b"),
            ("ab", "c"),
            ("", "ab"),
            ("b", ""),
        ] {
            hand.commit(&claims("v", taken, left)).await?;
        }
        Ok(())
    }

    pub(super) async fn of_many_claimants_some_are_told_and_all_are_kept(&self) -> Verdict {
        let mut hand = self.hand();
        let keys: Vec<_> = (0..3 * CLAIMANTS_MAX)
            .map(|n| key(&format!("길{n:05}")))
            .collect();
        let (first, rest) = keys.split_at(CLAIMANTS_MAX + 1);
        for some in [rest, first] {
            hand.commit(&claims_of("v", some, Take)).await?;
        }
        let left = &keys[..keys.len() - 3];
        hand.commit(&claims_of("v", left, Leave)).await
    }

    pub(super) async fn a_place_is_taken_and_left(&self) -> Verdict {
        let mut hand = self.hand();
        let neighbours = places(&[place(4, "k"), place(5, "j"), place(6, "k")]);
        hand.commit(&neighbours).await?;
        for change in [Leave, Take, Take, Leave, Leave] {
            let mut writes = places(&[place(5, "k")]);
            writes.lists[0].2 = change;
            hand.commit(&writes).await?;
        }
        let mut moved = places(&[place(4, "k"), place(9, "k")]);
        moved.lists[0].2 = Leave;
        hand.commit(&moved).await
    }

    pub(super) async fn a_list_is_in_order_and_then_by_key(&self) -> Verdict {
        let mut hand = self.hand();
        let mut shuffled = ordered();
        shuffled.reverse();
        shuffled.rotate_left(7);
        for places_of_a_commit in shuffled.chunks(4) {
            hand.commit(&places(places_of_a_commit)).await?;
        }
        Ok(())
    }

    pub(super) async fn pages_of_a_list_join_without_gap_or_repeat(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit(&places(&ordered())).await?;
        for direction in [Ascending, Descending] {
            for limit in [1, 2, 3, 7, 20, 21, 22, u32::MAX] {
                hand.list_is_whole(&list("p"), direction, limit).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn a_list_goes_on_behind_any_place(&self) -> Verdict {
        let mut hand = self.hand();
        let taken = [(2, "b"), (4, "b"), (4, "d"), (6, "b")].map(|(n, key)| place(n, key));
        hand.commit(&places(&taken)).await?;
        let below = [(0, "b"), (2, "a"), (2, "bb"), (3, "b")];
        let above = [(4, "c"), (5, "z"), (6, "c"), (u64::MAX, "b")];
        let free = below.into_iter().chain(above).map(|(n, key)| place(n, key));
        for after in free.chain(taken.clone()) {
            let behind = taken.iter().filter(|place| **place > after).cloned();
            let before = taken.iter().rev().filter(|place| **place < after).cloned();
            let (behind, before): (Vec<_>, Vec<_>) = (behind.collect(), before.collect());
            for (direction, wanted) in [(Ascending, behind), (Descending, before)] {
                let found = hand.page(&list("p"), direction, Some(&after), 9).await?;
                ensure_eq(&format!("behind {after:?}, {direction:?}"), &found, &wanted)?;
            }
        }
        Ok(())
    }

    pub(super) async fn counts_are_set_and_0_removes_them(&self) -> Verdict {
        let mut hand = self.hand();
        for count in [0, 5, 5, 3, 0, 0, 1, u64::MAX, 1 << 53, (1 << 53) + 1] {
            let mut writes = SliceWrites::default();
            writes.counts.push((cell("g", "m"), count));
            hand.commit(&writes).await?;
        }
        Ok(())
    }

    pub(super) async fn counts_are_in_order_of_their_members(&self) -> Verdict {
        let mut writes = SliceWrites::default();
        for (number, member) in (1..).zip(["b", "B", "aa", "a", "10", "9", "민", "é", ""]) {
            writes.counts.push((cell("g", member), 100 - number));
            writes.counts.push((cell("other", member), number));
        }
        writes.counts.push((cell("none", "m"), 0));
        self.hand().commit(&writes).await
    }

    pub(super) async fn a_load_answers_in_the_order_asked(&self) -> Verdict {
        let mut hand = self.hand();
        let mut writes = all_kinds(3);
        writes
            .documents
            .extend(documents([("a", Some("1"))]).documents);
        writes.lookups.push((lookup("a"), key("1"), Take));
        writes.counts.push((cell("g", "a"), 1));
        hand.commit(&writes).await?;
        // Out of order, some of them twice, some of them nowhere.
        let lists = [(4, "k"), (3, "k"), (3, "j"), (3, "k")];
        let wanted = Wanted {
            documents: &["z", "k", "a", "k", "z", "b"].map(key),
            lookups: &["z", "v", "a", "v", "b"].map(lookup),
            lists: &lists.map(|(order, key)| (list("p"), place(order, key))),
            counts: &["z", "m", "a", "m", "b"].map(|member| cell("g", member)),
        };
        let loaded = hand.load(&wanted).await?;
        let wanted = ["", "3", "1", "3", "", ""].map(|text| match text {
            "" => None,
            _ => Some(Bytes::from_static(text.as_bytes())),
        });
        ensure_eq("documents", &loaded.documents, &wanted.to_vec())?;
        let wanted = ["", "3", "1", "3", ""].map(letters);
        ensure_eq("lookups", &loaded.lookups, &wanted.to_vec())?;
        ensure_eq("places", &loaded.lists, &vec![false, true, false, true])?;
        ensure_eq("counts", &loaded.counts, &vec![0, 3, 1, 3, 0])
    }
}

/// A key for each letter.
fn letters(letters: &str) -> Vec<ViewKey> {
    letters
        .chars()
        .map(|letter| key(&letter.to_string()))
        .collect()
}

fn claims_of(value: &str, keys: &[ViewKey], change: ListChange) -> SliceWrites {
    let claim = |key: &ViewKey| (lookup(value), key.clone(), change);
    SliceWrites {
        lookups: keys.iter().map(claim).collect(),
        ..SliceWrites::default()
    }
}

/// Each letter of `taken` claims a value, and each of `left` gives it up.
fn claims(value: &str, taken: &str, left: &str) -> SliceWrites {
    let mut claims = claims_of(value, &letters(taken), Take);
    claims
        .lookups
        .extend(claims_of(value, &letters(left), Leave).lookups);
    claims
}

/// Places in their order; also such as floating-point and signed numbers mix up.
fn ordered() -> Vec<ListPlace> {
    const EXACT: u64 = 1 << 53;
    const HALF: u64 = 1 << 63;
    let texts = ["10", "9", "B", "a", "aa", "b", "é", "민"].map(|text| place(7, text));
    let small = [0, 1, 9, 10, 100, EXACT, EXACT + 1, EXACT + 2];
    let large = [HALF, HALF - 1, HALF + 1, u64::MAX, u64::MAX - 1];
    let orders = small.into_iter().chain(large);
    let mut places: Vec<_> = orders.map(|order| place(order, "k")).collect();
    places.extend(texts);
    places.sort_by_key(|place| (place.order.get(), place.key.as_str().as_bytes().to_vec()));
    places
}
