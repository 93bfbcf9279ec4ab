//! Stores of read models that are wrong, and how they name things.

use std::collections::BTreeMap;

use super::{WrongStore, Wrongly, wrongs};
use crate::{
    CommitError, CountCell, Counts, Generation, GenerationName, IndexName, ListName, ListPage,
    ListPlace, ListQuery, Loaded, Lookup, ModelName, NamespaceName, ProjectionName, ReadModelStore,
    Slice, SliceCheckpoint, SliceName, SliceWrites, StoreError, ViewKey, Wanted,
    memory::MemoryReadModels,
};

wrongs! {
    /// How a store of read models can be wrong.
    Wrong {
        InventsACheckpoint breaks "a_slice_has_no_checkpoint_at_first",
        NeverCommits breaks "a_commit_begins_a_slice_and_moves_it",
        KeepsHalfAPosition breaks "all_of_a_checkpoint_reads_back",
        ComparesNothing breaks "a_commit_compares_the_whole_checkpoint",
        ComparesThePositionOnly breaks "a_commit_compares_the_whole_checkpoint",
        IgnoresThePhase breaks "a_commit_compares_the_whole_checkpoint",
        IgnoresTheLastEvent breaks "a_commit_compares_the_whole_checkpoint",
        IgnoresTheIncarnation breaks "a_commit_compares_the_whole_checkpoint",
        IgnoresTheSchema breaks "a_commit_compares_the_whole_checkpoint",
        HidesWhereItIs breaks "a_commit_compares_the_whole_checkpoint",
        KnowsARepeatByItsPosition breaks "a_repeat_is_known_by_the_whole_checkpoint",
        WritesWhatItRefuses breaks "a_commit_from_elsewhere_is_refused_and_writes_nothing",
        BeginsAgain breaks "a_commit_from_elsewhere_is_refused_and_writes_nothing",
        GoesOnFromNothing breaks "a_commit_from_elsewhere_is_refused_and_writes_nothing",
        RefusesARepeat breaks "a_repeated_commit_changes_nothing",
        WritesARepeatAgain breaks "a_repeated_commit_changes_nothing",
        SkipsCommitsWithoutWrites breaks "a_commit_without_writes_moves_the_checkpoint",
        OnlyMovesForward breaks "a_slice_moves_back_for_who_knows_where_it_is",
        KeepsOldDocuments breaks "a_new_incarnation_forgets_the_one_before",
        KeepsOldLookups breaks "a_new_incarnation_forgets_the_one_before",
        KeepsOldLists breaks "a_new_incarnation_forgets_the_one_before",
        KeepsOldCounts breaks "a_new_incarnation_forgets_the_one_before",
        /// Clears a slice after it has written what begins it.
        ForgetsWhatBeginsAnIncarnation breaks "a_new_incarnation_may_begin_with_writes",
        /// Keeps slices in one byte.
        MixesSlices breaks "slices_are_apart",
        /// Keeps one digit of a generation.
        MixesGenerations breaks "generations_are_apart",
        /// Takes capital letters for small ones.
        MixesModels breaks "models_are_apart",
        ForgetsTheNamespace breaks "namespaces_are_apart",
        CountsNoChanges breaks "a_commit_counts_as_a_change",

        NeverRemovesDocuments breaks "documents_are_put_replaced_and_removed",
        TakesDocumentsForText breaks "documents_read_back_byte_by_byte",
        CutsLargeDocuments breaks "documents_read_back_byte_by_byte",
        TakesEmptyForNone breaks "documents_read_back_byte_by_byte",
        CutsLargeCommits breaks "many_things_fit_in_one_commit",
        MixesKeys breaks "any_text_is_a_key",
        /// Joins group and member by a colon.
        JoinsGroupAndMember breaks "any_text_is_a_value",
        /// Ends values where a C string ends.
        CutsValuesAtZero breaks "any_text_is_a_value",
        MixesIndexes breaks "indexes_are_apart",
        NeverRemovesLookups breaks "a_value_leads_to_all_that_claim_it",
        KeepsTheFirstClaimant breaks "a_value_leads_to_all_that_claim_it",
        KeepsTheLastClaimant breaks "a_value_leads_to_all_that_claim_it",
        GivesUpAllClaims breaks "a_value_leads_to_all_that_claim_it",
        /// Keeps as many claims of a value as it answers.
        KeepsFewClaims breaks "of_many_claimants_some_are_told_and_all_are_kept",
        ClaimantsBackwards breaks "a_value_leads_to_all_that_claim_it",
        NeverLeavesPlaces breaks "a_place_is_taken_and_left",
        SortsOrdersAsText breaks "a_list_is_in_order_and_then_by_key",
        SortsOrdersSigned breaks "a_list_is_in_order_and_then_by_key",
        KeepsOrdersAsFloats breaks "a_list_is_in_order_and_then_by_key",
        SortsKeysByLength breaks "a_list_is_in_order_and_then_by_key",
        IgnoresTheDirection breaks "a_list_is_in_order_and_then_by_key",
        PagesRepeat breaks "pages_of_a_list_join_without_gap_or_repeat",
        PagesSkip breaks "pages_of_a_list_join_without_gap_or_repeat",
        /// Goes on behind the order, whatever the key.
        PagesSkipEqualOrders breaks "pages_of_a_list_join_without_gap_or_repeat",
        PagesShowAKeyOnce breaks "pages_of_a_list_join_without_gap_or_repeat",
        PagesTooLarge breaks "pages_of_a_list_join_without_gap_or_repeat",
        PagesTooSmall breaks "pages_of_a_list_join_without_gap_or_repeat",
        /// Begins anew behind a place that is not taken.
        WantsThePlaceTaken breaks "a_list_goes_on_behind_any_place",
        AddsCounts breaks "counts_are_set_and_0_removes_them",
        ShowsZeroes breaks "counts_are_set_and_0_removes_them",
        KeepsCountsAsFloats breaks "counts_are_set_and_0_removes_them",
        SortsCountsByNumber breaks "counts_are_in_order_of_their_members",
        AnswersInOrderOfKeys breaks "a_load_answers_in_the_order_asked",
        AnswersOnlyWhatIsThere breaks "a_load_answers_in_the_order_asked",

        /// Reads the checkpoint, and the rest later; so the next two.
        LoadsInTwoSteps breaks "a_load_is_of_one_moment",
        ListsInTwoSteps breaks "a_page_of_a_list_is_of_one_moment",
        CountsInTwoSteps breaks "counts_of_a_group_are_of_one_moment",
        ChecksThenCommits breaks "one_of_several_committers_wins",
        /// Compares only where the slice would move forward.
        CommitsBackwards breaks "twins_count_every_event_once",
        CommitsInTwoSteps breaks "a_dropped_commit_is_whole_or_absent",
    }
}

/// All that was ever written to each slice.
type Written = BTreeMap<SliceName, SliceWrites>;

pub(super) type WrongSlices = Wrongly<Wrong, Written>;

impl WrongSlices {
    fn slice(&self, slice: &SliceName) -> SliceName {
        let mut slice = slice.clone();
        let GenerationName { model, generation } = &mut slice.generation;
        match self.wrong {
            Wrong::MixesSlices => slice.slice = Slice::new(slice.slice.get() % 256),
            Wrong::MixesGenerations => *generation = Generation::new(generation.get() % 10),
            Wrong::MixesModels => *model = lower(model),
            Wrong::ForgetsTheNamespace => *model = of_any_namespace(model),
            _ => {}
        }
        slice
    }

    pub(super) fn key(&self, key: &ViewKey) -> ViewKey {
        match self.wrong {
            Wrong::MixesKeys => ViewKey::new(key.as_str().to_lowercase()).unwrap(),
            _ => key.clone(),
        }
    }

    fn index(&self, index: IndexName) -> IndexName {
        match self.wrong {
            Wrong::MixesIndexes => IndexName::new("all"),
            _ => index,
        }
    }

    pub(super) fn lookup(&self, lookup: &Lookup) -> Lookup {
        let mut value = &*lookup.value;
        if self.is(Wrong::CutsValuesAtZero) {
            value = value.split('\0').next().unwrap_or_default();
        }
        Lookup {
            index: self.index(lookup.index),
            value: value.into(),
        }
    }

    pub(super) fn list_name(&self, list: &ListName) -> ListName {
        ListName {
            index: self.index(list.index),
            ..list.clone()
        }
    }

    pub(super) fn place(&self, place: &ListPlace) -> ListPlace {
        ListPlace {
            key: self.key(&place.key),
            ..place.clone()
        }
    }

    pub(super) fn cell(&self, cell: &CountCell) -> CountCell {
        let mut cell = CountCell {
            index: self.index(cell.index),
            ..cell.clone()
        };
        if self.is(Wrong::JoinsGroupAndMember) {
            let joined = format!("{}:{}", cell.group, cell.member);
            let (group, member) = joined.split_once(':').unwrap();
            (cell.group, cell.member) = (group.into(), member.into());
        }
        cell
    }
}

/// A read model without its namespace.
pub(super) fn of_any_namespace(model: &ModelName) -> ModelName {
    ModelName {
        namespace: NamespaceName::new("any").unwrap(),
        ..model.clone()
    }
}

pub(super) fn lower(model: &ModelName) -> ModelName {
    let lower = model.projection.as_str().to_lowercase();
    ModelName {
        projection: ProjectionName::new(lower).unwrap(),
        ..model.clone()
    }
}

impl ReadModelStore for WrongStore<MemoryReadModels, Wrong, Written> {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        let store = &self.store;
        self.load_wrongly(store, &self.slice(slice), wanted).await
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let store = &self.store;
        let slice = self.slice(slice);
        self.commit_wrongly(store, &slice, expected, next, writes)
            .await
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        let store = &self.store;
        self.list_wrongly(store, &self.slice(slice), query).await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        let store = &self.store;
        let (slice, index) = (self.slice(slice), self.index(index));
        self.counts_wrongly(store, &slice, index, group).await
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        let store = &self.store;
        match self.wrong {
            Wrong::CountsNoChanges => Some(0),
            _ => store.changes(namespace),
        }
    }
}
