//! Citizens who file petitions, and officers who decide them.

use std::time::Duration;

use minwon::{
    Clock as _, Petition, PetitionService, SystemClock, Timestamp,
    petitions::{
        ApplicationCommand, Calendar, Category, Channel, Date, Period, PeriodUnit,
        PetitionCatalogue, PetitionTypeEntry, ServiceType,
        application::{
            Approve, Assign, LackSeen, ReceiptDue, Receive, RecordProgress, RequestSupplement,
            Submit,
        },
        statute::supplement_due,
    },
};

use crate::Failure;

pub(crate) const OFFICE: &str = "Jongno District Office";

const DEPARTMENTS: [&str; 3] = ["Civil Affairs", "Roads", "Education"];

const HOUR: Duration = Duration::from_secs(3_600);

/// All people of the office. What each does follows from the number of a petition.
pub(crate) struct People {
    service: PetitionService,
    types: Vec<&'static PetitionTypeEntry>,
    /// Distinguishes the petitions of this day from those of others in the same store.
    day: u64,
    filed: u32,
}

impl People {
    pub(crate) fn new(service: PetitionService) -> Self {
        let types = PetitionCatalogue::published().entries().iter();
        let days = |it: &&PetitionTypeEntry| {
            matches!(
                it.period,
                Period::Of {
                    unit: PeriodUnit::Days,
                    ..
                }
            )
        };
        let types = types.filter(|it| {
            it.category == Category::General && it.service == ServiceType::DeadlineBound
        });
        let day = SystemClock.now().unix_micros().unsigned_abs() / 1_000_000;
        Self {
            service,
            types: types.filter(days).collect(),
            day,
            filed: 0,
        }
    }

    /// The petitions of the last fortnight: most are decided, some wait, and some are late.
    pub(crate) async fn of_the_last_days(&mut self, count: u32) -> Result<(), Failure> {
        let now = SystemClock.now();
        for number in 0..count {
            let age = 14 * 24 * HOUR * (count - number) / count;
            self.petition(now.saturating_sub(age)).await?;
        }
        self.service.settled().await?;
        Ok(())
    }

    /// One that is filed now.
    pub(crate) async fn one_more(&mut self) -> Result<(), Failure> {
        self.petition(SystemClock.now()).await
    }

    async fn petition(&mut self, at: Timestamp) -> Result<(), Failure> {
        self.filed += 1;
        let number = self.filed;
        let entry = self.types[number as usize % self.types.len()];
        let id = format!("{}-{number:05}", self.day);
        let submit = Submit {
            category: entry.category,
            service: entry.service,
            kind: entry.kind,
            channel: Channel::Online,
            petition_type: entry.name.clone(),
            applicant: format!("applicant-{}", number % 500).parse()?,
            agency: OFFICE.parse()?,
            submitted_at: at,
            attachments: Vec::new(),
        };
        let received_at = at.saturating_add(HOUR / 4);
        let department = DEPARTMENTS[number as usize % DEPARTMENTS.len()];
        let receive = Receive {
            receipt_number: format!("R-{id}").parse()?,
            kind: entry.kind,
            period: entry.period,
            due: ReceiptDue::ByStatute,
            department: department.parse()?,
            received_at,
        };
        let is_past = at.saturating_add(24 * HOUR) < SystemClock.now();
        self.by("portal", "citizen-1", &id, at)?
            .file(
                minwon::CommandId::random(),
                submit,
                Some(&receive).filter(|_| is_past),
            )
            .await?;
        if !is_past {
            // Now and here: the window receives it, and the officer takes it at once.
            self.give(
                "window",
                &id,
                at,
                Receive {
                    received_at: at,
                    ..receive
                },
            )
            .await?;
        }
        self.work_on(&id, number, if is_past { received_at } else { at }, is_past)
            .await
    }

    /// Assigns it, and decides it or leaves it.
    async fn work_on(
        &self,
        id: &str,
        number: u32,
        at: Timestamp,
        is_past: bool,
    ) -> Result<(), Failure> {
        let pause = if is_past { HOUR } else { Duration::ZERO };
        let mut at = at.saturating_add(pause);
        let officer = format!("officer-{}", number % 7);
        let assign = Assign {
            officer: officer.parse()?,
            by: "head-1".parse()?,
            assigned_at: at,
        };
        self.give("head-1", id, at, assign).await?;
        // Some wait for their officer.
        if number % 9 == 4 {
            return Ok(());
        }
        at = at.saturating_add(pause);
        if number % 11 == 5 {
            let day = Date::in_seoul(at);
            let request = RequestSupplement {
                items: vec!["a floor plan".parse()?],
                due: supplement_due(
                    day,
                    Period::new(2, PeriodUnit::Weeks)?,
                    Calendar::published(),
                )?,
                officer: officer.parse()?,
                requested_at: at,
                lack: LackSeen::OnReceipt,
            };
            return self.give(&officer, id, at, request).await;
        }
        let progress = RecordProgress {
            activity: "examined".parse()?,
            officer: officer.parse()?,
            department: None,
            noted_at: at,
        };
        self.give(&officer, id, at, progress).await?;
        at = at.saturating_add(pause);
        let approve = Approve {
            officer: officer.parse()?,
            conditions: Vec::new(),
        };
        self.give(&officer, id, at, approve).await
    }

    async fn give(
        &self,
        actor: &str,
        id: &str,
        at: Timestamp,
        command: impl Into<ApplicationCommand>,
    ) -> Result<(), Failure> {
        self.by("back-office", actor, id, at)?.give(command).await?;
        Ok(())
    }

    fn by(
        &self,
        source: &str,
        actor: &str,
        id: &str,
        at: Timestamp,
    ) -> Result<Petition<PetitionService>, Failure> {
        let session = self.service.as_actor(actor.parse()?, source.parse()?);
        Ok(session.at(at).petition(Category::General, id.parse()?))
    }
}
