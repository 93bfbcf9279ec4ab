//! The read models of a service, in the versions that it understands.

use std::sync::Arc;

use minwon_core::{EventStore, Projection, ReadModelAdmin, ReadModelStore, SnapshotStore, Timer};
use minwon_petitions::{Category, EventReader, PetitionEvent, PetitionView};
use minwon_projections::{EarlierVersions, LetterReader, LetterView, ProjectorBuilder, Versions};

use crate::{Namespace, ResultQuery};

type Builder<S, R, T> = ProjectorBuilder<S, R, EventReader, T>;

/// Adds the projections of a read model to a projector.
type Project<S, R, T> = Box<dyn Fn(Builder<S, R, T>) -> Builder<S, R, T> + Send>;

/// Makes the questions to a read model.
type Ask<S, R, T, Q> = Box<dyn Fn(&Namespace<S, T>, R) -> Q + Send>;

/// How a read model is kept and asked; of which versions it is, is forgotten.
pub(super) struct Views<S: EventStore, R, T, Q> {
    project: Project<S, R, T>,
    ask: Ask<S, R, T, Q>,
}

impl<S, R, T, Q> Views<S, R, T, Q>
where
    S: EventStore + SnapshotStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    T: Timer + Clone + 'static,
{
    pub(super) fn project(&self, builder: Builder<S, R, T>) -> Builder<S, R, T> {
        (self.project)(builder)
    }

    pub(super) fn ask(&self, namespace: &Namespace<S, T>, read_models: R) -> Q {
        (self.ask)(namespace, read_models)
    }

    fn of<V, E>(
        versions: Versions<V, E>,
        ask: impl Fn(&Namespace<S, T>, R, &Versions<V, E>) -> Q + Send + 'static,
    ) -> Self
    where
        V: Projection<Event = (Category, PetitionEvent)>,
        E: EarlierVersions<V>,
    {
        let versions = Arc::new(versions);
        let asked = Arc::clone(&versions);
        Self {
            project: Box::new(move |builder| builder.project_versions((*versions).clone())),
            ask: Box::new(move |namespace, read_models| ask(namespace, read_models, &asked)),
        }
    }
}

impl<S, R, T> Views<S, R, T, ResultQuery<R, T>>
where
    S: EventStore + SnapshotStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    T: Timer + Clone + 'static,
{
    pub(super) fn of_petitions<V, E>(versions: Versions<V, E>) -> Self
    where
        V: Projection<Event = (Category, PetitionEvent), View = PetitionView>,
        E: EarlierVersions<V>,
    {
        Self::of(versions, |namespace, read_models, versions| {
            namespace.results_of(read_models, versions)
        })
    }
}

impl<S, R, T> Views<S, R, T, LetterReader<R, T>>
where
    S: EventStore + SnapshotStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    T: Timer + Clone + 'static,
{
    pub(super) fn of_letters<V, E>(versions: Versions<V, E>) -> Self
    where
        V: Projection<Event = (Category, PetitionEvent), View = LetterView>,
        E: EarlierVersions<V>,
    {
        Self::of(versions, |namespace, read_models, versions| {
            let (name, timer) = (namespace.name().clone(), namespace.timer().clone());
            LetterReader::of_versions(name, versions, read_models, timer)
        })
    }
}
