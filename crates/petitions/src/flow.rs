//! The flow of a petition through the services: which event asks for what.
//!
//! Application and issuance do not know each other. The reactors here read the events of both and
//! say what is to be done next, as a [`Step`]; a service looks up the facts that the step needs and
//! gives the command. So a step says only what its event says for sure, and asks for it on every
//! event after which it *may* be due. Who carries it out looks where things stand, and does nothing
//! where nothing is due.
//!
//! | reactor | on | step |
//! |---|---|---|
//! | [`IssuanceReactor`] | received, approved | [`Step::OpenIssuance`] |
//! | | fee paid or waived | [`Step::FetchSource`], attempt 1 |
//! | | source data requested again | [`Step::FetchSource`], that attempt |
//! | [`CompletionReactor`] | document issued, result entered | [`Step::CloseApplication`] |
//! | [`CompensationReactor`] | withdrawn, rejected, closed | [`Step::CallOffIssuance`] |
//! | | source data failed for good | [`Step::FailIssuance`] |
//! | [`NotificationReactor`] | what concerns the petitioner | a [`Notice`] |
//!
//! Each event says in its chapter which step may be due after it, and what the petitioner is
//! notified of. Later attempts at the register are begun by time, as reminders and missed dues are:
//! see [`Deadline`](crate::Deadline).

#[cfg(test)]
mod tests;

use crate::PetitionId;
use minwon_core::{ConsumerName, Reactor, RecordedEvent, StreamName};

use crate::{
    application::ApplicationEvent,
    category::Category,
    issuance::{IssuanceEvent, IssuanceId},
    notice::Notice,
    reader::{PetitionEvent, petition_of_stream},
};

/// After what a document may be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The petition was received.
    Receipt,
    /// It was approved.
    Approval,
}

/// A step that a service is asked to carry out. Each may be requested again at any time: it takes
/// effect once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Request a document for a petition, if one is due and none is under way: an instant issuance
    /// when it was received, any when it was approved.
    OpenIssuance {
        /// After what.
        occasion: Occasion,
        /// The petition's category.
        category: Category,
        /// The petition.
        petition: PetitionId,
    },
    /// Ask the linked register for what the document is made of, and issue it; nothing where the
    /// service is not linked.
    FetchSource {
        /// The petition's category.
        category: Category,
        /// The attempt to issue.
        issuance: IssuanceId,
        /// Which time the register is asked, from 1.
        attempt: u32,
    },
    /// The document or the result is out: approve the petition if that is still to be done, and
    /// complete it.
    CloseApplication {
        /// The petition's category.
        category: Category,
        /// The attempt that ended with a result.
        issuance: IssuanceId,
    },
    /// The petition was withdrawn, refused or closed without a decision: call off what may be under
    /// way to a document. A document that is being made cannot be called off any more; its fate is
    /// decided when it is out.
    CallOffIssuance {
        /// The petition's category.
        category: Category,
        /// The petition.
        petition: PetitionId,
    },
    /// This attempt to issue cannot succeed: fail it, which refunds the payment.
    FailIssuance {
        /// The petition's category.
        category: Category,
        /// The attempt to issue.
        issuance: IssuanceId,
    },
    /// The event that should have opened an issuance was given up: fail whichever attempt is
    /// under way, which gives back what was paid.
    GiveUpIssuance {
        /// The petition's category.
        category: Category,
        /// The petition.
        petition: PetitionId,
    },
}

/// Which step may be due after an event, of that event's petition or attempt to issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// [`Step::OpenIssuance`].
    OpenIssuance(Occasion),
    /// [`Step::FetchSource`].
    FetchSource { attempt: u32 },
    /// [`Step::CloseApplication`].
    CloseApplication,
    /// [`Step::CallOffIssuance`].
    CallOff,
    /// [`Step::FailIssuance`].
    Fail,
}

impl PetitionEvent {
    fn next(&self) -> Option<Next> {
        match self {
            Self::Application(event) => event.happening().next(),
            Self::Issuance(event) => event.happening().next(),
        }
    }
}

/// The step, where the ids of the event's petition and attempt are good. Only an id that breaks a
/// rule made after it was written is not; nothing is asked for then.
fn step(category: Category, next: Next, recorded: &RecordedEvent) -> Option<Step> {
    let petition = || PetitionId::new(recorded.metadata.subject()).ok();
    let issuance = || recorded.stream.id().parse::<IssuanceId>().ok();
    Some(match next {
        Next::OpenIssuance(occasion) => Step::OpenIssuance {
            occasion,
            category,
            petition: petition()?,
        },
        Next::FetchSource { attempt } => Step::FetchSource {
            category,
            issuance: issuance()?,
            attempt,
        },
        Next::CloseApplication => Step::CloseApplication {
            category,
            issuance: issuance()?,
        },
        Next::CallOff => Step::CallOffIssuance {
            category,
            petition: petition()?,
        },
        Next::Fail => Step::FailIssuance {
            category,
            issuance: issuance()?,
        },
    })
}

/// Returns whether `event` is known here, in the form that it was written in, and is none of `events`:
/// then it need not even be decoded. What a newer program wrote, or a damaged event, may be any, and one
/// that says it is of another petition than its stream has to be seen to.
fn is_none_of(event: &RecordedEvent, events: &[&str]) -> bool {
    let stream = event.stream.category();
    let (prefix, known) = if let Some(prefix) = stream.strip_suffix("Application") {
        (prefix, ApplicationEvent::SHAPES)
    } else if let Some(prefix) = stream.strip_suffix("Issuance") {
        (prefix, IssuanceEvent::SHAPES)
    } else {
        return false;
    };
    let Some(name) = event.event_type.as_str().strip_prefix(prefix) else {
        return false;
    };
    let shape = known.iter().find(|shape| shape.name == name);
    let is_known = shape.is_some_and(|shape| event.schema_version <= shape.version);
    is_known
        && !events.contains(&name)
        && event.metadata.subject() == petition_of_stream(&event.stream)
}

/// Declares a reactor to the events of petitions: at which it may have something to do, any where it
/// says none; its reaction to each, and the compensation for an event that an operator gave up.
macro_rules! reactor {
    (
        $(#[$doc:meta])*
        $reactor:ident($name:literal) at $events:expr => $command:ty, $react:expr, $compensate:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $reactor {
            name: ConsumerName,
        }

        impl Default for $reactor {
            fn default() -> Self {
                Self {
                    name: ConsumerName::new($name).expect("a word"),
                }
            }
        }

        impl Reactor for $reactor {
            type Event = (Category, PetitionEvent);
            type Command = $command;

            fn name(&self) -> &ConsumerName {
                &self.name
            }

            fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
                let events: Option<&[&str]> = $events;
                let is_passed_over = events.is_some_and(|events| is_none_of(event, events));
                (!is_passed_over).then(|| petition_of_stream(&event.stream))
            }

            fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
                Some(petition_of_stream(stream))
            }

            fn react(
                &self,
                event: &Self::Event,
                recorded: &RecordedEvent,
                commands: &mut Vec<$command>,
            ) {
                let react: fn(&Self::Event, &RecordedEvent) -> Option<$command> = $react;
                commands.extend(react(event, recorded));
            }

            fn compensate(
                &self,
                event: &Self::Event,
                recorded: &RecordedEvent,
                commands: &mut Vec<$command>,
            ) {
                let compensate: fn(&Self::Event, &RecordedEvent) -> Option<$command> = $compensate;
                commands.extend(compensate(event, recorded));
            }
        }
    };
}

reactor! {
    /// Opens an issuance where one may be due, and has its document made once identity and fee are
    /// settled.
    ///
    /// That a petition is served instantly stands in its submission, not in its receipt, and a reactor
    /// keeps no state: so the step is asked for after both events at which a document may be due.
    IssuanceReactor("issuance") at Some(&[
        "ApplicationReceived",
        "ApplicationApproved",
        "IssuanceFeePaid",
        "IssuanceFeeWaived",
        "IssuanceSourceDataRequested",
    ]) => Step,
    |(category, event), recorded| match event.next()? {
        next @ (Next::OpenIssuance(_) | Next::FetchSource { .. }) => step(*category, next, recorded),
        _ => None,
    },
    |(category, event), recorded| match event.next()? {
        Next::OpenIssuance(_) => Some(Step::GiveUpIssuance {
            category: *category,
            petition: PetitionId::new(recorded.metadata.subject()).ok()?,
        }),
        // The fee is settled and the document will not come.
        Next::FetchSource { .. } => step(*category, Next::Fail, recorded),
        _ => None,
    }
}

reactor! {
    /// Closes a petition once its document or its result is out.
    ///
    /// Nothing makes up for a petition that could not be closed: the document is out, and an officer
    /// completes the petition by hand.
    CompletionReactor("completion") at Some(&[
        "IssuanceDocumentIssued",
        "IssuanceResultEnteredManually",
    ]) => Step,
    |(category, event), recorded| match event.next()? {
        next @ Next::CloseApplication => step(*category, next, recorded),
        _ => None,
    },
    |_, _| None
}

reactor! {
    /// Calls off what is under way for a petition that was withdrawn, refused or closed, and fails the
    /// attempt to issue whose register will not be asked again.
    CompensationReactor("compensation") at Some(&[
        "ApplicationRejected",
        "ApplicationWithdrawn",
        "ApplicationReturned",
        "ApplicationDeemedWithdrawn",
        "ApplicationMergedInto",
        "ApplicationClosedAsRepeated",
        "ApplicationClosedAsExempt",
        "IssuanceSourceDataFailed",
    ]) => Step,
    |(category, event), recorded| match event.next()? {
        next @ (Next::CallOff | Next::Fail) => step(*category, next, recorded),
        _ => None,
    },
    |_, _| None
}

reactor! {
    /// Notifies petitioners of what happened to their petitions: of each event at most once.
    NotificationReactor("notifications") at None => Notice,
    |(category, event), _| {
        let content = match event {
            PetitionEvent::Application(event) => event.happening().notice(),
            PetitionEvent::Issuance(event) => event.happening().notice(),
        }?;
        Some(Notice { category: *category, content })
    },
    |_, _| None
}
