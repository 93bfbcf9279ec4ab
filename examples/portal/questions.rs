//! The questions of citizens and officers to the read models. Answers serialise as they are.

use std::num::NonZeroU32;

use minwon::{ListPart, PetitionId, ReadModels, ResultQuery};
use serde::Serialize;

use crate::{
    clock::DayClock,
    hours,
    shared::{Failure, say},
};

/// Asks about a petition, its applicant and its document, and what is due soonest.
pub(crate) async fn ask(
    results: &ResultQuery<ReadModels, DayClock>,
    petition: &PetitionId,
) -> Result<(), Failure> {
    let (now, first) = (hours::closing(), ListPart::first(NonZeroU32::MIN));
    let running = results.running(&first).await?;
    let running = results.shown(running, now);
    print("The most urgent petition of all", &running)?;
    let awaited = results.awaiting_supplement(&first).await?;
    let awaited = results.shown(awaited, now);
    print("The first supplement that has to come", &awaited)?;
    let Some(view) = results.petition(petition).await?.value else {
        return Ok(());
    };
    if let Some(filed) = view.filed() {
        let applicant = &filed.filing.applicant;
        let newest = results.of_applicant(applicant, &first).await?;
        let newest = results.shown(newest, now);
        print(&format!("The newest petition of {applicant}"), &newest)?;
    }
    for proof in view.documents().filter_map(|document| document.proof) {
        let (asker, on) = ("counter".parse()?, hours::working_day());
        let document = results.document(&asker, &proof.number, on).await?;
        print("Its document", &document)?;
    }
    say(format_args!("\nPetition {petition}"))?;
    for step in view.timeline.steps() {
        say(format_args!("{}  {}", step.at.in_seoul(), step.what))?;
    }
    Ok(())
}

fn print(question: &str, answer: &impl Serialize) -> Result<(), Failure> {
    let answer = serde_json::to_string_pretty(answer)?;
    Ok(say(format_args!("\n{question}: {answer}"))?)
}
