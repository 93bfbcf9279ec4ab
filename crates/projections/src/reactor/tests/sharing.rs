//! Several instances of one reactor.

use std::collections::BTreeMap;

use minwon_adapters::memory::MemoryReadModels;
use minwon_core::Slice;

use super::*;
use crate::testing::VirtualClock;

const TIME_TO_LIVE: Duration = Duration::from_millis(300);

fn member(office: &Office, leases: &MemoryReadModels, name: &str) -> RunningReactor {
    let member = MemberName::new(name).unwrap();
    let builder = office.builder();
    builder
        .share_as(Membership::new(leases.clone(), member, TIME_TO_LIVE))
        .start()
}

fn shares(members: &[&RunningReactor]) -> Vec<usize> {
    let mut holders = BTreeMap::<Slice, usize>::new();
    let mut shares = Vec::new();
    for member in members {
        let slices = member.status().borrow().slices.clone();
        shares.push(slices.len());
        for progress in slices {
            *holders.entry(progress.slice).or_default() += 1;
        }
    }
    assert!(holders.values().all(|holders| *holders == 1), "{holders:?}");
    shares
}

fn file_all(office: &Office, filed: &mut [Vec<GlobalPosition>]) {
    for (petition, filed) in filed.iter_mut().enumerate() {
        filed.push(office.file(&format!("p-{petition}")));
    }
}

async fn check(office: &Office, filed: &[Vec<GlobalPosition>]) {
    for (petition, filed) in filed.iter().enumerate() {
        assert_eq!(
            office.effects(&format!("p-{petition}")).await,
            all_met(filed)
        );
    }
    office.check_checkpoints(filed.len() as u64).await;
}

#[test]
fn slices_change_hands_and_every_effect_comes_once() {
    run(async {
        let office = Office::new();
        let leases = MemoryReadModels::with_clock(VirtualClock::new());
        let mut filed = vec![Vec::new(); 12];
        let settle = async || office.clock.sleep(5 * TIME_TO_LIVE).await;
        file_all(&office, &mut filed);
        let one = member(&office, &leases, "one");
        settle().await;
        assert_eq!(shares(&[&one]), [4]);
        let two = member(&office, &leases, "two");
        file_all(&office, &mut filed);
        settle().await;
        assert_eq!(shares(&[&one, &two]), [2, 2]);
        file_all(&office, &mut filed);
        settle().await;
        check(&office, &filed).await;
        drop(one);
        file_all(&office, &mut filed);
        settle().await;
        assert_eq!(shares(&[&two]), [4]);
        check(&office, &filed).await;
        let three = member(&office, &leases, "three");
        settle().await;
        two.stop().await;
        file_all(&office, &mut filed);
        office.clock.sleep(TIME_TO_LIVE * 3 / 4).await;
        assert_eq!(shares(&[&three]), [4]);
        settle().await;
        check(&office, &filed).await;
    });
}

#[test]
fn more_members_than_slices_wait_for_their_turn() {
    run(async {
        let office = Office::new();
        let leases = MemoryReadModels::with_clock(VirtualClock::new());
        let names = ["a", "b", "c", "d", "e"];
        let members = names.map(|name| member(&office, &leases, name));
        office.clock.sleep(5 * TIME_TO_LIVE).await;
        let refs: Vec<_> = members.iter().collect();
        let mut shared = shares(&refs);
        shared.sort_unstable();
        assert_eq!(shared, [0, 1, 1, 1, 1]);
    });
}

#[test]
fn twins_without_leases_have_the_effect_of_one() {
    run(async {
        let office = Office::new();
        let mut filed = vec![Vec::new(); 6];
        file_all(&office, &mut filed);
        let (one, two) = (office.builder().start(), office.builder().start());
        for _ in 0..5 {
            file_all(&office, &mut filed);
            office.clock.sleep(Duration::from_millis(130)).await;
        }
        let head = office.log.head();
        one.reached(head).await.unwrap();
        two.reached(head).await.unwrap();
        office.clock.sleep(Duration::from_secs(60)).await;
        check(&office, &filed).await;
        assert_eq!(one.status().borrow().restarts, 0, "a twin is no trouble");
        // A slice without events of its own moves when its reactor stops.
        one.stop().await;
        two.stop().await;
        for slice in 0..4 {
            assert_eq!(
                office.checkpoint(Slice::new(slice)).await,
                office.log.head()
            );
        }
    });
}

/// One twin fails where the other does not; the queues end empty all the same.
#[test]
fn a_twin_that_parked_what_the_other_let_go_lets_it_go_as_well() {
    for seed in 0..60 {
        run(async {
            let mut rng = minwon_core::testing::SeededRng::new(seed);
            let office = Office::new();
            let mut filed = vec![Vec::new(); 2];
            file_all(&office, &mut filed);
            office.moods().broken.insert(1);
            let options = random_options(&mut rng);
            let one = office.builder().options(options).start();
            let two = office.builder().options(random_options(&mut rng)).start();
            for round in 0..8 {
                file_all(&office, &mut filed);
                for _ in 0..rng.below(20) {
                    tokio::task::yield_now().await;
                }
                if round == 4 {
                    office.clock.sleep(Duration::from_secs(1)).await;
                    office.moods().broken.clear();
                    office.retry("p-0", filed[0][0]).await;
                }
            }
            office.settle(&one).await;
            office.settle(&two).await;
            assert_eq!(office.held_at("p-0").await, [], "seed {seed}");
            check(&office, &filed).await;
        });
    }
}
