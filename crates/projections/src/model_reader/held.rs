//! Asking which views are held back.

use minwon_core::{ListName, Projection, ReadModelAdmin, ReadModelStore, Timer, ViewKey};

use super::{Answer, ListAnswer, ListPart, ModelReader, QueryError};
use crate::held::{ALL, HELD, Held};

impl<P, R, T> ModelReader<P, R, T>
where
    P: Projection,
    R: ReadModelStore + ReadModelAdmin,
    T: Timer,
{
    /// Returns why the view of `key` does not go on; none where it does. While it is held back
    /// [`get`](Self::get) shows what was before that event.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn held(&self, key: &ViewKey) -> Result<Answer<Option<Held>>, QueryError> {
        self.query(None, move |active| async move {
            let slice = active.slice_of(key);
            let (document, as_of) = self.document(&active, slice, key, None).await?;
            Ok(as_of.answer(document.held.map(|held| *held)))
        })
        .await
    }

    /// Part of all keys that are held back, in the order of their events in the log.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn held_keys(&self, part: &ListPart) -> Result<Answer<ListAnswer<Held>>, QueryError> {
        let list = ListName {
            index: HELD,
            partition: ALL.into(),
        };
        self.list_documents(&list, part, |key, document| {
            document.held.map(|held| (key, *held))
        })
        .await
    }

    /// Returns how many keys are held back.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn held_count(&self) -> Result<Answer<u64>, QueryError> {
        let counts = self.counts(HELD, ALL).await?;
        Ok(counts.map(|counts| counts.values().sum()))
    }
}
