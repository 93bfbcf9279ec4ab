//! Walking over all keys of a generation, node by node.

use minwon_core::{GenerationName, ScanCursor, StoreError, StoreErrorKind};
use redis::{Cmd, Value};

use super::{
    RedisReadModels,
    error::{corrupt, unreadable},
    keys,
    link::To,
};

/// Keys that Redis looks at before it answers. Unit: keys, of all there are.
const KEYS_PER_STEP: u32 = 2_000;

/// Where a walk is: which node it is at and where there, and what the nodes were at its beginning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Walk {
    nodes: Vec<String>,
    /// Distinguishes this set of nodes, with the slots that each has, from all others.
    topology: String,
    node: usize,
    cursor: u64,
}

/// Some keys, and how to go on; none at the end.
pub(super) struct Step {
    pub(super) keys: Vec<String>,
    pub(super) next: Option<Walk>,
}

impl RedisReadModels {
    pub(super) async fn start_walk(&self) -> Result<Walk, StoreError> {
        let (nodes, topology) = self.topology().await?;
        Ok(Walk {
            nodes,
            topology,
            node: 0,
            cursor: 0,
        })
    }

    pub(super) async fn walk(
        &self,
        generation: &GenerationName,
        mut walk: Walk,
    ) -> Result<Step, StoreError> {
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
        let node = To::Node(&walk.nodes[walk.node]);
        let answer = self.link().call(node, scan).await?;
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
        if walk.node < walk.nodes.len() {
            let next = Some(walk);
            return Ok(Step { keys, next });
        }
        // Behind the walk's back a key may have gone from a node it had not seen to one it had, and
        // a cursor means nothing to a server that was started again.
        let (nodes, topology) = self.topology().await?;
        let next = (topology != walk.topology).then_some(Walk {
            nodes,
            topology,
            node: 0,
            cursor: 0,
        });
        Ok(Step { keys, next })
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
        let mut parts = cursor.as_str().split('|');
        let mut number = || parts.next()?.parse::<u64>().ok();
        let (node, cursor) = number().zip(number()).ok_or_else(foreign)?;
        let topology = parts.next().ok_or_else(foreign)?.to_owned();
        let nodes: Vec<String> = parts.map(str::to_owned).collect();
        let node = usize::try_from(node)
            .ok()
            .filter(|&node| node < nodes.len());
        Ok(Self {
            node: node.ok_or_else(foreign)?,
            nodes,
            topology,
            cursor,
        })
    }

    pub(super) fn cursor(&self) -> ScanCursor {
        let Self {
            nodes,
            topology,
            node,
            cursor,
        } = self;
        ScanCursor::new(format!("{node}|{cursor}|{topology}|{}", nodes.join("|")))
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
