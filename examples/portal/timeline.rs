//! All that happened to one petition.

use std::fmt;

use minwon::{
    Timestamp,
    engine::{EventFilter, EventStore, FoldError, GlobalPosition, RecordedEvent, fold_log},
    petitions::{
        ApplicationEvent, Due, EventReader, IssuanceEvent, PetitionEvent, ReadError, Text,
    },
};

use crate::{figures::counted, hours};

/// The events of one petition and of its issuances, oldest first.
pub(crate) struct Timeline {
    petition: String,
    lines: Vec<Line>,
}

struct Line {
    occurred_at: Timestamp,
    event_type: String,
    stage: String,
    actor: String,
    what: String,
}

impl Timeline {
    pub(crate) async fn read<S: EventStore>(
        store: &S,
        filter: EventFilter,
        petition: &str,
    ) -> Result<Self, FoldError<ReadError>> {
        let reader = EventReader::default();
        let mut lines = Vec::new();
        fold_log(store, GlobalPosition::START, filter, |event| {
            if event.metadata.petition_id() == petition {
                lines.push(Line::new(event, &reader.read(event)?.1));
            }
            Ok(())
        })
        .await?;
        Ok(Self {
            petition: petition.to_owned(),
            lines,
        })
    }
}

impl Line {
    fn new(recorded: &RecordedEvent, event: &PetitionEvent) -> Self {
        Self {
            occurred_at: recorded.metadata.occurred_at(),
            event_type: recorded.event_type.to_string(),
            stage: recorded.metadata.stage().to_owned(),
            actor: recorded.metadata.actor().to_owned(),
            what: match event {
                PetitionEvent::Application(event) => about_application(event),
                PetitionEvent::Issuance(event) => about_issuance(event),
            },
        }
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |text: fn(&Line) -> &str| {
            self.lines
                .iter()
                .map(|line| text(line).chars().count())
                .max()
                .unwrap_or(0)
        };
        let event_type = width(|line| &line.event_type);
        let stage = width(|line| &line.stage);
        let actor = width(|line| &line.actor);
        write!(f, "Petition {}", self.petition)?;
        for line in &self.lines {
            write!(
                f,
                "\n{}  {:event_type$}  {:stage$}  {:actor$}  {}",
                hours::in_seoul(line.occurred_at),
                line.event_type,
                line.stage,
                line.actor,
                line.what,
            )?;
        }
        Ok(())
    }
}

fn about_application(event: &ApplicationEvent) -> String {
    match event {
        ApplicationEvent::Submitted(e) => format!("{}, {}", e.petition_type, e.channel),
        ApplicationEvent::Received(e) => {
            format!(
                "as {}, {}, due {}",
                e.receipt_number,
                e.period,
                hours::due(e.due)
            )
        }
        ApplicationEvent::ProgressRecorded(e) => e.activity.to_string(),
        ApplicationEvent::SupplementRequested(e) => {
            let first = e.items.first().map_or("", |item| item.as_str());
            format!("{first}, due {}; the clock stops", hours::due(e.due))
        }
        ApplicationEvent::Supplemented(e) => {
            let attached = counted(e.attachments.len() as u64, "attachment");
            match &e.deadline {
                Some(deadline) => format!("{attached}; the clock runs, {}", now_due(deadline.due)),
                None => attached,
            }
        }
        ApplicationEvent::DeadlineMissed(e) => format!("was due {}", e.due),
        ApplicationEvent::ProgressNotified(e) => format!("number {}", e.number),
        ApplicationEvent::ReminderIssued(e) => e.about.to_string(),
        ApplicationEvent::Approved(_) => "granted".into(),
        ApplicationEvent::Rejected(e) => e
            .reasons
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        ApplicationEvent::Withdrawn(e) => e
            .reason
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        ApplicationEvent::Completed(e) => e.outcome.to_string(),
        ApplicationEvent::SupplementPeriodExtended(e) => now_due(e.deadline.due),
        ApplicationEvent::SupplementRerequested(e) => now_due(e.deadline.due),
        ApplicationEvent::SupplementUndeliverable(e) => format!("attempt {}", e.attempt),
        ApplicationEvent::Returned(e) => first(&e.reasons),
        ApplicationEvent::DeemedWithdrawn(_) => "nobody could be reached".into(),
        ApplicationEvent::ClockSuspended(e) => format!("{}; the clock stops", e.ground),
        ApplicationEvent::ClockResumed(e) => match &e.deadline {
            Some(deadline) => format!("the clock runs, {}", now_due(deadline.due)),
            None => "the clock runs".into(),
        },
        ApplicationEvent::PeriodExtended(e) => now_due(e.deadline.due),
        ApplicationEvent::PeriodExtendedAgain(e) => now_due(e.deadline.due),
        ApplicationEvent::DeadlineRecalculated(e) => now_due(e.deadline.due),
        ApplicationEvent::ResultNotified(e) => {
            let objection = e.objection.as_ref();
            objection.map_or_else(String::new, |objection| {
                format!("objection until {}", hours::due(objection.due))
            })
        }
        ApplicationEvent::ObjectionFiled(e) => e.grounds.to_string(),
        ApplicationEvent::ObjectionDecisionExtended(e) => now_due(e.deadline.due),
        ApplicationEvent::ObjectionUpheld(e) => first(&e.reasons),
        ApplicationEvent::ObjectionDismissed(e) => first(&e.reasons),
        event => about_handling(event),
    }
}

fn about_handling(event: &ApplicationEvent) -> String {
    match event {
        ApplicationEvent::Assigned(e) => format!("to {}", e.officer),
        ApplicationEvent::Reassigned(e) => format!("to {}, {}", e.to, e.reason),
        ApplicationEvent::TransferredToDepartment(e) => format!("to {}", e.to),
        ApplicationEvent::TransferredToAgency(e) => format!("to {}, {}", e.to, e.reason),
        ApplicationEvent::ConsultationRequested(e) => {
            format!("{}, answer due {}", e.agency, hours::due(e.answer_due))
        }
        ApplicationEvent::ConsultationExtended(e) => {
            format!("{}, answer now due {}", e.agency, hours::due(e.answer_due))
        }
        ApplicationEvent::ConsultationReplied(e) => e.agency.to_string(),
        ApplicationEvent::Modified(e) => e.changes.to_string(),
        ApplicationEvent::MergedInto(e) => format!("into {}", e.into),
        ApplicationEvent::ClosedAsExempt(e) => e.ground.to_string(),
        _ => String::new(),
    }
}

fn now_due(due: Due) -> String {
    format!("now due {}", hours::due(due))
}

fn first(reasons: &[Text]) -> String {
    reasons.first().map(ToString::to_string).unwrap_or_default()
}

fn about_issuance(event: &IssuanceEvent) -> String {
    match event {
        IssuanceEvent::Requested(e) => format!("{} x {}", e.copies, e.document_type),
        IssuanceEvent::IdentityVerified(e) => e.method.to_string(),
        IssuanceEvent::FeeAssessed(e) => e.amount.to_string(),
        IssuanceEvent::FeePaid(e) => e.amount.to_string(),
        IssuanceEvent::FeeWaived(e) => format!("{}, {}", e.amount, e.ground),
        IssuanceEvent::FeeRefunded(e) => e.amount.to_string(),
        IssuanceEvent::SourceDataRequested(e) => format!("attempt {}", e.attempt),
        IssuanceEvent::SourceDataRetrieved(e) => format!("attempt {}", e.attempt),
        IssuanceEvent::SourceDataFailed(e) => e.reason.to_string(),
        IssuanceEvent::DocumentIssued(e) => {
            format!(
                "{}, verifiable until {}",
                e.verification_number.masked(),
                e.verifiable_until
            )
        }
        IssuanceEvent::ResultEnteredManually(e) => e.result.to_string(),
        IssuanceEvent::DocumentViewed(_) => "looked at".into(),
        IssuanceEvent::DocumentPrinted(e) => format!("{} printed", e.copies),
        IssuanceEvent::DocumentDelivered(e) => e.way.to_string(),
        IssuanceEvent::DocumentReadyForPickup(e) => {
            format!("at {}, until {}", e.place, hours::due(e.collect_until))
        }
        IssuanceEvent::DocumentCollected(e) => e.identity.to_string(),
        IssuanceEvent::DocumentDiscarded(_) => "not collected".into(),
        IssuanceEvent::DocumentVerified(e) => e.verdict.to_string(),
        IssuanceEvent::VerificationExpired(e) => format!("after {}", e.verifiable_until),
        IssuanceEvent::Cancelled(e) => e.reason.to_string(),
        IssuanceEvent::Failed(e) => e.reason.to_string(),
        IssuanceEvent::DocumentRevoked(e) => e.reason.to_string(),
    }
}
