//! The petitioner.

use std::time::Instant;

use minwon::{
    NameError,
    petitions::{
        ApplicantId, Attachment, FormatError, Sha256,
        application::{Submit, Supplement, Withdraw},
    },
    service::{FilingError, InstantAnswer},
};

use super::officer;
use crate::{
    again::until_answered,
    case::{Actor, Case, Step},
    shared::{While, while_doing},
};

/// Whom petitions are addressed to whose type names no agency.
const AGENCY: &str = "Jongno District Office";

/// Whether there was anything to wait for.
pub(crate) enum Served {
    /// The document came with the answer.
    AtOnce,
    /// The register does not answer; the document follows, or does not.
    Later,
}

fn actor(case: &Case<'_>) -> Result<Actor, NameError> {
    Actor::new(format!("citizen-{:06}", case.petition.number), "portal")
}

fn applicant(case: &Case<'_>) -> Result<ApplicantId, FormatError> {
    ApplicantId::new(format!("applicant-{:06}", case.petition.number))
}

pub(super) fn submission(case: &Case<'_>) -> Result<Submit, FormatError> {
    let petition = &case.petition;
    Ok(Submit {
        category: petition.entry.category,
        service: petition.entry.service,
        kind: petition.entry.kind,
        channel: petition.channel.clone(),
        petition_type: petition.entry.name.clone(),
        applicant: applicant(case)?,
        agency: match &petition.entry.agency {
            Some(agency) => agency.clone(),
            None => AGENCY.parse()?,
        },
        submitted_at: case.now,
        attachments: Vec::new(),
    })
}

/// Files the petition, and has a receipt at once.
pub(crate) async fn file(case: &mut Case<'_>) -> Step {
    let (petition, id) = (case.in_hand(&actor(case)?), case.first_command());
    let (submit, receive) = (submission(case)?, officer::receive(case)?);
    let filed = until_answered(|| petition.file(id, submit.clone(), Some(&receive)));
    filed.await.map_err(not_filed(case))?;
    Ok(())
}

/// Files the petition, and waits for the document.
pub(crate) async fn issue_now(case: &mut Case<'_>) -> Step<Served> {
    let (petition, id) = (case.in_hand(&actor(case)?), case.first_command());
    let (submit, receive) = (submission(case)?, officer::receive(case)?);
    let begun = Instant::now();
    let answer = until_answered(|| petition.issue_now(id, submit.clone(), &receive)).await;
    match answer.map_err(not_filed(case))? {
        InstantAnswer::Issued(_) => {
            case.day.add_instant_call(begun.elapsed());
            Ok(Served::AtOnce)
        }
        InstantAnswer::Following { .. } => Ok(Served::Later),
    }
}

/// A petition was not taken.
fn not_filed(case: &Case<'_>) -> impl FnOnce(FilingError) -> While {
    let petition = case.petition.id.clone();
    move |error| {
        let why = match error {
            // Its number was free when the day began, and its id is one of this run.
            FilingError::Refused(_) => {
                "; does another portal work on these namespaces? Let it finish, or choose others \
                 with --prefix"
            }
            _ => "",
        };
        while_doing(format!("petition {petition} could not be filed{why}"))(error)
    }
}

/// Supplies what the officer asked for.
pub(crate) async fn supplement(case: &mut Case<'_>) -> Step {
    case.minutes(20..180).await?;
    let supplement = Supplement {
        by: applicant(case)?,
        supplemented_at: case.now,
        attachments: vec![scan(case)?],
        note: Some("The missing page is attached".parse()?),
    };
    case.petition(actor(case)?, supplement).await
}

/// Takes the petition back.
pub(crate) async fn withdraw(case: &mut Case<'_>) -> Step {
    case.minutes(5..60).await?;
    give_withdrawal(case).await
}

/// Withdraws the petition that led to nothing. The payment has been refunded by then.
pub(crate) async fn withdraw_after_failure(case: &mut Case<'_>) -> Step {
    case.minutes(30..90).await?;
    case.attempt_failed().await?;
    give_withdrawal(case).await
}

async fn give_withdrawal(case: &mut Case<'_>) -> Step {
    let withdraw = Withdraw {
        by: applicant(case)?,
        reason: Some("No longer needed".parse()?),
    };
    case.petition(actor(case)?, withdraw).await
}

/// A file that stands elsewhere; the example makes up its digest.
fn scan(case: &mut Case<'_>) -> Result<Attachment, FormatError> {
    let digest = std::array::from_fn(|_| case.chance.within(0..256).to_le_bytes()[0]);
    Ok(Attachment {
        uri: format!("s3://petitions/{}/supplement.pdf", case.petition.id).parse()?,
        media_type: "application/pdf".parse()?,
        bytes: case.chance.within(20_000..400_000),
        sha256: Sha256::from_bytes(digest),
    })
}
