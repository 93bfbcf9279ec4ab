//! Laws of the book, and the stored form of every event.

mod golden;
mod laws;
mod states;

use super::*;
use crate::{
    id::CommandId,
    stream::{GlobalPosition, StreamVersion},
    text::{ActorId, ConsumerName, Subject},
    time::Timestamp,
};

/// An event of the log: those with an even number are of one subject, those with an odd one of
/// another. From 5 on, they are of the type that those of the other subject have before.
fn event_ref(number: u64) -> EventRef {
    let parity = number % 2;
    let types = ["GeneralApplicationSubmitted", "GeneralReceived"];
    let event_type = types[(parity as usize + usize::from(number >= 5)) % 2];
    let stream = format!("general_GeneralApplication-p-{parity}");
    EventRef {
        position: GlobalPosition::new(100 + number),
        stream: stream.parse().unwrap(),
        version: StreamVersion::new(number),
        id: CommandId::derive(&[7; 16], number.to_string()).event_id(0),
        event_type: EventType::new(event_type).unwrap(),
        subject: Subject::new(format!("p-{parity}")).unwrap(),
    }
}

fn consumer(number: u64) -> ConsumerName {
    ConsumerName::new(["notifier", "agency"][number as usize % 2]).unwrap()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(std::time::Duration::from_secs(seconds))
}

fn failure(text: &str) -> Failure {
    Failure::of_text(FailureClass::Handler, text)
}

/// The things that can happen to an event, in the order of the variants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Add,
    Park,
    Request,
    Fail,
    Release,
    Skip,
    Compensate,
}

const STEPS: [Step; 7] = [
    Step::Add,
    Step::Park,
    Step::Request,
    Step::Fail,
    Step::Release,
    Step::Skip,
    Step::Compensate,
];

impl Step {
    /// It happens to event `number`, whose key is its subject, of a consumer.
    fn of(self, consumer: ConsumerName, number: u64) -> DeadLetterEvent {
        let event = event_ref(number);
        let key = event.subject.to_string();
        let by = ActorId::new("operator-1").unwrap();
        let reason = "a duplicate".to_owned();
        match self {
            Self::Add => Added {
                consumer,
                key,
                event,
                failure: failure("port 1 is shut"),
                attempts: 4,
            }
            .into(),
            Self::Park => Parked {
                consumer,
                key,
                event,
            }
            .into(),
            Self::Request => RetryRequested {
                consumer,
                key,
                event,
                by,
            }
            .into(),
            Self::Fail => RetryFailed {
                consumer,
                key,
                event,
                failure: failure("port 2 is shut"),
                attempts: 2,
                kind: None,
            }
            .into(),
            Self::Release => Released {
                consumer,
                key,
                event,
                kind: None,
            }
            .into(),
            Self::Skip => Skipped {
                consumer,
                key,
                event,
                by,
                reason,
            }
            .into(),
            Self::Compensate => Compensated {
                consumer,
                key,
                event,
                by,
                reason,
            }
            .into(),
        }
    }
}
