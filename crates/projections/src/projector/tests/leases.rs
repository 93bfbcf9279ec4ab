//! Projectors that share the slices.

use std::collections::BTreeMap;

use minwon_adapters::memory::MemoryReadModels;
use minwon_core::{GenerationName, Lease, Slice, SliceLeases, StoreError, Timer as _};

use super::*;
use crate::testing::VirtualClock;

const TIME_TO_LIVE: Duration = Duration::from_millis(300);

fn member(log: &Log, read_models: &MemoryReadModels, name: &str) -> Projector {
    let builder = projector(log, read_models);
    let member = MemberName::new(name).unwrap();
    let builder = builder.share_as(Membership::new(read_models.clone(), member, TIME_TO_LIVE));
    builder.project(Sums::new()).start()
}

/// How many slices each has; none has one that another has.
fn shares(members: &[&Projector]) -> Vec<usize> {
    let mut holders = BTreeMap::<Slice, usize>::new();
    let mut shares = Vec::new();
    for member in members {
        let slices = member.status().borrow().models[0].slices.clone();
        shares.push(slices.len());
        for slice in slices {
            *holders.entry(slice).or_default() += 1;
        }
    }
    assert!(holders.values().all(|holders| *holders == 1), "{holders:?}");
    shares
}

/// Time for everybody to see who is there.
async fn settle() {
    VirtualClock::new().sleep(5 * TIME_TO_LIVE).await;
}

#[test]
fn shares_move_when_a_member_joins_leaves_or_dies() {
    run(async {
        let log = Log::of(&[3; 30]);
        let read_models = MemoryReadModels::with_clock(VirtualClock::new());
        let one = member(&log, &read_models, "one");
        settle().await;
        assert_eq!(shares(&[&one]), [16]);
        let two = member(&log, &read_models, "two");
        let three = member(&log, &read_models, "three");
        settle().await;
        let mut shared = shares(&[&one, &two, &three]);
        shared.sort_unstable();
        assert_eq!(shared, [5, 5, 6]);
        log.append("p-0");
        settle().await;
        check(&log, &read_models, &generation(1)).await;
        two.stop().await;
        // Slices that it gave up are taken with the next heartbeats, long before its leases are
        // over.
        VirtualClock::new().sleep(TIME_TO_LIVE * 3 / 4).await;
        assert_eq!(shares(&[&one, &three]), [8, 8]);
        log.append("p-1");
        drop(three);
        settle().await;
        assert_eq!(shares(&[&one]), [16]);
        for petition in 0..30 {
            log.append(&format!("p-{petition}"));
        }
        settle().await;
        assert_eq!(one.status().borrow().position(), Some(log.head()));
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn members_come_and_go_and_the_view_is_right() {
    for seed in 0..25 {
        run(async {
            let mut rng = SeededRng::new(seed);
            let log = Log::new();
            let read_models = MemoryReadModels::with_clock(VirtualClock::new());
            let mut members = Vec::new();
            for number in 0..20 {
                log.grow_by(3, &mut rng, 20);
                members.push(member(&log, &read_models, &format!("m-{number}")));
                let wait = Duration::from_millis(rng.below(400));
                VirtualClock::new().sleep(wait).await;
                let chosen = rng.below(members.len() as u64) as usize;
                match rng.below(3) {
                    0 => drop(members.remove(chosen)),
                    1 => drop(members.remove(chosen).stop().await),
                    _ => {}
                }
            }
            members.push(member(&log, &read_models, "last"));
            settle().await;
            let all: Vec<_> = members.iter().collect();
            assert_eq!(shares(&all).iter().sum::<usize>(), 16);
            check(&log, &read_models, &generation(1)).await;
        });
    }
}

/// A member whose machine stood still believes that it has its slices still.
#[test]
fn a_member_that_wakes_up_late_does_no_harm() {
    run(async {
        let log = Log::of(&[3; 30]);
        let clock = VirtualClock::new();
        let read_models = MemoryReadModels::with_clock(clock);
        let late_clock = minwon_core::testing::ManualClock::new(Timestamp::UNIX_EPOCH);
        let (store, models) = (log.store.clone(), read_models.clone());
        let late = MemberName::new("late").unwrap();
        let late = ProjectorBuilder::new(namespace(), store, models, Numbers, late_clock.clone())
            .share_as(Membership::new(read_models.clone(), late, TIME_TO_LIVE))
            .project(Sums::new())
            .start();
        late.reached(log.head()).await.unwrap();
        // Its own clock stands still: it sends no heartbeat, and works on all slices.
        let other = member(&log, &read_models, "other");
        settle().await;
        assert_eq!(other.status().borrow().models[0].slices.len(), 16);
        for number in 0..60 {
            log.append(&format!("p-{}", number % 30));
            tokio::task::yield_now().await;
        }
        settle().await;
        check(&log, &read_models, &generation(1)).await;
        // It wakes up, and takes the share that is its own.
        for _ in 0..20 {
            late_clock.advance(TIME_TO_LIVE);
            clock.sleep(TIME_TO_LIVE / 3).await;
        }
        assert_eq!(shares(&[&late, &other]), [8, 8]);
        check(&log, &read_models, &generation(1)).await;
    });
}

/// A member that has much to read says that it is alive meanwhile, and gives up what it should.
#[test]
fn heartbeats_go_on_while_the_log_is_busy() {
    run(async {
        let log = Log::of(&[1; 40]);
        let read_models = MemoryReadModels::with_clock(VirtualClock::new());
        let rates = crate::testing::Rates {
            slow: 1000,
            ..Default::default()
        };
        let slow = Flaky::new(&log, 3, rates);
        catch_up(&log, &slow).await;
        // Each is read by itself, and looked for in the store: much longer than a lease lasts.
        for petition in 40..640 {
            log.append(&format!("p-{petition}"));
        }
        let name = MemberName::new("one").unwrap();
        let one = projector(&log, &slow)
            .options(ProjectorOptions::default().batch_events_max(at_most(1)))
            .share_as(Membership::new(read_models.clone(), name, TIME_TO_LIVE))
            .project(Sums::new())
            .start();
        let mut status = one.status();
        let has_all = |status: &ProjectorStatus| status.models[0].slices.len() == 16;
        status.wait_for(has_all).await.unwrap();
        // The other asks all the time, and never gets more than its share.
        let two = MemberName::new("two").unwrap();
        let clock = VirtualClock::new();
        let mut most = 0;
        while one.status().borrow().position() < Some(log.head()) {
            let (generation, count) = (generation(1), SliceCount::DEFAULT);
            let leased = read_models.heartbeat(&generation, count, &two, TIME_TO_LIVE);
            most = most.max(leased.await.unwrap().len());
            clock.sleep(TIME_TO_LIVE / 3).await;
        }
        assert_eq!(most, 8);
    });
}

/// Leases whose store takes nothing back any more.
struct Stuck(MemoryReadModels);

impl SliceLeases for Stuck {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let leases = self.0.heartbeat(generation, slices, member, time_to_live);
        leases.await
    }

    async fn leave(&self, _: &GenerationName, _: &MemberName) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

#[test]
fn a_stop_does_not_wait_for_leases_that_are_not_taken_back() {
    run(async {
        let log = Log::of(&[3; 5]);
        let read_models = MemoryReadModels::with_clock(VirtualClock::new());
        let name = MemberName::new("one").unwrap();
        let running = projector(&log, &read_models)
            .share_as(Membership::new(
                Stuck(read_models.clone()),
                name,
                TIME_TO_LIVE,
            ))
            .project(Sums::new())
            .start();
        running.reached(log.head()).await.unwrap();
        let stopped = tokio::time::timeout(Duration::from_secs(60), running.stop()).await;
        assert!(matches!(stopped, Ok(StopReason::Requested)), "{stopped:?}");
    });
}
