//! Dead letters: what consumers of the log could not handle, and what is decided about it.
//!
//! Where a service is named, it is asked over the API of its console. Else who only looks reads the store file beside
//! the service that writes to it; a decision is carried out by that service while it runs, which listens on a
//! socket beside the file (`minwon::operator`), and by this program while it does not. A database server has many writers, and nobody needs to be asked.

mod asking;
#[cfg(unix)]
mod remote;
mod report;
mod selecting;

use std::{path::Path, time::Duration};

use clap::{Args, Subcommand};
use minwon::{
    ActorId, NamespaceName, Store, StoreErrorKind, SystemClock, Timestamp,
    adapters::sqlite::SqliteStore,
    engine::{DeadLetters, Letter},
    operator::{
        Retried, RetriedTo,
        api::{LetterShown, Payload},
    },
};

use self::{
    report::Report,
    selecting::{Exactly, Selecting},
};
use crate::{
    confirm::confirm,
    failure::{Failure, Found, Usage, while_doing},
    output::{Out, complain},
    place::Place,
    progress::Progress,
};

#[derive(Debug, Args)]
pub(crate) struct Letters {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Counts letters by consumer, event type and cause (the default)
    Groups,
    /// Lists letters, in the order of the log
    List(Selecting),
    /// Shows one letter with its event and its history
    Show(Exactly),
    /// Shows what was decided, by whom and why
    Decisions {
        /// From this time on, as 2026-11-21T09:00:00+09:00
        #[arg(long, value_name = "TIME", default_value_t = Timestamp::UNIX_EPOCH)]
        since: Timestamp,
    },
    /// Has letters tried again: the first alone, and the others if that went well
    Retry(Retry),
    /// Gives an event up: its consumer goes on without it, for ever
    Skip(GiveUp),
    /// Gives an event up, and has its consumer make up for it
    Compensate(GiveUp),
    /// Lists what was asked of a service, by whom, and how far it is
    Asks,
    /// Shows how far something is that was asked for
    Ask(Number),
    /// Lets something be done that another asked for
    Approve(Number),
    /// Turns down what another asked for, or takes back what one asked for oneself, before it begins
    TurnDown(Number),
    /// Begins nothing more of something that is being done
    Stop(Number),
}

/// Something that was asked of a service.
#[derive(Debug, Args)]
struct Number {
    /// The number of what was asked for
    ask: u64,
}

/// Who decides, and whether that is asked once more.
#[derive(Debug, Args)]
struct Decision {
    /// Who decides, as an opaque id: it stands in every decision. A service knows it by the token
    #[arg(long, value_name = "ID", env = "MINWON_BY")]
    by: Option<ActorId>,
    /// Decides without asking once more, as a script has to
    #[arg(long)]
    yes: bool,
    /// Shows only what would be decided about
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Does not wait until a service has done it
    #[arg(long, conflicts_with = "dry_run")]
    no_wait: bool,
}

#[derive(Debug, Args)]
struct Retry {
    #[command(flatten)]
    selecting: Selecting,
    #[command(flatten)]
    decision: Decision,
    /// How long to wait for the consumer, portion by portion
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    time_out: u32,
}

#[derive(Debug, Args)]
struct GiveUp {
    #[command(flatten)]
    exactly: Exactly,
    #[command(flatten)]
    decision: Decision,
    /// Why; whoever reads the log later wants to know
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// What is done about an event that is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Skip,
    Compensate,
}

pub(crate) use self::asking::ask;

pub(crate) async fn run(place: &Place, letters: &Letters, out: Out) -> Result<Found, Failure> {
    let desk = Desk {
        place,
        namespace: place.namespace().await?,
        report: Report(out),
    };
    match letters.task.as_ref().unwrap_or(&Task::Groups) {
        Task::Groups => {
            let groups = desk.looking()?.groups().await?;
            desk.report.groups(&groups.into_iter().collect())?;
        }
        Task::List(selecting) => {
            let selection = selecting.selection()?;
            desk.report
                .letters(&desk.looking()?.list(&selection).await?)?;
        }
        Task::Show(exactly) => {
            let Some(letter) = desk.find(exactly).await? else {
                return Ok(Found::Wrong);
            };
            let detail = desk.looking()?.show(&letter).await?;
            desk.report
                .detail(&LetterShown::of(&detail, Payload::Shown))?;
        }
        Task::Decisions { since } => {
            let decisions = desk.looking()?.decisions(*since).await?;
            let decisions: Vec<_> = decisions.iter().map(Into::into).collect();
            desk.report.decisions(&decisions)?;
        }
        Task::Retry(retry) => return desk.retry(retry).await,
        Task::Skip(give_up) => return desk.give_up(give_up, How::Skip).await,
        Task::Compensate(give_up) => return desk.give_up(give_up, How::Compensate).await,
        Task::Asks | Task::Ask(_) | Task::Approve(_) | Task::TurnDown(_) | Task::Stop(_) => {
            let what = "a service alone knows what was asked for; write --service URL";
            return Err(Usage::new(what).into());
        }
    }
    Ok(Found::Well)
}

type Operator = minwon::engine::Operator<Store, SystemClock>;

/// Where the letters of a namespace are looked at and decided about.
struct Desk<'a> {
    place: &'a Place,
    namespace: NamespaceName,
    report: Report,
}

impl Decision {
    /// Who decides, where no service knows that by a token.
    fn by(&self) -> Result<&ActorId, Usage> {
        if self.no_wait {
            let what = "--no-wait is for a service, which goes on by itself; write --service URL";
            return Err(Usage::new(what));
        }
        let nobody = || Usage::new("who decides? Write --by and an opaque id");
        self.by.as_ref().ok_or_else(nobody)
    }
}

/// Who carries a decision out.
enum Reach {
    /// This program.
    Store(Operator),
    /// A service that has the store, for writing.
    #[cfg(unix)]
    Service(remote::Remote),
}

impl Desk<'_> {
    /// One who only looks, so that no name is needed.
    fn looking(&self) -> Result<Operator, Failure> {
        Ok(self.operator(self.place.store.clone(), ActorId::new("minwon")?))
    }

    fn operator(&self, store: Store, by: ActorId) -> Operator {
        DeadLetters::new(self.namespace.clone(), store, SystemClock).operator(by)
    }

    /// The one letter that was named; where it is none, that is said.
    async fn find(&self, exactly: &Exactly) -> Result<Option<Letter>, Failure> {
        let letter = self.looking()?.list(&exactly.selection()).await?.pop();
        if letter.is_none() {
            exactly.complain();
        }
        Ok(letter)
    }

    /// Opens the store for a decision, where no service has it.
    fn reach(&self, by: &ActorId) -> Result<Reach, Failure> {
        let Store::Sqlite(file) = &self.place.store else {
            return Ok(Reach::Store(
                self.operator(self.place.store.clone(), by.clone()),
            ));
        };
        match SqliteStore::open(file.path()) {
            Err(error) if error.kind() == StoreErrorKind::Locked => {
                self.service(file.path(), by, error.into())
            }
            opened => {
                let path = file.path().display();
                let doing = format!("the store {path} could not be opened to write to it");
                let store = Store::Sqlite(opened.map_err(while_doing(doing))?);
                Ok(Reach::Store(self.operator(store, by.clone())))
            }
        }
    }

    #[cfg(unix)]
    fn service(&self, file: &Path, by: &ActorId, why: Failure) -> Result<Reach, Failure> {
        let remote = remote::Remote::of(file, &self.namespace, by, why)?;
        Ok(Reach::Service(remote))
    }

    #[cfg(not(unix))]
    fn service(&self, _: &Path, _: &ActorId, why: Failure) -> Result<Reach, Failure> {
        let doing = "another process has the store; decide while it does not run";
        Err(while_doing(doing)(why).into())
    }

    async fn retry(&self, retry: &Retry) -> Result<Found, Failure> {
        let (selection, decision) = (retry.selecting.selection()?, &retry.decision);
        if decision.dry_run {
            let plan = self.looking()?.plan(&selection).await?;
            self.report.plan(&plan.portions, 0)?;
            return Ok(Found::Well);
        }
        let by = decision.by()?;
        if !decision.yes {
            let letters = self.looking()?.list(&selection).await?;
            if letters.is_empty() {
                self.report.retried(&Retried::default())?;
                return Ok(Found::Well);
            }
            complain(&report::table(&letters));
            confirm("Have these letters tried again?")?;
        }
        let progress = Progress::new();
        progress.show("waiting for the consumers to try");
        let retried = match self.reach(by)? {
            Reach::Store(operator) => {
                let time_out = Duration::from_secs(retry.time_out.into());
                Retried::from(&operator.retry(&selection, time_out).await?)
            }
            #[cfg(unix)]
            Reach::Service(mut service) => service.retry(&selection, retry.time_out)?,
        };
        drop(progress);
        self.report.retried(&retried)?;
        Ok(complete(&retried))
    }

    async fn give_up(&self, give_up: &GiveUp, how: How) -> Result<Found, Failure> {
        let (exactly, decision) = (&give_up.exactly, &give_up.decision);
        if !decision.dry_run {
            decision.by()?;
        }
        if !decision.yes {
            let Some(letter) = self.find(exactly).await? else {
                return Ok(Found::Wrong);
            };
            let detail = self.looking()?.show(&letter).await?;
            let detail = LetterShown::of(&detail, Payload::Shown);
            if decision.dry_run {
                self.report.detail(&detail)?;
                return Ok(Found::Well);
            }
            complain(&report::detail(&detail));
            confirm(how.question())?;
        }
        let reason = &give_up.reason;
        let decided = match self.reach(decision.by()?)? {
            Reach::Store(operator) => {
                let Some(letter) = self.find(exactly).await? else {
                    return Ok(Found::Wrong);
                };
                match how {
                    How::Skip => operator.skip(std::slice::from_ref(&letter), reason).await?,
                    How::Compensate => operator.compensate(&letter, reason).await?,
                }
                (&letter).into()
            }
            // Of one that is no letter any more the service knows who decided, and what.
            #[cfg(unix)]
            Reach::Service(mut service) => match how {
                How::Skip => service.skip(exactly.letter(), reason)?,
                How::Compensate => service.compensate(exactly.letter(), reason)?,
            },
        };
        self.report.decided(how.word(), &decided)?;
        Ok(Found::Well)
    }
}

impl How {
    const fn act(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Compensate => "compensate",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Skip => "skipped",
            Self::Compensate => "compensated",
        }
    }

    const fn question(self) -> &'static str {
        match self {
            Self::Skip => "Go on without this event, for ever?",
            Self::Compensate => {
                "Have the consumer make up for this event, and go on without it, for ever?"
            }
        }
    }
}

/// Letters that are still there are what a retry was to change, also for scripts.
fn complete(retried: &Retried) -> Found {
    if retried.is_complete() {
        return Found::Well;
    }
    let mut outcomes = retried.results.iter().map(|it| &it.outcome);
    complain(if outcomes.any(|outcome| *outcome == RetriedTo::NoAnswer) {
        "no answer in time. What was asked for stands, and is tried as soon as its consumer runs; `list` \
         marks it as asked for, until it was tried. Is the service running? Once it is, retry again for \
         what was not asked for"
    } else {
        "not all letters are gone; `show` says what is wrong with one, then fix the cause and retry, or \
         skip it"
    });
    Found::Wrong
}
