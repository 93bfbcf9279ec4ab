//! Who works on which slice.

use std::{collections::BTreeMap, time::Duration};

use crate::{Epoch, Lease, MemberName, Slice, SliceCount, Timestamp};

/// The leases of one generation.
#[derive(Default)]
pub(super) struct Leases {
    /// Until when each member is in time.
    members: BTreeMap<MemberName, Timestamp>,
    slices: Vec<Held>,
}

/// Who has a slice: also a member overdue has it, until somebody takes it.
#[derive(Clone, Default)]
struct Held {
    by: Option<MemberName>,
    epoch: u64,
}

impl Leases {
    pub(super) fn heartbeat(
        &mut self,
        slices: SliceCount,
        member: &MemberName,
        now: Timestamp,
        time_to_live: Duration,
    ) -> Vec<Lease> {
        self.slices
            .resize(usize::from(slices.get()), Held::default());
        self.members.retain(|_, until| now <= *until);
        let until = now.saturating_add(time_to_live);
        self.members.insert(member.clone(), until);
        let (share, held) = (self.share(member), self.held_by(member));
        if held > share {
            self.give_up(member, held - share);
        } else {
            self.take(member, share - held);
        }
        self.leases(member)
    }

    pub(super) fn leave(&mut self, member: &MemberName) {
        self.members.remove(member);
        self.give_up(member, usize::MAX);
    }

    /// Returns how many slices `member` should have. Where they cannot be shared equally, those who
    /// have most already get one more, so that as few as possible change hands.
    fn share(&self, member: &MemberName) -> usize {
        let rank_of = |member: &MemberName| (usize::MAX - self.held_by(member), member.clone());
        let own = rank_of(member);
        let others = self.members.keys().map(rank_of);
        let before = others.filter(|other| *other < own).count();
        let (slices, members) = (self.slices.len(), self.members.len());
        slices / members + usize::from(before < slices % members)
    }

    fn held_by(&self, member: &MemberName) -> usize {
        let held = self.slices.iter();
        held.filter(|held| held.by.as_ref() == Some(member)).count()
    }

    fn give_up(&mut self, member: &MemberName, slices: usize) {
        let held = self.slices.iter_mut().rev();
        let own = held.filter(|held| held.by.as_ref() == Some(member));
        own.take(slices).for_each(|held| held.by = None);
    }

    fn take(&mut self, member: &MemberName, slices: usize) {
        let members = &self.members;
        let free = self.slices.iter_mut().filter(|held| {
            let by = held.by.as_ref();
            !by.is_some_and(|by| members.contains_key(by))
        });
        for held in free.take(slices) {
            held.by = Some(member.clone());
            held.epoch += 1;
        }
    }

    fn leases(&self, member: &MemberName) -> Vec<Lease> {
        let held = (0..=u16::MAX).map(Slice::new).zip(&self.slices);
        held.filter(|(_, held)| held.by.as_ref() == Some(member))
            .map(|(slice, held)| Lease {
                slice,
                epoch: Epoch::new(held.epoch),
            })
            .collect()
    }
}
