//! Three masters: slots are moved between them key by key, and one of them dies.

use minwon_adapters::{SystemClock, memory::MemoryStore, redis::RedisReadModels};
use minwon_core::{SliceCount, ViewKey, testing::SeededRng};
use minwon_projections::Projector;
use minwon_test_servers::RedisCluster;

use crate::support::*;

fn checkpoint_of(slice: u16) -> String {
    format!("minwon:3:{{general:petitions:g1:{slice}}}:checkpoint")
}

/// A cluster, a projector at work on it, and somebody who asks.
struct Stage {
    cluster: RedisCluster,
    read_models: RedisReadModels,
    reader: Reader<RedisReadModels>,
    office: Office<MemoryStore>,
    projector: Projector,
    rng: SeededRng,
    answers: u32,
    is_complete: bool,
}

impl Stage {
    async fn begin(seed: u64, events: usize) -> Self {
        let cluster = RedisCluster::start(3);
        let read_models = connect(&cluster.url()).await;
        let mut office = Office::new(MemoryStore::with_clock(SystemClock), seed);
        office.work(events).await;
        Self {
            reader: reader(&read_models),
            projector: projector(&office.store, &read_models).start(),
            cluster,
            read_models,
            office,
            rng: SeededRng::new(seed),
            answers: 0,
            is_complete: false,
        }
    }
}

/// The log grows, and somebody asks.
async fn go_on(
    office: &mut Office<MemoryStore>,
    reader: &Reader<RedisReadModels>,
    rng: &mut SeededRng,
) -> bool {
    office.work(1 + rng.below(3) as usize).await;
    let key = office.any_key();
    ask(&office.store, reader, &key).await.is_some()
}

impl Stage {
    /// Moves the slot of a slice to another node, key by key, while everybody is at work.
    async fn move_slice(&mut self, slice: u16) {
        let slot = self.cluster.slot_of(&checkpoint_of(slice));
        let to = (self.cluster.owner(slot) + 1) % 3;
        let on_its_way = self.cluster.begin_move(slot, to);
        let mut moved = 0;
        while let Some(key) = on_its_way.keys_left().first() {
            on_its_way.move_key(key);
            moved += 1;
            if self.rng.happens(400) {
                let answered = go_on(&mut self.office, &self.reader, &mut self.rng).await;
                self.answers += u32::from(answered);
            }
        }
        assert!(moved > 3, "only {moved} keys were moved");
        let is_answered = async || ask(&self.office.store, &self.reader, &old_key(slice)).await;
        // All that is there already is answered by the new node, though it is not the owner yet,
        // and by a client that has not heard that it is.
        let before = is_answered().await;
        on_its_way.finish();
        let after = is_answered().await;
        if self.is_complete {
            assert!(before.is_some() && after.is_some(), "{before:?}, {after:?}");
        }
    }

    async fn come_to_rest(&mut self) {
        let head = self.office.work(1).await;
        arrive(&self.projector, head).await;
        assert_sound(&self.office.store, &self.read_models).await;
        self.is_complete = true;
    }
}

/// The first petition of a slice.
fn old_key(slice: u16) -> ViewKey {
    let slice_of = |key: &ViewKey| SliceCount::DEFAULT.slice_of(key.as_str()).get();
    let mut keys = (0..).map(key);
    keys.find(|key| slice_of(key) == slice).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slots_are_moved_in_the_middle_of_commits() {
    let _room = room(3).await;
    let mut stage = Stage::begin(61, 1_200).await;
    further(&stage.projector, 300).await;
    stage.move_slice(0).await;
    stage.come_to_rest().await;
    let before = stage.answers;
    stage.move_slice(7).await;
    stage.come_to_rest().await;
    assert!(stage.answers > before, "nobody was answered meanwhile");
}

/// It comes back empty, for it kept nothing on its disk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_master_dies_and_comes_back() {
    let _room = room(3).await;
    let mut stage = Stage::begin(62, 1_200).await;
    further(&stage.projector, 300).await;
    for node in [0, 1] {
        stage.cluster.node_mut(node).kill();
        stage.office.work(10).await;
        until(&stage.projector, |status| status.paused.is_some()).await;
        go_on(&mut stage.office, &stage.reader, &mut stage.rng).await;
        let before = restarts(&stage.projector);
        stage.cluster.node_mut(node).restart();
        stage.cluster.wait_until_whole();
        noticed(&stage.projector, before).await;
        stage.come_to_rest().await;
    }
    let key = stage.office.any_key();
    let answer = ask(&stage.office.store, &stage.reader, &key).await;
    assert!(answer.is_some());
}
