//! What is done about the petition, step by step.

use minwon::{
    Token,
    petitions::{
        Channel, Period, PeriodUnit, PetitionKind, ServiceType, VerificationNumber, Won,
        application::{
            Approve, Complete, DueDocument, ReceiptDue, Receive, RecordProgress, Submit,
        },
        issuance::{Authorize, Basis, FeeSettlement, IdentityMethod, IssueDocument, Request},
    },
};

use crate::{desk::Desk, shared::Failure};

pub(crate) const APPLICANT: &str = "applicant-42";
const OFFICER: &str = "officer-07";
/// The office in the first two digits of verification numbers.
const VERIFYING_OFFICE: u8 = 11;

pub(crate) async fn file(desk: &mut Desk<'_>, what: &str) -> Result<Token, Failure> {
    let submit = Submit {
        category: desk.category,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: what.parse()?,
        applicant: APPLICANT.parse()?,
        agency: "Jongno District Office".parse()?,
        submitted_at: desk.now,
        attachments: Vec::new(),
    };
    desk.petition(APPLICANT, submit).await
}

pub(crate) async fn receive(desk: &mut Desk<'_>, number: &str) -> Result<Token, Failure> {
    desk.minutes(12);
    let receive = Receive {
        receipt_number: number.parse()?,
        kind: PetitionKind::Statutory,
        period: Period::new(7, PeriodUnit::Days)?,
        due: ReceiptDue::ByStatute,
        department: "Building Division".parse()?,
        received_at: desk.now,
    };
    desk.petition("front-office-1", receive).await
}

pub(crate) async fn examine(desk: &mut Desk<'_>, activity: &str) -> Result<Token, Failure> {
    desk.minutes(45);
    let progress = RecordProgress {
        activity: activity.parse()?,
        officer: OFFICER.parse()?,
        department: None,
        noted_at: desk.now,
    };
    desk.petition(OFFICER, progress).await
}

pub(crate) async fn approve(desk: &mut Desk<'_>) -> Result<Token, Failure> {
    desk.minutes(20);
    let approve = Approve {
        officer: OFFICER.parse()?,
        conditions: Vec::new(),
    };
    desk.petition(OFFICER, approve).await
}

/// Issues the document. Answers its number as well.
pub(crate) async fn issue(desk: &mut Desk<'_>) -> Result<(Token, VerificationNumber), Failure> {
    desk.minutes(5);
    let application = minwon::petitions::ApplicationStatus::Approved;
    let request = Request {
        category: desk.category,
        basis: Basis::DeadlineBound { application },
        applicant: APPLICANT.parse()?,
        document_type: "building register".parse()?,
        copies: 1,
        fee: Won::ZERO,
    };
    let requested = desk.issuance(APPLICANT, request).await?;
    let authorize = Authorize {
        identity: IdentityMethod::SimpleAuthentication,
        evidence: None,
        fee: FeeSettlement::Waived {
            ground: "Free of charge online".parse()?,
        },
    };
    desk.issuance("issuance-office", authorize).await?;
    // Positions never repeat, so the request's makes the number unique.
    let number = VerificationNumber::assign(VERIFYING_OFFICE, requested.position.commit())?;
    let issue = IssueDocument {
        verification_number: number,
        issued_at: desk.now,
        document: None,
    };
    Ok((desk.issuance("issuance-office", issue).await?, number))
}

pub(crate) async fn complete(desk: &mut Desk<'_>) -> Result<Token, Failure> {
    desk.minutes(3);
    let complete = Complete {
        officer: OFFICER.parse()?,
        answer: None,
        attachments: Vec::new(),
        document: DueDocument::NotDue,
        completed_at: desk.now,
    };
    desk.petition(OFFICER, complete).await
}
