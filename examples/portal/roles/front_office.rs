//! Those who take petitions in.

use minwon::petitions::{
    FormatError, Period, PeriodUnit, PetitionKind, ServiceType, application::Receive,
};

use crate::{
    case::{Actor, Case, Step},
    hours,
};

/// Receives a petition and says until when it has to be completed.
pub(crate) async fn receive(case: &mut Case<'_>) -> Step {
    let (clerk, service) = match case.petition.service {
        ServiceType::InstantIssuance => {
            case.seconds(1..5)?;
            ("portal-receipt".to_owned(), "portal")
        }
        ServiceType::DeadlineBound => {
            case.minutes(2..30)?;
            (
                format!("front-office-{}", case.chance.within(1..6)),
                "back-office",
            )
        }
        // Nothing brings it to the agency but a person.
        ServiceType::Unlinked => {
            case.minutes(20..150)?;
            (super::officer::name(case), "back-office")
        }
    };
    let days = days(case);
    let receive = Receive {
        receipt_number: format!("R-{}", case.petition.id).parse()?,
        kind: case.petition.kind,
        period: period(days)?,
        due: match days {
            None => hours::due_at_once(case.now),
            Some(days) => hours::due_by_weekdays(case.now, days),
        },
        department: super::officer::department(case).parse()?,
        calendar_version: "weekdays-only".parse()?,
        received_at: case.now,
    };
    case.petition(Actor::new(clerk, service)?, receive).await?;
    Ok(())
}

/// The processing period in days; none for what is done at once. Suggestions have 14 days (D15),
/// inquiries and grievances 7 (D14, D17); that of the others is made up.
fn days(case: &Case<'_>) -> Option<u16> {
    match (case.petition.service, case.petition.kind) {
        (ServiceType::InstantIssuance, _) | (_, PetitionKind::Other) => None,
        (_, PetitionKind::Suggestion) => Some(14),
        (ServiceType::DeadlineBound, _) => Some(7),
        (ServiceType::Unlinked, _) => Some(10),
    }
}

fn period(days: Option<u16>) -> Result<Period, FormatError> {
    days.map_or(Ok(Period::Immediate), |days| {
        Period::new(days, PeriodUnit::Days)
    })
}
