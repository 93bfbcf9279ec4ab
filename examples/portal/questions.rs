//! The questions of citizens, officers and holders of documents to the read models.

use std::{fmt, num::NonZeroU32};

use minwon::{
    ListPart, PetitionId, ReadModels, ResultQuery,
    petitions::{
        ApplicationStatus, Calendar, Date, PetitionView, VerificationNumber,
        application::Application,
    },
};

use crate::{clock::DayClock, figures::counted, hours, shared::Failure};

/// Some questions and their answers.
pub(crate) struct Questions {
    asked: Vec<(String, String)>,
}

impl Questions {
    /// Asks about a petition, its applicant, its document, and what is due soonest.
    pub(crate) async fn ask(
        results: &ResultQuery<ReadModels, DayClock>,
        petition: &PetitionId,
    ) -> Result<Self, Failure> {
        let mut questions = Self { asked: Vec::new() };
        if let Some(view) = results.petition(petition).await?.value {
            questions.ask_about(results, &view).await?;
        }
        let soonest = ListPart::first(NonZeroU32::MIN);
        let reviewed = ApplicationStatus::InReview;
        let list = results.work_list(reviewed, &soonest).await?.value.views;
        let most_urgent = list.first().map_or("none".into(), |(_, view)| told(view));
        questions.add("The most urgent one in review?".into(), most_urgent);
        let list = results.running(&soonest).await?.value.views;
        let soonest_due = list.first().map_or("none".into(), |(_, view)| left(view));
        questions.add("The most urgent one of all?".into(), soonest_due);
        let first = ListPart::first(NonZeroU32::MIN);
        let list = results.awaiting_supplement(&first).await?.value.views;
        let awaited = list.first().map_or("none".into(), |(_, view)| left(view));
        questions.add("Which supplement has to come first?".into(), awaited);
        Ok(questions)
    }

    async fn ask_about(
        &mut self,
        results: &ResultQuery<ReadModels, DayClock>,
        view: &PetitionView,
    ) -> Result<(), Failure> {
        let Some(filed) = view.filed() else {
            return Ok(());
        };
        if let Some(case) = &filed.case {
            let number = &case.receipt.receipt_number;
            let found = results.by_receipt(number).await?.value;
            let found = found.as_ref().map_or("unknown".into(), told);
            self.add(format!("Where is {number}?"), found);
        }
        let applicant = &filed.filing.applicant;
        let newest = ListPart::first(NonZeroU32::MIN);
        let own = results.of_applicant(applicant, &newest).await?.value.views;
        let own = own.first().map_or("nothing".into(), |(_, view)| told(view));
        self.add(format!("What did {applicant} file last?"), own);
        let proofs = view.documents().filter_map(|document| document.proof);
        for proof in proofs {
            let answer = verdict(results, proof.number).await?;
            self.add(format!("Is {} genuine?", proof.number.masked()), answer);
        }
        Ok(())
    }

    fn add(&mut self, question: String, answer: String) {
        self.asked.push((question, answer));
    }
}

/// Returns how much working time is left when the offices close, and what stops the clock.
fn left(view: &PetitionView) -> String {
    let petition = told(view);
    match view.remaining(Calendar::published(), hours::closing()) {
        Ok(Some(remaining)) => format!("{petition}: {remaining}"),
        Ok(None) => petition,
        Err(error) => format!("{petition}: {error}"),
    }
}

async fn verdict(
    results: &ResultQuery<ReadModels, DayClock>,
    number: VerificationNumber,
) -> Result<String, Failure> {
    let today: Date = hours::working_day();
    let document = results
        .document(&"counter".parse()?, &number, today)
        .await?
        .value;
    let verdict = document.verdict.as_str();
    Ok(match document.issued {
        Some(issued) => format!("{verdict}: {}, {}", issued.document_type, issued.issued_on),
        None => verdict.to_owned(),
    })
}

fn told(view: &PetitionView) -> String {
    let status = view.status().map_or("not filed", |status| status.as_str());
    let steps = counted(view.timeline.steps().len() as u64, "step");
    let due = view.filed().and_then(Application::due);
    let due = due.map_or(String::new(), |due| format!(", due {}", hours::due(due)));
    format!("{}, {status} after {steps}{due}", view.id)
}

impl fmt::Display for Questions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.asked.iter().map(|(question, _)| question.len());
        let width = widths.max().unwrap_or(0);
        let mut lines = self.asked.iter();
        if let Some((question, answer)) = lines.next() {
            write!(f, "{question:width$}  {answer}")?;
        }
        lines.try_for_each(|(question, answer)| write!(f, "\n{question:width$}  {answer}"))
    }
}
