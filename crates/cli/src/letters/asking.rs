//! Letters of a service that runs, looked at and decided about over the API of its console: who decides is whom the
//! token belongs to.

use minwon::{
    engine::Letter,
    operator::{
        Decided, Retried, RetriedLine,
        api::{
            AskLetters, AskList, AskShown, AskStep, Decisions, Groups, LetterShown, Letters,
            Preview,
        },
    },
};
use serde_json::{Value, json};

use super::{
    Decision, Exactly, GiveUp, How, Letters as Options, Retry, Task, complete,
    report::{self, Report},
};
use crate::{
    confirm::confirm,
    failure::{Failure, Found},
    output::{Out, complain},
    progress::Progress,
    service::{Client, Fields, WAIT, unless},
};

/// Does what is asked for at a service.
pub(crate) async fn ask(client: &Client, letters: &Options, out: Out) -> Result<Found, Failure> {
    let desk = Desk {
        client,
        report: Report(out),
    };
    let report = &desk.report;
    match letters.task.as_ref().unwrap_or(&Task::Groups) {
        Task::Groups => {
            let groups: Groups = client.get("/letters/groups", &Fields::new()).await?;
            report.groups(&groups)?;
        }
        Task::List(selecting) => {
            let letters = desk.list(selecting.fields()?).await?;
            report.letters(&letters)?;
        }
        Task::Show(exactly) => {
            let Some(shown) = desk.find(exactly).await? else {
                return Ok(Found::Wrong);
            };
            report.detail(&shown)?;
        }
        Task::Decisions { since } => {
            let fields = vec![("since", since.in_seoul().to_string())];
            let decisions: Decisions = client.get("/letters/decisions", &fields).await?;
            report.decisions(&decisions.decisions)?;
            let last = decisions.decisions.last().filter(|_| decisions.left > 0);
            if let Some(last) = last {
                let (left, since) = (decisions.left, last.at.in_seoul());
                complain(&format!(
                    "{left} later ones are not shown; write --since {since}"
                ));
            }
        }
        Task::Retry(retry) => return desk.retry(retry).await,
        Task::Skip(give_up) => return desk.give_up(give_up, How::Skip).await,
        Task::Compensate(give_up) => return desk.give_up(give_up, How::Compensate).await,
        Task::Asks => {
            let asks: AskList = client.get("/letters/asks", &Fields::new()).await?;
            report.asks(&asks)?;
        }
        Task::Ask(number) => {
            let to = format!("/letters/asks/{}", number.ask);
            report.ask(&client.get(&to, &Fields::new()).await?)?;
        }
        Task::Approve(number) => desk.decide(number.ask, "approve").await?,
        Task::TurnDown(number) => desk.decide(number.ask, "turn-down").await?,
        Task::Stop(number) => desk.decide(number.ask, "stop").await?,
    }
    Ok(Found::Well)
}

struct Desk<'a> {
    client: &'a Client,
    report: Report,
}

impl Desk<'_> {
    /// All letters that are meant, part by part.
    async fn list(&self, fields: Fields) -> Result<Vec<Letter>, Failure> {
        let (mut letters, mut after) = (Vec::new(), String::new());
        loop {
            let mut fields = fields.clone();
            fields.push(("after", after));
            let part: Letters = self.client.get("/letters", &fields).await?;
            letters.extend(part.letters);
            match part.next {
                Some(next) => after = next,
                None => return Ok(letters),
            }
        }
    }

    /// The one letter that was named; where it is none, that is said.
    async fn find(&self, exactly: &Exactly) -> Result<Option<LetterShown>, Failure> {
        let shown = self.client.get("/letters/one", &exactly.fields()).await;
        let shown = unless(shown, "no-such-letter")?;
        if shown.is_err() {
            exactly.complain();
        }
        Ok(shown.ok())
    }

    async fn decide(&self, ask: u64, decision: &str) -> Result<(), Failure> {
        let to = format!("/letters/asks/{ask}/{decision}");
        self.report.ask(&self.client.post(&to, &json!({})).await?)
    }

    /// What an act would be done to; none where there are no letters.
    async fn preview(&self, act: &str, mut fields: Fields) -> Result<Option<Preview>, Failure> {
        fields.push(("act", act.to_owned()));
        let preview: Preview = self.client.get("/letters/ask", &fields).await?;
        Ok(Some(preview).filter(|preview| preview.count > 0))
    }

    /// Asks for an act on what was shown before it.
    async fn ask(
        &self,
        act: &str,
        fields: Fields,
        reason: &str,
        preview: &Preview,
        decision: &Decision,
    ) -> Result<AskShown, Failure> {
        let mut body = json!({
            "act": act, "reason": reason, "by": decision.by,
            "count": preview.count, "until": preview.until,
        });
        for (name, text) in fields {
            body[name] = Value::from(text);
        }
        self.client.post("/letters/asks", &body).await
    }

    /// Waits until what was asked for is over; but not for somebody to approve of it.
    async fn follow(&self, mut ask: AskShown) -> Result<AskShown, Failure> {
        let progress = Progress::new();
        let is_followed = |ask: &AskShown| match ask.state {
            AskStep::Waits => !ask.needs_approval,
            _ => !ask.is_over(),
        };
        while is_followed(&ask) {
            progress.show(format_args!("{} of {} are gone", ask.gone, ask.count));
            let fields = vec![
                ("tried", (ask.gone + ask.failed).to_string()),
                ("begun", (ask.state == AskStep::Runs).to_string()),
            ];
            let to = format!("/letters/asks/{}", ask.ask);
            ask = self.client.wait(&to, &fields, WAIT).await?;
        }
        Ok(ask)
    }

    async fn retry(&self, retry: &Retry) -> Result<Found, Failure> {
        let (fields, decision) = (retry.selecting.fields()?, &retry.decision);
        let preview = self.preview("retry", fields.clone()).await?;
        if decision.dry_run {
            let preview = preview.unwrap_or_default();
            self.report.plan(&preview.portions, preview.left)?;
            return Ok(Found::Well);
        }
        let Some(preview) = preview else {
            self.report.retried(&Retried::default())?;
            return Ok(Found::Well);
        };
        if !decision.yes {
            complain(&report::table(&preview.portions.concat()));
            if preview.left > 0 {
                complain(&format!("and {} more", preview.left));
            }
            confirm("Have these letters tried again?")?;
        }
        let ask = self.ask("retry", fields, "", &preview, decision).await?;
        if decision.no_wait {
            self.report.ask(&ask)?;
            return Ok(Found::Well);
        }
        complain(&format!("`minwon letters stop {}` stops it", ask.ask));
        let ask = self.follow(ask).await?;
        let retried = self.retried(&ask).await?;
        self.report.retried(&retried)?;
        if let Some(error) = ask.error.filter(|_| retried.results.is_empty()) {
            complain(&error);
        }
        Ok(complete(&retried))
    }

    /// What became of each letter of a retry.
    async fn retried(&self, ask: &AskShown) -> Result<Retried, Failure> {
        let (mut retried, mut after) = (Retried::default(), 0);
        loop {
            let to = format!("/letters/asks/{}/letters", ask.ask);
            let fields = vec![("after", after.to_string())];
            let part: AskLetters = self.client.get(&to, &fields).await?;
            for line in part.letters {
                match line.outcome {
                    Some(outcome) => retried.results.push(RetriedLine {
                        letter: line.letter,
                        outcome,
                    }),
                    None => retried.not_requested.push(line.letter),
                }
            }
            match part.next {
                Some(next) => after = next,
                None => return Ok(retried),
            }
        }
    }

    async fn give_up(&self, give_up: &GiveUp, how: How) -> Result<Found, Failure> {
        let (exactly, decision) = (&give_up.exactly, &give_up.decision);
        if !decision.yes {
            let Some(shown) = self.find(exactly).await? else {
                return Ok(Found::Wrong);
            };
            if decision.dry_run {
                self.report.detail(&shown)?;
                return Ok(Found::Well);
            }
            complain(&report::detail(&shown));
            confirm(how.question())?;
        }
        let fields = exactly.fields();
        let Some(preview) = self.preview(how.act(), fields.clone()).await? else {
            exactly.complain();
            return Ok(Found::Wrong);
        };
        let letter = preview.portions.concat().into_iter().next();
        let ask = self
            .ask(how.act(), fields, &give_up.reason, &preview, decision)
            .await?;
        let number = ask.ask;
        if !decision.no_wait && !ask.needs_approval {
            let seconds = preview.grace_seconds;
            complain(&format!(
                "it begins in {seconds} s; until then `minwon letters turn-down {number}` takes it back"
            ));
        }
        let ask = if decision.no_wait {
            ask
        } else {
            self.follow(ask).await?
        };
        match (ask.state, letter) {
            (AskStep::Done, Some(letter)) => {
                self.report.decided(how.word(), &Decided::from(&letter))?;
                return Ok(Found::Well);
            }
            (AskStep::Waits | AskStep::Runs, _) => {
                self.report.ask(&ask)?;
                if ask.needs_approval {
                    complain(&format!(
                        "somebody else has to approve of it: `minwon letters approve {number}`"
                    ));
                }
                return Ok(Found::Well);
            }
            _ => self.report.ask(&ask)?,
        }
        complain("it was not done; the output says how it ended");
        Ok(Found::Wrong)
    }
}
