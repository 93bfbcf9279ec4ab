//! The leases of the model.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use crate::{Epoch, Lease, MemberName, Slice, SliceCount, Timestamp};

/// The leases of one generation.
#[derive(Debug, Default)]
pub(super) struct ModelLeases {
    /// Until when each member is in time.
    members: BTreeMap<MemberName, Timestamp>,
    /// Who has, or last had, each slice.
    holders: BTreeMap<Slice, (Option<MemberName>, u64)>,
}

impl ModelLeases {
    pub(super) fn heartbeat(
        &mut self,
        slices: SliceCount,
        member: &MemberName,
        now: Timestamp,
        time_to_live: Duration,
    ) -> Vec<Lease> {
        for slice in slices.slices() {
            self.holders.entry(slice).or_default();
        }
        self.members.retain(|_, until| *until >= now);
        let until = now.saturating_add(time_to_live);
        self.members.insert(member.clone(), until);
        let share = self.shares()[member];
        self.give_up_beyond(member, share);
        self.take_up_to(member, share);
        let own = self.own(member).into_iter();
        own.map(|slice| Lease {
            slice,
            epoch: Epoch::new(self.holders[&slice].1),
        })
        .collect()
    }

    pub(super) fn leave(&mut self, member: &MemberName) {
        self.members.remove(member);
        self.give_up_beyond(member, 0);
    }

    /// Those who have most come first when the shares are not all equal: fewest slices move.
    fn shares(&self) -> BTreeMap<MemberName, usize> {
        let mut members: Vec<_> = self.members.keys().cloned().collect();
        members.sort_by_key(|member| Reverse(self.own(member).len()));
        let (slices, count) = (self.holders.len(), members.len());
        let share = |rank| slices / count + usize::from(rank < slices % count);
        let ranked = members.into_iter().enumerate();
        ranked.map(|(rank, member)| (member, share(rank))).collect()
    }

    fn own(&self, member: &MemberName) -> Vec<Slice> {
        let is_own = |holder: &Option<MemberName>| holder.as_ref() == Some(member);
        let own = self.holders.iter().filter(|(_, (by, _))| is_own(by));
        own.map(|(slice, _)| *slice).collect()
    }

    fn give_up_beyond(&mut self, member: &MemberName, share: usize) {
        for slice in self.own(member).into_iter().skip(share) {
            self.holders.entry(slice).or_default().0 = None;
        }
    }

    fn take_up_to(&mut self, member: &MemberName, share: usize) {
        let missing = share.saturating_sub(self.own(member).len());
        let members = &self.members;
        let is_free =
            |by: &Option<MemberName>| by.as_ref().is_none_or(|by| !members.contains_key(by));
        let free = self.holders.values_mut().filter(|(by, _)| is_free(by));
        for (by, epoch) in free.take(missing) {
            *by = Some(member.clone());
            *epoch += 1;
        }
    }
}
