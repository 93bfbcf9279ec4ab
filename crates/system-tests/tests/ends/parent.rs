//! The other end of the pipes.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child as Process, ChildStdin, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use minwon::{PetitionService, petitions::ApplicationStatus};

use crate::child;

/// Only a test that fails waits as long.
const LIMIT: Duration = Duration::from_secs(300);

/// Where a store is.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.0.path().join("general.db").display())
    }
}

/// A service in a process of its own, which is killed with this value.
pub(crate) struct Child {
    process: Process,
    orders: ChildStdin,
    said: mpsc::Receiver<String>,
}

impl Child {
    /// Starts one, which is ready.
    pub(crate) fn start() -> (Self, Place) {
        let place = Place(tempfile::tempdir().unwrap());
        let mut command = Command::new(env::current_exe().unwrap());
        let name = "child::serves_until_it_is_asked_to_end";
        command.args([name, "--exact", "--ignored", "--nocapture"]);
        command.env(child::STORE, place.url());
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let orders = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, said) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if let Some(line) = line.strip_prefix("> ") {
                    let _ = sender.send(line.to_owned());
                }
            }
        });
        let mut child = Self {
            process,
            orders,
            said,
        };
        child.expect("ready");
        (child, place)
    }

    pub(crate) fn tell(&mut self, order: &str) {
        writeln!(self.orders, "{order}").unwrap();
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// What it says next.
    pub(crate) fn next(&mut self) -> String {
        self.said.recv_timeout(LIMIT).expect("it says something")
    }

    /// The rest of what it says next, which begins like this.
    pub(crate) fn expect(&mut self, said: &str) -> String {
        let line = self.next();
        let rest = line.strip_prefix(said);
        rest.unwrap_or_else(|| panic!("{line}")).trim().to_owned()
    }

    /// Waits until it has ended.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        // All that it says comes before.
        while self.said.recv_timeout(LIMIT).is_ok() {}
        self.process.wait().unwrap().code()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where a petition stands, by the log.
pub(crate) async fn status(service: &PetitionService, id: &str) -> Option<ApplicationStatus> {
    child::petition(service, id).state().await.unwrap().status()
}
