//! Those who examine and decide.

use minwon::{
    NameError,
    petitions::{
        Category, Due,
        application::{Approve, Complete, RecordProgress, Reject, RequestSupplement},
        issuance::EnterResultManually,
    },
};

use crate::{
    case::{Actor, Case, Step},
    hours,
};

/// The officer in charge. Officers are named by ids.
pub(crate) fn name(case: &Case<'_>) -> String {
    format!("officer-{:02}", case.petition.number % 40 + 1)
}

/// Where the officer works.
pub(crate) fn department(case: &Case<'_>) -> &'static str {
    match case.petition.category {
        Category::General => "Civil Service Division",
        Category::Car => "Vehicle Registration Division",
        Category::Building => "Building Division",
    }
}

fn actor(case: &Case<'_>) -> Result<Actor, NameError> {
    Actor::new(name(case), "back-office")
}

/// Works on a petition, in one to three steps.
pub(crate) async fn examine(case: &mut Case<'_>) -> Step {
    let activities = [
        "Documents checked",
        "Register compared",
        "Draft of the decision written",
    ];
    let steps = case.chance.within(1..4);
    for (activity, _) in activities.into_iter().zip(0..steps) {
        case.minutes(5..50)?;
        let officer = actor(case)?;
        let progress = RecordProgress {
            activity: activity.parse()?,
            officer: officer.id.clone(),
            department: Some(department(case).parse()?),
            noted_at: case.now,
        };
        case.petition(officer, progress).await?;
    }
    Ok(())
}

/// Asks the petitioner for what is missing, within a week.
pub(crate) async fn request_supplement(case: &mut Case<'_>) -> Step {
    case.minutes(2..20)?;
    let officer = actor(case)?;
    let request = RequestSupplement {
        items: vec!["Page 2 of the form is missing".parse()?],
        due: Due::On(hours::working_day().plus_days(7)),
        officer: officer.id.clone(),
        requested_at: case.now,
    };
    case.petition(officer, request).await?;
    Ok(())
}

/// Grants what was petitioned for.
pub(crate) async fn approve(case: &mut Case<'_>) -> Step {
    case.minutes(2..20)?;
    let officer = actor(case)?;
    let approve = Approve {
        officer: officer.id.clone(),
        conditions: Vec::new(),
    };
    case.petition(officer, approve).await?;
    Ok(())
}

/// Refuses what was petitioned for.
pub(crate) async fn reject(case: &mut Case<'_>) -> Step {
    case.minutes(2..20)?;
    let officer = actor(case)?;
    let reject = Reject {
        officer: officer.id.clone(),
        reasons: vec!["The requirements of the statute are not met".parse()?],
        remedies: vec!["Objection within 60 days, or administrative appeal".parse()?],
    };
    case.petition(officer, reject).await?;
    Ok(())
}

/// Ends the work on a petition.
pub(crate) async fn complete(case: &mut Case<'_>) -> Step {
    case.minutes(1..10)?;
    let officer = actor(case)?;
    let complete = Complete {
        officer: officer.id.clone(),
        answer: None,
        attachments: Vec::new(),
    };
    case.petition(officer, complete).await?;
    Ok(())
}

/// Answers what can be neither granted nor refused, which ends the work on it.
pub(crate) async fn answer(case: &mut Case<'_>) -> Step {
    case.minutes(5..30)?;
    let officer = actor(case)?;
    let complete = Complete {
        officer: officer.id.clone(),
        answer: Some("Thank you; the answer is attached to the published list".parse()?),
        attachments: Vec::new(),
    };
    case.petition(officer, complete).await?;
    Ok(())
}

/// Enters what the agency without a link did; it takes its time.
pub(crate) async fn enter_result(case: &mut Case<'_>) -> Step {
    case.minutes(30..240)?;
    let officer = actor(case)?;
    let result = EnterResultManually {
        officer: officer.id.clone(),
        result: "The agency sent the document by post".parse()?,
        document: None,
    };
    case.issuance(officer, result).await?;
    Ok(())
}
