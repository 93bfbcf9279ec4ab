//! The rules of law that concern several fields of a petition type together.

use super::{error::CatalogueFault, read::Field};
use crate::{
    category::{PetitionKind, ServiceType},
    period::{Period, PeriodUnit},
};

/// 1 day is 8 working hours (A19①).
const DAY_HOURS: u32 = 8;
/// An immediate petition is completed within 3 working hours (A19①).
const IMMEDIATE_HOURS: u32 = 3;

/// The fields that the rules are about.
pub(super) struct Terms<'f> {
    pub(super) kind: &'f Field<PetitionKind>,
    pub(super) service: &'f Field<ServiceType>,
    pub(super) period: &'f Field<Period>,
    /// Where a document is named.
    pub(super) document: Option<usize>,
    /// Where fields stand that are about a document.
    pub(super) about_document: &'f [(&'static str, usize)],
}

/// A field, where it stands, and what is wrong with it.
pub(super) type Broken = (&'static str, usize, CatalogueFault);

/// Everything in which a petition type breaks a rule.
pub(super) fn broken(terms: &Terms<'_>) -> Vec<Broken> {
    let mut broken = Vec::new();
    if let Err(fault) = check_period(terms.kind.value, terms.service.value, terms.period.value) {
        broken.push(("period", terms.period.at, fault));
    }
    if let Err(fault) = check_service(terms.kind.value, terms.service.value) {
        broken.push(("service", terms.service.at, fault));
    }
    check_document(terms, &mut broken);
    broken
}

/// Statutory petitions have the period that is published for their type (A17); the law sets those
/// of the other kinds. A shorter one may be promised.
fn check_period(
    kind: PetitionKind,
    service: ServiceType,
    period: Period,
) -> Result<(), CatalogueFault> {
    if service == ServiceType::InstantIssuance && period != Period::Immediate {
        let because = "its service is instant-issuance";
        return Err(CatalogueFault::NotImmediate { because });
    }
    match kind {
        PetitionKind::Statutory => Ok(()),
        // 14 days for a question about statutes, 7 for any other (D14). Which of the two it is
        // does not follow from the kind.
        PetitionKind::Inquiry => check_longest(kind, period, 14, "D14"),
        PetitionKind::Suggestion => check_longest(kind, period, 14, "D15"),
        PetitionKind::Grievance => check_longest(kind, period, 7, "D17"),
        // At once (D16①), or within a period that the agency sets for what takes longer (D16③).
        PetitionKind::Other => Ok(()),
    }
}

fn check_longest(
    kind: PetitionKind,
    period: Period,
    days_max: u16,
    article: &'static str,
) -> Result<(), CatalogueFault> {
    let wrong_unit = CatalogueFault::WrongUnit { kind, article };
    let hours = working_hours(period).ok_or(wrong_unit)?;
    if hours <= u32::from(days_max) * DAY_HOURS {
        return Ok(());
    }
    let longest = Period::new(days_max, PeriodUnit::Days)?;
    Err(CatalogueFault::PeriodTooLong {
        kind,
        longest,
        article,
    })
}

/// Returns how many working hours a period has; none where it is counted by the calendar.
fn working_hours(period: Period) -> Option<u32> {
    match period {
        Period::Immediate => Some(IMMEDIATE_HOURS),
        Period::Of { count, unit } => match unit {
            PeriodUnit::WorkingHours => Some(count.get().into()),
            PeriodUnit::Days => Some(u32::from(count.get()) * DAY_HOURS),
            PeriodUnit::Weeks | PeriodUnit::Months | PeriodUnit::Years => None,
        },
    }
}

/// A document that comes out of a register at once is a confirmation that a statute provides for; a
/// person has to read a petition of any other kind.
fn check_service(kind: PetitionKind, service: ServiceType) -> Result<(), CatalogueFault> {
    if service == ServiceType::InstantIssuance && kind != PetitionKind::Statutory {
        return Err(CatalogueFault::ServiceOfOtherKind { service, kind });
    }
    Ok(())
}

fn check_document(terms: &Terms<'_>, broken: &mut Vec<Broken>) {
    let kind = terms.kind.value;
    match terms.document {
        // An answer is no approval, and only what is approved leads to a document.
        Some(at) if kind.ends_in_answer() => {
            broken.push(("document", at, CatalogueFault::EndsInAnswer { kind }));
        }
        Some(_) => {}
        None => {
            if terms.service.value == ServiceType::InstantIssuance {
                broken.push(("document", terms.service.at, CatalogueFault::Missing));
            }
            for (field, at) in terms.about_document {
                broken.push((field, *at, CatalogueFault::WithoutDocument));
            }
        }
    }
}
