//! One Redis server.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use crate::process::{Process, free_port, redis_cli, wait_until};

/// How often a port is chosen anew where another process took it first. Unit: times.
const STARTS_MAX: u32 = 5;

/// The part of a server's append-only file that is on its disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppendOnly {
    /// There is no such file.
    Off,
    /// All but the last second.
    EverySecond,
    /// All that was acknowledged.
    Always,
}

/// How a [`RedisServer`] is started.
#[derive(Debug, Clone)]
#[must_use]
pub struct RedisServerBuilder {
    append_only: AppendOnly,
    settings: Vec<String>,
}

impl RedisServerBuilder {
    /// The part of its append-only file that is on its disk. Default: there is none.
    pub fn append_only(mut self, append_only: AppendOnly) -> Self {
        self.append_only = append_only;
        self
    }

    /// The eviction policy. Default: `noeviction`.
    pub fn maxmemory_policy(self, policy: &str) -> Self {
        self.setting("maxmemory-policy", policy)
    }

    /// Makes it a replica of `master`.
    pub fn replica_of(self, master: &RedisServer) -> Self {
        let master = format!("127.0.0.1 {}", master.port);
        let mut words = self.setting("repl-diskless-sync-delay", "0");
        words.settings.push("--replicaof".into());
        words.settings.extend(master.split(' ').map(str::to_owned));
        words
    }

    /// Any other setting of `redis.conf`.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings
            .extend([format!("--{name}"), value.to_owned()]);
        self
    }

    /// Starts it, and waits until it answers.
    #[must_use]
    pub fn start(self) -> RedisServer {
        for _ in 0..STARTS_MAX {
            let mut server = RedisServer {
                port: free_port(),
                dir: tempfile::tempdir().unwrap(),
                builder: self.clone(),
                process: None,
            };
            if server.try_start() {
                return server;
            }
        }
        panic!("redis-server did not start on any of {STARTS_MAX} ports");
    }
}

/// A Redis server. It ends with this value.
#[derive(Debug)]
pub struct RedisServer {
    // Dropped before the directory that it writes to.
    process: Option<Process>,
    port: u16,
    dir: TempDir,
    builder: RedisServerBuilder,
}

impl RedisServer {
    /// Starts one that keeps everything in memory.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// To start one otherwise.
    pub fn builder() -> RedisServerBuilder {
        RedisServerBuilder {
            append_only: AppendOnly::Off,
            settings: Vec::new(),
        }
    }

    /// Its port on 127.0.0.1, the same after a restart.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is, for a client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The answer to a command; an error is text as well.
    #[must_use]
    pub fn cli(&self, args: &[&str]) -> String {
        redis_cli(self.port, args).1
    }

    /// Ends it at once, as a loss of power to the process.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Stops it where it stands; connections stay open, and nobody answers.
    pub fn pause(&self) {
        self.running().signal("STOP");
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.running().signal("CONT");
    }

    /// Ends it in an orderly way.
    pub fn shutdown(&mut self) {
        let _ = self.cli(&["SHUTDOWN", "NOSAVE"]);
        if let Some(mut process) = self.process.take() {
            process.wait();
        }
    }

    /// Starts it again over what is left in its directory, on the same port.
    pub fn restart(&mut self) {
        self.process = None;
        assert!(self.try_start(), "restart of Redis: {}", self.log());
    }

    fn running(&self) -> &Process {
        self.process.as_ref().expect("the server was not ended")
    }

    fn try_start(&mut self) -> bool {
        let dir = self.dir.path().display().to_string();
        let mut args = vec!["--port".into(), self.port.to_string(), "--dir".into(), dir];
        args.extend(["--bind", "127.0.0.1", "--save", ""].map(str::to_owned));
        let (is_on, fsync) = match self.builder.append_only {
            AppendOnly::Off => ("no", "no"),
            AppendOnly::EverySecond => ("yes", "everysec"),
            AppendOnly::Always => ("yes", "always"),
        };
        args.extend(["--appendonly", is_on, "--appendfsync", fsync].map(str::to_owned));
        args.extend(self.builder.settings.iter().cloned());
        let mut process = Process::start("redis-server", &args, &self.log_path());
        let mut answers = false;
        wait_until("an answer from redis-server, or its end", || {
            answers = process.is_running() && self.cli(&["PING"]) == "PONG";
            answers || !process.is_running()
        });
        self.process = Some(process);
        answers
    }

    fn log_path(&self) -> PathBuf {
        self.dir.path().join("server.log")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Waits until the server says something with `part` in it to a command.
    pub fn wait_for(&self, args: &[&str], part: &str) {
        let what = format!("{part:?} in the answer of redis to {args:?}");
        wait_until(&what, || self.cli(args).contains(part));
    }
}
