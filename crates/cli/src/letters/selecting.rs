//! Which letters are meant, on the command line.

use std::{fmt, str::FromStr};

use clap::Args;
use minwon::{
    PetitionId,
    engine::{ConsumerName, EventAt, EventId, EventType, GlobalPosition, LetterGroup, Selection},
};

use crate::{
    failure::{Failure, Usage},
    output::complain,
};

/// Letters; all of them where nothing is said.
#[derive(Debug, Args)]
pub(super) struct Selecting {
    /// Those of one consumer
    #[arg(long, value_name = "NAME")]
    consumer: Option<ConsumerName>,
    /// One event, by its place in the log or its id
    #[arg(long, value_name = "PLACE|ID", conflicts_with_all = ["event_type", "key", "petition"])]
    event: Option<Event>,
    /// Those of one event type
    #[arg(long, value_name = "TYPE", conflicts_with_all = ["key", "petition"])]
    event_type: Option<EventType>,
    /// Those of one cause, as `groups` shows it; with --consumer and --event-type
    #[arg(long, value_name = "TEXT", requires_all = ["consumer", "event_type"])]
    cause: Option<String>,
    /// Those that block one key
    #[arg(long, conflicts_with_all = ["consumer", "petition"])]
    key: Option<String>,
    /// Those that a petition is stuck behind
    #[arg(long, value_name = "ID", conflicts_with = "consumer")]
    petition: Option<PetitionId>,
}

/// One letter.
#[derive(Debug, Args)]
pub(super) struct Exactly {
    /// Whose letter
    #[arg(long, value_name = "NAME")]
    pub(super) consumer: ConsumerName,
    /// Which event, by its place in the log or its id
    #[arg(long, value_name = "PLACE|ID")]
    pub(super) event: Event,
}

/// An event on the command line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event(EventAt);

impl Selecting {
    /// The same as the fields of an address.
    pub(super) fn fields(&self) -> Result<Vec<(&'static str, String)>, Failure> {
        // What means nothing here means nothing there.
        self.selection()?;
        let mut fields = Vec::new();
        let mut field = |name, text: Option<String>| fields.extend(text.map(|text| (name, text)));
        field("consumer", self.consumer.as_ref().map(ToString::to_string));
        field("event", self.event.as_ref().map(Event::name));
        field("type", self.event_type.as_ref().map(ToString::to_string));
        field("cause", self.cause.clone());
        field("key", self.key.clone());
        field("petition", self.petition.as_ref().map(ToString::to_string));
        Ok(fields)
    }

    pub(super) fn selection(&self) -> Result<Selection, Failure> {
        let consumer = self.consumer.clone();
        let selection = match (&self.event, &self.event_type, &self.key, &self.petition) {
            (Some(Event(event)), ..) => Selection::Event {
                consumer,
                event: *event,
            },
            (_, Some(event_type), ..) => of_type(consumer, event_type.clone(), &self.cause)?,
            (_, _, Some(key), _) => Selection::Key(key.clone()),
            (.., Some(petition)) => Selection::Subject(petition.clone()),
            _ => consumer.map_or(Selection::All, Selection::Consumer),
        };
        Ok(selection)
    }
}

fn of_type(
    consumer: Option<ConsumerName>,
    event_type: EventType,
    cause: &Option<String>,
) -> Result<Selection, Failure> {
    match (consumer, cause) {
        (None, None) => Ok(Selection::EventType(event_type)),
        (Some(consumer), Some(cause)) => Ok(Selection::Group(LetterGroup {
            consumer,
            event_type,
            cause: cause.clone(),
        })),
        _ => {
            let what = "--consumer and --event-type together need --cause; `groups` shows causes";
            Err(Usage::new(what).into())
        }
    }
}

impl Exactly {
    /// The same as the fields of an address.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        vec![
            ("consumer", self.consumer.to_string()),
            ("event", self.event.name()),
        ]
    }

    /// Says that it is no letter.
    pub(super) fn complain(&self) {
        let (consumer, event) = (&self.consumer, &self.event);
        complain(&format!(
            "{event} is no dead letter of {consumer}; `minwon letters list` shows which there are"
        ));
    }

    /// As a service that runs is asked for it.
    #[cfg(unix)]
    pub(super) fn letter(&self) -> minwon::operator::OneLetter {
        minwon::operator::OneLetter {
            consumer: self.consumer.clone(),
            event: self.event.0,
        }
    }

    pub(super) fn selection(&self) -> Selection {
        Selection::Event {
            consumer: Some(self.consumer.clone()),
            event: self.event.0,
        }
    }
}

impl Event {
    fn name(&self) -> String {
        match self.0 {
            EventAt::Id(id) => id.to_string(),
            EventAt::Position(position) => position.to_string(),
        }
    }
}

impl FromStr for Event {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let position = text.parse::<GlobalPosition>().map(EventAt::Position);
        let event = position.or_else(|_| text.parse::<EventId>().map(EventAt::Id));
        let wrong = |_| format!("{text:?} is neither a place in the log nor the id of an event");
        event.map(Self).map_err(wrong)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            EventAt::Id(id) => write!(f, "event {id}"),
            EventAt::Position(position) => write!(f, "the event at {position}"),
        }
    }
}
