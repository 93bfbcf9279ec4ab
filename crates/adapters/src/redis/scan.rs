//! Walking over all keys of a generation, node by node.

use minwon_core::{GenerationName, ScanCursor, StoreError, StoreErrorKind};
use redis::{Cmd, Value};
use serde::{Deserialize, Serialize};

use super::{
    RedisReadModels,
    error::{corrupt, unreadable},
    keys,
    link::To,
};

/// Keys that Redis looks at before it answers. Unit: keys, of all there are.
const KEYS_PER_STEP: u32 = 2_000;

/// Where a walk is: which node it is at and where there, and what the nodes were at its beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Walk {
    nodes: Vec<String>,
    /// Distinguishes this set of nodes, with the slots that each has, from all others.
    topology: String,
    node: usize,
    cursor: u64,
    /// Indexes that were met and are not read to their end, each with its last member that was.
    pub(super) indexes: Vec<(String, String)>,
}

impl RedisReadModels {
    pub(super) async fn start_walk(&self) -> Result<Walk, StoreError> {
        let (nodes, topology) = self.topology().await?;
        Ok(Walk {
            nodes,
            topology,
            ..Walk::default()
        })
    }

    /// The keys that are met next. Where the walk [is over](Walk::is_over), there are none.
    pub(super) async fn walk(
        &self,
        generation: &GenerationName,
        walk: &mut Walk,
    ) -> Result<Vec<String>, StoreError> {
        let Some(node) = walk.nodes.get(walk.node) else {
            return Ok(Vec::new());
        };
        let pattern = keys::pattern(self.prefix(), generation);
        let scan = |_| {
            let mut cmd = Cmd::new();
            cmd.arg("SCAN").arg(walk.cursor);
            cmd.arg("MATCH")
                .arg(&pattern)
                .arg("COUNT")
                .arg(KEYS_PER_STEP);
            cmd
        };
        let answer = self.link().call(To::Node(node), scan).await?;
        let (cursor, found): (u64, Vec<Vec<u8>>) = redis::from_redis_value(answer.value)
            .map_err(|error| unreadable("Redis answered a scan with something else", error))?;
        // A name that is no text is not ours.
        let keys = found
            .into_iter()
            .filter_map(|key| String::from_utf8(key).ok());
        let keys = keys.collect();
        walk.cursor = cursor;
        if cursor == 0 {
            walk.node += 1;
        }
        if walk.node == walk.nodes.len() {
            // Behind the walk's back a key may have gone from a node it had not seen to one it had,
            // and a cursor means nothing to a server that was started again.
            let (nodes, topology) = self.topology().await?;
            if topology != walk.topology {
                (walk.nodes, walk.topology, walk.node) = (nodes, topology, 0);
            }
        }
        Ok(keys)
    }

    /// The nodes that hold keys, and a text that changes with them and with their slots.
    async fn topology(&self) -> Result<(Vec<String>, String), StoreError> {
        let mut info = Cmd::new();
        info.arg("INFO").arg("server");
        let mut topology = String::new();
        let mut nodes = Vec::new();
        for (node, answer) in self.link().ask_all(&info).await? {
            topology.push_str(line(&text(answer)?, |line| line.starts_with("run_id:"))?);
            nodes.push(node);
        }
        if self.link().is_cluster() {
            let mut slots = Cmd::new();
            slots.arg("CLUSTER").arg("NODES");
            for (_, answer) in self.link().ask_all(&slots).await? {
                let answer = text(answer)?;
                let itself = line(&answer, |line| line.contains("myself"))?;
                if itself.contains('[') {
                    let what = "a slot of the Redis cluster is being moved, so that keys may be \
                                missed: wait until that is done";
                    return Err(StoreError::new(StoreErrorKind::Unavailable, what));
                }
                // The first eight words are names, flags and times.
                topology.extend(itself.split(' ').skip(8));
                topology.push(';');
            }
        }
        let digest = redis::Script::new(&topology).get_hash().to_owned();
        Ok((nodes, digest))
    }
}

impl Walk {
    /// Resumes the walk that [`cursor`](Self::cursor) described.
    pub(super) fn resume(cursor: &ScanCursor) -> Result<Self, StoreError> {
        let foreign = || corrupt("this cursor of a scan is from another store");
        serde_json::from_str(cursor.as_str()).map_err(|_| foreign())
    }

    pub(super) fn cursor(&self) -> ScanCursor {
        ScanCursor::new(serde_json::to_string(self).expect("texts and numbers"))
    }

    /// Returns whether all nodes, and all indexes that were met, have been read to their end.
    pub(super) fn is_over(&self) -> bool {
        self.node >= self.nodes.len() && self.indexes.is_empty()
    }
}

fn text(answer: Value) -> Result<String, StoreError> {
    redis::from_redis_value(answer)
        .map_err(|error| unreadable("Redis described itself in no text", error))
}

fn line(text: &str, is_it: impl Fn(&str) -> bool) -> Result<&str, StoreError> {
    text.lines()
        .find(|line| is_it(line))
        .ok_or_else(|| corrupt("Redis left out part of its description of itself"))
}
