//! The work on the petition, step by step.

use std::time::Duration;

use minwon::{
    Namespace, Petition, PetitionId, Timestamp, Token,
    petitions::{
        ApplicationCommand, Calendar, Category, Channel, Date, IssuanceCommand, Period, PeriodUnit,
        PetitionKind, ServiceType, VerificationNumber, Won,
        application::{
            Approve, Assign, Complete, DueDocument, ExtendPeriod, LackSeen, ReceiptDue, Receive,
            RecordProgress, RequestSupplement, Submit, Supplement,
        },
        issuance::{Authorize, Basis, FeeSettlement, IdentityMethod, IssueDocument, Request},
        statute::{ExtensionGround, supplement_due},
    },
    service::{Randomness as _, SystemRandomness},
};

use crate::shared::Failure;

pub(crate) const APPLICANT: &str = "applicant-42";
const OFFICER: &str = "officer-07";

const CATEGORY: Category = Category::Building;

/// A petition, and the time in its story.
pub(crate) struct Story {
    pub(crate) namespace: Namespace,
    pub(crate) petition: PetitionId,
    pub(crate) now: Timestamp,
}

impl Story {
    /// Lets time pass.
    pub(crate) fn minutes(&mut self, minutes: u64) {
        self.now = self.now.saturating_add(Duration::from_secs(60 * minutes));
    }

    fn by(&self, actor: &str) -> Result<Petition<Namespace>, Failure> {
        let session = self.namespace.as_actor(actor.parse()?, "example".parse()?);
        Ok(session
            .at(self.now)
            .petition(CATEGORY, self.petition.clone()))
    }

    async fn give(
        &self,
        actor: &str,
        command: impl Into<ApplicationCommand>,
    ) -> Result<Token, Failure> {
        let given = self.by(actor)?.give(command).await?;
        given
            .token
            .ok_or_else(|| "the command left no event".into())
    }

    async fn issue(
        &self,
        actor: &str,
        command: impl Into<IssuanceCommand>,
    ) -> Result<Token, Failure> {
        let given = self.by(actor)?.first_attempt()?.give(command).await?;
        given
            .token
            .ok_or_else(|| "the command left no event".into())
    }
}

pub(crate) async fn file(story: &mut Story, what: &str) -> Result<Token, Failure> {
    let submit = Submit {
        category: CATEGORY,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: what.parse()?,
        applicant: APPLICANT.parse()?,
        agency: "Jongno District Office".parse()?,
        submitted_at: story.now,
        attachments: Vec::new(),
    };
    story.give(APPLICANT, submit).await
}

pub(crate) async fn receive(story: &mut Story, number: &str) -> Result<Token, Failure> {
    story.minutes(12);
    let receive = Receive {
        receipt_number: number.parse()?,
        kind: PetitionKind::Statutory,
        period: Period::new(7, PeriodUnit::Days)?,
        due: ReceiptDue::ByStatute,
        department: "Building Division".parse()?,
        received_at: story.now,
    };
    story.give("front-office-1", receive).await
}

pub(crate) async fn examine(story: &mut Story, activity: &str) -> Result<Token, Failure> {
    story.minutes(45);
    let progress = RecordProgress {
        activity: activity.parse()?,
        officer: OFFICER.parse()?,
        department: None,
        noted_at: story.now,
    };
    story.give(OFFICER, progress).await
}

/// Puts an officer in charge.
pub(crate) async fn assign(story: &mut Story) -> Result<Token, Failure> {
    story.minutes(10);
    let assign = Assign {
        officer: OFFICER.parse()?,
        by: "head-01".parse()?,
        assigned_at: story.now,
    };
    story.give("head-01", assign).await
}

/// Asks for what is missing, which stops the clock (D20).
pub(crate) async fn ask_for_plan(story: &mut Story) -> Result<Token, Failure> {
    story.minutes(15);
    let week = Period::new(1, PeriodUnit::Weeks)?;
    let today = Date::in_seoul(story.now);
    let request = RequestSupplement {
        items: vec!["floor plan".parse()?],
        due: supplement_due(today, week, Calendar::published())?,
        officer: OFFICER.parse()?,
        requested_at: story.now,
        lack: LackSeen::OnReceipt,
    };
    story.give(OFFICER, request).await
}

/// Supplies it; the clock runs again from the next day on.
pub(crate) async fn supply(story: &mut Story) -> Result<Token, Failure> {
    let supplement = Supplement {
        by: APPLICANT.parse()?,
        supplemented_at: story.now,
        attachments: Vec::new(),
        note: Some("The floor plan was sent by post".parse()?),
    };
    story.give(APPLICANT, supplement).await
}

/// Extends the period, since the site has to be visited (D21).
pub(crate) async fn extend(story: &mut Story) -> Result<Token, Failure> {
    story.minutes(24 * 60);
    let extend = ExtendPeriod {
        by: Period::new(3, PeriodUnit::Days)?,
        ground: ExtensionGround::SiteCheck,
        reason: "The building has to be seen".parse()?,
        officer: OFFICER.parse()?,
        extended_at: story.now,
    };
    story.give(OFFICER, extend).await
}

pub(crate) async fn approve(story: &mut Story) -> Result<Token, Failure> {
    story.minutes(20);
    let approve = Approve {
        officer: OFFICER.parse()?,
        conditions: Vec::new(),
    };
    story.give(OFFICER, approve).await
}

/// Issues the document. Answers its number as well.
pub(crate) async fn issue(story: &mut Story) -> Result<(Token, VerificationNumber), Failure> {
    story.minutes(5);
    let application = minwon::petitions::ApplicationStatus::Approved;
    let request = Request {
        category: CATEGORY,
        basis: Basis::DeadlineBound { application },
        applicant: APPLICANT.parse()?,
        document_type: "building register".parse()?,
        copies: 1,
        fee: Won::ZERO,
    };
    story.issue(APPLICANT, request).await?;
    let authorize = Authorize {
        identity: IdentityMethod::SimpleAuthentication,
        evidence: None,
        fee: FeeSettlement::Waived {
            ground: "Free of charge online".parse()?,
        },
    };
    story.issue("issuance-office", authorize).await?;
    // So random that nobody can guess it, and no other document has it.
    let number = VerificationNumber::from_random(SystemRandomness.draw()?);
    let issue = IssueDocument {
        verification_number: number,
        issued_at: story.now,
        document: None,
    };
    Ok((story.issue("issuance-office", issue).await?, number))
}

pub(crate) async fn complete(story: &mut Story) -> Result<Token, Failure> {
    story.minutes(3);
    let complete = Complete {
        officer: OFFICER.parse()?,
        answer: None,
        attachments: Vec::new(),
        document: DueDocument::NotDue,
        completed_at: story.now,
    };
    story.give(OFFICER, complete).await
}
