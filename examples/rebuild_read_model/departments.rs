//! A projection of a service's own, in two versions: petitions per department.

use std::collections::BTreeMap;

use minwon::{
    NamespaceName, QueryError, ReadModels, SystemClock,
    engine::{
        IndexEntry, IndexName, ModelReader, Projection, ProjectionName, RecordedEvent, ViewKey,
        ViewSchema,
    },
    petitions::{ApplicationEvent, Category, PetitionEvent},
};
use serde::{Deserialize, Serialize};

const ALL: IndexName = IndexName::new("departments");
const OPEN: IndexName = IndexName::new("open");
const GROUP: &str = "all";

/// How many petitions each department has.
pub(crate) type PerDepartment = BTreeMap<Box<str>, u64>;

/// The versions bear one name: they are versions of one read model.
fn name() -> ProjectionName {
    ProjectionName::new("departments").expect("a word")
}

/// Version 1: which department a petition belongs to.
pub(crate) struct Version1(ProjectionName);

/// Version 2: and whether it is still open.
pub(crate) struct Version2(ProjectionName);

impl Default for Version1 {
    fn default() -> Self {
        Self(name())
    }
}

impl Default for Version2 {
    fn default() -> Self {
        Self(name())
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct View1 {
    department: Box<str>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct View2 {
    department: Box<str>,
    is_open: bool,
}

impl Projection for Version1 {
    type Event = (Category, PetitionEvent);
    type View = View1;

    fn name(&self) -> &ProjectionName {
        &self.0
    }

    fn schema(&self) -> ViewSchema {
        ViewSchema::new(1)
    }

    fn apply(&self, view: &mut Option<View1>, (_, event): &Self::Event, _: &RecordedEvent) {
        if let PetitionEvent::Application(ApplicationEvent::Received(received)) = event {
            let department = received.department.as_str().into();
            *view = Some(View1 { department });
        }
    }

    fn index(&self, _: &ViewKey, view: &View1, entries: &mut Vec<IndexEntry>) {
        entries.push(IndexEntry::counted(ALL, GROUP, view.department.clone()));
    }
}

impl Projection for Version2 {
    type Event = (Category, PetitionEvent);
    type View = View2;

    fn name(&self) -> &ProjectionName {
        &self.0
    }

    /// Another shape, so another number: neither version ever takes the other's views for its own.
    fn schema(&self) -> ViewSchema {
        ViewSchema::new(2)
    }

    fn apply(&self, view: &mut Option<View2>, (_, event): &Self::Event, _: &RecordedEvent) {
        match (view, event) {
            (view, PetitionEvent::Application(ApplicationEvent::Received(received))) => {
                let department = received.department.as_str().into();
                *view = Some(View2 {
                    department,
                    is_open: true,
                });
            }
            (Some(view), PetitionEvent::Application(ApplicationEvent::Completed(_))) => {
                view.is_open = false;
            }
            _ => {}
        }
    }

    fn index(&self, _: &ViewKey, view: &View2, entries: &mut Vec<IndexEntry>) {
        entries.push(IndexEntry::counted(ALL, GROUP, view.department.clone()));
        if view.is_open {
            entries.push(IndexEntry::counted(OPEN, GROUP, view.department.clone()));
        }
    }
}

/// Asks in the words of each version.
pub(crate) struct Readers {
    one: ModelReader<Version1, ReadModels, SystemClock>,
    two: ModelReader<Version2, ReadModels, SystemClock>,
}

impl Readers {
    pub(crate) fn new(namespace: &NamespaceName, read_models: &ReadModels) -> Self {
        let (name, read_models) = (|| namespace.clone(), || read_models.clone());
        Self {
            one: ModelReader::new(name(), Version1::default(), read_models(), SystemClock),
            two: ModelReader::new(name(), Version2::default(), read_models(), SystemClock),
        }
    }

    /// Returns the petitions per department, as a program with version 1 sees them.
    pub(crate) async fn one(&self) -> Result<PerDepartment, QueryError> {
        Ok(self.one.counts(ALL, GROUP).await?.value)
    }

    /// Returns all petitions per department and the open ones, as a program with version 2 sees
    /// them.
    pub(crate) async fn two(&self) -> Result<(PerDepartment, PerDepartment), QueryError> {
        let all = self.two.counts(ALL, GROUP).await?.value;
        Ok((all, self.two.counts(OPEN, GROUP).await?.value))
    }
}
