//! Petitions that are filed and received.

use minwon::{
    Namespace, PetitionId, Store, Timestamp,
    petitions::{
        Category, Channel, Due, Period, PeriodUnit, PetitionKind, ServiceType,
        application::{Receive, Submit},
    },
};

use crate::{desk::Desk, shared::Failure};

const APPLICANT: &str = "applicant-42";

/// Files a petition and enters it under `receipt`.
pub(super) async fn file(
    namespace: &Namespace<Store>,
    petition: &str,
    receipt: &str,
) -> Result<(), Failure> {
    let filed_at: Timestamp = "2026-11-23T09:00:00+09:00".parse()?;
    let petition = PetitionId::new(petition)?;
    let mut desk = Desk::new(namespace, Category::General, petition, filed_at);
    let submit = Submit {
        category: desk.category,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "certificate of residence".parse()?,
        applicant: APPLICANT.parse()?,
        agency: "Jongno District Office".parse()?,
        submitted_at: desk.now,
        attachments: Vec::new(),
    };
    desk.petition(APPLICANT, submit).await?;
    desk.minutes(12);
    let receive = Receive {
        receipt_number: receipt.parse()?,
        kind: PetitionKind::Statutory,
        period: Period::new(7, PeriodUnit::Days)?,
        due: Due::On("2026-12-01".parse()?),
        department: "Civil Affairs".parse()?,
        calendar_version: "by-hand".parse()?,
        received_at: desk.now,
    };
    desk.petition("front-office-1", receive).await?;
    Ok(())
}
