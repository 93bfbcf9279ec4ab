//! The figures of imported petitions in the store.

use std::{collections::HashMap, fmt};

use minwon::{
    CorrelationId, Timestamp,
    engine::{
        Aggregate, CodecError, EventFilter, EventStore, FoldError, GlobalPosition, RecordedEvent,
        StreamName, fold_log,
    },
    petitions::{ApplicationEvent, Due},
};
use serde_json::{Value, json};

use crate::{fit::NONE, petition, tally::Tally};

/// Most names in one table. The JSON has them all.
const TABLE_ROWS_MAX: usize = 15;

/// One pass over the log, folded.
///
/// One pass and not one read per petition, as no store lists its streams. The petitions lie mixed
/// in the log, so of each open one the due and the last activity are remembered until it is
/// completed; all else is counted at once. Only petitions that stay open add up, at 50 bytes and
/// without an allocation each: in a log of 200 MB with no end dates at all, to 2 MB.
#[derive(Default)]
pub(crate) struct Figures {
    petitions: u64,
    events_read: u64,
    completed: u64,
    late: u64,
    by_channel: Tally,
    by_department: Tally,
    by_last_activity: Tally,
    span: Option<(Timestamp, Timestamp)>,
    open: HashMap<CorrelationId, Open>,
}

/// The data that is kept of a petition until it is completed.
struct Open {
    due: Option<Due>,
    last_activity: u32,
}

/// Why an event could not be counted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CountError {
    #[error("an event of {stream} cannot be read; update the program")]
    Undecodable {
        stream: StreamName,
        source: CodecError,
    },
    #[error("{stream} goes on without a submission; restore the store from a copy")]
    NotSubmitted { stream: StreamName },
}

/// The events of petitions that imports are among.
pub(crate) fn events() -> EventFilter {
    let category = petition::application().category().clone();
    EventFilter::categories(petition::namespace(), [category])
}

impl Figures {
    /// Reads what every import left in the store, and nothing else that is there.
    pub(crate) async fn read<S: EventStore>(store: &S) -> Result<Self, FoldError<CountError>> {
        let application = petition::application();
        let mut figures = Self::default();
        fold_log(store, GlobalPosition::START, events(), |recorded| {
            if recorded.metadata.source() != petition::SOURCE {
                return Ok(());
            }
            let event =
                application
                    .codec()
                    .read(recorded)
                    .map_err(|source| CountError::Undecodable {
                        stream: recorded.stream.clone(),
                        source,
                    })?;
            figures.count(recorded, &event)
        })
        .await?;
        Ok(figures)
    }

    fn count(
        &mut self,
        recorded: &RecordedEvent,
        event: &ApplicationEvent,
    ) -> Result<(), CountError> {
        // One for all events of a case.
        let id = recorded.metadata.correlation_id();
        if let ApplicationEvent::Submitted(submitted) = event {
            self.petitions += 1;
            self.by_channel.add(submitted.channel.as_str());
            let open = Open {
                due: None,
                last_activity: self.by_last_activity.add(NONE),
            };
            self.open.insert(id, open);
            return Ok(());
        }
        let not_submitted = || CountError::NotSubmitted {
            stream: recorded.stream.clone(),
        };
        let open = self.open.get_mut(&id).ok_or_else(not_submitted)?;
        match event {
            ApplicationEvent::Received(received) => {
                open.due = Some(received.due);
                self.by_department.add(received.department.as_str());
            }
            ApplicationEvent::ProgressRecorded(progress) => {
                self.events_read += 1;
                self.by_last_activity.take_back(open.last_activity);
                open.last_activity = self.by_last_activity.add(progress.activity.as_str());
                self.widen_span(progress.noted_at);
            }
            ApplicationEvent::Completed(_) => {
                let ended_at = recorded.metadata.occurred_at();
                let is_late = open.due.is_some_and(|due| due.is_overdue_at(ended_at));
                self.completed += 1;
                self.late += u64::from(is_late);
                self.open.remove(&id);
            }
            _ => {}
        }
        Ok(())
    }

    fn widen_span(&mut self, time: Timestamp) {
        // The epoch stands for a time that the log does not record.
        if time != Timestamp::UNIX_EPOCH {
            let (first, last) = self.span.unwrap_or((time, time));
            self.span = Some((first.min(time), last.max(time)));
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "petitions": self.petitions,
            "events_read": self.events_read,
            "completed": self.completed,
            "late": self.late,
            "by_channel": self.by_channel.to_json(),
            "by_department": self.by_department.to_json(),
            "by_last_activity": self.by_last_activity.to_json(),
        })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} petitions with {} steps",
            self.petitions, self.events_read
        )?;
        if let Some((first, last)) = self.span {
            write!(f, ", from {first} to {last}")?;
        }
        write!(
            f,
            "\n{} completed, {} of them late",
            self.completed, self.late
        )?;
        self.by_channel.write(f, "by channel", TABLE_ROWS_MAX)?;
        self.by_department
            .write(f, "by department", TABLE_ROWS_MAX)?;
        self.by_last_activity
            .write(f, "by last activity", TABLE_ROWS_MAX)
    }
}
