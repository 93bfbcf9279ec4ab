//! Who looks after what the services could not handle.

use std::{fmt, time::Duration};

use minwon::{
    ActorId, NamespaceName, Store,
    engine::{LetterGroup, Operator, RetryOutcome, RetryReport, Selection},
};

use crate::{
    branch::Branch,
    clock::DayClock,
    day::Day,
    figures::counted,
    shared::Failure,
    table::{Table, cut},
};

/// How long a consumer has to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(300);

/// The work that an operator found, and its outcome.
#[derive(Default)]
pub(crate) struct Rounds {
    groups: Vec<Group>,
    /// Letters that are left for tomorrow, over all branches.
    pub(crate) open: u64,
    pub(crate) fixed: u64,
    pub(crate) skipped: u64,
}

struct Group {
    branch: NamespaceName,
    group: LetterGroup,
    letters: u64,
    became: String,
}

/// Has the fee table corrected, and goes through the letters of all branches.
pub(crate) async fn look_after(day: &Day) -> Result<Rounds, Failure> {
    let mut rounds = Rounds::default();
    day.outside.fees.correct();
    for branch in &day.branches {
        rounds.look_after(branch).await?;
    }
    for branch in &day.branches {
        branch.rested().await?;
        let letters = operator(branch)?.list(&Selection::All).await?;
        rounds.open += letters.len() as u64;
    }
    Ok(rounds)
}

fn operator(branch: &Branch) -> Result<Operator<Store, DayClock>, Failure> {
    let letters = branch.service.dead_letters();
    Ok(letters.operator(ActorId::new("operator-1")?))
}

impl Rounds {
    async fn look_after(&mut self, branch: &Branch) -> Result<(), Failure> {
        let operator = operator(branch)?;
        for (group, letters) in operator.groups().await? {
            let selection = Selection::Group(group.clone());
            // The first alone, as a probe; the others only if that goes well.
            let report = operator.retry(&selection, ANSWER_WAIT).await?;
            let became = self.note(&operator, report).await?;
            self.groups.push(Group {
                branch: branch.namespace().name().clone(),
                group,
                letters,
                became,
            });
        }
        Ok(())
    }

    async fn note(
        &mut self,
        operator: &Operator<Store, DayClock>,
        report: RetryReport,
    ) -> Result<String, Failure> {
        let (gone, stuck): (Vec<_>, Vec<_>) = report
            .results
            .iter()
            .partition(|result| result.outcome.is_gone());
        self.fixed += gone.len() as u64;
        let Some(failed) = stuck.first() else {
            return Ok(format!("{} handled after a retry", gone.len()));
        };
        let left = match report.not_requested.len() {
            0 => String::new(),
            left => format!("; {left} more not tried"),
        };
        if failed.outcome == RetryOutcome::NoAnswer {
            return Ok(format!("the consumer does not answer{left}"));
        }
        // A letter by post takes the place of a mail, and of nothing else.
        let is_mail = failed.letter.consumer.as_str() == "notifications";
        if self.skipped > 0 || !is_mail {
            return Ok(format!("the probe failed again{left}"));
        }
        self.skipped += 1;
        let letter = std::slice::from_ref(&failed.letter);
        operator.skip(letter, "sent by post").await?;
        Ok(format!("the probe failed again and was skipped{left}"))
    }
}

impl fmt::Display for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "LETTERS",
            "NAMESPACE",
            "CONSUMER",
            "EVENT TYPE",
            "CAUSE",
            "WHAT THE OPERATOR DID",
        ];
        let mut table = Table::new(head);
        for Group {
            branch,
            group,
            letters,
            became,
        } in &self.groups
        {
            table.row([
                letters.to_string(),
                branch.to_string(),
                group.consumer.to_string(),
                group.event_type.to_string(),
                cut(&group.cause, 60),
                became.clone(),
            ]);
        }
        writeln!(f, "{}", table.or("No dead letters.").trim_end())?;
        let left = counted(self.open, "dead letter");
        write!(f, "{left} left to the operator for tomorrow.")
    }
}
