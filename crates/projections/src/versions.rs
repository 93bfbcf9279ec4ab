//! The versions of a read model that a program understands.

use std::sync::Arc;

use minwon_core::{
    EventDecoder, EventStore, IndexEntry, IndexName, Projection, ProjectionName, ReadModelAdmin,
    ReadModelStore, Timer, ViewKey, ViewSchema,
};

use self::sealed::Visit;
use crate::{
    document::{Document, DocumentError},
    projector::{ProjectorBuilder, Target},
    slice::views::entries,
};

/// The versions of a read model that a program understands: the newest, which it builds where none
/// exists and promotes once that is complete, and [earlier ones](Self::and_earlier), which it keeps
/// up to date and asks until then.
///
/// A projector [keeps](ProjectorBuilder::project_versions) them, a reader
/// [asks](crate::ModelReader::of_versions) whichever of them answers. So programs of several
/// versions run side by side on one store, and each has a generation that it understands.
#[derive(Debug)]
pub struct Versions<P, E = ()> {
    newest: Arc<P>,
    earlier: E,
}

/// An earlier version of a read model, and what its views are in the words of the newest.
pub struct Earlier<P: Projection, V> {
    projection: Arc<P>,
    upgrade: Arc<dyn Fn(P::View) -> V + Send + Sync>,
    lacking: Vec<IndexName>,
}

impl<P: Projection> Versions<P> {
    /// One version only. A generation of any other is rebuilt before it is asked.
    pub fn of(newest: P) -> Self {
        Self {
            newest: Arc::new(newest),
            earlier: (),
        }
    }
}

impl<P: Projection, E> Versions<P, E> {
    /// Understands `earlier` as well; the later of several first.
    ///
    /// # Panics
    /// Where the two projections bear different names, or have the same
    /// [schema](Projection::schema): then they are no versions of one read model.
    #[must_use]
    pub fn and_earlier<O>(
        self,
        earlier: Earlier<O, P::View>,
    ) -> Versions<P, (E, Earlier<O, P::View>)>
    where
        O: Projection<Event = P::Event>,
    {
        let (newest, older) = (&*self.newest, &*earlier.projection);
        assert_eq!(newest.name(), older.name(), "versions bear one name");
        assert_ne!(newest.schema(), older.schema(), "versions differ in schema");
        Versions {
            newest: self.newest,
            earlier: (self.earlier, earlier),
        }
    }

    /// The name of the read model.
    #[must_use]
    pub fn name(&self) -> &ProjectionName {
        self.newest.name()
    }
}

impl<P: Projection, V> Earlier<P, V> {
    /// The version that `projection` folds, each view turned into one of the newest version by
    /// `upgrade`. Both stay in the program for as long as a generation of this version may answer.
    pub fn new(projection: P, upgrade: impl Fn(P::View) -> V + Send + Sync + 'static) -> Self {
        Self {
            projection: Arc::new(projection),
            upgrade: Arc::new(upgrade),
            lacking: Vec::new(),
        }
    }

    /// This version does not have an index that the newest has. Questions about it are answered
    /// with "rebuilding" until there is a generation that has it, and never with "none".
    #[must_use]
    pub fn without(mut self, index: IndexName) -> Self {
        self.lacking.push(index);
        self
    }
}

impl<P, E: Clone> Clone for Versions<P, E> {
    fn clone(&self) -> Self {
        Self {
            newest: Arc::clone(&self.newest),
            earlier: self.earlier.clone(),
        }
    }
}

impl<P: Projection, V> Clone for Earlier<P, V> {
    fn clone(&self) -> Self {
        Self {
            projection: Arc::clone(&self.projection),
            upgrade: Arc::clone(&self.upgrade),
            lacking: self.lacking.clone(),
        }
    }
}

impl<P: Projection, V> std::fmt::Debug for Earlier<P, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Earlier")
            .field("name", self.projection.name())
            .field("schema", &self.projection.schema())
            .field("lacking", &self.lacking)
            .finish_non_exhaustive()
    }
}

mod sealed {
    use super::{Earlier, Projection};

    /// Shown each earlier version in turn.
    pub trait Visit<E, V> {
        fn earlier<O: Projection<Event = E>>(&mut self, version: &Earlier<O, V>);
    }

    /// Earlier versions of views `V`.
    pub trait List<E, V>: Clone + Send + Sync + 'static {
        fn each(&self, visit: &mut impl Visit<E, V>);
    }

    impl<E, V> List<E, V> for () {
        fn each(&self, _: &mut impl Visit<E, V>) {}
    }

    impl<L: List<E, V>, O: Projection<Event = E>, E, V: 'static> List<E, V> for (L, Earlier<O, V>) {
        fn each(&self, visit: &mut impl Visit<E, V>) {
            self.0.each(visit);
            visit.earlier(&self.1);
        }
    }
}

/// Earlier versions of the views of `P`: what [`Versions::and_earlier`] makes.
pub trait EarlierVersions<P: Projection>: sealed::List<P::Event, P::View> {}

impl<P: Projection, L: sealed::List<P::Event, P::View>> EarlierVersions<P> for L {}

/// How a reader reads what one version has written.
pub(crate) trait ReadVersion<V>: Send + Sync {
    fn schema(&self) -> ViewSchema;

    /// Returns whether it has an index.
    fn has(&self, index: IndexName) -> bool;

    /// The document of `key`. Where that does not stand at `place` any more, it shows no view.
    fn read(
        &self,
        key: &ViewKey,
        document: &[u8],
        place: Option<&IndexEntry>,
    ) -> Result<Document<V>, DocumentError>;
}

impl<P: Projection, E: EarlierVersions<P>> Versions<P, E> {
    /// Returns how each version is read, the newest first.
    pub(crate) fn readers(&self) -> Vec<Arc<dyn ReadVersion<P::View>>> {
        struct Readers<V>(Vec<Arc<dyn ReadVersion<V>>>);
        impl<E, V: Send + Sync + 'static> Visit<E, V> for Readers<V> {
            fn earlier<O: Projection<Event = E>>(&mut self, version: &Earlier<O, V>) {
                self.0.push(Arc::new(version.clone()));
            }
        }
        let newest: Arc<dyn ReadVersion<P::View>> = Arc::new(Earlier {
            projection: Arc::clone(&self.newest),
            upgrade: Arc::new(|view| view),
            lacking: Vec::new(),
        });
        let mut readers = Readers(vec![newest]);
        self.earlier.each(&mut readers);
        readers.0
    }

    fn schemas(&self) -> Arc<[ViewSchema]> {
        self.readers()
            .iter()
            .map(|version| version.schema())
            .collect()
    }
}

impl<P: Projection, V: Send + Sync + 'static> ReadVersion<V> for Earlier<P, V> {
    fn schema(&self) -> ViewSchema {
        self.projection.schema()
    }

    fn has(&self, index: IndexName) -> bool {
        !self.lacking.contains(&index)
    }

    fn read(
        &self,
        key: &ViewKey,
        document: &[u8],
        place: Option<&IndexEntry>,
    ) -> Result<Document<V>, DocumentError> {
        let mut document = Document::<P::View>::read(key, document)?;
        if let Some(place) = place {
            let found = entries(&*self.projection, key, &document);
            if !found.is_ok_and(|entries| entries.binary_search(place).is_ok()) {
                document.view = None;
            }
        }
        Ok(document.map(|view| (self.upgrade)(view)))
    }
}

impl<S, R, D, T> ProjectorBuilder<S, R, D, T>
where
    S: EventStore + 'static,
    R: ReadModelStore + ReadModelAdmin + 'static,
    D: EventDecoder,
    T: Timer + 'static,
{
    /// Adds a projection in all versions that the program understands.
    ///
    /// A generation of the newest is begun where none exists: the first generation of a read model
    /// answers at once, any other is built beside the one that answers, and promoted once it has
    /// caught up with it and [holds no more keys back](crate::promote). A generation that was
    /// [rolled back](crate::roll_back) is not promoted again by itself, nor is one that is
    /// [older](crate::RebuildError::Older) than the one that answers; and one that was
    /// [retired](crate::retire) is not begun again by a running program. Generations of the earlier
    /// versions are kept up to date for as long as there are any.
    pub fn project_versions<P, E>(self, versions: Versions<P, E>) -> Self
    where
        P: Projection<Event = D::Event>,
        E: EarlierVersions<P>,
    {
        struct Projecting<B> {
            builder: Option<B>,
            understood: Arc<[ViewSchema]>,
        }
        impl<S, R, D, T, V> Visit<D::Event, V> for Projecting<ProjectorBuilder<S, R, D, T>>
        where
            S: EventStore + 'static,
            R: ReadModelStore + ReadModelAdmin + 'static,
            D: EventDecoder,
            T: Timer + 'static,
        {
            fn earlier<O: Projection<Event = D::Event>>(&mut self, version: &Earlier<O, V>) {
                let target = Target::Version {
                    understood: Arc::clone(&self.understood),
                    is_newest: false,
                };
                let projection = Arc::clone(&version.projection);
                let builder = self.builder.take();
                self.builder = builder.map(|it| it.project_into(projection, target, None));
            }
        }
        let understood = versions.schemas();
        let target = Target::Version {
            understood: Arc::clone(&understood),
            is_newest: true,
        };
        let newest = Arc::clone(&versions.newest);
        let builder = Some(self.project_into(newest, target, None));
        let mut projecting = Projecting {
            builder,
            understood,
        };
        versions.earlier.each(&mut projecting);
        projecting.builder.expect("put back after each version")
    }
}

#[cfg(test)]
mod tests;
