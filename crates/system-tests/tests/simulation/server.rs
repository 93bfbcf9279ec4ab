//! A world's log on a server: a stand-in for KurrentDB that misbehaves, behind the adapter.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use minwon::{
    Store,
    adapters::kurrentdb::{KurrentOptions, KurrentStore},
    engine::{EventFilter, GlobalPosition, StreamName},
};
use minwon_kurrentdb_stand_in::{
    AppendFault, FaultPlan, Position, Positions, ReadFault, Record, ServerVersion, StandIn,
    SubscribeFault,
};
use tokio::{
    runtime::{Handle, Runtime},
    sync::watch,
};

use super::log::Log;

/// The time that the adapter waits for an answer that does not come: real time, and much of it is waited.
const CALL_TIME_MAX: Duration = Duration::from_millis(250);

/// The server of one seed. Clones are the same server.
#[derive(Clone)]
pub(crate) struct Server {
    stand_in: Arc<StandIn>,
    store: Store,
    runtime: Handle,
}

/// Where servers and their clients live, in real time.
pub(crate) fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let built = builder.worker_threads(2).enable_all().build();
    built.expect("a runtime")
}

impl Server {
    pub(crate) fn start(seed: u64, runtime: &Handle) -> Self {
        let _within = runtime.enter();
        let positions = [Positions::Offsets, Positions::Gaps, Positions::Transactions];
        let versions = [(23, 10, 0), (24, 10, 4), (25, 0, 1), (26, 1, 0)];
        let of = |number: usize| usize::try_from(seed).expect("small") % number;
        let (year, month, patch) = versions[of(versions.len())];
        let builder = StandIn::builder()
            .seed(seed)
            .positions(positions[of(positions.len())])
            .version(ServerVersion::new(year, month, patch));
        let stand_in = runtime.block_on(builder.start()).expect("a free port");
        stand_in.misbehave_by(plan(seed));
        let stand_in = Arc::new(stand_in);
        let options = KurrentOptions::default()
            .call_timeout(CALL_TIME_MAX)
            .quiet_timeout(CALL_TIME_MAX)
            .scan_timeout(CALL_TIME_MAX)
            .retry_timeout(CALL_TIME_MAX);
        let url = stand_in.url().parse().expect("a URL");
        let store = KurrentStore::open(&url, options).expect("nothing is asked yet");
        Self {
            stand_in,
            store: Store::KurrentDb(Arc::new(store)),
            runtime: runtime.clone(),
        }
    }

    pub(crate) fn log(&self) -> Log {
        Log::elsewhere(self.clone())
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Notifies whenever its log has changed.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.stand_in.changes()
    }

    /// Whether its log holds anything after `after` that `filter` admits.
    pub(crate) fn has_news(&self, after: GlobalPosition, filter: &EventFilter) -> bool {
        let after = Position {
            commit: after.commit(),
            prepare: after.prepare(),
        };
        let admits = |record: &Record| {
            let stream: Result<StreamName, _> = record.stream.parse();
            stream.is_ok_and(|stream| filter.admits(&stream))
        };
        self.stand_in.any_after(after, admits)
    }

    /// From now on it behaves.
    pub(crate) fn calm(&self) {
        self.stand_in.behave();
        self.stand_in.release();
    }

    /// How often it misbehaved, and how.
    pub(crate) fn faults(&self) -> BTreeMap<String, u64> {
        let occurred = self.stand_in.occurred_by_fault().into_iter();
        let named = occurred.map(|(fault, times)| (format!("{fault:?}"), times));
        named.collect()
    }
}

fn plan(seed: u64) -> FaultPlan {
    use AppendFault as Append;
    use ReadFault as Read;
    use SubscribeFault as Subscribe;
    FaultPlan::new(seed)
        .per_mille(15, Append::AbortBeforeCommit)
        .per_mille(15, Append::AbortAfterCommit)
        .per_mille(8, Append::CutBeforeCommit)
        .per_mille(8, Append::CutAfterCommit)
        .per_mille(5, Append::DeadlineAfterCommit)
        .per_mille(3, Append::HangBeforeCommit)
        .per_mille(3, Append::HangAfterCommit)
        .per_mille(5, Append::NoLeader)
        .per_mille(5, Append::Unavailable)
        .per_mille(8, Read::Unavailable)
        .per_mille(5, Read::CutAfter(1))
        .per_mille(5, Read::EndAfter(1))
        .per_mille(2, Read::HangAfter(1))
        .per_mille(100, Subscribe::CutAfter(7))
        .per_mille(100, Subscribe::EndAfter(11))
        .per_mille(50, Subscribe::SilentAfter(13))
        .per_mille(100, Subscribe::Repeat(5))
        .per_mille(50, Subscribe::Unavailable)
}
