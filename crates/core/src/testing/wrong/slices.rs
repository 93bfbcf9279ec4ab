//! Wrong stores of read models.

mod committing;
mod reading;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use super::wrongs;
use crate::{
    CommitError, CountCell, Counts, Generation, GenerationName, IndexName, ListName, ListPage,
    ListPlace, ListQuery, Loaded, Lookup, ModelName, NamespaceName, ProjectionName, ReadModelStore,
    Slice, SliceCheckpoint, SliceName, SliceWrites, StoreError, ViewKey, Wanted,
};

wrongs! {
    /// How a store of read models can be wrong.
    WrongSlices {
        /// Finds a checkpoint in every slice.
        InventsACheckpoint breaks "a_slice_has_no_checkpoint_at_first",
        /// Says that it committed.
        NeverCommits breaks "a_commit_begins_a_slice_and_moves_it",
        /// Keeps one number of a position.
        KeepsHalfAPosition breaks "all_of_a_checkpoint_reads_back",
        /// Commits whatever is expected.
        ComparesNothing breaks "a_commit_compares_the_whole_checkpoint",
        /// Compares the position and nothing else.
        ComparesThePositionOnly breaks "a_commit_compares_the_whole_checkpoint",
        /// Does not compare the phase.
        IgnoresThePhase breaks "a_commit_compares_the_whole_checkpoint",
        /// Does not compare the last event.
        IgnoresTheLastEvent breaks "a_commit_compares_the_whole_checkpoint",
        /// Does not compare the incarnation.
        IgnoresTheIncarnation breaks "a_commit_compares_the_whole_checkpoint",
        /// Does not compare the schema.
        IgnoresTheSchema breaks "a_commit_compares_the_whole_checkpoint",
        /// Says of every slice that it is empty.
        HidesWhereItIs breaks "a_commit_compares_the_whole_checkpoint",
        /// Knows a repeat by its position.
        KnowsARepeatByItsPosition breaks "a_repeat_is_known_by_the_whole_checkpoint",
        /// Writes first, and compares later.
        WritesWhatItRefuses breaks "a_refused_commit_writes_nothing",
        /// Lets anybody begin a slice again.
        BeginsAgain breaks "a_written_slice_is_never_begun_again",
        /// Goes on with a slice that is not there.
        GoesOnFromNothing breaks "an_unwritten_slice_is_not_gone_on_with",
        /// Refuses a commit that was done already.
        RefusesARepeat breaks "a_repeated_commit_changes_nothing",
        /// Writes again what was committed already.
        WritesARepeatAgain breaks "a_repeated_commit_changes_nothing",
        /// Does nothing where nothing is to be written.
        SkipsCommitsWithoutWrites breaks "a_commit_without_writes_moves_the_checkpoint",
        /// Moves forward only, and says nothing.
        OnlyMovesForward breaks "a_slice_moves_back_for_who_knows_where_it_is",
        /// Shows documents of the incarnation before.
        KeepsOldDocuments breaks "a_new_incarnation_forgets_the_one_before",
        /// Shows lookups of the incarnation before.
        KeepsOldLookups breaks "a_new_incarnation_forgets_the_one_before",
        /// Shows places in lists of the incarnation before.
        KeepsOldLists breaks "a_new_incarnation_forgets_the_one_before",
        /// Shows counts of the incarnation before.
        KeepsOldCounts breaks "a_new_incarnation_forgets_the_one_before",
        /// Clears a slice after it has written what begins it.
        ForgetsWhatBeginsAnIncarnation breaks "a_new_incarnation_may_begin_with_writes",
        /// Keeps slices in one byte.
        MixesSlices breaks "slices_are_apart",
        /// Keeps one digit of a generation.
        MixesGenerations breaks "generations_are_apart",
        /// Does not tell capital letters from small ones in projections.
        MixesModels breaks "models_are_apart",
        /// Takes a read model for that of another namespace.
        ForgetsTheNamespace breaks "namespaces_are_apart",
        /// Counts no change.
        CountsNoChanges breaks "a_commit_counts_as_a_change",

        /// Removes no document.
        NeverRemovesDocuments breaks "documents_are_put_replaced_and_removed",
        /// Takes documents for text.
        TakesDocumentsForText breaks "documents_read_back_byte_by_byte",
        /// Cuts documents after 64 KiB.
        CutsLargeDocuments breaks "documents_read_back_byte_by_byte",
        /// Takes an empty document for none.
        TakesEmptyForNone breaks "documents_read_back_byte_by_byte",
        /// Writes a thousand documents at most.
        CutsLargeCommits breaks "many_things_fit_in_one_commit",
        /// Does not tell capital letters from small ones in keys.
        MixesKeys breaks "any_text_is_a_key",
        /// Joins group and member by a colon.
        JoinsGroupAndMember breaks "any_text_is_a_value",
        /// Ends values where a C string ends.
        CutsValuesAtZero breaks "any_text_is_a_value",
        /// Keeps all indexes in one.
        MixesIndexes breaks "indexes_are_apart",
        /// Removes no lookup.
        NeverRemovesLookups breaks "a_lookup_leads_moves_and_vanishes",
        /// Keeps the first key that claims a value.
        KeepsTheFirstClaimant breaks "a_value_leads_to_all_that_claim_it",
        /// Keeps the last key that claims a value.
        KeepsTheLastClaimant breaks "a_value_leads_to_all_that_claim_it",
        /// Frees a value of all claims when one is given up.
        GivesUpAllClaims breaks "a_value_leads_to_all_that_claim_it",
        /// Keeps as many claims of a value as it tells.
        KeepsOnlyTheClaimsItTells breaks "of_many_claimants_some_are_told_and_all_are_kept",
        /// Tells the claimants of a value from the last to the first.
        TellsClaimantsBackwards breaks "a_value_leads_to_all_that_claim_it",
        /// Leaves no place.
        NeverLeavesPlaces breaks "a_place_is_taken_and_left",
        /// Sorts orders as text.
        SortsOrdersAsText breaks "a_list_is_in_order_and_then_by_key",
        /// Sorts orders as signed numbers.
        SortsOrdersSigned breaks "a_list_is_in_order_and_then_by_key",
        /// Keeps orders as floating-point numbers.
        KeepsOrdersAsFloats breaks "a_list_is_in_order_and_then_by_key",
        /// Sorts equal orders by the length of the key.
        SortsKeysByLength breaks "a_list_is_in_order_and_then_by_key",
        /// Begins at the smallest order always.
        IgnoresTheDirection breaks "a_list_is_in_order_and_then_by_key",
        /// Begins each further page with the last place of the page before.
        PagesRepeat breaks "pages_of_a_list_join_without_gap_or_repeat",
        /// Leaves out the first place of each further page.
        PagesSkip breaks "pages_of_a_list_join_without_gap_or_repeat",
        /// Goes on behind the order, whatever the key.
        PagesSkipEqualOrders breaks "pages_of_a_list_join_without_gap_or_repeat",
        /// Shows a key once a page, however many places it has there.
        PagesShowAKeyOnce breaks "pages_of_a_list_join_without_gap_or_repeat",
        /// Gives one place more than was asked for.
        PagesTooLarge breaks "pages_of_a_list_join_without_gap_or_repeat",
        /// Gives ten places at most.
        PagesTooSmall breaks "pages_of_a_list_join_without_gap_or_repeat",
        /// Begins anew behind a place that is not taken.
        WantsThePlaceTaken breaks "a_list_goes_on_behind_any_place",
        /// Takes counts for increments.
        AddsCounts breaks "counts_are_set_and_0_removes_them",
        /// Tells counts that are 0.
        TellsZeroes breaks "counts_are_set_and_0_removes_them",
        /// Keeps counts as floating-point numbers.
        KeepsCountsAsFloats breaks "counts_are_set_and_0_removes_them",
        /// Tells the smallest count first.
        SortsCountsByNumber breaks "counts_are_in_order_of_their_members",
        /// Answers in order of the keys.
        AnswersInOrderOfKeys breaks "a_load_answers_in_the_order_asked",
        /// Leaves out what is not there.
        AnswersOnlyWhatIsThere breaks "a_load_answers_in_the_order_asked",

        /// Reads the checkpoint, and the rest later.
        LoadsInTwoSteps breaks "a_load_is_of_one_moment",
        /// Reads the checkpoint, and the list later.
        ListsInTwoSteps breaks "a_page_of_a_list_is_of_one_moment",
        /// Reads the checkpoint, and the counts later.
        CountsInTwoSteps breaks "counts_of_a_group_are_of_one_moment",
        /// Compares, and commits later.
        ChecksThenCommits breaks "one_of_several_committers_wins",
        /// Compares only where the slice would move forward.
        CommitsBackwards breaks "twins_count_every_event_once",
        /// Writes documents, and the rest later.
        CommitsInTwoSteps breaks "a_dropped_commit_is_whole_or_absent",
    }
}

/// A store of read models that keeps every promise of `S` but one.
#[derive(Debug)]
pub struct WrongSliceStore<S> {
    store: S,
    wrong: WrongSlices,
    notes: Mutex<Notes>,
}

/// What some wrongs must remember.
#[derive(Debug, Default)]
struct Notes {
    /// All that was ever written to each slice.
    written: BTreeMap<SliceName, SliceWrites>,
}

impl<S: ReadModelStore> WrongSliceStore<S> {
    /// A store that is wrong in this one way.
    pub fn new(store: S, wrong: WrongSlices) -> Self {
        Self {
            store,
            wrong,
            notes: Mutex::default(),
        }
    }

    fn is(&self, wrong: WrongSlices) -> bool {
        self.wrong == wrong
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().expect("no code panics under this lock")
    }

    fn slice(&self, slice: &SliceName) -> SliceName {
        let mut slice = slice.clone();
        let GenerationName { model, generation } = &mut slice.generation;
        match self.wrong {
            WrongSlices::MixesSlices => slice.slice = Slice::new(slice.slice.get() % 256),
            WrongSlices::MixesGenerations => *generation = Generation::new(generation.get() % 10),
            WrongSlices::MixesModels => *model = lower(model),
            WrongSlices::ForgetsTheNamespace => *model = of_any_namespace(model),
            _ => {}
        }
        slice
    }

    fn key(&self, key: &ViewKey) -> ViewKey {
        if self.is(WrongSlices::MixesKeys) {
            return ViewKey::new(key.as_str().to_lowercase()).unwrap_or_else(|_| key.clone());
        }
        key.clone()
    }

    fn index(&self, index: IndexName) -> IndexName {
        if self.is(WrongSlices::MixesIndexes) {
            return IndexName::new("all");
        }
        index
    }

    fn lookup(&self, lookup: &Lookup) -> Lookup {
        let mut value = &*lookup.value;
        if self.is(WrongSlices::CutsValuesAtZero) {
            value = value.split('\0').next().unwrap_or_default();
        }
        Lookup {
            index: self.index(lookup.index),
            value: value.into(),
        }
    }

    fn list_name(&self, list: &ListName) -> ListName {
        ListName {
            index: self.index(list.index),
            ..list.clone()
        }
    }

    fn place(&self, place: &ListPlace) -> ListPlace {
        ListPlace {
            key: self.key(&place.key),
            ..place.clone()
        }
    }

    fn cell(&self, cell: &CountCell) -> CountCell {
        let mut cell = CountCell {
            index: self.index(cell.index),
            ..cell.clone()
        };
        if self.is(WrongSlices::JoinsGroupAndMember) {
            let joined = format!("{}:{}", cell.group, cell.member);
            if let Some((group, member)) = joined.split_once(':') {
                (cell.group, cell.member) = (group.into(), member.into());
            }
        }
        cell
    }
}

/// A read model without its namespace.
pub(super) fn of_any_namespace(model: &ModelName) -> ModelName {
    ModelName {
        namespace: NamespaceName::new("any").expect("a word"),
        ..model.clone()
    }
}

pub(super) fn lower(model: &ModelName) -> ModelName {
    let lower = ProjectionName::new(model.projection.as_str().to_lowercase());
    ModelName {
        projection: lower.expect("still a word"),
        ..model.clone()
    }
}

impl<S: ReadModelStore> ReadModelStore for WrongSliceStore<S> {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        self.load_wrongly(&self.slice(slice), wanted).await
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let slice = self.slice(slice);
        self.commit_wrongly(&slice, expected, next, writes).await
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        self.list_wrongly(&self.slice(slice), query).await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        let (slice, index) = (self.slice(slice), self.index(index));
        self.counts_wrongly(&slice, index, group).await
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        if self.is(WrongSlices::CountsNoChanges) {
            return Some(0);
        }
        self.store.changes(namespace)
    }
}
