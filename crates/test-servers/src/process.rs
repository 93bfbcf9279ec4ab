//! A server's process, and waiting for what it will come to.

use std::{
    fs::File,
    net::TcpListener,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

/// How often something is looked at until it has to be there. Unit: looks, 10 ms apart.
const LOOKS_MAX: u32 = 60_000;

/// A process that ends with this value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts `program`; what it says goes to `log`.
    pub(crate) fn start(program: &str, args: &[String], log: &Path) -> Self {
        Self::start_with(program, args, &[], log)
    }

    /// The same with directories that it is told of by variables of its environment.
    pub(crate) fn start_with(
        program: &str,
        args: &[String],
        directories: &[(&str, &Path)],
        log: &Path,
    ) -> Self {
        let log = File::options().create(true).append(true).open(log).unwrap();
        let child = Command::new(program)
            .args(args)
            .envs(directories.iter().copied())
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn();
        let child = child
            .unwrap_or_else(|error| panic!("{program}: {error}; run ./test, which installs it"));
        Self { child }
    }

    /// Sends a signal, for example `KILL`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success(), "signal {signal} to process {id}");
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of the loopback interface that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Looks until `is_so`, and panics with `what` where it never is.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..LOOKS_MAX {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} did not come about");
}

/// The output of `redis-cli` with these arguments, trimmed; and whether it succeeded.
pub(crate) fn redis_cli(port: u16, args: &[&str]) -> (bool, String) {
    let output = Command::new("redis-cli")
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(args)
        .output()
        .unwrap_or_else(|error| panic!("redis-cli: {error}; run ./test, which installs it"));
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success(), text)
}
