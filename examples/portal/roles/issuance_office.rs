//! The part of the portal that settles fees and makes documents out of registers.

use minwon::{
    NameError, Token,
    petitions::{
        Channel, FormatError, VerificationNumber, Won,
        application::{Approve, Complete},
        issuance::{
            Authorize, Fail, FeeConsequence, FeeSettlement, IdentityMethod, IssueDocument, Revoke,
        },
    },
};

use crate::case::{Actor, Case, Step};

/// The office in the first two digits of verification numbers.
const OFFICE: u8 = 11;

/// A request was answered without the place where it stands in the log.
#[derive(Debug, thiserror::Error)]
#[error("the request for issuance {attempt} left no event; no verification number can be assigned")]
struct Unplaced {
    attempt: String,
}

fn actor() -> Result<Actor, NameError> {
    Actor::new("issuance-office", "issuance")
}

/// Settles identity and fee.
pub(crate) async fn authorize(case: &mut Case<'_>) -> Step {
    case.seconds(5..60)?;
    let authorize = Authorize {
        identity: identity(case),
        evidence: Some(format!("proof-{}", case.attempt).parse()?),
        fee: settlement(case)?,
    };
    case.issuance(actor()?, authorize).await?;
    Ok(())
}

/// Makes the document. Positions in the log never repeat, and each request is issued at most
/// once, so the request's position makes the verification number unique.
pub(crate) async fn issue_document(case: &mut Case<'_>, request: Option<Token>) -> Step {
    case.seconds(1..5)?;
    let request = request.ok_or_else(|| Unplaced {
        attempt: case.attempt.to_string(),
    })?;
    let issue = IssueDocument {
        verification_number: VerificationNumber::assign(OFFICE, request.position.commit())?,
        issued_at: case.now,
        document: None,
    };
    case.issuance(actor()?, issue).await?;
    Ok(())
}

/// Gives up an attempt; a fee paid is refunded with it.
pub(crate) async fn give_up(case: &mut Case<'_>) -> Step {
    case.seconds(10..60)?;
    let reason = "The register does not answer".parse()?;
    case.issuance(actor()?, Fail { reason }).await?;
    Ok(())
}

/// Takes an issued document back.
pub(crate) async fn revoke(case: &mut Case<'_>) -> Step {
    case.minutes(10..120)?;
    let revoke = Revoke {
        authority: "Jongno District Office".parse()?,
        reason: "The register had an error".parse()?,
        fee: FeeConsequence::Kept,
    };
    case.issuance(actor()?, revoke).await?;
    Ok(())
}

/// Closes an instant petition whose document is out; no officer has to look at it.
pub(crate) async fn close(case: &mut Case<'_>) -> Step {
    case.seconds(1..3)?;
    let office = actor()?;
    let approve = Approve {
        officer: office.id.clone(),
        conditions: Vec::new(),
    };
    case.petition(office.clone(), approve).await?;
    let complete = Complete {
        officer: office.id.clone(),
        answer: None,
        attachments: Vec::new(),
    };
    case.petition(office, complete).await?;
    Ok(())
}

fn identity(case: &mut Case<'_>) -> IdentityMethod {
    match case.petition.channel {
        Channel::Kiosk => IdentityMethod::Fingerprint,
        Channel::Online => case.chance.weighted([
            (60, IdentityMethod::SimpleAuthentication),
            (25, IdentityMethod::JointCertificate),
            (15, IdentityMethod::MobileIdentityCard),
        ]),
        _ => IdentityMethod::IdentityCard,
    }
}

fn settlement(case: &mut Case<'_>) -> Result<FeeSettlement, FormatError> {
    let amount = case.petition.fee();
    if amount == Won::ZERO {
        let ground = "Free of charge online".parse()?;
        return Ok(FeeSettlement::Waived { ground });
    }
    if case.chance.happens(8) {
        let ground = "Recipient of basic livelihood support".parse()?;
        return Ok(FeeSettlement::Waived { ground });
    }
    Ok(FeeSettlement::Paid {
        amount,
        payment: format!("payment-{}", case.attempt).parse()?,
    })
}
