//! How two namespaces share a machine, and how one of them is run beside the other.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use minwon_benches::{office::Failure, watched::Watched};
use minwon_test_servers::RedisServer;
use tokio::sync::oneshot;

use crate::general::{self, Outcome, Setup};

/// How two namespaces share a machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrangement {
    pub(crate) name: &'static str,
    host: Host,
    /// Both append to the same file.
    one_file: bool,
    /// `general` has small limits.
    pub(crate) is_limited: bool,
    /// The threads of `general`, and its Redis, give way to others.
    gives_way: bool,
}

/// Where `general` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    /// On the runtime of `building`.
    SameRuntime,
    /// On a runtime of its own with one worker.
    OwnRuntime,
    /// In a process of its own, whose runtime has one worker for each core.
    Process,
}

/// How far the threads of `general` give way.
const NICENESS: &str = "10";

impl Arrangement {
    const ALL: [Self; 9] = [
        Self::new("one-file", Host::SameRuntime).one_file(),
        Self::new("own-file", Host::SameRuntime),
        Self::new("limits", Host::SameRuntime).limited(),
        Self::new("runtime", Host::OwnRuntime),
        Self::new("runtime-limits", Host::OwnRuntime).limited(),
        Self::new("runtime-limits-nice", Host::OwnRuntime)
            .limited()
            .giving_way(),
        Self::new("process", Host::Process),
        Self::new("process-limits", Host::Process).limited(),
        Self::new("process-limits-nice", Host::Process)
            .limited()
            .giving_way(),
    ];

    const fn new(name: &'static str, host: Host) -> Self {
        Self {
            name,
            host,
            one_file: false,
            is_limited: false,
            gives_way: false,
        }
    }

    const fn one_file(mut self) -> Self {
        self.one_file = true;
        self
    }

    const fn limited(mut self) -> Self {
        self.is_limited = true;
        self
    }

    const fn giving_way(mut self) -> Self {
        self.gives_way = true;
        self
    }

    /// Those with these names; all within one process where none is named.
    pub(crate) fn chosen(names: &[String], processes: bool) -> Result<Vec<Self>, Failure> {
        let find = |name: &String| {
            let known = || Self::ALL.map(|it| it.name).join(", ");
            let found = Self::ALL.into_iter().find(|it| it.name == name);
            found.ok_or_else(|| format!("{name:?} is none of {}", known()).into())
        };
        if !names.is_empty() {
            return names.iter().map(find).collect();
        }
        let mut all = Self::ALL.to_vec();
        all.retain(|it| processes || it.host != Host::Process);
        Ok(all)
    }

    /// Its description.
    pub(crate) fn describe(&self) -> String {
        let host = match self.host {
            Host::SameRuntime => "one runtime",
            Host::OwnRuntime => "general on a runtime of its own with one worker",
            Host::Process => "general in a process of its own",
        };
        let file = if self.one_file {
            ", one event file"
        } else {
            ""
        };
        let limits = if self.is_limited {
            ", small limits"
        } else {
            ""
        };
        let nice = if self.gives_way { ", niceness 10" } else { "" };
        format!("{host}{file}{limits}{nice}")
    }

    /// A Redis for `general`. It has the niceness of the thread that starts it.
    pub(crate) fn redis(&self) -> Result<RedisServer, Failure> {
        if !self.gives_way {
            return Ok(RedisServer::start());
        }
        let started = thread::spawn(|| {
            give_way()?;
            Ok(RedisServer::start())
        });
        started.join().map_err(|_| "a Redis did not start")?
    }
}

/// Makes this thread, and those that it starts, give way to others.
fn give_way() -> Result<(), Failure> {
    // `/proc/thread-self` leads to `PID/task/TID`.
    let own = std::fs::read_link("/proc/thread-self")?;
    let id = own.file_name().ok_or("this thread has no id")?;
    let mut renice = Command::new("renice");
    renice.args(["-n", NICENESS, "-p"]).arg(id);
    let done = renice.stdout(Stdio::null()).status()?;
    if done.success() {
        return Ok(());
    }
    Err("renice did not work".into())
}

/// `general` while it runs.
pub(crate) enum Running {
    Here(
        oneshot::Sender<()>,
        oneshot::Receiver<Result<Outcome, Failure>>,
    ),
    Elsewhere(Child, mpsc::Receiver<String>),
}

impl Running {
    /// Starts it, and waits until it is at work.
    pub(crate) async fn start(
        arrangement: &Arrangement,
        setup: Setup,
        building: &Watched,
    ) -> Result<Self, Failure> {
        if arrangement.host == Host::Process {
            let gives_way = arrangement.gives_way;
            let started = tokio::task::spawn_blocking(move || Self::process(gives_way, &setup));
            return started.await?;
        }
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = oneshot::channel();
        let (sender, outcome) = oneshot::channel();
        let file = arrangement.one_file.then(|| building.inner().clone());
        let run = async move {
            let _ = sender.send(general::run(setup, file, ready, stopped).await);
        };
        if arrangement.host == Host::SameRuntime {
            tokio::spawn(run);
        } else {
            let gives_way = arrangement.gives_way;
            thread::Builder::new()
                .name("general".into())
                .spawn(move || on_own_runtime(gives_way, run))?;
        }
        is_ready.await.map_err(|_| "general did not start")?;
        Ok(Self::Here(stop, outcome))
    }

    fn process(gives_way: bool, setup: &Setup) -> Result<Self, Failure> {
        let own = std::env::current_exe()?;
        let mut command = if gives_way {
            let mut nice = Command::new("nice");
            nice.args(["-n", NICENESS]).arg(own);
            nice
        } else {
            Command::new(own)
        };
        command.arg("general").args(setup.arguments());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().ok_or("general says nothing")?;
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        lines.recv().map_err(|_| "general did not start")?;
        Ok(Self::Elsewhere(child, lines))
    }

    /// Ends it, whatever it waits for, and answers what it came to.
    pub(crate) async fn stop(self) -> Result<Outcome, Failure> {
        match self {
            Self::Here(stop, outcome) => {
                let _ = stop.send(());
                outcome.await?
            }
            Self::Elsewhere(mut child, lines) => {
                let ended = tokio::task::spawn_blocking(move || {
                    // It ends when nobody holds the other end any more.
                    drop(child.stdin.take());
                    let line = lines.recv().map_err(|_| "general did not say anything")?;
                    child.wait()?;
                    Outcome::parse(&line)
                });
                ended.await?
            }
        }
    }
}

fn on_own_runtime(gives_way: bool, run: impl Future<Output = ()>) {
    if gives_way && let Err(error) = give_way() {
        eprintln!("general keeps its priority: {error}");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => {
            runtime.block_on(run);
            runtime.shutdown_background();
        }
        Err(error) => eprintln!("general has no runtime: {error}"),
    }
}

/// Waits until whoever started this process lets it go.
pub(crate) fn wait_for_the_end() {
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}
