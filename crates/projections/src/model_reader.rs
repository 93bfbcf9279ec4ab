//! Asking a read model.

mod answer;
mod asking;
mod seen;
mod waiting;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::try_join_all;
use minwon_core::{
    CLAIMANTS_MAX, Catalogue, Direction, IndexEntry, IndexName, ListName, ListPlace, ListQuery,
    Loaded, Lookup, ModelName, NamespaceName, Order, Projection, ReadModelAdmin, ReadModelStore,
    Slice, SliceCheckpoint, SliceName, StoreError, Timer, Token, ViewKey, Wanted,
};

use tokio::sync::watch;

pub use self::answer::{Answer, AsOf, ListAnswer, ListPart, QueryError};
use self::{
    asking::Active,
    seen::{Place, Seen},
    waiting::Looks,
};
use crate::{
    ProjectorStatus,
    document::Document,
    held::{ALL, HELD, Held},
    versions::{EarlierVersions, ReadVersion, Versions},
};

/// Places that are looked at first where only what stands before some place is wanted.
const KEYS_FIRST: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// Asks the read model of one projection.
///
/// Every answer says as of where in the log it is. That something is missing is only said of
/// slices that are complete; before that the answer is [`QueryError::Rebuilding`].
///
/// The generation that answers is asked, where the reader understands its fold; otherwise the
/// newest that it understands and that is complete. So a reader goes on answering while programs
/// of a newer version have theirs promoted. From one generation to another no answer is older than
/// one before, as long as one of them is as far on.
pub struct ModelReader<P: Projection, R, T> {
    /// The versions that it understands, the newest first.
    versions: Vec<Arc<dyn ReadVersion<P::View>>>,
    read_models: R,
    timer: T,
    model: ModelName,
    catalogue: Mutex<Option<Arc<Catalogue>>>,
    seen: Seen,
    looks: Looks,
}

impl<P: Projection, R: fmt::Debug, T> fmt::Debug for ModelReader<P, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelReader")
            .field("model", &self.model)
            .field("read_models", &self.read_models)
            .finish_non_exhaustive()
    }
}

impl<P: Projection, R: ReadModelStore + ReadModelAdmin, T: Timer> ModelReader<P, R, T> {
    /// A reader of what `projection` comes to in a namespace.
    pub fn new(namespace: NamespaceName, projection: P, read_models: R, timer: T) -> Self {
        Self::of_versions(namespace, &Versions::of(projection), read_models, timer)
    }

    /// A reader of what a projection comes to in a namespace, which understands it in these
    /// versions. Earlier views are shown in the words of the newest.
    pub fn of_versions<N, E>(
        namespace: NamespaceName,
        versions: &Versions<N, E>,
        read_models: R,
        timer: T,
    ) -> Self
    where
        N: Projection<View = P::View>,
        E: EarlierVersions<N>,
    {
        Self {
            model: ModelName {
                namespace,
                projection: versions.name().clone(),
            },
            versions: versions.readers(),
            read_models,
            timer,
            catalogue: Mutex::default(),
            seen: Seen::default(),
            looks: Looks::default(),
        }
    }

    /// Whoever [waits](Self::wait_for) is woken by this projector, which keeps the read model in
    /// the same process: give its [`status`](crate::Projector::status). Without it the store is
    /// asked again and again, the longer the less often.
    #[must_use]
    pub fn woken_by(mut self, projector: watch::Receiver<ProjectorStatus>) -> Self {
        self.looks.wake_by(projector);
        self
    }

    /// The timer that its waits are by, which is its clock as well.
    pub const fn timer(&self) -> &T {
        &self.timer
    }

    /// Returns how often the read side was found further back than it had been: after a failover, a
    /// flush, or when it began again.
    pub fn times_gone_backwards(&self) -> u64 {
        self.seen.times_gone_backwards()
    }

    /// [How many changes](ReadModelStore::changes) of its namespace the store has counted; none
    /// where it does not.
    pub fn changes(&self) -> Option<u64> {
        self.read_models.changes(&self.model.namespace)
    }

    /// The view of `key`.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn get(&self, key: &ViewKey) -> Result<Answer<Option<P::View>>, QueryError> {
        self.query(None, move |active| async move {
            let slice = active.slice_of(key);
            let (document, as_of) = self.document(&active, slice, key, None).await?;
            Ok(as_of.answer(document.view))
        })
        .await
    }

    /// As [`get`](Self::get), once answers about the key show what `token` stands for, where there
    /// is one: so that whoever gave a command sees its effect.
    ///
    /// # Errors
    /// As [`wait_for_key`](Self::wait_for_key) and [`get`](Self::get).
    pub async fn get_after(
        &self,
        token: Option<&Token>,
        key: impl Into<ViewKey>,
        time_out: Duration,
    ) -> Result<Answer<Option<P::View>>, QueryError> {
        let key = key.into();
        if let Some(token) = token {
            self.wait_for_key(token, &key, time_out).await?;
        }
        self.get(&key).await
    }

    /// The view that a value leads to.
    ///
    /// # Errors
    /// [`QueryError`]; [`Ambiguous`](QueryError::Ambiguous) where several views claim the value.
    pub async fn find(
        &self,
        lookup: &Lookup,
    ) -> Result<Answer<Option<(ViewKey, P::View)>>, QueryError> {
        self.find_where(lookup, |_| true).await
    }

    /// Of the views that a value leads to, the one that `is_it` is true of: where several may claim
    /// one value, for example the one of a given applicant.
    ///
    /// # Errors
    /// [`QueryError`]; [`Ambiguous`](QueryError::Ambiguous) where `is_it` is true of several, and
    /// where it is true of none while a slice has more claimants than it returns
    /// ([`CLAIMANTS_MAX`]).
    pub async fn find_where(
        &self,
        lookup: &Lookup,
        is_it: impl Fn(&P::View) -> bool,
    ) -> Result<Answer<Option<(ViewKey, P::View)>>, QueryError> {
        let is_it = &is_it;
        self.query(Some(lookup.index), move |active| async move {
            let wanted = Wanted {
                lookups: std::slice::from_ref(lookup),
                ..Wanted::default()
            };
            let names = active.slices();
            let loads = names
                .iter()
                .map(|name| self.read_models.load(name, &wanted));
            let loaded = self.ask_each(&active, &names, loads, |loaded| &loaded.checkpoint);
            let (loaded, mut as_of) = loaded.await?;
            let claims = || loaded.iter().flat_map(|loaded| &loaded.lookups);
            let are_all_claimants = claims().all(|keys| keys.len() < CLAIMANTS_MAX);
            let claimants = claims().flatten().cloned().collect();
            let (documents, documents_as_of) = self.documents(&active, claimants).await?;
            if let Some(documents_as_of) = documents_as_of {
                as_of = documents_as_of.gone_backwards_if(as_of.went_backwards);
            }
            let place = IndexEntry::Lookup(lookup.clone());
            let mut found = Vec::new();
            for (key, document) in documents {
                // It may have changed since it was found.
                let view = active.read(&key, document.as_deref(), Some(&place))?.view;
                if let Some(view) = view.filter(is_it) {
                    found.push((key, view));
                }
            }
            match found.pop() {
                None if are_all_claimants => {
                    // One may stand where it cannot be seen, also one that left its place meanwhile.
                    active.all_ready(loaded.iter().map(|loaded| &loaded.checkpoint))?;
                    Ok(as_of.answer(None))
                }
                Some(one) if found.is_empty() => Ok(as_of.answer(Some(one))),
                last => Err(QueryError::Ambiguous {
                    index: lookup.index,
                    value: lookup.value.clone(),
                    keys: found.into_iter().chain(last).map(|(key, _)| key).collect(),
                }),
            }
        })
        .await
    }

    /// Part of a list, with the views that stand there.
    ///
    /// A view that has several places in the list is shown at each of them: all parts together are
    /// the list, however it is cut. A view that left its place while the list was read is left out;
    /// so a part may be shorter than asked, and only a missing [`next`](ListAnswer::next) marks the
    /// end.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn list(
        &self,
        list: &ListName,
        part: &ListPart,
    ) -> Result<Answer<ListAnswer<P::View>>, QueryError> {
        self.list_documents(list, part, |key, document| Some((key, document.view?)))
            .await
    }

    /// Part of a list, with what `show` makes of the documents that stand there.
    async fn list_documents<A>(
        &self,
        list: &ListName,
        part: &ListPart,
        show: impl Fn(ViewKey, Document<P::View>) -> Option<(ViewKey, A)>,
    ) -> Result<Answer<ListAnswer<A>>, QueryError> {
        let show = &show;
        self.query(Some(list.index), move |active| async move {
            let list_of = std::slice::from_ref(list);
            let (places, as_of) = self.places(&active, list_of, part).await?;
            let next = next_after(&places, part);
            let (documents, as_of) = self.documents_at(&active, &places, as_of).await?;
            let mut views = Vec::with_capacity(places.len());
            for place in places {
                // One of several places may be the key's: each of them shows it.
                let document = documents.get(&place.key).and_then(Option::as_deref);
                let here = IndexEntry::Listed {
                    list: list.clone(),
                    order: place.order,
                };
                let document = active.read(&place.key, document, Some(&here))?;
                views.extend(show(place.key, document));
            }
            Ok(as_of.answer(ListAnswer { views, next }))
        })
        .await
    }

    /// Returns the keys of a list that stand before `end`, in its order and at most `most` of them. Looks at no
    /// view, so one that is just leaving its place may be among them.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn keys_before(
        &self,
        list: &ListName,
        end: Order,
        most: NonZeroU32,
    ) -> Result<Answer<Vec<ViewKey>>, QueryError> {
        self.query(Some(list.index), move |active| async move {
            // Twice as many each time: of a long list of which few stand before `end` few are read.
            let mut part = ListPart::first(most.min(KEYS_FIRST));
            let (mut keys, mut as_of) = (Vec::new(), None);
            loop {
                let list_of = std::slice::from_ref(list);
                let (places, now) = self.places(&active, list_of, &part).await?;
                let next = next_after(&places, &part).filter(|place| place.order < end);
                let before = places.into_iter().take_while(|place| place.order < end);
                keys.extend(before.map(|place| place.key));
                let earlier = match as_of {
                    Some(before) => AsOf::earlier(before, now),
                    None => now,
                };
                let left = (most.get() as usize).saturating_sub(keys.len());
                let left = u32::try_from(left).ok().and_then(NonZeroU32::new);
                match (next, left) {
                    (Some(next), Some(left)) => {
                        part.limit = part.limit.saturating_add(part.limit.get()).min(left);
                        (part, as_of) = (part.after(next), Some(earlier));
                    }
                    _ => return Ok(earlier.answer(keys)),
                }
            }
        })
        .await
    }

    /// Returns how many wait through this reader until the read model shows something.
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.looks.waiters()
    }

    /// The namespace of the read model.
    #[must_use]
    pub fn namespace(&self) -> &NamespaceName {
        &self.model.namespace
    }

    /// Part of several lists of one index together, with the views at their places, whether they still stand
    /// there or not; none where a key has no view any more.
    pub(crate) async fn views_at(
        &self,
        lists: &[ListName],
        part: &ListPart,
    ) -> Result<Answer<Placed<P::View>>, QueryError> {
        let index = lists.first().map(|list| list.index);
        self.query(index, move |active| async move {
            let (places, as_of) = self.places(&active, lists, part).await?;
            let next = next_after(&places, part);
            let (documents, as_of) = self.documents_at(&active, &places, as_of).await?;
            let views = places.into_iter().map(|place| {
                let document = documents.get(&place.key).and_then(Option::as_deref);
                let document = active.read(&place.key, document, None)?;
                Ok((place, document.view))
            });
            let views = views.collect::<Result<_, QueryError>>()?;
            Ok(as_of.answer(Placed { views, next }))
        })
        .await
    }

    /// The places of part of some lists together, each once.
    async fn places(
        &self,
        active: &Active<P::View>,
        lists: &[ListName],
        part: &ListPart,
    ) -> Result<(Vec<ListPlace>, AsOf), QueryError> {
        let slices = active.slices();
        let queries = lists.iter().map(|list| ListQuery {
            list: list.clone(),
            after: part.after.clone(),
            direction: part.direction,
            limit: part.limit,
        });
        let queries: Vec<_> = queries.collect();
        let (mut names, mut pages) = (Vec::new(), Vec::new());
        for query in &queries {
            names.extend(slices.iter().cloned());
            for slice in &slices {
                pages.push(self.read_models.list(slice, query));
            }
        }
        let pages = pages.into_iter();
        let pages = self.ask_ready(active, &names, pages, |page| &page.checkpoint);
        let (pages, as_of) = pages.await?;
        let places = merge(pages.into_iter().map(|page| page.places), part);
        Ok((places, as_of))
    }

    /// The documents at some places, beside what was said of the places.
    async fn documents_at(
        &self,
        active: &Active<P::View>,
        places: &[ListPlace],
        as_of: AsOf,
    ) -> Result<(BTreeMap<ViewKey, Option<Bytes>>, AsOf), QueryError> {
        let keys = places.iter().map(|place| place.key.clone()).collect();
        let (documents, documents_as_of) = self.documents(active, keys).await?;
        Ok(match documents_as_of {
            Some(other) => (documents, as_of.earlier(other)),
            None => (documents, as_of),
        })
    }

    /// The counts of a group, over all slices.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn counts(
        &self,
        index: IndexName,
        group: &str,
    ) -> Result<Answer<BTreeMap<Box<str>, u64>>, QueryError> {
        self.query(Some(index), move |active| async move {
            let names = active.slices();
            let counts = names.iter();
            let counts = counts.map(|name| self.read_models.counts(name, index, group));
            let counts = self.ask_ready(&active, &names, counts, |counts| &counts.checkpoint);
            let (counts, as_of) = counts.await?;
            let mut sums = BTreeMap::new();
            for (member, count) in counts.into_iter().flat_map(|counts| counts.counts) {
                *sums.entry(member).or_default() += count;
            }
            Ok(as_of.answer(sums))
        })
        .await
    }

    /// Returns why the view of `key` does not go on; none where it does. While it is held back
    /// [`get`](Self::get) shows what was before that event.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn held(&self, key: &ViewKey) -> Result<Answer<Option<Held>>, QueryError> {
        self.query(None, move |active| async move {
            let slice = active.slice_of(key);
            let (document, as_of) = self.document(&active, slice, key, None).await?;
            Ok(as_of.answer(document.held.map(|held| *held)))
        })
        .await
    }

    /// Part of all keys that are held back, in the order of their events in the log.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn held_keys(&self, part: &ListPart) -> Result<Answer<ListAnswer<Held>>, QueryError> {
        let list = ListName {
            index: HELD,
            partition: ALL.into(),
        };
        self.list_documents(&list, part, |key, document| {
            document.held.map(|held| (key, *held))
        })
        .await
    }

    /// Returns how many keys are held back.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn held_count(&self) -> Result<Answer<u64>, QueryError> {
        let counts = self.counts(HELD, ALL).await?;
        Ok(counts.map(|counts| counts.values().sum()))
    }

    /// Waits until the read model shows what `token` stands for, in all slices. All who wait
    /// through one reader share the looks at the store.
    ///
    /// # Errors
    /// [`QueryError::NotYet`] after `time_out`; then the answer would be older than asked.
    pub async fn wait_for(&self, token: &Token, time_out: Duration) -> Result<AsOf, QueryError> {
        self.wait(token, None, time_out).await
    }

    /// Waits until the read model shows what `token` stands for, of one key; sooner than for all.
    ///
    /// # Errors
    /// As [`wait_for`](Self::wait_for).
    pub async fn wait_for_key(
        &self,
        token: &Token,
        key: &ViewKey,
        time_out: Duration,
    ) -> Result<AsOf, QueryError> {
        self.wait(token, Some(key), time_out).await
    }

    /// Asks some slices at once; with as of when they answered.
    async fn ask_each<A, F: Future<Output = Result<A, StoreError>>>(
        &self,
        active: &Active<P::View>,
        names: &[SliceName],
        asks: impl Iterator<Item = F>,
        checkpoint: impl Fn(&A) -> &Option<SliceCheckpoint>,
    ) -> Result<(Vec<A>, AsOf), QueryError> {
        let before = self.seen.places(names);
        let answers = try_join_all(asks).await?;
        let as_of = self.as_of(active, names, before, answers.iter().map(checkpoint));
        Ok((answers, as_of))
    }

    /// Asks some slices at once, which have to be complete.
    async fn ask_ready<A, F: Future<Output = Result<A, StoreError>>>(
        &self,
        active: &Active<P::View>,
        names: &[SliceName],
        asks: impl Iterator<Item = F>,
        checkpoint: impl Fn(&A) -> &Option<SliceCheckpoint>,
    ) -> Result<(Vec<A>, AsOf), QueryError> {
        let (answers, as_of) = self.ask_each(active, names, asks, &checkpoint).await?;
        active.all_ready(answers.iter().map(checkpoint))?;
        Ok((answers, as_of))
    }

    /// The document of one key, of a slice that is complete.
    async fn document(
        &self,
        active: &Active<P::View>,
        slice: SliceName,
        key: &ViewKey,
        place: Option<&IndexEntry>,
    ) -> Result<(Document<P::View>, AsOf), QueryError> {
        let wanted = Wanted {
            documents: std::slice::from_ref(key),
            ..Wanted::default()
        };
        let load = std::iter::once(self.read_models.load(&slice, &wanted));
        let names = std::slice::from_ref(&slice);
        let loaded = self.ask_ready(active, names, load, |loaded: &Loaded| &loaded.checkpoint);
        let (loaded, as_of) = loaded.await?;
        let mut documents = loaded.into_iter().flat_map(|loaded| loaded.documents);
        let document = documents.next().flatten();
        Ok((active.read(key, document.as_deref(), place)?, as_of))
    }

    /// The documents of some keys, of slices that are complete; and as of when, where any was
    /// asked.
    async fn documents(
        &self,
        active: &Active<P::View>,
        keys: BTreeSet<ViewKey>,
    ) -> Result<(BTreeMap<ViewKey, Option<Bytes>>, Option<AsOf>), QueryError> {
        let mut by_slice = BTreeMap::<Slice, Vec<ViewKey>>::new();
        for key in keys {
            let slice = active.slice_of(&key).slice;
            by_slice.entry(slice).or_default().push(key);
        }
        let names = by_slice.keys().map(|slice| active.name.slice(*slice));
        let names: Vec<_> = names.collect();
        let wanted: Vec<_> = by_slice
            .values()
            .map(|documents| Wanted {
                documents,
                ..Wanted::default()
            })
            .collect();
        let loads = names.iter().zip(&wanted);
        let loads = loads.map(|(name, wanted)| self.read_models.load(name, wanted));
        let loaded = self.ask_ready(active, &names, loads, |loaded: &Loaded| &loaded.checkpoint);
        let (loaded, as_of) = loaded.await?;
        let as_of = (!names.is_empty()).then_some(as_of);
        let documents = loaded.into_iter().flat_map(|loaded| loaded.documents);
        let keys = by_slice.into_values().flatten();
        Ok((keys.zip(documents).collect(), as_of))
    }

    /// The earliest of some checkpoints, and whether one of them went backwards.
    fn as_of<'c>(
        &self,
        active: &Active<P::View>,
        names: &[SliceName],
        before: Vec<Option<Place>>,
        checkpoints: impl Iterator<Item = &'c Option<SliceCheckpoint>>,
    ) -> AsOf {
        let mut each = self.as_of_each(active, names, before, checkpoints);
        let first = each.pop();
        let first = first.unwrap_or_else(|| AsOf::of(active.info.generation, None));
        each.into_iter().fold(first, AsOf::earlier)
    }

    /// Returns how far each of some slices is, and whether it went backwards.
    fn as_of_each<'c>(
        &self,
        active: &Active<P::View>,
        names: &[SliceName],
        before: Vec<Option<Place>>,
        checkpoints: impl Iterator<Item = &'c Option<SliceCheckpoint>>,
    ) -> Vec<AsOf> {
        let mut slices_back = 0;
        let slices = names.iter().zip(before).zip(checkpoints);
        let each = slices.map(|((name, before), checkpoint)| {
            let went_backwards = self.seen.note(name, before, checkpoint.as_ref());
            slices_back += u64::from(went_backwards);
            let is_behind = active.note_behind(name.slice, checkpoint.as_ref());
            AsOf::of(active.info.generation, checkpoint.as_ref())
                .gone_backwards_if(went_backwards || is_behind)
        });
        let each: Vec<_> = each.collect();
        if slices_back > 0 {
            self.seen.warn(&self.model, slices_back, &self.timer);
        }
        each
    }
}

/// Part of some lists, with what stands at their places.
pub(crate) struct Placed<V> {
    pub(crate) views: Vec<(ListPlace, Option<V>)>,
    pub(crate) next: Option<ListPlace>,
}

/// Where the part behind these places begins; none at the end.
fn next_after(places: &[ListPlace], part: &ListPart) -> Option<ListPlace> {
    let is_end = places.len() < part.limit.get() as usize;
    places.last().cloned().filter(|_| !is_end)
}

/// The first places of several sorted lists, each once.
fn merge(pages: impl Iterator<Item = Vec<ListPlace>>, part: &ListPart) -> Vec<ListPlace> {
    let mut places: Vec<_> = pages.flatten().collect();
    places.sort_unstable();
    places.dedup();
    if part.direction == Direction::Descending {
        places.reverse();
    }
    places.truncate(part.limit.get() as usize);
    places
}

impl Default for ListPart {
    /// The first hundred.
    fn default() -> Self {
        Self::first(NonZeroU32::new(100).expect("not 0"))
    }
}

impl ListPart {
    /// The first `limit` of a list.
    #[must_use]
    pub const fn first(limit: NonZeroU32) -> Self {
        Self {
            after: None,
            direction: Direction::Ascending,
            limit,
        }
    }

    /// From the other end.
    #[must_use]
    pub const fn last_first(mut self) -> Self {
        self.direction = Direction::Descending;
        self
    }

    /// Behind this place: the [`next`](ListAnswer::next) of the part before.
    #[must_use]
    pub fn after(mut self, place: ListPlace) -> Self {
        self.after = Some(place);
        self
    }
}

#[cfg(test)]
mod tests;
