//! The rules of who works on which slice.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU16,
    time::Duration,
};

use super::{
    Violation,
    case::{Case, Leases, Verdict, ensure, ensure_eq},
};
use crate::{GenerationName, Lease, MemberName, Slice, SliceCount, SliceLeases};

/// Longer than a rule takes, by far.
const LONG: Duration = Duration::from_secs(3600);

/// Over soon, also where time passes by itself.
const SHORT: Duration = Duration::from_millis(1);

/// Rounds of heartbeats after which shares must be fair.
const ROUNDS: usize = 10;

/// Heartbeats after which what is overdue must have been noticed: a second or so for a server.
const PATIENCE_HEARTBEATS: usize = 100_000;

/// The members of a generation, and what each was told last.
struct Members<'a, S, A> {
    leases: &'a S,
    advance: &'a A,
    generation: GenerationName,
    slices: SliceCount,
    held: BTreeMap<MemberName, Vec<Lease>>,
}

fn member(name: impl std::fmt::Display) -> MemberName {
    MemberName::new(name.to_string()).expect("rules use names")
}

impl<'a, S: SliceLeases, A: AsyncFn(Duration)> Members<'a, S, A> {
    fn new(case: &Case<'a, S, Leases<&'a A>>, slices: u16) -> Self {
        Self::of(case, case.generation(1), slices)
    }

    fn of(case: &Case<'a, S, Leases<&'a A>>, generation: GenerationName, slices: u16) -> Self {
        Self {
            leases: case.store,
            advance: case.port.0,
            generation,
            slices: SliceCount::new(NonZeroU16::new(slices).expect("rules have slices")),
            held: BTreeMap::new(),
        }
    }

    async fn beat_for(&mut self, name: &MemberName, time_to_live: Duration) -> Verdict<&[Lease]> {
        let (leases, generation) = (self.leases, &self.generation);
        let beat = leases.heartbeat(generation, self.slices, name, time_to_live);
        let told = beat.await?;
        let in_order = told.is_sorted_by(|one, next| one.slice < next.slice);
        ensure(in_order, || format!("not in order: {told:?}"))?;
        let exist = told.iter().all(|l| l.slice.get() < self.slices.get());
        ensure(exist, || format!("there is no such slice: {told:?}"))?;
        let counted = told.iter().all(|lease| lease.epoch.get() > 0);
        ensure(counted, || format!("epochs count from 1: {told:?}"))?;
        self.held.insert(name.clone(), told);
        Ok(&self.held[name])
    }

    /// A heartbeat of a member that is not overdue for long; nobody has what another has.
    async fn beat(&mut self, name: &MemberName) -> Verdict<Vec<Lease>> {
        let told = self.beat_for(name, LONG).await?.to_vec();
        self.nobody_shares()?;
        Ok(told)
    }

    /// A heartbeat of a member that gets all slices.
    async fn gets_all(&mut self, name: &MemberName) -> Verdict<Vec<Lease>> {
        let told = self.beat(name).await?;
        let all = usize::from(self.slices.get());
        ensure_eq("slices", &told.len(), &all)?;
        Ok(told)
    }

    /// Members of one name, of generations that differ, share nothing.
    async fn are_apart(generations: &mut [Self]) -> Verdict {
        for (number, members) in generations.iter_mut().enumerate() {
            members.gets_all(&member(number)).await?;
        }
        generations[0].leave(&member(1)).await?;
        generations[0].leave(&member(0)).await?;
        let told = generations[1].gets_all(&member(1)).await?;
        ensure(told.iter().all(|lease| lease.epoch.get() == 1), || {
            format!("leaving one generation changed another: {told:?}")
        })
    }

    fn nobody_shares(&self) -> Verdict {
        let mut taken = BTreeMap::new();
        for (member, held) in &self.held {
            for lease in held {
                if let Some(other) = taken.insert(lease.slice, member) {
                    let slice = lease.slice.get();
                    let what = format!("{member} and {other} both have slice {slice}");
                    return Err(Violation::new(what));
                }
            }
        }
        Ok(())
    }

    /// Beats for all, round after round, until all is shared out fairly.
    async fn share_out(&mut self, names: &[MemberName]) -> Verdict {
        for _ in 0..ROUNDS {
            for name in names {
                self.beat(name).await?;
            }
            if self.is_fair() {
                return Ok(());
            }
        }
        let shares: Vec<_> = self.held.values().map(Vec::len).collect();
        let slices = self.slices.get();
        let what = format!("after {ROUNDS} rounds {slices} slices are {shares:?}");
        Err(Violation::new(what))
    }

    fn is_fair(&self) -> bool {
        let shares = || self.held.values().map(Vec::len);
        let total: usize = shares().sum();
        let (least, most) = (shares().min(), shares().max());
        total == usize::from(self.slices.get()) && most <= least.map(|least| least + 1)
    }

    async fn leave(&mut self, name: &MemberName) -> Verdict {
        self.leases.leave(&self.generation, name).await?;
        self.held.remove(name);
        Ok(())
    }

    /// Lets time pass until `name` has all slices.
    async fn takes_all_in_time(&mut self, name: &MemberName) -> Verdict {
        for _ in 0..PATIENCE_HEARTBEATS {
            (self.advance)(2 * SHORT).await;
            let told = self.beat_for(name, LONG).await?.len();
            if told == usize::from(self.slices.get()) {
                return Ok(());
            }
        }
        Err(Violation::new("what was overdue is taken by nobody"))
    }
}

/// Slices, and the epoch that somebody has them in.
fn epochs<'l>(leases: impl IntoIterator<Item = &'l Lease>) -> BTreeMap<Slice, u64> {
    let epochs = leases.into_iter().map(|it| (it.slice, it.epoch.get()));
    epochs.collect()
}

impl<S: SliceLeases, A: AsyncFn(Duration)> Case<'_, S, Leases<&A>> {
    pub(super) async fn a_lone_member_gets_everything(&self) -> Verdict {
        for slices in [1, 16, 100] {
            let generation = self.generation(u32::from(slices));
            let mut members = Members::of(self, generation, slices);
            members.gets_all(&member("하나:{1}*")).await?;
        }
        Ok(())
    }

    pub(super) async fn members_get_equal_shares(&self) -> Verdict {
        for (number, slices) in (1..).zip([1, 2, 16, 17]) {
            for many in [2, 3, 5, 20] {
                let generation = self.generation(number * 100 + many);
                let mut members = Members::of(self, generation, slices);
                let names: Vec<_> = (0..many).map(member).collect();
                members.share_out(&names).await?;
            }
        }
        Ok(())
    }

    /// One after the other; those who were there give up what is too much and nothing else.
    pub(super) async fn a_joining_member_gets_its_share(&self) -> Verdict {
        let mut members = Members::new(self, 16);
        let mut names = Vec::new();
        for joined in 0..6 {
            names.push(member(joined));
            members.share_out(&names).await?;
        }
        let least = members.held.values().map(Vec::len).min();
        ensure_eq("the least share of 16 among 6", &least, &Some(2))
    }

    pub(super) async fn a_slice_that_changes_hands_gets_a_higher_epoch(&self) -> Verdict {
        let mut members = Members::new(self, 16);
        let names = ["a", "b"].map(member);
        let before = members.beat(&names[0]).await?;
        members.share_out(&names).await?;
        let before = epochs(&before);
        for (name, higher) in [(&names[0], false), (&names[1], true)] {
            for lease in &members.held[name] {
                let (was, is) = (before.get(&lease.slice), lease.epoch.get());
                let is_right = was.is_some_and(|was| *was <= is && (*was < is) == higher);
                ensure(is_right, || {
                    format!("{name} has {lease:?}, which was {was:?}")
                })?;
            }
        }
        Ok(())
    }

    pub(super) async fn a_member_keeps_its_slices_while_nothing_changes(&self) -> Verdict {
        let mut members = Members::new(self, 17);
        let names = ["a", "b", "c"].map(member);
        members.share_out(&names).await?;
        let before = members.held.clone();
        for _ in 0..5 {
            for name in &names {
                members.beat(name).await?;
            }
            ensure_eq("what the members have", &members.held, &before)?;
        }
        Ok(())
    }

    pub(super) async fn a_leaving_member_frees_its_slices_at_once(&self) -> Verdict {
        let mut members = Members::new(self, 16);
        let names = ["a", "b"].map(member);
        // Who was never there may leave as well.
        members.leave(&names[1]).await?;
        members.share_out(&names).await?;
        members.leave(&names[0]).await?;
        members.leave(&names[0]).await?;
        members.gets_all(&names[1]).await?;
        members.leave(&names[1]).await?;
        members.gets_all(&names[0]).await.map(drop)
    }

    pub(super) async fn what_is_overdue_is_taken(&self) -> Verdict {
        let mut members = Members::new(self, 16);
        let names = ["a", "b"].map(member);
        members.share_out(&names).await?;
        let before = epochs(members.held.values().flatten());
        let overdue = members.beat_for(&names[0], SHORT).await?.to_vec();
        members.takes_all_in_time(&names[1]).await?;
        let after = epochs(&members.held[&names[1]]);
        let lost: BTreeSet<_> = overdue.iter().map(|lease| lease.slice).collect();
        for (slice, epoch) in after {
            let changed_hands = lost.contains(&slice);
            let (slice, before) = (slice.get(), before[&slice]);
            ensure((epoch > before) == changed_hands, || {
                format!("slice {slice} went from epoch {before} to {epoch}")
            })?;
        }
        // Who was overdue comes back as one that joins.
        members.held.remove(&names[0]);
        members.share_out(&names).await
    }

    pub(super) async fn a_heartbeat_keeps_a_member_in_time(&self) -> Verdict {
        let mut members = Members::new(self, 16);
        let names = ["a", "b"].map(member);
        members.beat_for(&names[0], SHORT).await?;
        members.share_out(&names).await?;
        let before = members.held.clone();
        for _ in 0..100 {
            self.port.0(2 * SHORT).await;
            members.beat(&names[1]).await?;
        }
        members.beat(&names[0]).await?;
        ensure_eq("what the members have", &members.held, &before)
    }

    /// Read models of one name in two namespaces, shared by members of one name.
    pub(super) async fn namespaces_are_apart(&self) -> Verdict {
        let namespaces = self.models_of_one_name().into_iter().map(|model| {
            let generation = GenerationName {
                model,
                ..self.generation(1)
            };
            Members::of(self, generation, 4)
        });
        Members::are_apart(&mut namespaces.collect::<Vec<_>>()).await
    }

    pub(super) async fn leases_of_generations_are_apart(&self) -> Verdict {
        let mut generations = [1, 2, 11, 1].map(|number| self.generation(number));
        generations[3].model = self.model_called("petitions1");
        let mut members = generations.map(|generation| Members::of(self, generation, 4));
        Members::are_apart(&mut members).await
    }
}
