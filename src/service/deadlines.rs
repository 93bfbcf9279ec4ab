//! Deadlines of petitions: the state of each petition says which are pending, and the read model of
//! petitions lists them by time.

use std::{fmt, sync::Arc};

use minwon_core::{
    Cause, Command, CommandExecutor, CommandId, EventId, ExecuteError, GlobalPosition, ListName,
    Reaction, Subject, Timestamp, TransactError,
};
use minwon_petitions::{
    Category, Deadline, Firing, PetitionId, PetitionView, PetitionViews, flow::Step,
};

use super::{failure::failure, office::Office};
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
        due: &OfCategory,
        now: Timestamp,
    ) -> Result<Given, ExecuteError> {
        let due = Due {
            id,
            category: due.0,
            petition: subject.clone(),
            deadline: &due.1,
        };
        self.0.fire(&due, now).await
    }
}

/// A deadline whose time has come.
struct Due<'a> {
    id: CommandId,
    category: Category,
    petition: PetitionId,
    deadline: &'a Deadline,
}

impl<S: ServiceStore, T: ServiceClock> Office<S, T> {
    /// Gives the command of a deadline.
    async fn fire(&self, due: &Due<'_>, now: Timestamp) -> Result<Given, ExecuteError> {
        let body = match due.deadline.fire(due.category, now) {
            Firing::Command(command) => command,
            // The event that this writes has the register asked: a keeper waits for nobody, and
            // may die at any moment.
            Firing::Step(Step::FetchSource {
                category,
                issuance,
                attempt,
            }) => {
                let cause = due.cause(now);
                let begun = self.begin_try(category, &issuance, attempt, due.id, &cause);
                return begun.await.map(|()| Given::Done);
            }
            Firing::Issuance(issuance, body) => {
                let command = [due.command(now, body)];
                let issued = self.issue(due.category, &issuance, &command);
                return issued.await.map(|_| Given::Done);
            }
            Firing::Step(step) => {
                let done = self.execute(&due.reaction(step, now)).await;
                return done.map(|()| Given::Done);
            }
        };
        let command = due.command(now, body);
        let stream = self
            .namespace
            .application_stream(due.category, &due.petition);
        let handler = self.namespace.applications(due.category);
        match handler.transact(&stream, &command).await {
            Ok(_) => Ok(Given::Done),
            Err(TransactError::Rejected { rejection, .. }) => {
                Ok(Given::Refused(rejection.to_string()))
            }
            Err(error) => Err(failure(error)),
        }
    }
}

impl Due<'_> {
    fn command<C>(&self, now: Timestamp, body: C) -> Command<C> {
        Origin::part(KEEPER).command(self.id, &self.petition, now, body)
    }

    /// A step of the choreography that time brings about, and no event.
    fn reaction(&self, step: Step, now: Timestamp) -> Reaction<Step> {
        Reaction {
            id: self.id,
            cause: self.cause(now),
            body: step,
        }
    }

    fn cause(&self, now: Timestamp) -> Cause {
        Cause {
            event_id: EventId::from_bytes(*self.id.as_bytes()),
            position: GlobalPosition::START,
            correlation_id: self.id.into(),
            subject: self.petition.clone(),
            occurred_at: now,
        }
    }
}
