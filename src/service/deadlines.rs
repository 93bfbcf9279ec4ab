//! Deadlines of petitions: the state of each petition says which are pending, and the read model of
//! petitions lists them by time.

use std::{fmt, num::NonZeroU32, sync::Arc};

use minwon_core::{
    Cause, CommandExecutor, CommandId, EventDecoder, EventId, ExecuteError, GlobalPosition,
    ListName, Projection, Reaction, StreamVersion, Subject, Timestamp, TraceParent,
};
use minwon_petitions::{
    Category, Deadline, DeadlineKind, EventReader, Firing, PetitionId, PetitionView, PetitionViews,
    flow::Step,
};

use super::office::{Office, PETITIONS, Task};
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
        let traceparent = office.trace_of(category, subject, deadline).await;
        // Time brings it about, and no event.
        let cause = &Cause {
            event_id: EventId::from_bytes(*id.as_bytes()),
            position: GlobalPosition::START,
            correlation_id: id.into(),
            subject: subject.clone(),
            occurred_at: now,
            traceparent: traceparent.clone(),
        };
        let origin = Origin::part(PETITIONS, office.namespace.name(), KEEPER).traced(traceparent);
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

/// Events of a stream that are read at once; most streams have fewer.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(64).expect("not 0");

impl<S: ServiceStore, T: ServiceClock> Office<S, T> {
    /// The trace that the command of a deadline goes on with: that of the event after which the deadline
    /// was pending. Costs the read of its stream. None where that cannot be read: a trace is no reason to miss
    /// a deadline.
    async fn trace_of(
        &self,
        category: Category,
        petition: &PetitionId,
        deadline: &Deadline,
    ) -> Option<TraceParent> {
        let namespace = &self.namespace;
        let stream = match &deadline.kind {
            DeadlineKind::SourceRetry { issuance, .. }
            | DeadlineKind::VerificationEnd { issuance } => {
                namespace.issuance_stream(category, issuance).ok()?
            }
            _ => namespace.application_stream(category, petition),
        };
        let (views, reader) = (PetitionViews::default(), EventReader::of([category]));
        let (mut view, mut was_pending, mut trace) = (None, false, None);
        let mut from = StreamVersion::FIRST;
        loop {
            let page = namespace.store().read_stream(&stream, from, PAGE_EVENTS);
            let page = page.await.ok()?;
            for recorded in &page.events {
                let event = reader.decode(recorded).ok()?;
                views.apply(&mut view, &event, recorded);
                let pending = view.as_ref().map(PetitionView::pending).unwrap_or_default();
                let is_pending = pending.contains(deadline);
                if is_pending && !was_pending {
                    trace = recorded.traceparent();
                }
                was_pending = is_pending;
                from = recorded.version.next();
            }
            if page.is_end {
                return trace;
            }
        }
    }
}
