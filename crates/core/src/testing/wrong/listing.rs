//! How wrong stores of read models read.

use std::{cmp::Ordering, collections::BTreeSet, num::NonZeroU32};

use super::slices::{Wrong, WrongSlices};
use crate::{
    Counts, Direction, GlobalPosition, Incarnation, IndexName, ListPage, ListPlace, ListQuery,
    Loaded, Order, Phase, ReadModelStore, SliceCheckpoint, SliceName, StoreError, Timestamp,
    ViewSchema, Wanted, memory::MemoryReadModels, testing::yield_now,
};

impl WrongSlices {
    pub(super) async fn load_wrongly(
        &self,
        store: &MemoryReadModels,
        slice: &SliceName,
        wanted: &Wanted<'_>,
    ) -> Result<Loaded, StoreError> {
        let mut documents: Vec<_> = wanted.documents.iter().map(|key| self.key(key)).collect();
        if self.is(Wrong::AnswersInOrderOfKeys) {
            documents.sort();
        }
        let lookups: Vec<_> = wanted.lookups.iter().map(|l| self.lookup(l)).collect();
        let lists = wanted.lists.iter();
        let lists: Vec<_> = lists
            .map(|(list, place)| (self.list_name(list), self.place(place)))
            .collect();
        let counts: Vec<_> = wanted.counts.iter().map(|cell| self.cell(cell)).collect();
        let wanted = Wanted {
            documents: &documents,
            lookups: &lookups,
            lists: &lists,
            counts: &counts,
        };
        let earlier = self.checkpoint_read_first(store, Wrong::LoadsInTwoSteps, slice);
        let earlier = earlier.await?;
        let mut loaded = store.load(slice, &wanted).await?;
        loaded.checkpoint = earlier.unwrap_or(loaded.checkpoint);
        match self.wrong {
            Wrong::InventsACheckpoint => {
                loaded.checkpoint = loaded.checkpoint.or_else(|| Some(invented()));
            }
            Wrong::ClaimantsBackwards => {
                loaded.lookups.iter_mut().for_each(|keys| keys.reverse());
            }
            Wrong::AnswersOnlyWhatIsThere => loaded.documents.retain(Option::is_some),
            _ => {}
        }
        Ok(loaded)
    }

    /// The checkpoint as it is a little before the rest is read; none where `wrong` is another.
    async fn checkpoint_read_first(
        &self,
        store: &MemoryReadModels,
        wrong: Wrong,
        slice: &SliceName,
    ) -> Result<Option<Option<SliceCheckpoint>>, StoreError> {
        if !self.is(wrong) {
            return Ok(None);
        }
        let first = store.load(slice, &Wanted::default()).await?;
        yield_now().await;
        Ok(Some(first.checkpoint))
    }

    pub(super) async fn list_wrongly(
        &self,
        store: &MemoryReadModels,
        slice: &SliceName,
        query: &ListQuery,
    ) -> Result<ListPage, StoreError> {
        let earlier = self.checkpoint_read_first(store, Wrong::ListsInTwoSteps, slice);
        let earlier = earlier.await?;
        let everything = ListQuery {
            list: self.list_name(&query.list),
            after: None,
            direction: Direction::Ascending,
            limit: NonZeroU32::MAX,
        };
        let mut page = store.list(slice, &everything).await?;
        page.checkpoint = earlier.unwrap_or(page.checkpoint);
        page.places = self.page(page.places, query);
        Ok(page)
    }

    /// Its page of all places.
    fn page(&self, mut places: Vec<ListPlace>, query: &ListQuery) -> Vec<ListPlace> {
        if self.is(Wrong::KeepsOrdersAsFloats) {
            let float = |order: Order| Order::new(order.get() as f64 as u64);
            places.iter_mut().for_each(|p| p.order = float(p.order));
        }
        let descends =
            query.direction == Direction::Descending && !self.is(Wrong::IgnoresTheDirection);
        let compare = |one: &ListPlace, other: &ListPlace| {
            let ordering = self.compare(one, other);
            if descends {
                ordering.reverse()
            } else {
                ordering
            }
        };
        places.sort_by(compare);
        let after = query.after.as_ref().map(|place| self.place(place));
        let after =
            after.filter(|after| !self.is(Wrong::WantsThePlaceTaken) || places.contains(after));
        if let Some(after) = &after {
            places.retain(|place| match (compare(place, after), self.wrong) {
                (Ordering::Equal, Wrong::PagesRepeat) => true,
                (ordering, Wrong::PagesSkipEqualOrders) => {
                    ordering == Ordering::Greater && place.order != after.order
                }
                (ordering, _) => ordering == Ordering::Greater,
            });
            if self.is(Wrong::PagesSkip) && !places.is_empty() {
                places.remove(0);
            }
        }
        let limit = query.limit.get() as usize;
        places.truncate(match self.wrong {
            Wrong::PagesTooLarge => limit.saturating_add(1),
            Wrong::PagesTooSmall => limit.min(10),
            _ => limit,
        });
        if self.is(Wrong::PagesShowAKeyOnce) {
            let mut shown = BTreeSet::new();
            places.retain(|place| shown.insert(place.key.clone()));
        }
        places
    }

    fn compare(&self, one: &ListPlace, other: &ListPlace) -> Ordering {
        let number = |place: &ListPlace| place.order.get();
        let (a, b) = (number(one), number(other));
        let orders = match self.wrong {
            Wrong::SortsOrdersAsText => a.to_string().cmp(&b.to_string()),
            Wrong::SortsOrdersSigned => a.cast_signed().cmp(&b.cast_signed()),
            _ => a.cmp(&b),
        };
        let length = |place: &ListPlace| place.key.as_str().len();
        let lengths = match self.wrong {
            Wrong::SortsKeysByLength => length(one).cmp(&length(other)),
            _ => Ordering::Equal,
        };
        orders.then(lengths).then_with(|| one.key.cmp(&other.key))
    }

    pub(super) async fn counts_wrongly(
        &self,
        store: &MemoryReadModels,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        let earlier = self.checkpoint_read_first(store, Wrong::CountsInTwoSteps, slice);
        let earlier = earlier.await?;
        let mut counts = store.counts(slice, index, group).await?;
        counts.checkpoint = earlier.unwrap_or(counts.checkpoint);
        match self.wrong {
            Wrong::ShowsZeroes => counts.counts.extend(self.zeroes(slice, &counts, group)),
            Wrong::SortsCountsByNumber => counts.counts.sort_by_key(|(_, count)| *count),
            _ => {}
        }
        Ok(counts)
    }

    /// Members that were counted once, and are no more.
    fn zeroes(&self, slice: &SliceName, counts: &Counts, group: &str) -> Option<(Box<str>, u64)> {
        let notes = self.notes();
        let written = notes.get(slice)?.counts.iter();
        let gone = |member: &str| counts.counts.iter().all(|(there, _)| &**there != member);
        let mut of_group = written.filter(|(cell, _)| &*cell.group == group);
        let (cell, _) = of_group.find(|(cell, _)| gone(&cell.member))?;
        Some((cell.member.clone(), 0))
    }
}

fn invented() -> SliceCheckpoint {
    SliceCheckpoint {
        incarnation: Incarnation::new(0),
        schema: ViewSchema::new(0),
        phase: Phase::Ready,
        position: GlobalPosition::START,
        last_event: None,
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}
