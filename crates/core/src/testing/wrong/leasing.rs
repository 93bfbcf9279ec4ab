//! Wrong leases.

use std::{collections::BTreeMap, time::Duration};

use super::{WrongStore, Wrongly, slices::of_any_namespace, wrongs};
use crate::{
    Epoch, Generation, GenerationName, Lease, MemberName, SliceCount, SliceLeases, StoreError,
};

wrongs! {
    /// How leases can be wrong.
    Wrong {
        KeepsOneBack breaks "a_lone_member_gets_everything",
        GivesEverythingToAll breaks "members_get_equal_shares",
        TakesNothingBack breaks "members_get_equal_shares",
        /// Knows four members, and gives nothing to any other.
        ServesFour breaks "a_joining_member_gets_its_share",
        StaysInOneEpoch breaks "a_slice_that_changes_hands_gets_a_higher_epoch",
        /// Shares out anew with every heartbeat.
        SharesOutAnew breaks "a_member_keeps_its_slices_while_nothing_changes",
        IgnoresWhoLeaves breaks "a_leaving_member_frees_its_slices_at_once",
        /// Takes nothing from a member overdue.
        WaitsForEver breaks "what_is_overdue_is_taken",
        /// Holds on to the time to live of the first heartbeat.
        IgnoresHeartbeats breaks "a_heartbeat_keeps_a_member_in_time",
        MixesGenerations breaks "leases_of_generations_are_apart",
        ForgetsTheNamespace breaks "namespaces_are_apart",
    }
}

/// The slices that each member was given, and asked for, first.
type First = BTreeMap<(GenerationName, MemberName), (Vec<Lease>, Duration)>;

type WrongLeases = Wrongly<Wrong, First>;

impl WrongLeases {
    fn generation(&self, generation: &GenerationName) -> GenerationName {
        let mut generation = generation.clone();
        match self.wrong {
            Wrong::MixesGenerations => generation.generation = Generation::FIRST,
            Wrong::ForgetsTheNamespace => generation.model = of_any_namespace(&generation.model),
            _ => {}
        }
        generation
    }
}

impl<S: SliceLeases> SliceLeases for WrongStore<S, Wrong, First> {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        mut time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let store = &self.store;
        let generation = self.generation(generation);
        let key = (generation.clone(), member.clone());
        let first = self.notes().get(&key).cloned();
        let others = |(of, name): &&(_, _)| *of == generation && name != member;
        let others = self.notes().keys().filter(others).count();
        let mut asks = member.clone();
        match (self.wrong, first) {
            (Wrong::TakesNothingBack, Some((given, _))) => return Ok(given),
            (Wrong::ServesFour, _) if others >= 4 => return Ok(Vec::new()),
            (Wrong::GivesEverythingToAll, _) => asks = MemberName::new("everybody").unwrap(),
            (Wrong::SharesOutAnew, _) => store.leave(&generation, member).await?,
            (Wrong::WaitsForEver, _) => time_to_live = Duration::MAX,
            (Wrong::IgnoresHeartbeats, Some((_, first))) => time_to_live = first,
            _ => {}
        }
        let share = store.heartbeat(&generation, slices, &asks, time_to_live);
        let mut share = share.await?;
        match self.wrong {
            Wrong::KeepsOneBack => drop(share.pop()),
            Wrong::StaysInOneEpoch => share.iter_mut().for_each(|it| it.epoch = Epoch::new(1)),
            _ => {}
        }
        let first = (share.clone(), time_to_live);
        self.notes().entry(key).or_insert(first);
        Ok(share)
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        let store = &self.store;
        if self.is(Wrong::IgnoresWhoLeaves) {
            return Ok(());
        }
        store.leave(&self.generation(generation), member).await
    }
}
