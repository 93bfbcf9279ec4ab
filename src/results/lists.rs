//! Work lists of an office: petitions that are due, that are late, and whose they are.

use std::{collections::BTreeMap, num::NonZeroU32};

use minwon_core::{
    ReadModelAdmin, ReadModelStore, StoreError, StoreErrorKind, Timer, Timestamp, ViewKey,
};
use minwon_petitions::{Date, Due, Group, Grouping, PetitionView, PetitionViews};
use minwon_projections::{Answer, ListPart, QueryError};

use super::{PetitionList, ResultQuery, beginning};

/// How many petitions of each group are open.
pub type OpenCounts = BTreeMap<Group, u64>;

/// Lists across all statuses, answered from indexes of their own.
/// A petition whose clock stands is neither due nor late.
impl<R, T> ResultQuery<R, T>
where
    R: ReadModelStore + ReadModelAdmin,
    T: Timer,
{
    /// The petitions whose clock runs, the most urgent first.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn running(&self, part: &ListPart) -> Result<PetitionList, QueryError> {
        self.reader.list(&PetitionViews::running(), part).await
    }

    /// Returns the petitions that are due on a day in Seoul, in the order of the dues; of those due
    /// at an hour also the ones that are late by then.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn due_on(&self, day: Date, part: &ListPart) -> Result<PetitionList, QueryError> {
        self.reader.list(&PetitionViews::due_on(day), part).await
    }

    /// Returns the petitions that are late at `instant`, the latest first; `part` begins at the
    /// most urgent.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn late_at(
        &self,
        instant: Timestamp,
        part: &ListPart,
    ) -> Result<PetitionList, QueryError> {
        let answer = self.running(part).await?;
        Ok(answer.map(|list| beginning(list, |view| is_late(view, instant))))
    }

    /// Which petitions are [due on a day](Self::due_on), at most `most` of them: no view is read, so it costs
    /// little to count them.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn which_due_on(
        &self,
        day: Date,
        most: NonZeroU32,
    ) -> Result<Answer<Vec<ViewKey>>, QueryError> {
        let (list, end) = (PetitionViews::due_on(day), Timestamp::MAX);
        self.reader.keys_before(&list, end.into(), most).await
    }

    /// Which petitions are [late at `instant`](Self::late_at), as [`which_due_on`](Self::which_due_on).
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn which_late_at(
        &self,
        instant: Timestamp,
        most: NonZeroU32,
    ) -> Result<Answer<Vec<ViewKey>>, QueryError> {
        // Where a petition stands is the last instant at which it is not late.
        let list = PetitionViews::running();
        self.reader.keys_before(&list, instant.into(), most).await
    }

    /// The petitions of which a supplement is awaited, by when it has to come.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn awaiting_supplement(&self, part: &ListPart) -> Result<PetitionList, QueryError> {
        let list = PetitionViews::awaiting_supplement();
        self.reader.list(&list, part).await
    }

    /// The open petitions of an officer, a department, a kind, an agency or a category, the most
    /// urgent first; those without a due that runs stand last.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn open(&self, group: &Group, part: &ListPart) -> Result<PetitionList, QueryError> {
        self.reader.list(&PetitionViews::open(group), part).await
    }

    /// Of the [open](Self::open) petitions of a group, begun at the most urgent, what is due up to
    /// and including `instant`.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn open_due_until(
        &self,
        group: &Group,
        instant: Timestamp,
        part: &ListPart,
    ) -> Result<PetitionList, QueryError> {
        let is_due = |view: &PetitionView| {
            running_due(view).is_some_and(|due| due.last_instant() <= instant)
        };
        let answer = self.open(group, part).await?;
        Ok(answer.map(|list| beginning(list, is_due)))
    }

    /// Of the [open](Self::open) petitions of a group, begun at the most urgent, what is late at
    /// `instant`.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn open_late_at(
        &self,
        group: &Group,
        instant: Timestamp,
        part: &ListPart,
    ) -> Result<PetitionList, QueryError> {
        let answer = self.open(group, part).await?;
        Ok(answer.map(|list| beginning(list, |view| is_late(view, instant))))
    }

    /// Returns how many petitions are open, by officer, department, kind, agency or category;
    /// groups without any are left out.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn open_counts(&self, by: Grouping) -> Result<Answer<OpenCounts>, QueryError> {
        let (index, counts) = PetitionViews::open_counts(by);
        let Answer { value, as_of } = self.reader.counts(index, &counts).await?;
        let counts = value.into_iter().map(|(member, count)| {
            let group = Group::of_member(by, &member).map_err(|source| {
                let doing = format!("a count of open petitions has a name that is no {by}'s");
                StoreError::new(StoreErrorKind::Corrupt, doing).caused_by(source)
            })?;
            Ok((group, count))
        });
        let value = counts.collect::<Result<_, StoreError>>()?;
        Ok(Answer { value, as_of })
    }
}

fn running_due(view: &PetitionView) -> Option<Due> {
    view.filed()?.running_due()
}

fn is_late(view: &PetitionView, instant: Timestamp) -> bool {
    running_due(view).is_some_and(|due| due.is_overdue_at(instant))
}
