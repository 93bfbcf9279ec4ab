//! Petitions for departments to have.

use std::ops::Range;

use minwon::{
    CommandId, Namespace, Petition, PetitionId, Timestamp, Token,
    engine::GlobalPosition,
    petitions::{
        Category, Channel, Period, PetitionKind, ServiceType,
        application::{Complete, DueDocument, ReceiptDue, Receive, RecordProgress, Submit},
    },
};

use crate::shared::Failure;

const DEPARTMENTS: [&str; 3] = ["Building", "Civil-Service", "Vehicles"];
const OFFICER: &str = "officer-07";

/// Files petitions with these numbers, of which two of three are completed. Returns where the last of
/// their events stands in the log.
pub(crate) async fn file(
    namespace: &Namespace,
    numbers: Range<u64>,
) -> Result<GlobalPosition, Failure> {
    let filed_at: Timestamp = "2026-11-23T09:00:00+09:00".parse()?;
    let portal = namespace
        .as_actor(OFFICER.parse()?, "example".parse()?)
        .at(filed_at);
    let mut last = GlobalPosition::START;
    for number in numbers {
        let id = PetitionId::new(format!("2026-{number:06}"))?;
        let petition = portal.petition(Category::General, id);
        let mut token = take_in(&petition, filed_at, DEPARTMENTS[(number % 3) as usize]).await?;
        if number % 9 < 6 {
            let complete = Complete {
                officer: OFFICER.parse()?,
                answer: None,
                attachments: Vec::new(),
                document: DueDocument::NotDue,
                completed_at: filed_at,
            };
            token = petition.give(complete).await?.token;
        }
        last = token.map_or(last, |token| token.position);
    }
    Ok(last)
}

async fn take_in(
    petition: &Petition<Namespace>,
    now: Timestamp,
    department: &str,
) -> Result<Option<Token>, Failure> {
    let submit = Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Other,
        channel: Channel::Online,
        petition_type: "question about opening hours".parse()?,
        applicant: "applicant-42".parse()?,
        agency: "Jongno District Office".parse()?,
        submitted_at: now,
        attachments: Vec::new(),
    };
    let receive = Receive {
        receipt_number: format!("R-{}", petition.id()).parse()?,
        kind: PetitionKind::Other,
        period: Period::Immediate,
        due: ReceiptDue::ByStatute,
        department: department.parse()?,
        received_at: now,
    };
    petition
        .file(CommandId::random(), submit, Some(&receive))
        .await?;
    let progress = RecordProgress {
        activity: "Looked up".parse()?,
        officer: OFFICER.parse()?,
        department: None,
        noted_at: now,
    };
    Ok(petition.give(progress).await?.token)
}
