//! Projections and reactors that are a function, and a name.

use std::sync::Arc;

use minwon_core::{
    ConsumerName, Decider, IndexEntry, NameError, Projection, ProjectionName, Reactor,
    RecordedEvent, ViewKey, ViewSchema,
};
use serde::{Serialize, de::DeserializeOwned};

type Index<V> = Arc<dyn Fn(&V, &mut Vec<IndexEntry>) + Send + Sync>;

/// The states of an aggregate as a read model: the meaning of the events is defined once, in
/// [`evolve`](Decider::evolve). For a decider that has no state before the first event. Its
/// [schema](Projection::schema) is that of the [fold](Decider::STATE_SCHEMA).
///
/// Views that show something else are a [`Projection`] of their own.
pub struct StateViews<D, V> {
    name: ProjectionName,
    decider: Arc<D>,
    index: Index<V>,
}

impl<D, V> Clone for StateViews<D, V> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            decider: Arc::clone(&self.decider),
            index: Arc::clone(&self.index),
        }
    }
}

impl<D, V> StateViews<D, V>
where
    D: Decider<State = Option<V>>,
{
    /// The states that `decider` folds, in a read model of this name, and where a state is found: `index`
    /// writes each place once, as [`Projection::index`].
    ///
    /// # Errors
    /// [`NameError`] where the name is not made of ASCII letters and digits.
    pub fn new(
        name: &str,
        decider: D,
        index: impl Fn(&V, &mut Vec<IndexEntry>) + Send + Sync + 'static,
    ) -> Result<Self, NameError> {
        Ok(Self {
            name: ProjectionName::new(name)?,
            decider: Arc::new(decider),
            index: Arc::new(index),
        })
    }
}

impl<D, V> Projection for StateViews<D, V>
where
    D: Decider<State = Option<V>, Event: Send + Sync + 'static> + Send + Sync + 'static,
    V: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    type Event = D::Event;
    type View = V;

    fn name(&self) -> &ProjectionName {
        &self.name
    }

    fn schema(&self) -> ViewSchema {
        ViewSchema::new(D::STATE_SCHEMA.get())
    }

    fn apply(&self, view: &mut Option<V>, event: &D::Event, _: &RecordedEvent) {
        *view = self.decider.evolve(view.take(), event);
    }

    fn index(&self, _: &ViewKey, view: &V, entries: &mut Vec<IndexEntry>) {
        (self.index)(view, entries);
    }
}

type React<E, C> = Box<dyn Fn(&E, &RecordedEvent, &mut Vec<C>) + Send + Sync>;

/// A [`Reactor`] that is a function: what an event leads to is written into the last argument, always the
/// same and in the same order.
pub struct ReactorFn<E, C> {
    name: ConsumerName,
    react: React<E, C>,
}

impl<E, C> ReactorFn<E, C> {
    /// A reactor of this name, explicit and stable: a renamed one begins with the first event again.
    ///
    /// # Errors
    /// [`NameError`] where the name is empty, longer than 128 bytes or holds white space.
    pub fn new(
        name: &str,
        react: impl Fn(&E, &RecordedEvent, &mut Vec<C>) + Send + Sync + 'static,
    ) -> Result<Self, NameError> {
        Ok(Self {
            name: ConsumerName::new(name)?,
            react: Box::new(react),
        })
    }
}

impl<E: Send + Sync + 'static, C: Send + Sync + 'static> Reactor for ReactorFn<E, C> {
    type Event = E;
    type Command = C;

    fn name(&self) -> &ConsumerName {
        &self.name
    }

    fn react(&self, event: &E, recorded: &RecordedEvent, commands: &mut Vec<C>) {
        (self.react)(event, recorded, commands);
    }
}
