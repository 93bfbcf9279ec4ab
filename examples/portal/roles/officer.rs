//! Those who receive, examine and decide.

use std::ops::Range;

use minwon::{
    ActorId, NameError, Timestamp,
    petitions::{
        ApplicationCommand, ApplicationStatus, Calendar, Date, Department, FormatError, Period,
        PeriodUnit, PetitionKind, ServiceType, Text,
        application::{
            Approve, Assign, Complete, DueDocument, LackSeen, NotifyResult, ReceiptDue, Receive,
            RecordProgress, Reject, RequestSupplement,
        },
        issuance::{Basis, Cancel, EnterResultManually, FeeConsequence, Request, Revoke},
        statute::supplement_due,
    },
    service::{IssuancePolicy, PetitionFacts},
};

use super::citizen;
use crate::case::{Actor, Case, Step};

/// Where petitions are worked on whose type names no department.
const DEPARTMENT: &str = "Civil Service Division";

/// The officer in charge. Officers are named by ids.
pub(crate) fn name(case: &Case<'_>) -> String {
    format!("officer-{:02}", case.petition.number % 40 + 1)
}

/// Where the officer works.
pub(crate) fn department(case: &Case<'_>) -> Result<Department, FormatError> {
    match &case.petition.entry.department {
        Some(department) => Ok(department.clone()),
        None => DEPARTMENT.parse(),
    }
}

fn actor(case: &Case<'_>) -> Result<Actor, NameError> {
    Actor::new(name(case), "back-office")
}

/// The receipt that a petition gets at once: it says until when it has to be completed.
pub(crate) fn receive(case: &Case<'_>) -> Step<Receive> {
    let period = case.petition.entry.period;
    Ok(Receive {
        receipt_number: format!("R-{}", case.petition.id).parse()?,
        kind: case.petition.entry.kind,
        period,
        due: ReceiptDue::ByStatute,
        department: department(case)?,
        received_at: case.now,
    })
}

/// Works on a petition, in one to three steps; what is to be done at once has no time for three.
pub(crate) async fn examine(case: &mut Case<'_>) -> Step {
    let activities = [
        "Documents checked",
        "Register compared",
        "Draft of the decision written",
    ];
    let steps = match case.petition.entry.kind {
        PetitionKind::Other => 1,
        _ => case.chance.within(1..4),
    };
    for (activity, _) in activities.into_iter().zip(0..steps) {
        case.minutes(5..50).await?;
        let officer = actor(case)?;
        if !case.is_assigned {
            assign(case, &officer).await?;
        }
        let progress = RecordProgress {
            activity: activity.parse()?,
            officer: officer.id.clone(),
            department: Some(department(case)?),
            noted_at: case.now,
        };
        case.petition(officer, progress).await?;
    }
    Ok(())
}

/// The head of the department puts an officer in charge.
async fn assign(case: &mut Case<'_>, officer: &Actor) -> Step {
    let head = Actor::new("head-01", "back-office")?;
    let assign = Assign {
        officer: officer.id.clone(),
        by: head.id.clone(),
        assigned_at: case.now,
    };
    case.petition(head, assign).await?;
    case.is_assigned = true;
    Ok(())
}

/// Asks the petitioner for what is missing, within a week.
pub(crate) async fn request_supplement(case: &mut Case<'_>) -> Step {
    work(case, 2..20, |officer, now| {
        let week = Period::new(1, PeriodUnit::Weeks)?;
        Ok(RequestSupplement {
            items: vec!["Page 2 of the form is missing".parse()?],
            due: supplement_due(Date::in_seoul(now), week, Calendar::published())?,
            officer,
            requested_at: now,
            lack: LackSeen::Later,
        })
    })
    .await
}

/// Grants what was petitioned for.
pub(crate) async fn approve(case: &mut Case<'_>) -> Step {
    let conditions = Vec::new();
    let approve = |officer, _| {
        Ok(Approve {
            officer,
            conditions,
        })
    };
    work(case, 2..20, approve).await
}

/// Refuses what was petitioned for.
pub(crate) async fn reject(case: &mut Case<'_>) -> Step {
    work(case, 2..20, |officer, _| {
        Ok(Reject {
            officer,
            reasons: vec!["The requirements of the statute are not met".parse()?],
            remedies: vec!["Objection within 60 days, or administrative appeal".parse()?],
        })
    })
    .await
}

/// Notifies the petitioner of a refusal. Of a statutory petition the work ends when nobody objected
/// for 60 days, which is not today (A35).
pub(crate) async fn notify_refusal(case: &mut Case<'_>) -> Step {
    work(case, 1..10, |officer, now| {
        Ok(NotifyResult {
            document: DueDocument::NotDue,
            officer,
            notified_at: now,
        })
    })
    .await?;
    if case.petition.entry.kind == PetitionKind::Statutory {
        return Ok(());
    }
    complete(case, 1..10, None).await
}

/// Answers a petition that can be neither granted nor refused, which ends the work on it.
pub(crate) async fn answer(case: &mut Case<'_>) -> Step {
    let answer = "Thank you; the answer is attached to the published list";
    complete(case, 5..30, Some(answer.parse()?)).await
}

/// Ends the work on a petition.
async fn complete(case: &mut Case<'_>, minutes: Range<u64>, answer: Option<Text>) -> Step {
    work(case, minutes, |officer, now| {
        Ok(Complete {
            officer,
            answer,
            attachments: Vec::new(),
            document: DueDocument::NotDue,
            completed_at: now,
        })
    })
    .await
}

/// Does something about a petition after a while.
async fn work<C: Into<ApplicationCommand>>(
    case: &mut Case<'_>,
    minutes: Range<u64>,
    command: impl FnOnce(ActorId, Timestamp) -> Step<C>,
) -> Step {
    case.minutes(minutes).await?;
    let officer = actor(case)?;
    let command = command(officer.id.clone(), case.now)?;
    case.petition(officer, command).await
}

/// Enters what the agency without a link did; it takes its time.
pub(crate) async fn enter_result(case: &mut Case<'_>) -> Step {
    case.minutes(30..240).await?;
    // The request lies on the officer's desk once the choreography has put it there.
    case.followed_up().await?;
    let officer = actor(case)?;
    let result = EnterResultManually {
        officer: officer.id.clone(),
        result: "The agency sent the document by post".parse()?,
        document: None,
    };
    case.issuance(officer, result).await
}

/// Sees to what the register had against it, and requests the document again; the first fee was
/// given back. The register is asked by the choreography.
pub(crate) async fn issue_anew(case: &mut Case<'_>) -> Step {
    case.minutes(60..150).await?;
    if case.chance.happens(30) {
        // Nobody finds the time today.
        return Ok(());
    }
    case.attempt_failed().await?;
    case.attempt = case.attempt.next();
    let facts = PetitionFacts::of_submit(&case.petition.id, &citizen::submission(case)?);
    let Some(order) = case.day.outside.fees.order(&facts) else {
        return Ok(());
    };
    let application = ApplicationStatus::Approved;
    let request = order.request(
        &facts,
        match facts.service {
            ServiceType::InstantIssuance => Basis::Instant,
            ServiceType::DeadlineBound => Basis::DeadlineBound { application },
            ServiceType::Unlinked => Basis::Unlinked { application },
        },
    );
    if case.chance.happens(15) {
        // A slip: called off before anything is paid, and requested once more.
        let slip = Request {
            copies: order.copies * 10,
            ..request.clone()
        };
        case.issuance(actor(case)?, slip).await?;
        let reason = "The number of copies was wrong".parse()?;
        case.issuance(actor(case)?, Cancel { reason }).await?;
        case.attempt = case.attempt.next();
    }
    case.issuance(actor(case)?, request).await?;
    case.issuance(actor(case)?, order.authorize()).await
}

/// Takes an issued document back.
pub(crate) async fn revoke(case: &mut Case<'_>) -> Step {
    case.minutes(10..120).await?;
    let revoke = Revoke {
        authority: "Jongno District Office".parse()?,
        reason: "The register had an error".parse()?,
        fee: FeeConsequence::Kept,
    };
    case.issuance(actor(case)?, revoke).await
}
