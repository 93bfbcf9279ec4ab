//! The petitioner.

use minwon::{
    NameError, Token,
    petitions::{
        ApplicantId, Attachment, FormatError, Sha256,
        application::{Submit, Supplement, Withdraw},
        issuance::{Basis, Cancel, Request},
    },
};

use crate::case::{Actor, Case, Step};

fn actor(case: &Case<'_>) -> Result<Actor, NameError> {
    Actor::new(format!("citizen-{:06}", case.petition.number), "portal")
}

fn applicant(case: &Case<'_>) -> Result<ApplicantId, FormatError> {
    ApplicantId::new(format!("applicant-{:06}", case.petition.number))
}

/// Files the petition.
pub(crate) async fn submit(case: &mut Case<'_>) -> Step {
    let petition = &case.petition;
    let submit = Submit {
        category: petition.category,
        service: petition.service,
        kind: petition.kind,
        channel: petition.channel.clone(),
        petition_type: petition.title().parse()?,
        applicant: applicant(case)?,
        agency: "Jongno District Office".parse()?,
        submitted_at: case.now,
        attachments: Vec::new(),
    };
    case.petition(actor(case)?, submit).await?;
    Ok(())
}

/// Supplies what the officer asked for.
pub(crate) async fn supplement(case: &mut Case<'_>) -> Step {
    case.minutes(20..180)?;
    let supplement = Supplement {
        by: applicant(case)?,
        supplemented_at: case.now,
        attachments: vec![scan(case)?],
        note: Some("The missing page is attached".parse()?),
    };
    case.petition(actor(case)?, supplement).await?;
    Ok(())
}

/// Takes the petition back.
pub(crate) async fn withdraw(case: &mut Case<'_>) -> Step {
    case.minutes(5..60)?;
    let withdraw = Withdraw {
        by: applicant(case)?,
        reason: Some("No longer needed".parse()?),
    };
    case.petition(actor(case)?, withdraw).await?;
    Ok(())
}

/// Asks for the document. The token tells where in the log the request stands.
pub(crate) async fn request_document(
    case: &mut Case<'_>,
    basis: Basis,
    copies: u16,
) -> Step<Option<Token>> {
    case.seconds(1..20)?;
    let request = Request {
        category: case.petition.category,
        basis,
        applicant: applicant(case)?,
        document_type: case.petition.document().parse()?,
        copies,
        fee: case.petition.fee(),
    };
    Ok(case.issuance(actor(case)?, request).await?.token)
}

/// Calls the request for the document off.
pub(crate) async fn cancel_request(case: &mut Case<'_>) -> Step {
    case.seconds(5..40)?;
    let reason = "The number of copies was wrong".parse()?;
    case.issuance(actor(case)?, Cancel { reason }).await?;
    Ok(())
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
