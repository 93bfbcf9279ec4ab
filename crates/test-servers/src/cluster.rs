//! A cluster of Redis servers.

use std::process::Command;

use crate::{process::wait_until, redis::RedisServer};

/// A cluster of masters, with a replica each or with none. It ends with this value.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<RedisServer>,
}

impl RedisCluster {
    /// Starts so many masters, and waits until they agree.
    #[must_use]
    pub fn start(masters: usize) -> Self {
        Self::start_with(masters, 0)
    }

    /// Starts so many masters with a replica each, and waits until they agree and each replica
    /// follows its master.
    #[must_use]
    pub fn start_with_replicas(masters: usize) -> Self {
        let cluster = Self::start_with(masters, 1);
        for node in &cluster.nodes {
            let is_master = node.cli(&["ROLE"]).starts_with("master");
            let follows = if is_master {
                "connected_slaves:1"
            } else {
                "master_link_status:up"
            };
            node.wait_for(&["INFO", "replication"], follows);
        }
        cluster
    }

    fn start_with(masters: usize, replicas: usize) -> Self {
        let node = |_| {
            RedisServer::builder()
                .setting("cluster-enabled", "yes")
                .setting("cluster-node-timeout", "2000")
                // However long a node is silent, what the others hold is answered.
                .setting("cluster-require-full-coverage", "no")
                .start()
        };
        let cluster = Self {
            nodes: (0..masters * (1 + replicas)).map(node).collect(),
        };
        let addresses = cluster.nodes.iter().map(address);
        let created = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", &replicas.to_string(), "--cluster-yes"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&created.stdout);
        assert!(created.status.success(), "creating a cluster: {said}");
        cluster.wait_until_whole();
        cluster
    }

    /// Its nodes.
    #[must_use]
    pub fn nodes(&self) -> &[RedisServer] {
        &self.nodes
    }

    /// One of its nodes, to end it or start it again.
    pub fn node_mut(&mut self, node: usize) -> &mut RedisServer {
        &mut self.nodes[node]
    }

    /// Waits until the replicas of a master hold as many keys as it does.
    pub fn wait_until_copied(&self, master: usize) {
        let master = &self.nodes[master];
        let (keys, of_it) = (
            master.cli(&["DBSIZE"]),
            format!("master_port:{}\r", master.port()),
        );
        for node in &self.nodes {
            if node.cli(&["INFO", "replication"]).contains(&of_it) {
                wait_until("as many keys as its master has", || {
                    node.cli(&["DBSIZE"]) == keys
                });
            }
        }
    }

    /// Waits until all nodes agree that the cluster is whole.
    pub fn wait_until_whole(&self) {
        for node in &self.nodes {
            node.wait_for(&["CLUSTER", "INFO"], "cluster_state:ok");
            node.wait_for(&["CLUSTER", "INFO"], "cluster_slots_ok:16384");
        }
    }

    /// Where it is, for a client.
    #[must_use]
    pub fn url(&self) -> String {
        let addresses: Vec<String> = self.nodes.iter().map(address).collect();
        format!("redis+cluster://{}", addresses.join(","))
    }

    /// The slot of a key.
    #[must_use]
    pub fn slot_of(&self, key: &str) -> u16 {
        let slot = self.nodes[0].cli(&["CLUSTER", "KEYSLOT", key]);
        slot.parse().unwrap()
    }

    /// The number of the node that has a slot.
    #[must_use]
    pub fn owner(&self, slot: u16) -> usize {
        let mut nodes = 0..self.nodes.len();
        nodes.find(|&node| self.owns(node, slot)).unwrap()
    }

    /// Another URL, which names the nodes but the given one.
    #[must_use]
    pub fn url_without(&self, node: usize) -> String {
        let others = self.nodes.iter().enumerate().filter(|(at, _)| *at != node);
        let addresses: Vec<String> = others.map(|(_, node)| address(node)).collect();
        format!("redis+cluster://{}", addresses.join(","))
    }

    /// Whether a node says that a slot is its own.
    #[must_use]
    pub fn owns(&self, node: usize, slot: u16) -> bool {
        let nodes = self.nodes[node].cli(&["CLUSTER", "NODES"]);
        let own = nodes.lines().find(|line| line.contains("myself")).unwrap();
        own.split(' ').skip(8).any(|range| holds(range, slot))
    }

    /// Begins to move a slot: from now on its new keys go to node `to`.
    pub fn begin_move(&self, slot: u16, to: usize) -> SlotMove<'_> {
        let from = self.owner(slot);
        assert_ne!(from, to, "a slot moves to another node");
        let text = slot.to_string();
        let (from_id, to_id) = (self.id(from), self.id(to));
        let said = self.nodes[to].cli(&["CLUSTER", "SETSLOT", &text, "IMPORTING", &from_id]);
        assert_eq!(said, "OK");
        let said = self.nodes[from].cli(&["CLUSTER", "SETSLOT", &text, "MIGRATING", &to_id]);
        assert_eq!(said, "OK");
        SlotMove {
            cluster: self,
            slot: text,
            from,
            to,
        }
    }

    fn id(&self, node: usize) -> String {
        self.nodes[node].cli(&["CLUSTER", "MYID"])
    }
}

/// A slot on its way from one node to another.
#[derive(Debug)]
#[must_use]
pub struct SlotMove<'a> {
    cluster: &'a RedisCluster,
    slot: String,
    from: usize,
    to: usize,
}

impl SlotMove<'_> {
    /// The keys that are still where they were.
    #[must_use]
    pub fn keys_left(&self) -> Vec<String> {
        let from = &self.cluster.nodes[self.from];
        let keys = from.cli(&["CLUSTER", "GETKEYSINSLOT", &self.slot, "100000"]);
        let keys = keys.lines().filter(|key| !key.is_empty());
        keys.map(str::to_owned).collect()
    }

    /// Moves one key, unless it is gone: whoever is at work meanwhile may have deleted it since it was seen,
    /// as a sorted set is with its last member.
    pub fn move_key(&self, key: &str) {
        let port = self.cluster.nodes[self.to].port().to_string();
        let migrate = ["MIGRATE", "127.0.0.1", &port, key, "0", "5000"];
        let said = self.cluster.nodes[self.from].cli(&migrate);
        assert!(["OK", "NOKEY"].contains(&said.as_str()), "{key}: {said}");
    }

    /// Moves all keys that are left, and gives the slot to its new node.
    pub fn finish(self) {
        for key in self.keys_left() {
            self.move_key(&key);
        }
        let id = self.cluster.id(self.to);
        let assign = ["CLUSTER", "SETSLOT", &self.slot, "NODE", &id];
        // The new owner first, or the slot would be nobody's for a moment.
        for node in [self.to, self.from] {
            assert_eq!(self.cluster.nodes[node].cli(&assign), "OK");
        }
        let slot = self.slot.parse().unwrap();
        wait_until("the slot's new owner", || {
            self.cluster.owner(slot) == self.to
        });
    }
}

fn address(node: &RedisServer) -> String {
    format!("127.0.0.1:{}", node.port())
}

/// Whether a slot is in a range, as in `0-5460`, or is the one named.
fn holds(range: &str, slot: u16) -> bool {
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let bounds = first.parse::<u16>().ok().zip(last.parse::<u16>().ok());
    bounds.is_some_and(|(first, last)| (first..=last).contains(&slot))
}
