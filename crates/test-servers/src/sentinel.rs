//! A Sentinel that watches one master.

use std::fs;

use tempfile::TempDir;

use crate::{
    process::{Process, free_port, redis_cli, wait_until},
    redis::RedisServer,
};

/// A Sentinel of its own opinion: it needs no other to replace the master. It ends with this value.
#[derive(Debug)]
pub struct RedisSentinel {
    _process: Process,
    port: u16,
    password: Option<String>,
    _dir: TempDir,
}

impl RedisSentinel {
    /// The name that it knows the master by.
    pub const MASTER: &str = "petitions";

    /// Starts one that watches `master`, and waits until it knows `replicas` replicas.
    #[must_use]
    pub fn start(master: &RedisServer, replicas: usize) -> Self {
        Self::start_with(master, replicas, None)
    }

    /// Starts one that answers only who gives it this password.
    #[must_use]
    pub fn start_with_password(master: &RedisServer, replicas: usize, password: &str) -> Self {
        Self::start_with(master, replicas, Some(password.to_owned()))
    }

    fn start_with(master: &RedisServer, replicas: usize, password: Option<String>) -> Self {
        let (port, dir) = (free_port(), tempfile::tempdir().unwrap());
        let (name, master) = (Self::MASTER, master.port());
        let config = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor {name} 127.0.0.1 {master} 1\n\
             sentinel down-after-milliseconds {name} 500\nsentinel failover-timeout {name} 4000\n",
            dir.path().display()
        );
        let secret = password.as_ref();
        let secret = secret.map(|password| format!("requirepass \"{password}\"\n"));
        let config = config + &secret.unwrap_or_default();
        // Sentinels write what they learn into their configuration.
        let path = dir.path().join("sentinel.conf");
        fs::write(&path, config).unwrap();
        let args = [path.display().to_string(), "--sentinel".into()];
        let sentinel = Self {
            _process: Process::start("redis-server", &args, &dir.path().join("sentinel.log")),
            port,
            password,
            _dir: dir,
        };
        let known = format!("slaves={replicas}");
        wait_until("a Sentinel that knows all replicas", || {
            sentinel.cli(&["INFO", "sentinel"]).contains(&known)
        });
        sentinel
    }

    /// Where the master is to be asked for.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:{}/{}", self.port, Self::MASTER)
    }

    /// The answer to a command.
    #[must_use]
    pub fn cli(&self, args: &[&str]) -> String {
        let login = self
            .password
            .iter()
            .flat_map(|password| ["--no-auth-warning", "-a", password]);
        let args: Vec<&str> = login.chain(args.iter().copied()).collect();
        redis_cli(self.port, &args).1
    }

    /// Makes a replica the master, and waits until it is.
    pub fn fail_over(&self) {
        let address = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Self::MASTER];
        let before = self.cli(&address);
        wait_until("a failover that begins", || {
            let answer = self.cli(&["SENTINEL", "FAILOVER", Self::MASTER]);
            answer == "OK" || answer.contains("INPROG")
        });
        wait_until("another master", || self.cli(&address) != before);
    }
}
