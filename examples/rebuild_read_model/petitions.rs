//! Petitions for departments to have.

use std::ops::Range;

use minwon::{
    Namespace, PetitionId, Store, Timestamp, Token,
    engine::GlobalPosition,
    petitions::{
        Category, Channel, Period, PetitionKind, ServiceType,
        application::{Complete, DueDocument, ReceiptDue, Receive, RecordProgress, Submit},
    },
};

use crate::{desk::Desk, shared::Failure};

const DEPARTMENTS: [&str; 3] = ["Building", "Civil-Service", "Vehicles"];
const OFFICER: &str = "officer-07";

/// What filing petitions came to.
pub(crate) struct Filed {
    pub(crate) events: u64,
    /// Where the last of these events stands in the log.
    pub(crate) last: GlobalPosition,
}

/// Files petitions with these numbers. Two of three are completed; each takes three events at
/// least.
pub(crate) async fn file(
    namespace: &Namespace<Store>,
    numbers: Range<u64>,
) -> Result<Filed, Failure> {
    let filed_at: Timestamp = "2026-11-23T09:00:00+09:00".parse()?;
    let (mut events, mut last) = (0, GlobalPosition::START);
    for number in numbers {
        let id = PetitionId::new(format!("2026-{number:06}"))?;
        let mut desk = Desk::new(namespace, Category::General, id, filed_at);
        let token = take_in(&mut desk, DEPARTMENTS[(number % 3) as usize]).await?;
        last = token.position;
        events += 3;
        if number % 9 < 6 {
            let complete = Complete {
                officer: OFFICER.parse()?,
                answer: None,
                attachments: Vec::new(),
                document: DueDocument::NotDue,
                completed_at: desk.now,
            };
            last = desk.petition(OFFICER, complete).await?.position;
            events += 1;
        }
    }
    Ok(Filed { events, last })
}

async fn take_in(desk: &mut Desk<'_>, department: &str) -> Result<Token, Failure> {
    let submit = Submit {
        category: desk.category,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Other,
        channel: Channel::Online,
        petition_type: "question about opening hours".parse()?,
        applicant: "applicant-42".parse()?,
        agency: "Jongno District Office".parse()?,
        submitted_at: desk.now,
        attachments: Vec::new(),
    };
    desk.petition("applicant-42", submit).await?;
    let receive = Receive {
        receipt_number: format!("R-{}", desk.petition).parse()?,
        kind: PetitionKind::Other,
        period: Period::Immediate,
        due: ReceiptDue::ByStatute,
        department: department.parse()?,
        received_at: desk.now,
    };
    desk.petition("front-office-1", receive).await?;
    let progress = RecordProgress {
        activity: "Looked up".parse()?,
        officer: OFFICER.parse()?,
        department: None,
        noted_at: desk.now,
    };
    desk.petition(OFFICER, progress).await
}
