//! Figures of the machine: processor time, memory, and Redis's own benchmark.

use std::{
    fs,
    ops::{AddAssign, Sub},
    process::Command,
};

use minwon_test_servers::RedisServer;

use crate::Failure;

/// Processor time of a process, of all its threads, in user and kernel mode.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Usage {
    pub(crate) cpu_seconds: f64,
}

impl Usage {
    pub(crate) fn of_self() -> Result<Self, Failure> {
        Self::of("self")
    }

    pub(crate) fn of_server(server: &RedisServer) -> Result<Self, Failure> {
        let info = server.cli(&["INFO", "server"]);
        let mut lines = info.lines();
        let pid = lines.find_map(|line| line.strip_prefix("process_id:"));
        Self::of(pid.ok_or("INFO has no process id")?.trim())
    }

    fn of(pid: &str) -> Result<Self, Failure> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name may hold blanks; behind it the fields stand in a known order.
        let fields = stat.rsplit(") ").next().unwrap_or_default();
        let fields: Vec<_> = fields.split(' ').collect();
        let ticks = |at: usize| -> Result<f64, Failure> {
            Ok(fields
                .get(at)
                .ok_or("/proc/pid/stat is too short")?
                .parse()?)
        };
        // A tick is 10 ms on every Linux that this runs on.
        Ok(Self {
            cpu_seconds: (ticks(11)? + ticks(12)?) / 100.0,
        })
    }
}

impl Sub for Usage {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self {
            cpu_seconds: self.cpu_seconds - other.cpu_seconds,
        }
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.cpu_seconds += other.cpu_seconds;
    }
}

/// Lets the peak begin anew, where the system allows it; else it is that of the whole run.
pub(crate) fn forget_peak_memory() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

pub(crate) fn peak_memory_bytes() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.split_whitespace().next());
    Ok(kib.ok_or("/proc/self/status has no peak")?.parse::<u64>()? * 1024)
}

/// The best of `redis-benchmark` SET with 300-byte values at several depths and connections.
pub(crate) fn redis_set_pipelined(server: &RedisServer) -> Result<f64, Failure> {
    let mut best: f64 = 0.0;
    for depth in ["16", "64", "256"] {
        for clients in ["1", "50"] {
            let port = server.port().to_string();
            let args = [
                "-p", &port, "-t", "set", "-d", "300", "-r", "1000000", "-n", "300000", "-P",
                depth, "-c", clients, "--csv",
            ];
            let output = Command::new("redis-benchmark").args(args).output()?;
            let text = String::from_utf8(output.stdout)?;
            let line = text.lines().find(|line| line.starts_with("\"SET\""));
            let rate = line.and_then(|line| line.split(',').nth(1));
            let rate = rate.ok_or("redis-benchmark says nothing of SET")?;
            best = best.max(rate.trim_matches('"').parse()?);
        }
    }
    Ok(best)
}
