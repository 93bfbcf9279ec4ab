//! The rules of who looks after read models as wholes.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::{
    Violation,
    case::{Case, Verdict, Wholes, ensure, ensure_eq},
    read_models::{all_kinds, cell, checkpoint_of, documents, key, list, lookup, place, without},
};

use crate::{
    Catalogue, CatalogueError, Generation, GenerationInfo, GenerationName, ListChange, ModelName,
    ReadModelAdmin, ReadModelStore, Slice, SliceCount, SliceWrites, StoredItem, ViewSchema,
};

/// Pages after which scanning a rule's few things is called endless.
const PAGES_MAX: usize = 10_000;

pub(super) fn catalogue(active: u32, generations: u32) -> Catalogue {
    let info = |number| GenerationInfo {
        generation: Generation::new(number),
        schema: ViewSchema::new(u64::MAX - u64::from(number)),
        slices: SliceCount::DEFAULT,
    };
    Catalogue {
        active: Generation::new(active),
        previous: active.checked_sub(1).map(Generation::new),
        newest: Generation::new(generations),
        generations: (1..=generations).map(info).collect(),
    }
}

impl<S: ReadModelAdmin> Case<'_, S, Wholes> {
    pub(super) async fn keeps(&self, model: &ModelName, wanted: Option<&Catalogue>) -> Verdict {
        let kept = self.store.load_catalogue(model).await?;
        ensure_eq("the catalogue", &kept.as_ref(), &wanted)
    }

    pub(super) async fn there_is_no_catalogue_at_first(&self) -> Verdict {
        self.keeps(&self.model(), None).await
    }

    pub(super) async fn a_catalogue_is_replaced_by_who_knows_it(&self) -> Verdict {
        let model = self.model();
        let mut kept = None;
        for next in [
            catalogue(1, 1),
            catalogue(1, 2),
            catalogue(2, 30),
            catalogue(0, 0),
        ] {
            self.store
                .save_catalogue(&model, kept.as_ref(), &next)
                .await?;
            self.keeps(&model, Some(&next)).await?;
            kept = Some(next);
        }
        Ok(())
    }

    pub(super) async fn a_changed_catalogue_is_not_replaced(&self) -> Verdict {
        let model = self.model();
        let mut there = None;
        for now in [None, Some(catalogue(1, 1))] {
            if let Some(now) = &now {
                self.store.save_catalogue(&model, None, now).await?;
            }
            for expected in [None, Some(catalogue(1, 1)), Some(catalogue(1, 2))] {
                if expected == now {
                    continue;
                }
                let next = catalogue(2, 2);
                let saved = self.store.save_catalogue(&model, expected.as_ref(), &next);
                let answer = saved.await;
                let is_right = matches!(&answer, Err(CatalogueError::Changed { actual, .. })
                    if actual.as_deref() == now.as_ref());
                ensure(is_right, || {
                    format!("it is {now:?}, and not {expected:?}: not told so, but {answer:?}")
                })?;
                self.keeps(&model, now.as_ref()).await?;
            }
            there = now;
        }
        self.keeps(&model, there.as_ref()).await
    }

    /// Whatever is expected: the answer to the first save may have been lost.
    pub(super) async fn a_repeated_save_succeeds(&self) -> Verdict {
        let model = self.model();
        for expected in [None, None, Some(catalogue(1, 1)), Some(catalogue(7, 7))] {
            self.store
                .save_catalogue(&model, expected.as_ref(), &catalogue(1, 1))
                .await?;
            self.keeps(&model, Some(&catalogue(1, 1))).await?;
        }
        Ok(())
    }

    pub(super) async fn catalogues_are_apart(&self) -> Verdict {
        let mut models = ["p", "P", "p1"]
            .map(|name| self.model_called(name))
            .to_vec();
        models.push(ModelName {
            namespace: self.longer_namespace(),
            ..self.model_called("p")
        });
        for (number, model) in (1..).zip(&models) {
            self.keeps(model, None).await?;
            self.store
                .save_catalogue(model, None, &catalogue(number, number))
                .await?;
        }
        for (number, model) in (1..).zip(&models) {
            self.keeps(model, Some(&catalogue(number, number))).await?;
        }
        Ok(())
    }

    /// Read models of one name in two namespaces.
    pub(super) async fn namespaces_are_apart(&self) -> Verdict {
        let models = [self.namespace(), self.longer_namespace()].map(|namespace| ModelName {
            namespace,
            ..self.model()
        });
        for (number, model) in (1..).zip(&models) {
            self.keeps(model, None).await?;
            let catalogue = catalogue(number, number);
            self.store.save_catalogue(model, None, &catalogue).await?;
        }
        for (number, model) in (1..).zip(&models) {
            self.keeps(model, Some(&catalogue(number, number))).await?;
        }
        Ok(())
    }

    pub(super) async fn one_of_several_savers_wins(&self) -> Verdict {
        let model = self.model();
        let mut there: Option<Catalogue> = None;
        for round in 1..=10 {
            let nexts: Vec<_> = (0..4).map(|n| catalogue(round * 10 + n, 1)).collect();
            let saves = nexts
                .iter()
                .map(|next| self.store.save_catalogue(&model, there.as_ref(), next));
            let answers = join_all(saves).await;
            let saved = nexts.iter().zip(&answers);
            let winners: Vec<_> = saved.filter(|(_, answer)| answer.is_ok()).collect();
            ensure_eq("winners", &winners.len(), &1)?;
            let winner = winners[0].0.clone();
            self.keeps(&model, Some(&winner)).await?;
            there = Some(winner);
        }
        Ok(())
    }

    async fn scan(&self, generation: &GenerationName) -> Verdict<Found> {
        let (mut found, mut cursor) = (Found::new(), None);
        for _ in 0..PAGES_MAX {
            let page = self.store.scan(generation, cursor).await?;
            found.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(found);
            }
        }
        Err(Violation::new("scanning comes to no end"))
    }

    async fn tells(&self, generation: &GenerationName, wanted: &Found) -> Verdict {
        let found = self.scan(generation).await?;
        let (missing, more) = (wanted - &found, &found - wanted);
        ensure(missing.is_empty() && more.is_empty(), || {
            let some = |items: &Found| format!("{:?}", items.iter().take(3).collect::<Vec<_>>());
            let (missing, more) = (some(&missing), some(&more));
            format!("the scan does not tell {missing}, and tells {more} that is not there")
        })
    }
}

impl<S: ReadModelStore + ReadModelAdmin> Case<'_, S, Wholes> {
    pub(super) async fn a_scan_tells_everything(&self) -> Verdict {
        let generation = self.generation(1);
        self.tells(&generation, &Found::new()).await?;
        let mut wanted = Found::new();
        for number in [0, 3, 15, u16::MAX] {
            let slice = Slice::new(number);
            let writes = many(u64::from(number));
            self.hand_on(generation.slice(slice))
                .commit(&writes)
                .await?;
            wanted.extend(items(slice, &writes));
            self.tells(&generation, &wanted).await?;
        }
        // A slice that holds nothing, and one large thing.
        let empty = generation.slice(Slice::new(4));
        self.hand_on(empty).commit(&SliceWrites::default()).await?;
        let large = documents([("large", Some(&*"x".repeat(1 << 20)))]);
        let slice = Slice::new(5);
        self.hand_on(generation.slice(slice)).commit(&large).await?;
        wanted.extend(items(slice, &large));
        self.tells(&generation, &wanted).await
    }

    pub(super) async fn a_scan_tells_nothing_that_is_gone(&self) -> Verdict {
        let generation = self.generation(1);
        let mut hand = self.hand();
        hand.commit(&many(1)).await?;
        hand.commit(&many(2)).await?;
        hand.commit(&without(&many(1))).await?;
        self.tells(&generation, &items(Slice::new(0), &many(2)))
            .await?;
        hand.commit(&without(&many(2))).await?;
        self.tells(&generation, &Found::new()).await
    }

    pub(super) async fn a_scan_tells_nothing_of_earlier_incarnations(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit(&many(1)).await?;
        hand.commit_to(checkpoint_of(2, 1), &all_kinds(1)).await?;
        self.tells(&self.generation(1), &items(Slice::new(0), &all_kinds(1)))
            .await?;
        hand.commit_to(checkpoint_of(3, 1), &SliceWrites::default())
            .await?;
        self.tells(&self.generation(1), &Found::new()).await
    }

    pub(super) async fn a_scan_tells_of_its_generation_only(&self) -> Verdict {
        let mut generations = neighbours(self);
        generations.push(self.generation(1));
        let slice = Slice::new(3);
        for (number, generation) in (1..).zip(&generations) {
            let mut hand = self.hand_on(generation.slice(slice));
            hand.commit(&all_kinds(number)).await?;
        }
        for (number, generation) in (1..).zip(&generations) {
            self.tells(generation, &items(slice, &all_kinds(number)))
                .await?;
        }
        Ok(())
    }

    pub(super) async fn a_removed_generation_is_gone(&self) -> Verdict {
        let generation = self.generation(1);
        for number in [0, 1, 15] {
            let slice = generation.slice(Slice::new(number));
            self.hand_on(slice).commit(&many(1)).await?;
        }
        self.store.remove(&generation).await?;
        self.tells(&generation, &Found::new()).await?;
        for number in [0, 1, 15] {
            let mut hand = self.hand_on(generation.slice(Slice::new(number)));
            hand.shows(&without(&many(1))).await?;
            // Even where somebody begins it again.
            hand.commit(&all_kinds(1)).await?;
            hand.shows(&without(&many(1))).await?;
            hand.shows(&all_kinds(1)).await?;
        }
        Ok(())
    }

    /// Where a store counts what changes at all.
    pub(super) async fn another_catalogue_and_a_removal_count_as_changes(&self) -> Verdict {
        let mut hand = self.hand();
        hand.commit(&all_kinds(1)).await?;
        let generation = hand.slice.generation.clone();
        let (store, model) = (self.store, &generation.model);
        let changes = || store.changes(&model.namespace);
        let before = changes();
        store.save_catalogue(model, None, &catalogue(1, 1)).await?;
        let between = changes();
        store.remove(&generation).await?;
        let after = changes();
        ensure(
            before.is_none() || (before != between && between != after),
            || {
                format!(
                    "{before:?} changes, {between:?} with a catalogue, {after:?} with a removal"
                )
            },
        )
    }

    pub(super) async fn removing_spares_all_others(&self) -> Verdict {
        let mut hands: Vec<_> = neighbours(self)
            .iter()
            .map(|generation| self.hand_on(generation.slice(Slice::new(0))))
            .collect();
        for (number, hand) in (1..).zip(&mut hands) {
            hand.commit(&all_kinds(number)).await?;
        }
        self.hand().commit(&all_kinds(9)).await?;
        let (model, kept) = (self.model(), catalogue(1, 2));
        self.store.save_catalogue(&model, None, &kept).await?;
        self.store.remove(&self.generation(1)).await?;
        for (number, hand) in (1..).zip(&hands) {
            hand.shows(&all_kinds(number)).await?;
        }
        self.keeps(&model, Some(&kept)).await
    }

    pub(super) async fn removing_can_be_repeated(&self) -> Verdict {
        let generation = self.generation(1);
        self.store.remove(&generation).await?;
        self.hand().commit(&many(1)).await?;
        for _ in 0..3 {
            self.store.remove(&generation).await?;
        }
        self.hand().is_where_it_was().await
    }

    pub(super) async fn sweeping_leaves_what_is_there(&self) -> Verdict {
        let generation = self.generation(1);
        self.store.sweep(&generation).await?;
        let mut hand = self.hand();
        hand.commit(&many(1)).await?;
        hand.commit_to(checkpoint_of(2, 1), &many(2)).await?;
        let mut other = self.hand_on(self.generation(2).slice(Slice::new(0)));
        other.commit(&many(3)).await?;
        self.store.sweep(&generation).await?;
        hand.shows(&many(2)).await?;
        other.shows(&many(3)).await?;
        self.tells(&generation, &items(Slice::new(0), &many(2)))
            .await?;
        // It was swept already.
        ensure_eq("swept", &self.store.sweep(&generation).await?, &0)
    }
}

type Found = BTreeSet<(Slice, StoredItem)>;

/// What `writes` leave in `slice`, where nothing else is.
fn items(slice: Slice, writes: &SliceWrites) -> Found {
    let documents = writes.documents.iter().filter_map(|(key, document)| {
        Some(StoredItem::Document {
            key: key.clone(),
            document: document.clone()?,
        })
    });
    let claimed = writes
        .lookups
        .iter()
        .filter(|(.., c)| *c == ListChange::Take);
    let lookups = claimed.map(|(lookup, key, _)| StoredItem::Lookup {
        index: lookup.index.as_str().into(),
        value: lookup.value.clone(),
        key: key.clone(),
    });
    let taken = writes.lists.iter().filter(|(.., c)| *c == ListChange::Take);
    let listed = taken.map(|(list, place, _)| StoredItem::Listed {
        index: list.index.as_str().into(),
        partition: list.partition.clone(),
        place: place.clone(),
    });
    let counted = writes.counts.iter().filter(|(_, count)| *count > 0);
    let counts = counted.map(|(cell, count)| StoredItem::Count {
        index: cell.index.as_str().into(),
        group: cell.group.clone(),
        member: cell.member.clone(),
        count: *count,
    });
    let all = documents.chain(lookups).chain(listed).chain(counts);
    all.map(|item| (slice, item)).collect()
}

/// Some hundred things of all kinds.
fn many(seed: u64) -> SliceWrites {
    let mut writes = SliceWrites::default();
    for number in 0..60 {
        let text = format!("민:{{{seed}}}*{number}");
        writes
            .documents
            .push((key(&text), Some(text.clone().into())));
        for value in [&*text, &text[..8]] {
            let claimed = (lookup(value), key(&text), ListChange::Take);
            writes.lookups.push(claimed);
        }
        let place = place(u64::MAX - number / 2, &text);
        writes
            .lists
            .push((list(&text[..8]), place, ListChange::Take));
        writes.counts.push((cell(&text[..8], &text), number + 1));
    }
    writes
}

/// Three neighbours of one generation: another one, another model, another namespace.
fn neighbours<S>(case: &Case<'_, S, Wholes>) -> Vec<GenerationName> {
    let of_model = |model| GenerationName {
        model,
        generation: Generation::FIRST,
    };
    let elsewhere = ModelName {
        namespace: case.longer_namespace(),
        ..case.model()
    };
    vec![
        case.generation(2),
        case.generation(11),
        of_model(case.model_called("petitions1")),
        of_model(elsewhere),
    ]
}
