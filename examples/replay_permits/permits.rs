//! The figures as a read model: what the service would show day by day, without going through the
//! log again.

use minwon::{
    QueryError, ReadModels, Store, SystemClock,
    engine::{
        EventFilter, IndexEntry, IndexName, ModelReader, Projection, ProjectionName,
        ProjectorBuilder, RecordedEvent, ViewKey, ViewSchema,
    },
    petitions::{ApplicationEvent, Category, Due, EventReader, PetitionEvent},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    fit::NONE,
    petition,
    shared::{Failure, while_doing},
    tally::OTHERS,
};

const CHANNEL: IndexName = IndexName::new("channel");
const DEPARTMENT: IndexName = IndexName::new("department");
const ACTIVITY: IndexName = IndexName::new("activity");
const STATE: IndexName = IndexName::new("state");
/// How many petitions have so many steps; a count counts views, so this is how steps are counted.
const STEPS: IndexName = IndexName::new("steps");
const ALL: &str = "all";

/// An imported petition, as far as it is counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Permit {
    channel: Box<str>,
    department: Option<Box<str>>,
    last_activity: Option<Box<str>>,
    due: Option<Due>,
    steps: u64,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Open,
    InTime,
    Late,
}

pub(crate) struct Permits {
    name: ProjectionName,
}

impl Default for Permits {
    fn default() -> Self {
        Self {
            name: ProjectionName::new("permits").expect("a word"),
        }
    }
}

impl Projection for Permits {
    type Event = (Category, PetitionEvent);
    type View = Permit;

    fn name(&self) -> &ProjectionName {
        &self.name
    }

    fn schema(&self) -> ViewSchema {
        ViewSchema::new(1)
    }

    fn apply(&self, view: &mut Option<Permit>, (_, event): &Self::Event, recorded: &RecordedEvent) {
        // Not by `key`: a projector has to see whole streams.
        if recorded.metadata.source() != petition::SOURCE {
            return;
        }
        let PetitionEvent::Application(event) = event else {
            return;
        };
        match (view, event) {
            (view, ApplicationEvent::Submitted(submitted)) => {
                *view = Some(Permit::submitted(submitted.channel.as_str()));
            }
            (Some(permit), event) => permit.follow(event, recorded),
            (None, _) => {}
        }
    }

    fn index(&self, _: &ViewKey, permit: &Permit, entries: &mut Vec<IndexEntry>) {
        let counted = |index, member: &str| IndexEntry::counted(index, ALL, member);
        entries.push(counted(CHANNEL, &permit.channel));
        entries.extend(
            permit
                .department
                .iter()
                .map(|name| counted(DEPARTMENT, name)),
        );
        let last = permit.last_activity.as_deref().unwrap_or(NONE);
        entries.push(counted(ACTIVITY, last));
        entries.push(counted(STATE, permit.state.as_str()));
        entries.push(counted(STEPS, &permit.steps.to_string()));
    }
}

impl State {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InTime => "in-time",
            Self::Late => "late",
        }
    }
}

impl Permit {
    fn submitted(channel: &str) -> Self {
        Self {
            channel: channel.into(),
            department: None,
            last_activity: None,
            due: None,
            steps: 0,
            state: State::Open,
        }
    }

    fn follow(&mut self, event: &ApplicationEvent, recorded: &RecordedEvent) {
        match event {
            ApplicationEvent::Received(received) => {
                self.due = Some(received.due);
                self.department = Some(received.department.as_str().into());
            }
            ApplicationEvent::ProgressRecorded(progress) => {
                self.steps += 1;
                self.last_activity = Some(progress.activity.as_str().into());
            }
            ApplicationEvent::Completed(_) => {
                let ended_at = recorded.metadata.occurred_at();
                let is_late = self.due.is_some_and(|due| due.is_overdue_at(ended_at));
                self.state = if is_late { State::Late } else { State::InTime };
            }
            _ => {}
        }
    }
}

/// Brings the read model beside the events up to the head of the log, and asks it for what
/// [`Figures::to_json`](crate::figures::Figures::to_json) says.
pub(crate) async fn ask(store: &Store, filter: EventFilter) -> Result<Value, Failure> {
    let (namespace, read_models) = (petition::namespace(), ReadModels::beside(store));
    let (reader, clock) = (EventReader::default(), SystemClock);
    ProjectorBuilder::new(
        namespace.clone(),
        store.clone(),
        read_models.clone(),
        reader,
        clock,
    )
    .filter(filter)
    .project(Permits::default())
    .catch_up()
    .await
    .map_err(while_doing("the read model was not brought up to the log"))?;
    let reader = ModelReader::new(namespace, Permits::default(), read_models, clock);
    Ok(figures(&reader).await?)
}

type Reader = ModelReader<Permits, ReadModels, SystemClock>;

async fn figures(reader: &Reader) -> Result<Value, QueryError> {
    let counts = async |index| Ok::<_, QueryError>(reader.counts(index, ALL).await?.value);
    let (states, steps) = (counts(STATE).await?, counts(STEPS).await?);
    let in_state = |state: State| states.get(state.as_str()).copied().unwrap_or(0);
    let steps = steps.iter().filter_map(|(steps, petitions)| {
        let steps: u64 = steps.parse().ok()?;
        Some(steps * petitions)
    });
    Ok(json!({
        "petitions": states.values().sum::<u64>(),
        "events_read": steps.sum::<u64>(),
        "completed": in_state(State::InTime) + in_state(State::Late),
        "late": in_state(State::Late),
        "by_channel": counts(CHANNEL).await?,
        "by_department": counts(DEPARTMENT).await?,
        "by_last_activity": counts(ACTIVITY).await?,
    }))
}

/// The read model and the log show different figures.
#[derive(Debug, thiserror::Error)]
#[error(
    "{figure} is {read_model} in the read model and {log} in the log; somebody wrote to one of \
     them behind minwon's back: replay the log into a new directory"
)]
pub(crate) struct Disagreement {
    figure: String,
    log: Value,
    read_model: Value,
}

/// Compares figures out of the log with those out of the read model.
pub(crate) fn agree(log: &Value, read_model: &Value) -> Result<(), Disagreement> {
    let figures = log.as_object().into_iter().flatten();
    for (figure, of_log) in figures {
        let of_read_model = &read_model[figure];
        if !is_same(of_log, of_read_model) {
            return Err(Disagreement {
                figure: figure.clone(),
                log: of_log.clone(),
                read_model: of_read_model.clone(),
            });
        }
    }
    Ok(())
}

fn is_same(log: &Value, read_model: &Value) -> bool {
    // Of very many names the log's last ones are counted together.
    let is_cut = log.get(OTHERS).is_some();
    log == read_model || (is_cut && total(log) == total(read_model))
}

fn total(counts: &Value) -> u64 {
    let counts = counts.as_object().into_iter().flatten();
    counts.filter_map(|(_, count)| count.as_u64()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_agree_where_they_are_the_same_and_where_only_names_were_cut() {
        let figures = |channels: Value| json!({ "petitions": 3, "by_channel": channels });
        let log = figures(json!({ "Desk": 1, OTHERS: 2 }));
        assert!(agree(&log, &log).is_ok());
        let uncut = figures(json!({ "Desk": 1, "Post": 1, "Kiosk": 1 }));
        assert!(agree(&log, &uncut).is_ok());
        let error = agree(&uncut, &log).unwrap_err();
        assert!(error.to_string().starts_with("by_channel is"), "{error}");
        let fewer = figures(json!({ "Desk": 1, "Post": 1 }));
        assert!(agree(&log, &fewer).is_err());
    }
}
