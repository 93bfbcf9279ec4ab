//! The rules of who looks after whole read models.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::{
    Violation,
    case::{Admin, Case, Verdict, ensure, ensure_eq},
    read_models::{
        Hand, all_kinds, cell, checkpoint_of, documents, key, list, lookup, place, without,
    },
};
use crate::{
    Catalogue, CatalogueError, Generation, GenerationInfo, GenerationName, ListChange::Take,
    ModelName, ReadModelAdmin, ReadModelStore, Slice, SliceCount, SliceWrites, StoredItem,
    ViewSchema,
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
        // One whose newest is not the newest would be damaged.
        newest: Generation::new(generations.max(active)),
        generations: (1..=generations).map(info).collect(),
    }
}

type Found = BTreeSet<(Slice, StoredItem)>;

impl<S: ReadModelAdmin, Port> Case<'_, S, Port> {
    /// The catalogue that is kept.
    pub(super) async fn keeps(&self, model: &ModelName, wanted: Option<&Catalogue>) -> Verdict {
        let kept = self.store.load_catalogue(model).await?;
        ensure_eq("the catalogue", &kept.as_ref(), &wanted)
    }

    /// Saves a catalogue, which must then be kept.
    pub(super) async fn saves(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Verdict {
        self.store.save_catalogue(model, expected, next).await?;
        self.keeps(model, Some(next)).await
    }

    /// Saving is refused because it is `there` and not `expected`, and changes nothing.
    pub(super) async fn is_not_replaced(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        there: Option<&Catalogue>,
    ) -> Verdict {
        let next = catalogue(2, 2);
        let answer = self.store.save_catalogue(model, expected, &next).await;
        let is_right = matches!(&answer, Err(CatalogueError::Changed { actual, .. })
            if actual.as_deref() == there);
        ensure(is_right, || {
            format!("it is {there:?}, and not {expected:?}: not told so, but {answer:?}")
        })?;
        self.keeps(model, there).await
    }
}

impl<S: ReadModelAdmin> Case<'_, S, Admin> {
    pub(super) async fn there_is_no_catalogue_at_first(&self) -> Verdict {
        self.keeps(&self.model(), None).await
    }

    pub(super) async fn a_catalogue_is_replaced_by_who_knows_it(&self) -> Verdict {
        let model = self.model();
        let mut kept = None;
        for (active, generations) in [(1, 1), (1, 2), (2, 30), (0, 0)] {
            let next = catalogue(active, generations);
            self.saves(&model, kept.as_ref(), &next).await?;
            kept = Some(next);
        }
        Ok(())
    }

    pub(super) async fn a_changed_catalogue_is_not_replaced(&self) -> Verdict {
        let model = self.model();
        let [first, other] = [1, 2].map(|generations| catalogue(1, generations));
        for expected in [&first, &other] {
            self.is_not_replaced(&model, Some(expected), None).await?;
        }
        self.saves(&model, None, &first).await?;
        for expected in [None, Some(&other)] {
            self.is_not_replaced(&model, expected, Some(&first)).await?;
        }
        Ok(())
    }

    /// Whatever is expected: the answer to the first save may have been lost.
    pub(super) async fn a_repeated_save_succeeds(&self) -> Verdict {
        let (model, first) = (self.model(), catalogue(1, 1));
        for expected in [None, None, Some(&first), Some(&catalogue(7, 7))] {
            self.saves(&model, expected, &first).await?;
        }
        Ok(())
    }

    pub(super) async fn catalogues_are_apart(&self) -> Verdict {
        self.each_keeps_its_own(&self.similar_models()).await
    }

    /// Read models of one name in two namespaces.
    pub(super) async fn namespaces_are_apart(&self) -> Verdict {
        self.each_keeps_its_own(&self.models_of_one_name()).await
    }

    async fn each_keeps_its_own(&self, models: &[ModelName]) -> Verdict {
        for (number, model) in (1..).zip(models) {
            self.keeps(model, None).await?;
            self.saves(model, None, &catalogue(number, number)).await?;
        }
        for (number, model) in (1..).zip(models) {
            self.keeps(model, Some(&catalogue(number, number))).await?;
        }
        Ok(())
    }

    pub(super) async fn one_of_several_savers_wins(&self) -> Verdict {
        let model = self.model();
        let mut there: Option<Catalogue> = None;
        for round in 1..=10 {
            let nexts: Vec<_> = (0..4).map(|n| catalogue(round * 10 + n, 1)).collect();
            let save = |next| self.store.save_catalogue(&model, there.as_ref(), next);
            let answers = join_all(nexts.iter().map(save)).await;
            let saved = nexts.iter().zip(&answers);
            let winners: Vec<_> = saved.filter(|(_, answer)| answer.is_ok()).collect();
            ensure_eq("winners", &winners.len(), &1)?;
            there = Some(winners[0].0.clone());
            self.keeps(&model, there.as_ref()).await?;
        }
        Ok(())
    }

    /// A scan of the generation tells what was written by `hands`, and nothing else.
    async fn tells(&self, generation: &GenerationName, hands: &[Hand<'_, S>]) -> Verdict
    where
        S: ReadModelStore,
    {
        let wanted: Found = hands.iter().flat_map(Hand::items).collect();
        let (mut found, mut cursor) = (Found::new(), None);
        for _ in 0..PAGES_MAX {
            let page = self.store.scan(generation, cursor).await?;
            found.extend(page.items);
            cursor = page.next;
            if cursor.is_some() {
                continue;
            }
            let (missing, more) = (&wanted - &found, &found - &wanted);
            return ensure(missing.is_empty() && more.is_empty(), || {
                let some =
                    |items: &Found| format!("{:?}", items.iter().take(3).collect::<Vec<_>>());
                let (missing, more) = (some(&missing), some(&more));
                format!("the scan does not tell {missing}, and tells {more} that is not there")
            });
        }
        Err(Violation::new("scanning comes to no end"))
    }
}

impl<S: ReadModelStore + ReadModelAdmin> Case<'_, S, Admin> {
    pub(super) async fn a_scan_tells_everything(&self) -> Verdict {
        let generation = self.generation(1);
        let mut hands = Vec::new();
        self.tells(&generation, &hands).await?;
        // Also a slice that holds nothing, and one large thing.
        let large = documents([("large", Some(&*"x".repeat(1 << 20)))]);
        let mut written = [0, 3, 15, u16::MAX]
            .map(|n| (n, many(u64::from(n))))
            .to_vec();
        written.extend([(4, SliceWrites::default()), (5, large)]);
        for (number, writes) in written {
            let mut hand = self.hand_on(generation.slice(Slice::new(number)));
            hand.commit(&writes).await?;
            hands.push(hand);
            self.tells(&generation, &hands).await?;
        }
        Ok(())
    }

    pub(super) async fn a_scan_tells_nothing_that_is_gone(&self) -> Verdict {
        let mut hand = [self.hand()];
        for writes in [many(1), many(2), without(&many(1)), without(&many(2))] {
            hand[0].commit(&writes).await?;
            self.tells(&self.generation(1), &hand).await?;
        }
        Ok(())
    }

    pub(super) async fn a_scan_tells_nothing_of_earlier_incarnations(&self) -> Verdict {
        let mut hand = [self.hand()];
        for (life, writes) in (1..).zip([many(1), all_kinds(1), SliceWrites::default()]) {
            hand[0].commit_to(checkpoint_of(life, 1), &writes).await?;
            self.tells(&self.generation(1), &hand).await?;
        }
        Ok(())
    }

    /// Four neighbours of the rule's generation: two more of its model, another model, another
    /// namespace.
    fn neighbours(&self) -> Vec<GenerationName> {
        let [_, elsewhere] = self.models_of_one_name().try_into().expect("two");
        let of_model = |model| GenerationName {
            model,
            generation: Generation::FIRST,
        };
        vec![
            self.generation(2),
            self.generation(11),
            of_model(self.model_called("petitions1")),
            of_model(elsewhere),
        ]
    }

    pub(super) async fn a_scan_tells_of_its_generation_only(&self) -> Verdict {
        let mut generations = self.neighbours();
        generations.push(self.generation(1));
        let mut hands = Vec::new();
        for (number, generation) in (1..).zip(&generations) {
            let mut hand = [self.hand_on(generation.slice(Slice::new(3)))];
            hand[0].commit(&all_kinds(number)).await?;
            hands.push(hand);
        }
        for (generation, hand) in generations.iter().zip(&hands) {
            self.tells(generation, hand).await?;
        }
        Ok(())
    }

    pub(super) async fn a_removed_generation_is_gone(&self) -> Verdict {
        let generation = self.generation(1);
        let slices = [0, 1, 15].map(|number| generation.slice(Slice::new(number)));
        let mut hands = slices.map(|slice| self.hand_on(slice));
        for hand in &mut hands {
            hand.commit(&many(1)).await?;
        }
        self.store.remove(&generation).await?;
        self.tells(&generation, &[]).await?;
        for hand in &mut hands {
            hand.lost();
            hand.check().await?;
            // Even where somebody begins it again.
            hand.commit(&all_kinds(1)).await?;
        }
        Ok(())
    }

    /// Where a store counts what changes at all.
    pub(super) async fn another_catalogue_and_a_removal_count_as_changes(&self) -> Verdict {
        self.hand().commit(&all_kinds(1)).await?;
        let changes = || self.store.changes(&self.namespace());
        let before = changes();
        self.saves(&self.model(), None, &catalogue(1, 1)).await?;
        let between = changes();
        self.store.remove(&self.generation(1)).await?;
        let after = changes();
        let are_counted = before.is_none() || (before != between && between != after);
        ensure(are_counted, || {
            format!("{before:?} changes, {between:?} with a catalogue, {after:?} with a removal")
        })
    }

    pub(super) async fn removing_spares_all_others(&self) -> Verdict {
        let slices = self.neighbours();
        let slices = slices
            .iter()
            .map(|generation| generation.slice(Slice::new(0)));
        let mut hands: Vec<_> = slices.map(|slice| self.hand_on(slice)).collect();
        for (number, hand) in (1..).zip(&mut hands) {
            hand.commit(&all_kinds(number)).await?;
        }
        self.hand().commit(&all_kinds(9)).await?;
        let (model, kept) = (self.model(), catalogue(1, 2));
        self.saves(&model, None, &kept).await?;
        self.store.remove(&self.generation(1)).await?;
        for hand in &hands {
            hand.check().await?;
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
        self.hand().check().await
    }

    pub(super) async fn sweeping_leaves_what_is_there(&self) -> Verdict {
        let generation = self.generation(1);
        self.store.sweep(&generation).await?;
        let mut hand = [self.hand()];
        hand[0].commit(&many(1)).await?;
        hand[0].commit_to(checkpoint_of(2, 1), &many(2)).await?;
        let mut other = self.hand_on(self.generation(2).slice(Slice::new(0)));
        other.commit(&many(3)).await?;
        self.store.sweep(&generation).await?;
        hand[0].check().await?;
        other.check().await?;
        self.tells(&generation, &hand).await?;
        // It was swept already.
        ensure_eq("swept", &self.store.sweep(&generation).await?, &0)
    }
}

/// Some hundred things of all kinds.
fn many(seed: u64) -> SliceWrites {
    let mut writes = SliceWrites::default();
    for number in 0..60 {
        let text = format!("민:{{{seed}}}*{number}");
        let (key, prefix) = (key(&text), &text[..8]);
        for value in [&*text, prefix] {
            writes.lookups.push((lookup(value), key.clone(), Take));
        }
        let place = place(u64::MAX - number / 2, &text);
        writes.lists.push((list(prefix), place, Take));
        writes.counts.push((cell(prefix, &text), number + 1));
        writes.documents.push((key, Some(text.into())));
    }
    writes
}
