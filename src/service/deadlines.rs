//! Deadlines of petitions: the state of each petition says which are pending, and the read model of
//! petitions lists them by time.

use std::{fmt, sync::Arc};

use minwon_core::{
    Cause, CommandExecutor, CommandId, EventId, ExecuteError, GlobalPosition, ListName, Reaction,
    Subject, Timestamp,
};
use minwon_petitions::{Category, Deadline, Firing, PetitionView, PetitionViews, flow::Step};

use super::office::{Office, Task};
use crate::{
    engine::{Agenda, Given},
    namespace::{ServiceClock, ServiceStore},
    origin::Origin,
};

/// In whose name the commands of deadlines are given.
const KEEPER: &str = "deadlines";

/// The deadlines of petitions.
pub(super) struct Deadlines<S, T>(pub(super) Arc<Office<S, T>>);

/// A deadline of a petition of this category.
pub(super) struct OfCategory(Category, Deadline);

impl fmt::Display for OfCategory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.1.kind.fmt(f)
    }
}

impl<S: ServiceStore, T: ServiceClock> Agenda for Deadlines<S, T> {
    type Views = PetitionViews;
    type Due = OfCategory;

    fn list(&self) -> ListName {
        PetitionViews::pending()
    }

    fn pending(&self, view: &PetitionView) -> Vec<(Timestamp, OfCategory)> {
        let pending = view.pending().into_iter();
        let pending = pending.map(|deadline| (deadline.at, OfCategory(view.category, deadline)));
        pending.collect()
    }

    fn id(&self, subject: &Subject, due: &OfCategory) -> CommandId {
        due.1.command_id(self.0.namespace.name(), subject)
    }

    async fn give(
        &self,
        id: CommandId,
        subject: &Subject,
        OfCategory(category, deadline): &OfCategory,
        now: Timestamp,
    ) -> Result<Given, ExecuteError> {
        let (office, category) = (&self.0, *category);
        // Time brings it about, and no event.
        let cause = &Cause {
            event_id: EventId::from_bytes(*id.as_bytes()),
            position: GlobalPosition::START,
            correlation_id: id.into(),
            subject: subject.clone(),
            occurred_at: now,
        };
        let origin = Origin::part(KEEPER);
        match deadline.fire(category, now) {
            Firing::Command(body) => {
                let command = [origin.command(id, subject, now, body)];
                let namespace = &office.namespace;
                let given = namespace.give_application(category, subject, &command);
                return Ok(match given.await? {
                    Ok(_) => Given::Done,
                    Err(rejection) => Given::Refused(rejection.to_string()),
                });
            }
            // The event that this writes has the register asked: a keeper waits for nobody, and
            // may die at any moment.
            Firing::Step(Step::FetchSource {
                category,
                issuance,
                attempt,
            }) => {
                let task = Task {
                    category,
                    step: id,
                    cause,
                };
                office.begin_try(task, &issuance, attempt).await?;
            }
            Firing::Issuance(issuance, body) => {
                let command = [origin.command(id, subject, now, body)];
                office.issue(category, &issuance, &command).await?;
            }
            Firing::Step(body) => {
                let cause = cause.clone();
                office.execute(&Reaction { id, cause, body }).await?;
            }
        }
        Ok(Given::Done)
    }
}
