//! A petition service in memory whose notifications fail, and an operator who looks after it.

mod office;

use std::{sync::Arc, time::Duration};

use minwon::{
    ActorId, Timestamp,
    engine::{Letter, RetryReport, Selection},
};

use self::office::{Mail, Service};
use crate::{
    report::Report,
    shared::{Failure, say},
};

const PETITIONS: [&str; 4] = ["2026-000123", "2026-000124", "2026-000125", "2026-000126"];

/// How long the consumer has to answer a retry.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

pub(crate) async fn run(report: &Report) -> Result<(), Failure> {
    let mail = Arc::new(Mail::default());
    let service = office::start(&mail)?;
    for petition in PETITIONS {
        office::file(&service, petition).await?;
    }
    // Later events of a petition wait behind its letter.
    office::grant(&service, PETITIONS[0]).await?;
    service.settled().await?;
    look_after(&service, &mail, report).await?;
    service.stop().await;
    Ok(())
}

/// The work of an operator on it.
async fn look_after(service: &Service, mail: &Mail, report: &Report) -> Result<(), Failure> {
    let operator = service.dead_letters().operator(ActorId::new("operator")?);
    // Programs get one object: what is left in the end.
    let text = (!report.is_json).then_some(report);
    let listed = operator.list(&Selection::All).await?;
    let first = listed.first().ok_or("the demo has letters")?;
    if let Some(report) = text {
        say("What could not be handled? (list)\n")?;
        report.letters(&listed)?;
        say("\nAll for one cause? (groups)\n")?;
        report.groups(&operator.groups().await?)?;
        say("\nWhat about the first? (show)\n")?;
        report.detail(&operator.show(first).await?)?;
        say("\nThe password is renewed: the first once more, then the others. (retry)\n")?;
    }
    mail.fix();
    let retried = operator.retry(&Selection::All, ANSWER_WAIT).await?;
    if let Some(report) = text {
        report.retried(&(&retried).into())?;
        say("\nThis citizen has moved away, and got a letter by post. (skip)\n")?;
    }
    let failed = failed(&retried).ok_or("the demo has a letter that fails again")?;
    let skipped = std::slice::from_ref(failed);
    operator.skip(skipped, "sent by post").await?;
    service.settled().await?;
    if let Some(report) = text {
        report.decided("skipped", &failed.into())?;
        say("\nWhat was decided, by whom and why? (decisions)\n")?;
        report.decisions(&operator.decisions(Timestamp::UNIX_EPOCH).await?)?;
        say("\nWhat is left?\n")?;
    }
    report.letters(&operator.list(&Selection::All).await?)
}

/// The letter that a retry did not help.
fn failed(report: &RetryReport) -> Option<&Letter> {
    let mut results = report.results.iter();
    let failed = results.find(|result| !result.outcome.is_gone());
    failed.map(|result| &result.letter)
}
