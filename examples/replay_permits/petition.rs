//! A case of the log as a petition: the commands that bring it there.
//!
//! Facts that the log does not record are not made up:
//!
//! - The kind is `other`, the one sort of petition that may be completed without saying whether it
//!   was granted.
//! - Without a deadline the petition is due at the end of time, within the longest period there
//!   is, so it is never late. With one, the period is the days from filing to deadline, rounded
//!   up; no calendar was used, so the calendar version says `imported`.
//! - A missing channel, department or agency is `(none)`, a missing activity `(unnamed)`, a missing
//!   officer, as well as the petitioner, `unknown`.
//! - A step without a time has that of the step before it. Before the first time known, it is the
//!   case's `startdate`, else that first time, else the epoch.
//! - Only a petition that was worked on can be completed. Where the log has no step, the import
//!   notes that under a source of its own, so that it is not taken for a step of the log.

use std::fmt;

use minwon::{
    ActorId, CommandId, NamespaceName, Outcome, PetitionId, ServiceName, Timestamp,
    engine::{Command, CommandContext, StreamName},
    petitions::{
        Activity, ApplicationCommand, ApplicationEvent, Category, Channel, Department, Due, Period,
        PeriodUnit, PetitionApplication, PetitionKind, ReceiptNumber, ServiceType,
        application::{Complete, DueDocument, ReceiptDue, Receive, RecordProgress, Submit},
    },
};
use minwon_xes::{CaseAttributes, XesEvent};

use crate::fit::{Fitting, NONE, instant};

/// The source of events that stand for something in the log.
pub(crate) const SOURCE: &str = "xes-import";
/// The source of events that the import needed to add.
const NOTE_SOURCE: &str = "xes-import-note";

const NAMESPACE: &str = "general";
const CATEGORY: Category = Category::General;

/// Ids of petitions are derived within this scope. Another one would migrate all logs again.
const PETITIONS: [u8; 16] = *b"minwon xes cases";

const UNKNOWN: &str = "unknown";
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// Makes a text of ours into its type.
macro_rules! word {
    ($text:expr) => {
        $text.parse().expect("a short word")
    };
}

pub(crate) fn namespace() -> NamespaceName {
    word!(NAMESPACE)
}

/// The decider for petitions that come out of a log.
pub(crate) fn application() -> PetitionApplication {
    PetitionApplication::new(CATEGORY)
}

/// A step of a case, made to fit.
pub(crate) struct Step {
    activity: Activity,
    officer: Option<ActorId>,
    department: Option<Department>,
    pub(crate) noted_at: Option<Timestamp>,
}

impl Step {
    pub(crate) fn new(event: &XesEvent, fitting: &mut Fitting) -> Self {
        let activity = fitting.text(event.activity.as_deref());
        Self {
            activity: activity.unwrap_or_else(|| word!("(unnamed)")),
            officer: fitting.id(event.resource.as_deref()),
            department: fitting.text(event.group.as_deref()),
            noted_at: event.timestamp.map(instant),
        }
    }
}

/// The identity of a case: its place in the log, from 0, its name and how it begins.
#[derive(Debug, Default, Clone, serde::Serialize)]
pub(crate) struct Identity {
    pub(crate) ordinal: u64,
    pub(crate) name: Option<String>,
    pub(crate) first_activity: Option<String>,
    pub(crate) first_time: Option<Timestamp>,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "case {}", self.ordinal)?;
        match &self.name {
            Some(name) => write!(f, " ({name:.80})"),
            None => Ok(()),
        }
    }
}

/// A case on its way into the store.
pub(crate) struct Petition {
    pub(crate) stream: StreamName,
    id: PetitionId,
    /// The commands of the case derive their ids from this one.
    scope: CommandId,
    steps: u64,
    /// The last time known.
    time: Timestamp,
    officer: Option<ActorId>,
}

impl Petition {
    /// The petition that a case is, filed at `filed_at`.
    pub(crate) fn new(
        identity: &Identity,
        application: &PetitionApplication,
        filed_at: Timestamp,
    ) -> Self {
        let identity = serde_json::to_vec(identity).expect("texts and numbers are JSON");
        let scope = CommandId::derive(&PETITIONS, identity);
        let id = word!(scope.to_string());
        Self {
            stream: application.stream(&namespace(), &id),
            id,
            scope,
            steps: 0,
            time: filed_at,
            officer: None,
        }
    }

    /// Files the petition and takes it in.
    pub(crate) fn open(
        &self,
        attributes: &CaseAttributes,
        fitting: &mut Fitting,
    ) -> [Command<ApplicationCommand>; 2] {
        let (due, period, calendar_version) = match attributes.deadline {
            Some(deadline) => {
                let due = instant(deadline);
                (due, days_between(self.time, due), "imported")
            }
            None => (Timestamp::MAX, days(u16::MAX), "none"),
        };
        let channel: Option<Channel> = fitting.text(attributes.channel.as_deref());
        let department: Option<Department> = fitting.text(attributes.department.as_deref());
        let name: Option<ReceiptNumber> = fitting.id(attributes.name.as_deref());
        let submit = Submit {
            category: CATEGORY,
            service: ServiceType::DeadlineBound,
            kind: PetitionKind::Other,
            channel: channel.unwrap_or_else(|| word!(NONE)),
            petition_type: word!("imported case"),
            applicant: word!(UNKNOWN),
            agency: word!(NONE),
            submitted_at: self.time,
            attachments: Vec::new(),
        };
        let receive = Receive {
            receipt_number: name.unwrap_or_else(|| word!(self.id.as_str())),
            kind: PetitionKind::Other,
            period,
            due: ReceiptDue::Imported {
                due: Due::At(due),
                calendar_version: word!(calendar_version),
            },
            department: department.unwrap_or_else(|| word!(NONE)),
            received_at: self.time,
        };
        let unknown = || word!(UNKNOWN);
        [
            self.command("submit", unknown(), self.time, submit),
            self.command("receive", unknown(), self.time, receive),
        ]
    }

    /// Records the next step.
    pub(crate) fn record(&mut self, step: Step) -> Command<ApplicationCommand> {
        self.time = step.noted_at.unwrap_or(self.time);
        let number = self.steps;
        self.steps += 1;
        let officer = step.officer.unwrap_or_else(|| word!(UNKNOWN));
        self.officer = Some(officer.clone());
        let progress = RecordProgress {
            activity: step.activity,
            officer: officer.clone(),
            department: step.department,
            noted_at: self.time,
        };
        self.command(&format!("step {number}"), officer, self.time, progress)
    }

    /// Completes the petition, by whoever is responsible for it, else by the last officer.
    pub(crate) fn complete(
        &self,
        ended_at: Timestamp,
        responsible: Option<ActorId>,
    ) -> impl Iterator<Item = Command<ApplicationCommand>> {
        let officer = responsible
            .or_else(|| self.officer.clone())
            .unwrap_or_else(|| word!(UNKNOWN));
        let complete = Complete {
            officer: officer.clone(),
            answer: None,
            attachments: Vec::new(),
            document: DueDocument::NotDue,
            completed_at: ended_at,
        };
        // The event does not repeat the time, so the id shows whether it is another than before.
        let name = format!("complete {ended_at}");
        let note = (self.steps == 0).then(|| self.note_no_steps());
        note.into_iter()
            .chain([self.command(&name, officer, ended_at, complete)])
    }

    fn note_no_steps(&self) -> Command<ApplicationCommand> {
        let officer: ActorId = word!(SOURCE);
        let progress = RecordProgress {
            activity: word!("(no step in the log)"),
            officer: officer.clone(),
            department: None,
            noted_at: self.time,
        };
        let context = self.context(officer, NOTE_SOURCE, self.time);
        Command::new(self.command_id("note"), context, progress)
    }

    /// A command for something that happened at `occurred_at`. The name is its identity within
    /// the case.
    fn command(
        &self,
        name: &str,
        actor: ActorId,
        occurred_at: Timestamp,
        body: impl Into<ApplicationCommand>,
    ) -> Command<ApplicationCommand> {
        let context = self.context(actor, SOURCE, occurred_at);
        Command::new(self.command_id(name), context, body)
    }

    fn command_id(&self, name: &str) -> CommandId {
        CommandId::derive(self.scope.as_bytes(), name)
    }

    fn context(&self, actor: ActorId, source: &str, occurred_at: Timestamp) -> CommandContext {
        let source: ServiceName = word!(source);
        CommandContext::new(self.id.clone(), actor, source, occurred_at)
            .correlated(self.scope.into())
    }
}

fn days_between(filed_at: Timestamp, due: Timestamp) -> Period {
    let micros = (due.unix_micros() - filed_at.unix_micros()).max(1);
    let count = (micros - 1) / DAY_MICROS + 1;
    days(u16::try_from(count).unwrap_or(u16::MAX))
}

fn days(count: u16) -> Period {
    Period::new(count, PeriodUnit::Days).expect("at least one day")
}

/// Returns whether a command did, in an earlier run or now, what it is meant to do.
///
/// Its id only says which place in the log it stands for: a log that was changed there meets what
/// was recorded from the old one.
pub(crate) fn is_as_meant(
    command: &ApplicationCommand,
    outcome: &Outcome<ApplicationEvent>,
) -> bool {
    use ApplicationCommand as Meant;
    use ApplicationEvent as Done;
    match (command, outcome.events.as_slice()) {
        (Meant::Submit(meant), [Done::Submitted(done)]) => {
            (&meant.channel, meant.submitted_at) == (&done.channel, done.submitted_at)
        }
        (Meant::Receive(meant), [Done::Received(done)]) => {
            let done_due = ReceiptDue::Imported {
                due: done.due,
                calendar_version: done.calendar_version.clone(),
            };
            (&meant.receipt_number, &meant.due, &meant.department)
                == (&done.receipt_number, &done_due, &done.department)
        }
        (Meant::RecordProgress(meant), [Done::ProgressRecorded(done)]) => {
            (
                &meant.activity,
                &meant.officer,
                &meant.department,
                meant.noted_at,
            ) == (
                &done.activity,
                &done.officer,
                &done.department,
                done.noted_at,
            )
        }
        (Meant::Complete(meant), [Done::Completed(done)]) => meant.officer == done.officer,
        _ => false,
    }
}
