//! A projector in a process of its own: this test binary, which runs one test there.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child as Process, Command, Stdio},
    time::Duration,
};

use minwon_adapters::sqlite::SqliteStore;
use minwon_core::{GlobalPosition, MemberName};
use minwon_projections::Membership;
use tokio::sync::watch;

use crate::support::*;

/// The report of a child.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) lines: u64,
    pub(crate) folded_events: u64,
    pub(crate) position: u64,
    pub(crate) slices: u64,
    pub(crate) restarts: u64,
}

/// A projector in a process of its own. It is killed with this value.
pub(crate) struct Child {
    process: Process,
    report: watch::Receiver<Report>,
}

impl Child {
    /// Starts one; with a name it shares the slices with others.
    pub(crate) fn start(log: &Path, redis: &str, member: Option<&str>) -> Self {
        let name = "child::projects_until_it_is_killed";
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([name, "--exact", "--ignored", "--nocapture"]);
        command.env("MINWON_CHILD_LOG", log);
        command.env("MINWON_CHILD_REDIS", redis);
        if let Some(member) = member {
            command.env("MINWON_CHILD_MEMBER", member);
        }
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, report) = watch::channel(Report::default());
        std::thread::spawn(move || {
            let report = output.lines().map_while(Result::ok);
            let report = report.filter_map(|line| parse(&line));
            for (lines, report) in (1..).zip(report) {
                sender.send_replace(Report { lines, ..report });
            }
        });
        Self { process, report }
    }

    /// Sends a signal, for example `STOP`.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits until its report says something.
    pub(crate) async fn until(&self, is_so: impl FnMut(&Report) -> bool) -> Report {
        let mut report = self.report.clone();
        let report = within(report.wait_for(is_so)).await;
        report.expect("the child goes on").clone()
    }

    /// Stops it where it stands, once it has folded so many events.
    pub(crate) async fn falls_asleep(&self, folded_events: u64) -> Report {
        self.until(|report| report.folded_events >= folded_events)
            .await;
        self.signal("STOP");
        self.report()
    }

    pub(crate) fn report(&self) -> Report {
        self.report.borrow().clone()
    }

    /// Waits until it has committed everything up to `head`.
    pub(crate) async fn arrive(&self, head: GlobalPosition) {
        self.until(|report| report.position >= head.commit()).await;
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The last line may be cut short; a whole one ends with a mark.
fn parse(line: &str) -> Option<Report> {
    let numbers = line.strip_prefix("report ")?.strip_suffix(" ok")?;
    let numbers = numbers.split(' ').map(|number| number.parse().ok());
    let numbers: Vec<u64> = numbers.collect::<Option<_>>()?;
    let [folded_events, position, slices, restarts] = numbers[..] else {
        return None;
    };
    Some(Report {
        lines: 0,
        folded_events,
        position,
        slices,
        restarts,
    })
}

/// How long a member of the tests is trusted to be alive.
pub(crate) const TIME_TO_LIVE: Duration = Duration::from_millis(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "other tests run it in a process of its own"]
async fn projects_until_it_is_killed() {
    let (Ok(log), Ok(redis)) = (env::var("MINWON_CHILD_LOG"), env::var("MINWON_CHILD_REDIS"))
    else {
        return;
    };
    let store = SqliteStore::open_read_only(log).unwrap();
    let read_models = connect(&redis).await;
    let mut builder = builder(&store, &read_models);
    if let Ok(member) = env::var("MINWON_CHILD_MEMBER") {
        let member = MemberName::new(member).unwrap();
        builder = builder.share_as(Membership::new(read_models.clone(), member, TIME_TO_LIVE));
    }
    let projector = builder
        .project(minwon_petitions::PetitionViews::default())
        .start();
    let mut status = projector.status();
    loop {
        let (model, restarts) = {
            let status = status.borrow_and_update();
            (status.models[0].clone(), status.restarts)
        };
        let position = model.position.map_or(0, GlobalPosition::commit);
        let (folded, slices) = (model.folded_events, model.slices.len());
        // One write, which a kill may cut.
        let line = format!("report {folded} {position} {slices} {restarts} ok\n");
        std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
        status.changed().await.unwrap();
    }
}
