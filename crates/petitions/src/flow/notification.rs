//! What petitioners are told.

mod handling;
mod time;

use minwon_core::{ConsumerName, Reactor, RecordedEvent, StreamName};

use self::{handling::told_of_handling, time::told_of_time};
use super::consumer;
use crate::{
    application::{CompletionOutcome, PROGRESS_NOTICE_DAYS, ReminderSubject},
    catalogue::{ApplicationEvent as Filed, IssuanceEvent as Issued},
    category::Category,
    date::Date,
    due::Due,
    reader::{PetitionEvent, petition_of_stream},
    text::Text,
};

/// Something that a petitioner is told. Who that is does not stand in every event: whoever sends
/// it looks the petition's applicant up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The petition's category.
    pub category: Category,
    /// What is told, in one word of lower-case letters and hyphens.
    pub kind: &'static str,
    /// What is told, in sentences. No person is named in it.
    pub text: String,
}

/// Tells petitioners what happened to their petitions: each event at most once.
#[derive(Debug, Clone)]
pub struct NotificationReactor {
    name: ConsumerName,
}

impl Default for NotificationReactor {
    fn default() -> Self {
        Self {
            name: consumer("notifications"),
        }
    }
}

impl Reactor for NotificationReactor {
    type Event = (Category, PetitionEvent);
    type Command = Notice;

    fn name(&self) -> &ConsumerName {
        &self.name
    }

    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        self.key_of_stream(&event.stream)
    }

    fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
        Some(petition_of_stream(stream))
    }

    fn react(&self, event: &Self::Event, _: &RecordedEvent, notices: &mut Vec<Notice>) {
        let category = event.0;
        let told = match &event.1 {
            PetitionEvent::Application(event) => told_of_application(event),
            PetitionEvent::Issuance(event) => told_of_issuance(event),
        };
        notices.extend(told.map(|(kind, text)| Notice {
            category,
            kind,
            text,
        }));
    }
}

type Told = Option<(&'static str, String)>;

fn told_of_application(event: &Filed) -> Told {
    Some(match event {
        Filed::Received(receipt) => {
            let (number, due) = (&receipt.receipt_number, in_seoul(receipt.due));
            let text = format!("Your petition was received under number {number}. It is due {due}.");
            ("received", text)
        }
        Filed::SupplementRequested(request) => {
            let (items, due) = (list(&request.items), in_seoul(request.due));
            let text = format!("Something is missing. Please supply it until {due}: {items}.");
            ("supplement-requested", text)
        }
        Filed::ProgressNotified(notice) => {
            let days = u64::from(notice.number) * u64::from(PROGRESS_NOTICE_DAYS);
            let text = format!(
                "{days} days have passed since your petition was received. It is still being \
                 worked on."
            );
            ("progress", text)
        }
        Filed::ReminderIssued(reminder) => match reminder.about {
            ReminderSubject::SupplementOverdue => {
                let text = "What was missing is overdue. Please supply it soon.".to_owned();
                ("supplement-overdue", text)
            }
            // The department is reminded, not the petitioner.
            ReminderSubject::PetitionOverdue => return None,
        },
        Filed::Approved(approval) if approval.conditions.is_empty() => {
            ("approved", "Your petition was granted.".to_owned())
        }
        Filed::Approved(approval) => {
            let conditions = list(&approval.conditions);
            let text = format!("Your petition was granted under conditions: {conditions}.");
            ("approved", text)
        }
        // Reasons and remedies are the petitioner's right (A27③).
        Filed::Rejected(refusal) => {
            let (reasons, remedies) = (list(&refusal.reasons), list(&refusal.remedies));
            let text = format!(
                "Your petition was refused. Reasons: {reasons}. What you can do: {remedies}."
            );
            ("rejected", text)
        }
        Filed::Withdrawn(_) => ("withdrawn", "Your petition was withdrawn.".to_owned()),
        Filed::Completed(completed) => {
            let outcome = outcome(completed.outcome);
            let text = match &completed.answer {
                Some(answer) => format!("The work on your petition is done. {outcome} {answer}"),
                None => format!("The work on your petition is done. {outcome}"),
            };
            ("completed", text)
        }
        Filed::SupplementPeriodExtended(_)
        | Filed::SupplementRerequested(_)
        | Filed::Returned(_)
        | Filed::DeemedWithdrawn(_)
        | Filed::PeriodExtended(_)
        | Filed::PeriodExtendedAgain(_)
        | Filed::DeadlineRecalculated(_)
        | Filed::ClockResumed(_)
        | Filed::ObjectionFiled(_)
        | Filed::ObjectionDecisionExtended(_)
        | Filed::ObjectionUpheld(_)
        | Filed::ObjectionDismissed(_) => return told_of_time(event),
        Filed::ClericalErrorCorrected(_)
        | Filed::TransferredToAgency(_)
        | Filed::MergedInto(_)
        | Filed::ClosedAsRepeated(_)
        | Filed::ClosedAsExempt(_)
        | Filed::ClosedUncollected(_) => return told_of_handling(event),
        // The petitioner's own doing, or the office's everyday work.
        Filed::Submitted(_)
        | Filed::ProgressRecorded(_)
        | Filed::Modified(_)
        // The slip is a message itself.
        | Filed::ReceiptSlipIssued(_)
        | Filed::Assigned(_)
        | Filed::Reassigned(_)
        | Filed::TransferredToDepartment(_)
        | Filed::ConsultationRequested(_)
        | Filed::ConsultationReplied(_)
        | Filed::ConsultationExtended(_)
        | Filed::Supplemented(_)
        | Filed::ClockSuspended(_)
        // It says that the petitioner was told.
        | Filed::ResultNotified(_)
        // Nobody could be told.
        | Filed::SupplementUndeliverable(_)
        // For those who look after the work, not for the petitioner.
        | Filed::DeadlineMissed(_) => return None,
    })
}

fn told_of_issuance(event: &Issued) -> Told {
    Some(match event {
        // Its number stands on the document: whoever else reads the message need not have it.
        Issued::DocumentIssued(document) => {
            let until = document.verifiable_until;
            let text = format!("Your document was issued. It can be verified until {until}.");
            ("document-issued", text)
        }
        Issued::ResultEnteredManually(entered) => {
            let text = format!("The agency entered the result: {}", entered.result);
            ("result-entered", text)
        }
        Issued::Failed(failed) => {
            let text = format!("Your document could not be issued: {}", failed.reason);
            ("issuance-failed", text)
        }
        Issued::Cancelled(cancelled) => {
            let text = format!("The issuance of your document was called off: {}", cancelled.reason);
            ("issuance-cancelled", text)
        }
        Issued::FeeRefunded(refunded) => {
            let text = format!("Your fee of {} is given back.", refunded.amount);
            ("fee-refunded", text)
        }
        Issued::DocumentRevoked(revoked) => {
            let (authority, reason) = (&revoked.authority, &revoked.reason);
            let text = format!("Your document was taken back by {authority}: {reason}");
            ("document-revoked", text)
        }
        Issued::DocumentReadyForPickup(ready) => {
            let (place, until) = (&ready.place, in_seoul(ready.collect_until));
            let text = format!(
                "Your document can be collected at {place} until {until}. Please bring a proof of \
                 who you are."
            );
            ("document-ready", text)
        }
        Issued::DocumentDiscarded(_) => {
            let text = "Your document was not collected in time and was discarded.".to_owned();
            ("document-discarded", text)
        }
        Issued::FeeAssessed(fee) => {
            let text = match &fee.ground {
                Some(ground) => format!("Your fee is {}: {ground}", fee.amount),
                None => format!("Your fee is {}.", fee.amount),
            };
            ("fee-assessed", text)
        }
        // The petitioner's own doing, or on the way to a document within seconds.
        Issued::Requested(_)
        | Issued::IdentityVerified(_)
        | Issued::FeePaid(_)
        | Issued::FeeWaived(_)
        | Issued::SourceDataRequested(_)
        | Issued::SourceDataRetrieved(_)
        | Issued::DocumentViewed(_)
        | Issued::DocumentPrinted(_)
        | Issued::DocumentDelivered(_)
        | Issued::DocumentCollected(_)
        // Whoever asked is told on the spot.
        | Issued::DocumentVerified(_)
        // Told with the issue already.
        | Issued::VerificationExpired(_)
        // It will be tried again, or be told of as a failed issuance.
        | Issued::SourceDataFailed(_) => return None,
    })
}

/// A due by the clocks that petitioners look at, to the minute.
fn in_seoul(due: Due) -> String {
    match due {
        Due::On(day) => day.to_string(),
        Due::At(instant) => {
            let day = Date::in_seoul(instant);
            let micros = instant.unix_micros() - day.start_in_seoul().unix_micros();
            let minutes = micros / 60_000_000;
            format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
        }
    }
}

fn list(texts: &[Text]) -> String {
    let texts: Vec<_> = texts.iter().map(Text::as_str).collect();
    texts.join("; ")
}

const fn outcome(outcome: CompletionOutcome) -> &'static str {
    match outcome {
        CompletionOutcome::Granted => "It was granted.",
        CompletionOutcome::Refused => "It was refused.",
        CompletionOutcome::Answered => "It was answered.",
    }
}
